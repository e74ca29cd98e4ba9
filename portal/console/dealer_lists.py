"""The price lists of one dealer, nearest first: what counts and why, and arranging the dealer's own."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from dealers.accounts.models import Dealer
from portal.access.portal import PortalRequest
from portal.console.dealer_page import fetch_dealer
from portal.console.list_words import chain_rows, changes_of_dealer
from portal.console.ordered import Ordered, arranged, choices, shown
from pricing.quote import supplier_day
from pricing.terms.assign import AssignmentRefused, set_dealers_lists


@require_http_methods(["GET", "HEAD", "POST"])
def dealer_lists(request: PortalRequest, number: str) -> HttpResponse:
    """The form, one step of arranging, and saving it."""
    dealer = fetch_dealer(request, number)
    if request.method != "POST":
        stored = dealer.price_lists.select_related("price_list").order_by("priority")
        return _draw(request, dealer, shown([each.price_list for each in stored]))
    order = arranged(request.POST)
    if not order.saves:
        return _draw(request, dealer, order, status=422 if order.errors else 200)
    try:
        changed = set_dealers_lists({dealer.pk: order.keys}, by=request.user, seen={dealer.pk: order.seen})
    except AssignmentRefused as why:
        order.errors.append(why.message)
        return _draw(request, dealer, order, status=422)
    if changed:
        messages.success(request, _("Saved. It holds from the next page this dealer opens."))
    else:
        messages.info(request, _("Nothing was different, so nothing was changed."))
    return redirect("console:dealer_lists", number=dealer.number)


def _draw(request: PortalRequest, dealer: Dealer, order: Ordered, *, status: int = 200) -> HttpResponse:
    context = {
        "dealer": dealer,
        "order": order,
        "list_choices": choices(dealer.pk).filter(currency=dealer.currency),
        "chain": chain_rows(dealer, supplier_day(timezone.now())),
        "changes": changes_of_dealer(dealer),
        "crumbs": [
            (_("Dealers"), reverse("console:dealers")),
            (dealer.number, reverse("console:dealer", args=[dealer.number])),
            (_("Price lists"), ""),
        ],
    }
    return render(request, "console/dealers/lists.html", context, status=status)
