"""Dealers' stock promised to consumer orders: taken, made firm, sent, given back, corrected."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from dealers.accounts.models import Outlet
from fulfilment.signals import stock_short
from fulfilment.stock import outlets
from fulfilment.stock.models import MoveKind, OutletStock, OutletStockMove, StockShortfall
from fulfilment.stock.outlet_shortfalls import ShortStock
from fulfilment.stock.outlets import Key, NotEnoughAtOutlets, OutletShortage, ReferenceUsed
from tests.factories import World
from tests.fulfilment.outlet_samples import assert_recounts, make_stock, stock_at

pytestmark = pytest.mark.django_db


@pytest.fixture
def pan(world: World) -> Key:
    """Ten pans at Alpine's shop, two of which stay on the shelf."""
    return make_stock(world.outlet, world.pan, 10, safety=2)


@pytest.fixture
def pot(world: World) -> Key:
    return make_stock(world.outlet, world.pot, 5)


@pytest.fixture(autouse=True)
def _recounted(world: World) -> Iterator[None]:
    """After every test here the counters are what the moves add up to."""
    yield
    assert_recounts()


@pytest.fixture
def told_short() -> Iterator[list[ShortStock]]:
    told: list[ShortStock] = []

    def hear(*, shortfalls: list[ShortStock], **_more: Any) -> None:
        told.extend(shortfalls)

    stock_short.connect(hear)
    yield told
    stock_short.disconnect(hear)


def counters(key: Key) -> tuple[int, int, int, int]:
    """On hand, held, firm, available."""
    row = stock_at(key)
    return row.on_hand, row.held, row.firm, row.available


def test_what_can_be_promised_is_on_hand_less_promises_and_safety(pan: Key) -> None:
    outlets.hold({pan: 3}, "offer:1")
    assert counters(pan) == (10, 3, 0, 5)
    assert outlets.available([pan, (1, 999_999)]) == {pan: 5}


def test_an_offer_accepted_and_sent_leaves_the_shelf(pan: Key) -> None:
    outlets.hold({pan: 3}, "offer:1")
    outlets.confirm({pan: 3}, "offer:1")
    assert counters(pan) == (10, 0, 3, 5)
    outlets.ship({pan: 3}, "shipment:1")
    assert counters(pan) == (7, 0, 0, 5)
    outlets.give_back({pan: 1}, "return:1")
    assert counters(pan) == (8, 0, 0, 6)


def test_what_ends_before_it_leaves_is_available_again(pan: Key) -> None:
    outlets.hold({pan: 3}, "offer:1")
    outlets.release({pan: 3}, "offer:1")
    outlets.hold({pan: 4}, "offer:2")
    outlets.confirm({pan: 4}, "offer:2")
    outlets.cancel({pan: 4}, "unclaim:2")
    assert counters(pan) == (10, 0, 0, 8)


def test_a_hold_takes_everything_or_nothing_and_names_what_is_short(world: World, pan: Key, pot: Key) -> None:
    nowhere = (world.outlet.pk, world.knife.pk)
    with pytest.raises(NotEnoughAtOutlets) as refused:
        outlets.hold({pan: 9, pot: 5, nowhere: 1}, "offer:1")
    assert sorted(refused.value.shortages, key=lambda each: each.product_id) == sorted(
        [OutletShortage(*pan, 9, 8), OutletShortage(*nowhere, 1, 0)], key=lambda each: each.product_id
    )
    assert (counters(pan), counters(pot)) == ((10, 0, 0, 8), (5, 0, 0, 5))
    assert not OutletStockMove.objects.filter(kind=MoveKind.HOLD).exists()


def test_after_a_refusal_the_same_transaction_may_go_on(pan: Key, pot: Key) -> None:
    with transaction.atomic():
        with pytest.raises(NotEnoughAtOutlets):
            outlets.hold({pan: 9}, "offer:1")
        assert outlets.hold({pot: 5}, "offer:1")
    assert counters(pot) == (5, 5, 0, 0)


@pytest.mark.parametrize("verb", [outlets.release, outlets.confirm, outlets.cancel, outlets.ship])
def test_nobody_moves_more_than_is_promised(pan: Key, verb: Any) -> None:
    with pytest.raises(NotEnoughAtOutlets) as refused:
        verb({pan: 1}, "offer:1")
    assert refused.value.shortages == [OutletShortage(*pan, 1, 0)]


def test_each_verb_happens_once_for_a_reference(pan: Key) -> None:
    steps = ((outlets.hold, "o"), (outlets.confirm, "o"), (outlets.ship, "s"), (outlets.give_back, "r"))
    for verb, reference in steps:
        assert verb({pan: 8}, reference) is True
        before = counters(pan)
        assert verb({pan: 8}, reference) is False
        assert counters(pan) == before
    assert counters(pan) == (10, 0, 0, 8)


def test_a_correction_happens_once_too(pan: Key) -> None:
    assert outlets.correct({pan: 1}, "offer:1", MoveKind.MISMATCH) is True
    assert outlets.correct({pan: 1}, "offer:1", MoveKind.MISMATCH) is False
    assert stock_at(pan).on_hand == 9


@pytest.mark.parametrize("again", [{"pan": 4}, {"pan": 3, "pot": 1}])
def test_a_reference_with_other_quantities_is_refused(pan: Key, pot: Key, again: dict[str, int]) -> None:
    keys = {"pan": pan, "pot": pot}
    outlets.hold({pan: 3}, "offer:1")
    with pytest.raises(ReferenceUsed), transaction.atomic():
        outlets.hold({keys[name]: quantity for name, quantity in again.items()}, "offer:1")
    assert (counters(pan), counters(pot)) == ((10, 3, 0, 5), (5, 0, 0, 5))


def test_two_offers_for_one_shelf_add_up(pan: Key) -> None:
    outlets.hold({pan: 5}, "offer:1")
    with pytest.raises(NotEnoughAtOutlets):
        outlets.hold({pan: 4}, "offer:2")
    outlets.hold({pan: 3}, "offer:3")
    assert counters(pan) == (10, 8, 0, 0)


@pytest.mark.parametrize(("quantity", "reference"), [(0, "offer:1"), (-1, "offer:1"), (1, "")])
def test_what_is_no_movement_is_refused(pan: Key, quantity: int, reference: str) -> None:
    with pytest.raises(ValueError, match="at least 1"):
        outlets.hold({pan: quantity}, reference)


def test_nothing_wanted_is_nothing_done() -> None:
    assert outlets.hold({}, "offer:1") is False


def test_not_in_stock_stops_promises(pan: Key) -> None:
    outlets.hold({pan: 1}, "offer:1")
    outlets.release({pan: 1}, "offer:1")
    outlets.correct({pan: 1}, "offer:1", MoveKind.NOT_IN_STOCK)
    assert counters(pan) == (10, 0, 0, 0)
    assert stock_at(pan).confidence == 50
    with pytest.raises(NotEnoughAtOutlets):
        outlets.hold({pan: 1}, "offer:2")


def test_damaged_pieces_stay_and_are_not_for_sale(pan: Key) -> None:
    outlets.correct({pan: 3}, "offer:1", MoveKind.DAMAGED)
    assert counters(pan) == (10, 0, 0, 5)
    assert stock_at(pan).confidence == 100


def test_pieces_that_were_not_there_leave_the_count(pan: Key) -> None:
    outlets.correct({pan: 3}, "offer:1", MoveKind.MISMATCH)
    assert counters(pan) == (7, 0, 0, 5)
    assert stock_at(pan).confidence == 50


def test_only_a_reason_for_declining_corrects(pan: Key) -> None:
    with pytest.raises(ValueError, match="corrects no stock"):
        outlets.correct({pan: 1}, "offer:1", MoveKind.SHIP)


def test_goods_that_leave_raise_the_confidence(pan: Key) -> None:
    outlets.correct({pan: 1}, "offer:1", MoveKind.MISMATCH)
    for number in range(7):
        outlets.hold({pan: 1}, f"offer:{number}")
        outlets.confirm({pan: 1}, f"offer:{number}")
        outlets.ship({pan: 1}, f"shipment:{number}")
    assert stock_at(pan).confidence == 100


def test_a_correction_below_what_is_promised_is_a_shortfall(pan: Key, told_short: list[ShortStock]) -> None:
    outlets.hold({pan: 8}, "offer:1")
    outlets.correct({pan: 5}, "offer:2", MoveKind.MISMATCH)
    row = stock_at(pan)
    assert told_short == [ShortStock(row.pk, *pan, 3)]
    assert StockShortfall.objects.get().why == MoveKind.MISMATCH

    outlets.release({pan: 8}, "offer:1")
    assert StockShortfall.objects.get().cleared_at is not None
    assert len(told_short) == 1


def test_goods_that_were_short_and_left_all_the_same_end_the_shortfall(pan: Key) -> None:
    outlets.hold({pan: 8}, "offer:1")
    outlets.confirm({pan: 8}, "offer:1")
    outlets.correct({pan: 9}, "offer:2", MoveKind.MISMATCH)
    assert StockShortfall.objects.get().quantity == 7
    outlets.ship({pan: 8}, "shipment:1")
    assert counters(pan) == (-7, 0, 0, 0)
    assert StockShortfall.objects.get().cleared_at is not None


def test_moves_only_grow(pan: Key) -> None:
    for statement in ("UPDATE fulfilment_stock_outletstockmove SET quantity = 1", "DELETE FROM {0}"):
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement.format("fulfilment_stock_outletstockmove"))


@pytest.mark.parametrize("many", [1, 200])
def test_a_move_is_one_statement_for_any_number_of_rows(world: World, many: int) -> None:
    places = Outlet.objects.bulk_create(
        Outlet(dealer=world.alpine, code=f"S{number}", name="Shop", country="DE") for number in range(many)
    )
    OutletStock.objects.bulk_create(OutletStock(outlet=place, product=world.pan, on_hand=0) for place in places)
    keys = {(place.pk, world.pan.pk): 2 for place in places}
    outlets.give_back(keys, "seed")
    for verb in (outlets.hold, outlets.confirm, outlets.ship):
        with CaptureQueriesContext(connection) as queries:
            verb(keys, "order:1")
        assert len(queries) == 1
