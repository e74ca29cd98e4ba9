"""What the dealer says about an order: the head's form, and note and day of single lines."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as t

from dealers.accounts.models import Dealer, Outlet
from fulfilment.ordering.cart import LONGEST_NOTE
from fulfilment.ordering.terms import DeliveryMode, day_problem
from portal.shop.wanted import read_days, read_notes
from pricing.quote import supplier_day


def _day(label: Any, help_text: Any) -> forms.DateField:
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return forms.DateField(label=label, required=False, help_text=help_text, widget=widget)


class CheckoutForm(forms.Form):
    """What the dealer says about the order. `key` is made when the page is shown and stays through every retry."""

    key = forms.UUIDField(widget=forms.HiddenInput)
    shown_total = forms.DecimalField(widget=forms.HiddenInput, max_digits=14, decimal_places=2, required=False)
    shown_prices = forms.CharField(widget=forms.HiddenInput, required=False)
    shown_quantities = forms.CharField(widget=forms.HiddenInput, required=False)
    shown_surcharges = forms.CharField(widget=forms.HiddenInput, required=False)
    po_confirmed = forms.CharField(widget=forms.HiddenInput, required=False, max_length=100)
    outlet = forms.ModelChoiceField(label=t("Ship to"), queryset=Outlet.objects.none(), empty_label=None)
    requested_date = _day(t("Requested date"), t("Leave empty for as soon as possible."))
    delivery_mode = forms.ChoiceField(
        label=t("If not everything is ready"), choices=DeliveryMode.choices, required=False, widget=forms.RadioSelect
    )
    cancel_missing_after = _day(t("Cancel what is missing after"), t("Only when missing goods are to be cancelled."))
    po_number = forms.CharField(
        label=t("PO number"), max_length=100, required=False, help_text=t("Your own reference; it stands on documents.")
    )
    note = forms.CharField(
        label=t("Note to the supplier"), required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 3})
    )

    def __init__(self, *args: Any, dealer: Dealer, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._today = supplier_day(timezone.now())
        outlet: Any = self.fields["outlet"]
        outlet.queryset = Outlet.objects.filter(dealer=dealer, is_active=True)
        self.fields["po_number"].required = dealer.po_number_required
        for name in ("requested_date", "cancel_missing_after"):
            self.fields[name].widget.attrs["min"] = self._today.isoformat()

    def clean_po_number(self) -> str:
        """Without the blanks around it."""
        return str(self.cleaned_data["po_number"]).strip()

    def clean_requested_date(self) -> date | None:
        """Not before today, the supplier's day, nor absurdly late."""
        return self._possible("requested_date")

    def clean_cancel_missing_after(self) -> date | None:
        """The same for the last day; one left behind by another choice does not count."""
        if self.data.get(self.add_prefix("delivery_mode")) != DeliveryMode.UNTIL:
            return None
        return self._possible("cancel_missing_after")

    def clean_delivery_mode(self) -> str:
        """What is ready comes first, unless the dealer says otherwise."""
        return str(self.cleaned_data["delivery_mode"] or DeliveryMode.PARTIAL)

    def clean(self) -> dict[str, Any]:
        """A day to cancel after, where the dealer wants that; not before the day they ask for."""
        values: dict[str, Any] = super().clean() or {}
        last, asked = values.get("cancel_missing_after"), values.get("requested_date")
        if values.get("delivery_mode") == DeliveryMode.UNTIL and "cancel_missing_after" not in self.errors:
            if last is None:
                self.add_error("cancel_missing_after", _("Say after which day what is missing is cancelled."))
            elif asked and last < asked:
                self.add_error("cancel_missing_after", _("This day is before the requested date."))
        return values

    def _possible(self, name: str) -> date | None:
        day: date | None = self.cleaned_data[name]
        problem = day_problem(day, self._today)
        if problem:
            raise forms.ValidationError(problem)
        return day


@dataclass(frozen=True)
class LineTerms:
    """Note and requested day of lines by product, as they were sent; `wrong` says how to mend what cannot be, `entered`
    is what was typed."""

    terms: dict[int, tuple[str, date | None]]
    wrong: dict[int, str]
    entered: dict[int, tuple[str, str]]


def read_line_terms(data: Mapping[str, Any]) -> LineTerms:
    """The fields `note-<product>` and `date-<product>` of the lines; a form without them says nothing."""
    notes, days = read_notes(data), read_days(data)
    today = supplier_day(timezone.now())
    found = LineTerms({}, {}, {})
    for product_id in {**notes, **days}:
        note, text = notes.get(product_id, ""), days.get(product_id, "")
        found.entered[product_id] = (note, text)
        day = _parsed(text)
        problem = _("Enter a day as YYYY-MM-DD.") if text and day is None else day_problem(day, today)
        if len(note) > LONGEST_NOTE:
            problem = _("A note has at most %d characters.") % LONGEST_NOTE
        if problem:
            found.wrong[product_id] = problem
        else:
            found.terms[product_id] = (note, day)
    return found


def _parsed(text: str) -> date | None:
    try:
        return parse_date(text)
    except ValueError:
        return None
