"""Promotions: what is taken off for a while, for whom, of what, and out of which budget."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from pricing.catalogue.models import reads_chinese


class PromotionKind(models.TextChoices):
    """What a promotion does; `pricing.promotions.rules` says how."""

    PERCENT = "percent", _("Percent off")
    AMOUNT = "amount", _("Amount off each unit")
    FREE = "free", _("Buy some, get some free")
    BUNDLE = "bundle", _("Percent off from a number of pieces")
    ORDER = "order", _("Off the order value")


#: What each kind needs said.
SAYS = (
    Q(kind="percent", percent__isnull=False, amount__isnull=True)
    | Q(kind="amount", amount__isnull=False, percent__isnull=True)
    | Q(kind="free", buy__gte=1, free__gte=1)
    | Q(kind="bundle", percent__isnull=False, amount__isnull=True, minimum_quantity__gte=2)
    | Q(kind="order", percent__isnull=False, amount__isnull=True, minimum_value__isnull=False)
    | Q(kind="order", amount__isnull=False, percent__isnull=True, minimum_value__isnull=False)
)
WITHOUT_MONEY = Q(amount__isnull=True, minimum_value__isnull=True, budget_amount__isnull=True)


class Promotion(models.Model):
    """What is taken off the price on the supplier's days from `valid_from` to `valid_to` inclusive (empty is open).

    Money is in `currency`, before tax, and such a promotion holds only for dealers who buy in it; one without money
    has no currency and holds for all. `everybody` or the dealers and groups in `scopes`; `everything` or what
    `targets` names. `budget_used` is what orders that stand have taken of `budget_amount`; see
    `pricing.promotions.budget`.
    """

    code = models.CharField(_("code"), max_length=50, unique=True)
    name = models.CharField(_("name"), max_length=200)
    name_zh = models.CharField(_("Chinese name"), max_length=200, blank=True)
    kind = models.CharField(_("kind"), max_length=10, choices=PromotionKind.choices)
    percent = models.DecimalField(_("percent off"), max_digits=5, decimal_places=2, null=True, blank=True)
    amount = models.DecimalField(_("amount off"), max_digits=14, decimal_places=4, null=True, blank=True)
    buy = models.PositiveIntegerField(_("pieces to pay"), null=True, blank=True)
    free = models.PositiveIntegerField(_("pieces free"), null=True, blank=True)
    minimum_quantity = models.PositiveIntegerField(_("from pieces"), null=True, blank=True)
    minimum_value = models.DecimalField(_("from order value"), max_digits=14, decimal_places=2, null=True, blank=True)
    currency = models.CharField(_("currency"), max_length=3, blank=True)
    everybody = models.BooleanField(_("for everybody"), default=False)
    everything = models.BooleanField(_("on everything"), default=False)
    valid_from = models.DateField(_("valid from"), null=True, blank=True)
    valid_to = models.DateField(_("valid to"), null=True, blank=True)
    is_active = models.BooleanField(_("in use"), default=True)
    priority = models.PositiveIntegerField(_("priority"), default=100)
    exclusive = models.BooleanField(_("exclusive"), default=False)
    budget_amount = models.DecimalField(_("budget"), max_digits=14, decimal_places=2, null=True, blank=True)
    budget_used = models.DecimalField(_("budget used"), max_digits=14, decimal_places=2, default=Decimal("0.00"))

    class Meta:
        verbose_name = _("promotion")
        verbose_name_plural = _("promotions")
        ordering = ("-pk",)
        indexes = (models.Index(fields=("valid_to",), condition=Q(is_active=True), name="promotions_in_use"),)
        constraints = (
            models.CheckConstraint(condition=SAYS, name="promotion_says_what_its_kind_needs"),
            models.CheckConstraint(
                condition=Q(percent__isnull=True) | Q(percent__gt=0, percent__lte=100), name="promotion_percent_range"
            ),
            models.CheckConstraint(
                condition=(Q(amount__isnull=True) | Q(amount__gt=0))
                & (Q(minimum_value__isnull=True) | Q(minimum_value__gte=0)),
                name="promotion_money_not_negative",
            ),
            models.CheckConstraint(
                condition=(WITHOUT_MONEY & Q(currency="")) | (~WITHOUT_MONEY & ~Q(currency="")),
                name="promotion_has_a_currency_with_money",
            ),
            models.CheckConstraint(
                condition=Q(valid_from__isnull=True) | Q(valid_to__isnull=True) | Q(valid_to__gte=F("valid_from")),
                name="promotion_ends_after_it_starts",
            ),
            models.CheckConstraint(
                condition=Q(budget_used__gte=0) & (Q(budget_amount__isnull=True) | Q(budget_amount__gt=0)),
                name="promotion_budget_not_negative",
            ),
        )

    @property
    def display_name(self) -> str:
        """The name in the language of the reader."""
        return self.name_zh if self.name_zh and reads_chinese() else self.name

    def __str__(self) -> str:
        return self.code


class PromotionScope(models.Model):
    """A dealer, or a group of dealers, that a promotion is for."""

    promotion = models.ForeignKey(Promotion, on_delete=models.CASCADE, related_name="scopes")
    dealer = models.ForeignKey(
        "dealers_accounts.Dealer", null=True, blank=True, on_delete=models.CASCADE, related_name="+"
    )
    group = models.ForeignKey(
        "dealers_accounts.DealerGroup", null=True, blank=True, on_delete=models.CASCADE, related_name="+"
    )

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("promotion", "dealer", "group"), nulls_distinct=False, name="one_promotion_scope_each"
            ),
            models.CheckConstraint(
                condition=Q(dealer__isnull=False, group__isnull=True) | Q(dealer__isnull=True, group__isnull=False),
                name="promotion_scope_names_one",
            ),
        )

    def __str__(self) -> str:
        return f"{self.promotion_id}: {self.dealer_id or ''}/{self.group_id or ''}"


class PromotionTarget(models.Model):
    """A product, a category with all below it, or a brand that a promotion is about."""

    promotion = models.ForeignKey(Promotion, on_delete=models.CASCADE, related_name="targets")
    product = models.ForeignKey("catalogue.Product", null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    category = models.ForeignKey(
        "catalogue.Category", null=True, blank=True, on_delete=models.CASCADE, related_name="+"
    )
    brand = models.CharField(max_length=100, blank=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("promotion", "product", "category", "brand"),
                nulls_distinct=False,
                name="one_promotion_target_each",
            ),
            models.CheckConstraint(
                condition=Q(product__isnull=False, category__isnull=True, brand="")
                | Q(product__isnull=True, category__isnull=False, brand="")
                | (Q(product__isnull=True, category__isnull=True) & ~Q(brand="")),
                name="promotion_target_names_one",
            ),
        )

    def __str__(self) -> str:
        return f"{self.promotion_id}: {self.product_id or ''}/{self.category_id or ''}/{self.brand}"


class PromotionUse(models.Model):
    """What an order took of a promotion, in the order's currency before tax; `given_back_at` when the order ended."""

    promotion = models.ForeignKey(Promotion, on_delete=models.PROTECT, related_name="uses")
    order_number = models.CharField(_("order number"), max_length=128)
    amount = models.DecimalField(_("amount"), max_digits=14, decimal_places=2)
    given_back_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = (models.Index(fields=("order_number",), name="promotion_uses_by_order"),)
        constraints = (
            models.UniqueConstraint(fields=("promotion", "order_number"), name="one_promotion_use_per_order"),
        )

    def __str__(self) -> str:
        return f"{self.promotion_id}: {self.order_number} {self.amount}"


class PromotionChange(models.Model):
    """One change of a promotion: who, when, from what to what. It only grows."""

    promotion = models.BigIntegerField(_("promotion"))
    by = models.ForeignKey(
        "dealers_accounts.User", verbose_name=_("by"), null=True, on_delete=models.PROTECT, related_name="+"
    )
    by_name = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField(_("at"), default=timezone.now)
    old: Any = models.JSONField(_("from"), default=dict, blank=True, encoder=DjangoJSONEncoder)
    new: Any = models.JSONField(_("to"), default=dict, blank=True, encoder=DjangoJSONEncoder)

    class Meta:
        verbose_name = _("change of a promotion")
        verbose_name_plural = _("changes of promotions")
        ordering = ("-id",)
        indexes = (models.Index(fields=("promotion", "-id"), name="promotion_changes_by_id"),)

    def __str__(self) -> str:
        return f"{self.promotion}"
