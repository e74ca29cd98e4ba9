"""What every reader of a file format hands over: named sheets, an encoding, and a stream of records. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple

Cell = str | Decimal | date | datetime | bool | None
"""A cell: text as it stands in the file, an exact number, a date, a date with time (no zone), a truth value, empty."""

FORMULA_WITHOUT_VALUE = "formula_without_value"
ERROR_VALUE = "error_value"


class Note(NamedTuple):
    """Something a person should know about a cell: `column` counts from 0, `code` is one of the constants above."""

    column: int
    code: str


class Record(NamedTuple):
    """One row with at least one value. `number` is what the person's spreadsheet program shows beside it."""

    number: int
    cells: list[Cell]
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True, slots=True)
class Source:
    """An opened file before its heading row is taken off."""

    records: Iterator[Record]
    sheet_names: tuple[str, ...] = ()
    sheet: str | None = None
    encoding: str | None = None
    rows_hint: int | None = None


def without_trailing_blanks(cells: list[Cell]) -> list[Cell]:
    """Cut empty cells off the end, in place; the same list is returned."""
    while cells and cells[-1] is None:
        cells.pop()
    return cells
