"""Counts of dealers' stock: of a moment, with what was booked since, never touching what is promised."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from dealers.accounts.models import Outlet
from dealers.intake.rows import RowState
from fulfilment.stock import outlets
from fulfilment.stock.models import MoveKind, OutletStock, StockShortfall
from fulfilment.stock.outlet_feed import Counted, Told, count_by_hand, take_counts
from fulfilment.stock.outlets import Key
from tests.factories import World
from tests.fulfilment.outlet_samples import assert_recounts, make_stock, stock_at

pytestmark = pytest.mark.django_db


@pytest.fixture
def pan(world: World) -> Key:
    """Ten pans, counted an hour ago."""
    return make_stock(world.outlet, world.pan, 10)


@pytest.fixture(autouse=True)
def _recounted(world: World) -> Iterator[None]:
    yield
    assert_recounts()


def ago(minutes: int) -> datetime:
    return timezone.now() - timedelta(minutes=minutes)


def feed(key: Key, quantity: int | None, as_of: datetime | None = None, safety: int | None = None) -> Told:
    return take_counts([Counted(*key, quantity, as_of or timezone.now(), safety)])[key]


def test_the_first_count_makes_the_row(world: World) -> None:
    key = (world.outlet.pk, world.pan.pk)
    assert feed(key, 7, safety=2) == Told(RowState.CREATED)
    row = stock_at(key)
    assert (row.on_hand, row.safety, row.available) == (7, 2, 5)


def test_a_newer_count_replaces_the_quantity_and_keeps_what_is_promised(pan: Key) -> None:
    outlets.hold({pan: 2}, "offer:1")
    outlets.hold({pan: 3}, "offer:2")
    outlets.confirm({pan: 3}, "offer:2")
    assert feed(pan, 20) == Told(RowState.CHANGED)
    row = stock_at(pan)
    assert (row.on_hand, row.held, row.firm, row.available) == (20, 2, 3, 15)


def test_what_left_after_the_count_is_taken_off_it(pan: Key) -> None:
    counted_at = timezone.now()
    outlets.hold({pan: 3}, "offer:1")
    outlets.confirm({pan: 3}, "offer:1")
    outlets.ship({pan: 3}, "shipment:1")
    outlets.give_back({pan: 1}, "return:1")
    feed(pan, 12, counted_at)
    assert stock_at(pan).on_hand == 10


def test_what_left_before_the_count_is_in_it(pan: Key) -> None:
    outlets.hold({pan: 3}, "offer:1")
    outlets.confirm({pan: 3}, "offer:1")
    outlets.ship({pan: 3}, "shipment:1")
    feed(pan, 12)
    assert stock_at(pan).on_hand == 12


def test_an_older_count_changes_nothing_and_says_so(pan: Key) -> None:
    known = stock_at(pan).feed_as_of
    assert feed(pan, 99, ago(61), safety=5) == Told(RowState.UNCHANGED, known)
    row = stock_at(pan)
    assert (row.on_hand, row.safety, row.feed_as_of) == (10, 0, known)


def test_the_same_count_again_is_unchanged(pan: Key) -> None:
    moment = timezone.now()
    assert feed(pan, 20, moment) == Told(RowState.CHANGED)
    moves = stock_at(pan).moves.count()
    assert feed(pan, 20, moment) == Told(RowState.UNCHANGED)
    assert stock_at(pan).moves.count() == moves


def test_a_correction_of_the_same_moment_is_taken(pan: Key) -> None:
    moment = timezone.now()
    feed(pan, 20, moment)
    assert feed(pan, 21, moment) == Told(RowState.CHANGED)


def test_a_count_below_what_is_promised_is_a_shortfall_until_one_covers_it(pan: Key) -> None:
    outlets.hold({pan: 9}, "offer:1")
    feed(pan, 4)
    shortfall = StockShortfall.objects.get()
    assert (shortfall.quantity, shortfall.why, shortfall.cleared_at) == (5, MoveKind.FEED, None)
    feed(pan, 6)
    assert StockShortfall.objects.get().quantity == 3
    feed(pan, 9)
    assert StockShortfall.objects.get().cleared_at is not None
    feed(pan, 0)
    assert StockShortfall.objects.count() == 2


def test_a_later_count_ends_the_block_and_an_earlier_one_does_not(pan: Key) -> None:
    before = ago(1)
    outlets.correct({pan: 1}, "offer:1", MoveKind.NOT_IN_STOCK)
    feed(pan, 8, before)
    assert stock_at(pan).available == 0
    feed(pan, 8)
    assert stock_at(pan).available == 8


def test_damage_is_forgotten_by_a_later_count_alone(pan: Key) -> None:
    before = ago(1)
    outlets.correct({pan: 3}, "offer:1", MoveKind.DAMAGED)
    feed(pan, 10, before)
    assert stock_at(pan).available == 7
    feed(pan, 10)
    assert stock_at(pan).available == 10


def test_counting_by_hand_makes_the_figure_trusted_again(world: World, pan: Key) -> None:
    outlets.correct({pan: 3}, "offer:1", MoveKind.MISMATCH)
    count_by_hand(*pan, 5, None, by=world.alice)
    row = stock_at(pan)
    assert (row.on_hand, row.confidence) == (5, 100)
    move = row.moves.first()
    assert move is not None
    assert (move.kind, move.quantity, move.on_hand, move.by) == (MoveKind.BY_HAND, 5, -2, world.alice)


def test_the_safety_stock_alone_is_no_count(world: World, pan: Key) -> None:
    known = stock_at(pan).feed_as_of
    count_by_hand(*pan, None, 4, by=world.alice)
    row = stock_at(pan)
    assert (row.on_hand, row.safety, row.available, row.feed_as_of) == (10, 4, 6, known)


@pytest.mark.parametrize(
    "wrong",
    [
        {"quantity": -1},
        {"safety": -1},
        {"as_of": datetime(2026, 1, 1)},
        {"as_of": datetime(2999, 1, 1, tzinfo=UTC)},
    ],
)
def test_what_is_no_count_is_refused(pan: Key, wrong: dict[str, Any]) -> None:
    said = {"quantity": 1, "as_of": timezone.now(), "safety": None} | wrong
    with pytest.raises(ValueError, match=r"below 0|yet to come"):
        take_counts([Counted(*pan, **said)])


def test_a_key_stands_once(pan: Key) -> None:
    with pytest.raises(ValueError, match="twice"):
        take_counts([Counted(*pan, 1, timezone.now()), Counted(*pan, 2, timezone.now())])


def test_statements_do_not_grow_with_rows(world: World) -> None:
    def statements(many: int) -> int:
        places = Outlet.objects.bulk_create(
            Outlet(dealer=world.alpine, code=f"{many}-{number}", name="Shop", country="DE") for number in range(many)
        )
        with CaptureQueriesContext(connection) as queries:
            take_counts([Counted(place.pk, world.pan.pk, 5, timezone.now()) for place in places])
        return len(queries)

    assert statements(1) == statements(1000)
    assert OutletStock.objects.filter(on_hand=5).count() == 1001
