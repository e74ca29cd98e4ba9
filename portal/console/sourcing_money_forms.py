"""What staff may say in protected margins, campaigns and online terms."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.core.validators import RegexValidator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as t
from oscar.core.loading import get_model

from dealers.accounts.models import Dealer
from fulfilment.allocation.models import ConsumerCampaign, OnlineTerms, ProtectedMargin
from portal.console.selling_words import category_paths
from portal.console.sourcing_fields import DaysInOrder, day_field, readable

Product = get_model("catalogue", "Product")


def _seen() -> forms.IntegerField:
    return forms.IntegerField(widget=forms.HiddenInput, min_value=0, required=False)


def _currencies(*stored: str) -> list[tuple[str, str]]:
    used = Dealer.objects.order_by().values_list("currency", flat=True).distinct()
    return [(code, code) for code in sorted({settings.OSCAR_DEFAULT_CURRENCY, *used, *filter(None, stored)})]


class MarginForm(forms.ModelForm[ProtectedMargin]):
    """A protected margin; the form itself never saves."""

    category = forms.ChoiceField(
        label=t("Category"), required=False, help_text=t("With everything below it. Empty: all goods.")
    )
    seen = _seen()

    field_order = ("category",)

    class Meta:
        model = ProtectedMargin
        fields = ("tier", "share", "per_unit")
        help_texts = {
            "tier": t("Of the dealer's contract. Empty: every tier."),
            "share": t("Dealers keep at least this of what they earn net of tax."),
            "per_unit": t("Or this for each unit, if it is more; in the order's currency."),
        }

    def __init__(self, data: Any = None, *, instance: ProtectedMargin, seen: int = 0) -> None:
        stored = {"category": str(instance.category_id or ""), "seen": seen}
        super().__init__(data, instance=instance, initial=stored)
        readable(self)
        category: Any = self.fields["category"]
        category.choices = [("", t("all goods")), *((str(pk), path) for pk, path in category_paths().items())]

    def clean(self) -> dict[str, Any]:
        """The category is the row's; something is protected."""
        values: dict[str, Any] = super().clean() or self.cleaned_data
        self.instance.category_id = int(values["category"]) if values.get("category") else None
        return values


class CampaignForm(DaysInOrder, forms.ModelForm[ConsumerCampaign]):
    """A campaign; the form itself never saves."""

    code = forms.CharField(
        label=t("Code"),
        max_length=64,
        validators=[RegexValidator(r"\A[\w.-]+\Z", t("Letters, digits, dots, dashes and underscores only."))],
        help_text=t("The channels send it with the orders."),
    )
    currency = forms.ChoiceField(label=t("Currency"))
    valid_from = day_field(t("From"))
    valid_until = day_field(t("Until"), t("The last day it holds."))
    seen = _seen()

    class Meta:
        model = ConsumerCampaign
        fields = ("code", "name", "currency", "valid_from", "valid_until", "budget")
        help_texts = {"budget": t("For top-ups. When it is used up, nothing is added any more.")}

    def __init__(self, data: Any = None, *, instance: ConsumerCampaign, seen: int = 0) -> None:
        stored = {"seen": seen, "currency": instance.currency or settings.OSCAR_DEFAULT_CURRENCY}
        super().__init__(data, instance=instance, initial=stored)
        currency: Any = self.fields["currency"]
        currency.choices = _currencies(instance.currency)
        if instance.pk:
            self.fields["code"].disabled = True


class OnlineForm(forms.ModelForm[OnlineTerms]):
    """Online terms of a product; the form itself never saves."""

    product = forms.CharField(label=t("SKU"), max_length=100, widget=forms.TextInput(attrs={"autocomplete": "off"}))
    currency = forms.ChoiceField(label=t("Currency"))
    seen = _seen()

    field_order = ("product",)

    class Meta:
        model = OnlineTerms
        fields = ("currency", "online_floor_price", "supplier_cost")
        help_texts = {
            "online_floor_price": t("The least you sell a unit at online, tax included. It binds no dealer's shop."),
            "supplier_cost": t("Of a unit, net of tax."),
        }

    def __init__(self, data: Any = None, *, instance: OnlineTerms, seen: int = 0) -> None:
        stored = {"product": instance.product.upc if instance.product_id else "", "seen": seen}
        stored |= {"currency": instance.currency or settings.OSCAR_DEFAULT_CURRENCY}
        super().__init__(data, instance=instance, initial=stored)
        currency: Any = self.fields["currency"]
        currency.choices = _currencies(instance.currency)

    def clean_product(self) -> Any:
        """A product that can be sold, by SKU."""
        sku = self.cleaned_data["product"].strip()
        found = Product.objects.filter(upc__iexact=sku).exclude(structure=Product.PARENT).first()
        if found is None:
            raise forms.ValidationError(_("There is no product with this SKU."))
        return found

    def clean(self) -> dict[str, Any]:
        """One of the two at least."""
        values: dict[str, Any] = super().clean() or self.cleaned_data
        prices = ("online_floor_price", "supplier_cost")
        if not any(values.get(name) is not None or name in self.errors for name in prices):
            self.add_error("online_floor_price", _("Give a floor price or a cost."))
        if values.get("product") is not None:
            self.instance.product = values["product"]
        return values


class SearchForm(forms.Form):
    """Text."""

    q = forms.CharField(label=t("Search"), required=False, max_length=100)

    def __init__(self, data: Any, placeholder: str) -> None:
        super().__init__(data)
        self.fields["q"].widget.attrs["placeholder"] = placeholder
