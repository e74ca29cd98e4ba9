"""The dealer's orders: tabs, search, detail, receipt, cancelling, ordering again, and nobody else's."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import translation
from openpyxl import load_workbook
from oscar.core.loading import get_model

from dealers.accounts.countries import country_name
from dealers.accounts.models import DealerRole, User
from fulfilment.ordering.cart import add_to_cart, find_cart, open_cart, quantities
from fulfilment.ordering.models import DealerOrder, DealerOrderLine
from fulfilment.ordering.progress import acknowledge
from fulfilment.ordering.review import approve, reject
from fulfilment.ordering.states import State
from fulfilment.ordering.submit import OrderHead, submit
from fulfilment.shipping.models import Shipment
from fulfilment.shipping.record import ShipmentData, ShippedLine, record_shipment
from portal.notifications.models import Mail
from pricing.catalogue.models import ProductCard
from pricing.promotions.write import Reach
from pricing.terms.models import Price
from tests import factories
from tests.factories import World
from tests.portal.shop_catalogue import make_many
from tests.pricing.promotion_samples import promote

Product = get_model("catalogue", "Product")
StockRecord = get_model("partner", "StockRecord")
NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)


@pytest.fixture
def alice(world: World, as_user: Any) -> Client:
    return as_user(world.alice)  # type: ignore[no-any-return]


def placed(world: World, wanted: dict[Any, int] | None = None, **head: Any) -> DealerOrder:
    cart = open_cart(world.alice, world.alpine)
    wanted = wanted or {world.pan: 10, world.pot: 6}
    add_to_cart(cart, {product.pk: number for product, number in wanted.items()})
    at = head.pop("at", None)
    return submit(cart, OrderHead(key=uuid4(), outlet_id=world.outlet.pk, **head), by=world.alice, at=at)


def shipped(order: DealerOrder, number: str, *lines: tuple[int, int]) -> Shipment:
    data = ShipmentData(number, order.number, NOON, [ShippedLine(*line) for line in lines], "SF Express", "SF123")
    return record_shipment(data)


def numbers(response: Any) -> list[str]:
    return [order.number for order, _progress in response.context["rows"]]


def test_tabs_count_and_narrow(world: World, alice: Client) -> None:
    waiting = placed(world)
    approved = approve(placed(world).pk, by=world.rita)
    gone = reject(placed(world).pk, by=world.rita, reason="No")
    response = alice.get(reverse("shop:orders"))
    counts = {str(tab["label"]): tab["count"] for tab in response.context["tabs"]}
    assert (counts["In review"], counts["Being shipped"], counts["Rejected or cancelled"], counts["All"]) == (
        1,
        1,
        1,
        3,
    )
    assert numbers(response) == [gone.number, approved.number, waiting.number]
    assert numbers(alice.get(reverse("shop:orders"), {"tab": "review"})) == [waiting.number]
    assert numbers(alice.get(reverse("shop:orders"), {"tab": "ended"})) == [gone.number]
    assert len(numbers(alice.get(reverse("shop:orders"), {"tab": "nonsense"}))) == 3


def test_search_by_number_po_sku_and_day(world: World, alice: Client) -> None:
    first = placed(world, {world.pan: 1}, po_number="ABC-77", at=NOON)
    second = placed(world, {world.knife: 1})
    url = reverse("shop:orders")
    assert numbers(alice.get(url, {"q": "abc-7"})) == [first.number]
    assert numbers(alice.get(url, {"q": second.number})) == [second.number]
    assert numbers(alice.get(url, {"q": "knife"})) == [second.number]
    assert numbers(alice.get(url, {"placed_from": "2026-11-02", "placed_to": "2026-11-02"})) == [first.number]
    assert "No order fits" in alice.get(url, {"q": "100%_'\""}).content.decode()
    assert alice.get(url, {"placed_from": "soon", "q": "x\x00"}).status_code == 200


def test_the_list_tells_how_much_is_shipped(world: World, alice: Client) -> None:
    order = approve(placed(world).pk, by=world.rita)
    shipped(order, "S1", (1, 4))
    ((_order, progress),) = alice.get(reverse("shop:orders")).context["rows"]
    assert progress.percent == 25


def test_pages_hold_every_order_once(world: World, alice: Client) -> None:
    made = [placed(world, {world.pan: 1}, at=NOON + timedelta(minutes=number // 2)) for number in range(53)]
    first = alice.get(reverse("shop:orders"))
    second = alice.get(reverse("shop:orders"), {"after": first.context["page"].next})
    assert numbers(first) + numbers(second) == [order.number for order in reversed(made)]
    back = alice.get(reverse("shop:orders"), {"before": second.context["page"].previous})
    assert numbers(back) == numbers(first)


def test_the_export_holds_the_filtered_orders_with_typed_amounts(world: World, alice: Client) -> None:
    order = placed(world, po_number="=1+1")
    placed(world, {world.knife: 1}, po_number="other")
    response = alice.get(reverse("shop:orders_export"), {"q": "=1"})
    assert "attachment" in response.headers["Content-Disposition"]
    sheet = load_workbook(io.BytesIO(b"".join(response.streaming_content))).active
    assert sheet is not None
    rows = list(sheet.iter_rows(values_only=True))
    data = [row for row in rows if row[0] == order.number]
    assert len(data) == 1
    assert (data[0][1], data[0][10:17]) == ("=1+1", (460.4, 0, 460.4, 0, 0, 59.85, 520.25))
    assert not any(cell.data_type == "f" for row in sheet.iter_rows() for cell in row)
    assert not any("other" in row for row in rows)


def test_the_detail_follows_the_order_through_its_four_steps(world: World, alice: Client) -> None:
    order = placed(world, po_number="PO-7")
    url = reverse("shop:order", args=(order.number,))

    def states() -> list[str]:
        return [step.state for step in alice.get(url).context["timeline"]]

    assert states() == ["current", "todo", "todo", "todo"]
    approve(order.pk, by=world.rita)
    acknowledge(order.number, accepted=True, erp_number="SO-9", confirmed={1: 8})
    assert states() == ["done", "todo", "current", "todo"]
    shipment = shipped(order, "S1", (1, 8), (2, 6))
    assert states() == ["done", "todo", "done", "current"]
    page = alice.get(url).content.decode()
    for text in ("Rita Test", "received by the supplier as SO-9", "SF Express", "SF123", "PO-7", "Confirm receipt"):
        assert text in page
    receipt = reverse("shop:receipt", args=(order.number, shipment.pk))
    alice.post(receipt, {"note": "One box <b>dented</b>"})
    alice.post(receipt, {"note": "again"})
    assert states() == ["done", "todo", "done", "done"]
    page = alice.get(url).content.decode()
    assert "One box &lt;b&gt;dented&lt;/b&gt;" in page
    assert "Confirm receipt" not in page
    order.refresh_from_db()
    assert order.state == State.FINISHED


def test_lines_tell_ordered_shipped_open_and_received(world: World, alice: Client) -> None:
    order = approve(placed(world).pk, by=world.rita)
    shipment = shipped(order, "S1", (1, 4))
    alice.post(reverse("shop:receipt", args=(order.number, shipment.pk)))
    first = alice.get(reverse("shop:order", args=(order.number,))).context["lines"].rows[0].line
    assert (first.quantity, first.shipped_quantity, first.open_quantity, first.received_quantity) == (10, 4, 6, 4)


def test_shipments_and_address_speak_the_reader_s_language(world: World, alice: Client) -> None:
    ProductCard.objects.filter(product=world.pan).update(name_zh="煎锅")
    order = approve(placed(world).pk, by=world.rita)
    shipped(order, "S1", (1, 4))
    url = reverse("shop:order", args=(order.number,))
    response = alice.get(url, headers={"accept-language": "zh-hans"})
    inside = response.content.decode().partition('id="shipment-')[2].partition("</section>")[0]
    assert "煎锅" in inside
    with translation.override("zh-hans"):
        country = country_name(order.ship_to["country"])
        assert response.context["ship_to"][-1] == country != order.ship_to["country"]


def test_a_rejection_shows_its_reason_as_text(world: World, alice: Client) -> None:
    order = reject(placed(world).pk, by=world.rita, reason="<script>alert(1)</script> wrong model")
    response = alice.get(reverse("shop:order", args=(order.number,)))
    page = response.content.decode()
    assert "&lt;script&gt;alert(1)&lt;/script&gt; wrong model" in page
    assert response.context["timeline"][0].state == "failed"


def test_an_order_in_review_is_cancelled_with_a_reason(world: World, alice: Client) -> None:
    order = placed(world)
    url = reverse("shop:order_cancel", args=(order.number,))
    assert alice.post(url, {"reason": " "}).status_code == 422
    assert alice.post(url, {"reason": "Ordered twice"}).status_code == 302
    order.refresh_from_db()
    assert order.state == State.CANCELLED
    assert "Ordered twice" in alice.get(reverse("shop:order", args=(order.number,))).content.decode()


def test_an_approved_order_is_not_cancelled(world: World, alice: Client) -> None:
    order = approve(placed(world).pk, by=world.rita)
    response = alice.post(reverse("shop:order_cancel", args=(order.number,)), {"reason": "Late"}, follow=True)
    assert "approved already" in response.content.decode()
    assert "Cancel order" not in response.content.decode()


def cart_of(world: World) -> dict[int, int]:
    cart = find_cart(world.alice, world.alpine)
    return quantities(cart) if cart else {}


def test_ordering_again_fills_the_cart_and_tells_what_changed(world: World, alice: Client) -> None:
    lid = factories.make_product("LID", "Lid")
    factories.set_price(Price.objects.get(product=world.pot).price_list, lid, "3.00")
    order = placed(world, {world.pan: 10, world.pot: 6, world.knife: 4, lid: 5})
    Price.objects.filter(product=world.pan, min_quantity=10).update(price=Decimal("19.00"))
    StockRecord.objects.filter(product=world.pot).update(num_in_stock=0, num_allocated=0)
    Product.objects.filter(pk=world.knife.pk).update(is_public=False)
    ProductCard.objects.filter(product=lid).update(order_multiple=4)
    page = alice.post(reverse("shop:reorder", args=(order.number,)), {"all": "1"}, follow=True).content.decode()
    assert cart_of(world) == {world.pan.pk: 10, lid.pk: 8}
    for text in (
        "PAN-24 now costs 19.00 (then 18.50).", "POT-5L is out of stock.", "KNIFE-8 is no longer available to you.",
        "LID: 8 instead of 5, because it is sold in packs of 4.", f"2 lines of order {order.number} added",
    ):  # fmt: skip
        assert text in page
    assert "KNIFE-8 is no longer" not in alice.get(reverse("shop:cart")).content.decode()


def test_ordering_again_takes_no_more_than_is_left(world: World, alice: Client) -> None:
    order = placed(world, {world.knife: 6})
    page = alice.post(reverse("shop:reorder", args=(order.number,)), {"all": "1"}, follow=True).content.decode()
    assert cart_of(world) == {world.knife.pk: 4}
    assert "KNIFE-8: 4 instead of 6, because only so many are left." in page


@pytest.mark.parametrize("count", [10, 300])
def test_an_order_costs_the_same_statements_at_any_length(
    world: World, alice: Client, count: int, django_assert_max_num_queries: Any
) -> None:
    order = approve(placed(world, dict.fromkeys(make_many(count), 1)).pk, by=world.rita)
    shipped(order, "S1", *((position, 1) for position in range(1, count)))
    url = reverse("shop:order", args=(order.number,))
    alice.get(url)
    with django_assert_max_num_queries(20):
        alice.get(url)
    with django_assert_max_num_queries(40):
        alice.post(reverse("shop:reorder", args=(order.number,)), {"all": "1"})


@pytest.mark.parametrize("count", [2, 40])
def test_the_list_costs_the_same_statements_at_any_length(
    world: World, alice: Client, count: int, django_assert_max_num_queries: Any
) -> None:
    for _number in range(count):
        placed(world, {world.pan: 1})
    alice.get(reverse("shop:orders"))
    with django_assert_max_num_queries(13):
        assert len(numbers(alice.get(reverse("shop:orders")))) == count


def test_someone_else_s_order_does_not_exist(world: World, as_user: Any) -> None:
    order = approve(placed(world).pk, by=world.rita)
    shipment = shipped(order, "S1", (1, 4))
    bob = as_user(world.bob)
    for name, args in (("order", ()), ("confirmation", ())):
        assert bob.get(reverse(f"shop:{name}", args=(order.number, *args))).status_code == 404
    for name, args, data in (
        ("order_cancel", (), {"reason": "x"}), ("reorder", (), {}), ("receipt", (shipment.pk,), {}),
    ):  # fmt: skip
        assert bob.post(reverse(f"shop:{name}", args=(order.number, *args)), data).status_code == 404
    assert numbers(bob.get(reverse("shop:orders"))) == []
    shipment.refresh_from_db()
    assert shipment.received_at is None


def test_a_shipment_is_confirmed_only_through_its_own_order(world: World, alice: Client) -> None:
    one, other = (approve(placed(world, {world.pan: 1}).pk, by=world.rita) for _ in range(2))
    shipment = shipped(one, "S1", (1, 1))
    assert alice.post(reverse("shop:receipt", args=(other.number, shipment.pk))).status_code == 404


def test_at_two_dealers_only_the_one_ordered_for_is_shown(world: World, as_user: Any) -> None:
    """The role at the other dealer may be a smaller one, so its orders are not touched from here."""
    order = placed(world)
    both = User.objects.get(pk=world.bob.pk)
    both.memberships.create(dealer=world.alpine, role=DealerRole.FINANCE)
    client = as_user(both)
    client.post(reverse("choose_dealer"), {"dealer": world.bergen.pk})
    assert client.get(reverse("shop:order", args=(order.number,))).status_code == 404
    client.post(reverse("choose_dealer"), {"dealer": world.alpine.pk})
    assert client.get(reverse("shop:order", args=(order.number,))).status_code == 200
    assert client.post(reverse("shop:order_cancel", args=(order.number,)), {"reason": "x"}).status_code == 403


def test_a_long_order_comes_in_pages_and_lines_are_found_in_it(world: World, alice: Client) -> None:
    products = make_many(130)
    order = placed(world, dict.fromkeys(products, 2))
    DealerOrderLine.objects.filter(order=order, position=117).update(own_number="K-117", note="for the till")
    url = reverse("shop:order", args=(order.number,))
    first = alice.get(url)
    assert [shown.line.position for shown in first.context["lines"].rows] == list(range(1, 101))
    assert "Lines 1 to 100 of 130" in " ".join(first.content.decode().split())
    second = alice.get(f"{url}?after={first.context['lines'].page.next}")
    assert [shown.line.position for shown in second.context["lines"].rows] == list(range(101, 131))
    for text in ("k-117", "TILL for", products[116].upc):
        found = alice.get(url, {"find": text}).context["lines"]
        assert [shown.line.position for shown in found.rows] == [117]
    none = alice.get(url, {"find": "nothing like it"})
    assert "No line of this order fits." in none.content.decode()


def test_promotions_are_named_on_order_confirmation_mail_and_file(world: World, alice: Client) -> None:
    promote("TEN", percent="10", reach=Reach(products=[world.pan]))
    promote("SPEND", "order", percent="5", minimum_value="10")
    order = placed(world)
    for name in ("order", "confirmation"):
        page = " ".join(alice.get(reverse(f"shop:{name}", args=(order.number,))).content.decode().split())
        assert "Promotion “Offer TEN”" in page
        assert "Promotion “Offer SPEND”" in page
    approve(order.pk, by=world.rita)
    mail = Mail.objects.get(recipient=world.alice.email)
    assert "Promotion “Offer TEN”: −18.50 EUR" in mail.text
    assert "PAN-24" in mail.text
    sheet = load_workbook(io.BytesIO(b"".join(alice.get(reverse("shop:orders_export")).streaming_content))).active
    assert sheet is not None
    row = next(row for row in sheet.iter_rows(values_only=True) if row[0] == order.number)
    assert row[10] - row[11] == pytest.approx(row[12])
    assert row[11] > 18.5
