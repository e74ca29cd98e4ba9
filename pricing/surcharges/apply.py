"""Which surcharges hold for a dealer, and which rule of each decides about a product: one statement for any number."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.db import connection
from oscar.core.loading import get_model

from dealers.accounts.models import Dealer
from pricing.selling.inforce import MINE, SCOPE, scope_of
from pricing.selling.rules import Level
from pricing.surcharges.rules import Levy

Category = get_model("catalogue", "Category")

#: Whether any rule is in force at all: `pricing.quote` asks it along with the prices, so that nobody pays for what is
#: not there.
ANY_IN_FORCE = """
EXISTS (SELECT FROM pricing_surcharges_surchargerule u WHERE u.is_active
    AND (u.valid_from IS NULL OR u.valid_from <= %(day)s) AND (u.valid_to IS NULL OR u.valid_to >= %(day)s))
"""

# The dealer's rules are few; from them the way goes to the products that are asked about. Of each surcharge the nearest
# rule decides about a product: for whom first, then about what, the deepest category first, then the one that starts
# later.
DECIDING = """
WITH mine AS MATERIALIZED (
    SELECT r.*, {SCOPE} AS scope FROM pricing_surcharges_surchargerule r
    WHERE r.is_active AND {MINE} AND r.currency IN ('', %(currency)s)
), asked AS MATERIALIZED (
    SELECT p.id, coalesce(p.parent_id, p.id) AS owner, coalesce(nullif(c.brand, ''), m.brand, '') AS brand
    FROM catalogue_product p
    LEFT JOIN pricing_catalogue_productcard c ON c.product_id = p.id
    LEFT JOIN pricing_catalogue_productcard m ON m.product_id = p.parent_id
    WHERE p.id = ANY(%(products)s::bigint[]) AND EXISTS (SELECT FROM mine)
), hit AS (
    SELECT r.id AS rule_id, a.id AS product_id, %(everything)s AS level, 0 AS depth FROM mine r CROSS JOIN asked a
    WHERE r.product_id IS NULL AND r.category_id IS NULL AND r.brand = ''
    UNION ALL
    SELECT r.id, a.id, %(product)s, 0 FROM mine r JOIN asked a ON a.id = r.product_id
    UNION ALL
    SELECT r.id, a.id, %(model)s, 0 FROM mine r JOIN asked a ON a.owner = r.product_id AND a.owner <> a.id
    UNION ALL
    SELECT r.id, a.id, %(brand)s, 0 FROM mine r JOIN asked a ON a.brand = r.brand WHERE r.brand <> ''
    UNION ALL
    SELECT r.id, a.id, %(category)s, up.depth
    FROM mine r JOIN catalogue_category up ON up.id = r.category_id
    JOIN catalogue_category below ON left(below.path, up.depth * %(step)s) = up.path
    JOIN catalogue_productcategory pc ON pc.category_id = below.id
    JOIN asked a ON a.owner = pc.product_id
), nearest AS (
    SELECT DISTINCT ON (r.surcharge_id, h.product_id) r.id AS rule_id, h.product_id
    FROM hit h JOIN mine r ON r.id = h.rule_id
    ORDER BY r.surcharge_id, h.product_id, r.scope, h.level, h.depth DESC, r.valid_from DESC NULLS LAST, r.id DESC
)
SELECT s.code, s.name, s.name_zh, r.kind, r.percent, r.amount, r.below, array_agg(n.product_id)
FROM nearest n JOIN mine r ON r.id = n.rule_id JOIN pricing_surcharges_surcharge s ON s.id = r.surcharge_id
WHERE r.percent > 0 OR r.amount > 0
GROUP BY r.id, s.code, s.name, s.name_zh, r.kind, r.percent, r.amount, r.below
ORDER BY s.code, r.id
""".replace("{SCOPE}", SCOPE).replace("{MINE}", MINE)


def levies_for(dealer: Dealer, product_ids: Iterable[int], day: date) -> tuple[Levy, ...]:
    """What is levied on a dealer on a day, each rule with those of the products that it decides about. One statement.

    Rules in another currency than the dealer's do not count; a rule of zero decides and levies nothing.
    """
    asked: dict[str, Any] = scope_of(dealer, day) | {
        "currency": dealer.currency,
        "products": list(product_ids),
        "step": Category.steplen,
        "product": int(Level.PRODUCT),
        "model": int(Level.MODEL),
        "category": int(Level.CATEGORY),
        "brand": int(Level.BRAND),
        "everything": int(Level.EVERYTHING),
    }
    with connection.cursor() as cursor:
        cursor.execute(DECIDING, asked)
        return tuple(Levy._make((*row[:-1], frozenset(row[-1]))) for row in cursor.fetchall())
