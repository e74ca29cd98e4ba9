"""The product page: own tiers, units, stock and receipts by place, purchases, replacements and the variants' grid."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.db.models import F
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation
from oscar.core.loading import get_model

from fulfilment.ordering.cart import add_to_cart, find_cart, open_cart, quantities
from fulfilment.ordering.submit import OrderHead, submit
from fulfilment.stock.expected import supplier_today
from fulfilment.stock.models import ExpectedReceipt, Location, StockLevel
from portal.shop.rows import product_url
from pricing.catalogue.models import ProductCard, ProductUnit
from pricing.replaced import replaced_for
from pricing.terms.models import PriceList
from tests import factories
from tests.factories import World
from tests.portal.shop_catalogue import make_variants

Product = get_model("catalogue", "Product")
ProductAttribute = get_model("catalogue", "ProductAttribute")
ProductAttributeValue = get_model("catalogue", "ProductAttributeValue")
ProductRecommendation = get_model("catalogue", "ProductRecommendation")
StockRecord = get_model("partner", "StockRecord")


@pytest.fixture
def alice(world: World, as_user: Any) -> Client:
    return as_user(world.alice)


def carton(product: Any, factor: int = 12, code: str = "carton", ean: str = "") -> ProductUnit:
    return ProductUnit.objects.create(product=product, code=code, factor=factor, ean=ean)


def in_cart(world: World) -> dict[int, int]:
    cart = find_cart(world.alice, world.alpine)
    return quantities(cart) if cart else {}


def two_ways(count: int, columns: int = 2) -> list[Any]:
    """Variants that differ in size and colour."""
    variants = make_variants("MUG", [str(number) for number in range(count)])
    attribute = ProductAttribute.objects.create(
        product_class=variants[0].parent.product_class, code="colour", name="Colour"
    )
    size = ProductAttributeValue.objects.filter(attribute__code="size")
    for number, variant in enumerate(variants):
        size.filter(product=variant).update(value_text=f"{number // columns * 10} cm")
        ProductAttributeValue.objects.create(
            product=variant, attribute=attribute, value_text=f"Colour {number % columns}"
        )
    return variants


def test_tiers_stand_with_their_gain(world: World, alice: Client) -> None:
    page = alice.get(product_url(world.pan))
    assert [(tier.min_quantity, tier.price, tier.saves) for tier in page.context["row"].tiers] == [
        (1, Decimal("20.0000"), 0),
        (10, Decimal("18.5000"), 7),
    ]
    for text in ("10+", "18.50", "−7 %", "9 more and each costs 18.50"):
        assert text in page.content.decode()


def test_a_price_that_came_by_several_steps_is_explained(world: World, alice: Client) -> None:
    own = PriceList.objects.create(code="OWN", name="Agreement Alpine", currency="EUR", kind="agreement")
    factories.set_price(own, world.pan, "17.00")
    world.alpine.price_lists.update(priority=F("priority") + 1)
    factories.give_list(world.alpine, own, 1)
    page = alice.get(product_url(world.pan))
    assert [(step.words, step.unit_price) for step in page.context["steps"]] == [
        ("List price", Decimal("20.0000")),
        ("Your agreement", Decimal("17.0000")),
        ("Your price", Decimal("17.0000")),
    ]


def test_margin_is_shown_only_to_dealers_who_want_it(world: World, alice: Client, settings: Any) -> None:
    settings.OSCAR_DEFAULT_CURRENCY = "EUR"
    ProductCard.objects.filter(product=world.pan).update(recommended_retail_price="45.20")
    world.alpine.shows_margin = True
    world.alpine.save()
    shown = alice.get(product_url(world.pan)).content.decode()
    assert "Recommended retail price: 45.20" in shown
    assert "your margin 20.00 a piece, 50 %" in shown
    world.alpine.shows_margin = False
    world.alpine.save()
    assert "etail price" not in alice.get(product_url(world.pan)).content.decode()


def test_quantity_rules_are_said_in_words_before_a_mistake(world: World, alice: Client) -> None:
    page = alice.get(product_url(world.pot)).content.decode()
    assert "Sold in packs of 6 pieces." in page
    assert "Order at least 6 pieces." in page


def test_cartons_have_their_price_by_their_own_tier(world: World, alice: Client) -> None:
    carton(world.pan)
    unit = alice.get(product_url(world.pan)).context["row"].units[0]
    assert (unit.contents, unit.price, unit.unit_price) == ("12 pieces", Decimal("222.00"), Decimal("18.5000"))


def test_a_carton_that_breaks_the_pack_cannot_be_chosen(world: World, alice: Client) -> None:
    carton(world.pot, factor=10)
    row = alice.get(product_url(world.pot)).context["row"]
    assert len(row.units) == 1
    assert row.choices == ()


def test_cartons_go_into_the_cart_as_pieces(world: World, alice: Client) -> None:
    carton(world.pan)
    alice.post(reverse("shop:cart_add"), {f"quantity-{world.pan.pk}": "3", f"unit-{world.pan.pk}": "carton"})
    assert in_cart(world) == {world.pan.pk: 36}


@pytest.mark.parametrize(
    ("quantity", "unit"),
    [
        ("1", "barrel"),
        ("1.5", "carton"),
        ("-1", "carton"),
        ("999999", "carton"),
        ("1", "carton'; --"),
        ("1", "\x00"),
        ("9" * 400, "carton"),
        ("0", "carton"),
        ("一", "carton"),
    ],
)
def test_what_is_no_number_of_cartons_is_refused_and_nothing_added(
    world: World, alice: Client, quantity: str, unit: str
) -> None:
    carton(world.pan)
    response = alice.post(
        reverse("shop:cart_add"), {f"quantity-{world.pan.pk}": quantity, f"unit-{world.pan.pk}": unit}
    )
    assert response.status_code == 302
    assert in_cart(world) == {}


def test_stock_by_place_tells_when_more_arrives(world: World, alice: Client) -> None:
    here = Location.objects.create(code="A", name="Hamburg")
    there = Location.objects.create(code="B", name="Lyon")
    StockLevel.objects.create(location=here, product=world.pan, on_hand=7)
    day = supplier_today() + timedelta(days=12)
    ExpectedReceipt.objects.create(
        location=there, product=world.pan, quantity=120, expected_on=day, reference="PO-SECRET"
    )
    page = alice.get(product_url(world.pan))
    assert [(level.name, level.on_hand, [(each.quantity, each.on) for each in level.expected])
            for level in page.context["levels"]] == [("Hamburg", 7, []), ("Lyon", 0, [(120, day)])]  # fmt: skip
    assert "PO-SECRET" not in page.content.decode(), "the supplier's own orders are not the dealer's business"


def test_what_is_out_says_when_it_arrives_in_the_list_too(world: World, alice: Client) -> None:
    StockRecord.objects.filter(product=world.pan).update(num_in_stock=0)
    place = Location.objects.create(code="A", name="Hamburg")
    day = supplier_today() + timedelta(days=12)
    ExpectedReceipt.objects.create(location=place, product=world.pan, quantity=120, expected_on=day)
    for url in (product_url(world.pan), reverse("shop:catalogue")):
        assert "120 expected on" in alice.get(url).content.decode()


def test_the_last_five_purchases_are_told_and_no_one_else_s(world: World, alice: Client) -> None:
    for quantity in range(1, 8):
        cart = open_cart(world.alice, world.alpine)
        add_to_cart(cart, {world.pan.pk: quantity})
        submit(cart, OrderHead(key=uuid4(), outlet_id=world.outlet.pk), by=world.alice)
    cart = open_cart(world.bob, world.bergen)
    add_to_cart(cart, {world.pan.pk: 9})
    submit(cart, OrderHead(key=uuid4(), outlet_id=world.bergen.outlets.get().pk), by=world.bob)
    page = alice.get(product_url(world.pan))
    assert [purchase.quantity for purchase in page.context["purchases"]] == [7, 6, 5, 4, 3]


def withdraw(product: Any, instead: Any | None) -> None:
    ProductCard.objects.filter(product=product).update(
        discontinued_on=supplier_today() - timedelta(days=1), replaced_by=instead
    )


def test_a_discontinued_product_leads_to_its_replacement(world: World, alice: Client) -> None:
    withdraw(world.pan, world.pot)
    response = alice.get(product_url(world.pan))
    assert response.status_code == 410
    assert product_url(world.pot) in response.content.decode()


def test_a_discontinued_product_without_replacement_is_gone(world: World, alice: Client) -> None:
    withdraw(world.pan, None)
    assert alice.get(product_url(world.pan)).status_code == 404


def test_a_replacement_the_dealer_may_not_buy_is_not_named(world: World, as_user: Any) -> None:
    withdraw(world.pan, world.knife)
    assert as_user(world.bob).get(product_url(world.pan)).status_code == 404
    assert replaced_for(world.bergen, [world.pan.pk]) == {}
    assert replaced_for(world.alpine, [world.pan.pk]) == {world.pan.pk: world.knife.pk}


def test_a_foreign_product_stays_unknown_though_it_was_replaced(world: World, as_user: Any) -> None:
    withdraw(world.knife, world.pan)
    assert as_user(world.bob).get(product_url(world.knife)).status_code == 404


def test_a_product_that_is_still_sold_names_its_replacement(world: World, alice: Client) -> None:
    ProductCard.objects.filter(product=world.pan).update(replaced_by=world.pot)
    page = alice.get(product_url(world.pan))
    assert page.context["replacement"].sku == "POT-5L"
    assert "Replaced by" in page.content.decode()


def test_a_replacement_that_was_replaced_leads_to_the_last(world: World) -> None:
    withdraw(world.pan, world.pot)
    withdraw(world.pot, world.knife)
    assert replaced_for(world.alpine, [world.pan.pk, world.pot.pk]) == {
        world.pan.pk: world.knife.pk,
        world.pot.pk: world.knife.pk,
    }


def test_recommended_products_are_shown_as_far_as_they_are_the_dealer_s(world: World, as_user: Any) -> None:
    for ranking, other in enumerate((world.pot, world.knife)):
        ProductRecommendation.objects.create(primary=world.pan, recommendation=other, ranking=ranking)
    shown = as_user(world.bob).get(product_url(world.pan)).context["related"]
    assert [row.label.sku for row in shown] == ["POT-5L"]
    shown = as_user(world.alice).get(product_url(world.pan)).context["related"]
    assert [row.label.sku for row in shown] == ["KNIFE-8", "POT-5L"]


def test_variants_of_two_attributes_are_a_grid(world: World, alice: Client) -> None:
    variants = two_ways(6)
    matrix = alice.get(product_url(variants[0])).context["matrix"]
    assert (matrix.down, matrix.across, matrix.columns) == ("Size", "Colour", ("Colour 0", "Colour 1"))
    assert [row.value for row in matrix.rows] == ["0 cm", "10 cm", "20 cm"]
    assert [[cell.label.sku for cell in row.cells] for row in matrix.rows] == [
        ["MUG-0", "MUG-1"],
        ["MUG-2", "MUG-3"],
        ["MUG-4", "MUG-5"],
    ]


def test_a_hole_in_the_grid_is_a_variant_the_dealer_may_not_buy(world: World, alice: Client) -> None:
    variants = two_ways(6)
    ProductCard.objects.filter(product=variants[3]).update(discontinued_on=supplier_today())
    page = alice.get(product_url(variants[0]))
    assert page.context["matrix"].rows[1].cells[1] is None
    assert "MUG-3" not in page.content.decode()


def test_variants_of_one_attribute_are_a_list_in_the_order_of_numbers(world: World, alice: Client) -> None:
    variants = make_variants("LID", ["100", "20", "3.5 cm", "XL", "S", "round"])
    context = alice.get(product_url(variants[0])).context
    assert context["matrix"] is None
    assert [row.label.sku.partition("-")[2] for row in context["variants"]] == [
        "3.5 CM",
        "20",
        "100",
        "S",
        "XL",
        "ROUND",
    ]


def test_many_quantities_of_the_grid_go_into_the_cart_at_once(world: World, alice: Client) -> None:
    variants = two_ways(4)
    carton(variants[1], factor=6)
    sent = {f"quantity-{variant.pk}": str(number) for number, variant in enumerate(variants)}
    alice.post(reverse("shop:cart_add"), sent | {f"unit-{variants[1].pk}": "carton", f"unit-{variants[2].pk}": ""})
    assert in_cart(world) == {variants[1].pk: 6, variants[2].pk: 2, variants[3].pk: 3}


def test_every_wrong_box_of_the_grid_says_so_beside_it(world: World, alice: Client) -> None:
    variants = two_ways(4)
    sent = {f"quantity-{variants[0].pk}": "2", f"quantity-{variants[1].pk}": "-1", f"quantity-{variants[3].pk}": "x"}
    page = alice.post(reverse("shop:cart_add"), sent, headers={"HX-Request": "true"}).content.decode()
    assert in_cart(world) == {}
    for wrong in (variants[1], variants[3]):
        assert f".in-cart-{wrong.pk}" in page
    assert f".in-cart-{variants[0].pk}" not in page
    assert page.count("Enter a quantity from 1") == 2


@pytest.mark.parametrize("count", [1, 40, 100])
def test_the_page_costs_the_same_for_one_variant_and_a_hundred(
    world: World, alice: Client, count: int, django_assert_max_num_queries: Any
) -> None:
    variants = two_ways(count, columns=4)
    place = Location.objects.create(code="A", name="Hamburg")
    for variant in variants:
        carton(variant)
        ExpectedReceipt.objects.create(location=place, product=variant, quantity=1, expected_on=supplier_today())
    StockRecord.objects.update(num_in_stock=2)
    url = product_url(variants[0])
    alice.get(url)
    with django_assert_max_num_queries(31):
        assert alice.get(url).status_code == 200


@pytest.mark.parametrize(("language", "words"), [("en", "All variants"), ("zh-hans", "<h2>")])
def test_the_page_is_there_in_both_languages(world: World, alice: Client, language: str, words: str) -> None:
    variants = two_ways(4)
    carton(variants[0])
    world.alice.language = language
    world.alice.save()
    with translation.override(language):
        page = alice.get(product_url(variants[0]))
    assert page.status_code == 200
    assert words in page.content.decode()


def test_a_receipt_whose_day_has_passed_is_not_promised(world: World, alice: Client) -> None:
    place = Location.objects.create(code="A", name="Hamburg")
    yesterday = timezone.localdate() - timedelta(days=2)
    ExpectedReceipt.objects.create(location=place, product=world.pan, quantity=9, expected_on=yesterday)
    assert alice.get(product_url(world.pan)).context["levels"] == []
