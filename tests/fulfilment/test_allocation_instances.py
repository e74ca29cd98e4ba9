"""The instances that the quality benchmark measures on, small: the optimum is one, and nobody goes below it."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from fulfilment.allocation.plan import plan
from tests.bench.allocation_world import Size, World, clairvoyant, gini, in_windows, nearest_first, one_by_one, rule

SMALL = Size(dealers=12, skus=8, orders=40, supply=1.5)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_no_way_of_deciding_is_below_the_bound_and_nearest_first_is_the_worst(seed: int) -> None:
    optimum, bound = clairvoyant(World(SMALL, seed), gap=0.0)
    by_cost = one_by_one(World(SMALL, seed), rule(fairness=0))
    windows = in_windows(World(SMALL, seed), rule(fairness=0), 20)
    nearest = nearest_first(World(SMALL, seed))
    assert bound <= optimum.cost <= bound * 1.0001
    assert bound <= min(by_cost.cost, windows.cost)
    assert max(by_cost.cost, windows.cost) < nearest.cost


def test_an_instance_is_its_seed() -> None:
    one, same, other = World(SMALL, 1), World(SMALL, 1), World(SMALL, 2)
    assert one.orders == same.orders != other.orders
    assert one.outlets == same.outlets
    assert one_by_one(one, rule()) == one_by_one(same, rule())


def test_an_order_is_decided_alike_from_all_outlets_or_the_nearest() -> None:
    """What a query hands over per line is enough, as long as it is as many as the rule considers."""
    world = World(replace(SMALL, dealers=60), 1)
    by = replace(rule(), consider=10)
    for order in world.orders:
        assert plan(order, world.snapshot(order, 60), [by]).parts == plan(order, world.snapshot(order, 30), [by]).parts


def test_gini_is_nothing_where_all_have_their_share_and_high_where_one_has_all() -> None:
    world = World(SMALL, 1)
    assert gini(world, Counter({pk: dealer.entitlement for pk, dealer in world.dealers.items()})) < 0.01
    assert gini(world, Counter({1: 5})) > 0.9
