"""Formula lists: a base list, rules for products, categories and brands, and how prices are rounded."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods
from oscar.core.loading import get_model

from portal.access.portal import PortalRequest
from portal.components.formats import entered_number
from portal.console.selling_words import category_paths
from portal.console.words import stored_text
from pricing.catalogue.families import code_of, sold_or_models
from pricing.terms.change import moves_far
from pricing.terms.derive import set_formula
from pricing.terms.models import FormulaRule, ListKind, PriceChange, PriceList

Product = get_model("catalogue", "Product")

MOST_RULES = 200
#: Of the prices that a formula moves far, so many are shown when it is asked for again.
FIRST_MOVED = 5


class FormulaForm(forms.ModelForm[PriceList]):
    """The list itself. Currency, and whether prices include tax, are the base's; the code stays once it is given."""

    class Meta:
        model = PriceList
        fields = ("code", "name", "base", "rounding_step", "rounding_mode", "is_active")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.instance.kind = ListKind.FORMULA
        base: Any = self.fields["base"]
        base.queryset = PriceList.objects.filter(kind__in=(ListKind.STANDARD, ListKind.AGREEMENT))
        base.required = True
        if self.instance.rounding_step is not None:
            self.initial["rounding_step"] = entered_number(self.instance.rounding_step)
        if self.instance.pk:
            del self.fields["code"]

    def clean(self) -> dict[str, Any]:
        """Take currency and tax from the base."""
        values = super().clean() or {}
        if base := values.get("base"):
            self.instance.currency, self.instance.tax_included = base.currency, base.tax_included
        return values


class RuleForm(forms.Form):
    """One rule. At most one of SKU, category and brand; none of them is for everything."""

    sku = forms.CharField(label=gettext_lazy("SKU or model"), required=False, max_length=128)
    category = forms.TypedChoiceField(label=gettext_lazy("Category"), required=False, coerce=int, empty_value=None)
    brand = forms.CharField(label=gettext_lazy("Brand"), required=False, max_length=100)
    percent = forms.DecimalField(label=gettext_lazy("Percent"), required=False, max_digits=7, decimal_places=3)
    amount = forms.DecimalField(label=gettext_lazy("Amount"), required=False, max_digits=14, decimal_places=4)

    def __init__(self, *args: Any, paths: dict[int, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        category: Any = self.fields["category"]
        category.choices = [("", "–"), *sorted(paths.items(), key=lambda each: each[1])]

    def clean_percent(self) -> Any:
        """Less than everything may be taken off."""
        percent = self.cleaned_data["percent"]
        if percent is not None and percent <= -100:
            raise ValidationError(_("At most 99.999 percent can be taken off."))
        return percent

    def clean_sku(self) -> Any:
        """The product or model, None when empty."""
        sku = self.cleaned_data["sku"].strip()
        if not sku:
            return None
        found = Product.objects.filter(upc__iexact=sku).first() or sold_or_models([sku]).get(sku)
        if found is None:
            raise ValidationError(_("There is no product with this SKU."))
        return found

    def clean(self) -> dict[str, Any]:
        """A rule is for one thing, and says something."""
        values = super().clean() or {}
        if sum(1 for name in ("sku", "category", "brand") if values.get(name)) > 1:
            raise ValidationError(_("Give one of SKU, category and brand, or none for everything."))
        if self.has_changed() and not self.errors and values["percent"] is None and values["amount"] is None:
            raise ValidationError(_("Give a percentage or an amount; 0 keeps the base's price."))
        return values

    def rule(self) -> FormulaRule:
        """The rule, not saved."""
        values = self.cleaned_data
        return FormulaRule(
            product=values["sku"],
            category_id=values["category"],
            brand=values["brand"].strip(),
            percent=values["percent"] or 0,
            amount=values["amount"] or 0,
        )


class RuleFormSet(forms.BaseFormSet[RuleForm]):
    """The rules of a list; an empty row is no rule, and two rules are never for one thing."""

    def clean(self) -> None:
        """Refuse two rules for one thing."""
        if any(self.errors):
            return
        rules = self.rules()
        places = {(rule.product_id, rule.category_id, rule.brand.casefold()) for rule in rules}
        if len(places) < len(rules):
            raise ValidationError(_("Two rules are for the same thing. Keep one of them."))

    def rules(self) -> list[FormulaRule]:
        """The rules that were typed and not marked to go."""
        kept = [form for form in self.forms if form.has_changed() or form.initial]
        return [form.rule() for form in kept if not form.cleaned_data.get("DELETE")]


RULES = forms.formset_factory(
    RuleForm, formset=RuleFormSet, extra=3, can_delete=True, max_num=MOST_RULES, absolute_max=MOST_RULES
)


@require_http_methods(["GET", "HEAD", "POST"])
def formula_add(request: PortalRequest) -> HttpResponse:
    """The form for a new formula list, and saving it."""
    return _edit(request, PriceList(kind=ListKind.FORMULA))


@require_http_methods(["GET", "HEAD", "POST"])
def formula(request: PortalRequest, code: str) -> HttpResponse:
    """A formula list's base, rounding and rules, and saving them; its prices follow at once."""
    return _edit(
        request,
        get_object_or_404(PriceList.objects.for_user(request.user), code=stored_text(code), kind=ListKind.FORMULA),
    )


def _edit(request: PortalRequest, found: PriceList) -> HttpResponse:
    data = request.POST if request.method == "POST" else None
    was_new = found.pk is None
    form = FormulaForm(data, instance=found)
    rules: Any = RULES(data, initial=_stored(found), prefix="rules", form_kwargs={"paths": category_paths()})
    if data is not None and form.is_valid() and rules.is_valid():
        try:
            with transaction.atomic():
                last = PriceChange.objects.values_list("pk", flat=True).first() or 0
                counts = set_formula(form.instance, rules.rules(), by=request.user)
                asks = _far(form.instance, last, request.POST.get("confirmed", ""))
                if asks:
                    transaction.set_rollback(True)
        except ValidationError as why:
            form.add_error(None, why.messages)
        else:
            if asks:
                return _draw(request, found, form, rules, asks=asks, was_new=was_new)
            _say(request, counts.added + counts.changed + counts.deleted, counts.worthless)
            return redirect("console:formula", code=form.instance.code)
    refused = bool(form.errors or (data is not None and not rules.is_valid()))
    return _draw(request, found, form, rules, was_new=was_new, status=422 if refused else 200)


def _draw(
    request: PortalRequest,
    found: PriceList,
    form: FormulaForm,
    rules: Any,
    *,
    was_new: bool,
    asks: dict[str, Any] | None = None,
    status: int = 200,
) -> HttpResponse:
    context = {
        "form": form,
        "rules": rules,
        "list": found,
        "is_new": was_new,
        "asks": asks,
        "crumbs": [
            (_("Price lists"), reverse("console:price_lists")),
            (_("New formula list") if was_new else found.code, ""),
        ],
    }
    return render(request, "console/formulas/formula.html", context, status=status)


def _far(found: PriceList, last: int, confirmed: str) -> dict[str, Any] | None:
    """What is asked when the formula moves prices far; None when none moves so far, or as many were agreed to."""
    moved = PriceChange.objects.filter(moves_far(), price_list=found.pk, pk__gt=last)
    count = moved.count()
    if not count or confirmed == str(count):
        return None
    return {"count": count, "first": moved.order_by("pk")[:FIRST_MOVED], "limit": settings.PRICE_ASKS_FROM_PERCENT}


def _say(request: PortalRequest, written: int, worthless: int) -> None:
    messages.success(request, _("Saved. %(count)s prices were written.") % {"count": written})
    if worthless:
        message = _("%(count)s prices would not be above zero and are not on the list.") % {"count": worthless}
        messages.warning(request, message)


def _stored(found: PriceList) -> list[dict[str, Any]]:
    if not found.pk:
        return []
    return [
        {
            "sku": code_of(rule.product) if rule.product else "",
            "category": rule.category_id,
            "brand": rule.brand,
            "percent": entered_number(rule.percent, digits=0),
            "amount": entered_number(rule.amount),
        }
        for rule in found.rules.select_related("product__card").order_by("pk")
    ]
