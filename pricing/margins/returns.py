"""Goods that come back: a line's journal taken back unit by unit, to the cent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pricing.margins.amounts import step
from pricing.margins.journal import Account, Entry

#: Which account takes the odd cent of a reversal that must sum to zero: the supplier's own, and cash at the very last.
BALANCING = (
    Account.SUBSIDY,
    Account.FULFILMENT_FEE,
    Account.SUPPLIER_DISCOUNT,
    Account.COMMISSION_INCOME,
    Account.GUIDE_EXPENSE,
    Account.PAYMENT_FEE,
    Account.CONSUMER_SALES,
    Account.DEALER_PAYABLE,
    Account.CASH_CLEARING,
)


@dataclass(frozen=True, slots=True)
class Returned:
    """How many units of a line have come back in all, and how many of them by the dealer's fault."""

    units: int = 0
    by_dealers_fault: int = 0


def reversal(journal: Sequence[Entry], *, quantity: int, before: Returned, after: Returned) -> tuple[Entry, ...]:
    """The journal that takes back what came back between two counts, of a line of `quantity` units.

    Each account is reversed by cumulative rounding, so that all units together reverse it exactly; one of the
    supplier's accounts takes what rounding leaves, so that every reversal sums to zero. What the consumer paid for
    sending is reversed for the units that came back by the dealer's fault only. Refuses counts that go back or past
    the quantity.
    """
    goods = [entry for entry in journal if not entry.of_freight]
    freight = [entry for entry in journal if entry.of_freight]
    return (
        *_reversed(goods, quantity, before.units, after.units),
        *_reversed(freight, quantity, before.by_dealers_fault, after.by_dealers_fault),
    )


def _reversed(entries: Sequence[Entry], quantity: int, before: int, after: int) -> list[Entry]:
    parts = {entry.account: -step(entry.amount, quantity, before, after) for entry in entries}
    if not parts:
        return []
    odd = next((account for account in BALANCING if account in parts), entries[0].account)
    parts[odd] -= sum(parts.values())
    return [Entry(account, amount, entries[0].of_freight) for account, amount in parts.items() if amount]
