"""The cart: numbers, problems at their lines, undo, and a constant number of statements."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from oscar.core.loading import get_model

from fulfilment.ordering.cart import add_to_cart, find_cart, open_cart, quantities
from tests.factories import World
from tests.portal.shop_catalogue import make_many

StockRecord = get_model("partner", "StockRecord")
Product = get_model("catalogue", "Product")
HTMX = {"hx-request": "true", "hx-current-url": "http://testserver/shop/cart/"}


@pytest.fixture
def alice(world: World, as_user: Any) -> Client:
    return as_user(world.alice)  # type: ignore[no-any-return]


def in_cart(world: World) -> dict[int, int]:
    cart = find_cart(world.alice, world.alpine)
    return quantities(cart) if cart else {}


def fill(world: World, wanted: dict[Any, int]) -> None:
    add_to_cart(open_cart(world.alice, world.alpine), {product.pk: number for product, number in wanted.items()})


def test_adding_goes_back_to_the_page_and_says_so(world: World, alice: Client) -> None:
    data = {f"quantity-{world.pan.pk}": "10", f"quantity-{world.pot.pk}": "", "next": "/shop/catalogue/?sort=sku"}
    response = alice.post(reverse("shop:cart_add"), data, follow=True)
    assert response.redirect_chain == [("/shop/catalogue/?sort=sku", 302)]
    assert "1 line added to the cart." in response.content.decode()
    assert in_cart(world) == {world.pan.pk: 10}


def test_adding_with_htmx_answers_the_parts_that_changed(world: World, alice: Client) -> None:
    response = alice.post(reverse("shop:cart_add"), {f"quantity-{world.pan.pk}": "10"}, headers=HTMX)
    page = response.content.decode()
    assert f".in-cart-{world.pan.pk}" in page
    assert "10 in the cart" in page
    assert "209.05" in page  # 10 × 18.50 with 13 % tax, in the header
    assert "toast" in response.headers["HX-Trigger"]


def test_a_wrong_pack_is_told_when_it_is_added(world: World, alice: Client) -> None:
    page = alice.post(reverse("shop:cart_add"), {f"quantity-{world.pot.pk}": "5"}, headers=HTMX).content.decode()
    assert "Sold in packs of 6: order 6." in page


@pytest.mark.parametrize(
    "data", [{}, {"quantity-x": "1"}, {"quantity-{pan}": "0"}, {"quantity-{pan}": "-3"}, {"quantity-{pan}": "1.5"},
             {"quantity-{pan}": "9999999999"}, {"quantity-{pan}": "two"}, {"quantity-{pan}": "²"},
             {"quantity-999999999999999999": "1"}, {"quantity-99999999999999999999999": "1"}],
)  # fmt: skip
@pytest.mark.parametrize("headers", [{}, HTMX])
def test_impossible_quantities_add_nothing(world: World, alice: Client, data: dict[str, str], headers: Any) -> None:
    sent = {name.replace("{pan}", str(world.pan.pk)): value for name, value in data.items()}
    response = alice.post(reverse("shop:cart_add"), sent, headers=headers)
    assert response.status_code in (200, 302)
    assert in_cart(world) == {}


def test_a_product_of_another_assortment_is_refused_with_all(world: World, as_user: Any) -> None:
    data = {f"quantity-{world.pan.pk}": "1", f"quantity-{world.knife.pk}": "1"}
    page = as_user(world.bob).post(reverse("shop:cart_add"), data, follow=True).content.decode()
    assert "A product is not available to you. Nothing was added." in page
    assert find_cart(world.bob, world.bergen) is None


def test_next_never_leads_to_another_site(world: World, alice: Client) -> None:
    data = {f"quantity-{world.pan.pk}": "1", "next": "https://evil.example/"}
    assert alice.post(reverse("shop:cart_add"), data).headers["Location"] == reverse("shop:cart")


def test_the_cart_shows_lines_totals_and_credit_left(world: World, alice: Client) -> None:
    fill(world, {world.pan: 7, world.pot: 6})
    response = alice.get(reverse("shop:cart"))
    cart = response.context["cart"]
    assert (cart.quote.net_total, cart.quote.tax_total, cart.quote.total) == (
        Decimal("415.40"), Decimal("54.00"), Decimal("469.40"),
    )  # fmt: skip
    page = response.content.decode()
    for text in ("415.40", "54.00", "469.40", "9,530.60", "3 more: 18.50 each", "Wholesale"):
        assert text in page


def test_over_the_credit_limit_the_cart_says_by_how_much(world: World, alice: Client) -> None:
    world.alpine.credit_limit = Decimal("400.00")
    world.alpine.save()
    fill(world, {world.pan: 7, world.pot: 6})
    assert "69.40 EUR over your credit limit" in alice.get(reverse("shop:cart")).content.decode()


def test_a_dealer_who_pays_beforehand_sees_no_credit(world: World, as_user: Any) -> None:
    world.bergen.credit_limit = Decimal(0)
    world.bergen.save()
    add_to_cart(open_cart(world.bob, world.bergen), {world.pan.pk: 1})
    assert as_user(world.bob).get(reverse("shop:cart")).context["cart"].credit is None


def test_problems_stand_at_the_line_and_in_the_summary(world: World, alice: Client) -> None:
    fill(world, {world.pan: 1, world.pot: 6, world.knife: 11})
    Product.objects.filter(pk=world.pan.pk).update(is_public=False)
    response = alice.get(reverse("shop:cart"))
    problems = {line.label.sku: line.problems for line in response.context["cart"].lines}
    assert problems == {
        "PAN-24": ("This product is no longer available to you. Remove it.",),
        "POT-5L": (),
        "KNIFE-8": ("Only 10 available. Order that many or fewer.",),
    }
    page = response.content.decode()
    assert f'href="#line-{world.knife.pk}"' in page
    assert "2 lines need your attention" in page


def test_all_quantities_change_with_one_post(world: World, alice: Client) -> None:
    fill(world, {world.pan: 1, world.pot: 6})
    alice.post(reverse("shop:cart_update"), {f"quantity-{world.pan.pk}": "12", f"quantity-{world.pot.pk}": "12"})
    assert in_cart(world) == {world.pan.pk: 12, world.pot.pk: 12}


def test_one_quantity_changes_with_htmx_and_the_totals_follow(world: World, alice: Client) -> None:
    fill(world, {world.pan: 1, world.pot: 6})
    page = alice.post(reverse("shop:cart_update"), {f"quantity-{world.pan.pk}": "10"}, headers=HTMX).content.decode()
    assert f'id="amount-{world.pan.pk}"' in page
    assert f'id="amount-{world.pot.pk}"' not in page
    assert "185.00" in page
    assert "520.25" in page


def test_a_quantity_of_none_removes_the_line_and_loads_the_cart_anew(world: World, alice: Client) -> None:
    fill(world, {world.pan: 1, world.pot: 6})
    response = alice.post(reverse("shop:cart_update"), {f"quantity-{world.pan.pk}": "0"}, headers=HTMX)
    assert response.headers["HX-Redirect"] == "/shop/cart/"
    assert in_cart(world) == {world.pot.pk: 6}


def test_a_wrong_number_keeps_what_was_typed_and_changes_the_rest(world: World, alice: Client) -> None:
    fill(world, {world.pan: 1, world.pot: 6})
    data = {f"quantity-{world.pan.pk}": "abc", f"quantity-{world.pot.pk}": "12"}
    response = alice.post(reverse("shop:cart_update"), data)
    page = response.content.decode()
    assert 'value="abc"' in page
    assert "Enter a quantity from 1 to" in page
    assert in_cart(world) == {world.pan.pk: 1, world.pot.pk: 12}


def test_lines_that_are_not_in_the_cart_are_not_put_there_by_an_update(world: World, alice: Client) -> None:
    fill(world, {world.pan: 1})
    alice.post(reverse("shop:cart_update"), {f"quantity-{world.pot.pk}": "6", "remove": "999999999999999999999"})
    assert in_cart(world) == {world.pan.pk: 1}


def test_a_removed_line_comes_back_with_undo(world: World, alice: Client) -> None:
    fill(world, {world.pan: 3, world.pot: 6})
    page = alice.post(reverse("shop:cart_update"), {"remove": str(world.pan.pk)}, follow=True).content.decode()
    assert "Frying pan 24 cm was removed." in page
    assert in_cart(world) == {world.pot.pk: 6}
    alice.post(reverse("shop:cart_update"), {"undo": "1"})
    assert in_cart(world) == {world.pot.pk: 6, world.pan.pk: 3}


def test_an_emptied_cart_teaches_and_comes_back_with_undo(world: World, alice: Client) -> None:
    fill(world, {world.pan: 3, world.pot: 6})
    page = alice.post(reverse("shop:cart_clear"), follow=True).content.decode()
    assert "Your cart is empty" in page
    assert "2 lines were removed." in page
    alice.post(reverse("shop:cart_update"), {"undo": "1"})
    assert in_cart(world) == {world.pan.pk: 3, world.pot.pk: 6}


def test_undo_of_what_is_no_longer_sold_says_so(world: World, alice: Client) -> None:
    fill(world, {world.pan: 3})
    alice.post(reverse("shop:cart_clear"))
    Product.objects.filter(pk=world.pan.pk).update(is_public=False)
    page = alice.post(reverse("shop:cart_update"), {"undo": "1"}, follow=True).content.decode()
    assert "not available to you" in page


def test_one_click_sets_all_lines_to_what_can_be_ordered(world: World, alice: Client) -> None:
    lid = make_many(1)[0]
    fill(world, {world.pan: 3, world.pot: 7, world.knife: 11, lid: 1})
    Product.objects.filter(pk=lid.pk).update(is_public=False)
    page = alice.post(reverse("shop:cart_update"), {"mend": "1"}, follow=True).content.decode()
    assert in_cart(world) == {world.pan.pk: 3, world.pot.pk: 12, world.knife.pk: 10}
    for text in ("POT-5L: 12 instead of 7.", "KNIFE-8: 10 instead of 11.", "MANY-00000: removed."):
        assert text in page
    assert "needs your attention" not in page


@pytest.mark.parametrize("count", [10, 1000])
def test_the_cart_costs_the_same_statements_at_any_length(
    world: World, alice: Client, count: int, django_assert_max_num_queries: Any
) -> None:
    fill(world, dict.fromkeys(make_many(count), 1))
    alice.get(reverse("shop:cart"))
    with django_assert_max_num_queries(21):
        response = alice.get(reverse("shop:cart"))
    assert response.context["cart"].count == count
    with django_assert_max_num_queries(30):
        alice.post(reverse("shop:cart_update"), {f"quantity-{pk}": "2" for pk in in_cart(world)})
    assert set(in_cart(world).values()) == {2}
