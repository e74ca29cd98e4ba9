"""One price of a list: adding it, changing it, ending it. Recorded in the person's name; the shop shows it at once."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST
from oscar.core.loading import get_model

from portal.access.portal import PortalRequest
from portal.components.formats import entered_number, format_amount
from portal.console.price_history import described
from portal.console.words import money, stored_text
from pricing.catalogue.models import reads_chinese
from pricing.quote import supplier_day
from pricing.terms.change import (
    NewPrice,
    PriceRefused,
    add_price,
    change_price,
    end_price,
    moved_far,
    standing_price,
)
from pricing.terms.models import Price, PriceList

Product = get_model("catalogue", "Product")
MOST = 10_000_000
LAST_CHANGES = 10


def _day(label: Any, help_text: Any) -> forms.DateField:
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return forms.DateField(label=label, required=False, help_text=help_text, widget=widget)


class ChangeForm(forms.Form):
    """What a price is and until when; `seen_…` is what the person was shown."""

    price = forms.DecimalField(
        label=gettext_lazy("Price"), max_digits=14, decimal_places=4, min_value=Decimal("0.0001"), localize=False
    )
    valid_to = _day(gettext_lazy("Valid to"), gettext_lazy("The last day it holds; empty: until further notice."))
    seen_price = forms.DecimalField(max_digits=14, decimal_places=4, widget=forms.HiddenInput)
    seen_valid_to = forms.DateField(required=False, widget=forms.HiddenInput)


class AddForm(forms.Form):
    """A new price."""

    sku = forms.CharField(label=gettext_lazy("SKU"), max_length=64)
    min_quantity = forms.IntegerField(label=gettext_lazy("From quantity"), min_value=1, max_value=MOST, initial=1)
    price = forms.DecimalField(
        label=gettext_lazy("Price"), max_digits=14, decimal_places=4, min_value=Decimal("0.0001"), localize=False
    )
    valid_from = _day(gettext_lazy("Valid from"), gettext_lazy("The first day it holds; empty: it has always held."))
    valid_to = _day(gettext_lazy("Valid to"), gettext_lazy("The last day it holds; empty: until further notice."))

    def clean_sku(self) -> Any:
        """A product that can be sold."""
        text = self.cleaned_data["sku"].strip()
        found = Product.objects.filter(upc__iexact=text).exclude(structure=Product.PARENT).first()
        if found is None:
            raise forms.ValidationError(_("There is no product with this SKU."))
        return found


@require_http_methods(["GET", "HEAD", "POST"])
def price_add(request: PortalRequest, code: str) -> HttpResponse:
    """The form for a new price, and adding it."""
    found = get_object_or_404(PriceList.objects.for_user(request.user), code=stored_text(code))
    far: dict[str, str] | None = None
    form = AddForm(request.POST or None, initial={"sku": request.GET.get("sku", "")})
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        new = NewPrice(values["sku"], values["min_quantity"], values["price"], values["valid_from"], values["valid_to"])
        standing = standing_price(found, new, supplier_day(timezone.now()))
        far = _far(request, standing.price, new.price, found.currency) if standing else None
        if far is None:
            try:
                add_price(found, new, by=request.user)
            except PriceRefused as why:
                form.add_error(why.field or None, why.message)
            else:
                messages.success(request, _("The price of %(sku)s was added.") % {"sku": values["sku"].upc})
                return redirect("console:price_list", code=found.code)
    context = {"list": found, "form": form, "far": far, "crumbs": _crumbs(found, _("Add a price"))}
    return render(request, "console/prices/add.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def price_edit(request: PortalRequest, pk: int) -> HttpResponse:
    """One price with its last changes, and changing it."""
    price = _fetch(request, pk)
    far: dict[str, str] | None = None
    shown = {"price": entered_number(price.price), "valid_to": price.valid_to}
    form = ChangeForm(
        request.POST or None, initial={**shown, **{f"seen_{name}": value for name, value in shown.items()}}
    )
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        seen = (values["seen_price"], values["seen_valid_to"])
        far = _far(request, values["seen_price"], values["price"], price.price_list.currency)
        if far is None:
            try:
                changed = change_price(price.pk, values["price"], values["valid_to"], seen=seen, by=request.user)
            except PriceRefused as why:
                form.add_error(why.field or None, why.message)
            else:
                _tell(request, price, changed)
                return redirect("console:price_edit", pk=price.pk)
    product = price.product
    card = getattr(product, "card", None)
    changes = price.price_list.changes.filter(product_id=price.product_id)[:LAST_CHANGES]
    context = {
        "price": price,
        "list": price.price_list,
        "name": (reads_chinese() and card and card.name_zh) or product.get_title(),
        "form": form,
        "far": far,
        "changes": described(changes),
        "over": bool(price.valid_to and price.valid_to < supplier_day(timezone.now())),
        "crumbs": _crumbs(price.price_list, product.upc),
    }
    return render(request, "console/prices/edit.html", context, status=422 if form.errors else 200)


@require_POST
def price_end(request: PortalRequest, pk: int) -> HttpResponse:
    """End a price with today, or take away one that has not started."""
    price = _fetch(request, pk)
    try:
        changed = end_price(price.pk, supplier_day(timezone.now()), by=request.user)
    except PriceRefused as why:
        messages.error(request, why.message)
    else:
        _tell(request, price, changed)
    return redirect("console:price_list", code=price.price_list.code)


def _far(request: PortalRequest, before: Decimal, after: Decimal, currency: str) -> dict[str, str] | None:
    """What is asked about a price that moves far; None when it does not, or exactly this one was agreed to."""
    percent = moved_far(before, after) if before > 0 else None
    if percent is None or request.POST.get("confirmed_price") == str(after.normalize()):
        return None
    return {
        "before": money(before, currency),
        "after": money(after, currency),
        "percent": format_amount(percent, digits=1, signed=True),
        "value": str(after.normalize()),
    }


def _fetch(request: PortalRequest, pk: int) -> Price:
    visible = Price.objects.filter(price_list__in=PriceList.objects.for_user(request.user))
    return get_object_or_404(visible.select_related("price_list", "product__card", "product__parent"), pk=pk)


def _tell(request: PortalRequest, price: Price, changed: bool) -> None:
    if changed:
        messages.success(request, _("The price of %(sku)s was changed.") % {"sku": price.product.upc})
    else:
        messages.info(request, _("Nothing was different, so nothing was changed."))


def _crumbs(found: PriceList, last: str) -> list[tuple[str, str]]:
    lists, own = reverse("console:price_lists"), reverse("console:price_list", args=[found.code])
    return [(_("Price lists"), lists), (found.code, own), (last, "")]
