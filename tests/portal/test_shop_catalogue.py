"""Browsing: the dealer's own prices, nothing that is not theirs, and a constant number of statements."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import translation
from oscar.core.loading import get_model

from fulfilment.ordering.cart import add_to_cart, open_cart
from fulfilment.ordering.submit import OrderHead, submit
from fulfilment.stock.models import Location, StockLevel
from portal.search.index import reindex
from portal.shop import listing
from portal.shop.entries import sort_key, write_entries
from portal.shop.rows import product_url, variant_words
from pricing.catalogue.models import ProductCard
from pricing.terms.models import Price, PriceList
from tests import factories
from tests.factories import World
from tests.portal.shop_catalogue import make_category, make_many, make_variants

Product = get_model("catalogue", "Product")
StockRecord = get_model("partner", "StockRecord")


@pytest.fixture
def alice(world: World, as_user: Any) -> Client:
    return as_user(world.alice)  # type: ignore[no-any-return]


def rows(response: Any) -> dict[str, Any]:
    return {row.label.sku: row for row in response.context["rows"]}


def skus(response: Any) -> list[str]:
    return [row.label.sku for row in response.context["rows"]]


def test_the_list_shows_own_prices_packs_and_stock(world: World, alice: Client) -> None:
    add_to_cart(open_cart(world.alice, world.alpine), {world.pan.pk: 7})
    response = alice.get(reverse("shop:catalogue"))
    found = rows(response)
    assert found["PAN-24"].unit_price == Decimal("20.0000")
    assert found["PAN-24"].next_tier.price == Decimal("18.5000")
    assert (found["PAN-24"].in_cart, found["PAN-24"].stock.available) == (7, 100)
    assert found["KNIFE-8"].unit_price == Decimal("33.3333")
    page = response.content.decode()
    for text in ("packs of 6", "from 10: 18.50", "33.3333", "7 in the cart", "before 13 % tax"):
        assert text in page


def test_another_dealer_s_agreement_is_not_in_the_list(world: World, as_user: Any) -> None:
    found = rows(as_user(world.bob).get(reverse("shop:catalogue")))
    assert set(found) == {"PAN-24", "POT-5L"}


def test_names_follow_the_reader_s_language(world: World, alice: Client) -> None:
    page = alice.get(reverse("shop:catalogue"), headers={"accept-language": "zh-hans"}).content.decode()
    assert "平底锅24厘米" in page
    assert "Frying pan 24 cm" not in page


def test_what_was_bought_last_is_told(world: World, alice: Client) -> None:
    cart = open_cart(world.alice, world.alpine)
    add_to_cart(cart, {world.pan.pk: 12})
    submit(cart, OrderHead(key="11111111-1111-1111-1111-111111111111", outlet_id=world.outlet.pk), by=world.alice)
    bought = rows(alice.get(reverse("shop:catalogue")))["PAN-24"].bought
    assert (bought.quantity, bought.unit_price) == (12, Decimal("18.5000"))


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("sort=name", ["KNIFE-8", "PAN-24", "POT-5L"]),
        ("sort=sku", ["KNIFE-8", "PAN-24", "POT-5L"]),
        ("sort=newest", ["KNIFE-8", "POT-5L", "PAN-24"]),
        ("sort=price", ["PAN-24", "KNIFE-8", "POT-5L"]),
        ("sort=nonsense&after=rubbish", ["KNIFE-8", "PAN-24", "POT-5L"]),
    ],
)
def test_sorting(world: World, alice: Client, query: str, expected: list[str]) -> None:
    assert skus(alice.get(f"{reverse('shop:catalogue')}?{query}")) == expected


def test_sorting_by_price_goes_by_the_price_of_the_smallest_order(world: World, alice: Client) -> None:
    factories.set_price(PriceList.objects.get(code="WHOLESALE"), world.pot, "5.00", min_quantity=6)
    response = alice.get(f"{reverse('shop:catalogue')}?sort=price")
    assert skus(response)[0] == "POT-5L"
    assert rows(response)["POT-5L"].unit_price == Decimal("5.0000")


def test_only_what_is_in_stock(world: World, alice: Client) -> None:
    StockRecord.objects.filter(product=world.pan).update(num_allocated=100)
    assert set(skus(alice.get(f"{reverse('shop:catalogue')}?stock=1"))) == {"POT-5L", "KNIFE-8"}
    everything = rows(alice.get(reverse("shop:catalogue")))
    assert everything["PAN-24"].stock.state == "out"


def test_a_category_holds_what_is_below_it_and_the_tree_only_what_may_be_bought(world: World, alice: Client) -> None:
    cookware = make_category("Cookware", "锅具")
    pans = make_category("Pans", "平底锅", cookware)
    make_category("Empty", "空的")
    world.pan.categories.add(pans)
    variants = make_variants("CUP", ["S", "L"])
    variants[0].parent.categories.add(pans)
    response = alice.get(reverse("shop:category", args=(cookware.slug, cookware.pk)))
    assert skus(response) == ["CUP-L", "CUP-S", "PAN-24"] or set(skus(response)) == {"CUP-L", "CUP-S", "PAN-24"}
    page = response.content.decode()
    assert "Pans" in page
    assert "Empty" not in page
    chinese = alice.get(
        reverse("shop:category", args=(cookware.slug, cookware.pk)), headers={"accept-language": "zh-hans"}
    )
    assert "锅具" in chinese.content.decode()


def test_a_hidden_category_is_404_and_a_wrong_slug_leads_to_the_right_one(world: World, alice: Client) -> None:
    category = make_category("Pans", "平底锅")
    right = reverse("shop:category", args=(category.slug, category.pk))
    assert alice.get(reverse("shop:category", args=("old", category.pk))).headers["Location"] == right
    category.is_public = False
    category.save()
    assert alice.get(right).status_code == 404


def test_variants_are_rows_of_their_own_with_what_tells_them_apart(world: World, alice: Client) -> None:
    make_variants("CUP", ["S", "L"])
    found = rows(alice.get(reverse("shop:catalogue")))
    assert found["CUP-S"].attributes == (("Size", "S"),)
    assert "CUP" not in found


def test_what_all_variants_share_does_not_tell_them_apart_in_chinese(world: World) -> None:
    small, _large = make_variants("CUP", ["S", "L"])
    with translation.override("zh-hans"):
        assert variant_words([small]) == {small.pk: (("尺寸", "S号"),)}


def test_search_puts_the_exact_sku_first_and_stays_in_the_assortment(world: World, alice: Client, as_user: Any) -> None:
    other = factories.make_product("PAN-24-LID", "Lid")
    factories.set_price(PriceList.objects.get(code="WHOLESALE"), other, "5.00")
    reindex([world.pan.pk, world.pot.pk, world.knife.pk, other.pk])
    url = reverse("shop:search")
    assert skus(alice.get(url, {"q": "pan-24"})) == ["PAN-24", "PAN-24-LID"]
    assert skus(alice.get(url, {"q": "knife"})) == ["KNIFE-8"]
    assert skus(alice.get(url, {"q": "汤锅"})) == ["POT-5L"]
    assert skus(as_user(world.bob).get(url, {"q": "knife"})) == []


def test_a_search_without_words_or_result_helps_on(world: World, alice: Client) -> None:
    assert alice.get(reverse("shop:search"), {"q": " "}).headers["Location"] == reverse("shop:catalogue")
    page = alice.get(reverse("shop:search"), {"q": "<script>alert(1)</script>\x00"}).content.decode()
    assert "Nothing fits" in page
    assert "<script>alert(1)" not in page


def test_suggestions_show_sku_name_and_price(world: World, alice: Client) -> None:
    reindex([world.pan.pk])
    page = alice.get(reverse("shop:suggest"), {"q": "fryi"}).content.decode()
    assert "PAN-24" in page
    assert "20.00 EUR" in page
    assert alice.get(reverse("shop:suggest"), {"q": "f"}).content.decode().strip() != ""


def test_the_product_page_tells_tiers_stock_and_pack(world: World, alice: Client) -> None:
    StockLevel.objects.create(location=Location.objects.create(code="NB", name="Ningbo"), product=world.pan, on_hand=70)
    ProductCard.objects.filter(product=world.pan).update(description_zh="厚底", recommended_retail_price="39.90")
    Product.objects.filter(pk=world.pan.pk).update(description="Heavy <b>base</b>")
    page = alice.get(product_url(world.pan)).content.decode()
    for text in (">10+</th>", "18.50", "−7 %", "Ningbo", "厚底", "Heavy base"):
        assert text in page
    pot = alice.get(product_url(world.pot)).content.decode()
    assert "Sold in packs of 6 pieces." in pot


def test_variants_stand_on_one_form(world: World, alice: Client) -> None:
    small, large = make_variants("CUP", ["S", "L"])
    response = alice.get(product_url(small))
    assert [row.label.sku for row in response.context["variants"]] == ["CUP-S", "CUP-L"]
    alice.post(reverse("shop:cart_add"), {f"quantity-{small.pk}": "3", f"quantity-{large.pk}": "2"})
    assert alice.get(reverse("shop:cart")).context["cart"].quote.net_total == Decimal("50.00")


def test_what_is_not_in_the_assortment_does_not_exist(world: World, as_user: Any) -> None:
    bob = as_user(world.bob)
    assert bob.get(product_url(world.knife)).status_code == 404
    assert bob.get(reverse("shop:product", args=("-", "NO/SUCH"))).status_code == 404
    parent = make_variants("CUP", ["S"])[0].parent
    assert not parent.upc


def test_a_wrong_slug_leads_to_the_right_address(world: World, alice: Client) -> None:
    assert alice.get(reverse("shop:product", args=("old", "PAN-24"))).headers["Location"] == product_url(world.pan)


def test_a_name_is_never_markup(world: World, alice: Client) -> None:
    Product.objects.filter(pk=world.pan.pk).update(title="<img src=x onerror=alert(1)>")
    ProductCard.objects.filter(product=world.pan).update(brand="<script>x</script>", name_zh="<i>锅</i>")
    add_to_cart(open_cart(world.alice, world.alpine), {world.pan.pk: 1})
    reindex([world.pan.pk])
    for url in (
        reverse("shop:home"), reverse("shop:catalogue"), f"{reverse('shop:catalogue')}?view=grid",
        product_url(world.pan), reverse("shop:cart"), reverse("shop:checkout"), f"{reverse('shop:suggest')}?q=pan-24",
    ):  # fmt: skip
        page = alice.get(url).content.decode()
        assert "<img src=x" not in page
        assert "<script>x" not in page
        assert "&lt;img src=x onerror=alert(1)&gt;" in page


@pytest.mark.parametrize("few", [10, 1_000], ids=["of many", "of few"])
@pytest.mark.parametrize(
    "query",
    ["", "sort=price&stock=1", "view=grid&sort=newest", "brand=A&brand=B&new=1&from=0&to=99", "sort=price&facets=1"],
)
def test_a_page_costs_the_same_statements_in_any_catalogue(
    world: World, alice: Client, query: str, few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "FEW", few)
    monkeypatch.setattr("portal.shop.catalogue.FEW", few)
    make_category("Pans", "平底锅")
    make_variants("CUP", ["S", "M", "L"])
    add_to_cart(open_cart(world.alice, world.alpine), {world.pan.pk: 1, world.pot.pk: 6})
    numbers = []
    for start, count in ((0, 60), (60, 540)):
        made = make_many(count, start)
        ProductCard.objects.filter(product__in=made).update(brand="A")
        write_entries([product.pk for product in made])
        cache.clear()
        alice.get(reverse("shop:account"))
        with CaptureQueriesContext(connection) as sent:
            response = alice.get(f"{reverse('shop:catalogue')}?{query}")
        assert len(response.context["rows"]) == 48
        numbers.append(len(sent))
    assert numbers[0] == numbers[1] <= 24


def test_pages_of_the_catalogue_hold_every_product_once(world: World, alice: Client) -> None:
    make_many(100)
    url, seen = reverse("shop:catalogue"), []
    query = ""
    while True:
        response = alice.get(f"{url}?{query}")
        seen += skus(response)
        if not response.context["page"].next:
            break
        query = f"after={response.context['page'].next}"
    assert len(seen) == len(set(seen)) == 103


def test_names_sort_by_pinyin_and_by_number() -> None:
    assert sorted(["锅", "刀", "阿里"], key=sort_key) == ["阿里", "刀", "锅"]
    assert sorted(["Bolt M10", "bolt M6", "Bölt M8", "Bolt M6.25"], key=sort_key) == [
        "bolt M6",
        "Bolt M6.25",
        "Bölt M8",
        "Bolt M10",
    ]


@pytest.fixture
def many(world: World, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """More products than are worked out all at once."""
    monkeypatch.setattr(listing, "FEW", 20)
    monkeypatch.setattr("portal.shop.catalogue.FEW", 20)
    made = make_many(120)
    wholesale = PriceList.objects.get(code="WHOLESALE")
    for number, product in enumerate(made[:60]):
        Price.objects.filter(product=product, price_list=wholesale).update(price=Decimal(number % 7 + 1))
    Price.objects.filter(product=made[70]).update(min_quantity=50)
    return made


@pytest.mark.parametrize("query", ["sort=price", "sort=name", "sort=sku", "sort=newest", "sort=name&from=1&to=3"])
def test_many_products_page_as_few_do(
    world: World, alice: Client, many: list[Any], query: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    walked = walk(alice, query)
    monkeypatch.setattr(listing, "FEW", 1_000)
    monkeypatch.setattr("portal.shop.catalogue.FEW", 1_000)
    assert walked == walk(alice, query)
    assert len(walked) == len(set(walked)) > 60


@pytest.mark.parametrize(("scattered", "dense"), [(1, 1_000), (1, 1)], ids=["few in the range", "many in the range"])
@pytest.mark.parametrize("query", ["sort=name&from=1&to=3", "sort=newest&to=2", "sort=sku&from=4&brand="])
def test_a_range_of_prices_pages_the_same_by_every_way(
    alice: Client, many: list[Any], query: str, scattered: int, dense: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    one_by_one = walk(alice, query)
    monkeypatch.setattr(listing, "SCATTERED", scattered)
    monkeypatch.setattr(listing, "DENSE", dense)

    assert one_by_one == walk(alice, query)
    assert len(one_by_one) > 15


def walk(alice: Client, query: str) -> list[str]:
    """All SKUs from the first page to the last, and the same back again."""
    url, seen, place = reverse("shop:catalogue"), [], ""
    while True:
        response = alice.get(f"{url}?{query}{place}")
        seen.append(skus(response))
        if not (page := response.context["page"]).next:
            break
        place = f"&after={page.next}"
    back = [seen[-1]]
    while page.previous:
        response = alice.get(f"{url}?{query}&before={page.previous}")
        page = response.context["page"]
        back.append(skus(response))
    assert [sku for some in reversed(back) for sku in some] == [sku for some in seen for sku in some]
    return [sku for some in seen for sku in some]


def test_of_many_products_the_rows_come_first_and_the_filters_after_them(
    world: World, alice: Client, many: list[Any]
) -> None:
    url = reverse("shop:catalogue")
    first = alice.get(url)
    assert (len(first.context["rows"]), first.context["facets"]) == (48, None)
    assert "More than 1,000" in first.content.decode()
    part = alice.get(url, {"facets": "1"}, headers={"HX-Request": "true"})
    assert "<html" not in part.content.decode()
    assert part.context["facets"].count == 123
    assert alice.get(url).context["count"] == 123


def test_without_javascript_the_filters_are_one_link_away(world: World, alice: Client, many: list[Any]) -> None:
    page = alice.get(reverse("shop:catalogue"), {"facets": "1"})
    assert (len(page.context["rows"]), page.context["facets"].count) == (48, 123)


def test_retail_price_and_margin_stand_in_rows_only_for_dealers_who_want_them(
    world: World, alice: Client, settings: Any
) -> None:
    settings.OSCAR_DEFAULT_CURRENCY = "EUR"
    ProductCard.objects.filter(product=world.pan).update(recommended_retail_price="45.20")
    shown = alice.get(reverse("shop:catalogue")).content.decode()
    assert "RRP 45.20" in shown
    assert "margin 50 %" in shown
    type(world.alpine).objects.filter(pk=world.alpine.pk).update(shows_margin=False)
    assert "45.20" not in alice.get(reverse("shop:catalogue")).content.decode()
