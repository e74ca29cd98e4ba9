"""The cart: add from anywhere, change quantities, remove with undo, empty."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from fulfilment.ordering.cart import add_to_cart, clear_cart, open_cart, set_quantities
from fulfilment.ordering.lines import check_lines
from fulfilment.ordering.problems import LineProblem, OrderRefused
from portal.access.portal import PortalRequest
from portal.shop.cartlines import CartLine, CartPage, read_cart
from portal.shop.rows import Product, label_of, named
from portal.shop.wanted import read_wanted
from pricing.quote import assortment

#: Quantities that were removed last, so that one click brings them back.
SESSION_UNDO = "cart_undo"
#: What a reorder or a mending changed, told once on the cart page.
SESSION_TOLD = "cart_told"
MOST_TOLD = 50


@require_safe
def cart(request: PortalRequest) -> HttpResponse:
    """The cart with prices, stock, problems and what it leaves of the credit."""
    context = _context(request, read_cart(request.portal.dealer, request.portal.cart_quantities))
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
        if assortment(portal.dealer).filter(pk__in=list(chosen)).count() < len(chosen):
            raise OrderRefused(_("A product is not available to you. Nothing was added."), code="not_available")
        add_to_cart(_open(request), chosen)
    except OrderRefused as why:
        told = wanted.wrong or dict.fromkeys(list(chosen)[:1], str(why.message))
        return _not_added(request, str(why.message), told)
    portal.forget_cart()
    return _added(request, chosen)


@require_POST
def update(request: PortalRequest) -> HttpResponse:
    """Set the quantities of all lines that were sent; `remove` names a line to take out."""
    wanted = read_wanted(request.POST)
    known = request.portal.cart_quantities
    changes = {pk: number for pk, number in wanted.quantities.items() if pk in known and known[pk] != number}
    if "undo" in request.POST:
        changes = {int(pk): number for pk, number in request.session.pop(SESSION_UNDO, {}).items()}
    if "mend" in request.POST:
        changes = _mend(request)
    changes |= {pk: 0 for pk in known if str(pk) == request.POST.get("remove")}
    try:
        if changes:
            set_quantities(_open(request), changes)
            _remember(request, {pk: known[pk] for pk, number in changes.items() if not number and pk in known})
    except OrderRefused as why:
        messages.error(request, str(why.message))
    request.portal.forget_cart()
    if request.htmx:
        return _changed_parts(request, wanted.wrong, changes)
    if wanted.wrong:
        entered = {pk: request.POST.get(f"quantity-{pk}", "") for pk in wanted.wrong}
        problems = [LineProblem(pk, "quantity", message) for pk, message in wanted.wrong.items()]
        quantities = request.portal.cart_quantities
        problems = [problem for problem in problems if problem.product_id in quantities]
        page = read_cart(request.portal.dealer, quantities, problems=problems, entered=entered)
        return render(request, "shop/cart.html", _context(request, page) | {"undo": _undo(request)})
    return redirect("shop:checkout" if "checkout" in request.POST else "shop:cart")


@require_POST
def clear(request: PortalRequest) -> HttpResponse:
    """Remove every line; the next page offers to bring them back."""
    known = request.portal.cart_quantities
    if request.portal.cart is not None and known:
        try:
            clear_cart(request.portal.cart)
            _remember(request, known)
        except OrderRefused as why:
            messages.error(request, str(why.message))
    return redirect("shop:cart")


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


def _open(request: PortalRequest) -> Any:
    cart = open_cart(request.user, request.portal.dealer)
    cart.dealer = request.portal.dealer
    return cart


def _mend(request: PortalRequest) -> dict[int, int]:
    """The nearest quantities that can be ordered, for the lines that cannot be as they are."""
    page = read_cart(request.portal.dealer, request.portal.cart_quantities)
    changes = {line.label.pk: line.orderable for line in page.troubled if line.orderable is not None}
    sentences = [_mended(line) for line in page.troubled if line.label.pk in changes]
    if sentences:
        tell_in_cart(request, _("What could not be ordered was changed:"), sentences)
    return changes


def _mended(line: CartLine) -> str:
    if not line.orderable:
        return _("%s: removed.") % line.label.sku
    words = {"sku": line.label.sku, "now": line.orderable, "then": line.quantity}
    return _("%(sku)s: %(now)d instead of %(then)d.") % words


def _context(request: PortalRequest, page: CartPage) -> dict[str, Any]:
    return {"cart": page, "dealer": request.portal.dealer, "here": request.get_full_path()}


def _remember(request: PortalRequest, removed: Mapping[int, int]) -> None:
    if removed:
        request.session[SESSION_UNDO] = {str(pk): number for pk, number in removed.items()}


def _undo(request: PortalRequest) -> dict[str, Any] | None:
    """What was removed last and is not back in the cart."""
    stored: dict[str, int] = request.session.get(SESSION_UNDO, {})
    gone = [int(pk) for pk in stored if int(pk) not in request.portal.cart_quantities]
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


def _changed_parts(request: PortalRequest, wrong: Mapping[int, str], changes: Mapping[int, int]) -> HttpResponse:
    """The parts of the cart page that a change of one line touches; a removed line needs the whole page."""
    if any(number == 0 for number in changes.values()):
        response = HttpResponse()
        response["HX-Redirect"] = request.htmx.current_url_abs_path or "/"
        return response
    problems = [LineProblem(pk, "quantity", message) for pk, message in wrong.items()]
    quantities = request.portal.cart_quantities
    problems = [problem for problem in problems if problem.product_id in quantities]
    page = read_cart(request.portal.dealer, quantities, problems=problems)
    touched = set(changes) | set(wrong) | set(read_wanted(request.POST).quantities)
    context = _context(request, page) | {"touched": [line for line in page.lines if line.label.pk in touched]}
    return render(request, "shop/parts/cart_changes.html", context)
