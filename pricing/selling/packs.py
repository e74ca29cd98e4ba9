"""In which quantities a dealer may order products: the rules and the product's own card, for any number at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime

from django.db import connection
from django.utils import timezone
from oscar.core.loading import get_model

from dealers.accounts.models import Dealer
from pricing.catalogue.models import ProductCard
from pricing.quote import supplier_day
from pricing.selling.inforce import MINE, SCOPE, in_force, scope_of
from pricing.selling.rules import Pack, QuantityRow, resolve

Category = get_model("catalogue", "Category")

#: Each branch asks from the rules that hold for the dealer, which are few, to the products that are asked about.
MATCHING = """
WITH asked AS MATERIALIZED (
    SELECT p.id, coalesce(p.parent_id, p.id) AS owner,
           coalesce(nullif(c.brand, ''), m.brand, '') AS brand, c.minimum_quantity, c.order_multiple
    FROM catalogue_product p
    LEFT JOIN pricing_catalogue_productcard c ON c.product_id = p.id
    LEFT JOIN pricing_catalogue_productcard m ON m.product_id = p.parent_id
    WHERE p.id = ANY(%(products)s::bigint[])
), wide AS MATERIALIZED (
    SELECT r.id, {SCOPE} AS scope, r.category_id, r.brand, r.minimum, r.multiple, r.maximum, r.valid_from
    FROM pricing_selling_quantityrule r
    WHERE r.product_id IS NULL AND {MINE}
)
SELECT id, NULL AS rule, 0 AS scope, 0 AS level, 0 AS depth, minimum_quantity, order_multiple, NULL, NULL::date
FROM asked
UNION ALL
SELECT a.id, r.id, {SCOPE}, 0, 0, r.minimum, r.multiple, r.maximum, r.valid_from
FROM asked a JOIN pricing_selling_quantityrule r ON r.product_id = a.id AND {MINE}
UNION ALL
SELECT a.id, r.id, {SCOPE}, 1, 0, r.minimum, r.multiple, r.maximum, r.valid_from
FROM asked a JOIN pricing_selling_quantityrule r ON r.product_id = a.owner AND a.owner <> a.id AND {MINE}
UNION ALL
SELECT DISTINCT a.id, w.id, w.scope, 2, up.depth, w.minimum, w.multiple, w.maximum, w.valid_from
FROM wide w
JOIN catalogue_category up ON up.id = w.category_id
JOIN catalogue_category below ON left(below.path, up.depth * %(step)s) = up.path
JOIN catalogue_productcategory pc ON pc.category_id = below.id
JOIN asked a ON a.owner = pc.product_id
UNION ALL
SELECT a.id, w.id, w.scope, 3, 0, w.minimum, w.multiple, w.maximum, w.valid_from
FROM wide w JOIN asked a ON a.brand = w.brand
WHERE w.brand <> ''
UNION ALL
SELECT a.id, w.id, w.scope, 4, 0, w.minimum, w.multiple, w.maximum, w.valid_from
FROM wide w CROSS JOIN asked a
WHERE w.brand = '' AND w.category_id IS NULL
""".replace("{SCOPE}", SCOPE).replace("{MINE}", MINE)


def packs_for(
    dealer: Dealer,
    product_ids: Iterable[int],
    at: datetime | None = None,
    cards: Mapping[int, tuple[int, int]] | None = None,
) -> dict[int, Pack]:
    """The pack of every product for a dealer at a moment, in one statement for any number.

    `cards` has the minimum and multiple of the products' own cards where the caller has read them already (a product
    that is missing there has 1 and 1): then a dealer for whom no quantity rule holds costs no statement. Which rules
    hold is asked once per dealer object, see `in_force`.
    """
    wanted = list(product_ids)
    day = supplier_day(at or timezone.now())
    if not in_force(dealer, day).has_quantities:
        own = _cards(wanted) if cards is None else cards
        return {pk: resolve((), *own.get(pk, (1, 1))) for pk in wanted}
    own, rows = matching(dealer, wanted, day)
    return {pk: resolve(rows.get(pk, ()), *own.get(pk, (1, 1))) for pk in wanted}


def matching(
    dealer: Dealer, product_ids: Iterable[int], day: date
) -> tuple[dict[int, tuple[int, int]], dict[int, list[QuantityRow]]]:
    """Each product's own minimum and multiple, and the rules that match it. One statement."""
    asked = scope_of(dealer, day) | {"products": list(product_ids), "step": Category.steplen}
    own: dict[int, tuple[int, int]] = {}
    rows: dict[int, list[QuantityRow]] = {}
    with connection.cursor() as cursor:
        cursor.execute(MATCHING, asked)
        for product_id, rule, scope, level, depth, minimum, multiple, maximum, valid_from in cursor.fetchall():
            if rule is None:
                own[product_id] = (minimum or 1, multiple or 1)
            else:
                row = QuantityRow(rule, scope, level, depth, minimum, multiple, maximum, valid_from)
                rows.setdefault(product_id, []).append(row)
    return own, rows


def _cards(product_ids: list[int]) -> dict[int, tuple[int, int]]:
    found = ProductCard.objects.filter(product__in=product_ids)
    return {pk: (least, step) for pk, least, step in found.values_list("pk", "minimum_quantity", "order_multiple")}
