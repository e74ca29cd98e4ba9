"""Consumer orders among crowds of processes, with real commits: one winner each, nothing twice, no deadlock.

Each race is shown to be real: the same crowd with the guard off gives things away twice, or deadlocks.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from fulfilment.allocation import offers, routing
from fulfilment.allocation.holdings import lock_campaigns, lock_stock
from fulfilment.allocation.models import Allocation, ConsumerCampaign, Decision, Offer, OfferState, OutletService
from fulfilment.consumer.models import ConsumerOrder
from fulfilment.stock import outlets
from fulfilment.stock.models import OutletStock
from fulfilment.stock.outlet_feed import Counted, take_counts
from tests.fulfilment.allocation_oracle import assert_all_holds, oversold
from tests.fulfilment.allocation_world import (
    AllocationWorld,
    live_rules,
    make_allocation_world,
    make_campaign,
    of,
    order_of,
    place_order,
)
from tests.fulfilment.outlet_samples import make_stock, stock_at
from tests.races.allocation_work import (
    accept,
    allocated,
    answer_unguarded,
    bring,
    expire,
    hold_unguarded,
    meeting,
    withdraw,
)
from tests.races.crowd import at_once

pytestmark = pytest.mark.race

WRITERS = 12
ROUNDS = 10


@pytest.fixture
def world(committed_db: None) -> AllocationWorld:
    """Three shops with nothing on the shelf."""
    return make_allocation_world(3, stock=0)


@pytest.fixture
def counted_anew(world: AllocationWorld) -> Iterator[None]:
    """For races with the guard on: everything holds afterwards."""
    yield
    assert_all_holds()


def placed(world: AllocationWorld, count: int, *lines: Any) -> list[ConsumerOrder]:
    return [place_order(world, f"W-{number}", *lines) for number in range(count)]


# The last piece


@pytest.mark.usefixtures("counted_anew")
def test_the_last_piece_is_offered_once_of_twelve_orders(world: AllocationWorld) -> None:
    make_stock(world.shops[0].outlet, world.products["A"], 1)
    orders = placed(world, WRITERS)
    answers = at_once([partial(allocated, order) for order in orders])
    assert Counter(answers) == {"offered": 1, "backlog": WRITERS - 1}
    assert stock_at(world.key()).held == 1


def test_the_last_piece_is_offered_twelve_times_without_the_guard(
    world: AllocationWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_stock(world.shops[0].outlet, world.products["A"], 1)
    monkeypatch.setattr(outlets, "hold", hold_unguarded(meeting(WRITERS)))
    answers = at_once([partial(allocated, order) for order in placed(world, WRITERS)])
    assert Counter(answers) == {"offered": WRITERS}
    assert list(oversold())


# Accepting, expiring and withdrawing one offer


def an_offer(world: AllocationWorld, number: int, expires_in: timedelta) -> int:
    order = place_order(world, f"R-{number}")
    routing.allocate(order.pk)
    offer = Offer.objects.get(order=order)
    Offer.objects.filter(pk=offer.pk).update(expires_at=timezone.now() + expires_in)
    return offer.pk


VERBS = (accept, expire, withdraw)


def one_round(world: AllocationWorld, number: int, expires_in: timedelta) -> tuple[str, list[str]]:
    """All three at once on a fresh offer: where it stands then, and who says it was them."""
    offer = an_offer(world, number, expires_in)
    answers = at_once([partial(verb, offer) for verb in VERBS])
    return Offer.objects.get(pk=offer).state, [answer for answer in answers if answer != "too late"]


@pytest.mark.usefixtures("counted_anew")
@pytest.mark.parametrize("expires_in", [timedelta(hours=1), timedelta(milliseconds=60), timedelta(seconds=-1)])
def test_of_accepting_expiring_and_withdrawing_one_wins(world: AllocationWorld, expires_in: timedelta) -> None:
    make_stock(world.shops[0].outlet, world.products["A"], ROUNDS)
    for number in range(ROUNDS):
        state, winners = one_round(world, number, expires_in)
        assert winners == [state]
    accepted = Offer.objects.filter(state=OfferState.ACCEPTED).count()
    assert Allocation.objects.count() == accepted == stock_at(world.key()).firm
    assert stock_at(world.key()).held == 0


def test_all_three_win_without_the_guard(world: AllocationWorld) -> None:
    make_stock(world.shops[0].outlet, world.products["A"], 1)
    offer, met = an_offer(world, 1, timedelta(hours=1)), meeting(3)
    states = (OfferState.ACCEPTED, OfferState.EXPIRED, OfferState.WITHDRAWN)
    answers = at_once([partial(answer_unguarded(met, to), offer) for to in states])
    assert set(answers) == {state.value for state in states}


# Rivals of one part


@pytest.mark.usefixtures("counted_anew")
def test_of_three_rivals_one_takes_the_order(world: AllocationWorld) -> None:
    for shop in world.shops:
        make_stock(shop.outlet, world.products["A"], ROUNDS)
    live_rules({"mode": "competitive", "offers": 3})
    for number in range(ROUNDS):
        order = place_order(world, f"C-{number}")
        routing.allocate(order.pk)
        asked = list(Offer.objects.filter(order=order).values_list("pk", flat=True))
        assert len(asked) == 3
        answers = at_once([partial(accept, offer) for offer in asked])
        assert Counter(answers) == {"accepted": 1, "too late": 2}
        assert Counter(Offer.objects.filter(order=order).values_list("state", flat=True)) == {
            "accepted": 1,
            "superseded": 2,
        }


# One external order, brought many times and routed many times


@pytest.mark.usefixtures("counted_anew")
def test_one_order_brought_and_routed_twenty_times_is_offered_once(world: AllocationWorld) -> None:
    make_stock(world.shops[0].outlet, world.products["A"], 20)
    answers = at_once([bring(world, order_of("X-1"))] * 20)
    assert sum(answer.startswith("first") for answer in answers) == 1
    assert sum(answer.endswith(", decided") for answer in answers) == 1
    assert (ConsumerOrder.objects.count(), Decision.objects.count(), Offer.objects.count()) == (1, 1, 1)
    assert stock_at(world.key()).held == 1


def test_one_order_is_offered_many_times_without_the_lock(
    world: AllocationWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_stock(world.shops[0].outlet, world.products["A"], 20)
    order, met, real = place_order(world), meeting(4), routing.plan

    def slow_plan(*said: Any) -> Any:
        met()  # everybody has read the order as ready before anybody writes
        return real(*said)

    monkeypatch.setattr(routing, "lock_consumer_order", lambda pk: ConsumerOrder.objects.get(pk=pk))
    monkeypatch.setattr(routing, "plan", slow_plan)
    at_once([partial(allocated, order)] * 4)
    assert Offer.objects.count() > 1


# Counts among orders


@pytest.mark.usefixtures("counted_anew")
def test_counts_among_orders_forget_nothing(world: AllocationWorld) -> None:
    key = make_stock(world.shops[0].outlet, world.products["A"], 40)
    counted_at = timezone.now() - timedelta(minutes=1)

    def sell(orders: list[ConsumerOrder]) -> list[str]:
        for order in orders:
            routing.allocate(order.pk)
            offers.accept(Offer.objects.get(order=order).pk, by=None)
        return ["sold"] * len(orders)

    def count() -> list[str]:
        for _again in range(15):
            take_counts([Counted(*key, 40, counted_at)])
        return ["counted"]

    orders = placed(world, 30)
    jobs = [partial(sell, orders[place::3]) for place in range(3)]
    answers = at_once([*jobs, count, count])
    assert Counter(word for answer in answers for word in answer) == {"sold": 30, "counted": 2}
    assert (stock_at(key).on_hand, stock_at(key).firm, stock_at(key).available) == (40, 30, 10)


def test_a_list_that_replaces_the_stock_forgets_what_is_promised(world: AllocationWorld) -> None:
    key = make_stock(world.shops[0].outlet, world.products["A"], 5)
    routing.allocate(place_order(world).pk)
    OutletStock.objects.filter(outlet=key[0]).update(on_hand=5, held=0)  # the guard off, as Oscar's feed does it
    with pytest.raises(AssertionError, match="held 0"):
        assert_all_holds()


# Batches


@pytest.mark.usefixtures("counted_anew")
def test_two_batches_of_the_same_orders_give_each_once(world: AllocationWorld) -> None:
    for shop in world.shops:
        make_stock(shop.outlet, world.products["A"], 4)
    orders = [order.pk for order in placed(world, 15)]

    def together(ids: list[int]) -> int:
        return sum(each.carried_out for each in routing.allocate_together(ids))

    answers = at_once([partial(together, orders), partial(together, orders[::-1])])
    assert all(isinstance(answer, int) for answer in answers), answers
    assert Counter(ConsumerOrder.objects.values_list("state", flat=True)) == {"offered": 12, "backlog": 3}
    assert Offer.objects.count() == 12
    assert sum(OutletStock.objects.values_list("held", flat=True)) == 12


# Orders over several outlets


@pytest.mark.usefixtures("counted_anew")
def test_orders_over_several_outlets_routed_again_and_again_never_deadlock(world: AllocationWorld) -> None:
    for shop, sku in zip(world.shops, "ABC", strict=True):
        make_stock(shop.outlet, world.products[sku], 1_000)
        make_stock(shop.outlet, world.products["ABC"["BCA".index(sku)]], 1_000)
    OutletService.objects.update(daily_capacity=100_000)
    live_rules({"mode": "sequential", "offers": 50, "parcels": 3})
    lines = [of("A"), of("B"), of("C")]
    orders = [place_order(world, f"D-{number}", *lines[number % 3 :], *lines[: number % 3]) for number in range(24)]

    def route(mine: list[ConsumerOrder]) -> list[str]:
        for order in mine:
            routing.allocate(order.pk)
        for order in mine:
            routing.reroute(order.pk, by=None)
        return ["routed"]

    jobs = [partial(route, orders[place::6]) for place in range(6)]
    assert at_once(jobs) == [["routed"]] * 6


def campaign_met(world: AllocationWorld, lock: Callable[[list[Offer]], object]) -> list[str]:
    """One lets go of what an offer took of a campaign, while one who has stock locked names it, as an offer does that
    needs no top-up: its foreign key is looked at last."""
    key, met = make_stock(world.shops[0].outlet, world.products["A"], 10), meeting(2)
    campaign = make_campaign()
    routing.allocate(place_order(world, "W-1").pk)
    Offer.objects.update(campaign=campaign)
    offer = Offer.objects.get()

    def let_go() -> str:
        with transaction.atomic():
            lock([offer])
            met()
            lock_stock([key])
        return "let go"

    def name_it() -> str:
        with transaction.atomic(), connection.cursor() as cursor:
            lock_stock([key])
            met()
            cursor.execute(
                "SELECT FROM fulfilment_allocation_consumercampaign WHERE id = %s FOR KEY SHARE", [campaign.pk]
            )
        return "named"

    return at_once([let_go, name_it])


def test_who_names_a_campaign_does_not_wait_for_who_lets_go_of_it(world: AllocationWorld) -> None:
    assert campaign_met(world, lock_campaigns) == ["let go", "named"]


def test_with_a_lock_on_its_key_they_deadlock(world: AllocationWorld) -> None:
    def lock_key(offers: list[Offer]) -> None:
        list(ConsumerCampaign.objects.select_for_update().filter(pk__in=[each.campaign_id for each in offers]))

    assert "deadlock" in campaign_met(world, lock_key)


def test_stock_let_go_and_taken_in_any_order_deadlocks(world: AllocationWorld) -> None:
    keys = [make_stock(shop.outlet, world.products["A"], 1_000) for shop in world.shops]

    def take(mine: list[tuple[int, int]]) -> str:
        for _again in range(50):
            with transaction.atomic(), connection.cursor() as cursor:
                for key in mine:
                    cursor.execute(
                        "UPDATE fulfilment_stock_outletstock SET confidence = confidence"
                        " WHERE outlet_id = %s AND product_id = %s",
                        key,
                    )
        return "done"

    assert "deadlock" in at_once([partial(take, keys), partial(take, keys[::-1])] * 3)
