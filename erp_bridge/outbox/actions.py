"""What a person may do to a message: try again, send again under a new name, park. Each leaves its trace."""

from __future__ import annotations

import contextlib
import logging
from functools import partial

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from dealers.accounts.models import User
from erp_bridge.adapters.connection import outgoing
from erp_bridge.adapters.errors import PlainError, gettext_noop
from erp_bridge.outbox.models import MessageState, OutboxAction, OutboxMessage
from erp_bridge.outbox.write import freeze, wake
from erp_bridge.sentences import keep
from fulfilment.ordering.models import DealerOrder

logger = logging.getLogger(__name__)


class ActionRefused(Exception):
    """The message is not in a state for this; nothing was changed. `message` says what to do."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


def replay(message_id: int, *, by: User, reason: str = "") -> OutboxMessage:
    """Try a parked or waiting message again now. Cannot double it: a document that was begun is finished.

    One that could not be written before is written anew from the order. Refuses one that is delivered or being sent.
    """
    with transaction.atomic():
        message = _locked(message_id)
        if message.state == MessageState.DONE:
            raise ActionRefused(_("This message has been delivered. Send it again only if the ERP has lost it."))
        _refuse_leased(message)
        if not message.payload:
            _write_again(message)
        return _arm(message, by, reason, OutboxAction.Kind.REPLAY)


def send_again(message_id: int, *, by: User, reason: str) -> OutboxMessage:
    """Send a delivered or parked message once more, under a new name: the ERP may see the order twice.

    For an ERP that lost it. Order number and idempotency key stay the same, so an ERP that keeps the key unique refuses
    what it has. Needs a reason.
    """
    _require(reason)
    with transaction.atomic():
        message = _locked(message_id)
        if message.state not in (MessageState.DONE, MessageState.PARKED) or not message.payload:
            raise ActionRefused(_("Only a message that was delivered or needs a person can be sent again."))
        staged, delivered = message.token, message.state == MessageState.DONE
        message.revision += 1
        message.token = ""
        armed = _arm(message, by, reason, OutboxAction.Kind.SEND_AGAIN)
    if staged and not delivered:
        _discard(staged)
    return armed


def park(message_id: int, *, by: User, reason: str) -> OutboxMessage:
    """Keep a message that has not left from leaving, until it is replayed. Needs a reason."""
    _require(reason)
    with transaction.atomic():
        message = _locked(message_id)
        if message.state == MessageState.DONE:
            raise ActionRefused(_("This message has been delivered; it cannot be held back any more."))
        _refuse_leased(message)
        message.state = MessageState.PARKED
        message.error = keep(gettext_noop("Parked by %(person)s: %(reason)s"), "parked", person=by, reason=reason)
        message.save(update_fields=["state", "error"])
        OutboxAction.objects.create(message=message, action=OutboxAction.Kind.PARK, by=by, reason=reason.strip())
        return message


def _locked(message_id: int) -> OutboxMessage:
    return OutboxMessage.objects.select_for_update().get(pk=message_id)


def _require(reason: str) -> None:
    if not reason.strip():
        raise ActionRefused(_("Give a reason, so that the next person knows why."))


def _refuse_leased(message: OutboxMessage) -> None:
    if message.state == MessageState.LEASED and message.next_at > timezone.now():
        raise ActionRefused(_("This message is being sent right now. Look again in a minute."))


def _write_again(message: OutboxMessage) -> None:
    order = DealerOrder.objects.select_related("dealer").get(number=message.order_number)
    message.payload, message.payload_sha256, error = freeze(order)
    if error:
        message.error = error
        raise ActionRefused(message.error_text)


def _arm(message: OutboxMessage, by: User, reason: str, action: OutboxAction.Kind) -> OutboxMessage:
    message.state = MessageState.PENDING
    message.attempts = message.crashes = 0
    message.next_at = timezone.now()
    message.done_at = None
    message.reference = ""
    message.error = {}
    message.save()
    OutboxAction.objects.create(message=message, action=action, by=by, reason=reason.strip())
    transaction.on_commit(partial(wake, message.pk), robust=True)
    return message


def _discard(token: str) -> None:
    """Clear away what was staged and never delivered; what cannot be cleared does no harm."""
    with contextlib.suppress(PlainError):
        outgoing().discard(token)
