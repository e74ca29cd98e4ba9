"""What happens to a consumer order after its intake: the channel changes or cancels it, a person sets its place."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils import timezone

from dealers.accounts.models import User
from dealers.sentences import worded as _
from fulfilment.consumer.checks import problems_of
from fulfilment.consumer.contacts import write_contacts
from fulfilment.consumer.data import ConsumerConflict, ConsumerRefused, OrderData
from fulfilment.consumer.lookups import Lookups
from fulfilment.consumer.models import (
    Channel,
    ConsumerCommand,
    ConsumerOrder,
    ConsumerOrderLine,
    ConsumerStep,
)
from fulfilment.consumer.receive import fill, order_lines, state_of
from fulfilment.consumer.states import CANCELLABLE, CHANGEABLE, State, require
from fulfilment.signals import consumer_order_changing, consumer_order_moved


class UnknownOrder(Exception):
    """The channel has no order of this number."""


@dataclass(frozen=True)
class Carried:
    """What a command came to. A repeat gets the same `version`, `state` and `total`, whatever happened since."""

    order: ConsumerOrder
    version: int
    state: str
    total: Decimal
    repeated: bool


def find(channel: Channel, number: str) -> ConsumerOrder:
    """The channel's order of that number. Raises `UnknownOrder`; another channel's order is unknown."""
    if not number.isprintable():
        raise UnknownOrder(number)
    order = ConsumerOrder.objects.filter(channel=channel, external_number=number).first()
    if order is None:
        raise UnknownOrder(number)
    return order


def lock_consumer_order(order_id: int) -> ConsumerOrder:
    """Lock one consumer order and read it anew."""
    return ConsumerOrder.objects.select_for_update(of=("self",), no_key=True).select_related("channel").get(pk=order_id)


def move(
    order: ConsumerOrder, to: State, *, by: User | None = None, note: str = "", at: datetime | None = None
) -> ConsumerStep:
    """Move a locked order along the table of moves, leave a step and tell the rooms above.

    The one place that writes a state after the intake. Refuses with `MoveRefused` what the table does not have.
    """
    at = at or timezone.now()
    came_from = order.state
    require(came_from, to=to)
    order.state, order.state_at = to, at
    order.save(update_fields=["state", "state_at"])
    return _step(order, came_from, by, note, at)


def cancel(
    channel: Channel, number: str, *, expected_version: int, reason: str = "", by: User | None = None
) -> Carried:
    """Cancel an order that stands at `expected_version`. The same again gets the same answer.

    Raises `UnknownOrder`, or `ConsumerConflict` when the version is another one or it is too late.
    """
    digest = hashlib.sha256(reason.encode()).hexdigest()

    def carry_out(order: ConsumerOrder, now: datetime) -> None:
        if State(order.state) not in CANCELLABLE:
            raise too_late(order)
        consumer_order_changing.send(sender=ConsumerOrder, order=order, by=by, ends=True)
        move(order, State.CANCELLED, by=by, note=reason[:500], at=now)

    return _command(channel, number, expected_version, "cancel", digest, carry_out, by, reason)


def change(
    channel: Channel, data: OrderData, *, body_hash: str, expected_version: int, by: User | None = None
) -> Carried:
    """Replace what an order says that stands at `expected_version`. The same again gets the same answer.

    Raises `UnknownOrder`, `ConsumerConflict` (another version, or too late), or `ConsumerRefused` with every field to
    mend; then nothing was changed. A constant number of statements.
    """

    def carry_out(order: ConsumerOrder, now: datetime) -> None:
        if State(order.state) not in CHANGEABLE:
            raise too_late(order)
        lookups = Lookups(channel, [data])
        problems = [*problems_of(data, channel.currency), *lookups.problems(data)]
        if problems:
            raise ConsumerRefused(problems)
        consumer_order_changing.send(sender=ConsumerOrder, order=order, by=by, ends=False)
        lookups.find_places([data])
        fill(order, data, body_hash, lookups)
        order.save()
        order.lines.all().delete()
        ConsumerOrderLine.objects.bulk_create(order_lines(order, data, lookups))
        write_contacts({order.pk: data.contact})
        to = state_of(order)
        if to != order.state:
            move(order, to, by=by, note=CHANGED, at=now)
        else:
            order.state_at = now
            order.save(update_fields=["state_at"])
            _step(order, order.state, by, CHANGED, now)

    return _command(channel, data.external_number, expected_version, "change", body_hash, carry_out, by, "")


#: Kept as codes and worded on the screen, in the reader's language.
CHANGED = "changed-by-channel"
PLACED = "place-set"


def set_place(
    order_id: int, latitude: Decimal, longitude: Decimal, *, by: User, area_code: str = "", note: str = ""
) -> ConsumerOrder:
    """Say where an order goes that nobody could find; it moves on. The same place again changes nothing.

    Raises `ConsumerConflict` when the order waits for no place.
    """
    with transaction.atomic():
        order = lock_consumer_order(order_id)
        same = (order.latitude, order.longitude) == (latitude, longitude) and order.place_source == "person"
        if same and order.state != State.ADDRESS_UNKNOWN:
            return order
        if order.state != State.ADDRESS_UNKNOWN:
            raise too_late(order)
        order.latitude, order.longitude, order.place_source = latitude, longitude, "person"
        order.area_code = area_code or order.area_code
        order.save(update_fields=["latitude", "longitude", "place_source", "area_code"])
        move(order, State.READY, by=by, note=note or PLACED)
        return order


def _command(
    channel: Channel,
    number: str,
    expected_version: int,
    kind: str,
    body_hash: str,
    carry_out: Callable[[ConsumerOrder, datetime], None],
    by: User | None,
    reason: str,
) -> Carried:
    found = find(channel, number)
    with transaction.atomic():
        order = lock_consumer_order(found.pk)
        before = ConsumerCommand.objects.filter(order=order, expected_version=expected_version).first()
        if before is not None and (before.kind, before.body_hash) == (kind, body_hash):
            version = before.expected_version + 1
            return Carried(order, version, before.resulting_state, before.resulting_total, repeated=True)
        if order.version != expected_version:
            words = {"version": order.version, "expected": expected_version}
            text = _("The order stands at version %(version)s, not %(expected)s. Read it and decide again.") % words
            raise ConsumerConflict("expected_version", "version", text)
        now, snapshot = timezone.now(), _snapshot(order)
        order.version += 1
        carry_out(order, now)
        order.save(update_fields=["version"])
        ConsumerCommand.objects.create(
            order=order,
            expected_version=expected_version,
            kind=kind,
            body_hash=body_hash,
            resulting_state=order.state,
            resulting_total=order.total,
            at=now,
            by=by,
            reason=reason[:500],
            before=snapshot,
        )
        return Carried(order, order.version, order.state, order.total, repeated=False)


def _snapshot(order: ConsumerOrder) -> dict[str, Any]:
    """What an order said, without anything of a person."""
    lines = order.lines.values_list("sku", "quantity", "paid")
    return {
        "state": order.state,
        "total": str(order.total),
        "freight": str(order.freight),
        "method": order.method,
        "lines": [[sku, quantity, str(paid)] for sku, quantity, paid in lines],
    }


def too_late(order: ConsumerOrder) -> ConsumerConflict:
    """The refusal of a command that comes when the order has gone on."""
    words = {"state": order.get_state_display()}
    return ConsumerConflict("state", "too_late", _("The order is “%(state)s” by now and cannot be changed.") % words)


def _step(order: ConsumerOrder, came_from: str, by: User | None, note: str, at: datetime) -> ConsumerStep:
    step = ConsumerStep.objects.create(
        order=order,
        from_state=came_from,
        to_state=order.state,
        at=at,
        by=by,
        by_name=by.get_full_name() if by else "",
        note=note[:500],
    )
    consumer_order_moved.send(sender=ConsumerOrder, order=order, step=step)
    return step
