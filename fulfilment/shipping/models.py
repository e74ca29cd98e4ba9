"""What left for a dealer, and what arrived."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from dealers.accounts.models import User


class Shipment(models.Model):
    """Goods of one order that left together. `number` is the despatch advice's."""

    order = models.ForeignKey("fulfilment_ordering.DealerOrder", on_delete=models.PROTECT, related_name="shipments")
    number = models.CharField(_("shipment number"), max_length=100)
    shipped_at = models.DateTimeField(_("shipped at"))
    carrier = models.CharField(_("carrier"), max_length=200, blank=True)
    tracking_number = models.CharField(_("tracking number"), max_length=200, blank=True)
    received_at = models.DateTimeField(_("received at"), null=True, blank=True)
    received_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    receipt_note = models.TextField(_("note on receipt"), blank=True)

    class Meta:
        verbose_name = _("shipment")
        verbose_name_plural = _("shipments")
        ordering = ("order", "shipped_at", "id")
        constraints = (models.UniqueConstraint(fields=("order", "number"), name="one_shipment_per_order_and_number"),)

    def __str__(self) -> str:
        return self.number


class ShipmentLine(models.Model):
    """How much of an order line is in a shipment."""

    shipment = models.ForeignKey(Shipment, on_delete=models.PROTECT, related_name="lines")
    order_line = models.ForeignKey(
        "fulfilment_ordering.DealerOrderLine", on_delete=models.PROTECT, related_name="shipment_lines"
    )
    quantity = models.PositiveIntegerField(_("quantity"))

    class Meta:
        verbose_name = _("shipment line")
        verbose_name_plural = _("shipment lines")
        constraints = (
            models.UniqueConstraint(fields=("shipment", "order_line"), name="one_shipment_line_per_order_line"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="shipment_line_ships_something"),
        )

    def __str__(self) -> str:
        return f"{self.shipment_id}: {self.quantity}"
