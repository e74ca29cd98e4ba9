"""From cart to order to receipt: what is promised, what is refused, and in how many statements."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction
from oscar.core.loading import get_model

from fulfilment.ordering.cart import add_to_cart, open_cart, quantities, set_quantities
from fulfilment.ordering.credit import credit_of
from fulfilment.ordering.models import DealerOrder, DealerOrderLine, OrderStep
from fulfilment.ordering.problems import OrderRefused
from fulfilment.ordering.progress import acknowledge, record_payment
from fulfilment.ordering.review import approve, cancel, reject
from fulfilment.ordering.states import State
from fulfilment.ordering.submit import OrderHead, submit
from fulfilment.shipping.models import Shipment
from fulfilment.shipping.record import ShipmentData, ShippedLine, confirm_receipt, record_shipment
from fulfilment.stock.take import available
from pricing.catalogue.models import ProductCard
from pricing.terms.models import Price
from tests.factories import World
from tests.portal.shop_catalogue import make_many

StockRecord = get_model("partner", "StockRecord")
Order = get_model("order", "Order")
Product = get_model("catalogue", "Product")
D = Decimal
NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
# How many statements filling a cart and sending it takes, whatever the number of lines.
ADDING, SENDING = 9, 27


def head(world: World, **fields: Any) -> OrderHead:
    return OrderHead(**({"key": uuid4(), "outlet_id": world.outlet.pk, "po_number": "PO-1"} | fields))


def placed(world: World, wanted: dict[Any, int] | None = None, **fields: Any) -> DealerOrder:
    cart = open_cart(world.alice, world.alpine)
    add_to_cart(cart, {product.pk: number for product, number in (wanted or {world.pan: 10, world.pot: 6}).items()})
    return submit(cart, head(world, **fields), by=world.alice)


def held(product: Any) -> int:
    return StockRecord.objects.get(product=product).num_allocated


def test_an_order_takes_stock_and_freezes_prices(world: World) -> None:
    order = placed(world)
    assert (order.net_total, order.tax_total, order.total) == (D("460.40"), D("59.85"), D("520.25"))
    assert (held(world.pan), held(world.pot)) == (10, 6)
    Price.objects.update(price=D("1.00"))
    lines = list(order.lines.all())
    assert [(line.sku, line.unit_price, line.net_amount) for line in lines] == [
        ("PAN-24", D("18.5000"), D("185.00")),
        ("POT-5L", D("45.9000"), D("275.40")),
    ]
    assert sum(line.tax_amount for line in lines) == order.tax_total
    mirror = Order.objects.get(pk=order.pk)
    assert (mirror.status, mirror.total_incl_tax, mirror.lines.count()) == ("review", order.total, 2)


def test_the_same_key_answers_the_same_order(world: World) -> None:
    cart = open_cart(world.alice, world.alpine)
    add_to_cart(cart, {world.pan.pk: 1})
    first = head(world)
    order = submit(cart, first, by=world.alice)
    assert submit(cart, first, by=world.alice) == order
    assert DealerOrder.objects.count() == 1
    with pytest.raises(OrderRefused) as refusal:
        submit(cart, OrderHead(key=first.key, outlet_id=first.outlet_id, po_number="OTHER"), by=world.alice)
    assert refusal.value.code == "key_reused"
    with pytest.raises(OrderRefused) as refusal:
        submit(cart, head(world), by=world.alice)
    assert refusal.value.code == "sent"


def test_a_changed_price_is_told_and_never_silent(world: World) -> None:
    cart = open_cart(world.alice, world.alpine)
    add_to_cart(cart, {world.pan.pk: 1})
    Price.objects.filter(product=world.pan, min_quantity=1).update(price=D("21.00"))
    with pytest.raises(OrderRefused) as refusal:
        submit(cart, head(world, shown_total=D("22.60")), by=world.alice)
    assert refusal.value.code == "total_changed"
    assert submit(cart, head(world, shown_total=D("23.73")), by=world.alice).total == D("23.73")


@pytest.mark.parametrize(
    ("sku", "quantity", "code"),
    [("POT-5L", 5, "pack"), ("POT-5L", 7, "pack"), ("PAN-24", 101, "stock"), ("KNIFE-8", 11, "stock")],
)
def test_lines_that_cannot_be_ordered_are_named(world: World, sku: str, quantity: int, code: str) -> None:
    product = {"POT-5L": world.pot, "PAN-24": world.pan, "KNIFE-8": world.knife}[sku]
    cart = open_cart(world.alice, world.alpine)
    add_to_cart(cart, {product.pk: quantity, **({world.pan.pk: 1} if product != world.pan else {})})
    with pytest.raises(OrderRefused) as refusal:
        submit(cart, head(world), by=world.alice)
    assert [(line.product_id, line.code) for line in refusal.value.lines] == [(product.pk, code)]
    assert held(product) == 0
    assert not DealerOrder.objects.exists()


def test_a_product_withdrawn_between_cart_and_submit_is_named(world: World) -> None:
    cart = open_cart(world.alice, world.alpine)
    add_to_cart(cart, {world.pan.pk: 1, world.knife.pk: 1})
    world.knife.is_public = False
    world.knife.save()
    with pytest.raises(OrderRefused) as refusal:
        submit(cart, head(world), by=world.alice)
    assert [line.code for line in refusal.value.lines] == ["not_available"]
    set_quantities(cart, {world.knife.pk: 0})
    assert submit(cart, head(world), by=world.alice).line_count == 1


@pytest.mark.parametrize("quantity", [0, -1, 1_000_001])
def test_impossible_quantities_never_reach_the_cart(world: World, quantity: int) -> None:
    cart = open_cart(world.alice, world.alpine)
    with pytest.raises(OrderRefused):
        add_to_cart(cart, {world.pan.pk: quantity})
    assert quantities(cart) == {}


def test_a_product_of_another_dealer_s_assortment_cannot_be_added(world: World) -> None:
    cart = open_cart(world.bob, world.bergen)
    with pytest.raises(OrderRefused) as refusal:
        add_to_cart(cart, {world.pan.pk: 1, world.knife.pk: 1})
    assert refusal.value.code == "not_available"
    assert quantities(cart) == {}


def test_a_product_that_nobody_stocks_is_refused_and_not_dropped(world: World) -> None:
    StockRecord.objects.filter(product=world.pan).delete()
    cart = open_cart(world.alice, world.alpine)
    with pytest.raises(OrderRefused):
        add_to_cart(cart, {world.pan.pk: 1, world.pot.pk: 6})
    assert quantities(cart) == {}


def test_another_dealer_s_outlet_is_refused(world: World) -> None:
    cart = open_cart(world.bob, world.bergen)
    add_to_cart(cart, {world.pan.pk: 1})
    with pytest.raises(OrderRefused) as refusal:
        submit(cart, head(world), by=world.bob)
    assert refusal.value.code == "outlet"


def test_a_required_po_number_is_required(world: World) -> None:
    world.alpine.po_number_required = True
    world.alpine.save()
    with pytest.raises(OrderRefused) as refusal:
        placed(world, po_number="")
    assert (refusal.value.code, refusal.value.field) == ("po_number", "po_number")


@pytest.mark.parametrize("count", [10, 1_000])
def test_cart_and_order_cost_the_same_statements_for_any_number_of_lines(
    world: World, count: int, django_assert_num_queries: Any
) -> None:
    products = make_many(count)
    cart = open_cart(world.alice, world.alpine)
    with django_assert_num_queries(ADDING):
        add_to_cart(cart, {product.pk: 6 for product in products})
    with django_assert_num_queries(SENDING):
        order = submit(cart, head(world), by=world.alice)
    assert DealerOrderLine.objects.filter(order=order).count() == count


def test_lines_stand_as_they_came_and_say_what_the_catalogue_said(world: World) -> None:
    model = Product.objects.create(structure=Product.PARENT, title="Kettle", product_class=world.pan.product_class)
    Product.objects.filter(pk=world.knife.pk).update(
        structure=Product.CHILD, parent=model, title="", product_class=None
    )
    ProductCard.objects.filter(product=world.knife).update(name_zh="水壶", unit="set")
    order = placed(world, {world.pot: 6, world.knife: 2, world.pan: 1})
    lines = list(order.lines.select_related("line__partner").order_by("position"))
    assert [(line.position, line.sku) for line in lines] == [(1, "POT-5L"), (2, "KNIFE-8"), (3, "PAN-24")]
    assert [line.line_id for line in lines] == sorted(line.line_id for line in lines)
    knife = lines[1]
    assert (knife.name, knife.name_zh, knife.unit, knife.line.title) == ("Kettle", "水壶", "set", "Kettle")
    assert (knife.line.upc, knife.line.partner_sku, knife.line.partner_name) == ("KNIFE-8", "KNIFE-8", "Supplier")
    assert (knife.line.num_allocated, knife.line.stockrecord.product_id) == (2, world.knife.pk)


def test_approval_moves_on_account_to_shipment_and_prepaid_to_payment(world: World) -> None:
    on_account = approve(placed(world).pk, by=world.rita)
    assert (on_account.state, on_account.approved_at is not None) == (State.SHIPMENT, True)
    world.alpine.payment_terms_days = 0
    world.alpine.save()
    prepaid = approve(placed(world).pk, by=world.rita)
    assert prepaid.state == State.PAYMENT
    assert record_payment(prepaid.number, paid_on=NOON.date()).state == State.SHIPMENT


def test_approving_twice_leaves_one_step(world: World) -> None:
    order = placed(world)
    approve(order.pk, by=world.rita)
    approve(order.pk, by=world.rita)
    assert OrderStep.objects.filter(order=order, to_state=State.SHIPMENT).count() == 1


def test_over_the_credit_limit_a_reason_is_needed(world: World) -> None:
    world.alpine.credit_limit = D("500.00")
    world.alpine.save()
    order = placed(world)
    with pytest.raises(OrderRefused) as refusal:
        approve(order.pk, by=world.rita)
    assert refusal.value.code == "over_credit"
    assert approve(order.pk, by=world.rita, note="Paid on Friday").state == State.SHIPMENT
    assert credit_of(world.alpine).ordered == order.total


def test_rejecting_needs_a_reason_and_frees_the_stock(world: World) -> None:
    order = placed(world)
    with pytest.raises(OrderRefused):
        reject(order.pk, by=world.rita, reason=" ")
    assert reject(order.pk, by=world.rita, reason="Wrong model").state == State.REJECTED
    assert (held(world.pan), held(world.pot)) == (0, 0)
    reject(order.pk, by=world.rita, reason="Wrong model")
    assert held(world.pan) == 0
    with pytest.raises(OrderRefused):
        approve(order.pk, by=world.rita)


def test_a_dealer_cancels_only_before_approval(world: World) -> None:
    order = placed(world)
    approve(order.pk, by=world.rita)
    with pytest.raises(OrderRefused) as refusal:
        cancel(order.pk, by=world.alice, reason="Changed my mind")
    assert refusal.value.code == "late"
    acknowledge(order.number, accepted=False, note="Customer is blocked")
    assert cancel(order.pk, by=world.rita, reason="Refused by the ERP").state == State.CANCELLED
    assert held(world.pan) == 0


def shipment(order: DealerOrder, number: str, *lines: tuple[int, int]) -> ShipmentData:
    return ShipmentData(number, order.number, NOON, [ShippedLine(*line) for line in lines], "DHL", "TRACK-1")


def test_partial_shipments_then_receipt_finish_the_order(world: World) -> None:
    order = approve(placed(world).pk, by=world.rita)
    first = record_shipment(shipment(order, "S1", (1, 4)))
    order.refresh_from_db()
    assert order.state == State.SHIPMENT
    assert [line.open_quantity for line in order.lines.all()] == [6, 6]
    stock = StockRecord.objects.get(product=world.pan)
    assert (stock.num_in_stock, stock.num_allocated) == (96, 6)
    second = record_shipment(shipment(order, "S2", (1, 6), (2, 6)))
    order.refresh_from_db()
    assert order.state == State.RECEIPT
    confirm_receipt(first.pk, by=world.alice)
    order.refresh_from_db()
    assert order.state == State.RECEIPT
    confirm_receipt(second.pk, by=world.alice, note="One box dented")
    confirm_receipt(second.pk, by=world.alice)
    order.refresh_from_db()
    assert order.state == State.FINISHED
    assert [line.received_quantity for line in order.lines.all()] == [10, 6]
    assert available([world.pan.pk]) == {world.pan.pk: 90}


def test_the_same_shipment_again_changes_nothing(world: World) -> None:
    order = approve(placed(world).pk, by=world.rita)
    record_shipment(shipment(order, "S1", (1, 4)))
    record_shipment(shipment(order, "S1", (1, 4)))
    assert Shipment.objects.count() == 1
    assert order.lines.get(position=1).shipped_quantity == 4


@pytest.mark.parametrize(
    ("lines", "code"),
    [
        ([(1, 11)], "too_many"),
        ([(1, 6), (1, 6)], "too_many"),
        ([(9, 1)], "unknown_line"),
        ([(1, 0)], "quantity"),
        ([(1, 1, "POT-5L")], "unknown_line"),
        ([], "no_lines"),
    ],
)
def test_impossible_shipments_are_refused_whole(world: World, lines: list[Any], code: str) -> None:
    order = approve(placed(world).pk, by=world.rita)
    with pytest.raises(OrderRefused) as refusal:
        record_shipment(ShipmentData("S1", order.number, NOON, [ShippedLine(*line) for line in lines]))
    assert refusal.value.code == code
    assert not Shipment.objects.exists()


def test_an_order_in_review_cannot_be_shipped(world: World) -> None:
    order = placed(world)
    with pytest.raises(OrderRefused) as refusal:
        record_shipment(shipment(order, "S1", (1, 1)))
    assert refusal.value.code == "not_approved"


def test_what_the_erp_does_not_confirm_is_freed_when_the_rest_has_left(world: World) -> None:
    order = approve(placed(world).pk, by=world.rita)
    acknowledge(order.number, accepted=True, erp_number="SO-9", confirmed={1: 8})
    record_shipment(shipment(order, "S1", (1, 8), (2, 6)))
    order.refresh_from_db()
    assert (order.state, order.erp_number) == (State.RECEIPT, "SO-9")
    assert held(world.pan) == 0


def test_the_database_itself_refuses_to_ship_more_than_ordered(world: World) -> None:
    order = placed(world)
    with pytest.raises(IntegrityError, match="never_ship_more_than_ordered"), transaction.atomic():
        DealerOrderLine.objects.filter(order=order, position=1).update(shipped_quantity=11)


def test_nobody_sees_another_dealer_s_order(world: World) -> None:
    order = placed(world)
    visible = {user.email: order in DealerOrder.objects.for_user(user) for user in (
        world.alice, world.alpine_finance, world.rita, world.fay, world.ada, world.bob, world.sam
    )}  # fmt: skip
    assert visible == {
        "alice@alpine.example": True,
        "fin@alpine.example": True,
        "rita@supplier.example": True,
        "fay@supplier.example": True,
        "ada@supplier.example": True,
        "bob@bergen.example": False,
        "sam@supplier.example": False,
    }
