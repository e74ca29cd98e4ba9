"""What dealers call our products: their own item numbers."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from pricing.numbers.keys import code_key

LONGEST_NUMBER = 64


class DealerItemNumber(models.Model):
    """A dealer's own number for a product. Known to that dealer alone; a product may have several.

    `key` is the number as it is looked for, without case, spaces and dashes: two numbers with one key would be the
    same number for two products.
    """

    dealer = models.ForeignKey("dealers_accounts.Dealer", on_delete=models.CASCADE, related_name="item_numbers")
    product = models.ForeignKey("catalogue.Product", on_delete=models.CASCADE, related_name="dealer_numbers")
    number = models.CharField(_("own item number"), max_length=LONGEST_NUMBER)
    key = models.CharField(max_length=200, editable=False, db_collation="C")
    note = models.CharField(_("note"), max_length=200, blank=True)
    changed_at = models.DateTimeField(auto_now=True)
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        verbose_name = _("own item number")
        verbose_name_plural = _("own item numbers")
        constraints = (
            models.UniqueConstraint(fields=("dealer", "key"), name="one_product_per_item_number"),
            models.CheckConstraint(condition=~Q(key=""), name="item_number_has_a_key"),
        )
        indexes = (models.Index(fields=("dealer", "product"), name="item_number_of_product"),)

    def __str__(self) -> str:
        return self.number

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Keeps the key with the number."""
        self.key = code_key(self.number)
        super().save(*args, **kwargs)
