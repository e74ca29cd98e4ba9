"""Every screen a person uses: opens without complaint, passes axe, and fits a phone, in both languages."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest

from dealers.accounts.models import DealerGroup
from dealers.ledger.models import DocumentKind
from dealers.ledger.post import DocumentData, post_document
from fulfilment.ordering.cart import add_to_cart, open_cart
from fulfilment.ordering.models import DealerOrder
from fulfilment.ordering.review import approve
from fulfilment.ordering.saved import save_cart_as_list
from fulfilment.ordering.submit import OrderHead, submit
from fulfilment.shipping.record import ShipmentData, ShippedLine, record_shipment
from pricing.numbers.models import DealerItemNumber
from pricing.selling.models import AssortmentRule, FreightRule, OrderMinimum, QuantityRule, RuleKind
from pricing.terms.derive import set_formula
from pricing.terms.exceptions import request_exception
from pricing.terms.models import FormulaRule, GroupPriceList, Price, PriceList
from tests import factories
from tests.browser.chromium import DESKTOP, PHONE
from tests.browser.conftest import Visitor
from tests.browser.soundness import violations
from tests.factories import World
from tests.stack import Stack

pytestmark = [pytest.mark.browser, pytest.mark.race]

SHOP = [
    "/shop/",
    "/shop/catalogue/",
    "/shop/catalogue/?view=grid",
    "/shop/search/?q=nothing-has-this-name",
    "/shop/product/frying-pan/PAN-24/",
    "/shop/quick-order/",
    "/shop/cart/",
    "/shop/cart/upload/",
    "/shop/carts/",
    "/shop/lists/",
    "/shop/lists/{saved}/",
    "/shop/lists/{saved}/order/",
    "/shop/checkout/",
    "/shop/orders/",
    "/shop/orders/{shipped}/",
    "/shop/orders/{waiting}/",
    "/shop/orders/{shipped}/reorder/",
    "/shop/statement/",
    "/shop/documents/",
    "/shop/account/",
    "/shop/account/item-numbers/",
]
CONSOLE = [
    "/console/",
    "/console/review/",
    "/console/orders/",
    "/console/orders/{waiting}/",
    "/console/orders/{shipped}/",
    "/console/dealers/",
    "/console/dealers/D-ALPINE/",
    "/console/dealers/D-ALPINE/terms/",
    "/console/groups/",
    "/console/groups/new/",
    "/console/groups/GOLD/",
    "/console/prices/",
    "/console/prices/WHOLESALE/",
    "/console/prices/WHOLESALE/add/",
    "/console/prices/rows/{price}/",
    "/console/prices/history/",
    "/console/prices/check/",
    "/console/prices/check/?dealer=D-ALPINE&sku=PAN-24&quantity=10",
    "/console/formulas/new/",
    "/console/formulas/FORMULA/",
    "/console/one-off-prices/",
    "/console/one-off-prices/new/",
    "/console/one-off-prices/{one_off}/",
    "/console/selling/",
    "/console/selling/preview/",
    *(f"/console/selling/{kind}/" for kind in RuleKind.values),
    *(f"/console/selling/{kind}/add/" for kind in RuleKind.values),
    "/console/product-files/",
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
    return {"world": world, "shipped": shipped.number, "waiting": waiting.number, **_terms(world)}


def _terms(world: World) -> dict[str, int]:
    """A saved list, a group, a formula list, a one-off price, rules of each kind and a product's own number."""
    cart = open_cart(world.alpine_administrator, world.alpine)
    saved = save_cart_as_list(cart, world.alpine_administrator, "Every week", shared=True)
    group = DealerGroup.objects.create(code="GOLD", name="Gold")
    wholesale = PriceList.objects.get(code="WHOLESALE")
    GroupPriceList.objects.create(group=group, price_list=wholesale, priority=1)
    formula = PriceList(code="FORMULA", name="Formula", currency="EUR", kind="formula", base=wholesale)
    set_formula(formula, [FormulaRule(percent=Decimal(-5))], by=world.ada)
    day = date(2030, 1, 1)
    one_off = request_exception(
        world.alpine, world.pan, Decimal("15.00"), valid_from=day, valid_to=day, reason="Fair", by=world.rita
    )
    AssortmentRule.objects.create(effect="deny", product=world.knife, dealer=world.bergen)
    QuantityRule.objects.create(maximum=500, dealer=world.alpine)
    OrderMinimum.objects.create(amount=1, currency="EUR", dealer=world.alpine)
    FreightRule.objects.create(charge=1, currency="EUR", dealer=world.alpine)
    DealerItemNumber.objects.create(dealer=world.alpine, product=world.pan, number="A-77")
    price = Price.objects.filter(price_list=wholesale).order_by("pk").first()
    assert price is not None
    return {"saved": saved.pk, "one_off": one_off.pk, "price": price.pk}


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
            problems += [f"{path}: {each}" for each in violations(page)]
            if page.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
                problems.append(f"{path}: wider than the window")
            if page.get_attribute("html", "lang") != language:
                problems.append(f"{path}: not in {language}")
    assert problems == []
