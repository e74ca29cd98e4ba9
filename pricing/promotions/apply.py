"""Which promotions hold for a dealer, and on which products: one statement for any number of them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.db import connection
from django.db.models import BigIntegerField, Q
from django.db.models.expressions import RawSQL
from oscar.core.loading import get_model

from dealers.accounts.models import Dealer
from pricing.promotions.rules import Deal

Category = get_model("catalogue", "Category")

#: Whether any promotion is in force at all: `pricing.quote` asks it along with the prices, so that nobody pays for
#: promotions where there are none.
ANY_IN_FORCE = """
EXISTS (SELECT FROM pricing_promotions_promotion r WHERE r.is_active
    AND (r.valid_from IS NULL OR r.valid_from <= %(day)s) AND (r.valid_to IS NULL OR r.valid_to >= %(day)s))
"""

# What `HOLDING` finds for products that are asked about, for all of them: who has a promotion of their own. Promotions
# on the order value are on no product; those whose budget is used up are over.
PROMOTED = """
WITH mine AS MATERIALIZED (
    SELECT r.id, r.everything FROM pricing_promotions_promotion r
    WHERE r.is_active AND r.kind <> 'order'
      AND (r.valid_from IS NULL OR r.valid_from <= %s) AND (r.valid_to IS NULL OR r.valid_to >= %s)
      AND r.currency IN ('', %s) AND (r.budget_amount IS NULL OR r.budget_used < r.budget_amount)
      AND (r.everybody OR EXISTS (
        SELECT FROM pricing_promotions_promotionscope s
        WHERE s.promotion_id = r.id AND (s.dealer_id = %s OR s.group_id = %s)))
), named AS MATERIALIZED (
    SELECT t.product_id, t.category_id, t.brand
    FROM mine JOIN pricing_promotions_promotiontarget t ON t.promotion_id = mine.id
    WHERE NOT EXISTS (SELECT FROM mine WHERE everything)
), owners AS (
    SELECT product_id AS id FROM named WHERE product_id IS NOT NULL
    UNION
    SELECT pc.product_id
    FROM named JOIN catalogue_category up ON up.id = named.category_id
    JOIN catalogue_category below ON left(below.path, up.depth * %s) = up.path
    JOIN catalogue_productcategory pc ON pc.category_id = below.id
)
SELECT p.id FROM catalogue_product p WHERE EXISTS (SELECT FROM mine WHERE everything)
UNION ALL
SELECT o.id FROM owners o
UNION ALL
SELECT p.id FROM owners o JOIN catalogue_product p ON p.parent_id = o.id
UNION ALL
SELECT c.product_id FROM named JOIN pricing_catalogue_productcard c ON c.brand = named.brand
WHERE named.brand <> ''
UNION ALL
SELECT p.id
FROM named JOIN pricing_catalogue_productcard m ON m.brand = named.brand
JOIN catalogue_product p ON p.parent_id = m.product_id
LEFT JOIN pricing_catalogue_productcard c ON c.product_id = p.id
WHERE named.brand <> '' AND coalesce(c.brand, '') = ''
"""

# The dealer's promotions are few; from them the way goes to the products that are asked about.
HOLDING = """
WITH mine AS MATERIALIZED (
    SELECT r.* FROM pricing_promotions_promotion r
    WHERE r.is_active
      AND (r.valid_from IS NULL OR r.valid_from <= %(day)s) AND (r.valid_to IS NULL OR r.valid_to >= %(day)s)
      AND r.currency IN ('', %(currency)s)
      AND (r.everybody OR EXISTS (
        SELECT FROM pricing_promotions_promotionscope s
        WHERE s.promotion_id = r.id AND (s.dealer_id = %(dealer)s OR s.group_id = %(group)s)))
), asked AS MATERIALIZED (
    SELECT p.id, coalesce(p.parent_id, p.id) AS owner, coalesce(nullif(c.brand, ''), m.brand, '') AS brand
    FROM catalogue_product p
    LEFT JOIN pricing_catalogue_productcard c ON c.product_id = p.id
    LEFT JOIN pricing_catalogue_productcard m ON m.product_id = p.parent_id
    WHERE p.id = ANY(%(products)s::bigint[]) AND EXISTS (SELECT FROM mine)
), hit AS (
    SELECT r.id AS promotion_id, a.id AS product_id FROM mine r CROSS JOIN asked a WHERE r.everything
    UNION
    SELECT t.promotion_id, a.id
    FROM mine r JOIN pricing_promotions_promotiontarget t ON t.promotion_id = r.id
    JOIN asked a ON a.id = t.product_id OR a.owner = t.product_id
    UNION
    SELECT t.promotion_id, a.id
    FROM mine r JOIN pricing_promotions_promotiontarget t ON t.promotion_id = r.id
    JOIN asked a ON a.brand = t.brand
    WHERE t.brand <> ''
    UNION
    SELECT t.promotion_id, a.id
    FROM mine r JOIN pricing_promotions_promotiontarget t ON t.promotion_id = r.id
    JOIN catalogue_category up ON up.id = t.category_id
    JOIN catalogue_category below ON left(below.path, up.depth * %(step)s) = up.path
    JOIN catalogue_productcategory pc ON pc.category_id = below.id
    JOIN asked a ON a.owner = pc.product_id
)
SELECT r.id, r.code, r.name, r.name_zh, r.kind, r.percent, r.amount, coalesce(r.buy, 0), coalesce(r.free, 0),
       coalesce(r.minimum_quantity, 0), coalesce(r.minimum_value, 0), r.exclusive, r.priority,
       r.budget_amount - r.budget_used, r.valid_to,
       ARRAY(SELECT h.product_id FROM hit h WHERE h.promotion_id = r.id)
FROM mine r ORDER BY r.priority, r.code
"""


def deals_for(dealer: Dealer, product_ids: Iterable[int], day: date) -> tuple[Deal, ...]:
    """The promotions that hold for a dealer on a day, each with those of the products that it is about.

    Left out are promotions in another currency than the dealer's. One statement.
    """
    asked: dict[str, Any] = {
        "dealer": dealer.pk,
        "group": dealer.group_id,
        "currency": dealer.currency,
        "day": day,
        "products": list(product_ids),
        "step": Category.steplen,
    }
    with connection.cursor() as cursor:
        cursor.execute(HOLDING, asked)
        return tuple(Deal._make((*row[:-1], frozenset(row[-1]))) for row in cursor.fetchall())


def promoted(dealer: Dealer, day: date) -> Q:
    """The condition on products that a promotion of the dealer's is on them on a day; no statement of its own.

    Says the same as `deals_for`, but for promotions on the order value, which are on no product.
    """
    asked = (day, day, dealer.currency, dealer.pk, dealer.group_id, Category.steplen)
    return Q(pk__in=RawSQL(PROMOTED, asked, output_field=BigIntegerField()))  # noqa: S611 - nothing of it is a reader's
