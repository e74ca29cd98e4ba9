"""What an order was charged on top of its goods: Oscar's own rows, with what they have no place for beside them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from pricing.catalogue.models import reads_chinese


class OrderSurcharge(models.Model):
    """A surcharge as the order was told it: code, name and amounts stand in Oscar's row, before tax and with it.

    Whatever becomes of the surcharge afterwards, the order keeps this.
    """

    surcharge: Any = models.OneToOneField(
        "order.Surcharge", primary_key=True, on_delete=models.PROTECT, related_name="dealer_surcharge"
    )
    order = models.ForeignKey(
        "fulfilment_ordering.DealerOrder", on_delete=models.PROTECT, related_name="stored_surcharges"
    )
    name_zh = models.CharField(_("Chinese name"), max_length=128, blank=True)

    class Meta:
        verbose_name = _("surcharge of an order")
        verbose_name_plural = _("surcharges of orders")
        ordering = ("pk",)

    @property
    def code(self) -> str:
        """The surcharge's code."""
        return str(self.surcharge.code)

    @property
    def display_name(self) -> str:
        """The name as it was when the order was sent, in the language of the reader."""
        return self.name_zh if self.name_zh and reads_chinese() else str(self.surcharge.name)

    @property
    def net_amount(self) -> Decimal:
        """The amount before tax."""
        return Decimal(self.surcharge.excl_tax)

    @property
    def tax_amount(self) -> Decimal:
        """The tax on it."""
        return Decimal(self.surcharge.incl_tax - self.surcharge.excl_tax)

    def __str__(self) -> str:
        return f"{self.order_id}: {self.code}"
