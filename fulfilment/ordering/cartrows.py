"""The rows of carts in Oscar's tables and beside them, written and removed in sets: one statement each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import connection

# A line is one product; `<product>_<stock record>` is Oscar's own line reference.
UPSERT = """
WITH wanted AS (
    SELECT * FROM unnest(%(ids)s::bigint[], %(quantities)s::bigint[], %(prices)s::numeric[], %(units)s::text[])
    WITH ORDINALITY AS w(product_id, quantity, price, unit, place)
), written AS (
    INSERT INTO basket_line
        (basket_id, line_reference, product_id, stockrecord_id, quantity, price_currency, date_created, date_updated)
    SELECT %(basket)s, s.product_id || '_' || s.id, s.product_id, s.id, w.quantity, %(currency)s, now(), now()
    FROM wanted w JOIN partner_stockrecord s USING (product_id)
    ORDER BY w.place
    ON CONFLICT (basket_id, line_reference) DO UPDATE
    SET quantity = least({change}, %(limit)s), date_updated = now()
    RETURNING id, product_id
)
INSERT INTO fulfilment_ordering_cartline AS l
    (line_id, unit, note, shown_price, shown_at, added_by_id, changed_by_id, changed_at, version)
SELECT id, w.unit, '', w.price, now(), %(by)s, %(by)s, now(), 1
FROM written JOIN wanted w USING (product_id)
ON CONFLICT (line_id) DO UPDATE
SET unit = excluded.unit, shown_price = excluded.shown_price, shown_at = excluded.shown_at,
    changed_by_id = excluded.changed_by_id, changed_at = excluded.changed_at, version = l.version + 1
"""
ADDED, SET = "basket_line.quantity + excluded.quantity", "excluded.quantity"

# Foreign keys are checked at the end of the transaction, so that the order within the statement does not matter.
DELETE = """
WITH gone AS (
    SELECT id FROM basket_line WHERE basket_id = %(basket)s AND (%(all)s OR product_id = ANY(%(ids)s::bigint[]))
), attributes AS (
    DELETE FROM basket_lineattribute WHERE line_id IN (SELECT id FROM gone)
), sides AS (
    DELETE FROM fulfilment_ordering_cartline WHERE line_id IN (SELECT id FROM gone)
)
DELETE FROM basket_line WHERE id IN (SELECT id FROM gone)
"""

# Quantities add up, as in a cart, in sales units where the units differ; what the target says of a line itself stays.
COPY = """
WITH source AS (
    SELECT b.id AS line_id, b.line_reference, b.product_id, b.stockrecord_id, b.quantity, b.price_currency,
           coalesce(c.unit, '') AS unit, coalesce(c.note, '') AS note, c.requested_date, c.shown_price, c.shown_at
    FROM basket_line b LEFT JOIN fulfilment_ordering_cartline c ON c.line_id = b.id
    WHERE b.basket_id = %(source)s
), written AS (
    INSERT INTO basket_line
        (basket_id, line_reference, product_id, stockrecord_id, quantity, price_currency, date_created, date_updated)
    SELECT %(target)s, line_reference, product_id, stockrecord_id, quantity, price_currency, now(), now()
    FROM source ORDER BY line_id
    ON CONFLICT (basket_id, line_reference) DO UPDATE
    SET quantity = least(basket_line.quantity + excluded.quantity, %(limit)s), date_updated = now()
    RETURNING id, line_reference
)
INSERT INTO fulfilment_ordering_cartline AS l
    (line_id, unit, note, requested_date, shown_price, shown_at, added_by_id, changed_by_id, changed_at, version)
SELECT w.id, s.unit, s.note, s.requested_date, s.shown_price, s.shown_at, %(by)s, %(by)s, now(), 1
FROM written w JOIN source s USING (line_reference)
ON CONFLICT (line_id) DO UPDATE
SET unit = CASE WHEN l.unit = excluded.unit THEN l.unit ELSE '' END,
    note = CASE WHEN l.note = '' THEN excluded.note ELSE l.note END,
    requested_date = coalesce(l.requested_date, excluded.requested_date),
    changed_by_id = excluded.changed_by_id, changed_at = excluded.changed_at, version = l.version + 1
"""

TERMS = """
UPDATE fulfilment_ordering_cartline c SET note = w.note, requested_date = w.day
FROM unnest(%(ids)s::bigint[], %(notes)s::text[], %(days)s::date[]) AS w(product_id, note, day)
JOIN basket_line b ON b.product_id = w.product_id AND b.basket_id = %(basket)s
WHERE c.line_id = b.id
"""

SEEN = """
UPDATE fulfilment_ordering_cartline c SET shown_price = w.price, shown_at = now()
FROM unnest(%(ids)s::bigint[], %(prices)s::numeric[]) AS w(product_id, price)
JOIN basket_line b ON b.product_id = w.product_id AND b.basket_id = %(basket)s
WHERE c.line_id = b.id AND c.shown_price IS DISTINCT FROM w.price
"""


def write_lines(
    basket_id: int,
    wanted: Mapping[int, int],
    prices: Sequence[Decimal | None],
    units: Sequence[str],
    *,
    change: str,
    currency: str,
    limit: int,
    by_id: int | None,
) -> int:
    """Insert or change lines; `change` is `ADDED` or `SET`. `prices` and `units` stand in the order of `wanted`.

    Answers how many rows were written.
    """
    values = {"ids": list(wanted), "quantities": list(wanted.values()), "prices": list(prices), "limit": limit}
    values |= {"units": list(units), "basket": basket_id, "currency": currency, "by": by_id}
    return _execute(UPSERT.format(change=change), values)


def delete_lines(basket_id: int, product_ids: Iterable[int] | None = None) -> int:
    """Remove the lines of these products, or all; answers how many there were."""
    ids = list(product_ids or ())
    return _execute(DELETE, {"basket": basket_id, "all": product_ids is None, "ids": ids})


def copy_lines(source_id: int, target_id: int, *, limit: int, by_id: int) -> int:
    """Add one basket's lines to another; answers how many were written."""
    return _execute(COPY, {"source": source_id, "target": target_id, "limit": limit, "by": by_id})


def write_terms(basket_id: int, terms: Mapping[int, tuple[str, date | None]]) -> int:
    """Set note and requested date by product."""
    notes, days = [note for note, _day in terms.values()], [day for _note, day in terms.values()]
    return _execute(TERMS, {"basket": basket_id, "ids": list(terms), "notes": notes, "days": days})


def write_seen(basket_id: int, prices: Mapping[int, Decimal]) -> int:
    """Note the unit prices the dealer has seen; answers how many differed."""
    return _execute(SEEN, {"basket": basket_id, "ids": list(prices), "prices": list(prices.values())})


def _execute(sql: str, values: Mapping[str, Any]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return int(cursor.rowcount)
