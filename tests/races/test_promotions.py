"""A budget is never overdrawn, whoever comes at once; the race is shown to be real with the guard off."""

from __future__ import annotations

import threading
from collections.abc import Callable
from decimal import Decimal as D
from typing import Any
from uuid import uuid4

import pytest

from fulfilment.ordering import submit as submitting
from fulfilment.ordering.cart import add_to_cart, open_cart
from fulfilment.ordering.models import DealerOrder
from fulfilment.ordering.problems import OrderRefused
from fulfilment.ordering.promotions import reserve_budgets
from fulfilment.ordering.review import cancel
from fulfilment.ordering.submit import OrderHead, submit
from pricing.promotions import budget
from pricing.promotions.models import Promotion
from tests import factories
from tests.factories import World
from tests.pricing.promotion_samples import promote
from tests.races.test_stock import at_once

pytestmark = pytest.mark.race


@pytest.fixture
def shop(committed_db: None) -> World:
    return factories.make_world()


def send_together(world: World, monkeypatch: Any) -> list[Any]:
    """Alice and Bob send ten pans each, both priced before either takes of the budget."""
    priced = threading.Barrier(2)
    real = reserve_budgets

    def after_both_are_priced(quoted: Any) -> None:
        priced.wait(timeout=30)
        real(quoted)

    monkeypatch.setattr(submitting, "reserve_budgets", after_both_are_priced)
    jobs: list[Callable[[], Any]] = []
    for user, dealer in ((world.alice, world.alpine), (world.bob, world.bergen)):
        cart = open_cart(user, dealer)
        add_to_cart(cart, {world.pan.pk: 10})
        head = OrderHead(key=uuid4(), outlet_id=dealer.outlets.get(code="MAIN").pk)
        jobs.append(lambda cart=cart, head=head, user=user: submit(cart, head, by=user))
    return at_once(jobs)


def test_two_orders_and_one_budget(shop: World, monkeypatch: Any) -> None:
    promotion = promote("TEN", percent="10", budget_amount="20")
    results = send_together(shop, monkeypatch)
    refused = [each for each in results if isinstance(each, OrderRefused)]
    assert [(each.code, "Offer TEN" in str(each.message)) for each in refused] == [("total_changed", True)]
    assert DealerOrder.objects.count() == 1
    promotion.refresh_from_db()
    assert promotion.budget_used == D("18.50")


def test_without_the_guard_the_budget_is_overdrawn(shop: World, monkeypatch: Any) -> None:
    monkeypatch.setattr(budget, "GUARD", "true")
    promote("TEN", percent="10", budget_amount="20")
    assert all(isinstance(each, DealerOrder) for each in send_together(shop, monkeypatch))
    assert Promotion.objects.get().budget_used == D("37.00")


def test_sending_and_cancelling_at_once_leave_exactly_what_stands(shop: World) -> None:
    promotion = promote("TEN", percent="10", budget_amount="1000")
    for _round in range(3):
        cart = open_cart(shop.alice, shop.alpine)
        add_to_cart(cart, {shop.pan.pk: 2})
        standing = submit(cart, OrderHead(key=uuid4(), outlet_id=shop.outlet.pk), by=shop.alice)
        cart = open_cart(shop.alice, shop.alpine)
        add_to_cart(cart, {shop.pan.pk: 5})
        head = OrderHead(key=uuid4(), outlet_id=shop.outlet.pk)
        results = at_once(
            [
                lambda: cancel(standing.pk, by=shop.alice, reason="No"),  # noqa: B023
                lambda: submit(cart, head, by=shop.alice),  # noqa: B023
                lambda: cancel(standing.pk, by=shop.alice, reason="No"),  # noqa: B023
            ]
        )
        assert not [each for each in results if isinstance(each, Exception)]
    promotion.refresh_from_db()
    assert promotion.budget_used == D("30.00")
