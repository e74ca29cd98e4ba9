"""Telling a dealer's people of consumer orders: offered, reminded, gone, cancelled. No mail names the consumer."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.urls import reverse

from dealers.accounts.models import DealerRole, User
from fulfilment.allocation.models import (
    Allocation,
    AllocationState,
    Offer,
    OfferLine,
    OfferState,
    OfferStep,
    UnclaimRequest,
)
from fulfilment.signals import allocation_moved, offer_moved, unclaim_decided
from portal.access.roles import DEALER_PERMISSIONS, Permission
from portal.notifications.queue import queue_alike

MOST_LINES = 20
TOLD_OF_END = (OfferState.EXPIRED, OfferState.WITHDRAWN, OfferState.SUPERSEDED)
# Asked with every offer: written out, since to build it took ten times as long as PostgreSQL takes to answer it.
PEOPLE = """
SELECT u.* FROM dealers_accounts_user u
WHERE u.is_active AND u.id IN (
    SELECT m.user_id FROM dealers_accounts_membership m JOIN dealers_accounts_dealer d ON d.id = m.dealer_id
    WHERE m.dealer_id = %s AND m.is_active AND d.is_active AND m.role = ANY(%s))
ORDER BY u.id
"""
ROLES = [role for role in DealerRole.values if Permission.FULFIL_CONSUMER_ORDERS in DEALER_PERMISSIONS[role]]


def connect() -> None:
    """Connect the receivers; they run in the transaction of the fact."""
    offer_moved.connect(tell_of_offer, dispatch_uid="portal.notifications.offer")
    allocation_moved.connect(tell_of_allocation, dispatch_uid="portal.notifications.allocation")
    unclaim_decided.connect(tell_of_unclaim, dispatch_uid="portal.notifications.unclaim")


def tell_of_offer(*, offer: Offer, step: OfferStep, **_kwargs: Any) -> None:
    """Mail for a new offer, for one given without asking, and for one that ended without an answer."""
    asked = offer.expires_at is not None
    if step.to_state == OfferState.SENT and asked:
        _queue(offer, "offer_new", f"offer:{step.pk}")
    elif step.to_state == OfferState.ACCEPTED and not asked:
        _queue(offer, "offer_given", f"offer:{step.pk}")
    elif step.to_state in TOLD_OF_END and asked:
        _queue(offer, "offer_ended", f"offer:{step.pk}", ended=step.to_state)


def tell_of_allocation(*, allocation: Allocation, step: OfferStep, **_kwargs: Any) -> None:
    """Mail when the dealer does not hold an order any more, or less of it: nobody may go on packing it."""
    if step.to_state == AllocationState.CANCELLED:
        offer = Offer.objects.get(pk=allocation.pk)
        _queue(offer, "allocation_cancelled", f"allocation:{step.pk}", whole=allocation.state == step.to_state)


def tell_of_unclaim(*, request: UnclaimRequest, **_kwargs: Any) -> None:
    """Mail when a dealer has to send what it asked to leave; one that may leave hears that it holds nothing more."""
    if not request.granted:
        offer = Offer.objects.get(pk=request.allocation_id)
        _queue(offer, "unclaim_refused", f"unclaim:{request.pk}", answer=request.answer)


def remind_offers(offers: Iterable[Offer]) -> int:
    """Queue the reminders of offers that `sweep.remind_due` counted up, in its transaction; how many people are told.

    Each reminder of an offer is one mail to each person, however often it is asked for.
    """
    return sum(_queue(offer, "offer_reminder", f"offer-reminder:{offer.pk}:{offer.reminders}") for offer in offers)


def _queue(offer: Offer, template: str, key: str, **more: Any) -> int:
    people = _people(offer.dealer_id)
    if not people:
        return 0
    lines = list(OfferLine.objects.filter(offer=offer.pk).defer("settlement").order_by("position")[: MOST_LINES + 1])
    context = {
        "offer": offer,
        "number": offer.order.external_number,
        "outlet": offer.outlet,
        "lines": lines[:MOST_LINES],
        "more": len(lines) > MOST_LINES,
        **more,
    }
    path = reverse("shop:consumer_offer", args=[offer.pk])
    for language in sorted({user.language for user in people}):
        alike = {f"{key}:{user.pk}": user.email for user in people if user.language == language}
        queue_alike(alike, language, template, context, path)
    return len(people)


def _people(dealer_id: int) -> list[User]:
    """Those at a dealer who may answer, each once."""
    return list(User.objects.raw(PEOPLE, [dealer_id, ROLES]))
