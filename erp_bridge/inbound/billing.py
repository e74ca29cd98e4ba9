"""Invoices, credit notes and payments: into the ledger, and orders that are paid by it go on."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from decimal import Decimal

from dealers.accounts.models import Dealer
from dealers.ledger.data import DocumentData, LineData
from dealers.ledger.models import AccountDocument, DocumentKind
from dealers.ledger.post import post_document
from dealers.ledger.settle import use_credit_note
from erp_bridge.adapters.errors import DocumentRefused, gettext_noop
from erp_bridge.adapters.ubl.documents import BilledLine, CreditNote, Invoice, RemittanceAdvice
from erp_bridge.inbound.remittance import Split, split
from fulfilment.ordering.models import DealerOrder
from fulfilment.ordering.paid import orders_paid_by_now
from fulfilment.ordering.progress import record_payment

LONGEST_DESCRIPTION = 300
LONGEST_REFERENCE = 200


def apply_invoice(invoice: Invoice) -> None:
    """Post an invoice. Without a due date the dealer's payment terms count from its date."""
    dealer = _dealer(invoice.customer_number)
    _require_own_orders(dealer, invoice.orders)
    post_document(
        DocumentData(
            kind=DocumentKind.INVOICE,
            number=invoice.id,
            dealer=dealer,
            issue_date=invoice.issue_date,
            due_date=invoice.due_date or invoice.issue_date + timedelta(days=dealer.payment_terms_days),
            currency=invoice.currency,
            net=invoice.net,
            tax=invoice.tax,
            total=invoice.total,
            order_numbers=invoice.orders,
            note=invoice.note,
            lines=_lines(invoice.lines),
        )
    )


def apply_credit_note(note: CreditNote) -> None:
    """Post a credit note; its reference is the first invoice that it corrects. A payment notice says what it pays."""
    dealer = _dealer(note.customer_number)
    _require_own_orders(dealer, note.orders)
    post_document(
        DocumentData(
            kind=DocumentKind.CREDIT_NOTE,
            number=note.id,
            dealer=dealer,
            issue_date=note.issue_date,
            currency=note.currency,
            net=note.net,
            tax=note.tax,
            total=note.total,
            order_numbers=note.orders,
            reference=note.invoices[0] if note.invoices else "",
            note=note.note,
            lines=_lines(note.lines),
        )
    )


def apply_remittance(advice: RemittanceAdvice) -> list[str]:
    """Post a payment, set it and the credit notes that it uses against invoices, and mark the orders it pays.

    Answers the dealer's orders that it is about: those it names, and those of the invoices it pays.
    """
    dealer = _dealer(advice.customer_number)
    prepaid = tuple(dict.fromkeys(line.order for line in advice.lines if line.order))
    _require_known_orders(dealer, prepaid)
    parts = split(advice.lines, _corrected_invoices(dealer, advice))
    post_document(
        DocumentData(
            kind=DocumentKind.PAYMENT,
            number=advice.id,
            dealer=dealer,
            issue_date=advice.payment_date,
            currency=advice.currency,
            net=advice.total,
            tax=Decimal(0),
            total=advice.total,
            order_numbers=prepaid,
            reference=advice.reference[:LONGEST_REFERENCE],
            note=advice.note,
            settlements=tuple(parts.paid.items()),
        )
    )
    for credit_note, invoices in parts.used.items():
        use_credit_note(dealer, credit_note, invoices)
    orders = _orders_of(dealer, prepaid, parts)
    for number in orders_paid_by_now(orders):
        record_payment(number, paid_on=advice.payment_date)
    return orders


def _orders_of(dealer: Dealer, prepaid: Iterable[str], parts: Split) -> list[str]:
    touched = {*parts.paid, *(invoice for invoices in parts.used.values() for invoice in invoices)}
    named = AccountDocument.objects.filter(dealer=dealer, kind=DocumentKind.INVOICE, number__in=touched)
    orders = {*prepaid, *(number for numbers in named.values_list("order_numbers", flat=True) for number in numbers)}
    own = DealerOrder.objects.filter(dealer=dealer, number__in=orders).order_by("pk")
    return list(own.values_list("number", flat=True))


def _corrected_invoices(dealer: Dealer, advice: RemittanceAdvice) -> dict[str, str]:
    used = [line.credit_note for line in advice.lines if line.credit_note]
    notes = AccountDocument.objects.filter(dealer=dealer, kind=DocumentKind.CREDIT_NOTE, number__in=used)
    return dict(notes.values_list("number", "reference")) if used else {}


def _dealer(number: str) -> Dealer:
    dealer = Dealer.objects.filter(number=number).first()
    if dealer is None:
        raise DocumentRefused("unknown_dealer", gettext_noop("There is no dealer %(number)s."), number=number)
    return dealer


def _require_own_orders(dealer: Dealer, orders: Iterable[str]) -> None:
    """Refuse orders of another dealer; orders that the portal does not know were taken elsewhere."""
    foreign = DealerOrder.objects.filter(number__in=list(orders)).exclude(dealer=dealer)
    number = foreign.values_list("number", flat=True).first()
    if number is not None:
        sentence = gettext_noop("Order %(order)s does not belong to dealer %(dealer)s.")
        raise DocumentRefused("foreign_order", sentence, order=number, dealer=dealer.number)


def _require_known_orders(dealer: Dealer, orders: Iterable[str]) -> None:
    _require_own_orders(dealer, orders)
    known = set(DealerOrder.objects.filter(number__in=list(orders)).values_list("number", flat=True))
    for number in orders:
        if number not in known:
            raise DocumentRefused("unknown_order", gettext_noop("There is no order %(order)s."), order=number)


def _lines(lines: Iterable[BilledLine]) -> tuple[LineData, ...]:
    """Our lines; without a quantity, one of the whole amount."""
    return tuple(
        LineData(
            position=position,
            description=(line.name or line.sku)[:LONGEST_DESCRIPTION],
            quantity=quantity,
            unit_price=line.net / quantity,
            net_amount=line.net,
            sku=line.sku,
            order_number=line.order_number,
        )
        for position, (line, quantity) in enumerate(((line, line.quantity or Decimal(1)) for line in lines), start=1)
    )
