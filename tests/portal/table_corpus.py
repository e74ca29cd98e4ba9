"""Hostile, broken and merely odd files, built from scratch, and what must come of each.

`WORKBOOKS`, `TEXTS` and `NAMES` are refused by the reader, `ORDERS` by quick order or read right.
"""

import io
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
WORKBOOK_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
COMPOUND = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(4096)
GOOD_ROWS = '<row r="1"><c r="A1" t="str"><v>sku</v></c></row><row r="2"><c r="A2" t="str"><v>B-1</v></c></row>'

Build = Callable[[], bytes]


def sheet_xml(rows: str, *, before: str = "", prolog: str = "") -> str:
    """A worksheet part around `rows`."""
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>{prolog}<worksheet xmlns="{MAIN}">{before}'
        f"<sheetData>{rows}</sheetData></worksheet>"
    )


def parts(sheet: str | bytes, **more: str | bytes) -> dict[str, str | bytes]:
    """The parts of a minimal workbook with one sheet; `more` names shared, styles and workbook."""
    return {
        "[Content_Types].xml": f'<Types><Override PartName="/xl/workbook.xml" ContentType="{WORKBOOK_TYPE}"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{PACKAGE}"><Relationship Id="r1" '
        f'Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": more.get("workbook")
        or f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets><sheet name="Prices" sheetId="1" r:id="r1"/></sheets>'
        "</workbook>",
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACKAGE}">'
        f'<Relationship Id="r1" Type="{OFFICE}/worksheet" Target="worksheets/sheet1.xml"/>'
        f'<Relationship Id="r2" Type="{OFFICE}/sharedStrings" Target="sharedStrings.xml"/>'
        f'<Relationship Id="r3" Type="{OFFICE}/styles" Target="styles.xml"/></Relationships>',
        "xl/worksheets/sheet1.xml": sheet,
        **({"xl/sharedStrings.xml": more["shared"]} if "shared" in more else {}),
        **({"xl/styles.xml": more["styles"]} if "styles" in more else {}),
    }


def pack(files: dict[str, str | bytes], *, level: int = 6) -> bytes:
    """A ZIP archive of `files`."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=level) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return out.getvalue()


def book(rows: str = GOOD_ROWS, **more: str | bytes) -> bytes:
    """A workbook whose only sheet has `rows`."""
    return pack(parts(sheet_xml(rows), **more))


def book_with(name: str, content: str | bytes = "x") -> bytes:
    """A good workbook with one more part."""
    return pack({**parts(sheet_xml(GOOD_ROWS)), name: content})


def bomb(part: str, before: bytes, filler: bytes, times: int, after: bytes) -> bytes:
    """A workbook in which one part repeats `filler`, packed piece by piece so that the test stays small."""
    out = io.BytesIO()
    files = parts(sheet_xml(GOOD_ROWS))
    files.pop(part, None)
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
        with archive.open(part, "w") as stream:
            stream.write(before)
            block = filler * max(1, 1024 * 1024 // len(filler))
            for _ in range(times * len(filler) // len(block)):
                stream.write(block)
            stream.write(after)
    return out.getvalue()


def one_cell_of(megabytes: int) -> bytes:
    """A sheet whose single cell holds that many megabytes of text."""
    head, tail = sheet_xml('<row r="1"><c r="A1" t="inlineStr"><is><t>|</t></is></c></row>').split("|")
    return bomb("xl/worksheets/sheet1.xml", head.encode(), b"A", megabytes * 1024 * 1024, tail.encode())


def with_patched(data: bytes, signature: bytes, offset: int, value: bytes) -> bytes:
    """Overwrite a field of the last record that begins with `signature`."""
    at = data.rindex(signature) + offset
    return data[:at] + value + data[at + len(value) :]


def overlapping() -> bytes:
    """A directory whose parts claim more packed bytes than the file has (Fifield's bomb)."""
    return with_patched(book_with("xl/zz.xml", "x" * 500), b"PK\x01\x02", 20, struct.pack("<I", 10_000_000))


def directory_of(entries: int) -> bytes:
    """An archive that lists that many parts."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for number in range(entries):
            archive.writestr(f"xl/p{number}.xml", "")
    return out.getvalue()


def xxe() -> bytes:
    """An external entity that would read a file of the server."""
    prolog = '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>'
    rows = '<row r="1"><c r="A1" t="str"><v>&e;</v></c></row>'
    return pack(parts(sheet_xml(rows, prolog=prolog)))


def laughs() -> bytes:
    """The billion laughs."""
    levels = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    rows = '<row r="1"><c r="A1" t="str"><v>&l9;</v></c></row>'
    return pack(parts(sheet_xml(rows, prolog=f'<!DOCTYPE x [<!ENTITY l0 "ha">{levels}]>')))


def shared_bomb() -> bytes:
    """One text of 30,000 characters, used by 40,000 cells: 1.2 GB of rows from a small file."""
    cells = "".join(f'<row r="{row}"><c r="A{row}" t="s"><v>0</v></c></row>' for row in range(1, 40_001))
    return book(cells, shared=f'<sst xmlns="{MAIN}"><si><t>{"long " * 6000}</t></si></sst>')


def styles_of(count: int) -> bytes:
    """A style part with `count` cell formats."""
    formats = "".join(f'<xf numFmtId="{n % 160}"/>' for n in range(1000)) * (count // 1000)
    return f'<styleSheet xmlns="{MAIN}"><cellXfs>{formats}</cellXfs></styleSheet>'.encode()


def wide_row(columns: int) -> bytes:
    """A sheet with that many values in its first row (references left out, as the format allows)."""
    return book(f'<row r="1">{"<c><v>1</v></c>" * columns}</row>')


def hidden_only() -> bytes:
    """A workbook whose only sheet is hidden."""
    return book(
        workbook=f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets>'
        '<sheet name="Secret" sheetId="1" state="veryHidden" r:id="r1"/></sheets></workbook>'
    )


def macro_type() -> bytes:
    """A macro workbook renamed to .xlsx, its code part removed."""
    files = parts(sheet_xml(GOOD_ROWS))
    files["[Content_Types].xml"] = (
        "<Types><Override ContentType='application/vnd.ms-excel.sheet.macroEnabled.main+xml'/>"
    )
    return pack(files)


def lied_size() -> bytes:
    """A sheet that declares ten bytes and unpacks to many: read only as far as it declared, hence broken XML."""
    out = io.BytesIO()
    files = parts(sheet_xml(GOOD_ROWS * 1))
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        sheet = files.pop("xl/worksheets/sheet1.xml")
        for name, content in files.items():
            archive.writestr(name, content)
        archive.writestr("xl/worksheets/sheet1.xml", sheet)
    return with_patched(out.getvalue(), b"PK\x01\x02", 24, struct.pack("<I", 10))


def damaged_row(row: str) -> bytes:
    """A sheet with one honest row and then `row`."""
    return book(GOOD_ROWS + row)


WORKBOOKS: dict[str, tuple[Build, str]] = {
    "bomb: 600 MB in one cell": (lambda: one_cell_of(600), "expands_too_much"),
    "bomb: 300 MB of shared strings": (
        lambda: bomb("xl/sharedStrings.xml", b"<sst>", b"<si><t>a</t></si>", 18_000_000, b"</sst>"),
        "expands_too_much",
    ),
    "bomb: overlapping parts": (overlapping, "damaged_archive"),
    "bomb: one text in 40,000 cells": (shared_bomb, "expands_too_much"),
    "bomb: 3,000 parts": (lambda: directory_of(3_000), "too_many_parts"),
    "bomb: a part that lies about its size": (lied_size, "damaged_workbook"),
    "bomb: 5 MB in one cell, below the ratio's grace": (lambda: one_cell_of(5), "cell_too_long"),
    "xml: billion laughs": (laughs, "forbidden_xml"),
    "xml: external entity": (xxe, "forbidden_xml"),
    "xml: entity in the workbook part": (
        lambda: book(workbook="<!DOCTYPE x [<!ENTITY a 'b'>]><workbook/>"),
        "forbidden_xml",
    ),
    "xml: cut in the middle": (lambda: pack(parts(sheet_xml(GOOD_ROWS)[:-60])), "damaged_workbook"),
    "xml: attribute of 4 MB": (
        lambda: bomb("xl/worksheets/sheet1.xml", b'<worksheet x="', b"A", 4 * 1024 * 1024, b'"/>'),
        "damaged_workbook",
    ),
    "xml: not XML": (lambda: pack(parts(b"\x00\x01\x02 no xml")), "damaged_workbook"),
    "xml: broken UTF-8": (lambda: pack(parts(b"<worksheet>\xff\xfe\xfa</worksheet>")), "damaged_workbook"),
    "xml: lone surrogate": (
        lambda: damaged_row('<row r="3"><c t="str"><v>&#xD800;</v></c></row>'),
        "damaged_workbook",
    ),
    "xml: encoding that does not exist": (
        lambda: pack(parts(b'<?xml version="1.0" encoding="klingon"?><worksheet/>')),
        "damaged_workbook",
    ),
    "sheet: values in A1 and XFD1048576": (
        lambda: book(
            '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>2</v></c></row>',
        ),
        "too_many_columns",
    ),
    "sheet: 20,000 columns": (lambda: wide_row(20_000), "too_many_columns"),
    "sheet: column beyond Excel's last": (
        lambda: damaged_row('<row r="3"><c r="ZZZ3"><v>1</v></c></row>'),
        "damaged_workbook",
    ),
    "sheet: column made of digits": (
        lambda: damaged_row('<row r="3"><c r="33"><v>1</v></c></row>'),
        "damaged_workbook",
    ),
    "sheet: row beyond Excel's last": (lambda: damaged_row('<row r="1048577"/>'), "damaged_workbook"),
    "sheet: row number of 5,000 digits": (lambda: damaged_row(f'<row r="{"9" * 5000}"/>'), "damaged_workbook"),
    "sheet: rows running backwards": (lambda: damaged_row('<row r="1"/>'), "damaged_workbook"),
    "sheet: shared text that is not there": (
        lambda: damaged_row('<row r="3"><c r="A3" t="s"><v>7</v></c></row>'),
        "damaged_workbook",
    ),
    "sheet: cell of 40,000 characters": (
        lambda: damaged_row(f'<row r="3"><c r="A3" t="str"><v>{"x" * 40_000}</v></c></row>'),
        "cell_too_long",
    ),
    "sheet: shared text of 40,000 characters": (
        lambda: book(shared=f"<sst><si><t>{'x' * 40_000}</t></si></sst>"),
        "text_too_long",
    ),
    "sheet: only empty cells": (lambda: book('<row r="1"><c r="A1" s="1"/></row>'), "no_table"),
    "sheet: hidden": (hidden_only, "no_table"),
    "sheet: part missing": (
        lambda: pack({k: v for k, v in parts("").items() if not k.endswith("sheet1.xml")}),
        "damaged_workbook",
    ),
    "styles: a million": (lambda: book(styles=styles_of(1_000_000)), "too_many_styles"),
    "macro: code part": (lambda: book_with("xl/vbaProject.bin"), "macro_enabled"),
    "macro: content type": (macro_type, "macro_enabled"),
    "macro: Excel 4 sheet": (lambda: book_with("xl/macrosheets/sheet1.xml"), "macro_enabled"),
    "binary workbook renamed": (lambda: book_with("xl/workbook.bin"), "binary_workbook"),
    "OpenDocument renamed": (
        lambda: pack({"mimetype": "application/vnd.oasis.opendocument.spreadsheet", "content.xml": "<x/>"}),
        "open_document",
    ),
    "Word document renamed": (
        lambda: pack({"[Content_Types].xml": "<Types>wordprocessingml</Types>", "word/document.xml": "<x/>"}),
        "not_a_workbook",
    ),
    "any ZIP renamed": (lambda: pack({"readme.txt": "hello"}), "not_a_workbook"),
    "encrypted: compound file": (lambda: COMPOUND, "password_protected"),
    "encrypted: part flag": (lambda: with_patched(book(), b"PK\x01\x02", 8, b"\x01\x00"), "password_protected"),
    "zip slip: climbing": (lambda: book_with("../../etc/cron.d/x"), "unsafe_part_name"),
    "zip slip: absolute": (lambda: book_with("/etc/passwd"), "unsafe_part_name"),
    "zip slip: backslash": (lambda: book_with("xl\\..\\..\\x"), "unsafe_part_name"),
    "zip slip: drive": (lambda: book_with("C:/x"), "unsafe_part_name"),
    "zip: cut in half": (lambda: book()[: len(book()) // 2], "damaged_archive"),
    "zip: only its first bytes": (lambda: b"PK\x03\x04", "damaged_archive"),
    "zip: directory of noise": (lambda: with_patched(book(), b"PK\x01\x02", 0, b"\xff" * 40), "damaged_archive"),
    "zip: unknown compression": (lambda: with_patched(book(), b"PK\x01\x02", 10, b"\x63\x00"), "damaged_workbook"),
    "zip: packed bytes damaged": (
        lambda: with_patched(book(), b"PK\x03\x04", 30 + len("xl/worksheets/sheet1.xml"), b"\xff" * 40),
        "damaged_workbook",
    ),
    "text renamed": (lambda: b"sku,price\nB-1,2\n", "not_a_workbook"),
    "empty": (lambda: b"", "empty_file"),
}

TEXTS: dict[str, tuple[Build, str]] = {
    "NUL byte": (lambda: b"sku,price\nB-1,\x002\n", "nul_byte"),
    "lone surrogates in UTF-8": (lambda: b"sku,name\nB-1,\xed\xa0\x80\n", "unknown_encoding"),
    "UTF-8 cut in a character": (lambda: "\ufeffsku,名称\nB-1,螺".encode()[:-1], "broken_encoding"),
    "Western single bytes": (lambda: "sku,name\nB-1,Müller Größe\n".encode("cp1252"), "unknown_encoding"),
    "Western words that decode as rare Chinese": (
        lambda: "sku,name\nB-1,Möbelhäuser\nB-2,Grüße\n".encode("cp1252"),
        "unknown_encoding",
    ),
    "UTF-16 without its mark": (lambda: "sku,price\nB-1,2\n".encode("utf-16-le"), "unmarked_utf16"),
    "UTF-16 cut in half a character": (lambda: "sku,价格\nB-1,2\n".encode("utf-16")[:-1], "broken_encoding"),
    "UTF-16 with a lone surrogate": (
        lambda: b"\xff\xfe" + "sku\n".encode("utf-16-le") + b"\x00\xd8\x41\x00",
        "broken_encoding",
    ),
    "UTF-32": (lambda: "sku,price\n".encode("utf-32"), "nul_byte"),
    "GB18030 cut in a character": (lambda: "货号,名称\nB-1,螺栓".encode("gb18030")[:-1], "unknown_encoding"),
    "Japanese Shift-JIS": (lambda: "品番,なまえ\nB-1,ねじ\n".encode("shift-jis"), "unknown_encoding"),
    "one line of 30 MB": (lambda: b"sku,price\n" + b"x," * 15_000_000, "line_too_long"),
    "one field of 30 MB over many lines": (lambda: b'sku\n"' + b"xxxx\n" * 6_000_000, "cell_too_long"),
    "field of 40,000 characters": (lambda: b"sku\n" + b"x" * 40_000 + b"\n", "cell_too_long"),
    "20,000 columns": (lambda: b"1," * 20_000 + b"\n", "too_many_columns"),
    "quote never closed": (lambda: b'sku,name\nB-1,"open\nB-2,x\n', "bad_quotes"),
    "quote closed too early": (lambda: b'sku,name\nB-1,"5" bolt"\n', "bad_quotes"),
    "workbook renamed": (book, "not_text"),
    "PDF renamed": (lambda: b"%PDF-1.7\n", "not_text"),
    "HTML table renamed": (lambda: b"\n<HTML><table><tr><td>1</td></tr></table>", "not_text"),
    "picture renamed": (lambda: b"\x89PNG\r\n\x1a\n", "not_text"),
    "only blank lines": (lambda: b"\n \n,,\n".replace(b" ", b""), "empty_file"),
    "only a byte order mark": (lambda: b"\xef\xbb\xbf", "empty_file"),
    "empty": (lambda: b"", "empty_file"),
}

NAMES = {
    "old.xls": "old_excel",
    "macro.xlsm": "macro_enabled",
    "template.XLTM": "macro_enabled",
    "binary.xlsb": "binary_workbook",
    "open.ods": "open_document",
    "run.exe": "unknown_extension",
    "noextension": "unknown_extension",
    "twice.csv.zip": "unknown_extension",
}


def saved(folder: Path, name: str, data: bytes) -> Path:
    """Write `data` into `folder` and return its path."""
    path = folder / name
    path.write_bytes(data)
    return path
