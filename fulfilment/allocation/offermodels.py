"""Offers of consumer orders to dealers' outlets, what was accepted, and how well dealers do."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from dealers.accounts.models import User, dealers_visible_to
from fulfilment.allocation.contractmodels import ConsumerCampaign, OutletDay, amount
from fulfilment.allocation.rulemodels import Decision, OfferModeChoice
from pricing.catalogue.models import reads_chinese


class OfferState(models.TextChoices):
    """Where an offer stands. Only SENT can still become anything else."""

    SENT = "sent", _("Waiting for the dealer")
    ACCEPTED = "accepted", _("Accepted")
    DECLINED = "declined", _("Declined")
    EXPIRED = "expired", _("Not answered in time")
    WITHDRAWN = "withdrawn", _("Withdrawn")
    SUPERSEDED = "superseded", _("Taken by another dealer")


class DeclineReason(models.TextChoices):
    """Why a dealer declines. The first three correct its stock."""

    NOT_IN_STOCK = "not_in_stock", _("Not in stock")
    MISMATCH = "mismatch", _("Fewer than counted")
    DAMAGED = "damaged", _("Damaged or worn")
    PRICE = "price", _("I keep too little")
    CAPACITY = "capacity", _("No time to send it")
    ADDRESS = "address", _("Cannot deliver there")
    OTHER = "other", _("Another reason")


#: Reasons that correct the stock of the lines named with them; the values are `stock.models.MoveKind`.
OF_STOCK = (DeclineReason.NOT_IN_STOCK, DeclineReason.MISMATCH, DeclineReason.DAMAGED)


class OfferQuerySet(models.QuerySet["Offer"]):
    """Offers."""

    def for_user(self, user: User) -> OfferQuerySet:
        """Only offers to dealers this user may see."""
        return self.filter(dealers_visible_to(user, "dealer__"))


class Offer(models.Model):
    """Lines of a consumer order offered to one outlet. Amounts are in the order's currency, tax included.

    `part` is its place in the decision; competitive offers of one part race for it and hold no stock. `keeps` is the
    dealer's net margin and `floor` what of it is protected, both net of tax; `receives` what the dealer is paid;
    `freight` what sending costs it. `expires_at` is the database's clock, None for what was given without asking.
    """

    order = models.ForeignKey("fulfilment_consumer.ConsumerOrder", on_delete=models.PROTECT, related_name="offers")
    order_version = models.PositiveIntegerField()
    decision = models.ForeignKey(Decision, on_delete=models.PROTECT, related_name="offers")
    part = models.PositiveSmallIntegerField(default=0)
    dealer = models.ForeignKey("dealers_accounts.Dealer", on_delete=models.PROTECT, related_name="offers")
    outlet = models.ForeignKey("dealers_accounts.Outlet", on_delete=models.PROTECT, related_name="offers")
    rule = models.CharField(_("rule"), max_length=100, blank=True)
    mode = models.CharField(max_length=12, choices=OfferModeChoice.choices)
    state = models.CharField(_("state"), max_length=12, choices=OfferState.choices, default=OfferState.SENT)
    holds = models.BooleanField(default=True, help_text=_("Whether it holds stock, capacity and budget."))
    sent_at = models.DateTimeField(_("sent at"), default=timezone.now)
    seen_at = models.DateTimeField(_("seen at"), null=True, blank=True)
    seen_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    expires_at = models.DateTimeField(_("answer by"), null=True, blank=True)
    remind_half_at = models.DateTimeField(null=True, blank=True)
    remind_late_at = models.DateTimeField(null=True, blank=True)
    reminders = models.PositiveSmallIntegerField(_("reminders"), default=0)
    answered_at = models.DateTimeField(_("answered at"), null=True, blank=True)
    answered_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(_("reason"), max_length=20, choices=DeclineReason.choices, blank=True)
    note = models.CharField(_("note"), max_length=500, blank=True)
    ship_by = models.DateTimeField(_("ship by"), null=True, blank=True)
    distance_m = models.PositiveIntegerField(_("distance, m"), default=0)
    currency = models.CharField(_("currency"), max_length=3)
    paid = amount(_("consumer paid"))
    freight_charged = amount(_("freight the consumer paid"))
    freight = amount(_("freight"))
    landed_cost = amount(_("purchase price"))
    fees = amount(_("fees"))
    fulfilment_fee = amount(_("fulfilment fee"))
    top_up = amount(_("top-up"))
    receives = amount(_("you are paid"), validators=[])
    keeps = amount(_("what you keep"), validators=[])
    floor = amount(_("protected margin"))
    net_revenue = amount(_("revenue net of tax"))
    campaign = models.ForeignKey(ConsumerCampaign, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    outlet_day = models.ForeignKey(OutletDay, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    objects = OfferQuerySet.as_manager()

    class Meta:
        verbose_name = _("offer")
        verbose_name_plural = _("offers")
        ordering = ("-id",)
        indexes = (
            models.Index(fields=("dealer", "state", "-id"), name="offers_by_dealer"),
            models.Index(fields=("order", "-id"), name="offers_by_order"),
            models.Index(fields=("expires_at",), condition=Q(state="sent"), name="open_offers_by_deadline"),
            models.Index(fields=("sent_at",), name="offers_by_time"),
        )

    def __str__(self) -> str:
        return f"offer {self.pk} of {self.order_id} to {self.dealer_id}"


class OfferLine(models.Model):
    """A line of an offer, with the money it was offered at.

    `settlement` is the plain `Settlement` it was worked out as, sale and terms in it, so that every number can be
    worked out again. `order_line` is empty once the channel changed the order.
    """

    offer = models.ForeignKey(Offer, on_delete=models.CASCADE, related_name="lines")
    order_line = models.ForeignKey(
        "fulfilment_consumer.ConsumerOrderLine", null=True, on_delete=models.SET_NULL, related_name="offer_lines"
    )
    position = models.PositiveIntegerField()
    product = models.ForeignKey("catalogue.Product", on_delete=models.PROTECT, related_name="+")
    sku = models.CharField(_("SKU"), max_length=128)
    name = models.CharField(_("name"), max_length=255)
    name_zh = models.CharField(_("Chinese name"), max_length=255, blank=True)
    quantity = models.PositiveIntegerField(_("quantity"))
    paid = amount(_("consumer paid"))
    landed_cost = amount(_("purchase price"))
    freight = amount(_("freight"))
    top_up = amount(_("top-up"))
    receives = amount(_("you are paid"), validators=[])
    keeps = amount(_("what you keep"), validators=[])
    floor = amount(_("protected margin"))
    settlement = models.JSONField()
    overrides = models.JSONField(default=list, help_text=_("[dealer, minor units] of territory overrides."))

    class Meta:
        ordering = ("offer", "position")
        constraints = (models.UniqueConstraint(fields=("offer", "position"), name="one_offer_line_per_position"),)

    @property
    def display_name(self) -> str:
        """The name in the language of the reader."""
        return self.name_zh if self.name_zh and reads_chinese() else self.name

    def __str__(self) -> str:
        return f"{self.offer_id}/{self.position} {self.sku}"


class OfferStep(models.Model):
    """A move of an offer or of what was accepted of it: who, when, why. It only grows."""

    offer = models.ForeignKey(Offer, on_delete=models.CASCADE, related_name="steps")
    from_state = models.CharField(max_length=12, blank=True)
    to_state = models.CharField(max_length=12)
    at = models.DateTimeField(default=timezone.now)
    by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    by_name = models.CharField(max_length=200, blank=True)
    note = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ("offer", "id")

    def __str__(self) -> str:
        return f"{self.offer_id}: {self.from_state} → {self.to_state}"


class AllocationState(models.TextChoices):
    """How far a dealer is with what it accepted."""

    ACCEPTED = "accepted", _("To be packed")
    PACKED = "packed", _("Packed")
    SENT = "sent", _("Sent or handed over")
    COMPLETED = "completed", _("With the consumer")
    SETTLED = "settled", _("Settled")
    CANCELLED = "cancelled", _("Cancelled")


class AllocationQuerySet(models.QuerySet["Allocation"]):
    """Allocations."""

    def for_user(self, user: User) -> AllocationQuerySet:
        """Only those of dealers this user may see."""
        return self.filter(dealers_visible_to(user, "dealer__"))


class Allocation(models.Model):
    """An accepted offer: the dealer holds these lines. `completed_at` is the consumer's receipt; from `payable_on` on
    the dealer's money is payable."""

    offer = models.OneToOneField(Offer, primary_key=True, on_delete=models.PROTECT, related_name="allocation")
    order = models.ForeignKey("fulfilment_consumer.ConsumerOrder", on_delete=models.PROTECT, related_name="allocations")
    dealer = models.ForeignKey("dealers_accounts.Dealer", on_delete=models.PROTECT, related_name="allocations")
    outlet = models.ForeignKey("dealers_accounts.Outlet", on_delete=models.PROTECT, related_name="allocations")
    state = models.CharField(
        _("state"), max_length=12, choices=AllocationState.choices, default=AllocationState.ACCEPTED
    )
    state_at = models.DateTimeField(default=timezone.now)
    accepted_at = models.DateTimeField(_("accepted at"), default=timezone.now)
    packed_at = models.DateTimeField(_("packed at"), null=True, blank=True)
    sent_at = models.DateTimeField(_("sent at"), null=True, blank=True)
    completed_at = models.DateTimeField(_("received at"), null=True, blank=True)
    payable_on = models.DateField(_("payable on"), null=True, blank=True)
    cancelled_at = models.DateTimeField(_("cancelled at"), null=True, blank=True)

    objects = AllocationQuerySet.as_manager()

    class Meta:
        verbose_name = _("allocation")
        verbose_name_plural = _("allocations")
        ordering = ("-offer",)
        indexes = (
            models.Index(fields=("dealer", "state", "-offer"), name="allocations_by_dealer"),
            models.Index(fields=("state", "payable_on"), name="allocations_by_payable"),
            models.Index(fields=("order",), name="allocations_by_order"),
            models.Index(fields=("accepted_at",), name="allocations_by_time"),
        )

    def __str__(self) -> str:
        return f"allocation {self.pk}"


class AllocationLine(models.Model):
    """A line that a dealer holds, whole: never two live rows for one line of an order.

    `returned` units came back, of which `returned_by_fault` by the dealer's fault. `order_line` is empty once it was
    cancelled and the order changed.
    """

    allocation = models.ForeignKey(Allocation, on_delete=models.PROTECT, related_name="lines")
    offer_line = models.OneToOneField(OfferLine, on_delete=models.PROTECT, related_name="allocation_line")
    order_line = models.ForeignKey(
        "fulfilment_consumer.ConsumerOrderLine", null=True, on_delete=models.SET_NULL, related_name="allocation_lines"
    )
    product = models.ForeignKey("catalogue.Product", on_delete=models.PROTECT, related_name="+")
    quantity = models.PositiveIntegerField(_("quantity"))
    sent_at = models.DateTimeField(_("sent at"), null=True, blank=True)
    cancelled_at = models.DateTimeField(_("cancelled at"), null=True, blank=True)
    returned = models.PositiveIntegerField(_("returned"), default=0)
    returned_by_fault = models.PositiveIntegerField(_("returned by the dealer's fault"), default=0)

    class Meta:
        ordering = ("allocation", "id")
        constraints = (
            models.UniqueConstraint(
                fields=("order_line",), condition=Q(cancelled_at__isnull=True), name="one_live_allocation_per_line"
            ),
            models.CheckConstraint(
                condition=Q(returned__lte=models.F("quantity"), returned_by_fault__lte=models.F("returned")),
                name="no_more_returned_than_allocated",
            ),
            models.CheckConstraint(
                condition=Q(sent_at__isnull=True) | Q(cancelled_at__isnull=True), name="sent_lines_are_not_cancelled"
            ),
        )

    def __str__(self) -> str:
        return f"{self.allocation_id}: {self.order_line_id}"


class LineFate(models.TextChoices):
    """What became of a line that no dealer holds."""

    BACKLOG = "backlog", _("Backlog")
    SUPPLIER_WAREHOUSE = "supplier_warehouse", _("The supplier's warehouse")
    CANCELLED = "cancelled", _("Cancelled")


class LeftLine(models.Model):
    """A line that no dealer holds or is asked about, and why. The row goes when the line is routed again."""

    order_line = models.OneToOneField(
        "fulfilment_consumer.ConsumerOrderLine", primary_key=True, on_delete=models.CASCADE, related_name="left"
    )
    order = models.ForeignKey("fulfilment_consumer.ConsumerOrder", on_delete=models.CASCADE, related_name="left_lines")
    fate = models.CharField(_("outcome"), max_length=20, choices=LineFate.choices)
    why = models.CharField(_("why"), max_length=30, blank=True)
    rule = models.CharField(_("rule"), max_length=100, blank=True)
    at = models.DateTimeField(_("at"), default=timezone.now)
    by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    tried_at = models.DateTimeField(_("last tried at"), default=timezone.now)
    sent_at = models.DateTimeField(_("sent at"), null=True, blank=True)

    class Meta:
        indexes = (
            models.Index(fields=("fate", "at"), name="left_lines_by_fate"),
            models.Index(fields=("tried_at",), condition=Q(fate="backlog"), name="backlog_by_last_try"),
        )

    def __str__(self) -> str:
        return f"{self.order_line_id}: {self.fate}"


class UnclaimRequest(models.Model):
    """A dealer's request to leave what it accepted. `granted` is None until staff decide."""

    allocation = models.ForeignKey(Allocation, on_delete=models.PROTECT, related_name="unclaim_requests")
    reason = models.CharField(_("reason"), max_length=20, choices=DeclineReason.choices)
    note = models.CharField(_("note"), max_length=500, blank=True)
    at = models.DateTimeField(_("at"), default=timezone.now)
    by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    granted = models.BooleanField(_("granted"), null=True)
    penalty = amount(_("penalty"))
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True)
    decided_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    answer = models.CharField(_("answer"), max_length=500, blank=True)

    class Meta:
        verbose_name = _("request to leave an accepted order")
        verbose_name_plural = _("requests to leave accepted orders")
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(
                fields=("allocation",), condition=Q(granted__isnull=True), name="one_open_unclaim_per_allocation"
            ),
        )

    def __str__(self) -> str:
        return f"unclaim {self.allocation_id}"


class DealerScore(models.Model):
    """How a dealer does, counted anew by `scores.refresh`. `acceptance` is in millionths: the mean of a Beta posterior
    whose evidence halves every 60 days. `units` were offered or accepted in the period fairness looks at."""

    dealer = models.OneToOneField(
        "dealers_accounts.Dealer", primary_key=True, on_delete=models.CASCADE, related_name="consumer_score"
    )
    acceptance = models.PositiveIntegerField(_("acceptance, millionths"), default=1_000_000)
    asked = models.PositiveIntegerField(_("asked"), default=0)
    accepted = models.PositiveIntegerField(_("accepted"), default=0)
    declined = models.PositiveIntegerField(_("declined"), default=0)
    expired = models.PositiveIntegerField(_("not answered"), default=0)
    answer_minutes = models.PositiveIntegerField(_("median minutes to answer"), null=True, blank=True)
    sent = models.PositiveIntegerField(_("sent"), default=0)
    sent_on_time = models.PositiveIntegerField(_("sent on time"), default=0)
    left = models.PositiveIntegerField(_("left after acceptance"), default=0)
    units = models.PositiveIntegerField(_("units"), default=0)
    counted_at = models.DateTimeField(_("counted at"), default=timezone.now)

    class Meta:
        verbose_name = _("dealer's score")
        verbose_name_plural = _("dealers' scores")

    def __str__(self) -> str:
        return f"score of dealer {self.dealer_id}"
