"""The ERP's answers in whatever order they come."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from fulfilment.ordering.models import DealerOrder
from fulfilment.ordering.problems import OrderRefused
from fulfilment.ordering.progress import acknowledge
from fulfilment.ordering.review import cancel
from fulfilment.ordering.states import State
from fulfilment.shipping.models import Shipment
from fulfilment.shipping.record import ShipmentData, ShippedLine, confirm_receipt, record_shipment
from fulfilment.stock.take import available
from tests.erp_bridge.orders import approved
from tests.factories import World

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def ship(order: DealerOrder, number: str, quantity: int) -> Shipment:
    return record_shipment(ShipmentData(number, order.number, NOON, [ShippedLine(1, quantity)]))


def test_fewer_pieces_confirmed_after_they_left_complete_the_order(world: World) -> None:
    order = approved(world, {world.pan: 10})
    ship(order, "S-1", 8)
    acknowledge(order.number, accepted=True, erp_number="SO-9", confirmed={1: 8})
    order.refresh_from_db()
    assert (order.state, order.erp_number) == (State.RECEIPT, "SO-9")
    assert available([world.pan.pk]) == {world.pan.pk: 92}, "the two that will not come are free again"


def test_fewer_pieces_confirmed_after_they_arrived_finish_the_order(world: World) -> None:
    order = approved(world, {world.pan: 10})
    confirm_receipt(ship(order, "S-1", 8).pk, by=world.alice)
    acknowledge(order.number, accepted=True, confirmed={1: 8})
    order.refresh_from_db()
    assert order.state == State.FINISHED


def test_an_order_with_more_to_come_stays_in_shipment(world: World) -> None:
    order = approved(world, {world.pan: 10, world.pot: 6})
    ship(order, "S-1", 8)
    acknowledge(order.number, accepted=True, confirmed={1: 8})
    order.refresh_from_db()
    assert order.state == State.SHIPMENT
    assert available([world.pan.pk]) == {world.pan.pk: 90}


def test_an_order_of_which_nothing_is_confirmed_can_be_cancelled(world: World) -> None:
    order = approved(world, {world.pan: 10})
    acknowledge(order.number, accepted=True, confirmed={1: 0})
    order.refresh_from_db()
    assert (order.state, bool(order.erp_refusal)) == (State.SHIPMENT, True)
    cancel(order.pk, by=world.rita, reason="The ERP will not ship it.")
    assert available([world.pan.pk]) == {world.pan.pk: 100}


def test_no_negative_quantity_is_confirmed(world: World) -> None:
    order = approved(world, {world.pan: 10})
    with pytest.raises(OrderRefused):
        acknowledge(order.number, accepted=True, confirmed={1: -1})
