"""Parcels, pickup codes, overrides and returns of what dealers accepted."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from dealers.accounts.models import DealerRole, User
from fulfilment.allocation import held, offers
from fulfilment.allocation.models import Allocation, AllocationState
from fulfilment.consumer import commands
from fulfilment.consumer.contacts import contact_for
from fulfilment.consumer.models import ConsumerOrder
from fulfilment.handover import overrides, pickup
from fulfilment.handover.codes import cleaned, digest_of, new_code, spoken
from fulfilment.handover.models import ConsumerParcel, PickupCode, PickupLine, PickupOverride, PickupTry
from fulfilment.handover.parcels import send_parcel
from fulfilment.handover.refusals import AlreadyHandedOver, HandoverRefused, TriesLocked, WrongCode
from tests.factories import make_user
from tests.fulfilment.allocation_world import AllocationWorld, make_allocation_world, of, place_order
from tests.fulfilment.handover_samples import (
    colleague,
    lines_of,
    make_allocation,
    make_offer,
    packed_pickup,
    pickup_order,
)
from tests.fulfilment.outlet_samples import assert_recounts, stock_at

pytestmark = pytest.mark.django_db


@pytest.fixture
def shops(db: None) -> AllocationWorld:
    return make_allocation_world(2)


@pytest.fixture
def cashier(shops: AllocationWorld) -> User:
    return colleague(shops)


def at(shops: AllocationWorld) -> int:
    return shops.shops[0].outlet.pk


def state_of(allocation: Allocation) -> str:
    return Allocation.objects.get(pk=allocation.pk).state


# --- Who sees the consumer ---


def test_a_dealer_sees_the_consumer_from_acceptance_on(shops: AllocationWorld) -> None:
    order = place_order(shops)
    offer = make_offer(shops, order)
    boss, rival = shops.shops[0].user, shops.shops[1].user
    finance = colleague(shops, "Finn", DealerRole.FINANCE)
    buyer = colleague(shops, "Bea")
    assert [contact_for(order, each) for each in (boss, buyer, rival, finance)] == [None] * 4, "only offered"
    offers.accept(offer.pk, by=boss)
    for person in (boss, buyer):
        contact = contact_for(order, person)
        assert contact is not None
        assert contact.name == "Erika Muster"
    assert contact_for(order, rival) is None
    assert contact_for(order, finance) is None, "finance sends nothing"
    buyer.memberships.update(is_active=False)
    assert contact_for(order, buyer) is None


def test_a_dealer_that_left_the_order_sees_the_consumer_no_more(shops: AllocationWorld) -> None:
    allocation = make_allocation(shops)
    boss = shops.shops[0].user
    request = held.request_unclaim(allocation.pk, by=boss, reason="capacity", note="")
    held.decide_unclaim(request.pk, by=shops.staff, granted=True)
    assert contact_for(allocation.order, boss) is None


def test_a_purged_contact_comes_back_empty(shops: AllocationWorld) -> None:
    from fulfilment.consumer.contacts import remove_overdue

    allocation = make_allocation(shops)
    ConsumerOrder.objects.update(state_at=timezone.now() - timedelta(days=4_000))
    remove_overdue()
    contact = contact_for(allocation.order, shops.shops[0].user)
    assert contact is not None
    assert (contact.name, contact.address_line1) == ("", "")
    assert contact.removed_at is not None


# --- Parcels ---


def test_lines_leave_in_parcels_and_the_stock_with_them(shops: AllocationWorld) -> None:
    allocation = make_allocation(shops, place_order(shops, "W-1", of("A", 2), of("B")))
    boss = shops.shops[0].user
    first, second = lines_of(allocation)
    parcel = send_parcel(allocation.pk, [first.pk], by=boss, key=uuid4(), carrier=" DHL ", tracking_number="T-1")
    assert (parcel.carrier, parcel.tracking_number) == ("DHL", "T-1")
    assert state_of(allocation) == AllocationState.ACCEPTED, "the rest is still here"
    send_parcel(allocation.pk, [second.pk], by=boss, key=uuid4(), carrier="UPS")
    assert state_of(allocation) == AllocationState.SENT
    stock = stock_at(shops.key(1, "A"))
    assert (stock.on_hand, stock.firm) == (8, 0)
    assert_recounts()


def test_the_same_form_twice_is_one_parcel(shops: AllocationWorld) -> None:
    allocation = make_allocation(shops)
    key, ids = uuid4(), [line.pk for line in lines_of(allocation)]
    made = [send_parcel(allocation.pk, ids, by=shops.shops[0].user, key=key) for _twice in range(2)]
    assert made[0] == made[1]
    assert ConsumerParcel.objects.count() == 1
    assert stock_at(shops.key()).on_hand == 9


def test_a_line_leaves_once(shops: AllocationWorld) -> None:
    allocation = make_allocation(shops, place_order(shops, "W-1", of("A"), of("B")))
    boss, (first, second) = shops.shops[0].user, lines_of(allocation)
    send_parcel(allocation.pk, [first.pk], by=boss, key=uuid4())
    for ids in ([first.pk, second.pk], [first.pk], []):
        with pytest.raises(HandoverRefused):
            send_parcel(allocation.pk, ids, by=boss, key=uuid4())
    assert ConsumerParcel.objects.count() == 1
    assert stock_at(shops.key(1, "B")).on_hand == 10


def test_a_key_of_another_order_is_refused(shops: AllocationWorld) -> None:
    boss, key = shops.shops[0].user, uuid4()
    one, two = make_allocation(shops, place_order(shops, "W-1")), make_allocation(shops, place_order(shops, "W-2"))
    send_parcel(one.pk, [lines_of(one)[0].pk], by=boss, key=key)
    with pytest.raises(HandoverRefused):
        send_parcel(two.pk, [lines_of(two)[0].pk], by=boss, key=key)


def test_what_is_picked_up_is_not_sent(shops: AllocationWorld) -> None:
    allocation = packed_pickup(shops)
    with pytest.raises(HandoverRefused):
        send_parcel(allocation.pk, [lines_of(allocation)[0].pk], by=shops.shops[0].user, key=uuid4())


# --- Codes ---


def test_a_code_is_twelve_digits_however_it_is_keyed_in() -> None:
    code = new_code()
    assert re.fullmatch(r"\d{12}", code)
    assert cleaned(spoken(code)) == code
    assert cleaned("１２３４-5678 9012\n") == "123456789012"
    assert cleaned("abc") == ""


def test_only_the_hmac_of_a_code_is_kept(shops: AllocationWorld, settings: Any) -> None:
    issued = pickup.issue(packed_pickup(shops).pk)
    kept = PickupCode.objects.values().get()
    assert issued.code not in str(kept)
    assert kept["code_hmac"] == digest_of(issued.code)
    old = settings.SECRET_KEY
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another", [old]
    assert pickup.look_up(at(shops), issued.code, by=shops.staff).allocation_id == kept["allocation_id"]


def test_a_code_is_issued_once_goods_are_packed(shops: AllocationWorld) -> None:
    delivery = make_allocation(shops)
    waiting = make_allocation(shops, pickup_order(shops))
    for allocation in (delivery, waiting):
        with pytest.raises(HandoverRefused):
            pickup.issue(allocation.pk)
    held.pack(waiting.pk, by=shops.shops[0].user)
    assert pickup.issue(waiting.pk).expires_at > timezone.now() + timedelta(days=6)


def test_goods_taken_away_need_no_packing(shops: AllocationWorld) -> None:
    order = pickup_order(shops)
    ConsumerOrder.objects.filter(pk=order.pk).update(method="take_away")
    allocation = make_allocation(shops, ConsumerOrder.objects.get(pk=order.pk))
    issued = pickup.issue(allocation.pk)
    pickup.hand_over(at(shops), issued.code, by=shops.shops[0].user)
    assert state_of(allocation) == AllocationState.COMPLETED


def test_everything_is_handed_over_and_the_consumer_has_it(shops: AllocationWorld, cashier: User) -> None:
    allocation = packed_pickup(shops)
    issued = pickup.issue(allocation.pk)
    done = pickup.hand_over(at(shops), spoken(issued.code), by=cashier)
    assert (len(done.lines), done.repeated, done.open_lines) == (2, False, 0)
    allocation.refresh_from_db()
    assert allocation.state == AllocationState.COMPLETED
    assert allocation.payable_on is not None
    assert PickupCode.objects.get().used_at is not None
    assert stock_at(shops.key()).on_hand == 9
    assert_recounts()


def test_the_same_cashier_a_moment_later_gets_the_same_answer(shops: AllocationWorld, cashier: User) -> None:
    issued = pickup.issue(packed_pickup(shops).pk)
    first = pickup.hand_over(at(shops), issued.code, by=cashier)
    again = pickup.hand_over(at(shops), issued.code, by=cashier)
    assert again.repeated
    assert [line.pk for line in again.lines] == [line.pk for line in first.lines]
    assert stock_at(shops.key()).on_hand == 9


def test_another_cashier_is_told_who_was_first(shops: AllocationWorld, cashier: User) -> None:
    issued = pickup.issue(packed_pickup(shops).pk)
    pickup.hand_over(at(shops), issued.code, by=cashier)
    with pytest.raises(AlreadyHandedOver) as refused:
        pickup.hand_over(at(shops), issued.code, by=shops.shops[0].user)
    assert refused.value.by == "Cara Test"
    assert "Cara Test" in refused.value.message


def test_ten_seconds_later_it_is_used_for_the_same_cashier_too(shops: AllocationWorld, cashier: User) -> None:
    issued = pickup.issue(packed_pickup(shops).pk)
    pickup.hand_over(at(shops), issued.code, by=cashier)
    PickupLine.objects.update(handed_at=timezone.now() - timedelta(seconds=11))
    with pytest.raises(AlreadyHandedOver):
        pickup.hand_over(at(shops), issued.code, by=cashier)


def test_a_code_stays_good_for_the_lines_left(shops: AllocationWorld, cashier: User) -> None:
    allocation = packed_pickup(shops)
    issued, (first, second) = pickup.issue(allocation.pk), lines_of(allocation)
    done = pickup.hand_over(at(shops), issued.code, by=cashier, line_ids=[first.pk])
    assert done.open_lines == 1
    assert state_of(allocation) == AllocationState.PACKED
    with pytest.raises(AlreadyHandedOver):
        pickup.hand_over(at(shops), issued.code, by=shops.shops[0].user, line_ids=[first.pk, second.pk])
    assert stock_at(shops.key(1, "B")).on_hand == 10, "nothing half done"
    pickup.hand_over(at(shops), issued.code, by=shops.shops[0].user)
    assert state_of(allocation) == AllocationState.COMPLETED


def test_lines_of_another_order_are_refused(shops: AllocationWorld, cashier: User) -> None:
    mine, other = packed_pickup(shops, "P-1"), packed_pickup(shops, "P-2")
    issued = pickup.issue(mine.pk)
    with pytest.raises(HandoverRefused):
        pickup.hand_over(at(shops), issued.code, by=cashier, line_ids=[lines_of(other)[0].pk])
    with pytest.raises(HandoverRefused):
        pickup.hand_over(at(shops), issued.code, by=cashier, line_ids=[])


def test_a_code_is_good_at_its_outlet_only(shops: AllocationWorld) -> None:
    issued = pickup.issue(packed_pickup(shops).pk)
    rival = shops.shops[1]
    with pytest.raises(WrongCode):
        pickup.hand_over(rival.outlet.pk, issued.code, by=rival.user)


def test_five_wrong_codes_lock_the_outlet_for_ten_minutes(shops: AllocationWorld, cashier: User) -> None:
    issued = pickup.issue(packed_pickup(shops).pk)
    for left in (4, 3, 2, 1, 0):
        with pytest.raises(WrongCode) as wrong:
            pickup.look_up(at(shops), "000000000000", by=cashier)
        assert wrong.value.left == left
    with pytest.raises(TriesLocked) as locked:
        pickup.hand_over(at(shops), issued.code, by=cashier)
    assert timezone.now() < locked.value.until <= timezone.now() + timedelta(minutes=10)
    assert PickupTry.objects.count() == 5, "a locked outlet counts nothing"
    PickupTry.objects.update(at=timezone.now() - timedelta(minutes=11))
    assert pickup.hand_over(at(shops), issued.code, by=cashier).open_lines == 0


def test_a_newer_code_voids_the_one_before(shops: AllocationWorld, cashier: User) -> None:
    allocation = packed_pickup(shops)
    first, second = pickup.issue(allocation.pk), pickup.issue(allocation.pk)
    with pytest.raises(HandoverRefused):
        pickup.look_up(at(shops), first.code, by=cashier)
    assert not PickupTry.objects.exists(), "an old code is no guess"
    pickup.hand_over(at(shops), second.code, by=cashier)


def test_an_old_code_is_refused(shops: AllocationWorld, cashier: User) -> None:
    issued = pickup.issue(packed_pickup(shops).pk)
    PickupCode.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    with pytest.raises(HandoverRefused):
        pickup.hand_over(at(shops), issued.code, by=cashier)
    assert pickup.take(PickupCode.objects.get().pk, [line.pk for line in PickupLine.objects.all()], cashier) == 0


def test_leaving_the_order_voids_its_code(shops: AllocationWorld, cashier: User) -> None:
    allocation = packed_pickup(shops)
    issued = pickup.issue(allocation.pk)
    request = held.request_unclaim(allocation.pk, by=cashier, reason="damaged", note="")
    held.decide_unclaim(request.pk, by=shops.staff, granted=True)
    with pytest.raises(HandoverRefused):
        pickup.hand_over(at(shops), issued.code, by=cashier)


def test_a_cancelled_order_voids_the_code_of_goods_to_take_away(shops: AllocationWorld, cashier: User) -> None:
    order = pickup_order(shops)
    ConsumerOrder.objects.filter(pk=order.pk).update(method="take_away")
    order.refresh_from_db()
    issued = pickup.issue(make_allocation(shops, order).pk)
    commands.cancel(shops.channel, order.external_number, expected_version=1)
    with pytest.raises(HandoverRefused):
        pickup.hand_over(at(shops), issued.code, by=cashier)


# --- Without a code ---


def test_a_second_person_lets_goods_go_without_a_code(shops: AllocationWorld, cashier: User) -> None:
    allocation = packed_pickup(shops)
    issued, boss = pickup.issue(allocation.pk), shops.shops[0].user
    ids = [line.pk for line in lines_of(allocation)]
    override = overrides.ask(allocation.pk, ids, by=cashier, reason="Phone is broken, passport seen")
    with pytest.raises(HandoverRefused):
        overrides.decide(override.pk, by=cashier, approved=True)
    with pytest.raises(HandoverRefused):
        overrides.decide(override.pk, by=shops.shops[1].user, approved=True)
    assert state_of(allocation) == AllocationState.PACKED
    overrides.decide(override.pk, by=boss, approved=True)
    overrides.decide(override.pk, by=boss, approved=True)
    assert state_of(allocation) == AllocationState.COMPLETED
    assert stock_at(shops.key()).on_hand == 9
    with pytest.raises(AlreadyHandedOver):
        pickup.hand_over(at(shops), issued.code, by=cashier)


def test_a_refused_override_hands_over_nothing(shops: AllocationWorld, cashier: User) -> None:
    allocation = packed_pickup(shops)
    override = overrides.ask(allocation.pk, [lines_of(allocation)[0].pk], by=cashier, reason="Lost")
    again = overrides.ask(allocation.pk, [lines_of(allocation)[0].pk], by=cashier, reason="Lost")
    assert again == override
    overrides.decide(override.pk, by=cashier, approved=False)
    with pytest.raises(HandoverRefused):
        overrides.decide(override.pk, by=shops.shops[0].user, approved=True)
    assert state_of(allocation) == AllocationState.PACKED


def test_an_override_needs_a_reason_and_lines_that_are_here(shops: AllocationWorld, cashier: User) -> None:
    allocation, delivery = packed_pickup(shops), make_allocation(shops, place_order(shops, "D-1"))
    ids = [lines_of(allocation)[0].pk]
    for pk, lines, reason in ((allocation.pk, ids, " "), (allocation.pk, [], "Lost"), (delivery.pk, ids, "Lost")):
        with pytest.raises(HandoverRefused):
            overrides.ask(pk, lines, by=cashier, reason=reason)
    with pytest.raises(HandoverRefused):
        overrides.ask(allocation.pk, ids, by=make_user("x@example.org", "X"), reason="Lost")


def test_the_database_refuses_the_same_person_twice(shops: AllocationWorld, cashier: User) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        PickupOverride.objects.create(
            allocation=packed_pickup(shops), reason="x", asked_by=cashier, approved=True, decided_by=cashier
        )


def test_an_override_after_the_code_was_used_changes_nothing(shops: AllocationWorld, cashier: User) -> None:
    allocation = packed_pickup(shops)
    override = overrides.ask(allocation.pk, [line.pk for line in lines_of(allocation)], by=cashier, reason="Lost")
    pickup.hand_over(at(shops), pickup.issue(allocation.pk).code, by=cashier)
    with pytest.raises(HandoverRefused):
        overrides.decide(override.pk, by=shops.shops[0].user, approved=True)
    assert stock_at(shops.key()).on_hand == 9
