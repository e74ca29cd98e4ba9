"""Which price holds, and what a line comes to. Pure.

A dealer has price lists in priority order. The first list that has any valid price for the product prices it: a list
is an agreement for that product, so its tiers are never mixed with another list's. Within the list the tier is the one
with the highest `min_quantity` that the quantity reaches; below the lowest tier the list does not price the product at
that quantity and the next list is asked.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import NamedTuple


class Tier(NamedTuple):
    """A price per sales unit, before tax, from `min_quantity` on."""

    min_quantity: int
    price: Decimal


class PriceRow(NamedTuple):
    """One row of one of the dealer's lists. `rank` is the list's priority; lower is nearer."""

    rank: int
    list_code: str
    min_quantity: int
    price: Decimal
    valid_from: date | None = None
    valid_to: date | None = None


@dataclass(frozen=True)
class Offer:
    """What one product costs a dealer: the tiers of the list that prices it, lowest quantity first."""

    list_code: str
    tiers: tuple[Tier, ...]

    def tier_for(self, quantity: int) -> Tier | None:
        """The tier that a quantity reaches; None below the lowest."""
        reached = [tier for tier in self.tiers if tier.min_quantity <= quantity]
        return reached[-1] if reached else None

    def next_tier(self, quantity: int) -> Tier | None:
        """The next better tier above a quantity."""
        return next((tier for tier in self.tiers if tier.min_quantity > quantity), None)


def holds(row: PriceRow, on: date) -> bool:
    """Whether a row is valid on a day; both ends are inclusive."""
    return (row.valid_from is None or row.valid_from <= on) and (row.valid_to is None or row.valid_to >= on)


def offers(rows: Iterable[PriceRow], on: date) -> list[Offer]:
    """The offers for one product on a day, nearest list first.

    Of two rows of a list for the same quantity, the one that became valid last rules.
    """
    by_list: dict[tuple[int, str], dict[int, PriceRow]] = {}
    for row in rows:
        if holds(row, on):
            tiers = by_list.setdefault((row.rank, row.list_code), {})
            known = tiers.get(row.min_quantity)
            if known is None or (row.valid_from or date.min) > (known.valid_from or date.min):
                tiers[row.min_quantity] = row
    return [
        Offer(code, tuple(Tier(row.min_quantity, row.price) for _, row in sorted(tiers.items())))
        for (_, code), tiers in sorted(by_list.items())
    ]


def choose(found: Sequence[Offer], quantity: int) -> tuple[Offer, Tier] | None:
    """The offer and tier that price a quantity; None when no list does."""
    for offer in found:
        tier = offer.tier_for(quantity)
        if tier is not None:
            return offer, tier
    return None


def fits_pack(quantity: int, *, minimum: int, multiple: int) -> bool:
    """Whether a quantity keeps the minimum order quantity and the order multiple."""
    return quantity >= minimum and quantity % multiple == 0


def round_up_to_pack(quantity: int, *, minimum: int, multiple: int) -> int:
    """The smallest quantity, at least the given one, that keeps minimum and multiple."""
    wanted = max(quantity, minimum)
    return -(-wanted // multiple) * multiple
