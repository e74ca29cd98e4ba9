"""What the rules keep from a dealer does not exist on any screen; packs and the order minimum hold on all of them."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from dealers.accounts.models import Dealer
from fulfilment.ordering.cart import add_to_cart, find_cart, open_cart, quantities
from fulfilment.ordering.lines import check_lines
from fulfilment.ordering.models import DealerOrder
from fulfilment.ordering.problems import OrderRefused
from fulfilment.ordering.resolve import Entry, LineState, resolve
from fulfilment.ordering.submit import OrderHead, submit
from portal.console.price_check import explain
from portal.shop.reorder import differences, wishes_of_order
from pricing.quote import supplier_day
from pricing.selling.models import AssortmentRule, OrderMinimum, QuantityRule
from tests import factories
from tests.factories import World

PAN_PAGE = "/shop/product/pan-24/PAN-24/"


@pytest.fixture
def alice(world: World, as_user: Any) -> Client:
    return as_user(world.alice)


def fresh(dealer: Dealer) -> Dealer:
    return Dealer.objects.get(pk=dealer.pk)


def deny(world: World) -> None:
    AssortmentRule.objects.create(effect="deny", dealer=world.alpine, product=world.pan)


def in_cart(world: World) -> dict[int, int]:
    cart = find_cart(world.alice, world.alpine)
    return quantities(cart) if cart else {}


def order(world: World, wanted: dict[Any, int]) -> DealerOrder:
    cart = open_cart(world.alice, fresh(world.alpine))
    add_to_cart(cart, {product.pk: quantity for product, quantity in wanted.items()})
    return submit(cart, OrderHead(uuid4(), world.outlet.pk), by=world.alice)


def page(url: str) -> Callable[[Client], bool]:
    """Whether a screen tells of the pan by its name."""

    def tells(client: Client) -> bool:
        response = client.get(url)
        return response.status_code == 200 and "Frying pan" in response.content.decode()

    return tells


SURFACES: dict[str, Callable[[Client], bool]] = {
    "catalogue": page("/shop/catalogue/"),
    "grid": page("/shop/catalogue/?view=grid"),
    "by price": page("/shop/catalogue/?sort=price"),
    "search": page("/shop/search/?q=pan"),
    "search by SKU": page("/shop/search/?q=PAN-24"),
    "suggestions": page("/shop/search/suggestions/?q=pan"),
    "product page": page(PAN_PAGE),
    "home": page("/shop/"),
}


@pytest.mark.parametrize("surface", SURFACES)
def test_what_a_rule_denies_is_on_no_screen(world: World, alice: Client, surface: str) -> None:
    assert SURFACES[surface](alice)
    deny(world)
    assert not SURFACES[surface](alice)


def test_what_a_rule_denies_is_a_page_for_others_and_404_here(world: World, alice: Client, as_user: Any) -> None:
    deny(world)
    assert alice.get(PAN_PAGE).status_code == 404
    assert as_user(world.bob).get(PAN_PAGE).status_code == 200


def test_what_a_rule_denies_is_unknown_in_quick_order_and_suggested_to_nobody(world: World) -> None:
    deny(world)
    exact, near = resolve(fresh(world.alpine), [Entry("PAN-24", 1), Entry("PAN-25", 1)])
    assert (exact.state, exact.product_id, exact.suggestions) == (LineState.UNKNOWN, None, ())
    assert near.suggestions == ()


def test_what_a_rule_denies_cannot_be_added(world: World, alice: Client) -> None:
    deny(world)
    alice.post("/shop/cart/add/", {f"quantity-{world.pan.pk}": "1"})
    assert in_cart(world) == {}


def test_what_is_denied_while_in_the_cart_is_marked_and_stops_the_order(world: World, alice: Client) -> None:
    add_to_cart(open_cart(world.alice, fresh(world.alpine)), {world.pan.pk: 1, world.knife.pk: 1})
    deny(world)
    assert "no longer available to you" in alice.get("/shop/cart/").content.decode()
    checked = check_lines(fresh(world.alpine), in_cart(world))
    assert [(each.product_id, each.code) for each in checked.all_problems] == [(world.pan.pk, "not_available")]


def test_an_order_placed_stays_readable_and_its_denied_line_is_not_ordered_again(world: World, alice: Client) -> None:
    placed = order(world, {world.pan: 2, world.knife: 1})
    deny(world)
    assert "Frying pan" in alice.get(f"/shop/orders/{placed.number}/").content.decode()
    alice.post(f"/shop/orders/{placed.number}/reorder/", follow=True)
    assert world.pan.pk not in in_cart(world)


def test_the_price_check_says_that_the_dealer_does_not_see_it(world: World) -> None:
    deny(world)
    today = supplier_day(world.pan.date_created)
    assert not explain(fresh(world.alpine), world.pan, 1, today).sellable
    assert explain(fresh(world.bergen), world.pan, 1, today).sellable


@pytest.fixture
def packed(world: World) -> World:
    """Alpine buys pans in fours, from eight, at most twenty."""
    QuantityRule.objects.create(dealer=world.alpine, product=world.pan, minimum=8, multiple=4, maximum=20)
    return world


@pytest.mark.parametrize(
    ("quantity", "code", "words"),
    [
        (8, "", ""),
        (5, "pack", "at least 8, in packs of 4: for example 8"),
        (13, "pack", "16"),
        (24, "maximum", "At most 20"),
    ],
)
def test_a_line_keeps_the_dealers_pack(packed: World, quantity: int, code: str, words: str) -> None:
    problems = check_lines(fresh(packed.alpine), {packed.pan.pk: quantity}).all_problems
    assert [problem.code for problem in problems] == [code] * bool(code)
    assert all(words in str(problem.message) for problem in problems)
    assert not check_lines(fresh(packed.bergen), {packed.pan.pk: 5}).all_problems


@pytest.mark.parametrize(("asked", "state", "quantity"), [(8, "ok", 8), (9, "rounded", 12), (50, "rounded", 20)])
def test_quick_order_rounds_to_the_dealers_pack(packed: World, asked: int, state: str, quantity: int) -> None:
    (line,) = resolve(fresh(packed.alpine), [Entry("PAN-24", asked)])
    assert (str(line.state), line.quantity) == (state, quantity)


@pytest.mark.parametrize("url", ["/shop/catalogue/", PAN_PAGE])
def test_screens_say_the_dealers_pack_before_a_mistake(packed: World, alice: Client, url: str) -> None:
    html = alice.get(url).content.decode()
    assert "at most 20" in html.lower()
    assert 'step="4"' in html
    assert 'max="20"' in html
    assert 'data-minimum="8"' in html


def test_the_cart_mends_lines_to_the_dealers_pack(packed: World, alice: Client) -> None:
    add_to_cart(open_cart(packed.alice, fresh(packed.alpine)), {packed.pan.pk: 50})
    assert "At most 20 in one order" in alice.get("/shop/cart/").content.decode()
    alice.post("/shop/cart/update/", {"mend": "1"})
    assert in_cart(packed) == {packed.pan.pk: 20}


def test_a_reorder_keeps_to_todays_packs(world: World) -> None:
    placed = order(world, {world.pan: 50})
    QuantityRule.objects.create(dealer=world.alpine, product=world.pan, multiple=4, maximum=20)
    (line,) = differences(fresh(world.alpine), wishes_of_order(placed), {})
    assert line.quantity == 20


@pytest.fixture
def minimum(world: World) -> OrderMinimum:
    """Alpine's orders start at 100 EUR."""
    return OrderMinimum.objects.create(dealer=world.alpine, currency="EUR", amount=Decimal("100.00"))


def test_an_order_below_its_minimum_is_told_in_the_cart_and_before_the_button(
    world: World, alice: Client, minimum: OrderMinimum
) -> None:
    add_to_cart(open_cart(world.alice, fresh(world.alpine)), {world.pan.pk: 2})
    for url in ("/shop/cart/", "/shop/checkout/"):
        html = alice.get(url).content.decode()
        assert "Add goods for 60.00 EUR more" in html
    assert "disabled" in html.partition("Send for review")[0].rpartition("<button")[2]


def test_an_order_below_its_minimum_is_refused_and_above_it_taken(world: World, minimum: OrderMinimum) -> None:
    with pytest.raises(OrderRefused) as why:
        order(world, {world.pan: 2})
    assert why.value.code == "minimum"
    assert "60.00" in str(why.value.message)
    assert order(world, {world.pan: 3}).net_total == Decimal("100.00")


def test_a_warning_lets_the_order_go(world: World, alice: Client, minimum: OrderMinimum) -> None:
    minimum.mode = "warn"
    minimum.save()
    add_to_cart(open_cart(world.alice, fresh(world.alpine)), {world.pan.pk: 2})
    assert "You may send it all the same" in alice.get("/shop/cart/").content.decode()
    assert submit(open_cart(world.alice, fresh(world.alpine)), OrderHead(uuid4(), world.outlet.pk), by=world.alice).pk


def test_the_catalogue_costs_two_statements_more_with_rules_and_none_more_with_many(
    world: World, alice: Client
) -> None:
    def statements() -> int:
        with CaptureQueriesContext(connection) as queries:
            alice.get("/shop/catalogue/")
        return len(queries)

    statements()
    without = statements()
    QuantityRule.objects.create(dealer=world.alpine, minimum=2)
    AssortmentRule.objects.create(dealer=world.alpine, brand="Nobody's", effect="deny")
    few = statements()
    for number in range(30):
        product = factories.make_product(f"R-{number}", f"Ruled {number}")
        AssortmentRule.objects.create(dealer=world.alpine, product=product, effect="deny")
        QuantityRule.objects.create(dealer=world.alpine, product=product, minimum=3)
    assert without < few == statements() <= without + 2
