"""The statements of a piece of work, kept with the keys they made, and sent again by bare psycopg2.

Keys that PostgreSQL gives out stand in later statements. They are told from other numbers by their size: every sequence
starts far away before anything is kept, so that a replay can put in the keys that it was given itself.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.db import connection

FAR = 10**12
KEY = re.compile(r"\d{13,}")
#: Every sequence of big integers starts at a million millions of its own.
MOVE_AWAY = """
SELECT setval(format('%%I.%%I', schemaname, sequencename)::regclass, number * %s)
FROM (
    SELECT schemaname, sequencename, row_number() OVER (ORDER BY schemaname, sequencename) AS number
    FROM pg_sequences WHERE data_type::text = 'bigint' AND schemaname = 'public'
) every
"""


@dataclass(frozen=True)
class Sent:
    """One statement, and the rows it answered where it says what it wrote."""

    sql: str
    params: Any
    rows: Sequence[Sequence[Any]] = ()


def move_keys_away() -> None:
    """Let every key that is given out from now on be recognisable."""
    with connection.cursor() as cursor:
        cursor.execute(MOVE_AWAY, [FAR])


@contextmanager
def kept_statements() -> Iterator[list[Sent]]:
    """Collects what goes through Django's cursors inside."""
    found: list[Sent] = []

    def keep(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        answer = execute(sql, params, many, context)
        rows: Sequence[Sequence[Any]] = ()
        if "RETURNING" in sql:
            bare = context["cursor"].cursor
            rows = bare.fetchall()
            bare.scroll(0, "absolute")
        found.append(Sent(sql, params, rows))
        return answer

    with connection.execute_wrapper(keep):
        yield found


def replay(cursor: Any, statements: Sequence[Sent]) -> None:
    """Send the statements again through psycopg2's own cursor, with the keys this database gives out, and commit."""
    keys: dict[int, int] = {}
    for each in statements:
        cursor.execute(each.sql, _with_keys(each.params, keys) if keys else each.params)
        rows = cursor.fetchall() if cursor.description else ()
        for then, now in zip(each.rows, rows, strict=False):
            keys.update(
                (old, new)
                for old, new in zip(then, now, strict=True)
                if isinstance(old, int) and isinstance(new, int) and old >= FAR
            )
    cursor.connection.commit()


def _with_keys(value: Any, keys: Mapping[int, int]) -> Any:
    if isinstance(value, int):
        return keys.get(value, value)
    if isinstance(value, str):
        return KEY.sub(lambda found: str(keys.get(int(found[0]), found[0])), value) if KEY.search(value) else value
    if isinstance(value, (list, tuple)):
        return type(value)(_with_keys(each, keys) for each in value)
    if isinstance(value, dict):
        return {name: _with_keys(each, keys) for name, each in value.items()}
    return value
