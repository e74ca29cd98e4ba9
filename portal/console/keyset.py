"""Paging by key: a page costs the same wherever it lies, and rows that arrive meanwhile do not shift it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.db.models import Model, Q, QuerySet
from django.http import QueryDict

AFTER, BEFORE = "after", "before"
PAGE_SIZE = 50

Row = TypeVar("Row", bound=Model)


@dataclass(frozen=True)
class KeysetPage(Generic[Row]):
    """One page of rows; the URLs keep the filter and are empty where there is nothing further."""

    rows: list[Row]
    previous_url: str
    next_url: str


def keyset_page(
    rows: QuerySet[Row], everything: QuerySet[Row], params: QueryDict, order: Sequence[str], size: int = PAGE_SIZE
) -> KeysetPage[Row]:
    """A page of `rows` in the order of non-null columns, the last of them unique (`("-placed_at", "pk")`).

    The place is the key of a row (`after=`, `before=`), looked up in `everything`: all that the reader may see, so that
    the place holds when its row has left the filter meanwhile. An unknown key gives the first page.
    """
    backwards = BEFORE in params
    place = _place(everything, params.get(BEFORE) or params.get(AFTER), order)
    ordered = _turned(order) if backwards and place else tuple(order)
    found = rows.order_by(*ordered)
    if place:
        found = found.filter(_beyond(ordered, place))
    page = list(found[: size + 1])
    more, page = len(page) > size, page[:size]
    if place and backwards:
        page.reverse()
        return _linked(page, params, previous=more, following=True)
    return _linked(page, params, previous=bool(place), following=more)


def _place(everything: QuerySet[Row], key: str | None, order: Sequence[str]) -> dict[str, Any] | None:
    if not key or not key.isascii() or not key.isdigit() or len(key) > 18:
        return None
    columns = [column.lstrip("-") for column in order]
    return everything.filter(pk=int(key)).order_by().values(*columns).first()


def _turned(order: Sequence[str]) -> tuple[str, ...]:
    return tuple(column[1:] if column.startswith("-") else f"-{column}" for column in order)


def _beyond(order: Sequence[str], place: dict[str, Any]) -> Q:
    """Rows that come after a place: later in the first column, or equal there and later in the second, and so on."""
    condition, equal = Q(pk__in=[]), Q()
    for column in order:
        name = column.lstrip("-")
        side = "lt" if column.startswith("-") else "gt"
        condition |= equal & Q(**{f"{name}__{side}": place[name]})
        equal &= Q(**{name: place[name]})
    return condition


def _linked(page: list[Row], params: QueryDict, *, previous: bool, following: bool) -> KeysetPage[Row]:
    return KeysetPage(
        rows=page,
        previous_url=with_params(params, **{BEFORE: page[0].pk, AFTER: None}) if previous and page else "",
        next_url=with_params(params, **{AFTER: page[-1].pk, BEFORE: None}) if following and page else "",
    )


def with_params(params: QueryDict, **changes: Any) -> str:
    """The query string with some parameters set, or removed where the value is None or empty."""
    changed = params.copy()
    for name, value in changes.items():
        if value is None or value == "":
            changed.pop(name, None)
        else:
            changed[name] = str(value)
    return f"?{changed.urlencode()}"


def without_place(params: QueryDict, **changes: Any) -> str:
    """Like `with_params`, from the first page on: for filters, tabs and sorting."""
    return with_params(params, **{AFTER: None, BEFORE: None, **changes})
