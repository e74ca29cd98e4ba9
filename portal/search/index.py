"""Writing the search index: in the transaction of the change, in as many statements for one product as for many."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import connection
from django.db.models import Q
from oscar.core.loading import get_model

from portal.search.words import vector
from pricing.catalogue.models import ProductCard

Product = get_model("catalogue", "Product")
Category = get_model("catalogue", "Category")
ProductCategory = get_model("catalogue", "ProductCategory")
ProductAttributeValue = get_model("catalogue", "ProductAttributeValue")

WRITE = """
INSERT INTO portal_search_productentry (product_id, words)
SELECT entry.product_id, entry.words::tsvector FROM unnest(%s::bigint[], %s::text[]) AS entry (product_id, words)
ON CONFLICT (product_id) DO UPDATE SET words = EXCLUDED.words
"""


def reindex(product_ids: Iterable[int]) -> None:
    """Write the words of these products, and of the variants of those that are parents."""
    ids = sorted(set(product_ids))
    if not ids:
        return
    products = list(Product.objects.filter(Q(pk__in=ids) | Q(parent__in=ids)).only("upc", "parent_id"))
    everyone = {product.pk for product in products} | {product.parent_id for product in products} - {None}
    cards = {card.product_id: card for card in ProductCard.objects.filter(product__in=everyone)}
    words = {
        pk: texts for pk, *texts in Product.objects.filter(pk__in=everyone).values_list("pk", "title", "description")
    }
    categories = _categories(everyone)
    attributes = _attributes(everyone)
    rows = []
    for product in products:
        family = [product.pk, product.parent_id] if product.parent_id else [product.pk]
        own = [cards[pk] for pk in family if pk in cards]
        names = [words[pk][0] for pk in family]
        for card in own:
            names += [card.name_zh, card.brand, card.model_code, *map(str, card.attributes_zh.values())]
        for pk in family:
            names += [*categories.get(pk, ()), *attributes.get(pk, ())]
        codes = [product.upc or "", *(code for card in own[:1] for code in (card.ean, card.model_code))]
        descriptions = [words[product.pk][1], *(card.description_zh for card in own[:1])]
        vectored = vector(*(list(filter(None, texts)) for texts in (codes, names, descriptions)))
        rows.append((product.pk, vectored))
    with connection.cursor() as cursor:
        cursor.execute(WRITE, [[pk for pk, _text in rows], [text for _pk, text in rows]])


def _categories(product_ids: set[Any]) -> dict[int, list[str]]:
    """The names, in both languages, of each product's categories and of those above them."""
    names: dict[str, list[str]] = {}
    for path, name, chinese in Category.objects.values_list("path", "name", "card__name_zh"):
        names[path] = [name, chinese or ""]
    found: dict[int, list[str]] = {}
    of_products = ProductCategory.objects.filter(product__in=product_ids).values_list("product_id", "category__path")
    for product, path in of_products:
        for end in range(Category.steplen, len(path) + 1, Category.steplen):
            found.setdefault(product, []).extend(names.get(path[:end], ()))
    return found


def _attributes(product_ids: set[Any]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    values = ProductAttributeValue.objects.filter(product__in=product_ids, value_text__isnull=False)
    for product, text in values.values_list("product_id", "value_text"):
        found.setdefault(product, []).append(text)
    return found
