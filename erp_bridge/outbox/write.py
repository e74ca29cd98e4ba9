"""Write the outbox row in the transaction of the approval, and wake a worker afterwards."""

from __future__ import annotations

import logging
from functools import partial
from typing import Any

from django.db import transaction

from erp_bridge.adapters.errors import gettext_noop
from erp_bridge.outbox.models import MessageState, OutboxMessage
from erp_bridge.outbox.snapshot import order_snapshot
from erp_bridge.sentences import Kept, keep
from fulfilment.frozen import Json
from fulfilment.ordering.models import DealerOrder, OrderStep
from fulfilment.ordering.states import State
from fulfilment.snapshots import SnapshotRefused

logger = logging.getLogger(__name__)

ORDER = "order"


def on_order_moved(sender: Any, *, order: DealerOrder, step: OrderStep, **_: Any) -> None:
    """Tell the ERP of an order when it leaves review approved. Runs inside the approval's transaction."""
    if step.from_state == State.REVIEW and step.to_state in (State.PAYMENT, State.SHIPMENT):
        enqueue(order)


def enqueue(order: DealerOrder) -> OutboxMessage:
    """The order's message, written in the caller's transaction; the worker is woken when that commits.

    An order that cannot be written for the ERP is approved all the same: its message waits for a person.
    """
    payload, sha256, error = freeze(order)
    message = OutboxMessage.objects.create(
        kind=ORDER,
        key=f"{ORDER}:{order.number}",
        order_number=order.number,
        dealer_id=order.dealer_id,
        payload=payload,
        payload_sha256=sha256,
        state=MessageState.PARKED if error else MessageState.PENDING,
        error=error,
    )
    if not error:
        transaction.on_commit(partial(wake, message.pk), robust=True)
    return message


def freeze(order: DealerOrder) -> tuple[Json, str, Kept]:
    """Payload and fingerprint of an order, or nothing and the reason why it cannot be written."""
    try:
        snapshot = order_snapshot(order)
    except SnapshotRefused as why:
        sentence = gettext_noop("The order cannot be written for the ERP: %(problem)s")
        return {}, "", keep(sentence, "mapping", problem=why)
    return snapshot.to_json(), snapshot.sha256(), {}


def wake(message_id: int) -> None:
    """Ask a worker to deliver one message now. When no broker answers, the next sweep delivers it."""
    from erp_bridge.outbox.tasks import deliver_one

    try:
        deliver_one.apply_async((message_id,), retry=False)
    except Exception:  # whatever the broker's client raises must not reach the person who approved
        logger.warning("the worker could not be woken for message %s", message_id, exc_info=True)
