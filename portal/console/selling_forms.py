"""What an administrator may say in a selling rule, and by what the list of rules is narrowed."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.db.models import Q, QuerySet
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from oscar.core.loading import get_model

from dealers.accounts.models import Dealer, DealerGroup
from portal.components.filters import filter_chips
from portal.console.selling_words import CURRENT, EXPIRED, FUTURE, STATES, category_paths
from pricing.catalogue.families import code_of, sold_or_models
from pricing.catalogue.models import ProductCard
from pricing.selling.models import (
    WHOLE_ORDERS,
    AssortmentRule,
    Effect,
    FreightRule,
    MinimumMode,
    OrderMinimum,
    QuantityRule,
    RuleKind,
)

Product = get_model("catalogue", "Product")
t = gettext_lazy
HIGHEST = 1_000_000
SCOPES = (("", t("All")), ("dealer", t("One dealer")), ("group", t("A dealer group")), ("everybody", t("Everybody")))


def _day(label: Any) -> forms.DateField:
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return forms.DateField(label=label, required=False, widget=widget)


class RuleForm(forms.Form):
    """For whom a rule is. `seen` is the rule's last change when the page was drawn."""

    dealer = forms.CharField(
        label=t("Dealer"),
        max_length=50,
        required=False,
        help_text=t("Number; leave dealer and group empty for everybody."),
        widget=forms.TextInput(attrs={"list": "dealers", "autocomplete": "off"}),
    )
    group = forms.ModelChoiceField(
        label=t("Dealer group"), queryset=DealerGroup.objects.none(), required=False, empty_label="–"
    )
    seen = forms.IntegerField(widget=forms.HiddenInput, min_value=0, required=False)

    #: The columns of the rule that the form writes, besides dealer and group.
    columns: tuple[str, ...] = ()

    def __init__(self, data: QueryDict | None = None, *, rule: Any = None, seen: int = 0) -> None:
        super().__init__(data, initial={**self._stored(rule), "seen": seen} if rule else {"seen": seen})
        groups: Any = self.fields["group"]
        groups.queryset = DealerGroup.objects.all()

    def _stored(self, rule: Any) -> dict[str, Any]:
        values = {name: getattr(rule, name) for name in self.columns}
        return values | {"dealer": rule.dealer.number if rule.dealer else "", "group": rule.group}

    def clean_dealer(self) -> Dealer | None:
        """A dealer by number."""
        number = self.cleaned_data["dealer"].strip()
        if not number:
            return None
        found = Dealer.objects.filter(number__iexact=number).first()
        if found is None:
            raise forms.ValidationError(_("There is no such dealer. Choose one from the list."))
        return found

    def clean(self) -> dict[str, Any]:
        """Either a dealer or a group."""
        values: dict[str, Any] = super().clean() or {}
        if values.get("dealer") and values.get("group"):
            self.add_error("group", _("Give either a dealer or a group, not both."))
        return values

    def apply(self, rule: Any) -> Any:
        """The rule with what was entered; not saved."""
        for name in ("dealer", "group", *self.columns):
            setattr(rule, name, self.cleaned_data[name])
        return rule


class TargetedForm(RuleForm):
    """What a rule is about, and on which days it holds."""

    product = forms.CharField(
        label=t("SKU or model"), max_length=100, required=False,
        help_text=t("The code of a model stands for all its variants."),
    )  # fmt: skip
    category = forms.ChoiceField(label=t("Category"), required=False, help_text=t("With everything below it."))
    brand = forms.CharField(
        label=t("Brand"),
        max_length=100,
        required=False,
        help_text=t("Leave SKU, category and brand empty for everything."),
        widget=forms.TextInput(attrs={"list": "brands", "autocomplete": "off"}),
    )
    valid_from = _day(t("Valid from"))
    valid_to = _day(t("Valid to"))

    columns: tuple[str, ...] = ("brand", "valid_from", "valid_to")

    def __init__(self, data: QueryDict | None = None, *, rule: Any = None, seen: int = 0) -> None:
        super().__init__(data, rule=rule, seen=seen)
        categories: Any = self.fields["category"]
        categories.choices = [("", "–"), *((str(pk), path) for pk, path in category_paths().items())]

    def _stored(self, rule: Any) -> dict[str, Any]:
        stored = super()._stored(rule)
        return stored | {"product": code_of(rule.product) if rule.product else "", "category": rule.category_id or ""}

    def clean_product(self) -> Any:
        """A product that can be sold, by SKU, or a whole model, by its code."""
        sku = self.cleaned_data["product"].strip()
        if not sku:
            return None
        sold = Product.objects.filter(upc__iexact=sku).exclude(structure=Product.PARENT).first()
        found = sold or sold_or_models([sku]).get(sku)
        if found is None:
            raise forms.ValidationError(_("There is no product with this SKU."))
        return found

    def clean_brand(self) -> str:
        """A brand that some product is of, however it is typed."""
        typed: str = self.cleaned_data["brand"].strip()
        if not typed:
            return ""
        known = ProductCard.objects.filter(brand__iexact=typed).values_list("brand", flat=True).first()
        if known is None:
            raise forms.ValidationError(_("No product is of the brand %(brand)s.") % {"brand": typed})
        return known

    def clean(self) -> dict[str, Any]:
        """One target, and days in order."""
        values = super().clean()
        about = [name for name in ("product", "category", "brand") if values.get(name)]
        if len(about) > 1:
            self.add_error(about[1], _("Give only one of SKU, category and brand."))
        start, end = values.get("valid_from"), values.get("valid_to")
        if start and end and end < start:
            self.add_error("valid_to", _("This day is before the first one. Correct one of the two."))
        return values

    def apply(self, rule: Any) -> Any:
        """The rule with what was entered; not saved."""
        rule = super().apply(rule)
        rule.product = self.cleaned_data["product"]
        rule.category_id = int(self.cleaned_data["category"]) if self.cleaned_data["category"] else None
        return rule


class AssortmentForm(TargetedForm):
    """What dealers may or may not see."""

    effect = forms.ChoiceField(
        label=t("Effect"),
        choices=Effect.choices,
        help_text=t("Once a dealer may see something by a rule, it sees only what rules let it see."),
    )
    columns = ("effect", *TargetedForm.columns)


class QuantityForm(TargetedForm):
    """In which quantities they may order it."""

    minimum = forms.IntegerField(
        label=t("Minimum order quantity"), min_value=1, max_value=HIGHEST, required=False,
        help_text=t("In sales units. An empty field leaves it to a farther rule or the product itself."),
    )  # fmt: skip
    multiple = forms.IntegerField(label=t("Order multiple"), min_value=1, max_value=HIGHEST, required=False)
    maximum = forms.IntegerField(label=t("Most in one order"), min_value=1, max_value=HIGHEST, required=False)
    columns = ("minimum", "multiple", "maximum", *TargetedForm.columns)

    def clean(self) -> dict[str, Any]:
        """At least one of the three."""
        values = super().clean()
        names = ("minimum", "multiple", "maximum")
        if not any(values.get(name) or name in self.errors for name in names):
            self.add_error("minimum", _("Give a minimum, a multiple or a maximum."))
        return values


class MoneyForm(RuleForm):
    """A rule about orders as a whole, in one currency."""

    currency = forms.ChoiceField(label=t("Currency"), help_text=t("It holds for dealers who buy in this currency."))

    def __init__(self, data: QueryDict | None = None, *, rule: Any = None, seen: int = 0) -> None:
        super().__init__(data, rule=rule, seen=seen)
        used = Dealer.objects.order_by("currency").values_list("currency", flat=True).distinct()
        codes = {*used, rule.currency} if rule else set(used)
        currencies: Any = self.fields["currency"]
        currencies.choices = [(code, code) for code in sorted(codes)]

    def clean(self) -> dict[str, Any]:
        """A dealer's rule is in the dealer's currency."""
        values = super().clean()
        dealer, currency = values.get("dealer"), values.get("currency")
        if dealer and currency and dealer.currency != currency:
            words = {"dealer": dealer.display_name, "currency": dealer.currency}
            self.add_error("currency", _("%(dealer)s buys in %(currency)s.") % words)
        return values


class MinimumForm(MoneyForm):
    """The least an order must come to."""

    amount = forms.DecimalField(
        label=t("Order minimum"), min_value=0, max_digits=14, decimal_places=2,
        help_text=t("Before tax. 0 asks for nothing, which frees from a farther minimum."),
    )  # fmt: skip
    mode = forms.ChoiceField(label=t("An order below it is"), choices=MinimumMode.choices)
    columns = ("amount", "currency", "mode")


class FreightForm(MoneyForm):
    """What is charged for sending an order, and from when it is free."""

    charge = forms.DecimalField(
        label=t("Freight for an order"), min_value=0, max_digits=14, decimal_places=2,
        help_text=t("Before tax. 0 charges nothing, which frees from a farther rule."),
    )  # fmt: skip
    free_from = forms.DecimalField(
        label=t("Free from goods of"), min_value=Decimal("0.01"), max_digits=14, decimal_places=2, required=False,
        help_text=t("Before tax. Leave empty to charge every order."),
    )  # fmt: skip
    valid_from = _day(t("Valid from"))
    valid_to = _day(t("Valid to"))
    columns = ("charge", "free_from", "currency", "valid_from", "valid_to")

    def clean(self) -> dict[str, Any]:
        """Days in order."""
        values = super().clean()
        start, end = values.get("valid_from"), values.get("valid_to")
        if start and end and end < start:
            self.add_error("valid_to", _("This day is before the first one. Correct one of the two."))
        return values


FORMS: dict[str, type[RuleForm]] = {
    RuleKind.ASSORTMENT: AssortmentForm,
    RuleKind.QUANTITY: QuantityForm,
    RuleKind.MINIMUM: MinimumForm,
    RuleKind.FREIGHT: FreightForm,
}
MODELS: dict[str, type[Any]] = {
    RuleKind.ASSORTMENT: AssortmentRule,
    RuleKind.QUANTITY: QuantityRule,
    RuleKind.MINIMUM: OrderMinimum,
    RuleKind.FREIGHT: FreightRule,
}


class RuleFilter(forms.Form):
    """Text, for whom, and state."""

    q = forms.CharField(label=t("Search"), required=False, max_length=100)
    scope = forms.ChoiceField(label=t("For whom"), choices=SCOPES, required=False)
    state = forms.ChoiceField(
        label=t("State"),
        required=False,
        choices=(("", t("All")), *((code, word) for code, (word, _kind) in STATES.items())),
    )

    def __init__(self, data: QueryDict, *, kind: str) -> None:
        super().__init__(data)
        self._kind = kind
        if kind == RuleKind.MINIMUM:
            del self.fields["state"]
        if kind in WHOLE_ORDERS:
            self.fields["q"].widget.attrs["placeholder"] = str(_("Dealer or group"))
        else:
            self.fields["q"].widget.attrs["placeholder"] = str(_("Dealer, group, SKU, category or brand"))

    def select(self, rules: QuerySet[Any], today: date) -> QuerySet[Any]:
        """The rules that the filter lets through; none when the filter itself has errors."""
        if not self.is_valid():
            return rules.none()
        text, scope = self.cleaned_data["q"], self.cleaned_data["scope"]
        if text:
            rules = rules.filter(_mentions(text, self._kind))
        if scope == "everybody":
            rules = rules.filter(dealer__isnull=True, group__isnull=True)
        elif scope:
            rules = rules.filter(**{f"{scope}__isnull": False})
        return rules.filter(_holds(self.cleaned_data.get("state", ""), today))

    def chips(self, params: QueryDict) -> list[dict[str, str]]:
        """The filters in force, each with the address without it."""
        return filter_chips(self, params)


def _holds(state: str, today: date) -> Q:
    started = Q(valid_from__isnull=True) | Q(valid_from__lte=today)
    going = Q(valid_to__isnull=True) | Q(valid_to__gte=today)
    holding = {CURRENT: started & going, FUTURE: ~started, EXPIRED: started & ~going}
    return holding.get(state, Q())


def _mentions(text: str, kind: str) -> Q:
    names = ["dealer__number", "dealer__name", "dealer__name_zh", "group__code", "group__name", "group__name_zh"]
    if kind not in WHOLE_ORDERS:
        names += ["product__upc", "product__title", "product__card__model_code"]
        names += ["category__name", "category__card__name_zh", "brand"]
    found = Q()
    for name in names:
        found |= Q(**{f"{name}__icontains": text})
    return found
