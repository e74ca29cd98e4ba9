"""What the ERP told us, each document applied exactly once."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class InboundState(models.TextChoices):
    """Where an inbound document stands."""

    APPLIED = "applied", _("Applied")
    DUPLICATE = "duplicate", _("Already known")
    SET_ASIDE = "set_aside", _("Set aside")


class InboundDocument(models.Model):
    """One file from the ERP: what it said, and what became of it. Replays are new rows that point at the same bytes."""

    file_name = models.CharField(_("file"), max_length=255)
    sha256 = models.CharField(max_length=64, db_index=True)
    kind = models.CharField(_("kind"), max_length=30, blank=True)
    document_id = models.CharField(_("document number"), max_length=200, blank=True)
    order_numbers = models.JSONField(_("orders"), default=list, blank=True)
    state = models.CharField(_("state"), max_length=10, choices=InboundState.choices)
    error = models.TextField(_("error"), blank=True)
    content = models.BinaryField()
    received_at = models.DateTimeField(_("received"), default=timezone.now)
    applied_at = models.DateTimeField(_("applied"), null=True, blank=True)

    class Meta:
        verbose_name = _("inbound document")
        verbose_name_plural = _("inbound documents")
        indexes = (models.Index(fields=("-received_at", "-id"), name="inbound_by_date"),)
        constraints = (
            models.UniqueConstraint(
                fields=("kind", "document_id"), condition=Q(state="applied"), name="apply_each_document_once"
            ),
        )

    def __str__(self) -> str:
        return self.file_name
