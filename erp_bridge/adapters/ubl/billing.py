"""Invoices, credit notes and payments. Sums must agree by the rules of EN 16931, because they go to the ledger."""

from dataclasses import dataclass
from decimal import Decimal

from erp_bridge.adapters.errors import gettext_noop
from erp_bridge.adapters.ubl.documents import BilledLine, CreditNote, Invoice, RemittanceAdvice, RemittanceLine
from erp_bridge.adapters.ubl.fields import Element
from erp_bridge.adapters.ubl.shared import SKU, customer_number, document_currency, require_distinct

ZERO = Decimal(0)
MONEY = "cac:LegalMonetaryTotal"
REMITTED = "cbc:TotalPaymentAmount"
ORDER = "220"  # UNCL 1001


def read_invoice(document: Element) -> Invoice:
    """An invoice whose totals agree; a negative one is refused, since that is a credit note."""
    currency = document_currency(document, f"{MONEY}/cbc:PayableAmount")
    lines = _lines(document, "cac:InvoiceLine", "cbc:InvoicedQuantity", currency)
    sums = _sums(document, currency, lines)
    issued = document.required_day("cbc:IssueDate")
    due = document.day("cbc:DueDate", "cac:PaymentMeans/cbc:PaymentDueDate", "cac:PaymentTerms/cbc:PaymentDueDate")
    if due and due < issued:
        sentence = gettext_noop("The invoice is due on %(due)s, before it was issued on %(issued)s.")
        raise document.refuse("bad_date", sentence, due=due, issued=issued)
    return Invoice(
        id=document.required("cbc:ID"),
        issue_date=issued,
        due_date=due,
        currency=currency,
        customer_number=customer_number(document),
        orders=_orders(document, lines),
        net=sums.net,
        tax=sums.tax,
        total=sums.total,
        payable=sums.payable,
        note=document.note(),
        lines=lines,
    )


def read_credit_note(document: Element) -> CreditNote:
    """A credit note whose totals agree, in positive amounts."""
    currency = document_currency(document, f"{MONEY}/cbc:PayableAmount")
    lines = _lines(document, "cac:CreditNoteLine", "cbc:CreditedQuantity", currency)
    sums = _sums(document, currency, lines)
    corrected = [
        reference.text("cac:InvoiceDocumentReference/cbc:ID") for reference in document.each("cac:BillingReference")
    ]
    return CreditNote(
        id=document.required("cbc:ID"),
        issue_date=document.required_day("cbc:IssueDate"),
        due_date=document.day("cac:PaymentMeans/cbc:PaymentDueDate"),
        currency=currency,
        customer_number=customer_number(document),
        orders=_orders(document, lines),
        net=sums.net,
        tax=sums.tax,
        total=sums.total,
        payable=sums.payable,
        note=document.note(),
        invoices=tuple(dict.fromkeys(filter(None, corrected))),
        lines=lines,
    )


@dataclass(frozen=True, slots=True)
class _Sums:
    net: Decimal
    tax: Decimal
    total: Decimal
    payable: Decimal


def _sums(document: Element, currency: str, lines: tuple[BilledLine, ...]) -> _Sums:
    """Totals by EN 16931: BR-CO-10 (lines), 13 (without tax), 15 (with tax), 16 (payable)."""

    def given(name: str, *, signed: bool = False) -> Decimal | None:
        return document.amount(f"{MONEY}/cbc:{name}", currency, signed=signed)

    in_lines = sum((line.net for line in lines), ZERO)
    _agree(document, "LineExtensionAmount", given("LineExtensionAmount"), in_lines)
    net = in_lines - (given("AllowanceTotalAmount") or ZERO) + (given("ChargeTotalAmount") or ZERO)
    _agree(document, "TaxExclusiveAmount", given("TaxExclusiveAmount"), net)
    tax = _tax(document, currency)
    total = net + tax
    _agree(document, "TaxInclusiveAmount", given("TaxInclusiveAmount"), total)
    rounding = given("PayableRoundingAmount", signed=True) or ZERO
    payable = document.required_amount(f"{MONEY}/cbc:PayableAmount", currency)
    _agree(document, "PayableAmount", payable, total - (given("PrepaidAmount") or ZERO) + rounding)
    return _Sums(net, tax, total, payable)


def _agree(document: Element, name: str, given: Decimal | None, computed: Decimal) -> None:
    if given is not None and given != computed:
        sentence = gettext_noop("%(name)s is %(given)s, but the parts of the document sum to %(computed)s.")
        raise document.refuse("totals_differ", sentence, name=name, given=given, computed=computed)
    if computed < 0:
        sentence = gettext_noop("%(name)s is %(computed)s; a document below zero must be sent as its opposite.")
        raise document.refuse("negative", sentence, name=name, computed=computed)


def _tax(document: Element, currency: str) -> Decimal:
    # A second TaxTotal may repeat the tax in the tax authority's currency; only the document's own counts.
    totals = [total for total in document.each("cac:TaxTotal") if total.currency("cbc:TaxAmount") == currency]
    tax = ZERO
    for total in totals:
        amount = total.required_amount("cbc:TaxAmount", currency)
        parts = [part.required_amount("cbc:TaxAmount", currency) for part in total.each("cac:TaxSubtotal")]
        if parts:
            _agree(document, "TaxAmount", amount, sum(parts, ZERO))
        tax += amount
    return tax


def _lines(document: Element, path: str, quantity: str, currency: str) -> tuple[BilledLine, ...]:
    header = document.text("cac:OrderReference/cbc:ID")
    lines = tuple(
        BilledLine(
            id=line.required("cbc:ID"),
            order_number=line.text("cac:OrderLineReference/cac:OrderReference/cbc:ID") or header,
            order_line_id=line.text("cac:OrderLineReference/cbc:LineID"),
            sku=line.text(SKU),
            name=line.text("cac:Item/cbc:Name", "cac:Item/cbc:Description", limit=500),
            quantity=line.quantity(quantity),
            unit=line.unit(quantity),
            net=line.required_amount("cbc:LineExtensionAmount", currency, signed=True),
        )
        for line in document.each(path)
    )
    require_distinct(document, [line.id for line in lines])
    return lines


def _orders(document: Element, lines: tuple[BilledLine, ...]) -> tuple[str, ...]:
    numbers = [document.text("cac:OrderReference/cbc:ID"), *(line.order_number for line in lines)]
    return tuple(dict.fromkeys(filter(None, numbers)))


def read_remittance(document: Element) -> RemittanceAdvice:
    """A payment above zero whose lines sum to it."""
    currency = document_currency(document, REMITTED)
    total = document.required_amount(REMITTED, currency)
    lines = tuple(_remittance_line(line, currency) for line in document.each("cac:RemittanceAdviceLine"))
    require_distinct(document, [line.id for line in lines])
    _agree(document, "TotalPaymentAmount", total, sum((line.amount for line in lines), ZERO))
    if total == 0:
        raise document.refuse("nothing_paid", gettext_noop("The payment is zero."))
    return RemittanceAdvice(
        id=document.required("cbc:ID"),
        payment_date=document.day("cac:PaymentMeans/cbc:PaymentDueDate") or document.required_day("cbc:IssueDate"),
        customer_number=customer_number(document),
        currency=currency,
        total=total,
        means=document.text("cac:PaymentMeans/cbc:PaymentMeansCode"),
        reference=document.text(
            "cac:PaymentMeans/cbc:PaymentID", "cbc:PaymentOrderReference", "cbc:InvoicingPartyReference"
        ),
        note=document.note(),
        lines=lines,
    )


def _remittance_line(line: Element, currency: str) -> RemittanceLine:
    references = line.each("cac:BillingReference")
    if len(references) > 1:
        sentence = gettext_noop("The payment line at line %(line)d names several documents; send one line for each.")
        raise line.refuse("several_documents", sentence)
    invoice = references[0].text("cac:InvoiceDocumentReference/cbc:ID") if references else ""
    credit_note = references[0].text("cac:CreditNoteDocumentReference/cbc:ID") if references else ""
    paid = line.amount("cbc:DebitLineAmount", currency)
    used = line.amount("cbc:CreditLineAmount", currency)
    amount = (paid or ZERO) - (used or ZERO)
    if amount == 0 or (paid and used) or (amount > 0 and credit_note) or (amount < 0 and not credit_note):
        sentence = gettext_noop(
            "The payment line at line %(line)d needs either DebitLineAmount (an invoice paid, or on account) or"
            " CreditLineAmount (a credit note used up)."
        )
        raise line.refuse("bad_remittance_line", sentence)
    order = _prepaid_order(line)
    if order and (invoice or credit_note):
        sentence = gettext_noop("The payment line at line %(line)d names an order and another document; name one.")
        raise line.refuse("several_documents", sentence)
    return RemittanceLine(line.required("cbc:ID"), invoice, credit_note, amount, line.note(), order)


def _prepaid_order(line: Element) -> str:
    """The order that the line pays before it is invoiced: a document reference of the type 220, an order."""
    orders = [
        reference.required("cbc:ID")
        for reference in line.each("cac:DocumentReference")
        if reference.text("cbc:DocumentTypeCode") == ORDER
    ]
    if len(orders) > 1:
        sentence = gettext_noop("The payment line at line %(line)d names several documents; send one line for each.")
        raise line.refuse("several_documents", sentence)
    return orders[0] if orders else ""
