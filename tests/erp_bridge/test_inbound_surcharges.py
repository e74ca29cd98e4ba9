"""Invoices with surcharges: what the ERP bills adds up to the order, and a surcharge stands for no goods."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from django.conf import settings

from dealers.ledger.models import AccountDocument
from erp_bridge.adapters.ubl.order import write_order
from erp_bridge.outbox.snapshot import order_snapshot
from fulfilment.ordering.models import DealerOrder
from portal.demo import erp_partner as partner
from tests.erp_bridge.inbox import fresh, leave, pay, sweep
from tests.erp_bridge.orders import approved
from tests.factories import World
from tests.pricing.surcharge_samples import levy

D = Decimal


@pytest.fixture
def prepaid(world: World) -> DealerOrder:
    """Bob's order of two pans with as much again in metal, which waits for payment."""
    levy("METAL", percent="50", name="Metal surcharge")
    order = approved(world, {world.pan: 2}, by=world.bob)
    assert (order.state, order.net_total, order.surcharge_net, order.total) == (
        "payment", D("40.00"), D("20.00"), D("67.80"))  # fmt: skip
    return order


def test_an_invoice_of_the_whole_order_is_the_order_s_total_and_releases_it(
    prepaid: DealerOrder, tmp_path: Path
) -> None:
    out, kept = tmp_path / "out", tmp_path / "kept"
    out.mkdir()
    (out / "order.xml").write_bytes(write_order(order_snapshot(prepaid)))
    partner.take_orders(out, kept)
    taken = partner.read_order(next(kept.iterdir()))
    assert taken.charges == (partner.Charged("Metal surcharge", D("20.00"), "METAL"),)
    partner.answer(taken, partner.INVOICE, Path(settings.ERP_IN_DIR))
    partner.answer(taken, partner.PAYMENT, Path(settings.ERP_IN_DIR))
    sweep()
    sweep()
    assert AccountDocument.objects.get(kind="invoice").total == prepaid.total
    assert fresh(prepaid).state == "shipment"


def test_a_surcharge_billed_as_a_line_pays_for_no_goods(prepaid: DealerOrder) -> None:
    lines = [
        partner.Billed(prepaid.number, "1", "PAN-24", "Pan", 1, D("20.00")),
        partner.Billed(prepaid.number, "2", "METAL", "Metal surcharge", 1, D("20.00")),
    ]
    leave("INV-1.xml", partner.billing_xml("Invoice", "INV-1", "D-BERGEN", "EUR", lines, D("5.20")))
    pay(prepaid, "PAY-1", ("invoice", "INV-1", "45.20"))
    sweep()
    assert fresh(prepaid).state == "payment"
    rest = [partner.Billed(prepaid.number, "1", "PAN-24", "Pan", 1, D("20.00"))]
    leave("INV-2.xml", partner.billing_xml("Invoice", "INV-2", "D-BERGEN", "EUR", rest, D("2.60")))
    pay(prepaid, "PAY-2", ("invoice", "INV-2", "22.60"))
    sweep()
    assert fresh(prepaid).state == "shipment"
