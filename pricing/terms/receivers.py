"""Keeping formula lists right when a product's category or brand changes, in bulk or in the catalogue's own screens."""

from __future__ import annotations

from typing import Any

from django.db.models.signals import m2m_changed, post_delete, post_save
from oscar.core.loading import get_model

from pricing.catalogue.models import ProductCard
from pricing.catalogue.signals import catalogue_changed
from pricing.terms.derive import derive

Product = get_model("catalogue", "Product")
Category = get_model("catalogue", "Category")
ProductCategory = get_model("catalogue", "ProductCategory")


def on_catalogue_changed(sender: Any, product_ids: list[int], **kwargs: Any) -> None:
    """An import changed products."""
    derive(products=product_ids)


def on_part(sender: Any, instance: Any, raw: bool = False, origin: Any = None, **kwargs: Any) -> None:
    """A card or a category membership of a product was saved or deleted; a product that goes takes its prices along."""
    if not raw and getattr(origin, "model", type(origin)) is not Product:
        derive(products=[instance.product_id])


def on_category(sender: Any, instance: Any, created: bool = False, raw: bool = False, **kwargs: Any) -> None:
    """A category may have moved; a new one has no products yet."""
    if not raw and not created:
        derive()


def on_memberships(sender: Any, instance: Any, action: str, **kwargs: Any) -> None:
    """Categories were set through the relation."""
    if action in ("post_add", "post_remove", "post_clear") and isinstance(instance, Product):
        derive(products=[instance.pk])


def connect() -> None:
    """Listen; called once, when the application is ready."""
    catalogue_changed.connect(on_catalogue_changed, dispatch_uid="formulas:catalogue")
    post_save.connect(on_part, sender=ProductCard, dispatch_uid="formulas:card")
    post_save.connect(on_part, sender=ProductCategory, dispatch_uid="formulas:membership")
    post_delete.connect(on_part, sender=ProductCategory, dispatch_uid="formulas:membership:gone")
    post_save.connect(on_category, sender=Category, dispatch_uid="formulas:category")
    m2m_changed.connect(on_memberships, sender=ProductCategory, dispatch_uid="formulas:memberships")
