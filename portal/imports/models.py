"""Imports that people start, and the column mappings they taught us."""

from __future__ import annotations

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class ImportKind(models.TextChoices):
    """What can be imported, in the order a new supplier would."""

    PRODUCTS = "products", _("Products")
    STOCK = "stock", _("Stock")
    EXPECTED_RECEIPTS = "expected_receipts", _("Expected receipts")
    PRICES = "prices", _("Price lists")
    SALES_REPS = "sales_reps", _("Sales reps")
    DEALERS = "dealers", _("Dealers")
    QUANTITY_RULES = "quantity_rules", _("Quantity rules")
    ASSORTMENT_RULES = "assortment_rules", _("Assortment rules")
    ITEM_NUMBERS = "item_numbers", _("Dealers' item numbers")
    PRICE_LISTS = "price_lists", _("Price lists themselves, and whose agreement they are")
    LIST_BUYERS = "list_buyers", _("Who buys by which price lists")
    ORDER_MINIMUMS = "order_minimums", _("Order minimums")
    FREIGHT_RULES = "freight_rules", _("Freight rules")
    PROMOTIONS = "promotions", _("Promotions")
    OUTLET_STOCK = "outlet_stock", _("Stock of dealers' outlets")
    CONSUMER_ORDERS = "consumer_orders", _("Consumer orders")
    CONSUMER_CONTRACTS = "consumer_contracts", _("Contracts for consumer orders")
    OUTLET_SERVICES = "outlet_services", _("Outlets' services and opening hours")
    PROTECTED_TERRITORIES = "protected_territories", _("Protected territories")
    ONLINE_TERMS = "online_terms", _("Online floor prices and costs")


class ImportState(models.TextChoices):
    """Where an import stands."""

    MAPPING = "mapping", _("Waiting for columns")
    QUEUED = "queued", _("Waiting for the worker")
    RUNNING = "running", _("Running")
    CONFIRM = "confirm", _("Waiting for confirmation")
    DONE = "done", _("Done")
    REFUSED = "refused", _("Refused")


class ColumnMapping(models.Model):
    """How this supplier's files name our columns; the last one used for a kind and header is offered next time."""

    kind = models.CharField(max_length=30, choices=ImportKind.choices)
    header_sha256 = models.CharField(max_length=64)
    mapping = models.JSONField()
    updated_by = models.ForeignKey("dealers_accounts.User", null=True, on_delete=models.SET_NULL, related_name="+")
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("kind", "header_sha256"), name="one_mapping_per_kind_and_header"),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.header_sha256[:8]}"


class ImportJob(models.Model):
    """One upload: the file, how it was read, how far it has come, and what it changed.

    With `whole_lists`, prices that the file does not have end; `missing` is how many were counted, `confirmed` how many
    a person agreed to, `ended` how many did. `written`: a file that is taken as a whole was written. `preview` is
    what the file would do, with its first differences; `agreed`: a person let it be written.
    """

    kind = models.CharField(_("kind"), max_length=30, choices=ImportKind.choices)
    state = models.CharField(_("state"), max_length=10, choices=ImportState.choices, default=ImportState.MAPPING)
    file = models.FileField(upload_to="imports/%Y/%m/")
    file_name = models.CharField(_("file"), max_length=255)
    images = models.FileField(upload_to="imports/%Y/%m/", blank=True)
    mapping = models.JSONField(default=dict, blank=True)
    rows_total = models.PositiveIntegerField(null=True, blank=True)
    rows_read = models.PositiveIntegerField(default=0)
    created = models.PositiveIntegerField(_("new"), default=0)
    changed = models.PositiveIntegerField(_("changed"), default=0)
    unchanged = models.PositiveIntegerField(_("unchanged"), default=0)
    skipped = models.PositiveIntegerField(_("skipped"), default=0)
    refused = models.PositiveIntegerField(_("refused"), default=0)
    refused_rows = models.FileField(upload_to="imports/%Y/%m/", blank=True)
    whole_lists = models.BooleanField(_("the file holds whole price lists"), default=False)
    missing = models.PositiveIntegerField(null=True, blank=True)
    confirmed = models.PositiveIntegerField(null=True, blank=True)
    ended = models.PositiveIntegerField(_("prices ended"), default=0)
    written = models.BooleanField(default=False)
    preview = models.JSONField(default=dict, blank=True)
    agreed = models.BooleanField(default=False)
    error = models.TextField(_("error"), blank=True)
    started_by = models.ForeignKey(
        "dealers_accounts.User", null=True, on_delete=models.SET_NULL, related_name="imports"
    )
    created_at = models.DateTimeField(_("created"), default=timezone.now)
    queued_at = models.DateTimeField(null=True, blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    attempt = models.PositiveIntegerField(default=0)
    heartbeat_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("import")
        verbose_name_plural = _("imports")
        ordering = ("-created_at", "-id")

    @property
    def percent(self) -> int:
        """How far the file is read, 0 to 100."""
        return min(100, 100 * self.rows_read // self.rows_total) if self.rows_total else 0

    @property
    def rows_per_second(self) -> int | None:
        """The pace so far; None before there is one."""
        until = self.finished_at or self.heartbeat_at
        seconds = (until - self.started_at).total_seconds() if until and self.started_at else 0
        return round(self.rows_read / seconds) if seconds > 0 and self.rows_read else None

    @property
    def is_over(self) -> bool:
        """Whether nothing more will happen."""
        return self.state in (ImportState.DONE, ImportState.REFUSED)

    def __str__(self) -> str:
        return f"{self.kind} {self.file_name}"


class ImportProblem(models.Model):
    """Why a row was refused: its number in the file, the field, and the mend."""

    job = models.ForeignKey(ImportJob, on_delete=models.CASCADE, related_name="problems")
    row = models.PositiveIntegerField(_("row"))
    field = models.CharField(_("field"), max_length=100, blank=True)
    message = models.TextField(_("problem"))

    class Meta:
        ordering = ("job", "row", "id")

    def __str__(self) -> str:
        return f"{self.row} {self.field}: {self.message}"
