"""Damaged files: whatever bytes are flipped or cut, a reader answers with rows or with a refusal, never a traceback."""

import io
from collections.abc import Callable, Iterable
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from portal.documents.tables.delimited import read_delimited
from portal.documents.tables.limits import DEFAULT
from portal.documents.tables.refusal import Refusal
from portal.documents.tables.refusals import MESSAGES
from portal.documents.tables.workbook import read_workbook
from tests.portal import table_corpus as corpus

SMALL = replace(DEFAULT, part_size=1_000_000, rows=10_000)
STYLES = f'<styleSheet xmlns="{corpus.MAIN}"><cellXfs><xf numFmtId="14"/></cellXfs></styleSheet>'
SHARED = f'<sst xmlns="{corpus.MAIN}"><si><t>螺栓</t></si></sst>'
ROWS = (
    '<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" s="0"><v>45292</v></c></row>'
    '<row r="2"><c r="A2" t="inlineStr"><is><t>a</t></is></c><c r="B2"><f>1+1</f><v>2</v></c></row>'
)
SHEET = corpus.sheet_xml(ROWS)
PACKED = corpus.pack(corpus.parts(SHEET, styles=STYLES, shared=SHARED))
TEXT = '货号,名称\r\n"B-1","two\nlines"\r\n0012,3.50\r\n'.encode("gb18030")
CHANGES = st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 255)), max_size=6)
MANY = settings(max_examples=250, deadline=None)


def changed(data: bytes, changes: list[tuple[int, int]], cut: int) -> bytes:
    """The data with some bytes overwritten and its end cut off."""
    damaged = bytearray(data)
    for at, value in changes:
        damaged[at % len(damaged)] = value
    return bytes(damaged[: len(damaged) - cut])


def answered(read: Callable[[], Iterable[object]]) -> bool:
    """Whether a reading ends in rows within the limit, or in a refusal that says which it is."""
    try:
        return len(list(read())) <= SMALL.rows
    except Refusal as why:
        return why.code in MESSAGES


def workbook_answered(data: bytes) -> bool:
    return answered(lambda: read_workbook(io.BytesIO(data), SMALL).records)


def text_answered(data: bytes) -> bool:
    return answered(lambda: read_delimited(io.BytesIO(data), SMALL).records)


@MANY
@given(CHANGES, st.integers(0, 40))
def test_damaged_archives(changes: list[tuple[int, int]], cut: int) -> None:
    assert workbook_answered(changed(PACKED, changes, cut))


@MANY
@given(CHANGES, st.integers(0, 40), st.sampled_from(["sheet", "styles", "shared"]))
def test_damaged_parts(changes: list[tuple[int, int]], cut: int, part: str) -> None:
    contents = {"sheet": SHEET, "styles": STYLES, "shared": SHARED}
    contents[part] = changed(contents[part].encode(), changes, cut)  # type: ignore[assignment]
    assert workbook_answered(corpus.pack(corpus.parts(contents.pop("sheet"), **contents)))


@MANY
@given(CHANGES, st.integers(0, 40))
def test_damaged_text(changes: list[tuple[int, int]], cut: int) -> None:
    assert text_answered(changed(TEXT, changes, cut))


@MANY
@given(st.binary(max_size=300))
def test_any_bytes_as_text(data: bytes) -> None:
    assert text_answered(data)
