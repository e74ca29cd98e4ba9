"""Packing units and replacements: what a product file makes of them, and what it refuses."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.utils import translation
from oscar.core.loading import get_model

from pricing.catalogue.columns import packing_columns
from pricing.catalogue.intake import ProductsIntake
from pricing.catalogue.models import ProductCard, ProductUnit
from pricing.catalogue.replacements import replacements_of
from pricing.catalogue.units import quantity_words, units_by_ean, units_of
from pricing.units import PackUnit
from tests.intakes import counts, problems, rows, statements, take

Product = get_model("catalogue", "Product")

pytestmark = pytest.mark.django_db

CARTON, PALLET, OWN = "16901234567899", "26901234567896", "6901234567892"


def a_pan(sku: str, **said: Any) -> dict[str, Any]:
    return {"sku": sku, "name_en": f"Pan {sku}", **said}


def stored() -> list[tuple[str, str, int, str]]:
    return list(
        ProductUnit.objects.order_by("product__upc", "factor").values_list("product__upc", "code", "factor", "ean")
    )


def test_a_row_gives_a_product_its_cartons_and_pallets() -> None:
    take(
        ProductsIntake,
        a_pan("A", carton_quantity="12", carton_ean=CARTON, carton_weight_kg="14.5", pallet_quantity="480"),
    )
    assert stored() == [("A", "carton", 12, CARTON), ("A", "pallet", 480, "")]
    assert ProductUnit.objects.get(code="carton").weight_kg == Decimal("14.500")


def test_the_same_cartons_twice_change_nothing() -> None:
    said = a_pan("A", carton_quantity="12", carton_ean=CARTON, carton_weight_kg="14.5")
    take(ProductsIntake, said)
    assert counts(take(ProductsIntake, said)) == (0, 0, 1, 0)


def test_an_empty_quantity_takes_the_unit_away() -> None:
    take(ProductsIntake, a_pan("A", carton_quantity="12", pallet_quantity="480"))
    assert counts(take(ProductsIntake, a_pan("A", carton_quantity=""))) == (0, 1, 0, 0)
    assert stored() == [("A", "pallet", 480, "")]


def test_a_file_without_the_columns_leaves_the_units_alone() -> None:
    take(ProductsIntake, a_pan("A", carton_quantity="12", carton_ean=CARTON))
    take(ProductsIntake, a_pan("A"))
    assert stored() == [("A", "carton", 12, CARTON)]


@pytest.mark.parametrize("quantity", ["0", "-6", "1", "1.5", "many", "1000001", "1e9", "12 pcs"])
def test_a_carton_of_no_whole_number_is_refused(quantity: str) -> None:
    assert problems(take(ProductsIntake, a_pan("A", carton_quantity=quantity))) == [(2, "carton_quantity")]
    assert not Product.objects.exists()


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"carton_quantity": "", "carton_ean": CARTON}, "carton_quantity"),
        ({"carton_ean": CARTON}, "carton_ean"),
        ({"unit": "carton", "carton_quantity": "12"}, "carton_quantity"),
        ({"carton_quantity": "12", "carton_ean": CARTON, "pallet_quantity": "99", "pallet_ean": CARTON}, "pallet_ean"),
        ({"ean": OWN, "carton_quantity": "12", "carton_ean": OWN}, "carton_ean"),
        ({"carton_quantity": "12", "carton_ean": "12ab"}, "carton_ean"),
    ],
)
def test_what_contradicts_itself_is_refused_with_its_column(said: dict[str, str], field: str) -> None:
    assert problems(take(ProductsIntake, a_pan("A", **said))) == [(2, field)]


def test_a_product_sold_by_the_carton_has_no_carton_of_itself() -> None:
    take(ProductsIntake, a_pan("A", unit="carton"))
    assert problems(take(ProductsIntake, a_pan("A", carton_quantity="12"))) == [(2, "carton_quantity")]


def test_an_ean_twice_in_a_file_names_the_first_row() -> None:
    outcome = take(
        ProductsIntake,
        a_pan("A", carton_quantity="12", carton_ean=CARTON),
        a_pan("B", pallet_quantity="480", pallet_ean=CARTON),
    )
    assert problems(outcome) == [(3, "pallet_ean")]
    assert outcome.problems[0].message.startswith("Row 2 has the EAN")


def test_an_ean_of_an_earlier_batch_is_remembered() -> None:
    intake = ProductsIntake()
    first, second = rows(
        a_pan("A", carton_quantity="12", carton_ean=CARTON), a_pan("B", carton_quantity="6", carton_ean=CARTON)
    )
    intake.take([first])
    assert problems(intake.take([second])) == [(3, "carton_ean")]


@pytest.mark.parametrize("column", ["ean", "carton_ean"])
def test_an_ean_of_another_product_s_carton_is_refused_by_its_name(column: str) -> None:
    take(ProductsIntake, a_pan("A", carton_quantity="12", carton_ean=CARTON))
    outcome = take(ProductsIntake, a_pan("B", carton_quantity="6", **{column: CARTON}))
    assert problems(outcome) == [(2, column)]
    assert "The product A has the EAN" in outcome.problems[0].message


def test_a_carton_cannot_have_another_product_s_own_ean() -> None:
    take(ProductsIntake, a_pan("A", ean=OWN))
    assert problems(take(ProductsIntake, a_pan("B", carton_quantity="6", carton_ean=OWN))) == [(2, "carton_ean")]


def test_two_cartons_may_trade_their_eans_in_one_file() -> None:
    take(
        ProductsIntake,
        a_pan("A", carton_quantity="12", carton_ean=CARTON),
        a_pan("B", carton_quantity="6", carton_ean=PALLET),
    )
    outcome = take(ProductsIntake, a_pan("A", carton_ean=PALLET), a_pan("B", carton_ean=CARTON))
    assert counts(outcome) == (0, 2, 0, 0)
    assert stored() == [("A", "carton", 12, PALLET), ("B", "carton", 6, CARTON)]


def test_units_are_told_by_product_and_by_ean() -> None:
    take(ProductsIntake, a_pan("A", carton_quantity="12", carton_ean=CARTON, pallet_quantity="480"), a_pan("B"))
    a, b = Product.objects.get(upc="A"), Product.objects.get(upc="B")
    assert units_of([a.pk, b.pk]) == {a.pk: (PackUnit("carton", 12, CARTON), PackUnit("pallet", 480))}
    assert units_by_ean([CARTON, "", "404"]) == {CARTON: (a.pk, "carton", 12)}


def test_packing_costs_the_same_for_two_rows_and_twenty() -> None:
    def file(start: int, count: int) -> list[Any]:
        return [
            a_pan(f"P{number}", carton_quantity="12", carton_ean=f"1690123{number:07d}", replaced_by=f"P{start}")
            if number > start
            else a_pan(f"P{number}", carton_quantity="12", carton_ean=f"1690123{number:07d}", replaced_by="")
            for number in range(start, start + count)
        ]

    take(ProductsIntake, a_pan("WARM", carton_quantity="3"))
    assert statements(ProductsIntake, file(100, 2)) == statements(ProductsIntake, file(200, 20))


def test_a_quantity_is_said_in_the_reader_s_words() -> None:
    units = [PackUnit("carton", 12), PackUnit("pallet", 480)]
    assert quantity_words(27, "piece", units) == "2 cartons + 3 pieces"
    assert quantity_words(480 * 1200, "piece", units) == "1,200 pallets"
    assert quantity_words(1, "piece", ()) == "1 piece"


def test_the_columns_have_a_meaning_in_both_languages() -> None:
    with translation.override("zh-hans"):
        assert all(str(column.label) for column in packing_columns())


def test_a_product_is_replaced_by_another_of_the_same_file() -> None:
    outcome = take(ProductsIntake, a_pan("OLD", replaced_by="NEW"), a_pan("NEW"))
    assert counts(outcome) == (2, 0, 0, 0)
    assert ProductCard.objects.get(replaced_by__upc="NEW").product.upc == "OLD"


def test_an_empty_cell_takes_the_replacement_away() -> None:
    take(ProductsIntake, a_pan("OLD", replaced_by="NEW"), a_pan("NEW"))
    assert counts(take(ProductsIntake, a_pan("OLD", replaced_by=""))) == (0, 1, 0, 0)
    assert ProductCard.objects.get(product__upc="OLD").replaced_by is None


@pytest.mark.parametrize("target", ["OLD", "NOBODY"])
def test_a_replacement_by_itself_or_by_nothing_is_refused(target: str) -> None:
    assert problems(take(ProductsIntake, a_pan("OLD", replaced_by=target))) == [(2, "replaced_by")]


def test_a_refused_product_replaces_nothing() -> None:
    outcome = take(
        ProductsIntake, a_pan("A", replaced_by="B"), a_pan("B", replaced_by="C"), a_pan("C", replaced_by="NOBODY")
    )
    assert sorted(problems(outcome)) == [(2, "replaced_by"), (3, "replaced_by"), (4, "replaced_by")]


def test_replacements_are_followed_to_the_end_and_never_in_a_circle() -> None:
    take(ProductsIntake, a_pan("C"), a_pan("B", replaced_by="C"), a_pan("A", replaced_by="B"))
    a, b, c = (Product.objects.get(upc=sku).pk for sku in "ABC")
    assert replacements_of([a, b, c]) == {a: (b, c), b: (c,)}
    take(ProductsIntake, a_pan("C", replaced_by="A"))
    assert replacements_of([a])[a] == (b, c)
