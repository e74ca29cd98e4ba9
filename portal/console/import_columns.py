"""The importer's columns as those of a workbook, so that what is exported can be imported again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from dealers.intake import columns as intake
from portal.documents.workbooks import Column, Kind


def import_columns(columns: Sequence[intake.Column]) -> list[Column]:
    """A column of a workbook for each of an intake, under its canonical name."""
    return [Column(column.name, _kind_of(column), number_format=_format_of(column)) for column in columns]


def import_rows(rows: Iterable[Iterable[Any]]) -> Iterator[tuple[Any, ...]]:
    """Rows with yes and no as words."""
    for row in rows:
        yield tuple(("yes" if cell else "no") if isinstance(cell, bool) else cell for cell in row)


def _kind_of(column: intake.Column) -> Kind:
    if isinstance(column, intake.Whole):
        return "integer"
    if isinstance(column, intake.Number):
        return "decimal"
    return "date" if isinstance(column, intake.Day) else "text"


def _format_of(column: intake.Column) -> str | None:
    if isinstance(column, intake.Whole):
        return "0"
    return "0.00##" if isinstance(column, intake.Number) else None
