"""What settlement hears of goods that leave and come back. In the transaction of the fact: what fails undoes it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils import timezone

from dealers.accounts.models import User
from fulfilment.allocation.models import Allocation, AllocationLine, AllocationState, LeftLine, OfferStep
from fulfilment.consumer.models import ConsumerOrder
from fulfilment.settlement.booking import book_returned, book_sent, day_of
from fulfilment.settlement.settling import bring
from fulfilment.settlement.sides import count_of


def on_allocation_moved(allocation: Allocation, step: OfferStep, lines: Sequence[AllocationLine], **_more: Any) -> None:
    """Post what everybody gets of lines that left."""
    if step.to_state == AllocationState.SENT and lines:
        book_sent(allocation, lines, by=step.by)


def on_units_returned(line: AllocationLine, before: tuple[int, int], by: User | None, **_more: Any) -> None:
    """Take back what came back; of what is on the dealer's account already, by a correction there."""
    book_returned(line, count_of(before), by=by)
    if line.allocation.state == AllocationState.SETTLED:
        bring(line.allocation, day_of(timezone.now()), by=by)


def on_warehouse_lines_sent(order: ConsumerOrder, lines: Sequence[LeftLine], by: User | None, **_more: Any) -> None:
    """Post what the supplier keeps of lines that its own warehouse sent."""
    from fulfilment.settlement.warehouse import book_warehouse  # not at start: it brings in all of routing

    book_warehouse(order, lines, by=by)
