"""What waits for the ERP: written with the approval, delivered once, parked with a reason."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from celery.app.amqp import AMQP
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from lxml import etree

from erp_bridge.adapters.base import OutboundDocument, Receipt
from erp_bridge.adapters.errors import PermanentError, RetryableError, UnknownOutcomeError
from erp_bridge.adapters.filedrop import FileDrop
from erp_bridge.outbox import claims
from erp_bridge.outbox.actions import replay
from erp_bridge.outbox.deliver import MOST_CRASHES, deliver, deliver_waiting
from erp_bridge.outbox.health import counts_by_state, oldest_age
from erp_bridge.outbox.models import MessageState, OutboxMessage, Outcome
from erp_bridge.outbox.snapshot import order_snapshot
from erp_bridge.outbox.status import Stage, status_of
from erp_bridge.outbox.write import wake
from fulfilment.ordering.models import DealerOrder
from fulfilment.ordering.progress import acknowledge
from fulfilment.ordering.review import approve, reject
from fulfilment.snapshots import OrderSnapshot
from portal.celery import app as celery_app
from tests import factories
from tests.erp_bridge.fakes import FakeErp
from tests.erp_bridge.orders import approved, files, let_lease_run_out, message_of, placed
from tests.factories import World


def test_an_approved_order_has_one_message_and_other_moves_have_none(world: World) -> None:
    approved_order, refused = approved(world), placed(world, {world.pan: 1})
    reject(refused.pk, by=world.ada, reason="No")
    acknowledge(approved_order.number, accepted=True, erp_number="SO-1")

    assert [m.key for m in OutboxMessage.objects.all()] == [f"order:{approved_order.number}"]


def test_the_message_exists_exactly_when_the_approval_was_committed(world: World) -> None:
    order = placed(world)

    with transaction.atomic():
        approve(order.pk, by=world.ada)
        assert OutboxMessage.objects.count() == 1
        transaction.set_rollback(True)

    order.refresh_from_db()
    assert (order.state, OutboxMessage.objects.count()) == ("review", 0)


def test_the_payload_is_frozen_with_the_order_s_own_figures(world: World) -> None:
    factories.Product.objects.get(pk=world.pan.pk).card.__class__.objects.filter(product=world.pan).update(
        ean="6901234567892", unit="box"
    )
    order = approved(world, note="Ring twice")

    message = message_of(order)
    snapshot = OrderSnapshot.from_json(message.payload)

    assert (snapshot.number, snapshot.po_number, snapshot.note) == (order.number, "PO-1", "Ring twice")
    assert (snapshot.buyer.number, snapshot.supplier.name) == ("D-ALPINE", "Northwind Kitchen")
    assert (snapshot.totals.tax_exclusive, snapshot.totals.payable) == (order.net_total, order.total)
    first = snapshot.lines[0]
    assert (first.line_id, first.sku, first.unit, first.gtin) == ("1", "PAN-24", "XBX", "6901234567892")
    assert (first.unit_price, first.net_amount) == (Decimal("18.5000"), Decimal("185.00"))
    assert message.payload_sha256 == snapshot.sha256()


@pytest.mark.parametrize("count", [2, 60])
def test_freezing_costs_the_same_queries_for_any_number_of_lines(
    world: World, count: int, django_assert_num_queries: Any
) -> None:
    products = [factories.make_product(f"SKU-{number}", f"Thing {number}") for number in range(count)]
    wholesale = factories.PriceList.objects.get(code="WHOLESALE")
    for product in products:
        factories.set_price(wholesale, product, "1.00")
    order = approved(world, dict.fromkeys(products, 1))
    order = DealerOrder.objects.select_related("dealer").get(pk=order.pk)

    with django_assert_num_queries(2):
        assert len(order_snapshot(order).lines) == count


def test_an_order_that_cannot_be_written_is_approved_and_waits_for_a_person(world: World) -> None:
    world.alpine.outlets.update(country="")
    order = approved(world)
    message = message_of(order)
    assert (order.approved_at is not None, message.state) == (True, MessageState.PARKED)
    assert "country" in message.error_text

    order.refresh_from_db()
    order.ship_to["country"] = "DE"
    order.save()
    replay(message.pk, by=world.ada)

    assert deliver(message.pk, FakeErp())


def test_a_broker_that_is_down_does_not_keep_an_order_from_being_approved(
    world: World, settings: Any, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    from erp_bridge.outbox.tasks import deliver_one

    asked: list[Any] = []

    def refuse(*args: Any, **_: Any) -> None:
        asked.append(args)
        raise ConnectionRefusedError("no broker")

    monkeypatch.setattr(deliver_one, "apply_async", refuse)

    with django_capture_on_commit_callbacks(execute=True):
        order = approved(world)
    assert asked == [((message_of(order).pk,),)]
    assert deliver_waiting(FakeErp()) == 1


def test_waking_with_the_real_client_and_no_broker_is_only_a_warning(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(celery_app.conf, "broker_url", "redis://127.0.0.1:1/0")
    monkeypatch.setattr(celery_app, "amqp", AMQP(celery_app))  # the one in use keeps its connections to the real broker

    wake(1)

    assert [record.levelname for record in caplog.records if record.name == "erp_bridge.outbox.write"] == ["WARNING"]


def test_a_claim_takes_one_message_whatever_plan_the_database_chooses(world: World) -> None:
    """With these statistics a subquery instead of the CTE ran once a row, and one claim leased both messages."""
    approved(world)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE erp_bridge_outbox_outboxmessage")
    approved(world, {world.pan: 1}, by=world.bob)
    with connection.cursor() as cursor:
        for kind in ("hashjoin", "mergejoin", "material", "indexscan", "indexonlyscan", "bitmapscan", "memoize"):
            cursor.execute(f"SET LOCAL enable_{kind} = off")

    assert claims.claim() is not None

    assert sorted(OutboxMessage.objects.values_list("state", flat=True)) == ["leased", "pending"]


def test_the_schedule_names_tasks_that_exist(settings: Any) -> None:
    celery_app.loader.import_default_modules()
    scheduled = {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()}
    assert scheduled <= set(celery_app.tasks)


def test_a_delivered_order_is_a_schema_valid_file_and_done(world: World, settings: Any) -> None:
    order = approved(world)

    assert deliver_waiting() == 1

    message = message_of(order)
    assert files(settings.ERP_OUT_DIR) == [f"{order.number}.xml"]
    root = etree.parse(settings.ERP_OUT_DIR / f"{order.number}.xml").getroot()
    assert root.findtext("{*}UUID") == message.payload["key"]
    assert (message.state, message.reference) == (MessageState.DONE, f"{order.number}.xml")
    assert [a.outcome for a in message.attempts_made.all()] == [Outcome.DELIVERED]


def test_a_message_delivered_twice_by_two_tasks_leaves_one_file(world: World, settings: Any) -> None:
    order = approved(world)

    assert deliver(message_of(order).pk)
    assert not deliver(message_of(order).pk)
    assert deliver_waiting() == 0
    assert files(settings.ERP_OUT_DIR) == [f"{order.number}.xml"]


def test_no_transaction_is_open_while_the_erp_is_called(committed_db: None) -> None:
    world = factories.make_world()
    approved(world)
    seen = []

    class Watching(FakeErp):
        def stage(self, document: OutboundDocument, fence: int) -> str:
            seen.append(("stage", connection.in_atomic_block))
            return super().stage(document, fence)

        def deliver(self, token: str) -> Receipt:
            seen.append(("deliver", connection.in_atomic_block))
            return super().deliver(token)

    assert deliver_waiting(Watching()) == 1
    assert seen == [("stage", False), ("deliver", False)]


def test_an_erp_that_is_away_is_tried_again_with_the_same_token(world: World) -> None:
    order = approved(world)
    erp = FakeErp(
        RetryableError("away", "The disk of folder %(folder)s is full.", folder="/out"),
        UnknownOutcomeError("gone", "No answer."),
    )

    deliver_waiting(erp)
    message = message_of(order)
    assert (message.state, message.error_text) == (MessageState.RETRY, "The disk of folder /out is full.")
    assert deliver_waiting(erp) == 0
    for _ in range(2):
        let_lease_run_out(message)
        deliver_waiting(erp)

    message.refresh_from_db()
    assert (message.state, message.error) == (MessageState.DONE, {})
    assert erp.staged == [(order.number, 1)]
    assert [a.outcome for a in message.attempts_made.all()] == [Outcome.RETRY, Outcome.UNKNOWN, Outcome.DELIVERED]


def test_what_repeating_does_not_help_is_parked_at_once(world: World) -> None:
    order = approved(world)

    deliver_waiting(FakeErp(PermanentError("closed", "Account %(number)s is closed.", number="D-1")))

    message = message_of(order)
    assert (message.state, message.error_text) == (MessageState.PARKED, "Account D-1 is closed.")
    assert deliver_waiting(FakeErp()) == 0


def test_a_payload_that_cannot_be_read_is_parked_with_the_field(world: World) -> None:
    message = message_of(approved(world))
    message.payload.pop("currency")
    message.save()

    deliver_waiting(FakeErp())

    message.refresh_from_db()
    assert (message.state, "currency" in message.error_text) == (MessageState.PARKED, True)


def test_a_fault_of_our_own_is_capped(world: World) -> None:
    message = message_of(approved(world))
    erp = FakeErp(*[RuntimeError("bug %s {x}")] * 9)

    for _ in range(MOST_CRASHES + 1):
        let_lease_run_out(message)
        deliver_waiting(erp)

    message.refresh_from_db()
    assert message.state == MessageState.PARKED
    assert message.attempts_made.filter(outcome=Outcome.CRASHED).count() == MOST_CRASHES
    assert "RuntimeError: bug %s {x}" in message.attempts_made.first().error_text


def test_a_worker_that_dies_each_time_is_parked_in_the_end(world: World) -> None:
    message = message_of(approved(world))

    for _ in range(MOST_CRASHES):
        assert claims.claim() is not None  # and never heard of again
        let_lease_run_out(message)
    deliver_waiting(FakeErp())

    message.refresh_from_db()
    assert message.state == MessageState.PARKED


def test_a_stale_worker_changes_nothing(world: World, settings: Any) -> None:
    message = message_of(approved(world))
    adapter = FileDrop(Path(settings.ERP_OUT_DIR))
    stale = claims.claim()
    assert stale is not None
    staged = adapter.stage(
        OutboundDocument(message.document_name, OrderSnapshot.from_json(message.payload)), stale.fence
    )
    let_lease_run_out(message)

    assert deliver_waiting() == 1

    assert not claims.keep_token(stale, staged)
    assert not claims.settle(stale, Receipt("late"))
    message.refresh_from_db()
    assert (message.state, message.reference) == (MessageState.DONE, f"{message.order_number}.xml")
    assert [a.outcome for a in message.attempts_made.all()] == [Outcome.STALE, Outcome.DELIVERED]


def test_one_dealer_s_messages_leave_in_order_and_hold_up_no_other_dealer(world: World) -> None:
    first, second = approved(world, {world.pan: 1}), approved(world, {world.pan: 2})
    other = approved(world, {world.pan: 3}, by=world.bob)
    erp = FakeErp(RetryableError("away", "Away."))

    assert not deliver(message_of(second).pk, erp)
    assert deliver_waiting(erp) == 2

    assert [name for name, _ in erp.staged] == [first.number, other.number]
    assert message_of(second).state == MessageState.PENDING


def test_a_parked_order_holds_up_no_order_of_its_dealer(world: World) -> None:
    first, second = approved(world, {world.pan: 1}), approved(world, {world.pan: 2})
    erp = FakeErp(PermanentError("closed", "Closed."))

    assert deliver_waiting(erp) == 2
    assert erp.delivered == [f"{second.number}@1"]
    assert message_of(first).state == MessageState.PARKED


def test_the_badge_follows_the_order(world: World, django_assert_num_queries: Any) -> None:
    order, other = approved(world), placed(world, {world.pan: 1})
    message = message_of(order)

    def stage() -> Stage:
        return status_of([order.number])[order.number].stage

    assert (stage(), status_of([other.number])) == (Stage.QUEUED, {})
    claims.claim()
    assert stage() == Stage.SENDING
    let_lease_run_out(message)
    deliver_waiting(FakeErp(RetryableError("away", "Away.")))
    assert (stage(), status_of([order.number])[order.number].reason) == (Stage.RETRYING, "Away.")
    let_lease_run_out(message)
    deliver_waiting(FakeErp())
    assert stage() == Stage.DELIVERED
    acknowledge(order.number, accepted=False, note="Blocked")
    assert (stage(), status_of([order.number])[order.number].reason) == (Stage.REFUSED, "Blocked")
    acknowledge(order.number, accepted=True, erp_number="SO-77")
    assert status_of([order.number])[order.number].label == "In the ERP as SO-77"
    with django_assert_num_queries(2):
        status_of([order.number, other.number])


def test_health_tells_what_waits(world: World) -> None:
    assert oldest_age().total_seconds() == 0
    approved(world)
    assert oldest_age().total_seconds() > 0
    assert counts_by_state() == {"pending": 1}
    deliver_waiting(FakeErp())
    assert (oldest_age().total_seconds(), counts_by_state()) == (0, {"done": 1})


def test_delivering_costs_the_same_statements_for_any_order(world: World) -> None:
    counts = []
    for quantity in (1, 2):
        approved(world, {world.pan: quantity})
        with CaptureQueriesContext(connection) as queries:
            deliver_waiting(FakeErp(), limit=1)
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_a_folder_that_cannot_be_made_is_tried_again_with_the_reason(
    world: World, settings: Any, tmp_path: Path
) -> None:
    settings.VAR = tmp_path
    settings.ERP_OUT_DIR = tmp_path / "out"
    settings.ERP_OUT_DIR.write_text("a file where the folder should be")
    message = message_of(approved(world))
    assert deliver(message.pk)
    message.refresh_from_db()
    assert message.state == MessageState.RETRY
    assert "is not a folder" in message.error_text
