"""Contracts, services, territories and online terms from files: problems by row and field, idempotent, recorded."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from oscar.core.loading import get_model

from dealers.intake.rows import Outcome, Row, RowState
from fulfilment.allocation.change import What, changes_of
from fulfilment.allocation.models import ConsumerContract, OnlineTerms, OutletService, ProtectedTerritory
from fulfilment.allocation.terms_intake import ContractsIntake, ServicesIntake
from fulfilment.allocation.territory_intake import OnlineTermsIntake, TerritoriesIntake, exported_territories
from tests.factories import World, make_dealer, make_product

Category = get_model("catalogue", "Category")
ALPINE: dict[str, Any] = {"dealer": "D-ALPINE"}
AT_MAIN = ALPINE | {"outlet": "MAIN"}
AREA = ALPINE | {"protection": "exclusive", "area_code": "123"}
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
PAN: dict[str, Any] = {"sku": "PAN-24", "currency": "EUR"}


def take(intake: Any, world: World, *rows: dict[str, Any]) -> Outcome:
    return intake(by=world.ada).take([Row(number, values) for number, values in enumerate(rows, start=2)])


def as_cell(value: Any) -> Any:
    """A number as it comes out of a workbook."""
    return Decimal(value) if isinstance(value, int) else value


def told(outcome: Outcome) -> list[tuple[int, str]]:
    return [(problem.row, problem.field) for problem in outcome.problems]


def test_contracts_are_made_changed_and_repeated(world: World) -> None:
    row = ALPINE | {"tier": "2", "rebate": "2.5", "model": "supplier", "valid_until": "2030-12-31", "is_active": ""}
    assert take(ContractsIntake, world, row).states == {2: RowState.CREATED}
    contract = ConsumerContract.objects.get()
    assert (contract.tier, contract.model, contract.is_active) == (2, "supplier_sells", True)
    assert take(ContractsIntake, world, row).states == {2: RowState.UNCHANGED}
    assert take(ContractsIntake, world, ALPINE | {"tier": "3"}).states == {2: RowState.CHANGED}
    contract.refresh_from_db()
    assert (contract.tier, contract.rebate) == (3, 2.5)
    changes = list(changes_of(What.CONTRACT, "D-ALPINE"))
    assert [(change.new.get("tier"), change.by) for change in changes] == [(3, world.ada), (2, world.ada)]


def test_services_take_hours_as_people_write_them(world: World) -> None:
    row = AT_MAIN | {"monday": "09:00-12:30, 14:00-18:00", "sunday": "", "area_code": "12 345", "pickup": "yes"}
    row = {name.replace("pickup", "hands_over"): value for name, value in row.items()}
    row |= {"freight_zones": "12: 9.50; 13: 11", "time_zone": "Europe/Berlin", "reach_km": ""}
    outcome = take(ServicesIntake, world, row)
    assert outcome.problems == ()
    service = OutletService.objects.get()
    assert (service.week[0], service.week[1], service.week[6]) == ([[540, 750], [840, 1080]], [[0, 1440]], [])
    assert service.freight_zones == {"12": "9.50", "13": "11.00"}
    assert (service.area_code, service.hands_over, service.reach_km) == ("12345", True, None)
    assert take(ServicesIntake, world, row).states == {2: RowState.UNCHANGED}
    told_first = outcome.differences[0].new
    assert (told_first["monday"], told_first["sunday"]) == ("09:00–12:30, 14:00–18:00", "closed")


def test_territories_are_known_by_dealer_place_and_first_day(world: World) -> None:
    Category.add_root(name="Cookware")
    circle = ALPINE | {"protection": "primary", "latitude": "52.5", "longitude": "13.4", "radius_km": "30"}
    circle |= {"area_code": "", "category": "Cookware"}
    rows = (AREA, circle, AREA | {"valid_from": "2031-01-01"})
    assert set(take(TerritoriesIntake, world, *rows).states.values()) == {RowState.CREATED}
    assert set(take(TerritoriesIntake, world, *rows).states.values()) == {RowState.UNCHANGED}
    assert take(TerritoriesIntake, world, AREA | {"protection": "open"}).states == {2: RowState.CHANGED}
    assert ProtectedTerritory.objects.count() == 3
    stored = ProtectedTerritory.objects.select_related("dealer").order_by("pk")
    names = [column.name for column in TerritoriesIntake.columns]
    exported = [dict(zip(names, map(as_cell, row), strict=True)) for row in exported_territories(stored)]
    again = take(TerritoriesIntake, world, *exported)
    assert again.problems == ()
    assert set(again.states.values()) == {RowState.UNCHANGED}


def test_online_terms_by_product_and_currency(world: World) -> None:
    row = PAN | {"online_floor_price": "29.90", "supplier_cost": "11"}
    take(OnlineTermsIntake, world, row, PAN | {"currency": "USD", "supplier_cost": "12"})
    assert take(OnlineTermsIntake, world, row | {"online_floor_price": ""}).states == {2: RowState.CHANGED}
    euro = OnlineTerms.objects.get(currency="EUR")
    assert (euro.online_floor_price, euro.supplier_cost) == (None, 11)


@pytest.mark.parametrize(
    ("intake", "row", "field"),
    [
        (ContractsIntake, {"dealer": "D-NOBODY"}, "dealer"),
        (ContractsIntake, ALPINE | {"entitlement": "101"}, "entitlement"),
        (ContractsIntake, ALPINE | {"model": "nobody"}, "model"),
        (ContractsIntake, ALPINE | {"valid_from": "2030-02-01", "valid_until": "2030-01-01"}, "valid_until"),
        (ContractsIntake, ALPINE | {"tier": "-1"}, "tier"),
        (ServicesIntake, ALPINE | {"outlet": "NONE"}, "outlet"),
        (ServicesIntake, AT_MAIN | {"monday": "9-25"}, "monday"),
        (ServicesIntake, AT_MAIN | {"time_zone": "Mars/Base"}, "time_zone"),
        (ServicesIntake, AT_MAIN | {"freight_zones": "44"}, "freight_zones"),
        (ServicesIntake, AT_MAIN | {"area_code": "ZZ9"}, "area_code"),
        (ServicesIntake, AT_MAIN | {"delivers": "no"}, "delivers"),
        (ServicesIntake, AT_MAIN | dict.fromkeys(DAYS, ""), "monday"),
        (TerritoriesIntake, AREA | {"area_code": "ZZ9"}, "area_code"),
        (TerritoriesIntake, AREA | {"radius_km": "5"}, "area_code"),
        (TerritoriesIntake, AREA | {"area_code": "", "latitude": "1"}, "area_code"),
        (TerritoriesIntake, AREA | {"category": "Nowhere"}, "category"),
        (TerritoriesIntake, AREA | {"protection": ""}, "protection"),
        (TerritoriesIntake, AREA | {"valid_from": "2030-02-01", "valid_until": "2030-01-01"}, "valid_until"),
        (OnlineTermsIntake, PAN | {"sku": "NOTHING"}, "sku"),
        (OnlineTermsIntake, PAN | {"currency": "XX"}, "currency"),
        (OnlineTermsIntake, PAN | {"supplier_cost": "-1"}, "supplier_cost"),
    ],
)  # fmt: skip
def test_what_cannot_be_names_row_and_field(world: World, intake: Any, row: dict[str, Any], field: str) -> None:
    assert told(take(intake, world, row)) == [(2, field)]
    assert not changes_of(intake.what).exists()


def test_a_row_that_repeats_another_is_refused(world: World) -> None:
    assert told(take(TerritoriesIntake, world, AREA, AREA | {"area_code": " 123 "})) == [(3, "dealer")]


def test_a_hundred_rows_cost_what_one_does(world: World) -> None:
    dealers = [make_dealer(f"N-{number}", f"Number {number}") for number in range(40)]
    for number in range(40):
        make_product(f"SKU-{number}", "Thing")

    def statements(intake: Any, rows: list[dict[str, Any]]) -> int:
        with CaptureQueriesContext(connection) as sent:
            assert take(intake, world, *rows).problems == ()
        return len(sent)

    numbers = [{"dealer": dealer.number} for dealer in dealers]
    for intake, more in (
        (ContractsIntake, {"tier": "2"}),
        (ServicesIntake, {"outlet": "MAIN", "area_code": "12345"}),
        (TerritoriesIntake, {"protection": "open", "area_code": "123"}),
    ):
        rows = [number | more for number in numbers]
        assert statements(intake, rows[1:]) == statements(intake, rows[:1]), intake
    rows = [{"sku": f"SKU-{number}", "currency": "EUR", "supplier_cost": "1"} for number in range(40)]
    assert statements(OnlineTermsIntake, rows[1:]) == statements(OnlineTermsIntake, rows[:1])
