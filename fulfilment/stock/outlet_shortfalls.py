"""Outlets that promised more than they have: found whenever stock or promises move, told as a signal, ended again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection

from fulfilment.signals import stock_short
from fulfilment.stock.models import MoveKind

# Only what is promised can be short: a row without promises whose count was wrong is nobody's problem yet.
SETTLE = """
WITH found AS (
    SELECT s.id, s.outlet_id, s.product_id, coalesce(f.quantity, 0) AS before,
        greatest(least(s.held + s.firm, s.held + s.firm + s.unsellable - s.on_hand), 0) AS quantity
    FROM fulfilment_stock_outletstock s
    LEFT JOIN fulfilment_stock_stockshortfall f ON f.stock_id = s.id AND f.cleared_at IS NULL
    WHERE s.id = ANY(%(ids)s::bigint[])
), cleared AS (
    UPDATE fulfilment_stock_stockshortfall f SET cleared_at = clock_timestamp()
    FROM found WHERE f.stock_id = found.id AND f.cleared_at IS NULL AND found.quantity = 0
), changed AS (
    UPDATE fulfilment_stock_stockshortfall f SET quantity = found.quantity
    FROM found WHERE f.stock_id = found.id AND f.cleared_at IS NULL AND found.quantity > 0
        AND found.quantity <> found.before
), opened AS (
    INSERT INTO fulfilment_stock_stockshortfall (stock_id, quantity, at, why)
    SELECT id, quantity, clock_timestamp(), %(why)s FROM found WHERE quantity > 0 AND before = 0 ORDER BY id
)
SELECT id, outlet_id, product_id, quantity FROM found WHERE quantity > before ORDER BY id
"""


@dataclass(frozen=True)
class ShortStock:
    """A stock row and how many of its promised pieces are not there."""

    stock_id: int
    outlet_id: int
    product_id: int
    quantity: int


def settle_shortfalls(stock_ids: Sequence[int], *, why: MoveKind) -> list[ShortStock]:
    """Let the shortfalls of these rows, which the caller has locked, be what they are now. One statement.

    Answers, and sends `stock_short` in the caller's transaction for, those that are new or grew.
    """
    with connection.cursor() as cursor:
        cursor.execute(SETTLE, {"ids": list(stock_ids), "why": why.value})
        grown = [ShortStock(*row) for row in cursor.fetchall()]
    if grown:
        stock_short.send(sender=ShortStock, shortfalls=grown)
    return grown
