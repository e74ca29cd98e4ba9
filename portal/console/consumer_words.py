"""How the console words what the tables of consumer orders keep as codes."""

from __future__ import annotations

from django.utils.translation import gettext as _

from fulfilment.consumer.commands import CHANGED, PLACED
from fulfilment.consumer.contacts import REMOVED
from fulfilment.consumer.models import ConsumerOrder, ConsumerStep

#: Chips of the states: good progress warn bad neutral.
STATE_KINDS = {
    "received": "neutral",
    "address_unknown": "warn",
    "ready": "progress",
    "offered": "progress",
    "backlog": "warn",
    "allocated": "good",
    "sent": "good",
    "completed": "good",
    "cancelled": "neutral",
}
DELIVERY_KINDS = {
    "stored": "progress",
    "taken": "good",
    "ignored": "neutral",
    "exception": "warn",
    "dismissed": "neutral",
}


def step_words(note: str) -> str:
    """The note of a step: a code of ours, or what a person wrote."""
    words = {
        CHANGED: _("Changed by the channel"),
        PLACED: _("Place set by hand"),
        REMOVED: _("Personal data removed"),
    }
    return words.get(note, note)


def step_who(step: ConsumerStep, order: ConsumerOrder) -> str:
    """Who took a step: a person, the channel that brought, changed or cancelled the order, or the portal."""
    by_channel = step.from_state in ("", "received") or step.to_state == "cancelled" or step.note == CHANGED
    return step.by_name or (order.channel.name if by_channel else _("the portal"))


def delivery_words(note: str) -> str:
    """What became of a webhook: a code of ours, the shop's own word, or a person's reason."""
    words = {
        "changed": _("The order was changed."),
        "cancelled": _("The order was cancelled."),
        "unchanged": _("The order says this already."),
        "older": _("A newer webhook of this order was carried out before."),
        "never-received": _("An order that never came here was cancelled."),
        "test": _("A test of the shop."),
        "pending": _("Not paid yet."),
        "partially_paid": _("Not paid yet."),
        "on-hold": _("Not paid yet."),
    }
    return words.get(note, note)


def change_words(what: str) -> str:
    """What was changed at a channel."""
    words = {
        "made": _("Channel made"),
        "token": _("Token made"),
        "token_revoked": _("Token revoked"),
        "secret": _("Webhook secret replaced"),
        "former_secret_ended": _("Former webhook secret ended"),
        "sku": _("SKU assigned"),
        "name": _("Name"),
        "kind": _("Kind"),
        "currency": _("Currency"),
        "discounts_by": _("Discounts are borne by"),
        "keep_days": _("Personal data kept, days"),
        "requests_per_minute": _("Requests a minute"),
        "is_active": _("Active"),
    }
    return words.get(what, what)
