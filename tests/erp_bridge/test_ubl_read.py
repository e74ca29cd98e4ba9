"""Documents from the ERP: the examples of the guide, and what is refused in them."""

from datetime import date
from decimal import Decimal

import pytest

from erp_bridge.adapters.ubl import DocumentRefused, read_document
from erp_bridge.adapters.ubl.documents import (
    CreditNote,
    DespatchAdvice,
    Invoice,
    OrderResponse,
    RemittanceAdvice,
    ResponseCode,
)
from tests.erp_bridge.ubl_samples import example, examples

INCOMING = sorted(set(examples()) - {"Order"})
LINE_REFERENCE = "<cbc:LineID>1</cbc:LineID>"


def refusal(data: bytes) -> DocumentRefused:
    with pytest.raises(DocumentRefused) as caught:
        read_document(data)
    return caught.value


def test_the_guide_shows_every_document() -> None:
    assert INCOMING == [
        "CreditNote",
        "DespatchAdvice",
        "Invoice",
        "OrderResponse",
        "OrderResponseSimple",
        "RemittanceAdvice",
    ]


def test_an_order_response_says_what_was_confirmed() -> None:
    response = read_document(example("OrderResponse"))

    assert isinstance(response, OrderResponse)
    assert (response.code, response.erp_number) == (ResponseCode.CHANGED, "ERP-88001")
    assert (response.order.number, response.order.key) == ("SO-2026-000123", "01JNJ5Z8QW3R7T9V1X2Y4Z6A8B")
    assert [(line.order_line_id, line.quantity) for line in response.lines] == [("2", Decimal(2))]


@pytest.mark.parametrize(("word", "code"), [("true", ResponseCode.ACCEPTED), ("false", ResponseCode.REJECTED)])
def test_a_simple_response_accepts_or_rejects(word: str, code: ResponseCode) -> None:
    response = read_document(example("OrderResponseSimple", (">false<", f">{word}<")))

    assert isinstance(response, OrderResponse)
    assert (response.code, response.erp_number) == (code, "ERP-88001")


def test_a_despatch_advice_says_what_left_and_how() -> None:
    advice = read_document(example("DespatchAdvice"))

    assert isinstance(advice, DespatchAdvice)
    assert (advice.tracking_ids, advice.carrier) == (("SF1234567890",), "顺丰速运")
    assert advice.despatch_date == date(2026, 3, 17)
    assert [(line.order_number, line.order_line_id, line.delivered, line.outstanding) for line in advice.lines] == [
        ("SO-2026-000123", "1", Decimal(8), Decimal(4))
    ]


def test_an_invoice_carries_its_debt_and_its_orders() -> None:
    invoice = read_document(example("Invoice"))

    assert isinstance(invoice, Invoice)
    assert (invoice.net, invoice.tax, invoice.total) == (Decimal("16319.95"), Decimal("2121.59"), Decimal("18441.54"))
    assert (invoice.customer_number, invoice.orders, invoice.due_date) == (
        "D0042",
        ("SO-2026-000123",),
        date(2026, 4, 17),
    )


def test_a_prepaid_invoice_keeps_the_whole_debt() -> None:
    prepaid = '<cbc:PrepaidAmount currencyID="CNY">441.54</cbc:PrepaidAmount>'
    payable = '<cbc:PayableAmount currencyID="CNY">18441.54'
    invoice = read_document(example("Invoice", (payable, prepaid + payable.replace("18441.54", "18000.00"))))

    assert isinstance(invoice, Invoice)
    assert (invoice.total, invoice.payable) == (Decimal("18441.54"), Decimal("18000.00"))


def test_a_credit_note_names_the_invoice_it_corrects() -> None:
    note = read_document(example("CreditNote"))

    assert isinstance(note, CreditNote)
    assert (note.invoices, note.total) == (("INV-9001",), Decimal("2305.19"))


def test_a_payment_is_split_over_what_it_settles() -> None:
    payment = read_document(example("RemittanceAdvice"))

    assert isinstance(payment, RemittanceAdvice)
    assert (payment.payment_date, payment.total) == (date(2026, 4, 15), Decimal("17136.35"))
    assert [(line.invoice, line.credit_note, line.amount) for line in payment.lines] == [
        ("INV-9001", "", Decimal("18441.54")),
        ("", "CN-9101", Decimal("-2305.19")),
        ("", "", Decimal("1000.00")),
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "gb18030"])
def test_declared_encodings_are_read(encoding: str) -> None:
    text = f'<?xml version="1.0" encoding="{encoding}"?>\n' + examples()["DespatchAdvice"]

    advice = read_document(text.encode(encoding))

    assert isinstance(advice, DespatchAdvice)
    assert advice.carrier == "顺丰速运"


@pytest.mark.parametrize(
    ("name", "old", "new", "code", "says"),
    [
        ("DespatchAdvice", LINE_REFERENCE, "<cbc:LineID> </cbc:LineID>", "missing", "cbc:LineID is missing or empty"),
        ("DespatchAdvice", ">8</cbc:Del", ">-8</cbc:Del", "negative", "not below zero"),
        ("DespatchAdvice", ">8</cbc:Del", ">NaN</cbc:Del", "schema", "“NaN”, which is not a valid decimal"),
        ("DespatchAdvice", ">8</cbc:Del", ">1e3</cbc:Del", "schema", "1e3"),
        ("DespatchAdvice", ">8</cbc:Del", ">1000000000000</cbc:Del", "too_large_number", "too large"),
        ("DespatchAdvice", ">8</cbc:Del", ">1.00000000000000000001</cbc:Del", "too_many_decimals", "6 decimals"),
        ("DespatchAdvice", ">8</cbc:Del", f">{'9' * 90}</cbc:Del", "too_large_number", "too large"),
        ("DespatchAdvice", ">8</cbc:Del", ">0</cbc:Del", "nothing_delivered", "delivers anything"),
        ("DespatchAdvice", ">2026-03-18<", ">2026-02-30<", "schema", "2026-02-30"),
        ("DespatchAdvice", ">2026-03-18<", ">1026-03-18<", "bad_date", "between 2000 and 2099"),
        ("DespatchAdvice", ">DN-7001<", f">{'9' * 129}<", "too_long", "128 characters"),
        ("OrderResponse", ">CA<", ">OK<", "bad_code", "AP (accepted)"),
        ("OrderResponse", ">SO-2026-000123<", "><", "missing", "cbc:ID is missing"),
        ("Invoice", ">D0042<", "><", "missing", "SupplierAssignedAccountID"),
        ("Invoice", "2026-04-17", "2026-03-17", "bad_date", "before it was issued"),
        ("Invoice", ">2121.59<", ">2121.60<", "totals_differ", "18441.55"),
        ("Invoice", ">2121.59<", ">2121.595<", "too_many_decimals", "2 decimals"),
        ("Invoice", ">CNY<", ">USD<", "currency", "in CNY, the document in USD"),
        ("Invoice", ">CNY<", ">yuan<", "currency", "not a currency code"),
        ("CreditNote", ">2305.19</cbc:Pay", ">-2305.19</cbc:Pay", "negative", "not below zero"),
        ("RemittanceAdvice", ">1000.00<", ">999.99<", "totals_differ", "17136.34"),
        ("RemittanceAdvice", "<cbc:ID>2</cbc:ID>", "<cbc:ID>1</cbc:ID>", "line_twice", "used twice"),
    ],
)
def test_a_document_with_a_wrong_field_is_refused_by_name(name: str, old: str, new: str, code: str, says: str) -> None:
    why = refusal(example(name, (old, new)))

    assert why.code == code
    assert says in why.message


def test_a_despatch_line_of_an_unsaid_order_is_refused() -> None:
    second = "<cac:OrderReference><cbc:ID>SO-2</cbc:ID></cac:OrderReference><cac:DespatchSupplierParty/>"

    why = refusal(example("DespatchAdvice", ("<cac:DespatchSupplierParty/>", second)))

    assert "does not say which order" in why.message


def test_a_payment_line_that_debits_and_credits_is_refused() -> None:
    both = '<cbc:DebitLineAmount currencyID="CNY">1</cbc:DebitLineAmount><cbc:CreditLineAmount'

    assert refusal(example("RemittanceAdvice", ("<cbc:CreditLineAmount", both))).code == "bad_remittance_line"


def test_trailing_zeros_are_not_decimals() -> None:
    advice = read_document(example("DespatchAdvice", (">8</cbc:Del", ">8.0000000000</cbc:Del")))

    assert isinstance(advice, DespatchAdvice)
    assert advice.lines[0].delivered == 8


def test_a_refusal_can_be_translated() -> None:
    why = refusal(example("OrderResponse", (">CA<", ">OK<")))

    assert why.template % why.values == why.message
    assert "%(code)s" in why.template
