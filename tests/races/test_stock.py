"""Nothing oversells and nothing deadlocks, with real commits from real connections.

Each race is shown to be real first: the same work with the guard off oversells, or deadlocks.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import pytest
from django.db import OperationalError, close_old_connections, connection, connections, transaction
from oscar.core.loading import get_model

from fulfilment.ordering.cart import add_to_cart, open_cart
from fulfilment.ordering.models import DealerOrder
from fulfilment.ordering.problems import OrderRefused
from fulfilment.ordering.submit import OrderHead, submit
from fulfilment.stock.take import NotEnoughStock, take
from tests import factories
from tests.factories import World

pytestmark = pytest.mark.race

StockRecord = get_model("partner", "StockRecord")
WORKERS = 8
ONE_MORE = "UPDATE partner_stockrecord SET num_allocated = num_allocated + 1"


def at_once(jobs: list[Callable[[], Any]]) -> list[Any]:
    """Run jobs in threads with their own connections, all let go at the same moment; exceptions are results."""
    gate = threading.Barrier(min(len(jobs), WORKERS))

    def run(place: int, job: Callable[[], Any]) -> Any:
        try:
            if place < gate.parties:
                gate.wait(timeout=30)
            return job()
        except Exception as why:
            return why
        finally:
            connections.close_all()

    with ThreadPoolExecutor(WORKERS) as pool:
        return list(pool.map(run, range(len(jobs)), jobs))


@pytest.fixture
def committed_world(committed_db: None) -> World:
    return factories.make_world()


def record(product: Any) -> Any:
    close_old_connections()
    return StockRecord.objects.get(product=product)


def check_then_write(product_id: int, quantity: int, met: threading.Barrier) -> bool:
    """Oscar's shape, the guard off: read, check, then add. Both readers read before either writes."""
    with transaction.atomic():
        row = StockRecord.objects.get(product_id=product_id)
        enough = row.num_in_stock - row.num_allocated >= quantity
        met.wait(timeout=30)
        if enough:
            with connection.cursor() as cursor:
                cursor.execute(
                    "UPDATE partner_stockrecord SET num_allocated = num_allocated + %s WHERE id = %s",
                    [quantity, row.pk],
                )
    return enough


def test_the_race_is_real_without_the_guard(committed_world: World) -> None:
    StockRecord.objects.filter(product=committed_world.pan).update(num_in_stock=1)
    met = threading.Barrier(2)
    sold = at_once([lambda: check_then_write(committed_world.pan.pk, 1, met)] * 2)
    assert sold == [True, True]
    assert record(committed_world.pan).num_allocated == 2, "one piece sold twice"


def test_the_last_pieces_are_sold_once(committed_world: World) -> None:
    StockRecord.objects.filter(product=committed_world.pan).update(num_in_stock=50)

    def one() -> bool:
        try:
            with transaction.atomic():
                take({committed_world.pan.pk: 1})
        except NotEnoughStock:
            return False
        return True

    results = at_once([one] * 80)
    assert results.count(True) == 50
    assert results.count(False) == 30
    assert record(committed_world.pan).num_allocated == 50


def orders_over(products: list[Any], rounds: int, key: Callable[[list[int]], list[int]]) -> list[Any]:
    """Transactions that lock several rows one by one in the order `key` gives."""

    def one(seed: int) -> None:
        ids = random.Random(seed).sample([product.pk for product in products], len(products))
        with transaction.atomic(), connection.cursor() as cursor:
            for product_id in key(ids):
                cursor.execute(
                    "UPDATE partner_stockrecord SET num_allocated = num_allocated + 1 WHERE product_id = %s",
                    [product_id],
                )

    return at_once([lambda seed=seed: one(seed) for seed in range(rounds)])


@pytest.fixture
def hot_products(committed_world: World) -> list[Any]:
    return [factories.make_product(f"HOT-{number}", f"Hot {number}", stock=100_000) for number in range(30)]


def test_unsorted_rows_do_deadlock(hot_products: list[Any]) -> None:
    results = orders_over(hot_products, 60, lambda ids: ids)
    assert any(isinstance(result, OperationalError) and "deadlock" in str(result) for result in results)


def test_orders_over_the_same_products_never_deadlock(hot_products: list[Any]) -> None:
    def one(seed: int) -> None:
        ids = random.Random(seed).sample([product.pk for product in hot_products], len(hot_products))
        with transaction.atomic():
            take(dict.fromkeys(ids, 1))

    results = at_once([lambda seed=seed: one(seed) for seed in range(60)])
    assert results == [None] * 60
    assert {record(product).num_allocated for product in hot_products} == {60}


def test_one_key_submitted_twenty_times_at_once_makes_one_order(committed_world: World) -> None:
    world = committed_world
    cart = open_cart(world.alice, world.alpine)
    add_to_cart(cart, {world.pan.pk: 2})
    head = OrderHead(key=uuid4(), outlet_id=world.outlet.pk)
    results = at_once([lambda: submit(cart, head, by=world.alice).number] * 20)
    assert len(set(results)) == 1, results
    assert DealerOrder.objects.count() == 1
    assert record(world.pan).num_allocated == 2


def test_two_keys_on_one_cart_at_once_make_one_order(committed_world: World) -> None:
    world = committed_world
    cart = open_cart(world.alice, world.alpine)
    add_to_cart(cart, {world.pan.pk: 2})
    heads = [OrderHead(key=uuid4(), outlet_id=world.outlet.pk) for _ in range(8)]
    results = at_once([lambda head=head: submit(cart, head, by=world.alice) for head in heads])
    assert sum(isinstance(result, DealerOrder) for result in results) == 1
    assert {result.code for result in results if isinstance(result, OrderRefused)} == {"sent"}
    assert record(world.pan).num_allocated == 2
