"""Counting in cartons and pallets: whole numbers of larger units, and the sales units they hold. Pure.

Everything stored and computed counts in the product's sales unit; a quantity that a person gives in another unit is
converted at the edge, here.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

#: More of anything than one line may order.
LARGEST_QUANTITY = 1_000_000


@dataclass(frozen=True)
class PackUnit:
    """A larger unit of one product: `factor` sales units are in one."""

    code: str
    factor: int
    ean: str = ""


class UnitRefused(ValueError):
    """A quantity that is no whole number of a unit the product has.

    `code` is `unknown_unit`, `fraction`, `too_small` or `too_large`.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def to_base(quantity: int | Decimal, unit: str, *, base: str, units: Iterable[PackUnit] = ()) -> int:
    """How many sales units a quantity of a unit is; no unit means the sales unit.

    Refuses units the product does not have, fractions, less than one, and more than `LARGEST_QUANTITY` sales units.
    """
    factor = factor_of(unit, base=base, units=units)
    if isinstance(quantity, Decimal):
        if not quantity.is_finite() or quantity != quantity.to_integral_value():
            raise UnitRefused("fraction", f"{quantity} is no whole number.")
        if abs(quantity) > LARGEST_QUANTITY:
            raise UnitRefused("too_large" if quantity > 0 else "too_small", f"{quantity} cannot be ordered.")
    number = int(quantity)
    if number < 1:
        raise UnitRefused("too_small", f"{number} is less than one.")
    if number * factor > LARGEST_QUANTITY:
        raise UnitRefused("too_large", f"{number} × {factor} is more than {LARGEST_QUANTITY}.")
    return number * factor


def factor_of(unit: str, *, base: str, units: Iterable[PackUnit] = ()) -> int:
    """How many sales units are in one of a unit. Refuses a unit the product does not have."""
    if unit in ("", base):
        return 1
    for each in units:
        if each.code == unit:
            return each.factor
    raise UnitRefused("unknown_unit", f"There is no unit {unit}.")


def in_units(quantity: int, *, base: str, units: Iterable[PackUnit] = ()) -> tuple[tuple[int, str], ...]:
    """A number of sales units as largest units first and the rest: 27 is `((2, "carton"), (3, "piece"))`.

    Refuses negative quantities. Nothing is `((0, base),)`.
    """
    if quantity < 0:
        raise UnitRefused("too_small", f"{quantity} is negative.")
    parts = []
    left = quantity
    for unit in sorted(units, key=lambda each: (-each.factor, each.code)):
        whole, left = divmod(left, unit.factor)
        if whole:
            parts.append((whole, unit.code))
    if left or not parts:
        parts.append((left, base))
    return tuple(parts)


def fitting(units: Iterable[PackUnit], *, minimum: int, multiple: int) -> tuple[PackUnit, ...]:
    """The units of which one alone can be ordered: whole packs, and enough. Smallest first.

    A carton of 10 of something sold in sixes is no unit to choose: each would be refused.
    """
    whole = [unit for unit in units if unit.factor % multiple == 0 and unit.factor >= minimum]
    return tuple(sorted(whole, key=lambda unit: (unit.factor, unit.code)))
