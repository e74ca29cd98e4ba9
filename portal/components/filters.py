"""What lists are narrowed by: days of the supplier, and the filters in force as chips."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils import timezone

from dealers.accounts.models import Dealer
from portal.components.formats import format_date
from portal.components.keyset import without_place

LONGEST_CHIP = 40


def day_start(day: date) -> datetime:
    """The moment a day begins for the supplier."""
    return timezone.make_aware(datetime.combine(day, time.min), timezone.get_default_timezone())


def within_days(rows: QuerySet[Any], column: str, first: date | None, last: date | None) -> Any:
    """Rows whose moment lies on the supplier's days from the first to the last; None leaves that end open."""
    if first:
        rows = rows.filter(**{f"{column}__gte": day_start(first)})
    if last and last < date.max:
        rows = rows.filter(**{f"{column}__lt": day_start(last + timedelta(days=1))})
    return rows


def filter_chips(
    form: forms.Form, query: Mapping[str, Any], words: Mapping[str, Mapping[str, Any]] | None = None
) -> list[dict[str, str]]:
    """The filters in force, each with the address without it; none when the filter itself has errors.

    `words` says a field's values in other words than its choices do.
    """
    if not form.is_valid():
        return []
    own = words or {}
    return [
        {
            "label": f"{form.fields[name].label}: {_chosen(form.fields[name], value, own.get(name))}",
            "url": without_place(query, **{name: None}),
        }
        for name, value in form.cleaned_data.items()
        if value
    ]


def _chosen(field: forms.Field, value: Any, words: Mapping[str, Any] | None) -> str:
    if words is None and isinstance(field, forms.ChoiceField) and not isinstance(field, forms.ModelChoiceField):
        words = dict(field.choices)  # type: ignore[arg-type]  # none of our choices is grouped
    return shorten(str(words[value]) if words and value in words else reads(value))


def reads(value: Any) -> str:
    """A filter's value as a person reads it."""
    if isinstance(value, date):
        return format_date(value)
    return value.display_name if isinstance(value, Dealer) else str(value)


def shorten(text: str, most: int = LONGEST_CHIP) -> str:
    """The text, cut with an ellipsis."""
    return text if len(text) <= most else text[: most - 1] + "…"
