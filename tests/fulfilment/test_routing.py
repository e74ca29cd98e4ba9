"""Orders through the services: who is asked, what is held, and where an order stands after each answer."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from fulfilment.allocation import byhand, held, improve, offers, relief, routing, sweep
from fulfilment.allocation.again import comes_out_the_same
from fulfilment.allocation.models import (
    Allocation,
    Cause,
    ConsumerCampaign,
    ConsumerContract,
    Decision,
    LeftLine,
    LineFate,
    Offer,
    OfferState,
    OutletDay,
    OutletService,
)
from fulfilment.allocation.reasons import Reason
from fulfilment.allocation.record import replay
from fulfilment.consumer.commands import cancel, change
from fulfilment.consumer.data import ConsumerConflict, body_hash
from fulfilment.consumer.models import ConsumerOrder
from fulfilment.stock.models import OutletStock
from tests.fulfilment.allocation_world import (
    AllocationWorld,
    make_allocation_world,
    make_campaign,
    make_exclusive,
    of,
    order_of,
    place_order,
)
from tests.fulfilment.outlet_samples import make_stock

pytestmark = pytest.mark.django_db


def counters(world: AllocationWorld, shop: int = 1, sku: str = "A") -> tuple[int, int, int]:
    """On hand, held and firm of a shop's stock."""
    outlet, product = world.key(shop, sku)
    return OutletStock.objects.values_list("on_hand", "held", "firm").get(outlet=outlet, product=product)


def offered(world: AllocationWorld, *lines: object, **more: object) -> tuple[ConsumerOrder, Offer]:
    """A placed order and the one offer that routing made of it."""
    order = place_order(world, "W-1", *lines, **more)  # type: ignore[arg-type]
    assert routing.allocate(order.pk)
    order.refresh_from_db()
    return order, order.offers.get()


def lapse(offer: Offer) -> None:
    Offer.objects.filter(pk=offer.pk).update(expires_at=timezone.now() - timedelta(seconds=1))


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


def test_staff_give_an_order_to_an_outlet_with_the_same_checks() -> None:
    world = make_allocation_world()
    make_exclusive(world.shops[0])
    order = place_order(world)
    with pytest.raises(byhand.AssignmentRefused) as caught:
        byhand.assign(order.pk, world.shops[1].outlet.pk, by=world.staff)
    assert set(caught.value.reasons.values()) == {Reason.TERRITORY_CLOSED}
    offer = byhand.assign(order.pk, world.shops[0].outlet.pk, by=world.staff, note="Called them")
    order.refresh_from_db()
    assert (offer.dealer, order.state, offer.decision.cause) == (world.shops[0].dealer, "offered", Cause.MANUAL)


def test_the_warehouse_and_a_cancelled_line_end_an_order() -> None:
    world = make_allocation_world()
    order = place_order(world, "W-1", of("A"), of("B"))
    first, second = order.lines.order_by("position").values_list("pk", flat=True)
    byhand.to_warehouse(order.pk, [first], by=world.staff)
    byhand.cancel_lines(order.pk, [second], by=world.staff)
    order.refresh_from_db()
    assert order.state == "allocated"
    byhand.warehouse_sent(order.pk, [first], by=world.staff)
    assert byhand.warehouse_sent(order.pk, [first], by=world.staff) == []
    order.refresh_from_db()
    assert order.state == "completed"


def test_rerouting_passes_over_whom_staff_leave_out() -> None:
    world = make_allocation_world()
    order, offer = offered(world)
    routing.reroute(order.pk, by=world.staff, without=frozenset({world.shops[1].dealer.pk}))
    offer.refresh_from_db()
    assert offer.state == OfferState.WITHDRAWN
    assert order.offers.get(state=OfferState.SENT).dealer == world.shops[2].dealer


def test_an_owner_whose_offer_was_taken_back_keeps_its_override() -> None:
    world = make_allocation_world(2)
    make_exclusive(world.shops[0])
    order, _offer = offered(world)
    routing.reroute(order.pk, by=world.staff)
    second = order.offers.get(state=OfferState.SENT)
    assert second.dealer == world.shops[1].dealer
    assert second.lines.get().overrides == [[world.shops[0].dealer.pk, 2918]]


def test_orders_decided_together_share_what_there_is() -> None:
    world = make_allocation_world(2, stock=1, batch_seconds=60)
    placed = [place_order(world, f"W-{number}") for number in range(3)]
    assert [routing.allocate(order.pk) for order in placed] == [None, None, None], "they wait for their window"
    assert sweep.decide_windows() == 0
    ConsumerOrder.objects.update(state_at=timezone.now() - timedelta(minutes=2))
    assert sweep.decide_windows() == 3
    assert Offer.objects.count() == 2
    assert {counters(world), counters(world, 2)} == {(1, 1, 0)}
    assert sorted(ConsumerOrder.objects.values_list("state", flat=True)) == ["backlog", "offered", "offered"]


def test_a_decision_is_made_again_from_its_record() -> None:
    world = make_allocation_world()
    offered(world, of("A"), of("C", 2))
    _plan, same = replay(Decision.objects.get().record)
    assert same


def test_what_nobody_has_seen_is_chosen_again_when_that_is_cheaper() -> None:
    world = make_allocation_world(2, stock=0, batch_seconds=60)
    far, near = world.key(2), world.key(1)
    make_stock(world.shops[1].outlet, world.products["A"], 5)
    OutletService.objects.filter(outlet=world.shops[1].outlet).update(freight_fixed=Decimal("25.00"))
    order = place_order(world)
    ConsumerOrder.objects.update(state_at=timezone.now() - timedelta(minutes=2))
    sweep.decide_windows()
    assert improve.reoptimise() == 0, "there is nothing better yet"
    make_stock(world.shops[0].outlet, world.products["A"], 5)
    assert improve.reoptimise() == 1
    assert order.offers.get(state=OfferState.SENT).dealer == world.shops[0].dealer
    assert [OutletStock.objects.get(outlet=key[0], product=key[1]).held for key in (far, near)] == [0, 1]
    assert improve.reoptimise() == 0


def test_what_a_dealer_has_seen_stays() -> None:
    world = make_allocation_world(2, stock=0, batch_seconds=60)
    make_stock(world.shops[1].outlet, world.products["A"], 5)
    OutletService.objects.filter(outlet=world.shops[1].outlet).update(freight_fixed=Decimal("25.00"))
    order = place_order(world)
    ConsumerOrder.objects.update(state_at=timezone.now() - timedelta(minutes=2))
    sweep.decide_windows()
    offers.seen(order.offers.get().pk, by=world.shops[1].user)
    make_stock(world.shops[0].outlet, world.products["A"], 5)
    assert improve.reoptimise() == 0
    assert order.offers.get().state == OfferState.SENT


def test_a_campaign_that_is_over_pays_nothing() -> None:
    world = make_allocation_world()
    yesterday = timezone.localdate() - timedelta(days=1)
    campaign = make_campaign(budget="100.00", valid_until=yesterday)
    _order, offer = offered(world, of(paid="899.00"), campaign_code="LAUNCH")
    assert (offer.top_up, offer.campaign) == (Decimal("67.22"), None)
    assert ConsumerCampaign.objects.get(pk=campaign.pk).used == 0


def test_the_statements_of_routing_do_not_grow_with_the_lines() -> None:
    world = make_allocation_world(stock=100)
    counted = []
    for number, lines in (("W-1", 2), ("W-2", 30)):
        order = place_order(world, number, *[of("C") for _ in range(lines)])
        with CaptureQueriesContext(connection) as queries:
            routing.allocate(order.pk)
        assert order.offers.get().lines.count() == lines
        counted.append(len(queries))
    assert counted[0] == counted[1] <= 35, counted


def test_decisions_made_together_are_made_again_together() -> None:
    world = make_allocation_world(2, stock=1, batch_seconds=60)
    for number in range(3):
        place_order(world, f"W-{number}")
    ConsumerOrder.objects.update(state_at=timezone.now() - timedelta(minutes=2))
    sweep.decide_windows()
    decisions = list(Decision.objects.all())
    assert len({decision.batch for decision in decisions}) == 1
    assert [comes_out_the_same(decision) for decision in decisions] == [True, True, True]
    Decision.objects.filter(pk=decisions[0].pk).update(record={**decisions[0].record, "plan": {}})
    assert not comes_out_the_same(Decision.objects.get(pk=decisions[0].pk))


def test_a_count_below_what_is_offered_takes_back_the_newest_offers_it_needs() -> None:
    world = make_allocation_world(1, stock=3)
    for number in range(3):
        routing.allocate(place_order(world, f"W-{number}").pk)
    first, second, third = Offer.objects.order_by("pk")
    offers.accept(second.pk, by=None)
    assert relief.relieve() == 0
    make_stock(world.shops[0].outlet, world.products["A"], 2, minutes_ago=0)
    assert relief.relieve() == 1
    assert [Offer.objects.get(pk=offer.pk).state for offer in (first, second, third)] == [
        "sent",
        "accepted",
        "withdrawn",
    ]
    make_stock(world.shops[0].outlet, world.products["A"], 0, minutes_ago=0)
    assert relief.relieve() == 1
    assert relief.relieve() == 0
    assert counters(world) == (0, 0, 1), "what was accepted stays, and is short"
