"""Taking stock for orders and giving it back: guarded, set-based, in primary-key order. Never Oscar's `allocate()`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.db import connection

# Rows are locked in key order before any is changed, so two orders over the same products never deadlock; the guard
# stands in the UPDATE itself, so nothing is checked before it is true.
TAKE = """
WITH wanted AS (
    SELECT * FROM unnest(%(ids)s::bigint[], %(quantities)s::bigint[]) AS w(product_id, quantity)
), locked AS (
    SELECT s.id, w.quantity
    FROM partner_stockrecord s JOIN wanted w USING (product_id)
    ORDER BY s.id FOR UPDATE OF s
)
UPDATE partner_stockrecord s
SET num_allocated = coalesce(s.num_allocated, 0) + l.quantity
FROM locked l
WHERE s.id = l.id AND coalesce(s.num_in_stock, 0) - coalesce(s.num_allocated, 0) >= l.quantity
RETURNING s.product_id
"""

GIVE_BACK = """
WITH wanted AS (
    SELECT * FROM unnest(%(ids)s::bigint[], %(quantities)s::bigint[]) AS w(product_id, quantity)
), locked AS (
    SELECT s.id, w.quantity
    FROM partner_stockrecord s JOIN wanted w USING (product_id)
    ORDER BY s.id FOR UPDATE OF s
)
UPDATE partner_stockrecord s
SET num_allocated = greatest(coalesce(s.num_allocated, 0) - l.quantity, 0)
FROM locked l WHERE s.id = l.id
"""

# What is shipped leaves both the hold and the stock; a feed may have counted it out already, so neither goes below 0.
SHIP = """
WITH wanted AS (
    SELECT * FROM unnest(%(ids)s::bigint[], %(quantities)s::bigint[]) AS w(product_id, quantity)
), locked AS (
    SELECT s.id, w.quantity
    FROM partner_stockrecord s JOIN wanted w USING (product_id)
    ORDER BY s.id FOR UPDATE OF s
)
UPDATE partner_stockrecord s
SET num_allocated = greatest(coalesce(s.num_allocated, 0) - l.quantity, 0),
    num_in_stock = greatest(coalesce(s.num_in_stock, 0) - l.quantity, 0)
FROM locked l WHERE s.id = l.id
"""

AVAILABLE = """
SELECT product_id, greatest(coalesce(num_in_stock, 0) - coalesce(num_allocated, 0), 0)
FROM partner_stockrecord WHERE product_id = ANY(%(ids)s::bigint[])
"""


@dataclass(frozen=True)
class Shortage:
    """A product of which less is available than was asked for."""

    product_id: int
    wanted: int
    available: int


class NotEnoughStock(Exception):
    """Stock could not be taken; the caller must roll back, since what was available has been taken."""

    def __init__(self, shortages: list[Shortage]) -> None:
        super().__init__(f"{len(shortages)} products are short.")
        self.shortages = shortages


def take(wanted: Mapping[int, int]) -> None:
    """Take `product id → quantity` for an order, all or nothing, in one statement.

    Runs in the caller's transaction, which must be undone on `NotEnoughStock`.
    """
    if not wanted:
        return
    with connection.cursor() as cursor:
        cursor.execute(TAKE, _arrays(wanted))
        taken = {row[0] for row in cursor.fetchall()}
    if len(taken) < len(wanted):
        missing = {product: quantity for product, quantity in wanted.items() if product not in taken}
        left = available(missing)
        raise NotEnoughStock([Shortage(product, number, left.get(product, 0)) for product, number in missing.items()])


def give_back(quantities: Mapping[int, int]) -> None:
    """Return what an order had taken and will not ship. In the caller's transaction."""
    _run(GIVE_BACK, quantities)


def ship(quantities: Mapping[int, int]) -> None:
    """Let goods leave: the hold and the stock go down by what is shipped. In the caller's transaction."""
    _run(SHIP, quantities)


def available(product_ids: Mapping[int, int] | set[int] | list[int]) -> dict[int, int]:
    """What can still be ordered of each product: in stock less what orders have taken. One statement."""
    with connection.cursor() as cursor:
        cursor.execute(AVAILABLE, {"ids": list(product_ids)})
        return dict(cursor.fetchall())


def _run(statement: str, quantities: Mapping[int, int]) -> None:
    if quantities:
        with connection.cursor() as cursor:
            cursor.execute(statement, _arrays(quantities))


def _arrays(quantities: Mapping[int, int]) -> dict[str, list[int]]:
    ordered = sorted(quantities.items())
    return {"ids": [product for product, _ in ordered], "quantities": [quantity for _, quantity in ordered]}
