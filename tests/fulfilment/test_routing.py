"""Orders through the services: who is asked, what is held, and where an order stands after each answer."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from fulfilment.allocation import held, offers, routing, sweep
from fulfilment.allocation.models import (
    Allocation,
    Cause,
    ConsumerCampaign,
    ConsumerContract,
    LeftLine,
    LineFate,
    Offer,
    OfferState,
    OutletDay,
    OutletService,
)
from fulfilment.allocation.reasons import Reason
from fulfilment.consumer.commands import cancel, change
from fulfilment.consumer.data import ConsumerConflict, body_hash
from fulfilment.stock.models import OutletStock
from tests.fulfilment.allocation_world import (
    AllocationWorld,
    make_allocation_world,
    make_campaign,
    of,
    order_of,
    place_order,
)
from tests.fulfilment.routing_samples import counters, lapse, offered

pytestmark = pytest.mark.django_db


def test_the_nearest_dealer_is_asked_and_its_stock_held() -> None:
    world = make_allocation_world()
    order, offer = offered(world, of(quantity=2))
    assert (offer.dealer, offer.state, order.state) == (world.shops[0].dealer, OfferState.SENT, "offered")
    assert counters(world) == (10, 2, 0)
    assert offer.keeps >= offer.floor > 0
    assert offer.expires_at == offer.sent_at + timedelta(minutes=240)


def test_an_accepted_offer_is_held_firmly_and_shipped_and_completed() -> None:
    world = make_allocation_world()
    order, offer = offered(world)
    shop = world.shops[0]
    offers.accept(offer.pk, by=shop.user)
    assert counters(world) == (10, 0, 1)
    held.pack(offer.pk, by=shop.user)
    line = Allocation.objects.get(pk=offer.pk).lines.get()
    assert held.send(offer.pk, [line.pk], by=shop.user) == [line]
    assert counters(world) == (9, 0, 0)
    held.complete(offer.pk, by=shop.user)
    order.refresh_from_db()
    allocation = Allocation.objects.get(pk=offer.pk)
    assert (order.state, allocation.state) == ("completed", "completed")
    assert allocation.payable_on == allocation.completed_at.date() + timedelta(days=8)


def test_every_step_repeated_changes_nothing() -> None:
    world = make_allocation_world()
    _order, offer = offered(world)
    for _time in range(2):
        offers.accept(offer.pk, by=None)
        held.pack(offer.pk, by=None)
        held.send(offer.pk, list(Allocation.objects.get().lines.values_list("pk", flat=True)), by=None)
        held.complete(offer.pk, by=None)
        assert counters(world) == (9, 0, 0)
    assert list(offer.steps.values_list("to_state", flat=True)) == ["sent", "accepted", "packed", "sent", "completed"]


def test_a_decline_corrects_the_stock_and_the_next_dealer_is_asked() -> None:
    world = make_allocation_world()
    order, offer = offered(world)
    offers.decline(offer.pk, by=world.shops[0].user, reason="not_in_stock")
    order.refresh_from_db()
    assert order.state == "ready"
    assert OutletStock.objects.get(pk=_stock(world)).blocked_at
    routing.allocate(order.pk, cause=Cause.AGAIN)
    assert order.offers.get(state=OfferState.SENT).dealer == world.shops[1].dealer
    assert counters(world) == (10, 0, 0)


def _stock(world: AllocationWorld) -> int:
    outlet, product = world.key()
    return OutletStock.objects.values_list("pk", flat=True).get(outlet=outlet, product=product)


def test_a_late_answer_is_refused_and_the_sweep_asks_somebody_else() -> None:
    world = make_allocation_world()
    order, offer = offered(world)
    lapse(offer)
    with pytest.raises(offers.OfferGone) as caught:
        offers.accept(offer.pk, by=world.shops[0].user)
    assert caught.value.state == OfferState.EXPIRED
    assert sweep.expire_due() == 1
    assert sweep.expire_due() == 0
    assert counters(world) == (10, 0, 0)
    routing.allocate(order.pk, cause=Cause.AGAIN)
    assert order.offers.get(state=OfferState.SENT).dealer == world.shops[1].dealer


def test_nobody_left_puts_the_order_into_the_backlog_and_stock_brings_it_back() -> None:
    world = make_allocation_world(1)
    OutletStock.objects.update(on_hand=0)
    order = place_order(world)
    routing.allocate(order.pk)
    order.refresh_from_db()
    assert (order.state, LeftLine.objects.get().fate) == ("backlog", LineFate.BACKLOG)
    LeftLine.objects.update(tried_at=timezone.now() - timedelta(hours=1))
    assert sweep.retry_backlog() == 0
    assert sweep.retry_backlog() == 0, "it was tried just now"
    OutletStock.objects.update(on_hand=5)
    LeftLine.objects.update(tried_at=timezone.now() - timedelta(hours=1))
    assert sweep.retry_backlog() == 1
    order.refresh_from_db()
    assert order.state == "offered"


def test_competitive_offers_hold_nothing_and_the_first_takes_it() -> None:
    world = make_allocation_world(mode="competitive", offers=3)
    order = place_order(world)
    routing.allocate(order.pk)
    sent = list(order.offers.order_by("pk"))
    assert len(sent) == 3
    assert counters(world) == counters(world, 2) == (10, 0, 0)
    offers.accept(sent[1].pk, by=world.shops[1].user)
    assert [offer.state for offer in order.offers.order_by("pk")] == ["superseded", "accepted", "superseded"]
    assert counters(world, 2) == (10, 0, 1)
    with pytest.raises(offers.OfferGone) as caught:
        offers.accept(sent[0].pk, by=world.shops[0].user)
    assert "faster" in caught.value.message


def test_a_competitive_offer_whose_goods_are_gone_cannot_be_accepted() -> None:
    world = make_allocation_world(mode="competitive", offers=2)
    order = place_order(world)
    routing.allocate(order.pk)
    OutletStock.objects.update(on_hand=0)
    offer = order.offers.order_by("pk").first()
    with pytest.raises(offers.OfferGone) as caught:
        offers.accept(offer.pk, by=None)
    assert caught.value.message == "The goods are no longer available for this order."
    assert Offer.objects.get(pk=offer.pk).state == OfferState.SENT


def test_a_standing_agreement_needs_no_answer() -> None:
    world = make_allocation_world()
    ConsumerContract.objects.update(auto_accept=True)
    order, offer = offered(world)
    assert (offer.state, offer.expires_at, order.state) == (OfferState.ACCEPTED, None, "allocated")
    assert counters(world) == (10, 0, 1)


def test_a_top_up_comes_out_of_the_campaign_and_goes_back() -> None:
    world = make_allocation_world()
    campaign = make_campaign(budget="100.00")
    _order, offer = offered(world, of(paid="899.00"), campaign_code="LAUNCH")
    assert offer.top_up == Decimal("67.22")
    assert ConsumerCampaign.objects.get(pk=campaign.pk).used == Decimal("67.22")
    offers.withdraw(offer.pk, by=world.staff)
    assert ConsumerCampaign.objects.get(pk=campaign.pk).used == 0


def test_a_budget_too_small_for_the_top_up_asks_nobody() -> None:
    world = make_allocation_world()
    make_campaign(budget="67.21")
    order = place_order(world, "W-1", of(paid="899.00"), campaign_code="LAUNCH")
    decision = routing.allocate(order.pk)
    assert not order.offers.exists()
    reasons = {
        reason
        for rule in decision.record["plan"]["trace"]
        for candidate in rule["candidates"]
        for reason in candidate["reasons"].values()
    }
    assert reasons == {Reason.CAMPAIGN_BUDGET.value}


def test_a_full_day_goes_to_the_next_outlet() -> None:
    world = make_allocation_world()
    OutletService.objects.filter(outlet=world.shops[0].outlet).update(daily_capacity=1)
    first = place_order(world, "W-1")
    second = place_order(world, "W-2")
    routing.allocate(first.pk)
    routing.allocate(second.pk)
    assert first.offers.get().outlet == world.shops[0].outlet
    assert second.offers.get().outlet == world.shops[1].outlet
    assert OutletDay.objects.get().booked == 1


def test_an_order_too_large_for_one_dealer_is_split() -> None:
    world = make_allocation_world()
    for shop, sku in ((2, "A"), (3, "A"), (1, "B"), (3, "B")):
        outlet, product = world.key(shop, sku)
        OutletStock.objects.filter(outlet=outlet, product=product).update(on_hand=0)
    order = place_order(world, "W-1", of("A"), of("B"))
    routing.allocate(order.pk)
    assert {offer.dealer.number for offer in order.offers.all()} == {"S-1", "S-2"}
    first, second = order.offers.order_by("dealer__number")
    offers.accept(first.pk, by=None)
    order.refresh_from_db()
    assert order.state == "offered"
    offers.accept(second.pk, by=None)
    order.refresh_from_db()
    assert order.state == "allocated"


def test_the_channel_cancels_what_was_offered_and_accepted() -> None:
    world = make_allocation_world()
    order, offer = offered(world)
    offers.accept(offer.pk, by=None)
    cancel(world.channel, "W-1", expected_version=1)
    order.refresh_from_db()
    assert (order.state, Allocation.objects.get().state) == ("cancelled", "cancelled")
    assert counters(world) == (10, 0, 0)


def test_the_channel_cannot_cancel_what_is_packed() -> None:
    world = make_allocation_world()
    _order, offer = offered(world)
    offers.accept(offer.pk, by=None)
    held.pack(offer.pk, by=None)
    with pytest.raises(ConsumerConflict):
        cancel(world.channel, "W-1", expected_version=1)
    assert counters(world) == (10, 0, 1)


def test_a_change_takes_the_offer_back_and_the_dealer_may_be_asked_again() -> None:
    world = make_allocation_world()
    order, offer = offered(world)
    data = order_of("W-1", of(quantity=3))
    change(world.channel, data, body_hash=body_hash(data), expected_version=1)
    order.refresh_from_db()
    offer.refresh_from_db()
    assert (offer.state, order.state, counters(world)) == (OfferState.WITHDRAWN, "ready", (10, 0, 0))
    routing.allocate(order.pk, cause=Cause.AGAIN)
    assert order.offers.get(state=OfferState.SENT).dealer == world.shops[0].dealer
    assert counters(world) == (10, 3, 0)


def test_a_dealer_that_left_is_not_asked_again() -> None:
    world = make_allocation_world()
    order, offer = offered(world)
    offers.accept(offer.pk, by=None)
    request = held.request_unclaim(offer.pk, by=world.shops[0].user, reason="capacity", note="")
    held.decide_unclaim(request.pk, by=world.staff, granted=True)
    assert counters(world) == (10, 0, 0)
    order.refresh_from_db()
    assert order.state == "ready"
    routing.allocate(order.pk, cause=Cause.AGAIN)
    assert order.offers.get(state=OfferState.SENT).dealer == world.shops[1].dealer


def test_a_return_goes_back_on_the_shelf_once() -> None:
    world = make_allocation_world()
    _order, offer = offered(world, of(quantity=3))
    offers.accept(offer.pk, by=None)
    line = Allocation.objects.get().lines.get()
    held.send(offer.pk, [line.pk], by=None)
    held.give_back(line.pk, 2, by_fault=False, resellable=True, by=None, reference="return:1")
    assert counters(world) == (9, 0, 0)
    with pytest.raises(held.HeldRefused):
        held.give_back(line.pk, 2, by_fault=False, resellable=True, by=None, reference="return:2")
    assert counters(world) == (9, 0, 0)


def test_reminders_come_at_half_and_at_nine_tenths_once() -> None:
    world = make_allocation_world()
    _order, offer = offered(world)
    assert sweep.remind_due() == []
    past = timezone.now() - timedelta(seconds=1)
    Offer.objects.update(remind_half_at=past)
    assert [each.pk for each in sweep.remind_due()] == [offer.pk]
    assert sweep.remind_due() == []
    Offer.objects.update(remind_late_at=past)
    assert [each.reminders for each in sweep.remind_due()] == [2]
    assert sweep.remind_due() == []
