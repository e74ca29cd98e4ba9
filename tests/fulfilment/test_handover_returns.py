"""What consumers bring back of what dealers sent: stock, fault, and never more than they have."""

from __future__ import annotations

from uuid import uuid4

import pytest

from fulfilment.allocation import held
from fulfilment.allocation.held import HeldRefused
from fulfilment.allocation.models import Allocation
from fulfilment.handover.models import ConsumerReturn
from fulfilment.handover.returns import Back, take_back
from tests.fulfilment.allocation_world import AllocationWorld, make_allocation_world, of, place_order
from tests.fulfilment.handover_samples import (
    lines_of,
    make_allocation,
)
from tests.fulfilment.outlet_samples import assert_recounts, stock_at

pytestmark = pytest.mark.django_db


@pytest.fixture
def shops(db: None) -> AllocationWorld:
    return make_allocation_world(2)


@pytest.fixture
def sent(shops: AllocationWorld) -> Allocation:
    allocation = make_allocation(shops, place_order(shops, "W-1", of("A", 3), of("B")))
    held.send(allocation.pk, [line.pk for line in lines_of(allocation)], by=shops.shops[0].user)
    return held.complete(allocation.pk, by=shops.shops[0].user)


def test_goods_come_back_to_the_shelf_when_they_can_be_sold(shops: AllocationWorld, sent: Allocation) -> None:
    boss, (first, second) = shops.shops[0].user, lines_of(sent)
    key = uuid4()
    backs = [Back(first.pk, 2), Back(second.pk, 1, resellable=False)]
    made = take_back(sent.pk, backs, cause="withdrawal", by=boss, key=key, note="14 days")
    assert take_back(sent.pk, backs, cause="withdrawal", by=boss, key=key) == made
    assert (stock_at(shops.key(1, "A")).on_hand, stock_at(shops.key(1, "B")).on_hand) == (7 + 2, 9)
    first.refresh_from_db()
    assert (first.returned, first.returned_by_fault) == (2, 0)
    assert_recounts()


@pytest.mark.parametrize(
    ("cause", "fault"), [("damaged", 1), ("wrong", 1), ("late", 1), ("defect", 0), ("not_taken", 0)]
)
def test_the_cause_says_whose_fault_it_is(shops: AllocationWorld, sent: Allocation, cause: str, fault: int) -> None:
    first = lines_of(sent)[0]
    take_back(sent.pk, [Back(first.pk, 1)], cause=cause, by=shops.shops[0].user, key=uuid4())
    first.refresh_from_db()
    assert first.returned_by_fault == fault


def test_no_more_comes_back_than_is_with_the_consumer(shops: AllocationWorld, sent: Allocation) -> None:
    boss, (first, second) = shops.shops[0].user, lines_of(sent)
    other = lines_of(make_allocation(shops, place_order(shops, "W-2")))[0]
    for backs in (
        [],
        [Back(first.pk, 1), Back(first.pk, 1)],
        [Back(second.pk, 2)],
        [Back(other.pk, 1)],
        [Back(first.pk, 0)],
    ):
        with pytest.raises(HeldRefused):
            take_back(sent.pk, backs, cause="withdrawal", by=boss, key=uuid4())
    assert not ConsumerReturn.objects.exists()
