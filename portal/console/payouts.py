"""Note what has been paid out to a dealer whose account shows something in its favour."""

from __future__ import annotations

from decimal import Decimal

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from dealers.accounts.models import Dealer
from dealers.ledger.data import PostingRefused
from dealers.ledger.payout import credit_of, pay_out
from portal.access.portal import PortalRequest
from portal.components.formats import format_amount
from portal.console.words import stored_text


class PayoutForm(forms.Form):
    """One payment, as the bank carried it out."""

    number = forms.CharField(
        label=gettext_lazy("Number of the transfer"),
        max_length=100,
        help_text=gettext_lazy("As the bank names it; the same number is never noted twice."),
    )
    on = forms.DateField(
        label=gettext_lazy("Paid on"), widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
    )
    amount = forms.DecimalField(
        label=gettext_lazy("Amount"), max_digits=14, decimal_places=2, min_value=Decimal("0.01")
    )
    reference = forms.CharField(label=gettext_lazy("Reference"), max_length=200, required=False)


@require_http_methods(["GET", "HEAD", "POST"])
def payout(request: PortalRequest, number: str) -> HttpResponse:
    """The form, and what it posts: the dealer's account goes down by what was paid."""
    dealer = get_object_or_404(Dealer.objects.for_user(request.user), number=stored_text(number))
    credit, today = credit_of(dealer.pk), timezone.localdate()
    form = PayoutForm(request.POST or None, initial={"on": today, "amount": credit or None})
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        try:
            made = pay_out(
                dealer,
                said["number"],
                said["amount"],
                on=said["on"],
                reference=said["reference"],
                by=request.user,
            )
        except PostingRefused as why:
            form.add_error(None, why.message)
        else:
            words = {"amount": format_amount(made.total), "currency": made.currency, "dealer": dealer.display_name}
            messages.success(request, _("%(amount)s %(currency)s to %(dealer)s are noted as paid.") % words)
            return redirect("console:document", made.pk)
    context = {
        "form": form,
        "dealer": dealer,
        "credit": credit,
        "crumbs": [
            (_("Statements"), reverse("console:statements")),
            (dealer.number, reverse("console:statement", args=[dealer.number])),
            (_("Payment to the dealer"), ""),
        ],
    }
    return render(request, "console/money/payout.html", context, status=422 if form.errors else 200)
