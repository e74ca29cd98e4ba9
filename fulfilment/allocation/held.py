"""What dealers hold: accepted orders on their way to the consumer, and back. Stock, counters, steps and signals.

Everything here locks the consumer order first; the same call again changes nothing.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence

from django.db import transaction
from django.utils import timezone

from dealers.accounts.models import User
from dealers.sentences import worded as _
from fulfilment.allocation import budgets, capacity
from fulfilment.allocation.calendars import local_day
from fulfilment.allocation.fates import refresh
from fulfilment.allocation.minor import to_money
from fulfilment.allocation.models import (
    Allocation,
    AllocationLine,
    AllocationState,
    OfferStep,
    UnclaimRequest,
)
from fulfilment.allocation.offers import correct_stock, wanted
from fulfilment.allocation.record import from_plain
from fulfilment.consumer.commands import lock_consumer_order
from fulfilment.signals import allocation_moved, unclaim_decided, units_returned
from fulfilment.stock import outlets
from pricing.margins.amounts import step as share_due
from pricing.margins.journal import Account, entries
from pricing.margins.returns import Returned, reversal
from pricing.margins.settle import Settlement
from pricing.margins.terms import Model

OPEN = (AllocationState.ACCEPTED, AllocationState.PACKED)


class HeldRefused(Exception):
    """What the dealer holds does not allow this. `message` says why; nothing was changed."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


def lock(allocation_id: int) -> Allocation:
    """Lock the consumer order of an allocation, and read the allocation anew."""
    order_id = Allocation.objects.values_list("order", flat=True).get(pk=allocation_id)
    order = lock_consumer_order(order_id)
    found = Allocation.objects.select_related("offer", "outlet", "dealer").get(pk=allocation_id)
    found.order = order
    return found


def pack(allocation_id: int, *, by: User | None, note: str = "") -> Allocation:
    """Note that the goods are packed; from now on the channel cannot cancel. Refuses what was cancelled."""
    with transaction.atomic():
        allocation = lock(allocation_id)
        if allocation.state == AllocationState.CANCELLED:
            raise HeldRefused(_wrong_state(allocation))
        if allocation.state != AllocationState.ACCEPTED:
            return allocation
        allocation.packed_at = timezone.now()
        _move(allocation, AllocationState.PACKED, by=by, note=note)
    return allocation


def send(allocation_id: int, line_ids: Collection[int], *, by: User | None, note: str = "") -> list[AllocationLine]:
    """Let lines leave, sent or handed over: the outlet's stock goes down with them. The lines that left now.

    Lines that left before are passed over. Refuses lines that are not the allocation's or were cancelled.
    """
    with transaction.atomic():
        allocation = lock(allocation_id)
        lines = _lines(allocation, line_ids)
        leaving = [line for line in lines if line.sent_at is None]
        if not leaving:
            return []
        if allocation.state not in OPEN:
            raise HeldRefused(_wrong_state(allocation))
        now = timezone.now()
        outlets.ship(wanted(leaving, allocation.outlet_id), f"send:{leaving[0].pk}", by=by)
        AllocationLine.objects.filter(pk__in=[line.pk for line in leaving]).update(sent_at=now)
        for line in leaving:
            line.sent_at = now
        whole = not allocation.lines.filter(sent_at=None, cancelled_at=None).exists()
        if whole:
            allocation.sent_at = now
        _move(allocation, AllocationState.SENT, by=by, note=note, lines=leaving, whole=whole)
        refresh(allocation.order, by=by)
    return leaving


def complete(allocation_id: int, *, by: User | None, at: dt.datetime | None = None, note: str = "") -> Allocation:
    """Note that the consumer has everything. The dealer's money is payable after the return window and a day.

    Refuses what has not left altogether. `at` is when the consumer got it, now unless told; it is never in the future.
    """
    with transaction.atomic():
        allocation = lock(allocation_id)
        if allocation.state in (AllocationState.COMPLETED, AllocationState.SETTLED):
            return allocation
        if allocation.state != AllocationState.SENT:
            raise HeldRefused(_wrong_state(allocation))
        now = timezone.now()
        allocation.completed_at = min(at or now, now)
        service = allocation.outlet.consumer_service
        window = allocation.offer.decision.terms.return_days + 1
        day = local_day(service.time_zone, allocation.completed_at)
        allocation.payable_on = day + dt.timedelta(days=window)
        _move(allocation, AllocationState.COMPLETED, by=by, note=note)
        refresh(allocation.order, by=by)
    return allocation


def settled(allocation: Allocation, *, by: User | None = None, note: str = "") -> None:
    """Note that a locked, completed allocation's money stands on the dealer's statement."""
    if allocation.state != AllocationState.COMPLETED:
        raise HeldRefused(_wrong_state(allocation))
    _move(allocation, AllocationState.SETTLED, by=by, note=note)


def give_back(
    line_id: int,
    units: int,
    *,
    by_fault: bool,
    resellable: bool,
    by: User | None,
    reference: str,
) -> AllocationLine:
    """Take back units of a line that left. What can be sold again goes back on the shelf, once for a `reference`.

    What the return brings back of a top-up goes back to its campaign. Refuses more units than are with the consumer.
    """
    with transaction.atomic():
        allocation_id = AllocationLine.objects.values_list("allocation", flat=True).get(pk=line_id)
        allocation = lock(allocation_id)
        line = AllocationLine.objects.select_related("offer_line").get(pk=line_id)
        if line.sent_at is None or not 1 <= units <= line.quantity - line.returned:
            raise HeldRefused(_("So many pieces are not with the consumer."))
        before = (line.returned, line.returned_by_fault)
        line.returned += units
        line.returned_by_fault += units if by_fault else 0
        line.save(update_fields=["returned", "returned_by_fault"])
        budgets.give(allocation.offer.campaign_id, to_money(_top_up_back(line, before)))
        if resellable:
            outlets.give_back({(allocation.outlet_id, line.product_id): units}, reference, by=by)
        line.allocation = allocation
        _step(allocation, allocation.state, by, f"returned {units}")
        units_returned.send(sender=AllocationLine, line=line, before=before, resellable=resellable, by=by)
    return line


def request_unclaim(allocation_id: int, *, by: User, reason: str, note: str) -> UnclaimRequest:
    """Ask the supplier to take back what was accepted. The request that is open already comes back unchanged.

    Refuses what has left in part or whole.
    """
    with transaction.atomic():
        allocation = lock(allocation_id)
        if allocation.state not in OPEN or allocation.lines.filter(sent_at__isnull=False).exists():
            raise HeldRefused(_wrong_state(allocation))
        penalty = allocation.offer.decision.terms.unclaim_penalty
        made, _new = UnclaimRequest.objects.get_or_create(
            allocation=allocation,
            granted=None,
            defaults={"reason": reason, "note": note[:500], "by": by, "penalty": penalty},
        )
        if _new:
            _step(allocation, allocation.state, by, "asks to leave")
    return made


def decide_unclaim(request_id: int, *, by: User, granted: bool, answer: str = "") -> UnclaimRequest:
    """Let a dealer leave, or not. Granted: the goods are free again and the order goes on to others.

    Decided the same way before: nothing happens. Refuses another decision, and to free what has left meanwhile.
    """
    with transaction.atomic():
        allocation = lock(UnclaimRequest.objects.values_list("allocation", flat=True).get(pk=request_id))
        request = UnclaimRequest.objects.get(pk=request_id)
        if request.granted is not None:
            if request.granted is granted:
                return request
            raise HeldRefused(_("The request has been decided already."))
        request.granted, request.answer = granted, answer[:500]
        request.decided_at, request.decided_by = timezone.now(), by
        if granted:
            lines = list(allocation.lines.filter(cancelled_at=None).select_related("offer_line").order_by("pk"))
            if allocation.state not in OPEN or any(line.sent_at for line in lines):
                raise HeldRefused(_wrong_state(allocation))
            cancel_lines(allocation, lines, by=by, note=answer)
            goods = [line.offer_line for line in lines]
            correct_stock(allocation.outlet_id, goods, request.reason, None, f"unclaim:{request.pk}", request.by)
        else:
            request.penalty = to_money(0)
        request.save()
        refresh(allocation.order, by=by)
        unclaim_decided.send(sender=UnclaimRequest, request=request)
    return request


def cancel_lines(allocation: Allocation, lines: Sequence[AllocationLine], *, by: User | None, note: str = "") -> None:
    """Take lines from a dealer that it holds and that have not left, and give back stock, budget and capacity.

    The caller holds the order's lock and says afterwards where the order stands.
    """
    if not lines:
        return
    now = timezone.now()
    AllocationLine.objects.filter(pk__in=[line.pk for line in lines]).update(cancelled_at=now)
    standing = allocation.lines.filter(cancelled_at=None)
    budgets.give(allocation.offer.campaign_id, sum((line.offer_line.top_up for line in lines), to_money(0)))
    if not standing.exists():
        capacity.free(allocation.offer.outlet_day_id)
    outlets.cancel(wanted(lines, allocation.outlet_id), f"cancel:{lines[0].pk}", by=by)
    if not standing.exists():
        allocation.cancelled_at = now
        _move(allocation, AllocationState.CANCELLED, by=by, note=note, lines=lines)
    elif not standing.filter(sent_at=None).exists():
        allocation.sent_at = now
        _move(allocation, AllocationState.SENT, by=by, note=note, lines=())
    else:
        _step(allocation, AllocationState.CANCELLED, by, note, lines)


def _top_up_back(line: AllocationLine, before: tuple[int, int]) -> int:
    """What of a line's top-up a return brings back, to the cent as the ledger reverses it."""
    made = from_plain(Settlement, line.offer_line.settlement)
    if made.terms.model is not Model.DEALER_SELLS:
        return share_due(made.top_up, line.quantity, before[0], line.returned)
    back = reversal(
        entries(made),
        quantity=line.quantity,
        before=Returned(*before),
        after=Returned(line.returned, line.returned_by_fault),
    )
    return -sum(entry.amount for entry in back if entry.account is Account.SUBSIDY)


def _lines(allocation: Allocation, line_ids: Collection[int]) -> list[AllocationLine]:
    lines = list(allocation.lines.filter(pk__in=line_ids).select_related("offer_line").order_by("pk"))
    if len(lines) != len(set(line_ids)) or any(line.cancelled_at for line in lines):
        raise HeldRefused(_("Some of these lines are not yours to send any more. Look at the order again."))
    return lines


def _wrong_state(allocation: Allocation) -> str:
    return _("The order is “%(state)s” by now.") % {"state": allocation.get_state_display()}


def _move(
    allocation: Allocation,
    to: AllocationState,
    *,
    by: User | None,
    note: str = "",
    lines: Sequence[AllocationLine] | None = None,
    whole: bool = True,
) -> None:
    old = allocation.state
    if whole:
        allocation.state, allocation.state_at = to, timezone.now()
        allocation.save()
    concerned = list(allocation.lines.filter(cancelled_at=None)) if lines is None else lines
    _step(allocation, to, by, note, concerned, old)


def _step(
    allocation: Allocation,
    to: str,
    by: User | None,
    note: str = "",
    lines: Sequence[AllocationLine] = (),
    old: str = "",
) -> None:
    who = by.get_full_name() if by else ""
    step = OfferStep.objects.create(
        offer_id=allocation.pk,
        from_state=old or allocation.state,
        to_state=to,
        by=by,
        by_name=who,
        note=note[:500],
    )
    allocation_moved.send(sender=Allocation, allocation=allocation, step=step, lines=lines)
