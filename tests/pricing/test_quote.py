"""The one price path: which price holds, for whom, when, and in how many statements."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from pricing.quote import assortment, quote, supplier_day
from pricing.terms.models import PriceList
from tests import factories
from tests.factories import World

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
