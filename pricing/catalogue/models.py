"""What is sold, beside Oscar's catalogue: side tables for what a dealer needs and Oscar does not hold.

Oscar's `Product.upc` is our SKU, `Product.title` and `description` are the English words.
"""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

#: More than any pallet holds; a larger number is a slip of the keyboard.
LARGEST_FACTOR = 1_000_000
FILE_LANGUAGES = (("en", _("English")), ("zh-hans", _("Chinese")))


class Unit(models.TextChoices):
    """Units of sale and of packing. Their UN/ECE Recommendation 20 codes stand in `UNECE_CODES`."""

    PIECE = "piece", _("piece")
    PAIR = "pair", _("pair")
    SET = "set", _("set")
    BOX = "box", _("box")
    ROLL = "roll", _("roll")
    PACK = "pack", _("pack")
    METRE = "metre", _("metre")
    KILOGRAM = "kilogram", _("kilogram")
    LITRE = "litre", _("litre")
    DOZEN = "dozen", _("dozen")
    CASE = "case", _("case")
    CARTON = "carton", _("carton")
    PALLET = "pallet", _("pallet")

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
    Unit.DOZEN: "DZN",
    Unit.CASE: "XCS",
    Unit.CARTON: "XCT",
    Unit.PALLET: "XPX",
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
    replaced_by = models.ForeignKey(
        "catalogue.Product",
        verbose_name=_("replaced by"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="replaces",
    )

    class Meta:
        verbose_name = _("product card")
        verbose_name_plural = _("product cards")
        constraints = (
            models.CheckConstraint(condition=Q(order_multiple__gte=1), name="order_multiple_at_least_one"),
            models.CheckConstraint(condition=Q(minimum_quantity__gte=1), name="minimum_quantity_at_least_one"),
            models.CheckConstraint(
                condition=Q(replaced_by__isnull=True) | ~Q(replaced_by=F("product")), name="replaced_by_another_product"
            ),
        )

    def __str__(self) -> str:
        return self.name_zh


class ProductUnit(models.Model):
    """A larger unit a product can be ordered in. Everything stored and computed counts in the card's sales unit.

    `factor` is how many sales units are in one; `weight_kg` is that of one packed unit, empty when it was not weighed.
    """

    product = models.ForeignKey("catalogue.Product", on_delete=models.CASCADE, related_name="units")
    code = models.CharField(_("unit"), max_length=20, choices=Unit.choices)
    factor = models.PositiveIntegerField(_("contains"))
    ean = models.CharField(_("EAN"), max_length=14, blank=True)
    weight_kg = models.DecimalField(_("weight, kg"), max_digits=10, decimal_places=3, null=True, blank=True)

    class Meta:
        verbose_name = _("packing unit")
        verbose_name_plural = _("packing units")
        ordering = ("product", "factor", "code")
        constraints = (
            models.UniqueConstraint(fields=("product", "code"), name="one_factor_per_product_and_unit"),
            models.UniqueConstraint(fields=("ean",), condition=~Q(ean=""), name="one_packing_unit_per_ean"),
            models.CheckConstraint(
                condition=Q(factor__gte=2, factor__lte=LARGEST_FACTOR), name="packing_unit_holds_more"
            ),
        )

    def __str__(self) -> str:
        return f"{self.product_id}: {self.code} of {self.factor}"


class FileKind(models.TextChoices):
    """What a product's file to download is."""

    DATA_SHEET = "data_sheet", _("Data sheet")
    CERTIFICATE = "certificate", _("Certificate")
    MANUAL = "manual", _("Manual")
    DRAWING = "drawing", _("Drawing")


class ProductFile(models.Model):
    """A file to download with a product; a model's file belongs to all its variants.

    It has no public address: whoever asks is shown it through a view that looks at the assortment.
    """

    product = models.ForeignKey("catalogue.Product", on_delete=models.CASCADE, related_name="files")
    kind = models.CharField(_("kind"), max_length=20, choices=FileKind.choices, default=FileKind.DATA_SHEET)
    title = models.CharField(_("title"), max_length=200)
    title_zh = models.CharField(_("Chinese title"), max_length=200, blank=True)
    language = models.CharField(_("language"), max_length=10, choices=FILE_LANGUAGES, blank=True)
    file = models.FileField(_("file"), upload_to="product-files/", max_length=255)
    name = models.CharField(_("file name"), max_length=255)
    size = models.PositiveBigIntegerField(_("size, bytes"))
    added_at = models.DateTimeField(_("added"), default=timezone.now)

    class Meta:
        verbose_name = _("product file")
        verbose_name_plural = _("product files")
        ordering = ("product", "kind", "title", "pk")
        constraints = (
            models.UniqueConstraint(fields=("product", "kind", "name"), name="one_file_per_product_and_name"),
        )

    def __str__(self) -> str:
        return self.title


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
