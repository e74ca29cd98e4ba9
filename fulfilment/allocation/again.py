"""Kept decisions made again: the same facts have to come to the same plan."""

from __future__ import annotations

from fulfilment.allocation.models import Decision
from fulfilment.allocation.record import replay, replay_together


def comes_out_the_same(decision: Decision) -> bool:
    """Whether the decision, made again from its record, is what it was; one of a batch with all that were in it.

    Refuses (ValueError) records of another version. Solves the batch again, which may take seconds.
    """
    if decision.batch is None:
        return replay(decision.record)[1]
    together = list(Decision.objects.filter(batch=decision.batch).order_by("pk"))
    return replay_together([each.record for each in together])[[each.pk for each in together].index(decision.pk)]
