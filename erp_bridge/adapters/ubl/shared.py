"""What several UBL documents have in common."""

from collections import Counter

from erp_bridge.adapters.errors import gettext_noop
from erp_bridge.adapters.ubl.documents import OrderReference
from erp_bridge.adapters.ubl.fields import Element

SKU = "cac:Item/cac:SellersItemIdentification/cbc:ID"


def order_reference(reference: Element) -> OrderReference:
    """Our order number is required; the rest is what the ERP chose to send back."""
    return OrderReference(
        number=reference.required("cbc:ID"),
        key=reference.text("cbc:UUID"),
        erp_number=reference.text("cbc:SalesOrderID"),
        po_number=reference.text("cbc:CustomerReference"),
    )


def require_distinct(document: Element, line_ids: list[str]) -> None:
    """Refuse a line number used twice: the second would be taken for a repetition of the first."""
    twice = [line_id for line_id, count in Counter(line_ids).items() if count > 1]
    if twice:
        raise document.refuse("line_twice", gettext_noop("Line number “%(id)s” is used twice."), id=twice[0])


def customer_number(document: Element) -> str:
    """The dealer number: the account that the supplier assigned."""
    return document.required(
        "cac:AccountingCustomerParty/cbc:SupplierAssignedAccountID",
        "cac:AccountingCustomerParty/cac:Party/cac:PartyIdentification/cbc:ID",
    )


def document_currency(document: Element, total: str) -> str:
    """The document's currency, else that of its total."""
    currency = document.text("cbc:DocumentCurrencyCode") or document.currency(total)
    if not (len(currency) == 3 and currency.isascii() and currency.isalpha() and currency.isupper()):
        sentence = gettext_noop("“%(currency)s” is not a currency code such as CNY.")
        raise document.refuse("currency", sentence, currency=currency[:20])
    return currency
