"""What came from the ERP: the list of documents, and one document with its content and what to do about it."""

from __future__ import annotations

from django.contrib import messages as flash
from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from erp_bridge.inbound.models import InboundDocument, InboundState
from erp_bridge.inbound.settle import ApplyRefused, apply_again, dismiss
from fulfilment.ordering.models import DealerOrder
from portal.access.portal import PortalRequest
from portal.access.roles import Permission
from portal.components.downloads import attachment
from portal.components.keyset import PAGE_SIZE, PK, page_of, turned
from portal.console.message_filter import MessageFilter, NoteForm, ReasonForm, frame, known_orders
from portal.console.words import stored_text

#: How much of a document the page shows; all of it can be downloaded.
SHOWN = 100_000


@require_safe
def inbound_messages(request: PortalRequest) -> HttpResponse:
    """Every file of the ERP, newest first."""
    everything = InboundDocument.objects.defer("content")
    shared = frame("console:inbound_messages")
    form = MessageFilter(request.GET, states=InboundState.choices, counts=shared["counts"], inbound=True)
    selected = _mentioning(form.within(everything, "received_at"), form.value("q"))
    page = page_of(selected, turned(PK), PAGE_SIZE, request.GET)
    context = {
        **shared,
        "form": form,
        "chips": form.chips(request.GET),
        "page": page,
        "known": known_orders(page.rows, DealerOrder.objects.for_user(request.user)),
    }
    return render(request, "console/messages/inbound_list.html", context)


def _mentioning(rows: QuerySet[InboundDocument], text: str | None) -> QuerySet[InboundDocument]:
    if not text:
        return rows
    wanted = stored_text(text.strip())
    return rows.filter(
        Q(order_numbers__contains=[wanted]) | Q(document_id__icontains=wanted) | Q(file_name__icontains=wanted)
    )


@require_safe
def inbound_message(request: PortalRequest, pk: int) -> HttpResponse:
    """One document: what became of it, why, and what it says."""
    return _render(request, get_object_or_404(InboundDocument, pk=pk), None)


@require_safe
def inbound_content(request: PortalRequest, pk: int) -> HttpResponse:
    """The file as it came, as a download that no browser shows as a page."""
    found = get_object_or_404(InboundDocument, pk=pk)
    return attachment(_content(found), f"inbound-{found.pk}.xml", "application/octet-stream")


@require_POST
def inbound_apply(request: PortalRequest, pk: int) -> HttpResponse:
    """Apply a document that was set aside once more."""
    found = get_object_or_404(InboundDocument.objects.defer("content"), pk=pk)
    form = NoteForm(request.POST, prefix="apply")
    reason = form.cleaned_data["reason"] if form.is_valid() else ""
    try:
        applied = apply_again(found.pk, by=request.user, reason=reason)
    except ApplyRefused as why:
        flash.error(request, why.message)
    else:
        known = applied.state == InboundState.DUPLICATE
        flash.success(request, _("The document was applied before.") if known else _("The document is applied."))
    return redirect("console:inbound_message", pk=pk)


@require_POST
def inbound_dismiss(request: PortalRequest, pk: int) -> HttpResponse:
    """Close a document that needs nothing more."""
    found = get_object_or_404(InboundDocument, pk=pk)
    form = ReasonForm(request.POST, prefix="dismiss")
    if not form.is_valid():
        return _render(request, found, form, status=422)
    try:
        dismiss(found.pk, by=request.user, reason=form.cleaned_data["reason"])
    except ApplyRefused as why:
        flash.error(request, why.message)
    else:
        flash.success(request, _("The document is closed."))
    return redirect("console:inbound_message", pk=pk)


def _content(found: InboundDocument) -> bytes:
    """Its bytes; a duplicate's stand with the first of the same bytes."""
    if found.content or found.state != InboundState.DUPLICATE:
        return bytes(found.content)
    first = InboundDocument.objects.filter(sha256=found.sha256).exclude(content=b"").first()
    return bytes(first.content) if first else b""


def _render(
    request: PortalRequest, found: InboundDocument, bound: ReasonForm | None, status: int = 200
) -> HttpResponse:
    content = _content(found)
    may_act = request.portal.may(Permission.REPLAY_MESSAGES) and found.state in (
        InboundState.SET_ASIDE,
        InboundState.RETRY,
    )
    context = {
        "document": found,
        "text": content[:SHOWN].decode("utf-8", "replace"),
        "size": len(content),
        "cut": len(content) > SHOWN,
        "known": known_orders([found], DealerOrder.objects.for_user(request.user)),
        "actions": found.actions.select_related("by"),
        "apply_form": NoteForm(prefix="apply") if may_act and content else None,
        "dismiss_form": (bound or ReasonForm(prefix="dismiss")) if may_act else None,
        "crumbs": [(_("Messages"), reverse("console:inbound_messages")), (found.document_id or found.file_name, "")],
    }
    return render(request, "console/messages/inbound.html", context, status=status)
