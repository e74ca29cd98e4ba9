"""Consumer orders allocated when they come: `routing.allocate`, two workers, ten thousand dealers, fsync on.

Each order is locked, its situation read, decided, kept with all that was looked at, its stock held and its offer made,
in one transaction. The floor is the same statements, sent again by bare psycopg2 on a copy of the same database, by two
workers, too: no Django, no decision. Both run in turn, some orders at a time.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.synchronize import Barrier
from statistics import median, quantiles
from time import perf_counter
from typing import Any

from django.db import connection

from fulfilment.allocation.models import Offer
from fulfilment.allocation.routing import allocate
from fulfilment.consumer.models import ConsumerOrder
from fulfilment.stock.models import OutletStock
from tests import databases
from tests.bench.harness import Bench, Case, Outcome, cpu_seconds, forget_peak_memory
from tests.bench.machine import use_database
from tests.bench.network import LARGE, network
from tests.bench.replaying import Sent, kept_statements, move_keys_away, replay

WORKERS, ROUNDS, EACH, WARM = 2, 5, 120, 20
TIME, TAIL = "time ÷ the same statements bare, 2 workers", "p99 ÷ p50"
#: At least 0.6 times as many orders a second as the bare statements; and no order takes very much longer than others.
LIMITS = {TIME: 1 / 0.6, TAIL: 10.0}

Kept = dict[int, list[Sent]]


@dataclass(frozen=True)
class Ran:
    """What workers did together: seconds from the first start to the last end, of each order, and of CPU."""

    seconds: float
    each: list[float]
    cpu: float


def run() -> Outcome:
    """Keep the statements of all orders first, then allocate and replay in turn."""
    built = network(LARGE, copied=False)
    warm, rounds = _orders(built)
    orders = [*warm, *(pk for ids in rounds for pk in ids)]
    kept = _kept(built, orders)
    databases.clone(built, "bench_live")
    move_keys_away()
    databases.clone(built, "bench_bare")
    move_keys_away()
    forget_peak_memory()
    _together("bench_live", warm, _allocating)
    _together("bench_bare", warm, lambda: _replaying(kept))
    ours, bare = [], []
    for ids in rounds:
        bare.append(_together("bench_bare", ids, lambda: _replaying(kept)))
        ours.append(_together("bench_live", ids, _allocating))
    outcome = Outcome(_cases(ours, bare, kept, orders), _notes(ours, bare))
    use_database("bench_live")
    with connection.cursor() as cursor:
        cursor.execute("SHOW fsync")
        if cursor.fetchone()[0] != "on":
            outcome.broken.append("fsync is off")
    made = ConsumerOrder.objects.filter(pk__in=orders, state="ready").count()
    if made or not Offer.objects.filter(order__in=orders).exists():
        outcome.broken.append(f"{made} orders were not decided")
    over = sum(row.held + row.firm > row.on_hand for row in OutletStock.objects.filter(held__gt=0))
    if over:
        outcome.broken.append(f"{over} stock rows are oversold")
    return outcome


def _cases(ours: Sequence[Ran], bare: Sequence[Ran], kept: Kept, orders: Sequence[int]) -> list[Case]:
    of = WORKERS * EACH
    each, floor = ([1000 * ran.seconds / of for ran in every] for every in (ours, bare))
    times = [seconds for ran in ours for seconds in ran.each]
    middle, late = median(times), quantiles(times, n=100)[98]
    cpu = median(ran.cpu for ran in ours) / of
    queries = round(median(len(kept[pk]) for pk in orders))
    ratio = median(mine / theirs for mine, theirs in zip(each, floor, strict=True))
    return [
        Case(TIME, ratio, median(each), median(floor), cpu, queries),
        Case(TAIL, late / middle, 1000 * late, 1000 * middle, cpu, queries),
    ]


def _notes(ours: Sequence[Ran], bare: Sequence[Ran]) -> list[str]:
    def told(name: str, every: Sequence[Ran]) -> str:
        times = sorted(seconds for ran in every for seconds in ran.each)
        rate = len(times) / sum(ran.seconds for ran in every)
        parts = quantiles(times, n=100)
        return f"{name}: {rate:,.0f} orders/s, p50 {1000 * median(times):.1f}, p99 {1000 * parts[98]:.1f} ms"

    words = (
        "10,000 dealers without people to mail, 1,000,000 stock rows, orders of 1 to 3 lines; times are of an order, "
        "by all workers together"
    )
    return [words, told("allocated", ours), told("bare statements", bare)]


def _orders(built: str) -> tuple[list[int], list[list[int]]]:
    use_database(built)
    every = list(ConsumerOrder.objects.order_by("pk").values_list("pk", flat=True)[: WORKERS * (WARM + ROUNDS * EACH)])
    connection.close()
    warm, rest = every[: WORKERS * WARM], every[WORKERS * WARM :]
    return warm, [rest[start : start + WORKERS * EACH] for start in range(0, len(rest), WORKERS * EACH)]


def _kept(built: str, orders: Sequence[int]) -> Kept:
    """The statements of each order, by allocating them on a copy of the database."""
    databases.clone(built, "bench_kept")
    move_keys_away()
    kept: Kept = {}
    for pk in orders:
        with kept_statements() as sent:
            allocate(pk)
        kept[pk] = sent
    connection.close()
    databases.drop("bench_kept")
    return kept


def _allocating() -> Callable[[int], object]:
    return allocate


def _replaying(kept: Kept) -> Callable[[int], object]:
    connection.ensure_connection()
    bare = connection.connection
    assert bare is not None
    bare.autocommit = False
    cursor = bare.cursor()
    return lambda pk: replay(cursor, kept[pk])


def _together(name: str, orders: Sequence[int], prepare: Callable[[], Callable[[int], object]]) -> Ran:
    """Let each worker do every second order, all starting at once."""
    use_database(name)
    connection.close()
    context = get_context("fork")
    barrier = context.Barrier(WORKERS)
    pipes = []
    for number in range(WORKERS):
        receiving, sending = context.Pipe(duplex=False)
        process = context.Process(target=_work, args=(orders[number::WORKERS], prepare, barrier, sending))
        process.start()
        sending.close()
        pipes.append((process, receiving))
    found = [receiving.recv() for _process, receiving in pipes]
    for process, _receiving in pipes:
        process.join()
    starts, ends, times, cpu = zip(*found, strict=True)
    return Ran(max(ends) - min(starts), [seconds for each in times for seconds in each], sum(cpu))


def _work(
    orders: Sequence[int], prepare: Callable[[], Callable[[int], object]], barrier: Barrier, sending: Any
) -> None:
    one, times = prepare(), []
    connection.ensure_connection()
    barrier.wait()
    cpu, start = cpu_seconds(), perf_counter()
    for pk in orders:
        begun = perf_counter()
        one(pk)
        times.append(perf_counter() - begun)
    sending.send((start, perf_counter(), times, cpu_seconds() - cpu))
    sending.close()
    connection.close()
    os._exit(0)


BENCH = Bench("allocation_live", "Allocate consumer orders when they come", LIMITS, run)
