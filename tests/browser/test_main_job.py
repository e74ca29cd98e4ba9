"""The main job once more, as people do it: in a real Chromium, with a real server and worker."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from playwright.sync_api import Page, expect

from dealers.ledger.models import AccountDocument
from fulfilment.ordering.models import DealerOrder
from portal.search.index import reindex
from tests import factories
from tests.browser.chromium import DESKTOP, PHONE
from tests.browser.conftest import Visitor
from tests.factories import World
from tests.stack import Stack, until

pytestmark = [pytest.mark.browser, pytest.mark.race]


@pytest.fixture
def world(stack: Stack) -> World:
    made = factories.make_world()
    reindex([made.pan.pk, made.pot.pk, made.knife.pk])
    return made


def test_order_approve_deliver_receive_and_read_the_statement(
    world: World, stack: Stack, visit: Any, tmp_path: Path
) -> None:
    buyer = visit(DESKTOP)
    buyer.sign_in(world.alice.email, factories.PASSWORD)
    fill_cart(buyer)
    number = check_out(buyer)

    rep = visit(DESKTOP)
    rep.sign_in(world.rita.email, factories.PASSWORD)
    approve(rep, number)

    until(lambda: list(stack.erp_out.glob("*.xml")), f"the order file: {stack.log('worker')}")
    stack.manage("demo_erp_partner", "--once", "--keep", str(stack.folder / "partner"))
    until(lambda: AccountDocument.objects.filter(kind="payment").exists(), f"the payment: {stack.log('worker')}", 60)

    phone = visit(PHONE)
    phone.sign_in(world.alice.email, factories.PASSWORD)
    receive(phone, number)
    assert DealerOrder.objects.get(number=number).state == "finished"

    finance = visit(DESKTOP)
    finance.sign_in(world.alpine_finance.email, factories.PASSWORD)
    download_statement(finance, number, tmp_path)


def fill_cart(buyer: Visitor) -> None:
    """Search, step the quantity by keyboard, add; the cart in the header counts along."""
    page = buyer.open("/shop/search/?q=POT-5L")
    quantity = page.locator("main input[name^=quantity-]").first
    quantity.focus()
    quantity.press("ArrowUp")
    expect(quantity).to_have_value("12")
    page.locator("main form[action*='cart/add'] button[type=submit]").first.click()
    expect(page.locator("#cart-summary .p-badge")).to_have_text("1")
    page = buyer.open("/shop/catalogue/")
    page.locator("main form[action*='cart/add']", has=page.locator("input[aria-label*='Frying pan']")).locator(
        "button[type=submit]"
    ).click()
    expect(page.locator("#cart-summary .p-badge")).to_have_text("2")


def check_out(buyer: Visitor) -> str:
    """One page, one button; two quick clicks make one order."""
    page = buyer.open("/shop/checkout/")
    page.fill("input[name=po_number]", "PO-2026-1")
    page.fill("textarea[name=note]", "Back door, please")
    page.locator("#checkout-form button[type=submit]").last.dblclick()
    page.wait_for_url(re.compile(r"/shop/orders/[^/]+/"))
    found = re.search(r"/orders/([^/]+)/", page.url)
    assert found
    assert DealerOrder.objects.count() == 1
    page.go_back()
    page.wait_for_load_state("networkidle")
    return found[1]


def approve(rep: Visitor, number: str) -> None:
    """The queue, the order, the button that says what it does."""
    page = rep.open("/console/review/")
    page.get_by_role("link", name=re.compile(number)).first.click()
    button = page.locator("form[action*='approve'] button[type=submit]")
    expect(button).to_contain_text("Approve")
    button.click()
    page.wait_for_load_state("networkidle")
    rep.open("/console/review/")
    expect(rep.page.get_by_text(number)).to_have_count(0)


def receive(phone: Visitor, number: str) -> None:
    """On the phone: open the order, see the parcel, say that it arrived."""
    page: Page = phone.open(f"/shop/orders/{number}/")
    form = page.locator("form[action*='receipt']")
    form.locator("button[type=submit]").click()
    page.wait_for_load_state("networkidle")
    if page.locator("dialog[open]").count():
        page.locator("dialog[open] button[value=yes], dialog[open] .btn-primary").first.click()
        page.wait_for_load_state("networkidle")
    expect(page.locator("main")).to_contain_text("Finished")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), (
        "the page is wider than the phone"
    )


def download_statement(finance: Visitor, number: str, folder: Path) -> None:
    """The statement shows the invoice and its payment; the Excel file opens."""
    page = finance.open("/shop/statement/")
    expect(page.locator("main")).to_contain_text(number)
    with page.expect_download() as waiting:
        page.locator("a[href*='/statement/excel/']").first.click()
    path = folder / "statement.xlsx"
    waiting.value.save_as(path)
    assert openpyxl.load_workbook(path).worksheets


def test_a_dealer_s_finance_may_look_but_not_order(world: World, visit: Any) -> None:
    finance = visit(DESKTOP)
    finance.sign_in(world.alpine_finance.email, factories.PASSWORD)
    page = finance.open("/shop/catalogue/")
    expect(page.locator("form[action*='cart/add']")).to_have_count(0)
