"""What the ERP told us, each document applied exactly once."""

from __future__ import annotations

from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from erp_bridge.sentences import say


class InboundKind(models.TextChoices):
    """The documents the portal reads, in the order in which those that arrive together are applied."""

    ORDER_RESPONSE = "order_response", _("Order response")
    DESPATCH_ADVICE = "despatch_advice", _("Despatch advice")
    INVOICE = "invoice", _("Invoice")
    CREDIT_NOTE = "credit_note", _("Credit note")
    REMITTANCE_ADVICE = "remittance_advice", pgettext_lazy("document", "Payment")


class InboundState(models.TextChoices):
    """Where an inbound document stands. `retry` comes back by itself, `set_aside` waits for a person."""

    APPLIED = "applied", _("Applied")
    DUPLICATE = "duplicate", _("Already known")
    RETRY = "retry", _("To be tried again")
    SET_ASIDE = "set_aside", _("Set aside")
    DISMISSED = "dismissed", _("Dealt with")


class InboundDocument(models.Model):
    """One file from the ERP: what it said, and what became of it.

    `mark` is the physical file (device, inode, size, time of change), so that a file whose move was interrupted is
    known again and is no duplicate. `content` is empty for a duplicate, whose bytes stand with the first.
    """

    file_name = models.CharField(_("file"), max_length=255)
    mark = models.CharField(max_length=100, unique=True)
    sha256 = models.CharField(max_length=64, db_index=True)
    kind = models.CharField(_("kind"), max_length=30, choices=InboundKind.choices, blank=True)
    document_id = models.CharField(_("document number"), max_length=200, blank=True)
    order_numbers = models.JSONField(_("orders"), default=list, blank=True)
    state = models.CharField(_("state"), max_length=10, choices=InboundState.choices)
    error = models.JSONField(_("error"), default=dict, blank=True)
    failures = models.PositiveIntegerField(default=0, help_text="Attempts that ended by a fault of our own.")
    next_at = models.DateTimeField(null=True, blank=True)
    content = models.BinaryField()
    received_at = models.DateTimeField(_("received"), default=timezone.now)
    applied_at = models.DateTimeField(_("applied"), null=True, blank=True)

    class Meta:
        verbose_name = _("inbound document")
        verbose_name_plural = _("inbound documents")
        indexes = (
            models.Index(fields=("state", "-id"), name="inbound_by_state"),
            GinIndex(fields=("order_numbers",), name="inbound_by_order"),
        )
        constraints = (
            models.UniqueConstraint(
                fields=("kind", "document_id"), condition=Q(state="applied"), name="apply_each_document_once"
            ),
        )

    @property
    def error_text(self) -> str:
        """Why it was not applied, in the reader's language."""
        return say(self.error)

    def __str__(self) -> str:
        return self.file_name


class InboundAction(models.Model):
    """A person's hand on a document that was set aside, with the reason."""

    class Kind(models.TextChoices):
        """What a person can do to a document."""

        APPLY = "apply", _("Applied again")
        DISMISS = "dismiss", _("Dealt with")

    document = models.ForeignKey(InboundDocument, on_delete=models.CASCADE, related_name="actions")
    action = models.CharField(max_length=20, choices=Kind.choices)
    by = models.ForeignKey("dealers_accounts.User", on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    reason = models.TextField(blank=True)

    class Meta:
        ordering = ("document", "id")

    def __str__(self) -> str:
        return f"{self.document_id} {self.action}"
