"""Thirty-two buyers order one SKU of which 200 pieces are left: exactly 200 are sold, and nothing deadlocks."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from time import perf_counter
from unittest.mock import patch
from uuid import uuid4

from django.db import DatabaseError, connection, connections, transaction
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

CLIENTS, PIECES, TRIES_EACH = 32, 200, 8


def run() -> Outcome:
    """Orders through the cart and `submit`; then the same with check-then-write in the place of the guarded take."""
    company(SMALL)
    forget_peak_memory()
    cpu = cpu_seconds()
    guarded = _race(_buyer)
    cpu = cpu_seconds() - cpu
    sold, ordered = guarded.taken, guarded.accepted
    bare = _race(_taker)
    with patch("fulfilment.ordering.submit.take", _take_unguarded):
        unguarded = _race(_buyer)
    case = Case("sold ÷ stock", sold / PIECES, guarded.ms_per_try, bare.ms_per_try, cpu / (CLIENTS * TRIES_EACH))
    outcome = Outcome([case])
    outcome.notes += [
        f"{CLIENTS} clients, {CLIENTS * TRIES_EACH} orders of one piece: {sold} taken of {PIECES}, {ordered} orders, "
        f"{len(guarded.failures)} database errors; ms are per order tried; the floor is the guarded take alone",
        f"with the guard off: {unguarded.taken} taken of {PIECES}",
    ]
    if not sold == ordered == PIECES or guarded.lines != PIECES:
        outcome.broken.append(f"{sold} pieces taken, {ordered} orders accepted, {guarded.lines} lines of {PIECES}")
    outcome.broken += [f"with the guard: {why}" for why in guarded.failures[:3]]
    if unguarded.taken <= PIECES:
        outcome.broken.append("The race is not real: with the guard off nothing was oversold.")
    return outcome


class _Raced:
    """What a race left behind."""

    def __init__(self, results: Sequence[bool | str], seconds: float, lines: int) -> None:
        self.accepted = sum(result is True for result in results)
        self.failures = [result for result in results if isinstance(result, str)]
        self.ms_per_try = seconds * 1000 / len(results)
        self.taken: int = StockRecord.objects.get(product=HOT).num_allocated
        self.lines = lines


def _race(client: Callable[[int], Callable[[], bool]]) -> _Raced:
    """All clients let go at once on fresh stock; each tries its share and tells how each try ended."""
    StockRecord.objects.filter(product=HOT).update(num_in_stock=PIECES, num_allocated=0)
    before = DealerOrderLine.objects.count()
    gate = threading.Barrier(CLIENTS + 1)

    def work(number: int) -> list[bool | str]:
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
    return _Raced(results, seconds, DealerOrderLine.objects.count() - before)


def _told(attempt: Callable[[], bool]) -> bool | str:
    try:
        return attempt()
    except DatabaseError as why:
        return f"{type(why).__name__}: {why}".strip()


def _buyer(number: int) -> Callable[[], bool]:
    """Cart and order of one piece, by a buyer of their own."""
    buyer, dealer = User.objects.get(pk=number), Dealer.objects.get(pk=number)
    outlet = dealer.outlets.get().pk

    def order() -> bool:
        cart = open_cart(buyer, dealer)
        try:
            add_to_cart(cart, {HOT: 1})
            submit(cart, OrderHead(key=uuid4(), outlet_id=outlet), by=buyer)
        except OrderRefused:
            set_quantities(cart, {HOT: 0})
            return False
        return True

    return order


def _taker(number: int) -> Callable[[], bool]:
    """The guarded take and nothing else."""

    def once() -> bool:
        try:
            with transaction.atomic():
                take({HOT: 1})
        except NotEnoughStock:
            return False
        return True

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
