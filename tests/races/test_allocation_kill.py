"""A worker or web process killed between any two statements of an order's life: nothing is lost, nothing doubled.

The whole story has some three hundred statements. Here some are killed at, spread over all of it; the bench
`allocation_races` kills at every one.
"""

from __future__ import annotations

import signal
from collections.abc import Callable
from decimal import Decimal
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import pytest
from django.db import connection

from tests.fulfilment.allocation_oracle import assert_all_holds
from tests.fulfilment.allocation_world import AllocationWorld, make_allocation_world, of, order_of
from tests.races import children
from tests.races.allocation_story import Story, books

pytestmark = pytest.mark.race

#: So many places of the story are tried here.
PLACES = 16


@pytest.fixture
def world(committed_db: None) -> AllocationWorld:
    return make_allocation_world(3, stock=500)


def story(world: AllocationWorld, number: str) -> Story:
    data = order_of(number, of("A", 2, "1800.00"), of("B"), freight="4.90")
    return Story(world, data, uuid5(NAMESPACE_URL, f"{number}-parcel"), uuid5(NAMESPACE_URL, f"{number}-back"))


def statements_of(told: Story) -> int:
    """Tell it whole, in this process; how many statements it took."""
    count = 0

    def counting(execute: Callable[..., Any], *said: Any) -> Any:
        nonlocal count
        count += 1
        return execute(*said)

    with connection.execute_wrapper(counting):
        told.tell()
    return count


def killed_before(told: Story, place: int) -> Callable[[], None]:
    """Tell it, and die just before the statement at this place, counted from 1."""
    count = 0

    def counting(execute: Callable[..., Any], *said: Any) -> Any:
        nonlocal count
        count += 1
        if count == place:
            children.kill_myself()
        return execute(*said)

    def work() -> None:
        with connection.execute_wrapper(counting):
            told.tell()

    return work


def change_of(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    """What the books grew by."""
    accounts = {name: after["accounts"].get(name, Decimal(0)) - before["accounts"].get(name, Decimal(0))
                for name in {**before["accounts"], **after["accounts"]}}  # fmt: skip
    return {"journals": after["journals"] - before["journals"], "accounts": accounts}


def test_a_process_killed_anywhere_loses_nothing_and_doubles_nothing(world: AllocationWorld) -> None:
    whole, empty = story(world, "K-0"), books()
    count = statements_of(whole)
    expected, earned = whole.left_behind(), change_of(empty, books())
    assert expected["state"] == "completed"
    for place in range(1, count + 1, max(1, count // PLACES)):
        told, before = story(world, f"K-{place}"), books()
        assert children.wait(children.start(killed_before(told, place))) == -signal.SIGKILL
        assert_all_holds()
        told.tell()
        assert told.left_behind() == expected, f"killed before statement {place}"
        assert change_of(before, books()) == earned, f"killed before statement {place}"
    assert_all_holds()


def test_the_kill_is_real_where_a_verb_is_two_transactions(world: AllocationWorld) -> None:
    told = story(world, "K-1")
    count = statements_of(told)
    assert count > 100
    other = story(world, "K-2")
    assert children.wait(children.start(killed_before(other, count // 2))) == -signal.SIGKILL
    assert other.left_behind() != told.left_behind(), "half of it had not happened"
