"""Channels and consumer orders that tests share."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from fulfilment.consumer.data import AddressData, ContactData, LineData, OrderData, body_hash
from fulfilment.consumer.models import Channel, ConsumerOrder, Place
from fulfilment.consumer.receive import Bringer, receive

PLACED = datetime(2026, 5, 4, 10, 30, tzinfo=UTC)
ADDRESS = AddressData(country="DE", postal_code="10115", city="Berlin")
CONTACT = ContactData("Erika Muster", "+49 30 1234", "erika@example.org", "Ackerstr. 1")


def make_channel(code: str = "webshop", kind: str = "api", **fields: Any) -> Channel:
    """A channel that sells in euros."""
    return Channel.objects.create(code=code, name=code.title(), kind=kind, **({"currency": "EUR"} | fields))


def make_place(country: str = "DE", code: str = "10115") -> Place:
    """Berlin's middle."""
    place, _new = Place.objects.update_or_create(
        country=country, code=code, defaults={"name": "Berlin", "latitude": "52.532", "longitude": "13.385"}
    )
    return place


def line(sku: str = "PAN-24", quantity: int = 2, paid: str = "59.80", **more: Any) -> LineData:
    """Two pans for 59.80."""
    fields = {"gross": Decimal(paid), "paid": Decimal(paid)} | more
    return LineData(sku=sku, quantity=quantity, **fields)


def order_data(number: str = "W-1001", *lines: LineData, **more: Any) -> OrderData:
    """An order that adds up, unless a field is replaced."""
    wanted = lines or (line(),)
    freight = more.pop("freight", Decimal("4.90"))
    total = sum((each.paid for each in wanted), freight)
    data = OrderData(
        external_number=number,
        currency="EUR",
        placed_at=PLACED,
        lines=tuple(wanted),
        total=total,
        freight=freight,
        address=ADDRESS,
        contact=CONTACT,
    )
    return replace(data, **more)


def taken(channel: Channel, data: OrderData | None = None) -> ConsumerOrder:
    """An order taken in."""
    data = data or order_data()
    return receive(channel, data, body_hash=body_hash(data), by=Bringer()).order
