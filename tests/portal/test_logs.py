"""What the logs tell: order numbers beside request ids, and never what a person wrote."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from structlog.testing import capture_logs

from fulfilment.ordering.cart import add_to_cart, open_cart
from fulfilment.ordering.review import approve
from fulfilment.ordering.submit import OrderHead, submit
from fulfilment.shipping.record import ShipmentData, ShippedLine, record_shipment
from tests.factories import World


def test_each_move_of_an_order_is_a_line_with_its_number(world: World) -> None:
    with capture_logs() as lines:
        cart = open_cart(world.alice, world.alpine)
        add_to_cart(cart, {world.pan.pk: 2})
        order = submit(cart, OrderHead(key=uuid4(), outlet_id=world.outlet.pk, note="secret"), by=world.alice)
        approve(order.pk, by=world.rita)
        record_shipment(ShipmentData("S1", order.number, datetime(2026, 11, 2, tzinfo=UTC), [ShippedLine(1, 2)]))
    told = [(line["event"], line.get("to_state", "")) for line in lines if line.get("order") == order.number]
    assert told == [
        ("order_moved", "review"),
        ("order_moved", "shipment"),
        ("order_moved", "receipt"),
        ("shipment_recorded", ""),
    ]
    assert "secret" not in str(lines)


def test_a_request_has_an_id_and_answers_with_no_trace_of_others(world: World, as_user: Any) -> None:
    with capture_logs() as lines:
        as_user(world.alice).get("/shop/orders/")
    finished = [line for line in lines if line["event"] == "request_finished"]
    assert len(finished) == 1
    assert finished[0]["code"] == 200
