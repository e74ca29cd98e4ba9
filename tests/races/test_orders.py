"""Decisions, shipments, imports and mail by several people or workers at once, over real connections.

Each promise has its control: with the lock taken away the race shows.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.utils import timezone

from dealers.accounts.models import Dealer
from erp_bridge.outbox import deliver
from erp_bridge.outbox.models import MessageState, OutboxMessage
from fulfilment.ordering import cart as carts
from fulfilment.ordering import review
from fulfilment.ordering.cart import add_to_cart, open_cart, quantities
from fulfilment.ordering.credit import credit_of
from fulfilment.ordering.models import DealerOrder, OrderStep
from fulfilment.ordering.problems import OrderRefused
from fulfilment.ordering.review import approve, cancel, reject
from fulfilment.ordering.states import State
from fulfilment.ordering.submit import OrderHead, submit
from fulfilment.shipping import record as shipping
from fulfilment.shipping.models import Shipment
from fulfilment.shipping.record import ShipmentData, ShippedLine, confirm_receipt, record_shipment
from portal.imports.jobs import run_job
from portal.imports.models import ImportJob, ImportKind, ImportState
from portal.notifications import send
from portal.notifications.models import Mail
from tests import factories
from tests.dealers.test_ledger_races import Other
from tests.erp_bridge.orders import approved, placed
from tests.factories import World
from tests.races.test_stock import at_once, record

pytestmark = pytest.mark.race

DAY = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def shop(committed_db: None) -> World:
    return factories.make_world()


def held(world: World) -> int:
    return int(record(world.pan).num_allocated)


def unlocked_order(order_id: int) -> DealerOrder:
    return DealerOrder.objects.select_related("dealer", "order").get(pk=order_id)


def beside(work: Callable[[], Any], meanwhile: Callable[[], Any]) -> tuple[Any, Any]:
    """Do one thing in a transaction and, before it commits, let another begin; answers both ends."""
    with transaction.atomic():
        first = work()
        other = Other(meanwhile)
        other.wait_until_blocked()
    return first, other.finish()


def test_approve_reject_and_cancel_at_once_leave_one_decision(shop: World) -> None:
    for _round in range(3):
        order = placed(shop, {shop.pan: 2})
        before = held(shop)
        jobs: list[Callable[[], Any]] = [
            lambda pk=order.pk: approve(pk, by=shop.rita),  # type: ignore[misc]
            lambda pk=order.pk: reject(pk, by=shop.rita, reason="No"),  # type: ignore[misc]
            lambda pk=order.pk: cancel(pk, by=shop.alice, reason="No"),  # type: ignore[misc]
        ] * 2
        results = at_once(jobs)
        order.refresh_from_db()
        assert order.state in (State.SHIPMENT, State.REJECTED, State.CANCELLED), results
        assert OrderStep.objects.filter(order=order, from_state=State.REVIEW).count() == 1
        was_approved = order.state == State.SHIPMENT
        assert OutboxMessage.objects.filter(order_number=order.number).count() == was_approved
        assert held(shop) == (before if was_approved else before - 2), "stock is free exactly once, when it is"
        assert {type(result) for result in results} <= {DealerOrder, OrderRefused}


def test_a_rejection_waits_for_the_approval_and_is_refused(shop: World) -> None:
    order = placed(shop, {shop.pan: 2})
    _first, other = beside(lambda: approve(order.pk, by=shop.rita), lambda: reject(order.pk, by=shop.sam, reason="No"))
    assert isinstance(other, OrderRefused)
    assert held(shop) == 2


def test_control_without_the_lock_an_order_is_approved_and_its_stock_is_free(
    shop: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(review, "lock_order", unlocked_order)
    order, read = placed(shop, {shop.pan: 2}), review.lock_order(placed(shop, {shop.pot: 6}).pk)
    stale = unlocked_order(order.pk)
    approve(order.pk, by=shop.rita)
    monkeypatch.setattr(review, "lock_order", lambda order_id: stale)
    assert isinstance(reject(order.pk, by=shop.sam, reason="No"), DealerOrder)
    assert OutboxMessage.objects.filter(order_number=order.number).exists()
    assert held(shop) == 0, "in the ERP, yet its stock is free"
    assert read.state == State.REVIEW


def two_orders_over_the_limit(world: World) -> list[DealerOrder]:
    Dealer.objects.filter(pk=world.alpine.pk).update(credit_limit=Decimal("60.00"))
    return [placed(world, {world.pan: 2}), placed(world, {world.pan: 2})]  # 45.20 each


def test_two_orders_approved_at_once_stay_within_the_credit_limit(shop: World) -> None:
    one, two = two_orders_over_the_limit(shop)
    _first, other = beside(lambda: approve(one.pk, by=shop.rita), lambda: approve(two.pk, by=shop.ada))
    assert isinstance(other, OrderRefused)
    assert other.code == "over_credit"
    assert not credit_of(Dealer.objects.get(pk=shop.alpine.pk)).exceeded


def test_control_without_the_dealers_lock_they_do_not(shop: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(review, "lock_dealer", lambda dealer_id: None)
    one, two = two_orders_over_the_limit(shop)
    with transaction.atomic():
        approve(one.pk, by=shop.rita)
        other = Other(lambda: approve(two.pk, by=shop.ada))
        assert isinstance(other.finish(), DealerOrder)
    assert credit_of(Dealer.objects.get(pk=shop.alpine.pk)).exceeded


def shipment(order: DealerOrder, number: str, quantity: int) -> Callable[[], Shipment]:
    data = ShipmentData(number, order.number, DAY, [ShippedLine(1, quantity)])
    return lambda: record_shipment(data)


def test_two_shipments_of_one_line_at_once_never_ship_more_than_is_open(shop: World) -> None:
    order = approved(shop, {shop.pan: 10})
    _first, other = beside(shipment(order, "S-1", 7), shipment(order, "S-2", 7))
    assert isinstance(other, OrderRefused)
    assert other.code == "too_many"
    assert (order.lines.get().shipped_quantity, held(shop), record(shop.pan).num_in_stock) == (7, 3, 93)


def test_one_shipment_told_by_many_workers_leaves_once(shop: World) -> None:
    order = approved(shop, {shop.pan: 10})
    results = at_once([shipment(order, "S-1", 10)] * 8)
    assert len({result.pk for result in results}) == 1, results
    order.refresh_from_db()
    assert (order.state, held(shop), record(shop.pan).num_in_stock) == (State.RECEIPT, 0, 90)


def test_control_without_the_lock_more_is_shipped_than_was_ordered(
    shop: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = approved(shop, {shop.pan: 10})
    read, lines = unlocked_order(order.pk), list(order.lines.all())
    shipment(order, "S-1", 7)()
    monkeypatch.setattr(shipping, "lock_order", lambda order_id: read)
    monkeypatch.setattr(shipping, "lock_lines", lambda order: lines)
    shipment(order, "S-2", 7)()
    assert sum(parcel.lines.get().quantity for parcel in order.shipments.all()) == 14


def test_a_receipt_confirmed_by_many_at_once_counts_once(shop: World) -> None:
    order = approved(shop, {shop.pan: 10})
    parcel = shipment(order, "S-1", 10)()
    results = at_once([lambda: confirm_receipt(parcel.pk, by=shop.alice)] * 8)
    assert all(isinstance(result, Shipment) for result in results), results
    order.refresh_from_db()
    assert (order.state, order.lines.get().received_quantity) == (State.FINISHED, 10)
    assert OrderStep.objects.filter(order=order, to_state=State.FINISHED).count() == 1


def test_what_is_added_while_a_cart_is_sent_is_refused_not_lost(shop: World) -> None:
    cart = open_cart(shop.alice, shop.alpine)
    add_to_cart(cart, {shop.pan.pk: 2})
    head = OrderHead(key=uuid4(), outlet_id=shop.outlet.pk)
    order, other = beside(lambda: submit(cart, head, by=shop.alice), lambda: add_to_cart(cart, {shop.pot.pk: 6}))
    assert isinstance(other, OrderRefused)
    assert other.code == "sent"
    assert order.line_count == len(quantities(cart)) == 1


def test_control_without_the_carts_lock_a_line_is_lost(shop: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(carts, "_require_open", lambda cart: None)
    cart = open_cart(shop.alice, shop.alpine)
    add_to_cart(cart, {shop.pan.pk: 2})
    head = OrderHead(key=uuid4(), outlet_id=shop.outlet.pk)
    order = submit(cart, head, by=shop.alice)
    add_to_cart(cart, {shop.pot.pk: 6})
    assert order.line_count < len(quantities(cart)), "in a cart that was sent, and in no order"


FILES = {
    ImportKind.STOCK: "sku,location,quantity\nPAN-24,NEW-1,50\nPOT-5L,NEW-2,60\n",
    ImportKind.PRICES: "price_list,sku,price,currency\nNEW,PAN-24,9.99,EUR\nNEW,POT-5L,8.88,EUR\n",
    ImportKind.SALES_REPS: "code,name,territory\nNEW1,New one,NEW\nNEW2,New two,NEW\n",
    ImportKind.DEALERS: "number,name,currency,country\nD-NEW1,New one,EUR,DE\nD-NEW2,New two,EUR,DE\n",
    ImportKind.PRODUCTS: "sku,name_en,category_en,model\nNEW-1,New one,Pans,M-1\nNEW-2,New two,Pans,M-1\n",
}


def import_job(kind: ImportKind, content: str) -> ImportJob:
    names = content.partition("\n")[0].split(",")
    return ImportJob.objects.create(
        kind=kind,
        state=ImportState.QUEUED,
        queued_at=timezone.now(),
        file=SimpleUploadedFile("rows.csv", content.encode()),
        file_name="rows.csv",
        mapping={"columns": {name: name for name in names}},
    )


@pytest.mark.parametrize("kind", FILES)
def test_the_same_file_imported_twice_at_once_is_imported_once(shop: World, kind: ImportKind) -> None:
    jobs = [import_job(kind, FILES[kind]) for _job in range(2)]
    results = at_once([lambda pk=job.pk: run_job(pk) for job in jobs])  # type: ignore[misc]
    assert results == [None, None]
    states = [ImportJob.objects.get(pk=job.pk) for job in jobs]
    assert [(job.state, job.refused, job.error) for job in states] == [("done", 0, "")] * 2
    assert sum(job.created for job in states) == 2
    assert sum(job.created + job.changed + job.unchanged for job in states) == 4


def test_one_import_asked_of_many_workers_runs_in_one(shop: World) -> None:
    job = import_job(ImportKind.STOCK, FILES[ImportKind.STOCK])
    assert at_once([lambda: run_job(job.pk)] * 4) == [None] * 4
    job.refresh_from_db()
    assert (job.attempt, job.created, job.state) == (1, 2, ImportState.DONE)


def test_one_mail_is_sent_once_by_many_workers(shop: World, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(10):
        Mail.objects.create(key=f"k{number}", recipient="a@b.example", subject=f"S{number}", text="t", html="h")
    sent: list[str] = []
    monkeypatch.setattr(send.EmailMultiAlternatives, "send", lambda self: sent.append(self.subject))
    results = at_once([send.send_due_mail] * 4)
    assert sum(results) == 10, results
    assert sorted(sent) == [f"S{number}" for number in range(10)]


def test_control_without_the_claim_a_mail_is_sent_twice(shop: World, monkeypatch: pytest.MonkeyPatch) -> None:
    mail = Mail.objects.create(key="k", recipient="a@b.example", subject="S", text="t", html="h")
    sent: list[str] = []
    monkeypatch.setattr(send.EmailMultiAlternatives, "send", lambda self: sent.append(self.subject))
    claims = [Mail.objects.get(pk=mail.pk), Mail.objects.get(pk=mail.pk)]
    assert [send._send(claim) for claim in claims] == [True, True]
    assert sent == ["S", "S"]


def test_one_message_is_delivered_once_by_many_workers(shop: World) -> None:
    order = approved(shop, {shop.pan: 2})
    handled = at_once([deliver.deliver_waiting] * 6)
    assert sum(handled) == 1, handled
    message = OutboxMessage.objects.get(order_number=order.number)
    assert (message.state, message.attempts_made.count()) == (MessageState.DONE, 1)
