"""Lists of what dealers are paid for consumer orders, for the shop and the console alike."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from django import forms
from django.db.models import Count, Q, QuerySet
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from fulfilment.allocation.models import Allocation
from fulfilment.consumer.models import Channel
from fulfilment.settlement.reading import Share, Stage, at_stage, shares_of, stage_of
from portal.components.filters import filter_chips, within_days
from portal.components.keyset import PAGE_SIZE, PK, Page, page_of, turned, without_place
from portal.documents.workbooks import Column, Sheet
from portal.shop.settlement_page import STAGES, with_page_rows

NEWEST_FIRST = turned(PK)
AT_ONCE = 2_000
#: Stages that lists are narrowed by, in the order in which money goes through them.
TABS = (Stage.WAITING, Stage.WINDOW, Stage.DUE, Stage.SETTLED)


@dataclass(frozen=True, slots=True)
class Row:
    """An allocation as lists show it."""

    allocation: Allocation
    share: Share
    stage: str

    @property
    def word(self) -> str:
        """Where its money stands, in words."""
        return str(STAGES[self.stage][0])

    @property
    def colour(self) -> str:
        """The chip's colour."""
        return STAGES[self.stage][1]


class SettlementFilter(forms.Form):
    """Order or dealer, channel, days of acceptance."""

    q = forms.CharField(label=gettext_lazy("Order number"), required=False, max_length=100)
    channel = forms.ModelChoiceField(
        label=gettext_lazy("Channel"),
        queryset=Channel.objects.all(),
        required=False,
        empty_label=gettext_lazy("All"),
    )
    since = forms.DateField(
        label=gettext_lazy("Accepted from"),
        required=False,
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
    )
    until = forms.DateField(
        label=gettext_lazy("Accepted until"),
        required=False,
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
    )

    def select(self, allocations: QuerySet[Allocation], *, by_dealer: bool = False) -> QuerySet[Allocation]:
        """The allocations that the filter lets through; none when the filter itself has errors."""
        if not self.is_valid():
            return allocations.none()
        values = self.cleaned_data
        if values["q"]:
            text = values["q"].replace("\x00", "")
            meant = Q(order__external_number__icontains=text)
            if by_dealer:
                meant |= Q(dealer__number__icontains=text) | Q(dealer__name__icontains=text)
            allocations = allocations.filter(meant)
        if values["channel"]:
            allocations = allocations.filter(order__channel=values["channel"])
        found: QuerySet[Allocation] = within_days(allocations, "accepted_at", values["since"], values["until"])
        return found

    def chips(self, params: QueryDict) -> list[dict[str, str]]:
        """The filters in force, each with the address without it."""
        return filter_chips(self, params)


def tabs_of(found: QuerySet[Allocation], tab: str, params: QueryDict, today: dt.date) -> list[dict[str, Any]]:
    """The stages over filtered allocations, counted in one statement."""
    every = Allocation.objects.all()
    counts = {stage: Count("pk", filter=Q(pk__in=at_stage(every, stage, today).values("pk"))) for stage in TABS}
    counted = found.order_by().aggregate(all=Count("pk"), **counts)
    words = [("", _("All"), counted["all"]), *((stage, STAGES[stage][0], counted[stage]) for stage in TABS)]
    return [
        {"label": word, "count": count, "active": code == tab, "url": without_place(params, tab=code)}
        for code, word, count in words
    ]


def page(found: QuerySet[Allocation], params: QueryDict, today: dt.date) -> tuple[Page[Allocation], list[Row]]:
    """A page of allocations, newest first, with what each comes to: two statements."""
    listed = page_of(with_page_rows(found), NEWEST_FIRST, PAGE_SIZE, params)
    return listed, rows_of(listed.rows, today)


def rows_of(allocations: Iterable[Allocation], today: dt.date) -> list[Row]:
    """Allocations with what each comes to, in one statement."""
    every = list(allocations)
    shares = shares_of([allocation.pk for allocation in every]) if every else {}
    return [Row(each, shares.get(each.pk, Share()), stage_of(each, today)) for each in every]


def sheet_of(found: QuerySet[Allocation], today: dt.date, *, with_dealer: bool) -> Sheet:
    """All of them as a sheet; read in pieces."""
    dealer = [Column(_("Dealer number")), Column(_("Dealer"), width=36)] if with_dealer else []
    columns = [
        Column(_("Order")),
        Column(_("Channel")),
        *dealer,
        Column(_("Outlet")),
        Column(pgettext("goods", "Sent"), "datetime"),
        Column(_("Received"), "datetime"),
        Column(_("Payable on"), "date"),
        Column(_("State")),
        Column(_("Earned"), "money"),
        Column(_("Returned"), "money"),
        Column(_("On the account"), "money"),
        Column(_("Still to come"), "money"),
        Column(_("Currency"), width=10),
    ]
    return Sheet(_("Consumer sales"), columns, _cells(found, today, with_dealer=with_dealer))


def _cells(found: QuerySet[Allocation], today: dt.date, *, with_dealer: bool) -> Iterator[list[object]]:
    stream = with_page_rows(found).order_by("-pk").iterator(chunk_size=AT_ONCE)
    while some := list(islice(stream, AT_ONCE)):
        for row in rows_of(some, today):
            mine, share = row.allocation, row.share
            yield [
                mine.order.external_number,
                mine.order.channel.name,
                *([mine.dealer.number, mine.dealer.display_name] if with_dealer else []),
                mine.outlet.name,
                mine.sent_at,
                mine.completed_at,
                mine.payable_on,
                row.word,
                share.earned,
                share.returned,
                share.on_account,
                share.left,
                mine.offer.currency,
            ]
