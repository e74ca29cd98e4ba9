"""Honest files: every encoding, delimiter and cell type reads exactly, with the row numbers that a person sees."""

import io
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest

from portal.documents.tables.reading import Cell, TableRefused, open_table, preview
from tests.portal import table_corpus as corpus

REAL_DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "adventureworks"


def read(path: Path, filename: str, **how: str) -> list[list[Cell]]:
    """Header and rows of a file."""
    with open_table(path, filename=filename, sheet=how.get("sheet"), encoding=how.get("encoding")) as table:
        return [list[Cell](table.header), *(row.cells for row in table.rows())]


@pytest.mark.parametrize(
    ("codec", "shown"),
    [("utf-8", "utf-8"), ("utf-8-sig", "utf-8"), ("utf-16", "utf-16"), ("gb18030", "gb18030"), ("gbk", "gb18030")],
)
def test_every_encoding_of_a_chinese_price_list_reads_exactly(codec: str, shown: str, tmp_path: Path) -> None:
    text = "货号,名称,价格\r\nB-1,内六角圆柱头螺栓 M8×40,12.50\r\n0012,“不锈钢”垫圈,3\r\n"
    path = corpus.saved(tmp_path, "upload", text.encode(codec))

    with open_table(path, filename="价格.csv") as table:
        rows = [row.cells for row in table.rows()]

    assert table.encoding == shown
    assert table.header == ["货号", "名称", "价格"]
    assert rows == [["B-1", "内六角圆柱头螺栓 M8×40", "12.50"], ["0012", "“不锈钢”垫圈", "3"]]


def test_big_endian_utf16_and_rare_gb18030_characters_read_exactly(tmp_path: Path) -> None:
    big = corpus.saved(tmp_path, "big", b"\xfe\xff" + "sku,名\n1,螺\n".encode("utf-16-be"))
    rare = corpus.saved(tmp_path, "rare", "姓名,城市,备注\n朱镕基,北京市,㐀𠮷€\n".encode("gb18030"))

    assert read(big, "a.csv") == [["sku", "名"], ["1", "螺"]]
    assert read(rare, "a.csv") == [["姓名", "城市", "备注"], ["朱镕基", "北京市", "㐀𠮷€"]]


def test_western_text_reads_when_the_person_says_so(tmp_path: Path) -> None:
    path = corpus.saved(tmp_path, "upload", "sku;name\nB-1;Möbelhäuser €5\n".encode("cp1252"))

    assert read(path, "a.csv", encoding="cp1252") == [["sku", "name"], ["B-1", "Möbelhäuser €5"]]


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("a,b\n1,2\n", [["a", "b"], ["1", "2"]]),
        ("a;b\n1,5;2\n", [["a", "b"], ["1,5", "2"]]),
        ("a\tb\n1,5\t2;3\n", [["a", "b"], ["1,5", "2;3"]]),
        ("sep=|\na|b\n1|2\n", [["a", "b"], ["1", "2"]]),
        ('"a;x",b\n"1;2",3\n', [["a;x", "b"], ["1;2", "3"]]),
        ("only\none\n", [["only"], ["one"]]),
        ("a,b\r1,2\r", [["a", "b"], ["1", "2"]]),
        ('a,b\n5" bolt,"say ""hi"""\n', [["a", "b"], ['5" bolt', 'say "hi"']]),
        (" a \u00a0b ,c\n 1 ,\n", [["a b", "c"], [" 1 ", None]]),
        ("a,b\n1\n1,2,,,\n", [["a", "b"], ["1", None], ["1", "2"]]),
        ("a\n1,surplus\n", [["a"], ["1", "surplus"]]),
        ("a,b\n1,2,surplus\n", [["a", "b"], ["1", "2", "surplus"]]),
        ("a,b\n'=1+1,'plain\n", [["a", "b"], ["=1+1", "'plain"]]),
    ],
)
def test_delimiters_quotes_and_blanks_are_understood(text: str, rows: list[list[Cell]], tmp_path: Path) -> None:
    path = corpus.saved(tmp_path, "upload", text.encode())

    assert read(path, "table.csv") == rows


def test_row_numbers_are_those_of_the_spreadsheet_program(tmp_path: Path) -> None:
    text = corpus.saved(tmp_path, "text", b'sku,name\n"B-1","two\nlines"\n\nB-3,x\n')
    rows = '<row r="2"><c r="A2"><v>1</v></c></row><row r="7"><c r="A7"><v>2</v></c></row><row><c><v>3</v></c></row>'
    workbook = corpus.saved(tmp_path, "book", corpus.book(rows))

    with open_table(text, filename="a.csv") as table:
        assert [(row.number, row.cells[0]) for row in table.rows()] == [(2, "B-1"), (4, "B-3")]
    with open_table(workbook, filename="a.xlsx") as table:
        assert table.header_row == 2
        assert [row.number for row in table.rows()] == [7, 8]


def cell(body: str, attributes: str = "") -> str:
    """One row with an empty column A, filled out so that it counts, and the cell under test in B."""
    return f'<row r="2"><c r="A2"><v>1</v></c><c r="B2" {attributes}>{body}</c></row>'


@pytest.mark.parametrize(
    ("xml", "value"),
    [
        (cell("<v>0.1</v>"), Decimal("0.1")),
        (cell("<v>19.989999999999998</v>"), Decimal("19.99")),
        (cell("<v>0.30000000000000004</v>"), Decimal("0.3")),
        (cell("<v>1E+3</v>"), Decimal(1000)),
        (cell("<v>1.5E-7</v>"), Decimal("0.00000015")),
        (cell("<v>-0</v>"), Decimal(0)),
        (cell("<v>6901234567890123456</v>"), Decimal(6901234567890123456)),
        (cell("<v>1E999999999</v>"), "1E999999999"),
        (cell("<v>1E9999</v>"), "1E9999"),
        (cell("<v>NaN</v>"), "NaN"),
        (cell("<v>٣</v>"), "٣"),
        (cell("<v>0012</v>", 't="str"'), "0012"),
        (cell("<v>1</v>", 't="b"'), True),
        (cell("<v>0</v>", 't="b"'), False),
        (cell("<v>#REF!</v>", 't="e"'), "#REF!"),
        (cell("<v>2024-02-29</v>", 't="d"'), date(2024, 2, 29)),
        (cell("<v>2024-02-29T13:30:00</v>", 't="d"'), datetime(2024, 2, 29, 13, 30)),
        (cell("<is><r><t>M8</t></r><r><t xml:space='preserve'> x</t></r></is>", 't="inlineStr"'), "M8 x"),
        (cell("<is><t>東京</t><rPh sb='0' eb='2'><t>とうきょう</t></rPh></is>", 't="inlineStr"'), "東京"),
        (cell("<is><t>a_x000D_b_x005F_x000D_</t></is>", 't="inlineStr"'), "a\rb_x000D_"),
        (cell("<f>A2*2</f><v>2</v>"), Decimal(2)),
        (cell("<f>A2&amp;1</f><v>11</v>", 't="str"'), "11"),
    ],
)
def test_cells_of_a_workbook_have_their_exact_value(xml: str, value: Cell, tmp_path: Path) -> None:
    header = '<row r="1"><c r="A1" t="str"><v>a</v></c><c r="B1" t="str"><v>b</v></c></row>'
    path = corpus.saved(tmp_path, "upload", corpus.book(header + xml))

    found = read(path, "a.xlsx")[1][1]

    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("code", "serial", "value"),
    [
        ("yyyy-mm-dd", "45292", date(2024, 1, 1)),
        ('yyyy"年"m"月"d"日"', "45351", date(2024, 2, 29)),
        ("[$-804]dddd, mmmm dd, yyyy", "45292", date(2024, 1, 1)),
        ("dd/mm/yyyy hh:mm", "45292.5", datetime(2024, 1, 1, 12)),
        ("yyyy-mm-dd hh:mm:ss", "45292.000011574074", datetime(2024, 1, 1, 0, 0, 1)),
        ("yyyy-mm-dd", "45292.25", datetime(2024, 1, 1, 6)),
        ("mmm-yy", "45292", date(2024, 1, 1)),
        ("h:mm AM/PM", "0.5", "12:00:00"),
        ("yyyy-mm-dd", "1", date(1900, 1, 1)),
        ("yyyy-mm-dd", "59", date(1900, 2, 28)),
        ("yyyy-mm-dd", "60", Decimal(60)),
        ("yyyy-mm-dd", "61", date(1900, 3, 1)),
        ("yyyy-mm-dd", "2958465", date(9999, 12, 31)),
        ("yyyy-mm-dd", "2958466", Decimal(2958466)),
        ("yyyy-mm-dd", "-1", Decimal(-1)),
        ("[h]:mm", "1.5", Decimal("1.5")),
        ('#,##0.00 "days"', "5", Decimal(5)),
        ("#,##0.00_);[Red](#,##0.00)", "5", Decimal(5)),
        ("0.00E+00", "5", Decimal(5)),
        ("[$USD] 0.00", "5", Decimal(5)),
        ("General", "5", Decimal(5)),
        ("@", "5", Decimal(5)),
    ],
)
def test_number_formats_make_dates(code: str, serial: str, value: Cell, tmp_path: Path) -> None:
    quoted = code.replace("&", "&amp;").replace('"', "&quot;")
    styles = (
        f'<styleSheet xmlns="{corpus.MAIN}"><numFmts><numFmt numFmtId="170" formatCode="{quoted}"/></numFmts>'
        '<cellStyleXfs><xf numFmtId="14"/></cellStyleXfs><cellXfs><xf numFmtId="0"/><xf numFmtId="170"/></cellXfs>'
        "</styleSheet>"
    )
    rows = f'<row r="1"><c r="A1" t="str"><v>a</v></c></row><row r="2"><c r="A2" s="1"><v>{serial}</v></c></row>'
    path = corpus.saved(tmp_path, "upload", corpus.book(rows, styles=styles))

    assert read(path, "a.xlsx")[1] == [value]


def test_the_1904_calendar_is_honoured(tmp_path: Path) -> None:
    styles = f'<styleSheet xmlns="{corpus.MAIN}"><cellXfs><xf numFmtId="14"/></cellXfs></styleSheet>'
    workbook = (
        f'<x:workbook xmlns:x="{corpus.MAIN}" xmlns:rel="{corpus.OFFICE}"><x:workbookPr date1904="1"/><x:sheets>'
        '<x:sheet name="A" sheetId="1" rel:id="r1"/></x:sheets></x:workbook>'
    )
    rows = '<row><c t="str"><v>a</v></c></row><row><c><v>43830</v></c></row>'
    path = corpus.saved(tmp_path, "upload", corpus.book(rows, styles=styles, workbook=workbook))

    assert read(path, "a.xlsx") == [["a"], [date(2024, 1, 1)]]


def saved_book(fill: Callable[[openpyxl.Workbook], None], folder: Path) -> Path:
    """A workbook written by openpyxl the ordinary way."""
    book = openpyxl.Workbook()
    fill(book)
    out = io.BytesIO()
    book.save(out)
    return corpus.saved(folder, "book", out.getvalue())


def test_the_first_visible_sheet_with_values_is_read_and_others_by_name(tmp_path: Path) -> None:
    def fill(book: openpyxl.Workbook) -> None:
        book.worksheets[0].title = "Cover"
        secret = book.create_sheet("Secret")
        secret.append(["hidden"])
        secret.sheet_state = "hidden"
        book.create_sheet("Prices").append(["sku", "价格"])
        book.create_sheet("More").append(["other"])

    path = saved_book(fill, tmp_path)

    with open_table(path, filename="a.xlsx") as table:
        assert (table.sheet, table.sheet_names) == ("Prices", ("Cover", "Prices", "More"))
        assert table.header == ["sku", "价格"]
    assert read(path, "a.xlsx", sheet="More") == [["other"]]
    with pytest.raises(TableRefused) as why:
        open_table(path, filename="a.xlsx", sheet="Secret")
    assert "Cover, Prices, More" in why.value.message


def test_formulas_without_value_and_errors_are_reported_on_their_cell(tmp_path: Path) -> None:
    def fill(book: openpyxl.Workbook) -> None:
        page = book.worksheets[0]
        page.append(["sku", "price", "note"])
        page.append(["B-1", "=1+1", "#DIV/0!"])

    path = saved_book(fill, tmp_path)

    with open_table(path, filename="a.xlsx") as table:
        row = next(table.rows())

    assert row.cells == ["B-1", None, "#DIV/0!"]
    assert row.notes == ((1, "formula_without_value"), (2, "error_value"))


def test_preview_shows_the_first_rows_and_guesses_the_rest(tmp_path: Path) -> None:
    path = corpus.saved(tmp_path, "upload", b"sku,price\n" + b"B-1,2\n" * 5_000)

    shown = preview(path, "a.csv")

    assert shown.header == ["sku", "price"]
    assert [row.number for row in shown.rows] == list(range(2, 12))
    assert (shown.sheet, shown.encoding, shown.total_rows_hint) == (None, "utf-8", 5_000)


@pytest.mark.real_data
@pytest.mark.skipif(not REAL_DATA.exists(), reason="needs ../shared/data/adventureworks")
def test_the_bicycle_makers_files_are_read_whole() -> None:
    counts = {}
    for name in ("products.csv", "dealers.csv", "inventory.csv", "special_offers.csv"):
        with open_table(REAL_DATA / name, filename=name) as table:
            widths = {len(row.cells) for row in table.rows()}
            assert widths == {len(table.header)}
        counts[name] = sum(1 for _ in read(REAL_DATA / name, name)) - 1

    assert counts["products.csv"] == 504
    assert counts["dealers.csv"] == 701
