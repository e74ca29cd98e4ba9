"""What an ERP adapter promises to the outbox.

Delivery has two steps so that the caller can keep a durable note between them::

    token = message.token or adapter.stage(document, fence)   # nothing the ERP can see
    store(token)                                              # committed, guarded by the fence
    receipt = adapter.deliver(token)                          # may be repeated for ever

A crash before ``store`` stages again; a crash after it delivers the stored token again. Neither doubles the document.
"""

from dataclasses import dataclass
from typing import Protocol

from erp_bridge.adapters.errors import PermanentError, RetryableError, UnknownOutcomeError
from fulfilment.snapshots import OrderSnapshot

__all__ = ["ErpAdapter", "OutboundDocument", "PermanentError", "Receipt", "RetryableError", "UnknownOutcomeError"]


@dataclass(frozen=True, slots=True)
class OutboundDocument:
    """One document for the ERP. ``name`` is its for ever: an amended order has another one, a retry has not."""

    name: str
    order: OrderSnapshot


@dataclass(frozen=True, slots=True)
class Receipt:
    """The ERP has the document. ``reference`` is where; ``erp_number`` the ERP's own number when it answers at once."""

    reference: str
    erp_number: str = ""
    repeated: bool = False


class ErpAdapter(Protocol):
    """One ERP connection. Every method raises only RetryableError, UnknownOutcomeError or PermanentError."""

    def stage(self, document: OutboundDocument, fence: int) -> str:
        """Prepare the document without any effect that the ERP can see; answer a token to be stored.

        ``fence`` is the number of the caller's claim: it grows with every claim of the same message.
        """
        ...

    def deliver(self, token: str) -> Receipt:
        """Let the ERP have what was staged. Repeated with the same token, also long after, it has one effect in all."""
        ...

    def discard(self, token: str) -> None:
        """Forget what was staged. Does nothing when delivery of this token has begun or is done."""
        ...

    def probe(self) -> None:
        """Check cheaply that the ERP can be reached and would take a document; raises RetryableError when not."""
        ...
