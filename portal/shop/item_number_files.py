"""Reading a dealer's own item numbers: an uploaded file, read as hostile, or pasted text."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence, Set
from pathlib import Path
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _

from dealers.intake.columns import Column
from dealers.intake.rows import Cell, Row
from portal.components.formats import format_quantity
from portal.documents.tables.limits import MEBIBYTE, Limits
from portal.documents.tables.reading import TableRefused, open_table
from portal.imports.mapping import guess_columns
from portal.shop.pasted import parse_text
from pricing.numbers.intake import OwnItemNumbersIntake

COLUMNS = OwnItemNumbersIntake.columns
NEEDED = frozenset({"sku", "number"})
#: More than any dealer buys of; one transaction takes them.
MOST_ROWS = 20_000
LIMITS = Limits(
    file_size=10 * MEBIBYTE,
    rows=MOST_ROWS + 200,
    columns=60,
    cell_characters=5_000,
    output_characters=20 * MEBIBYTE,
    expanded_size=200 * MEBIBYTE,
    part_size=200 * MEBIBYTE,
    memory=256 * MEBIBYTE,
    cpu_seconds=10,
    patience_seconds=20,
)


class FileRefused(Exception):
    """A file or text that cannot be read; the text says why and how to mend it."""


def read_file(file: UploadedFile[Any], columns: Sequence[Column] = COLUMNS, needed: Set[str] = NEEDED) -> list[Row]:
    """The rows of a workbook or CSV. Without the needed headings the columns stand in our order."""
    with tempfile.NamedTemporaryFile() as copy:
        if (file.size or 0) <= LIMITS.file_size:
            for chunk in file.chunks():
                copy.write(chunk)
            copy.flush()
        else:
            copy.truncate(file.size or 0)
        try:
            with open_table(Path(copy.name), filename=file.name or "", limits=LIMITS) as table:
                rows = [(record.number, list(record.cells)) for record in table.rows()]
                return _rows(table.header_row, table.header, rows, columns, needed)
        except TableRefused as why:
            raise FileRefused(why.message) from why


def read_text(text: str, columns: Sequence[Column] = COLUMNS, needed: Set[str] = NEEDED) -> list[Row]:
    """The rows of pasted text, cells parted by tab, semicolon, comma or spaces."""
    pasted = parse_text(text)
    rows: list[tuple[int, Sequence[Cell]]] = [(line.number, line.cells) for line in pasted.lines]
    if pasted.header:
        return _rows(1, list(pasted.header), rows, columns, needed)
    if not rows:
        return []
    (number, first), *others = rows
    return _rows(number, [str(cell) for cell in first], others, columns, needed)


def _rows(
    header_row: int,
    header: Sequence[str],
    rows: Sequence[tuple[int, Sequence[Cell]]],
    columns: Sequence[Column],
    needed: Set[str],
) -> list[Row]:
    found = guess_columns(columns, header)
    if needed <= set(found):
        places = {name: list(header).index(theirs) for name, theirs in found.items()}
        every = list(rows)
    else:
        places = {column.name: place for place, column in enumerate(columns)}
        every = [(header_row, list(header)), *rows]
    if len(every) > MOST_ROWS:
        words = {"count": format_quantity(len(every)), "limit": format_quantity(MOST_ROWS)}
        raise FileRefused(_("These are %(count)s rows; at most %(limit)s go at once. Send them in parts.") % words)
    return [Row(number, _values(cells, places)) for number, cells in every if any(cells)]


def _values(cells: Sequence[Cell], places: Mapping[str, int]) -> dict[str, Cell]:
    return {name: cells[place] for name, place in places.items() if place < len(cells)}
