"""The rows that were refused, as a file in the upload's own format with a column that says why."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import BinaryIO

from dealers.intake.columns import text_of
from dealers.intake.rows import Cell, Problem
from portal.documents.formula_text import defuse
from portal.documents.tables.reading import Table
from portal.documents.workbooks import Column, Sheet, write_workbook
from portal.imports.mapping import PROBLEM_COLUMN
from portal.imports.opening import open_import

Said = tuple[int, str]


def told(problems: Iterable[Problem]) -> Iterator[Said]:
    """One sentence for each refused row, its problems joined. Takes and gives them in the order of the rows."""
    for row, found in groupby(problems, key=attrgetter("row")):
        messages = (f"{each.field}: {each.message}" if each.field else each.message for each in found)
        yield row, " ".join(dict.fromkeys(messages))


def write_refused(target: BinaryIO, path: Path, filename: str, said: Iterable[Said]) -> None:
    """Write the refused rows of a file to `target`: XLSX for a workbook, else CSV in the file's own encoding.

    `said` is in the order of the rows, and both are read beside each other: a million refused rows take little memory.

    Corrected and uploaded again it reads as the first file did: the added column is not one of ours.
    """
    with open_import(path, filename) as table:
        keep = [place for place, name in enumerate(table.header) if name != PROBLEM_COLUMN]
        header = [table.header[place] for place in keep] + [PROBLEM_COLUMN]
        rows = _rows(table, keep, said)
        if table.encoding is None:
            write_workbook(target, [Sheet(table.sheet or "Refused", [Column(name) for name in header], rows)])
        else:
            encoding = "utf-8-sig" if table.encoding.startswith("utf-8") else table.encoding
            _write_csv(target, header, rows, encoding)


def _rows(table: Table, keep: Sequence[int], said: Iterable[Said]) -> Iterator[list[Cell]]:
    waiting = iter(said)
    number, sentence = next(waiting, (0, ""))
    for record in table.rows():
        while 0 < number < record.number:
            number, sentence = next(waiting, (0, ""))
        if record.number == number:
            yield [*(record.cells[place] for place in keep), sentence]
            number, sentence = next(waiting, (0, ""))


def _write_csv(target: BinaryIO, header: Sequence[str], rows: Iterable[Sequence[Cell]], encoding: str) -> None:
    text = io.TextIOWrapper(target, encoding=encoding, errors="replace", newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow([defuse(name) for name in header])
    for row in rows:
        writer.writerow([defuse(cell) if isinstance(cell, str) else text_of(cell) for cell in row])
    text.flush()
    text.detach()
