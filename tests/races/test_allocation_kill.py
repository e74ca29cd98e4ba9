"""A worker or web process killed between any two statements of an order's life: nothing is lost, nothing doubled.

The whole story has some three hundred statements. Here some are killed at, spread over all of it; the bench
`allocation_races` kills at every one.
"""

from __future__ import annotations

import signal

import pytest

from tests.fulfilment.allocation_oracle import assert_all_holds
from tests.fulfilment.allocation_world import AllocationWorld, make_allocation_world
from tests.races import children
from tests.races.allocation_story import books, grown_by, killed_before, statements_of, story

pytestmark = pytest.mark.race

#: So many places of the story are tried here.
PLACES = 16


@pytest.fixture
def world(committed_db: None) -> AllocationWorld:
    return make_allocation_world(3, stock=500)


def test_a_process_killed_anywhere_loses_nothing_and_doubles_nothing(world: AllocationWorld) -> None:
    whole, empty = story(world, "K-0"), books()
    count = statements_of(whole)
    expected, earned = whole.left_behind(), grown_by(empty, books())
    assert expected["state"] == "completed"
    for place in range(1, count + 1, max(1, count // PLACES)):
        told, before = story(world, f"K-{place}"), books()
        assert children.wait(children.start(killed_before(told, place))) == -signal.SIGKILL
        assert_all_holds()
        told.tell()
        assert told.left_behind() == expected, f"killed before statement {place}"
        assert grown_by(before, books()) == earned, f"killed before statement {place}"
    assert_all_holds()


def test_the_kill_is_real_where_a_verb_is_two_transactions(world: AllocationWorld) -> None:
    told = story(world, "K-1")
    count = statements_of(told)
    assert count > 100
    other = story(world, "K-2")
    assert children.wait(children.start(killed_before(other, count // 2))) == -signal.SIGKILL
    assert other.left_behind() != told.left_behind(), "half of it had not happened"
