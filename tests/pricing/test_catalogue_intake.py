"""Products: what a file makes of the catalogue, and what it refuses."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from oscar.core.loading import get_model

from pricing.catalogue.attributes import Label
from pricing.catalogue.intake import ProductsIntake
from pricing.catalogue.models import AttributeCard, CategoryCard
from pricing.catalogue.pictures import PictureRefused
from tests.intakes import counts, problems, rows, statements, take

Product = get_model("catalogue", "Product")
ProductImage = get_model("catalogue", "ProductImage")
StockRecord = get_model("partner", "StockRecord")

pytestmark = pytest.mark.django_db

PAN: dict[str, Any] = {
    "sku": "PAN-24",
    "name_en": "Frying pan, 24 cm",
    "name_zh": "煎锅",
    "category_en": "Cookware > Pans",
    "category_zh": "炊具 > 平底锅",
    "brand": "Hearth",
    "unit": "件",
    "ean": "6901234567892",
    "order_multiple": "6",
    "weight_kg": "2.5",
    "weight_unit": "lb",
    "attribute:colour": "Black",
    "attribute_zh:colour": "黑色",
}


def a_pan(sku: str, **changes: Any) -> dict[str, Any]:
    return {**PAN, "sku": sku, "name_en": f"Pan {sku}", **changes}


class AlbumOf:
    """Pictures that are known by name."""

    def __init__(self, *names: str) -> None:
        self.names = names

    def store(self, name: str) -> str:
        if name not in self.names:
            raise PictureRefused("not there")
        return f"products/{name}"


def test_a_row_makes_a_product_with_everything_it_says() -> None:
    outcome = take(ProductsIntake, PAN, labels={"colour": Label("Colour", "颜色")})

    pan = Product.objects.get(upc="PAN-24")
    assert counts(outcome) == (1, 0, 0, 0)
    assert (pan.title, pan.card.name_zh, pan.card.unit, pan.card.order_multiple) == (
        "Frying pan, 24 cm",
        "煎锅",
        "piece",
        6,
    )
    assert pan.card.weight_kg == Decimal("1.134")
    assert [str(each.full_name) for each in pan.categories.all()] == ["Cookware > Pans"]
    assert CategoryCard.objects.get(category__name="Cookware").name_zh == "炊具"
    assert pan.attribute_values.get().value_text == "Black"
    assert pan.card.attributes_zh == {"colour": "黑色"}
    assert AttributeCard.objects.get().name_zh == "颜色"
    record = StockRecord.objects.get(product=pan)
    assert (record.partner_sku, record.num_in_stock, record.price) == ("PAN-24", 0, None)


def test_the_same_file_twice_changes_nothing() -> None:
    pans = [a_pan("A", model="M"), a_pan("B", model="M"), a_pan("C", image="c.png")]
    take(ProductsIntake, *pans, pictures=AlbumOf("c.png"))
    before = list(Product.objects.order_by("pk").values())

    outcome = take(ProductsIntake, *pans, pictures=AlbumOf("c.png"))

    assert counts(outcome) == (0, 0, 3, 0)
    assert list(Product.objects.order_by("pk").values()) == before
    assert ProductImage.objects.count() == 1


@pytest.mark.parametrize(
    ("change", "read"),
    [
        ({"name_en": "New name"}, lambda p: p.title == "New name"),
        ({"brand": ""}, lambda p: p.card.brand == ""),
        ({"category_en": "Cookware", "category_zh": "炊具"}, lambda p: p.categories.get().name == "Cookware"),
        ({"category_en": "", "category_zh": ""}, lambda p: not p.categories.exists()),
        ({"attribute:colour": "Red"}, lambda p: p.attribute_values.get().value_text == "Red"),
        ({"attribute:colour": ""}, lambda p: not p.attribute_values.exists()),
        ({"available": "no"}, lambda p: not p.is_public),
    ],
)
def test_a_corrected_row_changes_that_product_alone(change: dict[str, str], read: Any) -> None:
    take(ProductsIntake, a_pan("A"), a_pan("B"))

    outcome = take(ProductsIntake, a_pan("A", **change), a_pan("B"))

    assert counts(outcome) == (0, 1, 1, 0)
    assert read(Product.objects.get(upc="A"))


def test_a_column_that_is_missing_leaves_what_is_stored() -> None:
    take(ProductsIntake, PAN)

    outcome = take(ProductsIntake, {"sku": "PAN-24", "name_en": "Frying pan, 24 cm"})

    assert counts(outcome) == (0, 0, 1, 0)
    assert Product.objects.get(upc="PAN-24").card.brand == "Hearth"


def test_two_products_of_a_model_become_variants_of_one_parent() -> None:
    take(ProductsIntake, a_pan("A", model="M", model_name_en="Pans"), a_pan("B", model="M", model_name_en="Pans"))

    parent = Product.objects.get(structure=Product.PARENT)
    assert (parent.title, parent.upc or None, parent.card.model_code) == ("Pans", None, "M")
    assert [child.upc for child in parent.children.order_by("upc")] == ["A", "B"]
    assert parent.categories.count() == 1
    assert not Product.objects.get(upc="A").categories.exists()


def test_a_variant_that_comes_later_joins_and_takes_the_first_along() -> None:
    take(ProductsIntake, a_pan("A", model="M"))
    first = Product.objects.get(upc="A")

    outcome = take(ProductsIntake, a_pan("B", model="M"))

    moved = Product.objects.get(upc="A")
    assert counts(outcome) == (1, 0, 0, 0)
    assert (moved.pk, moved.structure) == (first.pk, Product.CHILD)
    assert moved.parent.children.count() == 2
    assert moved.parent.categories.get().name == "Pans"


def test_a_product_that_leaves_its_model_stands_alone_again() -> None:
    take(ProductsIntake, a_pan("A", model="M"), a_pan("B", model="M"))

    take(ProductsIntake, a_pan("B", model=""))

    assert Product.objects.get(upc="B").structure == Product.STANDALONE
    assert Product.objects.get(upc="A").structure == Product.CHILD


def test_variants_in_two_categories_are_refused() -> None:
    outcome = take(ProductsIntake, a_pan("A", model="M"), a_pan("B", model="M", category_en="Knives > Chef"))

    assert problems(outcome) == [(3, "category_en")]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("sku", ""),
        ("sku", "X" * 65),
        ("name_en", ""),
        ("name_en", "N" * 256),
        ("order_multiple", "0"),
        ("order_multiple", "-6"),
        ("order_multiple", "1.5"),
        ("order_multiple", "six"),
        ("order_multiple", "9" * 30),
        ("weight_kg", "1,2"),
        ("weight_kg", "1e3"),
        ("recommended_retail_price", "1.999"),
        ("ean", "12345"),
        ("unit", "furlong"),
        ("available", "perhaps"),
        ("discontinued_on", "31/03/2026"),
        ("discontinued_on", "2026-02-30"),
        ("category_zh", "炊具"),
        ("name_zh", "a\x07b"),
    ],
)
def test_a_bad_cell_is_named_and_the_good_row_is_kept(field: str, value: str) -> None:
    outcome = take(ProductsIntake, a_pan("GOOD"), {**PAN, field: value})

    assert problems(outcome) == [(3, field)]
    assert list(Product.objects.values_list("upc", flat=True)) == ["GOOD"]


def test_a_repeated_sku_is_refused_across_batches() -> None:
    intake = ProductsIntake()
    first, second = rows(a_pan("A"), a_pan("A", name_en="Another"))

    assert not intake.take([first]).problems
    assert problems(intake.take([second])) == [(3, "sku")]


def test_a_missing_picture_refuses_its_row() -> None:
    outcome = take(ProductsIntake, a_pan("A", image="a.png;b.png"), pictures=AlbumOf("a.png"))

    assert problems(outcome) == [(2, "image")]


def test_statements_do_not_grow_with_rows() -> None:
    few = [a_pan(f"F{i}", model=f"M{i % 3}") for i in range(10)]
    many = [a_pan(f"X{i}", model=f"N{i % 300}") for i in range(1000)]
    statements(ProductsIntake, [a_pan("warm"), a_pan("warm2")])

    assert statements(ProductsIntake, many) == statements(ProductsIntake, few)
