"""Work of the allocation desk that takes longer than a person waits: many orders at once, and simulations of rules."""

from __future__ import annotations

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from dealers.accounts.models import User


class JobState(models.TextChoices):
    """Where a job stands."""

    QUEUED = "queued", _("Waiting for the worker")
    RUNNING = "running", _("Running")
    DONE = "done", _("Done")
    STOPPED = "stopped", pgettext_lazy("job", "Stopped")
    REFUSED = "refused", _("Refused")


UNFINISHED = (JobState.QUEUED, JobState.RUNNING)


class Job(models.Model):
    """What a worker does in the background: how far it is, and that somebody still works on it.

    `attempt` counts how often a worker took it, so that one that was given up writes nothing more.
    """

    state = models.CharField(_("state"), max_length=10, choices=JobState.choices, default=JobState.QUEUED)
    total = models.PositiveIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)
    error = models.TextField(_("error"), blank=True)
    asked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(_("asked for"), default=timezone.now)
    attempt = models.PositiveIntegerField(default=0)
    heartbeat_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True

    @property
    def is_over(self) -> bool:
        """Whether nothing more will happen."""
        return self.state not in UNFINISHED


class DeskVerb(models.TextChoices):
    """What is done to many orders at once; the values are `portal.console.desk_verbs.Verb`."""

    REROUTE = "reroute", _("Route again")
    WAREHOUSE = "warehouse", _("Give to the warehouse")
    CANCEL = "cancel", _("Cancel")


class DeskJob(Job):
    """One verb for many consumer orders, asked for once for a `key`. What became of each order stands in its item."""

    verb = models.CharField(_("what"), max_length=10, choices=DeskVerb.choices)
    note = models.CharField(_("reason"), max_length=500)
    refused = models.PositiveIntegerField(default=0)
    key = models.UUIDField(unique=True, null=True, editable=False)

    class Meta:
        verbose_name = _("work on many orders")
        verbose_name_plural = _("work on many orders")
        ordering = ("-id",)

    def __str__(self) -> str:
        return f"{self.verb} of {self.total}"


class ItemState(models.TextChoices):
    """What became of one order of a job."""

    WAITING = "waiting", pgettext_lazy("job", "Waiting")
    DONE = "done", _("Done")
    REFUSED = "refused", _("Refused")


class DeskItem(models.Model):
    """One order of a job. Done and its mark are one transaction, so an order is never done twice."""

    job = models.ForeignKey(DeskJob, on_delete=models.CASCADE, related_name="items")
    order = models.ForeignKey("fulfilment_consumer.ConsumerOrder", on_delete=models.CASCADE, related_name="+")
    state = models.CharField(_("state"), max_length=10, choices=ItemState.choices, default=ItemState.WAITING)
    message = models.CharField(_("result"), max_length=500, blank=True)

    class Meta:
        ordering = ("job", "id")
        constraints = (models.UniqueConstraint(fields=("job", "order"), name="an_order_once_in_a_desk_job"),)
        indexes = (models.Index(fields=("job", "state", "id"), name="desk_items_by_state"),)

    def __str__(self) -> str:
        return f"{self.job_id}: {self.order_id} {self.state}"


class Simulation(Job):
    """A draft set of rules against the live one, on what orders were decided from then. No order is changed.

    `live_rules` and `draft_rules` are the rules as they were when it was asked for, so that a result stays explained
    when the draft is worked on. `runs_down` is whether each side's own orders use up stock, capacity and budgets.
    `result` is what `portal.sourcing.tally` comes to; amounts in it are minor units of `currency`.
    """

    live = models.ForeignKey(
        "fulfilment_allocation.RuleSet", null=True, on_delete=models.SET_NULL, related_name="+", verbose_name=_("live")
    )
    draft = models.ForeignKey(
        "fulfilment_allocation.RuleSet", null=True, on_delete=models.SET_NULL, related_name="+", verbose_name=_("draft")
    )
    live_name = models.CharField(max_length=200)
    draft_name = models.CharField(max_length=200)
    live_rules = models.JSONField()
    draft_rules = models.JSONField()
    currency = models.CharField(_("currency"), max_length=3)
    wanted = models.PositiveIntegerField(_("orders"))
    runs_down = models.BooleanField(_("stock runs down"), default=True)
    without_record = models.PositiveIntegerField(default=0)
    first_at = models.DateTimeField(null=True, blank=True)
    last_at = models.DateTimeField(null=True, blank=True)
    result = models.JSONField(null=True, blank=True)

    class Meta:
        verbose_name = _("simulation")
        verbose_name_plural = _("simulations")
        ordering = ("-id",)

    def __str__(self) -> str:
        return f"{self.draft_name} against {self.live_name}"


class SimulatedOrder(models.Model):
    """What both sides of a simulation made of one order; each side is `portal.sourcing.tally.outcome_of`."""

    simulation = models.ForeignKey(Simulation, on_delete=models.CASCADE, related_name="orders")
    position = models.PositiveIntegerField()
    order = models.ForeignKey("fulfilment_consumer.ConsumerOrder", on_delete=models.CASCADE, related_name="+")
    differs = models.BooleanField()
    live = models.JSONField()
    draft = models.JSONField()

    class Meta:
        ordering = ("simulation", "position")
        constraints = (
            models.UniqueConstraint(fields=("simulation", "position"), name="one_simulated_order_per_position"),
        )
        indexes = (models.Index(fields=("simulation", "differs", "position"), name="simulated_by_difference"),)

    def __str__(self) -> str:
        return f"{self.simulation_id}/{self.position}"
