"""Finding products by what people type: SKU or a part of it, EAN, words in English and Chinese."""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.search import SearchQuery
from django.db.models import Case, IntegerField, Q, Value, When

from portal.search import words


class Lexemes(SearchQuery):
    """A query of words that are split already: PostgreSQL's own parser is not asked."""

    def __init__(self, text: str) -> None:
        super().__init__(text, config=None, search_type="raw")
        self._lexemes = text

    def as_sql(self, *args: Any, **kwargs: Any) -> Any:
        """The literal, cast."""
        return "%s::tsquery", [self._lexemes]


def matching(text: str) -> Q:
    """The condition on Product that all words of `text` are found; without any words nothing is."""
    query = words.query(text[:500])
    return Q(search_entry__words=Lexemes(query)) if query else Q(pk__in=[])


def exact_first(text: str) -> Case:
    """To order by: the product whose SKU or EAN was typed, then those that have the words in code or name."""
    code = text.strip()[:100]
    named = words.query(text[:500], weight="A")
    return Case(
        When(upc__iexact=code, then=Value(0)),
        When(card__ean=code, then=Value(1)),
        *([When(search_entry__words=Lexemes(named), then=Value(2))] if named else []),
        default=Value(3),
        output_field=IntegerField(),
    )
