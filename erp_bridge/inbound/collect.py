"""Take in the files of the ERP, each exactly once.

A file is read, settled in one transaction (what it says is applied together with its row), then moved away. Killed
before the commit, nothing happened; killed after it, the file is still there and its row says that it is settled.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass

from erp_bridge.adapters.connection import incoming
from erp_bridge.adapters.errors import DocumentRefused, RetryableError
from erp_bridge.adapters.filepickup import FilePickup, IncomingFile, sha256
from erp_bridge.adapters.ubl.documents import Document
from erp_bridge.adapters.ubl.read import read_document
from erp_bridge.inbound.kinds import kind_of
from erp_bridge.inbound.models import InboundKind, InboundState
from erp_bridge.inbound.settle import Arrived, Settled, settle

logger = logging.getLogger(__name__)

#: One round reads at most this much, so that a flood of files never fills the memory.
MOST_FILES = 500
MOST_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class _Read:
    """A file that was read; `refusal` when it is no document of ours."""

    file: IncomingFile
    content: bytes
    document: Document | None
    refusal: DocumentRefused | None


def collect(pickup: FilePickup | None = None) -> int:
    """Take in what is complete, in the order of the business, not of arrival; answers how many files were moved.

    One file that is broken or fails does not keep the others.
    """
    pickup = pickup or incoming()
    moved = 0
    try:
        waiting = sorted(_read_files(pickup), key=_rank)
    except RetryableError as why:
        logger.warning("the inbox cannot be read: %s", why.message)
        return 0
    for item in waiting:
        try:
            moved += _take_in(pickup, item)
        except RetryableError as why:
            logger.warning("%s cannot be moved: %s", item.file.name, why.message)
    return moved


def _read_files(pickup: FilePickup) -> Iterator[_Read]:
    size = 0
    for count, file in enumerate(pickup.collect()):
        if count >= MOST_FILES or (size and size + file.size > MOST_BYTES):
            return
        try:
            content = pickup.read(file)
        except DocumentRefused as why:
            if why.code != "changed":  # a file that still changes is left for the next round
                yield _Read(file, b"", None, why)
            continue
        size += len(content)
        yield _parsed(file, content)


def _parsed(file: IncomingFile, content: bytes) -> _Read:
    try:
        return _Read(file, content, read_document(content), None)
    except DocumentRefused as why:
        return _Read(file, content, None, why)


def _rank(item: _Read) -> int:
    return InboundKind.values.index(kind_of(item.document)) if item.document else -1


def _take_in(pickup: FilePickup, item: _Read) -> bool:
    """Settle one file and move it; False when it stays for a later round."""
    settled = settle(
        Arrived(
            file_name=item.file.name[:255],
            mark=":".join(map(str, item.file.look)),
            sha256=sha256(item.content),
            content=item.content,
            document=item.document,
            refusal=item.refusal,
        )
    )
    if settled.state == InboundState.RETRY:
        return False
    return _move(pickup, item.file, settled)


def _move(pickup: FilePickup, file: IncomingFile, settled: Settled) -> bool:
    if settled.state == InboundState.SET_ASIDE:
        return pickup.set_aside(file, settled.reason) is not None
    return pickup.finish(file) is not None
