"""Paging by key: a page starts after the last row of the one before, so it costs the same at any depth.

The cursor holds that row's key, so rows that arrive, leave the filter or vanish meanwhile do not shift the pages.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Generic, TypeVar

from django.db.models import Model, Q, QuerySet
from django.http import QueryDict

T = TypeVar("T")
M = TypeVar("M", bound=Model)
AFTER, BEFORE = "after", "before"
PAGE_SIZE = 50
LONGEST_CURSOR = 2_000
#: No amount we keep has more digits; beyond the database's own limits it would refuse the comparison.
MOST_DIGITS = 30


@dataclass(frozen=True)
class Key:
    """One column of an order. `read` turns the cursor's text into the column's value; it never is null."""

    name: str
    read: Callable[[str], Any] = str
    descending: bool = False


@dataclass(frozen=True)
class Page(Generic[T]):
    """One page and the cursors to its neighbours (empty where there is none); the URLs keep the rest of the query."""

    rows: list[T]
    previous: str
    next: str
    query: Mapping[str, Any]

    @property
    def previous_url(self) -> str:
        """The query string of the page before, empty on the first one."""
        return without_place(self.query, **{BEFORE: self.previous}) if self.previous else ""

    @property
    def next_url(self) -> str:
        """The query string of the page after, empty on the last one."""
        return without_place(self.query, **{AFTER: self.next}) if self.next else ""


@dataclass(frozen=True)
class Edge:
    """Where a page starts: beyond the row with these `values` of the keys (None: at the end), in a direction."""

    values: tuple[Any, ...] | None
    backwards: bool


def edge_of(keys: Sequence[Key], query: Mapping[str, Any]) -> Edge:
    """The edge that `after` or `before` in the query names; the beginning when the cursor is not one of ours."""
    backwards = BEFORE in query
    values = _read_cursor(str(query.get(BEFORE if backwards else AFTER, "")), keys)
    return Edge(None, backwards=False) if values is None else Edge(tuple(values), backwards)


def cut(found: Sequence[T], keys: Sequence[Key], size: int, edge: Edge, query: Mapping[str, Any]) -> Page[T]:
    """The page out of `size + 1` rows beyond the edge (fewer at the end), in the order in which they were read."""
    more = len(found) > size
    items = list(found[:size])[::-1] if edge.backwards else list(found[:size])
    if not items:
        return Page([], "", "", query)
    has_previous = more if edge.backwards else edge.values is not None
    has_next = edge.backwards or more
    return Page(
        items,
        cursor_at(items[0], keys) if has_previous else "",
        cursor_at(items[-1], keys) if has_next else "",
        query,
    )


def page_of(rows: QuerySet[M], keys: Sequence[Key], size: int, query: Mapping[str, Any]) -> Page[M]:
    """The page that `after` or `before` in the query names; the first one when the cursor is not one of ours.

    The keys together are unique.
    """
    edge = edge_of(keys, query)
    found = rows.order_by(*(_direction(key, edge.backwards) for key in keys))
    if edge.values is not None:
        found = found.filter(_beyond(keys, edge.values, edge.backwards))
    return cut(list(found[: size + 1]), keys, size, edge, query)


def _direction(key: Key, backwards: bool) -> str:
    return f"-{key.name}" if key.descending != backwards else key.name


def _beyond(keys: Sequence[Key], edge: Sequence[Any], backwards: bool) -> Q:
    # Said twice, because an index is entered by the first key alone and not by the alternatives below.
    side = "lte" if keys[0].descending != backwards else "gte"
    first = Q(**{f"{keys[0].name}__{side}": edge[0]})
    condition = Q()
    equal = Q()
    for key, value in zip(keys, edge, strict=True):
        side = "lt" if key.descending != backwards else "gt"
        condition |= equal & Q(**{f"{key.name}__{side}": value})
        equal &= Q(**{key.name: value})
    return first & condition


def cursor_at(item: object, keys: Sequence[Key]) -> str:
    """The cursor of a row."""
    values = [_text(getattr(item, key.name)) for key in keys]
    return base64.urlsafe_b64encode(json.dumps(values, ensure_ascii=False).encode()).decode().rstrip("=")


def _text(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _read_cursor(text: str, keys: Sequence[Key]) -> list[Any] | None:
    if not text or len(text) > LONGEST_CURSOR:
        return None
    try:
        values = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        if not isinstance(values, list) or len(values) != len(keys) or b"\x00" in "".join(values).encode():
            return None
        return [key.read(value) for key, value in zip(keys, values, strict=True)]
    except (ValueError, TypeError, RecursionError, binascii.Error, InvalidOperation):
        return None


def whole(text: str) -> int:
    """A key that is an integer of the database; refuses larger ones."""
    number = int(text)
    if abs(number) >= 2**63:
        raise ValueError("larger than a key can be")
    return number


def moment(text: str) -> datetime:
    """A key that is an aware date-time."""
    value = datetime.fromisoformat(text)
    if value.tzinfo is None:
        raise ValueError("a key is an aware moment")
    return value


def money(text: str) -> Decimal:
    """A key that is an amount."""
    value = Decimal(text)
    if not value.is_finite() or abs(value.adjusted()) > MOST_DIGITS:
        raise ValueError("a key is an amount that can be kept")
    return value


PK = Key("pk", whole)


def turned(*keys: Key) -> tuple[Key, ...]:
    """The opposite order."""
    return tuple(replace(key, descending=not key.descending) for key in keys)


def order_of(keys: Sequence[Key]) -> list[str]:
    """The order for `order_by`."""
    return [_direction(key, backwards=False) for key in keys]


def with_params(query: Mapping[str, Any], **changes: Any) -> str:
    """The query string with some parameters set, or removed where the value is None or empty."""
    changed = QueryDict(mutable=True)
    changed.update(query)
    for name, value in changes.items():
        if value is None or value == "":
            changed.pop(name, None)
        else:
            changed[name] = str(value)
    return f"?{changed.urlencode()}"


def without_place(query: Mapping[str, Any], **changes: Any) -> str:
    """Like `with_params`, from the first page on: for filters, tabs and sorting."""
    return with_params(query, **{AFTER: None, BEFORE: None, **changes})
