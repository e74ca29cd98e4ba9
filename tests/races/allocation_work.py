"""What the processes of the races for consumer orders do, with the guards on and off."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from typing import Any

from django.db.models import F

from fulfilment.allocation import offers, routing
from fulfilment.allocation.models import Offer, OfferState
from fulfilment.consumer.data import OrderData, body_hash
from fulfilment.consumer.models import ConsumerOrder
from fulfilment.consumer.receive import Bringer, receive
from fulfilment.stock import outlets
from fulfilment.stock.models import OutletStock
from tests.fulfilment.allocation_world import AllocationWorld

Meeting = Callable[[], object]


def meeting(parties: int) -> Meeting:
    """Whoever comes waits until all have come."""
    barrier = multiprocessing.get_context("fork").Barrier(parties)
    return lambda: barrier.wait(30)


def allocated(order: ConsumerOrder) -> str:
    """Route an order; where it stands then."""
    routing.allocate(order.pk)
    return ConsumerOrder.objects.get(pk=order.pk).state


def hold_unguarded(met: Meeting) -> Callable[..., bool]:
    """The guard off: read, check, and only then add."""

    def hold(wanted: dict[tuple[int, int], int], reference: str, *, by: Any = None) -> bool:
        ((outlet, product), quantity) = next(iter(wanted.items()))
        enough = outlets.available(wanted)[outlet, product] >= quantity
        met()
        if enough:
            OutletStock.objects.filter(outlet=outlet, product=product).update(held=F("held") + quantity)
        return enough

    return hold


def accept(offer_id: int) -> str:
    """Where the offer stands by it, or too late."""
    try:
        return offers.accept(offer_id, by=None).state
    except offers.OfferGone:
        return "too late"


def expire(offer_id: int) -> str:
    """Where the offer stands by it, or too late."""
    return "expired" if offers.expire(offer_id) else "too late"


def withdraw(offer_id: int) -> str:
    """Where the offer stands by it, or too late."""
    try:
        return offers.withdraw(offer_id, by=None).state
    except offers.OfferGone:
        return "too late"


def bring(world: AllocationWorld, data: OrderData) -> Callable[[], str]:
    """Bring an order and route it; tell which of both was the first."""

    def work() -> str:
        answer = receive(world.channel, data, body_hash=body_hash(data), by=Bringer())
        decided = routing.allocate(answer.order.pk)
        return f"{'again' if answer.repeated else 'first'}, {'decided' if decided else 'nothing to decide'}"

    return work


def answer_unguarded(met: Meeting, to: str) -> Callable[[int], str]:
    """The guard off: read the state, decide, write."""

    def answer(offer_id: int) -> str:
        offer = Offer.objects.get(pk=offer_id)
        met()
        if offer.state != OfferState.SENT:
            return "too late"
        offer.state = to
        offer.save()
        return to

    return answer
