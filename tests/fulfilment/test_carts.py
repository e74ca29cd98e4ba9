"""Several carts: chosen, shared, copied, merged; what a line keeps beside its quantity; who was faster."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from dealers.accounts.models import User
from fulfilment.ordering.cart import (
    add_to_cart,
    clear_cart,
    confirm_prices,
    entries,
    find_cart,
    open_cart,
    quantities,
    set_line_terms,
    set_quantities,
)
from fulfilment.ordering.carts import (
    choose_cart,
    create_cart,
    duplicate_cart,
    merge_carts,
    rename_cart,
    restore_cart,
    share_cart,
    trash_cart,
)
from fulfilment.ordering.models import CartLine, DealerCart, DealerOrderLine
from fulfilment.ordering.problems import OrderRefused
from fulfilment.ordering.submit import OrderHead, submit
from pricing.terms.models import Price
from tests import factories
from tests.factories import World
from tests.portal.shop_catalogue import make_many


@pytest.fixture
def carl(world: World) -> User:
    """Alice's colleague."""
    return factories.make_user("carl@alpine.example", "Carl", dealer=world.alpine)


def change_price(world: World, product: object, price: str) -> None:
    Price.objects.filter(product=product, min_quantity=1).update(price=Decimal(price))


def head(world: World, **more: object) -> OrderHead:
    return OrderHead(key=uuid4(), outlet_id=world.outlet.pk, **more)  # type: ignore[arg-type]


def test_a_new_cart_becomes_the_current_one_and_the_plain_one_waits(world: World) -> None:
    plain = open_cart(world.alice, world.alpine)
    spring = create_cart(world.alice, world.alpine, " Spring  fair ")
    assert spring.name == "Spring fair"
    assert open_cart(world.alice, world.alpine) == spring
    choose_cart(world.alice, plain)
    assert open_cart(world.alice, world.alpine) == plain


def test_after_the_current_cart_was_sent_the_plain_one_is_next(world: World) -> None:
    create_cart(world.alice, world.alpine, "Autumn")
    cart = create_cart(world.alice, world.alpine, "Spring")
    add_to_cart(cart, {world.pan.pk: 1})
    submit(cart, head(world), by=world.alice)
    assert find_cart(world.alice, world.alpine) is None, "no named cart is filled without being chosen"
    assert open_cart(world.alice, world.alpine).name == ""


@pytest.mark.parametrize("name", ["", "  ", "Spring", "x" * 101])
def test_a_name_is_needed_and_the_owner_s_own(world: World, name: str) -> None:
    create_cart(world.alice, world.alpine, "Spring")
    with pytest.raises(OrderRefused) as refused:
        create_cart(world.alice, world.alpine, name)
    assert refused.value.code == "name"
    assert DealerCart.objects.count() == 1


def test_renaming_the_plain_cart_keeps_it_current(world: World) -> None:
    cart = open_cart(world.alice, world.alpine)
    rename_cart(cart, "Spring")
    assert find_cart(world.alice, world.alpine) == cart


def test_a_cart_is_its_owner_s_until_it_is_shared(world: World, carl: User) -> None:
    cart = create_cart(world.alice, world.alpine, "Spring")
    carts = DealerCart.objects
    assert not carts.for_buyer(carl, world.alpine).exists()
    share_cart(cart, True)
    assert carts.for_buyer(carl, world.alpine).get() == cart
    assert not carts.for_buyer(world.bob, world.bergen).exists()
    choose_cart(carl, cart)
    share_cart(cart, False)
    assert find_cart(carl, world.alpine) is None, "what is no longer shared is nobody else's current cart"


def test_colleagues_with_the_same_current_cart_have_it_once(world: World, carl: User) -> None:
    cart = open_cart(world.alice, world.alpine)
    share_cart(cart, True)
    for user in (carl, world.alice):
        choose_cart(user, cart)
    own = open_cart(factories.make_user("dora@alpine.example", "Dora", dealer=world.alpine), world.alpine)
    assert own != cart
    assert find_cart(carl, world.alpine) == find_cart(world.alice, world.alpine) == cart


def test_a_copy_has_lines_notes_and_dates(world: World, carl: User) -> None:
    cart = open_cart(world.alice, world.alpine)
    add_to_cart(cart, {world.pan.pk: 3, world.knife.pk: 1})
    set_line_terms(cart, {world.pan.pk: ("for the fair", date(2026, 5, 1))})
    copy = duplicate_cart(cart, carl, "Again")
    assert quantities(copy) == {world.pan.pk: 3, world.knife.pk: 1}
    assert entries(copy)[world.pan.pk].note == "for the fair"
    assert entries(copy)[world.pan.pk].requested_date == date(2026, 5, 1)
    assert find_cart(carl, world.alpine) == copy


def test_merging_adds_up_and_puts_the_source_into_the_trash(world: World) -> None:
    target = open_cart(world.alice, world.alpine)
    add_to_cart(target, {world.pan.pk: 3})
    source = create_cart(world.alice, world.alpine, "Spring")
    add_to_cart(source, {world.pan.pk: 2, world.knife.pk: 1})
    assert merge_carts(source, target, by=world.alice) == 2
    assert quantities(target) == {world.pan.pk: 5, world.knife.pk: 1}
    assert find_cart(world.alice, world.alpine) == target
    assert DealerCart.objects.trashed_by(world.alice, world.alpine).get() == source
    with pytest.raises(OrderRefused):
        add_to_cart(source, {world.pan.pk: 1})


def test_a_cart_cannot_be_merged_into_itself_or_another_dealer_s(world: World) -> None:
    cart = open_cart(world.alice, world.alpine)
    for target in (cart, open_cart(world.bob, world.bergen)):
        with pytest.raises(OrderRefused):
            merge_carts(cart, target, by=world.alice)


def test_a_deleted_cart_comes_back_under_a_free_name(world: World) -> None:
    cart = open_cart(world.alice, world.alpine)
    add_to_cart(cart, {world.pan.pk: 3})
    trash_cart(cart)
    again = open_cart(world.alice, world.alpine)
    assert again != cart
    restored = restore_cart(cart)
    assert (restored.name, quantities(restored)) == ("Cart (2)", {world.pan.pk: 3})
    assert find_cart(world.alice, world.alpine) == again


def test_a_deleted_cart_is_not_sent(world: World) -> None:
    cart = open_cart(world.alice, world.alpine)
    add_to_cart(cart, {world.pan.pk: 3})
    trash_cart(cart)
    with pytest.raises(OrderRefused) as refused:
        submit(cart, head(world), by=world.alice)
    assert refused.value.code == "deleted"


def test_a_stale_quantity_is_refused_at_its_line_and_the_others_are_written(world: World, carl: User) -> None:
    cart = open_cart(world.alice, world.alpine)
    add_to_cart(cart, {world.pan.pk: 3, world.knife.pk: 1, world.pot.pk: 6})
    seen = {pk: entry.version for pk, entry in entries(cart).items()}
    set_quantities(cart, {world.pan.pk: 24}, seen=seen, by=carl)
    set_quantities(cart, {world.knife.pk: 0}, seen=seen, by=carl)
    stale = set_quantities(cart, {world.pan.pk: 5, world.knife.pk: 2, world.pot.pk: 12}, seen=seen, by=world.alice)
    assert {problem.product_id: str(problem.message) for problem in stale} == {
        world.pan.pk: "Carl Test changed this to 24 meanwhile.",
        world.knife.pk: "This line was removed meanwhile.",
    }
    assert {problem.code for problem in stale} == {"stale"}
    assert quantities(cart) == {world.pan.pk: 24, world.pot.pk: 12}


def test_asking_for_what_is_there_by_now_is_not_stale(world: World, carl: User) -> None:
    cart = open_cart(world.alice, world.alpine)
    add_to_cart(cart, {world.pan.pk: 3})
    set_quantities(cart, {world.pan.pk: 24}, by=carl)
    assert set_quantities(cart, {world.pan.pk: 24}, seen={world.pan.pk: 1}, by=world.alice) == []


def test_the_price_seen_is_kept_until_it_is_confirmed(world: World) -> None:
    cart = open_cart(world.alice, world.alpine)
    add_to_cart(cart, {world.pan.pk: 3})
    assert entries(cart)[world.pan.pk].shown_price == Decimal("20.0000")
    change_price(world, world.pan, "21.50")
    set_quantities(cart, {world.pan.pk: 4})
    assert entries(cart)[world.pan.pk].shown_price == Decimal("20.0000"), "a change is told, not overwritten"
    assert confirm_prices(cart) == 1
    assert entries(cart)[world.pan.pk].shown_price == Decimal("21.5000")
    assert confirm_prices(cart) == 0


def test_reaching_a_tier_is_no_change_of_price(world: World) -> None:
    cart = open_cart(world.alice, world.alpine)
    add_to_cart(cart, {world.pan.pk: 3})
    add_to_cart(cart, {world.pan.pk: 7})
    assert entries(cart)[world.pan.pk].shown_price == Decimal("18.5000")


def test_sending_names_the_lines_whose_price_changed(world: World) -> None:
    cart = open_cart(world.alice, world.alpine)
    add_to_cart(cart, {world.pan.pk: 3, world.pot.pk: 6})
    change_price(world, world.pan, "21.5050")
    with pytest.raises(OrderRefused) as refused:
        submit(cart, head(world, shown_total=Decimal("379.00")), by=world.alice)
    assert refused.value.code == "total_changed"
    assert [(line.product_id, str(line.message)) for line in refused.value.lines] == [
        (world.pan.pk, "The price was 20.00 and is now 21.505.")
    ]


def test_the_order_s_lines_have_the_cart_s_notes_and_dates(world: World) -> None:
    cart = open_cart(world.alice, world.alpine)
    add_to_cart(cart, {world.pan.pk: 3, world.pot.pk: 6})
    day = timezone.localdate() + timedelta(days=9)
    set_line_terms(cart, {world.pan.pk: (" for the fair ", day), world.knife.pk: ("not there", None)})
    order = submit(cart, head(world), by=world.alice)
    lines = DealerOrderLine.objects.filter(order=order).values_list("sku", "note", "requested_date")
    assert list(lines) == [("PAN-24", "for the fair", day), ("POT-5L", "", None)]


def test_removing_lines_leaves_nothing_beside_them(world: World) -> None:
    cart = open_cart(world.alice, world.alpine)
    add_to_cart(cart, {world.pan.pk: 3, world.pot.pk: 6, world.knife.pk: 1})
    set_quantities(cart, {world.pan.pk: 0})
    assert CartLine.objects.count() == 2
    clear_cart(cart)
    assert CartLine.objects.count() == 0


@pytest.mark.parametrize("count", [10, 1000])
def test_changing_any_number_of_lines_costs_the_same_statements(
    world: World, carl: User, count: int, django_assert_max_num_queries: Any
) -> None:
    products = [product.pk for product in make_many(count)]
    cart = open_cart(world.alice, world.alpine)
    asserted = django_assert_max_num_queries
    with asserted(12):
        add_to_cart(cart, dict.fromkeys(products, 1))
    with asserted(12):
        set_quantities(cart, dict.fromkeys(products, 2), seen=dict.fromkeys(products, 1), by=carl)
    with asserted(22):
        copy = duplicate_cart(cart, world.alice, "Copy")
    with asserted(8):
        clear_cart(copy)
