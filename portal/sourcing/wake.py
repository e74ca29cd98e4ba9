"""A consumer order that is ready wakes a worker. A task that is lost is found by the sweep."""

from __future__ import annotations

import logging
from functools import partial
from typing import Any

from django.db import transaction

from fulfilment.allocation.models import Cause
from fulfilment.consumer.models import ConsumerOrder, ConsumerStep
from fulfilment.consumer.states import State

logger = logging.getLogger(__name__)

#: Where an order comes from that no dealer was asked about yet.
FRESH = frozenset({"", State.RECEIVED, State.ADDRESS_UNKNOWN})


def on_order_moved(order: ConsumerOrder, step: ConsumerStep, **_more: Any) -> None:
    """Let a worker decide an order that is ready, once it is committed."""
    if step.to_state == State.READY:
        cause = Cause.LIVE if step.from_state in FRESH else Cause.AGAIN
        transaction.on_commit(partial(wake, order.pk, cause), robust=True)


def wake(order_id: int, cause: str) -> None:
    """Ask a worker to decide an order. When no broker answers, the next sweep finds it."""
    from portal.sourcing.tasks import allocate_order

    try:
        allocate_order.apply_async((order_id, cause), retry=False)
    except Exception:  # whatever the broker's client raises must not reach the channel whose order was taken
        logger.warning("the worker could not be woken for consumer order %s", order_id, exc_info=True)
