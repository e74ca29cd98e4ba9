"""Rows for the tests of the console: many orders and dealers, cheaply."""

from __future__ import annotations

from datetime import timedelta
from io import BytesIO
from typing import Any
from uuid import uuid4

from django.test import Client
from openpyxl import load_workbook
from oscar.core.loading import get_model

from dealers.accounts.models import Dealer, Outlet, SalesRep
from fulfilment.ordering.models import DealerOrder, DealerOrderLine
from tests.erp_bridge.orders import placed
from tests.factories import World

Order = get_model("order", "Order")
OrderLine = get_model("order", "Line")


def many_orders(world: World, count: int) -> list[DealerOrder]:
    """Alice's orders in review, a minute apart, the first one real and the others its copies."""
    first = placed(world)
    mirror, lines = Order.objects.get(pk=first.pk), list(first.lines.select_related("line"))
    orders = [first]
    for number in range(1, count):
        mirror.pk, mirror.number = None, f"COPY{number:04d}"
        mirror.save(force_insert=True)
        copy = DealerOrder.objects.get(pk=first.pk)
        copy.order_id = copy.pk = mirror.pk
        copy.number, copy.submit_key = mirror.number, uuid4()
        copy.po_number = f"PO-{number:04d}"
        copy.placed_at = first.placed_at + timedelta(minutes=number)
        copy.save(force_insert=True)
        orders.append(copy)
    for line in lines:
        oscar_line = OrderLine.objects.get(pk=line.pk)
        for copy in orders[1:]:
            oscar_line.pk, oscar_line.order_id = None, copy.pk
            oscar_line.save(force_insert=True)
            twin = DealerOrderLine.objects.get(pk=line.pk)
            twin.line_id = twin.pk = oscar_line.pk
            twin.order_id = copy.pk
            twin.save(force_insert=True)
    return orders


def many_dealers(rep: SalesRep | None, count: int, **fields: Any) -> list[Dealer]:
    """Dealers N0000 … with one outlet each."""
    dealers = Dealer.objects.bulk_create(
        [
            Dealer(number=f"N{number:04d}", name=f"Dealer {number:04d}", currency="EUR", sales_rep=rep, **fields)
            for number in range(count)
        ]
    )
    Outlet.objects.bulk_create(
        [Outlet(dealer=dealer, code="MAIN", name=dealer.name, country="DE") for dealer in dealers]
    )
    return dealers


def text(client: Client, url: str, **data: Any) -> str:
    """The page at a URL; it must be there."""
    response = client.get(url, data)
    assert response.status_code == 200, (url, response.status_code)
    return response.content.decode()


def sheet_rows(response: Any) -> list[tuple[Any, ...]]:
    """The cells of the first sheet of a downloaded workbook."""
    content = b"".join(response.streaming_content)
    return [tuple(row) for row in load_workbook(BytesIO(content)).worksheets[0].iter_rows(values_only=True)]
