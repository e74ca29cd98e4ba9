"""Terms, contracts, services, territories, margins, campaigns and online terms in the console."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal as D
from io import BytesIO
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook

from fulfilment.allocation import keeping
from fulfilment.allocation.models import (
    ConsumerCampaign,
    ConsumerContract,
    ConsumerTerms,
    OnlineTerms,
    OutletException,
    OutletService,
    ProtectedMargin,
    ProtectedTerritory,
)
from fulfilment.allocation.territory_intake import TerritoriesIntake
from tests.factories import World, make_dealer
from tests.fulfilment.allocation_world import make_terms

TERMS, TERRITORIES = "/console/sourcing/terms/", "/console/sourcing/territories/"
LISTS = (
    TERRITORIES,
    *(f"/console/sourcing/{name}/" for name in ("terms", "contracts", "margins", "campaigns", "online")),
)


@pytest.fixture
def ada(world: World, as_user: Any) -> Client:
    return as_user(world.ada)


def sent(client: Client, url: str, **fields: Any) -> dict[str, Any]:
    """The form of a page as the browser sends it, with some fields filled in."""
    form = client.get(url).context["form"]
    values = {name: form[name].value() for name in form.fields}
    return {name: value for name, value in values.items() if value is not None and value is not False} | fields


def of_alpine(page: str = "dealer_sourcing") -> str:
    return reverse(f"console:{page}", args=["D-ALPINE"])


def test_terms_are_added_for_now_and_for_later(world: World, ada: Client) -> None:
    make_terms()
    assert ada.post(TERMS, sent(ada, TERMS, goods_tax="14")).status_code == 302
    later = (timezone.localtime() + timedelta(days=30)).strftime("%Y-%m-%dT%H:%M")
    assert ada.post(TERMS, sent(ada, TERMS, goods_tax="15", valid_from=later)).status_code == 302
    now = keeping.terms_at(timezone.now())
    assert now is not None
    assert (now.goods_tax, now.made_by, ConsumerTerms.objects.count()) == (14, world.ada, 3)
    page = ada.get(TERMS)
    assert [each.goods_tax for each in page.context["coming"]] == [15]
    told = [(row["field"], row["old"], row["new"]) for row in page.context["changes"]]
    assert ("Tax on goods, %", "14", "15") in told
    assert ("Tax on goods, %", "13", "14") in told


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"goods_tax": "101"}, "goods_tax"),
        ({"goods_tax": ""}, "goods_tax"),
        ({"top_up_per_line": "-1"}, "top_up_per_line"),
        ({"fairness_days": "0"}, "fairness_days"),
        ({"valid_from": "2020-01-01T00:00"}, "valid_from"),
    ],
)
def test_terms_that_cannot_be_are_told_at_their_field(
    world: World, ada: Client, changes: dict[str, str], field: str
) -> None:
    make_terms()
    response = ada.post(TERMS, sent(ada, TERMS, **changes))
    assert response.status_code == 422
    assert field in response.context["form"].errors
    assert ConsumerTerms.objects.count() == 1


def test_a_contract_is_made_and_changed_at_the_dealer(world: World, ada: Client) -> None:
    url = of_alpine()
    assert url in ada.get(of_alpine("dealer")).content.decode()
    assert ada.post(url, sent(ada, url, tier="2", rebate="2.5")).status_code == 302
    wrong = sent(ada, url, valid_from="2030-02-01", valid_until="2030-01-01")
    assert "valid_until" in ada.post(url, wrong).context["form"].errors
    outdated = sent(ada, url, tier="3")
    ada.post(url, sent(ada, url, tier="4"))
    assert "while you had the page open" in ada.post(url, outdated).content.decode()
    contract = ConsumerContract.objects.get()
    assert (contract.dealer, contract.tier, contract.rebate) == (world.alpine, 4, D("2.5"))
    told = [(row["field"], row["old"], row["new"]) for row in ada.get(url).context["changes"]]
    assert told[0] == ("Tier", "2", "4")


def test_a_service_is_set_up_with_hours_and_days(world: World, ada: Client) -> None:
    url = reverse("console:outlet_service", args=[world.outlet.pk])
    week = {
        "day_0": "09:00–12:30, 14:00-18:00",
        **{f"day_{day}": "9-17" for day in range(1, 5)},
        "day_5": "",
        "day_6": "",
    }
    body = sent(ada, url, **week, time_zone="Europe/Berlin", freight_zones="12: 9.5", hands_over="on")
    assert body["area_code"] == "12345"
    assert ada.post(url, body).status_code == 302
    service = OutletService.objects.get()
    assert service.week == [[[540, 750], [840, 1080]], *[[[540, 1020]]] * 4, [], []]
    assert (service.freight_zones, service.hands_over) == ({"12": "9.50"}, True)
    assert "09:00–12:30, 14:00–18:00" in ada.get(url).content.decode()
    days = reverse("console:outlet_day", args=[world.outlet.pk])
    ada.post(days, {"day": "2030-12-24", "openings": "9-12", "note": "Christmas Eve"})
    ada.post(days, {"day": "2030-12-25", "openings": "", "note": ""})
    assert [(each.day.day, each.openings) for each in OutletException.objects.all()] == [(24, [[540, 720]]), (25, [])]
    assert "openings" in ada.post(days, {"day": "2030-12-26", "openings": "9-25"}).context["day_form"].errors
    ada.post(reverse("console:outlet_day_remove", args=[OutletException.objects.get(day="2030-12-25").pk]))
    assert OutletException.objects.count() == 1
    page = ada.get(url).content.decode()
    for said in ("Christmas Eve", "09:00–12:00"):
        assert said in page


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"day_2": "22:00-02:00"}, "day_2"),
        ({"day_2": "9-12, 11-13"}, "day_2"),
        ({"time_zone": "Mars/Base"}, "time_zone"),
        ({"area_code": "ZZ9"}, "area_code"),
        ({"freight_zones": "44"}, "freight_zones"),
        ({"freight_fixed": "-1"}, "freight_fixed"),
        ({f"day_{day}": "closed" for day in range(7)}, "day_0"),
    ],
)
def test_services_that_cannot_be_are_told_at_their_field(
    world: World, ada: Client, changes: dict[str, str], field: str
) -> None:
    url = reverse("console:outlet_service", args=[world.outlet.pk])
    response = ada.post(url, sent(ada, url, **{f"day_{day}": "24h" for day in range(7)} | changes))
    assert response.status_code == 422
    assert list(response.context["form"].errors) == [field]
    assert not OutletService.objects.exists()


def test_territories_are_added_found_exported_and_ended(world: World, ada: Client) -> None:
    add = f"{TERRITORIES}add/"
    ada.post(add, sent(ada, add, dealer="d-alpine", protection="exclusive", area_code="123"))
    circle = {"latitude": "52.5", "longitude": "13.4", "radius_km": "30"}
    ada.post(add, sent(ada, add, dealer="D-BERGEN", protection="primary", valid_from="2100-01-01", **circle))
    alpine, bergen = ProtectedTerritory.objects.order_by("pk")
    for query, expected in [
        ("", [bergen, alpine]),
        ("?dealer=D-ALPINE", [alpine]),
        ("?area=12345", [alpine]),
        ("?area=1", [alpine]),
        ("?area=2", []),
        ("?protection=primary", [bergen]),
        ("?state=current", [alpine]),
        ("?state=future", [bergen]),
        ("?state=ended", []),
    ]:
        assert [row["territory"] for row in ada.get(TERRITORIES + query).context["rows"]] == expected, query
    book = b"".join(ada.get(f"{TERRITORIES}export.xlsx?state=current").streaming_content)  # type: ignore[attr-defined]
    rows = list(load_workbook(BytesIO(book)).worksheets[0].iter_rows(values_only=True))
    assert rows[0] == tuple(column.name for column in TerritoriesIntake.columns)
    assert [row[:3] for row in rows[1:]] == [("D-ALPINE", "exclusive", "123")]
    ada.post(f"{TERRITORIES}{alpine.pk}/end/")
    alpine.refresh_from_db()
    assert alpine.valid_until == timezone.localdate() - timedelta(days=1)
    assert "Ada Test" in ada.get(f"{TERRITORIES}{alpine.pk}/").content.decode()


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"dealer": "D-NOBODY"}, "dealer"),
        ({"area_code": "ZZ9"}, "area_code"),
        ({"area_code": ""}, "area_code"),
        ({"radius_km": "5"}, "area_code"),
        ({"area_code": "", "latitude": "1", "longitude": "1"}, "radius_km"),
        ({"area_code": "", "latitude": "91", "longitude": "1", "radius_km": "1"}, "latitude"),
        ({"protection": ""}, "protection"),
        ({"category": "999999"}, "category"),
        ({"valid_from": "2030-02-01", "valid_until": "2030-01-01"}, "valid_until"),
    ],
)
def test_territories_that_cannot_be_are_told_at_their_field(
    world: World, ada: Client, changes: dict[str, str], field: str
) -> None:
    body = {"dealer": "D-ALPINE", "protection": "exclusive", "area_code": "123"} | changes
    response = ada.post(f"{TERRITORIES}add/", body)
    assert response.status_code == 422
    assert list(response.context["form"].errors) == [field]
    assert not ProtectedTerritory.objects.exists()


def test_margins_campaigns_and_online_terms_are_kept(world: World, ada: Client) -> None:
    for page, body in [
        ("margin", {"tier": "", "share": "18", "per_unit": "0"}),
        ("campaign", {"code": "LAUNCH", "name": "Launch", "currency": "EUR", "budget": "1000"}),
        ("online_term", {"product": "PAN-24", "currency": "EUR", "online_floor_price": "29.90"}),
    ]:
        add = reverse(f"console:{page}_add")
        assert ada.post(add, body).status_code == 302, page
        assert ada.post(add, body).status_code == 422, page
        assert ada.post(add, {}).status_code == 422, page
    ConsumerCampaign.objects.update(used=D("850.00"))
    campaign, margin, online = ConsumerCampaign.objects.get(), ProtectedMargin.objects.get(), OnlineTerms.objects.get()
    url = reverse("console:campaign", args=[campaign.pk])
    response = ada.post(url, sent(ada, url, budget="800"))
    assert "budget" in response.context["form"].errors
    assert ada.post(url, sent(ada, url, budget="900")).status_code == 302
    listed = ada.get("/console/sourcing/campaigns/").content.decode()
    for said in ("850.00 of 900.00 EUR used, 50.00 left", "p-progress-warn"):
        assert said in listed
    ada.post(reverse("console:margin_remove", args=[margin.pk]))
    ada.post(reverse("console:online_term_remove", args=[online.pk]))
    assert not ProtectedMargin.objects.exists()
    assert not OnlineTerms.objects.exists()


def test_lists_cost_the_same_for_any_number(world: World, ada: Client) -> None:
    make_terms()

    def statements(page: str) -> int:
        with CaptureQueriesContext(connection) as queries:
            assert ada.get(page).status_code == 200
        return len(queries)

    def fill(numbers: range) -> None:
        for number in numbers:
            dealer = make_dealer(f"N-{number}", f"Number {number}")
            ConsumerContract.objects.create(dealer=dealer)
            OutletService.objects.create(outlet=dealer.outlets.get())
            ProtectedTerritory.objects.create(dealer=world.alpine, protection="open", area_code=str(number))
            ProtectedMargin.objects.create(tier=number)
            ConsumerCampaign.objects.create(code=f"C-{number}", name="C", currency="EUR", budget=1)
            OnlineTerms.objects.create(product=world.pan, currency=f"X{number:02}", supplier_cost=1)

    pages = (*LISTS, of_alpine())
    fill(range(2))
    few = [statements(page) for page in pages]
    fill(range(2, 14))
    assert [statements(page) for page in pages] == few
    assert max(few) <= 12


def test_readers_read_their_dealers_and_change_nothing(world: World, as_user: Any) -> None:
    fay, rita = as_user(world.fay), as_user(world.rita)
    mine = ProtectedTerritory.objects.create(dealer=world.alpine, protection="exclusive", area_code="123")
    ProtectedTerritory.objects.create(dealer=world.bergen, protection="exclusive", area_code="999")
    ConsumerContract.objects.create(dealer=world.alpine)
    OutletService.objects.create(outlet=world.outlet)
    service = reverse("console:outlet_service", args=[world.outlet.pk])
    shared = (TERRITORIES, "/console/sourcing/contracts/", of_alpine(), service, f"{TERRITORIES}{mine.pk}/")
    for page in shared:
        for client in (fay, rita):
            response = client.get(page)
            assert response.status_code == 200, page
            assert "data-guard" not in response.content.decode(), page
    for page in (of_alpine(), service, f"{TERRITORIES}{mine.pk}/"):
        assert rita.post(page, {"tier": "9"}).status_code == 404
    assert [row["territory"] for row in rita.get(TERRITORIES).context["rows"]] == [mine]
    assert [row["dealer"] for row in rita.get("/console/sourcing/contracts/").context["rows"]] == [world.alpine]
    for page in LISTS:
        assert fay.get(page).status_code == 200, page
    assert fay.post(TERMS, {}).status_code == 404
    assert rita.get(TERMS).status_code == 403
    assert fay.post(f"{TERRITORIES}{mine.pk}/end/").status_code == 403
    assert rita.get("/console/sourcing/", follow=True).redirect_chain[-1][0] == "/console/sourcing/contracts/"
