"""Open an uploaded table: the one door for imports, pasted order sheets and bank files.

    with open_table(path, filename=upload.name) as table:
        for row in table.rows():
            ...

The file is parsed in a child process with limits; the server only checks its size and first bytes.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from portal.documents.tables.frames import Frame, unpack_record
from portal.documents.tables.limits import DEFAULT, MEBIBYTE, Limits
from portal.documents.tables.process import ReadingProcess
from portal.documents.tables.refusal import Refusal
from portal.documents.tables.refusals import TableRefused
from portal.documents.tables.signature import HEAD_BYTES, Kind, kind_of
from portal.documents.tables.source import Cell, Note, Record

ENCODINGS = ("utf-8", "gb18030", "utf-16", "cp1252")
"""What a person may choose by hand where the bytes alone do not tell."""

Row = Record

__all__ = ["ENCODINGS", "Cell", "Note", "Preview", "Row", "Table", "TableRefused", "open_table", "preview"]


class Table:
    """An opened table. `header` holds the first row with a value (spaces tidied, `header_row` its number).

    `rows()` streams once, and every row is as wide as the header at least. `sheet_names` (visible worksheets) and
    `sheet` are empty for text files, `encoding` is None for workbooks; `rows_hint` is a guess for progress bars.
    """

    def __init__(self, process: ReadingProcess, head: Frame) -> None:
        self._process = process
        self.header: list[str] = head["head"]
        self.header_row: int = head["row"]
        self.sheet_names: tuple[str, ...] = tuple(head["sheets"])
        self.sheet: str | None = head["sheet"]
        self.encoding: str | None = head["encoding"]
        self.rows_hint: int | None = head["hint"]

    @property
    def peak_memory_kb(self) -> int | None:
        """What the reading process needed at most; known after the last row."""
        return self._process.peak_memory_kb

    def rows(self) -> Iterator[Row]:
        """Stream the rows below the header that have a value, with the numbers a person sees beside them.

        Raises `TableRefused` in the middle when the file turns out bad there: keep nothing, or say what you kept.
        """
        width = len(self.header)
        try:
            while "end" not in (frame := self._process.frame()):
                for packed in frame["rows"]:
                    row = unpack_record(packed)
                    row.cells.extend([None] * (width - len(row.cells)))
                    yield row
        except (KeyError, TypeError, ValueError, ArithmeticError) as garbage:
            raise TableRefused("reader_failed") from garbage
        finally:
            self.close()

    def close(self) -> None:
        """Stop reading. Safe to call twice."""
        self._process.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()


@dataclass(frozen=True, slots=True)
class Preview:
    """The first rows of a table, for the screen where columns are mapped."""

    header: list[str]
    rows: list[Row]
    sheet: str | None
    sheet_names: tuple[str, ...]
    encoding: str | None
    total_rows_hint: int | None


def open_table(
    path: Path, *, filename: str, limits: Limits = DEFAULT, sheet: str | None = None, encoding: str | None = None
) -> Table:
    """Open the table in `path`, which was uploaded under the name `filename`.

    CSV, TSV and TXT (delimiter and encoding found) and XLSX are read; `sheet` chooses a worksheet, `encoding` (one of
    `ENCODINGS`) overrules the guess. Everything else, and every hostile or damaged file, raises `TableRefused`.
    """
    if encoding is not None and encoding not in ENCODINGS:
        raise ValueError(f"encoding must be one of {ENCODINGS}, not {encoding!r}")
    with path.open("rb") as file:
        kind = _check(file, path.stat().st_size, filename, limits)
        process = ReadingProcess(file, {"kind": kind, "sheet": sheet, "encoding": encoding}, limits)
    try:
        return Table(process, process.frame())
    except (KeyError, TypeError) as garbage:
        process.close()
        raise TableRefused("reader_failed") from garbage


def preview(
    path: Path,
    filename: str,
    rows: int = 10,
    *,
    limits: Limits = DEFAULT,
    sheet: str | None = None,
    encoding: str | None = None,
) -> Preview:
    """The header and the first `rows` rows, without reading the rest; refuses what `open_table` refuses."""
    with open_table(path, filename=filename, limits=limits, sheet=sheet, encoding=encoding) as table:
        stream = table.rows()
        first = [row for _, row in zip(range(rows), stream, strict=False)]
        return Preview(table.header, first, table.sheet, table.sheet_names, table.encoding, table.rows_hint)


def _check(file: BinaryIO, size: int, filename: str, limits: Limits) -> Kind:
    if size > limits.file_size:
        shown = -(-size // MEBIBYTE)
        raise TableRefused("too_large", {"size": shown, "limit": limits.file_size // MEBIBYTE})
    head = file.read(HEAD_BYTES)
    file.seek(0)
    try:
        return kind_of(filename, head)
    except Refusal as why:
        raise TableRefused(why.code, why.facts) from why
