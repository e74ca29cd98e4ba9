"""What an order says beside its lines: freight, delivery, notes and days; and nothing else than was seen is sent."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone
from oscar.core.loading import get_model

from fulfilment.ordering.cart import add_to_cart, open_cart, set_line_terms, set_quantities
from fulfilment.ordering.credit import credit_of
from fulfilment.ordering.models import DealerOrder
from fulfilment.ordering.problems import OrderRefused
from fulfilment.ordering.review import approve
from fulfilment.ordering.submit import OrderHead, submit
from fulfilment.ordering.terms import MOST_DAYS_AHEAD, DeliveryMode, delivery_broken
from fulfilment.shipping.record import ShipmentData, ShippedLine, record_shipment
from pricing.selling.models import FreightRule
from tests.factories import World

Order = get_model("order", "Order")
D = Decimal
TODAY = timezone.localdate()
LATER = TODAY + timedelta(days=9)


def head(world: World, **fields: Any) -> OrderHead:
    return OrderHead(**({"key": uuid4(), "outlet_id": world.outlet.pk} | fields))


def sent(world: World, **fields: Any) -> DealerOrder:
    cart = open_cart(world.alice, world.alpine)
    add_to_cart(cart, {world.pan.pk: 10, world.pot.pk: 6})
    return submit(cart, head(world, **fields), by=world.alice)


def refusal(world: World, **fields: Any) -> OrderRefused:
    with pytest.raises(OrderRefused) as refused:
        sent(world, **fields)
    assert not DealerOrder.objects.exists()
    return refused.value


def test_freight_is_taxed_like_goods_and_in_every_total(world: World) -> None:
    FreightRule.objects.create(currency="EUR", charge=D("25.00"), free_from=D("500.00"))
    order = sent(world)
    assert (order.net_total, order.tax_total) == (D("460.40"), D("59.85"))
    assert (order.freight_net, order.freight_tax, order.total) == (D("25.00"), D("3.25"), D("548.50"))
    mirror = Order.objects.get(pk=order.pk)
    assert (mirror.total_excl_tax, mirror.total_incl_tax) == (D("485.40"), D("548.50"))
    assert (mirror.shipping_excl_tax, mirror.shipping_incl_tax) == (D("25.00"), D("28.25"))
    assert sum(line.net_amount for line in order.lines.all()) == order.net_total


def test_tax_is_rounded_once_on_goods_and_freight_together(world: World) -> None:
    # 13 % of 460.40 is 59.852, of 460.40 and 0.04 it is 59.8572: the cent that appears is the freight's.
    FreightRule.objects.create(currency="EUR", charge=D("0.04"))
    order = sent(world)
    assert (order.tax_total, order.freight_tax) == (D("59.85"), D("0.01"))


def test_from_its_value_on_freight_is_free(world: World) -> None:
    FreightRule.objects.create(currency="EUR", charge=D("25.00"), free_from=D("460.40"))
    assert sent(world).total == D("520.25")


def test_the_credit_used_counts_freight(world: World) -> None:
    FreightRule.objects.create(currency="EUR", charge=D("25.00"))
    order = approve(sent(world).pk, by=world.rita)
    assert credit_of(world.alpine).ordered == order.total == D("548.50")


def test_freight_that_changed_is_told_and_never_silent(world: World) -> None:
    FreightRule.objects.create(currency="EUR", charge=D("25.00"))
    refused = refusal(world, shown_total=D("520.25"))
    assert (refused.code, refused.lines) == ("total_changed", ())


@pytest.mark.parametrize(
    ("then", "code"),
    [
        ({"pan": 9, "pot": 6}, "line_changed"),
        ({"pot": 6}, "line_added"),
        ({"pan": 10, "pot": 6, "knife": 1}, "line_removed"),
    ],
)
def test_a_cart_that_a_colleague_changed_is_not_sent_unseen(world: World, then: dict[str, int], code: str) -> None:
    shown = {getattr(world, name).pk: quantity for name, quantity in then.items()}
    refused = refusal(world, shown_quantities=shown)
    assert refused.code == "cart_changed"
    assert [line.code for line in refused.lines] == [code]


def test_delivery_is_kept_with_the_order(world: World) -> None:
    order = sent(world, delivery_mode=DeliveryMode.UNTIL, cancel_missing_after=LATER)
    order.refresh_from_db()
    assert (order.delivery_mode, order.cancel_missing_after) == ("until", LATER)


@pytest.mark.parametrize(
    ("mode", "last", "field"),
    [
        ("until", None, "cancel_missing_after"),
        ("complete", LATER, "cancel_missing_after"),
        ("tomorrow", None, "delivery_mode"),
    ],
)
def test_delivery_that_makes_no_sense_is_refused(world: World, mode: str, last: date | None, field: str) -> None:
    assert refusal(world, delivery_mode=mode, cancel_missing_after=last).field == field


@pytest.mark.parametrize("days", [-1, MOST_DAYS_AHEAD + 1])
def test_a_line_s_impossible_day_is_named_at_the_line(world: World, days: int) -> None:
    add_to_cart(open_cart(world.alice, world.alpine), {world.pan.pk: 1})
    set_line_terms(open_cart(world.alice, world.alpine), {world.pan.pk: ("", TODAY + timedelta(days=days))})
    refused = refusal(world)
    assert [(line.product_id, line.code) for line in refused.lines] == [(world.pan.pk, "requested_date")]


def test_notes_and_days_sent_with_the_head_rule_over_the_cart_s(world: World) -> None:
    add_to_cart(open_cart(world.alice, world.alpine), {world.pan.pk: 1})
    set_line_terms(open_cart(world.alice, world.alpine), {world.pan.pk: ("old", None)})
    order = sent(world, line_terms={world.pan.pk: ("new", LATER), world.knife.pk: ("not in the cart", None)})
    assert [(line.note, line.requested_date) for line in order.lines.all()] == [("new", LATER), ("", None)]


@pytest.mark.parametrize(
    "changes",
    [
        {"line_terms": {1: ("other", None)}},
        {"line_terms": {1: ("", LATER)}},
        {"delivery_mode": "complete"},
        {"requested_date": LATER},
    ],
)
def test_the_same_key_with_other_terms_is_refused(world: World, changes: dict[str, Any]) -> None:
    cart = open_cart(world.alice, world.alpine)
    add_to_cart(cart, {world.pan.pk: 1})
    first = head(world, line_terms={1: ("note", None)})
    order = submit(cart, first, by=world.alice)
    assert submit(cart, first, by=world.alice) == order
    with pytest.raises(OrderRefused) as refused:
        submit(cart, replace(first, **changes), by=world.alice)
    assert refused.value.code == "key_reused"


def test_what_is_shown_and_what_says_nothing_does_not_make_another_order(world: World) -> None:
    first = head(world)
    assert (
        replace(first, line_terms={1: ("", None)}, shown_total=D(1), shown_quantities={1: 1}).digest() == first.digest()
    )


def shipped_in_part(world: World, **fields: Any) -> DealerOrder:
    order = approve(sent(world, **fields).pk, by=world.rita)
    record_shipment(ShipmentData("S1", order.number, timezone.now(), [ShippedLine(1, 4)]))
    order.refresh_from_db()
    return order


def test_who_splits_an_order_that_was_to_come_together_is_told(world: World) -> None:
    order = shipped_in_part(world, delivery_mode=DeliveryMode.COMPLETE)
    assert delivery_broken(order, list(order.lines.all()), TODAY) == "split"
    record_shipment(ShipmentData("S2", order.number, timezone.now(), [ShippedLine(1, 6), ShippedLine(2, 6)]))
    order.refresh_from_db()
    assert delivery_broken(order, list(order.lines.all()), TODAY) == ""


def test_what_is_missing_after_its_day_is_told(world: World) -> None:
    order = shipped_in_part(world, delivery_mode=DeliveryMode.UNTIL, cancel_missing_after=LATER)
    lines = list(order.lines.all())
    assert delivery_broken(order, lines, LATER) == ""
    assert delivery_broken(order, lines, LATER + timedelta(days=1)) == "overdue"


def test_parts_are_no_surprise_where_the_dealer_takes_them(world: World) -> None:
    order = shipped_in_part(world)
    assert delivery_broken(order, list(order.lines.all()), TODAY) == ""


def test_removing_a_line_forgets_its_note(world: World) -> None:
    cart = open_cart(world.alice, world.alpine)
    add_to_cart(cart, {world.pan.pk: 1, world.pot.pk: 6})
    set_line_terms(cart, {world.pan.pk: ("note", LATER)})
    set_quantities(cart, {world.pan.pk: 0})
    set_quantities(cart, {world.pan.pk: 2})
    assert [line.note for line in submit(cart, head(world), by=world.alice).lines.order_by("position")] == ["", ""]
