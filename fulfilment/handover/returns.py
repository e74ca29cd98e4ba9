"""Goods that come back from the consumer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction

from dealers.accounts.models import User
from dealers.sentences import worded as _
from fulfilment.allocation import held
from fulfilment.allocation.models import Allocation
from fulfilment.handover.models import BY_FAULT, ConsumerReturn, ConsumerReturnLine, ReturnCause
from fulfilment.handover.refusals import HandoverRefused


@dataclass(frozen=True)
class Back:
    """Units of a line that came back, and whether they can be sold again."""

    line_id: int
    units: int
    resellable: bool = True


def take_back(
    allocation_id: int, backs: Sequence[Back], *, cause: str, by: User | None, key: UUID, note: str = ""
) -> ConsumerReturn:
    """Take back units of lines that left, all for one cause. The same `key` again is the return it made.

    What can be sold again is on the shelf at once; the money is reversed by what listens to `units_returned`. Refuses
    nothing at all, a line twice, lines of another allocation, and more than the consumer has.
    """
    with transaction.atomic():
        allocation = held.lock(allocation_id)
        before = ConsumerReturn.objects.filter(key=key).first()
        if before is not None:
            if before.allocation_id == allocation.pk:
                return before
            raise HandoverRefused(_("This form was sent before. Open the order again."))
        _require_lines(allocation, backs)
        by_fault = ReturnCause(cause) in BY_FAULT
        made = ConsumerReturn.objects.create(
            allocation=allocation,
            key=key,
            cause=cause,
            by_fault=by_fault,
            note=note.strip()[:500],
            by=by,
            by_name=by.get_full_name()[:200] if by else "",
        )
        for back in sorted(backs, key=lambda each: each.line_id):
            reference = f"return:{made.pk}:{back.line_id}"
            held.give_back(
                back.line_id, back.units, by_fault=by_fault, resellable=back.resellable, by=by, reference=reference
            )
        ConsumerReturnLine.objects.bulk_create(
            ConsumerReturnLine(consumer_return=made, line_id=back.line_id, units=back.units, resellable=back.resellable)
            for back in backs
        )
    return made


def _require_lines(allocation: Allocation, backs: Sequence[Back]) -> None:
    ids = {back.line_id for back in backs}
    if not backs or len(ids) != len(backs):
        raise HandoverRefused(_("Say how many pieces of which lines came back."))
    if allocation.lines.filter(pk__in=ids).count() != len(ids):
        raise HandoverRefused(_("Some of these lines are not in this order."))
