"""Writing the search index: in the transaction of the change, in as many statements for one product as for many."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db import connection, transaction
from django.db.models import Q
from oscar.core.loading import get_model

from portal.search.typos import dictionary_words, keys_of
from portal.search.words import Texts, codes_of, vector
from pricing.catalogue.models import ProductCard, ProductUnit

Product = get_model("catalogue", "Product")
Category = get_model("catalogue", "Category")
ProductCategory = get_model("catalogue", "ProductCategory")
ProductAttributeValue = get_model("catalogue", "ProductAttributeValue")

ENTRIES = """
INSERT INTO portal_search_productentry AS stored (product_id, words)
SELECT entry.product_id, entry.words::tsvector FROM unnest(%s::bigint[], %s::text[]) AS entry (product_id, words)
ON CONFLICT (product_id) DO UPDATE SET words = EXCLUDED.words WHERE stored.words <> EXCLUDED.words
"""
CODES_GONE = """
DELETE FROM portal_search_productcode stored WHERE stored.product_id = ANY(%s::bigint[]) AND NOT EXISTS (
    SELECT 1 FROM unnest(%s::bigint[], %s::text[]) AS code (product_id, code)
    WHERE code.product_id = stored.product_id AND code.code = stored.code)
"""
CODES_NEW = """
INSERT INTO portal_search_productcode (product_id, key, code)
SELECT code.product_id, code.key, code.code
FROM unnest(%s::bigint[], %s::text[], %s::text[]) AS code (product_id, key, code)
WHERE NOT EXISTS (
    SELECT 1 FROM portal_search_productcode stored
    WHERE stored.product_id = code.product_id AND stored.code = code.code)
"""
KNOWN_WORDS = "SELECT word FROM portal_search_word WHERE word = ANY(%s)"
WORDS_NEW = """
INSERT INTO portal_search_word (word, keys)
SELECT new.word, string_to_array(new.keys, ' ') FROM unnest(%s::text[], %s::text[]) AS new (word, keys)
"""


def reindex(product_ids: Iterable[int]) -> None:
    """Write the words of these products, and of the variants of those that are parents."""
    ids = sorted(set(product_ids))
    if not ids:
        return
    texts = texts_of(ids)
    with transaction.atomic():
        _write_entries(texts)
        _write_codes(texts)
        _write_words(texts)


def texts_of(ids: Sequence[int]) -> dict[int, Texts]:
    """What these products, and the variants of those that are parents, can be found by."""
    products = list(Product.objects.filter(Q(pk__in=ids) | Q(parent__in=ids)).order_by("pk").only("upc", "parent_id"))
    everyone = {product.pk for product in products} | {product.parent_id for product in products} - {None}
    cards = {card.product_id: card for card in ProductCard.objects.filter(product__in=everyone)}
    words = {
        pk: texts for pk, *texts in Product.objects.filter(pk__in=everyone).values_list("pk", "title", "description")
    }
    categories = _categories(everyone)
    attributes = _attributes(everyone)
    packed = _packed(everyone)
    found = {}
    for product in products:
        family = [product.pk, product.parent_id] if product.parent_id else [product.pk]
        own = [cards[pk] for pk in family if pk in cards]
        facts = [text for card in own for text in (card.brand, *map(str, card.attributes_zh.values()))]
        for pk in family:
            facts += [*categories.get(pk, ()), *attributes.get(pk, ())]
        found[product.pk] = Texts(
            codes=_some(
                [
                    product.upc,
                    *(code for card in own[:1] for code in (card.ean, card.model_code)),
                    *packed.get(product.pk, ()),
                ]
            ),
            names=_some([*(words[pk][0] for pk in family), *(card.name_zh for card in own)]),
            facts=_some([*facts, *(card.model_code for card in own[1:])]),
            descriptions=_some([words[product.pk][1], *(card.description_zh for card in own[:1])]),
        )
    return found


def _some(texts: Iterable[str | None]) -> list[str]:
    return [text.replace("\x00", "") for text in dict.fromkeys(texts) if text]


def _write_entries(texts: Mapping[int, Texts]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(ENTRIES, [list(texts), [vector(each) for each in texts.values()]])


def _write_codes(texts: Mapping[int, Texts]) -> None:
    rows = [(pk, key, code) for pk, each in texts.items() for code, key in codes_of(each).items()]
    ids, keys, codes = ([row[part] for row in rows] for part in range(3))
    with connection.cursor() as cursor:
        cursor.execute(CODES_GONE, [list(texts), ids, codes])
        cursor.execute(CODES_NEW, [ids, keys, codes])


def _write_words(texts: Mapping[int, Texts]) -> None:
    words = dictionary_words(text for each in texts.values() for text in (*each.names, *each.facts))
    with connection.cursor() as cursor:
        cursor.execute(KNOWN_WORDS, [sorted(words)])
        new = sorted(words - {word for (word,) in cursor.fetchall()})
        if new:
            cursor.execute(WORDS_NEW, [new, [" ".join(sorted(keys_of(word))) for word in new]])


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


def _packed(product_ids: set[Any]) -> dict[int, list[str]]:
    """The EANs of the products' packing units."""
    found: dict[int, list[str]] = {}
    units = ProductUnit.objects.filter(product__in=product_ids).exclude(ean="")
    for product, ean in units.values_list("product_id", "ean"):
        found.setdefault(product, []).append(ean)
    return found
