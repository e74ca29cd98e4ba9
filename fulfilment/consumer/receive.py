"""Taking in consumer orders: each once, by the channel and its number, whole or not at all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction
from django.utils import timezone

from dealers.accounts.models import User
from dealers.sentences import worded as _
from fulfilment.consumer.checks import problems_of
from fulfilment.consumer.contacts import write_contacts
from fulfilment.consumer.data import ConsumerConflict, ConsumerRefused, OrderData
from fulfilment.consumer.lookups import Lookups
from fulfilment.consumer.models import (
    Channel,
    ChannelToken,
    ConsumerOrder,
    ConsumerOrderLine,
    ConsumerStep,
    Source,
)
from fulfilment.consumer.states import State
from fulfilment.signals import consumer_order_moved

#: Orders of one call.
MOST_ORDERS = 100


@dataclass(frozen=True)
class Received:
    """What became of an order: the order, and whether it had been taken before."""

    order: ConsumerOrder
    repeated: bool


@dataclass(frozen=True)
class Bringer:
    """Who brought an order: a person, a token, or neither (a signed webhook)."""

    source: str = Source.API
    by: User | None = None
    token: ChannelToken | None = None


Answer = Received | ConsumerRefused


def receive(channel: Channel, data: OrderData, *, body_hash: str, by: Bringer) -> Received:
    """Take one order. The same number with the same `body_hash` gets the order that is there; with another one
    `ConsumerConflict`, and nothing is changed. Raises `ConsumerRefused` with every field to mend.
    """
    (answer,) = receive_many(channel, [(data, body_hash)], by=by)
    if isinstance(answer, ConsumerRefused):
        raise answer
    return answer


def receive_many(channel: Channel, orders: Sequence[tuple[OrderData, str]], *, by: Bringer) -> list[Answer]:
    """Take several orders, each by itself: the answers stand in their order. A constant number of statements.

    Safe under any number of callers at once: the unique key lets one of them in, the others read what it wrote.
    Refuses (ValueError) more than `MOST_ORDERS`.
    """
    if len(orders) > MOST_ORDERS:
        raise ValueError(f"At most {MOST_ORDERS} orders at once.")
    answers: dict[int, Answer] = {}
    known = _known(channel, [data.external_number for data, _hash in orders])
    fresh: dict[int, OrderData] = {}
    firsts: dict[str, int] = {}
    for index, (data, body_hash) in enumerate(orders):
        if data.external_number in known:
            answers[index] = _compared(known[data.external_number], body_hash)
        elif firsts.setdefault(data.external_number, index) == index:
            fresh[index] = data
    lookups = Lookups(channel, list(fresh.values()))
    for index, data in list(fresh.items()):
        problems = [*problems_of(data, channel.currency), *lookups.problems(data)]
        if problems:
            answers[index] = ConsumerRefused(problems)
            del fresh[index]
    if fresh:
        lookups.find_places(list(fresh.values()))
        with transaction.atomic():
            made = _write(channel, {index: (data, orders[index][1]) for index, data in fresh.items()}, lookups, by)
        answers |= made
    later = [index for index in range(len(orders)) if index not in answers]
    known = _known(channel, [orders[index][0].external_number for index in later])
    for index in later:  # beaten by another caller, or repeated within this call
        data, body_hash = orders[index]
        order = known.get(data.external_number)
        first = answers.get(firsts[data.external_number])
        answers[index] = _compared(order, body_hash) if order else _refused_too(first)
    return [answers[index] for index in range(len(orders))]


def _refused_too(first: Answer | None) -> ConsumerRefused:
    if isinstance(first, ConsumerRefused):
        return first
    text = _("The order could not be kept. Send it again.")
    return ConsumerConflict("external_number", "again", text)


def _known(channel: Channel, numbers: Sequence[str]) -> dict[str, ConsumerOrder]:
    wanted = [number for number in numbers if "\x00" not in number and number.isprintable()]
    if not wanted:
        return {}
    found = ConsumerOrder.objects.filter(channel=channel, external_number__in=wanted).select_related("channel")
    return {order.external_number: order for order in found}


def _compared(order: ConsumerOrder, body_hash: str) -> Answer:
    if order.intake_hash == body_hash:
        return Received(order, repeated=True)
    text = _("Order %(number)s was received before with other content. Nothing was changed; send a change instead.")
    return ConsumerConflict("external_number", "other_content", text % {"number": order.external_number})


def _write(
    channel: Channel, fresh: dict[int, tuple[OrderData, str]], lookups: Lookups, by: Bringer
) -> dict[int, Answer]:
    """Insert what nobody else has inserted meanwhile. In the order of the numbers, so that two batches never wait
    for each other in a circle."""
    now = timezone.now()
    rows = {index: _order(channel, data, body_hash, lookups, by, now) for index, (data, body_hash) in fresh.items()}
    for order, number in zip(rows.values(), _fresh_ids(len(rows)), strict=True):
        order.pk = number
    inserted = sorted(rows.values(), key=lambda order: order.external_number)
    ConsumerOrder.objects.bulk_create(inserted, ignore_conflicts=True)
    won = set(ConsumerOrder.objects.filter(pk__in=[order.pk for order in inserted]).values_list("pk", flat=True))
    mine = {index: order for index, order in rows.items() if order.pk in won}
    lines = [line for index, order in mine.items() for line in order_lines(order, fresh[index][0], lookups)]
    ConsumerOrderLine.objects.bulk_create(lines, batch_size=5_000)
    write_contacts({order.pk: fresh[index][0].contact for index, order in mine.items()})
    steps = [step for order in mine.values() for step in _steps(order, by, now)]
    ConsumerStep.objects.bulk_create(steps)
    for step in steps:
        consumer_order_moved.send(sender=ConsumerOrder, order=step.order, step=step)
    return {index: Received(order, repeated=False) for index, order in mine.items()}


def _fresh_ids(count: int) -> list[int]:
    """Primary keys of our own, for rows whose insertion may be skipped tell nobody theirs."""
    with connection.cursor() as cursor:
        sequence = "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)"
        cursor.execute(sequence, [ConsumerOrder._meta.db_table, count])
        return [row[0] for row in cursor.fetchall()]


def _order(
    channel: Channel, data: OrderData, body_hash: str, lookups: Lookups, by: Bringer, now: datetime
) -> ConsumerOrder:
    order = ConsumerOrder(
        channel=channel,
        external_number=data.external_number,
        source=by.source,
        received_by=by.by,
        received_with=by.token,
        received_at=now,
        state_at=now,
    )
    fill(order, data, body_hash, lookups)
    order.intake_hash, order.state = body_hash, state_of(order)
    order.intake_state = order.state
    return order


def state_of(order: ConsumerOrder) -> State:
    """Where an order goes from its intake: on, or to the people who find addresses."""
    return State.ADDRESS_UNKNOWN if order.method == "delivery" and order.latitude is None else State.READY


def fill(order: ConsumerOrder, data: OrderData, body_hash: str, lookups: Lookups) -> None:
    """Write what a channel said into an order, unsaved. A place that a person set holds as long as the address."""
    address = data.address
    place = lookups.place(data)
    same_place = order.place_source == "person" and not order._state.adding and place is None
    same_place = same_place and _place_words(order) == _place_words(address)
    order.body_hash = body_hash
    order.currency = data.currency
    order.placed_at = data.placed_at
    order.promised_on = data.promised_on
    order.method = data.method
    order.pickup_outlet = lookups.outlet(data)
    order.attribution_code = data.attribution_code
    order.campaign_code = data.campaign_code
    order.freight = data.freight
    order.payment_fee = data.payment_fee
    order.total = data.total
    order.goods_total = data.total - data.freight
    order.line_count = len(data.lines)
    for name in ("country", "region", "city", "district", "postal_code"):
        setattr(order, name, getattr(address, name))
    if not same_place:
        order.latitude = place.latitude if place else None
        order.longitude = place.longitude if place else None
        order.place_source = place.source if place else ""
        order.area_code = place.area_code if place else lookups.area_code(data)


def _place_words(thing: object) -> tuple[str, ...]:
    return tuple(getattr(thing, name) for name in ("country", "region", "city", "district", "postal_code"))


def order_lines(order: ConsumerOrder, data: OrderData, lookups: Lookups) -> list[ConsumerOrderLine]:
    """The lines of an order, not yet saved."""
    return [
        ConsumerOrderLine(
            order=order,
            position=position,
            external_id=line.external_id,
            product_id=lookups.product(line.sku).pk,
            sku=lookups.product(line.sku).sku,
            name=lookups.product(line.sku).name,
            name_zh=lookups.product(line.sku).name_zh,
            quantity=line.quantity,
            gross=line.gross,
            discount_supplier=line.discount_supplier,
            discount_dealer=line.discount_dealer,
            paid=line.paid,
        )
        for position, line in enumerate(data.lines, start=1)
    ]


def _steps(order: ConsumerOrder, by: Bringer, now: datetime) -> list[ConsumerStep]:
    who = by.by.get_full_name() if by.by else ""
    moves = (("", State.RECEIVED), (State.RECEIVED, order.state))
    return [
        ConsumerStep(order=order, from_state=old, to_state=new, at=now, by=by.by, by_name=who) for old, new in moves
    ]
