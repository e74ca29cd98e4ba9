"""What an administrator may say about a dealer: its terms and its people."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from dealers.accounts.models import Dealer, DealerRole
from dealers.accounts.terms import TERMS


class MemberForm(forms.Form):
    """A new person at a dealer."""

    email = forms.EmailField(label=_("E-mail"), max_length=254)
    role = forms.ChoiceField(label=_("Role"), choices=DealerRole.choices)
    first_name = forms.CharField(label=_("First name"), max_length=150, required=False)
    last_name = forms.CharField(label=_("Last name"), max_length=150, required=False)


class TermsForm(forms.ModelForm[Dealer]):
    """A dealer's terms. `seen` is the last change when the page was drawn; the form itself never saves."""

    seen = forms.IntegerField(widget=forms.HiddenInput, min_value=0)

    class Meta:
        model = Dealer
        fields = TERMS

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["credit_limit"].label = _("Credit limit, %(currency)s") % {"currency": self.instance.currency}
        self.fields["credit_limit"].widget.attrs["min"] = 0
        self.fields["payment_terms_days"].widget.attrs["max"] = 365
        active = self.fields["is_active"]
        active.help_text = _("People of an inactive dealer are shut out with their next request.")

    def clean_payment_terms_days(self) -> int:
        """At most a year."""
        days: int = self.cleaned_data["payment_terms_days"]
        if days > 365:
            raise forms.ValidationError(_("Payment terms are at most 365 days."))
        return days

    def clean_tax_percent(self) -> Any:
        """A percentage below 100."""
        percent = self.cleaned_data["tax_percent"]
        if percent >= 100:
            raise forms.ValidationError(_("The tax rate is below 100 %."))
        return percent

    def clean_credit_limit(self) -> Any:
        """Not below zero."""
        limit = self.cleaned_data["credit_limit"]
        if limit < 0:
            raise forms.ValidationError(_("The credit limit is not below zero."))
        return limit

    def terms(self) -> dict[str, Any]:
        """The values, for `change_terms`."""
        return {name: self.cleaned_data[name] for name in TERMS}
