"""What waits for the ERP. The table is the queue; Celery only wakes the worker."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from dealers.accounts.models import User, dealers_visible_to
from erp_bridge.sentences import say


class MessageState(models.TextChoices):
    """Where a message stands. `retry` comes back by itself, `parked` waits for a person."""

    PENDING = "pending", _("Waiting")
    LEASED = "leased", _("Being sent")
    RETRY = "retry", _("To be tried again")
    PARKED = "parked", _("Needs a person")
    DONE = "done", _("Delivered")


#: States of a message that leaves by itself.
OPEN_STATES = (MessageState.PENDING, MessageState.LEASED, MessageState.RETRY)


class MessageQuerySet(models.QuerySet["OutboxMessage"]):
    """Messages to the ERP."""

    def for_user(self, user: User) -> MessageQuerySet:
        """Only messages about dealers this user may see."""
        return self.filter(dealers_visible_to(user, "dealer__"))


class OutboxMessage(models.Model):
    """One thing to tell the ERP, written in the transaction of the fact. `payload` is a frozen snapshot.

    `fence` grows with each claim: who writes with an older one is stale and changes nothing. `token` is what the
    adapter staged; it is stored before delivery, and from then on only that token is delivered. `revision` grows when
    a person sends the document again under a new name. An empty payload could not be written; `error` says why.
    """

    kind = models.CharField(_("kind"), max_length=30)
    key = models.CharField(_("key"), max_length=150, unique=True)
    order_number = models.CharField(_("order"), max_length=128, db_index=True)
    dealer = models.ForeignKey(
        "dealers_accounts.Dealer", verbose_name=_("dealer"), on_delete=models.PROTECT, related_name="+"
    )
    payload = models.JSONField()
    payload_sha256 = models.CharField(max_length=64)
    state = models.CharField(_("state"), max_length=10, choices=MessageState.choices, default=MessageState.PENDING)
    revision = models.PositiveIntegerField(default=1)
    attempts = models.PositiveIntegerField(
        _("attempts"), default=0, help_text="Since it was last armed; the backoff follows it."
    )
    crashes = models.PositiveIntegerField(default=0, help_text="Attempts of those that ended by a fault of our own.")
    next_at = models.DateTimeField(
        _("next attempt"), default=timezone.now, help_text="Of a leased message: when the lease runs out."
    )
    fence = models.PositiveIntegerField(default=0)
    token = models.CharField(max_length=300, blank=True)
    reference = models.CharField(_("delivered as"), max_length=300, blank=True)
    error = models.JSONField(_("error"), default=dict, blank=True)
    created_at = models.DateTimeField(_("created"), default=timezone.now)
    done_at = models.DateTimeField(_("delivered"), null=True, blank=True)

    objects = MessageQuerySet.as_manager()

    class Meta:
        verbose_name = _("outbox message")
        verbose_name_plural = _("outbox messages")
        indexes = (
            models.Index(
                fields=("next_at", "id"), condition=Q(state__in=("pending", "retry", "leased")), name="outbox_due"
            ),
            models.Index(
                fields=("dealer", "id"), condition=Q(state__in=("pending", "retry", "leased")), name="outbox_open"
            ),
            models.Index(fields=("state", "-id"), name="outbox_by_state"),
        )

    @property
    def error_text(self) -> str:
        """Why the last attempt failed, in the reader's language."""
        return say(self.error)

    @property
    def document_name(self) -> str:
        """What the document is called at the ERP: a repeated attempt has the same name, a new revision another."""
        return self.order_number if self.revision == 1 else f"{self.order_number}-{self.revision}"

    def __str__(self) -> str:
        return self.key


class Outcome(models.TextChoices):
    """How an attempt ended."""

    DELIVERED = "delivered", _("Delivered")
    RETRY = "retry", _("Not possible just now")
    UNKNOWN = "unknown", _("Not certain whether it arrived")
    PARKED = "parked", _("Refused")
    CRASHED = "crashed", _("Fault in the portal")
    INTERRUPTED = "interrupted", _("Interrupted")
    STALE = "stale", _("Another worker took over")


class OutboxAttempt(models.Model):
    """What happened in one attempt; evidence for support, never changed after it ended."""

    message = models.ForeignKey(OutboxMessage, on_delete=models.CASCADE, related_name="attempts_made")
    fence = models.PositiveIntegerField()
    started_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=20, choices=Outcome.choices, blank=True)
    error = models.JSONField(default=dict, blank=True)

    class Meta:
        ordering = ("message", "id")
        constraints = (models.UniqueConstraint(fields=("message", "fence"), name="one_attempt_per_fence"),)

    @property
    def error_text(self) -> str:
        """What went wrong, in the reader's language."""
        return say(self.error)

    def __str__(self) -> str:
        return f"{self.message_id}#{self.fence} {self.outcome}"


class OutboxAction(models.Model):
    """A person's hand on a message, with the reason."""

    class Kind(models.TextChoices):
        """What a person can do to a message."""

        REPLAY = "replay", _("Tried again")
        SEND_AGAIN = "send_again", _("Sent again under a new name")
        PARK = "park", _("Parked")

    message = models.ForeignKey(OutboxMessage, on_delete=models.CASCADE, related_name="actions")
    action = models.CharField(max_length=20, choices=Kind.choices)
    by = models.ForeignKey("dealers_accounts.User", on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    reason = models.TextField(blank=True)

    class Meta:
        ordering = ("message", "id")

    def __str__(self) -> str:
        return f"{self.message_id} {self.action}"
