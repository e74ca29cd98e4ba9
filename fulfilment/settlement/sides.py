"""The sides of a journal from the terms a line was accepted on: sending it, and taking back what came back. Pure but
for the models it reads from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from dealers.ledger.entries import Leg
from fulfilment.allocation.minor import to_money
from fulfilment.allocation.models import OfferLine
from fulfilment.allocation.record import from_plain
from pricing.margins.amounts import step
from pricing.margins.journal import Account, Entry, entries, warehouse_entries
from pricing.margins.returns import Returned, reversal
from pricing.margins.settle import Settlement
from pricing.margins.terms import Model


@dataclass(frozen=True, slots=True)
class Sides:
    """The legs of a journal, with what the consumer paid by it in minor units; below zero for what came back."""

    legs: tuple[Leg, ...]
    paid: int
    freight: int
    top_up: int

    @property
    def payment_fee(self) -> Decimal:
        """What the payment provider keeps: the consumer's money that does not arrive."""
        arrived = sum((leg.amount for leg in self.legs if leg.account == Account.CASH_CLEARING), Decimal("0.00"))
        return to_money(self.paid + self.freight) - arrived


def settlement_of(line: OfferLine) -> Settlement:
    """The settlement a line was offered and accepted at."""
    return from_plain(Settlement, line.settlement)


def overrides_of(line: OfferLine) -> list[tuple[int, int]]:
    """Which dealers get how much, in minor units, because the line falls in their territory."""
    return [(int(dealer), int(amount)) for dealer, amount in line.overrides if amount]


def sent(line: OfferLine, dealer_id: int) -> Sides:
    """A line that left, sold by `dealer_id`."""
    made = settlement_of(line)
    booked = list(_owned(entries(made), dealer_id))
    for owner, amount in overrides_of(line):
        booked += _owned(_override(amount), owner)
    return Sides(_legs(booked), made.sale.paid, made.sale.freight_charged, made.top_up)


def came_back(line: OfferLine, dealer_id: int, before: Returned, after: Returned) -> Sides:
    """Units of a line that came back between two counts, by cumulative rounding."""
    made = settlement_of(line)
    counts = {"quantity": line.quantity, "before": before, "after": after}
    back = reversal(entries(made), **counts)  # type: ignore[arg-type]  # three keywords of three types
    booked = list(_owned(back, dealer_id))
    for owner, amount in overrides_of(line):
        booked += _owned(reversal(_override(amount), **counts), owner)  # type: ignore[arg-type]  # as above
    goods = step(made.sale.paid, line.quantity, before.units, after.units)
    freight = step(made.sale.freight_charged, line.quantity, before.by_dealers_fault, after.by_dealers_fault)
    return Sides(_legs(booked), -goods, -freight, -top_up_back(made, back, line.quantity, before, after))


def from_warehouse(paid: int, freight: int, payment_fee: int) -> Sides:
    """A line that the supplier's own warehouse sent."""
    booked = _owned(warehouse_entries(paid, freight, payment_fee), None)
    return Sides(_legs(booked), paid, freight, 0)


def top_up_back(made: Settlement, back: Iterable[Entry], quantity: int, before: Returned, after: Returned) -> int:
    """What a return gives back to a campaign's budget: what the ledger reverses, where the dealer sells."""
    if made.terms.model is Model.DEALER_SELLS:
        return -sum(entry.amount for entry in back if entry.account is Account.SUBSIDY)
    return step(made.top_up, quantity, before.units, after.units)


def _override(amount: int) -> tuple[Entry, ...]:
    return Entry(Account.OVERRIDE_EXPENSE, amount), Entry(Account.OVERRIDE_PAYABLE, -amount)


def _owned(booked: Iterable[Entry], dealer_id: int | None) -> Iterable[tuple[Entry, int | None]]:
    return ((entry, dealer_id) for entry in booked)


def _legs(booked: Iterable[tuple[Entry, int | None]]) -> tuple[Leg, ...]:
    """One leg for each account and dealer; guides are no dealer's."""
    sums: dict[tuple[str, int | None], int] = {}
    for entry, dealer_id in booked:
        key = (str(entry.account), None if entry.account is Account.GUIDE_PAYABLE else dealer_id)
        sums[key] = sums.get(key, 0) + entry.amount
    return tuple(Leg(account, to_money(amount), dealer_id) for (account, dealer_id), amount in sums.items() if amount)


def count_of(pair: Sequence[int]) -> Returned:
    """The count a signal tells as a pair: units returned, and of them by the dealer's fault."""
    units, by_fault = pair
    return Returned(units, by_fault)
