"""The ERP's answers in whatever order they come."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from fulfilment.ordering.credit import credit_of
from fulfilment.ordering.models import DealerOrder
from fulfilment.ordering.problems import OrderRefused
from fulfilment.ordering.progress import acknowledge
from fulfilment.ordering.review import approve, cancel, reject
from fulfilment.ordering.states import State
from fulfilment.shipping.models import Shipment
from fulfilment.shipping.record import ShipmentData, ShippedLine, confirm_receipt, record_shipment
from fulfilment.stock.take import available
from tests.dealers.ledger_samples import invoice
from tests.erp_bridge.orders import approved, placed
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


def test_what_the_erp_will_not_ship_uses_no_credit(world: World) -> None:
    order = approved(world, {world.pan: 10})
    assert credit_of(world.alpine).ordered == order.total == Decimal("209.05")
    acknowledge(order.number, accepted=True, confirmed={1: 8})
    assert credit_of(world.alpine).ordered == Decimal("167.24"), "eight of ten"


def test_a_closed_order_uses_credit_for_what_was_shipped_until_it_is_billed(world: World) -> None:
    order = approved(world, {world.pan: 10})
    acknowledge(order.number, accepted=True, confirmed={1: 8})
    confirm_receipt(ship(order, "S-1", 8).pk, by=world.alice)
    assert credit_of(world.alpine).ordered == Decimal("167.24")
    invoice("I-1", world.alpine, "167.24", order_numbers=(order.number,))
    credit = credit_of(world.alpine)
    assert (credit.ordered, credit.owed) == (Decimal("0.00"), Decimal("167.24"))


def test_an_order_of_odd_prices_uses_its_total_to_the_cent(world: World) -> None:
    order = approved(world, {world.knife: 7, world.pan: 3, world.pot: 6})
    assert credit_of(world.alpine).ordered == order.total


def test_orders_in_review_leave_less_credit_and_do_not_hold_up_an_approval(world: World) -> None:
    waiting = placed(world, {world.pan: 10})
    credit = credit_of(world.alpine)
    assert (credit.in_review, credit.ordered, credit.exposure) == (waiting.total, Decimal("0.00"), Decimal("0.00"))
    assert credit.left == world.alpine.credit_limit - waiting.total
    after = credit_of(world.alpine, plus=waiting)
    assert (after.in_review, after.ordered) == (Decimal("0.00"), waiting.total)
    assert after.left == credit.left, "an order is counted once"
    approve(waiting.pk, by=world.rita)
    assert credit_of(world.alpine) == after


def test_a_prepaid_or_rejected_order_leaves_the_credit_as_it_is(world: World) -> None:
    rejected = placed(world, {world.pan: 1})
    reject(rejected.pk, by=world.rita, reason="No.")
    prepaid = placed(world, {world.pan: 1})
    DealerOrder.objects.filter(pk=prepaid.pk).update(payment_terms_days=0)
    assert credit_of(world.alpine).in_review == Decimal("0.00")
