"""A partner ERP for the demo and for tests: takes order files and answers with honest UBL 2.1 files.

It knows nothing of the portal but the two folders. Of each order it keeps a folder with what it took and what it wrote,
so that it may be stopped at any moment, and refuses an idempotency key (UUID) that it has seen, as an ERP should.
"""

from __future__ import annotations

import datetime as dt
import os
import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.utils import timezone
from lxml import etree

from erp_bridge.adapters.ubl.names import CAC, CBC, DOCUMENT, PREFIXES, schema_errors

RESPONSE, DESPATCH, INVOICE, PAYMENT = STEPS = ("response", "despatch", "invoice", "payment")
#: Who pays before shipment gets the goods last.
PREPAID_STEPS = (RESPONSE, INVOICE, PAYMENT, DESPATCH)


@dataclass(frozen=True, slots=True)
class OrderedLine:
    """A line as ordered; amounts in the order's currency."""

    id: str
    sku: str
    name: str
    quantity: Decimal
    net: Decimal


@dataclass(frozen=True, slots=True)
class Charged:
    """A charge of an order or an invoice: freight, or a surcharge with its code as `id`."""

    reason: str
    amount: Decimal
    id: str = ""


@dataclass(frozen=True, slots=True)
class TakenOrder:
    """An order as the partner read it from its file."""

    folder: Path
    number: str
    key: str
    dealer: str
    currency: str
    prepaid: bool
    charges: tuple[Charged, ...]
    tax: Decimal
    total: Decimal
    lines: tuple[OrderedLine, ...]


@dataclass(frozen=True, slots=True)
class Billed:
    """A line of an invoice or credit note."""

    order: str
    line: str
    sku: str
    name: str
    quantity: Decimal | int
    net: Decimal


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a payment: `what` is invoice, credit_note, order or account (then without reference)."""

    what: str
    reference: str
    amount: Decimal


def answer_orders(
    out_dir: Path, in_dir: Path, kept_dir: Path, *, steps: Collection[str] = STEPS, most_steps: int | None = None
) -> list[str]:
    """Take what waits in `out_dir` and write the answers that are due into `in_dir`; names of the files written.

    `steps` says which documents to write at all, `most_steps` how many of each order at once (all). Called again it
    goes on where it stopped; nothing is written twice.
    """
    take_orders(out_dir, kept_dir)
    written: list[str] = []
    for folder in sorted(path for path in kept_dir.iterdir() if (path / "order.xml").exists()):
        order = read_order(folder)
        sequence = [step for step in (PREPAID_STEPS if order.prepaid else STEPS) if step in steps]
        due = [step for step in sequence if not (folder / f"{step}.xml").exists()]
        written += [answer(order, step, in_dir) for step in due[:most_steps]]
    return written


def take_orders(out_dir: Path, kept_dir: Path) -> list[str]:
    """Take the order files away; those with a key that was taken before are dropped. Answers the order numbers."""
    kept_dir.mkdir(parents=True, exist_ok=True)
    taken = []
    for path in sorted(out_dir.glob("*.xml")):
        root = etree.parse(path).getroot()
        key, number = _text(root, "cbc:UUID"), _text(root, "cbc:ID")
        folder = kept_dir / f"{number}-{key}"
        if (folder / "order.xml").exists():
            path.unlink()
            continue
        folder.mkdir(exist_ok=True)
        (folder / "order.xml.new").write_bytes(path.read_bytes())
        (folder / "order.xml.new").rename(folder / "order.xml")
        path.unlink()
        taken.append(number)
    return taken


def read_order(folder: Path) -> TakenOrder:
    """An order that was taken."""
    root = etree.parse(folder / "order.xml").getroot()
    return TakenOrder(
        folder=folder,
        number=_text(root, "cbc:ID"),
        key=_text(root, "cbc:UUID"),
        dealer=_text(root, "cac:BuyerCustomerParty/cbc:SupplierAssignedAccountID"),
        currency=_text(root, "cbc:DocumentCurrencyCode"),
        prepaid=_text(root, "cac:PaymentTerms/cac:SettlementPeriod/cbc:DurationMeasure") == "0",
        charges=tuple(
            Charged(_text(item, "cbc:AllowanceChargeReason"), Decimal(_text(item, "cbc:Amount")), _text(item, "cbc:ID"))
            for item in root.findall("cac:AllowanceCharge", PREFIXES)
        ),
        tax=Decimal(_text(root, "cac:TaxTotal/cbc:TaxAmount")),
        total=Decimal(_text(root, "cac:AnticipatedMonetaryTotal/cbc:PayableAmount")),
        lines=tuple(
            OrderedLine(
                id=_text(item, "cbc:ID"),
                sku=_text(item, "cac:Item/cac:SellersItemIdentification/cbc:ID"),
                name=_text(item, "cac:Item/cbc:Name"),
                quantity=Decimal(_text(item, "cbc:Quantity")),
                net=Decimal(_text(item, "cbc:LineExtensionAmount")),
            )
            for item in root.findall("cac:OrderLine/cac:LineItem", PREFIXES)
        ),
    )


def answer(order: TakenOrder, step: str, in_dir: Path) -> str:
    """Write one answer to an order, keep a copy, and leave it for the portal; the name of the file."""
    name, content = _document(order, step)
    leave(in_dir, name, content)
    (order.folder / f"{step}.xml").write_bytes(content)
    return name


def _document(order: TakenOrder, step: str) -> tuple[str, bytes]:
    if step == RESPONSE:
        number = f"RSP-{order.number}"
        return f"{number}.xml", response_xml(number, order.number, key=order.key, erp_number=f"SO-{order.number}")
    if step == DESPATCH:
        number = f"DN-{order.number}"
        lines = [(order.number, line.id, line.sku, line.quantity) for line in order.lines]
        tracking = f"SF{int(order.key[:12], 16) % 10**13:013d}"
        return f"{number}.xml", despatch_xml(number, lines, carrier="SF Express", tracking=tracking)
    if step == INVOICE:
        number = f"INV-{order.number}"
        billed = [Billed(order.number, line.id, line.sku, line.name, line.quantity, line.net) for line in order.lines]
        charges = order.charges
        content = billing_xml("Invoice", number, order.dealer, order.currency, billed, order.tax, charges=charges)
        return f"{number}.xml", content
    number = f"PAY-{order.number}"
    part = Part("invoice", f"INV-{order.number}", order.total)
    return f"{number}.xml", payment_xml(number, order.dealer, order.currency, [part], reference=order.number)


def leave(folder: Path, name: str, content: bytes) -> None:
    """Leave a file for the portal: complete as soon as it has its name."""
    draft = folder / f".{secrets.token_hex(8)}.tmp"
    draft.write_bytes(content)
    os.rename(draft, folder / name)


def response_xml(
    number: str,
    order: str,
    *,
    code: str = "AP",
    key: str = "",
    erp_number: str = "",
    note: str = "",
    confirmed: Sequence[tuple[str, str, int]] = (),
    on: dt.date | None = None,
) -> bytes:
    """An order response; `confirmed` are (our line number, SKU, quantity)."""
    root = _Element.document("OrderResponse")
    root.leaf("ID", number)
    root.leaf("SalesOrderID", erp_number)
    root.leaf("IssueDate", _day(on))
    root.leaf("OrderResponseCode", code)
    root.leaf("Note", note)
    reference = root.branch("OrderReference")
    reference.leaf("ID", order)
    reference.leaf("UUID", key)
    root.branch("SellerSupplierParty")
    root.branch("BuyerCustomerParty")
    for line, sku, quantity in confirmed:
        order_line = root.branch("OrderLine")
        item = order_line.branch("LineItem")
        item.leaf("ID", line)
        item.leaf("Quantity", quantity)
        item.branch("Item").branch("SellersItemIdentification").leaf("ID", sku)
        order_line.branch("OrderLineReference").leaf("LineID", line)
    return root.written()


def despatch_xml(
    number: str,
    lines: Sequence[tuple[str, str, str, Decimal | int]],
    *,
    carrier: str = "",
    tracking: str = "",
    on: dt.date | None = None,
) -> bytes:
    """A despatch advice; `lines` are (order number, our line number, SKU, quantity)."""
    root = _Element.document("DespatchAdvice")
    root.leaf("ID", number)
    root.leaf("IssueDate", _day(on))
    for order in dict.fromkeys(line[0] for line in lines):
        root.branch("OrderReference").leaf("ID", order)
    root.branch("DespatchSupplierParty")
    root.branch("DeliveryCustomerParty")
    if tracking:
        shipment = root.branch("Shipment")
        shipment.leaf("ID", number)
        delivery = shipment.branch("Delivery")
        delivery.leaf("TrackingID", tracking)
        delivery.branch("CarrierParty").branch("PartyName").leaf("Name", carrier)
    for position, (order, line, sku, quantity) in enumerate(lines, start=1):
        row = root.branch("DespatchLine")
        row.leaf("ID", position)
        row.leaf("DeliveredQuantity", quantity)
        reference = row.branch("OrderLineReference")
        reference.leaf("LineID", line)
        reference.branch("OrderReference").leaf("ID", order)
        item = row.branch("Item")
        item.branch("SellersItemIdentification").leaf("ID", sku)
    return root.written()


def billing_xml(
    kind: str,
    number: str,
    dealer: str,
    currency: str,
    lines: Sequence[Billed],
    tax: Decimal,
    *,
    charges: Sequence[Charged] = (),
    invoice: str = "",
    due: dt.date | None = None,
    on: dt.date | None = None,
) -> bytes:
    """An Invoice or a CreditNote (`kind`); `invoice` is the one that a credit note corrects."""
    root = _Element.document(kind)
    goods = sum((line.net for line in lines), Decimal(0))
    charged = sum((charge.amount for charge in charges), Decimal(0))
    net = goods + charged
    root.leaf("ID", number)
    root.leaf("IssueDate", _day(on))
    if kind == "Invoice" and due:
        root.leaf("DueDate", due)
    root.leaf("DocumentCurrencyCode", currency)
    if invoice:
        root.branch("BillingReference").branch("InvoiceDocumentReference").leaf("ID", invoice)
    root.branch("AccountingSupplierParty")
    root.branch("AccountingCustomerParty").leaf("SupplierAssignedAccountID", dealer)
    for each in charges:
        charge = root.branch("AllowanceCharge")
        charge.leaf("ID", each.id)
        charge.leaf("ChargeIndicator", "true")
        charge.leaf("AllowanceChargeReason", each.reason)
        charge.money("Amount", each.amount, currency)
    root.branch("TaxTotal").money("TaxAmount", tax, currency)
    totals = root.branch("LegalMonetaryTotal")
    for name, amount in (
        ("LineExtensionAmount", goods),
        ("TaxExclusiveAmount", net),
        ("TaxInclusiveAmount", net + tax),
    ):
        totals.money(name, amount, currency)
    if charges:
        totals.money("ChargeTotalAmount", charged, currency)
    totals.money("PayableAmount", net + tax, currency)
    for position, line in enumerate(lines, start=1):
        row = root.branch(f"{kind}Line")
        row.leaf("ID", position)
        row.leaf("InvoicedQuantity" if kind == "Invoice" else "CreditedQuantity", line.quantity)
        row.money("LineExtensionAmount", line.net, currency)
        reference = row.branch("OrderLineReference")
        reference.leaf("LineID", line.line)
        reference.branch("OrderReference").leaf("ID", line.order)
        item = row.branch("Item")
        item.leaf("Name", line.name)
        item.branch("SellersItemIdentification").leaf("ID", line.sku)
    return root.written()


def payment_xml(
    number: str,
    dealer: str,
    currency: str,
    parts: Sequence[Part],
    *,
    reference: str = "",
    on: dt.date | None = None,
) -> bytes:
    """A remittance advice; a credit note's part is taken off what is paid."""
    root = _Element.document("RemittanceAdvice")
    total = sum((part.amount if part.what != "credit_note" else -part.amount for part in parts), Decimal(0))
    root.leaf("ID", number)
    root.leaf("IssueDate", _day(on))
    root.leaf("DocumentCurrencyCode", currency)
    root.money("TotalPaymentAmount", total, currency)
    root.branch("AccountingCustomerParty").leaf("SupplierAssignedAccountID", dealer)
    root.branch("AccountingSupplierParty")
    means = root.branch("PaymentMeans")
    means.leaf("PaymentMeansCode", "30")
    means.leaf("PaymentID", reference)
    for position, part in enumerate(parts, start=1):
        row = root.branch("RemittanceAdviceLine")
        row.leaf("ID", position)
        row.money("CreditLineAmount" if part.what == "credit_note" else "DebitLineAmount", part.amount, currency)
        if part.what in ("invoice", "credit_note"):
            kind = "Invoice" if part.what == "invoice" else "CreditNote"
            row.branch("BillingReference").branch(f"{kind}DocumentReference").leaf("ID", part.reference)
        elif part.what == "order":
            document = row.branch("DocumentReference")
            document.leaf("ID", part.reference)
            document.leaf("DocumentTypeCode", "220")
    return root.written()


def _day(on: dt.date | None) -> dt.date:
    return on or timezone.localdate()


def _text(node: Any, path: str) -> str:
    return (node.findtext(path, namespaces=PREFIXES) or "").strip()


class _Element:
    """An element that is filled from top to bottom, in the order that the schema asks for."""

    def __init__(self, node: Any, name: str = "") -> None:
        self._node = node
        self._name = name

    @classmethod
    def document(cls, name: str) -> _Element:
        namespace = DOCUMENT.format(name)
        prefixes: Any = {None: namespace, "cac": CAC, "cbc": CBC}
        return cls(etree.Element(f"{{{namespace}}}{name}", nsmap=prefixes), name)

    def branch(self, name: str) -> _Element:
        return _Element(etree.SubElement(self._node, f"{{{CAC}}}{name}"))

    def leaf(self, name: str, value: object) -> None:
        if str(value):
            etree.SubElement(self._node, f"{{{CBC}}}{name}").text = str(value)

    def money(self, name: str, value: Decimal, currency: str) -> None:
        etree.SubElement(self._node, f"{{{CBC}}}{name}", {"currencyID": currency}).text = format(value, "f")

    def written(self) -> bytes:
        """The whole document; an invalid one would be our own mistake."""
        errors = schema_errors(self._name, self._node)
        if errors:
            raise ValueError(f"{self._name} is not valid UBL 2.1: {errors[0]}")
        return etree.tostring(self._node, xml_declaration=True, encoding="UTF-8", pretty_print=True)
