"""Sourcing rules as staff keep them: sets of rules, of which one is live, and what was decided by them."""

from __future__ import annotations

from decimal import Decimal

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from dealers.accounts.models import User
from fulfilment.allocation.contractmodels import ConsumerTerms, amount


class RuleSetState(models.TextChoices):
    """One set is live; drafts are worked on; retired ones were live before."""

    DRAFT = "draft", _("Draft")
    LIVE = "live", pgettext_lazy("set of rules", "Live")
    RETIRED = "retired", _("Retired")


class RuleSet(models.Model):
    """Sourcing rules in order. A live or retired set is never changed: staff copy it, change and simulate the copy,
    and make that one live."""

    name = models.CharField(_("name"), max_length=200)
    state = models.CharField(_("state"), max_length=10, choices=RuleSetState.choices, default=RuleSetState.DRAFT)
    copied_from = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="copies")
    made_at = models.DateTimeField(_("made at"), default=timezone.now)
    made_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    live_from = models.DateTimeField(_("live from"), null=True, blank=True)
    live_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    retired_at = models.DateTimeField(_("retired at"), null=True, blank=True)
    note = models.CharField(_("note"), max_length=500, blank=True)

    class Meta:
        verbose_name = _("set of sourcing rules")
        verbose_name_plural = _("sets of sourcing rules")
        ordering = ("-id",)
        constraints = (models.UniqueConstraint(fields=("state",), condition=Q(state="live"), name="one_live_rule_set"),)

    def __str__(self) -> str:
        return self.name


class OfferModeChoice(models.TextChoices):
    """How dealers are asked; the values are `fulfilment.allocation.rules.OfferMode`."""

    AUTO = "auto", _("Given without asking")
    SEQUENTIAL = "sequential", _("One after the other")
    COMPETITIVE = "competitive", _("Several at once, the first takes it")


class ExhaustedChoice(models.TextChoices):
    """What becomes of lines without an outlet; the values are `fulfilment.allocation.rules.OnExhausted`."""

    NEXT = "next", _("The next rule")
    BACKLOG = "backlog", _("Backlog")
    SUPPLIER_WAREHOUSE = "supplier_warehouse", _("The supplier's warehouse")
    CANCEL = "cancel", _("Cancel and tell the channel to refund")


class SourcingRule(models.Model):
    """One rule of a set; see `fulfilment.allocation.rules.Rule`, which it becomes.

    The filters are lists of codes (channels, methods, area prefixes, campaigns as tags; dealer groups, dealer numbers);
    empty ones let all pass. Weights are in percent of once or in money.
    """

    rule_set = models.ForeignKey(RuleSet, on_delete=models.CASCADE, related_name="rules")
    position = models.PositiveSmallIntegerField(_("position"))
    name = models.CharField(_("name"), max_length=100)
    is_active = models.BooleanField(_("active"), default=True)
    channels = models.JSONField(_("channels"), default=list, blank=True)
    methods = models.JSONField(_("methods"), default=list, blank=True)
    areas = models.JSONField(_("areas"), default=list, blank=True)
    tags = models.JSONField(_("campaigns"), default=list, blank=True)
    least_value = amount(_("orders from"))
    most_value = amount(_("orders up to"), null=True, blank=True, default=None)
    groups = models.JSONField(_("dealer groups"), default=list, blank=True)
    dealers = models.JSONField(_("only dealers"), default=list, blank=True)
    without_dealers = models.JSONField(_("without dealers"), default=list, blank=True)
    least_tier = models.PositiveSmallIntegerField(_("tier from"), null=True, blank=True)
    within_km = models.PositiveIntegerField(_("within km"), null=True, blank=True)
    owners_only = models.BooleanField(_("only owners of the territory"), default=False)
    freight_weight = models.PositiveSmallIntegerField(_("freight counts, %"), default=100)
    top_up_weight = models.PositiveSmallIntegerField(_("top-up counts, %"), default=100)
    opportunity_weight = models.PositiveSmallIntegerField(_("walk-in sales count, %"), default=100)
    parcel_cost = amount(_("each parcel costs"))
    fairness_cost = amount(_("each entitlement ahead costs"), default=Decimal("1.00"))
    ask_cost = amount(_("each ask costs"))
    outside_primary_cost = amount(_("outside a primary territory costs"))
    unfilled_cost = amount(_("an unfilled line costs"), default=Decimal("500.00"))
    split = models.BooleanField(_("may be split"), default=True)
    parcels = models.PositiveSmallIntegerField(
        _("parcels at most"), default=3, validators=[MinValueValidator(1), MaxValueValidator(3)]
    )
    least_parcel_value = amount(_("a parcel is worth at least"))
    consider = models.PositiveSmallIntegerField(
        _("outlets priced for each line"), default=12, validators=[MinValueValidator(1), MaxValueValidator(50)]
    )
    mode = models.CharField(
        _("dealers are asked"), max_length=12, choices=OfferModeChoice.choices, default=OfferModeChoice.SEQUENTIAL
    )
    offers = models.PositiveSmallIntegerField(
        _("dealers asked at most"), default=4, validators=[MinValueValidator(1), MaxValueValidator(50)]
    )
    timeout = models.PositiveIntegerField(
        _("business minutes to answer"), default=240, validators=[MinValueValidator(1), MaxValueValidator(14_400)]
    )
    batch_seconds = models.PositiveIntegerField(_("decided together every, seconds"), default=0)
    on_exhausted = models.CharField(
        _("when nobody is left"), max_length=20, choices=ExhaustedChoice.choices, default=ExhaustedChoice.NEXT
    )

    class Meta:
        verbose_name = _("sourcing rule")
        verbose_name_plural = _("sourcing rules")
        ordering = ("rule_set", "position")
        constraints = (
            models.UniqueConstraint(
                fields=("rule_set", "position"),
                name="one_rule_per_position",
                deferrable=models.Deferrable.DEFERRED,
            ),
        )

    def __str__(self) -> str:
        return self.name


class Cause(models.TextChoices):
    """What a decision was made for."""

    LIVE = "live", _("New order")
    BATCH = "batch", _("Decided together with others")
    AGAIN = "again", _("After an offer ended")
    MANUAL = "manual", _("By hand")
    REROUTE = "reroute", _("Routed again")
    REOPTIMISE = "reoptimise", _("Improved before acceptance")


class Decision(models.Model):
    """One decision about an order, with everything it looked at (`record`), so that it can be made again and explained.

    `record` is what `fulfilment.allocation.record.record` keeps; no personal data. Decisions of one `batch` were made
    together and are made again together, in the order of their keys; one that was overtaken was not `carried_out`.
    """

    order = models.ForeignKey("fulfilment_consumer.ConsumerOrder", on_delete=models.CASCADE, related_name="decisions")
    order_version = models.PositiveIntegerField()
    at = models.DateTimeField(_("at"), default=timezone.now)
    cause = models.CharField(_("cause"), max_length=12, choices=Cause.choices)
    by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    rule_set = models.ForeignKey(RuleSet, null=True, on_delete=models.PROTECT, related_name="+")
    terms = models.ForeignKey(ConsumerTerms, on_delete=models.PROTECT, related_name="+")
    cost = models.BigIntegerField(_("cost in minor units"), default=0)
    parts = models.PositiveSmallIntegerField(_("parts"), default=0)
    batch = models.UUIDField(null=True, blank=True, db_index=True)
    carried_out = models.BooleanField(default=True)
    record = models.JSONField()

    class Meta:
        verbose_name = _("decision")
        verbose_name_plural = _("decisions")
        ordering = ("-id",)
        indexes = (models.Index(fields=("order", "-id"), name="decisions_by_order"),)

    def __str__(self) -> str:
        return f"decision {self.pk} on {self.order_id}"
