"""What a decision is told: the facts of an order and the snapshot of what bears on it."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from oscar.core.loading import get_model

from dealers.accounts.models import DealerGroup
from fulfilment.allocation import facts, situation
from fulfilment.allocation.candidates import ANYHOW
from fulfilment.allocation.goods import landed_cost, wholesale_margin
from fulfilment.allocation.models import (
    ConsumerContract,
    ConsumerTerms,
    DealerScore,
    OnlineTerms,
    OutletDay,
    OutletException,
    OutletService,
    ProtectedMargin,
    ProtectedTerritory,
    ProtectionKind,
    SellingModel,
)
from fulfilment.allocation.plan import plan
from fulfilment.allocation.reasons import Outcome
from fulfilment.allocation.rulesets import live
from fulfilment.allocation.scores import PRIOR_ACCEPTANCE
from fulfilment.consumer.models import ConsumerOrder
from fulfilment.stock import outlets
from fulfilment.stock.models import MoveKind, OutletStock
from pricing.margins.amounts import percent
from pricing.margins.terms import Floor, Model
from tests.fulfilment.allocation_world import (
    LATITUDE,
    LONGITUDE,
    make_allocation_world,
    make_campaign,
    make_exclusive,
    of,
    place_order,
)
from tests.fulfilment.outlet_samples import make_stock
from tests.fulfilment.situation_samples import facts_of, outlet_in, snapshot_of

pytestmark = pytest.mark.django_db
Category = get_model("catalogue", "Category")
ProductCategory = get_model("catalogue", "ProductCategory")


class TestOrderFacts:
    def test_the_freight_is_shared_among_all_lines_by_what_they_cost_before_discounts(self) -> None:
        world = make_allocation_world()
        order = place_order(world, "W-1", of("A"), of("B"), of("C"), freight="18.00")
        told = facts_of(order)
        assert [line.freight_charged for line in told.lines] == [1239, 483, 78]
        assert sum(line.freight_charged for line in told.lines) == 1800

    def test_lines_keep_their_keys_and_what_was_paid_in_minor_units(self) -> None:
        world = make_allocation_world()
        order = place_order(world, "W-1", of("A", 2, paid="1998.50"))
        (line,) = facts_of(order).lines
        assert (line.key, line.sku, line.quantity, line.paid) == (order.lines.get().pk, "A", 2, 199850)

    def test_an_order_may_be_decided_for_as_long_as_the_terms_say(self) -> None:
        world = make_allocation_world()
        order = place_order(world)
        assert facts_of(order).decide_by == order.received_at + dt.timedelta(hours=48)

    def test_it_is_promised_until_the_end_of_the_suppliers_day(self, settings: Any) -> None:
        settings.TIME_ZONE = "Asia/Shanghai"
        world = make_allocation_world()
        order = place_order(world)
        ConsumerOrder.objects.filter(pk=order.pk).update(promised_on=dt.date(2026, 11, 24))
        assert facts_of(order).promised_by == dt.datetime(2026, 11, 24, 16, tzinfo=dt.UTC)

    def test_a_campaign_in_force_when_the_order_was_placed_stands_on_every_line(self) -> None:
        world = make_allocation_world()
        make_campaign(valid_until=timezone.localdate())
        told = facts_of(place_order(world, "W-1", of("A"), of("B"), campaign_code="LAUNCH"))
        assert {line.campaign for line in told.lines} == {"LAUNCH"}
        assert told.tags == {"LAUNCH"}

    @pytest.mark.parametrize(
        "fields", [{"currency": "CNY"}, {"valid_until": dt.date(2020, 1, 1)}, {"valid_from": dt.date(2099, 1, 1)}]
    )
    def test_a_campaign_that_is_not_in_force_is_a_tag_and_no_more(self, fields: dict[str, Any]) -> None:
        world = make_allocation_world()
        make_campaign(**fields)
        told = facts_of(place_order(world, campaign_code="LAUNCH"))
        assert ({line.campaign for line in told.lines}, told.tags) == ({""}, frozenset({"LAUNCH"}))


class TestTerms:
    def test_the_newest_that_has_begun_hold(self) -> None:
        now = timezone.now()
        for days in (3, 1, -1):
            ConsumerTerms.objects.create(valid_from=now - dt.timedelta(days=days), return_days=days + 10)
        assert situation.terms_now(now).return_days == 11

    def test_without_any_it_is_said_what_to_do(self) -> None:
        with pytest.raises(situation.NoTerms, match="Set taxes"):
            situation.terms_now(timezone.now())


class TestGoods:
    def test_the_landed_cost_is_the_contract_price_with_the_tax_on_goods(self) -> None:
        world = make_allocation_world()
        goods = snapshot_of(facts_of(place_order(world))).dealers[world.shops[0].dealer.pk].goods["A"]
        assert goods == facts.Goods(780_00, Floor(percent(18)), 90_00, Model.DEALER_SELLS)

    @pytest.mark.parametrize(
        ("price", "rebate", "inbound", "tax", "landed"),
        [
            ("100.0000", 0, 0, 13, 113_00),
            ("100.0000", 10, 3, 13, 105_09),
            ("0.0150", 0, 0, 0, 2),
            ("9.9950", 0, 0, 0, 1000),
        ],
    )
    def test_it_is_rounded_once_and_half_up(self, price: str, rebate: int, inbound: int, tax: int, landed: int) -> None:
        assert landed_cost(Decimal(price), percent(rebate), percent(inbound), percent(tax)) == landed

    @pytest.mark.parametrize(
        ("cost", "margin"), [(None, 0), ("60.00", 30_00), ("95.00", -5_00)], ids=["unknown", "earned", "lost"]
    )
    def test_the_wholesale_margin_is_the_price_less_rebate_and_cost(self, cost: str | None, margin: int) -> None:
        assert wholesale_margin(Decimal(100), percent(10), Decimal(cost) if cost else None) == margin

    def test_what_a_dealer_has_no_price_for_it_has_no_goods_of(self) -> None:
        world = make_allocation_world()
        world.shops[0].dealer.price_lists.all().delete()
        told = snapshot_of(facts_of(place_order(world)))
        assert told.dealers[world.shops[0].dealer.pk].goods == {}

    def test_a_dealer_of_another_currency_is_not_nearest_and_has_no_goods(self) -> None:
        world = make_allocation_world()
        dealer = world.shops[0].dealer
        dealer.currency = "CNY"
        dealer.save()
        assert snapshot_of(facts_of(place_order(world))).dealers[dealer.pk].goods == {}

    def test_the_model_is_the_contracts(self) -> None:
        world = make_allocation_world()
        ConsumerContract.objects.update(model=SellingModel.SUPPLIER_SELLS)
        told = snapshot_of(facts_of(place_order(world)))
        assert told.dealers[world.shops[0].dealer.pk].goods["A"].model is Model.SUPPLIER_SELLS

    def test_of_protected_margins_the_nearest_category_holds_then_the_tier(self) -> None:
        world = make_allocation_world()
        above = Category.add_root(name="Kitchen")
        below = Category.objects.get(pk=above.pk).add_child(name="Pans")
        ProductCategory.objects.create(product=world.products["A"], category=below)
        ProductCategory.objects.create(product=world.products["B"], category=above)
        ProtectedMargin.objects.create(category=above, tier=1, share=Decimal(21))
        ProtectedMargin.objects.create(category=above, share=Decimal(20))
        ProtectedMargin.objects.create(category=below, share=Decimal(10), per_unit=Decimal("4.50"))
        ProtectedMargin.objects.create(category=below, tier=2, share=Decimal(25))
        told = snapshot_of(facts_of(place_order(world, "W-1", of("A"), of("B"), of("C"))))
        goods = told.dealers[world.shops[0].dealer.pk].goods
        assert goods["A"].floor == Floor(percent(10), 4_50)
        assert goods["B"].floor == Floor(percent(21))
        assert goods["C"].floor == Floor(percent(18))


class TestDealers:
    def test_contract_score_and_group_are_told(self) -> None:
        world = make_allocation_world()
        dealer = world.shops[0].dealer
        dealer.group = DealerGroup.objects.create(code="elite", name="Elite")
        dealer.save()
        ConsumerContract.objects.filter(pk=dealer.pk).update(tier=3, entitlement=Decimal("12.5"), credit_hold=True)
        DealerScore.objects.filter(pk=dealer.pk).update(acceptance=750_000, units=6)
        told = snapshot_of(facts_of(place_order(world)))
        assert told.units == 6
        found = told.dealers[dealer.pk]
        assert (found.tier, found.entitlement, found.credit_hold) == (3, 125_000, True)
        assert (found.acceptance, found.units, found.groups) == (750_000, 6, frozenset({"elite"}))

    def test_one_that_was_never_counted_is_believed_to_accept_as_a_dealer_does(self) -> None:
        world = make_allocation_world()
        DealerScore.objects.all().delete()
        told = snapshot_of(facts_of(place_order(world)))
        assert {each.acceptance for each in told.dealers.values()} == {PRIOR_ACCEPTANCE}

    def test_before_its_first_day_a_contract_is_not_active(self) -> None:
        world = make_allocation_world()
        ConsumerContract.objects.filter(pk=world.shops[0].dealer.pk).update(valid_from=dt.date(2099, 1, 1))
        told = snapshot_of(facts_of(place_order(world)))
        assert [told.dealers[shop.dealer.pk].active for shop in world.shops] == [False, True, True]

    def test_one_without_a_contract_is_not_there(self) -> None:
        world = make_allocation_world()
        ConsumerContract.objects.filter(pk=world.shops[0].dealer.pk).delete()
        assert world.shops[0].dealer.pk not in snapshot_of(facts_of(place_order(world))).dealers


class TestOutlets:
    def test_stock_is_what_can_be_promised_and_when_it_was_counted(self) -> None:
        world = make_allocation_world(stock=10)
        outlets.hold({world.key(): 3}, "offer:x")
        outlets.correct({world.key(2): 1}, "offer:y", MoveKind.NOT_IN_STOCK)
        told = snapshot_of(facts_of(place_order(world)))
        assert [outlet_in(told, world, shop).stock["A"].available for shop in (1, 2, 3)] == [7, 0, 10]
        counted = OutletStock.objects.get(outlet=world.key()[0], product=world.key()[1]).feed_as_of
        assert outlet_in(told, world).stock["A"].as_of == counted

    def test_what_was_never_counted_is_as_old_as_can_be(self) -> None:
        world = make_allocation_world()
        OutletStock.objects.update(feed_as_of=None)
        told = snapshot_of(facts_of(place_order(world)))
        assert outlet_in(told, world).stock["A"].as_of == situation.NEVER

    def test_units_given_back_count_as_released_but_not_where_there_are_none(self) -> None:
        world = make_allocation_world(stock=1)
        outlets.correct({world.key(2): 1}, "offer:y", MoveKind.NOT_IN_STOCK)
        back = {world.key(1): 2, world.key(2): 2}
        told = snapshot_of(facts_of(place_order(world)), give_back=back)
        assert [outlet_in(told, world, shop).stock["A"].available for shop in (1, 2)] == [3, 0]

    def test_units_given_back_bring_an_outlet_near_enough_to_be_looked_at(self) -> None:
        world = make_allocation_world(shops=2 * ANYHOW + 2, stock=0)
        far = world.shops[-1]
        key = make_stock(far.outlet, world.products["A"], 0)
        order = facts_of(place_order(world))
        assert far.outlet.pk not in {each.id for each in snapshot_of(order).outlets}
        assert far.outlet.pk in {each.id for each in snapshot_of(order, give_back={key: 1}).outlets}

    def test_parcels_are_those_booked_for_the_outlets_own_day(self) -> None:
        world = make_allocation_world()
        outlet = world.shops[0].outlet
        OutletService.objects.filter(pk=outlet.pk).update(daily_capacity=5, time_zone="Pacific/Kiritimati")
        today = situation.clock().astimezone(dt.timezone(dt.timedelta(hours=14))).date()
        OutletDay.objects.create(outlet=outlet, day=today, booked=3)
        OutletDay.objects.create(outlet=outlet, day=today - dt.timedelta(days=1), booked=4)
        found = outlet_in(snapshot_of(facts_of(place_order(world))), world)
        assert (found.capacity, found.booked) == (5, 3)

    def test_tariff_methods_and_hours_are_the_services(self) -> None:
        world = make_allocation_world()
        service = OutletService.objects.get(pk=world.shops[0].outlet.pk)
        service.freight_per_100_km, service.freight_zones, service.reach_km = (
            Decimal("1.50"),
            {"10": "7.50", "2": 9},
            40,
        )
        service.takes_away, service.handling_minutes = True, 90
        service.week = [[[540, 1080]]] * 6 + [[]]
        service.save()
        holiday = timezone.now().date() + dt.timedelta(days=2)
        OutletException.objects.create(service=service, day=holiday)
        found = outlet_in(snapshot_of(facts_of(place_order(world))), world)
        assert found.tariff == facts.Tariff(18_00, 1_50, {"10": 7_50, "2": 9_00}, reach=40_000)
        assert found.methods == set(facts.Method)
        assert found.handling == 90
        assert found.calendar is not None
        assert found.calendar.week[0] == ((540, 1080),)
        assert found.calendar.exceptions == {holiday: ()}

    def test_an_outlet_that_serves_no_more_offers_no_method(self) -> None:
        world = make_allocation_world()
        OutletService.objects.filter(pk=world.shops[0].outlet.pk).update(is_active=False)
        assert outlet_in(snapshot_of(facts_of(place_order(world))), world).methods == set()

    def test_one_without_a_service_is_never_looked_at(self) -> None:
        world = make_allocation_world()
        OutletService.objects.filter(pk=world.shops[0].outlet.pk).delete()
        told = snapshot_of(facts_of(place_order(world)), always=frozenset({world.shops[0].outlet.pk}))
        assert [each.id for each in told.outlets] == [shop.outlet.pk for shop in world.shops[1:]]


class TestSnapshot:
    def test_rates_caps_budgets_and_floors_are_those_of_the_moment(self) -> None:
        world = make_allocation_world()
        ConsumerTerms.objects.update(
            top_up_per_line=Decimal(50),
            top_up_per_order=Decimal(80),
            supplier_floor=Decimal(-20),
            stock_max_age_hours=24,
        )
        OnlineTerms.objects.filter(product=world.products["A"]).update(online_floor_price=Decimal("899.00"))
        make_campaign(used=Decimal("37.50"))
        told = snapshot_of(facts_of(place_order(world, campaign_code="LAUNCH")))
        assert (told.caps.share, told.caps.per_line, told.caps.supplier_floor) == (percent(10), 50_00, -20_00)
        assert (told.order_cap, told.campaigns, told.online_floors) == (80_00, {"LAUNCH": 62_50}, {"A": 899_00})
        assert told.stock_max_age == dt.timedelta(hours=24)
        assert (told.rates.goods_tax, told.rates.payment_fee, told.rates.override) == (130_000, 6_000, 30_000)

    def test_an_unknown_address_has_nobody_near(self) -> None:
        world = make_allocation_world()
        order = place_order(world)
        ConsumerOrder.objects.filter(pk=order.pk).update(latitude=None, longitude=None)
        told = facts_of(order)
        assert snapshot_of(told).outlets == ()
        assert plan(told, snapshot_of(told), live()[1]).rest[0].outcome is Outcome.BACKLOG

    def test_the_number_of_statements_is_the_same_for_one_order_and_for_many(self) -> None:
        world = make_allocation_world(shops=4)
        make_campaign()
        make_exclusive(world.shops[3])
        ProtectedTerritory.objects.create(
            dealer=world.shops[2].dealer,
            protection=ProtectionKind.PRIMARY,
            latitude=LATITUDE,
            longitude=LONGITUDE,
            radius_km=50,
        )
        orders = [
            facts_of(place_order(world, f"W-{number}", of("A"), of("B"), campaign_code="LAUNCH"))
            for number in range(40)
        ]
        counts = []
        for wanted in (orders[:1], orders):
            with CaptureQueriesContext(
                connection,
            ) as caught:
                now = situation.clock()
                terms = situation.terms_now(now)
                found = situation.snapshots(wanted, currency="EUR", terms=terms, now=now)
            assert len(found) == len(wanted)
            counts.append(len(caught))
        assert counts[0] == counts[1] <= 13

    def test_many_orders_see_what_each_alone_would(self) -> None:
        world = make_allocation_world(shops=6)
        make_exclusive(world.shops[5])
        orders = [facts_of(place_order(world, "W-1", of("A"))), facts_of(place_order(world, "W-2", of("B"), of("C")))]
        now = situation.clock()
        terms = situation.terms_now(now)
        together = situation.snapshots(orders, currency="EUR", terms=terms, now=now)
        for order, shared in zip(orders, together, strict=True):
            (alone,) = situation.snapshots([order], currency="EUR", terms=terms, now=now)
            assert shared.of_order(order) == alone.of_order(order)
            assert plan(order, shared, live()[1]) == plan(order, alone, live()[1])
