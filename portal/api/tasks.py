"""What the worker does for consumer orders. Tasks carry nothing; the tables keep every promise."""

from __future__ import annotations

import logging

from celery import shared_task

from fulfilment.consumer.contacts import remove_overdue
from fulfilment.consumer.deliveries import carry_out, interrupted
from portal.api.files import remove_files

logger = logging.getLogger(__name__)


@shared_task(name="portal.api.remove_contacts")
def remove_contacts() -> None:
    """Remove consumers' personal data whose time is over: from orders, webhooks and uploaded files."""
    remove_overdue()
    remove_files()


@shared_task(name="portal.api.resume_webhooks")
def resume_webhooks() -> None:
    """Carry out webhooks that were kept by a process that died."""
    for delivery_id in interrupted():
        try:
            carry_out(delivery_id)
        except Exception:
            logger.exception("webhook not carried out", extra={"delivery": delivery_id})
