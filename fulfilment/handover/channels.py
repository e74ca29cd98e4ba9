"""What a channel is told of the fulfilment of its orders, and what it tells: codes, receipt, returns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import NAMESPACE_URL, UUID, uuid5

from django.db import transaction

from dealers.sentences import worded as _
from fulfilment.allocation import held
from fulfilment.allocation.fates import fates
from fulfilment.allocation.held import HeldRefused
from fulfilment.allocation.models import Allocation, AllocationLine, AllocationState
from fulfilment.consumer.commands import find, lock_consumer_order
from fulfilment.consumer.data import ConsumerConflict
from fulfilment.consumer.models import Channel, ConsumerOrder, ConsumerOrderLine
from fulfilment.consumer.states import Fate
from fulfilment.handover.models import ConsumerReturn, ParcelLine
from fulfilment.handover.pickup import Issued, issue
from fulfilment.handover.returns import Back, take_back

GONE = (AllocationState.COMPLETED, AllocationState.SETTLED, AllocationState.CANCELLED)


@dataclass(frozen=True)
class LineStands:
    """Where a line stands: its fate, the outlet that holds it (dealer number/code), its parcel, what came back."""

    line: ConsumerOrderLine
    fate: Fate
    outlet: str
    carrier: str
    tracking_number: str
    sent_at: datetime | None
    returned: int


@dataclass(frozen=True)
class CodeOut:
    """A pickup code for the consumer, told once, with the lines (by position) it is good for."""

    outlet: str
    issued: Issued
    positions: list[int]


def lines_stand(order: ConsumerOrder) -> list[LineStands]:
    """The lines of an order with how far each is. A constant number of statements."""
    lines = list(order.lines.order_by("position"))
    stand = fates(order.pk)
    live = AllocationLine.objects.filter(allocation__order=order, cancelled_at=None)
    holds = {each.order_line_id: each for each in live.select_related("allocation__dealer", "allocation__outlet")}
    packed = ParcelLine.objects.filter(line__in=[each.pk for each in holds.values()]).select_related("parcel")
    parcels = {each.line_id: each.parcel for each in packed}
    found = []
    for line in lines:
        hold = holds.get(line.pk)
        parcel = parcels.get(hold.pk) if hold else None
        found.append(
            LineStands(
                line=line,
                fate=stand.get(line.pk, Fate.WAITING),
                outlet=_outlet(hold.allocation) if hold else "",
                carrier=parcel.carrier if parcel else "",
                tracking_number=parcel.tracking_number if parcel else "",
                sent_at=hold.sent_at if hold else None,
                returned=hold.returned if hold else 0,
            )
        )
    return found


def pickup_codes(channel: Channel, number: str, *, expected_version: int) -> list[CodeOut]:
    """New codes for what waits to be picked up, to be passed on to the consumer; codes before them are void.

    Raises `UnknownOrder`, or `ConsumerConflict` for another version and when nothing waits.
    """
    with transaction.atomic():
        order = _locked(channel, number, expected_version)
        found = []
        for allocation in _allocations(order):
            try:
                issued = issue(allocation.pk)
            except HeldRefused:
                continue
            open_lines = allocation.lines.filter(cancelled_at=None, sent_at=None)
            positions = list(open_lines.order_by("pk").values_list("offer_line__position", flat=True))
            found.append(CodeOut(_outlet(allocation), issued, positions))
    if not found:
        raise ConsumerConflict("state", "nothing_waits", _("Nothing of this order waits to be picked up."))
    return found


def receive(channel: Channel, number: str, *, expected_version: int, at: datetime | None) -> ConsumerOrder:
    """Note that the consumer has everything. The same again changes nothing.

    Raises `UnknownOrder`, or `ConsumerConflict` for another version and while something has not left.
    """
    with transaction.atomic():
        order = _locked(channel, number, expected_version)
        if at is not None and at < order.placed_at:
            text = _("The consumer cannot have had it before it was ordered.")
            raise ConsumerConflict("received_at", "too_early", text)
        allocations = [each for each in _allocations(order) if each.state not in GONE]
        if any(each.state != AllocationState.SENT for each in allocations):
            raise ConsumerConflict("state", "not_sent", _("Some of this order has not left yet."))
        for allocation in allocations:
            held.complete(allocation.pk, by=None, at=at, note="by-channel")
    return ConsumerOrder.objects.get(pk=order.pk)


def give_back(
    channel: Channel,
    number: str,
    *,
    expected_version: int,
    reference: str,
    cause: str,
    units: Mapping[int, tuple[int, bool]],
    note: str = "",
) -> list[ConsumerReturn]:
    """Note what came back: units by position of the line, and whether they can be sold again.

    The same `reference` again is the same return; with other content it is refused. Raises `UnknownOrder`, or
    `ConsumerConflict` for another version and for more than the consumer has; then nothing was noted.
    """
    with transaction.atomic():
        order = _locked(channel, number, expected_version)
        backs = _by_allocation(order, units)
        try:
            made = [
                take_back(allocation, each, cause=cause, by=None, key=_key(order, reference, allocation), note=note)
                for allocation, each in sorted(backs.items())
            ]
        except HeldRefused as why:
            raise ConsumerConflict("lines", "not_there", why.message) from why
        _require_same(order, reference, made, backs, cause)
    return made


def _by_allocation(order: ConsumerOrder, units: Mapping[int, tuple[int, bool]]) -> dict[int, list[Back]]:
    lines = AllocationLine.objects.filter(allocation__order=order, cancelled_at=None, order_line__position__in=units)
    found: dict[int, list[Back]] = {}
    for line in lines.select_related("order_line").order_by("pk"):
        if line.order_line is not None:
            count, resellable = units[line.order_line.position]
            found.setdefault(line.allocation_id, []).append(Back(line.pk, count, resellable))
    if sum(map(len, found.values())) != len(units):
        raise ConsumerConflict("lines", "not_there", _("Some of these lines are with no dealer."))
    return found


def _require_same(
    order: ConsumerOrder,
    reference: str,
    made: Sequence[ConsumerReturn],
    backs: Mapping[int, list[Back]],
    cause: str,
) -> None:
    every = order.allocations.values_list("pk", flat=True)
    keys = [_key(order, reference, pk) for pk in every]
    known = ConsumerReturn.objects.filter(key__in=keys).prefetch_related("lines")
    kept = {(each.line_id, each.units, each.resellable) for one in known for each in one.lines.all()}
    wanted = {(back.line_id, back.units, back.resellable) for some in backs.values() for back in some}
    if kept != wanted or any(each.cause != cause for each in made):
        raise ConsumerConflict("reference", "other_content", _("This reference stands for another return."))


def _key(order: ConsumerOrder, reference: str, allocation_id: int) -> UUID:
    return uuid5(NAMESPACE_URL, f"consumer-return:{order.pk}:{allocation_id}:{reference}")


def _locked(channel: Channel, number: str, expected_version: int) -> ConsumerOrder:
    order = lock_consumer_order(find(channel, number).pk)
    if order.version != expected_version:
        words = {"version": order.version, "expected": expected_version}
        text = _("The order stands at version %(version)s, not %(expected)s. Read it and decide again.") % words
        raise ConsumerConflict("expected_version", "version", text)
    return order


def _allocations(order: ConsumerOrder) -> list[Allocation]:
    return list(Allocation.objects.filter(order=order).select_related("dealer", "outlet").order_by("pk"))


def _outlet(allocation: Allocation) -> str:
    return f"{allocation.dealer.number}/{allocation.outlet.code}"
