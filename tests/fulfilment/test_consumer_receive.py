"""Consumer orders are taken in once, whole or not at all."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fulfilment.consumer.checks import MOST_LINES
from fulfilment.consumer.data import AddressData, ConsumerConflict, ConsumerRefused, ContactData, OrderData, body_hash
from fulfilment.consumer.models import Channel, ChannelSku, ConsumerContact, ConsumerOrder, ConsumerOrderLine
from fulfilment.consumer.receive import Bringer, Received, receive, receive_many
from fulfilment.signals import consumer_order_moved
from tests import factories
from tests.factories import World
from tests.fulfilment.consumer_samples import ADDRESS, line, make_channel, make_place, order_data, taken


@pytest.fixture
def channel(world: World) -> Channel:
    make_place()
    return make_channel()


def refused(channel: Channel, data: OrderData) -> dict[str, str]:
    """The problems by path, of an order that must be refused."""
    with pytest.raises(ConsumerRefused) as why:
        receive(channel, data, body_hash=body_hash(data), by=Bringer())
    assert ConsumerOrder.objects.count() == 0
    return {problem.path: problem.code for problem in why.value.problems}


def test_an_order_is_kept_whole(channel: Channel, world: World) -> None:
    first = line(gross=Decimal("70.00"), discount_supplier=Decimal("6.00"), discount_dealer=Decimal("4.20"))
    order = taken(channel, order_data("W-1", first, line("KNIFE-8", 1, "35.00"), payment_fee=Decimal("0.60")))
    order.refresh_from_db()
    assert (order.state, order.version, order.total, order.goods_total) == (
        "ready", 1, Decimal("99.70"), Decimal("94.80"),
    )  # fmt: skip
    assert (order.latitude, order.place_source, order.area_code) == (Decimal("52.532000"), "table", "10115")
    rows = list(order.lines.values_list("position", "product", "sku", "quantity", "paid", "discount_supplier"))
    assert rows == [
        (1, world.pan.pk, "PAN-24", 2, Decimal("59.80"), Decimal("6.00")),
        (2, world.knife.pk, "KNIFE-8", 1, Decimal("35.00"), Decimal("0.00")),
    ]
    assert list(order.steps.values_list("from_state", "to_state")) == [("", "received"), ("received", "ready")]
    assert ConsumerContact.objects.get(order=order).name == "Erika Muster"


def test_the_same_again_gets_the_same_order(channel: Channel) -> None:
    first = taken(channel)
    answer = receive(channel, order_data(), body_hash=body_hash(order_data()), by=Bringer())
    assert answer == Received(first, repeated=True)
    assert (ConsumerOrder.objects.count(), ConsumerOrderLine.objects.count()) == (1, 1)


def test_other_content_under_the_same_number_changes_nothing(channel: Channel) -> None:
    order = taken(channel)
    other = order_data("W-1001", line(quantity=3))
    with pytest.raises(ConsumerConflict) as why:
        receive(channel, other, body_hash=body_hash(other), by=Bringer())
    assert why.value.problems[0].code == "other_content"
    assert order.lines.get().quantity == 2


def test_two_channels_may_use_the_same_number(channel: Channel) -> None:
    taken(channel)
    taken(make_channel("other"))
    assert ConsumerOrder.objects.count() == 2


def test_the_fingerprint_is_of_what_was_said_not_of_how() -> None:
    data = order_data()
    later = replace(data, placed_at=data.placed_at.astimezone(timezone.get_fixed_timezone(120)))
    assert body_hash(replace(later, freight=Decimal("4.9"))) == body_hash(data)
    assert body_hash(replace(data, freight=Decimal("4.91"))) != body_hash(data)


def test_every_line_and_amount_is_looked_at_at_once(channel: Channel) -> None:
    lines = (
        line(paid="10.00"),
        line("NO-SUCH", 1, "5.00"),
        line(quantity=0),
        line(quantity=-3, paid="-5.00"),
        line(paid="10.005"),
        line(gross=Decimal("12.00"), discount_dealer=Decimal("1.00")),
        line(paid="NaN"),
        line(external_id="a"),
        line(external_id="a"),
    )
    assert refused(channel, order_data("W-1", *lines, total=Decimal("1.00"))) == {
        "lines[1].sku": "unknown_sku",
        "lines[2].quantity": "quantity",
        "lines[3].quantity": "quantity",
        "lines[3].gross": "negative",
        "lines[3].paid": "negative",
        "lines[4].gross": "too_fine",
        "lines[4].paid": "too_fine",
        "lines[5].paid": "sum",
        "lines[6].gross": "amount",
        "lines[6].paid": "amount",
        "lines[8].external_id": "repeated",
    }


@pytest.mark.parametrize(
    ("fields", "problems"),
    [
        ({"currency": "USD"}, {"currency": "currency"}),
        ({"currency": "xyz"}, {"currency": "currency"}),
        ({"total": Decimal("64.71")}, {"total": "sum"}),
        ({"freight": Decimal("-1.00"), "total": Decimal("58.80")}, {"freight": "negative"}),
        ({"payment_fee": Decimal("Infinity")}, {"payment_fee": "amount"}),
        ({"external_number": ""}, {"external_number": "number"}),
        ({"external_number": "A/1"}, {"external_number": "number"}),
        ({"external_number": "A\x001"}, {"external_number": "characters"}),
        ({"external_number": "x" * 101}, {"external_number": "too_long"}),
        ({"placed_at": datetime(1, 1, 1, tzinfo=UTC)}, {"placed_at": "moment"}),
        ({"promised_on": date(9999, 12, 31)}, {"promised_on": "day"}),
        ({"method": "pigeon", "pickup_outlet": "x/y"}, {"method": "method", "pickup_outlet": "unknown_outlet"}),
        ({"method": "pickup"}, {"pickup_outlet": "required"}),
        ({"address": AddressData()}, {"address.country": "required", "address.postal_code": "required"}),
        ({"contact": ContactData()}, {"contact.name": "required", "contact.address_line1": "required"}),
        ({"contact": ContactData("A\ud800", "", "", "B")}, {"contact.name": "characters"}),
        ({"address": replace(ADDRESS, country="de")}, {"address.country": "country"}),
        ({"address": replace(ADDRESS, latitude=Decimal(52))}, {"address.longitude": "required"}),
        (
            {"address": replace(ADDRESS, latitude=Decimal(91), longitude=Decimal("NaN"))},
            {"address.latitude": "range", "address.longitude": "range"},
        ),
    ],
)
def test_bad_input_is_refused_by_its_field(channel: Channel, fields: dict[str, Any], problems: dict[str, str]) -> None:
    assert refused(channel, order_data("W-1", **fields)) == problems


def test_an_order_from_tomorrow_is_refused(channel: Channel) -> None:
    tomorrow = timezone.now() + timedelta(days=2)
    assert refused(channel, order_data(placed_at=tomorrow)) == {"placed_at": "moment"}


def test_ten_thousand_lines_are_refused_by_the_limit(channel: Channel) -> None:
    data = order_data("W-1", *[line(paid="1.00")] * 10_000)
    with pytest.raises(ConsumerRefused) as why:
        receive(channel, data, body_hash="x", by=Bringer())
    (problem,) = why.value.problems
    assert (problem.path, problem.code) == ("lines", "too_many")
    assert str(MOST_LINES) in problem.message


def test_no_lines_are_refused(channel: Channel) -> None:
    assert refused(channel, replace(order_data(), lines=(), total=Decimal("4.90"))) == {"lines": "required"}


def test_a_currency_without_cents_takes_whole_amounts_only(world: World) -> None:
    channel = make_channel("tokyo", currency="JPY")
    data = order_data("J-1", line(paid="10.50"), currency="JPY", freight=Decimal(0))
    assert refused(channel, data) == {
        "lines[0].gross": "too_fine", "lines[0].paid": "too_fine", "total": "too_fine",
    }  # fmt: skip


def test_a_channel_may_call_products_its_own_way(channel: Channel, world: World) -> None:
    ChannelSku.objects.create(channel=channel, sku="0815", product=world.pan)
    order = taken(channel, order_data("W-1", line("0815")))
    assert (order.lines.get().product_id, order.lines.get().sku) == (world.pan.pk, "PAN-24")


def test_a_pickup_goes_to_the_outlet_and_needs_no_address(channel: Channel, world: World) -> None:
    world.outlet.__class__.objects.filter(pk=world.outlet.pk).update(latitude="48.1", longitude="11.5")
    data = order_data(method="pickup", pickup_outlet="D-ALPINE/MAIN", address=AddressData(), contact=ContactData())
    order = taken(channel, data)
    assert (order.state, order.pickup_outlet, order.latitude) == ("ready", world.outlet, Decimal("48.1"))


def test_an_address_nobody_knows_waits_for_a_person(channel: Channel) -> None:
    order = taken(channel, order_data(address=replace(ADDRESS, postal_code="99999")))
    assert (order.state, order.latitude, order.area_code) == ("address_unknown", None, "99999")


def test_a_batch_answers_for_each_order(channel: Channel) -> None:
    kept = taken(channel, order_data("B-0"))
    bad = order_data("B-2", line("NO-SUCH"))
    data = [order_data("B-0"), order_data("B-1"), bad, order_data("B-1"), order_data("B-1", line(quantity=9)), bad]
    answers = receive_many(channel, [(each, body_hash(each)) for each in data], by=Bringer())
    made = ConsumerOrder.objects.get(external_number="B-1")
    assert answers[0] == Received(kept, repeated=True)
    assert answers[1] == Received(made, repeated=False)
    assert answers[3] == Received(made, repeated=True)
    assert isinstance(answers[4], ConsumerConflict)
    for place in (2, 5):
        assert isinstance(answers[place], ConsumerRefused)
    assert ConsumerOrder.objects.count() == 2


def test_the_rooms_above_are_told_within_the_transaction(channel: Channel) -> None:
    def fail(**_told: Any) -> None:
        raise RuntimeError("no")

    consumer_order_moved.connect(fail)
    try:
        with pytest.raises(RuntimeError):
            taken(channel)
    finally:
        consumer_order_moved.disconnect(fail)
    assert ConsumerOrder.objects.count() == 0


@pytest.mark.parametrize("count", [1, 200])
def test_lines_cost_no_further_statements(channel: Channel, count: int, django_assert_num_queries: Any) -> None:
    for index in range(count):
        factories.make_product(f"SKU-{index}", "Thing")
    data = order_data("W-1", *[line(f"SKU-{index}", 1, "1.00") for index in range(count)])
    with django_assert_num_queries(12):
        taken(channel, data)
    assert ConsumerOrderLine.objects.count() == count


def test_orders_of_a_batch_cost_no_further_statements(channel: Channel, django_assert_num_queries: Any) -> None:
    data = [order_data(f"W-{index}") for index in range(100)]
    with django_assert_num_queries(12):
        receive_many(channel, [(each, body_hash(each)) for each in data], by=Bringer())
    assert ConsumerOrder.objects.count() == 100


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True)
@given(
    cents=st.lists(st.tuples(st.integers(0, 10**9), st.integers(0, 10**9), st.integers(1, 5)), min_size=1, max_size=6),
    off=st.integers(-2, 2),
)
def test_sums_hold_to_the_cent(channel: Channel, cents: list[tuple[int, int, int]], off: int) -> None:
    lines = [
        line(
            quantity=quantity, paid=f"{paid / 100:.2f}", gross=Decimal(paid + less) / 100,
            discount_supplier=Decimal(less) / 100,
        )
        for paid, less, quantity in cents
    ]  # fmt: skip
    data = order_data("W-1", *lines)
    data = replace(data, total=data.total + Decimal(off) / 100)
    ConsumerOrder.objects.all().delete()
    if off:
        assert "total" in refused(channel, data)
    else:
        order = taken(channel, data)
        assert sum(each.paid for each in order.lines.all()) + order.freight == order.total
