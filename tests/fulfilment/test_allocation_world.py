"""The world that tests of allocation share says what it promises."""

from __future__ import annotations

from decimal import Decimal

import pytest

from pricing.quote import quote
from tests.fulfilment.allocation_world import LATITUDE, make_allocation_world, of, place_order
from tests.fulfilment.outlet_samples import stock_at

pytestmark = pytest.mark.django_db


def test_dealers_pay_the_references_price_and_have_stock() -> None:
    world = make_allocation_world(2, stock=7)
    dealer = world.shops[0].dealer
    net = quote(dealer, [(world.products["A"].pk, 1)]).lines[0].unit_price
    assert net is not None
    assert round(net * (100 + dealer.tax_percent) / 100, 2) == Decimal("780.00")
    assert stock_at(world.key(2, "C")).available == 7


def test_orders_are_ready_at_a_place() -> None:
    world = make_allocation_world(1)
    order = place_order(world, "W-7", of("A", 2), of("B", paid="400.00"), freight="4.90")
    assert (order.state, order.latitude, order.total) == ("ready", LATITUDE, Decimal("2602.90"))


def test_the_rule_is_as_told() -> None:
    world = make_allocation_world(1, mode="competitive", offers=3)
    assert list(world.rule_set.rules.values_list("mode", "offers", "on_exhausted")) == [("competitive", 3, "backlog")]
