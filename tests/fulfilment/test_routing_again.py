"""Routing by hand, again and together: staff, windows, and choosing again what nobody has looked at."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from fulfilment.allocation import byhand, improve, offers, relief, routing, sweep
from fulfilment.allocation.again import comes_out_the_same
from fulfilment.allocation.models import (
    Cause,
    ConsumerCampaign,
    Decision,
    Offer,
    OfferState,
    OutletService,
)
from fulfilment.allocation.reasons import Reason
from fulfilment.allocation.record import replay
from fulfilment.consumer.models import ConsumerOrder
from fulfilment.stock.models import OutletStock
from tests.fulfilment.allocation_world import (
    make_allocation_world,
    make_campaign,
    make_exclusive,
    of,
    place_order,
)
from tests.fulfilment.outlet_samples import make_stock
from tests.fulfilment.routing_samples import counters, offered

pytestmark = pytest.mark.django_db


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
