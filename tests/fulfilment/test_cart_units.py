"""Cartons in carts and on orders: everything counts in sales units, what was asked for stays as it was asked for."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.utils import translation

from fulfilment.ordering.cart import add_to_cart, entries, open_cart, set_quantities
from fulfilment.ordering.carts import create_cart, duplicate_cart, merge_carts
from fulfilment.ordering.models import DealerCart, DealerOrderLine
from fulfilment.ordering.submit import OrderHead, submit
from pricing.catalogue.models import ProductUnit
from pricing.numbers.models import DealerItemNumber
from tests.factories import World


@pytest.fixture
def cart(world: World) -> DealerCart:
    """Alice's cart; pans come in cartons of 12."""
    ProductUnit.objects.create(product=world.pan, code="carton", factor=12)
    return open_cart(world.alice, world.alpine)


def unit(cart: DealerCart, product: Any) -> tuple[int, str]:
    entry = entries(cart)[product.pk]
    return entry.quantity, entry.unit


def send(world: World, cart: DealerCart) -> DealerOrderLine:
    order = submit(cart, OrderHead(key=uuid4(), outlet_id=world.outlet.pk, po_number="PO"), by=world.alice)
    return order.lines.get(line__product=world.pan)


def test_a_line_keeps_the_unit_it_was_entered_in(world: World, cart: DealerCart) -> None:
    add_to_cart(cart, {world.pan.pk: 24, world.knife.pk: 3}, units={world.pan.pk: "carton"})
    assert unit(cart, world.pan) == (24, "carton")
    assert unit(cart, world.knife) == (3, "")


def test_more_of_the_same_unit_keeps_it_and_another_counts_in_sales_units(world: World, cart: DealerCart) -> None:
    add_to_cart(cart, {world.pan.pk: 24}, units={world.pan.pk: "carton"})
    add_to_cart(cart, {world.pan.pk: 12}, units={world.pan.pk: "carton"})
    assert unit(cart, world.pan) == (36, "carton")
    add_to_cart(cart, {world.pan.pk: 3})
    assert unit(cart, world.pan) == (39, "")


def test_a_quantity_set_keeps_the_unit_unless_another_is_named(world: World, cart: DealerCart) -> None:
    add_to_cart(cart, {world.pan.pk: 24}, units={world.pan.pk: "carton"})
    set_quantities(cart, {world.pan.pk: 36})
    assert unit(cart, world.pan) == (36, "carton")
    set_quantities(cart, {world.pan.pk: 36}, units={world.pan.pk: ""})
    assert unit(cart, world.pan) == (36, "")


def test_copies_keep_units_and_merging_other_ones_counts_in_sales_units(world: World, cart: DealerCart) -> None:
    add_to_cart(cart, {world.pan.pk: 24}, units={world.pan.pk: "carton"})
    copy = duplicate_cart(cart, world.alice, "Copy")
    assert unit(copy, world.pan) == (24, "carton")
    loose = create_cart(world.alice, world.alpine, "Loose")
    add_to_cart(loose, {world.pan.pk: 2})
    merge_carts(copy, loose, by=world.alice)
    assert unit(loose, world.pan) == (26, "")


def test_the_order_line_says_what_was_ordered_whatever_a_carton_holds_later(world: World, cart: DealerCart) -> None:
    add_to_cart(cart, {world.pan.pk: 24}, units={world.pan.pk: "carton"})
    line = send(world, cart)
    ProductUnit.objects.update(factor=10)
    line.refresh_from_db()
    assert (line.quantity, line.ordered_unit, line.ordered_factor) == (24, "carton", 12)
    assert line.quantity_words == "2 cartons (24 pieces)"
    with translation.override("zh-hans"):
        assert "24" in line.quantity_words


@pytest.mark.parametrize(("quantity", "gone"), [(25, False), (24, True)])
def test_what_is_no_whole_number_of_a_unit_is_ordered_in_sales_units(
    world: World, cart: DealerCart, quantity: int, gone: bool
) -> None:
    add_to_cart(cart, {world.pan.pk: quantity}, units={world.pan.pk: "carton"})
    if gone:
        ProductUnit.objects.all().delete()
    line = send(world, cart)
    assert (line.quantity, line.ordered_unit, line.ordered_factor) == (quantity, "", 1)
    assert line.quantity_words == f"{quantity} pieces"


def test_the_dealer_s_own_number_stays_on_the_line_as_it_was(world: World, cart: DealerCart) -> None:
    DealerItemNumber.objects.create(dealer=world.bergen, product=world.pan, number="B-1")
    DealerItemNumber.objects.create(dealer=world.alpine, product=world.pan, number="A-1")
    DealerItemNumber.objects.create(dealer=world.alpine, product=world.pan, number="A-2")
    add_to_cart(cart, {world.pan.pk: 5, world.knife.pk: 1})
    line = send(world, cart)
    DealerItemNumber.objects.all().delete()
    line.refresh_from_db()
    assert line.own_number == "A-1"
    assert line.order.lines.get(line__product=world.knife).own_number == ""
