"""The export of products: taken in again it changes nothing, and it costs the same for few and many."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dealers.intake.rows import Row
from pricing.catalogue.export import export_header, export_rows
from pricing.catalogue.intake import ProductsIntake
from tests.intakes import counts, take

pytestmark = pytest.mark.django_db


def exported() -> list[dict[str, Any]]:
    header = export_header()
    return [dict(zip(header, row, strict=True)) for row in export_rows(header)]


def as_read(row: dict[str, Any]) -> dict[str, Any]:
    """The row as a workbook gives it back: every number is a Decimal."""
    return {name: Decimal(cell) if isinstance(cell, int) else cell for name, cell in row.items()}


def a_pan(sku: str, **said: Any) -> dict[str, Any]:
    return {"sku": sku, "name_en": f"Pan {sku}", **said}


def test_what_is_exported_and_taken_in_again_changes_nothing() -> None:
    take(
        ProductsIntake,
        a_pan(
            "A",
            name_zh="煎锅",
            model="M",
            model_name_en="Frying pan",
            category_en="Cookware > Pans",
            category_zh="炊具 > 平底锅",
            ean="6901234567892",
            weight_kg="1.2",
            carton_quantity="12",
            carton_ean="16901234567899",
            carton_weight_kg="15.5",
            pallet_quantity="480",
            replaced_by="C",
            recommended_retail_price="99.90",
            available="no",
            discontinued_on="2026-03-31",
            description_en="Two\nlines",
            **{"attribute:colour": "Black", "attribute_zh:colour": "黑色"},
        ),
        a_pan("B", model="M", category_en="Cookware > Pans", **{"attribute:colour": "Red"}),
        a_pan("C", unit="carton"),
    )
    rows = exported()
    assert [row["sku"] for row in rows] == ["A", "B", "C"]
    assert (rows[0]["carton_quantity"], rows[0]["replaced_by"]) == (12, "C")
    outcome = ProductsIntake().take([Row(number, as_read(row)) for number, row in enumerate(rows, start=2)])
    assert not outcome.problems
    assert counts(outcome) == (0, 0, 3, 0)


def test_the_export_costs_the_same_for_two_products_and_forty() -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            exported()
        return len(queries)

    take(ProductsIntake, *(a_pan(f"A-{number}", carton_quantity="6") for number in range(2)))
    few = cost()
    take(ProductsIntake, *(a_pan(f"B-{number}", carton_quantity="6", category_en="Pans") for number in range(38)))
    assert cost() == few
