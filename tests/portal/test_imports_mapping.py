"""Mappings: what a document may say, and what it makes of a record."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from portal.documents.tables.reading import Row as Record
from portal.imports.batches import batches
from portal.imports.mapping import MappingRefused, RowMapper, guess, header_key, read_mapping
from portal.imports.running import Source, run_here

STOCK = {"sku": "Item", "location": "Place", "quantity": "Qty"}
HEADER = ["Item", "Place", "Qty", "Kind"]


def mapper(**parts: Any) -> RowMapper:
    return RowMapper(read_mapping("stock", {"columns": STOCK, **parts}), HEADER)


def record(number: int, *cells: Any) -> Record:
    return Record(number, list(cells))


def test_columns_get_our_names() -> None:
    row = mapper()(record(2, "A", "SH", Decimal(5), None))

    assert row is not None
    assert row.values == {"sku": "A", "location": "SH", "quantity": Decimal(5)}


def test_only_and_skip_choose_rows() -> None:
    chosen = mapper(only={"Kind": ["x", "y"]}, skip={"Qty": ["0"]})

    assert chosen(record(2, "A", "SH", "1", "x")) is not None
    assert chosen(record(3, "A", "SH", "1", "z")) is None
    assert chosen(record(4, "A", "SH", "0", "x")) is None


def test_values_are_translated_and_constants_filled_in() -> None:
    row = mapper(values={"location": {"SH": "Shanghai"}}, constants={"as_of": "2026-01-01"})(
        record(2, "A", "SH", "1", "")
    )

    assert row is not None
    assert (row.values["location"], row.values["as_of"]) == ("Shanghai", "2026-01-01")


def test_several_columns_are_joined() -> None:
    document = {"columns": {"sku": "s", "name_en": "n", "category_en": ["top", "sub"]}}
    joined = RowMapper(read_mapping("products", document), ["s", "n", "top", "sub"])

    assert joined(record(2, "A", "N", "Bikes", "Road")).values["category_en"] == "Bikes > Road"  # type: ignore[union-attr]


def test_sum_adds_rows_with_one_key() -> None:
    rows = [record(2, "A", "SH", "1", ""), record(3, "B", "SH", "2", ""), record(4, "A", "SH", "10", "")]

    batch = next(iter(batches(rows, mapper(sum=["quantity"]))))

    assert [(row.number, str(row.values["quantity"])) for row in batch.rows] == [(2, "11"), (3, "2")]
    assert (batch.read, batch.also) == (3, {2: [4]})


@pytest.mark.parametrize(
    ("document", "part"),
    [
        ([], ""),
        ({"columns": STOCK, "colour": {}}, "colour"),
        ({"columns": {**STOCK, "price": "Qty"}}, "price"),
        ({"columns": {"sku": "Item", "quantity": "Qty"}}, "location"),
        ({"columns": {**STOCK, "sku": 5}}, ""),
        ({"columns": STOCK, "sum": ["sku"]}, "sku"),
        ({"columns": STOCK, "lookup": [{"file": "x"}]}, ""),
    ],
)
def test_what_a_mapping_may_not_say(document: Any, part: str) -> None:
    with pytest.raises(MappingRefused) as why:
        read_mapping("stock", document)

    assert part in [name for name, _message in why.value.problems]


@pytest.mark.parametrize("header", [["Item", "Place"], ["Item", "Place", "Qty", "Qty"]])
def test_columns_that_are_missing_or_doubled_are_refused(header: list[str]) -> None:
    with pytest.raises(MappingRefused, match="quantity"):
        RowMapper(read_mapping("stock", {"columns": STOCK}), header)


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (["sku", "location", "quantity"], {"sku": "sku", "location": "location", "quantity": "quantity"}),
        (["货号", "仓库", "库存数量"], {"sku": "货号", "location": "仓库", "quantity": "库存数量"}),
        (
            ["Part-Number", "WAREHOUSE", "Qty (pcs)"],
            {"sku": "Part-Number", "location": "WAREHOUSE", "quantity": "Qty (pcs)"},
        ),
    ],
)
def test_headings_are_guessed_in_both_languages(header: list[str], expected: dict[str, str]) -> None:
    assert guess("stock", header) == expected


def test_a_file_of_refused_rows_is_known_again() -> None:
    assert header_key([*HEADER, "problem"]) == header_key(HEADER)


@pytest.mark.django_db
def test_a_lookup_joins_a_sibling_file(tmp_path: Path) -> None:
    (tmp_path / "kinds.csv").write_text("id,place\n1,SH\n")
    path = tmp_path / "stock.csv"
    path.write_text("item,kind,qty\nPAN,1,5\n")
    document = {
        "columns": {"sku": "item", "location": "place", "quantity": "qty"},
        "lookup": [{"file": "kinds.csv", "on": "id", "columns": ["place"]}],
    }
    mapping = read_mapping("stock", {**document, "lookup": [{"file": "kinds.csv", "on": "kind", "columns": ["place"]}]})

    with pytest.raises(MappingRefused, match="kind"):
        run_here(Source(path, path.name, mapping, folder=tmp_path))
    lost = {**document, "lookup": [{"file": "../kinds.csv", "on": "kind", "columns": ["place"]}]}
    outside = Source(path, path.name, read_mapping("stock", lost), folder=tmp_path)
    with pytest.raises(MappingRefused, match="beside"):
        run_here(outside)
    (tmp_path / "kinds.csv").write_text("kind,place\n1,SH\n")
    totals = run_here(Source(path, path.name, mapping, folder=tmp_path))
    assert [problem.field for problem in totals.problems] == ["sku"]
