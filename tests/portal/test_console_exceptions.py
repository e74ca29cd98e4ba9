"""One-off prices in the console: who sees, asks and decides, and what the dealer's page shows with the next request."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from dealers.accounts.models import User
from pricing.quote import supplier_day
from pricing.terms.exceptions import request_exception
from pricing.terms.models import PriceException
from tests.factories import World

LIST = "/console/one-off-prices/"
NEW = f"{LIST}new/"


def text(response: Any) -> str:
    """What the reader gets."""
    content: str = response.content.decode()
    return content


def asked(world: World, price: str = "9.00", *, start: int = 0) -> PriceException:
    """Rita asks for Alpine's pan."""
    day = supplier_day(timezone.now()) + timedelta(days=start)
    return request_exception(
        world.alpine,
        world.pan,
        Decimal(price),
        valid_from=day,
        valid_to=day + timedelta(days=9),
        reason="Opening order",
        by=world.rita,
    )


def form(**values: Any) -> dict[str, Any]:
    """What Rita types."""
    day = supplier_day(timezone.now())
    typed = {
        "dealer": "D-ALPINE",
        "sku": "PAN-24",
        "price": "17.50",
        "quantity": "5",
        "valid_from": day.isoformat(),
        "valid_to": (day + timedelta(days=30)).isoformat(),
        "reason": "Opening order",
    }
    return typed | values


def test_a_rep_asks_finance_approves_and_the_dealer_s_next_page_has_the_price(world: World, as_user: Any) -> None:
    rita, fay, alice = as_user(world.rita), as_user(world.fay), as_user(world.alice)
    answer = rita.post(NEW, form(quantity="1"))
    found = PriceException.objects.get()
    assert answer.url == f"{LIST}{found.pk}/"
    assert "17.50" not in text(alice.get("/shop/catalogue/?view=list"))
    assert rita.post(f"{LIST}{found.pk}/approve/").status_code in (403, 404)
    assert fay.post(f"{LIST}{found.pk}/approve/", {"note": "Once"}).status_code == 302
    assert "17.50" in text(alice.get("/shop/catalogue/?view=list"))
    assert fay.post(f"{LIST}{found.pk}/end/").status_code == 302
    assert "17.50" not in text(alice.get("/shop/catalogue/?view=list"))
    shown = text(rita.get(f"{LIST}{found.pk}/"))
    assert "Fay Test" in shown
    assert "Once" in shown


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ({"dealer": "D-BERGEN"}, "There is no such dealer"),
        ({"sku": "NOPE"}, "There is no product"),
        ({"price": "0"}, "0.0001"),
        ({"quantity": "-1"}, "1"),
        ({"valid_to": "2020-01-01"}, "before the first one"),
        ({"reason": ""}, "required"),
        ({"valid_to": ""}, "required"),
    ],
)
def test_what_cannot_be_is_said_at_its_field(world: World, as_user: Any, values: dict[str, Any], why: str) -> None:
    answer = as_user(world.rita).post(NEW, form(**values))
    assert answer.status_code == 422
    assert why in text(answer)
    assert not PriceException.objects.exists()


def test_refusing_without_a_word_is_told(world: World, as_user: Any) -> None:
    found = asked(world)
    answer = as_user(world.fay).post(f"{LIST}{found.pk}/refuse/", {"note": ""})
    assert answer.status_code == 409
    assert "Say why it is refused" in text(answer)


@pytest.mark.parametrize(("who", "sees"), [("rita", True), ("sam", False), ("fay", True), ("ada", True)])
def test_a_rep_sees_the_own_dealers_alone(world: World, as_user: Any, who: str, sees: bool) -> None:
    found, user = asked(world), getattr(world, who)
    client = as_user(user)
    assert ("PAN-24" in text(client.get(LIST))) is sees
    assert client.get(f"{LIST}{found.pk}/").status_code == (200 if sees else 404)


def test_who_asked_is_not_offered_to_decide(world: World, as_user: Any) -> None:
    found = asked(world)
    PriceException.objects.update(requested_by=world.fay)
    own, other = as_user(world.fay).get(f"{LIST}{found.pk}/"), as_user(world.ada).get(f"{LIST}{found.pk}/")
    assert "/approve/" not in own.content.decode()
    assert "/approve/" in other.content.decode()


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("", True),
        ("?standing=requested", True),
        ("?standing=holding", False),
        ("?q=opening", True),
        ("?q=pot", False),
        ("?dealer=d-alpine", True),
        ("?dealer=bergen", False),
        ("?standing=nonsense", False),
        ("?after=nonsense", True),
    ],
)
def test_the_list_is_filtered(world: World, as_user: Any, query: str, shown: bool) -> None:
    asked(world)
    assert ("PAN-24" in text(as_user(world.fay).get(LIST + query))) is shown


def test_the_list_costs_the_same_for_any_number(world: World, as_user: Any) -> None:
    def statements(user: User) -> int:
        client = as_user(user)
        client.get(LIST)
        with CaptureQueriesContext(
            connection,
        ) as caught:
            client.get(LIST)
        return len(caught)

    asked(world)
    one = statements(world.fay)
    for start in range(1, 60):
        asked(world, start=start)
    assert statements(world.fay) == one
