"""The fairness report: what dealers got in a period against their entitlement, and how they dealt with it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django import forms
from django.http import FileResponse, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as t
from django.utils.translation import pgettext, pgettext_lazy
from django.views.decorators.http import require_safe

from dealers.accounts.models import Territory
from portal.access.portal import PortalRequest
from portal.components.downloads import excel
from portal.components.formats import format_amount, format_quantity
from portal.components.keyset import PAGE_SIZE, without_place
from portal.console.fairness_rows import Fair, Report, report_of, sizes_of
from portal.documents.workbooks import Column, Sheet

#: How many days the report looks back unless told.
DAYS = 30
NOTHING = Decimal(-1)
#: What each sortable column sorts by; what did not happen stands last, or first the other way round.
SORTS: dict[str, Callable[[Fair], Any]] = {
    "name": lambda row: row.name.casefold(),
    "entitlement": lambda row: row.entitlement,
    "units": lambda row: row.units,
    "index": lambda row: NOTHING if row.index is None else row.index,
    "receives": lambda row: row.receives,
    "accepted": lambda row: NOTHING if row.accepted is None else row.accepted,
    "answer": lambda row: timedelta(-1) if row.answer is None else row.answer,
    "on_time": lambda row: NOTHING if row.on_time is None else row.on_time,
    "left": lambda row: row.left,
}
DEFAULT_SORT = "-units"


class FairnessFilter(forms.Form):
    """Which dealers, in which days."""

    q = forms.CharField(label=t("Search"), required=False, max_length=100)
    territory = forms.ModelChoiceField(
        label=t("Territory"), queryset=Territory.objects.all(), required=False, empty_label=t("All")
    )
    since = forms.DateField(label=pgettext_lazy("first day", "From"), required=False)
    until = forms.DateField(label=pgettext_lazy("last day", "To"), required=False)

    def __init__(self, data: QueryDict) -> None:
        super().__init__(data)
        self.fields["q"].widget.attrs["placeholder"] = str(_("Number or name"))
        for name in ("since", "until"):
            self.fields[name].widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")

    def clean(self) -> dict[str, Any]:
        """Refuse a period that ends before it starts."""
        said: dict[str, Any] = super().clean() or {}
        first, last = self.period(said)
        if last < first:
            self.add_error("until", _("The last day lies before the first."))
        return said

    def period(self, said: dict[str, Any] | None = None) -> tuple[date, date]:
        """The days that are looked at: the last ones unless told, also where the filter has errors."""
        values = said if said is not None else self.cleaned_data if self.is_valid() else {}
        last = values.get("until") or timezone.localdate()
        return values.get("since") or last - timedelta(days=min(DAYS - 1, (last - date.min).days)), last

    def keeps(self, row: Fair) -> bool:
        """Whether the filter lets a dealer through; nobody where it has errors."""
        if not self.is_valid():
            return False
        text, territory = self.cleaned_data["q"].casefold(), self.cleaned_data["territory"]
        named = text in row.number.casefold() or text in row.dealer.name.casefold() or text in row.name.casefold()
        return named and (territory is None or row.dealer.territory_id == territory.pk)


@require_safe
def fairness(request: PortalRequest) -> HttpResponse:
    """The report on the screen, a page of dealers at a time; the same statements for any number."""
    form, sort = FairnessFilter(request.GET), sort_of(request.GET)
    first, last = form.period()
    report = report_of(first, last)
    rows = sorted_rows([row for row in report.rows if form.keeps(row)], sort)
    start = _start(request.GET, len(rows))
    shown = rows[start : start + PAGE_SIZE]
    sizes = sizes_of(rows)
    context = {
        "form": form,
        "period": (first, last),
        "figures": _figures(report),
        "rows": [{"row": row, "sizes": sizes[row.pk], "answer": hours(row.answer)} for row in shown],
        "contracts": bool(report.rows),
        "filtered": any(request.GET.get(name) for name in form.fields),
        "sort": sort,
        "sorts": _sort_links(request.GET, sort),
        "previous_url": without_place(request.GET, start=str(max(0, start - PAGE_SIZE)) if start > PAGE_SIZE else None)
        if start
        else "",
        "next_url": without_place(request.GET, start=str(start + PAGE_SIZE)) if start + PAGE_SIZE < len(rows) else "",
        "summary": f"{start + 1}–{start + len(shown)} / {format_quantity(len(rows))}" if len(rows) > PAGE_SIZE else "",
        "export_query": without_place(request.GET, start=None),
    }
    return render(request, "console/desk/fairness.html", context)


@require_safe
def fairness_export(request: PortalRequest) -> FileResponse:
    """The filtered report as Excel."""
    form = FairnessFilter(request.GET)
    first, last = form.period()
    rows = sorted_rows([row for row in report_of(first, last).rows if form.keeps(row)], sort_of(request.GET))
    columns = (
        Column(_("Dealer number")),
        Column(_("Dealer"), width=36),
        Column(_("Currency"), width=10),
        Column(_("Entitlement, %"), "decimal"),
        Column(_("Orders"), "integer"),
        Column(_("Units"), "integer"),
        Column(_("Share of units, %"), "decimal"),
        Column(_("Of the entitlement, %"), "decimal"),
        Column(_("Consumers paid"), "money"),
        Column(_("Paid to the dealer"), "money"),
        Column(_("Asked"), "integer"),
        Column(_("Accepted, %"), "decimal"),
        Column(_("Expected acceptance, %"), "decimal"),
        Column(_("Median answer, minutes"), "integer"),
        Column(pgettext("goods", "Sent"), "integer"),
        Column(_("On time, %"), "decimal"),
        Column(_("Left after acceptance"), "integer"),
    )
    cells = (
        (
            row.number,
            row.name,
            row.dealer.currency,
            row.entitlement,
            row.orders,
            row.units,
            row.share,
            row.index,
            row.paid,
            row.receives,
            row.asked,
            row.accepted,
            row.expected,
            None if row.answer is None else int(row.answer.total_seconds() // 60),
            row.sent,
            row.on_time,
            row.left,
        )
        for row in rows
    )
    return excel(f"fairness-{first:%Y%m%d}-{last:%Y%m%d}", [Sheet(_("Dealers"), columns, cells)])


def sort_of(params: QueryDict) -> str:
    """The sort that is asked for, or the usual one."""
    sort = params.get("sort", DEFAULT_SORT)
    return sort if sort.removeprefix("-") in SORTS else DEFAULT_SORT


def sorted_rows(rows: list[Fair], sort: str) -> list[Fair]:
    """The rows in an order; equal ones by number."""
    by_number = sorted(rows, key=lambda row: row.number)
    return sorted(by_number, key=SORTS[sort.removeprefix("-")], reverse=sort.startswith("-"))


def hours(took: timedelta | None) -> str:
    """How long an answer took."""
    if took is None:
        return ""
    minutes = int(took.total_seconds() // 60)
    if minutes < 120:
        return _("%(number)s min") % {"number": minutes}
    return _("%(number)s h") % {"number": format_amount(Decimal(minutes * 10 // 60) / 10, digits=1)}


def _start(params: QueryDict, many: int) -> int:
    """Where the page starts: the report is worked out whole, so its pages are counted."""
    text = params.get("start", "")
    start = int(text) if text.isdecimal() and len(text) < 9 else 0
    return start if start < many else 0


def _sort_links(params: QueryDict, sort: str) -> dict[str, dict[str, str]]:
    links = {}
    for column in SORTS:
        down = sort == f"-{column}"
        links[column] = {
            "url": without_place(params, sort=column if down else f"-{column}", start=None),
            "aria": "descending" if down else "ascending" if sort == column else "",
        }
    return links


def _figures(report: Report) -> list[dict[str, Any]]:
    def percent(value: Decimal | None) -> str:
        return "–" if value is None else f"{format_amount(value, digits=1)} %"

    gini = None if report.gini is None else Decimal(report.gini) / 10_000
    return [
        {"label": _("Dealers"), "value": format_quantity(len(report.rows))},
        {"label": _("Units"), "value": format_quantity(report.units)},
        {
            "label": _("Gini of units against entitlement"),
            "value": "–" if gini is None else format_amount(gini.quantize(Decimal("0.001")), digits=3),
            "note": _("0 is exactly as entitled"),
        },
        {"label": _("Accepted"), "value": percent(report.accepted)},
        {"label": _("Sent on time"), "value": percent(report.on_time)},
    ]
