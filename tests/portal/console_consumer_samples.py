"""Rows of consumer orders for the console's screens."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from fulfilment.consumer.deliveries import carry_out, keep
from fulfilment.consumer.keeping import issue_token
from fulfilment.consumer.models import Channel, ConsumerOrder, WebhookDelivery
from tests.factories import World
from tests.fulfilment.consumer_samples import ADDRESS, make_channel, order_data, taken


def lost_order(channel: Channel, number: str = "LOST") -> ConsumerOrder:
    """An order whose address nobody knows."""
    return taken(channel, order_data(number, address=replace(ADDRESS, postal_code="99999")))


def broken_delivery(channel: Channel, body: bytes = b"{}") -> WebhookDelivery:
    """A webhook that waits for a person."""
    return carry_out(keep(channel, body)[0].pk)


def consumer_made(world: World) -> dict[str, list[dict[str, Any]]]:
    """For each route of consumer orders with a parameter, one that exists."""
    channel = Channel.objects.filter(code="made").first() or make_channel("made", "shopify")
    order = ConsumerOrder.objects.filter(channel=channel).first() or lost_order(channel)
    delivery = WebhookDelivery.objects.filter(channel=channel).first() or broken_delivery(channel)
    token = channel.tokens.first() or issue_token(channel, "made", by=world.ada)[0]
    return {
        "api_webhook": [{"code": channel.code}],
        **{f"console:consumer_{page}": [{"pk": order.pk}] for page in ("order", "place", "cancel")},
        **{f"console:consumer_exception{page}": [{"pk": delivery.pk}] for page in ("", "_again", "_sku", "_dismiss")},
        **{f"console:channel{page}": [{"pk": channel.pk}] for page in ("", "_token", "_secret", "_secret_end")},
        "console:channel_token_revoke": [{"pk": token.pk}],
    }
