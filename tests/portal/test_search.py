"""Finding products by SKU, parts of it, EAN and words in both languages."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from oscar.core.loading import get_model

from portal.search.index import reindex
from portal.search.query import exact_first, matching
from pricing.catalogue.intake import ProductsIntake
from tests.intakes import take

Product = get_model("catalogue", "Product")
Category = get_model("catalogue", "Category")

pytestmark = pytest.mark.django_db

PEDAL: dict[str, Any] = {
    "sku": "M39x119-R",
    "name_en": "Café racer pedal",
    "name_zh": "铝合金车架脚踏",
    "category_en": "Components > Pedals",
    "category_zh": "零件 > 脚踏板",
    "ean": "6901234567892",
    "brand": "O'Hara",
    "description_en": "Sealed bearings.",
    "attribute:colour": "Midnight blue",
}
OTHER: dict[str, Any] = {"sku": "M39", "name_en": "Bell", "name_zh": "车铃"}


@pytest.fixture(autouse=True)
def _catalogue(db: None) -> None:
    take(ProductsIntake, PEDAL, {**OTHER, "description_en": "Loud beside any pedal"})


def found(text: str) -> list[str]:
    return list(Product.objects.filter(matching(text)).order_by(exact_first(text), "upc").values_list("upc", flat=True))


@pytest.mark.parametrize(
    "text",
    [
        "M39x119-R",
        "m39x119",
        "119",
        "6901234567892",
        "cafe RACER",
        "pedal rac",
        "铝合金",
        "合金车架",
        "脚踏板",
        "零件",
        "o'hara",
        "midnight",
        "bearings",
        "Ｍ39x119",
        "铝合金 racer",
    ],
)
def test_found_by(text: str) -> None:
    assert "M39x119-R" in found(text)


@pytest.mark.parametrize("text", ["", "   ", "金铝", "合金铝", "pedals racers", "';--", ":*", "\\", "%", "( | & !"])
def test_not_found_by(text: str) -> None:
    assert "M39x119-R" not in found(text)


def test_the_exact_sku_comes_first_and_names_before_descriptions() -> None:
    assert found("m39") == ["M39", "M39x119-R"]
    assert found("pedal") == ["M39x119-R", "M39"]


def test_one_letter_of_chinese() -> None:
    assert found("车") == ["M39", "M39x119-R"]


def test_editing_a_product_by_hand_is_found() -> None:
    pedal = Product.objects.get(upc="M39x119-R")
    pedal.title = "Flat pedal"
    pedal.save()
    pedal.card.name_zh = "平踏"
    pedal.card.save()

    assert found("flat") == ["M39x119-R"]
    assert found("平踏") == ["M39x119-R"]


def test_renaming_a_category_is_found() -> None:
    top = Category.objects.get(name="Components")
    top.name = "Spares"
    top.save()

    assert found("spares") == ["M39x119-R"]


def test_a_deleted_product_leaves_nothing_behind() -> None:
    Product.objects.get(upc="M39x119-R").delete()

    assert found("racer") == []


def test_statements_do_not_grow_with_products() -> None:
    take(ProductsIntake, *({**OTHER, "sku": f"B{i}"} for i in range(200)))
    ids = list(Product.objects.values_list("pk", flat=True))
    with CaptureQueriesContext(connection) as few:
        reindex(ids[:2])

    with CaptureQueriesContext(connection) as many:
        reindex(ids)

    assert len(many) == len(few)
