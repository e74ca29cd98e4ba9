"""Simulated consumers: the same orders for the same seed, through the intake, none of them twice."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from fulfilment.allocation.models import ConsumerContract, OutletService, RuleSet
from fulfilment.consumer.checks import problems_of
from fulfilment.consumer.data import AddressData, ContactData
from fulfilment.consumer.models import ConsumerOrder
from fulfilment.stock.models import OutletStock
from portal.demo.shoppers import Counter as Desk
from portal.demo.shoppers import Good, Home, Shoppers
from tests import factories
from tests.factories import World

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
BERLIN = AddressData("DE", "10115", city="Berlin", latitude=Decimal("52.532"), longitude=Decimal("13.385"))
HOME = Home(BERLIN, ContactData("Erika", address_line1="Ackerstr. 1"))
GOODS = [Good(f"SKU-{place}", Decimal(place * 10)) for place in range(1, 31)]
SHOPPERS = Shoppers(7, "EUR", GOODS, [HOME])
CONSUMERS = """account_number,email,phone,address_line1,address_line2,city,state,country_code,postal_code,\
latitude,longitude
C1,jon24@example.org,1,1 High St,,Seattle,Washington,US,98104,47.6,-122.3
C2,amy2@example.org,2,2 High St,,Nowhere,Washington,US,98104,,
"""
PRODUCTS = """product_number,list_price,sell_end_date
PAN-24,59.9000,
POT-5L,99.0000,2025-01-01
KNIFE-8,0.0000,
UNKNOWN-1,10.0000,
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "consumers.csv").write_text(CONSUMERS, encoding="utf-8")
    (tmp_path / "products.csv").write_text(PRODUCTS, encoding="utf-8")
    return tmp_path


def test_the_same_place_of_the_same_seed_is_the_same_order() -> None:
    assert [SHOPPERS.order(place, NOW) for place in range(50)] == [
        replace(SHOPPERS).order(place, NOW) for place in range(50)
    ]
    other = replace(SHOPPERS, seed=8)
    assert [SHOPPERS.order(place, NOW).lines for place in range(9)] != [
        other.order(place, NOW).lines for place in range(9)
    ]


def test_every_order_adds_up_and_is_near_a_home_at_an_online_price() -> None:
    lists = {good.sku: good.price for good in GOODS}
    for order in (SHOPPERS.order(place, NOW) for place in range(300)):
        assert problems_of(order, "EUR") == []
        assert 1 <= len(order.lines) <= 3
        assert len({line.sku for line in order.lines}) == len(order.lines)
        for line in order.lines:
            assert Decimal("0.849") <= line.gross / line.quantity / lists[line.sku] <= 1
        assert order.address.latitude is not None
        assert abs(order.address.latitude - Decimal("52.532")) < Decimal("0.01")


def test_a_few_goods_are_wanted_most() -> None:
    wanted = Counter(line.sku for place in range(600) for line in SHOPPERS.order(place, NOW).lines)
    (_first, most), *_rest = wanted.most_common()
    assert most > 4 * wanted.total() / len(GOODS)


def test_some_fetch_at_the_counter_nearby_and_none_far_away() -> None:
    desk = Desk("D-1/MAIN", Decimal("52.5"), Decimal("13.4"))
    near = replace(SHOPPERS, counters=[desk])
    far = replace(SHOPPERS, counters=[replace(desk, latitude=Decimal(48))])
    assert {order.pickup_outlet for order in (near.order(place, NOW) for place in range(200))} == {"", "D-1/MAIN"}
    assert {order.method for order in (far.order(place, NOW) for place in range(200))} == {"delivery"}


def test_nobody_buys_nothing() -> None:
    with pytest.raises(ValueError, match="goods to buy"):
        replace(SHOPPERS, goods=[])


def test_a_folder_becomes_orders_once(world: World, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    factories.make_dealer("D-US", "Boston Pans", currency="USD")
    call_command("simulate_consumer_orders", str(folder), orders=30)
    call_command("simulate_consumer_orders", str(folder), orders=40)
    assert "30 orders taken, 0 were there already." in (said := capsys.readouterr().out)
    assert "10 orders taken, 30 were there already." in said
    assert ConsumerOrder.objects.count() == 40
    assert set(ConsumerOrder.objects.values_list("currency", "state", "lines__sku")) == {("USD", "ready", "PAN-24")}


def test_dealers_are_furnished_where_they_lack_anything(world: World, folder: Path) -> None:
    outlet = factories.make_dealer("D-US", "Boston Pans", currency="USD").outlets.get()
    outlet.latitude, outlet.longitude = Decimal("47.6"), Decimal("-122.3")
    outlet.save()
    call_command("simulate_consumer_orders", str(folder), orders=1, furnish=True)
    call_command("simulate_consumer_orders", str(folder), orders=1, furnish=True)
    assert OutletService.objects.get().outlet == outlet
    assert ConsumerContract.objects.get().rebate == Decimal("40.0000")
    assert OutletStock.objects.get().product == world.pan
    assert RuleSet.objects.get().rules.count() == 3


def test_the_portals_own_goods_and_places_serve_where_there_is_no_folder(world: World) -> None:
    world.pan.card.recommended_retail_price = Decimal("59.90")
    world.pan.card.save()
    outlet = world.outlet
    outlet.latitude, outlet.longitude = Decimal("52.5"), Decimal("13.4")
    outlet.save()
    call_command("simulate_consumer_orders", orders=20, furnish=True, seed=3)
    orders = ConsumerOrder.objects.filter(channel__code="simulated", currency="EUR", lines__product=world.pan)
    assert orders.count() == 20


def test_what_is_missing_is_said(world: World, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"There is no .*products\.csv"):
        call_command("simulate_consumer_orders", str(tmp_path))
    with pytest.raises(CommandError, match="at least one order"):
        call_command("simulate_consumer_orders", orders=0)
