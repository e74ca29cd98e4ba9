"""A dealer's system tells what its outlets have, over the API."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from dealers.accounts.models import Outlet
from fulfilment.stock import outlets
from fulfilment.stock.feed_tokens import issue, revoke
from fulfilment.stock.models import OutletStock, StockFeedToken
from portal.api import outlet_stock
from tests.factories import World
from tests.fulfilment.consumer_samples import make_channel
from tests.fulfilment.outlet_samples import make_stock, stock_at

pytestmark = pytest.mark.django_db
URL = "/api/v1/outlet-stock"


@pytest.fixture
def secret(world: World) -> str:
    return issue(world.alpine, "Till", by=world.alice)[1]


def tell(secret: str, *lines: dict[str, Any], **more: Any) -> Any:
    body = json.dumps({"lines": lines, **more})
    return Client().post(URL, body, content_type="application/json", HTTP_AUTHORIZATION=f"Bearer {secret}")


def line(quantity: int = 12, **more: Any) -> dict[str, Any]:
    return {"outlet": "MAIN", "sku": "PAN-24", "quantity": quantity, **more}


def test_a_count_is_taken_and_its_repeat_changes_nothing(world: World, secret: str) -> None:
    assert tell(secret, line(safety=2)).json() == {"new": 1, "changed": 0, "unchanged": 0, "problems": []}
    assert tell(secret, line()).json() == {"new": 0, "changed": 0, "unchanged": 1, "problems": []}
    row = OutletStock.objects.get()
    assert (row.outlet, row.product, row.on_hand, row.safety) == (world.outlet, world.pan, 12, 2)


def test_what_offers_hold_stays_held(world: World, secret: str) -> None:
    key = make_stock(world.outlet, world.pan, 10)
    outlets.hold({key: 4}, "offer:1")
    tell(secret, line(7))
    assert (stock_at(key).on_hand, stock_at(key).held) == (7, 4)


def test_bad_lines_are_named_and_the_others_are_taken(world: World, secret: str) -> None:
    answer = tell(secret, line(), line(outlet="NOWHERE"), line(sku="NONE"))
    assert answer.status_code == 200
    assert answer.json()["new"] == 1
    assert [(each["line"], each["field"]) for each in answer.json()["problems"]] == [(1, "outlet"), (2, "sku")]


def test_an_older_count_is_refused_by_its_line(world: World, secret: str) -> None:
    tell(secret, line())
    late = (timezone.now() - timedelta(hours=1)).isoformat()
    answer = tell(secret, line(3), as_of=late).json()
    assert [(each["line"], each["field"]) for each in answer["problems"]] == [(0, "as_of")]
    assert OutletStock.objects.get().on_hand == 12


def test_another_dealers_outlet_does_not_exist(world: World, secret: str) -> None:
    Outlet.objects.create(dealer=world.bergen, code="HARBOUR", name="Harbour", country="NO")
    problems = tell(secret, line(outlet="HARBOUR")).json()["problems"]
    assert [each["field"] for each in problems] == ["outlet"]
    assert not OutletStock.objects.exists()


@pytest.mark.parametrize(
    ("lines", "field"),
    [
        ([{"outlet": "MAIN", "sku": "PAN-24", "quantity": -1}], "lines[0].quantity"),
        ([{"outlet": "MAIN", "sku": "PAN-24", "quantity": 1.5}], "lines[0].quantity"),
        ([{"outlet": "MAIN", "sku": "PAN-24"}], "lines[0].quantity"),
        ([{"outlet": "MAIN", "sku": "\u0000", "quantity": 1}], "lines[0].sku"),
        ([{"outlet": "MAIN", "sku": "PAN-24", "quantity": 1, "saftey": 1}], "lines[0].saftey"),
        ([{"outlet": "MAIN", "sku": "PAN-24", "quantity": 1, "as_of": "2026-05-04T10:00:00"}], "lines[0].as_of"),
        ([], "lines"),
    ],
)
def test_what_cannot_be_read_is_named(secret: str, lines: Any, field: str) -> None:
    answer = tell(secret, *lines)
    assert answer.status_code == 422
    assert [each["field"] for each in answer.json()["errors"]] == [field]
    assert not OutletStock.objects.exists()


def test_a_revoked_or_foreign_token_opens_nothing(world: World, secret: str) -> None:
    assert tell("sft_guess", line()).status_code == 401
    revoke(StockFeedToken.objects.get().pk, world.alpine, by=world.alice)
    answer = tell(secret, line())
    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer")


def test_too_many_requests_wait(monkeypatch: pytest.MonkeyPatch, world: World, secret: str) -> None:
    cache.clear()
    monkeypatch.setattr(outlet_stock, "MOST_REQUESTS", 1)
    answers = [tell(secret, line()).status_code for _time in range(3)]
    assert 429 in answers, "at least two fall into one minute"


def test_the_dealer_makes_and_ends_tokens_on_screen(world: World, as_user: Any) -> None:
    make_channel()
    client = as_user(world.alice)
    page = client.post(reverse("shop:stock_feed"), {"name": "Till"})
    secret = page.context["told"]
    assert secret in page.content.decode()
    assert tell(secret, line()).status_code == 200
    assert secret not in client.get(reverse("shop:stock_feed")).content.decode()
    client.post(reverse("shop:stock_feed_revoke", args=[StockFeedToken.objects.get().pk]))
    assert tell(secret, line()).status_code == 401
