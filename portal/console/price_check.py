"""“Check a price”: which list and tier price a product for a dealer on a day, and why the others do not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from django import forms
from django.db.models import Q
from django.http import HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe
from oscar.core.loading import get_model

from dealers.accounts.models import Dealer, User
from fulfilment.ordering.lines import MAX_QUANTITY
from portal.access.portal import PortalRequest
from pricing.catalogue.models import reads_chinese
from pricing.quote import Quote, QuotedLine, assortment, offers_for, quote, supplier_day, valid_on
from pricing.rules import Offer, Tier
from pricing.terms.models import PriceList

Product = get_model("catalogue", "Product")


class CheckForm(forms.Form):
    """Dealer, SKU, quantity and day."""

    dealer = forms.CharField(
        label=gettext_lazy("Dealer"),
        max_length=200,
        help_text=gettext_lazy("Number or exact name"),
        widget=forms.TextInput(attrs={"list": "dealers", "autocomplete": "off"}),
    )
    sku = forms.CharField(label=gettext_lazy("SKU"), max_length=128)
    quantity = forms.IntegerField(label=gettext_lazy("Quantity"), min_value=1, max_value=MAX_QUANTITY)
    day = forms.DateField(label=gettext_lazy("Day"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))

    def __init__(self, data: QueryDict | None, *, user: User, initial: dict[str, Any] | None = None) -> None:
        super().__init__(data, initial=initial)
        self._user = user

    def clean_dealer(self) -> Dealer:
        """A dealer the user may see, by number or name."""
        text = self.cleaned_data["dealer"].strip()
        dealers = Dealer.objects.for_user(self._user)
        found = dealers.filter(number__iexact=text).first()
        if found is None:
            named = list((dealers.filter(name__iexact=text) | dealers.filter(name_zh__iexact=text))[:2])
            found = named[0] if len(named) == 1 else None
        if found is None:
            raise forms.ValidationError(_("There is no such dealer. Choose one from the list."))
        return found

    def clean_sku(self) -> Any:
        """A product that can be sold."""
        text = self.cleaned_data["sku"].strip()
        found = Product.objects.filter(upc__iexact=text).select_related("card", "parent").first()
        if found is None or found.structure == Product.PARENT:
            raise forms.ValidationError(_("There is no product with this SKU."))
        return found


@dataclass(frozen=True)
class ListVerdict:
    """What one of the dealer's lists says of the product, and whether it rules. `tier` is the one that rules."""

    price_list: PriceList
    tiers: tuple[Tier, ...]
    tier: Tier | None
    rules: bool
    why: str


@dataclass(frozen=True)
class Explanation:
    """The price with the reasons, list by list in the dealer's order."""

    quote: Quote
    verdicts: list[ListVerdict]
    sellable: bool

    @property
    def line(self) -> Any:
        """The one quoted line."""
        return self.quote.lines[0]


def explain(dealer: Dealer, product: Any, quantity: int, day: date) -> Explanation:
    """Price a product as the shop would on that day and say for each of the dealer's lists why it rules or not."""
    at = timezone.make_aware(datetime.combine(day, time(12)), timezone.get_default_timezone())
    found = offers_for(dealer, [product.pk], at).get(product.pk, [])
    quoted = quote(dealer, [(product.pk, quantity)], at)
    chain = dealer.chain.filter(valid_on(day, "price_list__")).select_related("price_list").order_by("rank")
    counting = [entry.price_list for entry in chain]
    others = PriceList.objects.filter(Q(dealers__dealer=dealer) | Q(groups__group__dealers=dealer)).distinct()
    left_out = others.exclude(pk__in=[each.pk for each in counting])
    return Explanation(
        quote=quoted,
        verdicts=[_verdict(each, dealer, found, quoted.lines[0], quantity, day) for each in (*counting, *left_out)],
        sellable=assortment(dealer, at, among=[product.pk]).exists(),
    )


def _verdict(
    price_list: PriceList, dealer: Dealer, found: Sequence[Offer], line: QuotedLine, quantity: int, day: date
) -> ListVerdict:
    offer = next((offer for offer in found if offer.list_code == price_list.code), None)
    if price_list.currency != dealer.currency:
        why = _("Another currency (%(list)s) than the dealer's (%(dealer)s): it does not count.") % {
            "list": price_list.currency,
            "dealer": dealer.currency,
        }
        return ListVerdict(price_list, (), None, False, why)
    if not price_list.is_active:
        return ListVerdict(price_list, (), None, False, _("The list is not active: it does not count."))
    if not price_list.holds_on(day):
        return ListVerdict(price_list, (), None, False, _("The list does not hold on that day: it does not count."))
    if offer is None:
        return ListVerdict(price_list, (), None, False, _("It has no price for this SKU on that day."))
    tier = offer.tier_for(quantity)
    if tier is not None and line.list_code == price_list.code:
        why = _("The first list in the dealer's order that prices %(quantity)s.") % {"quantity": quantity}
        if tier.min_quantity > 1:
            why += " " + _("The tier from %(minimum)s holds.") % {"minimum": tier.min_quantity}
        return ListVerdict(price_list, offer.tiers, tier, True, why)
    if tier is None:
        why = _("Its prices start at a quantity of %(minimum)s.") % {"minimum": offer.tiers[0].min_quantity}
        return ListVerdict(price_list, offer.tiers, None, False, why)
    return ListVerdict(price_list, offer.tiers, None, False, _("Not asked: a list before it rules."))


@require_safe
def price_check(request: PortalRequest) -> HttpResponse:
    """The form and, once it is filled in, the explanation."""
    today = supplier_day(timezone.now())
    data = request.GET.copy() if request.GET else None
    if data is not None and not data.get("day"):
        data["day"] = today.isoformat()
    form = CheckForm(data, user=request.user, initial={"day": today, "quantity": 1})
    context: dict[str, Any] = {
        "form": form,
        "dealers": Dealer.objects.for_user(request.user).filter(is_active=True).order_by("number"),
        "crumbs": [(_("Price lists"), reverse("console:price_lists")), (_("Check a price"), "")],
    }
    if form.is_bound and form.is_valid():
        values = form.cleaned_data
        product = values["sku"]
        card = getattr(product, "card", None)
        context |= {
            "explained": explain(values["dealer"], product, values["quantity"], values["day"]),
            "dealer": values["dealer"],
            "product": product,
            "product_name": (reads_chinese() and card and card.name_zh) or product.get_title(),
            "day": values["day"],
        }
    return render(request, "console/prices/check.html", context)
