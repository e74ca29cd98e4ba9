"""Which messages a list shows, and how the bridge does: shared by both directions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from django import forms
from django.db.models import Count, Model, QuerySet
from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.utils.translation import pgettext_lazy as pgettext

from erp_bridge.inbound.models import InboundDocument, InboundKind, InboundState
from erp_bridge.outbox.health import counts_by_state, oldest_age
from erp_bridge.outbox.models import OPEN_STATES, MessageState
from portal.components.filters import filter_chips, within_days

LATE = timedelta(minutes=15)


class MessageFilter(forms.Form):
    """State, text and days. The text is an order number, or for inbound also a document number or file name."""

    state = forms.ChoiceField(label=gettext_lazy("State"), required=False)
    kind = forms.ChoiceField(label=gettext_lazy("Kind"), required=False)
    q = forms.CharField(label=gettext_lazy("Search"), required=False, max_length=100)
    since = forms.DateField(
        label=pgettext("first day", "From"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    until = forms.DateField(
        label=pgettext("last day", "To"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )

    def __init__(
        self, data: QueryDict, *, states: Iterable[tuple[str, Any]], counts: Mapping[str, int], inbound: bool
    ) -> None:
        super().__init__(data)
        listed = [(code, f"{word} ({counts.get(code, 0)})") for code, word in states]
        self.fields["state"] = forms.ChoiceField(
            label=_("State"), required=False, choices=[("", _("All")), *listed]
        )  # the counts stand in the words
        self.words: dict[str, str] = {code: str(word) for code, word in states}
        if inbound:
            self.fields["kind"] = forms.ChoiceField(
                label=_("Kind"), required=False, choices=[("", _("All")), *InboundKind.choices]
            )
            self.fields["q"].widget.attrs["placeholder"] = _("Order, document or file")
        else:
            del self.fields["kind"]
            self.fields["q"].widget.attrs["placeholder"] = _("Order or dealer number")

    def value(self, name: str) -> Any:
        """A valid value of one field; empty when it is not set or wrong."""
        return self.cleaned_data.get(name) if self.is_valid() else None

    def within(self, rows: QuerySet[Any], column: str) -> QuerySet[Any]:
        """Rows of the state, kind and days asked for; none when the filter itself has errors."""
        if not self.is_valid():
            return rows.none()
        if self.value("state"):
            rows = rows.filter(state=self.value("state"))
        if self.value("kind"):
            rows = rows.filter(kind=self.value("kind"))
        return within_days(rows, column, self.value("since"), self.value("until"))

    def chips(self, params: QueryDict) -> list[dict[str, str]]:
        """The filters in force, each with the address without it."""
        return filter_chips(self, params, {"state": self.words})


class ReasonForm(forms.Form):
    """Why a person does something to a message."""

    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=500, widget=forms.Textarea(attrs={"rows": 2}))


class NoteForm(forms.Form):
    """A reason that may be left out."""

    reason = forms.CharField(label=gettext_lazy("Reason (optional)"), max_length=500, required=False)


def inbound_counts() -> dict[str, int]:
    """How many documents of the ERP stand in each state."""
    rows = InboundDocument.objects.order_by().values("state").annotate(number=Count("pk"))
    return {row["state"]: row["number"] for row in rows}


def frame(active: str) -> dict[str, Any]:
    """What both lists share: key figures, the two directions as tabs, and the counts by state."""
    out, into = counts_by_state(), inbound_counts()
    return {
        "figures": _figures(out, into),
        "tabs": [
            _tab(_("To the ERP"), "console:messages", sum(out.values()), active),
            _tab(_("From the ERP"), "console:inbound_messages", sum(into.values()), active),
        ],
        "counts": out if active == "console:messages" else into,
    }


def _tab(label: str, route: str, count: int, active: str) -> dict[str, Any]:
    return {"label": label, "url": reverse(route), "count": count, "active": route == active}


def _figures(out: Mapping[str, int], into: Mapping[str, int]) -> list[dict[str, Any]]:
    waiting, age = sum(out.get(state, 0) for state in OPEN_STATES), oldest_age()
    parked, aside = out.get(MessageState.PARKED, 0), into.get(InboundState.SET_ASIDE, 0)
    return [
        {"label": _("Waiting for the ERP"), "value": waiting},
        {
            "label": _("Oldest waits"),
            "value": duration(age) if waiting else "–",
            "tone": "bad" if waiting and age > LATE else "",
        },
        {
            "label": _("Needs a person"),
            "value": parked,
            "tone": "bad" if parked else "",
            "url": f"{reverse('console:messages')}?state={MessageState.PARKED}" if parked else "",
        },
        {
            "label": _("Documents set aside"),
            "value": aside,
            "tone": "bad" if aside else "",
            "url": f"{reverse('console:inbound_messages')}?state={InboundState.SET_ASIDE}" if aside else "",
        },
    ]


def duration(age: timedelta) -> str:
    """An age in its largest unit."""
    minutes = int(age.total_seconds()) // 60
    if minutes < 1:
        return _("less than a minute")
    if minutes < 120:
        return ngettext("%d minute", "%d minutes", minutes) % minutes
    hours = minutes // 60
    if hours < 48:
        return ngettext("%d hour", "%d hours", hours) % hours
    return ngettext("%d day", "%d days", hours // 24) % (hours // 24)


def known_orders(rows: Iterable[Model], visible: QuerySet[Any]) -> set[str]:
    """The order numbers of inbound rows that the user may open. One query."""
    numbers = {number for row in rows for number in getattr(row, "order_numbers", ())}
    return set(visible.filter(number__in=numbers).values_list("number", flat=True)) if numbers else set()
