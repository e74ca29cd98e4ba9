"""Promotions in the price path: whose, on what, when, and in how many statements."""

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
from pricing.promotions.budget import BudgetSpent, give_back, record_uses, reserve
from pricing.promotions.models import PromotionChange, PromotionUse
from pricing.promotions.write import PromotionRefused, Reach, end_promotion, last_change, reach_of, save_promotion
from pricing.quote import quote
from pricing.terms.models import PriceList
from tests import factories
from tests.factories import World
from tests.pricing.promotion_samples import promote

Category = get_model("catalogue", "Category")
ProductCategory = get_model("catalogue", "ProductCategory")


def off(world: World, dealer: Any, product: Any, at: datetime | None = None) -> D:
    return quote(dealer, [(product.pk, 1)], at).lines[0].discount


def test_a_promotion_holds_for_everybody_a_group_or_a_dealer(world: World) -> None:
    group = DealerGroup.objects.create(code="NORTH", name="North")
    world.bergen.group = group
    world.bergen.save()
    promote("ALL", percent="5")
    assert (off(world, world.alpine, world.pan), off(world, world.bergen, world.pan)) == (D("1.00"), D("1.00"))
    promote("NORTH", percent="10", reach=Reach(groups=[group]))
    promote("ALPINE", percent="20", reach=Reach(dealers=[world.alpine]))
    assert (off(world, world.alpine, world.pan), off(world, world.bergen, world.pan)) == (D("4.00"), D("2.00"))


def test_a_promotion_is_about_products_brands_and_categories_with_all_below(world: World) -> None:
    top = Category.add_root(name="Cookware")
    pots = top.add_child(name="Pots")
    ProductCategory.objects.create(product=world.pot, category=pots)
    ProductCard.objects.filter(product=world.knife).update(brand="Ferro")
    promote("CAT", percent="10", reach=Reach(categories=[top.pk]))
    promote("BRAND", percent="20", reach=Reach(brands=["Ferro"]))
    lines = quote(world.alpine, [(each.pk, 6) for each in (world.pan, world.pot, world.knife)]).lines
    assert [line.promotion_code for line in lines] == ["", "CAT", "BRAND"]
    promote("PAN", percent="1", reach=Reach(products=[world.pan]))
    assert off(world, world.alpine, world.pan) == D("0.20")


def test_dates_take_effect_by_the_supplier_s_clock_and_money_only_in_its_currency(world: World) -> None:
    promote("MAY", percent="10", valid_from=date(2026, 5, 1), valid_to=date(2026, 5, 31))
    promote("DOLLARS", "amount", amount="9", currency="USD")
    for moment, expected in [((4, 30), "0"), ((5, 1), "2.00"), ((5, 31), "2.00"), ((6, 1), "0")]:
        at = datetime(2026, *moment, 12, tzinfo=UTC)
        assert off(world, world.alpine, world.pan, at) == D(expected)


def test_the_explanation_ends_with_the_promotion_and_the_price_after_it(world: World) -> None:
    promote("TEN", percent="10")
    line = quote(world.alpine, [(world.pan.pk, 10)]).lines[0]
    assert (line.unit_price, line.full_amount, line.discount, line.net_amount) == (
        D("18.5000"), D("185.00"), D("18.50"), D("166.50"))  # fmt: skip
    promotion, net = line.steps[-2:]
    assert (promotion.kind, promotion.list_code, promotion.unit_price, promotion.change) == (
        "promotion", "TEN", D("16.6500"), D("-1.8500"))  # fmt: skip
    assert (net.kind, net.unit_price, net.change) == ("net", D("16.6500"), D(0))


def test_an_order_counts_its_value_and_its_pieces_together_and_a_page_does_not(world: World) -> None:
    promote("SPEND", "order", percent="10", minimum_value="100")
    promote("SET", "bundle", percent="50", minimum_quantity=12, reach=Reach(products=[world.pan, world.pot]))
    wanted = [(world.pan.pk, 6), (world.pot.pk, 6), (world.knife.pk, 1)]
    page = quote(world.alpine, wanted)
    assert (page.order_discount, page.line_discounts) == (D("0.00"), D("0.00"))
    order = quote(world.alpine, wanted, as_order=True)
    assert [line.discount for line in order.lines] == [D("60.00"), D("137.70"), D("0.00")]
    # 60.00 + 137.70 + 33.33 are left of the lines, of which ten percent:
    assert order.order_discount == D("23.10") == sum(line.order_share for line in order.lines)
    assert order.net_total == D("207.93") == sum(line.net_amount or 0 for line in order.lines)
    assert order.full_total == order.net_total + order.order_discount + order.line_discounts


def test_a_hint_says_how_many_more(world: World) -> None:
    promote("SET", "bundle", percent="10", minimum_quantity=12, reach=Reach(products=[world.pan, world.pot]))
    lines = quote(world.alpine, [(world.pan.pk, 3), (world.pot.pk, 6)], as_order=True).lines
    assert [line.hint.more for line in lines if line.hint] == [3, 3]


@pytest.mark.parametrize("promoted", [True, False])
def test_the_statements_do_not_grow_with_the_lines(world: World, promoted: bool) -> None:
    if promoted:
        promote("TEN", percent="10")
        promote("SET", "bundle", percent="50", minimum_quantity=12, reach=Reach(products=[world.pan, world.pot]))
        promote("SPEND", "order", percent="1", minimum_value="1")
    wholesale = PriceList.objects.get(code="WHOLESALE")
    goods = [factories.make_product(f"P-{number}", f"Product {number}") for number in range(40)]
    for product in goods:
        factories.set_price(wholesale, product, "3.33")
    for count in (1, 40, 1000):
        wanted = [(goods[number % 40].pk, number + 1) for number in range(count)]
        with CaptureQueriesContext(connection) as sent:
            quoted = quote(world.alpine, wanted, as_order=True)
        assert len(sent) == (2 if promoted else 1)
        assert all(line.discount > 0 for line in quoted.lines) is promoted


def test_a_budget_is_reserved_all_or_nothing_and_given_back_once(world: World) -> None:
    small, large = promote("A", percent="1", budget_amount="5"), promote("B", percent="1", budget_amount="50")
    free = promote("C", percent="1")
    reserve({small.pk: D("3.00"), large.pk: D("3.00"), free.pk: D("900.00")})
    record_uses("26000001", {small.pk: D("3.00"), large.pk: D("3.00"), free.pk: D("900.00")})
    with pytest.raises(BudgetSpent) as why, transaction.atomic():
        reserve({small.pk: D("2.01"), large.pk: D("3.00")})
    assert why.value.promotions == {small.pk}

    def used() -> list[D]:
        for each in (small, large):
            each.refresh_from_db()
        return [small.budget_used, large.budget_used]

    assert used() == [D("3.00"), D("3.00")]
    reserve({small.pk: D("2.00")})
    give_back("26000001")
    give_back("26000001")
    assert used() == [D("2.00"), D("0.00")]
    assert not PromotionUse.objects.filter(given_back_at=None).exists()


def test_every_change_is_recorded_and_a_stale_form_is_refused(world: World) -> None:
    found = promote("TEN", percent="10")
    seen = last_change(found.pk)
    found.percent = D(12)
    change = save_promotion(found, reach_of(found), by=world.ada, seen=seen)
    assert change is not None
    assert (change.old["percent"], change.new["percent"], change.by_name) == ("10", "12", "Ada Test")
    assert save_promotion(found, reach_of(found), by=world.ada) is None
    with pytest.raises(PromotionRefused):
        save_promotion(found, Reach(dealers=[world.alpine]), by=world.ada, seen=seen)
    assert end_promotion(found.pk, by=world.ada)
    assert not end_promotion(found.pk, by=world.ada)
    assert off(world, world.alpine, world.pan) == D(0)
    with pytest.raises(DatabaseError), transaction.atomic():
        PromotionChange.objects.update(by_name="Nobody")


def test_a_budget_given_later_counts_what_went_before(world: World) -> None:
    found = promote("TEN", percent="10")
    record_uses("26000001", {found.pk: D("30.00")})
    found.currency, found.budget_amount = "EUR", D("20.00")
    with pytest.raises(PromotionRefused):
        save_promotion(found, Reach(), by=None)
    found.budget_amount = D("40.00")
    save_promotion(found, Reach(), by=None)
    found.refresh_from_db()
    assert found.budget_used == D("30.00")


def test_a_second_promotion_with_a_code_is_refused(world: World) -> None:
    promote("TEN", percent="10")
    with pytest.raises(PromotionRefused) as why:
        promote("TEN", percent="11")
    assert why.value.field == "code"
