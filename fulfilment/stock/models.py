"""What is there to sell, by location. Oscar's StockRecord holds the total and what orders have taken of it."""

from __future__ import annotations

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from fulfilment.stock.feed_models import StockFeedToken as StockFeedToken  # the app's other tables, and their words
from fulfilment.stock.outlet_models import COUNTS as COUNTS
from fulfilment.stock.outlet_models import MoveKind as MoveKind
from fulfilment.stock.outlet_models import OutletStock as OutletStock
from fulfilment.stock.outlet_models import OutletStockMove as OutletStockMove
from fulfilment.stock.outlet_models import StockShortfall as StockShortfall


class Location(models.Model):
    """A warehouse of the supplier."""

    code = models.CharField(_("code"), max_length=50, unique=True)
    name = models.CharField(_("name"), max_length=200)

    class Meta:
        verbose_name = _("location")
        verbose_name_plural = _("locations")
        ordering = ("code",)

    def __str__(self) -> str:
        return self.name


class StockLevel(models.Model):
    """How much of a product lies at a location, as of when. The sum over locations is `StockRecord.num_in_stock`."""

    location = models.ForeignKey(Location, on_delete=models.CASCADE, related_name="levels")
    product = models.ForeignKey("catalogue.Product", on_delete=models.CASCADE, related_name="stock_levels")
    on_hand = models.PositiveIntegerField(_("on hand"), default=0)
    as_of = models.DateTimeField(_("as of"), default=timezone.now)

    class Meta:
        verbose_name = _("stock level")
        verbose_name_plural = _("stock levels")
        constraints = (
            models.UniqueConstraint(fields=("product", "location"), name="one_level_per_product_and_location"),
        )

    def __str__(self) -> str:
        return f"{self.product_id}@{self.location_id}: {self.on_hand}"


class ExpectedReceipt(models.Model):
    """Goods on their way to a location. Told to dealers as a date, never counted as stock.

    `reference` is the supplier's own purchase or production order, empty where there is one receipt only; `as_of` is
    when the date was told. A day that has passed is a promise broken and is not shown.
    """

    location = models.ForeignKey(Location, on_delete=models.CASCADE, related_name="expected")
    product = models.ForeignKey("catalogue.Product", on_delete=models.CASCADE, related_name="expected_receipts")
    quantity = models.PositiveIntegerField(_("quantity"))
    expected_on = models.DateField(_("expected on"))
    reference = models.CharField(_("reference"), max_length=100, blank=True)
    as_of = models.DateTimeField(_("as of"), default=timezone.now)

    class Meta:
        verbose_name = _("expected receipt")
        verbose_name_plural = _("expected receipts")
        constraints = (
            models.UniqueConstraint(
                fields=("product", "location", "reference"), name="one_receipt_per_product_location_and_reference"
            ),
            models.CheckConstraint(condition=models.Q(quantity__gte=1), name="expected_receipt_brings_something"),
        )
        indexes = (models.Index(fields=("product", "expected_on"), name="expected_by_product_and_day"),)

    def __str__(self) -> str:
        return f"{self.product_id}@{self.location_id}: {self.quantity} on {self.expected_on}"
