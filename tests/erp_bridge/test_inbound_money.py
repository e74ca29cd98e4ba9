"""Payments and credit notes from the ERP: which order they release, and to the cent."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.utils import timezone

from dealers.ledger.models import AccountDocument, Settlement
from erp_bridge.inbound.models import InboundDocument
from erp_bridge.inbound.settle import apply_again
from fulfilment.ordering.models import DealerOrder
from portal.demo import erp_partner as partner
from tests.erp_bridge.inbox import bill, credit, fresh, leave, only_error, pay, sweep
from tests.erp_bridge.orders import approved
from tests.factories import World

D = Decimal


@pytest.fixture
def prepaid(world: World) -> DealerOrder:
    """Bob's order of two pans (45.20 with tax), which waits for payment."""
    order = approved(world, {world.pan: 2}, by=world.bob)
    assert (order.state, order.total) == ("payment", D("45.20"))
    return order


def test_paying_the_invoices_of_a_prepaid_order_releases_it(prepaid: DealerOrder) -> None:
    bill(prepaid)
    sweep()
    assert fresh(prepaid).state == "payment"

    pay(prepaid, "PAY-1", ("invoice", "INV-1", "20.00"))
    sweep()
    assert (fresh(prepaid).state, fresh(prepaid).paid_at) == ("payment", None)

    pay(prepaid, "PAY-2", ("invoice", "INV-1", "25.20"))
    sweep()
    assert (fresh(prepaid).state, fresh(prepaid).paid_at) == ("shipment", timezone.localdate())


def test_paying_the_first_of_two_part_invoices_is_not_paying_the_order(prepaid: DealerOrder) -> None:
    for number in ("INV-1", "INV-2"):
        lines = [partner.Billed(prepaid.number, "1", "PAN-24", "Pan", 1, D("20.00"))]
        leave(f"{number}.xml", partner.billing_xml("Invoice", number, "D-BERGEN", "EUR", lines, D("2.60")))
        pay(prepaid, f"P-{number}", ("invoice", number, "22.60"))
        sweep()
        assert fresh(prepaid).state == ("payment" if number == "INV-1" else "shipment")


def test_a_payment_that_names_the_order_itself_releases_it_when_it_covers_it(prepaid: DealerOrder) -> None:
    pay(prepaid, "PAY-1", ("order", prepaid.number, "45.19"))
    sweep()
    assert fresh(prepaid).state == "payment"

    pay(prepaid, "PAY-2", ("order", prepaid.number, "0.01"))
    sweep()
    assert fresh(prepaid).state == "shipment"


def test_a_prepayment_of_two_orders_counts_when_it_covers_both(world: World, prepaid: DealerOrder) -> None:
    other = approved(world, {world.pan: 1}, by=world.bob)
    pay(prepaid, "PAY-1", ("order", prepaid.number, "45.20"), ("order", other.number, "22.60"))
    sweep()
    assert {fresh(prepaid).state, fresh(other).state} == {"shipment"}


def test_a_prepayment_for_another_dealer_s_order_is_set_aside(world: World, prepaid: DealerOrder) -> None:
    foreign = approved(world)
    pay(prepaid, "PAY-1", ("order", foreign.number, "520.25"))
    sweep()
    assert "does not belong to dealer D-BERGEN" in only_error()
    assert not AccountDocument.objects.exists()


def test_a_credit_note_is_used_with_a_payment_to_the_cent(prepaid: DealerOrder) -> None:
    bill(prepaid)
    credit(prepaid, "CN-1", "4.60", "0.60", invoice="INV-1")
    sweep()
    assert not Settlement.objects.exists()

    pay(prepaid, "PAY-1", ("invoice", "INV-1", "45.20"), ("credit_note", "CN-1", "5.20"))
    sweep()

    assert set(Settlement.objects.values_list("credit__number", "invoice__number", "amount")) == {
        ("PAY-1", "INV-1", D("40.00")),
        ("CN-1", "INV-1", D("5.20")),
    }
    assert fresh(prepaid).state == "shipment"


def test_more_than_is_left_of_a_credit_note_is_refused_whole(prepaid: DealerOrder) -> None:
    bill(prepaid)
    credit(prepaid, "CN-1", "4.60", "0.60")
    pay(prepaid, "PAY-1", ("invoice", "INV-1", "45.20"), ("credit_note", "CN-1", "5.21"))
    sweep()
    assert "5.20 of it is left" in only_error()
    assert not AccountDocument.objects.filter(kind="payment").exists()


def test_a_payment_before_its_invoice_is_applied_again_when_the_invoice_is_there(world: World) -> None:
    order = approved(world)
    pay(order, "PAY-1", ("invoice", "INV-1", "520.25"))
    sweep()
    assert "INV-1" in only_error()
    bill(order)
    sweep()

    apply_again(InboundDocument.objects.get(state="set_aside").pk, by=world.ada)

    assert fresh(order).paid_at is not None
