"""What goes to the ERP: the list of messages, one message with its history, and what a person may do to it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages as flash
from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from erp_bridge.adapters.errors import PlainError
from erp_bridge.adapters.ubl import write_order
from erp_bridge.outbox.actions import ActionRefused, park, replay, send_again
from erp_bridge.outbox.models import MessageState, OutboxAction, OutboxAttempt, OutboxMessage
from erp_bridge.outbox.status import status_of
from fulfilment.snapshots import OrderSnapshot, SnapshotRefused
from portal.access.portal import PortalRequest
from portal.access.roles import Permission
from portal.components.downloads import attachment
from portal.components.keyset import PAGE_SIZE, PK, page_of, turned
from portal.console.message_filter import MessageFilter, NoteForm, ReasonForm, frame
from portal.console.words import stored_text

#: What a message in each state may be asked to do.
ACTIONS: dict[str, tuple[str, ...]] = {
    MessageState.PENDING: ("park",),
    MessageState.LEASED: (),
    MessageState.RETRY: ("replay", "park"),
    MessageState.PARKED: ("replay", "send_again"),
    MessageState.DONE: ("send_again",),
}
DONE = {
    "replay": gettext_lazy("The message is on its way again."),
    "send_again": gettext_lazy("The order is sent once more, under a new file name."),
    "park": gettext_lazy("The message is held back until somebody replays it."),
}
FORMS: dict[str, type[NoteForm | ReasonForm]] = {"replay": NoteForm, "send_again": ReasonForm, "park": ReasonForm}
VERBS: dict[str, Callable[..., OutboxMessage]] = {"replay": replay, "send_again": send_again, "park": park}


@require_safe
def messages(request: PortalRequest) -> HttpResponse:
    """Every message to the ERP, newest first."""
    everything = OutboxMessage.objects.for_user(request.user)
    shared = frame("console:messages")
    form = MessageFilter(request.GET, states=MessageState.choices, counts=shared["counts"], inbound=False)
    selected = _mentioning(form.within(everything, "created_at"), form.value("q"))
    page = page_of(selected.select_related("dealer").defer("payload"), turned(PK), PAGE_SIZE, request.GET)
    context = {
        **shared,
        "form": form,
        "chips": form.chips(request.GET),
        "page": page,
        "statuses": status_of([message.order_number for message in page.rows]),
    }
    return render(request, "console/messages/list.html", context)


def _mentioning(rows: QuerySet[OutboxMessage], text: str | None) -> QuerySet[OutboxMessage]:
    if not text:
        return rows
    wanted = stored_text(text.strip())
    return rows.filter(Q(order_number__icontains=wanted) | Q(dealer__number__iexact=wanted))


@require_safe
def message(request: PortalRequest, pk: int) -> HttpResponse:
    """One message: where it stands, what it says, and everything that happened to it."""
    return _render(request, _get(request, pk), {})


@require_safe
def message_xml(request: PortalRequest, pk: int) -> HttpResponse:
    """The order as the ERP gets it."""
    found = _get(request, pk)
    try:
        content = write_order(OrderSnapshot.from_json(found.payload))
    except (SnapshotRefused, PlainError) as why:
        flash.error(request, str(why))
        return redirect("console:message", pk=pk)
    return attachment(content, f"{found.document_name}.xml", "application/xml; charset=utf-8")


@require_POST
def message_replay(request: PortalRequest, pk: int) -> HttpResponse:
    """Try again now."""
    return _act(request, pk, "replay")


@require_POST
def message_send_again(request: PortalRequest, pk: int) -> HttpResponse:
    """Send once more under a new name."""
    return _act(request, pk, "send_again")


@require_POST
def message_park(request: PortalRequest, pk: int) -> HttpResponse:
    """Hold back."""
    return _act(request, pk, "park")


def _act(request: PortalRequest, pk: int, action: str) -> HttpResponse:
    found = _get(request, pk)
    form = FORMS[action](request.POST, prefix=action)
    if not form.is_valid():
        return _render(request, found, {action: form}, status=422)
    try:
        VERBS[action](found.pk, by=request.user, reason=form.cleaned_data["reason"])
    except ActionRefused as why:
        flash.error(request, why.message)
    else:
        flash.success(request, DONE[action])
    return redirect("console:message", pk=pk)


def _get(request: PortalRequest, pk: int) -> OutboxMessage:
    return get_object_or_404(OutboxMessage.objects.for_user(request.user).select_related("dealer"), pk=pk)


def _render(request: PortalRequest, found: OutboxMessage, bound: dict[str, Any], status: int = 200) -> HttpResponse:
    may_act = request.portal.may(Permission.REPLAY_MESSAGES)
    offered = [name for name in ACTIONS[found.state] if may_act and (found.payload or name != "send_again")]
    context = {
        "message": found,
        "status": status_of([found.order_number]).get(found.order_number),
        "order": _readable(found),
        "history": _history(found),
        "forms": {name: bound.get(name) or FORMS[name](prefix=name) for name in offered},
        "crumbs": [(_("Messages"), reverse("console:messages")), (found.order_number, "")],
    }
    return render(request, "console/messages/message.html", context, status=status)


def _readable(found: OutboxMessage) -> OrderSnapshot | None:
    try:
        return OrderSnapshot.from_json(found.payload) if found.payload else None
    except SnapshotRefused:
        return None


def _history(found: OutboxMessage) -> list[dict[str, Any]]:
    """Attempts and what people did, in the order of time."""
    attempts = [_attempt_row(attempt) for attempt in found.attempts_made.all()]
    actions = [_action_row(action) for action in found.actions.select_related("by")]
    written = {"at": found.created_at, "what": _("Written with the approval"), "state": "pending", "who": "", "why": ""}
    return [written, *sorted(attempts + actions, key=lambda row: row["at"])]


def _attempt_row(attempt: OutboxAttempt) -> dict[str, Any]:
    what = attempt.get_outcome_display() if attempt.outcome else _("Being sent")
    return {
        "at": attempt.ended_at or attempt.started_at,
        "what": what,
        "state": {"delivered": "done", "retry": "late", "unknown": "late", "crashed": "failed"}.get(
            attempt.outcome, attempt.outcome
        ),
        "who": _("Attempt %d") % attempt.fence,
        "why": attempt.error_text,
    }


def _action_row(action: OutboxAction) -> dict[str, Any]:
    return {
        "at": action.at,
        "what": action.get_action_display(),
        "state": "",
        "who": action.by.get_full_name(),
        "why": action.reason,
    }
