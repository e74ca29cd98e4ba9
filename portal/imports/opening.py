"""The door of imports to tables: the reader's own limits, but larger files and more time, since a worker reads them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from django.conf import settings

from portal.documents.tables.limits import DEFAULT, MEBIBYTE, Limits
from portal.documents.tables.reading import Preview, Table, open_table, preview

#: A worker may read for as long as it takes a million rows on a slow and busy machine.
CPU_SECONDS, PATIENCE_SECONDS = 600, 900


def largest() -> int:
    """The most bytes that one imported file may have."""
    return int(settings.IMPORT_FILE_MB) * MEBIBYTE


def limits() -> Limits:
    """What one imported file may cost. Memory, parts and expansion stay as they are for every upload."""
    return replace(DEFAULT, file_size=largest(), cpu_seconds=CPU_SECONDS, patience_seconds=PATIENCE_SECONDS)


def open_import(path: Path, filename: str) -> Table:
    """Open a file that a worker or a command imports. Raises TableRefused."""
    return open_table(path, filename=filename, limits=limits())


def preview_import(path: Path, filename: str, rows: int) -> Preview:
    """The first rows of a file that shall be imported, in the time that a request has. Raises TableRefused."""
    return preview(path, filename, rows, limits=replace(DEFAULT, file_size=largest()))
