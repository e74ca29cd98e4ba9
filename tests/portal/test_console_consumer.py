"""The console's screens of consumer orders."""

from __future__ import annotations

import io
import json
from decimal import Decimal
from typing import Any

import pytest
from django.urls import reverse
from openpyxl import load_workbook

from fulfilment.consumer import deliveries
from fulfilment.consumer.contacts import remove_overdue
from fulfilment.consumer.deliveries import problems_of
from fulfilment.consumer.models import (
    Channel,
    ChannelSku,
    ConsumerContact,
    ConsumerOrder,
    ConsumerStep,
    WebhookDelivery,
)
from tests.factories import World
from tests.fulfilment.consumer_samples import line, make_channel, make_place, order_data, taken
from tests.portal.api_samples import Caller
from tests.portal.console_consumer_samples import broken_delivery, lost_order
from tests.portal.webhook_samples import SHOPIFY, shopify


@pytest.fixture
def channel(world: World) -> Channel:
    make_place()
    return make_channel()


@pytest.fixture
def ada(world: World, as_user: Any) -> Any:
    return as_user(world.ada)


def numbers(response: Any) -> list[str]:
    return [row["order"].external_number for row in response.context["rows"]]


def order_url(order: ConsumerOrder, page: str = "consumer_order") -> str:
    return reverse(f"console:{page}", args=[order.pk])


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", {"A-1", "B-1", "LOST"}),
        ("?tab=address_unknown", {"LOST"}),
        ("?q=a-1", {"A-1"}),
        ("?q=KNIFE", {"B-1"}),
        ("?q=99999", {"LOST"}),
        ("?q=erika", {"A-1", "B-1", "LOST"}),
        ("?since=2026-05-05", set()),
        ("?until=2026-05-04", {"A-1", "B-1", "LOST"}),
        ("?since=2026-05-05&until=2026-05-04", set()),
    ],
)
def test_the_list_is_narrowed(channel: Channel, ada: Any, query: str, found: set[str]) -> None:
    taken(channel, order_data("A-1"))
    taken(make_channel("other"), order_data("B-1", line("KNIFE-8", 1, "35.00")))
    lost_order(channel)
    assert set(numbers(ada.get(reverse("console:consumer_orders") + query))) == found


def test_one_channel_alone(channel: Channel, ada: Any) -> None:
    taken(channel, order_data("A-1"))
    other = make_channel("other")
    taken(other, order_data("B-1"))
    assert numbers(ada.get(reverse("console:consumer_orders") + f"?channel={other.pk}")) == ["B-1"]


@pytest.mark.parametrize("count", [1, 50])
def test_the_list_costs_the_same_for_many(
    channel: Channel, ada: Any, count: int, django_assert_num_queries: Any
) -> None:
    for index in range(count):
        taken(channel, order_data(f"W-{index}"))
    ada.get(reverse("console:consumer_orders"))
    with django_assert_num_queries(5):
        assert len(numbers(ada.get(reverse("console:consumer_orders")))) == count


def test_finance_reads_orders_without_the_person(channel: Channel, world: World, as_user: Any) -> None:
    order, fay = taken(channel), as_user(world.fay)
    page = fay.get(order_url(order)).content.decode()
    assert "59.80" in page
    assert "Erika" not in page
    assert "Ackerstr" not in page
    assert numbers(fay.get(reverse("console:consumer_orders") + "?q=erika")) == []
    assert fay.post(order_url(order, "consumer_cancel"), {"version": 1, "reason": "x"}).status_code == 403


def test_administrators_see_the_person_until_removed(channel: Channel, ada: Any) -> None:
    order = taken(channel)
    assert "Erika Muster" in ada.get(order_url(order)).content.decode()
    ConsumerOrder.objects.update(state_at="2020-01-01T00:00:00Z")
    remove_overdue()
    page = ada.get(order_url(order)).content.decode()
    assert "Erika" not in page
    assert "Personal data was removed on" in page


@pytest.mark.parametrize("count", [1, 200])
def test_the_page_costs_the_same_for_many_lines(
    channel: Channel, ada: Any, count: int, django_assert_num_queries: Any
) -> None:
    order = taken(channel, order_data("W-1", *[line(paid="1.00")] * count))
    ada.get(order_url(order))
    with django_assert_num_queries(13):
        ada.get(order_url(order))


def test_the_excel_has_no_person(channel: Channel, ada: Any) -> None:
    taken(channel)
    content = b"".join(ada.get(reverse("console:consumer_orders_export")).streaming_content)
    rows = list(load_workbook(io.BytesIO(content)).active.values)
    assert rows[1][1] == "W-1001"
    assert "Erika" not in str(rows)


def test_a_person_sets_a_place_and_the_order_goes_on(channel: Channel, ada: Any, world: World) -> None:
    order = lost_order(channel)
    found = ada.get(order_url(order) + "?place=1011").content.decode()
    assert "It is here" in found
    bad = ada.post(order_url(order, "consumer_place"), {"latitude": "95", "longitude": "x"})
    assert bad.status_code == 422
    ada.post(order_url(order, "consumer_place"), {"latitude": "52.5", "longitude": "13.4", "area_code": "10115"})
    order.refresh_from_db()
    assert (order.state, order.latitude, order.place_source, order.area_code) == (
        "ready", Decimal("52.5"), "person", "10115",
    )  # fmt: skip
    step = ConsumerStep.objects.filter(order=order).last()
    assert (step.by, step.from_state, step.to_state) == (world.ada, "address_unknown", "ready")


def test_an_order_is_cancelled_for_the_version_that_was_seen(channel: Channel, ada: Any) -> None:
    order = taken(channel)
    ada.post(order_url(order, "consumer_cancel"), {"version": 7, "reason": "x"})
    order.refresh_from_db()
    assert order.state == "ready"
    ada.post(order_url(order, "consumer_cancel"), {"version": 1, "reason": "The consumer called"})
    order.refresh_from_db()
    assert order.state == "cancelled"


def entered(channel: Channel, **changes: Any) -> dict[str, Any]:
    """The form as a person sends it."""
    form = {
        "channel": channel.pk, "external_number": "H-1", "placed_at": "2026-05-04 10:30", "method": "delivery",
        "name": "Erika", "address_line1": "Ackerstr. 1", "postal_code": "10115", "country": "de", "freight": "4.90",
        "line-TOTAL_FORMS": "8", "line-INITIAL_FORMS": "0", "line-0-sku": "PAN-24", "line-0-quantity": "2",
        "line-0-gross": "70.00", "line-0-discount_supplier": "10.20", "line-2-sku": "KNIFE-8", "line-2-quantity": "1",
        "line-2-gross": "35.00",
    }  # fmt: skip
    return form | changes


def test_an_order_is_entered_by_hand_once(channel: Channel, ada: Any, world: World) -> None:
    url = reverse("console:consumer_order_add")
    assert ada.get(url).status_code == 200
    first, again = ada.post(url, entered(channel)), ada.post(url, entered(channel))
    order = ConsumerOrder.objects.get()
    assert first["Location"] == again["Location"] == order_url(order)
    assert (order.total, order.source, order.received_by) == (Decimal("99.70"), "hand", world.ada)
    assert [each.paid for each in order.lines.all()] == [Decimal("59.80"), Decimal("35.00")]


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"name": ""}, "name"),
        ({"country": ""}, "country"),
        ({"placed_at": "2199-01-01 10:00"}, "placed_at"),
        ({"method": "pickup", "pickup_outlet": "x/y"}, "pickup_outlet"),
        ({"freight": "-1"}, "freight"),
    ],
)
def test_what_is_wrong_stands_at_its_field(channel: Channel, ada: Any, changes: dict[str, Any], where: str) -> None:
    refused = ada.post(reverse("console:consumer_order_add"), entered(channel, **changes))
    assert refused.status_code == 422
    assert list(refused.context["form"].errors) == [where]
    assert ConsumerOrder.objects.count() == 0


def test_what_is_wrong_with_a_line_stands_at_the_line(channel: Channel, ada: Any) -> None:
    sent = entered(channel, **{"line-2-sku": "NOPE", "line-0-discount_dealer": "80.00"})
    refused = ada.post(reverse("console:consumer_order_add"), sent)
    assert refused.status_code == 422
    assert [sorted(form.errors) for form in refused.context["lines"].forms][:3] == [["gross"], [], ["sku"]]


def test_a_channel_is_made_and_changed_with_a_trace(ada: Any, world: World) -> None:
    values = {
        "code": "TMALL", "name": "Tmall", "kind": "api", "currency": "cny", "discounts_by": "supplier",
        "keep_days": "90", "requests_per_minute": "600",
    }  # fmt: skip
    made = ada.post(reverse("console:channels"), values)
    channel = Channel.objects.get(code="tmall")
    assert made["Location"] == reverse("console:channel", args=[channel.pk])
    assert ada.post(reverse("console:channels"), values).context["form"].errors["code"]
    ada.post(made["Location"], values | {"keep_days": "30", "is_active": "on"})
    assert list(channel.changes.values_list("what", "old", "new", "by")) == [
        ("keep_days", "90", "30", world.ada.pk), ("made", "", "tmall", world.ada.pk),
    ]  # fmt: skip
    assert ada.get(made["Location"]).status_code == 200


def test_the_currency_of_a_channel_with_orders_stays(channel: Channel, ada: Any) -> None:
    taken(channel)
    values = {
        "name": "Webshop", "kind": "api", "currency": "USD", "discounts_by": "supplier", "keep_days": "90",
        "requests_per_minute": "600", "is_active": "on",
    }  # fmt: skip
    refused = ada.post(reverse("console:channel", args=[channel.pk]), values)
    assert refused.context["form"].errors["currency"]
    assert Channel.objects.get().currency == "EUR"


def test_a_token_is_shown_once_and_works_until_it_is_revoked(channel: Channel, ada: Any, world: World) -> None:
    shown = ada.post(reverse("console:channel_token", args=[channel.pk]), {"name": "Shop"})
    secret = shown.context["told"]["text"]
    assert secret in shown.content.decode()
    assert "no-store" in shown["Cache-Control"]
    token = channel.tokens.get()
    page = ada.get(reverse("console:channel", args=[channel.pk])).content.decode()
    assert secret not in page
    assert token.hint in page
    caller = Caller(channel, world.ada)
    caller.secret = secret
    assert caller.get("/NOPE").status_code == 404
    ada.post(reverse("console:channel_token_revoke", args=[token.pk]))
    assert caller.get("/NOPE").status_code == 401
    assert secret not in str(list(channel.changes.values()))


def test_a_secret_of_ours_is_shown_once(world: World, ada: Any) -> None:
    shop = make_channel("shop", "shopify")
    shown = ada.post(reverse("console:channel_secret", args=[shop.pk]), {"secret": ""})
    assert shown.context["told"]["text"] in shown.content.decode()
    assert ada.post(reverse("console:channel_secret", args=[shop.pk]), {"secret": "theirs"}).status_code == 302
    shop.refresh_from_db()
    assert shop.former_secret
    ada.post(reverse("console:channel_secret_end", args=[shop.pk]))
    shop.refresh_from_db()
    assert (bool(shop.secret), shop.former_secret) == (True, "")


@pytest.fixture
def shop(world: World) -> Channel:
    make_place()
    return make_channel("shop", "shopify")


def delivery_of(shop: Channel, **changes: Any) -> WebhookDelivery:
    return broken_delivery(shop, json.dumps(shopify(**changes)).encode())


def test_a_person_assigns_a_product_and_the_order_comes_in(shop: Channel, ada: Any) -> None:
    delivery = delivery_of(shop, line_items=[SHOPIFY["line_items"][0] | {"sku": "0815"}, SHOPIFY["line_items"][1]])
    assert "0815" in ada.get(reverse("console:consumer_exceptions")).content.decode()
    assert (
        "Which product is 0815?" in ada.get(reverse("console:consumer_exception", args=[delivery.pk])).content.decode()
    )
    url = reverse("console:consumer_exception_sku", args=[delivery.pk])
    wrong = ada.post(url, {"sku": "0815", "product": "NOPE"})
    assert wrong.status_code == 422
    right = ada.post(url, {"sku": "0815", "product": "PAN-24"})
    assert right["Location"] == order_url(ConsumerOrder.objects.get())
    assert ChannelSku.objects.get().sku == "0815"


def test_a_person_tries_again_or_dismisses(shop: Channel, ada: Any, world: World) -> None:
    delivery = delivery_of(shop, currency="USD")
    again = ada.post(reverse("console:consumer_exception_again", args=[delivery.pk]))
    assert again["Location"] == reverse("console:consumer_exception", args=[delivery.pk])
    url = reverse("console:consumer_exception_dismiss", args=[delivery.pk])
    assert ada.post(url, {"reason": ""}).status_code == 422
    ada.post(url, {"reason": "A test"})
    delivery.refresh_from_db()
    assert (delivery.state, delivery.settled_by, delivery.note) == ("dismissed", world.ada, "A test")
    assert "A test" in ada.get(reverse("console:consumer_exception", args=[delivery.pk])).content.decode()


def test_what_is_wrong_is_said_in_the_readers_language(shop: Channel) -> None:
    delivery = delivery_of(shop, currency="USD")
    assert "This channel sells in EUR" in problems_of(delivery)[0]["message"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(deliveries, "gettext", lambda text: f"[{text}]")
        assert problems_of(delivery)[0]["message"] == "[This channel sells in EUR, not in USD.]"


def test_lost_addresses_stand_in_the_queue(channel: Channel, ada: Any) -> None:
    lost_order(channel)
    page = ada.get(reverse("console:consumer_exceptions"))
    assert [order.external_number for order in page.context["lost"]] == ["LOST"]


@pytest.mark.parametrize("name", ["consumer_orders", "consumer_order_add", "consumer_exceptions", "channels"])
def test_reps_and_dealers_have_no_business_here(world: World, as_user: Any, name: str) -> None:
    for person in (world.rita, world.alice, world.alpine_administrator):
        assert as_user(person).get(reverse(f"console:{name}")).status_code == 403


def test_no_contact_is_read_where_nobody_may(channel: Channel, world: World, as_user: Any) -> None:
    taken(channel)
    assert ConsumerContact.objects.count() == 1
    for name in ("consumer_orders", "consumer_orders_export"):
        answer = as_user(world.fay).get(reverse(f"console:{name}"))
        content = b"".join(answer.streaming_content) if answer.streaming else answer.content
        assert b"Erika" not in content
