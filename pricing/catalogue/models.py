"""What is sold, beside Oscar's catalogue: side tables for what a dealer needs and Oscar does not hold.

Oscar's `Product.upc` is our SKU, `Product.title` and `description` are the English words.
"""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _


class Unit(models.TextChoices):
    """Sales units. Their UN/ECE Recommendation 20 codes stand in `UNECE_CODES`."""

    PIECE = "piece", _("piece")
    PAIR = "pair", _("pair")
    SET = "set", _("set")
    BOX = "box", _("box")
    ROLL = "roll", _("roll")
    PACK = "pack", _("pack")
    METRE = "metre", _("metre")
    KILOGRAM = "kilogram", _("kilogram")
    LITRE = "litre", _("litre")

    @classmethod
    def word(cls, code: str) -> str:
        """The unit in the language of the reader; a code that is none of ours as it is."""
        return str(cls(code).label) if code in cls.values else code


UNECE_CODES: dict[str, str] = {
    Unit.PIECE: "C62",
    Unit.PAIR: "PR",
    Unit.SET: "SET",
    Unit.BOX: "XBX",
    Unit.ROLL: "XRO",
    Unit.PACK: "XPK",
    Unit.METRE: "MTR",
    Unit.KILOGRAM: "KGM",
    Unit.LITRE: "LTR",
}


def reads_chinese() -> bool:
    """Whether the active language is Chinese."""
    return (get_language() or "").startswith("zh")


class ProductCard(models.Model):
    """What dealers need to know of a product beyond Oscar's columns. A product without a card has the defaults."""

    product = models.OneToOneField("catalogue.Product", primary_key=True, on_delete=models.CASCADE, related_name="card")
    name_zh = models.CharField(_("Chinese name"), max_length=255, blank=True)
    description_zh = models.TextField(_("Chinese description"), blank=True)
    brand = models.CharField(_("brand"), max_length=100, blank=True)
    model_code = models.CharField(_("model"), max_length=100, blank=True, db_index=True)
    unit = models.CharField(_("unit"), max_length=20, choices=Unit.choices, default=Unit.PIECE)
    ean = models.CharField(_("EAN"), max_length=14, blank=True, db_index=True)
    order_multiple = models.PositiveIntegerField(_("order multiple"), default=1)
    minimum_quantity = models.PositiveIntegerField(_("minimum order quantity"), default=1)
    weight_kg = models.DecimalField(_("weight, kg"), max_digits=10, decimal_places=3, null=True, blank=True)
    recommended_retail_price = models.DecimalField(
        _("recommended retail price"), max_digits=14, decimal_places=2, null=True, blank=True
    )
    discontinued_on = models.DateField(_("discontinued on"), null=True, blank=True)
    attributes_zh = models.JSONField(_("attribute values in Chinese"), default=dict, blank=True)

    class Meta:
        verbose_name = _("product card")
        verbose_name_plural = _("product cards")
        constraints = (
            models.CheckConstraint(condition=Q(order_multiple__gte=1), name="order_multiple_at_least_one"),
            models.CheckConstraint(condition=Q(minimum_quantity__gte=1), name="minimum_quantity_at_least_one"),
        )

    def __str__(self) -> str:
        return self.name_zh


class CategoryCard(models.Model):
    """A category's Chinese name; Oscar's `Category.name` is the English one."""

    category = models.OneToOneField(
        "catalogue.Category", primary_key=True, on_delete=models.CASCADE, related_name="card"
    )
    name_zh = models.CharField(_("Chinese name"), max_length=255, blank=True)

    class Meta:
        verbose_name = _("category card")
        verbose_name_plural = _("category cards")

    def __str__(self) -> str:
        return self.name_zh


class AttributeCard(models.Model):
    """An attribute's Chinese label; Oscar's `ProductAttribute.name` is the English one."""

    attribute = models.OneToOneField(
        "catalogue.ProductAttribute", primary_key=True, on_delete=models.CASCADE, related_name="card"
    )
    name_zh = models.CharField(_("Chinese name"), max_length=128, blank=True)

    class Meta:
        verbose_name = _("attribute card")
        verbose_name_plural = _("attribute cards")

    def __str__(self) -> str:
        return self.name_zh
