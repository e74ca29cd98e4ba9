"""What Celery runs: ids only. A task that is lost or comes twice does no harm."""

from __future__ import annotations

from celery import shared_task

from erp_bridge.outbox.deliver import deliver, deliver_waiting


@shared_task(name="erp_bridge.outbox.deliver_one")
def deliver_one(message_id: int) -> None:
    """Deliver one message if it is due and the first of its dealer."""
    deliver(message_id)


@shared_task(name="erp_bridge.outbox.deliver_due")
def deliver_due() -> None:
    """The sweep: deliver what is due."""
    deliver_waiting()
