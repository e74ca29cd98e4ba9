"""What waits for the ERP. The table is the queue; Celery only wakes the worker."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class MessageState(models.TextChoices):
    """Where a message stands. `retry` comes back by itself, `parked` waits for a person."""

    PENDING = "pending", _("Waiting")
    LEASED = "leased", _("Being sent")
    RETRY = "retry", _("To be tried again")
    PARKED = "parked", _("Needs a person")
    DONE = "done", _("Delivered")


class OutboxMessage(models.Model):
    """One thing to tell the ERP, written in the transaction of the fact. `payload` is a frozen snapshot."""

    kind = models.CharField(_("kind"), max_length=30)
    key = models.CharField(_("key"), max_length=100, unique=True)
    order_number = models.CharField(_("order"), max_length=128, db_index=True)
    dealer = models.ForeignKey("dealers_accounts.Dealer", on_delete=models.PROTECT, related_name="+")
    payload = models.JSONField()
    payload_sha256 = models.CharField(max_length=64)
    state = models.CharField(_("state"), max_length=10, choices=MessageState.choices, default=MessageState.PENDING)
    attempts = models.PositiveIntegerField(_("attempts"), default=0)
    next_at = models.DateTimeField(_("next attempt"), default=timezone.now)
    lease_until = models.DateTimeField(null=True, blank=True)
    fence = models.PositiveIntegerField(
        default=0, help_text="Grows with each claim; a write with an older one is stale."
    )
    token = models.CharField(max_length=300, blank=True, help_text="What the adapter staged; kept before delivery.")
    error = models.TextField(_("error"), blank=True)
    created_at = models.DateTimeField(_("created"), default=timezone.now)
    done_at = models.DateTimeField(_("delivered"), null=True, blank=True)

    class Meta:
        verbose_name = _("outbox message")
        verbose_name_plural = _("outbox messages")
        indexes = (
            models.Index(
                fields=("next_at", "id"), condition=Q(state__in=("pending", "retry", "leased")), name="outbox_due"
            ),
        )

    def __str__(self) -> str:
        return self.key


class OutboxAttempt(models.Model):
    """What happened in one attempt; evidence for support, never changed after it ended."""

    message = models.ForeignKey(OutboxMessage, on_delete=models.CASCADE, related_name="attempts_made")
    fence = models.PositiveIntegerField()
    started_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=20, blank=True)
    detail = models.TextField(blank=True)

    class Meta:
        ordering = ("message", "id")

    def __str__(self) -> str:
        return f"{self.message_id}#{self.fence} {self.outcome}"


class OutboxAction(models.Model):
    """A person's hand on a message (replay, park), with the reason."""

    message = models.ForeignKey(OutboxMessage, on_delete=models.CASCADE, related_name="actions")
    action = models.CharField(max_length=20)
    by = models.ForeignKey("dealers_accounts.User", on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    reason = models.TextField(blank=True)

    class Meta:
        ordering = ("message", "id")

    def __str__(self) -> str:
        return f"{self.message_id} {self.action}"
