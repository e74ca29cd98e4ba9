"""Which price holds, and what a line comes to. Pure.

A dealer has a chain of price lists, nearest first. The first list that has a price for the product at the quantity
prices it: a list is an agreement for that product, so its tiers are never mixed with another list's. Within the list
the tier is the one with the highest `min_quantity` that the quantity reaches; below the lowest tier the list does not
price the product at that quantity and the next list is asked.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import ROUND_HALF_UP, Decimal
from itertools import groupby
from typing import Final, NamedTuple

#: Lists of rank `GROUP_RANK` and above come from the dealer's group (see the view `pricing_terms_chain`).
GROUP_RANK = 100_000

#: A price that holds: product, rank of its list, kind and code of its list, least quantity, price per sales unit before
#: tax. Rows of a product stand in the order of `PRICE_ROWS`: rank, then quantity, then the day they became valid, so
#: that of two rows for one quantity the later rules. A plain tuple, as the database gives it: there are thousands.
Row = tuple[int, int, str, str, int, Decimal]
RANK: Final = 1
KIND: Final = 2
CODE: Final = 3
LEAST: Final = 4
PRICE: Final = 5


class Tier(NamedTuple):
    """A price per sales unit, before tax, from `min_quantity` on."""

    min_quantity: int
    price: Decimal


class Offer(NamedTuple):
    """What one list of the dealer says of a product: its tiers, lowest quantity first."""

    rank: int
    kind: str
    list_code: str
    tiers: tuple[Tier, ...]

    def tier_for(self, quantity: int) -> Tier | None:
        """The tier that a quantity reaches; None below the lowest."""
        reached = [tier for tier in self.tiers if tier.min_quantity <= quantity]
        return reached[-1] if reached else None


class PriceStep(NamedTuple):
    """One step from the list price to what the dealer pays, per sales unit before tax.

    `kind`: `list`, `group`, `agreement`, `formula`, `exception` (the list of that kind says so), `tier`, `promotion` or
    `net`. `list_code` names the list, or the promotion; `change` is the difference from the step before, 0 for the
    first.
    """

    kind: str
    list_code: str
    unit_price: Decimal
    change: Decimal


class Gain(NamedTuple):
    """What ordering more brings: from `min_quantity` on, `more` units away, a unit costs `unit_price`.

    `per_unit` is saved on each unit, `amount` on the `min_quantity` units together, unrounded; before tax.
    """

    min_quantity: int
    more: int
    unit_price: Decimal
    per_unit: Decimal
    amount: Decimal


class Margin(NamedTuple):
    """What a dealer keeps of the recommended retail price, before tax: per sales unit, and as a share of that price."""

    amount: Decimal
    percent: Decimal


def choose(rows: Sequence[Row], quantity: int) -> Row | None:
    """The row that prices a quantity of a product; None when no list does."""
    found: Row | None = None
    for row in rows:
        if found is not None and row[RANK] != found[RANK]:
            break
        if row[LEAST] <= quantity:
            found = row
    return found


def offers(rows: Sequence[Row]) -> list[Offer]:
    """What each list says of a product, nearest list first."""
    found = []
    for rank, same in groupby(rows, key=lambda row: row[RANK]):
        tiers: dict[int, Tier] = {}
        for row in same:
            kind, code = row[KIND], row[CODE]
            tiers[row[LEAST]] = Tier(row[LEAST], row[PRICE])
        found.append(Offer(rank, kind, code, tuple(tiers.values())))
    return found


def ladder(rows: Sequence[Row]) -> tuple[Tier, ...]:
    """What the dealer pays from which quantity on, across its lists: a farther list counts below the nearer's tiers."""
    tiers: list[Tier] = []
    for offer in offers(rows):
        below = tiers[0].min_quantity if tiers else None
        tiers[:0] = [tier for tier in offer.tiers if below is None or tier.min_quantity < below]
    return tuple(tiers)


def gain(tiers: Sequence[Tier], quantity: int, unit_price: Decimal) -> Gain | None:
    """The nearest tier above a quantity that is cheaper than `unit_price`; None when ordering more brings nothing."""
    for least, price in tiers:
        if least > quantity and price < unit_price:
            per_unit = unit_price - price
            return Gain(least, least - quantity, price, per_unit, per_unit * least)
    return None


def steps(rows: Sequence[Row], quantity: int) -> tuple[PriceStep, ...]:
    """How the price of a quantity comes about: list price → nearer list → tier → net; empty without a price.

    The list price is what the farthest standard list asks for one unit. Without one the ruling list comes first.
    """
    chosen = choose(rows, quantity)
    return tuple(_changes(_prices(rows, chosen))) if chosen is not None else ()


def promoted(found: Sequence[PriceStep], promotion: str, discount: Decimal, quantity: int) -> tuple[PriceStep, ...]:
    """The steps with a promotion before the last: what its discount on the line comes to per unit, to four decimals."""
    *before, net = found
    price = (net.unit_price - discount / quantity).quantize(Decimal("0.0001"), rounding=ROUND_HALF_UP)
    return (
        *before,
        PriceStep("promotion", promotion, price, price - net.unit_price),
        net._replace(unit_price=price, change=Decimal(0)),
    )


def _prices(rows: Sequence[Row], chosen: Row) -> Iterator[tuple[str, str, Decimal]]:
    every = offers(rows)
    ruling = next(offer for offer in every if offer.rank == chosen[RANK])
    listed = next((each for each in reversed(every) if each.kind == "standard" and each.tier_for(1)), None)
    if listed is not None and listed is not ruling:
        yield "list", listed.list_code, listed.tiers[0].price
    lowest = ruling.tiers[0]
    yield _kind(ruling), ruling.list_code, lowest.price
    if chosen[LEAST] > lowest.min_quantity:
        yield "tier", ruling.list_code, chosen[PRICE]
    yield "net", ruling.list_code, chosen[PRICE]


def _kind(offer: Offer) -> str:
    if offer.kind == "standard":
        return "group" if offer.rank >= GROUP_RANK else "list"
    return "exception" if offer.kind == "exceptions" else offer.kind


def _changes(prices: Iterator[tuple[str, str, Decimal]]) -> Iterator[PriceStep]:
    before: Decimal | None = None
    for kind, code, price in prices:
        yield PriceStep(kind, code, price, Decimal(0) if before is None else price - before)
        before = price


def margin(retail_price: Decimal, unit_price: Decimal) -> Margin:
    """The margin between a retail price and what the dealer pays, both before tax; the percentage to one decimal."""
    amount = retail_price - unit_price
    share = amount * 100 / retail_price if retail_price else Decimal(0)
    return Margin(amount, share.quantize(Decimal("0.1"), rounding=ROUND_HALF_UP))


def fits_pack(quantity: int, *, minimum: int, multiple: int) -> bool:
    """Whether a quantity keeps the minimum order quantity and the order multiple."""
    return quantity >= minimum and quantity % multiple == 0


def round_up_to_pack(quantity: int, *, minimum: int, multiple: int) -> int:
    """The smallest quantity, at least the given one, that keeps minimum and multiple."""
    wanted = max(quantity, minimum)
    return -(-wanted // multiple) * multiple
