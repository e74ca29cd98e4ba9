"""Snapshot to JSON and back, and snapshot to UBL Order."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from erp_bridge.adapters.ubl import write_order
from erp_bridge.adapters.ubl.names import PREFIXES, schema_errors
from fulfilment.snapshots import (
    Charge,
    Contact,
    DeliveryAddress,
    DeliveryTerms,
    OrderLine,
    OrderSnapshot,
    Party,
    PaymentTerms,
    SnapshotRefused,
    TaxSubtotal,
    Totals,
)
from tests.erp_bridge.ubl_samples import examples, order, order_with

FREIGHT = Charge("Freight", "FC", Decimal("25.00"), Decimal("3.25"), Decimal(13))
anything = (
    st.text(st.characters(codec=None), max_size=60) | st.just("长" * 3000) | st.just("\x00\x1b\ud800😀\r\n]]>&<\ufffe")
)
words = anything.map(lambda text: f"x{text}")
money = st.decimals("0", "99999999.99", places=2)
moments = st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=8)), timezone(timedelta(hours=23))]))


@st.composite
def order_lines(draw: Any, number: int) -> OrderLine:
    return OrderLine(
        line_id=str(number),
        sku=draw(words),
        name=draw(anything),
        quantity=draw(st.decimals("0.000001", "999999", places=6)),
        unit=draw(st.sampled_from(["C62", "KGM", "MTR"])),
        unit_price=draw(st.decimals("0", "999999", places=4)),
        net_amount=draw(money),
        tax_amount=draw(money),
        tax_percent=draw(st.sampled_from([Decimal(13), Decimal("9.00"), Decimal(0)])),
        buyer_item=draw(anything),
        gtin=draw(anything),
        note=draw(anything),
        requested_date=draw(st.none() | st.dates()),
    )


@st.composite
def snapshots(draw: Any) -> OrderSnapshot:
    lines = tuple(draw(order_lines(number)) for number in range(1, draw(st.integers(1, 4)) + 1))
    net = sum((line.net_amount for line in lines), Decimal(0))
    tax = sum((line.tax_amount for line in lines), Decimal(0))
    contact = Contact(draw(anything), draw(anything), draw(anything))
    charges = tuple(draw(st.lists(st.just(FREIGHT), max_size=2)))
    freight = sum((charge.net for charge in charges), Decimal(0))
    all_tax = tax + sum((charge.tax for charge in charges), Decimal(0))
    whole = net + freight
    return OrderSnapshot(
        number=draw(words),
        key="0123456789abcdef0123456789abcdef",
        issued_at=draw(moments),
        currency="CNY",
        buyer=Party(draw(words), draw(words), draw(anything), contact),
        supplier=Party(draw(anything), draw(words)),
        delivery=DeliveryAddress(
            draw(anything),
            draw(anything),
            tuple(draw(st.lists(anything, max_size=4))),
            draw(anything),
            draw(anything),
            draw(anything),
            "CN",
            contact,
        ),
        lines=lines,
        totals=Totals(net, whole, whole + all_tax, whole + all_tax, freight),
        taxes=(TaxSubtotal(whole, all_tax, Decimal(13)),),
        charges=charges,
        delivery_terms=DeliveryTerms(draw(anything), draw(st.booleans()), draw(st.none() | st.dates())),
        po_number=draw(anything),
        requested_date=draw(st.none() | st.dates()),
        note=draw(anything),
        payment_terms=PaymentTerms(draw(anything), draw(st.none() | st.integers(0, 3650))),
    )


@settings(max_examples=60, deadline=None)
@given(snapshots())
def test_any_snapshot_survives_storage_and_is_valid_ubl(snapshot: OrderSnapshot) -> None:
    stored = json.loads(json.dumps(snapshot.to_json()))

    again = OrderSnapshot.from_json(dict(reversed(stored.items())))

    assert again == snapshot
    assert again.canonical_json() == snapshot.canonical_json()
    written = write_order(again)
    assert written == write_order(snapshot)
    root = etree.fromstring(written)
    assert schema_errors("Order", root) == []
    assert root.findtext("cbc:ID", namespaces=PREFIXES) == snapshot.number


def test_freight_and_delivery_stand_where_the_schema_has_them() -> None:
    net, tax = Decimal("24484.99"), Decimal("3183.05")
    whole, all_tax = net + FREIGHT.net, tax + FREIGHT.tax
    line = replace(order().lines[0], requested_date=date(2026, 3, 18))
    written = write_order(
        order_with(
            lines=(line, order().lines[1]),
            charges=(FREIGHT,),
            taxes=(TaxSubtotal(whole, all_tax, Decimal(13)),),
            totals=Totals(net, whole, whole + all_tax, whole + all_tax, FREIGHT.net),
            delivery_terms=DeliveryTerms("Deliver everything together.", partial=False, latest=date(2026, 4, 1)),
        )
    )
    root = etree.fromstring(written)
    said = {
        path: root.findtext(path, namespaces=PREFIXES)
        for path in (
            "cac:AllowanceCharge/cbc:ChargeIndicator",
            "cac:AllowanceCharge/cbc:Amount",
            "cac:AnticipatedMonetaryTotal/cbc:ChargeTotalAmount",
            "cac:AnticipatedMonetaryTotal/cbc:PayableAmount",
            "cac:DeliveryTerms/cbc:SpecialTerms",
            "cac:Delivery/cbc:LatestDeliveryDate",
            "cac:OrderLine/cac:LineItem/cbc:PartialDeliveryIndicator",
            "cac:OrderLine/cac:LineItem/cac:Delivery/cac:RequestedDeliveryPeriod/cbc:StartDate",
        )
    }
    assert list(said.values()) == [
        "true",
        "25.00",
        "25.00",
        "27696.29",
        "Deliver everything together.",
        "2026-04-01",
        "false",
        "2026-03-18",
    ]


def test_charges_that_are_not_in_the_totals_are_refused() -> None:
    with pytest.raises(SnapshotRefused, match=r"sum of the charges is 25\.00"):
        order_with(charges=(FREIGHT,))


def test_a_payload_from_before_charges_is_still_read() -> None:
    old = order().to_json() | {"format": "order/1"}
    for name in ("charges", "delivery_terms"):
        del old[name]
    del old["totals"]["charges"]
    for line in old["lines"]:
        del line["requested_date"]

    assert write_order(OrderSnapshot.from_json(old)) == write_order(order())
    with pytest.raises(SnapshotRefused):
        OrderSnapshot.from_json({"format": "order/1", "lines": [1], "totals": None})


def test_the_example_of_the_guide_is_what_is_written() -> None:
    assert write_order(order()).decode() == examples()["Order"]


def test_amounts_keep_exactly_the_digits_of_the_snapshot() -> None:
    line = replace(order().lines[0], unit_price=Decimal("1E+3"), quantity=Decimal("12.500"))
    written = write_order(order_with(lines=(line, order().lines[1])))

    assert b'<cbc:PriceAmount currencyID="CNY">1000</cbc:PriceAmount>' in written
    assert b'<cbc:Quantity unitCode="C62">12.500</cbc:Quantity>' in written


def test_a_barcode_that_is_no_gtin_goes_along_without_saying_so() -> None:
    line = replace(order().lines[0], gtin="ABC-1")

    assert b"<cbc:ID>ABC-1</cbc:ID>" in write_order(order_with(lines=(line, order().lines[1])))


def test_the_time_is_written_with_the_offset_it_was_taken_in() -> None:
    assert b"<cbc:IssueTime>10:11:12+08:00</cbc:IssueTime>" in write_order(order())


def test_line_ends_of_a_form_become_single_newlines() -> None:
    assert order_with(note="a\r\nb\rc").note == "a\nb\nc"


def test_the_fingerprint_changes_with_one_digit() -> None:
    changed = order_with(totals=replace(order().totals, payable=Decimal("27668.040")))

    assert changed.sha256() != order().sha256()
    assert order().sha256() == OrderSnapshot.from_json(order().to_json()).sha256()


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"lines": ()}, "without lines"),
        ({"lines": (order().lines[0], order().lines[0])}, "same line id"),
        ({"lines": order().lines[:1]}, "sum of the lines is 24479.93"),
        ({"taxes": ()}, "tax of the lines and charges is 3183.05"),
        ({"currency": "yuan"}, "currency"),
        ({"key": "short"}, "key"),
        ({"number": " "}, "order number"),
        ({"issued_at": datetime(2026, 1, 1)}, "time zone"),
    ],
)
def test_a_snapshot_that_does_not_hold_together_is_refused(changes: dict[str, Any], says: str) -> None:
    with pytest.raises(SnapshotRefused, match=says):
        order_with(**changes)


@pytest.mark.parametrize(
    ("value", "says"),
    [
        (1.5, "float"),
        (Decimal("NaN"), "not a number below"),
        (Decimal("1E+12"), "not a number below"),
        (Decimal("1.0000001"), "decimals"),
        (Decimal(-1), "above zero"),
    ],
)
def test_a_quantity_that_cannot_be_is_refused(value: Any, says: str) -> None:
    with pytest.raises(SnapshotRefused, match=says):
        replace(order().lines[0], quantity=value)


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (lambda data: data.pop("note"), "field note is missing"),
        (lambda data: data.update(colour="red"), "unknown field colour"),
        (lambda data: data.update(format="order/9"), "format"),
        (lambda data: data["lines"][1].update(quantity=2.5), r"lines\[1\].quantity: str was expected"),
        (lambda data: data["totals"].update(payable="many"), "totals.payable: 'many' is not a Decimal"),
        (lambda data: data["payment_terms"].update(days=True), "payment_terms.days"),
    ],
)
def test_a_damaged_payload_names_the_field(damage: Any, says: str) -> None:
    data = order().to_json()
    damage(data)

    with pytest.raises(SnapshotRefused, match=says):
        OrderSnapshot.from_json(data)
