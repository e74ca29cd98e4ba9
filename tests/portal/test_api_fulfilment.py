"""What a channel is told of the fulfilment of its orders, and what it tells."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from fulfilment.allocation.models import Allocation, AllocationState
from fulfilment.handover import pickup
from fulfilment.handover.models import ConsumerReturn, PickupTry
from fulfilment.handover.parcels import send_parcel
from tests.fulfilment.allocation_world import AllocationWorld, make_allocation_world, of, place_order
from tests.fulfilment.consumer_samples import make_channel
from tests.fulfilment.handover_samples import lines_of, make_allocation, make_offer, packed_pickup
from tests.portal.api_samples import Caller

pytestmark = pytest.mark.django_db
V1 = {"expected_version": 1}


@pytest.fixture
def shops(db: None) -> AllocationWorld:
    return make_allocation_world(2)


@pytest.fixture
def caller(shops: AllocationWorld) -> Caller:
    return Caller(shops.channel, shops.staff)


def fates(caller: Caller, number: str) -> list[str]:
    return [line["fate"] for line in caller.get(f"/{number}/fulfilment").json()["lines"]]


@pytest.fixture
def sent(shops: AllocationWorld) -> Allocation:
    order = place_order(shops, "W-1", of("A", 3), of("B"), placed_at=timezone.now() - timedelta(days=1))
    allocation = make_allocation(shops, order)
    first, second = lines_of(allocation)
    boss = shops.shops[0].user
    send_parcel(allocation.pk, [first.pk], by=boss, key=uuid4(), carrier="DHL", tracking_number="T-1")
    send_parcel(allocation.pk, [second.pk], by=boss, key=uuid4(), carrier="UPS", tracking_number="T-2")
    return allocation


def test_each_line_tells_where_it_stands(shops: AllocationWorld, caller: Caller, sent: Allocation) -> None:
    make_offer(shops, place_order(shops, "W-2"))
    make_allocation(shops, place_order(shops, "W-3"))
    assert (fates(caller, "W-2"), fates(caller, "W-3"), fates(caller, "W-1")) == (
        ["offered"],
        ["accepted"],
        ["sent"] * 2,
    )
    line = caller.get("/W-1/fulfilment").json()["lines"][1]
    assert {name: line[name] for name in ("sku", "outlet", "carrier", "tracking_number", "returned")} == {
        "sku": "B", "outlet": "S-1/MAIN", "carrier": "UPS", "tracking_number": "T-2", "returned": 0,
    }  # fmt: skip


def test_it_costs_the_same_for_many_lines(
    shops: AllocationWorld, caller: Caller, django_assert_max_num_queries: Any
) -> None:
    make_allocation(shops, place_order(shops, "W-1", *(of(sku) for sku in "ABC" * 3)))
    caller.get("/W-1/fulfilment")
    with django_assert_max_num_queries(8):
        assert len(fates(caller, "W-1")) == 9


def test_a_code_is_told_for_what_waits_and_opens_the_order(shops: AllocationWorld, caller: Caller) -> None:
    allocation = packed_pickup(shops)
    first = caller.post("/P-1/pickup-code", V1).json()["codes"]
    (second,) = caller.post("/P-1/pickup-code", V1).json()["codes"]
    assert (second["outlet"], second["positions"]) == ("S-1/MAIN", [1, 2])
    assert second["code"] != first[0]["code"]
    pickup.hand_over(shops.shops[0].outlet.pk, second["code"], by=shops.shops[0].user)
    assert Allocation.objects.get(pk=allocation.pk).state == AllocationState.COMPLETED
    assert not PickupTry.objects.exists()


@pytest.mark.parametrize("verb", ["pickup-code", "receipt"])
def test_what_is_not_so_far_is_a_conflict(shops: AllocationWorld, caller: Caller, verb: str) -> None:
    make_allocation(shops)
    assert caller.post(f"/W-1/{verb}", V1).status_code == 409
    assert caller.post(f"/W-1/{verb}", {"expected_version": 2}).status_code == 409
    assert caller.post(f"/W-1/{verb}", {}).status_code == 422
    assert caller.post(f"/W-9/{verb}", V1).status_code == 404


def test_the_receipt_may_be_told_twice(caller: Caller, sent: Allocation) -> None:
    at = timezone.now() - timedelta(hours=3)
    for _twice in range(2):
        response = caller.post("/W-1/receipt", V1 | {"received_at": at.isoformat()})
        assert response.status_code == 200
        assert response.json()["state"] == "completed"
    assert Allocation.objects.get().completed_at == at


def test_nobody_has_it_before_it_was_ordered(caller: Caller, sent: Allocation) -> None:
    refused = caller.post("/W-1/receipt", V1 | {"received_at": "0001-01-01T00:00:00Z"})
    assert (refused.status_code, refused.json()["code"]) == (409, "too_early")
    assert caller.post("/W-1/receipt", V1 | {"received_at": "9999-12-31T23:59:59Z"}).status_code == 200
    assert Allocation.objects.get().completed_at <= timezone.now()  # type: ignore[operator]


def test_a_return_is_noted_once(caller: Caller, sent: Allocation) -> None:
    body = V1 | {"reference": "RMA-1", "cause": "damaged", "lines": [{"position": 1, "units": 2}]}
    answers = [caller.post("/W-1/returns", body) for _twice in range(2)]
    assert [each.status_code for each in answers] == [200, 200]
    assert answers[0].json() == {"external_number": "W-1", "reference": "RMA-1", "by_dealers_fault": True}
    assert ConsumerReturn.objects.count() == 1
    assert lines_of(sent)[0].returned == 2


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"lines": [{"position": 1, "units": 1}]}, 409),
        ({"lines": [{"position": 2, "units": 1}]}, 409),
        ({"cause": "withdrawal"}, 409),
        ({"reference": "RMA-2", "lines": [{"position": 1, "units": 2}]}, 409),
        ({"reference": "RMA-2", "lines": [{"position": 9, "units": 1}]}, 409),
        ({"reference": "RMA-2", "lines": [{"position": 1, "units": 1}, {"position": 1, "units": 1}]}, 422),
        ({"reference": "RMA-2", "lines": [{"position": 1, "units": 0}]}, 422),
        ({"reference": "", "lines": []}, 422),
        ({"cause": "nonsense"}, 422),
    ],
)
def test_another_return_under_the_same_reference_or_too_much_changes_nothing(
    caller: Caller, sent: Allocation, changes: dict[str, Any], status: int
) -> None:
    body = V1 | {"reference": "RMA-1", "cause": "damaged", "lines": [{"position": 1, "units": 2}]}
    caller.post("/W-1/returns", body)
    assert caller.post("/W-1/returns", body | changes).status_code == status
    assert [line.returned for line in lines_of(sent)] == [2, 0]


def test_another_channels_order_is_unknown(shops: AllocationWorld, sent: Allocation) -> None:
    other = Caller(make_channel("other"), shops.staff)
    assert other.get("/W-1/fulfilment").status_code == 404
    for verb in ("pickup-code", "receipt"):
        assert other.post(f"/W-1/{verb}", V1).status_code == 404
    body = V1 | {"reference": "R", "cause": "damaged", "lines": [{"position": 1, "units": 1}]}
    assert other.post("/W-1/returns", body).status_code == 404
