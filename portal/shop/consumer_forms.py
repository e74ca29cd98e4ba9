"""The forms of the dealers' screens of consumer orders."""

from __future__ import annotations

from uuid import UUID, uuid4

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fulfilment.allocation.models import OF_STOCK, DeclineReason
from fulfilment.handover.models import ReturnCause

AREA = {"rows": 2}


class DeclineForm(forms.Form):
    """Why an offer is declined. Reasons of stock name the lines that are concerned."""

    reason = forms.ChoiceField(
        label=gettext_lazy("Reason"), choices=DeclineReason.choices, widget=forms.RadioSelect, required=True
    )
    note = forms.CharField(
        label=gettext_lazy("Note for the supplier"), required=False, max_length=500, widget=forms.Textarea(attrs=AREA)
    )

    def lines(self, data: QueryDict, known: set[int]) -> set[int] | None:
        """The lines that a reason of stock is about; None for other reasons. Adds an error where none is chosen."""
        if self.cleaned_data["reason"] not in OF_STOCK:
            return None
        chosen = ids_in(data, "line") & known
        if not chosen:
            self.add_error("reason", _("Tick the products that this is about."))
        return chosen


class SendForm(forms.Form):
    """Who carries a parcel, under which number."""

    carrier = forms.CharField(
        label=gettext_lazy("Carrier"),
        max_length=100,
        widget=forms.TextInput(attrs={"list": "carriers", "autocomplete": "off"}),
    )
    tracking_number = forms.CharField(
        label=gettext_lazy("Tracking number"),
        max_length=100,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}),
    )


class OverrideForm(forms.Form):
    """Why goods are to be handed over without a code."""

    reason = forms.CharField(
        label=gettext_lazy("Why is there no code, and how do you know the consumer?"),
        max_length=500,
        widget=forms.Textarea(attrs=AREA),
    )


class ReturnForm(forms.Form):
    """Why goods came back."""

    cause = forms.ChoiceField(label=gettext_lazy("Why"), choices=ReturnCause.choices, widget=forms.RadioSelect)
    note = forms.CharField(
        label=gettext_lazy("Note"), required=False, max_length=500, widget=forms.Textarea(attrs=AREA)
    )


class LeaveForm(forms.Form):
    """Why a dealer wants to leave what it accepted."""

    reason = forms.ChoiceField(label=gettext_lazy("Reason"), choices=DeclineReason.choices, widget=forms.RadioSelect)
    note = forms.CharField(
        label=gettext_lazy("What happened?"), max_length=500, widget=forms.Textarea(attrs={"rows": 3})
    )


def ids_in(data: QueryDict, name: str) -> set[int]:
    """The numbers that boxes of one name were ticked with; anything else is nobody's box."""
    return {int(each) for each in data.getlist(name) if each.isascii() and each.isdigit() and len(each) < 19}


def key_in(data: QueryDict) -> UUID:
    """What makes the same form the same act; one that is not ours is new."""
    try:
        return UUID(str(data.get("key", "")))
    except ValueError:
        return uuid4()
