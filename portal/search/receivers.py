"""Keeping the index right when products change: in bulk by an import, or one by one in the catalogue's own screens."""

from __future__ import annotations

from typing import Any

from django.db.models.signals import m2m_changed, post_delete, post_save
from oscar.core.loading import get_model

from portal.search.index import reindex
from pricing.catalogue.models import CategoryCard, ProductCard, ProductUnit
from pricing.catalogue.signals import catalogue_changed

Product = get_model("catalogue", "Product")
Category = get_model("catalogue", "Category")
ProductCategory = get_model("catalogue", "ProductCategory")
ProductAttributeValue = get_model("catalogue", "ProductAttributeValue")


def on_catalogue_changed(sender: Any, product_ids: list[int], **kwargs: Any) -> None:
    """An import changed products."""
    reindex(product_ids)


def on_product(sender: Any, instance: Any, raw: bool = False, **kwargs: Any) -> None:
    """A product was saved."""
    if not raw:
        reindex([instance.pk])


def on_part(sender: Any, instance: Any, raw: bool = False, **kwargs: Any) -> None:
    """A card, a category membership or an attribute value of a product was saved or deleted."""
    if not raw:
        reindex([instance.product_id])


def on_part_gone(sender: Any, instance: Any, origin: Any = None, **kwargs: Any) -> None:
    """A category membership or an attribute value was deleted; where its product goes too, nothing is left to do."""
    if getattr(origin, "model", type(origin)) is not Product:
        reindex([instance.product_id])


def on_unit_gone(sender: Any, instance: Any, origin: Any = None, **kwargs: Any) -> None:
    """One packing unit was deleted. An import deletes many and says itself which products changed."""
    if origin is instance:
        reindex([instance.product_id])


def on_category(sender: Any, instance: Any, created: bool = False, raw: bool = False, **kwargs: Any) -> None:
    """A category was renamed: its products and those below it are called otherwise now."""
    if raw or (created and sender is Category):
        return
    category = instance if sender is Category else instance.category
    below = ProductCategory.objects.filter(category__path__startswith=category.path)
    reindex(below.values_list("product_id", flat=True))


def on_memberships(sender: Any, instance: Any, action: str, **kwargs: Any) -> None:
    """Categories were set through the relation."""
    if action in ("post_add", "post_remove", "post_clear") and isinstance(instance, Product):
        reindex([instance.pk])


def connect() -> None:
    """Listen; called once, when the application is ready."""
    catalogue_changed.connect(on_catalogue_changed, dispatch_uid="search:catalogue")
    post_save.connect(on_product, sender=Product, dispatch_uid="search:product")
    for model in (ProductCard, ProductUnit, ProductCategory, ProductAttributeValue):
        post_save.connect(on_part, sender=model, dispatch_uid=f"search:{model.__name__}")
    for model in (ProductCategory, ProductAttributeValue):
        post_delete.connect(on_part_gone, sender=model, dispatch_uid=f"search:{model.__name__}:gone")
    post_delete.connect(on_unit_gone, sender=ProductUnit, dispatch_uid="search:ProductUnit:gone")
    for model in (Category, CategoryCard):
        post_save.connect(on_category, sender=model, dispatch_uid=f"search:{model.__name__}")
    m2m_changed.connect(on_memberships, sender=ProductCategory, dispatch_uid="search:memberships")
