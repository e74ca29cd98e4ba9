"""On what terms dealers and their outlets take consumer orders, and whose territory is protected."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from dealers.accounts.models import User

NOTHING = Decimal("0.00")
HUNDRED = Decimal(100)
IN_PERCENT = [MinValueValidator(0), MaxValueValidator(100)]


def amount(label: Any, **options: Any) -> models.DecimalField[Any, Any]:
    """A column of money: two decimals, not below zero, zero unless told."""
    options = {"default": NOTHING, "validators": [MinValueValidator(0)], **options}
    return models.DecimalField(label, max_digits=14, decimal_places=2, **options)


def percentage(label: Any, **options: Any) -> models.DecimalField[Any, Any]:
    """A column of percent with four decimals, which whole millionths can hold; zero unless told."""
    options = {"default": Decimal(0), "validators": IN_PERCENT, **options}
    return models.DecimalField(label, max_digits=7, decimal_places=4, **options)


class SellingModel(models.TextChoices):
    """Who is the seller to the consumer; the values are `pricing.margins.terms.Model`."""

    DEALER_SELLS = "dealer_sells", _("The dealer sells")
    SUPPLIER_SELLS = "supplier_sells", _("The supplier sells, the dealer is paid a fee")


class ConsumerContract(models.Model):
    """A dealer's contract for consumer orders. A dealer without one takes none.

    `rebate` and `inbound_freight` are percent of the contract unit price: what comes off and on it for the landed cost.
    Of equal costs the higher `tier` gets the order. `entitlement` is its share of all units, in percent; 0 takes it out
    of the comparison. `auto_accept` is its standing agreement that orders need no answer.
    """

    dealer = models.OneToOneField(
        "dealers_accounts.Dealer", primary_key=True, on_delete=models.CASCADE, related_name="consumer_contract"
    )
    is_active = models.BooleanField(_("takes consumer orders"), default=True)
    valid_from = models.DateField(pgettext_lazy("validity", "from"), null=True, blank=True)
    valid_until = models.DateField(_("until"), null=True, blank=True)
    credit_hold = models.BooleanField(_("on credit hold"), default=False)
    tier = models.PositiveSmallIntegerField(_("tier"), default=1)
    entitlement = percentage(_("entitlement, %"))
    model = models.CharField(
        _("seller"), max_length=20, choices=SellingModel.choices, default=SellingModel.DEALER_SELLS
    )
    rebate = percentage(_("rebate per unit, %"))
    inbound_freight = percentage(_("inbound freight, %"))
    auto_accept = models.BooleanField(_("accepts without being asked"), default=False)

    class Meta:
        verbose_name = _("contract for consumer orders")
        verbose_name_plural = _("contracts for consumer orders")
        constraints = (
            models.CheckConstraint(
                condition=Q(entitlement__gte=0, entitlement__lte=100, rebate__gte=0, rebate__lte=100),
                name="consumer_contract_percentages",
            ),
        )

    def __str__(self) -> str:
        return f"consumer orders of dealer {self.dealer_id}"


def _always_open() -> list[list[list[int]]]:
    return [[[0, 1440]] for _day in range(7)]


class OutletService(models.Model):
    """How an outlet fulfils consumer orders. An outlet without one fulfils none.

    `freight_fixed` and `freight_per_100_km` are what a parcel costs the dealer, in the dealer's currency, tax included;
    `freight_zones` are fixed prices by area prefix instead. `reach_km` is how far it sends. `week` are seven days from
    Monday of `[from, until]` in minutes after local midnight. `handling_minutes` are business minutes from acceptance
    until a parcel leaves, `transit_…` minutes on the way. `daily_capacity` counts parcels of a local day.
    """

    outlet = models.OneToOneField(
        "dealers_accounts.Outlet", primary_key=True, on_delete=models.CASCADE, related_name="consumer_service"
    )
    is_active = models.BooleanField(_("fulfils consumer orders"), default=True)
    delivers = models.BooleanField(_("delivers"), default=True)
    hands_over = models.BooleanField(_("pickup"), default=False)
    takes_away = models.BooleanField(_("take-away"), default=False)
    area_code = models.CharField(_("area code"), max_length=20, blank=True, db_index=True)
    freight_fixed = amount(_("freight of a parcel"))
    freight_per_100_km = amount(_("freight per 100 km"))
    freight_zones = models.JSONField(_("freight by area"), default=dict, blank=True)
    transit_minutes = models.PositiveIntegerField(_("minutes on the way"), default=0)
    transit_minutes_per_100_km = models.PositiveIntegerField(_("minutes on the way per 100 km"), default=0)
    reach_km = models.PositiveIntegerField(_("delivers as far as, km"), null=True, blank=True)
    handling_minutes = models.PositiveIntegerField(_("business minutes until a parcel leaves"), default=0)
    daily_capacity = models.PositiveIntegerField(_("parcels a day"), null=True, blank=True)
    time_zone = models.CharField(_("time zone"), max_length=50, default="UTC")
    week = models.JSONField(_("opening hours"), default=_always_open)

    class Meta:
        verbose_name = _("outlet's service")
        verbose_name_plural = _("outlets' services")

    def __str__(self) -> str:
        return f"service of outlet {self.outlet_id}"


class OutletException(models.Model):
    """A day on which an outlet is open otherwise: `openings` as in a week's day, empty when it is closed."""

    service = models.ForeignKey(OutletService, on_delete=models.CASCADE, related_name="exceptions")
    day = models.DateField(_("day"))
    openings = models.JSONField(_("opening hours"), default=list, blank=True)
    note = models.CharField(_("note"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("exceptional day")
        verbose_name_plural = _("exceptional days")
        ordering = ("service", "day")
        constraints = (models.UniqueConstraint(fields=("service", "day"), name="one_exception_per_outlet_and_day"),)

    def __str__(self) -> str:
        return f"{self.service_id} {self.day}"


class OutletDay(models.Model):
    """Parcels booked of an outlet's local day, by offers that hold and accepted orders. Moved by `capacity` alone."""

    outlet = models.ForeignKey("dealers_accounts.Outlet", on_delete=models.CASCADE, related_name="consumer_days")
    day = models.DateField()
    booked = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("outlet", "day"), name="one_row_per_outlet_and_day"),)

    def __str__(self) -> str:
        return f"{self.outlet_id} {self.day}: {self.booked}"


class ProtectionKind(models.TextChoices):
    """How strongly a territory is its owner's; the values are `fulfilment.allocation.facts.Protection`."""

    EXCLUSIVE = "exclusive", pgettext_lazy("territory", "Exclusive")
    PRIMARY = "primary", pgettext_lazy("territory", "Primary")
    OPEN = "open", pgettext_lazy("territory", "Open")


class ProtectedTerritory(models.Model):
    """A dealer's territory: an area and all below it, or a circle; for a category and all below it, or everything."""

    dealer = models.ForeignKey(
        "dealers_accounts.Dealer",
        verbose_name=_("dealer"),
        on_delete=models.CASCADE,
        related_name="protected_territories",
    )
    protection = models.CharField(_("protection"), max_length=10, choices=ProtectionKind.choices)
    area_code = models.CharField(_("area code"), max_length=20, blank=True)
    latitude = models.DecimalField(_("latitude"), max_digits=9, decimal_places=6, null=True, blank=True)
    longitude = models.DecimalField(_("longitude"), max_digits=9, decimal_places=6, null=True, blank=True)
    radius_km = models.PositiveIntegerField(_("radius, km"), null=True, blank=True)
    category = models.ForeignKey(
        "catalogue.Category",
        verbose_name=_("category"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    valid_from = models.DateField(pgettext_lazy("validity", "from"), null=True, blank=True)
    valid_until = models.DateField(_("until"), null=True, blank=True)

    class Meta:
        verbose_name = _("protected territory")
        verbose_name_plural = _("protected territories")
        ordering = ("area_code", "dealer")
        indexes = (
            models.Index(fields=("area_code", "dealer"), name="territories_by_area"),
            models.Index(fields=("latitude",), condition=Q(area_code=""), name="territories_by_latitude"),
        )
        constraints = (
            models.CheckConstraint(
                condition=(~Q(area_code="") & Q(radius_km__isnull=True))
                | Q(area_code="", latitude__isnull=False, longitude__isnull=False, radius_km__isnull=False),
                name="territory_is_an_area_or_a_circle",
            ),
        )

    def __str__(self) -> str:
        return f"{self.dealer_id} {self.protection} {self.area_code}"


class ProtectedMargin(models.Model):
    """What dealers keep at least, net of tax: the higher of a share of net revenue and an amount per unit.

    For a tier and a category and all below it, None for all of them. The row that names the nearest category holds,
    of those the one that names the tier.
    """

    tier = models.PositiveSmallIntegerField(_("tier"), null=True, blank=True)
    category = models.ForeignKey(
        "catalogue.Category",
        verbose_name=_("category"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    share = percentage(_("share of net revenue, %"))
    per_unit = amount(_("per unit"))

    class Meta:
        verbose_name = _("protected margin")
        verbose_name_plural = _("protected margins")
        ordering = ("category", "tier")
        constraints = (
            models.UniqueConstraint(
                fields=("tier", "category"), nulls_distinct=False, name="one_protected_margin_per_tier_and_category"
            ),
        )

    def __str__(self) -> str:
        return f"{self.category_id}/{self.tier}: {self.share} %"


class ConsumerTerms(models.Model):
    """Taxes, fees and caps of consumer orders from a moment on. Rows only grow; the newest that has begun holds.

    `…_on_dealer` is the share of a fee that the dealer bears where it sells. `top_up_share` is the most of what the
    consumer paid for a line that may be added to it. `supplier_floor` is the least the supplier keeps of a line, net of
    tax; it may be below zero.
    """

    valid_from = models.DateTimeField(pgettext_lazy("validity", "from"), default=timezone.now)
    goods_tax = percentage(_("tax on goods, %"))
    freight_tax = percentage(_("tax on freight, %"))
    service_tax = percentage(_("tax on services, %"))
    top_up_tax = percentage(_("tax on top-ups, %"))
    payment_fee = percentage(_("payment fee, %"))
    payment_fee_on_dealer = percentage(_("of it borne by the dealer, %"), default=HUNDRED)
    guide = percentage(_("guide's commission, %"))
    guide_on_dealer = percentage(_("of it borne by the dealer, %"))
    commission = percentage(_("platform's commission, %"))
    override = percentage(_("territory override, %"))
    top_up_share = percentage(_("top-up at most, % of what was paid"), null=True, blank=True)
    top_up_per_line = amount(_("top-up of a line at most"), null=True, blank=True, default=None)
    top_up_per_order = amount(_("top-up of an order at most"), null=True, blank=True, default=None)
    supplier_floor = amount(_("supplier keeps at least"), null=True, blank=True, default=None, validators=[])
    stock_max_age_hours = models.PositiveIntegerField(_("stock counts for, hours"), null=True, blank=True)
    decide_within_hours = models.PositiveIntegerField(_("dealers are asked for, hours"), default=48)
    return_days = models.PositiveSmallIntegerField(_("return window, days"), default=7)
    unclaim_penalty = amount(_("penalty for leaving an accepted order"))
    fairness_days = models.PositiveSmallIntegerField(
        _("days that entitlements look back"), default=30, validators=[MinValueValidator(1)]
    )
    made_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("terms of consumer orders")
        verbose_name_plural = _("terms of consumer orders")
        ordering = ("-valid_from", "-id")

    def __str__(self) -> str:
        return f"terms {self.pk} from {self.valid_from:%Y-%m-%d}"


class ConsumerCampaign(models.Model):
    """A campaign of the supplier: its code stands on orders, its budget pays their top-ups.

    `used` is what live offers and accepted orders take of the budget, less what came back; moved by `budgets` alone.
    """

    code = models.CharField(_("code"), max_length=64, unique=True)
    name = models.CharField(_("name"), max_length=200)
    currency = models.CharField(_("currency"), max_length=3)
    valid_from = models.DateField(pgettext_lazy("validity", "from"), null=True, blank=True)
    valid_until = models.DateField(_("until"), null=True, blank=True)
    budget = amount(_("budget"))
    used = amount(_("used"))

    class Meta:
        verbose_name = _("campaign")
        verbose_name_plural = _("campaigns")
        ordering = ("code",)
        constraints = (models.CheckConstraint(condition=Q(used__gte=0), name="campaign_used_not_negative"),)

    def __str__(self) -> str:
        return self.code


class OnlineTerms(models.Model):
    """What binds the supplier's own channels for a product: the least it sells at online, tax included, and its cost
    net of tax, from which the wholesale margin of a unit follows. It says nothing about what dealers ask."""

    product = models.ForeignKey("catalogue.Product", on_delete=models.CASCADE, related_name="online_terms")
    currency = models.CharField(_("currency"), max_length=3)
    online_floor_price = amount(_("online floor price"), null=True, blank=True, default=None)
    supplier_cost = amount(_("supplier's cost"), null=True, blank=True, default=None)

    class Meta:
        verbose_name = _("online terms")
        verbose_name_plural = _("online terms")
        constraints = (
            models.UniqueConstraint(fields=("product", "currency"), name="one_online_terms_per_product_and_currency"),
        )

    def __str__(self) -> str:
        return f"{self.product_id} {self.currency}"


class AllocationChange(models.Model):
    """A change of what allocation goes by (contract, service, territory, margin…): who, when, what. It only grows."""

    what = models.CharField(max_length=30)
    of = models.CharField(max_length=100)
    dealer = models.ForeignKey("dealers_accounts.Dealer", null=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    by_name = models.CharField(max_length=200, blank=True)
    old = models.JSONField(default=dict)
    new = models.JSONField(default=dict)

    class Meta:
        ordering = ("-id",)
        indexes = (models.Index(fields=("what", "of", "-id"), name="allocation_changes_by_thing"),)

    def __str__(self) -> str:
        return f"{self.what} {self.of}"
