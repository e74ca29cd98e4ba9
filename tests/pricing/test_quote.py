"""The one price path: which price holds, for whom, when, and in how many statements."""

from __future__ import annotations

import json
import random
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.db.models import Q
from django.utils import timezone
from oscar.core.loading import get_model

from dealers.accounts.models import Dealer, DealerGroup, Supplier
from pricing.catalogue.models import ProductCard
from pricing.quote import assortment, quote, supplier_day
from pricing.terms.models import GroupPriceList, Price, PriceList
from tests import factories
from tests.factories import World

Product = get_model("catalogue", "Product")

D = Decimal


def test_the_tier_that_the_quantity_reaches_prices_the_line(world: World) -> None:
    below, at, above = quote(world.alpine, [(world.pan.pk, 9), (world.pan.pk, 10), (world.pan.pk, 11)]).lines
    assert (below.unit_price, below.net_amount) == (D("20.0000"), D("180.00"))
    assert (at.unit_price, at.net_amount) == (D("18.5000"), D("185.00"))
    assert above.net_amount == D("203.50")
    assert below.next_tier is not None
    assert below.next_tier.min_quantity == 10
    assert above.next_tier is None


def test_a_price_of_four_decimals_is_rounded_once_per_line(world: World) -> None:
    assert quote(world.alpine, [(world.knife.pk, 3)]).lines[0].net_amount == D("100.00")


def test_tax_is_rounded_once_and_its_shares_sum_to_it(world: World) -> None:
    found = quote(world.alpine, [(world.knife.pk, 1), (world.knife.pk, 1), (world.pan.pk, 1)])
    assert found.net_total == D("86.66")
    assert found.tax_total == D("11.27")
    assert sum(found.line_taxes()) == found.tax_total
    assert found.total == D("97.93")


def test_the_nearest_list_that_prices_a_product_wins(world: World) -> None:
    agreement = PriceList.objects.get(code="ALPINE")
    factories.set_price(agreement, world.pan, "21.00")
    line = quote(world.alpine, [(world.pan.pk, 50)]).lines[0]
    assert (line.unit_price, line.list_code) == (D("21.0000"), "ALPINE"), "tiers of another list are never mixed in"


def test_below_the_lowest_tier_of_a_near_list_the_next_list_prices(world: World) -> None:
    agreement = PriceList.objects.get(code="ALPINE")
    factories.set_price(agreement, world.pan, "15.00", min_quantity=100)
    few, many = quote(world.alpine, [(world.pan.pk, 99), (world.pan.pk, 100)]).lines
    assert (few.list_code, few.unit_price) == ("WHOLESALE", D("18.5000"))
    assert (many.list_code, many.unit_price) == ("ALPINE", D("15.0000"))


def test_dates_are_inclusive_and_the_supplier_s(world: World) -> None:
    wholesale = PriceList.objects.get(code="WHOLESALE")
    factories.set_price(wholesale, world.pan, "25.00", valid_from=date(2026, 6, 1), valid_to=date(2026, 6, 30))

    def on(moment: str) -> Any:
        return quote(world.bergen, [(world.pan.pk, 1)], at=datetime.fromisoformat(moment)).lines[0].unit_price

    assert on("2026-05-31T15:59:59+00:00") == D("20.0000"), "still 31 May in Shanghai"
    assert on("2026-05-31T16:00:00+00:00") == D("25.0000"), "1 June in Shanghai"
    assert on("2026-06-30T15:59:59+00:00") == D("25.0000")
    assert on("2026-06-30T16:00:00+00:00") == D("20.0000")


def test_another_dealer_s_agreement_does_not_exist(world: World) -> None:
    assert quote(world.bergen, [(world.knife.pk, 1)]).lines[0].unit_price is None
    assert world.knife not in assortment(world.bergen)
    assert world.knife in assortment(world.alpine)


def test_lists_in_another_currency_do_not_count(world: World) -> None:
    yuan = PriceList.objects.create(code="CNY", name="Yuan", currency="CNY")
    factories.set_price(yuan, world.knife, "9.00")
    factories.give_list(world.bergen, yuan, 2)
    assert quote(world.bergen, [(world.knife.pk, 1)]).lines[0].unit_price is None
    assert world.knife not in assortment(world.bergen)


def test_discontinued_and_hidden_products_leave_the_assortment(world: World) -> None:
    today = supplier_day(timezone.now())
    world.pan.card.discontinued_on = today
    world.pan.card.save()
    world.pot.is_public = False
    world.pot.save()
    assert set(assortment(world.bergen)) == set()
    assert world.pan in assortment(world.bergen, at=timezone.now() - timedelta(days=1))


@pytest.mark.parametrize("count", [10, 1000])
def test_one_statement_prices_any_number_of_lines(world: World, count: int, django_assert_num_queries: Any) -> None:
    wanted = [(world.pan.pk, quantity) for quantity in range(1, count + 1)]
    with django_assert_num_queries(1):
        assert len(quote(world.alpine, wanted).lines) == count


@pytest.mark.parametrize("count", [1, 40, 1000])
def test_explaining_every_line_costs_one_statement_more(
    world: World, count: int, django_assert_num_queries: Any, settings: Any
) -> None:
    settings.OSCAR_DEFAULT_CURRENCY = "EUR"
    wanted = [(world.pan.pk, quantity) for quantity in range(1, count + 1)]
    with django_assert_num_queries(2):
        lines = quote(world.alpine, wanted).lines
        assert all(line.steps and line.tiers for line in lines)
        assert [line.gain is None for line in lines] == [line.quantity >= 10 for line in lines]
        assert {line.rrp for line in lines} == {line.margin for line in lines} == {None}


GOLDEN = (
    # own lists, group's list, quantity → code of the list that rules, price
    ({"A1": {1: "10"}, "A2": {1: "8"}}, {}, 1, "A1", "10"),
    ({"A1": {5: "10"}, "A2": {1: "8"}}, {}, 4, "A2", "8"),
    ({"A1": {5: "10"}, "A2": {1: "8"}}, {}, 5, "A1", "10"),
    ({"A1": {1: "10", 5: "9"}, "A2": {5: "7"}}, {}, 9, "A1", "9"),
    ({}, {"G1": {1: "12"}, "G2": {1: "11"}}, 1, "G1", "12"),
    ({"A1": {2: "10"}}, {"G1": {1: "12"}}, 1, "G1", "12"),
    ({"A1": {2: "10"}}, {"G1": {1: "9"}}, 2, "A1", "10"),
    ({"A1": {2: "10"}}, {"G1": {3: "9"}}, 1, "", None),
)


@pytest.mark.parametrize(("own", "shared", "quantity", "code", "price"), GOLDEN)
def test_the_chain_of_lists_in_numbers(
    world: World, own: dict[str, Any], shared: dict[str, Any], quantity: int, code: str, price: str | None
) -> None:
    dealer = factories.make_dealer("D-GOLDEN", "Golden")
    dealer.group = DealerGroup.objects.create(code="SILVER", name="Silver")
    dealer.save()
    for lists, give in ((own, factories.give_list), (shared, _give_group)):
        for priority, (name, tiers) in enumerate(lists.items(), start=1):
            price_list = PriceList.objects.create(code=name, name=name, currency="EUR")
            for least, amount in tiers.items():
                factories.set_price(price_list, world.pan, amount, min_quantity=least)
            give(dealer, price_list, priority)
    line = quote(dealer, [(world.pan.pk, quantity)]).lines[0]
    assert (line.list_code, line.unit_price) == (code, price and D(price))
    assert (world.pan in assortment(dealer)) is bool(own or shared)


def _give_group(dealer: Dealer, price_list: PriceList, priority: int) -> None:
    GroupPriceList.objects.create(group=dealer.group, price_list=price_list, priority=priority)


def test_a_list_that_dealer_and_group_share_counts_once_where_it_is_nearest(world: World) -> None:
    world.alpine.group = DealerGroup.objects.create(code="SILVER", name="Silver")
    world.alpine.save()
    _give_group(world.alpine, PriceList.objects.get(code="WHOLESALE"), 1)
    chain = world.alpine.chain.order_by("rank").values_list("rank", "price_list__code")
    assert list(chain) == [(1, "ALPINE"), (2, "WHOLESALE")]


def test_a_list_that_is_not_active_prices_nothing(world: World) -> None:
    PriceList.objects.filter(code="ALPINE").update(is_active=False)
    assert quote(world.alpine, [(world.knife.pk, 1)]).lines[0].unit_price is None
    assert world.knife not in assortment(world.alpine)


@pytest.mark.parametrize(
    ("price", "tax", "net", "amount"),
    [
        ("11.30", "13.00", "10.0000", "70.00"),
        ("9.99", "13.00", "8.8407", "61.88"),
        ("100.00", "0.00", "100.0000", "700.00"),
        ("0.0113", "25.00", "0.0090", "0.06"),
        ("12.3457", "9.00", "11.3263", "79.28"),
    ],
)
def test_tax_is_taken_out_of_prices_that_include_it(world: World, price: str, tax: str, net: str, amount: str) -> None:
    special = PriceList.objects.get(code="ALPINE")
    special.tax_included = True
    special.save()
    factories.set_price(special, world.pan, price)
    world.alpine.tax_percent = D(tax)
    line = quote(world.alpine, [(world.pan.pk, 7)]).lines[0]
    assert (line.unit_price, line.net_amount) == (D(net), D(amount))
    assert line.tiers[0].price == line.unit_price == line.steps[-1].unit_price


def test_of_two_prices_for_a_quantity_the_one_valid_last_rules(world: World) -> None:
    chance = random.Random(7)
    wholesale = PriceList.objects.get(code="WHOLESALE")
    today = date(2026, 6, 15)
    starts = [None, *(today + timedelta(days=day) for day in range(-40, 40, 4))]
    rows = [
        factories.set_price(
            wholesale,
            world.knife,
            str(chance.randint(1, 99)),
            min_quantity=least,
            valid_from=start,
            valid_to=(start or today) + timedelta(days=chance.randint(0, 30)) if chance.random() < 0.7 else None,
        )
        for least in (1, 3, 8)
        for start in starts
        if chance.random() < 0.8
    ]
    for day in range(-50, 80, 7):
        on = today + timedelta(days=day)
        holding = [
            row
            for row in rows
            if (row.valid_from or date.min) <= on <= (row.valid_to or date.max) and row.min_quantity <= 5
        ]
        best = max(holding, key=lambda row: (row.min_quantity, row.valid_from or date.min), default=None)
        at = datetime.combine(on, time(4), tzinfo=UTC)
        line = quote(world.bergen, [(world.knife.pk, 5)], at).lines[0]
        assert line.unit_price == (best and best.price), on


def test_an_expired_price_is_none(world: World) -> None:
    PriceList.objects.get(code="ALPINE").prices.update(valid_to=date(2026, 1, 31))
    at = datetime(2026, 2, 1, 0, 30, tzinfo=timezone.get_default_timezone())
    line = quote(world.alpine, [(world.knife.pk, 1)], at).lines[0]
    assert (line.unit_price, line.net_amount, line.steps, line.gain, line.margin) == (None, None, (), None, None)
    assert world.knife not in assortment(world.alpine, at)


@pytest.mark.parametrize(
    ("with_tax", "shown", "margin"),
    [(True, True, (D("15.3097"), D("43.4"))), (False, True, (D("19.9000"), D("49.9"))), (True, False, None)],
)
def test_margin_compares_prices_before_tax(
    world: World, settings: Any, with_tax: bool, shown: bool, margin: Any
) -> None:
    settings.OSCAR_DEFAULT_CURRENCY = "EUR"
    Supplier.objects.update(retail_prices_include_tax=with_tax)
    ProductCard.objects.filter(pk=world.pan.pk).update(recommended_retail_price="39.90")
    world.alpine.shows_margin = shown
    line = quote(world.alpine, [(world.pan.pk, 1)]).lines[0]
    assert (line.rrp, line.margin) == (D("39.90") if shown else None, margin)


def test_retail_prices_are_the_supplier_s_currency(world: World, settings: Any) -> None:
    settings.OSCAR_DEFAULT_CURRENCY = "CNY"
    ProductCard.objects.filter(pk=world.pan.pk).update(recommended_retail_price="39.90")
    assert quote(world.alpine, [(world.pan.pk, 1)]).lines[0].rrp is None


def test_the_assortment_among_a_few_is_the_assortment_of_these(world: World) -> None:
    every = Product.objects.order_by("pk")
    for dealer in (world.alpine, world.bergen):
        mine = set(assortment(dealer))
        assert set(assortment(dealer, among=[each.pk for each in every])) == mine
        assert set(assortment(dealer, among=every.values("pk"))) == mine
        for each in every:
            assert set(assortment(dealer, among=[each.pk])) == {each} & mine
    assert not assortment(world.alpine, among=[])


def test_the_assortment_among_a_few_reads_only_their_prices(world: World) -> None:
    class_ = world.pan.product_class
    goods = [Product(upc=f"X{n}", title="X", slug=f"x{n}", product_class=class_) for n in range(3000)]
    wholesale = PriceList.objects.get(code="WHOLESALE")
    made = Product.objects.bulk_create(goods)
    Price.objects.bulk_create(Price(price_list=wholesale, product=each, price=1) for each in made)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")  # the plan is chosen by what is known of every table in it
    code, ids = made[7].upc, [made[8].pk]
    by_code_or_id = Product.objects.filter(Q(upc=code) | Q(pk__in=ids)).values("pk")

    for among in (by_code_or_id, ids):
        plan = json.loads(assortment(world.alpine, among=among).explain(analyze=True, format="json"))[0]["Plan"]
        assert _prices_read(plan) <= 4


def _prices_read(plan: dict[str, Any]) -> float:
    """How many rows of prices a plan went through, those included that did not fit."""
    own = plan["Actual Rows"] + plan.get("Rows Removed by Filter", 0)
    read = own * plan["Actual Loops"] if plan.get("Relation Name") == Price._meta.db_table else 0
    return float(read + sum(_prices_read(part) for part in plan.get("Plans", ())))
