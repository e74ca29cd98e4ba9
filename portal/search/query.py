"""Finding products by what people type: SKU or its beginning, own item number, EAN, words in English and Chinese.

What fits better comes first, step by step, and a step is only asked while there is room: no million of matches is ever
sorted. Within a step products stand in the order of their ids.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import BigIntegerField, F, Func, IntegerField, Q, QuerySet, Value
from django.db.models.expressions import RawSQL

from dealers.accounts.models import Dealer
from portal.search import typos, words
from portal.search.words import CODE, FACT, NAME
from pricing.numbers.keys import code_key
from pricing.quote import assortment

#: Results beyond this many are not put in order: people look for a product, they do not leaf through a thousand.
MOST_FOUND = 1000
#: Up to this many matches are looked at together; beyond it each step is asked by itself and stops when it is full.
FEW_MATCHES = 500
#: How many of the first results are asked which of the words that may be meant they have.
MOST_ASKED = 50
_FACTS = NAME + CODE + FACT
_LAST_SIGN = "\U0010ffff"

CODES = """
SELECT product_id, least(min(rank), 1), min(key) FROM (
    (SELECT product_id, CASE WHEN key = %(key)s THEN 0 ELSE 1 END AS rank, key FROM portal_search_productcode
     WHERE key >= %(key)s AND key < %(end)s AND product_id IN ({mine}) ORDER BY key, product_id LIMIT %(limit)s)
    UNION ALL
    (SELECT product_id, CASE WHEN key = %(key)s THEN 0 ELSE 1 END AS rank, key FROM pricing_numbers_dealeritemnumber
     WHERE dealer_id = %(dealer)s AND key >= %(key)s AND key < %(end)s AND product_id IN ({mine})
     ORDER BY key, product_id LIMIT %(limit)s)
) AS code GROUP BY product_id ORDER BY 2, 3, 1 LIMIT %(limit)s
"""
NEAR_CODES = """
SELECT DISTINCT ON (product_id) product_id, code FROM (
    SELECT product_id, code FROM portal_search_productcode WHERE key = ANY(%(keys)s) AND product_id IN ({mine})
    UNION ALL
    SELECT product_id, number FROM pricing_numbers_dealeritemnumber
    WHERE dealer_id = %(dealer)s AND key = ANY(%(keys)s) AND product_id IN ({mine})
) AS near ORDER BY product_id, code LIMIT %(limit)s
"""
# Of whole words PostgreSQL knows how many products have them: common ones it meets soon in the table itself, rare ones
# it looks up. Of beginnings it does not, and would search the table for what is rare: they are looked up first.
WHOLE = """
SELECT product_id FROM portal_search_productentry
WHERE words @@ %(query)s::tsquery AND product_id IN ({mine}) LIMIT %(limit)s
"""
BEGUN = """
WITH hit AS MATERIALIZED (
    SELECT product_id FROM portal_search_productentry WHERE words @@ %(query)s::tsquery AND {beyond}
) SELECT product_id FROM hit WHERE product_id IN ({mine}) LIMIT %(limit)s
"""
BEYOND = "NOT words @@ %(former)s::tsquery"
FEW = """
WITH fitting AS MATERIALIZED (
    SELECT product_id, words FROM portal_search_productentry WHERE words @@ %(query)s::tsquery
), hit AS MATERIALIZED (
    SELECT product_id, CASE
        WHEN words @@ %(names)s::tsquery THEN 0 WHEN words @@ %(facts)s::tsquery THEN 1 ELSE 2 END AS step
    FROM fitting LIMIT %(few)s
)
SELECT step, product_id FROM hit WHERE product_id IN ({mine})
UNION ALL SELECT 3, count(*) FROM hit ORDER BY 1, 2
"""
KNOWN = "SELECT DISTINCT word FROM portal_search_word WHERE keys && %s::text[] LIMIT 5000"
SAID = """
SELECT EXISTS (SELECT 1 FROM portal_search_productentry WHERE product_id = ANY(%(ids)s) AND words @@ query::tsquery)
FROM unnest(%(queries)s::text[]) WITH ORDINALITY AS asked (query, place) ORDER BY asked.place
"""
FITTING = "SELECT product_id FROM portal_search_productentry WHERE words @@ %s::tsquery"
FITTING_CODES = """
UNION ALL SELECT product_id FROM portal_search_productcode WHERE key >= %s AND key < %s
UNION ALL SELECT product_id FROM pricing_numbers_dealeritemnumber WHERE dealer_id = %s AND key >= %s AND key < %s
"""


@dataclass(frozen=True)
class Found:
    """What fits a text, best first.

    `ids` are at most as many as were asked for; `more` says that there are others. `condition` is all that fits,
    without bound, for facets and other orders. `corrected` is what was searched instead when nothing fits as typed.
    """

    ids: tuple[int, ...]
    more: bool
    condition: Q
    corrected: str = ""

    @property
    def ranking(self) -> Func:
        """To order those of `ids` by: 1 for the best. None for what is not among them."""
        ids = Value(list(self.ids), output_field=ArrayField(BigIntegerField()))
        return Func(ids, F("pk"), function="array_position", output_field=IntegerField())


def find(
    dealer: Dealer,
    text: str,
    *,
    within: QuerySet[Any] | None = None,
    limit: int = MOST_FOUND,
    exactly: bool = False,
) -> Found:
    """The first `limit` products that fit, of the dealer's assortment or of `within`, which must lie inside it.

    Codes come first (exact, then those that begin so), then names, then brands, attributes and categories, then
    descriptions. Where no code, name or fact fits, words with one wrong letter are mended, unless `exactly`.
    Another dealer's item numbers are never looked at. A constant number of statements.
    """
    products = assortment(dealer) if within is None else within
    try:
        sql, params = products.order_by().values("pk").query.sql_with_params()
    except EmptyResultSet:
        return Found((), False, _nothing())
    mine = str(connection.ops.compose_sql(sql, params))  # type: ignore[attr-defined]  # PostgreSQL's has it
    return _Search(dealer, text.replace("\x00", " "), mine, limit).run(exactly=exactly)


def matching(text: str) -> Q:
    """The condition on Product that all words of `text` are found as typed; without any words nothing is."""
    query = words.query(text)
    return Q(pk__in=RawSQL(FITTING, [query])) if query else _nothing()  # noqa: S611  # what was typed is a parameter


def _nothing() -> Q:
    return Q(pk__in=[])


class _Search:
    """One search: each step adds to what is found until there are `limit` and one more."""

    def __init__(self, dealer: Dealer, text: str, mine: str, limit: int) -> None:
        self._dealer, self._text, self._mine, self._limit = dealer, text, mine, limit
        self._key = code_key(text[: words.LONGEST_TEXT])
        self._ids: dict[int, None] = {}

    def run(self, *, exactly: bool) -> Found:
        """All steps, in order."""
        if not self._key:
            return Found((), False, _nothing())
        others: words.Alternatives = {}
        corrected, near = "", False
        self._codes()
        self._whole()
        described = self._fitting(others)
        if not self._ids and not exactly:
            corrected = self._near_codes()
            near = bool(corrected)
            others = {} if near else self._others()
            mended = self._fitting(others) if others else []
            described += mended
        if not near:
            self._add(described)
        if others and self._ids:
            corrected = self._said(others)
        ids = tuple(self._ids)
        if not ids and not exactly and (shorter := _less_a_letter(self._text)):
            found = _Search(self._dealer, shorter, self._mine, self._limit).run(exactly=False)
            return replace(found, corrected=found.corrected or shorter) if found.ids else found
        condition = Q(pk__in=ids) if near else self._condition(others)
        return Found(ids[: self._limit], len(ids) > self._limit, condition, corrected)

    @property
    def _full(self) -> bool:
        return len(self._ids) > self._limit

    def _add(self, ids: Iterable[int]) -> None:
        self._ids.update(dict.fromkeys(ids))

    def _codes(self) -> None:
        found = self._rows(CODES, key=self._key, end=self._key + _LAST_SIGN, dealer=self._dealer.pk)
        self._ids.update((pk, None) for pk, _rank, _key in found)

    def _near_codes(self) -> str:
        keys = list(typos.code_neighbours(self._key))
        found = self._rows(NEAR_CODES, keys=keys, dealer=self._dealer.pk) if keys else []
        self._ids.update((pk, None) for pk, _code in found)
        return found[0][1] if found else ""

    def _whole(self) -> None:
        """Names with all words as they stand."""
        if not self._full:
            rows = self._rows(WHOLE, query=words.query(self._text, NAME, going_on=False))
            self._add(sorted(pk for (pk,) in rows))

    def _fitting(self, others: words.Alternatives) -> list[int]:
        """Names, then brands, attributes, categories and parts of codes. Gives what fits by its description only."""
        if self._full:
            return []
        names, facts, every = (words.query(self._text, weights, others) for weights in (NAME, _FACTS, ""))
        *rows, (_last, count) = self._rows(FEW, query=every, names=names, facts=facts, few=FEW_MATCHES + 1)
        if count <= FEW_MATCHES:
            self._add(pk for step, pk in rows if step < 2)
            return [pk for step, pk in rows if step == 2]
        self._add(self._begun(names, ""))
        self._add(self._begun(facts, names))
        return self._begun(every, facts)

    def _begun(self, query: str, former: str) -> list[int]:
        if self._full:
            return []
        beyond = BEYOND if former else "true"
        rows = self._rows(BEGUN.replace("{beyond}", beyond), query=query, former=former)
        return sorted(pk for (pk,) in rows)

    def _rows(self, sql: str, **params: Any) -> list[Any]:
        params["limit"] = self._limit + 1 + len(self._ids)
        with connection.cursor() as cursor:
            cursor.execute(sql.replace("{mine}", self._mine.replace("%", "%%")), params)
            return cursor.fetchall()

    def _others(self) -> dict[str, list[str]]:
        """What the words that nobody knows may have meant; where all are known, what any of them may have meant."""
        typed = {run for word in words.asked(self._text) for run in word}
        keys = sorted({key for run in typed for key in typos.asked_keys(run)})
        if not keys:
            return {}
        with connection.cursor() as cursor:
            cursor.execute(KNOWN, [keys])
            known = {word for (word,) in cursor.fetchall()}
        meant = {run: found for run in typed if (found := typos.meant(run, known))}
        unknown = {run: found for run, found in meant.items() if not typos.is_known(run, known)}
        return unknown or meant

    def _said(self, others: words.Alternatives) -> str:
        """The text with the words by which the first results were found."""
        options = [(run, other) for run, found in others.items() for other in (run, *found)]
        first = list(self._ids)[:MOST_ASKED]
        with connection.cursor() as cursor:
            cursor.execute(SAID, {"queries": [words.exactly(other) for _run, other in options], "ids": first})
            said = [stands for (stands,) in cursor.fetchall()]
        chosen: dict[str, str] = {}
        for (run, other), found in zip(options, said, strict=True):
            if found:
                chosen.setdefault(run, other)
        mended = words.with_runs(self._text, chosen)
        return mended if mended != words.with_runs(self._text, {}) else ""

    def _condition(self, others: words.Alternatives) -> Q:
        end = self._key + _LAST_SIGN
        params = [words.query(self._text, "", others), self._key, end, self._dealer.pk, self._key, end]
        return Q(pk__in=RawSQL(FITTING + FITTING_CODES, params))  # noqa: S611  # what was typed is a parameter


def _less_a_letter(text: str) -> str:
    """Without a single letter at its end, with which somebody begins the next word; empty when there is none."""
    typed = words.asked(text)
    last = typed[-1]
    if len(typed) < 2 or len("".join(last)) > 1 or words.is_chinese(last[0]):
        return ""
    return text[: words.LONGEST_TEXT].rsplit(maxsplit=1)[0]
