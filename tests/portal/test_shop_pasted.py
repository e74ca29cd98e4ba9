"""Reading pasted orders: every separator, headings in two languages, and nothing lost."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.shop.pasted import MOST_JOINED, Line, parse_text, read_amount, read_quantity, read_rows
from portal.shop.unitwords import UNIT_WORDS, units_named
from pricing.catalogue.models import UNECE_CODES, Unit


def read(text: str) -> list[tuple[int, str, str]]:
    return [(line.number, line.code, line.quantity) for line in parse_text(text).lines]


@pytest.mark.parametrize("separator", ["\t", ";", ",", ", ", " ", "   ", "，", "；", "、", "\u3000"])
def test_every_separator_parts_code_and_quantity(separator: str) -> None:
    assert read(f"PAN-24{separator}10\nPOT-5L{separator}6\n") == [(1, "PAN-24", "10"), (2, "POT-5L", "6")]


def test_separators_may_be_mixed_and_blank_lines_count_but_are_left_out() -> None:
    assert read("PAN-24\t10\n\nPOT-5L;6\r\nKNIFE-8, 3\n \nX 5") == [
        (1, "PAN-24", "10"), (3, "POT-5L", "6"), (4, "KNIFE-8", "3"), (6, "X", "5"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("SKU\tQty\nPAN-24\t10", [(2, "PAN-24", "10")]),
        ("Product,Order qty,SKU\nFrying pan,10,PAN-24", [(2, "PAN-24", "10")]),
        ("EAN;SKU;Quantity (pcs)\n4006381333931;PAN-24;10", [(2, "PAN-24", "10")]),
        ("商品编码\t名称\t订货数量\nPAN-24\t平底锅\t10", [(2, "PAN-24", "10")]),
        ("条码，数量\n4006381333931，10", [(2, "4006381333931", "10")]),
        ("ＳＫＵ\t数量（件）\nＰＡＮ－２４\t１２", [(2, "PAN-24", "１２")]),
        ("Teil;Stück\nPAN-24;10\nPOT-5L;6", [(2, "PAN-24", "10"), (3, "POT-5L", "6")]),
    ],
)
def test_a_heading_is_recognised_and_finds_the_columns(text: str, expected: list[tuple[int, str, str]]) -> None:
    assert read(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("PAN-24\tFrying pan\t10\nPOT-5L\tStock pot\t6", [("PAN-24", "10"), ("POT-5L", "6")]),
        ("1\tPAN-24\t10\n2\tPOT-5L\t5", [("PAN-24", "10"), ("POT-5L", "5")]),
        ("10\tPAN-24\n5\tPOT-5L", [("PAN-24", "10"), ("POT-5L", "5")]),
        ("平底锅\tPAN-24\t10\n汤锅\tPOT-5L\t5", [("PAN-24", "10"), ("POT-5L", "5")]),
        ("100123\t5\tpan\n100124\t6\tpot", [("100123", "5"), ("100124", "6")]),
        ("PAN-24", [("PAN-24", "")]),
        ("PAN-24 two", [("PAN-24", "two")]),
        ("PAN-24 -3", [("PAN-24", "-3")]),
        ("4006381 333931 5", [("4006381333931", "5")]),
    ],
)
def test_without_a_heading_columns_are_found_by_content(text: str, expected: list[tuple[str, str]]) -> None:
    assert [line[1:] for line in read(text)] == expected


def test_quoted_cells_keep_separators_quotes_and_line_breaks_and_an_inch_is_no_quote() -> None:
    assert read('"PAN ""24"""\t5\t"two\nlines, even"\n24"-PAN\t3') == [(1, 'PAN "24"', "5"), (3, '24"-PAN', "3")]


def test_a_quotation_mark_that_is_never_closed_swallows_no_other_line() -> None:
    lines = parse_text('"PAN-24\t10\n' + "POT-5L\t6\n" * (MOST_JOINED + 5)).lines
    assert len(lines) == MOST_JOINED + 6


def test_rows_of_a_file_keep_their_numbers_and_all_cells() -> None:
    pasted = read_rows([(3, ["Note", "SKU", "Qty"]), (4, ["a", "PAN-24", "10"]), (7, ["b", "POT-5L"])])
    assert pasted.header == ("Note", "SKU", "Qty")
    assert pasted.lines == (Line(4, "PAN-24", "10", ("a", "PAN-24", "10")), Line(7, "POT-5L", "", ("b", "POT-5L")))


@pytest.mark.parametrize(
    ("text", "number", "wrong"),
    [
        ("12", 12, ""), ("１２", 12, ""), (" 12 ", 12, ""), ("+5", 5, ""), ("12.0", 12, ""), ("12,00", 12, ""),
        ("1,000,000", 1_000_000, ""), ("1 000", 1000, ""), ("", None, ""), ("0", None, "zero"), ("0.00", None, "zero"),
        ("-3", None, "negative"), ("\u22123", None, "negative"), ("1.5", None, "fraction"), ("0.500", None, "fraction"),
        ("1,000", None, "unclear"), ("1.000", None, "unclear"), ("99999999", None, "huge"), ("9" * 400, None, "huge"),
        ("two", None, "words"), ("10 pcs", None, "words"), ("十", None, "words"), ("²", None, "words"),
        ("½", None, "words"), ("1e3", None, "words"), ("٣", None, "words"), ("=1+1", None, "words"),
    ],
)  # fmt: skip
def test_quantities_are_read_or_refused_but_never_guessed(text: str, number: int | None, wrong: str) -> None:
    read = read_quantity(text)
    assert (read.number, read.wrong) == (number, wrong)


CODES = st.from_regex(r"[A-Z]{2,6}-[0-9]{1,4}", fullmatch=True)
ROWS = st.lists(st.tuples(CODES, st.integers(1, 99_999)), min_size=1, max_size=40)


@given(ROWS, st.sampled_from(["\t", ";", ",", " "]), st.sampled_from(["\n", "\r\n"]))
def test_what_is_written_is_what_is_read(rows: list[tuple[str, int]], separator: str, end: str) -> None:
    text = end.join(f"{code}{separator}{quantity}" for code, quantity in rows)
    assert [line[1:] for line in read(text)] == [(code, str(quantity)) for code, quantity in rows]


@given(st.text(max_size=300))
def test_any_text_is_read_without_a_fault_and_every_code_is_clean(text: str) -> None:
    for line in parse_text(text).lines:
        assert "\x00" not in line.code + line.quantity
        assert line.code == " ".join(line.code.split())


@given(st.text(alphabet="AB12 ,;\t\n", max_size=200))
def test_no_line_is_dropped_but_blank_ones_and_the_heading(text: str) -> None:
    pasted = parse_text(text)
    filled = [line for line in text.split("\n") if line.strip(" ,;\t")]
    assert len(pasted.lines) + bool(pasted.header) == len(filled)


@given(st.text(max_size=30))
def test_a_quantity_that_is_read_is_a_whole_number_from_one(text: str) -> None:
    read = read_quantity(text)
    assert read.number is None or (read.number >= 1 and not read.wrong)


@pytest.mark.parametrize(
    ("quantity", "unit", "expected"),
    [
        ("12 cartons", "", (12, "", "carton")), ("2箱", "", (2, "", "carton")), ("2 ctn.", "", (2, "", "carton")),
        ("３ 盒", "", (3, "", "box")), ("10 pcs", "", (10, "", "piece")), ("5", "KG", (5, "", "kilogram")),
        ("", "carton", (None, "", "carton")), ("5", "barrel", (None, "unit", "")),
        ("1.5 箱", "", (None, "fraction", "")),
        ("-2 箱", "", (None, "negative", "")), ("1,000 pcs", "", (None, "unclear", "")), ("5", "", (5, "", "")),
        ("2 barrels", "", (None, "words", "")), ("2 pcs", "carton", (2, "", "piece")),
    ],
)  # fmt: skip
def test_a_unit_behind_the_quantity_or_beside_it_is_read(
    quantity: str, unit: str, expected: tuple[int | None, str, str]
) -> None:
    read = read_amount(quantity, unit)
    assert (read.number, read.wrong, next(iter(read.units), "")) == expected


@pytest.mark.parametrize(
    "text",
    ["PAN-24 2 cartons\nPOT-5L 6", "PAN-24\t2 cartons", "SKU,Qty,UoM\nPAN-24,2,ctn", "货号\t数量\t单位\nPAN-24\t2\t箱",
     "PAN-24\t2\tcartons",
     "PAN-24\tPan\t2\tcarton\nPOT-5L\tPot\t6\tpcs"],
)  # fmt: skip
def test_units_are_found_with_the_quantity_or_in_a_column(text: str) -> None:
    line = parse_text(text).lines[0]
    assert (line.code, read_amount(line.quantity, line.unit).units[0]) == ("PAN-24", "carton")


def test_a_column_of_sizes_is_no_column_of_units() -> None:
    pasted = parse_text("TEE-1\t5\tM\nTEE-2\t6\tL")
    assert (pasted.unit_at, [line.unit for line in pasted.lines]) == (None, ["", ""])


def test_every_unit_that_goods_are_sold_in_has_its_words() -> None:
    assert {code for codes in UNIT_WORDS.values() for code in codes} == set(Unit.values)
    for code, label in Unit.choices:
        assert units_named(code)[0] == code, label
    for code, known in UNECE_CODES.items():
        assert code in units_named(known), code
