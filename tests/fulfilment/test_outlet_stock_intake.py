"""Stock of dealers' outlets from lists: the supplier's for any dealer, a dealer's own."""

from __future__ import annotations

from typing import Any

import pytest

from dealers.accounts.models import Outlet
from fulfilment.stock.models import OutletStock, OutletStockMove
from fulfilment.stock.outlet_intake import OutletStockIntake, OwnOutletStockIntake
from pricing.numbers.models import DealerItemNumber
from tests.factories import World, make_product
from tests.fulfilment.outlet_samples import assert_recounts
from tests.intakes import counts, problems, statements, take

pytestmark = pytest.mark.django_db

ROW: dict[str, Any] = {"dealer": "D-ALPINE", "outlet": "MAIN", "sku": "PAN-24", "quantity": "12"}
OWN: dict[str, Any] = {name: value for name, value in ROW.items() if name != "dealer"}


@pytest.fixture(autouse=True)
def _world(world: World) -> None:
    DealerItemNumber.objects.create(dealer=world.alpine, product=world.pot, number="K 1")
    DealerItemNumber.objects.create(dealer=world.bergen, product=world.pan, number="B 9")


def stored() -> list[tuple[str, str, int, int]]:
    found = OutletStock.objects.order_by("outlet__dealer", "outlet__code", "product__upc")
    return list(found.values_list("outlet__dealer__number", "product__upc", "on_hand", "safety"))


def test_rows_name_dealer_outlet_and_product(world: World) -> None:
    outcome = take(OutletStockIntake, {**ROW, "safety": "3"}, {**ROW, "dealer": "D-BERGEN"}, by=world.ada)
    assert counts(outcome) == (2, 0, 0, 0)
    assert stored() == [("D-ALPINE", "PAN-24", 12, 3), ("D-BERGEN", "PAN-24", 12, 0)]
    assert set(OutletStockMove.objects.values_list("by", flat=True)) == {world.ada.pk}


def test_own_item_numbers_name_products_of_their_dealer_alone() -> None:
    assert counts(take(OutletStockIntake, {**ROW, "sku": "k1"})) == (1, 0, 0, 0)
    assert problems(take(OutletStockIntake, {**ROW, "sku": "B 9"})) == [(2, "sku")]
    assert stored() == [("D-ALPINE", "POT-5L", 12, 0)]


def test_the_same_list_twice_changes_nothing_and_a_correction_one() -> None:
    take(OutletStockIntake, ROW, {**ROW, "sku": "POT-5L"})
    assert counts(take(OutletStockIntake, ROW, {**ROW, "sku": "POT-5L"})) == (0, 0, 2, 0)
    assert counts(take(OutletStockIntake, {**ROW, "quantity": "0"}, {**ROW, "sku": "POT-5L"})) == (0, 1, 1, 0)
    assert_recounts()


def test_an_empty_safety_stock_leaves_it_alone() -> None:
    take(OutletStockIntake, {**ROW, "safety": "3"})
    take(OutletStockIntake, {**ROW, "safety": ""})
    assert stored() == [("D-ALPINE", "PAN-24", 12, 3)]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"dealer": "D-NOBODY"}, "outlet"),
        ({"outlet": "NOWHERE"}, "outlet"),
        ({"sku": "NOPE"}, "sku"),
        ({"sku": "--"}, "sku"),
        ({"quantity": "-1"}, "quantity"),
        ({"quantity": ""}, "quantity"),
        ({"quantity": "1.5"}, "quantity"),
        ({"quantity": "99999999999"}, "quantity"),
        ({"safety": "-1"}, "safety"),
        ({"as_of": "2999-01-01"}, "as_of"),
        ({"as_of": "noon"}, "as_of"),
        ({"as_of": "2020-01-01"}, "as_of"),
    ],
)
def test_a_bad_row_is_named_and_nothing_of_it_is_kept(change: dict[str, str], field: str) -> None:
    take(OutletStockIntake, {**ROW, "as_of": "2026-01-01 08:00"})
    assert problems(take(OutletStockIntake, {**ROW, "quantity": "1", **change})) == [(2, field)]
    assert stored() == [("D-ALPINE", "PAN-24", 12, 0)]


def test_one_product_under_two_names_is_refused() -> None:
    assert problems(take(OutletStockIntake, ROW, ROW)) == [(3, "outlet")]
    assert problems(take(OutletStockIntake, {**ROW, "sku": "POT-5L"}, {**ROW, "sku": "K1"})) == [(3, "sku")]


def test_a_dealers_own_list_reaches_its_own_outlets_alone(world: World) -> None:
    Outlet.objects.create(dealer=world.bergen, code="BERGEN-2", name="Second", country="DE")
    outcome = take(OwnOutletStockIntake, OWN, {**OWN, "outlet": "BERGEN-2"}, dealer=world.alpine, by=world.alice)
    assert problems(outcome) == [(3, "outlet")]
    assert stored() == [("D-ALPINE", "PAN-24", 12, 0)]


def test_what_a_dealer_cannot_buy_does_not_exist_unless_it_has_it(world: World) -> None:
    make_product("SECRET", "Secret")
    assert problems(take(OwnOutletStockIntake, {**OWN, "sku": "SECRET"}, dealer=world.alpine)) == [(2, "sku")]
    take(OutletStockIntake, {**ROW, "sku": "SECRET"})
    assert counts(take(OwnOutletStockIntake, {**OWN, "sku": "SECRET", "quantity": "1"}, dealer=world.alpine)) == (
        0,
        1,
        0,
        0,
    )


def test_statements_do_not_grow_with_rows(world: World) -> None:
    def shops(prefix: str, many: int) -> list[Any]:
        Outlet.objects.bulk_create(
            Outlet(dealer=world.alpine, code=f"{prefix}{number}", name="Shop", country="DE") for number in range(many)
        )
        return [{**ROW, "outlet": f"{prefix}{number}"} for number in range(many)]

    one, thousand = shops("A", 1), shops("B", 1000)
    assert statements(OutletStockIntake, thousand) == statements(OutletStockIntake, one)
