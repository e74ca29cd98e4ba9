"""How long the oldest message has been waiting for the ERP."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Min
from django.utils import timezone

from erp_bridge.outbox.models import MessageState, OutboxMessage


def oldest_age() -> timedelta:
    """The age of the oldest message that should leave by itself; zero when none waits. Parked ones need a person."""
    waiting = OutboxMessage.objects.filter(state__in=(MessageState.PENDING, MessageState.LEASED, MessageState.RETRY))
    oldest = waiting.aggregate(oldest=Min("created_at"))["oldest"]
    return timezone.now() - oldest if oldest else timedelta(0)
