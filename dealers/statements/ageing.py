"""How old a debt is. Pure: no Django, no clock; amounts are Decimal in one currency."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

ZERO = Decimal("0.00")


@dataclass(frozen=True, slots=True)
class OpenItem:
    """What is left of one document after explicit settlements: invoices positive, unallocated credits negative.

    `allocated` is the part of an invoice that unallocated credits cover; `left` is what remains to be paid.
    """

    document_id: int
    kind: str
    number: str
    issue_date: dt.date
    due_date: dt.date
    total: Decimal
    amount: Decimal
    allocated: Decimal = ZERO
    reference: str = ""
    order_numbers: tuple[str, ...] = ()

    @property
    def left(self) -> Decimal:
        """What remains to be paid of an invoice (≥ 0) or is still to be used of a credit (≤ 0)."""
        return self.amount - self.allocated

    def days_overdue(self, on: dt.date) -> int:
        """Days past the due date; 0 when it is not past."""
        return max(0, (on - self.due_date).days)


@dataclass(frozen=True, slots=True)
class Ageing:
    """A balance by age. The five buckets are what is left of invoices; `unallocated` (≤ 0) is credit beyond them."""

    not_due: Decimal = ZERO
    days_1_30: Decimal = ZERO
    days_31_60: Decimal = ZERO
    days_61_90: Decimal = ZERO
    over_90: Decimal = ZERO
    unallocated: Decimal = ZERO

    @property
    def overdue(self) -> Decimal:
        """What should have been paid by now."""
        return self.days_1_30 + self.days_31_60 + self.days_61_90 + self.over_90

    @property
    def balance(self) -> Decimal:
        """The sum of all columns: the dealer's balance."""
        return self.not_due + self.overdue + self.unallocated

    @property
    def buckets(self) -> tuple[Decimal, ...]:
        """The five buckets, youngest first."""
        return (self.not_due, self.days_1_30, self.days_31_60, self.days_61_90, self.over_90)

    def __add__(self, other: Ageing) -> Ageing:
        return Ageing(*(a + b for a, b in zip(self.columns, other.columns, strict=True)))

    @property
    def columns(self) -> tuple[Decimal, ...]:
        """The buckets and the unallocated credit."""
        return (*self.buckets, self.unallocated)


def allocate(items: Iterable[OpenItem]) -> list[OpenItem]:
    """Set unallocated credits against the invoices with the oldest due date first, oldest credit first.

    Returns all items in the order due date, issue date, document; the sum of `left` equals the sum of `amount`.
    """
    ordered = sorted(items, key=lambda item: (item.due_date, item.issue_date, item.document_id))
    debits = sum((item.amount for item in ordered if item.amount > 0), ZERO)
    credits = -sum((item.amount for item in ordered if item.amount < 0), ZERO)
    to_cover = to_use = min(debits, credits)
    result = []
    for item in ordered:
        if item.amount > 0:
            part = min(item.amount, to_cover)
            to_cover -= part
        else:
            part = -min(-item.amount, to_use)
            to_use += part
        result.append(replace(item, allocated=part))
    return result


def age(items: Sequence[OpenItem], on: dt.date) -> Ageing:
    """Sum what is left of allocated items by days past due on the given day. The columns sum to the balance."""
    sums = dict.fromkeys(("not_due", "days_1_30", "days_31_60", "days_61_90", "over_90", "unallocated"), ZERO)
    for item in items:
        sums[_column(item, on)] += item.left
    return Ageing(**sums)


def _column(item: OpenItem, on: dt.date) -> str:
    if item.amount < 0:
        return "unallocated"
    days = item.days_overdue(on)
    for last, name in ((0, "not_due"), (30, "days_1_30"), (60, "days_31_60"), (90, "days_61_90")):
        if days <= last:
            return name
    return "over_90"
