"""Streaming the rows of one worksheet. Pure; runs in the reading process.

openpyxl would turn numbers into floats and hold whatever the file claims; here a number keeps its text, and no claim
(dimension, span, count) is believed: only cells that have a value cost anything.
"""

from collections.abc import Iterable, Iterator

from portal.documents.tables.cellvalues import iso_value, typed_value
from portal.documents.tables.limits import Limits
from portal.documents.tables.refusal import Refusal
from portal.documents.tables.source import (
    ERROR_VALUE,
    FORMULA_WITHOUT_VALUE,
    Cell,
    Note,
    Record,
    without_trailing_blanks,
)
from portal.documents.tables.workbookparts import WorkbookParts
from portal.documents.tables.xmlstream import feed, local_name, new_parser, unescape

LAST_ROW = 1_048_576
LAST_COLUMN = 16_384


class SheetReader:
    """Reads one worksheet part once. `claimed_rows` is what the part says of itself, for progress bars only."""

    def __init__(self, workbook: WorkbookParts, limits: Limits) -> None:
        self._workbook = workbook
        self._limits = limits
        self._names: dict[str, str] = {}
        self._columns: dict[str, int] = {}
        self._done: list[Record] = []
        self._part = ""
        self.claimed_rows: int | None = None
        self._row = 0
        self._cells: list[Cell] = []
        self._notes: list[Note] = []
        self._column = -1
        self._type = "n"
        self._style = 0
        self._formula = False
        self._taking = False
        self._phonetic = False
        self._pieces: list[str] = []
        self._length = 0
        self._row_length = 0

    def rows(self, chunks: Iterable[bytes], part: str) -> Iterator[Record]:
        """Stream the rows that have at least one value; refuses rows and cells beyond the limits."""
        self._part = part
        parser = new_parser()
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text
        for _ in feed(parser, chunks, part):
            yield from self._done
            self._done.clear()

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        local = self._names.get(name) or self._learn(name)
        if local == "c":
            self._start_cell(attributes)
        elif local == "v" or local == "t":
            self._taking = not self._phonetic
        elif local == "f":
            self._formula = True
        elif local == "row":
            self._start_row(attributes.get("r"))
        elif local == "rPh":
            self._phonetic = True
        elif local == "dimension":
            last = attributes.get("ref", "").rpartition(":")[2].lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ$")
            self.claimed_rows = min(int(last), LAST_ROW) if _is_short_number(last) else None

    def _end(self, name: str) -> None:
        local = self._names.get(name)
        if local == "c":
            self._end_cell()
        elif local == "v" or local == "t":
            self._taking = False
        elif local == "row":
            self._end_row()
        elif local == "rPh":
            self._phonetic = False

    def _text(self, text: str) -> None:
        if self._taking:
            self._pieces.append(text)
            self._length += len(text)
            if self._length > self._limits.cell_characters:
                raise Refusal("cell_too_long", row=self._row, limit=self._limits.cell_characters)

    def _learn(self, name: str) -> str:
        if len(self._names) > 1_000:
            raise self._damaged()
        return self._names.setdefault(name, local_name(name))

    def _start_row(self, number: str | None) -> None:
        row = self._row + 1 if number is None else int(number) if _is_short_number(number) else 0
        if not self._row < row <= LAST_ROW:
            raise self._damaged()
        self._row = row
        self._cells = []
        self._notes = []
        self._column = -1
        self._row_length = 0

    def _start_cell(self, attributes: dict[str, str]) -> None:
        reference = attributes.get("r")
        self._column = self._column + 1 if reference is None else self._column_of(reference)
        self._type = attributes.get("t", "n")
        style = attributes.get("s", "0")
        self._style = int(style) if _is_short_number(style) else 0
        self._formula = False
        self._length = 0
        self._pieces = []

    def _end_cell(self) -> None:
        text = "".join(self._pieces)
        value = self._value(text)
        if value is None:
            if self._formula and not text and self._type != "str":
                self._note(FORMULA_WITHOUT_VALUE)
            return
        if self._column >= self._limits.columns:
            raise Refusal("too_many_columns", row=self._row, limit=self._limits.columns)
        if self._type == "e":
            self._note(ERROR_VALUE)
        self._row_length += len(value) if isinstance(value, str) else len(text)
        if self._row_length > self._limits.row_characters:
            raise Refusal("row_too_long", row=self._row, limit=self._limits.row_characters)
        if self._column < len(self._cells):
            self._cells[self._column] = value
        else:
            self._cells.extend([None] * (self._column - len(self._cells)))
            self._cells.append(value)

    def _end_row(self) -> None:
        cells = without_trailing_blanks(self._cells)
        if cells or self._notes:
            self._done.append(Record(self._row, cells, tuple(self._notes)))

    def _value(self, text: str) -> Cell:
        if not text:
            return None
        if self._type == "s":
            return self._shared(text)
        if self._type == "n":
            meanings = self._workbook.meanings
            meaning = meanings[self._style] if self._style < len(meanings) else "number"
            return typed_value(text, meaning, from_1904=self._workbook.from_1904)
        if self._type == "b":
            return text.strip() in ("1", "true")
        if self._type == "d":
            return iso_value(text)
        return unescape(text)

    def _shared(self, text: str) -> Cell:
        strings = self._workbook.strings
        if not _is_short_number(text) or int(text) >= len(strings):
            raise self._damaged()
        return strings[int(text)] or None

    def _note(self, code: str) -> None:
        if self._column < self._limits.columns:
            self._notes.append(Note(self._column, code))

    def _column_of(self, reference: str) -> int:
        letters = reference.rstrip("0123456789")
        column = self._columns.get(letters)
        if column is None:
            if not 1 <= len(letters) <= 3 or not letters.isascii() or not letters.isalpha():
                raise self._damaged()
            column = -1
            for letter in letters.upper():
                column = (column + 1) * 26 + ord(letter) - ord("A")
            if column >= LAST_COLUMN:
                raise self._damaged()
            self._columns[letters] = column
        return column

    def _damaged(self) -> Refusal:
        return Refusal("damaged_workbook", part=self._part[:80])


def _is_short_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 9
