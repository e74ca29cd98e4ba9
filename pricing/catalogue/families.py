"""Which products are variants of one model: Oscar's parents and children, kept right as variants come and go.

Two or more products that share a model are children of one parent, which is not for sale and has no SKU; a model's
only product stands alone. The variant with the lowest SKU *leads*: its row names, describes and classifies the parent.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import Q
from django.utils.text import slugify
from oscar.core.loading import get_model

from pricing.catalogue.models import ProductCard

Product = get_model("catalogue", "Product")


class Shelf:
    """The stored products a batch is about, and all others of their models; two statements."""

    def __init__(self, skus: Iterable[str], models: Iterable[str]) -> None:
        skus = list(skus)
        former = ProductCard.objects.filter(product__upc__in=skus).exclude(model_code="").values("model_code")
        found = Product.objects.filter(
            Q(upc__in=skus) | Q(card__model_code__in=[model for model in models if model])
            | Q(card__model_code__in=list(former.values_list("model_code", flat=True).distinct()))
        ).select_related("card")  # fmt: skip
        self.products: dict[str, Any] = {}
        self.parents: dict[str, Any] = {}
        for product in found:
            if product.structure == Product.PARENT:
                self.parents[card_of(product).model_code] = product
            elif product.upc:
                self.products[product.upc] = product

    def members(self) -> dict[str, list[Any]]:
        """The products of each model, lowest SKU first, as their cards say now."""
        families: dict[str, list[Any]] = {}
        for product in sorted(self.products.values(), key=lambda each: each.upc or ""):
            families.setdefault(card_of(product).model_code, []).append(product)
        families.pop("", None)
        return families


def card_of(product: Any) -> ProductCard:
    """The product's card; a new one where there is none."""
    try:
        card: ProductCard = product.card
    except ProductCard.DoesNotExist:
        card = product.card = ProductCard(product=product)
    return card


def code_of(product: Any) -> str:
    """By what files and records name a product: its SKU, a model by its code."""
    return product.upc or card_of(product).model_code


def sold_or_models(codes: Iterable[str]) -> dict[str, Any]:
    """The products with these SKUs, and the models with these codes; where both are, the SKU. One statement."""
    wanted = set(codes)
    models = Q(structure=Product.PARENT, card__model_code__in=wanted)
    found = list(Product.objects.filter(Q(upc__in=wanted) | models).select_related("card"))
    by_model = {card_of(each).model_code: each for each in found if each.structure == Product.PARENT}
    return by_model | {each.upc: each for each in found if each.upc}


def new_product(sku: str) -> Any:
    """A product that stands alone, not yet saved."""
    product = Product(upc=sku, structure=Product.STANDALONE)
    product.card = ProductCard(product=product)
    return product


def new_parent(model: str) -> Any:
    """A model's parent, not yet saved."""
    product = Product(upc=None, structure=Product.PARENT, title=model, slug=slug_for(model, ""))
    product.card = ProductCard(product=product, model_code=model)
    return product


def slug_for(title: str, sku: str) -> str:
    """A slug that no other SKU has."""
    return (slugify(f"{title[:150]}-{sku}") or "product")[:255]


def structure_of(product: Any, parent: Any | None, product_class: Any) -> dict[str, Any]:
    """What Oscar must hold for a product that stands alone or under its model's parent."""
    if parent is None:
        product_class_id = product.product_class_id or product_class.pk
        return {"structure": Product.STANDALONE, "parent_id": None, "product_class_id": product_class_id}
    return {"structure": Product.CHILD, "parent_id": parent.pk, "product_class_id": None}
