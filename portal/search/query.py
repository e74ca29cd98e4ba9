"""Finding products by what people type: SKU or its beginning, own item number, EAN, words in English and Chinese.

What fits better comes first, step by step; no million of matches is ever sorted.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import connection
from django.db.models import BigIntegerField, F, Func, IntegerField, Q, QuerySet, Value
from django.db.models.expressions import RawSQL

from dealers.accounts.models import Dealer
from portal.search import typos, words
from portal.search.candidates import ANYWHERE, FITTING, Asked, as_sql, assortment_sql, best, kept
from pricing.numbers.keys import code_key

#: Results beyond this many are not put in order: people look for a product, they do not leaf through a thousand.
MOST_FOUND = 1000
#: How many of the first results are asked which of the words that may be meant they have.
MOST_ASKED = 50

NEAR_CODES = """
SELECT DISTINCT ON (product_id) product_id, code FROM (
    SELECT product_id, code FROM portal_search_productcode WHERE key = ANY(%(keys)s)
    UNION ALL
    SELECT product_id, number FROM pricing_numbers_dealeritemnumber WHERE dealer_id = %(dealer)s AND key = ANY(%(keys)s)
) AS near ORDER BY product_id, code
"""
KNOWN = "SELECT DISTINCT word FROM portal_search_word WHERE keys && %s::text[] LIMIT 5000"
SAID = """
SELECT EXISTS (SELECT 1 FROM portal_search_productentry WHERE product_id = ANY(%(ids)s) AND words @@ query::tsquery)
FROM unnest(%(queries)s::text[]) WITH ORDINALITY AS asked (query, place) ORDER BY asked.place
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
    products = assortment_sql(dealer) if within is None else as_sql(within)
    search = _Search(dealer, text.replace("\x00", " "), products, limit)
    return search.run(exactly=exactly) if search.key else Found((), False, _nothing())


def matching(text: str) -> Q:
    """The condition on Product that all words of `text` are found as typed; without any words nothing is."""
    query = words.query(text)
    return Q(pk__in=RawSQL(FITTING, [query])) if query else _nothing()  # noqa: S611  # what was typed is a parameter


def _nothing() -> Q:
    return Q(pk__in=[])


class _Search:
    """One search: as it was typed, then with one letter mended, then without a letter that begins a word."""

    def __init__(self, dealer: Dealer, text: str, products: str, limit: int) -> None:
        self._dealer, self._text, self._products, self._limit = dealer, text, products, limit
        self.key = code_key(text[: words.LONGEST_TEXT])

    def run(self, *, exactly: bool) -> Found:
        """Whatever is found first."""
        asked = Asked.of(self._dealer.pk, self._text)
        typed = best(asked, self._products, self._limit + 1)
        if exactly or any(step < ANYWHERE for step in typed.values()):
            return self._found(list(typed), asked)
        return self._mended(list(typed)) or self._near_codes() or self._described(asked, list(typed))

    def _found(self, ids: list[int], asked: Asked, *, corrected: str = "") -> Found:
        condition = Q(pk__in=RawSQL(*asked.condition))  # noqa: S611  # what was typed is a parameter
        return Found(tuple(ids[: self._limit]), len(ids) > self._limit, condition, corrected)

    def _mended(self, described: list[int]) -> Found | None:
        """With what the words may have meant: what fits by more than its description, then all that fits by it."""
        others = self._others()
        if not others:
            return None
        asked = Asked.of(self._dealer.pk, self._text, others)
        fitting = best(asked, self._products, self._limit + 1)
        if not any(step < ANYWHERE for step in fitting.values()) and (described or not fitting):
            return None
        ids = [pk for pk, step in fitting.items() if step < ANYWHERE]
        ids = list(dict.fromkeys([*ids, *described, *fitting]))
        return self._found(ids, asked, corrected=self._said(others, ids, told=not described))

    def _near_codes(self) -> Found | None:
        """By codes with one wrong sign; they are few."""
        keys = list(typos.code_neighbours(self.key))
        if not keys:
            return None
        with connection.cursor() as cursor:
            cursor.execute(NEAR_CODES, {"keys": keys, "dealer": self._dealer.pk})
            codes = dict(cursor.fetchall())
        ids = kept(codes, self._products)
        if not ids:
            return None
        return Found(tuple(ids[: self._limit]), len(ids) > self._limit, Q(pk__in=ids), codes[ids[0]])

    def _described(self, asked: Asked, ids: list[int]) -> Found:
        """What fits by its description alone; where nothing does, what fits without a letter at the end."""
        shorter = "" if ids else _less_a_letter(self._text)
        if not shorter:
            return self._found(ids, asked)
        found = _Search(self._dealer, shorter, self._products, self._limit).run(exactly=False)
        return replace(found, corrected=found.corrected or shorter) if found.ids else found

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

    def _said(self, others: words.Alternatives, ids: list[int], *, told: bool) -> str:
        """The text with the words by which the first of these were found.

        `told` that nothing fits as typed: where only one thing can have been meant, it was.
        """
        options = [(run, other) for run, found in others.items() for other in (run, *found)]
        only = told and len(options) == 2
        chosen = dict(options[1:]) if only else self._standing(options, ids[:MOST_ASKED])
        mended = words.with_runs(self._text, chosen)
        return mended if mended != words.with_runs(self._text, {}) else ""

    def _standing(self, options: list[tuple[str, str]], ids: list[int]) -> dict[str, str]:
        with connection.cursor() as cursor:
            cursor.execute(SAID, {"queries": [words.exactly(other) for _run, other in options], "ids": ids})
            said = [stands for (stands,) in cursor.fetchall()]
        chosen: dict[str, str] = {}
        for (run, other), found in zip(options, said, strict=True):
            if found:
                chosen.setdefault(run, other)
        return chosen


def _less_a_letter(text: str) -> str:
    """Without a single letter at its end, with which somebody begins the next word; empty when there is none."""
    typed = words.asked(text)
    last = typed[-1]
    if len(typed) < 2 or len("".join(last)) > 1 or words.is_chinese(last[0]):
        return ""
    return text[: words.LONGEST_TEXT].rsplit(maxsplit=1)[0]
