"""Which outlets are looked at for an order, and in whose territory it falls."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from oscar.core.loading import get_model

from dealers.accounts.models import DealerGroup
from fulfilment.allocation import situation
from fulfilment.allocation.candidates import ANYHOW, LEAST, NEAR
from fulfilment.allocation.models import (
    ConsumerContract,
    OutletDay,
    OutletService,
)
from fulfilment.allocation.plan import plan
from fulfilment.allocation.reasons import Reason
from fulfilment.allocation.rules import CandidateFilter, Rule
from fulfilment.allocation.rulesets import live
from fulfilment.consumer.models import ConsumerOrder
from fulfilment.stock.models import OutletStock
from pricing.terms.models import PriceList
from tests.fulfilment.allocation_world import (
    AREA,
    LATITUDE,
    LONGITUDE,
    make_allocation_world,
    make_exclusive,
    make_shop,
    of,
    place_order,
)
from tests.fulfilment.outlet_samples import make_stock
from tests.fulfilment.situation_samples import facts_of, snapshot_of

pytestmark = pytest.mark.django_db
Category = get_model("catalogue", "Category")
ProductCategory = get_model("catalogue", "ProductCategory")


class TestWhoIsLookedAt:
    def test_the_nearest_with_goods_come_first_and_a_handful_of_the_nearest_without(self) -> None:
        world = make_allocation_world(shops=1)
        price_list = PriceList.objects.get()
        for number in range(2, 2 * ANYHOW + 8):
            make_shop(number, price_list, 5 * number)
        far = make_shop(99, price_list, 900)
        make_stock(far.outlet, world.products["A"], 1)
        told = snapshot_of(facts_of(place_order(world)))
        assert {world.shops[0].outlet.pk, far.outlet.pk} <= {each.id for each in told.outlets}
        assert len(told.outlets) == ANYHOW + 1

    def test_each_line_gets_its_own_nearest(self) -> None:
        world = make_allocation_world(shops=NEAR + 5, stock=0)
        for shop in world.shops:
            make_stock(shop.outlet, world.products["A"], 1)
        make_stock(world.shops[-1].outlet, world.products["B"], 1)
        told = snapshot_of(facts_of(place_order(world, "W-1", of("A"), of("B"))))
        assert world.shops[-1].outlet.pk in {each.id for each in told.outlets}
        assert len(told.outlets) == NEAR + 1

    @pytest.mark.parametrize(
        "spoil",
        [
            lambda shop: OutletService.objects.filter(pk=shop.outlet.pk).update(reach_km=1),
            lambda shop: OutletService.objects.filter(pk=shop.outlet.pk).update(delivers=False),
            lambda shop: OutletService.objects.filter(pk=shop.outlet.pk).update(daily_capacity=0),
            lambda shop: ConsumerContract.objects.filter(pk=shop.dealer.pk).update(credit_hold=True),
            lambda shop: ConsumerContract.objects.filter(pk=shop.dealer.pk).update(valid_until=dt.date(2020, 1, 1)),
            lambda shop: OutletStock.objects.filter(outlet=shop.outlet).update(safety=10),
        ],
        ids=["reach", "method", "capacity", "hold", "expired", "stock"],
    )
    def test_many_that_cannot_do_not_hide_the_one_that_can(self, spoil: Any) -> None:
        world = make_allocation_world(shops=2 * NEAR + 1)
        for shop in world.shops[:-1]:
            spoil(shop)
            OutletDay.objects.create(outlet=shop.outlet, day=situation.clock().date(), booked=0)
        order = facts_of(place_order(world))
        made = plan(order, snapshot_of(order), live()[1])
        assert [part.outlet for part in made.parts] == [world.shops[-1].outlet.pk]

    def test_dealers_who_said_no_do_not_hide_others(self) -> None:
        world = make_allocation_world(shops=2 * NEAR + 1)
        no = frozenset(shop.dealer.pk for shop in world.shops[:-1])
        told = snapshot_of(facts_of(place_order(world), declined=no))
        assert world.shops[-1].outlet.pk in {each.id for each in told.outlets}

    @pytest.mark.parametrize(
        "which",
        [
            CandidateFilter(groups=frozenset({"elite", "other"})),
            CandidateFilter(least_tier=2),
            CandidateFilter(dealers=frozenset({-1})),
            CandidateFilter(without_dealers=frozenset({-1})),
        ],
        ids=["group", "tier", "only", "without"],
    )
    def test_of_dealers_whom_a_rule_alone_asks_the_nearest_are_found(self, which: CandidateFilter) -> None:
        world = make_allocation_world(shops=60)
        one = world.shops[-1].dealer
        one.group = DealerGroup.objects.create(code="elite", name="Elite")
        one.save()
        ConsumerContract.objects.filter(pk=one.pk).update(tier=2)
        others = frozenset(shop.dealer.pk for shop in world.shops[:-1])
        which = replace(
            which, dealers=which.dealers and frozenset({one.pk}), without_dealers=which.without_dealers and others
        )
        order, rules = facts_of(place_order(world)), [Rule("certain", candidates=which), Rule("all")]
        made = plan(order, snapshot_of(order, rules=rules), rules)
        assert [(part.rule, part.dealer) for part in made.parts] == [("certain", one.pk)]

    def test_as_many_are_looked_at_as_the_rules_price_and_some_more(self) -> None:
        world = make_allocation_world(shops=60)
        order = facts_of(place_order(world))
        looked_at = [len(snapshot_of(order, rules=[Rule("x", consider=each)]).outlets) for each in (6, 12, 20)]
        assert looked_at == [6 + LEAST, 12 + LEAST, 20 + LEAST]

    def test_nearest_is_on_the_globe_not_in_degrees(self) -> None:
        world = make_allocation_world(shops=1, stock=0)
        price_list = PriceList.objects.get()
        east = [make_shop(number, price_list, 0) for number in range(2, NEAR + 2)]
        for place, shop in enumerate(east):  # 1.2° of longitude here is 81 km
            shop.outlet.longitude = LONGITUDE + Decimal("1.2") + Decimal(place) / 10_000
            shop.outlet.save()
        north = [make_shop(number, price_list, 111) for number in range(100, 100 + NEAR)]  # 1° of latitude
        for shop in (*east, *north):
            make_stock(shop.outlet, world.products["A"], 1)
        told = snapshot_of(facts_of(place_order(world)))
        assert {shop.outlet.pk for shop in east} <= {each.id for each in told.outlets}

    def test_beyond_the_date_line_is_near(self) -> None:
        world = make_allocation_world(shops=1, stock=0)
        suva = make_shop(2, PriceList.objects.get(), 0)
        suva.outlet.latitude, suva.outlet.longitude = Decimal("-17.0"), Decimal("179.9")
        suva.outlet.save()
        make_stock(suva.outlet, world.products["A"], 1)
        for number in range(3, 2 * NEAR + 4):
            other = make_shop(number, PriceList.objects.get(), 0)
            make_stock(other.outlet, world.products["A"], 1)
        order = place_order(world)
        ConsumerOrder.objects.filter(pk=order.pk).update(latitude=Decimal("-17.0"), longitude=Decimal("-179.9"))
        assert suva.outlet.pk in {each.id for each in snapshot_of(facts_of(order)).outlets}

    def test_those_asked_for_are_always_there(self) -> None:
        world = make_allocation_world(shops=2 * ANYHOW + 5, stock=0)
        far = world.shops[-1].outlet.pk
        order = facts_of(place_order(world))
        assert far not in {each.id for each in snapshot_of(order).outlets}
        assert far in {each.id for each in snapshot_of(order, always=frozenset({far})).outlets}

    def test_for_a_pickup_it_is_the_outlet_the_consumer_chose(self) -> None:
        world = make_allocation_world(shops=4)
        chosen = world.shops[2].outlet
        order = place_order(world, method="pickup", pickup_outlet=f"{chosen.dealer.number}/{chosen.code}")
        told = facts_of(order)
        assert world.shops[2].outlet.pk in {each.id for each in snapshot_of(told).outlets}
        made = plan(told, snapshot_of(told), live()[1])
        assert [part.outlet for part in made.parts] == [world.shops[2].outlet.pk]


class TestTerritories:
    def test_the_owner_of_a_far_outlet_keeps_others_out(self) -> None:
        world = make_allocation_world(shops=NEAR + 5)
        owner = world.shops[-1]
        make_exclusive(owner, AREA[:3])
        order = facts_of(place_order(world))
        made = plan(order, snapshot_of(order), live()[1])
        assert [part.dealer for part in made.parts] == [owner.dealer.pk]
        first = next(each for each in made.trace[0].candidates if each.outlet == world.shops[0].outlet.pk)
        assert set(first.reasons.values()) == {Reason.TERRITORY_CLOSED}

    def test_of_an_owners_many_outlets_those_with_goods_come_first(self) -> None:
        world = make_allocation_world(shops=1, stock=0)
        owner = world.shops[0].dealer
        for number in range(2, 3 * ANYHOW):
            shop = make_shop(number, PriceList.objects.get(), 5 * number)
            shop.outlet.dealer, shop.outlet.code = owner, f"O{number}"
            shop.outlet.save()
        far = shop.outlet
        for number in range(100, 100 + 2 * NEAR):  # others with goods, all nearer
            make_stock(make_shop(number, PriceList.objects.get(), 1).outlet, world.products["A"], 1)
        make_stock(far, world.products["A"], 1)
        make_exclusive(world.shops[0])
        assert far.pk in {each.id for each in snapshot_of(facts_of(place_order(world))).outlets}

    def test_a_circle_counts_where_it_reaches(self) -> None:
        world = make_allocation_world(shops=2)
        circle: dict[str, Any] = {"area_code": "", "latitude": LATITUDE + 1, "longitude": LONGITUDE}
        make_exclusive(world.shops[1], radius_km=112, **circle)
        make_exclusive(world.shops[0], radius_km=100, **circle)
        told = snapshot_of(facts_of(place_order(world)))
        assert [(each.dealer, each.radius) for each in told.territories] == [(world.shops[1].dealer.pk, 112_000)]

    def test_one_for_a_category_names_the_skus_in_it(self) -> None:
        world = make_allocation_world()
        above = Category.add_root(name="Kitchen")
        below = Category.objects.get(pk=above.pk).add_child(name="Pans")
        ProductCategory.objects.create(product=world.products["A"], category=below)
        make_exclusive(world.shops[0], category=above)
        (told,) = snapshot_of(facts_of(place_order(world, "W-1", of("A"), of("B")))).territories
        assert told.skus == frozenset({"A"})

    def test_the_same_code_in_another_country_is_another_area(self) -> None:
        world = make_allocation_world()
        make_exclusive(world.shops[0])
        world.shops[0].dealer.outlets.update(country="FR")
        assert snapshot_of(facts_of(place_order(world))).territories == ()
        world.shops[0].dealer.outlets.update(country="DE")
        assert len(snapshot_of(facts_of(place_order(world, "W-2"))).territories) == 1

    @pytest.mark.parametrize(
        "fields",
        [{"area_code": "20"}, {"valid_until": dt.date(2020, 1, 1)}, {"valid_from": dt.date(2099, 1, 1)}],
        ids=["elsewhere", "over", "to come"],
    )
    def test_others_do_not_count(self, fields: dict[str, Any]) -> None:
        world = make_allocation_world()
        make_exclusive(world.shops[0], **fields)
        assert snapshot_of(facts_of(place_order(world))).territories == ()
