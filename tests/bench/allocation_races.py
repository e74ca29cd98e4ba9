"""Consumer orders among crowds of processes, many rounds: exactly one winner each, and no deadlock PostgreSQL counts.

Each race runs with its guard on, and the first ones with the guard off as well: then something must go wrong, else the
race would prove nothing. Processes are also killed before every single statement of an order's life, from its intake
to its settlement; what is left behind must be what an undisturbed life leaves.
"""

from __future__ import annotations

import signal
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from time import perf_counter
from unittest.mock import patch

from django.db import connection
from django.db.models.functions import Now
from django.utils import timezone

from fulfilment.allocation import held, offers, routing
from fulfilment.allocation.models import Allocation, Offer, OfferState
from fulfilment.consumer.models import ConsumerOrder
from fulfilment.handover import pickup
from fulfilment.handover.refusals import HandoverRefused
from fulfilment.stock import outlets
from fulfilment.stock.outlet_feed import Counted, take_counts
from tests.bench.harness import Bench, Case, Outcome, cpu_seconds, forget_peak_memory
from tests.bench.machine import fresh_database
from tests.fulfilment.allocation_oracle import oversold, problems
from tests.fulfilment.allocation_world import AllocationWorld, live_rules, make_allocation_world, order_of, place_order
from tests.races import children
from tests.races.allocation_story import books, grown_by, killed_before, statements_of, story
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

WRITERS, ROUNDS, ALIKE = 12, 1_000, 20
LAST_PIECES, SAME_ORDERS, BATCHES, CODES = 20, 10, 5, 10
#: Of three offers one expires in an hour, one at the very moment, one has expired.
EXPIRES = (timedelta(hours=1), timedelta(milliseconds=2), timedelta(seconds=-1))
DEADLOCKS = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
WRONG = "rounds without exactly one winner"
KILLED = "lives that a kill changed"


def run() -> Outcome:
    """Every race; how many rounds had not exactly one winner, and how many deaths changed what was left behind."""
    fresh_database("races")
    world = make_allocation_world(3, stock=0)
    forget_peak_memory()
    cpu, started, outcome = cpu_seconds(), perf_counter(), Outcome()
    wrong, rounds = 0, 0
    for race in (_last_piece, _one_offer, _one_order, _two_batches, _counts, _one_code):
        bad, count, told = race(world)
        wrong, rounds = wrong + bad, rounds + count
        outcome.notes.append(told)
    seconds = perf_counter() - started
    outcome.broken += [f"not counted right: {each}" for each in problems()[:5]]
    changed, killed = _killed(world)
    outcome.broken += [f"not counted right after the kills: {each}" for each in problems()[:5]]
    with connection.cursor() as cursor:
        cursor.execute(DEADLOCKS)
        deadlocks = int(cursor.fetchone()[0])
    if deadlocks:
        outcome.broken.append(f"{deadlocks} deadlocks")
    outcome.notes.append(f"{killed} lives killed before each of their statements, {changed} left something else behind")
    for control, met in (("the last piece", _last_piece_unguarded), ("one offer", _one_offer_unguarded)):
        if not met(world):
            outcome.broken.append(f"The race for {control} is not real: with the guard off nothing went wrong.")
    each_ms, used = seconds * 1000 / rounds, cpu_seconds() - cpu
    outcome.cases = [Case(WRONG, wrong, each_ms, None, used), Case(KILLED, changed, each_ms, None, used)]
    return outcome


def _stock(world: AllocationWorld, pieces: int) -> None:
    """Every shop has so many A that nobody has taken, and counted them just now; of one piece only the first."""
    for number, shop in enumerate(world.shops, start=1):
        outlet, product = world.key(number)
        taken = shop.outlet.stock.filter(product=product).values_list("held", "firm").first() or (0, 0)
        free = pieces if number == 1 or pieces > 1 else 0
        take_counts([Counted(outlet, product, free + sum(taken), timezone.now())])


def _offered(world: AllocationWorld, name: str, count: int) -> list[int]:
    """So many open offers of an order each."""
    found = []
    for number in range(count):
        order = place_order(world, f"{name}-{number}")
        routing.allocate(order.pk)
        found.append(Offer.objects.get(order=order, state=OfferState.SENT).pk)
    return found


def _last_piece(world: AllocationWorld) -> tuple[int, int, str]:
    wrong = 0
    for place in range(LAST_PIECES):
        _stock(world, 1)
        orders = [place_order(world, f"last-{place}-{number}") for number in range(WRITERS)]
        wrong += at_once([partial(allocated, order) for order in orders]).count("offered") != 1
    return wrong, LAST_PIECES, f"last piece × {WRITERS} writers: {LAST_PIECES} rounds, {wrong} without one winner"


def _last_piece_unguarded(world: AllocationWorld) -> bool:
    _stock(world, 1)
    orders = [place_order(world, f"unguarded-{number}") for number in range(WRITERS)]
    with patch.object(outlets, "hold", hold_unguarded(meeting(WRITERS))):
        at_once([partial(allocated, order) for order in orders])
    return any(oversold())


def _one_offer(world: AllocationWorld) -> tuple[int, int, str]:
    _stock(world, ROUNDS * 2)
    asked, met = _offered(world, "one-offer", ROUNDS), meeting(3)

    def every(verb: Callable[[int], str], *, dates: bool) -> list[str]:
        told = []
        for place, offer in enumerate(asked):
            if dates:
                Offer.objects.filter(pk=offer).update(expires_at=Now() + EXPIRES[place % len(EXPIRES)])
            met()
            told.append(verb(offer))
        return told

    answers = at_once([partial(every, verb, dates=verb is expire) for verb in (accept, expire, withdraw)])
    states = dict(Offer.objects.filter(pk__in=asked).values_list("pk", "state"))
    won = [[word for word in words if word != "too late"] for words in zip(*answers, strict=True)]
    wrong = sum(words != [states[offer]] for offer, words in zip(asked, won, strict=True))
    by = {state: sum(each == state for each in states.values()) for state in ("accepted", "expired", "withdrawn")}
    return wrong, ROUNDS, f"accept × expire × withdraw: {ROUNDS} rounds, {wrong} without one winner; {by}"


def _one_offer_unguarded(world: AllocationWorld) -> bool:
    _stock(world, 10)
    (offer,), met = _offered(world, "unguarded-offer", 1), meeting(3)
    states = (OfferState.ACCEPTED, OfferState.EXPIRED, OfferState.WITHDRAWN)
    return len(set(at_once([partial(answer_unguarded(met, to), offer) for to in states])) - {"too late"}) > 1


def _one_order(world: AllocationWorld) -> tuple[int, int, str]:
    wrong = 0
    for place in range(SAME_ORDERS):
        _stock(world, 100)
        answers = at_once([bring(world, order_of(f"same-{place}"))] * ALIKE)
        made = Offer.objects.filter(order__external_number=f"same-{place}").count()
        first = sum(answer.startswith("first") for answer in answers)
        wrong += (first, sum(answer.endswith(", decided") for answer in answers), made) != (1, 1, 1)
    return (
        wrong,
        SAME_ORDERS,
        f"same order × {ALIKE}: {SAME_ORDERS} rounds, {wrong} without exactly one order and offer",
    )


def _two_batches(world: AllocationWorld) -> tuple[int, int, str]:
    wrong = 0
    for place in range(BATCHES):
        _stock(world, 4)
        orders = [place_order(world, f"batch-{place}-{number}").pk for number in range(15)]
        answers = at_once([partial(_together, orders), partial(_together, orders[::-1])])
        made = Offer.objects.filter(order__in=orders, state=OfferState.SENT).count()
        wrong += made != 12 or not all(isinstance(answer, int) for answer in answers)
    return wrong, BATCHES, f"two batches at once: {BATCHES} rounds of 15 orders on 12 pieces, {wrong} not 12 offers"


def _together(orders: list[int]) -> int:
    return sum(each.carried_out for each in routing.allocate_together(orders))


def _counts(world: AllocationWorld) -> tuple[int, int, str]:
    _stock(world, 500)
    orders = [place_order(world, f"count-{number}") for number in range(90)]
    counted_at, key = timezone.now(), world.key()
    there = world.shops[0].outlet.stock.get(product=key[1]).on_hand

    def count() -> str:
        for _again in range(60):
            take_counts([Counted(*key, there, counted_at)])
        return "counted"

    def sell(mine: list[ConsumerOrder]) -> str:
        for order in mine:
            routing.allocate(order.pk)
            offers.accept(Offer.objects.get(order=order).pk, by=None)
        return "sold"

    answers = at_once([*(partial(sell, orders[place::3]) for place in range(3)), count, count])
    accepted = Allocation.objects.filter(order__in=orders).count()
    wrong = int(answers != ["sold"] * 3 + ["counted"] * 2 or accepted != len(orders))
    return wrong, 1, f"{len(orders)} orders sold by 3 processes while 2 count 120 times: {wrong} wrong"


def _one_code(world: AllocationWorld) -> tuple[int, int, str]:
    wrong = 0
    _stock(world, 100)
    shop, name = world.shops[0], f"{world.shops[0].dealer.number}/{world.shops[0].outlet.code}"
    cashiers = [each.user for each in world.shops]

    def hand_over(code: str, cashier: int) -> str:
        try:
            done = pickup.hand_over(shop.outlet.pk, code, by=cashiers[cashier])
            return "again" if done.repeated else "handed over"
        except HandoverRefused:
            return "refused"

    for place in range(CODES):
        order = place_order(world, f"code-{place}", method="pickup", pickup_outlet=name)
        routing.allocate(order.pk)
        allocation = offers.accept(Offer.objects.get(order=order).pk, by=shop.user).pk
        held.pack(allocation, by=shop.user)
        code = pickup.issue(allocation).code
        answers = at_once([partial(hand_over, code, number % len(cashiers)) for number in range(ALIKE)])
        wrong += answers.count("handed over") != 1 or not set(answers) <= {"handed over", "again", "refused"}
    return wrong, CODES, f"pickup code × {ALIKE}: {CODES} rounds, {wrong} without exactly one hand-over"


def _killed(world: AllocationWorld) -> tuple[int, int]:
    """Kill before every statement of a life, let it be told again, and compare; how many differ, of how many."""
    live_rules({"mode": "sequential"})
    for number in range(1, 4):
        for sku in "AB":
            take_counts([Counted(*world.key(number, sku), 1_000_000, timezone.now())])
    whole, empty = story(world, "K-0"), books()
    count = statements_of(whole)
    expected, earned, changed = whole.left_behind(), grown_by(empty, books()), 0
    for place in range(1, count + 1):
        told, before = story(world, f"K-{place}"), books()
        died = children.wait(children.start(killed_before(told, place))) == -signal.SIGKILL
        told.tell()
        changed += not died or told.left_behind() != expected or grown_by(before, books()) != earned
    return changed, count


BENCH = Bench("allocation_races", "Crowds and kills around consumer orders", {WRONG: 0.0, KILLED: 0.0}, run)
