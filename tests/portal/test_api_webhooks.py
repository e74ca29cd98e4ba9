"""Webhooks: signed or nothing, each once, and none that is signed is ever lost."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from fulfilment.consumer import deliveries
from fulfilment.consumer.deliveries import carry_out, dismiss
from fulfilment.consumer.keeping import end_former_secret, map_sku, set_secret
from fulfilment.consumer.models import Channel, ConsumerContact, ConsumerOrder, WebhookDelivery
from portal.api import tasks, webhooks
from tests.factories import World
from tests.fulfilment.consumer_samples import make_channel, make_place
from tests.portal.webhook_samples import SECRET, SHOPIFY, WOOCOMMERCE, deliver, shopify, woocommerce


@pytest.fixture
def shop(world: World) -> Channel:
    make_place()
    channel = make_channel("shop", "shopify")
    set_secret(channel.pk, SECRET, by=world.ada)
    return channel


@pytest.fixture
def woo(world: World) -> Channel:
    make_place()
    channel = make_channel("woo", "woocommerce", discounts_by="dealer")
    set_secret(channel.pk, SECRET, by=world.ada)
    return channel


def states() -> list[str]:
    return list(WebhookDelivery.objects.order_by("pk").values_list("state", flat=True))


def paths() -> set[str]:
    return {problem["path"] for problem in WebhookDelivery.objects.latest("pk").problems}


def test_an_order_of_shopify_is_taken(shop: Channel) -> None:
    told = deliver(
        "shop",
        SHOPIFY,
        HTTP_X_SHOPIFY_WEBHOOK_ID="b54557e4",
        HTTP_X_SHOPIFY_TRIGGERED_AT="2026-05-04T10:31:00.123456789Z",
    )
    assert told.status_code == 200
    order = ConsumerOrder.objects.get()
    assert (order.external_number, order.state, order.total, order.freight) == (
        "#1001", "ready", Decimal("67.70"), Decimal("4.90"),
    )  # fmt: skip
    assert (order.latitude, order.place_source, order.attribution_code) == (Decimal("52.53"), "channel", "G-77")
    lines = list(order.lines.values_list("sku", "quantity", "gross", "discount_supplier", "paid"))
    assert lines == [
        ("PAN-24", 2, Decimal("59.80"), Decimal("5.00"), Decimal("54.80")),
        ("KNIFE-8", 1, Decimal("10.00"), Decimal("2.00"), Decimal("8.00")),
    ]
    assert ConsumerContact.objects.get().name == "Jon Doe"
    delivery = WebhookDelivery.objects.get()
    assert (delivery.state, delivery.order, delivery.delivery_id) == ("taken", order, "b54557e4")
    assert delivery.triggered_at is not None


def test_prices_before_tax_get_their_tax(shop: Channel) -> None:
    deliver("shop", shopify(taxes_included=False, total_price="77.73"))
    order = ConsumerOrder.objects.get()
    assert [line.paid for line in order.lines.all()] == [Decimal("63.55"), Decimal("9.28")]


def test_an_order_of_woocommerce_is_taken(woo: Channel) -> None:
    assert deliver("woo", WOOCOMMERCE, shop="woo").status_code == 200
    order = ConsumerOrder.objects.get()
    assert (order.external_number, order.total, order.freight) == ("727", Decimal("59.70"), Decimal("4.90"))
    line = order.lines.get()
    assert (line.gross, line.discount_dealer, line.paid) == (Decimal("59.80"), Decimal("5.00"), Decimal("54.80"))
    assert (order.postal_code, ConsumerContact.objects.get().address_line1) == ("10115", "Ackerstr. 1")


def test_the_ping_of_a_new_webhook_is_answered(woo: Channel, shop: Channel) -> None:
    form = {"content_type": "application/x-www-form-urlencoded"}
    assert Client().post("/api/v1/webhooks/woo", b"webhook_id=7", **form).status_code == 200
    assert Client().post("/api/v1/webhooks/woo", b"webhook_id=7&x=1", **form).status_code == 401
    assert Client().post("/api/v1/webhooks/shop", b"webhook_id=7", **form).status_code == 401
    assert states() == []


@pytest.mark.parametrize(
    "headers",
    [{"HTTP_X_SHOPIFY_HMAC_SHA256": "AAAA"}, {"HTTP_X_SHOPIFY_HMAC_SHA256": "é"}, {"HTTP_X_SHOPIFY_HMAC_SHA256": ""}],
)
def test_a_wrong_signature_keeps_nothing(shop: Channel, headers: dict[str, str]) -> None:
    assert deliver("shop", SHOPIFY, **headers).status_code == 401
    assert deliver("shop", SHOPIFY, secret="other").status_code == 401
    assert deliver("nowhere", SHOPIFY).status_code == 401
    assert (WebhookDelivery.objects.count(), ConsumerOrder.objects.count()) == (0, 0)


def test_a_channel_without_a_secret_takes_no_webhook(shop: Channel) -> None:
    Channel.objects.update(secret="", former_secret="")
    assert deliver("shop", SHOPIFY, secret="").status_code == 401


def test_both_secrets_hold_while_one_is_replaced(shop: Channel, world: World) -> None:
    set_secret(shop.pk, "new one", by=world.ada)
    assert deliver("shop", shopify(name="#1")).status_code == 200
    assert deliver("shop", shopify(name="#2"), secret="new one").status_code == 200
    end_former_secret(shop.pk, by=world.ada)
    assert deliver("shop", shopify(name="#3")).status_code == 401
    assert "new one" not in str(list(Channel.objects.values()))


def test_a_replay_is_answered_the_same_and_does_nothing(shop: Channel) -> None:
    first = deliver("shop", SHOPIFY, HTTP_X_SHOPIFY_WEBHOOK_ID="one")
    again = deliver("shop", SHOPIFY, HTTP_X_SHOPIFY_WEBHOOK_ID="one")
    forged = deliver("shop", SHOPIFY, HTTP_X_SHOPIFY_WEBHOOK_ID="two", HTTP_X_SHOPIFY_TOPIC="orders/cancelled")
    assert first.json() == again.json() == forged.json()
    assert (states(), ConsumerOrder.objects.get().state) == (["taken"], "ready")


def test_the_same_id_with_another_body_is_one_webhook(shop: Channel) -> None:
    deliver("shop", SHOPIFY, HTTP_X_SHOPIFY_WEBHOOK_ID="one")
    deliver("shop", shopify(name="#1002"), HTTP_X_SHOPIFY_WEBHOOK_ID="one")
    assert ConsumerOrder.objects.count() == 1


def test_updates_that_change_nothing_of_ours_do_nothing(shop: Channel) -> None:
    deliver("shop", SHOPIFY)
    deliver("shop", shopify(updated_at="2026-05-05T00:00:00Z", tags="vip"))
    assert (states(), ConsumerOrder.objects.get().version) == (["taken", "ignored"], 1)


def test_an_update_changes_the_order_and_an_older_one_does_not(shop: Channel) -> None:
    deliver("shop", SHOPIFY)
    other = SHOPIFY["shipping_address"] | {"address1": "Neue Str. 2", "latitude": None, "longitude": None}
    deliver("shop", shopify(updated_at="2026-05-06T00:00:00Z", shipping_address=other))
    deliver("shop", shopify(updated_at="2026-05-05T00:00:00Z", shipping_address=other | {"address1": "Alte Str. 3"}))
    assert states() == ["taken", "taken", "ignored"]
    assert ConsumerOrder.objects.get().version == 2
    assert ConsumerContact.objects.get().address_line1 == "Neue Str. 2"


@pytest.mark.parametrize("change", [{"cancelled_at": "2026-05-05T00:00:00Z"}, {"financial_status": "refunded"}])
def test_a_cancelled_order_is_cancelled(shop: Channel, change: dict[str, Any]) -> None:
    deliver("shop", SHOPIFY)
    deliver("shop", shopify(**change))
    deliver("shop", shopify(**change, updated_at="2026-06-01T00:00:00Z"))
    assert (states(), ConsumerOrder.objects.get().state) == (["taken", "taken", "ignored"], "cancelled")


def test_what_is_not_paid_waits_for_its_payment(shop: Channel, woo: Channel) -> None:
    deliver("shop", shopify(financial_status="pending"))
    deliver("woo", woocommerce(status="on-hold"), shop="woo")
    assert (states(), ConsumerOrder.objects.count()) == (["ignored", "ignored"], 0)
    deliver("shop", SHOPIFY)
    assert ConsumerOrder.objects.count() == 1


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"currency": "USD"}, "currency"),
        ({"total_price": "67.71"}, "total"),
        ({"line_items": [SHOPIFY["line_items"][0] | {"sku": None}]}, "lines[0].sku"),
        ({"line_items": [SHOPIFY["line_items"][0] | {"sku": "NOPE"}]}, "lines[0].sku"),
        ({"line_items": [SHOPIFY["line_items"][0] | {"quantity": "x"}]}, "line_items[0].quantity"),
        ({"line_items": "none"}, "line_items"),
        ({"line_items": [7]}, "line_items[0]."),
        ({"shipping_address": None}, "address.country"),
        ({"refunds": [{"id": 1}]}, "refunds"),
        ({"created_at": "yesterday"}, "created_at"),
        ({"total_price": {"amount": 1}}, "total_price"),
        ({"name": "a\x00/\ud800"}, "external_number"),
    ],
)
def test_what_cannot_be_taken_waits_for_a_person(shop: Channel, change: dict[str, Any], path: str) -> None:
    assert deliver("shop", shopify(**change)).status_code == 200
    assert states() == ["exception"]
    assert path in paths()
    assert ConsumerOrder.objects.count() == 0


@pytest.mark.parametrize("body", [b"", b"null", b"[]", b"{", b"\xff", b'{"a": NaN}', b"[" * 50_000])
def test_signed_nonsense_waits_for_a_person(shop: Channel, body: bytes) -> None:
    assert deliver("shop", body).status_code == 200
    assert (states(), paths()) == (["exception"], {"body"})


def test_a_person_names_the_product_and_tries_again(shop: Channel, world: World) -> None:
    items = [SHOPIFY["line_items"][0] | {"sku": "0815"}, SHOPIFY["line_items"][1]]
    deliver("shop", shopify(line_items=items))
    map_sku(shop, "0815", "PAN-24", by=world.ada)
    delivery = carry_out(WebhookDelivery.objects.get().pk, by=world.ada)
    assert (delivery.state, delivery.settled_by, delivery.problems) == ("taken", world.ada, [])
    assert ConsumerOrder.objects.get().lines.first().sku == "PAN-24"


def test_a_person_dismisses_with_a_reason(shop: Channel, world: World) -> None:
    deliver("shop", shopify(currency="USD"))
    pk = WebhookDelivery.objects.get().pk
    dismiss(pk, by=world.ada, reason="A test of the agency")
    assert carry_out(pk).state == "dismissed"


def test_what_a_process_left_behind_is_carried_out_by_the_sweep(shop: Channel, monkeypatch: pytest.MonkeyPatch) -> None:
    def die(*_args: Any, **_kwargs: Any) -> None:
        raise RuntimeError("the database went away")

    with monkeypatch.context() as patch:
        patch.setattr(deliveries, "receive", die)
        assert deliver("shop", SHOPIFY).status_code == 200
    assert (states(), ConsumerOrder.objects.count()) == (["stored"], 0)
    tasks.resume_webhooks()
    assert states() == ["stored"], "it is not yet old enough to be thought abandoned"
    WebhookDelivery.objects.update(received_at=timezone.now() - timedelta(minutes=5))
    tasks.resume_webhooks()
    assert (states(), ConsumerOrder.objects.count()) == (["taken"], 1)


def test_a_webhook_has_a_size_and_a_method(shop: Channel) -> None:
    assert deliver("shop", b" " * (webhooks.LARGEST_BODY + 1)).status_code == 413
    assert Client().get("/api/v1/webhooks/shop").status_code == 405
    assert states() == []


@pytest.mark.parametrize("count", [1, 200])
def test_lines_cost_no_further_statements(shop: Channel, count: int, django_assert_num_queries: Any) -> None:
    item = SHOPIFY["line_items"][1] | {"discount_allocations": []}
    items = [item | {"id": index} for index in range(count)]
    total = Decimal("10.00") * count + Decimal("4.90")
    with django_assert_num_queries(24):
        deliver("shop", shopify(line_items=items, total_price=str(total)))
    assert states() == ["taken"]
