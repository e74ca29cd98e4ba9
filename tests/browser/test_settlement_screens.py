"""The screens of consumer orders' money: each opens soundly, passes axe and fits a phone, in both languages."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from dealers.ledger.models import AccountDocument
from fulfilment.settlement.settling import settle_due
from pricing.margins.settle import settle
from tests import factories
from tests.browser.chromium import DESKTOP, PHONE
from tests.browser.soundness import violations
from tests.fulfilment.allocation_world import make_allocation_world, make_campaign, of, place_order
from tests.fulfilment.settlement_samples import TERMS, complete, hand_to, sale, send_all, take_back
from tests.stack import Stack

pytestmark = [pytest.mark.browser, pytest.mark.race]

SHOP = ["/shop/consumer-sales/", "/shop/consumer-sales/{settled}/", "/shop/statement/", "/shop/documents/{document}/"]
CONSOLE = [
    "/console/settlements/",
    "/console/settlements/orders/",
    "/console/settlements/{settled}/",
    "/console/settlements/pay/S-1/",
    "/console/statements/S-1/",
    "/console/reconciliation/",
    "/console/reconciliation/orders/",
    "/console/reconciliation/orders/?which=fee",
]
SIZES = {"desktop": DESKTOP, "phone": PHONE}


@pytest.fixture
def shown(stack: Stack) -> dict[str, Any]:
    """An order that was settled and came back in part, and one that has not been sent."""
    world = make_allocation_world()
    order = place_order(world, "W-1", of("A", 3, paid="2697.00"))
    made, campaign = settle(sale(3 * 899_00, 3), TERMS), make_campaign(budget="1000.00")
    allocation = complete(
        send_all(hand_to(world, order, {"A": made}, campaign=campaign)), timezone.now() - timedelta(days=30)
    )
    settle_due(timezone.localdate())
    take_back(allocation)
    place_order(world, "W-2", of("C"))
    document = AccountDocument.objects.order_by("pk")[0]
    return {"world": world, "settled": allocation.pk, "document": document.pk}


@pytest.mark.parametrize(("size", "language"), [("desktop", "en"), ("phone", "zh-hans")])
def test_every_screen_is_sound(shown: dict[str, Any], visit: Any, size: str, language: str) -> None:
    world, problems = shown["world"], list[str]()
    for user, paths in ((world.shops[0].user, SHOP), (world.staff, CONSOLE)):
        visitor = visit(SIZES[size], language)
        visitor.sign_in(user.email, factories.PASSWORD)
        visitor.speak(language)
        for path in paths:
            page = visitor.open(path.format(**shown))
            problems += [f"{path}: {each}" for each in violations(page)]
            if page.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
                problems.append(f"{path}: wider than the window")
    assert problems == []
