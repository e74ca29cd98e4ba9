"""At the counter: a consumer shows a code, the cashier hands the goods over, all or some. Without a code two decide."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from dealers.accounts.models import Outlet
from fulfilment.allocation.held import HeldRefused
from fulfilment.allocation.models import Offer
from fulfilment.consumer.contacts import contact_for
from fulfilment.handover import overrides, pickup
from fulfilment.handover.codes import cleaned, spoken
from fulfilment.handover.models import PickupOverride
from fulfilment.handover.refusals import TriesLocked, WrongCode
from portal.access.portal import PortalRequest
from portal.components.formats import format_quantity
from portal.shop.consumer_forms import OverrideForm, ids_in
from portal.shop.consumer_list import own_offers
from portal.shop.consumer_offer import crumbs, lines_shown, own, own_held, page
from portal.shop.outlet_stock import while_on

SESSION_OUTLET = "pickup_outlet"


@while_on
@require_http_methods(["GET", "HEAD", "POST"])
def counter(request: PortalRequest) -> HttpResponse:
    """The cashier's screen: a code is looked up, then its lines are handed over. `done` shows what just was."""
    counters = _counters(request)
    outlet = _chosen(request, counters)
    if request.method != "POST" or outlet is None:
        return _page(request, counters, outlet, done=_just_done(request))
    said = str(request.POST.get("code", ""))[:100]
    if not cleaned(said):
        return _page(request, counters, outlet, error=_("Key in or scan the code of twelve digits."), status=422)
    try:
        if "hand_over" in request.POST:
            return _hand_over(request, outlet, said)
        code = pickup.look_up(outlet.pk, said, by=request.user)
    except HeldRefused as why:
        return _page(
            request,
            counters,
            outlet,
            error=_said(why),
            keyed=spoken(cleaned(said)),
            locked=isinstance(why, TriesLocked),
            status=409,
        )
    return _page(request, counters, outlet, code=spoken(cleaned(said)), found=own(request, code.allocation_id))


@while_on
@require_POST
def ask(request: PortalRequest, pk: int) -> HttpResponse:
    """Ask a second person to let goods go without a code."""
    found = own_held(request, pk)
    form = OverrideForm(request.POST)
    if not form.is_valid():
        return page(request, found, override_form=form, status=422)
    try:
        overrides.ask(found.pk, ids_in(request.POST, "line"), by=request.user, reason=form.cleaned_data["reason"])
    except HeldRefused as why:
        form.add_error(None, why.message)
        return page(request, own_held(request, pk), override_form=form, status=409)
    messages.success(request, _("Now a colleague has to consent, signed in under their own name."))
    return redirect("shop:consumer_offer", found.pk)


@while_on
@require_POST
def decide(request: PortalRequest, pk: int) -> HttpResponse:
    """Consent to a colleague's question, which hands the goods over, or refuse it."""
    asked = get_object_or_404(
        PickupOverride.objects.for_user(request.user).filter(allocation__dealer=request.portal.dealer), pk=pk
    )
    approved = "approve" in request.POST
    try:
        overrides.decide(asked.pk, by=request.user, approved=approved)
    except HeldRefused as why:
        messages.error(request, why.message)
    else:
        messages.success(request, _("Handed over without a code.") if approved else _("Not handed over."))
    return redirect("shop:consumer_offer", asked.allocation_id)


def _hand_over(request: PortalRequest, outlet: Outlet, said: str) -> HttpResponse:
    chosen = ids_in(request.POST, "line")
    done = pickup.hand_over(outlet.pk, said, by=request.user, line_ids=chosen)
    request.session["pickup_done"] = {
        "offer": done.allocation.pk,
        "lines": [line.pk for line in done.lines],
        "open": done.open_lines,
    }
    return redirect("shop:consumer_pickup")


def _just_done(request: PortalRequest) -> dict[str, Any] | None:
    """What was handed over by the request before this one; told once."""
    kept = request.session.pop("pickup_done", None) if request.method == "GET" else None
    found = own_offers(request).select_related("order").filter(pk=kept["offer"]).first() if kept else None
    if kept is None or found is None:
        return None
    lines = [line for line in lines_shown(found) if line.line and line.line.pk in kept["lines"]]
    return {"offer": found, "lines": lines, "open": kept["open"]}


def _counters(request: PortalRequest) -> list[Outlet]:
    """The dealer's outlets at which goods are handed over."""
    outlets = Outlet.objects.filter(dealer=request.portal.dealer, is_active=True, consumer_service__isnull=False)
    open_at = outlets.filter(consumer_service__hands_over=True) | outlets.filter(consumer_service__takes_away=True)
    return list(open_at.order_by("code"))


def _chosen(request: PortalRequest, counters: list[Outlet]) -> Outlet | None:
    """The outlet one stands in: as said, as said last, else the first. Somebody else's does not exist."""
    said = request.POST.get("outlet") or request.GET.get("outlet")
    if said:
        found = next((each for each in counters if str(each.pk) == said), None)
        if found is None:
            raise Http404
        request.session[SESSION_OUTLET] = found.pk
        return found
    kept = request.session.get(SESSION_OUTLET)
    return next((each for each in counters if each.pk == kept), counters[0] if counters else None)


def _said(why: HeldRefused) -> str:
    if isinstance(why, WrongCode):
        left = ngettext("%(count)s more try.", "%(count)s more tries.", why.left) % {"count": format_quantity(why.left)}
        return f"{why.message} {left}"
    return why.message


def _page(
    request: PortalRequest,
    counters: list[Outlet],
    outlet: Outlet | None,
    *,
    status: int = 200,
    found: Offer | None = None,
    **more: Any,
) -> HttpResponse:
    lines = lines_shown(found) if found else []
    context = {
        "counters": counters,
        "outlet": outlet,
        "found": found,
        "lines": [line for line in lines if line.line and not line.line.cancelled_at],
        "contact": contact_for(found.order, request.user) if found else None,
        "crumbs": crumbs(last=_("Hand over")),
        **more,
    }
    return render(request, "shop/consumer/pickup.html", context, status=status)
