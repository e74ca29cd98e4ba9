"""The forms of the dealers' screens."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from dealers.accounts.models import DealerRole, User


class OrderFilterForm(forms.Form):
    """What the list of orders is narrowed by."""

    q = forms.CharField(label=_("Order number, PO number, SKU or your number"), required=False, max_length=100)
    placed_from = forms.DateField(
        label=_("Placed from"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    placed_to = forms.DateField(
        label=_("Placed to"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )


class ReasonForm(forms.Form):
    """Why an order is cancelled."""

    reason = forms.CharField(label=_("Reason"), max_length=1000, widget=forms.Textarea(attrs={"rows": 2}))


class ReceiptForm(forms.Form):
    """What was wrong with a delivery, if anything."""

    note = forms.CharField(
        label=_("Note, for example what is missing or damaged"),
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class DetailsForm(forms.ModelForm[User]):
    """A user's own name and language."""

    class Meta:
        model = User
        fields = ("first_name", "last_name", "language")
        labels = {"first_name": _("First name"), "last_name": _("Last name")}


class MemberForm(forms.Form):
    """A colleague to add."""

    first_name = forms.CharField(label=_("First name"), max_length=150)
    last_name = forms.CharField(label=_("Last name"), max_length=150, required=False)
    email = forms.EmailField(label=_("E-mail"))
    role = forms.ChoiceField(label=_("Role"), choices=DealerRole.choices)
