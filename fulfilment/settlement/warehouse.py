"""Lines that the supplier's own warehouse sent: the supplier keeps what the consumer paid, less the payment fee."""

from __future__ import annotations

from collections.abc import Sequence

from dealers.accounts.models import User
from fulfilment.allocation.models import ConsumerTerms, LeftLine
from fulfilment.allocation.situation import order_facts, terms_now
from fulfilment.consumer.models import ConsumerOrder
from fulfilment.settlement.booking import WAREHOUSE, Booking, book, day_of
from fulfilment.settlement.models import EntryKind
from fulfilment.settlement.sides import from_warehouse
from pricing.margins.amounts import part, percent


def book_warehouse(order: ConsumerOrder, lines: Sequence[LeftLine], *, by: User | None) -> None:
    """Post the journals of lines that left the supplier's warehouse, at the payment fee in force; once for a line."""
    left = {line.pk: line for line in lines if line.sent_at is not None}
    if not left:
        return
    terms = terms_now(max(line.sent_at for line in left.values() if line.sent_at))
    book([_booking(order, left[key], *money) for key, money in _money(order, terms).items() if key in left], by=by)


def _money(order: ConsumerOrder, terms: ConsumerTerms) -> dict[int, tuple[int, int, int]]:
    """Paid, freight and payment fee of each line of an order, the freight shared as for dealers."""
    every = order_facts(order, list(order.lines.order_by("position")), terms, declined=frozenset()).lines
    rate = percent(terms.payment_fee)
    return {line.key: (line.paid, line.freight_charged, part(line.paid + line.freight_charged, rate)) for line in every}


def _booking(order: ConsumerOrder, line: LeftLine, paid: int, freight: int, fee: int) -> Booking:
    if line.sent_at is None:
        raise ValueError("Only what has left is booked.")
    wanted = line.order_line
    return Booking(
        (WAREHOUSE, str(line.pk)),
        day_of(line.sent_at),
        EntryKind.WAREHOUSE,
        order,
        wanted.sku,
        from_warehouse(paid, freight, fee),
        wanted.quantity,
    )
