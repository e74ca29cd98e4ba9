"""Promotions as a dealer meets them: catalogue, product page, cart, checkout, order."""

from __future__ import annotations

from datetime import date
from decimal import Decimal as D
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from fulfilment.ordering.cart import add_to_cart, open_cart
from fulfilment.ordering.models import DealerOrder
from pricing.promotions.models import Promotion
from pricing.promotions.write import Reach
from tests.factories import World
from tests.portal.test_shop_checkout import form_of, send
from tests.pricing.promotion_samples import promote


@pytest.fixture
def alice(world: World, as_user: Any) -> Client:
    return as_user(world.alice)


def fill(world: World, wanted: dict[Any, int]) -> None:
    add_to_cart(open_cart(world.alice, world.alpine), {product.pk: number for product, number in wanted.items()})


def text(response: Any) -> str:
    return " ".join(response.content.decode().split())


def test_a_row_and_the_product_page_say_what_and_until_when(world: World, alice: Client) -> None:
    promote("TEN", percent="10", valid_to=date(2030, 11, 30), reach=Reach(products=[world.pan]))
    promote("MORE", "free", buy=12, free=1, reach=Reach(products=[world.pan]))
    for url in (reverse("shop:catalogue"), reverse("shop:product", args=("pan-24", "PAN-24"))):
        page = text(alice.get(url))
        assert "10 % off until 30 Nov 2030" in page
        assert "12 + 1 free" in page
        assert "18.00 with the promotion" in page


def test_another_dealer_s_promotion_is_not_seen(world: World, alice: Client) -> None:
    promote("BERGEN", percent="10", reach=Reach(dealers=[world.bergen]))
    for name in ("shop:catalogue", "shop:cart"):
        assert "10 % off" not in text(alice.get(reverse(name)))


def test_the_cart_shows_old_and_new_amounts_the_totals_and_what_more_brings(world: World, alice: Client) -> None:
    promote("TEN", percent="10", reach=Reach(products=[world.pan]))
    promote("SET", "bundle", percent="20", minimum_quantity=12, reach=Reach(products=[world.pot, world.knife]))
    promote("SPEND", "order", percent="5", minimum_value="100")
    fill(world, {world.pan: 10, world.pot: 6})
    page = text(alice.get(reverse("shop:cart")))
    for said in (
        "185.00",
        "166.50",
        "10 % off",
        "Add 6 more for 20 % off",
        "−18.50",
        "Offer SPEND",
        "−22.10",
        "419.80",
    ):
        assert said in page


def test_lines_of_a_bundle_follow_the_line_that_was_changed(world: World, alice: Client) -> None:
    promote("SET", "bundle", percent="20", minimum_quantity=12, reach=Reach(products=[world.pan, world.pot]))
    fill(world, {world.pan: 5, world.pot: 6})
    sent = {f"quantity-{world.pan.pk}": "6", f"seen-{world.pan.pk}": "1-5"}
    page = text(alice.post(reverse("shop:cart_update"), sent, headers={"HX-Request": "true"}))
    assert f'id="amount-{world.pot.pk}"' in page
    assert "220.32" in page


def test_from_cart_to_order_to_cancellation(world: World, alice: Client) -> None:
    promotion = promote("TEN", percent="10", budget_amount="100")
    fill(world, {world.pan: 10})
    send(alice, form_of(alice))
    order = DealerOrder.objects.get()
    assert order.net_total == D("166.50")
    promotion.refresh_from_db()
    assert promotion.budget_used == D("18.50")
    page = text(alice.get(reverse("shop:order", args=(order.number,))))
    for said in ("185.00", "166.50", "TEN −18.50"):
        assert said in page
    alice.post(reverse("shop:order_cancel", args=(order.number,)), {"reason": "No"})
    promotion.refresh_from_db()
    assert promotion.budget_used == D("0.00")


def test_a_budget_that_ran_out_is_told_by_name_before_anything_is_sent(world: World, alice: Client) -> None:
    promote("TEN", percent="10", budget_amount="20")
    fill(world, {world.pan: 10})
    shown = form_of(alice)
    Promotion.objects.update(budget_used=D(15))
    response = send(alice, shown)
    assert response.status_code == 422
    page = text(response)
    assert "Offer TEN" in page
    assert "209.05" in page
    assert not DealerOrder.objects.exists()
    again = {bound.name: str(bound.value()) for bound in response.context["form"] if bound.value() is not None}
    assert send(alice, again).status_code == 302
    assert DealerOrder.objects.get().net_total == D("185.00")


def test_staff_read_the_same_numbers(world: World, alice: Client, as_user: Any) -> None:
    promote("TEN", percent="10")
    promote("SPEND", "order", amount="16.50", minimum_value="100")
    fill(world, {world.pan: 10})
    send(alice, form_of(alice))
    page = text(as_user(world.rita).get(reverse("console:order", args=(DealerOrder.objects.get().number,))))
    for said in ("185.00", "166.50", "TEN −18.50", "SPEND", "−16.50", "150.00"):
        assert said in page
