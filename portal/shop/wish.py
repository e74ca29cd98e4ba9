"""What the reader of the catalogue asked for in the address: words, filters, order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal, InvalidOperation
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

LONGEST_SEARCH = 200
LONGEST_VALUE = 200
MOST_VALUES = 50
ATTRIBUTE = "a."
#: In an address: nothing of the words is to be mended.
EXACTLY = "exact"
HIGHEST_PRICE = Decimal(9_999_999_999)

SORTS: dict[str, Any] = {
    "name": _("Name"),
    "sku": _("SKU"),
    "newest": _("Newest"),
    "price": _("My price"),
}


@dataclass(frozen=True)
class Wish:
    """What makes no sense in an address is as if it were not said.

    Several brands, or values of one attribute, mean any of them; filters of different kinds mean all of them. `lowest`
    and `highest` bound the dealer's price per sales unit at the smallest order, before tax, inclusive.
    """

    text: str = ""
    exactly: bool = False
    sort: str = "name"
    grid: bool = False
    in_stock: bool = False
    new: bool = False
    bought: bool = False
    promoted: bool = False
    brands: tuple[str, ...] = ()
    attributes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    lowest: Decimal | None = None
    highest: Decimal | None = None

    @classmethod
    def read(cls, query: QueryDict, *, text: str = "") -> Wish:
        """The wish that stands in a query string."""
        sort = query.get("sort") or ""
        codes = [name for name in query if name.startswith(ATTRIBUTE)][:MOST_VALUES]
        attributes = {name.removeprefix(ATTRIBUTE): _values(query, name) for name in codes}
        return cls(
            text=text,
            exactly=query.get(EXACTLY) == "1",
            sort=sort if sort in SORTS else ("" if text else "name"),
            grid=query.get("view") == "grid",
            in_stock=query.get("stock") == "1",
            new=query.get("new") == "1",
            bought=query.get("bought") == "1",
            promoted=query.get("promo") == "1",
            brands=_values(query, "brand"),
            attributes={code: values for code, values in attributes.items() if code and values},
            lowest=_price(query.get("from")),
            highest=_price(query.get("to")),
        )

    @property
    def by_price(self) -> bool:
        """Whether a price is asked for."""
        return self.lowest is not None or self.highest is not None

    @property
    def narrowed(self) -> bool:
        """Whether any filter is in force."""
        switches = self.in_stock or self.new or self.bought or self.promoted
        return switches or self.by_price or bool(self.brands) or bool(self.attributes)

    @property
    def asked(self) -> str:
        """All that decides which products there are, for the key of a cache."""
        return repr(replace(self, sort="", grid=False))


def search_text(query: Mapping[str, Any]) -> str:
    """What was typed into the search box."""
    return _clean(str(query.get("q", "")))[:LONGEST_SEARCH]


def _values(query: QueryDict, name: str) -> tuple[str, ...]:
    found = (value.replace("\x00", " ")[:LONGEST_VALUE] for value in query.getlist(name)[:MOST_VALUES])
    return tuple(sorted({value for value in found if value}))


def _clean(text: str) -> str:
    return " ".join(text.replace("\x00", " ").split())


def _price(text: str | None) -> Decimal | None:
    try:
        value = Decimal((text or "").strip().replace(",", ""))
    except InvalidOperation:
        return None
    return value if value.is_finite() and 0 <= value <= HIGHEST_PRICE else None
