"""Order numbers in the logs: each move of an order is one line, beside the request's id and user."""

from __future__ import annotations

from typing import Any

import structlog

from fulfilment.ordering.models import DealerOrder, OrderStep
from fulfilment.shipping.models import Shipment
from fulfilment.signals import order_moved, shipment_recorded

logger = structlog.get_logger("portal.orders")


def connect() -> None:
    """Start listening."""
    order_moved.connect(log_move, dispatch_uid="portal.operations.orders.move")
    shipment_recorded.connect(log_shipment, dispatch_uid="portal.operations.orders.shipment")


def log_move(*, order: DealerOrder, step: OrderStep, **_kwargs: Any) -> None:
    """One line a move; it tells no names, texts or amounts."""
    logger.info(
        "order_moved",
        order=order.number,
        dealer=order.dealer.number,
        from_state=str(step.from_state),
        to_state=str(step.to_state),
        by=step.by_id,
    )


def log_shipment(*, shipment: Shipment, **_kwargs: Any) -> None:
    """One line a shipment."""
    logger.info("shipment_recorded", order=shipment.order.number, shipment=shipment.number)
