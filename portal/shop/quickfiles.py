"""Files of a quick order: the upload, read as hostile, and the lines that could not be ordered, in the same format."""

from __future__ import annotations

import csv
import io
import tempfile
from collections.abc import Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponseBase
from django.utils.translation import gettext as _

from portal.components.downloads import attachment, excel
from portal.documents.formula_text import defuse
from portal.documents.tables.limits import MEBIBYTE, Limits
from portal.documents.tables.reading import Cell, Table, TableRefused, open_table
from portal.documents.workbooks import Column, Sheet
from portal.imports.mapping import PROBLEM_COLUMN
from portal.shop.pasted import MOST_LINES, read_rows
from portal.shop.quicklist import MOST_COLUMNS, QuickList, from_pasted, table_of

#: An order is small: five thousand lines need none of what a catalogue may ask for.
LIMITS = Limits(
    file_size=10 * MEBIBYTE,
    rows=MOST_LINES + 200,
    columns=MOST_COLUMNS,
    cell_characters=5_000,
    output_characters=20 * MEBIBYTE,
    expanded_size=200 * MEBIBYTE,
    part_size=200 * MEBIBYTE,
    memory=256 * MEBIBYTE,
    cpu_seconds=4,
    patience_seconds=10,
)


class FileRefused(Exception):
    """A file that cannot be ordered from; the text says why and how to mend it."""


def read_file(file: UploadedFile[Any]) -> QuickList:
    """The lines of an uploaded workbook or CSV. Raises `FileRefused`; nothing of a refused file is kept."""
    name = file.name or ""
    with tempfile.NamedTemporaryFile() as copy:
        if (file.size or 0) <= LIMITS.file_size:
            for chunk in file.chunks():
                copy.write(chunk)
            copy.flush()
        else:
            copy.truncate(file.size or 0)
        try:
            with open_table(Path(copy.name), filename=name, limits=LIMITS) as table:
                quick = from_pasted(
                    read_rows(_rows(table)), excel=table.encoding is None, encoding=table.encoding or ""
                )
        except TableRefused as why:
            raise FileRefused(why.message) from why
    return quick


def write_problems(quick: QuickList, problems: Sequence[str]) -> HttpResponseBase:
    """The lines with what is wrong with each, as an attachment that can be mended and uploaded again."""
    heading, rows = table_of(quick, problems, (_("SKU"), _("Quantity"), PROBLEM_COLUMN))
    name = "quick-order-problems"
    if quick.excel:
        return excel(name, [Sheet(_("Quick order"), [Column(title) for title in heading], rows)])
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow([defuse(title) for title in heading])
    writer.writerows([defuse(cell) for cell in row] for row in rows)
    encoding = "utf-8-sig" if quick.encoding in ("", "utf-8") else quick.encoding
    return attachment(text.getvalue().encode(encoding, "replace"), f"{name}.csv", "text/csv")


def _rows(table: Table) -> Iterator[tuple[int, list[str]]]:
    yield table.header_row, table.header
    for record in table.rows():
        yield record.number, [_text(cell) for cell in record.cells]


def _text(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, Decimal):
        return f"{cell.normalize():f}" if cell.is_finite() else str(cell)
    return str(cell)
