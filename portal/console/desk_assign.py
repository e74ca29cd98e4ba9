"""Choosing the dealer of an order by hand: the outlets nearest first, what an offer would say, and making it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import Q
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as t
from django.views.decorators.http import require_http_methods

from dealers.accounts.models import Outlet
from fulfilment.allocation.byhand import Preview
from fulfilment.allocation.facts import Place
from fulfilment.allocation.fates import fates
from fulfilment.allocation.minor import to_money
from fulfilment.allocation.models import Decision, Offer, OfferState
from fulfilment.allocation.record import from_plain
from fulfilment.allocation.trace import CandidateTrace, RuleTrace
from fulfilment.consumer.models import ConsumerOrder, ConsumerOrderLine
from portal.access.portal import PortalRequest
from portal.components.formats import format_quantity
from portal.console.allocation_words import fate_words, reason_words
from portal.console.desk_decision import Names, kilometres, reasons_of
from portal.console.desk_forms import ids_of
from portal.console.desk_order import DECIDABLE, OPEN_FATES
from portal.console.desk_verbs import DeskRefused, assign, preview

#: Outlets shown of a search, and of a decision.
MOST_FOUND = 20
MOST_CANDIDATES = 60
ASK = (("ask", t("Ask the dealer, who may decline")), ("give", t("Give it without asking, as agreed with the dealer")))


class AssignForm(forms.Form):
    """How the chosen outlet gets the lines, and why it."""

    how = forms.ChoiceField(label=t("How"), choices=ASK, initial="ask", widget=forms.RadioSelect)
    note = forms.CharField(label=t("Reason"), max_length=500, help_text=t("Kept with the offer."))


@require_http_methods(["GET", "HEAD", "POST"])
def consumer_assign(request: PortalRequest, pk: int) -> HttpResponse:
    """Candidates nearest first; with an outlet chosen, what the offer would say; by POST the offer is made."""
    order = get_object_or_404(ConsumerOrder.objects.select_related("channel"), pk=pk)
    standing = fates(pk)
    lines = [line for line in order.lines.all() if standing.get(line.pk) in OPEN_FATES]
    if order.state not in DECIDABLE or not lines:
        messages.error(request, _("No line of this order waits for a dealer."))
        return redirect("console:consumer_order", pk)
    said = request.POST if request.method == "POST" else request.GET
    chosen = _chosen(lines, said)
    outlet = _outlet(said)
    form = AssignForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and outlet is not None and form.is_valid():
        ask, note = form.cleaned_data["how"] == "ask", form.cleaned_data["note"].strip()
        try:
            keys = [line.pk for line in chosen]
            messages.success(request, assign(pk, outlet.pk, keys, by=request.user, ask=ask, note=note))
        except DeskRefused as why:
            messages.error(request, why.message)
            query = QueryDict(mutable=True)
            query.setlist("line", [str(line.pk) for line in chosen])
            query["outlet"] = str(outlet.pk)
            return redirect(f"{reverse('console:consumer_assign', args=[pk])}?{query.urlencode()}")
        return redirect("console:consumer_order", pk)
    shown, refused = _previewed(request, order, chosen, outlet) if outlet else (None, "")
    asked = request.GET.get("q", "").strip()[:100]
    context = {
        "order": order,
        "lines": [{"line": line, "fate": fate_words(standing[line.pk]), "chosen": line in chosen} for line in lines],
        "chosen_lines": chosen,
        "outlet": outlet,
        "candidates": _candidates(order, outlet),
        "asked": asked,
        "found": _found(order, asked),
        "preview": _money(shown, chosen) if shown else None,
        "refused": refused,
        "form": form,
        "withdraws": Offer.objects.filter(
            order=order, state=OfferState.SENT, lines__order_line__in=[line.pk for line in chosen]
        ).exists(),
        "crumbs": [
            (_("Consumer orders"), reverse("console:consumer_orders")),
            (order.external_number, reverse("console:consumer_order", args=[pk])),
            (_("Choose a dealer"), ""),
        ],
    }
    return render(request, "console/desk/assign.html", context, status=422 if form.errors else 200)


def _chosen(lines: Sequence[ConsumerOrderLine], said: QueryDict) -> list[ConsumerOrderLine]:
    """The lines that are named; all where none is."""
    named = set(ids_of(said.getlist("line")))
    return [line for line in lines if line.pk in named] or list(lines)


def _outlet(said: QueryDict) -> Outlet | None:
    wanted = ids_of([said.get("outlet", "")])
    return Outlet.objects.select_related("dealer").filter(pk__in=wanted, is_active=True).first() if wanted else None


def _previewed(
    request: PortalRequest, order: ConsumerOrder, chosen: Sequence[ConsumerOrderLine], outlet: Outlet
) -> tuple[Preview | None, str]:
    try:
        return preview(order.pk, outlet.pk, [line.pk for line in chosen], by=request.user), ""
    except DeskRefused as why:
        return None, why.message


def _money(shown: Preview, chosen: Sequence[ConsumerOrderLine]) -> dict[str, Any]:
    """What an offer would say, line by line, and why not the other lines."""
    made = shown.part.settlements if shown.part else {}
    rows = [
        {
            "line": line,
            "paid": to_money(made[line.pk].sale.paid),
            "cost": to_money(made[line.pk].sale.landed_cost),
            "freight": to_money(made[line.pk].sale.freight),
            "top_up": to_money(made[line.pk].top_up),
            "receives": to_money(made[line.pk].dealer_receives),
            "keeps": to_money(made[line.pk].dealer_margin),
            "floor": to_money(made[line.pk].floor),
            "supplier": to_money(made[line.pk].supplier_margin),
        }
        for line in chosen
        if line.pk in made
    ]
    refused = [
        {"line": line, "why": reason_words(shown.reasons[line.pk])} for line in chosen if line.pk in shown.reasons
    ]
    distance = kilometres(shown.part.distance) if shown.part else ""
    return {"rows": rows, "refused": refused, "distance": distance, "may": bool(rows) and not refused}


def _candidates(order: ConsumerOrder, outlet: Outlet | None) -> list[dict[str, Any]]:
    """The outlets that the last decision looked at, nearest first, with what it found of each."""
    last = Decision.objects.filter(order=order).order_by("-pk").first()
    if last is None:
        return []
    rules = [from_plain(RuleTrace, each) for each in last.record["plan"]["trace"]]
    seen: dict[int, CandidateTrace] = {}
    for rule in rules:
        for each in rule.candidates:
            if each.outlet not in seen or each.costs:
                seen[each.outlet] = each
    nearest = sorted(seen.values(), key=lambda each: (each.distance, each.outlet))[:MOST_CANDIDATES]
    outlets = Outlet.objects.select_related("dealer").in_bulk([each.outlet for each in nearest])
    kept = last.record["order"]["lines"]
    names = Names({line["key"]: f"{line['sku']} × {format_quantity(line['quantity'])}" for line in kept}, outlets)
    return [
        {
            "pk": each.outlet,
            "place": names.outlet(each.outlet),
            "distance": kilometres(each.distance),
            "total": to_money(each.costs.total) if each.costs else None,
            "reasons": reasons_of(each.reasons, names, len(kept)),
            "checked": outlet is not None and outlet.pk == each.outlet,
        }
        for each in nearest
        if each.outlet in outlets
    ]


def _found(order: ConsumerOrder, asked: str) -> list[dict[str, Any]]:
    """Outlets that fulfil consumer orders, by dealer, name or town."""
    if not asked or "\x00" in asked:
        return []
    meant = Q(dealer__name__icontains=asked) | Q(dealer__name_zh__icontains=asked) | Q(dealer__number__iexact=asked)
    meant |= Q(name__icontains=asked) | Q(city__icontains=asked)
    found = Outlet.objects.filter(meant, is_active=True, consumer_service__isnull=False).select_related("dealer")
    return [
        {
            "pk": each.pk,
            "place": {"dealer": each.dealer.display_name, "outlet": each.name},
            "distance": _distance(order, each),
        }
        for each in found.order_by("dealer__name", "pk")[:MOST_FOUND]
    ]


def _distance(order: ConsumerOrder, outlet: Outlet) -> str:
    if order.latitude is None or order.longitude is None or outlet.latitude is None or outlet.longitude is None:
        return "–"
    here, there = (Place(float(each.latitude), float(each.longitude)) for each in (order, outlet))  # type: ignore[arg-type]  # neither is None here
    return kilometres(here.metres_to(there))
