"""The terms a dealer buys on: price lists, their prices by quantity and date, and who has which list."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _


class PriceList(models.Model):
    """Prices for dealers in one currency, before tax."""

    code = models.CharField(_("code"), max_length=50, unique=True)
    name = models.CharField(_("name"), max_length=200)
    currency = models.CharField(_("currency"), max_length=3)

    class Meta:
        verbose_name = _("price list")
        verbose_name_plural = _("price lists")
        ordering = ("code",)

    def __str__(self) -> str:
        return self.name


class DealerPriceList(models.Model):
    """A dealer buys by this list; the lowest `priority` that prices a product wins, the others are the fallback."""

    dealer = models.ForeignKey("dealers_accounts.Dealer", on_delete=models.CASCADE, related_name="price_lists")
    price_list = models.ForeignKey(PriceList, on_delete=models.PROTECT, related_name="dealers")
    priority = models.PositiveSmallIntegerField(_("priority"))

    class Meta:
        verbose_name = _("dealer's price list")
        verbose_name_plural = _("dealers' price lists")
        ordering = ("dealer", "priority")
        constraints = (
            models.UniqueConstraint(fields=("dealer", "price_list"), name="one_place_per_price_list"),
            models.UniqueConstraint(
                fields=("dealer", "priority"), name="one_price_list_per_priority", deferrable=models.Deferrable.DEFERRED
            ),
        )

    def __str__(self) -> str:
        return f"{self.priority}. {self.price_list}"


class Price(models.Model):
    """The price per sales unit from `min_quantity` on, before tax, on days from `valid_from` to `valid_to` inclusive.

    Days are the supplier's (settings.TIME_ZONE). An empty date is open. Of several rows that hold on a day for the
    same quantity, the one with the latest `valid_from` rules.
    """

    price_list = models.ForeignKey(PriceList, on_delete=models.CASCADE, related_name="prices")
    product = models.ForeignKey("catalogue.Product", on_delete=models.CASCADE, related_name="prices")
    min_quantity = models.PositiveIntegerField(_("from quantity"), default=1)
    price = models.DecimalField(_("price"), max_digits=14, decimal_places=4)
    valid_from = models.DateField(_("valid from"), null=True, blank=True)
    valid_to = models.DateField(_("valid to"), null=True, blank=True)

    class Meta:
        verbose_name = _("price")
        verbose_name_plural = _("prices")
        constraints = (
            models.UniqueConstraint(
                fields=("price_list", "product", "min_quantity", "valid_from"),
                nulls_distinct=False,
                name="one_price_per_quantity_and_start",
            ),
            models.CheckConstraint(condition=Q(price__gt=0), name="price_is_positive"),
            models.CheckConstraint(condition=Q(min_quantity__gte=1), name="tier_starts_at_one_or_more"),
            models.CheckConstraint(
                condition=Q(valid_from__isnull=True) | Q(valid_to__isnull=True) | Q(valid_to__gte=F("valid_from")),
                name="price_ends_after_it_starts",
            ),
        )

    def __str__(self) -> str:
        return f"{self.min_quantity}+ {self.price}"
