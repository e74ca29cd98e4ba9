"""The products as the file that would import them: the same columns, so that it changes nothing when it comes back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.db.models import Q
from oscar.core.loading import get_model

from pricing.catalogue.categories import CategoryTree
from pricing.catalogue.columns import ATTRIBUTE, ATTRIBUTE_ZH, COLUMNS
from pricing.catalogue.families import card_of
from pricing.catalogue.models import CategoryCard, ProductUnit
from pricing.catalogue.packing import FIELDS

Product = get_model("catalogue", "Product")
ProductAttribute = get_model("catalogue", "ProductAttribute")
ProductAttributeValue = get_model("catalogue", "ProductAttributeValue")
ProductCategory = get_model("catalogue", "ProductCategory")

CHUNK = 1000
#: Pictures travel as files, and weights are always in kilograms.
LEFT_OUT = ("image", "weight_unit")

Row = dict[str, Any]


def export_header() -> list[str]:
    """The columns, with those of every attribute there is."""
    codes = list(ProductAttribute.objects.order_by("code").values_list("code", flat=True).distinct())
    names = [column.name for column in COLUMNS if column.name not in LEFT_OUT]
    return [*names, *(f"{prefix}{code}" for code in codes for prefix in (ATTRIBUTE, ATTRIBUTE_ZH))]


def export_rows(header: Sequence[str]) -> Iterator[list[Any]]:
    """A row for every product with a SKU, by SKU, under `header`. Four statements for a thousand products."""
    tree, chinese = CategoryTree(), dict(CategoryCard.objects.values_list("category__path", "name_zh"))
    after: str | None = None
    while True:
        beyond = Q(upc__isnull=False) if after is None else Q(upc__gt=after)
        found = list(
            Product.objects.filter(beyond)
            .exclude(structure=Product.PARENT)
            .select_related("card__replaced_by", "parent__card")
            .order_by("upc")[:CHUNK]
        )
        if not found:
            return
        rows = {product.pk: _row(product) for product in found}
        _add_units(rows)
        _add_attributes(rows)
        _add_categories(rows, found, tree, chinese)
        yield from ([row.get(name) for name in header] for row in rows.values())
        after = found[-1].upc


def _row(product: Any) -> Row:
    card = card_of(product)
    row: Row = {
        "sku": product.upc,
        "name_en": product.title,
        "name_zh": card.name_zh,
        "model": card.model_code,
        "brand": card.brand,
        "unit": card.unit,
        "ean": card.ean,
        "order_multiple": card.order_multiple,
        "minimum_quantity": card.minimum_quantity,
        "weight_kg": card.weight_kg,
        "description_en": product.description,
        "description_zh": card.description_zh,
        "recommended_retail_price": card.recommended_retail_price,
        "available": "yes" if product.is_public else "no",
        "discontinued_on": card.discontinued_on,
        "replaced_by": card.replaced_by.upc if card.replaced_by else None,
    }
    if product.parent is not None:
        row |= {"model_name_en": product.parent.title, "model_name_zh": card_of(product.parent).name_zh}
    return row | {f"{ATTRIBUTE_ZH}{code}": value for code, value in card.attributes_zh.items()}


def _add_units(rows: dict[int, Row]) -> None:
    for unit in ProductUnit.objects.filter(product__in=rows):
        for part, name in FIELDS.items():
            rows[unit.product_id][f"{unit.code}_{part}"] = getattr(unit, name)


def _add_attributes(rows: dict[int, Row]) -> None:
    values = ProductAttributeValue.objects.filter(product__in=rows).exclude(value_text=None)
    for product, code, text in values.values_list("product_id", "attribute__code", "value_text"):
        rows[product][f"{ATTRIBUTE}{code}"] = text


def _add_categories(rows: dict[int, Row], found: Sequence[Any], tree: CategoryTree, chinese: dict[str, str]) -> None:
    owners: dict[int, list[int]] = {}
    for product in found:
        owners.setdefault(product.parent_id or product.pk, []).append(product.pk)
    has = ProductCategory.objects.filter(product__in=owners).order_by("pk")
    for owner, category, path in has.values_list("product_id", "category_id", "category__path"):
        step = get_model("catalogue", "Category").steplen
        words = [chinese.get(path[:end], "") for end in range(step, len(path) + 1, step)]
        for product in owners[owner]:
            rows[product]["category_en"] = " > ".join(tree.paths[category])
            rows[product]["category_zh"] = " > ".join(words) if all(words) else None
