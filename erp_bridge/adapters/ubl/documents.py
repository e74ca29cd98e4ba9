"""What the ERP tells us, as frozen dataclasses: the part of each UBL document that the portal uses.

Amounts are Decimal in ``currency``; quantities are not negative. An empty string means the document does not say.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import Enum


class ResponseCode(Enum):
    """UNCL 4343, as far as an order response needs it."""

    ACCEPTED = "AP"
    REJECTED = "RE"
    CHANGED = "CA"


@dataclass(frozen=True, slots=True)
class OrderReference:
    """Which order: our ``number``; ``key`` (our UUID), ``erp_number`` and ``po_number`` when the ERP sends them."""

    number: str
    key: str = ""
    erp_number: str = ""
    po_number: str = ""


@dataclass(frozen=True, slots=True)
class ConfirmedLine:
    """One line as the ERP confirms it; ``quantity`` None when it does not say."""

    order_line_id: str
    sku: str
    quantity: Decimal | None
    note: str


@dataclass(frozen=True, slots=True)
class OrderResponse:
    """The ERP's answer to an order (OrderResponse or OrderResponseSimple)."""

    id: str
    issue_date: date
    order: OrderReference
    code: ResponseCode
    erp_number: str
    note: str
    lines: tuple[ConfirmedLine, ...]


@dataclass(frozen=True, slots=True)
class DespatchLine:
    """What left the warehouse for one order line. ``outstanding`` follows later; None when the ERP does not say."""

    id: str
    order_number: str
    order_line_id: str
    sku: str
    delivered: Decimal
    outstanding: Decimal | None


@dataclass(frozen=True, slots=True)
class DespatchAdvice:
    """Goods on their way. Every line names its order and its order line."""

    id: str
    issue_date: date
    orders: tuple[OrderReference, ...]
    tracking_ids: tuple[str, ...]
    carrier: str
    despatch_date: date
    note: str
    lines: tuple[DespatchLine, ...]


@dataclass(frozen=True, slots=True)
class BilledLine:
    """One line of an invoice or credit note. ``net`` is without tax."""

    id: str
    order_number: str
    order_line_id: str
    sku: str
    name: str
    quantity: Decimal | None
    unit: str
    net: Decimal


@dataclass(frozen=True, slots=True)
class Invoice:
    """What the dealer owes: ``total`` with tax is the debt, ``payable`` what is left after prepayment and rounding."""

    id: str
    issue_date: date
    due_date: date | None
    currency: str
    customer_number: str
    orders: tuple[str, ...]
    net: Decimal
    tax: Decimal
    total: Decimal
    payable: Decimal
    note: str
    lines: tuple[BilledLine, ...]


@dataclass(frozen=True, slots=True)
class CreditNote:
    """What the dealer gets back, in positive amounts. ``invoices`` are the invoice numbers that it corrects."""

    id: str
    issue_date: date
    due_date: date | None
    currency: str
    customer_number: str
    orders: tuple[str, ...]
    net: Decimal
    tax: Decimal
    total: Decimal
    payable: Decimal
    note: str
    invoices: tuple[str, ...]
    lines: tuple[BilledLine, ...]


@dataclass(frozen=True, slots=True)
class RemittanceLine:
    """What part of a payment settles: ``amount`` is above zero for an invoice, below for a credit note used up.

    ``order`` is an order paid before any invoice. Without any of the three it is a payment on account.
    """

    id: str
    invoice: str
    credit_note: str
    amount: Decimal
    note: str
    order: str = ""


@dataclass(frozen=True, slots=True)
class RemittanceAdvice:
    """A payment that the supplier has received. The lines sum to ``total``. ``means`` is a UNCL 4461 code."""

    id: str
    payment_date: date
    customer_number: str
    currency: str
    total: Decimal
    means: str
    reference: str
    note: str
    lines: tuple[RemittanceLine, ...]


Document = OrderResponse | DespatchAdvice | Invoice | CreditNote | RemittanceAdvice
