"""The cart: add from anywhere, change quantities, remove with undo, empty."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from fulfilment.ordering.cart import (
    LONGEST_NOTE,
    CartEntry,
    add_to_cart,
    clear_cart,
    confirm_prices,
    open_cart,
    set_line_terms,
    set_quantities,
)
from fulfilment.ordering.lines import check_lines
from fulfilment.ordering.models import DealerCart
from fulfilment.ordering.problems import LineProblem, OrderRefused
from portal.access.portal import PortalRequest
from portal.components.formats import format_quantity
from portal.shop.cartlines import CartLine, CartPage, read_cart
from portal.shop.rows import Product, label_of, named
from portal.shop.wanted import Wanted, read_notes, read_seen, read_wanted
from pricing.quote import assortment

#: Quantities that were removed last, so that one click brings them back.
SESSION_UNDO = "cart_undo"
#: What a reorder or a mending changed, told once on the cart page.
SESSION_TOLD = "cart_told"
MOST_TOLD = 50


@require_safe
def cart(request: PortalRequest) -> HttpResponse:
    """The cart with prices, stock, problems and what it leaves of the credit, a page of lines at a time."""
    context = _context(request, _read(request))
    context["undo"] = _undo(request)
    context["told"] = request.session.pop(SESSION_TOLD, None)
    return render(request, "shop/cart.html", context)


@require_POST
def add(request: PortalRequest) -> HttpResponse:
    """Add the entered quantities to the cart; products without one are left alone."""
    portal = request.portal
    wanted = read_wanted(request.POST)
    chosen = {pk: quantity for pk, quantity in wanted.quantities.items() if quantity}
    try:
        if wanted.wrong:
            raise OrderRefused(next(iter(wanted.wrong.values())), code="quantity")
        if not chosen:
            raise OrderRefused(_("Enter a quantity first."), code="quantity")
        if assortment(portal.dealer, among=chosen).count() < len(chosen):
            raise OrderRefused(_("A product is not available to you. Nothing was added."), code="not_available")
        add_to_cart(opened(request), chosen, units=wanted.units_of(chosen), by=request.user)
    except OrderRefused as why:
        told = wanted.wrong or dict.fromkeys(list(chosen)[:1], str(why.message))
        return _not_added(request, str(why.message), told)
    portal.forget_cart()
    return _added(request, chosen)


@require_POST
def update(request: PortalRequest) -> HttpResponse:
    """Set the quantities and notes that were sent; `remove` names a line to take out.

    A line that a colleague changed since the page was shown is left as it is, and says who changed it to what.
    """
    wanted = read_wanted(request.POST)
    seen = read_seen(request.POST)
    changes = _changes(request, wanted, seen)
    stale: list[LineProblem] = []
    try:
        if changes or "undo" in request.POST:
            versions = {pk: version for pk, (version, _quantity) in seen.items()}
            stale = _change(request, changes, versions, wanted.units)
        _write_notes(request)
    except OrderRefused as why:
        messages.error(request, str(why.message))
    request.portal.forget_cart()
    problems = [LineProblem(pk, "quantity", message) for pk, message in wanted.wrong.items()] + stale
    gone = [problem for problem in stale if problem.product_id not in request.portal.cart_quantities]
    if gone:
        text = ngettext("A colleague removed %d line meanwhile.", "A colleague removed %d lines meanwhile.", len(gone))
        messages.warning(request, text % len(gone))
    if request.htmx:
        return _changed_parts(request, problems, changes, redraw=bool(gone))
    if len(problems) > len(gone):
        entered = {problem.product_id: request.POST.get(f"quantity-{problem.product_id}", "") for problem in problems}
        page = _read(request, problems=_in_cart(request, problems), entered=entered)
        return render(request, "shop/cart.html", _context(request, page) | {"undo": _undo(request)})
    return redirect("shop:checkout") if "checkout" in request.POST else _back_to_cart(request)


@require_POST
def clear(request: PortalRequest) -> HttpResponse:
    """Remove every line; the next page offers to bring them back."""
    known = request.portal.cart_entries
    if request.portal.cart is not None and known:
        try:
            clear_cart(request.portal.cart)
            _remember(request, known)
        except OrderRefused as why:
            messages.error(request, str(why.message))
    return redirect("shop:cart")


@require_POST
def confirm(request: PortalRequest) -> HttpResponse:
    """Today's prices are seen: the notices of changed ones go."""
    if request.portal.cart is not None:
        try:
            count = confirm_prices(request.portal.cart)
        except OrderRefused as why:
            messages.error(request, str(why.message))
        else:
            text = ngettext("%d new price confirmed.", "%d new prices confirmed.", count) % count
            messages.success(request, text)
    return _back_to_cart(request)


def tell_in_cart(request: PortalRequest, heading: str, sentences: list[str]) -> None:
    """Let the next cart page say what was changed on the way, once."""
    told = {"heading": heading, "sentences": sentences[:MOST_TOLD], "count": len(sentences)}
    request.session[SESSION_TOLD] = told


def back_to(request: PortalRequest, otherwise: str) -> HttpResponse:
    """To the page the form was sent from, when it is one of ours."""
    url = request.POST.get("next", "")
    ours = url_has_allowed_host_and_scheme(url, {request.get_host()}, require_https=request.is_secure())
    if ours and url.startswith("/"):
        return HttpResponseRedirect(url)
    return redirect(otherwise)


def opened(request: PortalRequest) -> DealerCart:
    """The cart the user fills, made when there is none."""
    cart = open_cart(request.user, request.portal.dealer)
    cart.dealer = request.portal.dealer
    return cart


def _read(request: PortalRequest, **more: Any) -> CartPage:
    """The page of the cart that the address, or the form, names."""
    portal = request.portal
    asked = request.POST if request.method == "POST" else request.GET
    text = asked.get("page", "")
    number = int(text) if text.isascii() and text.isdecimal() and len(text) < 6 else 1
    return read_cart(
        portal.dealer,
        portal.cart_quantities,
        entries=portal.cart_entries,
        page=number,
        only_troubled=asked.get("only") == "problems",
        also=[problem.product_id for problem in more.get("problems", ())],
        **more,
    )


def _changes(request: PortalRequest, wanted: Wanted, seen: Mapping[int, tuple[int, int]]) -> dict[int, int]:
    """`product → quantity` that the form asks to change, in sales units: what was sent back as it was shown, in the
    same unit, is left alone."""
    known = request.portal.cart_entries
    if "undo" in request.POST:
        return {pk: line.quantity for pk, line in _removed(request).items()}
    if "mend" in request.POST:
        return _mend(request)
    changes = {}
    for pk, number in wanted.quantities.items():
        kept = known.get(pk)
        shown = seen[pk][1] if pk in seen else kept.quantity if kept else number
        other_unit = kept is not None and pk in wanted.units and wanted.units[pk] != kept.unit
        if (number != shown or other_unit) and (kept or pk in seen):
            changes[pk] = number
    return changes | {pk: 0 for pk in known if str(pk) == request.POST.get("remove")}


def _change(
    request: PortalRequest, changes: Mapping[int, int], seen: Mapping[int, int], units: Mapping[int, str]
) -> list[LineProblem]:
    known, cart = request.portal.cart_entries, opened(request)
    removed = _removed(request) if "undo" in request.POST else {}
    units = {pk: line.unit for pk, line in removed.items()} or {pk: units[pk] for pk in changes if pk in units}
    stale = set_quantities(cart, changes, seen=seen, units=units, by=request.user)
    if removed:
        set_line_terms(cart, {pk: (line.note, line.requested_date) for pk, line in removed.items()})
        request.session.pop(SESSION_UNDO, None)
    refused = {problem.product_id for problem in stale}
    gone = {pk: known[pk] for pk, number in changes.items() if not number and pk in known and pk not in refused}
    _remember(request, gone)
    return stale


def _write_notes(request: PortalRequest) -> None:
    known = request.portal.cart_entries
    notes = {pk: note for pk, note in read_notes(request.POST).items() if pk in known and known[pk].note != note}
    if notes:
        set_line_terms(opened(request), {pk: (note, known[pk].requested_date) for pk, note in notes.items()})


def _in_cart(request: PortalRequest, problems: Sequence[LineProblem]) -> list[LineProblem]:
    return [problem for problem in problems if problem.product_id in request.portal.cart_quantities]


def _back_to_cart(request: PortalRequest) -> HttpResponse:
    """To the page of the cart the form was on."""
    kept = {name: request.POST[name] for name in ("page", "only") if request.POST.get(name, "") not in ("", "1")}
    return redirect(f"{reverse('shop:cart')}{'?' + urlencode(kept) if kept else ''}")


def _mend(request: PortalRequest) -> dict[int, int]:
    """The nearest quantities that can be ordered, for the lines that cannot be as they are."""
    page = read_cart(request.portal.dealer, request.portal.cart_quantities, page=1)
    changes = {line.label.pk: line.orderable for line in page.troubled if line.orderable is not None}
    sentences = [_mended(line) for line in page.troubled if line.label.pk in changes]
    if sentences:
        tell_in_cart(request, _("What could not be ordered was changed:"), sentences)
    return changes


def _mended(line: CartLine) -> str:
    if not line.orderable:
        return _("%s: removed.") % line.label.sku
    now, then = format_quantity(line.orderable), format_quantity(line.quantity)
    return _("%(sku)s: %(now)s instead of %(then)s.") % {"sku": line.label.sku, "now": now, "then": then}


def _context(request: PortalRequest, page: CartPage) -> dict[str, Any]:
    portal = request.portal
    portal.know_cart_total(page.amounts.total)
    return {
        "cart": page,
        "current": portal.cart,
        "base": reverse("shop:cart"),
        "only": "problems" if "problems" in (request.GET.get("only"), request.POST.get("only")) else "",
        "mine": portal.cart is None or portal.cart.user_id == request.user.pk,
        "dealer": portal.dealer,
        "here": request.get_full_path(),
        "longest_note": LONGEST_NOTE,
    }


def _remember(request: PortalRequest, removed: Mapping[int, CartEntry]) -> None:
    if removed and request.portal.cart is not None:
        lines = {
            str(pk): [line.quantity, line.note, str(line.requested_date or ""), line.unit]
            for pk, line in removed.items()
        }
        request.session[SESSION_UNDO] = {"cart": request.portal.cart.pk, "lines": lines}


def _removed(request: PortalRequest) -> dict[int, CartEntry]:
    """What was removed last from this cart."""
    stored: dict[str, Any] = request.session.get(SESSION_UNDO, {})
    current = request.portal.cart
    if current is None or stored.get("cart") != current.pk:
        return {}
    return {int(pk): _restored(int(pk), *line) for pk, line in stored["lines"].items()}


def _restored(pk: int, quantity: int, note: str, day: str, unit: str = "") -> CartEntry:
    return CartEntry(pk, quantity, note=note, requested_date=date.fromisoformat(day) if day else None, unit=unit)


def _undo(request: PortalRequest) -> dict[str, Any] | None:
    """What was removed last and is not back in the cart."""
    gone = [pk for pk in _removed(request) if pk not in request.portal.cart_quantities]
    if not gone:
        return None
    first = named(Product.objects.filter(pk__in=gone)).first()
    return {"count": len(gone), "name": label_of(first).name if first else ""}


def _added(request: PortalRequest, chosen: Mapping[int, int]) -> HttpResponse:
    portal = request.portal
    kept = {pk: portal.cart_quantities[pk] for pk in chosen if pk in portal.cart_quantities}
    problems = check_lines(portal.dealer, kept).all_problems
    text = ngettext("%d line added to the cart.", "%d lines added to the cart.", len(chosen)) % len(chosen)
    if not request.htmx:
        messages.success(request, text)
        for problem in problems:
            messages.warning(request, str(problem.message))
        return back_to(request, "shop:cart")
    told = {problem.product_id: str(problem.message) for problem in problems}
    notes = [{"key": str(pk), "in_cart": quantity, "problem": told.get(pk, "")} for pk, quantity in kept.items()]
    response = render(request, "shop/parts/added.html", {"notes": notes})
    response["HX-Trigger"] = json.dumps({"toast": text})
    return response


def _not_added(request: PortalRequest, text: str, told: Mapping[int, str]) -> HttpResponse:
    if not request.htmx:
        messages.error(request, text)
        return back_to(request, "shop:cart")
    in_cart = request.portal.cart_quantities
    notes = [{"key": str(pk), "in_cart": in_cart.get(pk, 0), "problem": wrong} for pk, wrong in told.items()]
    response = render(request, "shop/parts/added.html", {"notes": notes})
    response["HX-Trigger"] = json.dumps({"toast": text})
    return response


def _changed_parts(
    request: PortalRequest, problems: Sequence[LineProblem], changes: Mapping[int, int], *, redraw: bool
) -> HttpResponse:
    """The parts of the cart page that a change of one line touches; a removed line needs the whole page."""
    if redraw or any(number == 0 for number in changes.values()):
        response = HttpResponse()
        response["HX-Redirect"] = request.htmx.current_url_abs_path or "/"
        return response
    told = _in_cart(request, problems)
    touched = set(changes) | {problem.product_id for problem in told} | set(read_wanted(request.POST).quantities)
    portal = request.portal
    page = read_cart(
        portal.dealer,
        portal.cart_quantities,
        problems=told,
        entries=portal.cart_entries,
        only_troubled=True,
        also=touched,
    )
    context = _context(request, page) | {
        "touched": [line for line in page.lines if line.label.pk in touched | page.companions]
    }
    return render(request, "shop/parts/cart_changes.html", context)
