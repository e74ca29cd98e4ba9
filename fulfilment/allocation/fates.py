"""Where each line of a consumer order stands, by the rows that say so, and the order with them."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import connection

from dealers.accounts.models import User
from fulfilment.consumer.commands import move
from fulfilment.consumer.models import ConsumerOrder
from fulfilment.consumer.states import Fate, State, state_of_lines

FATES = """
SELECT l.order_id, l.id, CASE
    WHEN a.offer_id IS NOT NULL AND al.sent_at IS NOT NULL AND a.completed_at IS NOT NULL THEN 'completed'
    WHEN al.sent_at IS NOT NULL THEN 'sent'
    WHEN al.id IS NOT NULL THEN 'accepted'
    WHEN f.fate = 'supplier_warehouse' AND f.sent_at IS NOT NULL THEN 'completed'
    WHEN f.fate IS NOT NULL THEN f.fate
    WHEN EXISTS (
        SELECT 1 FROM fulfilment_allocation_offerline ol
        JOIN fulfilment_allocation_offer o ON o.id = ol.offer_id
        WHERE ol.order_line_id = l.id AND o.state = 'sent'
    ) THEN 'offered'
    ELSE 'waiting' END
FROM fulfilment_consumer_consumerorderline l
LEFT JOIN fulfilment_allocation_allocationline al ON al.order_line_id = l.id AND al.cancelled_at IS NULL
LEFT JOIN fulfilment_allocation_allocation a ON a.offer_id = al.allocation_id
LEFT JOIN fulfilment_allocation_leftline f ON f.order_line_id = l.id
WHERE l.order_id = ANY(%s) ORDER BY l.order_id, l.position
"""

#: States that the lines of an order do not decide.
APART = frozenset({State.RECEIVED, State.ADDRESS_UNKNOWN, State.CANCELLED, State.COMPLETED})


def fates(order_id: int) -> dict[int, Fate]:
    """Where each line (by key) of an order stands, in the order of its lines. One statement."""
    return fates_of([order_id]).get(order_id, {})


def fates_of(order_ids: Iterable[int]) -> dict[int, dict[int, Fate]]:
    """The same for several orders. One statement."""
    found: dict[int, dict[int, Fate]] = {}
    with connection.cursor() as cursor:
        cursor.execute(FATES, [list(order_ids)])
        for order_id, line_id, fate in cursor.fetchall():
            found.setdefault(order_id, {})[line_id] = Fate(fate)
    return found


def refresh(order: ConsumerOrder, *, by: User | None = None, note: str = "") -> None:
    """Move a locked order to where its lines put it; where it stands there already, nothing happens."""
    if State(order.state) in APART:
        return
    to = state_of_lines(fates(order.pk).values())
    if to != order.state:
        move(order, to, by=by, note=note)
