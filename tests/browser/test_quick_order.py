"""Quick order in a real browser: by keyboard alone, by hand scanner, by camera, by dropped file; every line mended in
place, at both sizes and in both languages."""

from __future__ import annotations

import os
import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from fulfilment.ordering.cart import find_cart, quantities
from pricing.catalogue.models import ProductCard, ProductUnit
from tests import factories
from tests.browser.chromium import DESKTOP, PHONE
from tests.browser.conftest import Visitor
from tests.browser.soundness import violations
from tests.factories import World
from tests.portal.shop_catalogue import ProductImage, make_many
from tests.stack import Stack

pytestmark = [pytest.mark.browser, pytest.mark.race]

URL = "/shop/quick-order/"
PAN_EAN = "4006381333931"
CARTON_EAN = "14006381333938"
#: A camera that shows nothing, and a detector that finds the code which the page keeps in `window.held`.
CAMERA = """
window.held = "";
window.BarcodeDetector = class {
  static getSupportedFormats() { return Promise.resolve(["ean_13"]); }
  detect() { return Promise.resolve(window.held ? [{ rawValue: window.held }] : []); }
};
navigator.mediaDevices.getUserMedia = () => window.refused
  ? Promise.reject(new DOMException("no", "NotAllowedError"))
  : Promise.resolve(document.createElement("canvas").captureStream());
"""
PASTE = """text => {
  const data = new DataTransfer();
  data.setData("text/plain", text);
  const event = new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true });
  document.getElementById("quick-text").dispatchEvent(event);
}"""
DROP = """text => {
  const data = new DataTransfer();
  data.items.add(new File([text], "order.csv", { type: "text/csv" }));
  const event = new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true });
  document.getElementById("quick-text").dispatchEvent(event);
}"""


@pytest.fixture
def world(stack: Stack) -> World:
    """The company, with a pan that has an EAN and comes in cartons of twelve."""
    world = factories.make_world()
    ProductCard.objects.filter(product=world.pan).update(ean=PAN_EAN, weight_kg="1.250")
    ProductUnit.objects.create(product=world.pan, code="carton", factor=12, ean=CARTON_EAN)
    stack.manage("rebuild_search")
    return world


@pytest.fixture
def buyer(world: World, visit: Any) -> Visitor:
    """Alice at the empty box."""
    visitor: Visitor = visit(DESKTOP)
    visitor.sign_in(world.alice.email, factories.PASSWORD)
    visitor.open(URL)
    return visitor


def in_cart(world: World) -> dict[int, int]:
    cart = find_cart(world.alice, world.alpine)
    return quantities(cart) if cart else {}


def row(page: Page, code: str) -> Any:
    return page.locator(f"#quick-table tr:has([data-quick-code][value='{code}'])")


def focused(page: Page) -> str:
    return str(page.evaluate("document.activeElement.id"))


def tab_to(page: Page, selector: str) -> None:
    """Press Tab until what the selector names has the focus."""
    for _press in range(60):
        if page.evaluate("s => document.activeElement.matches(s)", selector):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab never came to {selector}")


def test_an_order_is_made_by_keyboard_alone(world: World, buyer: Visitor) -> None:
    page = buyer.page
    assert focused(page) == "quick-text"
    page.keyboard.type("fryi")
    expect(page.locator("#quick-options [role=option]").first).to_contain_text("PAN-24")
    page.keyboard.press("ArrowDown")
    expect(page.locator("#quick-text")).to_have_attribute("aria-activedescendant", "quick-option-1")
    page.keyboard.press("Tab")
    assert page.input_value("#quick-text") == "PAN-24\t"
    page.keyboard.type("2 cartons")
    page.keyboard.press("Enter")
    expect(row(page, "PAN-24").locator("[data-quantity]")).to_have_value("24")
    assert focused(page) == "quick-text"
    page.keyboard.type("POT-5X 6")
    page.keyboard.press("Enter")
    expect(page.locator("#quick-status")).to_contain_text("1 line needs your attention")
    tab_to(page, "[data-quick-fix='POT-5L']")
    page.keyboard.press("Enter")
    expect(row(page, "POT-5L").locator("[data-quantity]")).to_have_value("6")
    expect(page.locator("#quick-status")).to_contain_text("All lines can be ordered")
    tab_to(page, "[name='quantity-0']")
    page.keyboard.type("10")
    page.keyboard.press("Tab")
    expect(page.locator("#quick-totals")).to_contain_text("460.40")
    page.keyboard.press("Control+Enter")
    page.wait_for_url(re.compile("/shop/cart/"))
    assert in_cart(world) == {world.pan.pk: 10, world.pot.pk: 6}


def test_twenty_pasted_lines_are_mended_and_sent_by_keyboard_alone(world: World, buyer: Visitor) -> None:
    page = buyer.page
    many = make_many(18)
    ProductImage.objects.all().delete()
    page.evaluate(PASTE, "\n".join([*(f"{product.upc}\t2" for product in many), "POT-5X\t6", "PAN-24\t2 cartons"]))
    expect(page.locator("#quick-table tbody tr")).to_have_count(20)
    assert focused(page) == "quick-text"
    page.keyboard.press("Enter")
    expect(page.locator(":focus")).to_have_value("POT-5X")
    page.keyboard.type("POT-5L")
    page.keyboard.press("Enter")
    expect(page.locator("#quick-status")).to_contain_text("All lines can be ordered")
    page.keyboard.press("Control+Enter")
    page.wait_for_url(re.compile("/shop/cart/"))
    assert in_cart(world) == {product.pk: 2 for product in many} | {world.pot.pk: 6, world.pan.pk: 24}
    expect(page.locator(f"#words-{world.pan.pk}")).to_have_text("24 pieces")


def test_a_hand_scanner_adds_a_pack_with_each_scan(world: World, buyer: Visitor) -> None:
    page = buyer.page
    for code in (PAN_EAN, PAN_EAN, CARTON_EAN, PAN_EAN):
        page.keyboard.type(code)
        page.keyboard.press("Enter")
    expect(page.locator("#quick-table [data-quantity]")).to_have_value("15")
    expect(page.locator("#quick-table tbody tr")).to_have_count(1)
    assert page.input_value("#quick-text") == ""


def test_pasted_and_dropped_lines_go_to_the_table_and_are_mended_there(world: World, buyer: Visitor) -> None:
    page = buyer.page
    page.evaluate(PASTE, "SKU\tQty\tUnit\nPAN-24\t1\t箱\nKNIFE-8\t12\t\nNO-SUCH\t1\t")
    expect(page.locator("#quick-table tbody tr")).to_have_count(3)
    row(page, "KNIFE-8").get_by_role("button", name="Take 10").click()
    expect(row(page, "KNIFE-8").locator("[data-quantity]")).to_have_value("10")
    row(page, "NO-SUCH").get_by_role("button", name=re.compile("Remove")).click()
    expect(page.locator("#quick-status")).to_contain_text("All lines can be ordered")
    with page.expect_navigation():
        page.evaluate(DROP, "SKU,Quantity\nPOT-5L,6\n")
    expect(page.locator("#quick-table tbody tr")).to_have_count(3)
    code = row(page, "POT-5L").locator("[data-quick-code]")
    code.fill("PAN-24")
    code.press("Enter")
    expect(page.locator("#quick-table tbody tr")).to_have_count(2)
    expect(row(page, "PAN-24").locator("[data-quantity]")).to_have_value("18")


def test_what_the_server_could_not_take_stands_in_the_box_again(world: World, buyer: Visitor) -> None:
    page = buyer.page
    page.route("**/quick-order/", lambda route: route.abort())
    page.keyboard.type("PAN-24 3")
    page.keyboard.press("Enter")
    expect(page.locator(".p-toast")).to_contain_text("did not answer")
    assert page.input_value("#quick-text") == "PAN-24 3"
    buyer.complaints = [text for text in buyer.complaints if "ERR_FAILED" not in text]


def test_the_camera_is_hidden_where_the_browser_reads_no_barcodes(buyer: Visitor) -> None:
    page = buyer.page
    page.add_init_script("delete window.BarcodeDetector")
    buyer.open(URL)
    expect(page.locator("#quick-camera")).to_be_hidden()


def test_the_camera_adds_each_code_it_sees_once(world: World, buyer: Visitor) -> None:
    page = buyer.page
    page.add_init_script(CAMERA)
    buyer.open(URL)
    page.click("#quick-camera")
    page.evaluate(f"window.held = '{CARTON_EAN}'")
    expect(page.locator("#quick-table [data-quantity]")).to_have_value("12")
    expect(page.locator("[data-camera-said]")).to_contain_text(CARTON_EAN)
    page.keyboard.press("Escape")
    expect(page.locator("#quick-scanner")).to_be_hidden()


def test_a_camera_that_may_not_be_used_is_told(buyer: Visitor) -> None:
    page = buyer.page
    page.add_init_script(CAMERA + "window.refused = true;")
    buyer.open(URL)
    page.click("#quick-camera")
    expect(page.locator("[data-camera-said]")).to_contain_text("may not be used")


@pytest.mark.parametrize(("size", "language"), [(DESKTOP, "en"), (PHONE, "zh-hans")])
def test_a_thousand_lines_are_sound_and_fit(world: World, visit: Any, size: Any, language: str) -> None:
    skus = [product.upc for product in make_many(1_000)]
    ProductImage.objects.all().delete()  # their files are not where the servers look
    visitor: Visitor = visit(size, language)
    visitor.sign_in(world.alice.email, factories.PASSWORD)
    visitor.speak(language)
    page = visitor.open(URL)
    look(page, f"empty-{size['width']}-{language}")
    page.keyboard.type("MANY")
    expect(page.locator("#quick-options [role=option]")).to_have_count(8)
    assert violations(page) == []
    page.fill("#quick-text", "")
    bad = "PEN-24 1\nKNIFE-8 12\nPAN-24 1,000\nPOT-5L 7\nPAN-24 2 box\n"
    page.evaluate(PASTE, bad + "\n".join(f"{sku} 2" for sku in skus))
    expect(page.locator("#quick-table tbody tr")).to_have_count(100)
    assert violations(page) == []
    assert not page.evaluate("document.documentElement.scrollWidth > window.innerWidth")
    look(page, f"table-{size['width']}-{language}")


def look(page: Page, name: str) -> None:
    """Keep a picture where somebody wants to look at them."""
    if folder := os.environ.get("PORTAL_TEST_PICTURES"):
        page.screenshot(path=f"{folder}/quick-{name}.png")
