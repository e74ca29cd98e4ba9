"""Paging by key: every row once, in order, forwards and backwards, whatever the cursor says."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from oscar.core.loading import get_model

from portal.components.keyset import Key, page_of, whole
from tests import factories

Product = get_model("catalogue", "Product")
KEYS = (Key("title"), Key("pk", whole, descending=True))
pytestmark = pytest.mark.django_db


@pytest.fixture
def products() -> list[int]:
    """Seven products, two of each name but one."""
    made = [factories.make_product(f"S{number}", f"Name {number // 2}") for number in range(7)]
    return [product.pk for product in sorted(made, key=lambda product: (product.title, -product.pk))]


def pages(size: int, word: str, query: dict[str, Any]) -> list[list[int]]:
    found = []
    while True:
        page = page_of(Product.objects.all(), KEYS, size, query)
        found.append([product.pk for product in page.rows])
        cursor = page.next if word == "after" else page.previous
        if not cursor:
            return found
        query = {word: cursor}


def test_pages_forwards_hold_every_row_once(products: list[int]) -> None:
    assert pages(3, "after", {}) == [products[:3], products[3:6], products[6:]]


def test_pages_backwards_are_the_same_pages(products: list[int]) -> None:
    first = page_of(Product.objects.all(), KEYS, 3, {})
    second = page_of(Product.objects.all(), KEYS, 3, {"after": first.next})
    third = page_of(Product.objects.all(), KEYS, 3, {"after": second.next})
    assert [product.pk for product in third.rows] == products[6:]
    assert pages(3, "before", {"before": third.previous}) == [products[3:6], products[:3]]


@pytest.mark.parametrize(
    "cursor",
    ["", "rubbish", "é", base64.urlsafe_b64encode(b"{}").decode(), base64.urlsafe_b64encode(b'["a"]').decode(),
     base64.urlsafe_b64encode(json.dumps(["a", str(2**70)]).encode()).decode(),
     base64.urlsafe_b64encode(json.dumps(["a\x00", "1"]).encode()).decode(), "A" * 5000,
     base64.urlsafe_b64encode(json.dumps(["\ud800", "1"]).encode()).decode(),
     base64.urlsafe_b64encode(b"[" * 1400).decode()],
)  # fmt: skip
def test_a_cursor_that_is_not_ours_shows_the_first_page(products: list[int], cursor: str) -> None:
    for word in ("after", "before"):
        page = page_of(Product.objects.all(), KEYS, 3, {word: cursor})
        assert [product.pk for product in page.rows] == products[:3]
        assert page.previous == ""
