"""One order in full, and the examples of docs/erp-files.md, which the integrator reads and these tests prove."""

import re
from dataclasses import replace
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path

from fulfilment.snapshots import (
    Contact,
    DeliveryAddress,
    OrderLine,
    OrderSnapshot,
    Party,
    PaymentTerms,
    TaxSubtotal,
    Totals,
)

GUIDE = Path(__file__).resolve().parents[2] / "docs" / "erp-files.md"
CHINA = timezone(timedelta(hours=8))


def examples() -> dict[str, str]:
    """The XML examples of the guide by the name of their root element."""
    blocks = re.findall(r"```xml\n(.*?)```", GUIDE.read_text("utf-8"), re.DOTALL)
    return {re.search(r"<(\w+) xmlns", block)[1]: block for block in blocks}  # type: ignore[index]


def example(name: str, *changes: tuple[str, str]) -> bytes:
    """An example with texts replaced; each must be there, or the test would prove nothing."""
    text = examples()[name]
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new, 1)
    return text.encode()


def order() -> OrderSnapshot:
    lines = (
        OrderLine(
            line_id="1",
            sku="BK-M82S-38",
            name="山地车 Mountain-100 银色 38",
            quantity=Decimal(12),
            unit="C62",
            unit_price=Decimal("2039.9940"),
            net_amount=Decimal("24479.93"),
            tax_amount=Decimal("3182.39"),
            tax_percent=Decimal("13.00"),
            buyer_item="HZ-0001",
            gtin="6901234567892",
        ),
        OrderLine(
            line_id="2",
            sku="CH-0234",
            name="Chain",
            quantity=Decimal("2.5"),
            unit="MTR",
            unit_price=Decimal("20.24"),
            base_quantity=Decimal(10),
            net_amount=Decimal("5.06"),
            tax_amount=Decimal("0.66"),
            tax_percent=Decimal("13.00"),
            note="Cut to length & pack <dry>",
        ),
    )
    net, tax = Decimal("24484.99"), Decimal("3183.05")
    return OrderSnapshot(
        number="SO-2026-000123",
        key="01JNJ5Z8QW3R7T9V1X2Y4Z6A8B",
        issued_at=datetime(2026, 3, 5, 10, 11, 12, tzinfo=CHINA),
        currency="CNY",
        po_number="采购-2026/77",
        requested_date=date(2026, 3, 20),
        note="Please call before delivery.\n送货前请电话联系。",
        buyer=Party(
            "D0042", "杭州骑行贸易有限公司", "91330106MA2KXXXX1X", Contact("王芳", "wang@example.cn", "0571-5550101")
        ),
        supplier=Party("S001", "Bicycle Maker Co., Ltd.", "91310000MA1FXXXX2Y"),
        delivery=DeliveryAddress(
            outlet_code="D0042-02",
            name="西湖店",
            lines=("文三路 123 号", "二号楼", "后门收货"),
            city="杭州",
            region="浙江省",
            postcode="310012",
            country="CN",
            contact=Contact(name="李强", phone="13800000000"),
        ),
        payment_terms=PaymentTerms("30 days net", 30),
        lines=lines,
        taxes=(TaxSubtotal(net, tax, Decimal("13.00")),),
        totals=Totals(net, net, net + tax, net + tax),
    )


def order_with(**changes: object) -> OrderSnapshot:
    return replace(order(), **changes)  # type: ignore[arg-type]
