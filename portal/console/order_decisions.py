"""Approving, rejecting and cancelling from the order page: once, and the second click says what happened."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from fulfilment.ordering.models import DealerOrder
from fulfilment.ordering.problems import OrderRefused
from fulfilment.ordering.review import approve, cancel, reject
from fulfilment.ordering.states import ENDED_STATES, OPEN_STATES, State
from portal.access.portal import PortalRequest
from portal.components.formats import format_datetime
from portal.console.order_page import DecisionForms, NoteForm, ReasonForm, render_order
from portal.console.words import stored_text

#: The order was moved by somebody else meanwhile: what stands on the page is old, so the page is shown anew.
MOVED = frozenset({"moved", "late", "shipped"})
#: The states in which a decision can still be taken; `cancel` may yet be refused for other reasons.
DECIDABLE: dict[str, frozenset[str]] = {
    "approve": frozenset({State.REVIEW}),
    "reject": frozenset({State.REVIEW}),
    "cancel": OPEN_STATES,
}
DONE = {
    "approve": gettext_lazy("Order %(order)s is approved and goes to the ERP."),
    "reject": gettext_lazy("Order %(order)s is rejected. The dealer is told why, and its stock is free again."),
    "cancel": gettext_lazy("Order %(order)s is cancelled. The dealer is told why, and its stock is free again."),
}


@require_POST
def order_approve(request: PortalRequest, number: str) -> HttpResponse:
    """Approve an order in review. Over the credit limit the note must give a reason."""
    return _decide(request, number, "approve", NoteForm, approve)


@require_POST
def order_reject(request: PortalRequest, number: str) -> HttpResponse:
    """Reject an order in review, with a reason that the dealer reads."""
    return _decide(request, number, "reject", ReasonForm, reject)


@require_POST
def order_cancel(request: PortalRequest, number: str) -> HttpResponse:
    """Cancel an order that the ERP refused, with a reason that the dealer reads."""
    return _decide(request, number, "cancel", ReasonForm, cancel)


def _decide(
    request: PortalRequest,
    number: str,
    what: str,
    form_class: type[forms.Form],
    verb: Callable[..., DealerOrder],
) -> HttpResponse:
    orders = DealerOrder.objects.for_user(request.user).select_related("dealer")
    order = get_object_or_404(orders, number=stored_text(number))
    if order.state not in DECIDABLE[what]:
        messages.info(request, what_happened(order.pk))
        return redirect("console:order", number=order.number)
    form = form_class(request.POST, prefix=what)
    if not form.is_valid():
        return render_order(request, order, DecisionForms(**{what: form}), status=422)
    now = timezone.now()
    try:
        after = verb(order.pk, by=request.user, at=now, **form.cleaned_data)
    except OrderRefused as why:
        if why.code not in MOVED and not _was_decided(order.pk, what):
            form.add_error(why.field if why.field in form.fields else None, str(why.message))
            return render_order(request, order, DecisionForms(**{what: form}), status=422)
        messages.warning(request, what_happened(order.pk) or str(why.message))
    else:
        _tell(request, after, what, now)
    return redirect("console:order", number=order.number)


def _was_decided(order_id: int, what: str) -> bool:
    """Whether somebody else was quicker."""
    return not DealerOrder.objects.filter(pk=order_id, state__in=DECIDABLE[what]).exists()


def _tell(request: PortalRequest, order: DealerOrder, what: str, now: Any) -> None:
    """Say what this click did, or who had done it before."""
    step = order.steps.filter(at=now, by=request.user).first()
    if step is not None:
        messages.success(request, DONE[what] % {"order": order.number})
    else:
        messages.info(request, what_happened(order.pk))


def what_happened(order_id: int) -> str:
    """The decision on an order in one sentence: who, when; empty when nobody has decided."""
    order = DealerOrder.objects.get(pk=order_id)
    ended = order.steps.filter(to_state__in=ENDED_STATES).first()
    step = ended or order.steps.filter(from_state=State.REVIEW).first()
    if step is None:
        return ""
    words = {
        State.REJECTED: _("Order %(order)s was rejected by %(who)s on %(when)s."),
        State.CANCELLED: _("Order %(order)s was cancelled by %(who)s on %(when)s."),
    }
    sentence = words.get(State(step.to_state), _("Order %(order)s was approved by %(who)s on %(when)s."))
    return sentence % {"order": order.number, "who": step.by_name or _("the system"), "when": format_datetime(step.at)}
