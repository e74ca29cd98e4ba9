"""What an administrator may say in the rule of a surcharge, and by what the list of rules is narrowed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.conf import settings
from django.core.validators import RegexValidator
from django.db.models import Q, QuerySet
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from dealers.accounts.models import Dealer
from portal.components.filters import filter_chips
from portal.components.formats import entered_number
from portal.console.selling_forms import SCOPES, TargetedForm
from pricing.surcharges.models import SurchargeKind, SurchargeRule
from pricing.surcharges.write import Called

t = gettext_lazy

CURRENT, FUTURE, EXPIRED, ENDED = "current", "future", "expired", "ended"
STATES: dict[str, tuple[Any, str]] = {
    CURRENT: (t("In force"), "good"),
    FUTURE: (t("Future"), "progress"),
    EXPIRED: (t("Expired"), "neutral"),
    ENDED: (pgettext_lazy("period", "Ended"), "neutral"),
}
#: The fields that each kind needs; the others of these are not kept.
NEEDS: dict[str, tuple[str, ...]] = {
    SurchargeKind.PERCENT: ("percent",),
    SurchargeKind.PIECE: ("amount",),
    SurchargeKind.ORDER: ("amount",),
    SurchargeKind.SMALL: ("below",),
}
VALUES = ("percent", "amount", "below")


class SurchargeForm(TargetedForm):
    """A rule with what its surcharge is called."""

    code = forms.CharField(
        label=t("Code"),
        max_length=50,
        validators=[RegexValidator(r"\A[\w.-]+\Z", t("Letters, digits, dots, dashes and underscores only."))],
        help_text=t("Rules of one code are one surcharge: the nearest of them decides. Your ERP gets the code."),
        widget=forms.TextInput(attrs={"list": "codes", "autocomplete": "off"}),
    )
    name = forms.CharField(
        label=t("Name"), max_length=128, help_text=t("Dealers read it. All rules of the code share it.")
    )
    name_zh = forms.CharField(label=t("Chinese name"), max_length=128, required=False)
    kind = forms.ChoiceField(label=t("How it is counted"), choices=SurchargeKind.choices)
    percent = forms.DecimalField(
        label=t("Percent"), required=False, min_value=0, max_digits=6, decimal_places=3,
        help_text=t("Of the line after promotions, or of a small order's goods."),
    )  # fmt: skip
    amount = forms.DecimalField(
        label=t("Amount"), required=False, min_value=0, max_digits=14, decimal_places=4,
        help_text=t("For each sales unit, or for the order; before tax."),
    )  # fmt: skip
    below = forms.DecimalField(
        label=t("On orders below"), required=False, min_value=Decimal("0.01"), max_digits=14, decimal_places=2,
        help_text=t("Goods before tax. An order of exactly this value is not small."),
    )  # fmt: skip
    currency = forms.ChoiceField(
        label=t("Currency"), help_text=t("Of the amounts; it then holds for its dealers only.")
    )

    columns = ("kind", *VALUES, "currency", *TargetedForm.columns)

    def __init__(self, data: QueryDict | None = None, *, rule: Any = None, seen: int = 0) -> None:
        super().__init__(data, rule=rule, seen=seen)
        used = Dealer.objects.order_by().values_list("currency", flat=True).distinct()
        known = {settings.OSCAR_DEFAULT_CURRENCY, *used, *filter(None, [rule.currency if rule else ""])}
        currencies: Any = self.fields["currency"]
        currencies.choices = [(code, code) for code in sorted(known)]
        if not self.initial.get("currency"):
            self.initial["currency"] = settings.OSCAR_DEFAULT_CURRENCY

    def _stored(self, rule: Any) -> dict[str, Any]:
        surcharge = rule.surcharge
        names = {"code": surcharge.code, "name": surcharge.name, "name_zh": surcharge.name_zh}
        numbers = {name: getattr(rule, name) for name in VALUES}
        shown = {name: entered_number(value) for name, value in numbers.items() if value is not None}
        return super()._stored(rule) | names | shown

    def clean(self) -> dict[str, Any]:
        """What the kind needs, and money in the currency of the dealer."""
        values = super().clean()
        kind = values.get("kind", "")
        for name in NEEDS.get(kind, ()):
            if values.get(name) is None and name not in self.errors:
                self.add_error(name, _("This kind of surcharge needs it. 0 charges nothing.") if name != "below" else
                               _("This kind of surcharge needs it."))  # fmt: skip
        if kind == SurchargeKind.SMALL and (values.get("percent") is None) == (values.get("amount") is None):
            self.add_error("amount", _("Give either a percentage or an amount."))
        dealer, currency = values.get("dealer"), values.get("currency")
        if dealer and currency and kind != SurchargeKind.PERCENT and dealer.currency != currency:
            words = {"dealer": dealer.display_name, "currency": dealer.currency}
            self.add_error("currency", _("%(dealer)s buys in %(currency)s.") % words)
        return values

    def apply(self, rule: Any) -> Any:
        """The rule with what was entered; not saved. A rule that was ended is in use again."""
        rule = super().apply(rule)
        kind = rule.kind
        kept = {*NEEDS[kind], *(("percent", "amount") if kind == SurchargeKind.SMALL else ())}
        for name in VALUES:
            if name not in kept:
                setattr(rule, name, None)
        if kind == SurchargeKind.PERCENT:
            rule.currency = ""
        rule.is_active = True
        return rule

    def called(self) -> Called:
        """What the surcharge is called."""
        return Called(*(self.cleaned_data[name] for name in Called._fields))


class SurchargeFilter(forms.Form):
    """Text, kind, for whom, and state."""

    q = forms.CharField(label=t("Search"), required=False, max_length=100)
    kind = forms.ChoiceField(label=t("Kind"), required=False, choices=(("", t("All")), *SurchargeKind.choices))
    scope = forms.ChoiceField(label=t("For whom"), choices=SCOPES, required=False)
    state = forms.ChoiceField(
        label=t("State"),
        required=False,
        choices=(("", t("All")), *((code, word) for code, (word, _tone) in STATES.items())),
    )

    def __init__(self, data: QueryDict) -> None:
        super().__init__(data)
        self.fields["q"].widget.attrs["placeholder"] = str(_("Code, name, dealer, group, SKU, category or brand"))

    def select(self, rules: QuerySet[SurchargeRule], today: date) -> QuerySet[SurchargeRule]:
        """The rules that the filter lets through; none when the filter itself has errors."""
        if not self.is_valid():
            return rules.none()
        values: Mapping[str, str] = self.cleaned_data
        if text := values["q"]:
            rules = rules.filter(_mentions(text))
        if values["kind"]:
            rules = rules.filter(kind=values["kind"])
        if values["scope"] == "everybody":
            rules = rules.filter(dealer__isnull=True, group__isnull=True)
        elif values["scope"]:
            rules = rules.filter(**{f"{values['scope']}__isnull": False})
        return rules.filter(_stands(values["state"], today))

    def chips(self, params: QueryDict) -> list[dict[str, str]]:
        """The filters in force, each with the address without it."""
        return filter_chips(self, params)


def state_of(rule: SurchargeRule, today: date) -> str:
    """Whether a rule holds today, and why not."""
    if not rule.is_active:
        return ENDED
    if rule.valid_from and rule.valid_from > today:
        return FUTURE
    return EXPIRED if rule.valid_to and rule.valid_to < today else CURRENT


def _stands(state: str, today: date) -> Q:
    if state == ENDED:
        return Q(is_active=False)
    if state == FUTURE:
        return Q(is_active=True, valid_from__gt=today)
    started = Q(valid_from__isnull=True) | Q(valid_from__lte=today)
    if state == EXPIRED:
        return started & Q(is_active=True, valid_to__lt=today)
    if state == CURRENT:
        return started & Q(is_active=True) & (Q(valid_to__isnull=True) | Q(valid_to__gte=today))
    return Q()


def _mentions(text: str) -> Q:
    return (
        Q(surcharge__code__icontains=text)
        | Q(surcharge__name__icontains=text)
        | Q(surcharge__name_zh__icontains=text)
        | Q(dealer__number__iexact=text)
        | Q(dealer__name__icontains=text)
        | Q(dealer__name_zh__icontains=text)
        | Q(group__code__iexact=text)
        | Q(group__name__icontains=text)
        | Q(product__upc__istartswith=text)
        | Q(category__name__icontains=text)
        | Q(brand__icontains=text)
    )
