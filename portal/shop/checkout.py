"""Checkout on one page, sent once however often it is clicked, and the page that says what happens next."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from dealers.accounts.models import Dealer
from fulfilment.ordering.cart import open_cart
from fulfilment.ordering.models import DealerOrder
from fulfilment.ordering.problems import OrderRefused
from fulfilment.ordering.states import ENDED_STATES
from fulfilment.ordering.submit import OrderHead, submit
from portal.access.portal import PortalRequest
from portal.shop.cartlines import CartPage, read_cart
from portal.shop.forms import CheckoutForm
from pricing.quote import supplier_day


@require_safe
def checkout(request: PortalRequest) -> HttpResponse:
    """The order's head and summary. The key made here stays the form's through double clicks, retries and Back."""
    portal = request.portal
    if not portal.cart_quantities:
        messages.info(request, _("The cart is empty. Add products first."))
        return redirect("shop:cart")
    page = read_cart(portal.dealer, portal.cart_quantities)
    form = CheckoutForm(dealer=portal.dealer, initial={"key": uuid4(), "outlet": portal.outlet, **_shown(page)})
    return _page(request, form, page)


@require_safe
def po_check(request: PortalRequest) -> HttpResponse:
    """Whether a PO number was used before, as a fragment for the field."""
    number = request.GET.get("po_number", "").replace("\x00", "").strip()[:100]
    used = _used_before(request.portal.dealer, number, None)
    return render(request, "shop/parts/po_warning.html", {"used": used, "po_number": number})


@require_POST
def send(request: PortalRequest) -> HttpResponse:
    """Submit the order, or show the page again with what has to be mended."""
    portal = request.portal
    form = CheckoutForm(request.POST, dealer=portal.dealer)
    if not form.is_valid():
        return _page(request, form, read_cart(portal.dealer, portal.cart_quantities))
    given = form.cleaned_data
    used = _used_before(portal.dealer, given["po_number"], given["key"])
    if used and given["po_confirmed"] != given["po_number"]:
        page = read_cart(portal.dealer, portal.cart_quantities)
        return _page(request, _again(form, portal.dealer, po_confirmed=given["po_number"]), page, used=used)
    cart = open_cart(request.user, portal.dealer)
    cart.dealer = portal.dealer
    head = OrderHead(
        key=given["key"],
        outlet_id=given["outlet"].pk,
        po_number=given["po_number"],
        requested_date=given["requested_date"],
        note=given["note"],
        shown_total=given["shown_total"],
        shown_prices=_prices(given),
    )
    try:
        order = submit(cart, head, by=request.user)
    except OrderRefused as why:
        return _refused(request, form, why)
    return redirect("shop:confirmation", order.number)


@require_safe
def confirmation(request: PortalRequest, number: str) -> HttpResponse:
    """The order's number, and what happens next."""
    orders = DealerOrder.objects.for_user(request.user).filter(dealer=request.portal.dealer)
    order = get_object_or_404(orders.select_related("outlet", "placed_by"), number=number)
    return render(request, "shop/confirmation.html", {"order": order, "rep": request.portal.dealer.sales_rep})


def _refused(request: PortalRequest, form: CheckoutForm, why: OrderRefused) -> HttpResponse:
    """Show a refusal where it belongs: at the field, at the lines, or on top; new prices at the lines."""
    portal = request.portal
    portal.forget_cart()
    if why.code in ("empty", "sent"):
        messages.error(request, str(why.message))
        return redirect("shop:cart")
    sent = None
    if why.code == "key_reused":
        sent = DealerOrder.objects.filter(dealer=portal.dealer, submit_key=form.cleaned_data["key"]).first()
        if sent and not portal.cart_quantities:
            messages.error(request, str(why.message))
            return redirect("shop:order", sent.number)
    # New prices are told at their lines by what was shown before; they are no fault to be mended first.
    faults = () if why.code == "total_changed" else why.lines
    page = read_cart(portal.dealer, portal.cart_quantities, problems=faults, shown=_prices(form.cleaned_data))
    form = _again(form, portal.dealer, key=uuid4() if sent else form.cleaned_data["key"], **_shown(page))
    form.add_error(why.field if why.field in form.fields else None, str(why.message))
    return _page(request, form, page, changed=why.code == "total_changed", sent=sent)


def _again(form: CheckoutForm, dealer: Dealer, **values: Any) -> CheckoutForm:
    """The same form with some hidden values exchanged."""
    data = QueryDict(mutable=True)
    data.update(form.data)
    for name, value in values.items():
        data[name] = str(value)
    again = CheckoutForm(data, dealer=dealer)
    again.is_valid()
    return again


def _page(request: PortalRequest, form: CheckoutForm, page: CartPage, **more: Any) -> HttpResponse:
    dealer = request.portal.dealer
    if not page.lines:
        messages.info(request, _("The cart is empty. Add products first."))
        return redirect("shop:cart")
    today = supplier_day(timezone.now())
    context = {
        "form": form,
        "cart": page,
        "dealer": dealer,
        "rep": dealer.sales_rep,
        "due_date": today + timedelta(days=dealer.payment_terms_days),
        **more,
    }
    status = 422 if form.is_bound else 200
    return render(request, "shop/checkout.html", context, status=status)


def _shown(page: CartPage) -> dict[str, str]:
    """What the reader sees now, so that a change until submission can be told."""
    prices = {line.label.key: str(line.unit_price) for line in page.lines if line.unit_price is not None}
    return {"shown_total": str(page.quote.total), "shown_prices": json.dumps(prices, separators=(",", ":"))}


def _prices(given: Mapping[str, Any]) -> dict[int, Decimal]:
    """The unit prices shown before; nothing when the field was tampered with, since they only explain."""
    try:
        shown = {int(pk): Decimal(str(price)) for pk, price in json.loads(given["shown_prices"] or "{}").items()}
        return {pk: price for pk, price in shown.items() if price.is_finite()}
    except (ValueError, AttributeError, InvalidOperation, RecursionError):
        return {}


def _used_before(dealer: Dealer, po_number: str, key: UUID | None) -> DealerOrder | None:
    """The newest other order with this PO number that was not rejected or cancelled."""
    if not po_number:
        return None
    orders = DealerOrder.objects.filter(dealer=dealer, po_number__iexact=po_number)
    others = orders.exclude(state__in=ENDED_STATES)
    if key is not None:
        others = others.exclude(submit_key=key)
    return others.order_by("-placed_at", "-order").first()
