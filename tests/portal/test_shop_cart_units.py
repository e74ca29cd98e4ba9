"""A line asked for in cartons stays so: cart, checkout, order, and ordered again; with and without scripts."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from fulfilment.ordering.cart import CartEntry, add_to_cart, entries, open_cart
from fulfilment.ordering.models import DealerOrder
from pricing.catalogue.models import ProductUnit
from tests.factories import World
from tests.portal.test_shop_checkout import form_of, send


@pytest.fixture
def alice(world: World, as_user: Any) -> Client:
    """Alice, at a dealer whose pans come in cartons of 12."""
    ProductUnit.objects.create(product=world.pan, code="carton", factor=12)
    return as_user(world.alice)  # type: ignore[no-any-return]


def text(response: Any) -> str:
    return " ".join(response.content.decode().split())


def line(world: World, product: Any = None) -> CartEntry:
    return entries(open_cart(world.alice, world.alpine))[(product or world.pan).pk]


def update(world: World, client: Client, number: str, unit: str, seen: str, **more: str) -> Any:
    pk = world.pan.pk
    sent = {f"quantity-{pk}": number, f"unit-{pk}": unit, f"seen-{pk}": seen} | more
    return client.post(reverse("shop:cart_update"), sent)


def test_what_is_added_in_cartons_stands_in_cartons_in_the_cart(world: World, alice: Client) -> None:
    pk = world.pan.pk
    alice.post(reverse("shop:cart_add"), {f"quantity-{pk}": "2", f"unit-{pk}": "carton"})
    assert (line(world).quantity, line(world).unit) == (24, "carton")
    shown = alice.get(reverse("shop:cart")).context["cart"].lines[0]
    assert (shown.shown_quantity, shown.chosen.code, shown.quantity_words) == ("2", "carton", "2 cartons (24 pieces)")


def test_another_unit_of_the_same_quantity_is_a_change_and_the_same_is_none(world: World, alice: Client) -> None:
    add_to_cart(open_cart(world.alice, world.alpine), {world.pan.pk: 24})
    update(world, alice, "24", "", "1-24")
    assert line(world).version == 1
    update(world, alice, "2", "carton", "1-24")
    assert (line(world).quantity, line(world).unit, line(world).version) == (24, "carton", 2)
    update(world, alice, "36", "", "2-24")
    assert (line(world).quantity, line(world).unit) == (36, "")


def test_a_unit_that_the_product_has_not_is_refused_at_its_line(world: World, alice: Client) -> None:
    add_to_cart(open_cart(world.alice, world.alpine), {world.pan.pk: 24})
    page = text(update(world, alice, "2", "pallet", "1-24"))
    assert "This product is not packed so. Choose another unit." in page
    assert line(world).quantity == 24


def test_a_line_that_was_removed_comes_back_in_its_unit(world: World, alice: Client) -> None:
    add_to_cart(open_cart(world.alice, world.alpine), {world.pan.pk: 24}, units={world.pan.pk: "carton"})
    alice.post(reverse("shop:cart_update"), {"remove": str(world.pan.pk)})
    alice.post(reverse("shop:cart_update"), {"undo": "1"})
    assert (line(world).quantity, line(world).unit) == (24, "carton")


def test_checkout_order_and_ordering_again_say_what_was_asked_for(world: World, alice: Client) -> None:
    add_to_cart(
        open_cart(world.alice, world.alpine), {world.pan.pk: 24, world.pot.pk: 6}, units={world.pan.pk: "carton"}
    )
    page = alice.get(reverse("shop:checkout"))
    assert "2 cartons (24 pieces)" in text(page)
    assert "6 pieces" in text(page)
    send(alice, form_of(alice))
    order = DealerOrder.objects.get()
    assert "2 cartons (24 pieces)" in text(alice.get(reverse("shop:order", args=(order.number,))))
    alice.post(reverse("shop:reorder", args=(order.number,)), {"all": "1"})
    assert (line(world).quantity, line(world).unit) == (24, "carton")
    assert line(world, world.pot).unit == ""


def test_quick_order_puts_cartons_into_the_cart(world: World, alice: Client) -> None:
    url = reverse("shop:quick_order")
    first = alice.post(url, {"text": "PAN-24\t2 cartons\nPOT-5L\t6"})
    assert first.context["totals"].sums.good == 2
    alice.post(url, {"lines": first.context["packed"], "add": "1"})
    assert (line(world).quantity, line(world).unit) == (24, "carton")
    assert line(world, world.pot).unit == ""


def test_different_units_of_one_product_are_added_up_in_pieces(world: World, alice: Client) -> None:
    url = reverse("shop:quick_order")
    first = alice.post(url, {"text": "PAN-24\t2 cartons\nPAN-24\t3"})
    alice.post(url, {"lines": first.context["packed"], "add": "1"})
    assert (line(world).quantity, line(world).unit) == (27, "")
