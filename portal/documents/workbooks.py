"""Writing tables for people: Excel workbooks with typed cells, and CSV.

Nothing that comes from data is ever a live formula: in a workbook text is stored as typed text, in CSV it gets the
apostrophe of `formula_text`. Amounts are Decimal; a float is refused, because it is no longer the amount.
"""

import csv
import io
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from decimal import Decimal
from typing import TYPE_CHECKING, BinaryIO, Literal, cast

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Font, NamedStyle, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.properties import PageSetupProperties

from portal.documents.formula_text import defuse

if TYPE_CHECKING:
    from openpyxl.cell import Cell
    from openpyxl.worksheet.worksheet import Worksheet

Kind = Literal["text", "integer", "decimal", "money", "date", "datetime"]
Value = object
Totals = Sequence[Value] | Callable[[], Sequence[Value]]

NUMBER_FORMATS: dict[Kind, str] = {
    "text": "General",
    "integer": "#,##0",
    "decimal": "#,##0.######",
    "money": "#,##0.00",
    "date": "yyyy-mm-dd",
    "datetime": "yyyy-mm-dd hh:mm:ss",
}
WIDTHS: dict[Kind, float] = {"text": 24, "integer": 11, "decimal": 14, "money": 15, "date": 12, "datetime": 20}

EXACT_DIGITS = 15
"""Excel keeps 15 digits of a number; one with more is written as text rather than changed."""
LONGEST_TEXT = 32_767
LONGEST_TITLE = 31
PAPER_A4 = 9
FIRST_YEAR = 1900
REPLACEMENT = "\ufffd"
_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_LOOKS_ESCAPED = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")
_FORBIDDEN_IN_TITLE = re.compile(r"[\[\]:*?/\\\x00-\x1f\ud800-\udfff]")
_HEAD_FILL = PatternFill("solid", fgColor="FFE9ECEF")


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its heading, what its cells are, its width in characters and, where the usual one does not fit, its
    number format (for example `#,##0` for money in yen)."""

    title: str
    kind: Kind = "text"
    width: float | None = None
    number_format: str | None = None


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table on its own sheet. `rows` is consumed once, as a stream.

    `heading` are lines above the table. `totals` is one more row, set off, as wide as the columns; when it is a
    function, it is called after the last row, so that sums can be taken while the rows pass.
    """

    title: str
    columns: Sequence[Column]
    rows: Iterable[Sequence[Value]]
    heading: Sequence[str] = ()
    totals: Totals | None = None
    freeze_header: bool = True
    auto_filter: bool = True
    landscape: bool = True


def write_workbook(target: BinaryIO, sheets: Sequence[Sheet], *, zone: tzinfo = UTC) -> None:
    """Write an .xlsx workbook to `target`, streaming rows, so that memory does not grow with their number.

    Decimal and int become numbers, date and datetime become dates (aware datetimes are shown in `zone`), None an empty
    cell, everything else text. Characters that a workbook cannot hold become U+FFFD, text beyond 32,767 characters ends
    in "…". Refuses floats (TypeError), infinite or undefined Decimals and rows of another width (ValueError).
    """
    if not sheets:
        raise ValueError("a workbook needs at least one sheet")
    book = Workbook(write_only=True)
    styles = _add_styles(book)
    taken: set[str] = set()
    for sheet in sheets:
        _write_sheet(book, sheet, _unique_title(sheet.title, taken), styles, zone)
    book.save(target)


def write_csv(
    target: BinaryIO, columns: Sequence[Column], rows: Iterable[Sequence[Value]], *, zone: tzinfo = UTC
) -> None:
    """Write UTF-8 CSV with a byte order mark, as Excel opens it.

    Text that could start a formula gets a leading apostrophe, which our own import takes off again; numbers stay
    numbers (also negative ones), dates are ISO 8601. Refuses what `write_workbook` refuses.
    """
    text = io.TextIOWrapper(target, encoding="utf-8-sig", newline="", write_through=False)
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow([defuse(_clean(column.title)) for column in columns])
    for row in rows:
        writer.writerow([_csv_field(value, column, zone) for value, column in _paired(row, columns)])
    text.flush()
    text.detach()


class _Styles:
    """Named styles are registered once; setting one by name is far cheaper than styling every cell."""

    def __init__(self) -> None:
        self.formats: dict[str, str] = {}
        self.total_formats: dict[str, str] = {}


def _add_styles(book: Workbook) -> _Styles:
    styles = _Styles()
    book.add_named_style(NamedStyle("table title", font=Font(bold=True, size=14)))
    head = NamedStyle("table head", font=Font(bold=True), fill=_HEAD_FILL)
    head.alignment = Alignment(vertical="center", wrap_text=True)
    book.add_named_style(head)
    return styles


def _style(book: Workbook, styles: _Styles, number_format: str, *, total: bool) -> str:
    known = styles.total_formats if total else styles.formats
    if number_format not in known:
        name = f"table {'total' if total else 'cell'} {len(known) + 1}"
        style = NamedStyle(name, number_format=number_format)
        if total:
            style.font, style.fill = Font(bold=True), _HEAD_FILL
        book.add_named_style(style)
        known[number_format] = name
    return known[number_format]


def _names(book: Workbook, styles: _Styles, sheet: Sheet, *, total: bool) -> list[str]:
    return [_style(book, styles, _number_format(column), total=total) for column in sheet.columns]


def _write_sheet(book: Workbook, sheet: Sheet, title: str, styles: _Styles, zone: tzinfo) -> None:
    page = cast("Worksheet", book.create_sheet(title))
    first_row = len(sheet.heading) + (2 if sheet.heading else 1)
    _set_up(page, sheet, first_row)
    for number, line in enumerate(sheet.heading):
        page.append([_text_cell(page, line, "table title" if number == 0 else None)])
    if sheet.heading:
        page.append([])
    page.append([_text_cell(page, column.title, "table head") for column in sheet.columns])
    last_row = first_row
    cells = _RowCells(page, sheet.columns, _names(book, styles, sheet, total=False), zone)
    for row in sheet.rows:
        page.append(cells.fill(row))
        last_row += 1
    if sheet.totals is not None:
        totals = sheet.totals() if callable(sheet.totals) else sheet.totals
        page.append(_RowCells(page, sheet.columns, _names(book, styles, sheet, total=True), zone).fill(totals))
    if sheet.auto_filter and sheet.columns:
        page.auto_filter.ref = f"A{first_row}:{get_column_letter(len(sheet.columns))}{last_row}"


def _set_up(page: "Worksheet", sheet: Sheet, first_row: int) -> None:
    for number, column in enumerate(sheet.columns, start=1):
        page.column_dimensions[get_column_letter(number)].width = column.width or WIDTHS[column.kind]
    if sheet.freeze_header:
        page.freeze_panes = f"A{first_row + 1}"
    page.page_setup.orientation = "landscape" if sheet.landscape else "portrait"
    page.page_setup.paperSize = PAPER_A4
    page.page_setup.fitToWidth = 1
    page.page_setup.fitToHeight = 0
    page.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    page.print_title_rows = f"{first_row}:{first_row}"
    footer = page.oddFooter.center if page.oddFooter else None
    if footer:
        footer.text = "&P / &N"


class _RowCells:
    """One reusable cell per column: a write-only sheet has written a row before the next one is asked for."""

    def __init__(self, page: "Worksheet", columns: Sequence[Column], styles: Sequence[str], zone: tzinfo) -> None:
        self._page = page
        self._columns = columns
        self._styles = styles
        self._zone = zone
        self._cells = [_styled_cell(page, style) for style in styles]

    def fill(self, row: Sequence[Value]) -> list["Cell"]:
        return [self._fill(at, value, column) for at, (value, column) in enumerate(_paired(row, self._columns))]

    def _fill(self, at: int, value: Value, column: Column) -> "Cell":
        typed = _typed(value, column.kind, self._zone)
        cell = self._cells[at]
        if isinstance(typed, str):
            _set_text(cell, typed)
            return cell
        if isinstance(typed, date) and column.kind not in ("date", "datetime"):
            cell = _styled_cell(self._page, self._styles[at])  # openpyxl gives it a date format of its own
        cell.value = cast("Decimal | None", typed)
        return cell


def _styled_cell(page: "Worksheet", style: str | None) -> "Cell":
    cell = WriteOnlyCell(page, None)
    if style:
        cell.style = style
    return cell


def _text_cell(page: "Worksheet", text: str, style: str | None) -> "Cell":
    cell = _styled_cell(page, style)
    _set_text(cell, text)
    return cell


def _set_text(cell: "Cell", text: str) -> None:
    cell.value = _LOOKS_ESCAPED.sub("_x005F_", _shortened(_clean(str(text))))
    cell.data_type = "s"


def _typed(value: Value, kind: Kind, zone: tzinfo) -> object:
    """The value as the cell shall hold it: number, date, truth value, text or nothing."""
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, float):
        raise TypeError(f"a float is no exact value for a document: {value!r}")
    if isinstance(value, int | Decimal):
        return _number(Decimal(value))
    if isinstance(value, datetime):
        return _local(value, kind, zone)
    if isinstance(value, date):
        return value if value.year >= FIRST_YEAR else value.isoformat()
    return str(value)


def _number(value: Decimal) -> Decimal | str:
    if not value.is_finite():
        raise ValueError(f"a document cannot show the number {value}")
    return value if len(value.normalize().as_tuple().digits) <= EXACT_DIGITS else f"{value:f}"


def _local(value: datetime, kind: Kind, zone: tzinfo) -> date | datetime | str:
    if value.tzinfo is not None:
        value = value.astimezone(zone).replace(tzinfo=None)
    if value.year < FIRST_YEAR:
        return value.isoformat(" ")
    return value.date() if kind == "date" else value


def _csv_field(value: Value, column: Column, zone: tzinfo) -> str:
    typed = _typed(value, column.kind, zone)
    if typed is None:
        return ""
    if isinstance(typed, Decimal):
        return f"{typed:f}"
    if isinstance(typed, datetime):
        return typed.isoformat(" ", "seconds")
    if isinstance(typed, date):
        return typed.isoformat()
    if isinstance(value, int | Decimal):
        return str(typed)
    return defuse(_clean(str(typed)))


def _paired(row: Sequence[Value], columns: Sequence[Column]) -> Iterable[tuple[Value, Column]]:
    if len(row) != len(columns):
        raise ValueError(f"a row has {len(row)} values for {len(columns)} columns")
    return zip(row, columns, strict=True)


def _number_format(column: Column) -> str:
    return column.number_format or NUMBER_FORMATS[column.kind]


def _clean(text: str) -> str:
    return _UNWRITABLE.sub(REPLACEMENT, text)


def _shortened(text: str) -> str:
    return text if len(text) <= LONGEST_TEXT else text[: LONGEST_TEXT - 1] + "…"


def _unique_title(title: str, taken: set[str]) -> str:
    """A sheet name that Excel accepts: at most 31 characters, none of []:*?/\\, different from the others."""
    base = _FORBIDDEN_IN_TITLE.sub(" ", str(title)).strip().strip("'")[:LONGEST_TITLE].strip() or "Sheet"
    name, number = base, 1
    while name.casefold() in taken:
        number += 1
        suffix = f" ({number})"
        name = base[: LONGEST_TITLE - len(suffix)] + suffix
    taken.add(name.casefold())
    return name
