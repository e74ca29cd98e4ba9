"""When a channel changes or cancels an order, what dealers were asked or hold of it is let go first."""

from __future__ import annotations

from typing import Any

from dealers.accounts.models import User
from fulfilment.allocation.held import cancel_lines
from fulfilment.allocation.holdings import lock_holdings
from fulfilment.allocation.models import AllocationLine, AllocationState, LeftLine, LineFate, Offer, OfferState
from fulfilment.allocation.offers import CANCELLED, CHANGED, end
from fulfilment.consumer.commands import too_late
from fulfilment.consumer.models import ConsumerOrder


def on_order_changing(order: ConsumerOrder, by: User | None, ends: bool, **_more: Any) -> None:
    """Let go of an order that its channel changes or ends. Refuses (`ConsumerConflict`) a change of what a dealer holds
    already, and an end of what is packed or has left."""
    held = list(
        AllocationLine.objects.filter(allocation__order=order, cancelled_at=None)
        .select_related("allocation__offer", "offer_line")
        .order_by("pk")
    )
    packed = any(line.sent_at or line.allocation.state != AllocationState.ACCEPTED for line in held)
    left = LeftLine.objects.filter(order=order)
    if packed or (held and not ends) or left.filter(sent_at__isnull=False).exists():
        raise too_late(order)
    note = CANCELLED if ends else CHANGED
    asked = list(Offer.objects.filter(order=order, state=OfferState.SENT).order_by("pk"))
    lock_holdings([*asked, *(line.allocation.offer for line in held)])
    for offer in asked:
        end(offer, OfferState.WITHDRAWN, by=by, note=note)
    for allocation in {line.allocation_id: line.allocation for line in held}.values():
        cancel_lines(allocation, [line for line in held if line.allocation_id == allocation.pk], by=by, note=note)
    left.delete()
    if ends:
        lines = order.lines.values_list("pk", flat=True)
        LeftLine.objects.bulk_create(
            LeftLine(order_line_id=line, order=order, fate=LineFate.CANCELLED, why=CANCELLED, by=by) for line in lines
        )
