"""Where a consumer order's lines stand: with which dealer, by when, who was asked, and why it was decided so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from fulfilment.allocation.fates import fates
from fulfilment.allocation.minor import to_money
from fulfilment.allocation.models import (
    Allocation,
    AllocationLine,
    Decision,
    LeftLine,
    Offer,
    OfferState,
    UnclaimRequest,
)
from fulfilment.consumer.models import ConsumerOrder, ConsumerOrderLine
from fulfilment.consumer.states import Fate, State
from fulfilment.handover import pickup
from fulfilment.handover.models import PickupCode
from portal.console.allocation_words import (
    ALLOCATION_KINDS,
    FATE_KINDS,
    OFFER_KINDS,
    fate_words,
    offer_note_words,
    offer_step_words,
    why_words,
)

#: Lines that are still to be decided about, so that a person may decide.
OPEN_FATES = frozenset({Fate.WAITING, Fate.OFFERED, Fate.BACKLOG, Fate.SUPPLIER_WAREHOUSE})
#: Lines that a person may still cancel: nothing of them has left.
STANDING_FATES = OPEN_FATES | {Fate.ACCEPTED}
#: Orders that dealers can be asked about.
DECIDABLE = frozenset({State.READY, State.OFFERED, State.BACKLOG, State.ALLOCATED, State.SENT})


def standing(order: ConsumerOrder, lines: list[ConsumerOrderLine]) -> dict[str, Any]:
    """Everything of allocation that the page of an order shows. The same statements for any number of lines."""
    where = fates(order.pk)
    offers = list(
        Offer.objects.filter(order=order)
        .select_related("dealer", "outlet", "seen_by", "allocation")
        .prefetch_related("lines", "steps")
        .order_by("-pk")
    )
    left = {row.order_line_id: row for row in LeftLine.objects.filter(order=order).select_related("by")}
    held = {
        row.order_line_id: row.allocation
        for row in AllocationLine.objects.filter(allocation__order=order, cancelled_at=None).select_related(
            "allocation__dealer", "allocation__outlet", "allocation__offer"
        )
    }
    open_offers = [offer for offer in reversed(offers) if offer.state == OfferState.SENT]
    asked = {line.order_line_id: offer for offer in open_offers for line in offer.lines.all()}
    requests = UnclaimRequest.objects.filter(allocation__order=order).select_related("allocation__dealer", "by")
    decisions = Decision.objects.filter(order=order).select_related("by", "rule_set").defer("record")
    rows = [_line(line, where.get(line.pk, Fate.WAITING), held, asked, left) for line in lines]
    decidable = State(order.state) in DECIDABLE
    return {
        "line_rows": rows,
        "offers": [_offer(offer) for offer in offers],
        "unclaims": [request for request in requests if request.granted is None],
        "decided_unclaims": [request for request in requests if request.granted is not None],
        "decisions": [{"decision": each, "cost": to_money(each.cost)} for each in decisions],
        "may_route": decidable and any(row["open"] for row in rows),
        "may_act": decidable and any(row["standing"] for row in rows),
        "in_warehouse": decidable and any(row["to_send"] for row in rows),
        "pickups": _pickups(order, offers),
    }


def _pickups(order: ConsumerOrder, offers: Sequence[Offer]) -> list[dict[str, Any]]:
    """What waits at outlets to be fetched, with the last code that was made for it, if any."""
    states = pickup.FETCHED_WHILE.get(order.method, ())
    waiting = [each for each in offers if hasattr(each, "allocation") and each.allocation.state in states]
    if not waiting:
        return []
    codes = PickupCode.objects.filter(allocation__in=[each.pk for each in waiting], voided_at=None)
    last = {code.allocation_id: code for code in codes.select_related("issued_by")}
    now = timezone.now()
    return [
        {
            "allocation": each.pk,
            "place": {"dealer": each.dealer.display_name, "outlet": each.outlet.name},
            "code": last.get(each.pk),
            "ran_out": each.pk in last and last[each.pk].expires_at <= now,
        }
        for each in waiting
    ]


def _line(
    line: ConsumerOrderLine,
    fate: Fate,
    held: Mapping[int | None, Allocation],
    asked: Mapping[int | None, Offer],
    left: Mapping[int, LeftLine],
) -> dict[str, Any]:
    allocation, offer, why = held.get(line.pk), asked.get(line.pk), left.get(line.pk)
    at: Offer | Allocation | None = allocation or offer
    return {
        "line": line,
        "fate": fate_words(fate),
        "kind": FATE_KINDS[fate],
        "open": fate in OPEN_FATES and not (why and why.sent_at),
        "standing": fate in STANDING_FATES and not (why and why.sent_at),
        "to_send": bool(why and why.fate == Fate.SUPPLIER_WAREHOUSE and not why.sent_at),
        "place": {"dealer": at.dealer.display_name, "outlet": at.outlet.name} if at else None,
        **_deadline(allocation, offer),
        "why": why_words(why.why) if why else "",
        "rule": why.rule if why else "",
        "who": why.by.get_full_name() if why and why.by else "",
    }


def _deadline(allocation: Allocation | None, offer: Offer | None) -> dict[str, Any]:
    """By when the dealer has to answer or to send, and whether that has passed."""
    now = timezone.now()
    if allocation is not None:
        due = allocation.offer.ship_by if allocation.sent_at is None else None
        return {"due": due, "due_word": _("Ship by"), "late": bool(due and due < now)}
    if offer is not None:
        return {"due": offer.expires_at, "due_word": _("Answer by"), "late": False}
    return {"due": None, "due_word": "", "late": False}


def _offer(offer: Offer) -> dict[str, Any]:
    allocation = getattr(offer, "allocation", None)
    return {
        "offer": offer,
        "place": {"dealer": offer.dealer.display_name, "outlet": offer.outlet.name},
        "state": allocation.get_state_display() if allocation else offer.get_state_display(),
        "kind": ALLOCATION_KINDS[allocation.state] if allocation else OFFER_KINDS[offer.state],
        "open": offer.state == OfferState.SENT,
        "lines": list(offer.lines.all()),
        "steps": [
            {"step": step, "state": offer_step_words(step.to_state), "note": offer_note_words(step.note)}
            for step in offer.steps.all()
        ],
        "why_url": reverse("console:consumer_decision", args=[offer.decision_id]),
    }
