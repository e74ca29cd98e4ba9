"""Promotions from cart to order to its end: amounts frozen, budgets taken and given back, nothing silent."""

from __future__ import annotations

from decimal import Decimal as D
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from oscar.core.loading import get_model

from erp_bridge.adapters.ubl.order import write_order
from erp_bridge.outbox.snapshot import order_snapshot
from fulfilment.ordering.cart import add_to_cart, open_cart
from fulfilment.ordering.models import DealerOrder
from fulfilment.ordering.problems import OrderRefused
from fulfilment.ordering.review import cancel, reject
from fulfilment.ordering.submit import OrderHead, submit
from fulfilment.snapshots import OrderSnapshot
from fulfilment.stock.take import available
from pricing.promotions.models import Promotion, PromotionUse
from pricing.promotions.write import Reach
from tests.erp_bridge.orders import approved, placed
from tests.factories import World
from tests.pricing.promotion_samples import promote

Order = get_model("order", "Order")


def used(promotion: Promotion) -> D:
    promotion.refresh_from_db()
    return promotion.budget_used


def send(world: World, wanted: dict[Any, int], **head: Any) -> DealerOrder:
    cart = open_cart(world.alice, world.alpine)
    add_to_cart(cart, {product.pk: number for product, number in wanted.items()})
    return submit(cart, OrderHead(key=uuid4(), outlet_id=world.outlet.pk, **head), by=world.alice)


def test_an_order_freezes_what_promotions_took_off(world: World) -> None:
    promote("PAN", percent="10", reach=Reach(products=[world.pan]))
    promote("SPEND", "order", percent="5", minimum_value="400")
    order = placed(world)
    lines = list(order.lines.all())
    # 185.00 less 18.50 and 275.40 are 441.90, of which five percent: 22.10 (22.095 rounded half up), 8.33 and 13.77.
    assert [(line.full_amount, line.discount_amount, line.order_share, line.net_amount) for line in lines] == [
        (D("185.00"), D("18.50"), D("8.33"), D("158.17")),
        (D("275.40"), D("0.00"), D("13.77"), D("261.63")),
    ]
    assert [line.promotion_code for line in lines] == ["PAN", ""]
    assert (order.order_discount, order.promotion_code) == (D("22.10"), "SPEND")
    assert order.net_total == D("419.80") == sum(line.net_amount for line in lines)
    assert sum(line.tax_amount for line in lines) == order.tax_total == D("54.57")
    mirrors = Order.objects.get(pk=order.pk).lines.order_by("pk")
    assert [(line.line_price_before_discounts_excl_tax, line.line_price_excl_tax) for line in mirrors] == [
        (D("185.00"), D("158.17")),
        (D("275.40"), D("261.63")),
    ]
    assert {use.promotion.code: use.amount for use in PromotionUse.objects.all()} == {
        "PAN": D("18.50"),
        "SPEND": D("22.10"),
    }


def test_the_erp_reads_price_discount_and_net(world: World) -> None:
    promote("PAN", percent="10", reach=Reach(products=[world.pan]))
    promote("SPEND", "order", percent="5", minimum_value="400")
    snapshot = order_snapshot(approved(world))
    assert [[(each.amount, each.reason) for each in line.allowances] for line in snapshot.lines] == [
        [(D("18.50"), "PAN"), (D("8.33"), "SPEND")],
        [(D("13.77"), "SPEND")],
    ]
    assert OrderSnapshot.from_json(snapshot.to_json()) == snapshot
    document = write_order(snapshot).decode()  # refuses what the schema does not allow
    assert '<cbc:LineExtensionAmount currencyID="EUR">158.17</cbc:LineExtensionAmount>' in document
    assert document.count("<cbc:AllowanceChargeReasonCode>95</cbc:AllowanceChargeReasonCode>") == 3


@pytest.mark.parametrize("end", [cancel, reject])
def test_a_budget_is_taken_with_the_order_and_given_back_once_with_its_end(world: World, end: Any) -> None:
    promotion = promote("TEN", percent="10", budget_amount="100")
    order = placed(world, {world.pan: 10})
    assert used(promotion) == D("18.50")
    by = world.alice if end is cancel else world.rita
    for _again in range(2):
        end(order.pk, by=by, reason="Changed my mind")
        assert used(promotion) == D("0.00")


def test_a_budget_that_ran_out_since_is_told_by_name_and_the_new_total_can_be_sent(world: World) -> None:
    promotion = promote("TEN", percent="10", budget_amount="20")
    Promotion.objects.update(budget_used=D(10))
    with pytest.raises(OrderRefused) as refusal:
        send(world, {world.pan: 10}, shown_total=D("188.15"))
    assert refusal.value.code == "total_changed"
    assert "Offer TEN" in refusal.value.message
    assert available([world.pan.pk]) == {world.pan.pk: 100}
    order = submit(
        open_cart(world.alice, world.alpine),
        OrderHead(key=uuid4(), outlet_id=world.outlet.pk, shown_total=D("209.05")),
        by=world.alice,
    )
    assert (order.total, used(promotion)) == (D("209.05"), D("10.00"))


def test_a_promotion_that_ended_since_is_told(world: World) -> None:
    promote("TEN", percent="10")
    Promotion.objects.update(is_active=False)
    with pytest.raises(OrderRefused) as refusal:
        send(world, {world.pan: 10}, shown_total=D("188.15"))
    assert refusal.value.code == "total_changed"


def test_promotions_cost_three_statements_more_at_any_length(world: World) -> None:
    def statements(number: int) -> int:
        with CaptureQueriesContext(connection) as sent:
            send(world, dict(list({world.pan: 10, world.pot: 6, world.knife: 1}.items())[:number]))
        return len(sent)

    statements(1)  # what is remembered by the process is remembered now
    without = statements(1)
    promote("TEN", percent="10", budget_amount="5000")
    assert statements(3) - without <= 5
    assert statements(1) == statements(3)
