"""How dealers are scored from what they answered, sent and left."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from fulfilment.allocation import scores
from fulfilment.allocation.models import (
    Allocation,
    AllocationLine,
    Cause,
    ConsumerContract,
    ConsumerTerms,
    DealerScore,
    Decision,
    Offer,
    OfferLine,
    OfferModeChoice,
    OfferState,
    UnclaimRequest,
)
from fulfilment.consumer.models import ConsumerOrder
from tests.fulfilment.allocation_world import AllocationWorld, make_allocation_world, place_order

pytestmark = pytest.mark.django_db
NOW = timezone.now()
DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)


@pytest.fixture
def world() -> AllocationWorld:
    DealerScore.objects.all().delete()
    return make_allocation_world(2, stock=0)


def offered(
    world: AllocationWorld, state: str, *, sent: datetime = NOW - DAY, after: timedelta = 10 * MINUTE, **fields: Any
) -> Offer:
    """An offer of two units to the first shop, answered so long after it was sent."""
    order = ConsumerOrder.objects.first() or place_order(world)
    decision = Decision.objects.create(order=order, order_version=1, cause=Cause.LIVE, terms=world.terms, record={})
    answered = state in (OfferState.ACCEPTED, OfferState.DECLINED, OfferState.EXPIRED)
    values = {
        "order": order,
        "order_version": 1,
        "decision": decision,
        "dealer": world.shops[0].dealer,
        "outlet": world.shops[0].outlet,
        "mode": OfferModeChoice.SEQUENTIAL,
        "state": state,
        "sent_at": sent,
        "expires_at": sent + 4 * 60 * MINUTE,
        "answered_at": sent + after if answered else None,
        "currency": "EUR",
        **fields,
    }
    offer = Offer.objects.create(**values)
    OfferLine.objects.create(
        offer=offer, position=1, product=world.products["A"], sku="A", name="A", quantity=2, settlement={}
    )
    return offer


def accepted(world: AllocationWorld, *, cancelled: bool = False, sent_at: datetime | None = None, **fields: Any) -> Any:
    """An accepted offer with its allocation."""
    offer = offered(world, OfferState.ACCEPTED, **fields)
    allocation = Allocation.objects.create(
        offer=offer,
        order=offer.order,
        dealer=offer.dealer,
        outlet=offer.outlet,
        sent_at=sent_at,
        accepted_at=offer.sent_at,
    )
    AllocationLine.objects.create(
        allocation=allocation,
        offer_line=offer.lines.get(),
        product=world.products["A"],
        quantity=2,
        cancelled_at=NOW if cancelled else None,
    )
    return allocation


def score(world: AllocationWorld, now: datetime = NOW) -> DealerScore:
    scores.refresh(now)
    return DealerScore.objects.get(dealer=world.shops[0].dealer)


def test_who_was_never_asked_is_believed_to_accept_four_times_in_five(world: AllocationWorld) -> None:
    assert score(world).acceptance == scores.PRIOR_ACCEPTANCE == 800_000


@pytest.mark.parametrize(
    ("states", "acceptance"),
    [
        (["declined"], 4 / 6),
        (["expired"], 4 / 6),
        (["accepted"], 5 / 6),
        (["accepted"] * 3 + ["declined"] * 2 + ["expired"], 7 / 11),
        (["withdrawn", "superseded", "sent"], 4 / 5),
    ],
)
def test_each_answer_counts_and_what_was_taken_back_does_not(
    world: AllocationWorld, states: list[str], acceptance: float
) -> None:
    for state in states:
        offered(world, state, sent=NOW, after=timedelta(0), expires_at=NOW)
    assert score(world).acceptance == round(acceptance * 1_000_000)


def test_an_answer_counts_half_after_sixty_days(world: AllocationWorld) -> None:
    offered(world, OfferState.DECLINED, sent=NOW - 60 * DAY, after=timedelta(0))
    assert score(world).acceptance == round(4 / 5.5 * 1_000_000)


def test_what_is_older_than_a_year_does_not_count(world: AllocationWorld) -> None:
    offered(world, OfferState.DECLINED, sent=NOW - 366 * DAY)
    found = score(world)
    assert (found.asked, found.acceptance) == (0, scores.PRIOR_ACCEPTANCE)


def test_what_was_given_without_asking_says_nothing(world: AllocationWorld) -> None:
    accepted(world, expires_at=None)
    found = score(world)
    assert (found.asked, found.acceptance, found.units) == (0, scores.PRIOR_ACCEPTANCE, 2)


def test_answers_are_counted_with_the_median_of_what_they_took(world: AllocationWorld) -> None:
    for state, minutes in (("accepted", 5), ("declined", 30), ("accepted", 12), ("expired", 240)):
        offered(world, state, after=minutes * MINUTE)
    found = score(world)
    assert (found.asked, found.accepted, found.declined, found.expired, found.answer_minutes) == (4, 2, 1, 1, 12)


def test_sent_on_time_is_by_the_moment_it_had_to_leave(world: AllocationWorld) -> None:
    for minutes in (-1, 0, 1):
        accepted(world, ship_by=NOW, sent_at=NOW + minutes * MINUTE)
    accepted(world, ship_by=NOW)
    found = score(world)
    assert (found.sent, found.sent_on_time) == (3, 2)


def test_only_granted_requests_to_leave_count(world: AllocationWorld) -> None:
    for granted in (True, True, False, None):
        UnclaimRequest.objects.create(allocation=accepted(world), reason="other", granted=granted, at=NOW)
    assert score(world).left == 2


def test_units_are_those_held_or_accepted_in_the_days_fairness_looks_at(world: AllocationWorld) -> None:
    ConsumerTerms.objects.update(fairness_days=7)
    accepted(world, sent=NOW - 6 * DAY)
    accepted(world, sent=NOW - 8 * DAY)
    accepted(world, cancelled=True)
    offered(world, OfferState.SENT)
    offered(world, OfferState.SENT, holds=False, mode=OfferModeChoice.COMPETITIVE)
    offered(world, OfferState.DECLINED)
    assert score(world).units == 4


def test_all_dealers_with_a_contract_are_counted_anew_in_two_statements(world: AllocationWorld) -> None:
    offer = offered(world, OfferState.DECLINED)
    assert score(world).declined == 1
    Offer.objects.filter(pk=offer.pk).update(state=OfferState.WITHDRAWN)
    with CaptureQueriesContext(connection) as caught:
        counted = scores.refresh(NOW)
    assert (counted, len(caught)) == (ConsumerContract.objects.count(), 2)
    assert set(DealerScore.objects.values_list("declined", flat=True)) == {0}
