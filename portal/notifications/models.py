"""Mail that must leave: a row first, written in the transaction of the fact; a worker sends it."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class MailState(models.TextChoices):
    """Where a mail stands."""

    PENDING = "pending", _("Waiting")
    SENT = "sent", pgettext_lazy("mail", "Sent")
    FAILED = "failed", _("Failed")


class Mail(models.Model):
    """One mail to one person, rendered in their language. `key` makes queueing the same fact twice a no-op."""

    key = models.CharField(max_length=200, unique=True)
    recipient = models.EmailField(_("recipient"))
    subject = models.CharField(_("subject"), max_length=300)
    text = models.TextField()
    html = models.TextField()
    state = models.CharField(_("state"), max_length=10, choices=MailState.choices, default=MailState.PENDING)
    attempts = models.PositiveIntegerField(default=0)
    next_at = models.DateTimeField(default=timezone.now)
    error = models.TextField(blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("mail")
        verbose_name_plural = _("mails")
        indexes = (models.Index(fields=("next_at", "id"), condition=Q(state="pending"), name="mail_due"),)

    def __str__(self) -> str:
        return f"{self.recipient}: {self.subject}"
