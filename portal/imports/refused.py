"""The rows that were refused, as a file in the upload's own format with a column that says why."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import BinaryIO

from dealers.intake.columns import text_of
from dealers.intake.rows import Cell, Problem
from portal.documents.formula_text import defuse
from portal.documents.tables.reading import Table, open_table
from portal.documents.workbooks import Column, Sheet, write_workbook
from portal.imports.mapping import PROBLEM_COLUMN


def told(problems: Iterable[Problem]) -> dict[int, str]:
    """One sentence for each refused row, its problems joined."""
    said: dict[int, list[str]] = {}
    for problem in problems:
        said.setdefault(problem.row, []).append(
            f"{problem.field}: {problem.message}" if problem.field else problem.message
        )
    return {row: " ".join(dict.fromkeys(messages)) for row, messages in said.items()}


def write_refused(target: BinaryIO, path: Path, filename: str, said: Mapping[int, str]) -> None:
    """Write the refused rows of a file to `target`: XLSX for a workbook, else CSV in the file's own encoding.

    Corrected and uploaded again it reads as the first file did: the added column is not one of ours.
    """
    with open_table(path, filename=filename) as table:
        keep = [place for place, name in enumerate(table.header) if name != PROBLEM_COLUMN]
        header = [table.header[place] for place in keep] + [PROBLEM_COLUMN]
        rows = _rows(table, keep, said)
        if table.encoding is None:
            write_workbook(target, [Sheet(table.sheet or "Refused", [Column(name) for name in header], rows)])
        else:
            encoding = "utf-8-sig" if table.encoding.startswith("utf-8") else table.encoding
            _write_csv(target, header, rows, encoding)


def _rows(table: Table, keep: Sequence[int], said: Mapping[int, str]) -> Iterator[list[Cell]]:
    for record in table.rows():
        if record.number in said:
            yield [*(record.cells[place] for place in keep), said[record.number]]


def _write_csv(target: BinaryIO, header: Sequence[str], rows: Iterable[Sequence[Cell]], encoding: str) -> None:
    text = io.TextIOWrapper(target, encoding=encoding, errors="replace", newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow([defuse(name) for name in header])
    for row in rows:
        writer.writerow([defuse(cell) if isinstance(cell, str) else text_of(cell) for cell in row])
    text.flush()
    text.detach()
