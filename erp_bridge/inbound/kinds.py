"""What an inbound document is, and which orders it is about."""

from __future__ import annotations

from erp_bridge.adapters.ubl.documents import (
    CreditNote,
    DespatchAdvice,
    Document,
    Invoice,
    OrderResponse,
    RemittanceAdvice,
)
from erp_bridge.inbound.models import InboundKind

_KINDS: dict[type, InboundKind] = {
    OrderResponse: InboundKind.ORDER_RESPONSE,
    DespatchAdvice: InboundKind.DESPATCH_ADVICE,
    Invoice: InboundKind.INVOICE,
    CreditNote: InboundKind.CREDIT_NOTE,
    RemittanceAdvice: InboundKind.REMITTANCE_ADVICE,
}


def kind_of(document: Document) -> InboundKind:
    """The document's kind."""
    return _KINDS[type(document)]


def orders_of(document: Document) -> list[str]:
    """The order numbers the document names, each once."""
    if isinstance(document, OrderResponse):
        return [document.order.number]
    if isinstance(document, DespatchAdvice):
        return list(dict.fromkeys(line.order_number for line in document.lines))
    if isinstance(document, RemittanceAdvice):
        return list(dict.fromkeys(line.order for line in document.lines if line.order))
    return list(document.orders)
