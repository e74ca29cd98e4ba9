"""Screens that show promotions: no complaint, no serious axe finding, and they fit a phone."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from fulfilment.ordering.cart import add_to_cart, open_cart
from fulfilment.ordering.submit import OrderHead, submit
from pricing.promotions.write import Reach
from tests import factories
from tests.browser.chromium import DESKTOP, PHONE
from tests.browser.conftest import Visitor
from tests.browser.soundness import violations
from tests.factories import World
from tests.pricing.promotion_samples import promote
from tests.stack import Stack

pytestmark = [pytest.mark.browser, pytest.mark.race]

SHOP = ("catalogue/", "catalogue/?view=grid", "product/frying-pan/PAN-24/", "cart/", "checkout/", "orders/{order}/")
CONSOLE = ("orders/{order}/", "promotions/", "promotions/add/", "promotions/{pk}/", "promotions/preview/{asked}")


@pytest.fixture
def told(stack: Stack) -> dict[str, Any]:
    """A cart and an order with promotions on lines and on the order."""
    world = factories.make_world()
    until = timezone.localdate() + timedelta(days=30)
    own = promote("PANS", percent="10", valid_to=until, budget_amount="500", reach=Reach(products=[world.pan]))
    promote("SET", "bundle", percent="20", minimum_quantity=24, reach=Reach(products=[world.pot]))
    promote("SPEND", "order", percent="3", minimum_value="100")
    cart = open_cart(world.alpine_administrator, world.alpine)
    add_to_cart(cart, {world.pan.pk: 10, world.pot.pk: 6})
    order = submit(cart, OrderHead(key=uuid4(), outlet_id=world.outlet.pk), by=world.alpine_administrator)
    add_to_cart(open_cart(world.alpine_administrator, world.alpine), {world.pan.pk: 10, world.pot.pk: 6})
    asked = "?dealer=D-ALPINE&sku=PAN-24&quantity=10"
    return {"world": world, "order": order.number, "pk": own.pk, "asked": asked}


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_every_screen_with_promotions_is_sound(told: dict[str, Any], visit: Any, size: Any) -> None:
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
