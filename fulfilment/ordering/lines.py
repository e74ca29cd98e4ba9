"""Checking lines before they may be ordered: one function for cart, submit and every import."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from dealers.accounts.models import Dealer
from fulfilment.ordering.problems import LineProblem
from fulfilment.stock.take import available
from pricing.quote import Quote, QuotedLine, quote, sellable
from pricing.selling.minimums import Shortfall
from pricing.selling.packs import packs_for
from pricing.selling.rules import Pack

MAX_QUANTITY = 1_000_000


@dataclass(frozen=True)
class Checked:
    """A priced set of lines with everything that keeps them from being ordered. `products` are the ids of those the
    dealer may see, `packs` says in which quantities each of them may be ordered."""

    quote: Quote
    products: Set[int]
    available: dict[int, int]
    problems: dict[int, list[LineProblem]]
    packs: dict[int, Pack] = field(default_factory=dict)

    @property
    def all_problems(self) -> list[LineProblem]:
        """Every problem, in line order."""
        return [problem for line in self.quote.lines for problem in self.problems.get(line.product_id, ())]


def check_lines(dealer: Dealer, wanted: Mapping[int, int], at: datetime | None = None) -> Checked:
    """Price and check `product id → quantity` for a dealer, in a constant number of statements.

    A product outside the dealer's assortment is missing from `products` and has the problem `not_available`.
    """
    quoted = quote(dealer, list(wanted.items()), at, as_order=True)
    shown = visible(dealer, quoted.lines, at)
    cards = {
        pk: (minimum or 1, multiple or 1)
        for pk, minimum, multiple in shown.values_list("pk", "card__minimum_quantity", "card__order_multiple")
    }
    left = available(list(wanted))
    packs = packs_for(dealer, cards, at, cards)
    problems: dict[int, list[LineProblem]] = {}
    for line in quoted.lines:
        pack = packs.get(line.product_id)
        found = _problems(line.product_id, line.quantity, line.unit_price is None, left, pack)
        if found:
            problems[line.product_id] = found
    return Checked(quoted, cards.keys(), left, problems, packs)


def visible(dealer: Dealer, quoted: Iterable[QuotedLine], at: datetime | None = None) -> QuerySet[Any]:
    """The products of a quote that are in the dealer's assortment.

    What one of their lists prices is known from the quote. Asking `assortment` would read all of the dealer's prices.
    """
    return sellable(dealer, at).filter(pk__in=[line.product_id for line in quoted if line.rows])


def _problems(
    product_id: int, quantity: int, unpriced: bool, left: Mapping[int, int], pack: Pack | None
) -> list[LineProblem]:
    """What keeps a line from being ordered; without a pack the dealer may not see the product."""
    if pack is None:
        return [LineProblem(product_id, "not_available", _("This product is no longer available to you. Remove it."))]
    found = []
    if not 1 <= quantity <= MAX_QUANTITY:
        found.append(LineProblem(product_id, "quantity", quantity_message()))
    elif pack.maximum is not None and quantity > pack.maximum:
        found.append(LineProblem(product_id, "maximum", most_message(pack.maximum)))
    elif not pack.fits(quantity):
        message = _pack_message(pack.minimum, pack.multiple, pack.fitted(quantity))
        found.append(LineProblem(product_id, "pack", message))
    if unpriced:
        message = _("There is no price for you at this quantity. Ask your sales rep.")
        found.append(LineProblem(product_id, "no_price", message))
    if quantity > left.get(product_id, 0):
        found.append(LineProblem(product_id, "stock", shortage_message(left.get(product_id, 0))))
    return found


def grouped(number: int) -> str:
    """A number as the reader writes it, with its thousands parted."""
    return str(number_format(number, force_grouping=True))


def quantity_message() -> str:
    """What to do about a quantity that cannot be read or is out of bounds."""
    return _("Enter a quantity from 1 to %s.") % grouped(MAX_QUANTITY)


def shortage_message(left: int) -> str:
    """What to do about too little stock."""
    if left <= 0:
        return _("Out of stock. Remove the line or come back later.")
    return _("Only %s available. Order that many or fewer.") % grouped(left)


def minimum_message(short: Shortfall, currency: str) -> str:
    """What to do about an order below its minimum value."""
    words = {"minimum": f"{short.minimum:,.2f}", "missing": f"{short.missing:,.2f}", "currency": currency}
    return (
        _("Orders start at %(minimum)s %(currency)s before tax. Add goods for %(missing)s %(currency)s more.") % words
    )


def most_message(maximum: int) -> str:
    """What to do about more than one order may have."""
    return _("At most %s in one order. Order that many or fewer.") % grouped(maximum)


def _pack_message(minimum: int, multiple: int, better: int) -> str:
    values = {"minimum": grouped(minimum), "multiple": grouped(multiple), "better": grouped(better)}
    if multiple > 1 and minimum > multiple:
        text = _("Order at least %(minimum)s, in packs of %(multiple)s: for example %(better)s.")
    elif multiple > 1:
        text = _("Sold in packs of %(multiple)s: order %(better)s.")
    else:
        text = _("Order at least %(minimum)s.")
    return text % values
