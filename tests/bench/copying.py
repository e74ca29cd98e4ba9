"""Rows by COPY, and statements caught and counted."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Any

from django.db import connection, models
from django.utils import timezone

BATCH = 20_000
PENDING = """
SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint
WHERE conrelid = %s::regclass AND contype IN ('u', 'f') ORDER BY contype DESC, conname
"""
INDEXES = """
SELECT c.relname, pg_get_indexdef(i.indexrelid) FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
WHERE i.indrelid = %s::regclass AND NOT i.indisprimary ORDER BY c.relname
"""
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


def copy_text(model: type[models.Model], columns: Sequence[str], texts: Iterable[str]) -> None:
    """Write rows that stand in COPY's own text, many in each text; columns that are not named have the model's default.

    For tables of millions of rows, where making a mapping of each would take longer than the server does.
    """
    rest = [field for field in model._meta.concrete_fields if field.column not in columns and not field.primary_key]
    ends = "".join(f"\t{_cell(_default(field))}" for field in rest) + "\n"
    names = ", ".join(f'"{column}"' for column in (*columns, *(field.column for field in rest)))
    with connection.cursor() as cursor:
        for text in texts:
            whole = text if not rest else text.replace("\n", ends)
            cursor.copy_expert(f'COPY "{model._meta.db_table}" ({names}) FROM STDIN', io.StringIO(whole))


@contextmanager
def without_indexes(model: type[models.Model]) -> Iterator[None]:
    """The table without indexes, unique rules, foreign keys and triggers inside.

    All are made again at the end, and the rules checked; the triggers know nothing of the rows in between.
    """
    table = model._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(PENDING, [table])
        rules = cursor.fetchall()
        for name, _rule in rules:
            cursor.execute(f'ALTER TABLE "{table}" DROP CONSTRAINT "{name}"')
        cursor.execute(INDEXES, [table])
        indexes = cursor.fetchall()
        for name, _index in indexes:
            cursor.execute(f'DROP INDEX "{name}"')
        cursor.execute(f'ALTER TABLE "{table}" DISABLE TRIGGER USER')
    yield
    with connection.cursor() as cursor:
        cursor.execute(f'ALTER TABLE "{table}" ENABLE TRIGGER USER')
        cursor.execute("SET maintenance_work_mem = '512MB'")
        for _name, index in indexes:
            cursor.execute(index)
        for name, rule in rules:
            cursor.execute(f'ALTER TABLE "{table}" ADD CONSTRAINT "{name}" {rule}')
        cursor.execute("RESET maintenance_work_mem")


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
