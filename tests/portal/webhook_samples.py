"""Orders as shops send them, after the documented payloads of Shopify and WooCommerce, without what we do not read."""

from __future__ import annotations

import copy
import json
from typing import Any

from django.test import Client

from fulfilment.consumer.secrets import signature

SECRET = "shared-with-the-shop"

SHOPIFY: dict[str, Any] = {
    "id": 820982911946154508,
    "admin_graphql_api_id": "gid://shopify/Order/820982911946154508",
    "name": "#1001",
    "order_number": 1001,
    "email": "jon@example.org",
    "phone": None,
    "created_at": "2026-05-04T12:30:00+02:00",
    "updated_at": "2026-05-04T12:31:00+02:00",
    "cancelled_at": None,
    "cancel_reason": None,
    "currency": "EUR",
    "financial_status": "paid",
    "taxes_included": True,
    "test": False,
    "refunds": [],
    "total_price": "67.70",
    "subtotal_price": "62.80",
    "total_discounts": "7.00",
    "note_attributes": [{"name": "attribution_code", "value": "G-77"}],
    "line_items": [
        {
            "id": 466157049,
            "sku": "PAN-24",
            "name": "Frying pan 24 cm",
            "quantity": 2,
            "price": "29.90",
            "total_discount": "0.00",
            "discount_allocations": [{"amount": "5.00", "discount_application_index": 0}],
            "tax_lines": [{"title": "VAT", "price": "8.75", "rate": 0.19}],
        },
        {
            "id": 518995019,
            "sku": "KNIFE-8",
            "name": "Chef's knife",
            "quantity": 1,
            "price": "10.00",
            "discount_allocations": [{"amount": "2.00", "discount_application_index": 0}],
            "tax_lines": [{"title": "VAT", "price": "1.28", "rate": 0.19}],
        },
    ],
    "shipping_lines": [{"id": 1, "title": "Standard", "price": "4.90", "discount_allocations": [], "tax_lines": []}],
    "shipping_address": {
        "first_name": "Jon",
        "last_name": "Doe",
        "name": "Jon Doe",
        "address1": "Ackerstr. 1",
        "address2": "",
        "phone": "+49 30 99",
        "city": "Berlin",
        "zip": "10115",
        "province": None,
        "country": "Germany",
        "country_code": "DE",
        "latitude": 52.53,
        "longitude": 13.39,
    },
}

WOOCOMMERCE: dict[str, Any] = {
    "id": 727,
    "parent_id": 0,
    "number": "727",
    "status": "processing",
    "currency": "EUR",
    "prices_include_tax": True,
    "date_created_gmt": "2026-05-04T10:30:00",
    "date_modified_gmt": "2026-05-04T10:31:00",
    "discount_total": "4.20",
    "discount_tax": "0.80",
    "shipping_total": "4.12",
    "shipping_tax": "0.78",
    "total": "59.70",
    "total_tax": "9.53",
    "billing": {
        "first_name": "Jon", "last_name": "Doe", "email": "jon@example.org", "phone": "+49 30 99",
        "address_1": "Ackerstr. 1", "address_2": "", "city": "Berlin", "postcode": "10115", "country": "DE",
    },
    "shipping": {"first_name": "", "last_name": "", "address_1": "", "city": "", "postcode": "", "country": ""},
    "line_items": [
        {
            "id": 315, "name": "Frying pan 24 cm", "product_id": 93, "variation_id": 0, "quantity": 2, "sku": "PAN-24",
            "subtotal": "50.25", "subtotal_tax": "9.55", "total": "46.05", "total_tax": "8.75", "price": 23.03,
        }
    ],
    "shipping_lines": [{"id": 317, "method_id": "flat_rate", "total": "4.12", "total_tax": "0.78"}],
    "fee_lines": [],
    "coupon_lines": [{"id": 1, "code": "MAY", "discount": "4.20", "discount_tax": "0.80"}],
    "refunds": [],
    "meta_data": [{"id": 13106, "key": "attribution_code", "value": "G-77"}],
}  # fmt: skip


def shopify(**changes: Any) -> dict[str, Any]:
    """A paid order of Shopify, with changes."""
    return copy.deepcopy(SHOPIFY) | changes


def woocommerce(**changes: Any) -> dict[str, Any]:
    """A paid order of WooCommerce, with changes."""
    return copy.deepcopy(WOOCOMMERCE) | changes


def deliver(code: str, body: Any, *, secret: str = SECRET, shop: str = "shopify", **headers: str) -> Any:
    """Send a webhook, signed with the secret."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    signed = "HTTP_X_SHOPIFY_HMAC_SHA256" if shop == "shopify" else "HTTP_X_WC_WEBHOOK_SIGNATURE"
    extra: dict[str, Any] = {signed: signature(secret, content), "content_type": "application/json"}
    return Client(raise_request_exception=True).post(f"/api/v1/webhooks/{code}", content, **(extra | headers))
