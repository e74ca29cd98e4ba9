"""The difference list: what was ordered or kept before, as it can be had today, accepted whole or in part."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from fulfilment.ordering.cart import add_to_cart, entries, set_line_terms
from fulfilment.ordering.carts import LONGEST_NAME, create_cart
from fulfilment.ordering.models import DealerCart
from fulfilment.ordering.problems import OrderRefused
from portal.access.portal import PortalRequest
from portal.shop.cart import opened, tell_in_cart
from portal.shop.reorder import Difference, Wish, chosen, differences, notes_of, units_of_wishes

#: Beyond so many lines the list does without pictures.
MOST_PICTURES = 200
NEW_CART = "new"


def order_again(
    request: PortalRequest, wishes: Sequence[Wish], *, source: str, back_url: str, name: str = ""
) -> HttpResponse:
    """Show the difference list, or put what was accepted of it into a cart. `source` says what it comes from."""
    into_new = (request.POST or request.GET).get("into") == NEW_CART
    in_cart: Mapping[int, int] = {} if into_new else request.portal.cart_quantities
    found = differences(request.portal.dealer, wishes, in_cart)
    if request.method != "POST":
        return _page(request, found, source, back_url, name)
    keys = None if "all" in request.POST else set(request.POST.getlist("line"))
    wanted = chosen(found, keys)
    try:
        if not wanted:
            raise OrderRefused(_("Choose a line that can be had."), code="empty")
        _fill(request, wanted, notes_of(found, wanted), units_of_wishes(found, wanted), into_new=into_new)
    except OrderRefused as why:
        messages.error(request, str(why.message))
        return _page(request, found, source, back_url, name, status=422)
    text = ngettext(
        "%(count)d line of %(source)s added to the cart.",
        "%(count)d lines of %(source)s added to the cart.",
        len(wanted),
    )
    messages.success(request, text % {"count": len(wanted), "source": source})
    told = [sentence for line in found if keys is None or line.wish.key in keys for sentence in line.told]
    if told:
        tell_in_cart(request, _("Not everything is as it was in %s:") % source, told)
    return redirect("shop:cart")


def _fill(
    request: PortalRequest,
    wanted: Mapping[int, int],
    notes: Mapping[int, str],
    units: Mapping[int, str],
    *,
    into_new: bool,
) -> None:
    with transaction.atomic():
        cart: DealerCart = (
            create_cart(request.user, request.portal.dealer, request.POST.get("name", ""))
            if into_new
            else opened(request)
        )
        cart.dealer = request.portal.dealer
        add_to_cart(cart, wanted, units=units, by=request.user)
        if notes:
            kept = entries(cart)
            set_line_terms(
                cart, {pk: (note, kept[pk].requested_date) for pk, note in notes.items() if not kept[pk].note}
            )


def _page(
    request: PortalRequest, found: Sequence[Difference], source: str, back_url: str, name: str, status: int = 200
) -> HttpResponse:
    picked = set(request.POST.getlist("line")) if request.method == "POST" else None
    can = [line for line in found if line.quantity]
    context: dict[str, Any] = {
        "rows": [(line, line.quantity and (picked is None or line.wish.key in picked)) for line in found],
        "source": source,
        "back_url": back_url,
        "count": len(found),
        "same": sum(1 for line in found if line.same),
        "repriced": sum(1 for line in found if line.price_change is not None and not line.bad),
        "gone": len(found) - len(can),
        "can": len(can),
        "less": sum(1 for line in can if line.bad),
        "surcharge_total": sum((each.amount for line in can for each in line.surcharges), Decimal("0.00")),
        "net_total": sum((line.net_amount or Decimal(0) for line in can), Decimal("0.00")),
        "pictures": len(found) <= MOST_PICTURES,
        "has_prices": any(line.wish.unit_price is not None for line in found),
        "has_notes": any(line.wish.note for line in found),
        "current": request.portal.cart,
        "in_cart": request.portal.cart_count,
        "dealer": request.portal.dealer,
        "name": request.POST.get("name", name)[:LONGEST_NAME],
        "into": request.POST.get("into", ""),
        "longest_name": LONGEST_NAME,
    }
    return render(request, "shop/order_again.html", context, status=status)
