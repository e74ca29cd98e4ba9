"""In the order of own prices: a walk through the pages gives what quoting everything and sorting does."""

from __future__ import annotations

import random
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from dealers.accounts.models import Dealer
from pricing.by_price import Chain, Place, chain_of, in_price_order, resolved, unpriced
from pricing.quote import assortment, quote, sellable, supplier_day
from pricing.selling.models import QuantityRule
from pricing.selling.packs import packs_for
from pricing.terms.models import DealerPriceList, Price, PriceList
from tests import factories
from tests.portal.shop_catalogue import make_many

pytestmark = pytest.mark.django_db

PRODUCTS = 40


@pytest.fixture(params=range(6))
def dealer(request: pytest.FixtureRequest) -> Dealer:
    """With one to four lists, one with tax, of tiers, dates and gaps, and quantity rules every other time."""
    chance = random.Random(request.param)
    dealer = factories.make_dealer("D1", "Dealer", currency="EUR", tax_percent=Decimal("13.00"))
    PriceList.objects.create(code="WHOLESALE", name="None of the dealer's", currency="EUR")
    products = make_many(PRODUCTS)
    for product in products:
        product.card.order_multiple, product.card.minimum_quantity = chance.choice([(1, 1), (6, 1), (4, 10)])
        product.card.save()
    today = supplier_day(timezone.now())
    days = [None, None, today - timedelta(days=9), today, today + timedelta(days=1)]
    for place in range(chance.randint(1, 4)):
        own = PriceList.objects.create(code=f"L{place}", name="List", currency="EUR", tax_included=place == 1)
        DealerPriceList.objects.create(dealer=dealer, price_list=own, priority=place + 1)
        rows = {}
        for _ in range(90):
            product, least, start = chance.choice(products), chance.choice([1, 1, 1, 5, 12, 60]), chance.choice(days)
            end = chance.choice([None, None, today - timedelta(days=1), today])
            end = None if end and start and end < start else end
            price = Decimal(chance.randint(1, 12)) + Decimal(chance.choice(["0", "0.0001", "0.5"]))
            rows[product.pk, least, start] = Price(
                price_list=own, product=product, min_quantity=least, price=price, valid_from=start, valid_to=end
            )
        Price.objects.bulk_create(rows.values())
    if request.param % 2:
        QuantityRule.objects.create(dealer=dealer, product=products[0], minimum=12)
        QuantityRule.objects.create(minimum=5, multiple=5)
    return dealer


def expected(dealer: Dealer) -> list[tuple[Decimal, int]]:
    ids = list(assortment(dealer).values_list("pk", flat=True))
    packs = packs_for(dealer, ids)
    lines = quote(dealer, [(pk, packs[pk].minimum) for pk in ids]).lines
    return sorted((line.unit_price, line.product_id) for line in lines if line.unit_price is not None)


def chain(dealer: Dealer) -> Chain:
    return chain_of(dealer, supplier_day(timezone.now()))


def walk(dealer: Dealer, size: int, **more: Any) -> list[Place]:
    found: list[Place] = []
    edge = None
    while page := in_price_order(chain(dealer), sellable(dealer), size, edge=edge, **more):
        found += page
        edge = page[-1]
    return found


@pytest.mark.parametrize("size", [1, 7, 100])
def test_the_pages_together_are_everything_that_has_a_price_in_order(dealer: Dealer, size: int) -> None:
    found = walk(dealer, size)
    assert sorted((place.net, place.product_id) for place in found) == expected(dealer)
    assert found == sorted(found)


def test_walking_backwards_is_the_same_from_the_other_end(dealer: Dealer) -> None:
    assert walk(dealer, 7, backwards=True) == walk(dealer, 7)[::-1]


def test_bounds_are_inclusive_and_exact(dealer: Dealer) -> None:
    lowest, highest = Decimal("2.5"), Decimal(7)
    wanted = {pk for net, pk in expected(dealer) if lowest <= net <= highest}
    assert {place.product_id for place in walk(dealer, 5, lowest=lowest, highest=highest)} == wanted
    fitting = resolved(chain(dealer), lowest=lowest, highest=highest)
    assert set(assortment(dealer).filter(pk__in=fitting).values_list("pk", flat=True)) == wanted


def test_what_has_no_price_at_the_smallest_order_is_the_rest(dealer: Dealer) -> None:
    rest = unpriced(chain(dealer), assortment(dealer)).values_list("pk", flat=True)
    everything = set(assortment(dealer).values_list("pk", flat=True))
    assert set(rest) == everything - {pk for _, pk in expected(dealer)}


def test_a_changed_price_moves_its_product_at_once(dealer: Dealer) -> None:
    first = walk(dealer, 100)[0]
    Price.objects.filter(product=first.product_id).update(price=Decimal("9999.0000"))
    assert walk(dealer, 100)[-1].product_id == first.product_id


def test_without_lists_there_is_nothing(dealer: Dealer) -> None:
    DealerPriceList.objects.filter(dealer=dealer).delete()
    assert in_price_order(chain(dealer), sellable(dealer), 10) == []
