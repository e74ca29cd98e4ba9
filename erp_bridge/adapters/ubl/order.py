"""An order snapshot as a UBL 2.1 Order: the same snapshot gives the same bytes, with exactly the snapshot's digits."""

import re
from datetime import date
from decimal import Decimal
from typing import Any

from lxml import etree

from erp_bridge.adapters.errors import PermanentError, gettext_noop
from erp_bridge.adapters.ubl.names import CAC, CBC, DOCUMENT, schema_errors
from fulfilment.snapshots import Allowance, Charge, Contact, DeliveryTerms, OrderLine, OrderSnapshot, Party, TaxSubtotal

GTIN_SCHEME = "0160"  # ISO 6523 identifier of GS1 GTIN


class _Branch:
    """An element that is filled from top to bottom, in the order that the schema asks for."""

    def __init__(self, element: Any, currency: str) -> None:
        self._element = element
        self._currency = currency

    def branch(self, name: str) -> "_Branch":
        return _Branch(etree.SubElement(self._element, f"{{{CAC}}}{name}"), self._currency)

    def put(self, name: str, value: str | None, **attributes: str) -> None:
        """Write a leaf; an empty text is left out, as UBL asks."""
        if value:
            etree.SubElement(self._element, f"{{{CBC}}}{name}", attributes).text = value

    def amount(self, name: str, value: Decimal) -> None:
        self.put(name, format(value, "f"), currencyID=self._currency)

    def quantity(self, name: str, value: Decimal, unit: str) -> None:
        self.put(name, format(value, "f"), unitCode=unit)


def write_order(snapshot: OrderSnapshot) -> bytes:
    """The order as UTF-8 XML that is valid against the UBL 2.1 Order schema; raises PermanentError if it cannot be."""
    namespace = DOCUMENT.format("Order")
    prefixes: Any = {None: namespace, "cac": CAC, "cbc": CBC}
    root: Any = etree.Element(f"{{{namespace}}}Order", nsmap=prefixes)
    order = _Branch(root, snapshot.currency)
    _head(order, snapshot)
    _customer(order.branch("BuyerCustomerParty"), snapshot.buyer)
    _supplier(order.branch("SellerSupplierParty"), snapshot.supplier)
    _delivery(order.branch("Delivery"), snapshot)
    if snapshot.delivery_terms.note:
        order.branch("DeliveryTerms").put("SpecialTerms", snapshot.delivery_terms.note)
    _payment_terms(order, snapshot)
    for charge in snapshot.charges:
        _charge(order.branch("AllowanceCharge"), charge)
    _tax_total(order, sum((subtotal.tax for subtotal in snapshot.taxes), Decimal(0)), snapshot.taxes)
    _totals(order.branch("AnticipatedMonetaryTotal"), snapshot)
    for line in snapshot.lines:
        _line(order.branch("OrderLine").branch("LineItem"), line, snapshot.delivery_terms)
    errors = schema_errors("Order", root)
    if errors:
        text = gettext_noop("Order %(number)s cannot be written as UBL: %(problem)s")
        raise PermanentError("order_not_ubl", text, number=snapshot.number, problem=errors[0][1])
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)


def _head(order: _Branch, snapshot: OrderSnapshot) -> None:
    order.put("UBLVersionID", "2.1")
    order.put("ID", snapshot.number)
    order.put("UUID", snapshot.key)
    order.put("IssueDate", snapshot.issued_at.date().isoformat())
    order.put("IssueTime", snapshot.issued_at.timetz().isoformat())
    order.put("Note", snapshot.note)
    order.put("DocumentCurrencyCode", snapshot.currency)
    # Not OrderDocumentReference, "a reference to another Order": an ERP reads that as an amendment or a call-off.
    # CustomerReference is on OrderReference too, so the dealer's PO number can come back on every answer.
    order.put("CustomerReference", snapshot.po_number)
    order.put("LineCountNumeric", str(len(snapshot.lines)))


def _customer(customer: _Branch, buyer: Party) -> None:
    customer.put("SupplierAssignedAccountID", buyer.number)
    _party(customer, buyer)


def _supplier(supplier: _Branch, seller: Party) -> None:
    supplier.put("CustomerAssignedAccountID", seller.number)
    _party(supplier, seller)


def _party(parent: _Branch, who: Party) -> None:
    party = parent.branch("Party")
    party.branch("PartyName").put("Name", who.name)
    if who.tax_id.strip():
        scheme = party.branch("PartyTaxScheme")
        scheme.put("CompanyID", who.tax_id)
        scheme.branch("TaxScheme").put("ID", "VAT")
    party.branch("PartyLegalEntity").put("RegistrationName", who.name)
    _contact(party, who.contact)


def _contact(party: _Branch, contact: Contact) -> None:
    if contact != Contact():
        branch = party.branch("Contact")
        branch.put("Name", contact.name)
        branch.put("Telephone", contact.phone)
        branch.put("ElectronicMail", contact.email)


def _delivery(delivery: _Branch, snapshot: OrderSnapshot) -> None:
    place, latest = snapshot.delivery, snapshot.delivery_terms.latest
    delivery.put("LatestDeliveryDate", latest.isoformat() if latest else None)
    location = delivery.branch("DeliveryLocation")
    location.put("ID", place.outlet_code)
    location.put("Name", place.name)
    address = location.branch("Address")
    first, second, *further = [*place.lines, "", ""]
    address.put("StreetName", first)
    address.put("AdditionalStreetName", second)
    address.put("CityName", place.city)
    address.put("PostalZone", place.postcode)
    address.put("CountrySubentity", place.region)
    for line in filter(None, further):
        address.branch("AddressLine").put("Line", line)
    address.branch("Country").put("IdentificationCode", place.country)
    _requested(delivery, snapshot.requested_date)
    if place.contact != Contact():
        party = delivery.branch("DeliveryParty")
        _contact(party, place.contact)


def _requested(delivery: _Branch, day: date | None) -> None:
    if day:
        period = delivery.branch("RequestedDeliveryPeriod")
        period.put("StartDate", day.isoformat())
        period.put("EndDate", day.isoformat())


def _charge(branch: _Branch, charge: Charge) -> None:
    branch.put("ID", charge.id)
    branch.put("ChargeIndicator", "true")
    branch.put("AllowanceChargeReasonCode", charge.code)
    branch.put("AllowanceChargeReason", charge.reason)
    branch.amount("Amount", charge.net)
    _tax_category(branch.branch("TaxCategory"), charge.category, charge.percent)
    branch.branch("TaxTotal").amount("TaxAmount", charge.tax)


def _allowance(branch: _Branch, allowance: Allowance) -> None:
    branch.put("ChargeIndicator", "false")
    branch.put("AllowanceChargeReasonCode", allowance.code)
    branch.put("AllowanceChargeReason", allowance.reason)
    branch.amount("Amount", allowance.amount)


def _payment_terms(order: _Branch, snapshot: OrderSnapshot) -> None:
    terms = snapshot.payment_terms
    if not terms.note and terms.days is None:
        return
    branch = order.branch("PaymentTerms")
    branch.put("Note", terms.note)
    if terms.days is not None:
        branch.branch("SettlementPeriod").put("DurationMeasure", str(terms.days), unitCode="DAY")


def _tax_total(parent: _Branch, total: Decimal, subtotals: tuple[TaxSubtotal, ...]) -> None:
    branch = parent.branch("TaxTotal")
    branch.amount("TaxAmount", total)
    for subtotal in subtotals:
        part = branch.branch("TaxSubtotal")
        part.amount("TaxableAmount", subtotal.taxable)
        part.amount("TaxAmount", subtotal.tax)
        _tax_category(part.branch("TaxCategory"), subtotal.category, subtotal.percent)


def _tax_category(category: _Branch, code: str, percent: Decimal) -> None:
    category.put("ID", code, schemeID="UNCL5305")
    category.put("Percent", format(percent, "f"))
    category.branch("TaxScheme").put("ID", "VAT")


def _totals(branch: _Branch, snapshot: OrderSnapshot) -> None:
    branch.amount("LineExtensionAmount", snapshot.totals.line_extension)
    branch.amount("TaxExclusiveAmount", snapshot.totals.tax_exclusive)
    branch.amount("TaxInclusiveAmount", snapshot.totals.tax_inclusive)
    if snapshot.charges:
        branch.amount("ChargeTotalAmount", snapshot.totals.charges)
    branch.amount("PayableAmount", snapshot.totals.payable)


def _line(item: _Branch, line: OrderLine, terms: DeliveryTerms) -> None:
    item.put("ID", line.line_id)
    item.put("Note", line.note)
    item.quantity("Quantity", line.quantity, line.unit)
    item.amount("LineExtensionAmount", line.net_amount)
    item.amount("TotalTaxAmount", line.tax_amount)
    if not terms.partial:
        item.put("PartialDeliveryIndicator", "false")
    if line.requested_date:
        _requested(item.branch("Delivery"), line.requested_date)
    for allowance in line.allowances:
        _allowance(item.branch("AllowanceCharge"), allowance)
    price = item.branch("Price")
    price.amount("PriceAmount", line.unit_price)
    price.quantity("BaseQuantity", line.base_quantity, line.unit)
    _item(item.branch("Item"), line)
    subtotal = TaxSubtotal(line.net_amount, line.tax_amount, line.tax_percent, line.tax_category)
    _tax_total(item, line.tax_amount, (subtotal,))


def _item(item: _Branch, line: OrderLine) -> None:
    item.put("Name", line.name)
    if line.buyer_item:
        item.branch("BuyersItemIdentification").put("ID", line.buyer_item)
    item.branch("SellersItemIdentification").put("ID", line.sku)
    if line.gtin:
        # A barcode that is not of GTIN length still goes along, but does not pretend to be one.
        scheme = {"schemeID": GTIN_SCHEME} if re.fullmatch(r"\d{8}|\d{12,14}", line.gtin, re.ASCII) else {}
        item.branch("StandardItemIdentification").put("ID", line.gtin, **scheme)
    _tax_category(item.branch("ClassifiedTaxCategory"), line.tax_category, line.tax_percent)
