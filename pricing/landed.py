"""What many dealers pay for one sales unit of many products, and what they may buy at all: set-based.

`pricing.quote` answers for one dealer; who compares hundreds of dealers asks here and gets the same prices. Promotions
and surcharges are left out on purpose: both belong to an order of the dealer's own, with its quantities and its value,
and no such order is made here. What a dealer bought its goods at by a promotion is its advantage.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from itertools import product
from typing import Any

from django.db import connection

from pricing.retail import BEFORE_TAX
from pricing.selling.inforce import SCOPE
from pricing.selling.models import Effect
from pricing.selling.rules import Level

#: `(dealer id, product id)`.
Key = tuple[int, int]

#: A price `p` of a chained list `l` per sales unit, before tax: `pricing.quote.NET_PRICE`, for any dealer.
NET_PRICE = BEFORE_TAX.replace("{price}", "p.price").replace("%(tax)s", "l.tax_percent")

# The nearest list that prices one unit does, of its prices the one that began last: what `pricing.rules.choose` takes.
# Lists and prices are read once each, however many dealers have the same ones, and never all prices for all dealers.
PRICES = f"""
WITH asked AS (
    SELECT * FROM unnest(%(dealers)s::bigint[], %(products)s::bigint[]) AS w(dealer_id, product_id)
), chained AS MATERIALIZED (
    SELECT c.dealer_id, c.rank, l.id, l.tax_included, d.tax_percent
    FROM pricing_terms_chain c
    JOIN pricing_terms_pricelist l ON l.id = c.price_list_id
    JOIN dealers_accounts_dealer d ON d.id = c.dealer_id
    WHERE c.dealer_id = ANY(%(every_dealer)s::bigint[])
      AND (l.valid_from IS NULL OR l.valid_from <= %(day)s) AND (l.valid_to IS NULL OR l.valid_to >= %(day)s)
), offered AS MATERIALIZED (
    SELECT w.dealer_id, w.product_id, l.id, l.rank, l.tax_included, l.tax_percent
    FROM asked w JOIN chained l ON l.dealer_id = w.dealer_id
), priced AS MATERIALIZED (
    SELECT p.price_list_id, p.product_id, p.price, p.valid_from
    FROM pricing_terms_price p
    WHERE p.price_list_id = ANY(ARRAY(SELECT DISTINCT id FROM chained))
      AND p.product_id = ANY(%(every_product)s::bigint[]) AND p.min_quantity = 1
      AND (p.valid_from IS NULL OR p.valid_from <= %(day)s) AND (p.valid_to IS NULL OR p.valid_to >= %(day)s)
)
SELECT DISTINCT ON (l.dealer_id, l.product_id)
       l.dealer_id, l.product_id, CASE WHEN l.tax_included THEN {NET_PRICE} ELSE p.price END
FROM offered l
JOIN priced p ON p.price_list_id = l.id AND p.product_id = l.product_id
ORDER BY l.dealer_id, l.product_id, l.rank, p.valid_from DESC NULLS LAST
"""  # noqa: S608 - constants

HOLDS = "(r.valid_from IS NULL OR r.valid_from <= %(day)s) AND (r.valid_to IS NULL OR r.valid_to >= %(day)s)"
RULE = f"{SCOPE} AS scope, r.dealer_id, r.group_id, r.effect"

# `pricing.selling.assortments.restrict` as rows: the rules that match a product, of which the nearest that is for the
# dealer decides; without one, whether anything is allowed to it by name.
VISIBLE = f"""
WITH asked AS (
    SELECT w.dealer_id, w.product_id, d.group_id
    FROM unnest(%(dealers)s::bigint[], %(products)s::bigint[]) AS w(dealer_id, product_id)
    JOIN dealers_accounts_dealer d ON d.id = w.dealer_id
), goods AS MATERIALIZED (
    SELECT g.id, g.parent_id, coalesce(g.parent_id, g.id) AS owner,
           coalesce(nullif(c.brand, ''), of_model.brand, '') AS brand
    FROM catalogue_product g
    LEFT JOIN catalogue_product model ON model.id = g.parent_id
    LEFT JOIN pricing_catalogue_productcard c ON c.product_id = g.id
    LEFT JOIN pricing_catalogue_productcard of_model ON of_model.product_id = g.parent_id
    WHERE g.id = ANY(%(every_product)s::bigint[]) AND g.is_public AND g.upc IS NOT NULL AND g.structure <> 'parent'
      AND (g.parent_id IS NULL OR model.is_public)
      AND (c.discontinued_on IS NULL OR c.discontinued_on > %(day)s)
), matching AS MATERIALIZED (
    SELECT g.id, {RULE}, 0 AS depth,
           CASE WHEN r.product_id = g.id THEN {Level.PRODUCT.value} ELSE {Level.MODEL.value} END AS level
    FROM goods g JOIN pricing_selling_assortmentrule r ON r.product_id IN (g.id, g.parent_id) WHERE {HOLDS}
    UNION ALL
    SELECT g.id, {RULE}, c.depth, {Level.CATEGORY.value}
    FROM goods g
    JOIN catalogue_productcategory placed ON placed.product_id = g.owner
    JOIN catalogue_category own ON own.id = placed.category_id
    JOIN pricing_selling_assortmentrule r ON r.category_id IS NOT NULL
    JOIN catalogue_category c ON c.id = r.category_id AND starts_with(own.path, c.path)
    WHERE {HOLDS}
    UNION ALL
    SELECT g.id, {RULE}, 0, {Level.BRAND.value}
    FROM goods g JOIN pricing_selling_assortmentrule r ON r.brand <> '' AND r.brand = g.brand WHERE {HOLDS}
    UNION ALL
    SELECT g.id, {RULE}, 0, {Level.EVERYTHING.value}
    FROM goods g
    JOIN pricing_selling_assortmentrule r ON r.product_id IS NULL AND r.category_id IS NULL AND r.brand = ''
    WHERE {HOLDS}
), allowed AS MATERIALIZED (
    SELECT DISTINCT r.dealer_id, r.group_id FROM pricing_selling_assortmentrule r
    WHERE r.effect = '{Effect.ALLOW.value}' AND {HOLDS}
)
SELECT w.dealer_id, w.product_id
FROM asked w
JOIN goods g ON g.id = w.product_id
LEFT JOIN LATERAL (
    SELECT r.effect FROM matching r
    WHERE r.id = g.id AND (r.dealer_id = w.dealer_id OR r.group_id = w.group_id
                           OR (r.dealer_id IS NULL AND r.group_id IS NULL))
    ORDER BY r.scope, r.level, r.depth DESC, r.effect = '{Effect.ALLOW.value}' LIMIT 1
) nearest ON EXISTS (SELECT FROM matching)
WHERE CASE WHEN nearest.effect IS NOT NULL THEN nearest.effect = '{Effect.ALLOW.value}'
      ELSE NOT EXISTS (
          SELECT FROM allowed a
          WHERE a.dealer_id = w.dealer_id OR a.group_id = w.group_id OR (a.dealer_id IS NULL AND a.group_id IS NULL)
      ) END
"""  # noqa: S608 - constants


def contract_prices(dealer_ids: Iterable[int], product_ids: Iterable[int], *, day: date) -> dict[Key, Decimal]:
    """What each of the dealers pays for one sales unit of each product on a day, before tax, in its own currency.

    The `unit_price` that `pricing.quote` gives for one sales unit; what no list of the dealer prices is missing. One
    statement.
    """
    return prices_of(product(set(dealer_ids), set(product_ids)), day=day)


def prices_of(keys: Iterable[Key], *, day: date) -> dict[Key, Decimal]:
    """`contract_prices` of some pairs of dealer and product only. One statement."""
    with connection.cursor() as cursor:
        cursor.execute(PRICES, _asked(keys, day))
        return {(dealer, product): price for dealer, product, price in cursor.fetchall()}


def visible(keys: Iterable[Key], *, day: date) -> set[Key]:
    """The pairs of dealer and product that the dealer may see and buy on a day, price or not.

    What `pricing.quote.sellable` has for each dealer. One statement.
    """
    with connection.cursor() as cursor:
        cursor.execute(VISIBLE, _asked(keys, day))
        return set(cursor.fetchall())


def _asked(keys: Iterable[Key], day: date) -> dict[str, Any]:
    every = sorted(set(keys))
    return {
        "dealers": [dealer for dealer, _ in every],
        "products": [product for _, product in every],
        "every_dealer": sorted({dealer for dealer, _ in every}),
        "every_product": sorted({product for _, product in every}),
        "day": day,
    }
