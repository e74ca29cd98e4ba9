"""What tests of quick order do again and again."""

from __future__ import annotations

import io
from typing import Any

import openpyxl
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client

from fulfilment.ordering.cart import find_cart, quantities
from tests.factories import World
from tests.portal.shop_catalogue import make_many

URL = "/shop/quick-order/"


def in_cart(world: World) -> dict[int, int]:
    cart = find_cart(world.alice, world.alpine)
    return quantities(cart) if cart else {}


def many(count: int) -> list[str]:
    """SKUs of that many new products, which PostgreSQL is told of: it plans for an empty table otherwise."""
    skus = [product.upc for product in make_many(count)]
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return skus


def check(client: Client, text: str) -> Any:
    return client.post(URL, {"text": text, "check": "1"})


def again(response: Any, **sent: str) -> dict[str, str]:
    """The form of a preview as a browser without JavaScript sends it back."""
    page = response.context
    fields = {f"quantity-{row.place}": row.line.shown for row in page["rows"]}
    fields |= {f"code-{row.place}": row.line.code for row in page["rows"]}
    return {"lines": page["packed"], "page": page["page"], **fields, **sent}


def states(response: Any) -> dict[str, str]:
    return {row.line.code: str(row.found.state) for row in response.context["rows"]}


def upload(client: Client, name: str, data: bytes) -> Any:
    return client.post(URL, {"file": SimpleUploadedFile(name, data), "check": "1"})


def workbook(rows: list[list[Any]]) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)  # type: ignore[union-attr]
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
