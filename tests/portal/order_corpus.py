"""Order files that people and machines send, good and bad, beside the workbooks and texts of `table_corpus`."""

from __future__ import annotations

import gzip
import io
import warnings
import zipfile
from typing import Any

from tests.portal.table_corpus import (
    COMPOUND,
    GOOD_ROWS,
    Build,
    bomb,
    book,
    book_with,
    one_cell_of,
    parts,
    sheet_xml,
    with_patched,
)


def order_rows(*cells: str) -> str:
    """Rows of a workbook: a heading, and a line below whose cells are given as XML."""
    heading = '<row r="1"><c r="A1" t="str"><v>SKU</v></c><c r="B1" t="str"><v>Qty</v></c></row>'
    return f'{heading}<row r="2">{"".join(cells)}</row>'


def order_book(quantity: str, code: str = '<c r="A2" t="str"><v>PAN-24</v></c>') -> bytes:
    """A workbook of one line, with the quantity's cell as XML."""
    return book(order_rows(code, quantity))


def twice_named() -> bytes:
    """An archive with two sheets of one name: which is read must not depend on who reads."""
    out = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        warnings.simplefilter("ignore")
        for name, content in parts(sheet_xml(GOOD_ROWS)).items():
            archive.writestr(name, content)
        archive.writestr("xl/worksheets/sheet1.xml", sheet_xml(GOOD_ROWS.replace("B-1", "EVIL")))
    return out.getvalue()


def wrong_checksum() -> bytes:
    """A sheet whose checksum is not its own."""
    return with_patched(book(), b"PK\x01\x02", 16, b"\x00\x00\x00\x00")


CODE = "SKU,Qty\nPAN-24,10\n"
READ: tuple[tuple[str, str], ...] = (("PAN-24", "10"),)

#: Name → file name, bytes, and the refusal's code or the lines (code, quantity) that must be read.
ORDERS: dict[str, tuple[str, Build, Any]] = {
    "text: GB18030": ("o.csv", lambda: "货号,数量\nPAN-24,10\n".encode("gb18030"), READ),
    "text: GB18030 with a sign of four bytes": (
        "o.csv",
        lambda: "货号,数量\n㐀-1,10\n".encode("gb18030"),
        (("㐀-1", "10"),),
    ),
    "text: UTF-16, little end first": ("o.csv", lambda: b"\xff\xfe" + CODE.encode("utf-16-le"), READ),
    "text: UTF-16, big end first": ("o.csv", lambda: b"\xfe\xff" + CODE.encode("utf-16-be"), READ),
    "text: UTF-16 with tabs, as Excel saves it": ("o.txt", lambda: CODE.replace(",", "\t").encode("utf-16"), READ),
    "text: UTF-8 with its mark": ("o.csv", lambda: CODE.encode("utf-8-sig"), READ),
    "text: carriage returns alone": ("o.csv", lambda: CODE.replace("\n", "\r").encode(), READ),
    "text: a formula that would start a program": (
        "o.csv",
        lambda: b"SKU,Qty\n\"=cmd|'/c calc'!A1\",10\n",
        (("=cmd|'/c calc'!A1", "10"),),
    ),
    "text: formulas as quantities": ("o.csv", lambda: b"SKU,Qty\nPAN-24,=1+1\n", (("PAN-24", "=1+1"),)),
    "text: the override that turns writing round": ("o.csv", lambda: "SKU,Qty\nPAN\u202e-24,10\n".encode(), READ),
    "text: a million rows": ("o.csv", lambda: b"SKU,Qty\n" + b"PAN-24,1\n" * 1_000_000, "too_many_rows"),
    "text: six thousand rows": ("o.csv", lambda: b"SKU,Qty\n" + b"PAN-24,1\n" * 6_000, "too_many_rows"),
    "text: eleven megabytes": ("o.csv", lambda: b"SKU,Qty\n" + b"x" * 11 * 1024 * 1024, "too_large"),
    "text: sixty columns": ("o.csv", lambda: b"a," * 60 + b"\n", "too_many_columns"),
    "text: RTF renamed": ("o.csv", lambda: b"{\\rtf1\\ansi SKU}", "not_text"),
    "text: gzip renamed": ("o.csv", lambda: gzip.compress(CODE.encode()), "not_text"),
    "text: EBCDIC": ("o.csv", lambda: CODE.encode("cp500"), "unknown_encoding"),
    "text: an old spreadsheet in XML": ("o.csv", lambda: b'<?xml version="1.0"?><Workbook/>', "not_text"),
    "sheet: a formula with its value": ("o.xlsx", lambda: order_book('<c r="B2"><f>5+5</f><v>10</v></c>'), READ),
    "sheet: a formula that was never worked out": (
        "o.xlsx",
        lambda: order_book('<c r="B2"><f>WEBSERVICE("http://evil.example/")</f></c>'),
        (("PAN-24", ""),),
    ),
    "sheet: a formula that failed": (
        "o.xlsx",
        lambda: order_book('<c r="B2" t="e"><v>#REF!</v></c>'),
        (("PAN-24", "#REF!"),),
    ),
    "sheet: two cells, the second the last of the last row": (
        "o.xlsx",
        lambda: book(
            '<row r="1"><c r="A1" t="str"><v>SKU</v></c></row>'
            '<row r="1048576"><c r="A1048576" t="str"><v>PAN-24</v></c></row>'
        ),
        (("PAN-24", ""),),
    ),
    "sheet: two cells, the second the very last": (
        "o.xlsx",
        lambda: book('<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>2</v></c></row>'),
        "too_many_columns",
    ),
    "sheet: a quantity beyond every number": (
        "o.xlsx",
        lambda: order_book('<c r="B2"><v>1e400</v></c>'),
        (("PAN-24", "1e400"),),
    ),
    "sheet: a quantity that is no number": (
        "o.xlsx",
        lambda: order_book('<c r="B2"><v>NaN</v></c>'),
        (("PAN-24", "NaN"),),
    ),
    "sheet: a quantity of words": (
        "o.xlsx",
        lambda: order_book('<c r="B2" t="str"><v>two</v></c>'),
        (("PAN-24", "two"),),
    ),
    "sheet: shared text before the first": (
        "o.xlsx",
        lambda: order_book('<c r="B2" t="s"><v>-1</v></c>'),
        "damaged_workbook",
    ),
    "sheet: row nought": ("o.xlsx", lambda: book('<row r="0"><c r="A0"><v>1</v></c></row>'), "damaged_workbook"),
    "sheet: a million rows": (
        "o.xlsx",
        lambda: bomb(
            "xl/worksheets/sheet1.xml",
            sheet_xml("|").split("|")[0].encode(),
            b"<row><c><v>1</v></c></row>",
            1_000_000,
            sheet_xml("|").split("|")[1].encode(),
        ),
        "expands_too_much",
    ),
    "sheet: 600 MB in one cell": ("o.xlsx", lambda: one_cell_of(600), "expands_too_much"),
    "zip: checksum of another": ("o.xlsx", wrong_checksum, "damaged_workbook"),
    "zip: two sheets of one name": ("o.xlsx", twice_named, "damaged_workbook"),
    "zip: gzip renamed": ("o.xlsx", lambda: gzip.compress(book()), "not_a_workbook"),
    "zip: 7z renamed": ("o.xlsx", lambda: b"7z\xbc\xaf\x27\x1c" + bytes(100), "not_a_workbook"),
    "zip: RAR renamed": ("o.xlsx", lambda: b"Rar!\x1a\x07\x01\x00" + bytes(100), "not_a_workbook"),
    "zip: a program with a workbook behind it": ("o.xlsx", lambda: b"MZ" + bytes(510) + book(), "not_a_workbook"),
    "macro: code part among others": ("o.xlsx", lambda: book_with("xl/vbaProject.bin"), "macro_enabled"),
    "macro: named so": ("o.xlsm", book, "macro_enabled"),
    "encrypted": ("o.xlsx", lambda: COMPOUND, "password_protected"),
    "object: a program embedded": ("o.xlsx", lambda: book_with("xl/embeddings/oleObject1.bin", b"MZ"), (("B-1", ""),)),
    "link: another workbook": (
        "o.xlsx",
        lambda: book_with("xl/externalLinks/externalLink1.xml", "<x/>"),
        (("B-1", ""),),
    ),
    "nothing": ("o.csv", lambda: b"", "empty_file"),
}
