"""Surcharges in the console: list, form, ending, and who may do what."""

from __future__ import annotations

from datetime import date
from decimal import Decimal as D
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from pricing.surcharges.models import Surcharge, SurchargeChange, SurchargeRule
from pricing.surcharges.write import last_change
from tests.factories import World
from tests.pricing.surcharge_samples import levy

LIST, ADD = "/console/surcharges/", "/console/surcharges/add/"


@pytest.fixture
def ada(world: World, as_user: Any) -> Client:
    return as_user(world.ada)


def form(**fields: Any) -> dict[str, Any]:
    return {
        "code": "METAL",
        "name": "Metal surcharge",
        "kind": "percent",
        "percent": "3",
        "currency": "EUR",
    } | fields


def codes(response: Any) -> list[str]:
    return [row["rule"].surcharge.code for row in response.context["rows"]]


def test_a_surcharge_is_added_changed_and_ended_with_a_record(world: World, ada: Client) -> None:
    sent = form(dealer="D-ALPINE", product="PAN-24", name_zh="金属附加费", valid_to="2030-05-31")
    assert ada.post(ADD, sent).status_code == 302
    found = SurchargeRule.objects.get()
    assert (found.dealer, found.product_id, found.currency) == (world.alpine, world.pan.pk, "")
    page = f"{LIST}{found.pk}/"
    ada.post(page, sent | {"percent": "3.5", "seen": last_change(found.pk)})
    found.refresh_from_db()
    assert found.percent == D("3.5")
    text = ada.get(page).content.decode()
    for said in ("Ada Test", "3.5 %", "Surcharge METAL"):
        assert said in text
    for _twice in range(2):
        ada.post(f"{page}end/")
    found.refresh_from_db()
    assert not found.is_active
    assert [each.by for each in SurchargeChange.objects.all()] == [world.ada] * 3


def test_rules_of_one_code_share_the_name(world: World, ada: Client) -> None:
    ada.post(ADD, form())
    ada.post(ADD, form(code="metal", name="Metal levy", dealer="D-ALPINE", percent="0"))
    assert [each.name for each in Surcharge.objects.all()] == ["Metal levy"]
    assert SurchargeRule.objects.count() == 2


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"percent": ""}, "percent"),
        ({"percent": "-1"}, "percent"),
        ({"kind": "piece"}, "amount"),
        ({"kind": "order"}, "amount"),
        ({"kind": "small", "percent": "3"}, "below"),
        ({"kind": "small", "below": "500", "amount": "5"}, "amount"),
        ({"kind": "small", "below": "0", "amount": "5"}, "below"),
        ({"kind": "piece", "amount": "1", "dealer": "D-ALPINE", "currency": "USD"}, "currency"),
        ({"dealer": "D-NOBODY"}, "dealer"),
        ({"product": "NOTHING"}, "product"),
        ({"brand": "Nobody"}, "brand"),
        ({"valid_from": "2030-05-31", "valid_to": "2030-05-01"}, "valid_to"),
        ({"code": "no spaces"}, "code"),
        ({"name": ""}, "name"),
    ],
)
def test_what_cannot_be_is_told_at_its_field(world: World, ada: Client, changes: dict[str, str], field: str) -> None:
    response = ada.post(ADD, form(**changes))
    assert response.status_code == 422
    assert field in response.context["form"].errors
    assert not SurchargeRule.objects.exists()


def test_a_second_rule_for_the_place_and_an_outdated_page_are_refused(world: World, ada: Client) -> None:
    ada.post(ADD, form())
    assert ada.post(ADD, form(percent="4")).status_code == 422
    rule = SurchargeRule.objects.get()
    seen = last_change(rule.pk)
    ada.post(f"{LIST}{rule.pk}/", form(percent="5", seen=seen))
    response = ada.post(f"{LIST}{rule.pk}/", form(percent="6", seen=seen))
    assert response.status_code == 422
    assert "while you had the page open" in response.content.decode()


def test_the_list_is_filtered_and_costs_the_same_for_any_number(world: World, ada: Client) -> None:
    levy("METAL", percent="3")
    levy("DEPOSIT", "piece", amount="0.25", dealer=world.alpine, valid_from=date(2100, 1, 1))

    def statements() -> int:
        with CaptureQueriesContext(connection) as sent:
            ada.get(LIST)
        return len(sent)

    few = statements()
    for number in range(20):
        levy(f"FEE-{number}", "order", amount="1", group=None, product=world.pan)
    assert statements() == few
    for query, expected in [
        ("q=metal", ["METAL"]),
        ("kind=piece", ["DEPOSIT"]),
        ("scope=dealer", ["DEPOSIT"]),
        ("state=future", ["DEPOSIT"]),
        ("q=D-ALPINE", ["DEPOSIT"]),
        ("state=ended", []),
    ]:
        assert codes(ada.get(f"{LIST}?{query}")) == expected, query


def test_a_rep_reads_own_dealers_rules_and_changes_none(world: World, as_user: Any) -> None:
    mine = levy("METAL", percent="3", dealer=world.alpine)
    everybody = levy("ENERGY", percent="1")
    foreign = levy("SECRET", percent="9", dealer=world.bergen)
    rita = as_user(world.rita)
    assert codes(rita.get(LIST)) == ["ENERGY", "METAL"]
    for rule in (mine, everybody):
        assert rita.get(f"{LIST}{rule.pk}/").status_code == 200
        assert rita.post(f"{LIST}{rule.pk}/", form()).status_code == 404
    assert rita.get(f"{LIST}{foreign.pk}/").status_code == 404
    assert rita.post(f"{LIST}{mine.pk}/end/").status_code == 403
    assert as_user(world.alice).get(LIST).status_code == 403
