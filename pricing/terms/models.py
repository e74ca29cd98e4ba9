"""The terms a dealer buys on: price lists, their prices by quantity and date, and who has which list.

Which lists count for a dealer, in which order, is said in one place: the view behind `ChainEntry`.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from pricing.catalogue.models import reads_chinese
from pricing.terms.audit import PriceChange as PriceChange  # models of this app, kept beside their verbs
from pricing.terms.listlog import PriceListChange as PriceListChange
from pricing.terms.scope import PriceListQuerySet


class ListKind(models.TextChoices):
    """What a price list is for, and with it who writes its prices."""

    STANDARD = "standard", _("Standard")
    AGREEMENT = "agreement", _("Agreement")
    FORMULA = "formula", _("Formula")
    EXCEPTIONS = "exceptions", _("One-off exceptions")


class RoundingMode(models.TextChoices):
    """Where a worked-out price goes that lies between two steps."""

    NEAREST = "nearest", _("To the nearest")
    UP = "up", _("Up")
    DOWN = "down", _("Down")


class PriceList(models.Model):
    """Prices for dealers in one currency, before tax unless `tax_included`.

    Prices of standard lists and agreements are written by people and imports; those of a formula list by
    `pricing.terms.derive` from its `base` and rules; those of an exceptions list by `pricing.terms.exceptions`, for its
    `owner_dealer` alone. A list that is not active, or on days outside `valid_from` to `valid_to`, prices nothing. What
    has an `owner_dealer` is that dealer's alone: nobody else is given it, and only that dealer's rep reads it.
    """

    code = models.CharField(_("code"), max_length=50, unique=True)
    name = models.CharField(_("name"), max_length=200)
    name_zh = models.CharField(_("Chinese name"), max_length=200, blank=True)
    currency = models.CharField(_("currency"), max_length=3)
    kind = models.CharField(_("kind"), max_length=20, choices=ListKind.choices, default=ListKind.STANDARD)
    tax_included = models.BooleanField(
        _("prices include tax"),
        default=False,
        help_text=_("The dealer's tax is taken out of each price, to four decimals."),
    )
    base = models.ForeignKey(
        "self", verbose_name=_("base list"), null=True, blank=True, on_delete=models.PROTECT, related_name="derived"
    )
    rounding_step = models.DecimalField(
        _("rounded to"),
        max_digits=10,
        decimal_places=4,
        null=True,
        blank=True,
        validators=[MinValueValidator(Decimal("0.0001"))],
        help_text=_("Empty: to four decimals. 0.05 rounds to five cents."),
    )
    rounding_mode = models.CharField(
        _("rounding"), max_length=10, choices=RoundingMode.choices, default=RoundingMode.NEAREST
    )
    owner_dealer = models.ForeignKey(
        "dealers_accounts.Dealer",
        verbose_name=_("dealer"),
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="own_lists",
    )
    is_active = models.BooleanField(_("active"), default=True)
    valid_from = models.DateField(_("valid from"), null=True, blank=True)
    valid_to = models.DateField(_("valid to"), null=True, blank=True)

    objects = PriceListQuerySet.as_manager()

    class Meta:
        verbose_name = _("price list")
        verbose_name_plural = _("price lists")
        ordering = ("code",)
        constraints = (
            models.CheckConstraint(
                condition=Q(kind="formula", base__isnull=False) | (~Q(kind="formula") & Q(base__isnull=True)),
                name="formula_lists_and_only_they_have_a_base",
            ),
            models.CheckConstraint(condition=~Q(base=F("id")), name="price_list_is_not_its_own_base"),
            models.CheckConstraint(
                condition=~Q(kind="exceptions") | Q(owner_dealer__isnull=False), name="exceptions_belong_to_a_dealer"
            ),
            models.CheckConstraint(
                condition=Q(rounding_step__isnull=True) | Q(rounding_step__gt=0), name="rounding_step_is_positive"
            ),
            models.UniqueConstraint(
                fields=("owner_dealer", "currency"),
                condition=Q(kind="exceptions"),
                name="one_exceptions_list_per_dealer_and_currency",
            ),
            models.CheckConstraint(
                condition=Q(valid_from__isnull=True) | Q(valid_to__isnull=True) | Q(valid_to__gte=F("valid_from")),
                name="price_list_ends_after_it_starts",
            ),
        )

    @property
    def display_name(self) -> str:
        """The name in the reader's language; a dealer's one-off prices are called so."""
        if self.kind == ListKind.EXCEPTIONS:
            return gettext("One-off price")
        return self.name_zh if self.name_zh and reads_chinese() else self.name

    def holds_on(self, day: date) -> bool:
        """Whether the list prices anything on a day of the supplier's."""
        return (not self.valid_from or self.valid_from <= day) and (not self.valid_to or self.valid_to >= day)

    @property
    def takes_prices(self) -> bool:
        """Whether people and imports write this list's prices; those of the other kinds are worked out."""
        return self.kind in (ListKind.STANDARD, ListKind.AGREEMENT)

    def clean(self) -> None:
        """Refuse a formula whose base cannot carry it: itself worked out, in other money, or with tax otherwise."""
        super().clean()
        if self.kind != ListKind.FORMULA or self.base is None:
            return
        if not self.base.takes_prices:
            raise ValidationError({"base": _("A formula is worked out from a standard list or an agreement.")})
        if (self.base.currency, self.base.tax_included) != (self.currency, self.tax_included):
            message = _("The base list has another currency, or prices with tax where these are without. Choose a list "
                        "that agrees with this one.")  # fmt: skip
            raise ValidationError({"base": message})
        if self.pk and self.derived.exists():
            raise ValidationError({"base": _("Other lists are worked out from this one, so it cannot be a formula.")})

    def __str__(self) -> str:
        return self.name


class DealerPriceList(models.Model):
    """A dealer buys by this list; the lowest `priority` that prices a product wins, the others are the fallback."""

    dealer = models.ForeignKey("dealers_accounts.Dealer", on_delete=models.CASCADE, related_name="price_lists")
    price_list = models.ForeignKey(PriceList, on_delete=models.PROTECT, related_name="dealers")
    priority = models.PositiveSmallIntegerField(_("priority"))

    class Meta:
        verbose_name = _("dealer's price list")
        verbose_name_plural = _("dealers' price lists")
        ordering = ("dealer", "priority")
        constraints = (
            models.UniqueConstraint(fields=("dealer", "price_list"), name="one_place_per_price_list"),
            models.UniqueConstraint(
                fields=("dealer", "priority"), name="one_price_list_per_priority", deferrable=models.Deferrable.DEFERRED
            ),
            models.CheckConstraint(condition=Q(priority__gte=1), name="exceptions_stand_before_own_lists"),
        )

    def __str__(self) -> str:
        return f"{self.priority}. {self.price_list}"


class GroupPriceList(models.Model):
    """All dealers of a group buy by this list, behind their own lists; the lowest `priority` of the group wins."""

    group = models.ForeignKey("dealers_accounts.DealerGroup", on_delete=models.CASCADE, related_name="price_lists")
    price_list = models.ForeignKey(PriceList, on_delete=models.PROTECT, related_name="groups")
    priority = models.PositiveSmallIntegerField(_("priority"))

    class Meta:
        verbose_name = _("group's price list")
        verbose_name_plural = _("groups' price lists")
        ordering = ("group", "priority")
        constraints = (
            models.UniqueConstraint(fields=("group", "price_list"), name="one_place_per_price_list_in_a_group"),
            models.UniqueConstraint(
                fields=("group", "priority"),
                name="one_price_list_per_group_priority",
                deferrable=models.Deferrable.DEFERRED,
            ),
        )

    def __str__(self) -> str:
        return f"{self.priority}. {self.price_list}"


class ChainEntry(models.Model):
    """A row of the view `pricing_terms_chain`: a list that counts for a dealer; the lower the rank, the nearer.

    Rank 0 is the dealer's exceptions list, then come its own lists (rank = priority), then its group's (rank = 100,000
    + priority). A list that a dealer has both ways stands once, at its nearest rank. Lists that are not active, or in
    another currency than the dealer's, are not in it; whether a list holds on a day is asked of the list. Read only.
    """

    pk = models.CompositePrimaryKey("dealer_id", "price_list_id")
    dealer = models.ForeignKey("dealers_accounts.Dealer", on_delete=models.DO_NOTHING, related_name="chain")
    price_list = models.ForeignKey(PriceList, on_delete=models.DO_NOTHING, related_name="chain")
    rank = models.IntegerField()

    class Meta:
        managed = False
        db_table = "pricing_terms_chain"
        ordering = ("dealer", "rank")

    def __str__(self) -> str:
        return f"{self.rank}. {self.price_list}"


class Price(models.Model):
    """The price per sales unit from `min_quantity` on, on days from `valid_from` to `valid_to` inclusive.

    In the list's currency, before tax unless the list includes it. Days are the supplier's (settings.TIME_ZONE). An
    empty date is open. Of several rows that hold on a day for the same quantity, the one with the latest `valid_from`
    rules.
    """

    # The unique constraint starts with the list: an index of the list alone would only cost.
    price_list = models.ForeignKey(PriceList, on_delete=models.CASCADE, related_name="prices", db_index=False)
    product = models.ForeignKey("catalogue.Product", on_delete=models.CASCADE, related_name="prices")
    min_quantity = models.PositiveIntegerField(_("from quantity"), default=1)
    price = models.DecimalField(_("price"), max_digits=14, decimal_places=4)
    valid_from = models.DateField(_("valid from"), null=True, blank=True)
    valid_to = models.DateField(_("valid to"), null=True, blank=True)

    class Meta:
        verbose_name = _("price")
        verbose_name_plural = _("prices")
        indexes = (models.Index(fields=("price_list", "price", "product"), name="prices_by_amount"),)
        constraints = (
            models.UniqueConstraint(
                fields=("price_list", "product", "min_quantity", "valid_from"),
                nulls_distinct=False,
                name="one_price_per_quantity_and_start",
            ),
            models.CheckConstraint(condition=Q(price__gt=0), name="price_is_positive"),
            models.CheckConstraint(condition=Q(min_quantity__gte=1), name="tier_starts_at_one_or_more"),
            models.CheckConstraint(
                condition=Q(valid_from__isnull=True) | Q(valid_to__isnull=True) | Q(valid_to__gte=F("valid_from")),
                name="price_ends_after_it_starts",
            ),
        )

    def __str__(self) -> str:
        return f"{self.min_quantity}+ {self.price}"


class FormulaRule(models.Model):
    """How a formula list changes its base's prices: base × (1 + percent ÷ 100) + amount.

    A rule is for one product, one category with all below it, one brand (compared without regard to case), or, with
    none of them, for everything. The most specific rule wins: product, then the deepest category, then brand, then
    everything; of two as specific, the older one. A product that no rule fits is not on the list.
    """

    price_list = models.ForeignKey(PriceList, on_delete=models.CASCADE, related_name="rules")
    product = models.ForeignKey(
        "catalogue.Product",
        verbose_name=_("product"),
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="formula_rules",
    )
    category = models.ForeignKey(
        "catalogue.Category",
        verbose_name=_("category"),
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="formula_rules",
    )
    brand = models.CharField(_("brand"), max_length=100, blank=True)
    percent = models.DecimalField(
        _("percent"), max_digits=7, decimal_places=3, default=0, help_text=_("-12 takes twelve percent off.")
    )
    amount = models.DecimalField(
        _("amount"), max_digits=14, decimal_places=4, default=0, help_text=_("Added after the percentage.")
    )

    class Meta:
        verbose_name = _("formula rule")
        verbose_name_plural = _("formula rules")
        ordering = ("price_list", "id")
        constraints = (
            models.UniqueConstraint(
                fields=("price_list", "product", "category", "brand"),
                nulls_distinct=False,
                name="one_formula_rule_per_place",
            ),
            models.CheckConstraint(
                condition=Q(category__isnull=True, brand="")
                | Q(product__isnull=True, brand="")
                | Q(product__isnull=True, category__isnull=True),
                name="formula_rule_is_for_one_thing",
            ),
            models.CheckConstraint(condition=Q(percent__gt=-100), name="formula_takes_less_than_everything"),
        )

    def __str__(self) -> str:
        return f"{self.percent:+} % {self.amount:+}"


class ExceptionState(models.TextChoices):
    """Where a one-off price stands."""

    REQUESTED = "requested", pgettext_lazy("one-off price", "Requested")
    APPROVED = "approved", _("Approved")
    REFUSED = "refused", _("Refused")
    ENDED = "ended", _("Ended early")


class PriceException(models.Model):
    """One price for one dealer and product until a day, asked for with a reason and approved by somebody else.

    `price` is per sales unit from `min_quantity` on, in `currency`, before tax. While approved, `price_row` is the row
    of the dealer's exceptions list that carries it; an early end shortens that row and leaves the agreed days here.
    """

    dealer = models.ForeignKey(
        "dealers_accounts.Dealer",
        verbose_name=_("dealer"),
        on_delete=models.PROTECT,
        related_name="price_exceptions",
    )
    product = models.ForeignKey(
        "catalogue.Product", verbose_name=_("product"), on_delete=models.PROTECT, related_name="price_exceptions"
    )
    price = models.DecimalField(_("price"), max_digits=14, decimal_places=4)
    currency = models.CharField(_("currency"), max_length=3)
    min_quantity = models.PositiveIntegerField(_("from quantity"), default=1)
    valid_from = models.DateField(_("valid from"))
    valid_to = models.DateField(_("valid to"))
    reason = models.CharField(_("reason"), max_length=500)
    state = models.CharField(
        _("state"), max_length=20, choices=ExceptionState.choices, default=ExceptionState.REQUESTED
    )
    requested_by = models.ForeignKey(
        "dealers_accounts.User", verbose_name=_("requested by"), on_delete=models.PROTECT, related_name="+"
    )
    requested_at = models.DateTimeField(_("requested"), default=timezone.now)
    decided_by = models.ForeignKey(
        "dealers_accounts.User",
        verbose_name=_("decided by"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)
    decision_note = models.CharField(_("note"), max_length=500, blank=True)
    ended_by = models.ForeignKey(
        "dealers_accounts.User",
        verbose_name=_("ended by"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)
    price_row = models.OneToOneField(Price, null=True, blank=True, on_delete=models.SET_NULL, related_name="exception")

    class Meta:
        verbose_name = _("price exception")
        verbose_name_plural = _("price exceptions")
        ordering = ("-id",)
        indexes = (models.Index(fields=("dealer", "-id"), name="price_exceptions_by_dealer"),)
        constraints = (
            models.CheckConstraint(condition=Q(price__gt=0), name="exception_price_is_positive"),
            models.CheckConstraint(condition=Q(min_quantity__gte=1), name="exception_starts_at_one_or_more"),
            models.CheckConstraint(condition=Q(valid_to__gte=F("valid_from")), name="exception_ends_after_it_starts"),
            models.CheckConstraint(
                condition=Q(state="requested", decided_at__isnull=True)
                | (~Q(state="requested") & Q(decided_at__isnull=False, decided_by__isnull=False)),
                name="exception_is_decided_by_somebody",
            ),
            models.CheckConstraint(
                condition=~Q(state="ended") | Q(ended_at__isnull=False, ended_by__isnull=False),
                name="exception_is_ended_by_somebody",
            ),
        )

    def __str__(self) -> str:
        return f"{self.dealer.number} {self.product} {self.price}"
