"""Decisions of a person about one consumer order: its lines, its offers, and dealers who ask to leave."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from fulfilment.allocation.held import HeldRefused
from fulfilment.allocation.models import Allocation, Offer, UnclaimRequest
from fulfilment.consumer.models import ConsumerOrder
from fulfilment.handover import pickup
from fulfilment.handover.codes import spoken
from portal.access.portal import PortalRequest
from portal.console import desk_verbs
from portal.console.consumer_order import page_of_order
from portal.console.desk_forms import ActForm, NoteForm, ids_of


@require_POST
def consumer_lines(request: PortalRequest, pk: int) -> HttpResponse:
    """Route again, give to the warehouse, note that it has sent, or cancel."""
    order, form = get_object_or_404(ConsumerOrder, pk=pk), ActForm(request.POST)
    chosen = ids_of(request.POST.getlist("line"))
    if not form.is_valid():
        return page_of_order(request, pk, act_form=form, chosen_lines=chosen, status=422)
    act, note, by = form.cleaned_data["act"], form.cleaned_data["note"].strip(), request.user
    lines = chosen or None
    verbs: dict[str, Callable[[], str]] = {
        "reroute": lambda: desk_verbs.reroute(order.pk, by=by, note=note),
        "warehouse": lambda: desk_verbs.warehouse(order.pk, lines, by=by, note=note),
        "sent": lambda: desk_verbs.warehouse_sent(order.pk, lines, by=by),
        "cancel": lambda: desk_verbs.cancel(order.pk, lines, by=by, note=note),
    }
    return _told(request, pk, verbs[act])


@require_POST
def consumer_withdraw(request: PortalRequest, pk: int) -> HttpResponse:
    """Withdraw an open offer."""
    offer, form = get_object_or_404(Offer, pk=pk), NoteForm(request.POST)
    if not form.is_valid():
        return _refused(request, offer.order_id, form)
    note = form.cleaned_data["note"]
    return _told(request, offer.order_id, lambda: desk_verbs.withdraw(pk, by=request.user, note=note))


@require_POST
def consumer_unclaim(request: PortalRequest, pk: int) -> HttpResponse:
    """Answer a dealer who asks to leave what it accepted."""
    asked = get_object_or_404(UnclaimRequest.objects.select_related("allocation"), pk=pk)
    form, granted = NoteForm(request.POST), request.POST.get("granted")
    if not form.is_valid() or granted not in ("yes", "no"):
        return _refused(request, asked.allocation.order_id, form)
    answer = form.cleaned_data["note"]
    return _told(
        request,
        asked.allocation.order_id,
        lambda: desk_verbs.decide_unclaim(pk, by=request.user, granted=granted == "yes", answer=answer),
    )


@never_cache
@require_POST
def consumer_pickup_code(request: PortalRequest, pk: int) -> HttpResponse:
    """Make a pickup code for what waits at an outlet and show it, this once; the one before it is void."""
    allocation = get_object_or_404(Allocation, pk=pk)
    try:
        made = pickup.issue(pk, by=request.user)
    except HeldRefused as why:
        messages.error(request, why.message)
        return redirect("console:consumer_order", allocation.order_id)
    told = {"allocation": pk, "code": spoken(made.code), "expires_at": made.expires_at}
    return page_of_order(request, allocation.order_id, told_code=told)


def _refused(request: PortalRequest, order_id: int, form: NoteForm) -> HttpResponse:
    """Back to the order's page, with what is wrong with the note."""
    for words in form.errors.get("note", []):
        messages.error(request, str(words))
    return redirect("console:consumer_order", order_id)


def _told(request: PortalRequest, order_id: int, act: Callable[[], str]) -> HttpResponse:
    """Carry out and say on the order's page what came of it."""
    try:
        messages.success(request, act())
    except desk_verbs.DeskRefused as why:
        messages.error(request, why.message)
    return redirect("console:consumer_order", order_id)
