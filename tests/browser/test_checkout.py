"""Checkout in a real Chromium: many outlets, delivery, a line's own note, sent by the keyboard alone."""

from __future__ import annotations

import re
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from dealers.accounts.models import Outlet
from fulfilment.ordering.cart import add_to_cart, open_cart
from fulfilment.ordering.models import DealerOrder
from pricing.selling.models import FreightRule
from tests import factories
from tests.browser.chromium import PHONE
from tests.factories import World
from tests.stack import Stack

pytestmark = [pytest.mark.browser, pytest.mark.race]


@pytest.fixture
def world(stack: Stack) -> World:
    made = factories.make_world()
    Outlet.objects.bulk_create(
        Outlet(
            dealer=made.alpine,
            code=f"S{number:02d}",
            name=f"Shop {number}",
            contact_name=f"Keeper {number}",
            contact_phone="+49 30 5550100",
            address_line1=f"{number} Lake Road",
            city="Lucerne" if number == 27 else "Basel",
            postal_code=str(4000 + number),
            country="CH",
        )
        for number in range(1, 31)
    )
    FreightRule.objects.create(currency="EUR", charge=Decimal("25.00"), free_from=Decimal("500.00"))
    add_to_cart(open_cart(made.alice, made.alpine), {made.pan.pk: 10, made.pot.pk: 6})
    return made


def test_an_order_is_checked_out_by_keyboard_alone(world: World, visit: Any) -> None:
    buyer = visit()
    buyer.sign_in(world.alice.email, factories.PASSWORD)
    page = buyer.open("/shop/checkout/")
    page.fill("textarea[name=note]", "Back door, please")
    page.focus("#outlet-q")
    page.keyboard.type("lucerne")
    found = page.locator("#outlet-list input[name=outlet]")
    expect(found).to_have_count(2)
    expect(found.first).to_be_checked()
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowDown")
    expect(page.locator("#outlet-list li", has_text="Shop 27").locator("input")).to_be_checked()
    expect(page.locator("[name=cancel_missing_after]")).to_be_hidden()
    page.focus("input[name=delivery_mode]:checked")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    last = timezone.localdate() + timedelta(days=20)
    page.locator("[name=cancel_missing_after]").fill(last.isoformat())
    page.focus("#checkout-lines a[href*=terms]")
    page.keyboard.press("Enter")
    page.locator(f"input[name=note-{world.pan.pk}]").fill("for the fair")
    page.focus("input[name=po_number]")
    page.keyboard.type("PO-2026-9")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/shop/orders/[^/]+/sent/"))
    order = DealerOrder.objects.get()
    assert (order.outlet.name, order.po_number, order.note) == ("Shop 27", "PO-2026-9", "Back door, please")
    assert (order.delivery_mode, order.cancel_missing_after) == ("until", last)
    assert (order.freight_net, order.total) == (Decimal("25.00"), Decimal("548.50"))
    assert order.lines.get(position=1).note == "for the fair"


def test_the_checkout_fits_a_phone_with_notes_open(world: World, visit: Any) -> None:
    phone = visit(PHONE)
    phone.sign_in(world.alice.email, factories.PASSWORD)
    page = phone.open("/shop/checkout/?terms=1")
    expect(page.locator(f"input[name=date-{world.pan.pk}]")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
