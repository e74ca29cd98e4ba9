"""Checking lines before they may be ordered: one function for cart, submit and every import."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from oscar.core.loading import get_model

from dealers.accounts.models import Dealer
from fulfilment.ordering.problems import LineProblem
from fulfilment.stock.take import available
from pricing.quote import Quote, assortment, quote
from pricing.rules import fits_pack, round_up_to_pack

Product = get_model("catalogue", "Product")

MAX_QUANTITY = 1_000_000


@dataclass(frozen=True)
class Checked:
    """A priced set of lines with everything that keeps them from being ordered. `products` has what is visible."""

    quote: Quote
    products: dict[int, Any]
    available: dict[int, int]
    problems: dict[int, list[LineProblem]]

    @property
    def all_problems(self) -> list[LineProblem]:
        """Every problem, in line order."""
        return [problem for line in self.quote.lines for problem in self.problems.get(line.product_id, ())]


def check_lines(dealer: Dealer, wanted: Mapping[int, int], at: datetime | None = None) -> Checked:
    """Price and check `product id → quantity` for a dealer, in a constant number of statements.

    A product outside the dealer's assortment is missing from `products` and has the problem `not_available`.
    """
    products = {
        product.pk: product
        for product in assortment(dealer, at).filter(pk__in=list(wanted)).select_related("card", "parent")
    }
    quoted = quote(dealer, list(wanted.items()), at)
    left = available(list(wanted))
    problems: dict[int, list[LineProblem]] = {}
    for line in quoted.lines:
        product = products.get(line.product_id)
        found = _problems(product, line.product_id, line.quantity, line.unit_price is None, left)
        if found:
            problems[line.product_id] = found
    return Checked(quoted, products, left, problems)


def pack_of(product: Any) -> tuple[int, int]:
    """Minimum order quantity and order multiple of a product."""
    card = getattr(product, "card", None)
    return (card.minimum_quantity, card.order_multiple) if card else (1, 1)


def _problems(
    product: Any | None, product_id: int, quantity: int, unpriced: bool, left: Mapping[int, int]
) -> list[LineProblem]:
    if product is None:
        return [LineProblem(product_id, "not_available", _("This product is no longer available to you. Remove it."))]
    found = []
    minimum, multiple = pack_of(product)
    if not 1 <= quantity <= MAX_QUANTITY:
        found.append(LineProblem(product_id, "quantity", _("Enter a quantity from 1 to %d.") % MAX_QUANTITY))
    elif not fits_pack(quantity, minimum=minimum, multiple=multiple):
        better = round_up_to_pack(quantity, minimum=minimum, multiple=multiple)
        found.append(LineProblem(product_id, "pack", _pack_message(minimum, multiple, better)))
    if unpriced:
        message = _("There is no price for you at this quantity. Ask your sales rep.")
        found.append(LineProblem(product_id, "no_price", message))
    if quantity > left.get(product_id, 0):
        found.append(LineProblem(product_id, "stock", shortage_message(left.get(product_id, 0))))
    return found


def shortage_message(left: int) -> str:
    """What to do about too little stock."""
    if left <= 0:
        return _("Out of stock. Remove the line or come back later.")
    return _("Only %d available. Order that many or fewer.") % left


def _pack_message(minimum: int, multiple: int, better: int) -> str:
    values = {"minimum": minimum, "multiple": multiple, "better": better}
    if multiple > 1 and minimum > multiple:
        text = _("Order at least %(minimum)d, in packs of %(multiple)d: for example %(better)d.")
    elif multiple > 1:
        text = _("Sold in packs of %(multiple)d: order %(better)d.")
    else:
        text = _("Order at least %(minimum)d.")
    return text % values
