"""Freight: whose rule holds on which day, and what is missing for free freight."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from dealers.accounts.models import DealerGroup
from pricing.selling.freight import FREE, Freight, freight_of
from pricing.selling.models import FreightRule
from tests.factories import World

D = Decimal
DAY = date(2026, 6, 15)


def rule(charge: str, free_from: str | None = None, **more: Any) -> FreightRule:
    values = {"currency": "EUR", "charge": D(charge), "free_from": D(free_from) if free_from else None}
    return FreightRule.objects.create(**(values | more))


def test_without_a_rule_nothing_is_charged(world: World) -> None:
    rule("9.00", currency="CNY")
    assert freight_of(world.alpine, D("10.00"), DAY) == FREE


@pytest.mark.parametrize(
    ("goods", "freight"),
    [
        ("0.01", Freight(D("25.00"), D("499.99"))),
        ("499.99", Freight(D("25.00"), D("0.01"))),
        ("500.00", FREE),
        ("900.00", FREE),
    ],
)
def test_it_is_free_from_the_value_of_the_rule(world: World, goods: str, freight: Freight) -> None:
    rule("25.00", "500.00")
    assert freight_of(world.alpine, D(goods), DAY) == freight


def test_without_a_value_every_order_is_charged(world: World) -> None:
    rule("25.00")
    assert freight_of(world.alpine, D("1000000.00"), DAY) == Freight(D("25.00"))


def test_the_nearest_rule_holds(world: World) -> None:
    rule("25.00")
    world.alpine.group = DealerGroup.objects.create(code="A", name="A dealers")
    world.alpine.save()
    rule("15.00", group=world.alpine.group)
    assert freight_of(world.alpine, D(1), DAY).charge == D("15.00")
    assert freight_of(world.bergen, D(1), DAY).charge == D("25.00")
    rule("0.00", dealer=world.alpine)
    assert freight_of(world.alpine, D(1), DAY) == FREE


def test_days_count_and_the_later_start_wins(world: World) -> None:
    rule("25.00")
    rule("30.00", valid_from=date(2026, 6, 1), valid_to=date(2026, 6, 30))
    assert freight_of(world.alpine, D(1), DAY).charge == D("30.00")
    assert freight_of(world.alpine, D(1), date(2026, 5, 31)).charge == D("25.00")
    assert freight_of(world.alpine, D(1), date(2026, 7, 1)).charge == D("25.00")


@pytest.mark.parametrize("values", [{"charge": D(-1)}, {"free_from": D(0)}])
def test_the_database_refuses_what_makes_no_sense(world: World, values: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError, match="freight_rule_not_negative"), transaction.atomic():
        FreightRule.objects.create(**({"currency": "EUR", "charge": D(1)} | values))
