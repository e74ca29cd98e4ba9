"""Surcharges in the price path: whose, on what, when, the nearest rule of each, and in how many statements."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal as D
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext
from oscar.core.loading import get_model

from dealers.accounts.models import DealerGroup
from pricing.catalogue.models import ProductCard
from pricing.promotions.write import Reach
from pricing.quote import quote
from pricing.surcharges.models import SurchargeChange, SurchargeRule
from pricing.surcharges.write import Called, SurchargeRefused, end_rule, last_change, save_rule
from pricing.terms.models import PriceList
from tests import factories
from tests.factories import World
from tests.pricing.promotion_samples import promote
from tests.pricing.surcharge_samples import levy

Category = get_model("catalogue", "Category")
ProductCategory = get_model("catalogue", "ProductCategory")


def on(dealer: Any, product: Any, at: datetime | None = None, quantity: int = 1) -> dict[str, D]:
    """What a line of a product is charged, by code."""
    line = quote(dealer, [(product.pk, quantity)], at).lines[0]
    return {charge.levy.code: charge.amount for charge in line.surcharges}


def test_for_each_code_the_nearest_rule_decides_and_zero_switches_it_off(world: World) -> None:
    group = DealerGroup.objects.create(code="NORTH", name="North")
    world.bergen.group = group
    world.bergen.save()
    levy("METAL", percent="5")
    levy("ENERGY", percent="1")
    assert on(world.alpine, world.pan) == on(world.bergen, world.pan) == {"ENERGY": D("0.20"), "METAL": D("1.00")}
    levy("METAL", percent="10", group=group)
    assert (on(world.alpine, world.pan)["METAL"], on(world.bergen, world.pan)["METAL"]) == (D("1.00"), D("2.00"))
    levy("METAL", percent="0", dealer=world.bergen)
    assert on(world.bergen, world.pan) == {"ENERGY": D("0.20")}
    assert on(world.alpine, world.pan)["METAL"] == D("1.00")


def test_a_nearer_target_decides_within_a_scope_and_a_nearer_scope_before_any_target(world: World) -> None:
    top = Category.add_root(name="Cookware")
    pans = top.add_child(name="Pans")
    ProductCategory.objects.create(product=world.pan, category=pans)
    ProductCard.objects.filter(product=world.pan).update(brand="Ferro")
    expected = D("0.20")
    for percent, target in (("1", {}), ("2", {"brand": "Ferro"}), ("3", {"category": top}), ("4", {"category": pans}),
                            ("5", {"product": world.pan})):  # fmt: skip
        levy("METAL", percent=percent, **target)
        assert on(world.alpine, world.pan) == {"METAL": expected * int(percent)}
    levy("METAL", percent="50", dealer=world.alpine)
    assert on(world.alpine, world.pan) == {"METAL": D("10.00")}
    assert on(world.bergen, world.pan) == {"METAL": D("1.00")}


def test_dates_go_by_the_supplier_s_clock_and_the_later_start_is_nearer(world: World) -> None:
    levy("METAL", percent="10", valid_to=date(2026, 5, 31))
    levy("METAL", percent="20", valid_from=date(2026, 5, 1), valid_to=date(2026, 5, 15))
    for moment, expected in [((4, 30), "2.00"), ((5, 1), "4.00"), ((5, 15), "4.00"), ((5, 16), "2.00")]:
        at = datetime(2026, *moment, 12, tzinfo=UTC)
        assert on(world.alpine, world.pan, at) == {"METAL": D(expected)}
    assert on(world.alpine, world.pan, datetime(2026, 6, 1, 12, tzinfo=UTC)) == {}


def test_money_holds_only_in_its_currency(world: World) -> None:
    levy("DEPOSIT", "piece", amount="2", currency="USD")
    assert on(world.alpine, world.pan) == {}
    levy("DEPOSIT", "piece", amount="0.25")
    assert on(world.alpine, world.pan, quantity=10) == {"DEPOSIT": D("2.50")}


def test_a_surcharge_counts_on_what_promotions_left_and_is_no_part_of_the_price(world: World) -> None:
    promote("TEN", percent="10", reach=Reach(products=[world.pan]))
    levy("METAL", percent="3")
    line = quote(world.alpine, [(world.pan.pk, 10)], as_order=True).lines[0]
    # 10 at 18.50 less ten percent: 166.50, of which 3 %: 4.995.
    assert (line.unit_price, line.net_amount, line.surcharge_amount) == (D("18.5000"), D("166.50"), D("5.00"))
    assert line.steps[-1].unit_price == D("16.6500")


def test_surcharges_count_neither_for_a_promotion_on_the_value_nor_for_the_goods_total(world: World) -> None:
    promote("SPEND", "order", percent="5", minimum_value="186")
    levy("METAL", percent="3")
    quoted = quote(world.alpine, [(world.pan.pk, 10)], as_order=True)
    assert (quoted.net_total, quoted.order_discount) == (D("185.00"), D("0.00"))
    assert [(charge.code, charge.net) for charge in quoted.surcharges] == [("METAL", D("5.55"))]


@pytest.mark.parametrize("promoted", [True, False])
def test_the_statements_do_not_grow_with_the_lines(world: World, promoted: bool) -> None:
    if promoted:
        promote("TEN", percent="10")
    levy("METAL", percent="3")
    levy("DEPOSIT", "piece", amount="0.25", product=world.pan)
    levy("SMALL", "small", amount="25", below="500")
    wholesale = PriceList.objects.get(code="WHOLESALE")
    goods = [factories.make_product(f"P-{number}", f"Product {number}") for number in range(40)]
    for product in goods:
        factories.set_price(wholesale, product, "3.33")
    for count in (1, 40, 1000):
        wanted = [(goods[number % 40].pk, number + 1) for number in range(count)]
        with CaptureQueriesContext(connection) as sent:
            quoted = quote(world.alpine, wanted, as_order=True)
        assert len(sent) == (3 if promoted else 2)
        assert all(line.surcharges for line in quoted.lines)


def test_without_surcharges_nobody_pays_for_them(world: World, django_assert_num_queries: Any) -> None:
    end_rule(levy("METAL", percent="3").pk, by=None)
    levy("ENERGY", percent="3", valid_to=date(2020, 1, 1))
    with django_assert_num_queries(1):
        assert quote(world.alpine, [(world.pan.pk, 1)], as_order=True).surcharges == ()


def test_every_change_is_recorded_and_the_record_only_grows(world: World) -> None:
    rule = levy("METAL", percent="3", dealer=world.alpine)
    other = levy("METAL", percent="2")
    assert save_rule(rule, Called("METAL", "Metal surcharge"), by=world.rita) is None
    rule.percent = D(4)
    change = save_rule(rule, Called("metal", "Metal levy", "金属附加费"), by=world.rita)
    assert change is not None
    assert change.by_name == world.rita.get_full_name()
    assert (change.old["percent"], change.new["percent"], change.new["dealer"]) == ("3", "4", world.alpine.number)
    assert SurchargeChange.objects.get(rule=other.pk, by=world.rita).new == {
        "name": "Metal levy",
        "name_zh": "金属附加费",
    }
    assert end_rule(rule.pk, by=world.rita)
    assert not end_rule(rule.pk, by=world.rita)
    with pytest.raises(DatabaseError), transaction.atomic():
        SurchargeChange.objects.all().delete()


def test_two_rules_for_one_place_and_an_outdated_page_are_refused(world: World) -> None:
    rule = levy("METAL", percent="3")
    with pytest.raises(SurchargeRefused):
        levy("METAL", percent="4")
    seen = last_change(rule.pk)
    rule.percent = D(5)
    save_rule(rule, Called("METAL", "Metal surcharge"), by=world.rita, seen=seen)
    rule.percent = D(6)
    with pytest.raises(SurchargeRefused, match=world.rita.get_full_name()):
        save_rule(rule, Called("METAL", "Metal surcharge"), by=world.rita, seen=seen)
    end_rule(rule.pk, by=None)
    assert levy("METAL", percent="4").pk != rule.pk


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "percent", "amount": "1"},
        {"kind": "piece", "percent": "1"},
        {"kind": "small", "amount": "5"},
        {"kind": "small", "amount": "5", "percent": "1", "below": "10"},
        {"kind": "piece", "amount": "-1"},
        {"kind": "piece", "amount": "1", "currency": ""},
        {"kind": "percent", "percent": "1", "currency": "EUR"},
    ],
)
def test_postgresql_refuses_what_no_kind_says(world: World, wrong: dict[str, Any]) -> None:
    with pytest.raises(SurchargeRefused):
        levy("WRONG", **wrong)
    assert not SurchargeRule.objects.exists()
