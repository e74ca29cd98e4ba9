"""Decide what becomes of one file, in one transaction with what it changes."""

from __future__ import annotations

import logging
import random
from dataclasses import dataclass

from django.db import OperationalError, connection, transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from dealers.accounts.models import User
from dealers.ledger.data import PostingRefused
from erp_bridge.adapters.errors import DocumentRefused, gettext_noop
from erp_bridge.adapters.ubl.documents import Document
from erp_bridge.adapters.ubl.read import read_document
from erp_bridge.inbound.apply import apply_document
from erp_bridge.inbound.kinds import kind_of, orders_of
from erp_bridge.inbound.models import InboundAction, InboundDocument, InboundState
from erp_bridge.outbox.backoff import wait
from erp_bridge.sentences import Kept, keep, keep_error, keep_message, say
from fulfilment.ordering.problems import OrderRefused

logger = logging.getLogger(__name__)

#: After so many faults of our own a file is set aside for a person.
MOST_FAILURES = 5


@dataclass(frozen=True, slots=True)
class Arrived:
    """A file that was read: its document, or the refusal when it is none of ours."""

    file_name: str
    mark: str
    sha256: str
    content: bytes
    document: Document | None
    refusal: DocumentRefused | None


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of a file; `reason` in English, for the note beside a file that was set aside."""

    state: str
    reason: str = ""


def settle(arrived: Arrived) -> Settled:
    """Apply a file once and write its row; a file that has its row already is left as that row says.

    What cannot be applied is set aside with its reason. A fault of our own undoes everything, is noted, and the file
    is tried again with growing waits, at most five times. A busy or failing database does not count.
    """
    with translation.override("en"):  # rows and notes are in English; screens translate what has a translation
        try:
            with transaction.atomic():
                return _settle(arrived)
        except OperationalError as why:
            logger.warning("%s has to wait for the database: %s", arrived.file_name, why)
            return Settled(InboundState.RETRY)
        except Exception as why:
            logger.exception("%s could not be taken in", arrived.file_name)
            return _note_failure(arrived, why)


def _settle(arrived: Arrived) -> Settled:
    _lock(f"file {arrived.mark}")
    row = InboundDocument.objects.filter(mark=arrived.mark).first()
    if row is None:
        row = _row(arrived)
    elif row.state != InboundState.RETRY or (row.next_at and row.next_at > timezone.now()):
        return Settled(row.state, say(row.error))
    if arrived.document is None:
        _set_aside(row, keep_error(arrived.refusal) if arrived.refusal else {})
    else:
        _apply(row, arrived.document)
    row.save()
    return Settled(row.state, say(row.error))


def _row(arrived: Arrived) -> InboundDocument:
    document = arrived.document
    return InboundDocument(
        file_name=arrived.file_name,
        mark=arrived.mark,
        sha256=arrived.sha256,
        kind=kind_of(document) if document else "",
        document_id=document.id if document else "",
        order_numbers=orders_of(document) if document else [],
        content=arrived.content,
    )


def _apply(row: InboundDocument, document: Document) -> None:
    """Apply the document unless it, or another of its number, has been; the row says which."""
    _lock(f"{row.kind} {row.document_id}")
    known = InboundDocument.objects.filter(kind=row.kind, document_id=row.document_id, state=InboundState.APPLIED)
    first = known.only("sha256").first()
    if first is not None and first.sha256 == row.sha256:
        row.state, row.error, row.content = InboundState.DUPLICATE, {}, b""
        return
    if first is not None:
        sentence = gettext_noop(
            "Another document with the number %(number)s was applied before. Give a changed document a new number."
        )
        _set_aside(row, keep(sentence, "number_reused", number=row.document_id))
        return
    try:
        with transaction.atomic():
            also_about = apply_document(document)
    except DocumentRefused as why:
        _set_aside(row, keep_error(why))
    except (OrderRefused, PostingRefused) as why:
        _set_aside(row, keep_message(why.message, "refused"))
    else:
        row.order_numbers = list(dict.fromkeys([*row.order_numbers, *also_about]))
        row.state, row.error, row.applied_at, row.next_at = InboundState.APPLIED, {}, timezone.now(), None


def _set_aside(row: InboundDocument, error: Kept) -> None:
    row.state, row.error, row.next_at = InboundState.SET_ASIDE, error, None


def _lock(name: str) -> None:
    """Let one worker at a time decide about this file or document, until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"erp inbound {name}"])


def _note_failure(arrived: Arrived, why: Exception) -> Settled:
    """Remember that we failed, in a transaction of its own; after the last attempt the file is set aside."""
    with transaction.atomic():
        _lock(f"file {arrived.mark}")
        row = InboundDocument.objects.filter(mark=arrived.mark).first() or _row(arrived)
        if row.pk and row.state != InboundState.RETRY:
            return Settled(row.state, say(row.error))
        row.failures += 1
        row.error = _fault(why)
        row.next_at = timezone.now() + wait(row.failures, random.random())  # noqa: S311 - spreads retries
        row.state = InboundState.SET_ASIDE if row.failures >= MOST_FAILURES else InboundState.RETRY
        row.save()
        return Settled(row.state, say(row.error))


def _fault(why: Exception) -> Kept:
    """A fault of our own, in one line: a database's further lines hold the row's values."""
    sentence = gettext_noop("A fault in the portal kept the document from being applied: %(problem)s.")
    return keep(sentence, "fault", problem=f"{type(why).__name__}: {why}".partition("\n")[0])


class ApplyRefused(Exception):
    """A document that was set aside cannot be applied; `message` says why."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


def apply_again(document_id: int, *, by: User, reason: str = "") -> InboundDocument:
    """Apply a document that was set aside, from the bytes that were kept; it stays set aside when it is refused again.

    Once applied, or found to be applied under another file, its state says so. Raises ApplyRefused with the reason.
    """
    with transaction.atomic():
        row = _waiting(document_id)
        _write_action(row, by, reason, InboundAction.Kind.APPLY)
        try:
            document = read_document(bytes(row.content))
        except DocumentRefused as why:
            _set_aside(row, keep_error(why))
        else:
            row.kind, row.document_id, row.order_numbers = kind_of(document), document.id, orders_of(document)
            try:
                _apply(row, document)
            except Exception as why:
                logger.exception("%s could not be applied", row.file_name)
                _set_aside(row, _fault(why))
        row.save()
    if row.state == InboundState.SET_ASIDE:
        raise ApplyRefused(row.error_text)
    return row


def dismiss(document_id: int, *, by: User, reason: str) -> InboundDocument:
    """Close a document that was set aside and needs nothing more, say since a mended one came. Needs a reason."""
    if not reason.strip():
        raise ApplyRefused(_("Give a reason, so that the next person knows why."))
    with transaction.atomic():
        row = _waiting(document_id)
        row.state = InboundState.DISMISSED
        row.save(update_fields=["state"])
        _write_action(row, by, reason, InboundAction.Kind.DISMISS)
        return row


def _waiting(document_id: int) -> InboundDocument:
    """The document, locked like the collector locks it; its file may have been replaced while it was to be retried."""
    _lock(f"file {InboundDocument.objects.values_list('mark', flat=True).get(pk=document_id)}")
    row = InboundDocument.objects.select_for_update().get(pk=document_id)
    if row.state not in (InboundState.SET_ASIDE, InboundState.RETRY):
        raise ApplyRefused(_("This document is “%s” by now. Reload the page.") % row.get_state_display())
    return row


def _write_action(row: InboundDocument, by: User, reason: str, action: InboundAction.Kind) -> None:
    InboundAction.objects.create(document=row, action=action, by=by, reason=reason.strip())
