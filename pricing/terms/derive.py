"""Formula lists: their prices are worked out from a base list by rules and stored as ordinary prices.

Whoever changes base prices, rules, or the category or brand of products calls `derive` in the same transaction; only
rows that differ are written. So whoever reads prices knows only rows, and nothing is ever rebuilt.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from django.db import connection, transaction
from django.db.models import Q

from dealers.accounts.models import User
from pricing.terms.audit import acting
from pricing.terms.models import FormulaRule, ListKind, PriceList

# A product's rules by how specific they are; a rule for a model holds for its variants that have none of their own. A
# variant is where its model is, and of its model's brand unless it says its own. Categories are compared once each, not
# per product.
RULES = """
category_rules AS MATERIALIZED (
    SELECT r.id, r.price_list_id, c.id AS category_id, above.depth
    FROM pricing_terms_formularule r
    JOIN catalogue_category above ON above.id = r.category_id
    JOIN catalogue_category c ON c.path LIKE above.path || '%%'
    WHERE r.price_list_id = ANY(%(lists)s)
),
products AS MATERIALIZED (
    SELECT DISTINCT l.id AS price_list_id, p.id AS product_id, coalesce(p.parent_id, p.id) AS owner_id,
           lower(coalesce(nullif(own.brand, ''), model.brand, '')) AS brand
    FROM pricing_terms_pricelist l
    JOIN pricing_terms_price b ON b.price_list_id = l.base_id
    JOIN catalogue_product p ON p.id = b.product_id
    LEFT JOIN pricing_catalogue_productcard own ON own.product_id = p.id
    LEFT JOIN pricing_catalogue_productcard model ON model.product_id = p.parent_id
    WHERE l.id = ANY(%(lists)s)
      AND (%(products)s::bigint[] IS NULL OR p.id = ANY(%(products)s::bigint[])
           OR p.parent_id = ANY(%(products)s::bigint[]))
),
fitting AS (
    SELECT p.price_list_id, p.product_id, r.id AS rule_id, 0 AS place, (r.product_id = p.product_id)::integer AS depth
    FROM products p JOIN pricing_terms_formularule r
      ON r.price_list_id = p.price_list_id AND r.product_id IN (p.product_id, p.owner_id)
    UNION ALL
    SELECT p.price_list_id, p.product_id, r.id, 1, r.depth
    FROM products p
    JOIN catalogue_productcategory pc ON pc.product_id = p.owner_id
    JOIN category_rules r ON r.price_list_id = p.price_list_id AND r.category_id = pc.category_id
    UNION ALL
    SELECT p.price_list_id, p.product_id, r.id, 2, 0
    FROM products p JOIN pricing_terms_formularule r
      ON r.price_list_id = p.price_list_id AND r.brand <> '' AND lower(r.brand) = p.brand
    UNION ALL
    SELECT p.price_list_id, p.product_id, r.id, 3, 0
    FROM products p JOIN pricing_terms_formularule r
      ON r.price_list_id = p.price_list_id AND r.product_id IS NULL AND r.category_id IS NULL AND r.brand = ''
),
ruling AS (
    SELECT DISTINCT ON (price_list_id, product_id) price_list_id, product_id, rule_id
    FROM fitting ORDER BY price_list_id, product_id, place, depth DESC, rule_id
)
"""

# Rounded half up to four decimals without a step, so that a price is what one works out by hand from the base.
WANTED = """
exact AS (
    SELECT l.id AS price_list_id, b.product_id, b.min_quantity, b.valid_from, b.valid_to,
           round(b.price * (100 + r.percent) / 100 + r.amount, 4) AS price,
           coalesce(l.rounding_step, 0.0001) AS step, l.rounding_mode AS mode
    FROM ruling
    JOIN pricing_terms_formularule r ON r.id = ruling.rule_id
    JOIN pricing_terms_pricelist l ON l.id = ruling.price_list_id
    JOIN pricing_terms_price b ON b.price_list_id = l.base_id AND b.product_id = ruling.product_id
),
rounded AS (
    SELECT price_list_id, product_id, min_quantity, valid_from, valid_to,
           CASE mode WHEN 'up' THEN ceil(price / step) WHEN 'down' THEN floor(price / step) ELSE round(price / step) END
           * step AS price
    FROM exact
),
wanted AS MATERIALIZED (SELECT * FROM rounded WHERE price > 0)
"""

WRITE = """
WITH {rules}, {wanted},
gone AS (
    DELETE FROM pricing_terms_price p
    WHERE p.price_list_id = ANY(%(lists)s)
      AND (%(products)s::bigint[] IS NULL OR p.product_id IN (
          SELECT id FROM catalogue_product
          WHERE id = ANY(%(products)s::bigint[]) OR parent_id = ANY(%(products)s::bigint[])))
      AND NOT EXISTS (
          SELECT 1 FROM wanted w
          WHERE w.price_list_id = p.price_list_id AND w.product_id = p.product_id
            AND w.min_quantity = p.min_quantity AND w.valid_from IS NOT DISTINCT FROM p.valid_from)
    RETURNING 1
),
changed AS (
    UPDATE pricing_terms_price p SET price = w.price, valid_to = w.valid_to
    FROM wanted w
    WHERE w.price_list_id = p.price_list_id AND w.product_id = p.product_id AND w.min_quantity = p.min_quantity
      AND w.valid_from IS NOT DISTINCT FROM p.valid_from
      AND (w.price, w.valid_to) IS DISTINCT FROM (p.price, p.valid_to)
    RETURNING 1
),
added AS (
    INSERT INTO pricing_terms_price (price_list_id, product_id, min_quantity, price, valid_from, valid_to)
    SELECT w.price_list_id, w.product_id, w.min_quantity, w.price, w.valid_from, w.valid_to
    FROM wanted w
    WHERE NOT EXISTS (
        SELECT 1 FROM pricing_terms_price p
        WHERE p.price_list_id = w.price_list_id AND p.product_id = w.product_id
          AND p.min_quantity = w.min_quantity AND p.valid_from IS NOT DISTINCT FROM w.valid_from)
    RETURNING 1
)
SELECT (SELECT count(*) FROM added), (SELECT count(*) FROM changed), (SELECT count(*) FROM gone),
       (SELECT count(*) FROM rounded WHERE price <= 0)
""".replace("{rules}", RULES.strip()).replace("{wanted}", WANTED.strip())


class Derived(NamedTuple):
    """How many prices of formula lists were written, and how many came to nothing or less and so are on no list."""

    added: int = 0
    changed: int = 0
    deleted: int = 0
    worthless: int = 0


def derive(*, price_lists: Iterable[int] | None = None, products: Iterable[int] | None = None) -> Derived:
    """Bring formula lists up to date with their bases and rules, in the caller's transaction.

    `price_lists`: these formula lists and those with one of these as their base; all when not given. `products`: only
    these products and the variants of these; all when not given. A derived price has the base price's quantity and
    days. Three statements however much there is to do, one when no formula list is concerned. Formula lists are locked
    in the order of their keys until the transaction ends, so two changes of one base follow each other.
    """
    concerned = PriceList.objects.filter(kind=ListKind.FORMULA)
    if price_lists is not None:
        given = list(price_lists)
        concerned = concerned.filter(Q(pk__in=given) | Q(base__in=given))
    lists = list(concerned.order_by("pk").values_list("pk", flat=True))
    if not lists:
        return Derived()
    asked: dict[str, Any] = {"lists": lists, "products": None if products is None else list(products)}
    with transaction.atomic():
        # Rows that point at a list may still be written: only another `derive` waits.
        list(PriceList.objects.filter(pk__in=lists).order_by("pk").select_for_update(no_key=True).values_list("pk"))
        with connection.cursor() as cursor:
            cursor.execute(WRITE, asked)
            return Derived(*cursor.fetchone())


def set_formula(price_list: PriceList, rules: Sequence[FormulaRule], *, by: User | None) -> Derived:
    """Save a formula list with exactly these rules and write its prices, recorded in the name of `by`.

    Refuses (ValidationError) what `PriceList.clean` and the rules' fields refuse, and two rules for one place.
    """
    price_list.full_clean()
    with acting(by, f"formula:{price_list.code}"):
        price_list.save()
        price_list.rules.all().delete()
        for rule in rules:
            rule.pk, rule.price_list = None, price_list
            rule.full_clean()
            rule.save(force_insert=True)
        return derive(price_lists=[price_list.pk])
