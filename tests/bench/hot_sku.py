"""Sixty-four buyers order one SKU of which 500 pieces are left: exactly 500 are sold, and nothing deadlocks.

Every buyer has a thread and a connection of its own; 64 of them and the embedded server's 100 connections leave room.
Who comes too late must be told so at the line; any other refusal or error breaks the promise, as does a deadlock that
PostgreSQL counted. The same with check-then-write in the place of the guarded take must oversell: else the race would
prove nothing.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from time import perf_counter, sleep
from unittest.mock import patch
from uuid import uuid4

from django.db import connection, connections, transaction
from oscar.core.loading import get_model

from dealers.accounts.models import Dealer, User
from fulfilment.ordering.cart import add_to_cart, open_cart, set_quantities
from fulfilment.ordering.models import DealerOrderLine
from fulfilment.ordering.problems import OrderRefused
from fulfilment.ordering.submit import OrderHead, submit
from fulfilment.stock.take import NotEnoughStock, take
from tests.bench.company import HOT, SMALL, company
from tests.bench.harness import Bench, Case, Outcome, cpu_seconds, forget_peak_memory

StockRecord = get_model("partner", "StockRecord")

CLIENTS, PIECES, TRIES_EACH = 64, 500, 10
MOST_LOOKS = 200
# How a try ended; everything else is told in words.
SOLD, REFUSED = "sold", "refused"
DEADLOCKS = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
OTHERS = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"


def run() -> Outcome:
    """Orders through the cart and `submit`; then the same with check-then-write in the place of the guarded take."""
    company(SMALL)
    forget_peak_memory()
    cpu = cpu_seconds()
    guarded = _race(_buyer)
    cpu = cpu_seconds() - cpu
    bare = _race(_taker)
    with patch("fulfilment.ordering.submit.take", _take_unguarded):
        unguarded = _race(_buyer)
    tries = CLIENTS * TRIES_EACH
    outcome = Outcome([Case("sold ÷ stock", guarded.taken / PIECES, guarded.ms_per_try, bare.ms_per_try, cpu / tries)])
    outcome.notes += [
        f"{CLIENTS} clients, {tries} orders of one piece: {guarded.taken} taken of {PIECES}, {guarded.sold} orders, "
        f"{guarded.refused} refused at the line, {guarded.deadlocks} deadlocks, {len(guarded.failures)} other errors; "
        f"ms and CPU are per order tried; the floor is the guarded take alone",
        f"with the guard off: {unguarded.taken} taken of {PIECES}",
    ]
    if not guarded.sold == guarded.taken == guarded.lines == PIECES:
        outcome.broken.append(f"{guarded.taken} pieces taken, {guarded.sold} orders, {guarded.lines} lines of {PIECES}")
    if guarded.refused != tries - PIECES:
        outcome.broken.append(f"{guarded.refused} refused at the line of {tries - PIECES} that came too late")
    if guarded.deadlocks:
        outcome.broken.append(f"{guarded.deadlocks} deadlocks")
    outcome.broken += [f"with the guard: {why}" for why in guarded.failures[:3]]
    if unguarded.taken <= PIECES:
        outcome.broken.append("The race is not real: with the guard off nothing was oversold.")
    return outcome


class _Raced:
    """What a race left behind."""

    def __init__(self, results: Sequence[str], seconds: float, lines: int, deadlocks: int) -> None:
        self.sold, self.refused = results.count(SOLD), results.count(REFUSED)
        self.failures = [result for result in results if result not in (SOLD, REFUSED)]
        self.ms_per_try = seconds * 1000 / len(results)
        self.taken: int = StockRecord.objects.get(product=HOT).num_allocated
        self.lines, self.deadlocks = lines, deadlocks


def _race(client: Callable[[int], Callable[[], str]]) -> _Raced:
    """All clients let go at once on fresh stock; each tries its share and tells how each try ended."""
    StockRecord.objects.filter(product=HOT).update(num_in_stock=PIECES, num_allocated=0)
    before, deadlocks = DealerOrderLine.objects.count(), _deadlocks()
    gate = threading.Barrier(CLIENTS + 1)

    def work(number: int) -> list[str]:
        try:
            attempt = client(number)
            gate.wait(timeout=120)
            return [_told(attempt) for _ in range(TRIES_EACH)]
        finally:
            connections.close_all()

    with ThreadPoolExecutor(CLIENTS) as pool:
        clients = [pool.submit(work, number + 1) for number in range(CLIENTS)]
        gate.wait(timeout=120)
        started = perf_counter()
        results = [result for each in clients for result in each.result()]
        seconds = perf_counter() - started
    return _Raced(results, seconds, DealerOrderLine.objects.count() - before, _deadlocks() - deadlocks)


def _deadlocks() -> int:
    """How many PostgreSQL counted so far; a connection reports its own at its end, so those of the race are awaited."""
    with connection.cursor() as cursor:
        for _attempt in range(MOST_LOOKS):
            cursor.execute(OTHERS)
            if not cursor.fetchone()[0]:
                break
            sleep(0.05)
        cursor.execute(DEADLOCKS)
        return int(cursor.fetchone()[0])


def _told(attempt: Callable[[], str]) -> str:
    try:
        return attempt()
    except Exception as why:
        return f"{type(why).__name__}: {why}".strip()


def _buyer(number: int) -> Callable[[], str]:
    """Cart and order of one piece, by a buyer of their own."""
    buyer, dealer = User.objects.get(pk=number), Dealer.objects.get(pk=number)
    outlet = dealer.outlets.get().pk

    def order() -> str:
        cart = open_cart(buyer, dealer)
        add_to_cart(cart, {HOT: 1})
        try:
            submit(cart, OrderHead(key=uuid4(), outlet_id=outlet), by=buyer)
        except OrderRefused as why:
            set_quantities(cart, {HOT: 0})
            told = [(line.product_id, line.code) for line in why.lines]
            return REFUSED if told == [(HOT, "stock")] else f"{why.message} {told}"
        return SOLD

    return order


def _taker(number: int) -> Callable[[], str]:
    """The guarded take and nothing else."""

    def once() -> str:
        try:
            with transaction.atomic():
                take({HOT: 1})
        except NotEnoughStock:
            return REFUSED
        return SOLD

    return once


def _take_unguarded(wanted: Mapping[int, int]) -> None:
    """Oscar's shape: `check_lines` has looked, so write."""
    with connection.cursor() as cursor:
        for product_id, quantity in wanted.items():
            cursor.execute(
                "UPDATE partner_stockrecord SET num_allocated = num_allocated + %s WHERE product_id = %s",
                [quantity, product_id],
            )


BENCH = Bench("hot_sku", "One SKU that everybody wants", {"sold ÷ stock": 1.0}, run)
