"""Outlets' stock with real commits from real processes: nothing is promised twice, nothing deadlocks, no count forgets.

Each race is shown to be real first: the same work with the guard off promises too much, deadlocks, or loses.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from dealers.accounts.models import Outlet
from fulfilment.stock import outlets
from fulfilment.stock.models import MoveKind, OutletStock, OutletStockMove
from fulfilment.stock.outlet_feed import Counted, take_counts
from fulfilment.stock.outlets import Key
from tests import factories
from tests.environment import ROOT
from tests.factories import World
from tests.fulfilment.outlet_samples import assert_recounts, make_stock, stock_at
from tests.races.outlet_work import GATE

pytestmark = pytest.mark.race

WRITERS = 12
ROWS = 20
#: A process that says it is ready, waits for the word, works, and tells what became of each round.
CHILD = """
import json, random, sys
import django
from django.conf import settings
name, place, work, given = sys.argv[1], int(sys.argv[2]), sys.argv[3], json.loads(sys.argv[4])
settings.DATABASES["default"]["NAME"] = name
django.setup()
from django.db import connection, transaction
connection.ensure_connection()
from tests.races import outlet_work
print("ready", flush=True)
sys.stdin.readline()
print(json.dumps([outlet_work.once(work, place, number, given) for number in range(given["rounds"])]), flush=True)
"""


def at_once(database: str, jobs: list[str], meanwhile: Callable[[], object] = lambda: None, **given: Any) -> list[str]:
    """Let one process do each job so many `rounds`, all at the same moment; what became of every round."""
    children = [
        subprocess.Popen(
            [sys.executable, "-c", CHILD, database, str(place), job, json.dumps(given)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        for place, job in enumerate(jobs)
    ]
    try:
        for child in children:
            assert child.stdout
            assert child.stdout.readline() == "ready\n"
        for child in children:
            assert child.stdin
            child.stdin.write("go\n")
            child.stdin.flush()
        meanwhile()
        return [answer for child in children for answer in json.loads(child.communicate(timeout=180)[0])]
    finally:
        for child in children:
            if child.poll() is None:
                child.kill()
                child.wait()


@pytest.fixture
def committed_world(committed_db: None) -> World:
    return factories.make_world()


@pytest.fixture
def database(committed_world: World) -> Iterator[str]:
    """The database's name. The counters are what the moves add up to afterwards, unless a control wrote past them."""
    yield str(connection.settings_dict["NAME"])
    if not OutletStockMove.objects.filter(reference="past the guard").exists():
        assert_recounts()


@pytest.fixture
def shelf(committed_world: World) -> Key:
    return make_stock(committed_world.outlet, committed_world.pan, 1)


@pytest.fixture
def shelves(committed_world: World) -> list[Key]:
    places = Outlet.objects.bulk_create(
        Outlet(dealer=committed_world.alpine, code=f"S{number}", name="Shop", country="DE") for number in range(ROWS)
    )
    return [make_stock(place, committed_world.pan, 100_000) for place in places]


def write_past_the_guard(key: Key) -> None:
    """Say that a control changes counters without moves."""
    OutletStockMove.objects.create(
        stock=stock_at(key), kind=MoveKind.HOLD, quantity=0, at=timezone.now(), reference="past the guard"
    )


def let_go_when_all_have_read(cursor: Any) -> None:
    """Open the gate once every process waits before it."""
    for _look in range(100_000):
        cursor.execute(
            "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = %s AND NOT granted", [GATE]
        )
        if cursor.fetchone()[0] == WRITERS:
            break
    cursor.execute("SELECT pg_advisory_unlock(%s)", [GATE])


def test_the_last_piece_is_promised_once(database: str, shelf: Key) -> None:
    answers = at_once(database, ["hold"] * WRITERS, rounds=1, keys=[shelf])
    assert Counter(answers) == {"held": 1, "short": WRITERS - 1}
    row = stock_at(shelf)
    assert (row.held, row.available) == (1, 0)


def test_the_race_is_real_without_the_guard(database: str, shelf: Key) -> None:
    write_past_the_guard(shelf)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [GATE])
        answers = at_once(
            database,
            ["check then write"] * WRITERS,
            lambda: let_go_when_all_have_read(cursor),
            rounds=1,
            keys=[shelf],
        )
    assert Counter(answers) == {"held": WRITERS}
    assert stock_at(shelf).held == WRITERS, "one piece promised twelve times"


def test_a_hundred_pieces_are_promised_a_hundred_times(database: str, committed_world: World) -> None:
    key = make_stock(committed_world.outlet, committed_world.pot, 100)
    answers = at_once(database, ["hold"] * 6, rounds=50, keys=[key])
    assert Counter(answers) == {"held": 100, "short": 200}
    assert stock_at(key).held == 100


def test_one_offer_repeated_by_twelve_holds_once(database: str, committed_world: World) -> None:
    key = make_stock(committed_world.outlet, committed_world.pot, 100)
    answers = at_once(database, ["same offer"] * WRITERS, rounds=3, keys=[key])
    assert Counter(answers) == {"held": 3, "again": 3 * (WRITERS - 1)}
    assert stock_at(key).held == 3


def test_offers_over_the_same_shelves_in_any_order_never_deadlock(database: str, shelves: list[Key]) -> None:
    answers = at_once(database, ["hold", "hold turned"] * 3, rounds=15, keys=shelves)
    assert Counter(answers) == {"held": 90}
    assert set(OutletStock.objects.filter(outlet__code__startswith="S").values_list("held", flat=True)) == {90}


def test_unordered_rows_do_deadlock(database: str, shelves: list[Key]) -> None:
    write_past_the_guard(shelves[0])
    answers = at_once(database, ["one by one", "one by one turned"] * 3, rounds=15, keys=shelves)
    assert "deadlock" in answers


def test_counts_among_holds_and_shipments_forget_nothing(database: str, shelves: list[Key]) -> None:
    counted_at = timezone.now()
    answers = at_once(
        database,
        ["sell", "sell", "sell", "count", "count"],
        rounds=20,
        keys=shelves[:5],
        as_of=counted_at.isoformat(),
        quantity=1_000,
    )
    assert Counter(answers) == {"sold": 60, "counted": 40}
    found = OutletStock.objects.filter(outlet__in=[outlet for outlet, _product in shelves[:5]])
    # Every round ships a piece of two and leaves the other held; all of it after the count.
    assert set(found.values_list("on_hand", "held", "firm")) == {(1_000 - 60, 60, 0)}


def test_a_list_that_replaces_the_stock_forgets_what_is_promised(database: str, shelves: list[Key]) -> None:
    write_past_the_guard(shelves[0])
    at_once(database, ["sell", "sell"], rounds=10, keys=shelves[:5])
    at_once(database, ["overwrite"], rounds=1, keys=shelves[:5], quantity=1_000)
    found = OutletStock.objects.filter(outlet__in=[outlet for outlet, _product in shelves[:5]])
    assert set(found.values_list("on_hand", "held", "firm")) == {(1_000, 0, 0)}


def test_a_shortfall_is_told_once_however_many_find_it(database: str, committed_world: World) -> None:
    key = make_stock(committed_world.outlet, committed_world.pot, 50)
    with transaction.atomic():
        outlets.hold({key: 40}, "offer:1")
    take_counts([Counted(*key, 30, timezone.now() - timedelta(minutes=5))])
    answers = at_once(database, ["decline"] * 6, rounds=3, keys=[key])
    assert Counter(answers) == {"declined": 18}
    row = stock_at(key)
    assert row.on_hand == 30 - 18
    assert list(row.shortfalls.filter(cleared_at=None).values_list("quantity", flat=True)) == [28]
