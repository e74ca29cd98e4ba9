"""Goods on their way: recording what left, and the dealer's word that it arrived."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import F, OuterRef, Subquery
from django.utils import timezone

from dealers.accounts.models import User
from dealers.sentences import worded as _
from fulfilment.locks import lock_lines, lock_order
from fulfilment.ordering.models import DealerOrderLine
from fulfilment.ordering.problems import OrderRefused
from fulfilment.ordering.progress import close_shipment, order_id
from fulfilment.ordering.review import move
from fulfilment.ordering.states import State
from fulfilment.shipping.models import Shipment, ShipmentLine
from fulfilment.signals import shipment_recorded
from fulfilment.stock.take import ship


@dataclass(frozen=True)
class ShippedLine:
    """How much of an order line left; `sku`, when given, must be the line's."""

    position: int
    quantity: int
    sku: str = ""


@dataclass(frozen=True)
class ShipmentData:
    """What a despatch advice says about one order."""

    number: str
    order_number: str
    shipped_at: datetime
    lines: Sequence[ShippedLine]
    carrier: str = ""
    tracking_number: str = ""


def record_shipment(data: ShipmentData, *, by: User | None = None) -> Shipment:
    """Record goods that left for one order: stock, open quantities and state move in one transaction.

    The same shipment again changes nothing. Refused: an unknown or ended order, an unknown line or SKU, a quantity
    that is not positive, and more than is open on a line.
    """
    with transaction.atomic():
        order = lock_order(order_id(data.order_number))
        known = Shipment.objects.filter(order=order, number=data.number).first()
        if known is not None:
            return known
        if order.state not in (State.PAYMENT, State.SHIPMENT):
            raise OrderRefused(
                _("Order %(order)s is “%(state)s”: nothing more can be shipped for it.")
                % {"order": order.number, "state": order.get_state_display()},
                code="not_shippable",
            )
        lines = {line.position: line for line in lock_lines(order)}
        shipped = _apply(data, lines)
        shipment = Shipment.objects.create(
            order=order,
            number=data.number,
            shipped_at=data.shipped_at,
            carrier=data.carrier,
            tracking_number=data.tracking_number,
        )
        ShipmentLine.objects.bulk_create(
            [ShipmentLine(shipment=shipment, order_line=line, quantity=quantity) for line, quantity in shipped]
        )
        DealerOrderLine.objects.bulk_update([line for line, _quantity in shipped], ["shipped_quantity"])
        _leave_stock(shipped)
        if order.state == State.PAYMENT:
            move(order, State.SHIPMENT, by=by, note=_("Shipped before payment."), at=data.shipped_at)
        close_shipment(order, lines.values(), by=by, note=data.number, at=data.shipped_at)
        shipment_recorded.send(sender=Shipment, shipment=shipment)
        return shipment


def _apply(data: ShipmentData, lines: dict[int, DealerOrderLine]) -> list[tuple[DealerOrderLine, int]]:
    if not data.lines:
        raise OrderRefused(_("Shipment %s has no lines.") % data.number, code="no_lines")
    totals: dict[int, int] = {}
    for item in data.lines:
        line = lines.get(item.position)
        if line is None or (item.sku and item.sku != line.sku):
            raise OrderRefused(
                _("Shipment %(shipment)s names line %(line)d with SKU “%(sku)s”, which order %(order)s does not have.")
                % {"shipment": data.number, "line": item.position, "sku": item.sku, "order": data.order_number},
                code="unknown_line",
            )
        if item.quantity <= 0:
            raise OrderRefused(_("Line %d ships nothing.") % item.position, code="quantity")
        totals[item.position] = totals.get(item.position, 0) + item.quantity
    for position, quantity in totals.items():
        line = lines[position]
        if quantity > line.open_quantity:
            raise OrderRefused(
                _("Line %(line)d has %(open)d open, but %(shipped)d were shipped.")
                % {"line": position, "open": line.open_quantity, "shipped": quantity},
                code="too_many",
            )
        line.shipped_quantity += quantity
    return [(lines[position], quantity) for position, quantity in sorted(totals.items())]


def _leave_stock(shipped: Sequence[tuple[DealerOrderLine, int]]) -> None:
    products = dict(
        DealerOrderLine.objects.filter(pk__in=[line.pk for line, _quantity in shipped]).values_list(
            "pk", "line__product_id"
        )
    )
    left: dict[int, int] = {}
    for line, quantity in shipped:
        product_id = products[line.pk]
        if product_id is not None:
            left[product_id] = left.get(product_id, 0) + quantity
    ship(left)


def confirm_receipt(shipment_id: int, *, by: User, note: str = "", at: datetime | None = None) -> Shipment:
    """The dealer's word that a shipment arrived. When everything has arrived the order is finished. Twice is once."""
    with transaction.atomic():
        order = lock_order(Shipment.objects.values_list("order_id", flat=True).get(pk=shipment_id))
        lock_lines(order)
        shipment = Shipment.objects.select_for_update(of=("self",)).get(pk=shipment_id)
        if shipment.received_at is not None:
            return shipment
        shipment.received_at = at or timezone.now()
        shipment.received_by = by
        shipment.receipt_note = note.strip()
        shipment.save(update_fields=["received_at", "received_by", "receipt_note"])
        arrived = ShipmentLine.objects.filter(shipment=shipment, order_line=OuterRef("pk")).values("quantity")
        DealerOrderLine.objects.filter(shipment_lines__shipment=shipment).update(
            received_quantity=F("received_quantity") + Subquery(arrived)
        )
        waiting = Shipment.objects.filter(order=order, received_at__isnull=True).exists()
        if order.state == State.RECEIPT and not waiting:
            move(order, State.FINISHED, by=by, note=shipment.receipt_note, at=at)
        return shipment
