"""What a dealer may see and in which quantities it may buy: rules for one dealer, a group of dealers, or everybody."""

from __future__ import annotations

from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from pricing.selling.rules import Level, Scope

NOBODY_TWICE = Q(dealer__isnull=True) | Q(group__isnull=True)
IN_ORDER = Q(valid_from__isnull=True) | Q(valid_to__isnull=True) | Q(valid_to__gte=F("valid_from"))
ONE_TARGET = (
    Q(product__isnull=True, category__isnull=True)
    | Q(product__isnull=True, brand="")
    | Q(category__isnull=True, brand="")
)


class ScopedRule(models.Model):
    """A rule for `dealer`, or for `group`, or, with neither, for everybody."""

    dealer = models.ForeignKey(
        "dealers_accounts.Dealer",
        verbose_name=_("dealer"),
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="+",
    )
    group = models.ForeignKey(
        "dealers_accounts.DealerGroup",
        verbose_name=_("dealer group"),
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="+",
    )

    class Meta:
        abstract = True

    @property
    def scope(self) -> Scope:
        """For whom the rule is."""
        return Scope.DEALER if self.dealer_id else Scope.GROUP if self.group_id else Scope.EVERYBODY


class TargetedRule(ScopedRule):
    """A rule about `product` (of a model: all its variants), or `category` with everything below it, or `brand`, or,
    with none of them, everything.

    It holds on the supplier's days from `valid_from` to `valid_to` inclusive; an empty date is open.
    """

    product = models.ForeignKey(
        "catalogue.Product",
        verbose_name=_("product"),
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="+",
    )
    category = models.ForeignKey(
        "catalogue.Category",
        verbose_name=_("category"),
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="+",
    )
    brand = models.CharField(_("brand"), max_length=100, blank=True)
    valid_from = models.DateField(_("valid from"), null=True, blank=True)
    valid_to = models.DateField(_("valid to"), null=True, blank=True)

    class Meta:
        abstract = True

    @property
    def level(self) -> Level:
        """What the rule is about."""
        if self.product is not None:
            return Level.MODEL if self.product.structure == self.product.PARENT else Level.PRODUCT
        return Level.CATEGORY if self.category_id else Level.BRAND if self.brand else Level.EVERYTHING


class QuantityRule(TargetedRule):
    """In which quantities products are sold, in sales units per order. An empty field leaves it to a farther rule."""

    minimum = models.PositiveIntegerField(_("minimum order quantity"), null=True, blank=True)
    multiple = models.PositiveIntegerField(_("order multiple"), null=True, blank=True)
    maximum = models.PositiveIntegerField(_("most in one order"), null=True, blank=True)

    class Meta:
        verbose_name = _("quantity rule")
        verbose_name_plural = _("quantity rules")
        ordering = ("pk",)
        constraints = (
            models.UniqueConstraint(
                fields=("dealer", "group", "product", "category", "brand", "valid_from"),
                nulls_distinct=False,
                name="one_quantity_rule_per_target",
            ),
            models.CheckConstraint(condition=NOBODY_TWICE, name="quantity_rule_has_one_scope"),
            models.CheckConstraint(condition=ONE_TARGET, name="quantity_rule_has_one_target"),
            models.CheckConstraint(condition=IN_ORDER, name="quantity_rule_ends_after_it_starts"),
            models.CheckConstraint(
                condition=Q(minimum__gte=1) | Q(multiple__gte=1) | Q(maximum__gte=1),
                name="quantity_rule_says_something",
            ),
            models.CheckConstraint(
                condition=(Q(minimum__isnull=True) | Q(minimum__gte=1))
                & (Q(multiple__isnull=True) | Q(multiple__gte=1))
                & (Q(maximum__isnull=True) | Q(maximum__gte=1)),
                name="quantity_rule_fields_positive",
            ),
        )

    def __str__(self) -> str:
        return f"{self.minimum or ''}/{self.multiple or ''}/{self.maximum or ''}"


class Effect(models.TextChoices):
    """What an assortment rule does."""

    ALLOW = "allow", _("may see")
    DENY = "deny", _("may not see")


class AssortmentRule(TargetedRule):
    """What dealers may or may not see, within what their price lists price. See `pricing.selling.rules`."""

    effect = models.CharField(_("effect"), max_length=5, choices=Effect.choices)

    class Meta:
        verbose_name = _("assortment rule")
        verbose_name_plural = _("assortment rules")
        ordering = ("pk",)
        constraints = (
            models.UniqueConstraint(
                fields=("dealer", "group", "product", "category", "brand", "valid_from"),
                nulls_distinct=False,
                name="one_assortment_rule_per_target",
            ),
            models.CheckConstraint(condition=NOBODY_TWICE, name="assortment_rule_has_one_scope"),
            models.CheckConstraint(condition=ONE_TARGET, name="assortment_rule_has_one_target"),
            models.CheckConstraint(condition=IN_ORDER, name="assortment_rule_ends_after_it_starts"),
            models.CheckConstraint(condition=Q(effect__in=Effect.values), name="assortment_rule_effect_known"),
        )

    @property
    def allows(self) -> bool:
        """Whether the rule shows what it is about."""
        return self.effect == Effect.ALLOW

    def __str__(self) -> str:
        return self.effect


class MinimumMode(models.TextChoices):
    """What an order below its minimum value meets with."""

    REFUSE = "refuse", _("refused")
    WARN = "warn", _("warned")


class OrderMinimum(ScopedRule):
    """The least an order must come to before tax, in `currency`. The nearest one in the dealer's currency holds; 0
    asks for nothing, which frees a dealer from the minimum of its group or of everybody."""

    currency = models.CharField(_("currency"), max_length=3)
    amount = models.DecimalField(_("order minimum"), max_digits=14, decimal_places=2)
    mode = models.CharField(_("below it"), max_length=6, choices=MinimumMode.choices, default=MinimumMode.REFUSE)

    class Meta:
        verbose_name = _("order minimum")
        verbose_name_plural = _("order minimums")
        ordering = ("pk",)
        constraints = (
            models.UniqueConstraint(
                fields=("dealer", "group", "currency"), nulls_distinct=False, name="one_order_minimum_per_currency"
            ),
            models.CheckConstraint(condition=NOBODY_TWICE, name="order_minimum_has_one_scope"),
            models.CheckConstraint(condition=Q(amount__gte=0), name="order_minimum_not_negative"),
            models.CheckConstraint(condition=Q(mode__in=MinimumMode.values), name="order_minimum_mode_known"),
        )

    def __str__(self) -> str:
        return f"{self.amount} {self.currency}"


class FreightRule(ScopedRule):
    """What is charged for sending an order, in `currency` before tax; it is taxed as the goods are.

    Nothing is charged for goods that come to `free_from` before tax; without it every order is charged. The nearest
    rule in the dealer's currency that holds on the day counts, and of two of one scope the one that starts later; a
    `charge` of 0 frees a dealer from the freight of its group or of everybody.
    """

    currency = models.CharField(_("currency"), max_length=3)
    charge = models.DecimalField(_("freight"), max_digits=14, decimal_places=2)
    free_from = models.DecimalField(_("free from"), max_digits=14, decimal_places=2, null=True, blank=True)
    valid_from = models.DateField(_("valid from"), null=True, blank=True)
    valid_to = models.DateField(_("valid to"), null=True, blank=True)

    class Meta:
        verbose_name = _("freight rule")
        verbose_name_plural = _("freight rules")
        ordering = ("pk",)
        constraints = (
            models.UniqueConstraint(
                fields=("dealer", "group", "currency", "valid_from"),
                nulls_distinct=False,
                name="one_freight_rule_per_currency_and_start",
            ),
            models.CheckConstraint(condition=NOBODY_TWICE, name="freight_rule_has_one_scope"),
            models.CheckConstraint(condition=IN_ORDER, name="freight_rule_ends_after_it_starts"),
            models.CheckConstraint(
                condition=Q(charge__gte=0) & (Q(free_from__isnull=True) | Q(free_from__gt=0)),
                name="freight_rule_not_negative",
            ),
        )

    def __str__(self) -> str:
        return f"{self.charge} {self.currency}"


class RuleKind(models.TextChoices):
    """The kinds of rules."""

    ASSORTMENT = "assortment", _("Assortment")
    QUANTITY = "quantity", _("Quantities")
    MINIMUM = "minimum", _("Order minimum")
    FREIGHT = "freight", _("Freight")


RULES: dict[str, type[Any]] = {
    RuleKind.ASSORTMENT: AssortmentRule,
    RuleKind.QUANTITY: QuantityRule,
    RuleKind.MINIMUM: OrderMinimum,
    RuleKind.FREIGHT: FreightRule,
}

#: The kinds that are about orders as a whole and so name no product, category or brand.
WHOLE_ORDERS = frozenset({RuleKind.MINIMUM, RuleKind.FREIGHT})


class SellingChange(models.Model):
    """One change of a rule: who, when, from what to what. It only grows and outlives the rule.

    `old` and `new` hold the rule as `pricing.selling.write.as_stored` says it (codes, plain numbers); empty where
    there was or is none.
    """

    kind = models.CharField(_("kind"), max_length=10, choices=RuleKind.choices)
    rule = models.BigIntegerField(_("rule"))
    dealer_number = models.CharField(_("dealer number"), max_length=50, blank=True)
    by = models.ForeignKey(
        "dealers_accounts.User", verbose_name=_("by"), null=True, on_delete=models.PROTECT, related_name="+"
    )
    by_name = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField(_("at"), default=timezone.now)
    old = models.JSONField(_("from"), default=dict, blank=True, encoder=DjangoJSONEncoder)
    new = models.JSONField(_("to"), default=dict, blank=True, encoder=DjangoJSONEncoder)

    class Meta:
        verbose_name = _("change of a selling rule")
        verbose_name_plural = _("changes of selling rules")
        ordering = ("-id",)
        indexes = (models.Index(fields=("kind", "rule", "-id"), name="selling_changes_by_rule"),)

    def __str__(self) -> str:
        return f"{self.kind} {self.rule}"
