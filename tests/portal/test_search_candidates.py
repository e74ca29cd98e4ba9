"""The best of what fits, however little of it the dealer may buy."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from oscar.core.loading import get_model

from dealers.accounts.models import Dealer
from portal.search import candidates
from portal.search.query import find
from pricing.catalogue.intake import ProductsIntake
from pricing.catalogue.models import ProductCard
from pricing.numbers.models import DealerItemNumber
from pricing.selling.models import AssortmentRule, Effect
from pricing.terms.models import DealerPriceList
from tests import factories
from tests.intakes import take

Category = get_model("catalogue", "Category")
Product = get_model("catalogue", "Product")

pytestmark = pytest.mark.django_db

MANY = 120


@pytest.fixture
def dealer(db: None) -> Dealer:
    """Very many clamps, of which the dealer may buy the last four, and two things that are clamps in other ways."""
    take(
        ProductsIntake,
        *({"sku": f"A{n:03d}", "name_en": f"Clamp number {n}"} for n in range(MANY)),
        {"sku": "Z1", "name_en": "Anything", "description_en": "goes on a clamp"},
        {"sku": "Z2", "name_en": "Anything", "brand": "Clamp"},
        {"sku": "Z3", "name_en": "Clamping jaw"},
        {"sku": "CLAMP-8", "name_en": "Anything"},
    )
    dealer = factories.make_dealer("D-1", "Dealer")
    price_list = factories.PriceList.objects.create(code="L-1", name="List", currency=dealer.currency)
    factories.give_list(dealer, price_list)
    for product in Product.objects.filter(upc__in=["A118", "A119", "Z1", "Z2", "Z3", "CLAMP-8"]):
        factories.set_price(price_list, product, "1.00")
    return dealer


def skus(ids: Any) -> list[str]:
    names = dict(Product.objects.values_list("pk", "upc"))
    return [names[pk] for pk in ids]


@pytest.mark.parametrize("few", [candidates.FEW_PRODUCTS, 0], ids=["one by one", "in the database"])
@pytest.mark.parametrize("shares", [candidates.SHARES, (1.5,), ()], ids=["wider", "narrow", "none"])
@pytest.mark.parametrize("limit", [1, 2, 3, 6, 40, 1000])
def test_a_dealer_who_may_buy_little_of_what_fits_misses_nothing(
    dealer: Dealer, monkeypatch: pytest.MonkeyPatch, few: int, shares: tuple[float, ...], limit: int
) -> None:
    monkeypatch.setattr(candidates, "FEW_PRODUCTS", few)
    monkeypatch.setattr(candidates, "SHARES", shares)

    found = find(dealer, "clamp", limit=limit)

    assert skus(found.ids) == ["CLAMP-8", "A118", "A119", "Z3", "Z2", "Z1"][:limit]
    assert found.more == (limit < 6)


@pytest.mark.parametrize("text", ["clamp", "a1", "number", "clmap", "clamp number"])
def test_every_way_gives_the_same(dealer: Dealer, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    usual = find(dealer, text, limit=4)
    monkeypatch.setattr(candidates, "SHARES", ())
    one_by_one = find(dealer, text, limit=4)
    monkeypatch.setattr(candidates, "FEW_PRODUCTS", 0)

    assert usual.ids
    assert usual.ids == one_by_one.ids == find(dealer, text, limit=4).ids
    assert usual.corrected == one_by_one.corrected


@pytest.mark.parametrize("few", [candidates.FEW_PRODUCTS, 0], ids=["named", "worked out"])
@pytest.mark.parametrize("target", ["product", "brand", "category", "list"])
def test_a_dealer_who_may_buy_a_handful_finds_what_is_among_it(
    dealer: Dealer, monkeypatch: pytest.MonkeyPatch, target: str, few: int
) -> None:
    monkeypatch.setattr(candidates, "FEW_PRODUCTS", few)
    handful = list(Product.objects.filter(upc__in=["A007", "A077"]))
    price_list = factories.PriceList.objects.create(code="L-2", name="Other list", currency=dealer.currency)
    factories.give_list(dealer, price_list, 2)
    for product in handful if target == "list" else Product.objects.filter(upc__startswith="A"):
        factories.set_price(price_list, product, "1.00")
    if target == "list":
        DealerPriceList.objects.filter(dealer=dealer).exclude(price_list=price_list).delete()
    if target == "product":
        AssortmentRule.objects.bulk_create(
            AssortmentRule(dealer=dealer, product=product, effect=Effect.ALLOW) for product in handful
        )
    if target == "brand":
        ProductCard.objects.filter(product__in=handful).update(brand="Rare")
        AssortmentRule.objects.create(dealer=dealer, brand="Rare", effect=Effect.ALLOW)
    if target == "category":
        category = Category.add_root(name="Rare")
        for product in handful:
            product.categories.add(category)
        AssortmentRule.objects.create(dealer=dealer, category=category, effect=Effect.ALLOW)

    found = find(Dealer.objects.get(pk=dealer.pk), "clamp", limit=3)

    assert skus(found.ids) == ["A007", "A077"]
    assert not found.more


def test_a_denied_product_is_not_found_among_the_few(dealer: Dealer) -> None:
    AssortmentRule.objects.create(dealer=dealer, product=Product.objects.get(upc="A118"), effect=Effect.DENY)

    assert "A118" not in skus(find(Dealer.objects.get(pk=dealer.pk), "clamp", limit=3).ids)


def test_own_numbers_are_found_by_every_way(dealer: Dealer, monkeypatch: pytest.MonkeyPatch) -> None:
    product = Product.objects.get(upc="A119")
    stranger = factories.make_dealer("D-2", "Stranger")
    DealerItemNumber.objects.create(dealer=dealer, product=product, number="KD-1")
    DealerItemNumber.objects.create(dealer=stranger, product=Product.objects.get(upc="A118"), number="KD-2")
    monkeypatch.setattr(candidates, "SHARES", ())

    assert skus(find(dealer, "kd").ids) == ["A119"]


def test_a_better_match_is_found_behind_those_that_come_first(dealer: Dealer) -> None:
    everything = Product.objects.filter(is_public=True)
    named = Product.objects.get(upc="A050")
    take(ProductsIntake, *({"sku": f"T{n:03d}", "name_en": "Thing", "description_en": "vise"} for n in range(MANY)))
    take(ProductsIntake, {"sku": "U1", "name_en": "Thing", "brand": "Vise"})
    take(ProductsIntake, {"sku": "U2", "name_en": "Viselike"})
    named.title = "Vise"
    named.save()

    found = find(dealer, "vise", within=everything, limit=5)

    assert skus(found.ids)[:3] == ["A050", "U2", "U1"]


@pytest.mark.parametrize(("text", "most"), [("A118", 3), ("clamp number 118", 3), ("clmap nubmer 118", 6)])
def test_what_the_dealer_may_buy_is_asked_once(dealer: Dealer, text: str, most: int) -> None:
    with CaptureQueriesContext(connection) as queries:
        found = find(dealer, text)

    assert skus(found.ids)[0] == "A118"
    assert len(queries) <= most
