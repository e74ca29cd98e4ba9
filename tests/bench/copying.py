"""Rows by COPY, and statements caught and counted."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from itertools import islice
from typing import Any

from django.db import connection, models
from django.utils import timezone

BATCH = 20_000
ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def copy_rows(model: type[models.Model], rows: Iterable[Mapping[str, Any]]) -> None:
    """Write rows (by column name; what is missing has the model's default), and move the key's sequence behind them."""
    every = list(model._meta.concrete_fields)
    remaining = iter(rows)
    with connection.cursor() as cursor:
        while batch := list(islice(remaining, BATCH)):
            fields = [field for field in every if field.column in batch[0] or not field.primary_key]
            defaults = {field.column: _default(field) for field in fields if field.column not in batch[0]}
            columns = [field.column for field in fields]
            text = "".join(
                "\t".join(_cell(row[column] if column in row else defaults[column]) for column in columns) + "\n"
                for row in batch
            )
            names = ", ".join(f'"{column}"' for column in columns)
            cursor.copy_expert(f'COPY "{model._meta.db_table}" ({names}) FROM STDIN', io.StringIO(text))
        key = model._meta.pk
        if isinstance(key, models.AutoField | models.BigAutoField):
            table = model._meta.db_table
            cursor.execute(
                f"SELECT setval(pg_get_serial_sequence('{table}', '{key.column}'), "
                f'greatest(max("{key.column}"), 1)) FROM "{table}"'
            )


def _default(field: models.Field[Any, Any]) -> Any:
    if getattr(field, "auto_now", False) or getattr(field, "auto_now_add", False):
        return timezone.now()
    if field.has_default():
        return field.get_default()
    return None if field.null else ""


def _cell(value: Any) -> str:
    if value is None:
        return "\\N"
    if isinstance(value, dict | list):
        value = json.dumps(value, ensure_ascii=False)
    return str(value).translate(ESCAPES)


@contextmanager
def statements() -> Iterator[list[tuple[str, Any]]]:
    """Collects `(sql, parameters)` of everything that goes through Django's cursors inside."""
    found: list[tuple[str, Any]] = []

    def keep(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        found.append((sql, params))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(keep):
        yield found


def count(work: Callable[[], object]) -> int:
    """How many statements one run sends."""
    with statements() as found:
        work()
    return len(found)


def bare_cursor() -> Any:
    """psycopg2's own cursor on Django's connection: no Django in between."""
    connection.ensure_connection()
    return connection.connection.cursor()
