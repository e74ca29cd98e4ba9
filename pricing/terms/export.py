"""A price list's rows in the importer's own columns: taken in again they change nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db.models import QuerySet

from pricing.terms.models import Price, PriceList

#: The importer's columns that an export fills, in its order.
COLUMNS = ("price_list", "price_list_name", "sku", "min_quantity", "price", "currency", "valid_from", "valid_to")
AT_ONCE = 5_000


def exported(price_list: PriceList, prices: QuerySet[Price]) -> Iterator[tuple[Any, ...]]:
    """The prices of one list, as many as there are, some thousand in memory at a time. Products without SKU are left
    out: no file could name them."""
    code, name, currency = price_list.code, price_list.name, price_list.currency
    columns = ("product__upc", "min_quantity", "price", "valid_from", "valid_to")
    rows: Any = prices.exclude(product__upc=None).values_list(*columns)
    for sku, minimum, price, start, end in rows.iterator(chunk_size=AT_ONCE):
        yield code, name, sku, minimum, price, currency, start, end
