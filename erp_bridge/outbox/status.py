"""Where orders stand on their way to the ERP, for the order pages: two queries for any number of orders."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from django.utils.translation import gettext as _

from erp_bridge.outbox.models import MessageState, OutboxMessage
from fulfilment.ordering.models import DealerOrder


class Stage(StrEnum):
    """How far an order has come."""

    QUEUED = "queued"
    SENDING = "sending"
    RETRYING = "retrying"
    PARKED = "parked"
    DELIVERED = "delivered"
    IN_ERP = "in_erp"
    REFUSED = "refused"


#: The colour of each stage in the design system (`state_chip … kind`).
KINDS: dict[Stage, str] = {
    Stage.QUEUED: "neutral",
    Stage.SENDING: "progress",
    Stage.RETRYING: "warn",
    Stage.PARKED: "bad",
    Stage.DELIVERED: "progress",
    Stage.IN_ERP: "good",
    Stage.REFUSED: "bad",
}


@dataclass(frozen=True, slots=True)
class BridgeStatus:
    """One order's badge: `label` is short and translated, `reason` says why when something is wrong.

    `message_id` is the outbox message, for a link of those who may see messages. `kind` is the chip's colour.
    """

    stage: Stage
    label: str
    reason: str = ""
    message_id: int | None = None

    @property
    def kind(self) -> str:
        """The colour of the chip."""
        return KINDS[self.stage]


def status_of(order_numbers: Collection[str]) -> dict[str, BridgeStatus]:
    """The badge of each order that is in the ERP or on its way there; the others are absent."""
    numbers = list(order_numbers)
    messages = {m.order_number: m for m in OutboxMessage.objects.filter(order_number__in=numbers).defer("payload")}
    orders = DealerOrder.objects.filter(number__in=numbers).only(
        "number", "erp_number", "erp_acknowledged_at", "erp_refusal"
    )
    found = {order.number: _status(order, messages.get(order.number)) for order in orders}
    return {number: status for number, status in found.items() if status}


def _status(order: DealerOrder, message: OutboxMessage | None) -> BridgeStatus | None:
    message_id = message.pk if message else None
    if order.erp_refusal:
        return BridgeStatus(Stage.REFUSED, _("Refused by the ERP"), order.erp_refusal, message_id)
    if order.erp_acknowledged_at:
        label = _("In the ERP as %s") % order.erp_number if order.erp_number else _("In the ERP")
        return BridgeStatus(Stage.IN_ERP, label, "", message_id)
    return _on_its_way(message) if message else None


def _on_its_way(message: OutboxMessage) -> BridgeStatus:
    if message.state == MessageState.PENDING:
        return BridgeStatus(Stage.QUEUED, _("Waiting for the ERP"), "", message.pk)
    if message.state == MessageState.LEASED:
        return BridgeStatus(Stage.SENDING, _("Being sent to the ERP"), "", message.pk)
    if message.state == MessageState.RETRY:
        return BridgeStatus(Stage.RETRYING, _("The ERP cannot be reached"), message.error_text, message.pk)
    if message.state == MessageState.PARKED:
        return BridgeStatus(Stage.PARKED, _("Not sent: needs a person"), message.error_text, message.pk)
    return BridgeStatus(Stage.DELIVERED, _("Sent to the ERP"), "", message.pk)
