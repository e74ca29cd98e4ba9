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
from portal.search.candidates import ANYWHERE, FITTING, Asked, best
from portal.search.near_codes import near_codes
from portal.search.products import Products
from pricing.numbers.keys import code_key

#: Results beyond this many are not put in order: people look for a product, they do not leaf through a thousand.
MOST_FOUND = 1000
#: How many of the first results are asked which of the words that may be meant they have.
MOST_ASKED = 50

KNOWN = "SELECT DISTINCT word FROM portal_search_word WHERE keys && %s::text[] LIMIT 5000"
SAID = """
SELECT EXISTS (SELECT 1 FROM portal_search_productentry WHERE product_id = ANY(%(ids)s) AND words @@ query::tsquery)
FROM unnest(%(queries)s::text[]) WITH ORDINALITY AS asked (query, place) ORDER BY asked.place
"""


@dataclass(frozen=True)
class Found:
    """What fits a text, best first.

    `ids` are at most as many as were asked for; `more` says that there are others. `corrected` is what was searched
    instead when nothing fits as typed. `fitting` is what was asked, or the ids of all that fits.
    """

    ids: tuple[int, ...]
    more: bool
    fitting: Asked | tuple[int, ...] = ()
    corrected: str = ""

    @property
    def condition(self) -> Q:
        """All that fits, without bound, for facets and other orders."""
        if isinstance(self.fitting, Asked):
            return Q(pk__in=RawSQL(*self.fitting.condition))  # noqa: S611  # what was typed is a parameter
        return Q(pk__in=self.fitting)

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
    products = Products.assortment(dealer) if within is None else Products.of(dealer, within)
    search = _Search(dealer, text.replace("\x00", " "), products, limit)
    return search.run(exactly=exactly) if search.key else Found((), more=False)


def matching(text: str) -> Q:
    """The condition on Product that all words of `text` are found as typed; without any words nothing is."""
    query = words.query(text)
    return Q(pk__in=RawSQL(FITTING, [query])) if query else Q(pk__in=())  # noqa: S611  # what was typed is a parameter


class _Search:
    """One search: as it was typed, then with one letter mended, then without a letter that begins a word."""

    def __init__(self, dealer: Dealer, text: str, products: Products, limit: int) -> None:
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
        return Found(tuple(ids[: self._limit]), len(ids) > self._limit, asked, corrected)

    def _mended(self, described: list[int]) -> Found | None:
        """With what the words may have meant: what fits by more than its description, then all that fits by it."""
        others = self._others()
        if not others:
            return None
        # Nothing fits as typed: with one run to mend nothing can fit by what stands there now.
        left = bool(described) or len(others) > 1
        options = {run: [run, *found] for run, found in others.items()} if left else others
        asked = Asked.of(self._dealer.pk, self._text, options)
        fitting = best(asked, self._products, self._limit + 1)
        if not any(step < ANYWHERE for step in fitting.values()) and (described or not fitting):
            return None
        ids = [pk for pk, step in fitting.items() if step < ANYWHERE]
        ids = list(dict.fromkeys([*ids, *described, *fitting]))
        return self._found(ids, asked, corrected=self._said(others, ids, told=not described))

    def _near_codes(self) -> Found | None:
        """By codes with one wrong sign; they are few."""
        codes = near_codes(self._dealer.pk, self.key)
        ids = self._products.kept(codes)
        if not ids:
            return None
        return Found(tuple(ids[: self._limit]), len(ids) > self._limit, tuple(ids), codes[ids[0]])

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
        asked = {run: keys for run in typed if (keys := typos.asked_keys(run))}
        if not asked:
            return {}
        with connection.cursor() as cursor:
            cursor.execute(KNOWN, [sorted(set().union(*asked.values()))])
            known = {word for (word,) in cursor.fetchall()}
        meant = {run: found for run in asked if (found := typos.meant(run, known))}
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
