"""Stock by location, taken in from files."""

from __future__ import annotations

from typing import Any

import pytest
from oscar.core.loading import get_model

from fulfilment.stock.intake import StockIntake
from fulfilment.stock.models import StockLevel
from tests.factories import make_product
from tests.intakes import counts, problems, statements, take

StockRecord = get_model("partner", "StockRecord")

pytestmark = pytest.mark.django_db

ROW: dict[str, Any] = {"sku": "PAN", "location": "SH", "quantity": "120"}


@pytest.fixture(autouse=True)
def _pan(db: None) -> None:
    make_product("PAN", "Pan", stock=0)


def test_the_record_holds_the_sum_and_keeps_what_orders_took() -> None:
    StockRecord.objects.update(num_allocated=7)

    outcome = take(StockIntake, ROW, {**ROW, "location": "BJ", "quantity": "30"})

    assert counts(outcome) == (2, 0, 0, 0)
    assert list(StockRecord.objects.values_list("num_in_stock", "num_allocated")) == [(150, 7)]


def test_the_same_stock_twice_changes_nothing_and_a_correction_changes_one() -> None:
    other = {**ROW, "location": "BJ"}
    take(StockIntake, ROW, other)

    assert counts(take(StockIntake, ROW, other)) == (0, 0, 2, 0)
    assert counts(take(StockIntake, {**ROW, "quantity": "5"}, other)) == (0, 1, 1, 0)
    assert StockRecord.objects.get().num_in_stock == 125


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"sku": "NOPE"}, "sku"),
        ({"location": ""}, "location"),
        ({"quantity": "-1"}, "quantity"),
        ({"quantity": "1.5"}, "quantity"),
        ({"quantity": "99999999999999999999"}, "quantity"),
        ({"quantity": "many"}, "quantity"),
        ({"quantity": ""}, "quantity"),
        ({"as_of": "2999-01-01"}, "as_of"),
        ({"as_of": "2020-01-01"}, "as_of"),
        ({"as_of": "noon"}, "as_of"),
    ],
)
def test_a_bad_row_is_named_and_nothing_of_it_is_kept(change: dict[str, str], field: str) -> None:
    take(StockIntake, {**ROW, "as_of": "2026-01-01 08:00"})

    assert problems(take(StockIntake, {**ROW, "quantity": "1", **change})) == [(2, field)]
    assert StockLevel.objects.get().on_hand == 120


def test_a_repeated_shelf_is_refused() -> None:
    assert problems(take(StockIntake, ROW, ROW)) == [(3, "sku")]


def test_statements_do_not_grow_with_rows() -> None:
    def shelves(prefix: str, many: int) -> list[Any]:
        return [{**ROW, "location": f"{prefix}{i}"} for i in range(many)]

    assert statements(StockIntake, shelves("A", 1000)) == statements(StockIntake, shelves("B", 10))
