"""Deliver messages to the ERP exactly once: claim, stage, keep the token, deliver, settle.

Every step commits by itself and none holds a transaction while the ERP is called. A worker killed before its token is
kept stages again, which the ERP cannot see; killed later, the next one delivers the kept token again, which has one
effect in all.
"""

from __future__ import annotations

import contextlib
import logging

from erp_bridge.adapters.base import ErpAdapter, OutboundDocument
from erp_bridge.adapters.connection import outgoing
from erp_bridge.adapters.errors import PermanentError, PlainError, RetryableError, UnknownOutcomeError, gettext_noop
from erp_bridge.outbox.claims import Claim, claim, give_up, keep_token, reschedule, set_parked, settle, unknown_so_far
from erp_bridge.outbox.models import Outcome
from erp_bridge.sentences import keep, keep_error
from fulfilment.snapshots import OrderSnapshot, SnapshotRefused

logger = logging.getLogger(__name__)

#: After so many attempts that ended by a fault of our own, or without an answer, a person must look.
MOST_CRASHES = 5
MOST_UNKNOWN = 100  # about a day
#: One sweep ends here, so that a long queue does not keep a worker from everything else.
MOST_AT_ONCE = 500


def deliver_waiting(adapter: ErpAdapter | None = None, limit: int = MOST_AT_ONCE) -> int:
    """Deliver what is due, the longest waiting first; answers how many messages were handled."""
    adapter = adapter or outgoing()
    for count in range(limit):
        held = claim()
        if held is None:
            return count
        _handle(held, adapter)
    return limit


def deliver(message_id: int, adapter: ErpAdapter | None = None) -> bool:
    """Deliver one message if it is due and the first of its dealer; False when there was nothing to do."""
    held = claim(message_id)
    if held is None:
        return False
    _handle(held, adapter or outgoing())
    return True


def _handle(held: Claim, adapter: ErpAdapter) -> None:
    """One attempt, and what its end means for the message."""
    try:
        if held.message.crashes >= MOST_CRASHES:
            sentence = gettext_noop("The portal failed %(times)d times while it sent this message.")
            raise PermanentError("crashes", sentence, times=held.message.crashes)
        _attempt(held, adapter)
    except RetryableError as why:
        reschedule(held, Outcome.RETRY, keep_error(why))
    except UnknownOutcomeError as why:
        if unknown_so_far(held) + 1 >= MOST_UNKNOWN:
            set_parked(held, keep_error(why))
        else:
            reschedule(held, Outcome.UNKNOWN, keep_error(why))
    except PlainError as why:
        _park(held, why)
    except SnapshotRefused as why:
        sentence = gettext_noop("The order cannot be written for the ERP: %(problem)s")
        _park(held, PermanentError("mapping", sentence, problem=str(why)))
    except Exception as why:
        logger.exception("message %s could not be sent", held.message.key)
        sentence = gettext_noop("A fault in the portal kept the message back: %(problem)s.")
        reschedule(held, Outcome.CRASHED, keep(sentence, "fault", problem=f"{type(why).__name__}: {why}"))


def _attempt(held: Claim, adapter: ErpAdapter) -> None:
    message = held.message
    token = message.token
    if not token:
        document = OutboundDocument(message.document_name, OrderSnapshot.from_json(message.payload))
        token = adapter.stage(document, held.fence)
        if not keep_token(held, token):
            logger.info("message %s was taken over by another worker", message.key)
            with contextlib.suppress(PlainError):
                adapter.discard(token)
            give_up(held)
            return
    receipt = adapter.deliver(token)
    settle(held, receipt)
    logger.info("message %s delivered as %s", message.key, receipt.reference)


def _park(held: Claim, why: PlainError) -> None:
    logger.warning("message %s needs a person: %s", held.message.key, why.message)
    set_parked(held, keep_error(why))
