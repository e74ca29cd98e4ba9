"""Which quantity rule holds and which assortment rule decides. Pure.

Rules stand in a **scope** (one dealer, a group of dealers, everybody) and at a **target** (one product, a model with
all its variants, a category with everything below it, a brand, everything). They are read nearest first: the dealer's
before the group's before everybody's; within a scope the product before its model before the categories, deepest
first, before the brand before everything.

*Quantities* are resolved field by field: the nearest rule that gives a minimum gives the minimum, whatever rule gives
the multiple; where no rule gives one, the product's card does. Of two rules at the same place the one that starts later
is nearer. Fields of different origin can contradict each other, so
the result is made sane: the minimum is rounded up and the maximum rounded down to the multiple, and a maximum below the
minimum becomes the minimum: one smallest order stays possible, never a product that is shown and cannot be ordered.

*Assortments*: the nearest matching rule decides, deny before allow at the same place. Where no rule matches, a product
is visible unless some allow rule holds for the dealer: who is allowed something by name is allowed nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import IntEnum
from typing import NamedTuple

from pricing.rules import round_up_to_pack


class Scope(IntEnum):
    """For whom a rule is, nearest first."""

    DEALER = 0
    GROUP = 1
    EVERYBODY = 2


class Level(IntEnum):
    """What a rule is about, nearest first."""

    PRODUCT = 0
    MODEL = 1
    CATEGORY = 2
    BRAND = 3
    EVERYTHING = 4


class QuantityRow(NamedTuple):
    """A quantity rule that matches a product. `depth` is the category's, 0 for other levels."""

    rule: int
    scope: int
    level: int
    depth: int = 0
    minimum: int | None = None
    multiple: int | None = None
    maximum: int | None = None
    valid_from: date | None = None


class AssortmentRow(NamedTuple):
    """An assortment rule. `depth` is the category's, 0 for other levels."""

    rule: int
    scope: int
    level: int
    allows: bool
    depth: int = 0


@dataclass(frozen=True)
class Pack:
    """In which quantities a product may be ordered, in sales units: from `minimum`, in steps of `multiple`, to
    `maximum` (None: any) in one order.

    The rules of `minimum_rule`, `multiple_rule` and `maximum_rule` said so; None stands for the product's own card.
    """

    minimum: int = 1
    multiple: int = 1
    maximum: int | None = None
    minimum_rule: int | None = None
    multiple_rule: int | None = None
    maximum_rule: int | None = None

    def fits(self, quantity: int) -> bool:
        """Whether exactly this quantity may be ordered."""
        above = self.maximum is not None and quantity > self.maximum
        return quantity >= self.minimum and quantity % self.multiple == 0 and not above

    def fitted(self, quantity: int) -> int:
        """The quantity that may be ordered for one that was asked for: rounded up, but never above the maximum."""
        return self.capped(round_up_to_pack(quantity, minimum=self.minimum, multiple=self.multiple))

    def capped(self, quantity: int) -> int:
        """The quantity, or the maximum where it is lower."""
        return quantity if self.maximum is None else min(quantity, self.maximum)

    def within(self, left: int) -> int:
        """The most that may be ordered out of what is left; 0 when it is less than the minimum."""
        most = self.capped(left) // self.multiple * self.multiple
        return most if most >= self.minimum else 0


def resolve(rows: Iterable[QuantityRow], minimum: int = 1, multiple: int = 1) -> Pack:
    """The pack of a product: each field from the nearest of the rules that match it, else from its card."""
    nearest = sorted(rows, key=_quantity_order)
    least = next((row for row in nearest if row.minimum is not None), None)
    step = next((row for row in nearest if row.multiple is not None), None)
    most = next((row for row in nearest if row.maximum is not None), None)
    found = sane(
        least.minimum if least and least.minimum is not None else minimum,
        step.multiple if step and step.multiple is not None else multiple,
        most.maximum if most else None,
    )
    return Pack(
        found.minimum,
        found.multiple,
        found.maximum,
        least.rule if least else None,
        step.rule if step else None,
        most.rule if most else None,
    )


def sane(minimum: int, multiple: int, maximum: int | None) -> Pack:
    """The three made to agree: minimum up, maximum down to the multiple, and never below the minimum."""
    multiple = max(multiple, 1)
    minimum = round_up_to_pack(1, minimum=minimum, multiple=multiple)
    if maximum is not None:
        maximum = max(maximum // multiple * multiple, minimum)
    return Pack(minimum, multiple, maximum)


def contradicts(minimum: int | None, multiple: int | None, maximum: int | None) -> bool:
    """Whether one rule's own fields leave no quantity at all."""
    if maximum is None:
        return False
    step = multiple or 1
    return maximum // step * step < round_up_to_pack(1, minimum=minimum or 1, multiple=step)


def _quantity_order(row: QuantityRow) -> tuple[int, int, int, int, int]:
    start = row.valid_from.toordinal() if row.valid_from else 0
    return row.scope, row.level, -row.depth, -start, row.rule


def nearest_first(rows: Iterable[AssortmentRow]) -> list[AssortmentRow]:
    """Assortment rules in the order in which they are asked."""
    return sorted(rows, key=lambda row: (row.scope, row.level, -row.depth, row.allows, row.rule))


def decide(matching: Iterable[AssortmentRow], *, some_allow: bool) -> tuple[bool, AssortmentRow | None]:
    """Whether a product that these rules match may be seen, and the rule that says so (None: no rule matches).

    `some_allow` is whether any allow rule holds for the dealer, matching or not.
    """
    ordered = nearest_first(matching)
    return (ordered[0].allows, ordered[0]) if ordered else (not some_allow, None)


class Step(NamedTuple):
    """Rules that are asked together because no rule of the other effect stands between them."""

    allows: bool
    rows: tuple[AssortmentRow, ...]


def steps(rows: Sequence[AssortmentRow]) -> list[Step]:
    """The rules as few sets, asked in this order: the first set that has a product decides on it.

    What comes after a rule for everything is never asked; denials at the end deny only what is hidden anyway once
    anything is allowed by name. Both are left out.
    """
    found: list[Step] = []
    for row in nearest_first(rows):
        if found and found[-1].allows == row.allows:
            found[-1] = Step(row.allows, (*found[-1].rows, row))
        else:
            found.append(Step(row.allows, (row,)))
        if row.level == Level.EVERYTHING:
            break
    if any(row.allows for row in rows):
        while found and not found[-1].allows:
            found.pop()
    return found
