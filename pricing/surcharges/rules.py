"""What comes on top of the goods: surcharges by line and by order. Pure.

Of each code one rule decides about a line, the nearest (`pricing.surcharges.apply` asks for it); different codes add
up. They count on what promotions have left and are never reduced by them. None of them counts for the order
minimum, for free freight, for a promotion on the order value, or for another surcharge.

Worked numbers, before tax: 3 % metal surcharge on a line of 166.50 is 5.00 (4.995 rounded half up); a deposit of 0.25
on each of 10 pieces 2.50; a hazard fee of 12.00 an order is charged once, however many of its lines are hazardous; a
surcharge of 25.00 on orders below 500.00 is charged at 499.99 and not at 500.00.

Each line's part is rounded once, half up to the currency's smallest unit; the order's surcharge is the sum of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Final, NamedTuple

from pricing.money import round_money

PERCENT: Final = "percent"
PIECE: Final = "piece"
ORDER: Final = "order"
SMALL: Final = "small"
#: The kinds that are charged line by line.
BY_LINE: Final = frozenset({PERCENT, PIECE})

NOTHING: Final = Decimal("0.00")


class Levy(NamedTuple):
    """A surcharge as the rule says it that decides about `products`. Amounts are in the dealer's currency before tax.

    `percent` is for `percent`; `amount` is per sales unit for `piece`, per order for `order`. `small` has either and is
    charged on orders whose goods come to less than `below`.
    """

    code: str
    name: str
    name_zh: str
    kind: str
    percent: Decimal | None = None
    amount: Decimal | None = None
    below: Decimal | None = None
    products: frozenset[int] = frozenset()


class Line(NamedTuple):
    """A priced line after promotions."""

    product_id: int
    quantity: int
    net_amount: Decimal


class LineCharge(NamedTuple):
    """What a surcharge comes to on one line."""

    levy: Levy
    amount: Decimal


class Charge(NamedTuple):
    """What a surcharge comes to on an order. `missing` is what the goods lack so that it is not charged, if that ends
    it: None for all but a small order's."""

    code: str
    name: str
    name_zh: str
    net: Decimal
    missing: Decimal | None = None


class Settled(NamedTuple):
    """The surcharges of each line, and those of the order by code, in the order of the codes; nothing that is zero."""

    lines: list[tuple[LineCharge, ...]]
    charges: tuple[Charge, ...]


def line_charge(levy: Levy, line: Line, currency: str) -> Decimal:
    """What a surcharge by line comes to on a line; 0 for other kinds."""
    if levy.kind == PERCENT:
        return round_money(line.net_amount * (levy.percent or NOTHING) / 100, currency)
    if levy.kind == PIECE:
        return round_money((levy.amount or NOTHING) * line.quantity, currency)
    return NOTHING


def order_charge(levy: Levy, value: Decimal, currency: str) -> Decimal:
    """What a surcharge by order comes to on goods of this value; 0 for other kinds, and at `below` and above."""
    if levy.kind not in (ORDER, SMALL) or (levy.kind == SMALL and value >= (levy.below or NOTHING)):
        return NOTHING
    exact = levy.amount or NOTHING
    if levy.kind == SMALL and levy.percent is not None:
        exact = value * levy.percent / 100
    return round_money(exact, currency)


def settle(levies: Sequence[Levy], lines: Sequence[Line], currency: str, *, as_order: bool) -> Settled:
    """Charge lines: as one order, or each by itself, as on a page of products, without what is charged by order."""
    deciding = by_product(levies)
    charged = [_of_line(deciding.get(line.product_id, ()), line, currency) for line in lines]
    if not as_order:
        return Settled(charged, ())
    sums: dict[str, Charge] = {}
    for found in charged:
        for levy, amount in found:
            _add(sums, levy, amount)
    value = sum((line.net_amount for line in lines), NOTHING)
    for levy, amount in _of_order(levies, {line.product_id for line in lines}, value, currency):
        _add(sums, levy, amount, levy.below - value if levy.below is not None else None)
    return Settled(charged, tuple(sums[code] for code in sorted(sums)))


def by_product(levies: Iterable[Levy]) -> Mapping[int, Sequence[Levy]]:
    """The surcharges by line of each product, in the order of the codes."""
    found: dict[int, list[Levy]] = {}
    for levy in sorted(levies, key=lambda each: each.code):
        if levy.kind in BY_LINE:
            for product_id in levy.products:
                found.setdefault(product_id, []).append(levy)
    return found


def _of_line(levies: Iterable[Levy], line: Line, currency: str) -> tuple[LineCharge, ...]:
    charged = (LineCharge(levy, line_charge(levy, line, currency)) for levy in levies)
    return tuple(each for each in charged if each.amount)


def _of_order(
    levies: Iterable[Levy], ordered: set[int], value: Decimal, currency: str
) -> Iterable[tuple[Levy, Decimal]]:
    """What is charged by order: of each code once, and the most where its lines are under several rules."""
    most: dict[str, tuple[Levy, Decimal]] = {}
    for levy in levies:
        amount = order_charge(levy, value, currency) if not levy.products.isdisjoint(ordered) else NOTHING
        if amount and (levy.code not in most or amount > most[levy.code][1]):
            most[levy.code] = (levy, amount)
    return most.values()


def _add(sums: dict[str, Charge], levy: Levy, amount: Decimal, missing: Decimal | None = None) -> None:
    before = sums.get(levy.code)
    net = amount + (before.net if before else NOTHING)
    sums[levy.code] = Charge(levy.code, levy.name, levy.name_zh, net, missing)
