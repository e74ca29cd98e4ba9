"""Which orders are paid by now: asked of the ledger for many orders at once."""

from __future__ import annotations

from collections.abc import Collection

from django.db import connection

# Two ways. Billed: every invoice that names the order is settled in full, and together they bill all that will be
# shipped (in pieces, or in money when the invoices do not say pieces; of what they bill under SKUs that the order
# does not have, its surcharges come first and stand for no goods). Prepaid: payments that name the order itself
# cover its total with what they do not settle elsewhere; a payment that names several orders counts only when it covers
# them all, since nobody said how it is split. What was reversed does not count.
PAID = """
WITH wanted AS (
    SELECT o.order_id AS id, o.number, o.dealer_id, o.total, o.surcharge_net
    FROM fulfilment_ordering_dealerorder o
    WHERE o.number = ANY(%(numbers)s) AND o.approved_at IS NOT NULL AND o.paid_at IS NULL
      AND o.state NOT IN ('rejected', 'cancelled')
), standing AS (
    SELECT d.id, d.kind, d.dealer_id, d.total, d.order_numbers
    FROM dealers_ledger_accountdocument d
    WHERE d.dealer_id IN (SELECT dealer_id FROM wanted) AND d.kind IN ('invoice', 'payment')
      AND d.order_numbers ?| %(numbers)s
      AND NOT EXISTS (SELECT 1 FROM dealers_ledger_journal r WHERE r.reverses_id = d.journal_id)
), settled AS (
    SELECT s.id, (
        SELECT coalesce(sum(p.amount), 0) FROM dealers_ledger_settlement p
        JOIN dealers_ledger_accountdocument other
          ON other.id = CASE WHEN s.kind = 'invoice' THEN p.credit_id ELSE p.invoice_id END
        WHERE s.id = CASE WHEN s.kind = 'invoice' THEN p.invoice_id ELSE p.credit_id END
          AND NOT EXISTS (SELECT 1 FROM dealers_ledger_journal r WHERE r.reverses_id = other.journal_id)
    ) AS amount
    FROM standing s
), expected AS (
    SELECT l.order_id, sum(coalesce(l.confirmed_quantity, l.quantity)) AS pieces,
           sum(l.net_amount * coalesce(l.confirmed_quantity, l.quantity) / l.quantity) AS net
    FROM fulfilment_ordering_dealerorderline l WHERE l.order_id IN (SELECT id FROM wanted) GROUP BY l.order_id
), billed AS (
    SELECT w.id, bool_and(t.amount >= s.total) AS settled, sum(b.pieces) AS pieces, sum(b.net) AS net
    FROM wanted w
    JOIN standing s ON s.kind = 'invoice' AND s.dealer_id = w.dealer_id AND s.order_numbers ? w.number
    JOIN settled t ON t.id = s.id
    LEFT JOIN LATERAL (
        SELECT sum(l.net_amount) - least(
                   greatest(sum(l.net_amount) FILTER (WHERE l.sku <> '' AND NOT k.known), 0), w.surcharge_net
               ) AS net,
               sum(l.quantity) FILTER (WHERE k.known) AS pieces
        FROM dealers_ledger_documentline l, LATERAL (SELECT EXISTS (
            SELECT 1 FROM fulfilment_ordering_dealerorderline o WHERE o.order_id = w.id AND o.sku = l.sku
        ) AS known) k
        WHERE l.document_id = s.id AND l.order_number = w.number
    ) b ON true
    GROUP BY w.id
), prepaid AS (
    SELECT w.id, sum(CASE
        WHEN jsonb_array_length(s.order_numbers) = 1 THEN s.total - t.amount
        WHEN s.total - t.amount >= (
            SELECT sum(o.total) FROM fulfilment_ordering_dealerorder o
            WHERE o.dealer_id = w.dealer_id AND s.order_numbers ? o.number
        ) THEN w.total ELSE 0 END) AS amount
    FROM wanted w
    JOIN standing s ON s.kind = 'payment' AND s.dealer_id = w.dealer_id AND s.order_numbers ? w.number
    JOIN settled t ON t.id = s.id
    GROUP BY w.id
)
SELECT w.number FROM wanted w
LEFT JOIN expected e ON e.order_id = w.id
LEFT JOIN billed b ON b.id = w.id
LEFT JOIN prepaid p ON p.id = w.id
WHERE (b.settled AND (coalesce(b.pieces, 0) >= e.pieces OR coalesce(b.net, 0) >= e.net)) OR p.amount >= w.total
ORDER BY w.id
"""


def orders_paid_by_now(numbers: Collection[str]) -> list[str]:
    """Those of the given orders that the ledger says are paid and that are not marked so yet. One statement."""
    if not numbers:
        return []
    with connection.cursor() as cursor:
        cursor.execute(PAID, {"numbers": list(numbers)})
        return [number for (number,) in cursor.fetchall()]
