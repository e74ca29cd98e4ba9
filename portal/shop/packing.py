"""Cartons and pallets as a dealer chooses and reads them: contents, price of one, and what the quantity box offers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING

from pricing.catalogue.models import Unit
from pricing.catalogue.units import counted
from pricing.quote import QuotedLine
from pricing.units import PackUnit, fitting

if TYPE_CHECKING:
    from portal.shop.rows import Label


@dataclass(frozen=True)
class UnitShown:
    """A packing unit of a product. `price` is what one of it costs, `unit_price` a sales unit in it; before tax.

    Both are None where the dealer has no price at that quantity, or was not asked for one. `choosable` says whether
    whole ones can be ordered, `most` how many of them at once; None: any number.
    """

    code: str
    name: str
    factor: int
    contents: str
    ean: str
    price: Decimal | None
    unit_price: Decimal | None
    choosable: bool
    most: int | None = None


def unit_lines(units: Mapping[int, Sequence[PackUnit]]) -> list[tuple[int, int]]:
    """What to quote for the units of products: one of each."""
    return [(pk, unit.factor) for pk, found in units.items() for unit in found]


def units_shown(
    labels: Mapping[int, Label], units: Mapping[int, Sequence[PackUnit]], quoted: Sequence[QuotedLine]
) -> dict[int, tuple[UnitShown, ...]]:
    """The packing units by product, smallest first, with the quotes of their `unit_lines`."""
    shown: dict[int, list[UnitShown]] = {}
    lines = iter(quoted)
    for pk, found in units.items():
        label = labels[pk]
        whole = fitting(found, minimum=label.minimum, multiple=label.multiple)
        shown[pk] = [_shown(unit, label, next(lines), choosable=unit in whole) for unit in found]
    return {pk: tuple(each) for pk, each in shown.items()}


def choices_of(label: Label, units: Sequence[PackUnit]) -> tuple[UnitShown, ...]:
    """The packing units in which a quantity of the product can be given, smallest first; without their prices."""
    whole = fitting(units, minimum=label.minimum, multiple=label.multiple)
    shown = (_unit(unit, label, choosable=True) for unit in whole)
    return tuple(unit for unit in shown if unit.most is None or unit.most > 0)


def _shown(unit: PackUnit, label: Label, line: QuotedLine, *, choosable: bool) -> UnitShown:
    shown = _unit(unit, label, choosable=choosable)
    within = (shown.most is None or shown.most > 0) and line.unit_price is not None
    return replace(shown, price=line.full_amount, unit_price=line.unit_price, choosable=choosable and within)


def _unit(unit: PackUnit, label: Label, *, choosable: bool) -> UnitShown:
    return UnitShown(
        code=unit.code,
        name=Unit.word(unit.code),
        factor=unit.factor,
        contents=counted(unit.factor, label.unit_code),
        ean=unit.ean,
        price=None,
        unit_price=None,
        choosable=choosable,
        most=None if label.maximum is None else label.maximum // unit.factor,
    )
