"""Webhooks: kept first, then carried out. What cannot be carried out waits for a person; nothing is lost.

Such senders give up after a while (Shopify after eight tries in four hours, WooCommerce after five failures), so what
is signed is always answered well, once it is kept.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext

from dealers.accounts.models import User
from dealers.sentences import Sentence
from dealers.sentences import worded as _
from fulfilment.consumer import commands, shopify, woocommerce
from fulfilment.consumer.data import ConsumerRefused, FieldProblem, OrderData, body_hash
from fulfilment.consumer.models import (
    Channel,
    ChannelKind,
    ConsumerOrder,
    DeliveryState,
    Source,
    WebhookDelivery,
)
from fulfilment.consumer.payload import Notice, PayloadRefused, Wish
from fulfilment.consumer.receive import Bringer, receive
from fulfilment.consumer.states import State

logger = logging.getLogger(__name__)

READERS: dict[str, Callable[[Mapping[str, Any], str], Notice]] = {
    ChannelKind.SHOPIFY: shopify.read,
    ChannelKind.WOOCOMMERCE: woocommerce.read,
}
#: A stored webhook nobody has carried out for this long was interrupted.
INTERRUPTED = timedelta(minutes=2)
LONGEST_ID = 100


def keep(
    channel: Channel, body: bytes, *, delivery_id: str = "", topic: str = "", triggered_at: datetime | None = None
) -> tuple[WebhookDelivery, bool]:
    """Keep a webhook whose signature held; the second answer says whether it is new.

    The same body, under whatever id, and the same id are one webhook: the first stays as it is.
    """
    digest = hashlib.sha256(body).hexdigest()
    delivery_id = delivery_id[:LONGEST_ID]
    same = Q(body_sha256=digest)
    if delivery_id:
        same |= Q(delivery_id=delivery_id)
    values = {"delivery_id": delivery_id, "topic": topic[:100], "triggered_at": triggered_at, "body": body}
    known = WebhookDelivery.objects.filter(same, channel=channel).order_by("pk")
    found = known.first()
    if found is not None:
        return found, False
    try:
        with transaction.atomic():
            return WebhookDelivery.objects.create(channel=channel, body_sha256=digest, **values), True
    except IntegrityError:
        return known.get(body_sha256=digest) if known.filter(body_sha256=digest).exists() else known[0], False


def carry_out(delivery_id: int, *, by: User | None = None) -> WebhookDelivery:
    """Do what a kept webhook asks for, once; a settled one is left alone. One in need of a person says why."""
    with transaction.atomic():
        delivery = WebhookDelivery.objects.select_for_update(of=("self",)).select_related("channel").get(pk=delivery_id)
        if delivery.state not in (DeliveryState.STORED, DeliveryState.EXCEPTION):
            return delivery
        try:
            with transaction.atomic():
                _settle(delivery, by)
        except ConsumerRefused as why:
            _set_aside(delivery, why.problems)
        except PayloadRefused as why:
            _set_aside(delivery, (FieldProblem(why.path, why.code, _worded(why.code)),))
        delivery.save(
            update_fields=["state", "order", "external_number", "problems", "settled_at", "settled_by", "note"]
        )
        return delivery


def dismiss(delivery_id: int, *, by: User, reason: str) -> WebhookDelivery:
    """Settle a webhook that a person found to need nothing. Twice is once."""
    with transaction.atomic():
        delivery = WebhookDelivery.objects.select_for_update(of=("self",)).get(pk=delivery_id)
        if delivery.state in (DeliveryState.STORED, DeliveryState.EXCEPTION):
            delivery.state, delivery.settled_at, delivery.settled_by = DeliveryState.DISMISSED, timezone.now(), by
            delivery.note = reason[:500]
            delivery.save(update_fields=["state", "settled_at", "settled_by", "note"])
        return delivery


def interrupted(now: datetime | None = None) -> list[int]:
    """Webhooks that were kept and not carried out, because a process died in between."""
    since = (now or timezone.now()) - INTERRUPTED
    stored = WebhookDelivery.objects.filter(state=DeliveryState.STORED, received_at__lt=since)
    return list(stored.order_by("pk").values_list("pk", flat=True)[:500])


def notice_of(delivery: WebhookDelivery) -> Notice:
    """What a kept webhook says. Raises `PayloadRefused`."""
    try:
        said = json.loads(bytes(delivery.body), parse_float=Decimal, parse_constant=_no_constant)
    except (ValueError, RecursionError) as why:
        raise PayloadRefused("body", "json") from why
    if not isinstance(said, dict):
        raise PayloadRefused("body", "object")
    return READERS[delivery.channel.kind](said, delivery.channel.discounts_by)


def _settle(delivery: WebhookDelivery, by: User | None) -> None:
    notice = notice_of(delivery)
    delivery.external_number = notice.number[:100]
    state, note = DeliveryState.TAKEN, ""
    if notice.wish is Wish.IGNORE:
        state, note = DeliveryState.IGNORED, notice.reason
    elif notice.wish is Wish.CANCEL:
        state, note = _cancel(delivery, notice)
    elif notice.order is not None:
        state, note = _take(delivery, notice, notice.order)
    delivery.state, delivery.note, delivery.problems = state, note[:500], []
    delivery.settled_at, delivery.settled_by = timezone.now(), by


def _take(delivery: WebhookDelivery, notice: Notice, data: OrderData) -> tuple[DeliveryState, str]:
    channel, digest = delivery.channel, body_hash(data)
    order = _find(channel, notice.number)
    if order is None:
        delivery.order = receive(channel, data, body_hash=digest, by=Bringer(Source.WEBHOOK)).order
        return DeliveryState.TAKEN, ""
    delivery.order = order
    if order.body_hash == digest or _older(delivery, notice, order):
        return DeliveryState.IGNORED, "unchanged" if order.body_hash == digest else "older"
    commands.change(channel, data, body_hash=digest, expected_version=order.version)
    return DeliveryState.TAKEN, "changed"


def _cancel(delivery: WebhookDelivery, notice: Notice) -> tuple[DeliveryState, str]:
    order = _find(delivery.channel, notice.number)
    if order is None:
        return DeliveryState.IGNORED, "never-received"
    delivery.order = order
    if order.state == State.CANCELLED:
        return DeliveryState.IGNORED, "unchanged"
    commands.cancel(delivery.channel, notice.number, expected_version=order.version, reason=notice.reason)
    return DeliveryState.TAKEN, "cancelled"


def _find(channel: Channel, number: str) -> ConsumerOrder | None:
    try:
        return commands.find(channel, number)
    except commands.UnknownOrder:
        return None


def _older(delivery: WebhookDelivery, notice: Notice, order: ConsumerOrder) -> bool:
    """Whether a later webhook of this order was carried out before: they may overtake each other."""
    if notice.updated_at is None:
        return False
    for other in order.deliveries.filter(state=DeliveryState.TAKEN).exclude(pk=delivery.pk).order_by("-pk")[:20]:
        try:
            told = notice_of(other).updated_at if other.body else None
        except PayloadRefused:
            told = None
        if told is not None and told > notice.updated_at:
            return True
    return False


def _set_aside(delivery: WebhookDelivery, problems: tuple[FieldProblem, ...]) -> None:
    delivery.state = DeliveryState.EXCEPTION
    delivery.problems = [_kept(problem) for problem in problems[:50]]


def _kept(problem: FieldProblem) -> dict[str, Any]:
    """A problem with what it takes to say it again in another language."""
    kept: dict[str, Any] = {"path": problem.path, "code": problem.code, "message": str(problem.message)}
    if isinstance(problem.message, Sentence):
        kept |= {"template": problem.message.template, "values": problem.message.values}
    return kept


def problems_of(delivery: WebhookDelivery) -> list[dict[str, Any]]:
    """What is wrong with a webhook, in the language of the reader."""
    return [each | {"message": _said_again(each)} for each in delivery.problems]


def _said_again(kept: Mapping[str, Any]) -> str:
    if not kept.get("template"):
        return str(kept["message"])
    text = gettext(kept["template"])
    return text % kept["values"] if kept.get("values") else text


def _worded(code: str) -> str:
    words = {
        "json": _("This is no JSON."),
        "object": _("An object was expected here."),
        "list": _("A list was expected here."),
        "text": _("A text was expected here."),
        "number": _("A number was expected here."),
        "whole": _("A whole number was expected here."),
        "moment": _("A date with time was expected here."),
        "too_fine": _("This amount has more than two decimals."),
        "part_refunded": _("The shop has given back a part of the money. Enter by hand what is still to be delivered."),
        "fee": _("The order has a fee that belongs to no line. Enter the order by hand with the fee in a line."),
    }
    return words.get(code, _("This cannot be read."))


def _no_constant(_text: str) -> None:
    raise ValueError("NaN and Infinity are no JSON")
