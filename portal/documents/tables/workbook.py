"""XLSX: check the archive, find the sheet with the table, stream its records. Pure; runs in the reading process."""

from collections.abc import Iterator
from itertools import chain
from typing import BinaryIO

from portal.documents.tables.archive import Archive
from portal.documents.tables.limits import Limits
from portal.documents.tables.refusal import Refusal
from portal.documents.tables.sheet import SheetReader
from portal.documents.tables.source import Record, Source
from portal.documents.tables.workbookparts import SheetPart, WorkbookParts, read_parts


def read_workbook(file: BinaryIO, limits: Limits, *, sheet: str | None = None) -> Source:
    """Open a workbook at `sheet`, or at the first visible worksheet that has a value in it.

    Refuses what `Archive` refuses, and a workbook without a visible value.
    """
    archive = Archive(file, limits)
    parts = read_parts(archive, limits)
    names = tuple(part.name for part in parts.sheets)
    chosen = parts.sheets
    if sheet is not None:
        chosen = [part for part in parts.sheets if part.name == sheet]
        if not chosen:
            raise Refusal("sheet_missing", sheet=sheet, sheets=", ".join(names[:10]))
    for part in chosen:
        opened = _first_rows(archive, parts, part, limits)
        if opened:
            records, claimed = opened
            return Source(records=records, sheet_names=names, sheet=part.name, rows_hint=claimed)
    raise Refusal("no_table")


def _first_rows(
    archive: Archive, parts: WorkbookParts, part: SheetPart, limits: Limits
) -> tuple[Iterator[Record], int | None] | None:
    reader = SheetReader(parts, limits)
    records = reader.rows(archive.chunks(part.part), part.part)
    first = next((record for record in records if record.cells), None)
    if first is None:
        return None
    claimed = reader.claimed_rows
    hint = claimed - first.number if claimed and claimed > first.number else None
    return chain([first], records), hint
