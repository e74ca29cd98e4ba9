"""Which consumer orders a list shows."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from fulfilment.consumer.contacts import contacts_matching
from fulfilment.consumer.models import STATE_CHOICES, Channel, ConsumerOrder, ConsumerOrderLine
from portal.components.filters import filter_chips, within_days
from portal.components.keyset import without_place


class ConsumerFilter(forms.Form):
    """Text, channel and days. Only those who may see contacts find orders by a name, phone or e-mail."""

    q = forms.CharField(label=_("Search"), required=False, max_length=100)
    channel = forms.ModelChoiceField(
        label=_("Channel"), queryset=Channel.objects.all(), required=False, empty_label=_("All")
    )
    since = forms.DateField(label=pgettext_lazy("first day", "From"), required=False)
    until = forms.DateField(label=pgettext_lazy("last day", "To"), required=False)

    def __init__(self, data: QueryDict, *, sees_contacts: bool) -> None:
        super().__init__(data)
        self._sees_contacts = sees_contacts
        hint = _("Number, SKU, postcode or consumer") if sees_contacts else _("Number, SKU or postcode")
        self.fields["q"].widget.attrs["placeholder"] = str(hint)
        for name in ("since", "until"):
            self.fields[name].widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")

    def clean(self) -> dict[str, Any]:
        """Refuse a period that ends before it starts."""
        values: dict[str, Any] = super().clean() or {}
        since, until = values.get("since"), values.get("until")
        if since and until and until < since:
            self.add_error("until", _("The last day lies before the first."))
        return values

    def select(self, orders: QuerySet[ConsumerOrder]) -> QuerySet[ConsumerOrder]:
        """The orders that the filter lets through; none when the filter itself has errors."""
        if not self.is_valid():
            return orders.none()
        values = self.cleaned_data
        if values["q"]:
            orders = orders.filter(self._mentions(values["q"]))
        if values["channel"]:
            orders = orders.filter(channel=values["channel"])
        return within_days(orders, "placed_at", values.get("since"), values.get("until"))

    def chips(self, params: QueryDict) -> list[dict[str, str]]:
        """The filters in force, each with the address without it."""
        return filter_chips(self, params)

    def _mentions(self, text: str) -> Any:
        with_sku = ConsumerOrderLine.objects.filter(order=OuterRef("pk"), sku__istartswith=text)
        meant = Q(external_number__icontains=text) | Q(postal_code__iexact=text) | Q(Exists(with_sku))
        return meant | contacts_matching(text) if self._sees_contacts else meant


def in_tab(orders: QuerySet[ConsumerOrder], tab: str) -> QuerySet[ConsumerOrder]:
    """The orders of one state, or all."""
    return orders.filter(state=tab) if tab in dict(STATE_CHOICES) else orders


def tabs_with_counts(orders: QuerySet[ConsumerOrder], tab: str, params: QueryDict) -> list[dict[str, Any]]:
    """The states over a filtered set of orders, counted in one statement."""
    counts = {state: Count("pk", filter=Q(state=state)) for state, _word in STATE_CHOICES}
    counted = orders.order_by().aggregate(all=Count("pk"), **counts)
    words = [("", _("All"), counted["all"]), *((code, word, counted[code]) for code, word in STATE_CHOICES)]
    return [
        {"label": word, "count": count, "active": code == tab, "url": without_place(params, tab=code)}
        for code, word, count in words
        if count or code in ("", tab)
    ]
