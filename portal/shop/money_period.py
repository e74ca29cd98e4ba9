"""Which period a statement covers: this month, last month, a quarter, a year, or from–to."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

PERIODS = (
    ("this_month", _("This month")),
    ("last_month", _("Last month")),
    ("this_quarter", _("This quarter")),
    ("last_quarter", _("Last quarter")),
    ("this_year", _("This year")),
    ("last_year", _("Last year")),
    ("custom", _("From – to")),
)
USUAL = "this_month"


@dataclass(frozen=True, slots=True)
class Period:
    """First and last day, both included."""

    start: dt.date
    end: dt.date

    @property
    def query(self) -> str:
        """The query string that names exactly this period, whatever day it is read on."""
        return "?" + urlencode({"period": "custom", "start": self.start.isoformat(), "end": self.end.isoformat()})


class PeriodForm(forms.Form):
    """The period picker. Dates are asked for only with "From – to"."""

    period = forms.ChoiceField(label=_("Period"), choices=PERIODS, required=False)
    start = forms.DateField(
        label=_("From"), required=False, widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
    )
    end = forms.DateField(
        label=_("To"), required=False, widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
    )

    def clean(self) -> dict[str, Any]:
        """Refuse a custom period without both days, or that ends before it starts."""
        cleaned: dict[str, Any] = super().clean() or {}
        if cleaned.get("period") != "custom" or self.errors:
            return cleaned
        for name in ("start", "end"):
            if not cleaned.get(name):
                self.add_error(name, _("Give this day."))
        if not self.errors and cleaned["end"] < cleaned["start"]:
            self.add_error("end", _("The period cannot end before it starts."))
        return cleaned


def chosen_period(query: QueryDict, today: dt.date) -> tuple[PeriodForm, Period]:
    """The picker as asked for, and its period; this month when nothing, or nothing sensible, is asked for."""
    data = query.copy()
    if data.get("period") not in dict(PERIODS):
        custom = data.get("start") and data.get("end")
        data["period"] = "custom" if custom else USUAL
    if data["period"] != "custom":
        period = named_period(str(data["period"]), today)
        data["start"], data["end"] = period.start.isoformat(), period.end.isoformat()
        return PeriodForm(data), period
    form = PeriodForm(data)
    if form.is_valid():
        return form, Period(form.cleaned_data["start"], form.cleaned_data["end"])
    return form, named_period(USUAL, today)


def named_period(name: str, today: dt.date) -> Period:
    """The days of "this_month", "last_quarter" … as seen from today.

    A running period ends today: what will be overdue by its last day is not yet.
    """
    which, _separator, unit = name.partition("_")
    months = {"month": 1, "quarter": 3, "year": 12}[unit]
    first = dt.date(today.year, (today.month - 1) // months * months + 1, 1)
    if which == "last":
        first = _months_later(first, -months)
    return Period(first, min(today, _months_later(first, months) - dt.timedelta(days=1)))


def _months_later(first: dt.date, months: int) -> dt.date:
    count = first.year * 12 + first.month - 1 + months
    return dt.date(count // 12, count % 12 + 1, 1)
