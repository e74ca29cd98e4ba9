"""Of which products a search may answer: all that a dealer may see, or some of them, as part of a statement."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet
from django.utils import timezone

from dealers.accounts.models import Dealer
from portal.search.prepared import prepared_rows
from pricing.by_price import PLACEHOLDER
from pricing.quote import assortment, supplier_day
from pricing.selling.inforce import MINE, InForce, in_force, scope_of
from pricing.selling.models import Effect
from pricing.selling.rules import Level

#: So many dealers' assortments are remembered as SQL.
MOST_REMEMBERED = 500
#: A product has so many prices, or stands in so many categories, at most where only few are looked for.
ROWS_EACH = 4
NOTHING = "SELECT NULL::bigint WHERE false"
KEPT = "SELECT id FROM ({mine}) AS mine (id) WHERE id = ANY(%(ids)s::bigint[])"
# Were it known that only some are wanted, PostgreSQL would walk through all products in the hope to meet these soon.
SOME = "WITH mine (id) AS MATERIALIZED ({mine}) SELECT id FROM mine LIMIT %(most)s"
BOUND = """
WITH bound AS MATERIALIZED ({some} LIMIT %(most)s)
SELECT CASE WHEN count(*) < %(most)s THEN coalesce(array_agg(DISTINCT product_id), '{{}}') END FROM bound
"""
PRICED = BOUND.format(
    some="""
SELECT product_id FROM pricing_terms_price
WHERE price_list_id = ANY(ARRAY(SELECT price_list_id FROM pricing_terms_chain WHERE dealer_id = %(dealer)s))
"""
)
NAMED = """
SELECT r.product_id FROM pricing_selling_assortmentrule r
WHERE r.product_id IS NOT NULL AND r.effect = %(allow)s AND {MINE}
""".replace("{MINE}", MINE)
BRANDED = "SELECT product_id FROM pricing_catalogue_productcard WHERE brand = ANY(%(brands)s::text[])"
PLACED = "SELECT product_id FROM catalogue_productcategory WHERE category_id = ANY(%(categories)s::bigint[])"
#: With their variants.
OWNED = """
(WITH owner AS MATERIALIZED ({owners} LIMIT %(most)s)
 SELECT product_id FROM owner
 UNION ALL SELECT g.id FROM catalogue_product g WHERE g.parent_id = ANY(ARRAY(SELECT product_id FROM owner)))
"""
_written: dict[tuple[Any, ...], tuple[str, Mapping[str, Any]]] = {}


@dataclass(frozen=True)
class Products:
    """Products of a dealer's assortment, by SQL for their ids with its values by name.

    `lasting`: the SQL is the same for many searches, so statements with it are worth being kept ready.
    """

    dealer: Dealer
    sql: str
    values: Mapping[str, Any] = field(default_factory=dict)
    lasting: bool = False

    @classmethod
    def of(cls, dealer: Dealer, products: QuerySet[Any]) -> Products:
        """These products, which must lie inside the dealer's assortment."""
        return cls(dealer, *_as_sql(products))

    @classmethod
    def assortment(cls, dealer: Dealer) -> Products:
        """All that the dealer may see.

        It takes Django longer to write than it takes PostgreSQL to answer, and who searches types the next letter soon:
        so it is remembered, by all it is made of.
        """
        now = timezone.now()
        day = supplier_day(now)
        key = (dealer.pk, dealer.group_id, day, repr(in_force(dealer, day)))
        if key not in _written:
            if len(_written) >= MOST_REMEMBERED:
                _written.clear()
            _written[key] = _as_sql(assortment(dealer, now))
        return cls(dealer, *_written[key], lasting=True)

    def rows(self, statement: str, values: Mapping[str, Any], *, ready: bool = False) -> list[Any]:
        """The rows of a statement in which `{mine}` stands for these products; `ready` to have it planned once."""
        sql, values = statement.replace("{mine}", self.sql), {**values, **self.values}
        if ready and self.lasting:
            return prepared_rows(sql, values)
        with connection.cursor() as cursor:
            cursor.execute(sql, values)
            return cursor.fetchall()

    def kept(self, ids: Iterable[int]) -> list[int]:
        """Those of the ids that are among the products, in their order. One statement, none for no ids."""
        asked = list(ids)
        mine = {pk for (pk,) in self.rows(KEPT, {"ids": asked}, ready=True)} if asked else set()
        return [pk for pk in asked if pk in mine]

    def few(self, most: int) -> list[int] | None:
        """All of them, where the dealer's prices or rules name so few products; None when they do not.

        Cheap to ask, however many products there are. At most three statements.
        """
        for ids in self._bounds(most * ROWS_EACH):
            if ids is not None and len(ids) <= most:
                return self.kept(ids)
        return None

    def some(self, most: int) -> list[int]:
        """The first of them, no more than `most`; all of them are worked out for it."""
        return [pk for (pk,) in self.rows(SOME, {"most": most})]

    def _bounds(self, most: int) -> Iterator[list[int] | None]:
        """Products among which all of the dealer's are; None where that takes `most` rows or more."""
        yield self.rows(PRICED, {"dealer": self.dealer.pk, "most": most})[0][0]
        day = supplier_day(timezone.now())
        allowed, asked = _allowed(in_force(self.dealer, day))
        if allowed:
            asked |= scope_of(self.dealer, day)
            yield self.rows(BOUND.format(some=" UNION ALL ".join(allowed)), {**asked, "most": most})[0][0]


def _allowed(holding: InForce) -> tuple[list[str], dict[str, Any]]:
    """Statements for all products that the rules may let a dealer see, with their values; none where that is all."""
    allowing = [row for row in holding.assortment if row.allows]
    if any(row.level == Level.EVERYTHING for row in allowing):
        return [], {}
    brands = [holding.brands[row.rule] for row in allowing if row.level == Level.BRAND]
    categories = [pk for row in allowing if row.level == Level.CATEGORY for pk in holding.categories[row.rule]]
    owners = [BRANDED] * bool(brands) + [PLACED] * bool(categories)
    found = [NAMED] * any(row.level == Level.PRODUCT for row in allowing)
    owners += [NAMED] * any(row.level == Level.MODEL for row in allowing)
    if owners:
        found.append(OWNED.format(owners=" UNION ALL ".join(owners)))
    return found, {"brands": brands, "categories": categories, "allow": Effect.ALLOW.value}


def _as_sql(products: QuerySet[Any]) -> tuple[str, Mapping[str, Any]]:
    try:
        sql, values = products.order_by().values("pk").query.sql_with_params()
    except EmptyResultSet:
        return NOTHING, {}
    names = [f"mine_{place}" for place in range(len(values))]
    following = iter(names)
    named = PLACEHOLDER.sub(lambda found: f"{found[1]}%({next(following)})s", sql)
    return named, dict(zip(names, values, strict=True))
