"""Parcels, pickup codes, overrides and returns of what dealers accepted."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from dealers.accounts.models import Outlet, User, dealers_visible_to
from fulfilment.allocation.models import Allocation, AllocationLine


class ConsumerParcel(models.Model):
    """Lines of an allocation that left together. `key` makes sending the same form twice one parcel."""

    allocation = models.ForeignKey(Allocation, on_delete=models.PROTECT, related_name="parcels")
    key = models.UUIDField(unique=True, default=uuid.uuid4)
    carrier = models.CharField(_("carrier"), max_length=100, blank=True)
    tracking_number = models.CharField(_("tracking number"), max_length=100, blank=True)
    sent_at = models.DateTimeField(_("sent at"), default=timezone.now)
    by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    by_name = models.CharField(max_length=200, blank=True)

    class Meta:
        verbose_name = _("parcel")
        verbose_name_plural = _("parcels")
        ordering = ("allocation", "id")

    def __str__(self) -> str:
        return f"{self.allocation_id}: {self.carrier} {self.tracking_number}".strip()


class ParcelLine(models.Model):
    """A line in its parcel. A line is never parted, so it is in one parcel at most."""

    parcel = models.ForeignKey(ConsumerParcel, on_delete=models.CASCADE, related_name="contents")
    line = models.OneToOneField(AllocationLine, on_delete=models.PROTECT, related_name="parcel_line")

    def __str__(self) -> str:
        return f"{self.parcel_id}: {self.line_id}"


class PickupCode(models.Model):
    """A code by which the consumer gets goods at one outlet, for the order as it stood at `order_version`.

    The code itself is told once, when it is issued; only its HMAC is kept. It is good until `expires_at` for the lines
    in `lines` that have not been handed over, unless it was voided. `used_at` is when the last of them was. `issued_by`
    is the person who made it, None when the channel asked for it.
    """

    allocation = models.ForeignKey(Allocation, on_delete=models.PROTECT, related_name="pickup_codes")
    outlet = models.ForeignKey(Outlet, on_delete=models.PROTECT, related_name="pickup_codes")
    order_version = models.PositiveIntegerField()
    code_hmac = models.CharField(max_length=64, unique=True)
    issued_at = models.DateTimeField(_("issued at"), default=timezone.now)
    issued_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    expires_at = models.DateTimeField(_("good until"))
    voided_at = models.DateTimeField(null=True, blank=True)
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("pickup code")
        verbose_name_plural = _("pickup codes")
        ordering = ("allocation", "id")
        constraints = (
            models.UniqueConstraint(
                fields=("allocation",), condition=Q(voided_at__isnull=True), name="one_pickup_code_in_force"
            ),
        )

    def __str__(self) -> str:
        return f"pickup code of {self.allocation_id}"


class PickupLine(models.Model):
    """A line that a code is good for. `handed_at` is set once, by a guarded UPDATE."""

    code = models.ForeignKey(PickupCode, on_delete=models.CASCADE, related_name="lines")
    line = models.ForeignKey(AllocationLine, on_delete=models.PROTECT, related_name="pickup_lines")
    handed_at = models.DateTimeField(_("handed over at"), null=True, blank=True)
    handed_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    handed_by_name = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ("code", "id")
        constraints = (models.UniqueConstraint(fields=("code", "line"), name="one_pickup_line_per_code_and_line"),)

    def __str__(self) -> str:
        return f"{self.code_id}: {self.line_id}"


class PickupTry(models.Model):
    """A code that no order waits under, keyed in at an outlet. The code itself is not kept."""

    outlet = models.ForeignKey(Outlet, on_delete=models.CASCADE, related_name="pickup_tries")
    at = models.DateTimeField(default=timezone.now)
    by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        indexes = (models.Index(fields=("outlet", "-at"), name="pickup_tries_by_outlet"),)

    def __str__(self) -> str:
        return f"{self.outlet_id} {self.at:%Y-%m-%d %H:%M}"


class OverrideQuerySet(models.QuerySet["PickupOverride"]):
    """Overrides."""

    def for_user(self, user: User) -> OverrideQuerySet:
        """Only those of dealers this user may see."""
        return self.filter(dealers_visible_to(user, "allocation__dealer__"))


class PickupOverride(models.Model):
    """A wish to hand goods over without a code. A second person of the dealer decides; `approved` is None before."""

    allocation = models.ForeignKey(Allocation, on_delete=models.PROTECT, related_name="overrides")
    line_ids = models.JSONField(default=list)
    reason = models.CharField(_("reason"), max_length=500)
    asked_at = models.DateTimeField(_("asked at"), default=timezone.now)
    asked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    approved = models.BooleanField(null=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    objects = OverrideQuerySet.as_manager()

    class Meta:
        ordering = ("allocation", "id")
        constraints = (
            models.UniqueConstraint(
                fields=("allocation",), condition=Q(approved__isnull=True), name="one_open_override_per_allocation"
            ),
            models.CheckConstraint(
                condition=~Q(approved=True) | (Q(decided_by__isnull=False) & ~Q(decided_by=models.F("asked_by"))),
                name="a_second_person_approves",
            ),
        )

    def __str__(self) -> str:
        return f"override of {self.allocation_id}"


class ReturnCause(models.TextChoices):
    """Why goods came back. `BY_FAULT` says which are the dealer's fault."""

    WITHDRAWAL = "withdrawal", _("The consumer changed their mind")
    DEFECT = "defect", _("Defective from the factory")
    NOT_TAKEN = "not_taken", _("Not accepted or not collected")
    DAMAGED = "damaged", _("Damaged on the way")
    WRONG = "wrong", _("Wrong goods or something missing")
    LATE = "late", _("Too late")


#: What lies with who packed and sent it.
BY_FAULT = frozenset({ReturnCause.DAMAGED, ReturnCause.WRONG, ReturnCause.LATE})


class ConsumerReturn(models.Model):
    """Goods of an allocation that came back at once, for one cause. `key` makes sending the same form twice one return.

    By the dealer's fault, the freight that the consumer paid is taken back, too.
    """

    allocation = models.ForeignKey(Allocation, on_delete=models.PROTECT, related_name="returns")
    key = models.UUIDField(unique=True, default=uuid.uuid4)
    cause = models.CharField(_("cause"), max_length=12, choices=ReturnCause.choices)
    by_fault = models.BooleanField(_("the dealer's fault"), default=False)
    note = models.CharField(_("note"), max_length=500, blank=True)
    at = models.DateTimeField(_("at"), default=timezone.now)
    by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    by_name = models.CharField(max_length=200, blank=True)

    class Meta:
        verbose_name = _("consumer return")
        verbose_name_plural = _("consumer returns")
        ordering = ("allocation", "id")

    def __str__(self) -> str:
        return f"return of {self.allocation_id}"


class ConsumerReturnLine(models.Model):
    """Units of one line that came back, and whether they can be sold again."""

    consumer_return = models.ForeignKey(ConsumerReturn, on_delete=models.CASCADE, related_name="lines")
    line = models.ForeignKey(AllocationLine, on_delete=models.PROTECT, related_name="return_lines")
    units = models.PositiveIntegerField(_("units"))
    resellable = models.BooleanField(_("can be sold again"), default=True)

    class Meta:
        ordering = ("consumer_return", "id")
        constraints = (
            models.CheckConstraint(condition=Q(units__gte=1), name="something_came_back"),
            models.UniqueConstraint(fields=("consumer_return", "line"), name="one_return_line_per_line"),
        )

    def __str__(self) -> str:
        return f"{self.consumer_return_id}: {self.units} of {self.line_id}"
