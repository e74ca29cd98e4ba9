"""What each document changes, through the functions of the rooms below. Runs in the caller's transaction."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from decimal import Decimal

from django.utils import timezone

from erp_bridge.adapters.errors import DocumentRefused, gettext_noop
from erp_bridge.adapters.ubl.documents import (
    CreditNote,
    DespatchAdvice,
    DespatchLine,
    Document,
    Invoice,
    OrderReference,
    OrderResponse,
    ResponseCode,
)
from erp_bridge.inbound.billing import apply_credit_note, apply_invoice, apply_remittance
from erp_bridge.outbox.models import OutboxMessage
from fulfilment.ordering.models import DealerOrderLine
from fulfilment.ordering.progress import acknowledge
from fulfilment.shipping.record import ShipmentData, ShippedLine, record_shipment

LONGEST_NUMBER = 100
LONGEST_TEXT = 200


def apply_document(document: Document) -> list[str]:
    """Do what the document says, all or nothing; answers the orders that it turned out to be about besides those named.

    Raises DocumentRefused, OrderRefused or PostingRefused.
    """
    if isinstance(document, OrderResponse):
        _apply_response(document)
    elif isinstance(document, DespatchAdvice):
        _apply_despatch(document)
    elif isinstance(document, Invoice):
        apply_invoice(document)
    elif isinstance(document, CreditNote):
        apply_credit_note(document)
    else:
        return apply_remittance(document)
    return []


def _apply_response(response: OrderResponse) -> None:
    _require_our_key([response.order])
    _require_short(response.erp_number)
    skus = _skus_by_position(response.order.number) if response.lines else {}
    confirmed: dict[int, int] = {}
    for line in response.lines:
        position = _position(line.order_line_id)
        if line.sku and line.sku != skus.get(position, line.sku):
            sentence = gettext_noop("Line %(line)s of order %(order)s is %(ours)s, but the response says %(theirs)s.")
            raise DocumentRefused(
                "other_sku",
                sentence,
                line=position,
                order=response.order.number,
                ours=skus[position],
                theirs=line.sku,
            )
        if line.quantity is not None:
            confirmed[position] = _pieces(line.quantity, line.order_line_id)
    acknowledge(
        response.order.number,
        accepted=response.code is not ResponseCode.REJECTED,
        erp_number=response.erp_number,
        note=response.note,
        confirmed=confirmed,
    )


def _apply_despatch(advice: DespatchAdvice) -> None:
    _require_our_key(advice.orders)
    _require_short(advice.id)
    by_order: dict[str, list[DespatchLine]] = {}
    for line in advice.lines:
        if line.delivered:
            by_order.setdefault(line.order_number, []).append(line)
    # In the order of the numbers, so that two documents about the same orders lock them alike.
    for number in sorted(by_order):
        record_shipment(
            ShipmentData(
                number=advice.id,
                order_number=number,
                shipped_at=_moment(advice.despatch_date),
                lines=[
                    ShippedLine(_position(line.order_line_id), _pieces(line.delivered, line.order_line_id), line.sku)
                    for line in by_order[number]
                ],
                carrier=advice.carrier[:LONGEST_TEXT],
                tracking_number=", ".join(advice.tracking_ids)[:LONGEST_TEXT],
            )
        )


def _moment(day: dt.date) -> dt.datetime:
    """Now for today, else noon of the day: a despatch advice tells no time."""
    now = timezone.localtime()
    return now if day >= now.date() else now.replace(
        year=day.year, month=day.month, day=day.day, hour=12, minute=0, second=0, microsecond=0
    )  # fmt: skip


def _skus_by_position(number: str) -> dict[int, str]:
    return dict(DealerOrderLine.objects.filter(order__number=number).values_list("position", "sku"))


def _require_our_key(references: Collection[OrderReference]) -> None:
    """Refuse an answer to another order of the same number, such as one sent before a database was restored."""
    told = {reference.number: _bare(reference.key) for reference in references if reference.key}
    if not told:
        return
    sent = OutboxMessage.objects.filter(order_number__in=list(told)).values_list("order_number", "payload__key")
    for number, key in sent:
        if key and _bare(key) != told[number]:
            sentence = gettext_noop("The document answers another order %(order)s than ours: its UUID is %(uuid)s.")
            raise DocumentRefused("other_order", sentence, order=number, uuid=told[number])


def _bare(key: str) -> str:
    return key.replace("-", "").lower()


def _require_short(number: str) -> None:
    if len(number) > LONGEST_NUMBER:
        sentence = gettext_noop("The number “%(number)s” is longer than %(limit)d characters.")
        raise DocumentRefused("too_long", sentence, number=number, limit=LONGEST_NUMBER)


def _position(line_id: str) -> int:
    if not (line_id.isascii() and line_id.isdigit() and len(line_id) < 7):
        sentence = gettext_noop("“%(line)s” is no line number of ours; send back the cbc:ID of the order line.")
        raise DocumentRefused("unknown_line", sentence, line=line_id[:40])
    return int(line_id)


def _pieces(quantity: Decimal, line_id: str) -> int:
    if quantity != quantity.to_integral_value():
        sentence = gettext_noop("Line %(line)s has the quantity %(quantity)s; the portal sells whole units.")
        raise DocumentRefused("fraction", sentence, line=line_id, quantity=quantity)
    return int(quantity)
