"""The rows of an order's lines in Oscar's table and beside it, written together in one statement for any number.

What the catalogue says of a product is taken where it stands, so that no product travels to be written down.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from django.db import connection

from fulfilment.ordering.models import DealerOrder
from fulfilment.ordering.states import State
from pricing.catalogue.models import Unit
from pricing.money import round_money

# Oscar's two-decimal prices are a mirror of our exact ones. A variant without a title has its model's.
WRITE = """
WITH rows AS (
    SELECT * FROM unnest(
        %(product_id)s::bigint[], %(quantity)s::integer[], %(unit_price)s::numeric[], %(net_amount)s::numeric[],
        %(tax_amount)s::numeric[], %(list_code)s::text[], %(note)s::text[], %(requested_date)s::date[],
        %(discount)s::numeric[], %(order_share)s::numeric[], %(promotion)s::text[], %(ordered_unit)s::text[],
        %(surcharge)s::numeric[],
        %(full)s::numeric[], %(full_with_tax)s::numeric[], %(rounded)s::numeric[], %(with_tax)s::numeric[]
    ) WITH ORDINALITY AS w(product_id, quantity, unit_price, net_amount, tax_amount, list_code, note, requested_date,
        discount, order_share, promotion, ordered_unit, surcharge, full_amount, full_with_tax, rounded, with_tax,
        position)
), goods AS (
    SELECT r.*, s.id AS record_id, s.partner_id, s.partner_sku, o.name AS partner_name, p.upc,
           left(coalesce(nullif(p.title, ''), model.title, ''), 255) AS title,
           coalesce(c.name_zh, '') AS name_zh, coalesce(c.unit, %(piece)s) AS unit,
           coalesce(k.code, '') AS packed_in, coalesce(k.factor, 1) AS factor, coalesce(own.number, '') AS own_number
    FROM rows r
    JOIN partner_stockrecord s ON s.product_id = r.product_id
    JOIN partner_partner o ON o.id = s.partner_id
    JOIN catalogue_product p ON p.id = r.product_id
    LEFT JOIN catalogue_product model ON model.id = p.parent_id
    LEFT JOIN pricing_catalogue_productcard c ON c.product_id = p.id
    LEFT JOIN pricing_catalogue_productunit k
        ON k.product_id = p.id AND k.code = r.ordered_unit AND r.quantity %% k.factor = 0
    LEFT JOIN LATERAL (
        SELECT n.number FROM pricing_numbers_dealeritemnumber n
        WHERE n.dealer_id = %(dealer)s AND n.product_id = p.id ORDER BY n.id LIMIT 1
    ) own ON true
), mirrors AS (
    INSERT INTO order_line
        (order_id, partner_id, partner_name, partner_sku, partner_line_reference, partner_line_notes, stockrecord_id,
         product_id, title, upc, quantity, line_price_excl_tax, line_price_incl_tax,
         line_price_before_discounts_excl_tax, line_price_before_discounts_incl_tax, unit_price_excl_tax,
         unit_price_incl_tax, status, num_allocated, allocation_cancelled)
    SELECT %(order)s, partner_id, partner_name, partner_sku, '', '', record_id,
           product_id, title, upc, quantity, net_amount, net_amount + tax_amount,
           full_amount, full_with_tax, rounded, with_tax, %(status)s, quantity, false
    FROM goods ORDER BY position
    RETURNING id, product_id
)
INSERT INTO fulfilment_ordering_dealerorderline
    (line_id, order_id, position, sku, name, name_zh, unit, note, requested_date, quantity, unit_price, net_amount,
     tax_amount, price_list_code, discount_amount, order_share, promotion_code, own_number, ordered_unit,
     ordered_factor, surcharge_amount, shipped_quantity, received_quantity)
SELECT m.id, %(order)s, g.position, g.upc, g.title, g.name_zh, g.unit, g.note, g.requested_date, g.quantity,
       g.unit_price, g.net_amount, g.tax_amount, g.list_code, g.discount, g.order_share, g.promotion,
       g.own_number, g.packed_in, g.factor, g.surcharge, 0, 0
FROM mirrors m JOIN goods g USING (product_id) ORDER BY g.position
"""


class OrderRow(NamedTuple):
    """A line to be written: what was agreed about a product. Amounts are before tax but for `tax_amount`.

    `net_amount` is what `discount` (of the promotion named) and `order_share` have left. `ordered_unit` is the larger
    unit it was asked for in; it stands on the order when the product is packed so and the quantity is whole ones.
    `surcharge` comes on top of `net_amount`.
    """

    product_id: int
    quantity: int
    unit_price: Decimal
    net_amount: Decimal
    tax_amount: Decimal
    list_code: str
    note: str
    requested_date: date | None
    discount: Decimal = Decimal("0.00")
    order_share: Decimal = Decimal("0.00")
    promotion: str = ""
    ordered_unit: str = ""
    surcharge: Decimal = Decimal("0.00")


def write_order_lines(order: DealerOrder, rows: Sequence[OrderRow]) -> None:
    """Write an order's lines in the order given, each product once; positions count from 1.

    Raises `ValueError` when a product has no stock record, or several: the caller's transaction must be undone.
    """
    columns = dict(zip(OrderRow._fields, (list(column) for column in zip(*rows, strict=True)), strict=True))
    prices = [row.unit_price for row in rows]
    factor = (100 + order.tax_percent) / 100
    full = [row.net_amount + row.discount + row.order_share for row in rows]
    values = columns | {
        "full": full,
        "full_with_tax": [
            amount
            + (row.tax_amount if amount == row.net_amount else round_money(amount * (factor - 1), order.currency))
            for amount, row in zip(full, rows, strict=True)
        ],
        "rounded": [round_money(price, order.currency) for price in prices],
        "with_tax": [round_money(price * factor, order.currency) for price in prices],
        "order": order.pk,
        "dealer": order.dealer_id,
        "status": State.REVIEW.value,
        "piece": Unit.PIECE.value,
    }
    with connection.cursor() as cursor:
        cursor.execute(WRITE, values)
        written = cursor.rowcount
    if written != len(rows):
        raise ValueError(f"{written} lines of {len(rows)} could be written: a product lacks its one stock record.")
