"""An approved order, frozen as the ERP shall get it."""

from __future__ import annotations

import uuid
from decimal import Decimal

from django.db.models import F
from django.utils import timezone

from dealers.accounts.models import Supplier
from fulfilment.ordering.models import DealerOrder, DealerOrderLine
from fulfilment.ordering.terms import DeliveryMode
from fulfilment.snapshots import (
    Allowance,
    Charge,
    Contact,
    DeliveryAddress,
    DeliveryTerms,
    OrderLine,
    OrderSnapshot,
    Party,
    PaymentTerms,
    SnapshotRefused,
    TaxSubtotal,
    Totals,
)
from pricing.catalogue.models import UNECE_CODES

#: UNCL 5189: a discount.
DISCOUNT = "95"
#: UNCL 7161: freight service; mutually defined, by the surcharge's own code.
FREIGHT, OWN_CODE = "FC", "ZZZ"


def order_snapshot(order: DealerOrder) -> OrderSnapshot:
    """Freeze an approved order, in a constant number of queries. Raises SnapshotRefused naming what does not fit."""
    lines = DealerOrderLine.objects.filter(order=order).annotate(ean=F("line__product__card__ean")).order_by("position")
    if order.approved_at is None:
        raise SnapshotRefused("The order has not been approved.")
    category = "S" if order.tax_percent else "Z"
    charges = _charges(order, category)
    charged = sum((charge.net for charge in charges), Decimal(0))
    return OrderSnapshot(
        number=order.number,
        key=idempotency_key(order),
        issued_at=timezone.localtime(order.approved_at),
        currency=order.currency,
        buyer=_buyer(order),
        supplier=_supplier(),
        delivery=_delivery(order),
        lines=tuple(_line(order, line, category, line.ean or "") for line in lines),
        totals=Totals(
            line_extension=order.net_total,
            tax_exclusive=order.net_total + charged,
            tax_inclusive=order.total,
            payable=order.total,
            charges=charged,
        ),
        taxes=(TaxSubtotal(order.net_total + charged, order.all_tax, order.tax_percent, category),),
        po_number=order.po_number,
        requested_date=order.requested_date,
        note=order.note,
        payment_terms=_terms(order),
        charges=charges,
        delivery_terms=_delivery_terms(order),
    )


def idempotency_key(order: DealerOrder) -> str:
    """32 hexadecimal digits that belong to this submission of this number: the same after a restore, never reused."""
    return uuid.uuid5(order.submit_key, order.number).hex


def _buyer(order: DealerOrder) -> Party:
    dealer = order.dealer
    contact = Contact(dealer.contact_name, dealer.contact_email, dealer.contact_phone)
    return Party(dealer.number, dealer.name, dealer.tax_id, contact)


def _supplier() -> Party:
    supplier = Supplier.current()
    return Party("", supplier.name, supplier.tax_id, Contact("", supplier.email, supplier.phone))


def _delivery(order: DealerOrder) -> DeliveryAddress:
    place = order.ship_to
    return DeliveryAddress(
        outlet_code=place.get("code", ""),
        name=place.get("name", ""),
        lines=tuple(filter(None, (place.get("address_line1", ""), place.get("address_line2", "")))),
        city=place.get("city", ""),
        region=place.get("state", ""),
        postcode=place.get("postal_code", ""),
        country=place.get("country", ""),
        contact=Contact(name=place.get("contact_name", ""), phone=place.get("contact_phone", "")),
    )


def _terms(order: DealerOrder) -> PaymentTerms:
    days = order.payment_terms_days
    return PaymentTerms(f"{days} days net" if days else "Payment before shipment", days)


def _charges(order: DealerOrder, category: str) -> tuple[Charge, ...]:
    """Surcharges by their codes, then freight: what an invoice has beside its lines."""
    found = [
        Charge(
            each.surcharge.name, OWN_CODE, each.net_amount, each.tax_amount, order.tax_percent, category, id=each.code
        )
        for each in order.surcharges
    ]
    if order.freight_net:
        freight = Charge("Freight", FREIGHT, order.freight_net, order.freight_tax, order.tax_percent, category)
        found.append(freight)
    return tuple(found)


def _delivery_terms(order: DealerOrder) -> DeliveryTerms:
    last = order.cancel_missing_after
    if order.delivery_mode == DeliveryMode.COMPLETE:
        return DeliveryTerms("Deliver everything together.", partial=False)
    if last is not None:
        return DeliveryTerms(f"Deliver what is ready. Cancel what is missing after {last.isoformat()}.", latest=last)
    return DeliveryTerms()


def _allowances(order: DealerOrder, line: DealerOrderLine) -> tuple[Allowance, ...]:
    """What promotions took off the line: its own, and its share of the one on the order."""
    found = ((line.discount_amount, line.promotion_code), (line.order_share, order.promotion_code))
    return tuple(Allowance(amount, DISCOUNT, code) for amount, code in found if amount)


def _line(order: DealerOrder, line: DealerOrderLine, category: str, barcode: str) -> OrderLine:
    unit = UNECE_CODES.get(line.unit)
    if unit is None:
        raise SnapshotRefused(f"line {line.position}: the unit {line.unit!r} has no UN/ECE code.")
    return OrderLine(
        line_id=str(line.position),
        sku=line.sku,
        name=line.name,
        quantity=Decimal(line.quantity),
        unit=unit,
        unit_price=line.unit_price,
        net_amount=line.net_amount,
        tax_amount=line.tax_amount,
        tax_percent=order.tax_percent,
        tax_category=category,
        gtin=barcode,
        note=line.note,
        requested_date=line.requested_date,
        allowances=_allowances(order, line),
    )
