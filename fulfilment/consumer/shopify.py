"""Orders as Shopify's webhooks tell them (`orders/create`, `orders/updated`, `orders/paid`, `orders/cancelled`). Pure.

Read from the body alone, which is what the signature covers; the topic in the headers is not signed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from fulfilment.consumer.data import AddressData, ContactData, LineData, OrderData
from fulfilment.consumer.payload import Notice, Reader, Wish

_PAID = frozenset({"paid", "authorized"})
_WAITING = frozenset({"pending", "partially_paid", "expired"})
_GONE = frozenset({"voided", "refunded"})


def read(body: Mapping[str, Any], discounts_by: str) -> Notice:
    """What the webhook asks for. Raises `PayloadRefused` naming what cannot be read."""
    order = Reader(body)
    number = order.text("name") or order.text("id")
    updated = order.moment("updated_at", needed=False)
    status = order.text("financial_status")
    if body.get("cancelled_at") or status in _GONE:
        return Notice(Wish.CANCEL, number, updated, reason=order.text("cancel_reason") or status)
    if body.get("test") is True:
        return Notice(Wish.IGNORE, number, updated, reason="test")
    if status in _WAITING:
        return Notice(Wish.IGNORE, number, updated, reason=status)
    if status not in _PAID or body.get("refunds"):
        order.refuse("refunds" if body.get("refunds") else "financial_status", "part_refunded")
    included = body.get("taxes_included") is True
    lines = tuple(_lines(order, included, discounts_by))
    data = OrderData(
        external_number=number,
        currency=order.text("currency"),
        placed_at=order.moment("created_at"),
        lines=lines,
        total=order.amount("total_price"),
        freight=_freight(order, included),
        address=_address(order),
        contact=_contact(order),
        attribution_code=_attribute(order, "attribution_code"),
        campaign_code=_attribute(order, "campaign_code"),
    )
    return Notice(Wish.TAKE, number, updated, data)


def _lines(order: Reader, included: bool, discounts_by: str) -> Iterator[LineData]:
    for line in order.each("line_items"):
        quantity = line.whole("quantity")
        discount = sum((part.amount("amount") for part in line.each("discount_allocations")), Decimal("0.00"))
        tax = Decimal("0.00") if included else _tax(line)
        gross = line.amount("price") * quantity + tax
        yield LineData(
            sku=line.text("sku"),
            quantity=quantity,
            gross=gross,
            discount_supplier=discount if discounts_by == "supplier" else Decimal("0.00"),
            discount_dealer=discount if discounts_by == "dealer" else Decimal("0.00"),
            paid=gross - discount,
            external_id=line.text("id"),
        )


def _freight(order: Reader, included: bool) -> Decimal:
    total = Decimal("0.00")
    for line in order.each("shipping_lines"):
        off = sum((part.amount("amount") for part in line.each("discount_allocations")), Decimal("0.00"))
        total += line.amount("price") - off + (Decimal("0.00") if included else _tax(line))
    return total


def _tax(line: Reader) -> Decimal:
    return sum((tax.amount("price") for tax in line.each("tax_lines")), Decimal("0.00"))


def _address(order: Reader) -> AddressData:
    there = order.part("shipping_address")
    return AddressData(
        country=there.text("country_code"),
        postal_code=there.text("zip"),
        region=there.text("province"),
        city=there.text("city"),
        latitude=there.degrees("latitude"),
        longitude=there.degrees("longitude"),
    )


def _contact(order: Reader) -> ContactData:
    there = order.part("shipping_address")
    name = there.text("name") or f"{there.text('first_name')} {there.text('last_name')}".strip()
    return ContactData(
        name=name,
        phone=there.text("phone") or order.text("phone"),
        email=order.text("email"),
        address_line1=there.text("address1"),
        address_line2=there.text("address2"),
    )


def _attribute(order: Reader, name: str) -> str:
    return next((note.text("value") for note in order.each("note_attributes") if note.text("name") == name), "")
