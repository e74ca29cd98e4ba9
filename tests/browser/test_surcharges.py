"""Screens that show surcharges: no complaint, no serious axe finding, and they fit a phone."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from fulfilment.ordering.cart import add_to_cart, open_cart
from fulfilment.ordering.submit import OrderHead, submit
from tests import factories
from tests.browser.chromium import DESKTOP, PHONE
from tests.browser.conftest import Visitor
from tests.browser.soundness import violations
from tests.factories import World
from tests.pricing.surcharge_samples import levy
from tests.stack import Stack

pytestmark = [pytest.mark.browser, pytest.mark.race]

SHOP = (
    "catalogue/?view=list",
    "catalogue/?view=grid",
    "product/frying-pan/PAN-24/",
    "cart/",
    "checkout/",
    "orders/{order}/",
    "orders/{order}/sent/",
    "orders/{order}/reorder/",
)
CONSOLE = (
    "orders/{order}/",
    "surcharges/",
    "surcharges/?q=nothing",
    "surcharges/add/",
    "surcharges/{pk}/",
    "promotions/preview/{asked}",
)


@pytest.fixture
def told(stack: Stack) -> dict[str, Any]:
    """A cart and an order with surcharges by line and by order."""
    world = factories.make_world()
    own = levy("METAL", percent="2.5", name="Metal surcharge", name_zh="金属附加费", dealer=world.alpine)
    levy("DEPOSIT", "piece", amount="0.25", name="Deposit", product=world.pot)
    levy("SMALL", "small", amount="25", below="500", name="Small-order surcharge")
    cart = open_cart(world.alpine_administrator, world.alpine)
    add_to_cart(cart, {world.pan.pk: 10, world.pot.pk: 6})
    order = submit(cart, OrderHead(key=uuid4(), outlet_id=world.outlet.pk), by=world.alpine_administrator)
    add_to_cart(open_cart(world.alpine_administrator, world.alpine), {world.pan.pk: 10, world.pot.pk: 6})
    asked = "?dealer=D-ALPINE&sku=PAN-24&quantity=10"
    return {"world": world, "order": order.number, "pk": own.pk, "asked": asked}


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_every_screen_with_surcharges_is_sound(told: dict[str, Any], visit: Any, size: Any) -> None:
    world: World = told["world"]
    problems: list[str] = []
    for user, place, paths in (
        (world.alpine_administrator, "/shop/", SHOP),
        (world.ada, "/console/", CONSOLE),
    ):
        visitor: Visitor = visit(size)
        visitor.sign_in(user.email, factories.PASSWORD)
        for path in paths:
            page = visitor.open(place + path.format(**told))
            problems += [f"{path}: {each}" for each in violations(page)]
            if page.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
                problems.append(f"{path}: wider than the window")
    assert problems == []
