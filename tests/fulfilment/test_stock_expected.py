"""Goods on their way: taken in from a list, moved, ended, and told by day."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from fulfilment.stock.expected import Expected, ExpectedReceiptsIntake, expected_receipts, supplier_today
from fulfilment.stock.models import ExpectedReceipt, Location
from tests.factories import make_product
from tests.intakes import counts, problems, statements, take

pytestmark = pytest.mark.django_db


def day(days: int) -> date:
    return supplier_today() + timedelta(days=days)


def row(**said: Any) -> dict[str, Any]:
    return {"sku": "PAN", "location": "SH", "quantity": "120", "expected_on": day(9), "reference": "PO-1", **said}


@pytest.fixture
def pan(db: None) -> Any:
    Location.objects.create(code="SH", name="Shanghai")
    Location.objects.create(code="BJ", name="Beijing")
    return make_product("PAN", "Pan", stock=0)


def test_receipts_are_told_soonest_first_and_added_up_by_day_and_place(pan: Any) -> None:
    take(
        ExpectedReceiptsIntake,
        row(location="BJ", expected_on=day(20)),
        row(),
        row(reference="PO-2", quantity="30"),
    )
    assert expected_receipts([pan.pk]) == {
        pan.pk: (Expected(pan.pk, "SH", "Shanghai", 150, day(9)), Expected(pan.pk, "BJ", "Beijing", 120, day(20)))
    }


def test_a_day_that_has_passed_is_not_promised_again(pan: Any) -> None:
    take(ExpectedReceiptsIntake, row(expected_on=day(0)))
    assert expected_receipts([pan.pk])
    assert expected_receipts([pan.pk], today=day(1)) == {}


def test_the_same_reference_with_another_day_moves_the_receipt(pan: Any) -> None:
    take(ExpectedReceiptsIntake, row())
    assert counts(take(ExpectedReceiptsIntake, row(expected_on=day(30)))) == (0, 1, 0, 0)
    assert [receipt.expected_on for receipt in ExpectedReceipt.objects.all()] == [day(30)]


def test_the_same_file_twice_changes_nothing(pan: Any) -> None:
    take(ExpectedReceiptsIntake, row(), row(reference=""))
    assert counts(take(ExpectedReceiptsIntake, row(), row(reference=""))) == (0, 0, 2, 0)


def test_quantity_0_ends_it_even_after_its_day(pan: Any) -> None:
    take(ExpectedReceiptsIntake, row())
    assert counts(take(ExpectedReceiptsIntake, row(quantity="0", expected_on=day(-3)))) == (0, 1, 0, 0)
    assert not ExpectedReceipt.objects.exists()


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"sku": "NOPE"}, "sku"),
        ({"location": "XX"}, "location"),
        ({"quantity": "-1"}, "quantity"),
        ({"quantity": "1.5"}, "quantity"),
        ({"quantity": "99999999"}, "quantity"),
        ({"expected_on": "03/12/2026"}, "expected_on"),
        ({"expected_on": ""}, "expected_on"),
        ({"expected_on": date(2020, 1, 1)}, "expected_on"),
        ({"expected_on": date(2199, 1, 1)}, "expected_on"),
    ],
)
def test_what_cannot_be_is_refused_with_its_column(pan: Any, said: dict[str, Any], field: str) -> None:
    assert problems(take(ExpectedReceiptsIntake, row(**said))) == [(2, field)]
    assert not ExpectedReceipt.objects.exists()


def test_a_file_without_references_has_one_receipt_per_product_and_place(pan: Any) -> None:
    plain = {name: value for name, value in row().items() if name != "reference"}
    assert problems(take(ExpectedReceiptsIntake, plain, {**plain, "expected_on": day(30)})) == [(3, "sku")]


def test_statements_do_not_grow_with_rows(pan: Any) -> None:
    for number in range(30):
        make_product(f"P-{number}", "Pan", stock=0)
    few = statements(ExpectedReceiptsIntake, [row(sku=f"P-{number}") for number in range(2)])
    assert statements(ExpectedReceiptsIntake, [row(sku=f"P-{number}") for number in range(2, 30)]) == few
