"""What promotions take off, and which of them wins. Pure.

Of all promotions that hold for a line the one that takes off most wins; they never add up on a line. Of equals the one
with the lower priority number wins, then the one whose code comes first. Afterwards at most one promotion on the order
value is taken off the sum of the lines, again the one that takes off most.

An exclusive promotion stands alone: a line that has one is left out of the sum that a promotion on the order value
counts, and an exclusive promotion on the order value counts only lines that have no promotion of their own. Exclusive
or not, the line takes what is best for the line.

Worked numbers, at 10.00 a piece: 10 % off 5 pieces takes off 5.00; 0.75 off each of 5 pieces 3.75; “12 + 1 free” on 27
pieces 20.00 (two whole thirteens, so two are free); “10 % from 24 pieces” over pans and pots takes 10 % off each of
their lines once they have 24 pieces together. A discount is rounded once per line, half up, and never exceeds the line.

What a promotion takes off in an order must fit into what is left of its budget as a whole, otherwise it does not hold
for that order.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Final, NamedTuple

from pricing.money import round_money, split

PERCENT: Final = "percent"
AMOUNT: Final = "amount"
FREE: Final = "free"
BUNDLE: Final = "bundle"
ORDER: Final = "order"

NOTHING: Final = Decimal("0.00")


class Deal(NamedTuple):
    """A promotion that holds for a dealer. Amounts are in the dealer's currency, before tax.

    `percent` is for `percent`, `bundle` and `order`; `amount` is per sales unit for `amount`, off the order for
    `order`. `buy` and `free` are for `free`; `minimum_quantity` for `bundle`, `minimum_value` for `order`. `left` is
    what is left of its budget, None without one. `products` are those of the quote that it is about.
    """

    pk: int
    code: str
    name: str
    name_zh: str
    kind: str
    percent: Decimal | None = None
    amount: Decimal | None = None
    buy: int = 0
    free: int = 0
    minimum_quantity: int = 0
    minimum_value: Decimal = NOTHING
    exclusive: bool = False
    priority: int = 100
    left: Decimal | None = None
    valid_to: date | None = None
    products: frozenset[int] = frozenset()


class Line(NamedTuple):
    """A priced line before promotions; `amount` is its rounded amount."""

    product_id: int
    quantity: int
    unit_price: Decimal
    amount: Decimal


class Hint(NamedTuple):
    """What ordering `more` pieces brings: the deal's percent (`bundle`), or its next free pieces (`free`)."""

    deal: Deal
    more: int


class Settled(NamedTuple):
    """What promotions come to.

    By line: its deal (None without one), its discount, and its share of the order's discount; the shares sum to
    `order_discount` to the cent. `spent` are the deals that would have held if their budget sufficed.
    """

    deals: list[Deal | None]
    discounts: list[Decimal]
    shares: list[Decimal]
    order_deal: Deal | None
    order_discount: Decimal
    spent: tuple[Deal, ...]


def line_discount(deal: Deal, line: Line, pieces: int, currency: str) -> Decimal:
    """What a deal takes off a line when the deal's products have `pieces` together; 0 when it does not hold."""
    if deal.kind == AMOUNT:
        exact = (deal.amount or NOTHING) * line.quantity
    elif deal.kind == FREE:
        exact = line.quantity // (deal.buy + deal.free) * deal.free * line.unit_price
    elif deal.kind == PERCENT or (deal.kind == BUNDLE and pieces >= deal.minimum_quantity):
        exact = line.unit_price * line.quantity * (deal.percent or NOTHING) / 100
    else:
        return NOTHING
    return min(round_money(exact, currency), line.amount)


def order_discount(deal: Deal, value: Decimal, currency: str) -> Decimal:
    """What a deal takes off an order whose lines come to `value` before tax; 0 when it does not hold."""
    if value <= 0 or value < deal.minimum_value:
        return NOTHING
    exact = value * deal.percent / 100 if deal.percent is not None else deal.amount or NOTHING
    return min(round_money(exact, currency), value)


def best(found: Iterable[tuple[Deal, Decimal]]) -> tuple[Deal | None, Decimal]:
    """The deal that takes off most, and how much; ties by priority, then code. None when nothing is taken off."""
    chosen = min(found, key=lambda each: (-each[1], each[0].priority, each[0].code), default=None)
    return chosen if chosen is not None and chosen[1] > 0 else (None, NOTHING)


def settle(deals: Sequence[Deal], lines: Sequence[Line], currency: str, *, as_order: bool) -> Settled:
    """Apply the deals to lines: of one order, which counts its pieces and its value together, or each on its own."""
    left = [deal for deal in deals if deal.left is None or deal.left > 0]
    # What is used up entirely is tried too, only to be able to say that it would have held.
    standing = list(deals) if as_order else left
    spent: list[Deal] = []
    while True:
        settled = _settle(standing, lines, currency, as_order)
        over = _over_budget(settled) if as_order else set()
        if not over:
            return settled._replace(spent=tuple(spent))
        spent += [deal for deal in standing if deal.pk in over]
        standing = [deal for deal in standing if deal.pk not in over]


def hint_of(deals: Sequence[Deal], line: Line, pieces: Mapping[int, int], chosen: Deal | None) -> Hint | None:
    """The deal nearest to being reached by ordering more; None when none waits or the line has it."""
    found = []
    for deal in deals:
        if deal.kind == BUNDLE:
            more = deal.minimum_quantity - pieces.get(deal.pk, line.quantity)
        elif deal.kind == FREE:
            rest = line.quantity % (deal.buy + deal.free)
            more = deal.buy + deal.free - rest if rest else 0
        else:
            continue
        if more > 0 and (chosen is None or chosen.pk != deal.pk or deal.kind == FREE):
            found.append(Hint(deal, more))
    return min(found, key=lambda hint: (hint.more, hint.deal.priority, hint.deal.code), default=None)


def pieces_of(deals: Sequence[Deal], lines: Sequence[Line]) -> dict[int, int]:
    """How many pieces of each bundle's products an order has."""
    return {
        deal.pk: sum(line.quantity for line in lines if line.product_id in deal.products)
        for deal in deals
        if deal.kind == BUNDLE
    }


def by_product(deals: Iterable[Deal]) -> dict[int, list[Deal]]:
    """The line deals of each product, nearest priority first."""
    found: dict[int, list[Deal]] = {}
    for deal in sorted(deals, key=lambda each: (each.priority, each.code)):
        if deal.kind != ORDER:
            for product_id in deal.products:
                found.setdefault(product_id, []).append(deal)
    return found


def _settle(deals: Sequence[Deal], lines: Sequence[Line], currency: str, as_order: bool) -> Settled:
    waiting = by_product(deals)
    together = pieces_of(deals, lines) if as_order else {}
    chosen: list[Deal | None] = []
    discounts: list[Decimal] = []
    for line in lines:
        offered = [
            (deal, line_discount(deal, line, together.get(deal.pk, line.quantity), currency))
            for deal in waiting.get(line.product_id, ())
        ]
        if not as_order:
            offered = [(deal, off) for deal, off in offered if deal.left is None or off <= deal.left]
        deal, off = best(offered)
        chosen.append(deal)
        discounts.append(off)
    none = [NOTHING] * len(lines)
    if not as_order:
        return Settled(chosen, discounts, none, None, NOTHING, ())
    amounts = [line.amount - off for line, off in zip(lines, discounts, strict=True)]
    values = {deal.pk: _counted(deal, chosen, amounts) for deal in deals if deal.kind == ORDER}
    order_deal, off = best(
        (deal, order_discount(deal, sum(values[deal.pk], NOTHING), currency)) for deal in deals if deal.kind == ORDER
    )
    shares = split(off, values[order_deal.pk], currency) if order_deal else none
    return Settled(chosen, discounts, shares, order_deal, off, ())


def _counted(deal: Deal, chosen: Sequence[Deal | None], amounts: Sequence[Decimal]) -> list[Decimal]:
    """What each line counts for a promotion on the order value."""
    return [
        NOTHING if own is not None and (own.exclusive or deal.exclusive) else amount
        for own, amount in zip(chosen, amounts, strict=True)
    ]


def taken(settled: Settled) -> dict[int, Decimal]:
    """What each promotion takes off the order in all, by promotion."""
    sums: dict[int, Decimal] = {}
    for deal, off in zip(settled.deals, settled.discounts, strict=True):
        if deal is not None:
            sums[deal.pk] = sums.get(deal.pk, NOTHING) + off
    if settled.order_deal is not None:
        sums[settled.order_deal.pk] = settled.order_discount
    return sums


def _over_budget(settled: Settled) -> set[int]:
    limits = {deal.pk: deal.left for deal in (*settled.deals, settled.order_deal) if deal and deal.left is not None}
    sums = taken(settled)
    return {pk for pk, left in limits.items() if sums[pk] > left}
