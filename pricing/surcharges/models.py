"""Surcharges: what comes on top of the goods, for whom, on what, and in which order of nearness."""

from __future__ import annotations

from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from pricing.catalogue.models import reads_chinese
from pricing.selling.models import IN_ORDER, NOBODY_TWICE, ONE_TARGET, TargetedRule


class SurchargeKind(models.TextChoices):
    """How a surcharge is counted; `pricing.surcharges.rules` says how."""

    PERCENT = "percent", _("Percent of the line")
    PIECE = "piece", _("Amount for each unit")
    ORDER = "order", _("Amount for each order")
    SMALL = "small", _("On small orders")


#: What each kind needs said; 0 says that nothing is charged.
SAYS = (
    Q(kind="percent", percent__isnull=False, amount__isnull=True, below__isnull=True)
    | Q(kind__in=("piece", "order"), amount__isnull=False, percent__isnull=True, below__isnull=True)
    | Q(kind="small", below__isnull=False, below__gt=0, percent__isnull=False, amount__isnull=True)
    | Q(kind="small", below__isnull=False, below__gt=0, amount__isnull=False, percent__isnull=True)
)


class Surcharge(models.Model):
    """What a surcharge is called, on screens, orders and in the ERP; its rules say what is charged."""

    code = models.CharField(_("code"), max_length=50, unique=True)
    name = models.CharField(_("name"), max_length=128)
    name_zh = models.CharField(_("Chinese name"), max_length=128, blank=True)

    class Meta:
        verbose_name = _("surcharge")
        verbose_name_plural = _("surcharges")
        ordering = ("code",)

    @property
    def display_name(self) -> str:
        """The name in the language of the reader."""
        return self.name_zh if self.name_zh and reads_chinese() else self.name

    def __str__(self) -> str:
        return self.code


class SurchargeRule(TargetedRule):
    """What a surcharge comes to for whom and on what, while it is active and valid. The nearest rule decides.

    Money is in `currency`, before tax, and such a rule holds only for dealers who buy in it; one without money has no
    currency and holds for all. `below` is the value of goods from which on a small order is none. 0 charges nothing,
    which frees from a farther rule.
    """

    surcharge = models.ForeignKey(
        Surcharge, verbose_name=_("surcharge"), on_delete=models.PROTECT, related_name="rules"
    )
    kind = models.CharField(_("kind"), max_length=10, choices=SurchargeKind.choices)
    percent = models.DecimalField(_("percent"), max_digits=6, decimal_places=3, null=True, blank=True)
    amount = models.DecimalField(_("amount"), max_digits=14, decimal_places=4, null=True, blank=True)
    below = models.DecimalField(_("on orders below"), max_digits=14, decimal_places=2, null=True, blank=True)
    currency = models.CharField(_("currency"), max_length=3, blank=True)
    is_active = models.BooleanField(_("in use"), default=True)

    class Meta:
        verbose_name = _("rule of a surcharge")
        verbose_name_plural = _("rules of surcharges")
        ordering = ("pk",)
        indexes = (models.Index(fields=("valid_to",), condition=Q(is_active=True), name="surcharge_rules_in_use"),)
        constraints = (
            models.UniqueConstraint(
                fields=("surcharge", "dealer", "group", "product", "category", "brand", "currency", "valid_from"),
                condition=Q(is_active=True),
                nulls_distinct=False,
                name="one_surcharge_rule_per_place",
            ),
            models.CheckConstraint(condition=NOBODY_TWICE, name="surcharge_rule_has_one_scope"),
            models.CheckConstraint(condition=ONE_TARGET, name="surcharge_rule_has_one_target"),
            models.CheckConstraint(condition=IN_ORDER, name="surcharge_rule_ends_after_it_starts"),
            models.CheckConstraint(condition=SAYS, name="surcharge_rule_says_what_its_kind_needs"),
            models.CheckConstraint(
                condition=(Q(percent__isnull=True) | Q(percent__gte=0)) & (Q(amount__isnull=True) | Q(amount__gte=0)),
                name="surcharge_rule_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(currency="", amount__isnull=True, below__isnull=True)
                | (~Q(currency="") & (Q(amount__isnull=False) | Q(below__isnull=False))),
                name="surcharge_rule_money_has_a_currency",
            ),
        )

    def __str__(self) -> str:
        return f"{self.surcharge_id}: {self.percent or self.amount} {self.currency}"


class SurchargeChange(models.Model):
    """One change of a rule: who, when, from what to what. It only grows."""

    rule = models.BigIntegerField(_("rule"))
    by = models.ForeignKey(
        "dealers_accounts.User", verbose_name=_("by"), null=True, on_delete=models.PROTECT, related_name="+"
    )
    by_name = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField(_("at"), default=timezone.now)
    old: Any = models.JSONField(_("from"), default=dict, blank=True, encoder=DjangoJSONEncoder)
    new: Any = models.JSONField(_("to"), default=dict, blank=True, encoder=DjangoJSONEncoder)

    class Meta:
        verbose_name = _("change of a surcharge")
        verbose_name_plural = _("changes of surcharges")
        ordering = ("-id",)
        indexes = (models.Index(fields=("rule", "-id"), name="surcharge_changes_by_rule"),)

    def __str__(self) -> str:
        return f"{self.rule}"
