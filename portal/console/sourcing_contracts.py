"""Dealers and consumer orders: their contracts, and what of their outlets fulfils."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import Count, Q, QuerySet
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as t
from django.utils.translation import pgettext
from django.views.decorators.http import require_http_methods, require_safe

from dealers.accounts.models import Dealer, Outlet
from fulfilment.allocation.change import ChangeRefused, What, last_change
from fulfilment.allocation.keeping import CONTRACT, save_contract
from fulfilment.allocation.models import AllocationChange, ConsumerContract, OutletService
from portal.access.portal import PortalRequest
from portal.access.roles import Permission
from portal.components.filters import filter_chips
from portal.components.keyset import PAGE_SIZE, PK, Key, page_of
from portal.console.dealer_page import fetch_dealer
from portal.console.sourcing import tabs
from portal.console.sourcing_fields import DaysInOrder, day_field, readable
from portal.console.sourcing_words import changed, field_name, said
from pricing.quote import supplier_day

BY_NUMBER = (Key("number"), PK)
MOST_CHANGES = 30
STATES = (
    ("", t("All")),
    ("takes", t("Takes consumer orders")),
    ("rests", t("Contract not in force")),
    ("none", t("No contract")),
)
HELP: dict[str, Any] = {
    "credit_hold": t("It is asked about nothing until this is lifted."),
    "tier": t("Of equal costs the higher tier gets the order; protected margins may differ by tier."),
    "entitlement": t("Its share of all units. 0 leaves it out of the comparison."),
    "rebate": t("Comes off the contract price for the landed cost."),
    "inbound_freight": t("Comes on top of the contract price for the landed cost."),
    "auto_accept": t("A standing agreement: orders need no answer."),
}


class ContractForm(DaysInOrder, forms.ModelForm[ConsumerContract]):
    """A dealer's contract; the form itself never saves."""

    valid_from = day_field(t("From"))
    valid_until = day_field(t("Until"), t("The last day it holds."))
    seen = forms.IntegerField(widget=forms.HiddenInput, min_value=0, required=False)

    class Meta:
        model = ConsumerContract
        fields = CONTRACT
        help_texts = HELP

    def __init__(self, data: Any = None, *, instance: ConsumerContract, seen: int = 0) -> None:
        super().__init__(data, instance=instance, initial={"seen": seen})
        readable(self)


class ContractFilter(forms.Form):
    """Text and state."""

    q = forms.CharField(label=t("Search"), required=False, max_length=100)
    state = forms.ChoiceField(label=t("State"), required=False, choices=STATES)

    def __init__(self, data: QueryDict) -> None:
        super().__init__(data)
        self.fields["q"].widget.attrs["placeholder"] = str(_("Dealer's number or name"))

    def select(self, dealers: QuerySet[Dealer]) -> QuerySet[Dealer]:
        """The dealers that the filter lets through; none when the filter itself has errors."""
        if not self.is_valid():
            return dealers.none()
        text, state = self.cleaned_data["q"], self.cleaned_data["state"]
        if text:
            named = Q(number__icontains=text) | Q(name__icontains=text) | Q(name_zh__icontains=text)
            dealers = dealers.filter(named)
        holds = _holds()
        if state == "none":
            return dealers.filter(consumer_contract__isnull=True)
        if state:
            dealers = dealers.filter(consumer_contract__isnull=False)
            return dealers.filter(holds) if state == "takes" else dealers.exclude(holds)
        return dealers


def _holds() -> Q:
    today = supplier_day(timezone.now())
    begun = Q(consumer_contract__valid_from__isnull=True) | Q(consumer_contract__valid_from__lte=today)
    going = Q(consumer_contract__valid_until__isnull=True) | Q(consumer_contract__valid_until__gte=today)
    return begun & going & Q(consumer_contract__is_active=True, consumer_contract__credit_hold=False)


@require_safe
def sourcing_contracts(request: PortalRequest) -> HttpResponse:
    """The dealers that the reader may see, with their contracts; the same statements for any number."""
    form = ContractFilter(request.GET)
    dealers = Dealer.objects.for_user(request.user).filter(is_active=True).select_related("consumer_contract")
    serving = Q(outlets__is_active=True, outlets__consumer_service__is_active=True)
    found = form.select(dealers).annotate(serving=Count("outlets", filter=serving))
    page = page_of(found, BY_NUMBER, PAGE_SIZE, request.GET)
    context = {
        "tabs": tabs(request, "sourcing_contracts"),
        "form": form,
        "chips": filter_chips(form, request.GET),
        "may_import": request.portal.may(Permission.IMPORT_DATA),
        "page": page,
        "rows": [{"dealer": dealer} | _state(_contract_of(dealer)) for dealer in page.rows],
    }
    return render(request, "console/sourcing/contracts.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def dealer_sourcing(request: PortalRequest, number: str) -> HttpResponse:
    """A dealer's contract, its outlets' services and its territories; administrators save the contract here."""
    dealer = fetch_dealer(request, number)
    may_edit = request.portal.may(Permission.MANAGE_SOURCING)
    if request.method == "POST" and not may_edit:
        raise Http404
    stored = _contract_of(dealer)
    seen = last_change(What.CONTRACT, dealer.number)
    contract = stored or ConsumerContract(dealer=dealer)
    form = ContractForm(request.POST if request.method == "POST" else None, instance=contract, seen=seen)
    if request.method == "POST" and form.is_valid():
        try:
            change = save_contract(form.instance, by=request.user, seen=form.cleaned_data["seen"] or 0)
        except ChangeRefused as why:
            form.add_error(why.field or None, why.message)
            again = request.POST.copy()
            again["seen"] = str(seen)
            form.data = again
        else:
            if change is None:
                messages.info(request, _("Nothing was different, so nothing was changed."))
            else:
                messages.success(request, _("Saved. The contract holds for every order that is decided from now on."))
            return redirect("console:dealer_sourcing", number=dealer.number)
    return _draw(request, dealer, stored, form, may_edit)


def _draw(
    request: PortalRequest, dealer: Dealer, stored: ConsumerContract | None, form: ContractForm, may_edit: bool
) -> HttpResponse:
    outlets = dealer.outlets.select_related("consumer_service").order_by("-is_active", "code")
    changes = AllocationChange.objects.filter(dealer=dealer, what__in=(What.CONTRACT, What.SERVICE))[:MOST_CHANGES]
    facts = [
        (field_name(ConsumerContract, name), said(ConsumerContract, name, getattr(stored, name)))
        for name in (CONTRACT if stored else ())
    ]
    context = {
        "dealer": dealer,
        "contract": stored,
        "state": _state(stored),
        "form": form,
        "facts": facts,
        "may_edit": may_edit,
        "outlets": [outlet_row(outlet) for outlet in outlets],
        "territories": dealer.protected_territories.select_related("category__card").order_by("-pk")[:20],
        "changes": [
            {**row, "field": f"{row['change'].of.partition('/')[2]} {row['field']}".strip()}
            for change in changes
            for row in changed(ConsumerContract if change.what == What.CONTRACT else OutletService, [change])
        ],
        "crumbs": [
            (_("Dealers"), reverse("console:dealers")),
            (dealer.number, reverse("console:dealer", args=[dealer.number])),
            (_("Consumer orders"), ""),
        ],
    }
    return render(request, "console/sourcing/dealer.html", context, status=422 if form.errors else 200)


def outlet_row(outlet: Outlet) -> dict[str, Any]:
    """An outlet for the table: what it does for consumer orders, and what keeps it from it."""
    service: OutletService | None = getattr(outlet, "consumer_service", None)
    if service is None:
        word, tone = _("Not set up"), "neutral"
    elif not service.is_active or not outlet.is_active:
        word, tone = _("Closed"), "neutral"
    elif outlet.latitude is None:
        word, tone = _("No coordinates"), "warn"
    else:
        word, tone = _("Fulfils"), "good"
    offered = (
        [
            label
            for offers, label in (
                (service.delivers, pgettext("to a consumer", "Delivery")),
                (service.hands_over, _("Pickup")),
                (service.takes_away, _("Take-away")),
            )
            if offers
        ]
        if service
        else []
    )
    return {"outlet": outlet, "service": service, "word": word, "tone": tone, "methods": ", ".join(offered)}


def _contract_of(dealer: Dealer) -> ConsumerContract | None:
    try:
        return dealer.consumer_contract
    except ConsumerContract.DoesNotExist:
        return None


def _state(contract: ConsumerContract | None) -> dict[str, Any]:
    """A contract's state as a chip."""
    today = supplier_day(timezone.now())
    if contract is None:
        word, tone = _("No contract"), "neutral"
    elif not contract.is_active:
        word, tone = _("Resting"), "neutral"
    elif contract.valid_from and contract.valid_from > today:
        word, tone = _("Future"), "progress"
    elif contract.valid_until and contract.valid_until < today:
        word, tone = _("Expired"), "warn"
    elif contract.credit_hold:
        word, tone = _("On credit hold"), "bad"
    else:
        word, tone = _("Takes consumer orders"), "good"
    return {"contract": contract, "word": word, "tone": tone}
