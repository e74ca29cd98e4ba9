"""Prices and who buys by which list, taken in from files."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from oscar.core.loading import get_model

from pricing.catalogue.models import ProductUnit
from pricing.terms.intake import PricesIntake
from pricing.terms.models import Price, PriceList
from tests.factories import make_product
from tests.intakes import counts, problems, statements, take

Product = get_model("catalogue", "Product")

pytestmark = pytest.mark.django_db

ROW: dict[str, Any] = {"price_list": "W", "sku": "PAN", "price": "79.9", "currency": "EUR"}


@pytest.fixture(autouse=True)
def _pan(db: None) -> None:
    make_product("PAN", "Pan")


def test_the_same_prices_twice_change_nothing_and_a_correction_changes_one() -> None:
    tier = {**ROW, "min_quantity": "10", "price": "70", "valid_from": "2026-01-01", "valid_to": "2026-12-31"}
    assert counts(take(PricesIntake, ROW, tier)) == (2, 0, 0, 0)
    assert counts(take(PricesIntake, ROW, tier)) == (0, 0, 2, 0)
    assert counts(take(PricesIntake, ROW, {**tier, "price": "71"})) == (0, 1, 1, 0)
    assert Price.objects.get(min_quantity=10).valid_to == date(2026, 12, 31)


@pytest.mark.parametrize(("discount", "price"), [("0.15", "67.9150"), ("15%", "67.9150"), ("0.3333", "53.2693")])
def test_a_discount_is_taken_off_the_price_for_one(discount: str, price: str) -> None:
    tier = {"price_list": "W", "sku": "PAN", "min_quantity": "10", "discount": discount}

    take(PricesIntake, tier, ROW)

    assert Price.objects.get(min_quantity=10).price == Decimal(price)


def test_a_discount_on_nothing_is_refused() -> None:
    outcome = take(PricesIntake, {"price_list": "W", "sku": "PAN", "min_quantity": "10", "discount": "0.1"})

    assert problems(outcome) == [(2, "discount")]
    assert not PriceList.objects.exists()


def test_a_price_per_carton_becomes_one_per_sales_unit_from_a_carton_on() -> None:
    ProductUnit.objects.create(product=Product.objects.get(upc="PAN"), code="carton", factor=12)
    tier = {**ROW, "min_quantity": "2", "price": "700", "unit": "箱"}

    outcome = take(PricesIntake, ROW, {**ROW, "unit": "pcs", "valid_from": "2026-05-01"}, tier)

    assert counts(outcome) == (3, 0, 0, 0)
    assert Price.objects.get(min_quantity=24).price == Decimal("58.3333")
    again = take(PricesIntake, tier, {**ROW, "min_quantity": "24", "price": "58.3333"})
    assert (counts(again), problems(again)) == ((0, 0, 1, 1), [(3, "price_list")])


@pytest.mark.parametrize(("unit", "quantity"), [("pallet", "1"), ("set", "1"), ("carton", "10000000")])
def test_a_price_in_a_unit_the_product_does_not_have_is_refused(unit: str, quantity: str) -> None:
    ProductUnit.objects.create(product=Product.objects.get(upc="PAN"), code="carton", factor=12)

    outcome = take(PricesIntake, {**ROW, "unit": unit, "min_quantity": quantity}, {**ROW, "price": "1"})

    assert problems(outcome) == [(2, "unit")]
    assert Price.objects.get().price == 1


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"sku": "NOPE"}, "sku"),
        ({"price": "0"}, "price"),
        ({"price": "-1"}, "price"),
        ({"price": "1.23456"}, "price"),
        ({"price": "1,200"}, "price"),
        ({"price": ""}, "price"),
        ({"discount": "0.1"}, "price"),
        ({"min_quantity": "0"}, "min_quantity"),
        ({"min_quantity": "1.5"}, "min_quantity"),
        ({"currency": "XXY"}, "currency"),
        ({"currency": "USD"}, "currency"),
        ({"valid_from": "tomorrow"}, "valid_from"),
        ({"valid_from": "2026-02-01", "valid_to": "2026-01-01"}, "valid_to"),
    ],
)
def test_a_bad_price_is_named(change: dict[str, str], field: str) -> None:
    take(PricesIntake, ROW)

    assert problems(take(PricesIntake, {**ROW, "min_quantity": "5", **change})) == [(2, field)]


def test_a_repeated_price_is_refused() -> None:
    assert problems(take(PricesIntake, ROW, {**ROW, "price": "80"})) == [(3, "price_list")]


def test_statements_do_not_grow_with_rows() -> None:
    def tiers(code: str, many: int) -> list[Any]:
        return [{**ROW, "price_list": code, "min_quantity": str(i + 1)} for i in range(many)]

    assert statements(PricesIntake, tiers("A", 1000)) == statements(PricesIntake, tiers("B", 10))
