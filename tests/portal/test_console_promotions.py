"""Promotions in the console: list, form, ending, copying, preview, and who may do what."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal as D
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from pricing.promotions.models import Promotion, PromotionChange
from pricing.promotions.write import Reach, last_change
from tests.factories import World
from tests.pricing.promotion_samples import promote

LIST, ADD, PREVIEW = "/console/promotions/", "/console/promotions/add/", "/console/promotions/preview/"


@pytest.fixture
def ada(world: World, as_user: Any) -> Client:
    return as_user(world.ada)


def form(**fields: Any) -> dict[str, Any]:
    return {
        "code": "TEN",
        "name": "Ten off",
        "kind": "percent",
        "percent": "10",
        "currency": "EUR",
        "priority": 100,
    } | fields


def codes(response: Any) -> list[str]:
    return [row["promotion"].code for row in response.context["rows"]]


def test_a_promotion_is_added_changed_and_ended_with_a_record(world: World, ada: Client) -> None:
    sent = form(dealers="D-ALPINE", products="PAN-24\nPOT-5L", budget_amount="500", valid_to="2030-05-31")
    assert ada.post(ADD, sent).status_code == 302
    found = Promotion.objects.get()
    assert (found.everybody, found.everything, found.currency) == (False, False, "EUR")
    assert found.targets.count() == 2
    page = f"{LIST}{found.pk}/"
    ada.post(page, sent | {"percent": "12", "seen": last_change(found.pk)})
    found.refresh_from_db()
    assert found.percent == D(12)
    text = ada.get(page).content.decode()
    for said in ("Ada Test", "12 % off", "0.00 of 500.00 EUR used"):
        assert said in text
    for _twice in range(2):
        ada.post(f"{page}end/")
    found.refresh_from_db()
    assert not found.is_active
    assert [each.by for each in PromotionChange.objects.all()] == [world.ada] * 3


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"percent": ""}, "percent"),
        ({"percent": "101"}, "percent"),
        ({"kind": "free", "buy": "12"}, "free"),
        ({"kind": "order", "percent": "5"}, "minimum_value"),
        ({"kind": "order", "percent": "5", "amount": "9", "minimum_value": "1"}, "percent"),
        ({"kind": "order", "minimum_value": "1", "products": "PAN-24"}, "products"),
        ({"dealers": "D-NOBODY"}, "dealers"),
        ({"products": "NOTHING"}, "products"),
        ({"brands": "Nobody"}, "brands"),
        ({"valid_from": "2030-05-31", "valid_to": "2030-05-01"}, "valid_to"),
        ({"code": "no spaces"}, "code"),
        ({"budget_amount": "-1"}, "budget_amount"),
    ],
)
def test_what_cannot_be_is_told_at_its_field(world: World, ada: Client, changes: dict[str, str], field: str) -> None:
    response = ada.post(ADD, form(**changes))
    assert response.status_code == 422
    assert field in response.context["form"].errors
    assert not Promotion.objects.exists()


def test_fields_of_other_kinds_are_not_kept(world: World, ada: Client) -> None:
    ada.post(ADD, form(kind="free", buy="12", free="1", minimum_quantity="7"))
    found = Promotion.objects.get()
    assert (found.buy, found.free, found.percent, found.minimum_quantity, found.currency) == (12, 1, None, None, "")


def test_a_code_twice_and_a_stale_form_are_refused(world: World, ada: Client) -> None:
    found = promote("TEN", percent="10")
    assert ada.post(ADD, form()).context["form"].errors["code"]
    response = ada.post(f"{LIST}{found.pk}/", form(percent="11", seen=last_change(found.pk) - 1))
    assert response.status_code == 422
    assert ada.post(f"{LIST}{found.pk}/", form(percent="11", seen=last_change(found.pk))).status_code == 302


def test_a_copy_starts_from_the_other_without_its_code(world: World, ada: Client) -> None:
    promote("TEN", percent="10", reach=Reach(products=[world.pan]))
    values = ada.get(f"{ADD}?copy=TEN").context["form"]
    assert (values["code"].value(), values["percent"].value(), values["products"].value()) == ("", D(10), "PAN-24")
    assert ada.get(f"{ADD}?copy=NONE").status_code == 404


def test_the_list_is_narrowed_by_text_state_and_kind(world: World, ada: Client) -> None:
    today = timezone.localdate()
    promote("NOW", percent="1", reach=Reach(dealers=[world.alpine], products=[world.pan]))
    promote("LATER", percent="1", valid_from=today + timedelta(days=2))
    promote("PAST", percent="1", valid_from=date(2020, 1, 1), valid_to=date(2020, 1, 2))
    promote("GONE", "free", buy=1, free=1, is_active=False)
    Promotion.objects.filter(pk=promote("SPENT", percent="1", budget_amount="5").pk).update(budget_used=5)
    states = {"running": "NOW", "planned": "LATER", "over": "PAST", "ended": "GONE", "spent": "SPENT"}
    for state, code in states.items():
        assert codes(ada.get(LIST, {"state": state})) == [code]
    assert codes(ada.get(LIST, {"kind": "free"})) == ["GONE"]
    for text in ("now", "d-alpine", "pan-24"):
        assert codes(ada.get(LIST, {"q": text})) == ["NOW"]
    assert "No promotion fits the filter" in ada.get(LIST, {"q": "zzz"}).content.decode()


def test_the_list_costs_the_same_statements_for_any_number(world: World, ada: Client) -> None:
    def statements() -> int:
        with CaptureQueriesContext(connection) as sent:
            assert ada.get(LIST).status_code == 200
        return len(sent)

    promote("P0", percent="1")
    statements()
    one = statements()
    for number in range(1, 60):
        promote(f"P{number}", percent="1")
    assert statements() == one
    assert len(codes(ada.get(LIST))) == 50


def test_the_preview_says_what_a_dealer_pays_and_which_wins(world: World, ada: Client) -> None:
    promote("TEN", percent="10")
    promote("FIVE", percent="5")
    promote("SPEND", "order", percent="10", minimum_value="100")
    asked = {"dealer": "D-ALPINE", "sku": "PAN-24", "quantity": "10"}
    response = ada.get(PREVIEW, asked)
    assert response.context["line"].net_amount == D("149.85")
    assert [(deal["code"], deal["wins"]) for deal in response.context["deals"]] == [("FIVE", False), ("TEN", True)]
    assert "SPEND" in response.content.decode()


def test_a_rep_reads_but_not_of_strangers_and_changes_nothing(world: World, as_user: Any) -> None:
    theirs = promote("BERGEN", percent="1", reach=Reach(dealers=[world.bergen]))
    shared = promote("BOTH", percent="1", reach=Reach(dealers=[world.alpine, world.bergen]))
    rita = as_user(world.rita)
    assert codes(rita.get(LIST)) == ["BOTH"]
    assert rita.get(f"{LIST}{theirs.pk}/").status_code == 404
    page = rita.get(f"{LIST}{shared.pk}/").content.decode()
    assert "Alpine Kitchens" in page
    assert "and 1 other dealer" in page
    assert "Bergen Cooking" not in page
    assert rita.post(f"{LIST}{shared.pk}/", form()).status_code in (403, 404)
    assert rita.post(f"{LIST}{shared.pk}/end/").status_code in (403, 404)
