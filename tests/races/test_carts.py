"""Colleagues in one cart at once, over real connections: no line is lost, no change goes unseen.

Each promise has its control: with the lock taken away the race shows.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.db import transaction

from dealers.accounts.models import User
from fulfilment.ordering import cart as carts
from fulfilment.ordering.cart import add_to_cart, entries, open_cart, quantities, set_quantities
from fulfilment.ordering.carts import choose_cart, create_cart, merge_carts, share_cart
from fulfilment.ordering.models import DealerCart, DealerOrder
from fulfilment.ordering.problems import OrderRefused
from fulfilment.ordering.submit import OrderHead, submit
from tests import factories
from tests.dealers.test_ledger_races import Other
from tests.factories import World
from tests.races.test_stock import at_once

pytestmark = pytest.mark.race


@pytest.fixture
def shop(committed_db: None) -> World:
    return factories.make_world()


@pytest.fixture
def carl(shop: World) -> User:
    return factories.make_user("carl@alpine.example", "Carl", dealer=shop.alpine)


@pytest.fixture
def shared(shop: World, carl: User) -> DealerCart:
    """Alice's cart with three pans, filled by Carl too."""
    cart = open_cart(shop.alice, shop.alpine)
    add_to_cart(cart, {shop.pan.pk: 3})
    share_cart(cart, True)
    choose_cart(carl, cart)
    return cart


def unguarded(cart: DealerCart) -> None:
    """The lock on the cart, taken away."""


def beside(work: Callable[[], Any], meanwhile: Callable[[], Any]) -> tuple[Any, Any]:
    """Do one thing and, before it commits, let another begin and wait; answers both ends."""
    with transaction.atomic():
        first = work()
        other = Other(meanwhile)
        other.wait_until_blocked()
    return first, other.finish()


def both_set(shop: World, shared: DealerCart, carl: User) -> tuple[Any, Any]:
    """Alice sets 10 and Carl 24, both having seen the first version."""
    seen = {shop.pan.pk: entries(shared)[shop.pan.pk].version}
    return beside(
        lambda: set_quantities(shared, {shop.pan.pk: 10}, seen=seen, by=shop.alice),
        lambda: set_quantities(shared, {shop.pan.pk: 24}, seen=seen, by=carl),
    )


def test_who_is_second_is_told_and_changes_nothing(shop: World, shared: DealerCart, carl: User) -> None:
    first, second = both_set(shop, shared, carl)
    assert first == []
    assert [(problem.code, str(problem.message)) for problem in second] == [
        ("stale", "Alice Test changed this to 10 meanwhile.")
    ]
    assert quantities(shared) == {shop.pan.pk: 10}


def test_control_without_the_lock_the_first_change_is_lost_unseen(
    shop: World, shared: DealerCart, carl: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(carts, "_require_open", unguarded)
    _first, second = both_set(shop, shared, carl)
    assert second == [], "nobody is told"
    assert quantities(shared) == {shop.pan.pk: 24}, "and Alice's quantity is gone"


def test_lines_added_at_once_are_all_there(shop: World, shared: DealerCart, carl: User) -> None:
    jobs: list[Callable[[], Any]] = []
    for _round in range(4):
        jobs += [
            lambda: add_to_cart(shared, {shop.pan.pk: 1, shop.knife.pk: 1}, by=shop.alice),
            lambda: add_to_cart(shared, {shop.knife.pk: 1, shop.pot.pk: 6, shop.pan.pk: 1}, by=carl),
        ]
    results = at_once(jobs)
    assert not [result for result in results if isinstance(result, Exception)]
    assert quantities(shared) == {shop.pan.pk: 11, shop.knife.pk: 8, shop.pot.pk: 24}


def test_a_shared_cart_is_sent_once(shop: World, shared: DealerCart, carl: User) -> None:
    def send(by: User) -> DealerOrder:
        return submit(shared, OrderHead(key=uuid4(), outlet_id=shop.outlet.pk), by=by)

    results = at_once([lambda: send(shop.alice), lambda: send(carl)] * 2)
    assert DealerOrder.objects.count() == 1
    assert sum(isinstance(result, DealerOrder) for result in results) == 1
    assert {result.code for result in results if isinstance(result, OrderRefused)} == {"sent"}


def test_two_carts_merged_into_each_other_at_once_neither_lock_up_nor_lose_a_line(
    shop: World, shared: DealerCart, carl: User
) -> None:
    spring = create_cart(shop.alice, shop.alpine, "Spring")
    add_to_cart(spring, {shop.knife.pk: 1})
    results = at_once(
        [lambda: merge_carts(shared, spring, by=shop.alice), lambda: merge_carts(spring, shared, by=carl)]
    )
    assert sorted(type(result).__name__ for result in results) == ["OrderRefused", "int"]
    left = DealerCart.objects.get(deleted_at=None)
    assert quantities(left) == {shop.pan.pk: 3, shop.knife.pk: 1}


def test_one_name_at_once_makes_one_cart(shop: World) -> None:
    results = at_once([lambda: create_cart(shop.alice, shop.alpine, "Spring")] * 4)
    assert DealerCart.objects.count() == 1
    assert sum(isinstance(result, DealerCart) for result in results) == 1
