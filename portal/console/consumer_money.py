"""Whether what consumers paid is what everybody got: by channel, order by order, and campaign budgets."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any

from django import forms
from django.http import FileResponse, HttpResponse, QueryDict, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from fulfilment.consumer.models import STATE_CHOICES, Channel
from fulfilment.settlement import reconciling
from fulfilment.settlement.reconciling import ChannelMoney, OrderMoney, Shared, Span
from portal.access.portal import PortalRequest
from portal.components.downloads import csv_pieces, excel
from portal.components.filters import day_start, filter_chips
from portal.components.formats import format_amount
from portal.components.keyset import (
    PAGE_SIZE,
    Key,
    Page,
    cut,
    edge_of,
    moment,
    turned,
    whole,
    with_params,
    without_place,
)
from portal.documents.workbooks import Column, Sheet
from portal.shop.money_period import Period, chosen_period

NEWEST_FIRST = turned(Key("placed_at", moment), Key("id", whole))
#: A workbook of more orders takes longer to make than a person waits; CSV is sent while it is read.
MOST_IN_EXCEL = 50_000

#: Which orders a list shows, in words.
WHICH = (
    ("", gettext_lazy("All")),
    ("difference", gettext_lazy("Does not add up")),
    ("fee", gettext_lazy("Payment fee differs")),
    ("unsent", gettext_lazy("Not sent yet")),
    ("returned", gettext_lazy("With returns")),
    ("cancelled", gettext_lazy("With cancelled lines")),
    ("subsidies", gettext_lazy("With top-ups")),
)


class OrdersFilter(forms.Form):
    """Which channel's orders, and which of them."""

    channel = forms.ModelChoiceField(
        label=gettext_lazy("Channel"),
        queryset=Channel.objects.all(),
        required=False,
        empty_label=gettext_lazy("All"),
    )
    which = forms.ChoiceField(label=gettext_lazy("Orders"), choices=WHICH, required=False)


@require_safe
def reconciliation(request: PortalRequest) -> HttpResponse:
    """Each channel's money of the orders placed in a period, and every campaign's budget: two statements."""
    form, period = chosen_period(request.GET, timezone.localdate())
    rows = reconciling.by_channel(_span(period))
    context = {
        "form": form,
        "period": period,
        "rows": [(row, _links(period, row)) for row in rows],
        "totals": _totals(rows),
        "figures": _figures(rows),
        "campaigns": reconciling.campaigns(),
        "orders_url": reverse("console:reconciliation_orders") + period.query,
        "csv_url": reverse("console:reconciliation_csv") + period.query,
        "excel_url": reverse("console:reconciliation_excel") + period.query,
    }
    return render(request, "console/money/reconciliation.html", context)


@require_safe
def reconciliation_orders(request: PortalRequest) -> HttpResponse:
    """The orders behind the figures, newest first; one statement."""
    period_form, period = chosen_period(request.GET, timezone.localdate())
    form = OrdersFilter(request.GET)
    span, which = _asked(form, period)
    page = _page(span, which, request.GET)
    states = dict(STATE_CHOICES)
    context = {
        "form": form,
        "period_form": period_form,
        "period": period,
        "chips": filter_chips(form, request.GET),
        "rows": [(row, states.get(row.state, row.state)) for row in page.rows],
        "links": page,
        "query": without_place(request.GET),
        "crumbs": [
            (_("Reconciliation"), reverse("console:reconciliation") + period.query),
            (_("Orders"), ""),
        ],
    }
    return render(request, "console/money/reconciliation_orders.html", context)


@require_safe
def reconciliation_csv(request: PortalRequest) -> StreamingHttpResponse:
    """The same orders as CSV, sent while they are read: any number."""
    period, cells = _export(request)
    name = f"consumer-money-{period.start:%Y%m%d}-{period.end:%Y%m%d}.csv"
    return StreamingHttpResponse(
        csv_pieces(_columns(), cells),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": content_disposition_header(as_attachment=True, filename=name) or ""},
    )


@require_safe
def reconciliation_excel(request: PortalRequest) -> FileResponse:
    """Channels, orders and campaigns as a workbook; of more than 50,000 orders the newest, as its heading says."""
    period, cells = _export(request)
    rows = reconciling.by_channel(_span(period))
    many = sum(row.orders for row in rows) > MOST_IN_EXCEL
    note = _("The newest %(count)s orders; the CSV file has all of them.") % {"count": MOST_IN_EXCEL}
    first = (cell for _place, cell in zip(range(MOST_IN_EXCEL), cells, strict=False))
    sheets = [
        Sheet(_("Channels"), _channel_columns(), (_channel_cells(row) for row in rows)),
        Sheet(_("Orders"), _columns(), first, heading=[note] if many else []),
        Sheet(_("Campaigns"), _campaign_columns(), _campaign_cells()),
    ]
    return excel(f"consumer-money-{period.start:%Y%m%d}-{period.end:%Y%m%d}", sheets)


def _span(period: Period, channel: int | None = None) -> Span:
    end = min(period.end, dt.date.max - dt.timedelta(days=1)) + dt.timedelta(days=1)
    return Span(day_start(period.start), day_start(end), channel)


def _asked(form: OrdersFilter, period: Period) -> tuple[Span, str]:
    values = form.cleaned_data if form.is_valid() else {}
    channel = values.get("channel")
    return _span(period, channel.pk if channel else None), values.get("which") or ""


def _page(span: Span, which: str, params: QueryDict) -> Page[OrderMoney]:
    edge = edge_of(NEWEST_FIRST, params)
    place = (edge.values[0], edge.values[1]) if edge.values else None
    side = {"before": place} if edge.backwards else {"after": place}
    found = reconciling.orders(span, which, limit=PAGE_SIZE + 1, **side)
    return cut(found, NEWEST_FIRST, PAGE_SIZE, edge, params)


def _export(request: PortalRequest) -> tuple[Period, Iterator[list[object]]]:
    _form, period = chosen_period(request.GET, timezone.localdate())
    span, which = _asked(OrdersFilter(request.GET), period)
    return period, _order_cells(reconciling.every_order(span, which))


def _links(period: Period, row: ChannelMoney) -> dict[str, str]:
    url = reverse("console:reconciliation_orders")
    params = QueryDict(period.query.removeprefix("?"))
    return {which or "all": url + with_params(params, channel=row.channel_id, which=which) for which in dict(WHICH)}


def _totals(rows: Iterable[ChannelMoney]) -> list[tuple[str, dict[str, Decimal]]]:
    """The sums of the channels of a currency, where it has several."""
    of: dict[str, list[ChannelMoney]] = defaultdict(list)
    for row in rows:
        of[row.currency].append(row)
    return [
        (currency, {name: sum((getattr(row, name) for row in some), Decimal("0.00")) for name in _AMOUNTS})
        for currency, some in sorted(of.items())
        if len(some) > 1
    ]


_AMOUNTS = (
    "total",
    "unsent",
    "cancelled",
    "returned",
    "dealers",
    "owners",
    "guides",
    "fees",
    "supplier",
    "subsidies",
    "difference",
)


def _figures(rows: Iterable[ChannelMoney]) -> list[dict[str, Any]]:
    sums: dict[str, list[Decimal]] = defaultdict(lambda: [Decimal("0.00")] * 3)
    for row in rows:
        amounts = (row.total, row.kept, row.difference)
        sums[row.currency] = [before + more for before, more in zip(sums[row.currency], amounts, strict=True)]
    figures: list[dict[str, Any]] = []
    for currency, (paid, kept, difference) in sorted(sums.items()):
        figures += [
            {"label": _("Consumers paid"), "value": format_amount(paid), "unit": currency},
            {"label": _("Shared out"), "value": format_amount(kept), "unit": currency},
            {
                "label": _("Difference"),
                "value": format_amount(difference),
                "unit": currency,
                "tone": "bad" if difference else "good",
            },
        ]
    return figures


def _amount_columns() -> list[Column]:
    words = (
        _("Consumers paid"),
        _("Not sent yet"),
        _("Cancelled"),
        _("Came back"),
        _("Dealers"),
        _("Overrides"),
        _("Guides"),
        _("Payment fees"),
        _("Supplier"),
        _("of which top-ups"),
        _("Difference"),
    )
    return [Column(word, "money") for word in words]


def _amounts(row: Shared) -> list[object]:
    return [-row.subsidies if name == "subsidies" else getattr(row, name) for name in _AMOUNTS]


def _columns() -> list[Column]:
    return [
        Column(_("Channel")),
        Column(_("Order")),
        Column(_("Placed"), "datetime"),
        Column(_("State")),
        Column(_("Currency"), width=10),
        *_amount_columns(),
        Column(_("Payment fee by the channel"), "money"),
        Column(_("Difference in the fee"), "money"),
    ]


def _order_cells(rows: Iterable[OrderMoney]) -> Iterator[list[object]]:
    states = {code: str(word) for code, word in STATE_CHOICES}
    for row in rows:
        yield [
            row.channel,
            row.external_number,
            row.placed_at,
            states.get(row.state, row.state),
            row.currency,
            *_amounts(row),
            row.payment_fee,
            row.fee_difference,
        ]


def _channel_columns() -> list[Column]:
    return [
        Column(_("Channel")),
        Column(_("Currency"), width=10),
        Column(_("Orders"), "integer"),
        *_amount_columns(),
        Column(_("Difference in the fee"), "money"),
    ]


def _channel_cells(row: ChannelMoney) -> list[object]:
    return [row.channel, row.currency, row.orders, *_amounts(row), row.fee_difference]


def _campaign_columns() -> list[Column]:
    return [
        Column(_("Campaign")),
        Column(_("Name"), width=36),
        Column(_("Currency"), width=10),
        Column(_("Budget"), "money"),
        Column(_("Used"), "money"),
        Column(_("Offered"), "money"),
        Column(_("Accepted"), "money"),
        Column(_("Booked"), "money"),
        Column(_("On the account of top-ups"), "money"),
        Column(_("Difference"), "money"),
    ]


def _campaign_cells() -> Iterator[list[object]]:
    for each in reconciling.campaigns():
        yield [
            each.code,
            each.name,
            each.currency,
            each.budget,
            each.used,
            each.offered,
            each.accepted,
            each.booked,
            each.subsidy,
            each.difference,
        ]
