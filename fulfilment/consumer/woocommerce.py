"""Orders as WooCommerce's webhooks tell them (`order.created`, `order.updated`; REST API version 3). Pure.

WooCommerce tells amounts before tax and the tax beside them; consumers pay both.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from fulfilment.consumer.data import AddressData, ContactData, LineData, OrderData
from fulfilment.consumer.payload import Notice, Reader, Wish

_PAID = frozenset({"processing", "completed"})
_GONE = frozenset({"cancelled", "refunded", "trash"})


def read(body: Mapping[str, Any], discounts_by: str) -> Notice:
    """What the webhook asks for. Raises `PayloadRefused` naming what cannot be read."""
    order = Reader(body)
    number = order.text("number") or order.text("id")
    updated = order.moment("date_modified_gmt", needed=False)
    status = order.text("status")
    if status in _GONE:
        return Notice(Wish.CANCEL, number, updated, reason=status)
    if status not in _PAID:
        return Notice(Wish.IGNORE, number, updated, reason=status or "status")
    if body.get("refunds"):
        order.refuse("refunds", "part_refunded")
    if body.get("fee_lines"):
        order.refuse("fee_lines", "fee")
    data = OrderData(
        external_number=number,
        currency=order.text("currency"),
        placed_at=order.moment("date_created_gmt"),
        lines=tuple(_lines(order, discounts_by)),
        total=order.amount("total"),
        freight=sum(
            (line.amount("total") + line.amount("total_tax") for line in order.each("shipping_lines")), Decimal("0.00")
        ),
        address=_address(order),
        contact=_contact(order),
        attribution_code=_meta(order, "attribution_code"),
        campaign_code=_meta(order, "campaign_code"),
    )
    return Notice(Wish.TAKE, number, updated, data)


def _lines(order: Reader, discounts_by: str) -> Iterator[LineData]:
    for line in order.each("line_items"):
        gross = line.amount("subtotal") + line.amount("subtotal_tax")
        paid = line.amount("total") + line.amount("total_tax")
        yield LineData(
            sku=line.text("sku"),
            quantity=line.whole("quantity"),
            gross=gross,
            discount_supplier=gross - paid if discounts_by == "supplier" else Decimal("0.00"),
            discount_dealer=gross - paid if discounts_by == "dealer" else Decimal("0.00"),
            paid=paid,
            external_id=line.text("id"),
        )


def _there(order: Reader) -> Reader:
    """The shipping address, or the billing address where WooCommerce leaves the former empty."""
    there = order.part("shipping")
    return there if there.text("address_1") else order.part("billing")


def _address(order: Reader) -> AddressData:
    there = _there(order)
    return AddressData(
        country=there.text("country"),
        postal_code=there.text("postcode"),
        region=there.text("state"),
        city=there.text("city"),
    )


def _contact(order: Reader) -> ContactData:
    there, payer = _there(order), order.part("billing")
    return ContactData(
        name=f"{there.text('first_name')} {there.text('last_name')}".strip(),
        phone=there.text("phone") or payer.text("phone"),
        email=payer.text("email"),
        address_line1=there.text("address_1"),
        address_line2=there.text("address_2"),
    )


def _meta(order: Reader, key: str) -> str:
    return next((meta.text("value") for meta in order.each("meta_data") if meta.text("key") == key), "")
