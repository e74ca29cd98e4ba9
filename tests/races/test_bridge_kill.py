"""The bridge under kill -9, paused workers and crowds: every order and every document arrives once."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from dealers.ledger.models import Journal
from erp_bridge.adapters.base import OutboundDocument, Receipt
from erp_bridge.adapters.filedrop import FileDrop
from erp_bridge.adapters.filepickup import FilePickup
from erp_bridge.adapters.ubl import write_order
from erp_bridge.inbound import collect as collecting
from erp_bridge.inbound import settle as settling
from erp_bridge.inbound.models import InboundDocument
from erp_bridge.outbox import claims
from erp_bridge.outbox import deliver as delivering
from erp_bridge.outbox.models import OutboxAttempt, OutboxMessage, Outcome
from fulfilment.ordering.models import DealerOrder
from fulfilment.shipping.models import Shipment
from portal.demo import erp_partner as partner
from pricing.terms.models import PriceList
from tests import factories
from tests.erp_bridge.inbox import bill, despatch, pay, respond, sweep
from tests.erp_bridge.orders import approved, files, let_lease_run_out, message_of
from tests.races import children

pytestmark = pytest.mark.race

Fault = Callable[[], object]


@pytest.fixture
def world(committed_db: None) -> factories.World:
    """The company, committed."""
    return factories.make_world()


def erp_takes() -> list[str]:
    """Be an ERP that takes every file away at once and counts an order twice if it comes twice."""
    out = Path(settings.ERP_OUT_DIR)
    names = files(out)
    for name in names:
        (out / name).unlink()
    return names


# Every place between two steps of a delivery, and inside the two transactions that change the message.
OUTBOX_POINTS: dict[str, Callable[[Fault], None]] = {
    "inside the claim": lambda fault: children.after(OutboxAttempt.objects, "create", fault),
    "after the claim": lambda fault: children.after(delivering, "claim", fault),
    "after staging": lambda fault: children.after(FileDrop, "stage", fault),
    "after the token": lambda fault: children.after(delivering, "keep_token", fault),
    "after the choice": lambda fault: children.after(FileDrop, "_choose", fault),
    "after delivery": lambda fault: children.after(FileDrop, "deliver", fault),
    "inside settling": lambda fault: children.after(claims, "_end", fault),
    "after settling": lambda fault: children.after(delivering, "settle", fault),
}


def deliver_with(point: str, fault: Fault) -> Callable[[], object]:
    def work() -> None:
        OUTBOX_POINTS[point](fault)
        delivering.deliver_waiting()

    return work


@pytest.mark.parametrize("point", OUTBOX_POINTS)
def test_a_worker_killed_anywhere_leaves_one_order_in_the_erp(world: factories.World, point: str) -> None:
    order = approved(world)

    assert children.wait(children.start(deliver_with(point, children.kill_myself))) == -signal.SIGKILL
    taken = erp_takes()
    let_lease_run_out(message_of(order))
    delivering.deliver_waiting()

    assert taken + erp_takes() == [f"{order.number}.xml"]
    assert message_of(order).state == "done"


@pytest.mark.parametrize("point", ["after the claim", "after staging", "after the token", "after the choice"])
def test_a_worker_that_was_paused_past_its_lease_doubles_nothing(world: factories.World, point: str) -> None:
    order = approved(world)
    pid = children.start(deliver_with(point, children.stop_myself))
    children.wait_until_stopped(pid)
    let_lease_run_out(message_of(order))

    delivering.deliver_waiting()
    taken = erp_takes()
    os.kill(pid, signal.SIGCONT)

    assert children.wait(pid) == 0
    assert taken + erp_takes() == [f"{order.number}.xml"]
    message = message_of(order)
    assert (message.state, message.fence) == ("done", 2)
    assert [a.outcome for a in message.attempts_made.all()] == [Outcome.STALE, Outcome.DELIVERED]


class PlainDrop:
    """An adapter that only renames, as simple as adapters come: all it has against doubling is the kept token."""

    def __init__(self, out: Path) -> None:
        self.out = out

    def stage(self, document: OutboundDocument, fence: int) -> str:
        (self.out / ".staging").mkdir(exist_ok=True)
        (self.out / ".staging" / f"{document.name}.{fence}").write_bytes(write_order(document.order))
        return f"{document.name}.{fence}"

    def deliver(self, token: str) -> Receipt:
        staged = self.out / ".staging" / token
        if staged.exists():
            staged.rename(self.out / f"{token.rpartition('.')[0]}.xml")
        return Receipt(token)

    def discard(self, token: str) -> None: ...

    def probe(self) -> None: ...


@pytest.mark.parametrize(("token_kept", "orders_in_the_erp"), [(True, 1), (False, 2)])
def test_it_is_the_kept_token_that_prevents_the_second_file(
    world: factories.World, monkeypatch: pytest.MonkeyPatch, token_kept: bool, orders_in_the_erp: int
) -> None:
    """The control: without the step under test the kill really doubles the order."""
    if not token_kept:
        monkeypatch.setattr(delivering, "keep_token", lambda held, token: True)
    order = approved(world)
    adapter = PlainDrop(Path(settings.ERP_OUT_DIR))

    def work() -> None:
        children.after(adapter, "deliver", children.kill_myself)
        delivering.deliver_waiting(adapter)

    assert children.wait(children.start(work)) == -signal.SIGKILL
    taken = erp_takes()
    let_lease_run_out(message_of(order))
    delivering.deliver_waiting(adapter)

    assert len(taken + erp_takes()) == orders_in_the_erp


def test_four_workers_deliver_every_order_once_and_each_dealer_s_in_order(world: factories.World) -> None:
    dealers = [world.alice, world.bob]
    for number in range(4):
        dealer = factories.make_dealer(f"D-{number}", f"Dealer {number}")
        factories.give_list(dealer, PriceList.objects.get(code="WHOLESALE"))
        dealers.append(factories.make_user(f"buyer@{number}.example", "Buyer", dealer=dealer))
    orders = [approved(world, {world.pan: 1}, by=buyer) for _ in range(4) for buyer in dealers]

    workers = [children.start(deliver_all) for _ in range(4)]

    assert [children.wait(pid) for pid in workers] == [0, 0, 0, 0]
    assert sorted(erp_takes()) == sorted(f"{order.number}.xml" for order in orders)
    assert OutboxAttempt.objects.count() == len(orders)
    for dealer_id in {order.dealer_id for order in orders}:
        done = OutboxMessage.objects.filter(dealer=dealer_id).order_by("done_at").values_list("pk", flat=True)
        assert list(done) == sorted(done)


def deliver_all() -> None:
    """A worker that comes back until nothing is open; another may hold the head of a dealer meanwhile."""
    while OutboxMessage.objects.exclude(state="done").exists():
        delivering.deliver_waiting()


INBOUND_POINTS: dict[str, Callable[[Fault], None]] = {
    "after reading": lambda fault: children.after(collecting, "_parsed", fault),
    "inside the transaction, applied": lambda fault: children.after(settling, "apply_document", fault),
    "inside the transaction, row written": lambda fault: children.after(InboundDocument, "save", fault),
    "after the commit": lambda fault: children.after(collecting, "settle", fault),
    "after the move": lambda fault: children.after(FilePickup, "finish", fault),
}


@pytest.mark.parametrize("point", INBOUND_POINTS)
def test_a_collector_killed_anywhere_leaves_one_shipment_and_one_journal_each(
    world: factories.World, point: str
) -> None:
    order = approved(world)
    despatch(order, "DN-1", ("1", "PAN-24", 4))
    bill(order)
    pay(order, "PAY-1", ("invoice", "INV-1", "520.25"))

    def work() -> None:
        INBOUND_POINTS[point](children.kill_myself)
        sweep()

    assert children.wait(children.start(work)) == -signal.SIGKILL
    sweep()

    assert Shipment.objects.count() == 1
    assert order.lines.get(position=1).shipped_quantity == 4
    assert sorted(Journal.objects.values_list("source_kind", flat=True)) == ["invoice", "payment"]
    assert sorted(InboundDocument.objects.values_list("file_name", "state")) == [
        ("DN-1.xml", "applied"),
        ("INV-1.xml", "applied"),
        ("PAY-1.xml", "applied"),
    ]
    assert files(Path(settings.ERP_IN_DIR)) == []


def test_collectors_at_the_same_time_apply_every_document_once(world: factories.World) -> None:
    orders = [approved(world, {world.pan: 1}) for _ in range(8)]
    for order in orders:
        respond(order, f"RSP-{order.number}", erp_number=f"SO-{order.number}")
        despatch(order, f"DN-{order.number}", ("1", "PAN-24", 1))
        bill(order, f"INV-{order.number}")

    workers = [children.start(sweep_until_empty) for _ in range(3)]

    assert [children.wait(pid) for pid in workers] == [0, 0, 0]
    assert set(InboundDocument.objects.values_list("state", flat=True)) == {"applied"}
    assert InboundDocument.objects.count() == 3 * len(orders)
    assert Shipment.objects.count() == len(orders)
    assert Journal.objects.count() == len(orders)
    assert set(DealerOrder.objects.values_list("state", flat=True)) == {"receipt"}


def sweep_until_empty() -> None:
    while files(Path(settings.ERP_IN_DIR)):
        sweep()


def test_the_whole_way_there_and_back_with_a_kill_at_every_step(world: factories.World, tmp_path: Path) -> None:
    """Bob's prepaid order, with everybody killed once at the worst moment."""
    order = approved(world, {world.pan: 2}, by=world.bob)
    assert children.wait(children.start(deliver_with("after delivery", children.kill_myself))) == -signal.SIGKILL
    let_lease_run_out(message_of(order))
    delivering.deliver_waiting()
    out, into = Path(settings.ERP_OUT_DIR), Path(settings.ERP_IN_DIR)

    for _ in partner.STEPS:
        partner.answer_orders(out, into, tmp_path / "kept", most_steps=1)
        assert children.wait(children.start(die_after_commit)) == -signal.SIGKILL
        sweep()

    order.refresh_from_db()
    assert (order.state, order.erp_number) == ("receipt", f"SO-{order.number}")
    assert list(order.steps.values_list("to_state", flat=True)) == ["review", "payment", "shipment", "receipt"]
    assert Journal.objects.count() == 2


def die_after_commit() -> Any:
    INBOUND_POINTS["after the commit"](children.kill_myself)
    sweep()
