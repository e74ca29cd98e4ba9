"""Amounts of a whole order brought to its lines, and a line's amounts to its parts.

The order of work matters and is: order discounts to lines, lines to allocations, freight, guide, top-up.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from pricing.margins.amounts import shares
from pricing.margins.terms import Sale


@dataclass(frozen=True, slots=True)
class LineShare:
    """A line's part of what belongs to the order: its discount, what of that the supplier funds, its freight."""

    discount: int
    supplier_discount: int
    freight: int


def spread(gross: Sequence[int], *, discount: int = 0, by_supplier: int = 0, freight: int = 0) -> list[LineShare]:
    """Share an order's discount and freight over lines in proportion to their gross amounts, by largest remainder.

    The supplier's part follows the discounts, so that no line has more funded than it was given. Refuses a discount
    above the lines together, and a supplier's part above the discount.
    """
    if not 0 <= by_supplier <= discount <= sum(gross):
        raise ValueError("A discount is at most the order's amount, and the supplier's part at most the discount.")
    discounts = shares(discount, gross)
    funded = shares(by_supplier, discounts)
    sent = shares(freight, gross)
    return [LineShare(*each) for each in zip(discounts, funded, sent, strict=True)]


def part_sale(sale: Sale, quantities: Sequence[int]) -> list[Sale]:
    """Part a line by quantity: every amount by largest remainder, so that the parts come to the whole.

    Refuses quantities that are not the line's together.
    """
    if sum(quantities) != sale.quantity:
        raise ValueError(f"The parts have {sum(quantities)} units, the line {sale.quantity}.")
    names = ("paid", "landed_cost", "freight", "supplier_discount", "freight_charged", "wholesale_margin")
    columns = [shares(getattr(sale, name), quantities) for name in names]
    return [
        replace(sale, quantity=quantity, **dict(zip(names, amounts, strict=True)))
        for quantity, *amounts in zip(quantities, *columns, strict=True)
    ]
