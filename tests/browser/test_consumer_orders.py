"""Consumer orders on a dealer's phone and desk: no serious axe finding, nothing too wide, and by keyboard alone."""

from __future__ import annotations

import re
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.hashers import make_password

from fulfilment.allocation import held
from fulfilment.allocation.models import Allocation, AllocationState, Offer, OfferState
from fulfilment.handover import overrides, pickup
from fulfilment.handover.parcels import send_parcel
from tests import factories
from tests.browser.chromium import DESKTOP, PHONE
from tests.browser.conftest import Visitor
from tests.browser.soundness import violations
from tests.fulfilment.allocation_world import AllocationWorld, make_allocation_world, of, place_order
from tests.fulfilment.handover_samples import colleague, lines_of, make_allocation, make_offer, packed_pickup
from tests.stack import Stack

pytestmark = [pytest.mark.browser, pytest.mark.race]

SCREENS = (
    "",
    "?tab=pack",
    "?q=nothing",
    "{offered}/",
    "{accepted}/",
    "{packed}/",
    "{way}/",
    "{way}/return/",
    "{accepted}/leave/",
    "counter/",
)
SIZES = {"desktop": DESKTOP, "phone": PHONE}


@pytest.fixture
def shops(stack: Stack) -> AllocationWorld:
    """One shop whose administrator can sign in, with both ways out."""
    world = make_allocation_world(1)
    boss = world.shops[0].user
    boss.password = make_password(factories.PASSWORD)
    boss.save()
    return world


@pytest.fixture
def orders(shops: AllocationWorld) -> dict[str, int]:
    """An order at every step."""
    boss = shops.shops[0].user
    offered = make_offer(shops, place_order(shops, "W-OFFERED", of("A", paid="899.00"), of("B", 2)))
    accepted = make_allocation(shops, place_order(shops, "W-ACCEPTED", of("A"), of("C", 2)))
    packed = packed_pickup(shops)
    overrides.ask(packed.pk, [lines_of(packed)[0].pk], by=colleague(shops), reason="The phone is broken")
    way = held.pack(make_allocation(shops, place_order(shops, "W-WAY")).pk, by=boss)
    send_parcel(way.pk, [line.pk for line in lines_of(way)], by=boss, key=uuid4(), carrier="DHL", tracking_number="T-1")
    return {"offered": offered.pk, "accepted": accepted.pk, "packed": packed.pk, "way": way.pk}


def signed_in(visit: Any, shops: AllocationWorld, size: str) -> Visitor:
    visitor: Visitor = visit(SIZES[size])
    visitor.sign_in(shops.shops[0].user.email, factories.PASSWORD)
    return visitor


@pytest.mark.parametrize("size", ["phone", "desktop"])
def test_every_screen_is_sound(shops: AllocationWorld, orders: dict[str, int], visit: Any, size: str) -> None:
    visitor, problems = signed_in(visit, shops, size), []
    for path in SCREENS:
        page = visitor.open("/shop/consumer-orders/" + path.format(**orders))
        problems += [f"{path}: {each}" for each in violations(page)]
        if page.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
            problems.append(f"{path}: wider than the window")
    assert problems == []


def test_an_order_is_accepted_and_sent_from_a_phone(shops: AllocationWorld, orders: dict[str, int], visit: Any) -> None:
    visitor = signed_in(visit, shops, "phone")
    page = visitor.open("/shop/consumer-orders/")
    page.click("text=W-OFFERED")
    page.click(".c-answer-bar .btn-primary")
    page.click("dialog[open] [data-confirm-yes]")
    page.wait_for_selector("text=Erika Muster")
    page.click("text=Everything is packed")
    page.fill("[name=carrier]", "DHL")
    page.click("text=The parcel has left")
    page.wait_for_selector("#receipt")
    assert Offer.objects.get(pk=orders["offered"]).state == OfferState.ACCEPTED
    assert Allocation.objects.get(pk=orders["offered"]).state == AllocationState.SENT


def test_which_products_are_missing_is_asked_for_reasons_of_stock_only(
    shops: AllocationWorld, orders: dict[str, int], visit: Any
) -> None:
    page = signed_in(visit, shops, "phone").open(f"/shop/consumer-orders/{orders['offered']}/")
    assert not page.is_visible(".c-about-stock")
    page.check("[value=not_in_stock]")
    assert page.is_visible(".c-about-stock")
    page.check("[value=price]")
    assert not page.is_visible(".c-about-stock")


def test_a_scanner_and_the_keyboard_hand_over(shops: AllocationWorld, orders: dict[str, int], visit: Any) -> None:
    code = pickup.issue(orders["packed"]).code
    page = signed_in(visit, shops, "desktop").open("/shop/consumer-orders/counter/")
    page.keyboard.type(code)
    page.keyboard.press("Enter")
    page.wait_for_selector("[name=hand_over]")
    page.focus("[name=hand_over]")
    page.keyboard.press("Enter")
    page.wait_for_selector(".c-done")
    assert page.evaluate("document.activeElement.id") == "pickup-code", "ready for the next consumer"
    assert re.search("P-1", page.inner_text(".c-done"))
    assert Allocation.objects.get(pk=orders["packed"]).state == AllocationState.COMPLETED
