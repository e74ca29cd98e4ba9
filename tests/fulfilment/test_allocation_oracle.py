"""The oracle is worth what it finds: each promise is broken behind the services' back, and told."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from fulfilment.allocation import offers, routing
from fulfilment.allocation.models import (
    Allocation,
    ConsumerCampaign,
    Decision,
    LeftLine,
    LineFate,
    Offer,
    OfferLine,
    OfferState,
)
from fulfilment.consumer.models import ConsumerOrder
from fulfilment.stock.models import OutletStock
from tests.fulfilment import allocation_oracle as oracle
from tests.fulfilment.allocation_world import make_allocation_world, make_campaign, of, place_order

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def two_orders() -> None:
    """One is accepted, the other is offered and topped up out of a campaign; all holds."""
    world = make_allocation_world(2)
    make_campaign()
    routing.allocate(place_order(world, "W-1").pk)
    offers.accept(Offer.objects.get().pk, by=None)
    routing.allocate(place_order(world, "W-2", of(paid="899.00"), campaign_code="LAUNCH").pk)
    assert oracle.problems() == []
    assert Offer.objects.filter(campaign__isnull=False, top_up__gt=0, state=OfferState.SENT).exists()


def settlement(**changed: Any) -> None:
    line = OfferLine.objects.latest("pk")
    line.settlement |= changed
    line.save()


def less_top_up() -> None:
    top_up = OfferLine.objects.latest("pk").settlement["top_up"]
    settlement(top_up=top_up - 1)


def other_record() -> None:
    decision = Decision.objects.latest("pk")
    decision.record["plan"]["parts"][0]["dealer"] += 1
    decision.save()


def also_left() -> None:
    line = OfferLine.objects.latest("pk").order_line
    assert line is not None
    LeftLine.objects.create(order_line=line, order=line.order, fate=LineFate.BACKLOG)


BROKEN: dict[str, tuple[Callable[[], object], Callable[[], Iterator[str]]]] = {
    "a counter": (lambda: OutletStock.objects.filter(held=1).update(held=0), oracle.counters_off),
    "more promised than there is": (lambda: OutletStock.objects.filter(held=1).update(on_hand=0), oracle.oversold),
    "a margin under its floor": (lambda: settlement(dealer_margin=0), oracle.margins_broken),
    "a top-up that does not do": (less_top_up, oracle.margins_broken),
    "another sum": (lambda: Offer.objects.update(receives=1), oracle.margins_broken),
    "a line in two fates": (also_left, oracle.fates_off),
    "an order that stands elsewhere": (lambda: ConsumerOrder.objects.update(state="sent"), oracle.fates_off),
    "accepted without allocation": (lambda: Offer.objects.update(state="accepted"), oracle.given_twice),
    "the same dealer twice": (
        lambda: Offer.objects.update(order=ConsumerOrder.objects.earliest("pk")),
        oracle.given_twice,
    ),
    "a budget": (lambda: ConsumerCampaign.objects.update(used=0), oracle.budgets_off),
    "another decision": (other_record, oracle.decisions_off),
}


@pytest.mark.parametrize("what", BROKEN)
def test_what_is_broken_is_told(what: str) -> None:
    breaks, check = BROKEN[what]
    breaks()
    assert list(check())


def test_a_booking_that_is_missing_is_told() -> None:
    line = Allocation.objects.get().lines.get()
    line.sent_at = Allocation.objects.get().accepted_at
    line.save()
    assert list(oracle.ledger_off())
