"""Workbooks that take longer to make than a person waits, and who may have them."""

from __future__ import annotations

from datetime import timedelta
from typing import Self

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from dealers.accounts.models import User, dealers_visible_to
from pricing.terms.models import PriceList

#: How long a finished workbook can be downloaded.
KEPT = timedelta(days=7)


class ExportState(models.TextChoices):
    """Where a workbook stands."""

    QUEUED = "queued", _("Waiting for the worker")
    RUNNING = "running", _("Running")
    DONE = "done", _("Done")
    STOPPED = "stopped", pgettext_lazy("export", "Stopped")
    REFUSED = "refused", _("Refused")


UNFINISHED = (ExportState.QUEUED, ExportState.RUNNING)


class PriceListExportQuerySet(models.QuerySet["PriceListExport"]):
    """Exports by who may see them."""

    def for_user(self, user: User) -> Self:
        """What the user asked for; finance and administrators also what others asked for. Always of lists they see."""
        found = self.filter(price_list__in=PriceList.objects.for_user(user).values("pk"))
        return found.filter(asked_by=user) if dealers_visible_to(user) else found


class PriceListExport(models.Model):
    """An Excel workbook of one price list, made by a worker: what was asked for, how far it is, and the file.

    `query` is the filter of the list's screen, so that the worker chooses the same prices. A finished one is deleted
    with its file after `KEPT`.
    """

    price_list = models.ForeignKey(PriceList, null=True, on_delete=models.SET_NULL, related_name="exports")
    query = models.CharField(max_length=500, blank=True)
    state = models.CharField(_("state"), max_length=10, choices=ExportState.choices, default=ExportState.QUEUED)
    rows_total = models.PositiveIntegerField(default=0)
    rows_done = models.PositiveIntegerField(default=0)
    file = models.FileField(upload_to="exports/%Y/%m/", blank=True)
    file_name = models.CharField(_("file"), max_length=255)
    error = models.TextField(_("error"), blank=True)
    asked_by = models.ForeignKey(User, on_delete=models.CASCADE, related_name="price_list_exports")
    asked_at = models.DateTimeField(_("asked for"), default=timezone.now)
    attempt = models.PositiveIntegerField(default=0)
    heartbeat_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = PriceListExportQuerySet.as_manager()

    class Meta:
        verbose_name = _("export of a price list")
        verbose_name_plural = _("exports of price lists")
        ordering = ("-id",)
        indexes = (models.Index(fields=("price_list", "-id"), name="exports_by_price_list"),)
        constraints = (
            models.UniqueConstraint(
                fields=("price_list", "query", "asked_by"),
                condition=models.Q(state__in=("queued", "running")),
                name="one_unfinished_export_per_question",
            ),
        )

    @property
    def is_over(self) -> bool:
        """Whether nothing more will happen."""
        return self.state not in UNFINISHED

    def __str__(self) -> str:
        return self.file_name
