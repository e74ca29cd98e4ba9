"""How the bridge does: what waits, for how long, and what needs a person."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Count, Min
from django.utils import timezone

from erp_bridge.outbox.models import OPEN_STATES, OutboxMessage


def oldest_age() -> timedelta:
    """The age of the oldest message that should leave by itself; zero when none waits. Parked ones need a person."""
    oldest = OutboxMessage.objects.filter(state__in=OPEN_STATES).aggregate(oldest=Min("created_at"))["oldest"]
    return timezone.now() - oldest if oldest else timedelta(0)


def counts_by_state() -> dict[str, int]:
    """How many messages stand in each state; states without any are absent."""
    rows = OutboxMessage.objects.order_by().values("state").annotate(number=Count("pk"))
    return {row["state"]: row["number"] for row in rows}
