"""Post what happens to the goods of consumer orders, in the transaction in which it happens."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from django.utils import timezone

from dealers.accounts.models import User
from dealers.ledger.entries import EntryData, post_many
from dealers.ledger.models import Journal
from fulfilment.allocation.minor import to_money
from fulfilment.allocation.models import Allocation, AllocationLine
from fulfilment.consumer.models import ConsumerOrder
from fulfilment.settlement.models import ConsumerEntry, EntryKind
from fulfilment.settlement.sides import Sides, came_back, sent
from pricing.margins.returns import Returned

SALE, RETURN, WAREHOUSE = "consumer_sale", "consumer_return", "consumer_warehouse"


@dataclass(frozen=True, slots=True)
class Booking:
    """A journal to be posted, and what it is about."""

    source: tuple[str, str]
    date: dt.date
    kind: EntryKind
    order: ConsumerOrder
    text: str
    sides: Sides
    units: int
    line: AllocationLine | None = None


def book_sent(allocation: Allocation, lines: Sequence[AllocationLine], *, by: User | None) -> None:
    """Post the journals of lines that left: what everybody gets of them. Lines posted before are passed over."""
    book([_sale(allocation, line) for line in lines if line.sent_at is not None], by=by)


def book_returned(line: AllocationLine, before: Returned, *, by: User | None) -> None:
    """Post what units that came back take back, for the counts before and now; posted before: nothing happens."""
    after = Returned(line.returned, line.returned_by_fault)
    allocation = line.allocation
    booking = Booking(
        (RETURN, f"{line.pk}/{after.units}/{after.by_dealers_fault}"),
        day_of(timezone.now()),
        EntryKind.RETURN,
        allocation.order,
        line.offer_line.sku,
        came_back(line.offer_line, allocation.dealer_id, before, after),
        before.units - after.units,
        line,
    )
    book([booking], by=by)


def book(bookings: Sequence[Booking], *, by: User | None) -> None:
    """Post journals and say which order they belong to; what was posted before is passed over.

    A booking that moves no money leaves nothing. The caller holds the order's lock.
    """
    keys = [booking.source[1] for booking in bookings]
    kinds = {booking.source[0] for booking in bookings}
    before = set(
        Journal.objects.filter(source_kind__in=kinds, source_key__in=keys).values_list("source_kind", "source_key")
    )
    moving = [booking for booking in bookings if booking.sides.legs and booking.source not in before]
    posted = post_many([_entry(booking) for booking in moving], by=by)
    ConsumerEntry.objects.bulk_create(
        ConsumerEntry(
            journal=each.journal,
            kind=booking.kind,
            order=booking.order,
            allocation_id=booking.line.allocation_id if booking.line else None,
            line=booking.line,
            units=booking.units,
            paid=to_money(booking.sides.paid),
            freight=to_money(booking.sides.freight),
            payment_fee=booking.sides.payment_fee,
            top_up=to_money(booking.sides.top_up),
        )
        for booking, each in zip(moving, posted, strict=True)
        if each.new
    )


def day_of(moment: dt.datetime) -> dt.date:
    """The day of the supplier's books."""
    return timezone.localtime(moment, timezone.get_default_timezone()).date()


def _sale(allocation: Allocation, line: AllocationLine) -> Booking:
    if line.sent_at is None:
        raise ValueError("Only what has left is booked.")
    return Booking(
        (SALE, str(line.pk)),
        day_of(line.sent_at),
        EntryKind.SALE,
        allocation.order,
        line.offer_line.sku,
        sent(line.offer_line, allocation.dealer_id),
        line.quantity,
        line,
    )


def _entry(booking: Booking) -> EntryData:
    kind, key = booking.source
    order = booking.order
    text = f"{order.external_number} {booking.text}"[:300]
    return EntryData(kind, key, booking.date, order.currency, text, booking.sides.legs)
