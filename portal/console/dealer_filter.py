"""Which dealers a list shows, in which order, and with what beside them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django import forms
from django.db.models import DateTimeField, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from dealers.accounts.models import Dealer, SalesRep, StaffRole, Territory, User
from fulfilment.ordering.models import DealerOrder
from portal.components.filters import filter_chips
from portal.components.keyset import PK, Key, moment, money, turned, without_place

#: A day before any order, so that dealers without one sort as the longest silent.
NEVER = datetime(1900, 1, 1, tzinfo=UTC)
COLUMNS = {
    "number": Key("number"),
    "name": Key("name"),
    "limit": Key("credit_limit", money),
    "last": Key("last_order_sort", moment),
}
SORTS: dict[str, tuple[Key, ...]] = {
    **{column: (key, PK) for column, key in COLUMNS.items()},
    **{f"-{column}": turned(key, PK) for column, key in COLUMNS.items()},
}
DEFAULT_SORT = "number"
ACTIVITY = (("", _("All")), ("active", _("Active")), ("inactive", _("Inactive")))


class DealerFilter(forms.Form):
    """Text, rep, territory, currency and activity."""

    q = forms.CharField(label=_("Search"), required=False, max_length=100)
    rep = forms.ModelChoiceField(
        label=_("Sales rep"), queryset=SalesRep.objects.none(), required=False, empty_label=_("All")
    )
    territory = forms.ModelChoiceField(
        label=_("Territory"), queryset=Territory.objects.none(), required=False, empty_label=_("All")
    )
    active = forms.ChoiceField(label=_("Active"), choices=ACTIVITY, required=False)

    def __init__(self, data: QueryDict, *, user: User) -> None:
        super().__init__(data)
        self.fields["q"].widget.attrs["placeholder"] = str(_("Number, name, contact or city"))
        territories: Any = self.fields["territory"]
        territories.queryset = Territory.objects.all()
        if user.staff_role == StaffRole.SALES_REP:
            del self.fields["rep"]
        else:
            reps: Any = self.fields["rep"]
            reps.queryset = SalesRep.objects.all()

    def select(self, dealers: QuerySet[Dealer]) -> QuerySet[Dealer]:
        """The dealers that the filter lets through; none when the filter itself has errors."""
        if not self.is_valid():
            return dealers.none()
        values = self.cleaned_data
        if values["q"]:
            dealers = dealers.filter(_mentions(values["q"]))
        if values.get("rep"):
            dealers = dealers.filter(sales_rep=values["rep"])
        if values["territory"]:
            dealers = dealers.filter(territory=values["territory"])
        if values["active"]:
            dealers = dealers.filter(is_active=values["active"] == "active")
        return dealers

    def chips(self, params: QueryDict) -> list[dict[str, str]]:
        """The filters in force, each with the address without it."""
        return filter_chips(self, params)


def _mentions(text: str) -> Q:
    with_outlet = Dealer.objects.filter(outlets__city__icontains=text).values("pk")
    return (
        Q(number__icontains=text)
        | Q(name__icontains=text)
        | Q(name_zh__icontains=text)
        | Q(contact_name__icontains=text)
        | Q(contact_email__icontains=text)
        | Q(pk__in=with_outlet)
    )


def sort_of(params: QueryDict) -> str:
    """The sort that is asked for, or the usual one."""
    sort = params.get("sort", DEFAULT_SORT)
    return sort if sort in SORTS else DEFAULT_SORT


def sort_links(params: QueryDict, sort: str) -> dict[str, dict[str, str]]:
    """For each sortable column: where its heading leads, and `aria-sort` when it rules."""
    links = {}
    for column in COLUMNS:
        up = sort == column
        links[column] = {
            "url": without_place(params, sort=f"-{column}" if up else column),
            "aria": "ascending" if up else "descending" if sort == f"-{column}" else "",
        }
    return links


def with_last_order(dealers: QuerySet[Dealer]) -> QuerySet[Dealer]:
    """With `last_order` (None when there was none), and the same for sorting, where None is long ago."""
    latest = DealerOrder.objects.filter(dealer=OuterRef("pk")).order_by("-placed_at").values("placed_at")[:1]
    placed: DateTimeField[Any, Any] = DateTimeField()
    return dealers.annotate(
        last_order=Subquery(latest, output_field=placed),
        last_order_sort=Coalesce(Subquery(latest, output_field=placed), Value(NEVER)),
    )
