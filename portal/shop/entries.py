"""Writing the catalogue's sort names and brands: in the transaction of the change, in two statements for any number."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import Any

from django.db import connection
from django.db.models import Q
from django.db.models.signals import post_save
from oscar.core.loading import get_model

from pricing.catalogue.models import ProductCard
from pricing.catalogue.signals import catalogue_changed

Product = get_model("catalogue", "Product")

LONGEST = 255
DIGITS = 9
_NUMBER = re.compile(r"(\d+)((?:\.\d+)?)")
_HAN = re.compile(r"[\u3400-\u9fff\U00020000-\U0003134f]")

WRITE = """
INSERT INTO portal_shop_catalogueentry AS kept (product_id, name_en, name_zh, brand, created_at)
SELECT * FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::text[], %s::timestamptz[])
ON CONFLICT (product_id) DO UPDATE
SET name_en = EXCLUDED.name_en, name_zh = EXCLUDED.name_zh, brand = EXCLUDED.brand, created_at = EXCLUDED.created_at
WHERE (kept.name_en, kept.name_zh, kept.brand, kept.created_at)
    IS DISTINCT FROM (EXCLUDED.name_en, EXCLUDED.name_zh, EXCLUDED.brand, EXCLUDED.created_at)
"""


def sort_key(name: str) -> str:
    """What to sort a name by: no case, no accents, Chinese by its pinyin, and M6 before M10."""
    if _HAN.search(name):
        from pypinyin import lazy_pinyin  # its dictionary takes 50 MB: only for who writes Chinese names

        name = " ".join(lazy_pinyin(name))
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", name).casefold())
    letters = " ".join("".join(sign for sign in plain if not unicodedata.combining(sign)).split())
    return _NUMBER.sub(lambda found: found[1].zfill(DIGITS) + found[2], letters)[:LONGEST]


def write_entries(product_ids: Iterable[int]) -> None:
    """Write the entries of these products, and of the variants of those that are models. Two statements."""
    ids = sorted(set(product_ids))
    if not ids:
        return
    found = Product.objects.filter(Q(pk__in=ids) | Q(parent__in=ids)).exclude(structure=Product.PARENT)
    columns = found.order_by("pk").values_list(
        "pk", "title", "parent__title", "card__name_zh", "parent__card__name_zh", "card__brand", "parent__card__brand",
        "date_created",
    )  # fmt: skip
    rows = []
    for pk, title, model_title, name_zh, model_zh, brand, model_brand, created in columns:
        english = title or model_title or ""
        chinese = name_zh or model_zh or english
        rows.append((pk, sort_key(english), sort_key(chinese), brand or model_brand or "", created))
    if rows:
        with connection.cursor() as cursor:
            cursor.execute(WRITE, [list(column) for column in zip(*rows, strict=True)])


def on_catalogue_changed(sender: Any, product_ids: list[int], **kwargs: Any) -> None:
    """An import changed products."""
    write_entries(product_ids)


def on_saved(sender: Any, instance: Any, raw: bool = False, **kwargs: Any) -> None:
    """A product or its card was saved."""
    if not raw:
        write_entries([instance.pk])


def connect() -> None:
    """Listen; called once, when the application is ready."""
    catalogue_changed.connect(on_catalogue_changed, dispatch_uid="shop:entries")
    for model in (Product, ProductCard):
        post_save.connect(on_saved, sender=model, dispatch_uid=f"shop:entries:{model.__name__}")
