"""What dealers and staff read of surcharges: product page, cart, checkout, order, mail and Excel."""

from __future__ import annotations

import io
from decimal import Decimal as D
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from openpyxl import load_workbook
from pypdf import PdfReader

from fulfilment.ordering.cart import add_to_cart, open_cart
from fulfilment.ordering.models import DealerOrder
from portal.documents.order_document import order_pdf, order_sheets
from portal.notifications.models import Mail
from pricing.surcharges.models import SurchargeRule
from tests.erp_bridge.orders import placed
from tests.factories import World
from tests.pricing.surcharge_samples import levy


@pytest.fixture
def alice(world: World, as_user: Any) -> Client:
    levy("METAL", percent="3", name="Metal surcharge", name_zh="金属附加费")
    levy("SMALL", "small", amount="25", below="500", name="Small order")
    return as_user(world.alice)


def text(response: Any) -> str:
    return " ".join(response.content.decode().split())


def filled(world: World) -> None:
    add_to_cart(open_cart(world.alice, world.alpine), {world.pan.pk: 10})


def test_the_product_page_and_the_list_name_it_beside_the_price(world: World, alice: Client) -> None:
    assert "plus Metal surcharge: 3 %, 0.60 on 1 piece" in text(alice.get("/shop/product/pan-24/PAN-24/"))
    assert "plus Metal surcharge: 3 %" in text(alice.get("/shop/catalogue/?view=list"))
    assert "Small order" not in text(alice.get("/shop/catalogue/"))


def test_the_cart_has_it_at_the_line_and_as_lines_of_the_totals(world: World, alice: Client) -> None:
    filled(world)
    page = text(alice.get("/shop/cart/"))
    assert "+5.55 Metal surcharge" in page
    assert "<dt>Metal surcharge</dt><dd>5.55</dd>" in page
    assert "<dt>Small order</dt><dd>25.00</dd>" in page
    assert "315.00 EUR more before tax and “Small order” is not charged" in page
    assert '<dd class="s-total">243.57</dd>' in page


def test_a_change_between_page_and_sending_is_told_and_then_confirmed(world: World, alice: Client) -> None:
    filled(world)
    form = alice.get("/shop/checkout/").context["form"]
    sent = {"outlet": world.outlet.pk, "delivery_mode": "partial", "key": str(uuid4())}
    sent |= {name: form.initial[name] for name in ("shown_total", "shown_prices", "shown_quantities")}
    sent["shown_surcharges"] = form.initial["shown_surcharges"]
    SurchargeRule.objects.filter(surcharge__code="METAL").update(percent=D(4))
    refused = alice.post("/shop/checkout/send/", sent)
    page = text(refused)
    assert refused.status_code == 422
    assert "Surcharges changed since you opened this page." in page
    assert "Metal surcharge was 5.55 and is now 7.40 EUR." in page
    assert not DealerOrder.objects.exists()
    again = refused.context["form"]
    sent |= {name: again.data[name] for name in ("shown_total", "shown_surcharges")}
    assert alice.post("/shop/checkout/send/", sent).status_code == 302
    assert DealerOrder.objects.get().surcharge_net == D("32.40")


def test_order_confirmation_review_and_mail_name_each(world: World, alice: Client, as_user: Any) -> None:
    order = placed(world, {world.pan: 10})
    for address in (f"/shop/orders/{order.number}/", f"/shop/orders/{order.number}/sent/"):
        page = text(alice.get(address))
        for said in ("Metal surcharge", "5.55", "Small order", "25.00"):
            assert said in page, (address, said)
    review = text(as_user(world.ada).get(f"/console/orders/{order.number}/"))
    for said in ("Metal surcharge", "METAL", "5.55", "+5.55 surcharges", "243.57"):
        assert said in review
    mail = Mail.objects.get(recipient=world.rita.email)
    assert "Metal surcharge: 5.55 EUR" in mail.text
    assert "Small order" in mail.html


def test_excel_of_orders_has_them_in_a_column(world: World, alice: Client, as_user: Any) -> None:
    placed(world, {world.pan: 10})
    for client, address in ((alice, "/shop/orders/export/"), (as_user(world.ada), "/console/orders/export.xlsx")):
        sheet = load_workbook(io.BytesIO(b"".join(client.get(address).streaming_content))).active
        rows = [list(row) for row in sheet.iter_rows(values_only=True)]
        head = next(row for row in rows if "Surcharges" in row)
        values = dict(zip(head, rows[rows.index(head) + 1], strict=True))
        assert D(str(values["Surcharges"])) == D("30.55")
        assert D(str(values["Total"])) == D("243.57")


def test_a_reader_of_chinese_reads_the_chinese_name(world: World, alice: Client) -> None:
    filled(world)
    assert "金属附加费" in text(alice.get("/shop/cart/", headers={"accept-language": "zh-hans"}))


def test_the_papers_of_an_order_have_them(world: World, alice: Client) -> None:
    order = DealerOrder.objects.select_related("dealer", "placed_by").get(pk=placed(world, {world.pan: 10}).pk)
    lines, head = order_sheets(order)
    row = dict(zip([column.title for column in lines.columns], next(iter(lines.rows)), strict=True))
    assert row["Surcharges"] == D("5.55")
    facts = [list(each) for each in head.rows]
    assert ["Metal surcharge", D("5.55")] in facts
    assert ["Small order", D("25.00")] in facts
    paper = " ".join(page.extract_text() for page in PdfReader(io.BytesIO(order_pdf(order))).pages)
    assert "Metal surcharge" in paper


def test_ordering_again_counts_today_s_surcharges(world: World, alice: Client) -> None:
    order = placed(world, {world.pan: 10})
    SurchargeRule.objects.filter(surcharge__code="METAL").update(percent=D(4))
    page = text(alice.get(f"/shop/orders/{order.number}/reorder/"))
    assert "+7.40 Metal surcharge" in page
    assert "<dt>Surcharges on these lines</dt><dd>7.40</dd>" in page
