"""What a channel sends."""

from __future__ import annotations

import copy
import json
from typing import Any

from django.test import Client

from fulfilment.consumer.keeping import issue_token
from fulfilment.consumer.models import Channel

ORDERS = "/api/v1/consumer-orders"
ORDER: dict[str, Any] = {
    "external_number": "W-1001",
    "currency": "EUR",
    "placed_at": "2026-05-04T10:30:00Z",
    "lines": [{"sku": "PAN-24", "quantity": 2, "gross": "59.80", "paid": "59.80"}],
    "freight": "4.90",
    "total": "64.70",
    "address": {"country": "DE", "postal_code": "10115", "city": "Berlin"},
    "contact": {"name": "Erika Muster", "address_line1": "Ackerstr. 1"},
}


def order_body(**changes: Any) -> dict[str, Any]:
    """An order that adds up, with changes."""
    return copy.deepcopy(ORDER) | changes


class Caller:
    """A channel's program."""

    def __init__(self, channel: Channel, by: Any) -> None:
        self.token, self.secret = issue_token(channel, "test", by=by)
        self.client = Client(raise_request_exception=True)

    def post(self, path: str, body: Any, **headers: Any) -> Any:
        """POST JSON (or bytes as they are) with the token."""
        content = body if isinstance(body, bytes) else json.dumps(body)
        extra = {"HTTP_AUTHORIZATION": f"Bearer {self.secret}", "content_type": "application/json"} | headers
        return self.client.post(ORDERS + path, content, **extra)

    def get(self, path: str) -> Any:
        """GET with the token."""
        return self.client.get(ORDERS + path, HTTP_AUTHORIZATION=f"Bearer {self.secret}")
