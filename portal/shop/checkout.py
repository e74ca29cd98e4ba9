"""Checkout on one page, sent once however often it is clicked, and the page that says what happens next."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping, Sequence
from datetime import timedelta
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.db import DatabaseError
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from dealers.accounts.addresses import delivery_lines
from dealers.accounts.models import Dealer
from fulfilment.ordering.cart import LONGEST_NOTE, open_cart, set_line_terms
from fulfilment.ordering.models import DealerCart, DealerOrder
from fulfilment.ordering.problems import LineProblem, OrderRefused
from fulfilment.ordering.states import ENDED_STATES
from fulfilment.ordering.submit import OrderHead, submit
from fulfilment.ordering.surcharges import surcharge_changes
from fulfilment.ordering.terms import DeliveryMode
from portal.access.portal import PortalRequest
from portal.components.promotions import promotions_taken
from portal.shop.cartlines import CartPage, read_cart
from portal.shop.checkout_form import CheckoutForm, LineTerms, read_line_terms
from portal.shop.checkout_page import approval_of, lines_of, removed_names
from portal.shop.ship_to import ShipTo, ship_to
from pricing.quote import supplier_day

#: What was entered in a checkout that could not be sent yet, so that mending the cart loses nothing.
SESSION_DRAFT = "checkout"
DRAFTED = ("outlet", "po_number", "requested_date", "delivery_mode", "cancel_missing_after", "note")


@require_safe
def checkout(request: PortalRequest) -> HttpResponse:
    """The order's head and summary. The key made here stays the form's through double clicks, retries and Back.

    `terms` opens note and day of each line; `outlet_q` and `outlets=all` find outlets where scripts do not run.
    """
    portal = request.portal
    if not portal.cart_quantities:
        messages.info(request, _("The cart is empty. Add products first."))
        return redirect("shop:cart")
    page = read_cart(portal.dealer, portal.cart_quantities, entries=portal.cart_entries)
    outlet = portal.outlet.pk if portal.outlet else None
    initial = {"outlet": outlet, "delivery_mode": DeliveryMode.PARTIAL} | _draft(request)
    form = CheckoutForm(dealer=portal.dealer, initial={"key": uuid4(), **initial, **_shown(page)})
    return _page(request, form, page, terms="terms" in request.GET)


@require_safe
def po_check(request: PortalRequest) -> HttpResponse:
    """Whether a PO number was used before, as a fragment for the field."""
    number = request.GET.get("po_number", "").replace("\x00", "").strip()[:100]
    used = _used_before(request.portal.dealer, number, None)
    return render(request, "shop/parts/po_warning.html", {"used": used, "po_number": number})


@require_safe
def outlets(request: PortalRequest) -> HttpResponse:
    """The outlets that fit a search, as a fragment; the one that is chosen stays among them."""
    return render(request, "shop/parts/outlets.html", {"places": _places(request, request.GET.get("outlet", ""))})


@require_POST
def send(request: PortalRequest) -> HttpResponse:
    """Submit the order, or show the page again with what has to be mended."""
    portal = request.portal
    form = CheckoutForm(request.POST, dealer=portal.dealer)
    terms = read_line_terms(request.POST)
    if not form.is_valid() or terms.wrong:
        return _page(request, form, _cart(request), sent_terms=terms)
    given = form.cleaned_data
    used = _used_before(portal.dealer, given["po_number"], given["key"])
    if used and given["po_confirmed"] != given["po_number"]:
        again = _again(form, portal.dealer, po_confirmed=given["po_number"])
        return _page(request, again, _cart(request), sent_terms=terms, used=used)
    cart = open_cart(request.user, portal.dealer)
    cart.dealer = portal.dealer
    try:
        order = submit(cart, _head(given, terms), by=request.user)
    except OrderRefused as why:
        _keep_terms(cart, terms)
        return _refused(request, form, terms, why)
    request.session.pop(SESSION_DRAFT, None)
    return redirect("shop:confirmation", order.number)


@require_safe
def confirmation(request: PortalRequest, number: str) -> HttpResponse:
    """The order's number, and what happens next."""
    orders = DealerOrder.objects.for_user(request.user).filter(dealer=request.portal.dealer)
    order = get_object_or_404(orders.select_related("outlet", "placed_by"), number=number)
    context = {
        "order": order,
        "rep": request.portal.dealer.sales_rep,
        "ship_to": delivery_lines(order.ship_to),
        "promotions": promotions_taken(order.number),
    }
    return render(request, "shop/confirmation.html", context)


def _head(given: Mapping[str, Any], terms: LineTerms) -> OrderHead:
    return OrderHead(
        key=given["key"],
        outlet_id=given["outlet"].pk,
        po_number=given["po_number"],
        requested_date=given["requested_date"],
        note=given["note"],
        delivery_mode=given["delivery_mode"],
        cancel_missing_after=given["cancel_missing_after"],
        line_terms=terms.terms,
        shown_total=given["shown_total"],
        shown_prices=_prices(given),
        shown_quantities=_quantities(given),
        shown_surcharges=_surcharges(given),
    )


def _keep_terms(cart: DealerCart, terms: LineTerms) -> None:
    """Let the cart remember the lines' notes and days, so that mending it loses none of them."""
    if terms.terms:
        with contextlib.suppress(OrderRefused, DatabaseError):
            set_line_terms(cart, terms.terms)


def _refused(request: PortalRequest, form: CheckoutForm, terms: LineTerms, why: OrderRefused) -> HttpResponse:
    """Show a refusal where it belongs: at the field, at the lines, or on top; what changed at the lines."""
    portal = request.portal
    portal.forget_cart()
    if why.code in ("empty", "sent", "deleted"):
        messages.error(request, str(why.message))
        return redirect("shop:cart")
    sent = None
    if why.code == "key_reused":
        sent = DealerOrder.objects.filter(dealer=portal.dealer, submit_key=form.cleaned_data["key"]).first()
        if sent and not portal.cart_quantities:
            messages.error(request, str(why.message))
            return redirect("shop:order", sent.number)
    # What changed since it was shown is told at its line; it is no fault to be mended first.
    news = why.code in ("total_changed", "cart_changed")
    faults = () if news else why.lines
    page = _cart(request, problems=faults, shown=_prices(form.cleaned_data))
    charged = surcharge_changes(_surcharges(form.cleaned_data), page.quote.surcharges, page.quote.currency)
    form = _again(form, portal.dealer, key=uuid4() if sent else form.cleaned_data["key"], **_shown(page))
    form.add_error(why.field if why.field in form.fields else None, str(why.message))
    told = why.lines if why.code == "cart_changed" else ()
    changed = why.code if news else ""
    return _page(request, form, page, sent_terms=terms, changed=changed, charged=charged, told=told, sent=sent)


def _again(form: CheckoutForm, dealer: Dealer, **values: Any) -> CheckoutForm:
    """The same form with some hidden values exchanged."""
    data = QueryDict(mutable=True)
    data.update(form.data)
    for name, value in values.items():
        data[name] = str(value)
    again = CheckoutForm(data, dealer=dealer)
    again.is_valid()
    return again


def _cart(request: PortalRequest, **more: Any) -> CartPage:
    portal = request.portal
    return read_cart(portal.dealer, portal.cart_quantities, entries=portal.cart_entries, **more)


def _page(
    request: PortalRequest,
    form: CheckoutForm,
    page: CartPage,
    *,
    sent_terms: LineTerms | None = None,
    told: Sequence[LineProblem] = (),
    terms: bool = False,
    **more: Any,
) -> HttpResponse:
    portal, dealer = request.portal, request.portal.dealer
    if not page.lines:
        messages.info(request, _("The cart is empty. Add products first."))
        return redirect("shop:cart")
    portal.know_cart_total(page.amounts.total)
    if form.is_bound:
        _keep_draft(request, form)
    today = supplier_day(timezone.now())
    lines = lines_of(page, portal.cart_entries, sent_terms, told)
    wrong = [line for line in lines if line.wrong]
    context = {
        "form": form,
        "cart": page,
        "lines": lines,
        "wrong_lines": wrong,
        "removed": removed_names(portal, told),
        "terms": terms or bool(sent_terms and len(sent_terms.entered) >= len(lines)),
        "longest_note": LONGEST_NOTE,
        "today": today,
        "dealer": dealer,
        "rep": dealer.sales_rep,
        "approval": approval_of(portal, page),
        "places": _places(request, str(form["outlet"].value() or "")),
        "due_date": today + timedelta(days=dealer.payment_terms_days),
        **more,
    }
    return render(request, "shop/checkout.html", context, status=422 if form.is_bound else 200)


def _places(request: PortalRequest, chosen: str) -> ShipTo:
    query = request.GET.get("outlet_q", "").replace("\x00", "").strip()[:100]
    number = int(chosen) if chosen.isascii() and chosen.isdecimal() and len(chosen) <= 18 else None
    return ship_to(request.portal.dealer, number, query, everything=request.GET.get("outlets") == "all")


def _keep_draft(request: PortalRequest, form: CheckoutForm) -> None:
    if request.portal.cart is not None:
        fields = {name: str(form.data.get(name, ""))[:2000] for name in DRAFTED}
        request.session[SESSION_DRAFT] = {"cart": request.portal.cart.pk, "fields": fields}


def _draft(request: PortalRequest) -> dict[str, str]:
    """What was entered for this cart before; a choice that is empty falls back to what is usual."""
    kept: dict[str, Any] = request.session.get(SESSION_DRAFT, {})
    if request.portal.cart is None or kept.get("cart") != request.portal.cart.pk:
        return {}
    return {name: text for name, text in kept["fields"].items() if text and name in DRAFTED}


def _shown(page: CartPage) -> dict[str, str]:
    """What the reader sees now, so that a change until submission can be told."""
    prices = {line.label.key: str(line.unit_price) for line in page.lines if line.unit_price is not None}
    quantities = {line.label.key: line.quantity for line in page.lines}
    return {
        "shown_total": str(page.amounts.total),
        "shown_prices": _json(prices),
        "shown_quantities": _json(quantities),
        "shown_surcharges": _json({charge.code: str(charge.net) for charge in page.quote.surcharges}),
    }


def _json(values: Mapping[str, Any]) -> str:
    return json.dumps(values, separators=(",", ":"))


def _prices(given: Mapping[str, Any]) -> dict[int, Decimal]:
    """The unit prices shown before; nothing when the field was tampered with, since they only explain."""
    try:
        shown = {int(pk): Decimal(str(price)) for pk, price in json.loads(given["shown_prices"] or "{}").items()}
        return {pk: price for pk, price in shown.items() if price.is_finite()}
    except (ValueError, AttributeError, InvalidOperation, RecursionError):
        return {}


def _quantities(given: Mapping[str, Any]) -> dict[int, int]:
    """The quantities shown before; nothing when the field was tampered with: that fools only who did it."""
    try:
        return {int(pk): int(number) for pk, number in json.loads(given["shown_quantities"] or "{}").items()}
    except (ValueError, TypeError, AttributeError, OverflowError, RecursionError):
        return {}


def _surcharges(given: Mapping[str, Any]) -> dict[str, Decimal] | None:
    """The surcharges shown before, by code; None when the field was tampered with: that fools only who did it."""
    try:
        shown = {str(code): Decimal(str(amount)) for code, amount in json.loads(given["shown_surcharges"]).items()}
        return shown if all(amount.is_finite() for amount in shown.values()) else None
    except (ValueError, AttributeError, InvalidOperation, RecursionError):
        return None


def _used_before(dealer: Dealer, po_number: str, key: UUID | None) -> DealerOrder | None:
    """The newest other order with this PO number that was not rejected or cancelled."""
    if not po_number:
        return None
    # Without the empty ones, as the index has them.
    orders = DealerOrder.objects.filter(dealer=dealer, po_number__iexact=po_number).exclude(po_number="")
    others = orders.exclude(state__in=ENDED_STATES)
    if key is not None:
        others = others.exclude(submit_key=key)
    return others.order_by("-placed_at", "-order").first()
