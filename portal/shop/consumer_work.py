"""What a dealer does with a consumer order that it accepted: pack, send, note its receipt, take back, ask to leave."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from fulfilment.allocation import held
from fulfilment.allocation.held import HeldRefused
from fulfilment.allocation.models import Offer
from fulfilment.handover.models import BY_FAULT, ConsumerParcel, ConsumerReturn, ReturnCause
from fulfilment.handover.parcels import correct_parcel, send_parcel
from fulfilment.handover.returns import Back, take_back
from portal.access.portal import PortalRequest
from portal.components.downloads import attachment
from portal.components.formats import format_quantity
from portal.documents.packing_slip import packing_slip_pdf
from portal.documents.pdf import PdfUnavailable
from portal.shop.consumer_forms import LeaveForm, ReturnForm, SendForm, ids_in, key_in
from portal.shop.consumer_offer import LineShown, correcting, crumbs, lines_shown, own_held, page, parcels_shown
from portal.shop.outlet_stock import while_on


@while_on
@require_POST
def pack(request: PortalRequest, pk: int) -> HttpResponse:
    """The goods are packed; the shop cannot cancel any more."""
    return _done(request, pk, lambda: held.pack(pk, by=request.user), _("Noted as packed."))


@while_on
@require_POST
def send(request: PortalRequest, pk: int) -> HttpResponse:
    """Lines leave in a parcel."""
    found = own_held(request, pk)
    form, chosen = SendForm(request.POST), ids_in(request.POST, "line")
    if not chosen:
        form.add_error(None, _("Tick the products that are in this parcel."))
    if not form.is_valid():
        return page(request, found, send_form=form, chosen=chosen, status=422)
    try:
        send_parcel(found.pk, chosen, by=request.user, key=key_in(request.POST), **form.cleaned_data)
    except HeldRefused as why:
        form.add_error(None, why.message)
        return page(request, own_held(request, pk), send_form=form, chosen=chosen, status=409)
    told = ngettext("%(count)s line is on its way.", "%(count)s lines are on their way.", len(chosen))
    messages.success(request, told % {"count": format_quantity(len(chosen))})
    return redirect("shop:consumer_offer", found.pk)


@while_on
@require_POST
def correct(request: PortalRequest, pk: int) -> HttpResponse:
    """Who carries a parcel, or under which number, was mistyped."""
    parcel = get_object_or_404(ConsumerParcel.objects.select_related("allocation"), pk=pk)
    found = own_held(request, parcel.allocation_id)
    form = correcting(parcel, request.POST)
    if not form.is_valid():
        return page(request, found, parcels=parcels_shown(parcel.allocation, {parcel.pk: form}), status=422)
    told = _("Corrected. The shop sees the new number.")
    return _done(request, found.pk, lambda: correct_parcel(pk, by=request.user, **form.cleaned_data), told)


@while_on
@require_POST
def delivered(request: PortalRequest, pk: int) -> HttpResponse:
    """The consumer has it all."""
    told = _("Noted: the consumer has it. Your money is payable after the return window.")
    return _done(request, pk, lambda: held.complete(pk, by=request.user), told)


@while_on
@require_safe
def slip(request: PortalRequest, pk: int) -> HttpResponse:
    """The packing slip as a PDF, for those who may know the consumer."""
    found = own_held(request, pk)
    try:
        content = packing_slip_pdf(found, request.user)
    except PdfUnavailable as why:
        back = reverse("shop:consumer_offer", args=[found.pk])
        context = {"reason": why.message, "back": back, "back_label": _("Back to the order")}
        return render(request, "shop/money/unavailable.html", context, status=503)
    name = _("Packing slip %(number)s") % {"number": found.order.external_number}
    return attachment(content, f"{name}.pdf", "application/pdf")


@while_on
@require_http_methods(["GET", "HEAD", "POST"])
def give_back(request: PortalRequest, pk: int) -> HttpResponse:
    """Goods came back: how many pieces of which lines, why, and whether they can be sold again."""
    found = own_held(request, pk)
    lines = [line for line in lines_shown(found) if line.back]
    if request.method != "POST":
        return _return_page(request, found, lines, ReturnForm(), {}, _all_resellable(lines))
    form, key = ReturnForm(request.POST), key_in(request.POST)
    if ConsumerReturn.objects.filter(allocation=found.pk, key=key).exists():  # sent twice: the units are gone by now
        return redirect("shop:consumer_offer", found.pk)
    units, wrong = _units(request, lines)
    resellable = ids_in(request.POST, "resellable")
    if not units and not wrong:
        form.add_error(None, _("Say how many pieces came back."))
    if wrong or not form.is_valid():
        said = {line.key: str(request.POST.get(f"units-{line.key}", ""))[:10] for line in lines}
        return _return_page(request, found, lines, form, said, resellable, wrong=wrong, status=422)
    backs = [Back(line, count, line in resellable) for line, count in units.items()]
    said_words = form.cleaned_data
    try:
        take_back(
            found.pk,
            backs,
            cause=said_words["cause"],
            by=request.user,
            key=key,
            note=said_words["note"],
        )
    except HeldRefused as why:
        form.add_error(None, why.message)
        said = {str(line): str(count) for line, count in units.items()}
        return _return_page(request, found, lines, form, said, resellable, status=409)
    messages.success(request, _("The return is noted. What can be sold again is in your stock."))
    return redirect("shop:consumer_offer", found.pk)


@while_on
@require_http_methods(["GET", "HEAD", "POST"])
def leave(request: PortalRequest, pk: int) -> HttpResponse:
    """Ask the supplier to take the order back; what that costs is told before."""
    found = own_held(request, pk)
    form = LeaveForm(request.POST or None)
    status = 200
    if request.method == "POST":
        if form.is_valid():
            try:
                held.request_unclaim(found.pk, by=request.user, **form.cleaned_data)
            except HeldRefused as why:
                form.add_error(None, why.message)
                status = 409
            else:
                messages.success(request, _("You asked to leave the order. Keep the goods until the supplier answers."))
                return redirect("shop:consumer_offer", found.pk)
        else:
            status = 422
    context = {
        "offer": found,
        "form": form,
        "penalty": found.decision.terms.unclaim_penalty,
        "crumbs": crumbs(found, _("Leave the order")),
    }
    return render(request, "shop/consumer/leave.html", context, status=status)


def _done(request: PortalRequest, pk: int, act: Callable[[], Any], told: str) -> HttpResponse:
    found = own_held(request, pk)
    try:
        act()
    except HeldRefused as why:
        messages.error(request, why.message)
    else:
        messages.success(request, told)
    return redirect("shop:consumer_offer", found.pk)


def _all_resellable(lines: list[LineShown]) -> set[int]:
    return {int(line.key) for line in lines}


def _units(request: HttpRequest, lines: list[LineShown]) -> tuple[dict[int, int], dict[str, str]]:
    """How many pieces came back by line, and what is no such number by the line's key."""
    units: dict[int, int] = {}
    wrong: dict[str, str] = {}
    for line in lines:
        said = str(request.POST.get(f"units-{line.key}", "")).strip()
        if said in ("", "0"):
            continue
        if said.isascii() and said.isdigit() and len(said) < 9 and int(said) <= line.back:
            units[int(line.key)] = int(said)
        else:
            wrong[line.key] = _("Up to %(most)s pieces can come back.") % {"most": format_quantity(line.back)}
    return units, wrong


def _return_page(
    request: PortalRequest,
    found: Offer,
    lines: list[LineShown],
    form: ReturnForm,
    said: dict[str, str],
    resellable: set[int],
    *,
    wrong: dict[str, str] | None = None,
    status: int = 200,
) -> HttpResponse:
    context = {
        "offer": found,
        "rows": [
            (line, said.get(line.key, ""), int(line.key) in resellable, (wrong or {}).get(line.key, ""))
            for line in lines
        ],
        "form": form,
        "by_fault": [str(cause.label) for cause in ReturnCause if cause in BY_FAULT],
        "freight_charged": found.freight_charged,
        "key": key_in(request.POST) if request.method == "POST" else uuid4(),
        "crumbs": crumbs(found, _("Take goods back")),
    }
    return render(request, "shop/consumer/return.html", context, status=status)
