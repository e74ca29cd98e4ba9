"""The best of what fits a search and a dealer may buy: a few of all products first, more of them only when needed.

To join a dealer's assortment with what fits costs more than to find it. So the best of all products are taken, a
few more than are wanted, and the assortment is asked about these alone, in the same statement. A dealer who may buy
little of what fits gets the same answer by other ways, which take longer.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from portal.search import words
from portal.search.products import Products
from portal.search.words import CODE, FACT, NAME
from pricing.numbers.keys import code_key

#: The steps: what fits better has a lower one.
WHOLE_CODE, BEGUN_CODE, WHOLE_NAMES, NAMES, FACTS, ANYWHERE = range(6)
#: So many rows are read to find those that fit better than the first that come.
REACH = 20_000
#: How many are taken at first and then, in times of those wanted, before the assortment itself is gone through; never
#: more than `REACH`.
SHARES = (1.25, 24, 240)
#: An assortment of at most so many products is looked through one by one.
FEW_PRODUCTS = 5_000
_STATED = NAME + CODE + FACT
_LAST_SIGN = "\U0010ffff"

CANDIDATES = """
SELECT step, code, product_id FROM portal_search_candidates(
    %(typed)s, %(typed_end)s, %(dealer)s, %(whole)s, %(named)s, %(stated)s, %(anywhere)s, %(whole_anywhere)s,
    %(most)s, %(reach)s)
"""
MARKED = """
WITH near AS MATERIALIZED ({candidates})
SELECT step, code, product_id,
       product_id IN (SELECT id FROM ({mine}) AS mine (id) WHERE id = ANY(ARRAY(SELECT product_id FROM near)))
FROM near
""".replace("{candidates}", CANDIDATES)
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
        query = words.Query(text, others)
        return cls(
            dealer,
            "" if others else code_key(text[: words.LONGEST_TEXT]),
            query.whole(NAME),
            query.begun(NAME),
            query.begun(_STATED),
            query.begun(),
            query.whole(),
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


def best(asked: Asked, products: Products, most: int) -> dict[int, int]:
    """The first `most` of these products that fit, best first, with the step by which each does.

    None of them is missed; but where more than `REACH` products fit, one that fits better may come behind others. One
    statement as a rule, at most ten.
    """
    few: list[int] | None = None
    for place, block in enumerate(sorted({int(min(most * share, max(most, REACH))) + 1 for share in SHARES})):
        if place == 1:
            few = products.few(FEW_PRODUCTS)
            if few is not None:
                break
        values = {**asked.params, "most": block, "reach": max(REACH, block)}
        mine, everything = _of_all(products, values, block, at_once=not place)
        if everything or len(mine) >= most:
            return dict(islice(mine.items(), most))
    return _of_mine(asked, products, few, most)


def _of_all(products: Products, values: Mapping[str, Any], block: int, *, at_once: bool) -> tuple[dict[int, int], bool]:
    """Those of the first `block` candidates that are among the products, and whether there are no others."""
    rows = products.rows(MARKED if at_once else CANDIDATES, values, ready=at_once)
    steps = _in_order(rows)
    everything = len(rows) < block
    # Of each step there may be more than came: only so many are surely the best.
    first = list(steps) if everything else list(islice(steps, block))
    mine = {row[2] for row in rows if row[3]} if at_once else set(products.kept(first))
    return {pk: steps[pk] for pk in first if pk in mine}, everything


def _of_mine(asked: Asked, products: Products, few: list[int] | None, most: int) -> dict[int, int]:
    """The same, beginning with the products; they are looked through one by one where they are few."""
    if few is None:
        few = products.some(FEW_PRODUCTS + 1)
    values = {**asked.params, "most": most, "few": few}
    if len(few) <= FEW_PRODUCTS:
        among = OF_MINE.replace("{near}", "product_id = ANY(%(few)s::bigint[])")
        return _in_order(products.rows(among.replace("{mine}", "SELECT unnest(%(few)s::bigint[])"), values))
    return _in_order(products.rows(OF_MINE.replace("{near}", "true"), values))


def _in_order(rows: Iterable[Any]) -> dict[int, int]:
    """Each product once, by its best step; rows begin with step, code and product."""
    steps: dict[int, int] = {}
    for step, _code, pk, *_mine in sorted(rows):
        steps.setdefault(pk, step)
    return steps
