"""Rows of consumer orders for the console's screens."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from fulfilment.allocation.models import (
    Allocation,
    ConsumerCampaign,
    ConsumerTerms,
    Decision,
    Offer,
    OnlineTerms,
    ProtectedMargin,
    RuleSet,
    SourcingRule,
    UnclaimRequest,
)
from fulfilment.consumer.deliveries import carry_out, keep
from fulfilment.consumer.keeping import issue_token
from fulfilment.consumer.models import Channel, ConsumerOrder, WebhookDelivery
from portal.sourcing.models import DeskJob, Simulation
from portal.sourcing.tally import Tally
from tests.factories import World
from tests.fulfilment.consumer_samples import ADDRESS, make_channel, order_data, taken

EMPTY_RECORD = {
    "version": 1,
    "order": {
        "number": "x",
        "placed_at": "2026-05-04T10:30:00+00:00",
        "place": None,
        "lines": [{"key": 1, "sku": "x", "quantity": 1, "paid": 1}],
    },
    "plan": {"order": "x", "parts": [], "rest": [], "trace": []},
}
EMPTY_RESULT = {
    **{side: Tally().told({}) for side in ("live", "draft")},
    "entitlements": {},
    "differences": 0,
}


def lost_order(channel: Channel, number: str = "LOST") -> ConsumerOrder:
    """An order whose address nobody knows."""
    return taken(channel, order_data(number, address=replace(ADDRESS, postal_code="99999")))


def broken_delivery(channel: Channel, body: bytes = b"{}") -> WebhookDelivery:
    """A webhook that waits for a person."""
    return carry_out(keep(channel, body)[0].pk)


def desk_made(world: World, order: ConsumerOrder) -> dict[str, list[dict[str, Any]]]:
    """For each route of the desk with a parameter, one that exists; offers and decisions are made without routing."""
    outlet = world.bergen.outlets.get()
    terms = ConsumerTerms.objects.first() or ConsumerTerms.objects.create()
    decision = Decision.objects.filter(order=order).first() or Decision.objects.create(
        order=order, order_version=1, cause="manual", terms=terms, record=EMPTY_RECORD
    )
    offer = Offer.objects.filter(order=order).first() or Offer.objects.create(
        order=order, order_version=1, decision=decision, dealer=outlet.dealer, outlet=outlet, mode="auto",
        currency="EUR", holds=False, state="accepted",
    )  # fmt: skip
    Allocation.objects.get_or_create(offer=offer, defaults={"order": order, "dealer": outlet.dealer, "outlet": outlet})
    request, _new = UnclaimRequest.objects.get_or_create(allocation_id=offer.pk, granted=None)
    job = DeskJob.objects.first() or DeskJob.objects.create(verb="cancel", note="x", asked_by=world.ada)
    simulation = Simulation.objects.first() or Simulation.objects.create(
        live_name="live", draft_name="draft", live_rules=[], draft_rules=[], currency="EUR", wanted=1, state="done",
        asked_by=world.ada, result=EMPTY_RESULT, first_at=order.placed_at, last_at=order.placed_at,
    )  # fmt: skip
    return {
        **{f"console:consumer_{act}": [{"pk": order.pk}] for act in ("assign", "lines")},
        "console:consumer_withdraw": [{"pk": offer.pk}],
        "console:consumer_unclaim": [{"pk": request.pk}],
        "console:consumer_pickup_code": [{"pk": offer.pk}],
        "console:consumer_decision": [{"pk": decision.pk}],
        **{f"console:desk_job{page}": [{"pk": job.pk}] for page in ("", "_progress", "_stop", "_export")},
        **{f"console:simulation{page}": [{"pk": simulation.pk}] for page in ("", "_progress", "_stop", "_export")},
    }


def sourcing_made(world: World) -> dict[str, list[dict[str, Any]]]:
    """For each route of sourcing's terms and rules with a parameter, one that exists."""
    draft = RuleSet.objects.first() or RuleSet.objects.create(name="Draft")
    rule = draft.rules.first() or SourcingRule.objects.create(rule_set=draft, position=1, name="Nearest")
    margin = ProtectedMargin.objects.first() or ProtectedMargin.objects.create()
    campaign = ConsumerCampaign.objects.first() or ConsumerCampaign.objects.create(code="C", name="C", currency="EUR")
    online = OnlineTerms.objects.first() or OnlineTerms.objects.create(product=world.pan, currency="EUR")
    return {
        **{f"console:sourcing_set{verb}": [{"pk": draft.pk}] for verb in ("", "_publish", "_discard")},
        **{f"console:sourcing_rule{verb}": [{"pk": rule.pk}] for verb in ("", "_move", "_remove")},
        "console:sourcing_rule_add": [{"pk": draft.pk}],
        **{f"console:margin{verb}": [{"pk": margin.pk}] for verb in ("", "_remove")},
        "console:campaign": [{"pk": campaign.pk}],
        **{f"console:online_term{verb}": [{"pk": online.pk}] for verb in ("", "_remove")},
    }


def consumer_made(world: World) -> dict[str, list[dict[str, Any]]]:
    """For each route of consumer orders with a parameter, one that exists."""
    channel = Channel.objects.filter(code="made").first() or make_channel("made", "shopify")
    order = ConsumerOrder.objects.filter(channel=channel).first() or lost_order(channel)
    delivery = WebhookDelivery.objects.filter(channel=channel).first() or broken_delivery(channel)
    token = channel.tokens.first() or issue_token(channel, "made", by=world.ada)[0]
    return {
        **desk_made(world, order),
        **sourcing_made(world),
        "api_webhook": [{"code": channel.code}],
        **{f"console:consumer_{page}": [{"pk": order.pk}] for page in ("order", "place", "cancel")},
        **{f"console:consumer_exception{page}": [{"pk": delivery.pk}] for page in ("", "_again", "_sku", "_dismiss")},
        **{f"console:channel{page}": [{"pk": channel.pk}] for page in ("", "_token", "_secret", "_secret_end")},
        "console:channel_token_revoke": [{"pk": token.pk}],
    }
