"""Handing goods over by a code: once a line, at its outlet, while it is good; wrong codes are counted.

The verification is one guarded UPDATE: whoever changes the row has handed it over, everybody else is told who did.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import QuerySet
from django.db.models.functions import Now
from django.utils import timezone

from dealers.accounts.models import Outlet, User
from dealers.sentences import worded as _
from fulfilment.allocation import held
from fulfilment.allocation.models import Allocation, AllocationLine, AllocationState
from fulfilment.consumer.models import Method
from fulfilment.handover.codes import cleaned, digest_of, digests_of, new_code
from fulfilment.handover.models import PickupCode, PickupLine, PickupTry
from fulfilment.handover.refusals import AlreadyHandedOver, HandoverRefused, TriesLocked, WrongCode

GOOD_FOR = timedelta(days=7)
MOST_TRIES, TRIES_WITHIN = 5, timedelta(minutes=10)
#: The states in which goods can be fetched, by the method of the order.
FETCHED_WHILE: Mapping[str, Collection[str]] = {
    Method.PICKUP: (AllocationState.PACKED,),
    Method.TAKE_AWAY: (AllocationState.ACCEPTED, AllocationState.PACKED),
}
#: A cashier whose answer got lost scans again; within this time it is the same hand-over.
SAME_AGAIN = timedelta(seconds=10)

# The guard stands on the row itself: a subquery on it would be answered from before the lock was waited for.
TAKE = """
UPDATE fulfilment_handover_pickupline p
SET handed_at = statement_timestamp(), handed_by_id = %(by)s, handed_by_name = %(name)s
FROM fulfilment_handover_pickupcode c, fulfilment_allocation_allocationline l
WHERE p.code_id = c.id AND p.line_id = l.id AND c.id = %(code)s AND p.line_id = ANY(%(lines)s)
  AND p.handed_at IS NULL AND c.voided_at IS NULL AND c.expires_at > statement_timestamp()
  AND l.cancelled_at IS NULL AND l.sent_at IS NULL
"""


@dataclass(frozen=True)
class Issued:
    """A code in plain text: told now, never again."""

    code: str
    expires_at: datetime


@dataclass(frozen=True)
class HandedOver:
    """Lines that were handed over. `repeated`: by the same cashier a moment ago. `open_lines` are still to come."""

    allocation: Allocation
    lines: list[AllocationLine]
    at: datetime
    repeated: bool
    open_lines: int


def issue(allocation_id: int, *, by: User | None = None) -> Issued:
    """A new code for what the consumer has not got yet, to be passed on by the channel or by the person who asks for it
    (`by`); one before it is void.

    Goods to be picked up have to be packed, goods taken away at once only accepted. Refuses deliveries and what is
    not at the outlet any more.
    """
    with transaction.atomic():
        allocation = held.lock(allocation_id)
        lines = list(allocation.lines.filter(cancelled_at=None, sent_at=None).order_by("pk"))
        if allocation.state not in FETCHED_WHILE.get(allocation.order.method, ()) or not lines:
            raise HandoverRefused(_("Nothing of this order waits to be picked up."))
        void(allocation.pk)
        code, now = new_code(), timezone.now()
        made = PickupCode.objects.create(
            allocation=allocation,
            outlet_id=allocation.outlet_id,
            order_version=allocation.order.version,
            code_hmac=digest_of(code),
            issued_at=now,
            issued_by=by,
            expires_at=now + GOOD_FOR,
        )
        PickupLine.objects.bulk_create(PickupLine(code=made, line=line) for line in lines)
    return Issued(code, made.expires_at)


def void(allocation_id: int) -> None:
    """Let no code of an allocation be good any more. What was handed over by it stays so."""
    PickupCode.objects.filter(allocation=allocation_id, voided_at=None).update(voided_at=Now())


def on_allocation_moved(allocation: Allocation, **_more: Any) -> None:
    """What the dealer does not hold any more is not handed over."""
    if allocation.state == AllocationState.CANCELLED:
        void(allocation.pk)


def look_up(outlet_id: int, said: str, *, by: User) -> PickupCode:
    """The code in force at an outlet that somebody shows there, for looking at what waits.

    Raises `WrongCode` for one that nobody waits under there, which counts as a try; `TriesLocked` after five in ten
    minutes; `AlreadyHandedOver` for one that is used up; `HandoverRefused` for one that is void, too old, or of an
    order that has changed.
    """
    code = _shown(outlet_id, said, by)
    if code.used_at is not None:
        raise _already(code.lines.filter(handed_at__isnull=False))
    return code


def _shown(outlet_id: int, said: str, by: User) -> PickupCode:
    with transaction.atomic():
        Outlet.objects.select_for_update(no_key=True).get(pk=outlet_id)  # tries of one outlet come one after the other
        recent = PickupTry.objects.filter(outlet=outlet_id, at__gt=Now() - TRIES_WITHIN).order_by("-at")
        tries = list(recent.values_list("at", flat=True)[:MOST_TRIES])
        locked = len(tries) >= MOST_TRIES
        found = None if locked else _of_digits(outlet_id, cleaned(said))
        if found is None and not locked:
            PickupTry.objects.create(outlet_id=outlet_id, by=by)
    if locked:
        until = tries[-1] + TRIES_WITHIN
        words = {"time": f"{timezone.localtime(until):%H:%M}"}
        raise TriesLocked(_("Too many wrong codes at this outlet. Try again at %(time)s.") % words, until)
    if found is None:
        left = MOST_TRIES - len(tries) - 1
        raise WrongCode(_("No order waits here under this code. Compare it digit by digit."), left)
    _require_good(found)
    return found


def hand_over(outlet_id: int, said: str, *, by: User, line_ids: Collection[int] | None = None) -> HandedOver:
    """Hand over the lines of a code, all that are left or some; the code stays good for the others.

    Exactly one of many who try at once succeeds. The same cashier again within ten seconds gets the same answer.
    Raises what `look_up` raises, and `AlreadyHandedOver` with who did it and when.
    """
    code = _shown(outlet_id, said, by)
    with transaction.atomic():
        allocation = held.lock(code.allocation_id)
        known = set(code.lines.filter(line__cancelled_at=None).values_list("line", flat=True))
        wanted = known & set(line_ids) if line_ids is not None else _left(code)
        if line_ids is not None and (not wanted or len(wanted) != len(set(line_ids))):
            raise HandoverRefused(_("Choose lines of this order that are still here."))
        if wanted and take(code.pk, wanted, by) == len(wanted):
            lines = held.send(allocation.pk, wanted, by=by, note="pickup-code")
            if len(lines) == len(wanted):
                return _done(code, lines, by)
        transaction.set_rollback(True)
    return _repeated(code, wanted or known, by)


def take(code_id: int, line_ids: Collection[int], by: User) -> int:
    """The guard: how many of the lines this person has handed over by this statement."""
    arguments: dict[str, Any] = {
        "by": by.pk,
        "name": by.get_full_name()[:200],
        "code": code_id,
        "lines": sorted(line_ids),
    }
    with connection.cursor() as cursor:
        cursor.execute(TAKE, arguments)
        return int(cursor.rowcount)


def close(allocation_id: int, *, by: User) -> None:
    """Once every line has been handed over: the code is used, and the consumer has it all. Under the order's lock."""
    if Allocation.objects.get(pk=allocation_id).state == AllocationState.SENT:
        PickupCode.objects.filter(allocation=allocation_id, voided_at=None, used_at=None).update(used_at=Now())
        held.complete(allocation_id, by=by, note="handed-over")


def _done(code: PickupCode, lines: list[AllocationLine], by: User) -> HandedOver:
    close(code.allocation_id, by=by)
    at = lines[0].sent_at or timezone.now()
    allocation = Allocation.objects.select_related("order").get(pk=code.allocation_id)
    return HandedOver(allocation, lines, at, repeated=False, open_lines=len(_left(code)))


def _repeated(code: PickupCode, wanted: Collection[int], by: User) -> HandedOver:
    """The same answer for the same cashier a moment later; otherwise a refusal that says who was first."""
    handed = code.lines.filter(line__in=wanted, handed_at__isnull=False).select_related("line")
    mine = list(handed.filter(handed_by=by, handed_at__gt=Now() - SAME_AGAIN).order_by("pk"))
    if mine:
        allocation = Allocation.objects.select_related("order").get(pk=code.allocation_id)
        at = mine[0].handed_at or timezone.now()
        return HandedOver(allocation, [each.line for each in mine], at, repeated=True, open_lines=len(_left(code)))
    raise _already(handed)


def _already(handed: QuerySet[PickupLine]) -> HandoverRefused:
    """Who handed lines over last, and when."""
    last = handed.order_by("-handed_at").first()
    if last is None or last.handed_at is None:
        return HandoverRefused(_("The code is not good any more. Ask the consumer for the newest one."))
    words = {"moment": f"{timezone.localtime(last.handed_at):%Y-%m-%d %H:%M}", "name": last.handed_by_name}
    text = _("Already used: handed over on %(moment)s by %(name)s. Hand nothing over again.") % words
    return AlreadyHandedOver(text, last.handed_at, last.handed_by_name)


def _of_digits(outlet_id: int, code: str) -> PickupCode | None:
    found = PickupCode.objects.select_related("allocation__order", "outlet").filter(outlet=outlet_id)
    return found.filter(code_hmac__in=digests_of(code)).first()


def _left(code: PickupCode) -> set[int]:
    """Lines that the code is still good for."""
    left = code.lines.filter(handed_at=None, line__cancelled_at=None, line__sent_at=None)
    return set(left.values_list("line", flat=True))


def _require_good(code: PickupCode) -> None:
    if code.voided_at is not None or code.order_version != code.allocation.order.version:
        raise HandoverRefused(
            _("This code was replaced or the order was cancelled. Ask the consumer for the newest one.")
        )
    if code.used_at is None and not PickupCode.objects.filter(pk=code.pk, expires_at__gt=Now()).exists():
        words = {"day": f"{timezone.localtime(code.expires_at):%Y-%m-%d}"}
        raise HandoverRefused(_("This code was good until %(day)s. The consumer gets a new one from the shop.") % words)
