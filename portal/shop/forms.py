"""The forms of the dealers' screens."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from dealers.accounts.models import Dealer, DealerRole, Outlet, User
from pricing.quote import supplier_day


class OutletChoice(forms.ModelChoiceField[Outlet]):
    """An outlet told with its address."""

    def label_from_instance(self, obj: Any) -> str:
        """Name and address in one line."""
        return ", ".join([obj.name, *obj.address_lines])


class CheckoutForm(forms.Form):
    """What the dealer says about the order. `key` is made when the page is shown and stays through every retry."""

    key = forms.UUIDField(widget=forms.HiddenInput)
    shown_total = forms.DecimalField(widget=forms.HiddenInput, max_digits=14, decimal_places=2, required=False)
    shown_prices = forms.CharField(widget=forms.HiddenInput, required=False)
    po_confirmed = forms.CharField(widget=forms.HiddenInput, required=False, max_length=100)
    outlet = OutletChoice(label=_("Ship to"), queryset=Outlet.objects.none(), empty_label=None)
    po_number = forms.CharField(
        label=_("PO number"), max_length=100, required=False, help_text=_("Your own reference; it stands on documents.")
    )
    requested_date = forms.DateField(
        label=_("Requested date"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=_("Leave empty for as soon as possible."),
    )
    note = forms.CharField(
        label=_("Note to the supplier"), required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 3})
    )

    def __init__(self, *args: Any, dealer: Dealer, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        outlets = Outlet.objects.filter(dealer=dealer, is_active=True).order_by("code")
        field = self.fields["outlet"]
        assert isinstance(field, forms.ModelChoiceField)  # noqa: S101 - for the type checker
        field.queryset = outlets
        if len(outlets) <= 6:
            field.widget = forms.RadioSelect()
            field.widget.choices = field.choices
        self.fields["po_number"].required = dealer.po_number_required
        today = supplier_day(timezone.now())
        self.fields["requested_date"].widget.attrs["min"] = today.isoformat()

    def clean_po_number(self) -> str:
        """Without the blanks around it."""
        return str(self.cleaned_data["po_number"]).strip()

    def clean_requested_date(self) -> Any:
        """Not before today, the supplier's day."""
        day = self.cleaned_data["requested_date"]
        if day is not None and day < supplier_day(timezone.now()):
            raise forms.ValidationError(_("This day is past. Choose today or a later day."))
        return day


class OrderFilterForm(forms.Form):
    """What the list of orders is narrowed by."""

    q = forms.CharField(label=_("Order number, PO number or SKU"), required=False, max_length=100)
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
