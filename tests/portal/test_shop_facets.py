"""Facets of the catalogue: what they count, how they cut each other, and the chips that take them away."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from oscar.core.loading import get_model

from fulfilment.ordering.cart import add_to_cart, open_cart
from fulfilment.ordering.submit import OrderHead, submit
from portal.shop.entries import write_entries
from portal.shop.models import CatalogueEntry
from pricing.catalogue.models import ProductCard
from pricing.promotions.models import Promotion
from pricing.promotions.write import Reach
from tests.factories import World
from tests.portal.shop_catalogue import make_category, make_variants
from tests.pricing.promotion_samples import promote

Product = get_model("catalogue", "Product")
StockRecord = get_model("partner", "StockRecord")


@pytest.fixture
def alice(world: World, as_user: Any) -> Client:
    return as_user(world.alice)  # type: ignore[no-any-return]


def skus(response: Any) -> list[str]:
    return [row.label.sku for row in response.context["rows"]]


def facet(response: Any, name: str) -> dict[str, int]:
    found = next(facet for facet in response.context["facets"].choices if facet.name == name)
    return {value.value: value.count for value in found.values}


def chips(response: Any) -> list[str]:
    return [chip["label"] for chip in response.context["chips"]]


@pytest.fixture
def branded(world: World) -> World:
    ProductCard.objects.filter(product=world.pan).update(brand="Iron")
    ProductCard.objects.filter(product=world.pot).update(brand="Steel")
    ProductCard.objects.filter(product=world.knife).update(brand="Steel")
    write_entries([world.pan.pk, world.pot.pk, world.knife.pk])
    return world


def test_values_of_one_facet_add_up_and_facets_cut_each_other(branded: World, alice: Client) -> None:
    StockRecord.objects.filter(product=branded.pot).update(num_allocated=100)
    url = reverse("shop:catalogue")
    assert skus(alice.get(url, {"brand": "Steel"})) == ["KNIFE-8", "POT-5L"]
    assert skus(alice.get(url, {"brand": ["Steel", "Iron"]})) == ["KNIFE-8", "PAN-24", "POT-5L"]
    assert skus(alice.get(url, {"brand": "Steel", "stock": "1"})) == ["KNIFE-8"]


def test_a_facet_s_counts_follow_the_others_and_not_its_own(branded: World, alice: Client) -> None:
    StockRecord.objects.filter(product=branded.pot).update(num_allocated=100)
    response = alice.get(reverse("shop:catalogue"), {"brand": "Iron", "stock": "1"})
    assert facet(response, "brand") == {"Iron": 1, "Steel": 1}
    assert (response.context["count"], response.context["facets"].switches["stock"]) == (1, 1)


def test_filters_in_force_are_chips_that_take_them_away(branded: World, alice: Client) -> None:
    response = alice.get(reverse("shop:catalogue"), {"brand": ["Steel", "Iron"], "from": "1", "to": "25", "stock": "1"})
    assert chips(response) == [
        "In stock",
        "Brand: Iron",
        "Brand: Steel",
        "My price from 1.00",
        "My price up to 25.00",
    ]
    assert skus(response) == ["PAN-24"]
    assert response.context["chips"][1]["url"] == "?brand=Steel&from=1&to=25&stock=1"


def test_attributes_narrow_in_both_languages(world: World, alice: Client) -> None:
    make_variants("CUP", ["S", "L"])
    url = reverse("shop:catalogue")
    response = alice.get(url, {"a.size": "S"})
    assert skus(response) == ["CUP-S"]
    assert facet(response, "a.size") == {"L": 1, "S": 1}
    chinese = alice.get(url, {"a.size": "S"}, headers={"accept-language": "zh-hans"})
    assert chips(chinese) == ["尺寸：S号"]


def test_what_was_bought_before_and_what_is_new(world: World, alice: Client) -> None:
    cart = open_cart(world.alice, world.alpine)
    add_to_cart(cart, {world.pan.pk: 12})
    submit(cart, OrderHead(key="11111111-1111-1111-1111-111111111111", outlet_id=world.outlet.pk), by=world.alice)
    CatalogueEntry.objects.filter(product=world.pan).update(created_at="2020-01-01T00:00Z")
    url = reverse("shop:catalogue")
    assert skus(alice.get(url, {"bought": "1"})) == ["PAN-24"]
    assert set(skus(alice.get(url, {"new": "1"}))) == {"POT-5L", "KNIFE-8"}
    assert skus(alice.get(url, {"new": "1", "bought": "1"})) == []


def test_a_product_in_two_categories_counts_once_above_them(world: World, alice: Client) -> None:
    above = make_category("Cookware", "锅具")
    for name in ("Pans", "Gifts"):
        world.pan.categories.add(make_category(name, name, above))
    (root,) = alice.get(reverse("shop:category", args=(above.slug, above.pk))).context["tree"]
    assert (root.count, [node.count for node in root.children]) == (1, [1, 1])


def test_on_promotion_is_what_a_row_is_marked_with(branded: World, alice: Client) -> None:
    child = make_variants("CUP", ["S", "M"])[0]
    category = make_category("Knives", "刀具")
    branded.knife.categories.add(category)
    promote("PAN", percent="10", reach=Reach(products=[branded.pan]))
    promote("KNIVES", percent="10", reach=Reach(categories=[category.pk]))
    promote("CUPS", percent="10", reach=Reach(products=[child.parent]))
    promote("SPEND", "order", percent="5", minimum_value="100")
    promote("BERGEN", percent="10", reach=Reach(dealers=[branded.bergen], products=[branded.pot]))
    promote("OVER", percent="10", valid_to=date(2020, 1, 1), reach=Reach(products=[branded.pot]))
    promote("LATER", percent="10", valid_from=date(2090, 1, 1), reach=Reach(products=[branded.pot]))
    spent = promote("SPENT", percent="10", budget_amount="5", reach=Reach(products=[branded.pot]))
    Promotion.objects.filter(pk=spent.pk).update(budget_used=5)
    every = alice.get(reverse("shop:catalogue"))
    marked = [row.label.sku for row in every.context["rows"] if row.promotions]
    page = alice.get(reverse("shop:catalogue"), {"promo": "1"})
    assert skus(page) == marked
    assert {"PAN-24", "KNIFE-8"} < set(marked)
    assert "POT-5L" not in marked
    assert every.context["facets"].switches["promo"] == len(marked)
    assert chips(page) == ["On promotion"]
    assert skus(alice.get(reverse("shop:catalogue"), {"promo": "1", "brand": "Steel"})) == ["KNIFE-8"]


@pytest.mark.parametrize("reach", ["everything", "brand"])
def test_a_promotion_on_everything_or_a_brand_marks_all_of_it(branded: World, alice: Client, reach: str) -> None:
    promote("ALL", percent="10", reach=Reach(brands=["Steel"]) if reach == "brand" else Reach())
    expected = ["KNIFE-8", "POT-5L"] if reach == "brand" else ["KNIFE-8", "PAN-24", "POT-5L"]
    page = alice.get(reverse("shop:catalogue"), {"promo": "1", "sort": "sku"})
    assert skus(page) == expected
    assert all(row.promotions for row in page.context["rows"])


def test_a_promotion_is_over_on_the_next_request(branded: World, alice: Client) -> None:
    promotion = promote("PAN", percent="10", reach=Reach(products=[branded.pan]))
    url = reverse("shop:catalogue")
    assert skus(alice.get(url, {"promo": "1"})) == ["PAN-24"]
    Promotion.objects.filter(pk=promotion.pk).update(is_active=False)
    assert skus(alice.get(url, {"promo": "1"})) == []
