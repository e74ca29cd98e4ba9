"""Claiming messages and settling them: short transactions, each guarded by the fence."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.utils import timezone

from erp_bridge.adapters.base import Receipt
from erp_bridge.outbox.backoff import wait
from erp_bridge.outbox.models import MessageState, OutboxAttempt, OutboxMessage, Outcome
from erp_bridge.sentences import Kept

#: Longer than any delivery takes. A worker that is held up longer than this loses its claim to another.
LEASE = timedelta(seconds=60)

# One dealer's messages leave in order: only the oldest open one may be claimed. A parked one is not open, so it holds
# up nobody. A lease that ran out is claimed like any other; `next_at` of a leased message is the end of its lease.
# Chosen in a materialized CTE: a subquery may be run again for every row it is joined with, each time taking the next
# one, so that one claim would lease several messages and lose all but the first.
CLAIM = """
WITH due AS MATERIALIZED (
    SELECT c.id FROM erp_bridge_outbox_outboxmessage c
    WHERE c.state IN ('pending', 'retry', 'leased') AND c.next_at <= %(now)s
      AND (%(only)s::bigint IS NULL OR c.id = %(only)s)
      AND NOT EXISTS (
          SELECT 1 FROM erp_bridge_outbox_outboxmessage e
          WHERE e.dealer_id = c.dealer_id AND e.id < c.id AND e.state IN ('pending', 'retry', 'leased')
      )
    ORDER BY c.next_at, c.id LIMIT 1 FOR UPDATE SKIP LOCKED
)
UPDATE erp_bridge_outbox_outboxmessage AS m
SET state = 'leased', next_at = %(until)s, fence = m.fence + 1, attempts = m.attempts + 1,
    crashes = m.crashes + (m.state = 'leased')::int
FROM due
WHERE m.id = due.id
RETURNING m.id
"""


@dataclass(frozen=True, slots=True)
class Claim:
    """A worker's right to one message until its lease runs out."""

    message: OutboxMessage
    attempt_id: int

    @property
    def fence(self) -> int:
        """What every write of this worker must still find in the row."""
        return self.message.fence


def claim(message_id: int | None = None) -> Claim | None:
    """Claim the due message that has waited longest, or that one; None when there is none to claim.

    Two workers never hold the same claim. An attempt that was never ended is marked as interrupted.
    """
    now = timezone.now()
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(CLAIM, {"now": now, "until": now + LEASE, "only": message_id})
            row = cursor.fetchone()
        if row is None:
            return None
        message = OutboxMessage.objects.get(pk=row[0])
        OutboxAttempt.objects.filter(message=message, outcome="").update(outcome=Outcome.INTERRUPTED, ended_at=now)
        attempt = OutboxAttempt.objects.create(message=message, fence=message.fence, started_at=now)
        return Claim(message, attempt.pk)


def keep_token(held: Claim, token: str) -> bool:
    """Store what was staged; False when another worker has taken over."""
    return _update(held, token=token)


def settle(held: Claim, receipt: Receipt) -> bool:
    """Note that the ERP has the document; False when another worker has taken over."""
    now = timezone.now()
    with transaction.atomic():
        kept = _update(held, state=MessageState.DONE, done_at=now, reference=receipt.reference, error={})
        _end(held, Outcome.DELIVERED if kept else Outcome.STALE, now)
    return kept


def reschedule(held: Claim, outcome: Outcome, error: Kept) -> bool:
    """Let the message come back by itself after the backoff; a fault of our own counts towards parking it."""
    now = timezone.now()
    with transaction.atomic():
        kept = _update(
            held,
            state=MessageState.RETRY,
            next_at=now + wait(held.message.attempts, random.random()),  # noqa: S311 - spreads retries, keeps no secret
            crashes=held.message.crashes + (outcome == Outcome.CRASHED),
            error=error,
        )
        _end(held, outcome if kept else Outcome.STALE, now, error)
    return kept


def set_parked(held: Claim, error: Kept) -> bool:
    """Leave the message to a person."""
    now = timezone.now()
    with transaction.atomic():
        kept = _update(held, state=MessageState.PARKED, error=error)
        _end(held, Outcome.PARKED if kept else Outcome.STALE, now, error)
    return kept


def unknown_so_far(held: Claim) -> int:
    """How many attempts since the message was armed have ended without an answer."""
    since = OutboxAttempt.objects.filter(message=held.message, fence__gt=held.fence - held.message.attempts)
    return since.filter(outcome=Outcome.UNKNOWN).count()


def give_up(held: Claim) -> None:
    """End the attempt of a worker that has lost its claim."""
    _end(held, Outcome.STALE, timezone.now())


def _update(held: Claim, **values: object) -> bool:
    mine = OutboxMessage.objects.filter(pk=held.message.pk, fence=held.fence, state=MessageState.LEASED)
    return mine.update(**values) == 1


def _end(held: Claim, outcome: Outcome, at: datetime, error: Kept | None = None) -> None:
    open_attempt = OutboxAttempt.objects.filter(pk=held.attempt_id, outcome__in=("", Outcome.INTERRUPTED))
    open_attempt.update(outcome=outcome, ended_at=at, error=error or {})
