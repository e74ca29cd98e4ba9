"""One consumer order as its dealer sees it: the offer with what is kept of it, accept or decline, and what follows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from django.contrib import messages
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe
from oscar.core.loading import get_model

from fulfilment.allocation import offers
from fulfilment.allocation.models import (
    OF_STOCK,
    Allocation,
    AllocationLine,
    AllocationState,
    Offer,
    OfferLine,
    OfferState,
)
from fulfilment.allocation.offers import OfferGone
from fulfilment.consumer.contacts import contact_for
from fulfilment.consumer.models import Method
from fulfilment.handover.models import ConsumerParcel, ConsumerReturn, PickupOverride
from fulfilment.handover.parcels import CORRECTED_WHILE
from fulfilment.stock import outlets
from portal.access.portal import PortalRequest
from portal.access.roles import Permission
from portal.documents.packing_slip import address_of
from portal.shop.consumer_forms import DeclineForm, OverrideForm, SendForm
from portal.shop.consumer_list import due_of, own_offers
from portal.shop.consumer_map import sketch
from portal.shop.consumer_money import keeps_of
from portal.shop.consumer_words import (
    allocation_of,
    chip_of,
    distance_words,
    is_urgent,
    money_of,
    note_of,
    state_word,
    time_left,
    timeline_of,
)
from portal.shop.outlet_stock import while_on
from portal.shop.rows import pictures_of

Product = get_model("catalogue", "Product")


@dataclass(frozen=True)
class LineShown:
    """A line of an offer. `line` is what the dealer holds of it, None before acceptance; `available` is beside what
    this offer takes, None where the outlet never counted the product."""

    offered: OfferLine
    line: AllocationLine | None
    picture: str
    available: int | None

    @property
    def key(self) -> str:
        """The primary key of what is ticked, as it stands in HTML."""
        return str(self.line.pk if self.line else self.offered.pk)

    @property
    def back(self) -> int:
        """How many pieces are still with the consumer."""
        return self.line.quantity - self.line.returned if self.line and self.line.sent_at else 0


@dataclass(frozen=True)
class ParcelShown:
    """A parcel that left, and the form that corrects it, None when it may not be any more."""

    parcel: ConsumerParcel
    form: SendForm | None


@while_on
@require_safe
def offer(request: PortalRequest, pk: int) -> HttpResponse:
    """The order: before acceptance the offer, then the work. Who may answer has seen it by this."""
    found = own(request, pk)
    if found.state == OfferState.SENT and found.seen_at is None and may_fulfil(request):
        offers.seen(found.pk, by=request.user)
    return page(request, found)


@while_on
@require_POST
def accept(request: PortalRequest, pk: int) -> HttpResponse:
    """Accept the offer, or say who or what was faster."""
    found = own(request, pk)
    try:
        offers.accept(found.pk, by=request.user)
    except OfferGone as why:
        return page(request, own(request, pk), gone=why.message, status=409)
    messages.success(request, _("Accepted. Now you see who the goods are for. Pack them and say so here."))
    return redirect("shop:consumer_offer", found.pk)


@while_on
@require_POST
def decline(request: PortalRequest, pk: int) -> HttpResponse:
    """Decline with a reason; a reason of stock corrects the stock of the products that were ticked."""
    found = own(request, pk)
    form = DeclineForm(request.POST)
    ids = form.lines(request.POST, set(found.lines.values_list("pk", flat=True))) if form.is_valid() else None
    if form.errors:
        return page(request, found, decline_form=form, status=422)
    said = form.cleaned_data
    try:
        offers.decline(found.pk, by=request.user, reason=said["reason"], note=said["note"], line_ids=ids)
    except OfferGone as why:
        return page(request, own(request, pk), gone=why.message, typed=said["note"], status=409)
    messages.success(request, _("Declined. The order goes on to somebody else."))
    return redirect("shop:consumer_orders")


def own(request: PortalRequest, pk: int) -> Offer:
    """The dealer's offer with what every page of it shows; nobody else's exists."""
    related = ("order__channel", "outlet__consumer_service", "dealer", "allocation", "decision__terms", "answered_by")
    found = own_offers(request).select_related(*related).filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def own_held(request: PortalRequest, pk: int) -> Offer:
    """The dealer's offer that it accepted; what was not accepted does not exist here."""
    found = own(request, pk)
    if allocation_of(found) is None:
        raise Http404
    return found


def may_fulfil(request: PortalRequest) -> bool:
    """Whether the reader works on consumer orders, not only reads."""
    return request.portal.may(Permission.FULFIL_CONSUMER_ORDERS)


def crumbs(found: Offer | None = None, last: str = "") -> list[tuple[str, str]]:
    """The way to an order, and on to a page of it."""
    listed = reverse("shop:consumer_orders")
    if found is None:
        return [(_("Consumer orders"), listed), (last, "")]
    number = found.order.external_number
    if not last:
        return [(_("Consumer orders"), listed), (number, "")]
    return [(_("Consumer orders"), listed), (number, reverse("shop:consumer_offer", args=[found.pk])), (last, "")]


def lines_shown(found: Offer) -> list[LineShown]:
    """The lines with pictures and stock; a constant number of statements."""
    lines = list(found.lines.order_by("position"))
    held = {line.offer_line_id: line for line in AllocationLine.objects.filter(allocation=found.pk)}
    products = Product.objects.filter(pk__in={line.product_id for line in lines}).only("pk", "parent_id")
    pictures = pictures_of(products)
    available = outlets.available((found.outlet_id, line.product_id) for line in lines)
    return [
        LineShown(
            line,
            held.get(line.pk),
            pictures.get(line.product_id, ""),
            available.get((found.outlet_id, line.product_id)),
        )
        for line in lines
    ]


def page(request: PortalRequest, found: Offer, *, status: int = 200, **more: Any) -> HttpResponse:
    """The page of an order, with a form that was not accepted where there is one."""
    now, lines, held = timezone.now(), lines_shown(found), allocation_of(found)
    steps = list(found.steps.order_by("pk"))
    drawn = sketch(found.outlet.latitude, found.outlet.longitude, found.order.latitude, found.order.longitude)
    is_open = found.state == OfferState.SENT
    expired = is_open and found.expires_at is not None and found.expires_at <= now
    due = due_of(found)
    ship_by = offers.ready_by(found, now) if is_open else found.ship_by
    context = {
        "offer": found,
        "order": found.order,
        "held": held,
        "lines": lines,
        "keeps": keeps_of(found, [line.offered for line in lines]),
        "money": money_of(found),
        "chip_word": chip_of(found)[0],
        "chip_kind": chip_of(found)[1],
        "sketch": drawn if found.order.method == Method.DELIVERY else None,
        "distance": distance_words(found.distance_m, drawn.heading if drawn else ""),
        "is_open": is_open and not expired,
        "expired": expired,
        "left": time_left(due, now),
        "due": due,
        "urgent": is_urgent(due, now),
        "ship_by": ship_by,
        "history": [(step, state_word(step), note_of(step)) for step in steps],
        "crumbs": crumbs(found),
        "may_fulfil": may_fulfil(request),
        "sees_money": request.portal.may(Permission.SEE_OWN_STATEMENT),
        "decline_form": DeclineForm(),
        "of_stock": OF_STOCK,
        "key": uuid4(),
        **(_work(request, found, lines, steps) if held else {}),
        **more,
    }
    return render(request, "shop/consumer/offer.html", context, status=status)


def _work(request: PortalRequest, found: Offer, lines: Sequence[LineShown], steps: Sequence[Any]) -> dict[str, Any]:
    """What the page shows of an order that the dealer holds or held."""
    held = allocation_of(found)
    if held is None:
        return {}
    working = held.state in (AllocationState.ACCEPTED, AllocationState.PACKED)
    here = [each for each in lines if each.line and not each.line.sent_at and not each.line.cancelled_at]
    picked_up = found.order.method != Method.DELIVERY
    contact = contact_for(found.order, request.user)
    asked = list(held.unclaim_requests.order_by("-pk")[:1])
    return {
        "timeline": timeline_of(found, steps),
        "contact": contact,
        "address": address_of(contact, found.order) if contact else [],
        "here": here,
        "parcels": parcels_shown(held),
        "returns": list(ConsumerReturn.objects.filter(allocation=held).prefetch_related("lines__line__offer_line")),
        "unclaim": asked[0] if asked else None,
        "override": PickupOverride.objects.filter(allocation=held, approved=None).select_related("asked_by").first()
        if picked_up and working
        else None,
        "picked_up": picked_up,
        "may_pack": held.state == AllocationState.ACCEPTED,
        "may_send": working and not picked_up and bool(here),
        "may_hand_over": picked_up and working and bool(here),
        "may_deliver": held.state == AllocationState.SENT,
        "may_return": any(each.back for each in lines),
        "may_leave": working and len(here) == len(lines) and not (asked and asked[0].granted is None),
        "send_form": SendForm(),
        "override_form": OverrideForm(),
    }


def parcels_shown(held: Allocation, wrong: Mapping[int, SendForm] | None = None) -> list[ParcelShown]:
    """What left, parcel by parcel, each with the form that corrects it as long as it may be; `wrong` are such forms, by
    parcel, that were not accepted."""
    found = ConsumerParcel.objects.filter(allocation=held).order_by("pk")
    refused = wrong or {}
    return [
        ParcelShown(each, refused.get(each.pk) or (correcting(each) if held.state in CORRECTED_WHILE else None))
        for each in found.prefetch_related("contents__line__offer_line")
    ]


def correcting(parcel: ConsumerParcel, said: QueryDict | None = None) -> SendForm:
    """The form that corrects a parcel, one of several on a page."""
    initial = {"carrier": parcel.carrier, "tracking_number": parcel.tracking_number}
    return SendForm(said, initial=initial, auto_id=f"parcel-{parcel.pk}-%s")
