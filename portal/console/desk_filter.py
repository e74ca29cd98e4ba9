"""Which consumer orders stand in which queue of the allocation desk, and what the queues are narrowed by."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from fulfilment.allocation.models import (
    Allocation,
    AllocationLine,
    AllocationState,
    ConsumerCampaign,
    Offer,
    OfferLine,
    OfferState,
    UnclaimRequest,
)
from fulfilment.consumer.models import Channel, ConsumerOrder
from fulfilment.consumer.states import State
from fulfilment.stock.models import StockShortfall
from portal.components.filters import filter_chips

#: Queues in the order of their tabs; each but the exceptions is a state of the order.
QUEUES: dict[str, Any] = {
    "new": pgettext_lazy("queue", "New"),
    "offered": _("Offered"),
    "backlog": _("Backlog"),
    "exceptions": _("Exceptions"),
    "dealers": _("With dealers"),
}
STATES = {"new": State.READY, "offered": State.OFFERED, "backlog": State.BACKLOG, "dealers": State.ALLOCATED}
#: States in which something can be wrong; orders that came to their end are most and are not looked at.
UNFINISHED = (State.ADDRESS_UNKNOWN, State.READY, State.OFFERED, State.BACKLOG, State.ALLOCATED, State.SENT)
#: What an exception may be.
KINDS: dict[str, Any] = {
    "address": _("Address not found"),
    "unclaim": _("Dealer asks to leave"),
    "overdue": _("Overdue to ship"),
    "short": _("Stock short"),
}
NOT_SENT = (AllocationState.ACCEPTED, AllocationState.PACKED)


class DeskFilter(forms.Form):
    """Number, channel, area, dealer, promised day and campaign; in the exceptions also of which kind."""

    q = forms.CharField(label=_("Search"), required=False, max_length=100)
    channel = forms.ModelChoiceField(
        label=_("Channel"), queryset=Channel.objects.all(), required=False, empty_label=_("All")
    )
    area = forms.CharField(label=_("Area code begins with"), required=False, max_length=20)
    dealer = forms.CharField(label=_("Dealer"), required=False, max_length=100)
    promised = forms.DateField(label=_("Promised by"), required=False)
    campaign = forms.ModelChoiceField(
        label=_("Campaign"),
        queryset=ConsumerCampaign.objects.all(),
        required=False,
        empty_label=_("All"),
        to_field_name="code",
    )
    kind = forms.ChoiceField(label=_("Exception"), choices=[("", _("All")), *KINDS.items()], required=False)

    def __init__(self, data: QueryDict, *, now: datetime) -> None:
        super().__init__(data)
        self._now = now
        self.fields["q"].widget.attrs["placeholder"] = str(_("Order number"))
        self.fields["dealer"].widget.attrs["placeholder"] = str(_("Number or name"))
        self.fields["promised"].widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")

    def select(self, orders: QuerySet[ConsumerOrder]) -> QuerySet[ConsumerOrder]:
        """The orders that the filter lets through, of whichever queue; none when the filter itself has errors."""
        if not self.is_valid():
            return orders.none()
        said = self.cleaned_data
        if said["q"]:
            orders = orders.filter(external_number__icontains=said["q"])
        if said["channel"]:
            orders = orders.filter(channel=said["channel"])
        if said["area"]:
            orders = orders.filter(area_code__startswith=said["area"].strip())
        if said["dealer"]:
            orders = orders.filter(_asked(said["dealer"].strip()))
        if said["promised"]:
            orders = orders.filter(promised_on__lte=said["promised"])
        if said["campaign"]:
            orders = orders.filter(campaign_code=said["campaign"].code)
        return orders

    def in_queue(self, orders: QuerySet[ConsumerOrder], queue: str) -> QuerySet[ConsumerOrder]:
        """The orders of one queue; exceptions of the chosen kind."""
        if queue != "exceptions":
            return orders.filter(state=STATES[queue])
        kind = self.cleaned_data.get("kind", "") if self.is_valid() else ""
        every = kinds_of(self._now)
        return orders.filter(every[kind] if kind else _any(every), state__in=UNFINISHED)

    def chips(self, params: QueryDict) -> list[dict[str, str]]:
        """The filters in force, each with the address without it."""
        return filter_chips(self, params)


def kinds_of(now: datetime) -> dict[str, Q]:
    """The condition of each kind of exception."""
    overdue = Allocation.objects.filter(state__in=NOT_SENT, offer__ship_by__lt=now)
    unclaim = UnclaimRequest.objects.filter(granted=None)
    return {
        "address": Q(state=State.ADDRESS_UNKNOWN),
        "unclaim": Q(pk__in=unclaim.values("allocation__order")),
        "overdue": Q(pk__in=overdue.values("order")),
        "short": Q(pk__in=_short_accepted().values("allocation__order"))
        | Q(pk__in=_short_offered().values("offer__order")),
    }


def counts_of(orders: QuerySet[ConsumerOrder], now: datetime) -> dict[str, int]:
    """How many orders stand in each queue, and of each kind of exception. Two statements."""
    states = {queue: Count("pk", filter=Q(state=state)) for queue, state in STATES.items()}
    open_orders = orders.order_by().filter(state__in=STATES.values())
    every = kinds_of(now)
    kinds = {kind: Count("pk", filter=condition) for kind, condition in every.items()}
    exceptions = orders.order_by().filter(_any(every), state__in=UNFINISHED)
    return open_orders.aggregate(**states) | exceptions.aggregate(exceptions=Count("pk"), **kinds)


def troubles_of(order_ids: list[int], now: datetime) -> dict[int, set[str]]:
    """Of some orders, which kinds of exception each is. One statement for each kind but the address."""
    found: dict[int, set[str]] = {key: set() for key in order_ids}
    rows = {
        "unclaim": UnclaimRequest.objects.filter(granted=None, allocation__order__in=order_ids).values_list(
            "allocation__order", flat=True
        ),
        "overdue": Allocation.objects.filter(
            state__in=NOT_SENT, offer__ship_by__lt=now, order__in=order_ids
        ).values_list("order", flat=True),
        "short": _short_accepted()
        .filter(allocation__order__in=order_ids)
        .values_list("allocation__order", flat=True)
        .union(_short_offered().filter(offer__order__in=order_ids).values_list("offer__order", flat=True)),
    }
    for kind, keys in rows.items():
        for key in keys:
            found[key].add(kind)
    return found


def _any(every: dict[str, Q]) -> Q:
    found = Q()
    for condition in every.values():
        found |= condition
    return found


def _asked(text: str) -> Q:
    """Orders that a dealer is asked about or holds."""
    meant = Q(dealer__number__iexact=text) | Q(dealer__name__icontains=text) | Q(dealer__name_zh__icontains=text)
    alive = (OfferState.SENT, OfferState.ACCEPTED)
    return Q(Exists(Offer.objects.filter(meant, order=OuterRef("pk"), state__in=alive)))


def _short_accepted() -> QuerySet[AllocationLine]:
    """Lines that a dealer holds at an outlet that promised more than it has."""
    short = StockShortfall.objects.filter(
        cleared_at=None, stock__outlet=OuterRef("allocation__outlet"), stock__product=OuterRef("product")
    )
    return AllocationLine.objects.filter(Exists(short), sent_at=None, cancelled_at=None)


def _short_offered() -> QuerySet[OfferLine]:
    """Lines of open offers that hold stock at such an outlet."""
    short = StockShortfall.objects.filter(
        cleared_at=None, stock__outlet=OuterRef("offer__outlet"), stock__product=OuterRef("product")
    )
    return OfferLine.objects.filter(Exists(short), offer__state=OfferState.SENT, offer__holds=True)
