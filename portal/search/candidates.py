"""The best of what fits a search and a dealer may buy: a few of all products first, more of them only when needed.

To join a dealer's assortment with what fits costs more than to find it. So the best of all products are taken, a
few more than are wanted, and the assortment is asked about these alone. A dealer who may buy little of what fits gets
the same answer by other ways, which take longer.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet
from django.utils import timezone

from dealers.accounts.models import Dealer
from portal.search import words
from portal.search.words import CODE, FACT, NAME
from pricing.numbers.keys import code_key
from pricing.quote import assortment, supplier_day
from pricing.selling.inforce import in_force

#: The steps: what fits better has a lower one.
WHOLE_CODE, BEGUN_CODE, WHOLE_NAMES, NAMES, FACTS, ANYWHERE = range(6)
#: So many rows are read to find those that fit better than the first that come.
REACH = 20_000
#: How many are taken at first and then, in times of those wanted, before the assortment itself is gone through; never
#: more than `REACH`.
SHARES = (1.25, 24, 240)
#: An assortment of at most so many products is looked through one by one.
FEW_PRODUCTS = 5_000
#: So many dealers' assortments are remembered as SQL.
MOST_REMEMBERED = 500
_written: dict[tuple[Any, ...], str] = {}
_STATED = NAME + CODE + FACT
_LAST_SIGN = "\U0010ffff"

CANDIDATES = """
SELECT step, code, product_id FROM portal_search_candidates(
    %(typed)s, %(typed_end)s, %(dealer)s, %(whole)s, %(named)s, %(stated)s, %(anywhere)s, %(whole_anywhere)s,
    %(most)s, %(reach)s)
"""
OF_MINE = """
WITH hit AS MATERIALIZED (
    SELECT product_id, CASE WHEN words @@ %(whole)s::tsquery THEN 2 WHEN words @@ %(named)s::tsquery THEN 3
        WHEN words @@ %(stated)s::tsquery THEN 4 ELSE 5 END AS step
    FROM portal_search_productentry WHERE words @@ %(anywhere)s::tsquery AND {near}
), fitting AS (
    SELECT CASE WHEN key = %(typed)s THEN 0 ELSE 1 END AS step, key::text AS code, product_id
    FROM portal_search_productcode WHERE key >= %(typed)s AND key < %(typed_end)s
    UNION ALL
    SELECT CASE WHEN key = %(typed)s THEN 0 ELSE 1 END, key::text, product_id FROM pricing_numbers_dealeritemnumber
    WHERE dealer_id = %(dealer)s AND key >= %(typed)s AND key < %(typed_end)s
    UNION ALL SELECT step, '', product_id FROM hit
), best AS (
    SELECT DISTINCT ON (product_id) step, code, product_id FROM fitting WHERE product_id IN ({mine})
    ORDER BY product_id, step, code
) SELECT step, code, product_id FROM best ORDER BY step, code, product_id LIMIT %(most)s
"""
KEPT = "SELECT id FROM ({mine}) AS mine (id) WHERE id = ANY(%(ids)s::bigint[])"
# Were it known that only some are wanted, PostgreSQL would walk through all products in the hope to meet these soon.
SOME = "WITH mine (id) AS MATERIALIZED ({mine}) SELECT id FROM mine LIMIT %(most)s"
NOTHING = "SELECT NULL::bigint WHERE false"
FITTING = "SELECT product_id FROM portal_search_productentry WHERE words @@ %s::tsquery"
FITTING_CODES = """
UNION ALL SELECT product_id FROM portal_search_productcode WHERE key >= %s AND key < %s
UNION ALL SELECT product_id FROM pricing_numbers_dealeritemnumber WHERE dealer_id = %s AND key >= %s AND key < %s
"""


@dataclass(frozen=True)
class Asked:
    """What a dealer typed, as the database is asked for it; `typed` is its key as a code, empty to ask for words."""

    dealer: int
    typed: str
    whole: str
    named: str
    stated: str
    anywhere: str
    whole_anywhere: str

    @classmethod
    def of(cls, dealer: int, text: str, others: words.Alternatives | None = None) -> Asked:
        """The text as it was typed; with what its words may have meant, it is words and no code."""
        return cls(
            dealer,
            "" if others else code_key(text[: words.LONGEST_TEXT]),
            words.query(text, NAME, others, going_on=False),
            words.query(text, NAME, others),
            words.query(text, _STATED, others),
            words.query(text, "", others),
            words.query(text, "", others, going_on=False),
        )

    @property
    def params(self) -> dict[str, Any]:
        """Its values by their names."""
        # No code has a key that begins with the last sign there is.
        return {**vars(self), "typed_end": self.typed + _LAST_SIGN if self.typed else ""}

    @property
    def condition(self) -> tuple[str, list[Any]]:
        """SQL and its values for the ids of all products that fit, of whatever assortment."""
        codes = [self.typed, self.params["typed_end"]]
        return FITTING + FITTING_CODES, [self.anywhere, *codes, self.dealer, *codes]


def as_sql(products: QuerySet[Any]) -> str:
    """The ids of the products, as part of a statement that has other values too."""
    try:
        sql, values = products.order_by().values("pk").query.sql_with_params()
    except EmptyResultSet:
        return NOTHING
    composed = connection.ops.compose_sql(sql, values)  # type: ignore[attr-defined]  # PostgreSQL's has it
    return str(composed).replace("%", "%%")


def assortment_sql(dealer: Dealer) -> str:
    """The same for all that a dealer may see.

    It takes Django longer to write than it takes PostgreSQL to answer, and who searches types the next letter soon:
    so it is remembered, by all it is made of.
    """
    now = timezone.now()
    day = supplier_day(now)
    key = (dealer.pk, dealer.group_id, day, repr(in_force(dealer, day)))
    if key not in _written:
        if len(_written) >= MOST_REMEMBERED:
            _written.clear()
        _written[key] = as_sql(assortment(dealer, now))
    return _written[key]


def best(asked: Asked, products: str, most: int) -> dict[int, int]:
    """The first `most` of these products that fit, best first, with the step by which each does.

    `products` is what `as_sql` or `assortment_sql` gives. None of them is missed; but where more than `REACH` products
    fit, one that fits better may come behind others. Two statements as a rule, at most eight.
    """
    for block in sorted({int(min(most * share, max(most, REACH))) + 1 for share in SHARES}):
        rows = _rows(CANDIDATES, {**asked.params, "most": block, "reach": max(REACH, block)})
        steps = _in_order(rows)
        everything = len(rows) < block
        # Of each step there may be more than came: only so many are surely the best.
        first = list(steps) if everything else list(steps)[:block]
        mine = kept(first, products)
        if everything or len(mine) >= most:
            return {pk: steps[pk] for pk in mine[:most]}
    return _of_mine(asked, products, most)


def kept(ids: Iterable[int], products: str) -> list[int]:
    """Those of the ids that are among the products, in their order. One statement, none for no ids."""
    asked = list(ids)
    mine = {pk for (pk,) in _rows(KEPT.replace("{mine}", products), {"ids": asked})} if asked else set()
    return [pk for pk in asked if pk in mine]


def _of_mine(asked: Asked, products: str, most: int) -> dict[int, int]:
    """The same, beginning with the products; they are looked through one by one where they are few."""
    few = [pk for (pk,) in _rows(SOME.replace("{mine}", products), {"most": FEW_PRODUCTS + 1})]
    near = "true"
    if len(few) <= FEW_PRODUCTS:
        products, near = "SELECT unnest(%(few)s::bigint[])", "product_id = ANY(%(few)s::bigint[])"
    rows = _rows(
        OF_MINE.replace("{near}", near).replace("{mine}", products), {**asked.params, "most": most, "few": few}
    )
    return _in_order(rows)


def _rows(sql: str, params: Mapping[str, Any]) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.fetchall()


def _in_order(rows: Iterable[tuple[int, str, int]]) -> dict[int, int]:
    """Each product once, by its best step."""
    steps: dict[int, int] = {}
    for step, _code, pk in sorted(rows):
        steps.setdefault(pk, step)
    return steps
