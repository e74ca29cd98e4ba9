"""The allocation desk in a real browser: no serious axe finding, it fits a phone, and it works by keyboard."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from dealers.accounts.models import Dealer, Outlet
from fulfilment.allocation import held, offers, routing
from fulfilment.allocation.models import (
    Allocation,
    ConsumerContract,
    Decision,
    Offer,
    OfferState,
    RuleSet,
    RuleSetState,
    SourcingRule,
)
from fulfilment.consumer.models import ConsumerOrder
from portal.sourcing import deskwork, simulation
from tests import factories
from tests.browser.chromium import DESKTOP, PHONE
from tests.browser.conftest import Visitor
from tests.browser.soundness import violations
from tests.fulfilment.allocation_world import AllocationWorld, make_allocation_world, of, place_order
from tests.portal.console_consumer_samples import lost_order
from tests.stack import Stack

pytestmark = [pytest.mark.browser, pytest.mark.race]

SCREENS = (
    *(f"desk/?queue={queue}" for queue in ("new", "offered", "backlog", "exceptions", "dealers")),
    "desk/?queue=offered&q=nothing",
    "desk/jobs/{job}/",
    "consumer-orders/{split}/",
    "consumer-orders/{leaving}/",
    "consumer-orders/{offered}/assign/?outlet={outlet}",
    "consumer-orders/decisions/{decision}/?again=1",
    "dealer-map/",
    "dealer-map/?country=DE",
    "fairness/",
    "simulations/",
    "simulations/{simulation}/",
)
NAMES = (
    ("Küchenhaus am Alexanderplatz GmbH & Co. KG", "亚历山大厨具有限公司", "52.52", "13.41"),
    ("Hanse Kochkultur", "汉萨厨房文化", "53.55", "9.99"),
    ("Isar Haushaltswaren", "伊萨尔家居用品", "48.14", "11.58"),
    ("Domstadt Küche", "", "50.94", "6.96"),
    ("Elbflorenz Porzellan und Küche", "", "51.05", "13.74"),
    ("Mainufer Kochladen", "", "50.11", "8.68"),
)


@pytest.fixture
def desk(stack: Stack) -> dict[str, Any]:
    """Six shops in Germany and orders in every queue, with a job and a simulation that are done."""
    shops = make_allocation_world(6, stock=12)
    for shop, (name, name_zh, latitude, longitude) in zip(shops.shops, NAMES, strict=True):
        Dealer.objects.filter(pk=shop.dealer.pk).update(name=name, name_zh=name_zh)
        Outlet.objects.filter(pk=shop.outlet.pk).update(latitude=Decimal(latitude), longitude=Decimal(longitude))
        ConsumerContract.objects.filter(dealer=shop.dealer).update(entitlement=Decimal("16.5"))
    ConsumerContract.objects.filter(dealer=shops.shops[1].dealer).update(credit_hold=True)
    made = _orders(shops)
    factories.make_product("PAN-24", "What the lost order is of")
    lost_order(shops.channel)
    draft = RuleSet.objects.create(name="Nearest without Berlin", state=RuleSetState.DRAFT)
    SourcingRule.objects.create(
        rule_set=draft, position=1, name="All but Berlin", without_dealers=["S-1"], on_exhausted="backlog"
    )
    tried = simulation.ask(draft, currency="EUR", wanted=100, runs_down=True, by=shops.staff)
    simulation.run(tried.pk)
    keys = [made["with dealer"].pk, made["dropped"].pk]
    job, _new = deskwork.ask("warehouse", keys, note="Closed today", by=shops.staff, key=uuid4())
    deskwork.run(job.pk)
    return {
        "shops": shops,
        "job": job.pk,
        "split": made["split"].pk,
        "leaving": made["leaving"].pk,
        "offered": made["offered"].pk,
        "outlet": shops.shops[2].outlet.pk,
        "decision": Decision.objects.filter(order=made["split"]).latest("pk").pk,
        "simulation": tried.pk,
    }


def _orders(shops: AllocationWorld) -> dict[str, ConsumerOrder]:
    made = {}
    for name in ("offered", "dropped", "with dealer", "leaving", "late", "two"):
        made[name] = place_order(shops, f"W-2026-{name.upper().replace(' ', '-')}", of("A"))
        assert routing.allocate(made[name].pk)
    made["split"] = place_order(shops, "W-2026-SPLIT", of("A", 13, paid="14287.00"), of("B", 2), of("C"))
    made["backlog"] = place_order(shops, "W-2026-BACKLOG", of("A", 99, paid="99999.00"))
    for name in ("split", "backlog"):
        assert routing.allocate(made[name].pk)
    for name in ("with dealer", "leaving", "late"):
        offers.accept(Offer.objects.get(order=made[name], state=OfferState.SENT).pk, by=shops.shops[0].user)
    held.request_unclaim(
        Allocation.objects.get(order=made["leaving"]).pk,
        by=shops.shops[0].user,
        reason="capacity",
        note="We move house.",
    )
    Offer.objects.filter(order=made["late"]).update(ship_by=timezone.now() - timedelta(hours=3))
    Offer.objects.filter(order__in=[made["with dealer"], made["leaving"]]).update(
        ship_by=timezone.now() + timedelta(hours=20)
    )
    return made


@pytest.mark.parametrize(("size", "language"), [(DESKTOP, "en"), (PHONE, "zh-hans")], ids=["desktop", "phone"])
def test_every_screen_of_the_desk_is_sound(desk: dict[str, Any], visit: Any, size: Any, language: str) -> None:
    problems: list[str] = []
    visitor: Visitor = visit(size, language)
    visitor.sign_in(desk["shops"].staff.email, factories.PASSWORD)
    visitor.speak(language)
    for path in SCREENS:
        page = visitor.open(f"/console/{path.format(**desk)}")
        problems += [f"{path}: {each}" for each in violations(page)]
        if page.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
            problems.append(f"{path}: wider than the window")
    assert problems == []


def test_a_worker_simulates_and_the_page_follows(desk: dict[str, Any], visit: Any) -> None:
    visitor: Visitor = visit(DESKTOP)
    visitor.sign_in(desk["shops"].staff.email, factories.PASSWORD)
    page = visitor.open("/console/simulations/")
    page.get_by_label("The last orders").fill("5")
    page.get_by_role("button", name="Simulate").click()
    page.wait_for_url("**/simulations/*/")
    page.get_by_role("heading", name="Both sides").wait_for(timeout=60_000)
    assert page.get_by_text("The last 5 orders in EUR").is_visible()


def test_orders_are_routed_again_by_keyboard(desk: dict[str, Any], visit: Any) -> None:
    visitor: Visitor = visit(DESKTOP)
    visitor.sign_in(desk["shops"].staff.email, factories.PASSWORD)
    page = visitor.open("/console/desk/?queue=offered")
    page.get_by_label("Choose W-2026-OFFERED").focus()
    page.keyboard.press("Space")
    page.get_by_role("button", name="Route again…").focus()
    page.keyboard.press("Enter")
    page.get_by_label("Reason").fill("The shop is closed")
    page.keyboard.press("Enter")
    page.wait_for_url("**/desk/jobs/*/")
    assert page.get_by_text("Goes to 1 dealer.").is_visible()
