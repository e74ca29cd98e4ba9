"""More goods for the shop's tests: categories, models with variants, pictures, many products."""

from __future__ import annotations

from typing import Any

from django.core.files.base import ContentFile
from oscar.core.loading import get_model

from pricing.catalogue.models import AttributeCard, CategoryCard, ProductCard
from pricing.catalogue.signals import catalogue_changed
from pricing.terms.models import Price, PriceList
from tests import factories

Product = get_model("catalogue", "Product")
ProductClass = get_model("catalogue", "ProductClass")
ProductAttribute = get_model("catalogue", "ProductAttribute")
ProductAttributeValue = get_model("catalogue", "ProductAttributeValue")
ProductImage = get_model("catalogue", "ProductImage")
Category = get_model("catalogue", "Category")
StockRecord = get_model("partner", "StockRecord")
Partner = get_model("partner", "Partner")

GIF = (
    b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff!\xf9\x04\x01\x00\x00\x00\x00,"
    b"\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;"
)


def make_category(name: str, name_zh: str, parent: Any = None) -> Any:
    """A category with its Chinese name."""
    category = parent.add_child(name=name) if parent else Category.add_root(name=name)
    CategoryCard.objects.create(category=category, name_zh=name_zh)
    return category


def make_variants(model: str, sizes: list[str], price: str = "10.00") -> list[Any]:
    """A model with one variant for each size, priced on the wholesale list."""
    product_class, _new = ProductClass.objects.get_or_create(name="Goods", defaults={"slug": "goods"})
    attribute, _new = ProductAttribute.objects.get_or_create(
        product_class=product_class, code="size", defaults={"name": "Size"}
    )
    material, _new = ProductAttribute.objects.get_or_create(
        product_class=product_class, code="steel", defaults={"name": "Material"}
    )
    AttributeCard.objects.get_or_create(attribute=attribute, defaults={"name_zh": "尺寸"})
    parent = Product.objects.create(
        product_class=product_class, structure=Product.PARENT, title=model, slug=model.lower()
    )
    partner, _new = Partner.objects.get_or_create(code="supplier", defaults={"name": "Supplier"})
    variants = []
    for size in sizes:
        sku = f"{model}-{size}".upper()
        child = Product.objects.create(structure=Product.CHILD, parent=parent, upc=sku, slug=sku.lower())
        StockRecord.objects.create(
            product=child, partner=partner, partner_sku=sku, num_in_stock=50, num_allocated=0, price_currency="EUR"
        )
        ProductCard.objects.create(
            product=child, name_zh=f"{model}{size}号", attributes_zh={"size": f"{size}号", "steel": "钢"}
        )
        ProductAttributeValue.objects.create(product=child, attribute=attribute, value_text=size)
        ProductAttributeValue.objects.create(product=child, attribute=material, value_text="Steel")
        factories.set_price(PriceList.objects.get(code="WHOLESALE"), child, price)
        variants.append(child)
    return variants


def make_many(count: int, start: int = 0) -> list[Any]:
    """Plain priced products with a picture."""
    wholesale = PriceList.objects.get(code="WHOLESALE")
    product_class, _new = ProductClass.objects.get_or_create(name="Goods", defaults={"slug": "goods"})
    partner, _new = Partner.objects.get_or_create(code="supplier", defaults={"name": "Supplier"})
    skus = [f"MANY-{number:05d}" for number in range(start, start + count)]
    made = Product.objects.bulk_create(
        [Product(product_class=product_class, upc=sku, title=f"Thing {sku}", slug=sku.lower()) for sku in skus]
    )
    ProductCard.objects.bulk_create([ProductCard(product=product) for product in made])
    Price.objects.bulk_create([Price(price_list=wholesale, product=product, price="1.00") for product in made])
    StockRecord.objects.bulk_create(
        [
            StockRecord(
                product=product, partner=partner, partner_sku=product.upc, num_in_stock=100, price_currency="EUR"
            )
            for product in made
        ]
    )
    catalogue_changed.send(Product, product_ids=[product.pk for product in made])
    picture = ProductImage(product=made[0])
    picture.original.save("one.gif", ContentFile(GIF))
    ProductImage.objects.bulk_create(
        [ProductImage(product=product, original=picture.original.name) for product in made[1:]]
    )
    return made
