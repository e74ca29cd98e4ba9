"""“What may this dealer see”: how much of the catalogue, and for one product which rules decide."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any

from django import forms
from django.http import HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe
from oscar.core.loading import get_model

from dealers.accounts.models import Dealer, User
from portal.access.portal import PortalRequest
from portal.console.selling_words import category_paths, row_of, rows_of, what_of
from pricing.catalogue.models import reads_chinese
from pricing.quote import assortment, offers_for, supplier_day
from pricing.selling.explain import explain_assortment, explain_pack
from pricing.selling.minimums import order_minimum
from pricing.selling.models import RuleKind

Product = get_model("catalogue", "Product")


class PreviewForm(forms.Form):
    """Dealer, day and, if one is asked about, a SKU."""

    dealer = forms.CharField(
        label=gettext_lazy("Dealer"),
        max_length=200,
        help_text=gettext_lazy("Number or exact name"),
        widget=forms.TextInput(attrs={"list": "dealers", "autocomplete": "off"}),
    )
    sku = forms.CharField(label=gettext_lazy("SKU"), max_length=128, required=False)
    day = forms.DateField(label=gettext_lazy("Day"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))

    def __init__(self, data: QueryDict | None, *, user: User, initial: dict[str, Any] | None = None) -> None:
        super().__init__(data, initial=initial)
        self._user = user

    def clean_dealer(self) -> Dealer:
        """A dealer the user may see, by number or name."""
        text = self.cleaned_data["dealer"].strip()
        dealers = Dealer.objects.for_user(self._user)
        named = list((dealers.filter(name__iexact=text) | dealers.filter(name_zh__iexact=text))[:2])
        found = dealers.filter(number__iexact=text).first() or (named[0] if len(named) == 1 else None)
        if found is None:
            raise forms.ValidationError(_("There is no such dealer. Choose one from the list."))
        return found

    def clean_sku(self) -> Any:
        """A product that can be sold; None when none is asked about."""
        text = self.cleaned_data["sku"].strip()
        if not text:
            return None
        found = Product.objects.filter(upc__iexact=text).select_related("card", "parent__card").first()
        if found is None or found.structure == Product.PARENT:
            raise forms.ValidationError(_("There is no product with this SKU."))
        return found


@require_safe
def selling_preview(request: PortalRequest) -> HttpResponse:
    """The form and, once it is filled in, what the rules come to."""
    today = supplier_day(timezone.now())
    data = request.GET.copy() if request.GET else None
    if data is not None and not data.get("day"):
        data["day"] = today.isoformat()
    form = PreviewForm(data, user=request.user, initial={"day": today})
    context: dict[str, Any] = {
        "form": form,
        "dealers": Dealer.objects.for_user(request.user).order_by("number"),
        "crumbs": [(_("Selling rules"), reverse("console:selling_home")), (_("What a dealer may see"), "")],
    }
    if form.is_valid():
        dealer, product, day = (form.cleaned_data[name] for name in ("dealer", "sku", "day"))
        least = order_minimum(dealer)
        context |= {
            "dealer": dealer,
            "day": day,
            "count": assortment(dealer, _noon(day)).count(),
            "minimum": what_of(least) if least else "",
            "minimum_row": row_of(RuleKind.MINIMUM, least, today, {}) if least else None,
            "product": product,
        }
        if product is not None:
            context |= _explained(dealer, product, day)
    return render(request, "console/selling/preview.html", context)


def _noon(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time(12)), timezone.get_default_timezone())


def _explained(dealer: Dealer, product: Any, day: date) -> dict[str, Any]:
    """What of the product the dealer sees on that day and why, rule by rule."""
    verdict, packing = explain_assortment(dealer, product, day), explain_pack(dealer, product, day)
    paths = category_paths()
    card = getattr(product, "card", None)
    deciding = [verdict.rule] if verdict.rule else []
    fields = (
        (_("Minimum order quantity"), packing.pack.minimum, packing.minimum),
        (_("Order multiple"), packing.pack.multiple, packing.multiple),
        (_("Most in one order"), packing.pack.maximum, packing.maximum),
    )
    return {
        "product_name": (reads_chinese() and card and card.name_zh) or product.get_title(),
        "visible": assortment(dealer, _noon(day), among=[product.pk]).exists(),
        "priced": bool(offers_for(dealer, [product.pk], _noon(day)).get(product.pk)),
        "verdict": verdict,
        "deciding": rows_of(RuleKind.ASSORTMENT, deciding, day, paths),
        "others": rows_of(RuleKind.ASSORTMENT, verdict.others, day, paths),
        "pack": [
            {"label": label, "value": value, "row": row_of(RuleKind.QUANTITY, rule, day, paths) if rule else None}
            for label, value, rule in fields
        ],
    }
