"""Changing a dealer's terms. Every change is recorded; two administrators never overwrite each other unnoticed."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from dealers.accounts.models import Dealer
from dealers.accounts.terms import TermsChanged, change_terms, last_change
from portal.access.portal import PortalRequest
from portal.console.dealer_forms import TermsForm
from portal.console.dealer_page import described, fetch_dealer


@require_http_methods(["GET", "HEAD", "POST"])
def dealer_terms(request: PortalRequest, number: str) -> HttpResponse:
    """The form, and saving it."""
    dealer = fetch_dealer(request, number)
    if request.method != "POST":
        return _draw(request, dealer, TermsForm(instance=dealer, initial={"seen": last_change(dealer)}))
    form = TermsForm(request.POST, instance=fetch_dealer(request, number))
    if not form.is_valid():
        return _draw(request, dealer, form, status=422)
    try:
        changes = change_terms(dealer.pk, form.terms(), by=request.user, seen=form.cleaned_data["seen"])
    except TermsChanged as why:
        form.add_error(None, str(why.message))
        form.data = {**request.POST.dict(), "seen": str(why.last.pk)}
        return _draw(request, dealer, form, status=409)
    if changes:
        fields = ", ".join(row["field"] for row in described(changes))
        messages.success(request, _("Saved: %(fields)s.") % {"fields": fields})
    else:
        messages.info(request, _("Nothing was different, so nothing was changed."))
    return redirect("console:dealer", number=dealer.number)


def _draw(request: PortalRequest, dealer: Dealer, form: TermsForm, *, status: int = 200) -> HttpResponse:
    url = reverse("console:dealer", args=[dealer.number])
    context = {
        "dealer": dealer,
        "form": form,
        "crumbs": [(_("Dealers"), reverse("console:dealers")), (dealer.number, url), (_("Terms"), "")],
        "changes": described(dealer.changes.all()[:5]) if status == 409 else [],
    }
    return render(request, "console/dealers/terms.html", context, status=status)
