"""Which orders a list shows: the filter form of the order list and the review queue, and what it selects."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from dealers.accounts.models import SalesRep, StaffRole, User
from fulfilment.ordering.models import STATE_CHOICES, DealerOrder, DealerOrderLine
from fulfilment.ordering.states import ENDED_STATES, OPEN_STATES
from portal.components.filters import filter_chips, within_days
from portal.components.keyset import without_place

ERP_REFUSED = "erp_refused"
#: Orders that the ERP refused and nobody has ended yet: they wait for a person.
REFUSED_BY_ERP = ~Q(erp_refusal="") & Q(state__in=[str(state) for state in OPEN_STATES])


class OrderFilter(forms.Form):
    """Text, dates, rep and, by link only, one dealer. A rep has no choice of rep: they see their own dealers anyway."""

    q = forms.CharField(label=_("Search"), required=False, max_length=100)
    dealer = forms.CharField(label=_("Dealer"), required=False, max_length=50, widget=forms.HiddenInput)
    since = forms.DateField(label=pgettext_lazy("first day", "From"), required=False)
    until = forms.DateField(label=pgettext_lazy("last day", "To"), required=False)
    rep = forms.ModelChoiceField(
        label=_("Sales rep"), queryset=SalesRep.objects.none(), required=False, empty_label=_("All")
    )

    def __init__(self, data: QueryDict, *, user: User, dates: bool = True) -> None:
        super().__init__(data)
        self.fields["q"].widget.attrs["placeholder"] = str(_("Order, PO number, SKU or dealer"))
        for name in ("since", "until"):
            self.fields[name].widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
        if not dates:
            del self.fields["since"], self.fields["until"]
        if user.staff_role == StaffRole.SALES_REP:
            del self.fields["rep"]
        else:
            reps: Any = self.fields["rep"]
            reps.queryset = SalesRep.objects.all()

    def clean(self) -> dict[str, Any]:
        """Refuse a period that ends before it starts."""
        values: dict[str, Any] = super().clean() or {}
        since, until = values.get("since"), values.get("until")
        if since and until and until < since:
            self.add_error("until", _("The last day lies before the first."))
        return values

    def select(self, orders: QuerySet[DealerOrder]) -> QuerySet[DealerOrder]:
        """The orders that the filter lets through; none when the filter itself has errors."""
        if not self.is_valid():
            return orders.none()
        values = self.cleaned_data
        if values["q"]:
            orders = orders.filter(_mentions(values["q"]))
        if values["dealer"]:
            orders = orders.filter(dealer__number=values["dealer"])
        orders = within_days(orders, "placed_at", values.get("since"), values.get("until"))
        if values.get("rep"):
            orders = orders.filter(dealer__sales_rep=values["rep"])
        return orders

    def chips(self, params: QueryDict) -> list[dict[str, str]]:
        """The filters in force, each with the address without it."""
        return filter_chips(self, params)


def _mentions(text: str) -> Any:
    """Orders that a person means by a text: part of the number, PO number or dealer, or the start of a SKU."""
    with_sku = DealerOrderLine.objects.filter(order=OuterRef("pk"), sku__istartswith=text)
    return (
        Q(number__icontains=text)
        | Q(po_number__icontains=text)
        | Q(erp_number__iexact=text)
        | Q(dealer__name__icontains=text)
        | Q(dealer__name_zh__icontains=text)
        | Q(dealer__number__iexact=text)
        | Exists(with_sku)
    )


def in_tab(orders: QuerySet[DealerOrder], tab: str) -> QuerySet[DealerOrder]:
    """The orders of one tab: a state, those refused by the ERP, or all."""
    if tab == ERP_REFUSED:
        return orders.filter(REFUSED_BY_ERP)
    return orders.filter(state=tab) if tab in dict(STATE_CHOICES) else orders


def tabs_with_counts(orders: QuerySet[DealerOrder], tab: str, params: QueryDict) -> list[dict[str, Any]]:
    """The tabs over a filtered set of orders, counted in one statement. Ends that are empty are left out."""
    counted = orders.order_by().aggregate(
        all=Count("pk"),
        **{state: Count("pk", filter=Q(state=state)) for state, _word in STATE_CHOICES},
        **{ERP_REFUSED: Count("pk", filter=REFUSED_BY_ERP)},
    )
    words = [("", _("All"), counted["all"])]
    words += [(state, word, counted[state]) for state, word in STATE_CHOICES]
    words.append((ERP_REFUSED, _("Refused by the ERP"), counted[ERP_REFUSED]))
    rare = {*ENDED_STATES, ERP_REFUSED}
    return [
        {"label": word, "count": count, "active": code == tab, "url": without_place(params, tab=code)}
        for code, word, count in words
        if count or code not in rare or code == tab
    ]
