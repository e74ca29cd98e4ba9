"""What an administrator may say in a promotion, and by what the list of promotions is narrowed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.conf import settings
from django.core.validators import RegexValidator
from django.db.models import F, Q, QuerySet
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from oscar.core.loading import get_model

from dealers.accounts.models import Dealer, DealerGroup
from fulfilment.ordering.lines import MAX_QUANTITY
from portal.components.filters import filter_chips
from portal.console.selling_words import category_paths
from pricing.catalogue.families import code_of, sold_or_models
from pricing.catalogue.models import ProductCard
from pricing.promotions.models import Promotion, PromotionKind
from pricing.promotions.write import NEEDS, VALUES, Reach

Product = get_model("catalogue", "Product")
t = gettext_lazy

RUNNING, PLANNED, OVER, ENDED, SPENT = "running", "planned", "over", "ended", "spent"
STATES: dict[str, tuple[Any, str]] = {
    RUNNING: (t("Running"), "good"),
    PLANNED: (t("Planned"), "progress"),
    SPENT: (t("Budget used up"), "warn"),
    OVER: (t("Over"), "neutral"),
    ENDED: (pgettext_lazy("period", "Ended"), "neutral"),
}


def _day(label: Any, help_text: Any = "") -> forms.DateField:
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return forms.DateField(label=label, required=False, widget=widget, help_text=help_text)


def _pieces(label: Any, help_text: Any = "", least: int = 1) -> forms.IntegerField:
    return forms.IntegerField(label=label, required=False, min_value=least, max_value=MAX_QUANTITY, help_text=help_text)


def _money(label: Any, help_text: Any = "", places: int = 2, least: str = "0.01") -> forms.DecimalField:
    return forms.DecimalField(
        label=label, required=False, max_digits=14, decimal_places=places, min_value=Decimal(least), help_text=help_text
    )


def _many(label: Any, help_text: Any) -> forms.CharField:
    widget = forms.Textarea(attrs={"rows": 3})
    return forms.CharField(label=label, required=False, max_length=20_000, help_text=help_text, widget=widget)


class PromotionForm(forms.Form):
    """A promotion with its reach. `seen` is its last change when the page was drawn."""

    code = forms.CharField(
        label=t("Code"),
        max_length=50,
        validators=[RegexValidator(r"\A[\w.-]+\Z", t("Letters, digits, dots, dashes and underscores only."))],
    )
    name = forms.CharField(label=t("Name"), max_length=200, help_text=t("Dealers read it."))
    name_zh = forms.CharField(label=t("Chinese name"), max_length=200, required=False)
    kind = forms.ChoiceField(label=t("What it does"), choices=PromotionKind.choices)
    percent = forms.DecimalField(
        label=t("Percent off"), required=False, max_digits=5, decimal_places=2,
        min_value=Decimal("0.01"), max_value=Decimal(100),
    )  # fmt: skip
    amount = _money(t("Amount off"), t("For each sales unit, or off the order; before tax."), 4, "0.0001")
    buy = _pieces(t("Pieces to pay"))
    free = _pieces(t("Pieces free"), t("12 and 1: of every 13 in a line one is free."))
    minimum_quantity = _pieces(t("From pieces"), t("Of all its products in an order together."), 2)
    minimum_value = _money(t("From order value"), t("Before tax; 0 for every order."), 2, "0")
    currency = forms.ChoiceField(
        label=t("Currency"), help_text=t("Of the amounts; it then holds for its dealers only.")
    )
    dealers = _many(t("Dealers"), t("Numbers, one a line."))
    groups = forms.ModelMultipleChoiceField(
        label=t("Dealer groups"),
        queryset=DealerGroup.objects.none(),
        required=False,
        help_text=t("Leave dealers and groups empty for everybody."),
    )
    products = _many(t("Products"), t("SKUs or codes of models, one a line; a model stands for all its variants."))
    categories = forms.MultipleChoiceField(label=t("Categories"), required=False, help_text=t("With all below them."))
    brands = _many(t("Brands"), t("One a line. Leave products, categories and brands empty for everything."))
    valid_from = _day(t("Valid from"))
    valid_to = _day(t("Valid to"), t("The last day it holds."))
    priority = forms.IntegerField(
        label=t("Priority"), min_value=0, max_value=9999, initial=100,
        help_text=t("Of two that take off the same, the lower number wins."),
    )  # fmt: skip
    exclusive = forms.BooleanField(
        label=t("Exclusive"), required=False, help_text=t("No line has it together with one on the order value.")
    )
    budget_amount = _money(t("Budget"), t("Before tax. When it is used up, the promotion holds no more."))
    seen = forms.IntegerField(widget=forms.HiddenInput, min_value=0, required=False)

    def __init__(
        self, data: QueryDict | None = None, *, initial: Mapping[str, Any] | None = None, kept_code: bool = False
    ) -> None:
        super().__init__(data, initial=dict(initial or {}))
        groups: Any = self.fields["groups"]
        groups.queryset = DealerGroup.objects.all()
        categories: Any = self.fields["categories"]
        categories.choices = [(str(pk), path) for pk, path in category_paths().items()]
        currencies: Any = self.fields["currency"]
        codes = {
            settings.OSCAR_DEFAULT_CURRENCY,
            *Dealer.objects.order_by().values_list("currency", flat=True).distinct(),
        }
        currencies.choices = [(code, code) for code in sorted(codes)]
        if not self.initial.get("currency"):
            self.initial["currency"] = settings.OSCAR_DEFAULT_CURRENCY

    def clean_dealers(self) -> list[Dealer]:
        """Dealers by number."""
        return _found(self.cleaned_data["dealers"], Dealer.objects.all(), "number", _("There is no dealer %s."))

    def clean_products(self) -> list[Any]:
        """Products by SKU, or models by their code."""
        typed = _typed(self.cleaned_data["products"])
        found = sold_or_models(typed)
        missing = [each for each in typed if each not in found]
        if missing:
            raise forms.ValidationError(_("There is no product %s.") % missing[0])
        return [found[each] for each in typed]

    def clean_brands(self) -> list[str]:
        """Brands that some product is of, however they are typed."""
        found: list[str] = []
        known = dict.fromkeys(ProductCard.objects.exclude(brand="").values_list("brand", flat=True).distinct())
        folded = {brand.casefold(): brand for brand in known}
        for typed in _typed(self.cleaned_data["brands"]):
            brand = folded.get(typed.casefold())
            if brand is None:
                raise forms.ValidationError(_("No product is of the brand %(brand)s.") % {"brand": typed})
            found.append(brand)
        return found

    def clean(self) -> dict[str, Any]:
        """What the kind needs, days in order, and money in the currency of the dealers."""
        values: dict[str, Any] = super().clean() or {}
        kind = values.get("kind", "")
        for name in NEEDS.get(kind, ()):
            if values.get(name) is None and name not in self.errors:
                self.add_error(name, _("This kind of promotion needs it."))
        if kind == PromotionKind.ORDER and (values.get("percent") is None) == (values.get("amount") is None):
            self.add_error("percent", _("Give either a percentage or an amount."))
        if kind == PromotionKind.ORDER and any(values.get(name) for name in ("products", "categories", "brands")):
            self.add_error("products", _("A promotion on the order value counts the whole order. Leave these empty."))
        start, end = values.get("valid_from"), values.get("valid_to")
        if start and end and end < start:
            self.add_error("valid_to", _("This day is before the first one. Correct one of the two."))
        return values

    def apply(self, promotion: Promotion) -> Promotion:
        """The promotion with what was entered; not saved."""
        values = self.cleaned_data
        kind = values["kind"]
        kept = {*NEEDS[kind], *(("percent", "amount") if kind == PromotionKind.ORDER else ())}
        for name in ("code", "name", "name_zh", "kind", "valid_from", "valid_to", "priority", "exclusive"):
            setattr(promotion, name, values[name])
        for name in VALUES:
            setattr(promotion, name, values[name] if name in kept else None)
        promotion.budget_amount = values["budget_amount"]
        money = (promotion.amount, promotion.minimum_value, promotion.budget_amount)
        promotion.currency = values["currency"] if any(each is not None for each in money) else ""
        return promotion

    def reach(self) -> Reach:
        """For whom, and about what."""
        values = self.cleaned_data
        return Reach(
            dealers=values["dealers"],
            groups=list(values["groups"]),
            products=values["products"],
            categories=[int(pk) for pk in values["categories"]],
            brands=values["brands"],
        )


def stored(promotion: Promotion, reach: Reach) -> dict[str, Any]:
    """What a form shows of a promotion."""
    names = ("code", "name", "name_zh", "kind", *VALUES, "currency", "valid_from", "valid_to", "priority", "exclusive")
    return {name: getattr(promotion, name) for name in names} | {
        "budget_amount": promotion.budget_amount,
        "dealers": "\n".join(dealer.number for dealer in reach.dealers),
        "groups": list(reach.groups),
        "products": "\n".join(code_of(product) for product in reach.products),
        "categories": [str(pk) for pk in reach.categories],
        "brands": "\n".join(reach.brands),
    }


def _typed(text: str) -> list[str]:
    """The entries of a box, one a line or parted by commas, each once."""
    parts = (part.strip() for line in text.splitlines() for part in line.split(","))
    return list(dict.fromkeys(part for part in parts if part))


def _found(text: str, among: QuerySet[Any], column: str, unknown: str) -> list[Any]:
    wanted = _typed(text)
    found = {getattr(each, column): each for each in among.filter(**{f"{column}__in": wanted})} if wanted else {}
    missing = [each for each in wanted if each not in found]
    if missing:
        raise forms.ValidationError(unknown % missing[0])
    return [found[each] for each in wanted]


class PromotionFilter(forms.Form):
    """Text, state and kind."""

    q = forms.CharField(label=t("Search"), required=False, max_length=100)
    state = forms.ChoiceField(
        label=t("State"),
        required=False,
        choices=(("", t("All")), *((code, word) for code, (word, _) in STATES.items())),
    )
    kind = forms.ChoiceField(label=t("Kind"), required=False, choices=(("", t("All")), *PromotionKind.choices))

    def __init__(self, data: QueryDict) -> None:
        super().__init__(data)
        self.fields["q"].widget.attrs["placeholder"] = str(_("Code, name, dealer or SKU"))

    def select(self, found: QuerySet[Promotion], today: date) -> QuerySet[Promotion]:
        """The promotions that the filter lets through; none when the filter itself has errors."""
        if not self.is_valid():
            return found.none()
        values = self.cleaned_data
        if text := values["q"]:
            found = found.filter(
                Q(code__icontains=text)
                | Q(name__icontains=text)
                | Q(name_zh__icontains=text)
                | Q(pk__in=Promotion.objects.filter(scopes__dealer__number__iexact=text).values("pk"))
                | Q(pk__in=Promotion.objects.filter(targets__product__upc__iexact=text).values("pk"))
            )
        if values["kind"]:
            found = found.filter(kind=values["kind"])
        return found.filter(_stands(values["state"], today))

    def chips(self, params: QueryDict) -> list[dict[str, str]]:
        """The filters in force, each with the address without it."""
        return filter_chips(self, params)


def state_of(promotion: Promotion, today: date) -> str:
    """Whether a promotion holds today, and why not."""
    if not promotion.is_active:
        return ENDED
    if promotion.valid_to and promotion.valid_to < today:
        return OVER
    if promotion.valid_from and promotion.valid_from > today:
        return PLANNED
    spent = promotion.budget_amount is not None and promotion.budget_used >= promotion.budget_amount
    return SPENT if spent else RUNNING


def _stands(state: str, today: date) -> Q:
    over = Q(valid_to__isnull=False, valid_to__lt=today)
    planned = Q(valid_from__isnull=False, valid_from__gt=today)
    spent = Q(budget_amount__isnull=False, budget_used__gte=F("budget_amount"))
    active = Q(is_active=True)
    conditions = {
        ENDED: ~active,
        OVER: active & over,
        PLANNED: active & ~over & planned,
        SPENT: active & ~over & ~planned & spent,
        RUNNING: active & ~over & ~planned & ~spent,
    }
    return conditions.get(state, Q())
