"""Every screen a person uses: opens without complaint, passes axe, and fits a phone, in both languages."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import uuid4

import axe_core_python.sync_playwright
import pytest

from dealers.ledger.models import DocumentKind
from dealers.ledger.post import DocumentData, post_document
from fulfilment.ordering.cart import add_to_cart, open_cart
from fulfilment.ordering.models import DealerOrder
from fulfilment.ordering.review import approve
from fulfilment.ordering.submit import OrderHead, submit
from fulfilment.shipping.record import ShipmentData, ShippedLine, record_shipment
from tests import factories
from tests.browser.chromium import DESKTOP, PHONE
from tests.browser.conftest import Visitor
from tests.factories import World
from tests.stack import Stack

pytestmark = [pytest.mark.browser, pytest.mark.race]

SHOP = [
    "/shop/",
    "/shop/catalogue/",
    "/shop/search/?q=nothing-has-this-name",
    "/shop/product/frying-pan/PAN-24/",
    "/shop/quick-order/",
    "/shop/cart/",
    "/shop/checkout/",
    "/shop/orders/",
    "/shop/orders/{shipped}/",
    "/shop/orders/{waiting}/",
    "/shop/statement/",
    "/shop/documents/",
    "/shop/account/",
]
CONSOLE = [
    "/console/",
    "/console/review/",
    "/console/orders/",
    "/console/orders/{waiting}/",
    "/console/orders/{shipped}/",
    "/console/dealers/",
    "/console/dealers/D-ALPINE/",
    "/console/prices/",
    "/console/prices/WHOLESALE/",
    "/console/prices/check/",
    "/console/statements/",
    "/console/statements/D-ALPINE/",
    "/console/documents/",
    "/console/messages/",
    "/console/messages/inbound/",
    "/console/imports/",
    "/console/imports/new/",
    "/console/supplier/",
]
SIZES = {"desktop": DESKTOP, "phone": PHONE}


@pytest.fixture
def orders(stack: Stack) -> dict[str, Any]:
    """One order on its way with its invoice, one that waits, and a cart."""
    world = factories.make_world()
    shipped = _place(world, 10)
    approve(shipped.pk, by=world.rita)
    record_shipment(
        ShipmentData("DA-1", shipped.number, datetime(2026, 11, 2, tzinfo=UTC), [ShippedLine(1, 4)], "DHL", "TRACK-1")
    )
    post_document(
        DocumentData(
            kind=DocumentKind.INVOICE,
            number="INV-1",
            dealer=world.alpine,
            issue_date=datetime(2026, 11, 2, tzinfo=UTC).date(),
            due_date=datetime(2026, 12, 2, tzinfo=UTC).date(),
            currency="EUR",
            net=Decimal("74.00"),
            tax=Decimal("9.62"),
            total=Decimal("83.62"),
            order_numbers=(shipped.number,),
        )
    )
    waiting = _place(world, 3)
    add_to_cart(open_cart(world.alpine_administrator, world.alpine), {world.pan.pk: 2, world.pot.pk: 6})
    return {"world": world, "shipped": shipped.number, "waiting": waiting.number}


def _place(world: World, quantity: int) -> DealerOrder:
    cart = open_cart(world.alice, world.alpine)
    add_to_cart(cart, {world.pan.pk: quantity})
    return submit(cart, OrderHead(key=uuid4(), outlet_id=world.outlet.pk, po_number="PO-1"), by=world.alice)


@pytest.mark.parametrize(("size", "language"), [("desktop", "en"), ("phone", "zh-hans")])
def test_every_screen_is_sound(orders: dict[str, Any], visit: Any, size: str, language: str) -> None:
    world: World = orders["world"]
    problems: list[str] = []
    for user, paths in ((world.alpine_administrator, SHOP), (world.ada, CONSOLE)):
        visitor: Visitor = visit(SIZES[size], language)
        visitor.sign_in(user.email, factories.PASSWORD)
        visitor.speak(language)
        for path in paths:
            page = visitor.open(path.format(**orders))
            found = axe_core_python.sync_playwright.Axe().run(page)
            problems += [
                f"{path}: {violation['id']} {node['target']}"
                for violation in found["violations"]
                if violation["impact"] in ("serious", "critical")
                for node in violation["nodes"]
            ]
            if page.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
                problems.append(f"{path}: wider than the window")
            if page.get_attribute("html", "lang") != language:
                problems.append(f"{path}: not in {language}")
    assert problems == []
