"""Prices of many dealers at once are those that each is quoted, and what each may buy is its assortment."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from itertools import product as cartesian
from random import Random
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from oscar.core.loading import get_model

from dealers.accounts.models import Dealer, DealerGroup
from pricing.catalogue.models import ProductCard
from pricing.landed import contract_prices, prices_of, visible
from pricing.promotions.models import Promotion
from pricing.quote import assortment, quote, sellable, supplier_day
from pricing.selling.models import AssortmentRule
from pricing.terms.derive import set_formula
from pricing.terms.models import FormulaRule, GroupPriceList, ListKind, PriceList
from tests.factories import give_list, make_dealer, make_product, set_price
from tests.pricing.promotion_samples import promote

pytestmark = pytest.mark.django_db
Category = get_model("catalogue", "Category")
Product = get_model("catalogue", "Product")
ProductCategory = get_model("catalogue", "ProductCategory")

DEALERS, LISTS = 8, 10
DAY = dt.timedelta(days=1)
#: When prices and lists hold, as days from today; None is open.
SPANS = ((None, None), (None, None), (None, None), (-3, 3), (0, None), (None, 0), (1, None), (None, -1))


def make_company(seed: int) -> tuple[list[Dealer], list[Any]]:
    """Dealers of two groups and none, of three tax rates and two currencies, with lists of every kind."""
    chance, today = Random(seed), supplier_day(timezone.now())

    def span() -> dict[str, dt.date | None]:
        start, end = (None if days is None else today + days * DAY for days in chance.choice(SPANS))
        return {"valid_from": start, "valid_to": end}

    goods = [make_product(f"P{number}", f"Product {number}", brand=chance.choice(("", "Ferro"))) for number in range(6)]
    model = make_product("M", "A model", brand="Ferro")
    Product.objects.filter(pk=model.pk).update(structure=Product.PARENT, product_class=model.product_class)
    Product.objects.filter(pk=goods[4].pk).update(structure=Product.CHILD, parent=model, product_class=None)
    Product.objects.filter(pk=goods[5].pk).update(is_public=False)
    ProductCard.objects.filter(product=goods[3]).update(discontinued_on=today + DAY)
    above = Category.add_root(name="Cookware")
    below = Category.objects.get(pk=above.pk).add_child(name="Pans")
    for each, category in ((goods[0], above), (goods[1], below), (model, below)):
        ProductCategory.objects.create(product=each, category=category)
    groups = [DealerGroup.objects.create(code=code, name=code) for code in "AB"]
    dealers = [
        make_dealer(
            f"D{number}",
            f"Dealer {number}",
            group=chance.choice((*groups, None)),
            tax_percent=chance.choice((Decimal(0), Decimal(13), Decimal("19.50"))),
            currency=chance.choice(("EUR", "EUR", "EUR", "CNY")),
        )
        for number in range(DEALERS)
    ]
    lists = [
        PriceList.objects.create(
            code=f"L{number}",
            name=f"List {number}",
            currency=chance.choice(("EUR", "EUR", "EUR", "CNY")),
            tax_included=chance.random() < 0.4,
            is_active=chance.random() < 0.9,
            **span(),
        )
        for number in range(LISTS)
    ]
    agreed = [
        PriceList.objects.create(
            code=f"{kind}{dealer.number}", name=kind, currency=dealer.currency, kind=kind, owner_dealer=dealer, **span()
        )
        for dealer in dealers
        for kind in (ListKind.AGREEMENT, ListKind.EXCEPTIONS)
        if chance.random() < 0.4
    ]
    for price_list, each in cartesian((*lists, *agreed), goods):
        if chance.random() < 0.5:
            set_price(price_list, each, f"{chance.randint(1, 99_999_999) / 10_000:.4f}", min_quantity=1, **span())
        if chance.random() < 0.3:
            set_price(price_list, each, "3.3333", min_quantity=1, valid_from=today - 2 * DAY)
        if chance.random() < 0.3:
            set_price(price_list, each, "1.0000", min_quantity=5)
    worked_out = PriceList(
        code="F",
        name="F",
        currency=lists[0].currency,
        tax_included=lists[0].tax_included,
        kind="formula",
        base=lists[0],
    )
    set_formula(worked_out, [FormulaRule(percent=Decimal("-7.5"), amount=Decimal("0.3333"))], by=None)
    for group in groups:
        for priority, price_list in enumerate(chance.sample([*lists, worked_out], 3), start=1):
            GroupPriceList.objects.create(group=group, price_list=price_list, priority=priority)
    for dealer in dealers:
        own = [each for each in agreed if each.owner_dealer_id == dealer.pk and each.kind == ListKind.AGREEMENT]
        for priority, price_list in enumerate((*own, *chance.sample([*lists, worked_out], 2)), start=1):
            give_list(dealer, price_list, priority)
    return [Dealer.objects.get(pk=dealer.pk) for dealer in dealers], goods


def rules_of(seed: int, dealers: list[Dealer]) -> None:
    """Random assortment rules at every place."""
    chance, today = Random(seed), supplier_day(timezone.now())
    scopes: list[dict[str, Any]] = [{"dealer": dealers[0]}, {"dealer": dealers[1]}, {}]
    scopes += [{"group": group} for group in DealerGroup.objects.order_by("code")]
    targets: list[dict[str, Any]] = [{"product": each} for each in Product.objects.order_by("pk")[:5]]
    targets += [{"product": Product.objects.get(upc="M")}, {"brand": "Ferro"}, {}]
    targets += [{"category": each} for each in Category.objects.order_by("path")]
    for scope, target in chance.sample(list(cartesian(scopes, targets)), chance.randint(1, 9)):
        until = chance.choice((None, None, None, today - DAY))
        AssortmentRule.objects.create(effect=chance.choice(("allow", "deny")), valid_to=until, **scope, **target)


@pytest.mark.parametrize("seed", range(6))
def test_the_price_is_what_each_dealer_is_quoted_for_one_unit(seed: int) -> None:
    dealers, goods = make_company(seed)
    today = supplier_day(timezone.now())
    found = contract_prices([dealer.pk for dealer in dealers], [each.pk for each in goods], day=today)
    quoted = {
        (dealer.pk, line.product_id): line.unit_price
        for dealer in dealers
        for line in quote(dealer, [(each.pk, 1) for each in goods]).lines
    }
    assert found == {key: price for key, price in quoted.items() if price is not None}
    assert 0 < len(found) < len(quoted), "the company is one in which both happen"


def test_a_promotion_on_the_dealers_own_orders_changes_no_contract_price() -> None:
    dealer, pan, wholesale = make_dealer("D", "Dealer"), make_product("P", "Pan"), PriceList(code="W", currency="EUR")
    wholesale.save()
    set_price(wholesale, pan, "20.00")
    give_list(dealer, wholesale)
    promote("SALE", percent="20")
    assert Promotion.objects.exists()
    line = quote(dealer, [(pan.pk, 1)]).lines[0]
    assert (line.unit_price, line.discount) == (Decimal("20.0000"), Decimal("4.00"))
    found = contract_prices([dealer.pk], [pan.pk], day=supplier_day(timezone.now()))
    assert found == {(dealer.pk, pan.pk): Decimal("20.0000")}


@pytest.mark.parametrize("seed", range(12))
def test_what_each_may_buy_is_what_its_assortment_has_besides_a_price(seed: int) -> None:
    dealers, goods = make_company(seed % 2)
    if seed:
        rules_of(seed, dealers)
    today, asked = supplier_day(timezone.now()), [each.pk for each in goods]
    keys = list(cartesian([dealer.pk for dealer in dealers], asked))
    found = visible(keys, day=today)
    assert found == {
        (each.pk, pk) for each in dealers for pk in sellable(each).filter(pk__in=asked).values_list("pk", flat=True)
    }
    buys = {(each.pk, pk) for each in dealers for pk in assortment(each, among=asked).values_list("pk", flat=True)}
    priced = contract_prices([dealer.pk for dealer in dealers], asked, day=today).keys()
    assert found & priced <= buys


def test_only_the_pairs_that_were_asked_for_are_answered() -> None:
    dealers, goods = make_company(0)
    today = supplier_day(timezone.now())
    whole = contract_prices([dealer.pk for dealer in dealers], [each.pk for each in goods], day=today)
    some = sorted(whole)[::3]
    assert prices_of(some, day=today) == {key: whole[key] for key in some}
    may = visible(whole, day=today)
    assert visible(some, day=today) == may & set(some)


def test_any_number_of_dealers_is_one_statement() -> None:
    dealers, goods = make_company(0)
    today = supplier_day(timezone.now())
    for asked in (dealers[:1], dealers):
        with CaptureQueriesContext(connection) as caught:
            contract_prices([dealer.pk for dealer in asked], [each.pk for each in goods], day=today)
        assert len(caught) == 1
