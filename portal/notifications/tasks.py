"""Waking the mail sender. The table is the queue; a lost task only means that beat's sweep sends a little later."""

from __future__ import annotations

import logging

from celery import shared_task

logger = logging.getLogger(__name__)


@shared_task(name="portal.notifications.send_due")
def send_due() -> int:
    """Send what is due; returns how many mails left."""
    from portal.notifications.send import send_due_mail

    return send_due_mail()


def wake() -> None:
    """Ask the worker to look at the table now; without a broker the sweep will."""
    try:
        send_due.apply_async(retry=False)
    except Exception as why:  # whatever the broker's client raises must not reach the person who ordered
        logger.warning("mail sender not woken: %s", why)
