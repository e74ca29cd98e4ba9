"""Read a UBL 2.1 document from the ERP into a frozen dataclass, or refuse it in a plain sentence."""

from collections.abc import Callable

from lxml import etree

from erp_bridge.adapters.errors import DocumentRefused, gettext_noop
from erp_bridge.adapters.ubl.billing import read_credit_note, read_invoice, read_remittance
from erp_bridge.adapters.ubl.documents import (
    ConfirmedLine,
    DespatchAdvice,
    DespatchLine,
    Document,
    OrderReference,
    OrderResponse,
    ResponseCode,
)
from erp_bridge.adapters.ubl.fields import LONGEST_TEXT, Element
from erp_bridge.adapters.ubl.hostile import check_schema, parse
from erp_bridge.adapters.ubl.names import DOCUMENT
from erp_bridge.adapters.ubl.shared import SKU, order_reference, require_distinct


def read_document(data: bytes) -> Document:
    """The document in ``data`` (a whole file). Raises DocumentRefused; never anything else for any input."""
    root = parse(data)
    name = etree.QName(root)
    reader = READERS.get(name.localname)
    if reader is None:
        sentence = gettext_noop("This is a %(name)s. The portal reads %(known)s.")
        raise DocumentRefused("wrong_document", sentence, name=name.localname[:60], known=", ".join(READERS))
    if name.namespace != DOCUMENT.format(name.localname):
        sentence = gettext_noop("The %(name)s is not UBL 2: its namespace is “%(given)s”, not “%(expected)s”.")
        raise DocumentRefused(
            "wrong_namespace",
            sentence,
            name=name.localname,
            given=(name.namespace or "")[:120],
            expected=DOCUMENT.format(name.localname),
        )
    check_schema(name.localname, root)
    return reader(Element(root))


def _order_response(document: Element) -> OrderResponse:
    code = document.required("cbc:OrderResponseCode")
    try:
        response = ResponseCode(code)
    except ValueError:
        sentence = gettext_noop(
            "OrderResponseCode is “%(code)s”; it must be AP (accepted), RE (rejected) or CA (changed)."
        )
        raise DocumentRefused("bad_code", sentence, code=code[:20]) from None
    order = _only_order(document)
    lines = tuple(_confirmed_line(line) for line in document.each("cac:OrderLine"))
    require_distinct(document, [line.order_line_id for line in lines])
    return OrderResponse(
        id=document.required("cbc:ID"),
        issue_date=document.required_day("cbc:IssueDate"),
        order=order,
        code=response,
        erp_number=document.text("cbc:SalesOrderID") or order.erp_number,
        note=document.note(),
        lines=lines,
    )


def _only_order(document: Element) -> OrderReference:
    references = document.each("cac:OrderReference")
    if len(references) != 1:
        sentence = gettext_noop("The response names %(count)d orders; send one response per order.")
        raise DocumentRefused("several_orders", sentence, count=len(references))
    return order_reference(references[0])


def _confirmed_line(line: Element) -> ConfirmedLine:
    return ConfirmedLine(
        order_line_id=line.required("cac:OrderLineReference/cbc:LineID", "cac:LineItem/cbc:ID"),
        sku=line.text(f"cac:LineItem/{SKU}"),
        quantity=line.quantity("cac:LineItem/cbc:Quantity"),
        note="\n".join(filter(None, (line.note(), line.note("cac:LineItem/cbc:Note"))))[:LONGEST_TEXT],
    )


def _order_response_simple(document: Element) -> OrderResponse:
    order = _only_order(document)
    accepted = document.required("cbc:AcceptedIndicator") in ("true", "1")
    return OrderResponse(
        id=document.required("cbc:ID"),
        issue_date=document.required_day("cbc:IssueDate"),
        order=order,
        code=ResponseCode.ACCEPTED if accepted else ResponseCode.REJECTED,
        erp_number=order.erp_number,
        note=document.note() if accepted else document.note("cbc:RejectionNote") or document.note(),
        lines=(),
    )


def _despatch_advice(document: Element) -> DespatchAdvice:
    orders = tuple(order_reference(reference) for reference in document.each("cac:OrderReference"))
    lines = tuple(_despatch_line(line, orders) for line in document.each("cac:DespatchLine"))
    require_distinct(document, [line.id for line in lines])
    if not any(line.delivered for line in lines):
        raise DocumentRefused("nothing_delivered", gettext_noop("No line of the despatch advice delivers anything."))
    issued = document.required_day("cbc:IssueDate")
    shipment = document.first("cac:Shipment")
    return DespatchAdvice(
        id=document.required("cbc:ID"),
        issue_date=issued,
        orders=orders or tuple(OrderReference(number) for number in dict.fromkeys(line.order_number for line in lines)),
        tracking_ids=_tracking_ids(shipment),
        carrier=shipment.text(*CARRIER) if shipment else "",
        despatch_date=(shipment.day(ACTUAL_DESPATCH) if shipment else None) or issued,
        note=document.note(),
        lines=lines,
    )


ACTUAL_DESPATCH = "cac:Delivery/cac:Despatch/cbc:ActualDespatchDate"
CARRIER = tuple(
    f"{place}/cac:CarrierParty/cac:PartyName/cbc:Name"
    for place in ("cac:Delivery", "cac:ShipmentStage", "cac:Consignment")
)


def _tracking_ids(shipment: Element | None) -> tuple[str, ...]:
    if shipment is None:
        return ()
    parcels = [parcel.text("cbc:CarrierAssignedID") for parcel in shipment.each("cac:Consignment")]
    return tuple(dict.fromkeys(filter(None, [shipment.text("cac:Delivery/cbc:TrackingID"), *parcels])))


def _despatch_line(line: Element, orders: tuple[OrderReference, ...]) -> DespatchLine:
    references = line.each("cac:OrderLineReference")
    if len(references) != 1:
        sentence = gettext_noop(
            "The despatch line at line %(line)d names %(count)d order lines; send one line for each."
        )
        raise line.refuse("several_order_lines", sentence, count=len(references))
    number = references[0].text("cac:OrderReference/cbc:ID") or (orders[0].number if len(orders) == 1 else "")
    if not number:
        sentence = gettext_noop("The despatch line at line %(line)d does not say which order it belongs to.")
        raise line.refuse("missing", sentence)
    return DespatchLine(
        id=line.required("cbc:ID"),
        order_number=number,
        order_line_id=references[0].required("cbc:LineID"),
        sku=line.required(SKU),
        delivered=line.required_quantity("cbc:DeliveredQuantity"),
        outstanding=line.quantity("cbc:OutstandingQuantity"),
    )


READERS: dict[str, Callable[[Element], Document]] = {
    "OrderResponse": _order_response,
    "OrderResponseSimple": _order_response_simple,
    "DespatchAdvice": _despatch_advice,
    "Invoice": read_invoice,
    "CreditNote": read_credit_note,
    "RemittanceAdvice": read_remittance,
}
