"""What the ERP leaves for the portal: applied once, or set aside with a reason."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError
from django.utils import timezone, translation

from dealers.ledger.models import AccountDocument, Journal
from erp_bridge.inbound import settle as settling
from erp_bridge.inbound.models import InboundDocument
from erp_bridge.inbound.settle import MOST_FAILURES, ApplyRefused, apply_again, dismiss
from erp_bridge.outbox.deliver import deliver_waiting
from fulfilment.ordering.models import DealerOrder
from fulfilment.ordering.review import approve
from fulfilment.shipping.models import Shipment
from portal.demo import erp_partner as partner
from tests.erp_bridge.inbox import bill, credit, despatch, fresh, leave, only_error, pay, processed, respond, sweep
from tests.erp_bridge.orders import approved, files, message_of, placed
from tests.factories import World

D = Decimal


def states() -> dict[str, str]:
    """State by file name; the newest row of a name counts."""
    return {row.file_name: row.state for row in InboundDocument.objects.order_by("pk")}


@pytest.fixture
def prepaid(world: World) -> DealerOrder:
    """Bob's order of two pans (45.20 with tax), which waits for payment."""
    order = approved(world, {world.pan: 2}, by=world.bob)
    assert (order.state, order.total) == ("payment", D("45.20"))
    return order


def test_a_response_an_advice_an_invoice_and_a_payment_are_applied_once(world: World, settings: Any) -> None:
    order = approved(world)
    respond(order, key=message_of(order).payload["key"], erp_number="SO-9", confirmed=[("1", "PAN-24", 8)])
    despatch(order, "DN-1", ("1", "PAN-24", 4))
    bill(order)
    pay(order, "PAY-1", ("invoice", "INV-1", "520.25"))

    assert sweep() == 4

    assert set(states().values()) == {"applied"}
    order = fresh(order)
    assert (order.erp_number, order.state, order.paid_at) == ("SO-9", "shipment", timezone.localdate())
    assert [(line.confirmed_quantity, line.shipped_quantity) for line in order.lines.all()] == [(8, 4), (None, 0)]
    assert Shipment.objects.get().number == "DN-1"
    assert sorted(AccountDocument.objects.values_list("kind", "total")) == [
        ("invoice", D("520.25")),
        ("payment", D("520.25")),
    ]
    assert all(row.order_numbers == [order.number] for row in InboundDocument.objects.all())
    assert processed(settings) == ["DN-1.xml", "INV-1.xml", "PAY-1.xml", "RSP-1.xml"]
    assert files(Path(settings.ERP_IN_DIR)) == []


def test_the_invoice_s_lines_and_due_date_reach_the_account(world: World) -> None:
    order = approved(world)
    bill(order)
    sweep()

    invoice = AccountDocument.objects.get()
    assert (invoice.due_date - invoice.issue_date).days == 30
    assert list(invoice.lines.values_list("sku", "quantity", "unit_price", "net_amount", "order_number")) == [
        ("PAN-24", D("10"), D("18.5"), D("185.00"), order.number),
        ("POT-5L", D("6"), D("45.9"), D("275.40"), order.number),
    ]


def test_files_that_arrive_together_are_applied_in_the_order_of_the_business(world: World) -> None:
    order = approved(world)
    pay(order, "A-PAY", ("invoice", "C-INV", "500.25"), ("credit_note", "B-CN", "20.00"), ("account", "", "40.00"))
    credit(order, "B-CN", "17.70", "2.30")
    bill(order, "C-INV")
    despatch(order, "D-DN", ("1", "PAN-24", 10), ("2", "POT-5L", 6))
    respond(order, "E-RSP")

    sweep()

    assert states() == dict.fromkeys(("A-PAY.xml", "B-CN.xml", "C-INV.xml", "D-DN.xml", "E-RSP.xml"), "applied")
    kinds = InboundDocument.objects.order_by("pk").values_list("kind", flat=True)
    assert list(kinds) == ["order_response", "despatch_advice", "invoice", "credit_note", "remittance_advice"]


def test_the_same_document_again_is_known_and_changes_nothing(world: World, settings: Any) -> None:
    order = approved(world)
    despatch(order, "DN-1", ("1", "PAN-24", 4))
    sweep()
    content = next((Path(settings.ERP_IN_DIR) / "processed").glob("*/DN-1.xml")).read_bytes()

    leave("copy.xml", content)
    sweep()

    assert states() == {"DN-1.xml": "applied", "copy.xml": "duplicate"}
    assert order.lines.get(position=1).shipped_quantity == 4
    assert processed(settings) == ["DN-1.xml", "copy.xml"]


def test_a_changed_document_under_a_known_number_is_set_aside(world: World, settings: Any) -> None:
    order = approved(world)
    despatch(order, "DN-1", ("1", "PAN-24", 4))
    sweep()

    despatch(order, "DN-1", ("1", "PAN-24", 5))
    sweep()

    assert "DN-1 was applied before" in only_error()
    assert order.lines.get(position=1).shipped_quantity == 4
    reason = Path(settings.ERP_IN_DIR) / "set-aside" / "DN-1.xml.reason.txt"
    assert "Give a changed document a new number." in reason.read_text()


def test_a_broken_file_is_set_aside_and_the_rest_goes_on(world: World, settings: Any) -> None:
    order = approved(world)
    leave("broken.xml", b"<Invoice")
    respond(order, erp_number="SO-1")

    sweep()

    assert states() == {"broken.xml": "set_aside", "RSP-1.xml": "applied"}
    assert only_error()
    assert files(Path(settings.ERP_IN_DIR) / "set-aside") == ["broken.xml"]


def test_a_link_is_set_aside_unread(world: World, settings: Any, tmp_path: Path) -> None:
    (tmp_path / "secret.xml").write_text("secret")
    (Path(settings.ERP_IN_DIR) / "link.xml").symlink_to(tmp_path / "secret.xml")

    sweep()

    row = InboundDocument.objects.get()
    assert (row.state, bytes(row.content), "link" in row.error_text) == ("set_aside", b"", True)


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        ([("1", "POT-5L", 1)], "which order"),
        ([("9", "PAN-24", 1)], "which order"),
        ([("1", "PAN-24", 11)], "10 open"),
        ([("one", "PAN-24", 1)], "no line number of ours"),
        ([("1", "PAN-24", Decimal("1.5"))], "whole units"),
    ],
)
def test_an_impossible_advice_is_set_aside_whole(world: World, lines: list[Any], reason: str) -> None:
    order = approved(world)
    despatch(order, "DN-1", ("2", "POT-5L", 6), *lines)

    sweep()

    assert reason in only_error()
    assert not Shipment.objects.exists()
    assert order.lines.get(position=2).shipped_quantity == 0


def test_an_advice_for_several_orders_is_all_or_nothing(world: World) -> None:
    first, second = approved(world, {world.pan: 1}), approved(world, {world.pan: 2})
    lines = [(first.number, "1", "PAN-24", 1), (second.number, "1", "PAN-24", 3)]
    leave("DN-1.xml", partner.despatch_xml("DN-1", lines))
    sweep()
    assert not Shipment.objects.exists()

    lines[1] = (second.number, "1", "PAN-24", 2)
    leave("DN-1.xml", partner.despatch_xml("DN-1", lines))
    sweep()

    assert Shipment.objects.count() == 2
    assert {fresh(first).state, fresh(second).state} == {"receipt"}


def test_what_comes_too_early_is_set_aside_and_applied_again_with_one_click(world: World, settings: Any) -> None:
    order = placed(world)
    despatch(order, "DN-1", ("1", "PAN-24", 4))
    sweep()
    row = InboundDocument.objects.get()
    assert "has not been approved" in only_error()
    with pytest.raises(ApplyRefused, match="has not been approved"):
        apply_again(row.pk, by=world.ada)

    approve(order.pk, by=world.ada)
    apply_again(row.pk, by=world.ada, reason="Approved now")

    row.refresh_from_db()
    assert (row.state, Shipment.objects.get().number) == ("applied", "DN-1")
    assert [action.reason for action in row.actions.all()] == ["", "Approved now"]
    with pytest.raises(ApplyRefused):
        apply_again(row.pk, by=world.ada)


def test_applying_again_what_a_mended_file_brought_meanwhile_changes_nothing(world: World) -> None:
    order = approved(world)
    despatch(order, "DN-1", ("1", "PAN-24", 40))
    sweep()
    despatch(order, "DN-1", ("1", "PAN-24", 4))
    sweep()

    with pytest.raises(ApplyRefused, match="was applied before"):
        apply_again(InboundDocument.objects.get(state="set_aside").pk, by=world.ada)
    assert order.lines.get(position=1).shipped_quantity == 4


def test_a_document_that_needs_nothing_more_is_closed_with_a_reason(world: World) -> None:
    leave("broken.xml", b"<")
    sweep()
    row = InboundDocument.objects.get()
    with pytest.raises(ApplyRefused):
        dismiss(row.pk, by=world.ada, reason="")

    dismiss(row.pk, by=world.ada, reason="A test of the ERP")

    row.refresh_from_db()
    assert row.state == "dismissed"


def test_a_response_to_another_order_of_the_same_number_is_set_aside(world: World) -> None:
    order = approved(world)
    respond(order, key="0" * 32, erp_number="SO-1")
    sweep()
    assert "answers another order" in only_error()
    assert fresh(order).erp_number == ""


def test_a_refusal_by_the_erp_is_shown_on_the_order(world: World) -> None:
    order = approved(world)
    respond(order, code="RE", note="Account D-ALPINE is blocked")
    sweep()
    assert fresh(order).erp_refusal == "Account D-ALPINE is blocked"


@pytest.mark.parametrize(
    ("dealer", "order_of", "reason"),
    [("D-NOBODY", "alpine", "There is no dealer D-NOBODY."), ("D-BERGEN", "alpine", "does not belong to dealer")],
)
def test_an_invoice_for_the_wrong_dealer_is_set_aside(world: World, dealer: str, order_of: str, reason: str) -> None:
    order = approved(world)
    lines = [partner.Billed(order.number, "1", "PAN-24", "Pan", 1, D("10.00"))]
    leave("INV-1.xml", partner.billing_xml("Invoice", "INV-1", dealer, "EUR", lines, D("1.30")))
    sweep()
    assert reason in only_error()
    assert not Journal.objects.exists()


def test_an_invoice_in_another_currency_is_set_aside(world: World) -> None:
    lines = [partner.Billed("X", "1", "PAN-24", "Pan", 1, D("10.00"))]
    leave("INV-1.xml", partner.billing_xml("Invoice", "INV-1", "D-ALPINE", "USD", lines, D("1.30")))
    sweep()
    assert "USD" in only_error()


def test_a_fault_of_our_own_undoes_everything_and_is_capped(
    world: World, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = approved(world)
    despatch(order, "DN-1", ("1", "PAN-24", 4))
    real = settling.apply_document

    def fail_after(document: Any) -> None:
        real(document)
        raise ZeroDivisionError("bug 100%")

    monkeypatch.setattr(settling, "apply_document", fail_after)

    for attempt in range(1, MOST_FAILURES + 1):
        InboundDocument.objects.update(next_at=None)
        sweep()
        row = InboundDocument.objects.get()
        assert (row.failures, row.state) == (attempt, "retry" if attempt < MOST_FAILURES else "set_aside")
        assert not Shipment.objects.exists()
    assert "ZeroDivisionError: bug 100%" in row.error_text
    assert files(Path(settings.ERP_IN_DIR)) == []

    monkeypatch.undo()
    apply_again(row.pk, by=world.ada)
    assert Shipment.objects.count() == 1


def test_a_fault_that_passes_is_forgotten(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    order = approved(world)
    respond(order, erp_number="SO-1")
    with monkeypatch.context() as patched:
        patched.setattr(settling, "apply_document", lambda document: 1 / 0)
        sweep()
    sweep()
    assert states() == {"RSP-1.xml": "retry"}  # not before its time

    InboundDocument.objects.update(next_at=None)
    sweep()

    assert states() == {"RSP-1.xml": "applied"}
    assert fresh(order).erp_number == "SO-1"


def test_what_waits_to_be_tried_again_may_be_applied_at_once_by_a_person(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = approved(world)
    despatch(order, "DN-1", ("1", "PAN-24", 4))
    with monkeypatch.context() as patched:
        patched.setattr(settling, "apply_document", lambda document: 1 / 0)
        sweep()

    apply_again(InboundDocument.objects.get().pk, by=world.ada)
    sweep()

    assert states() == {"DN-1.xml": "applied"}
    assert Shipment.objects.count() == 1


def test_a_busy_database_does_not_count_as_a_fault(
    world: World, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    respond(approved(world))

    def busy(document: Any) -> None:
        raise OperationalError("deadlock detected")

    monkeypatch.setattr(settling, "apply_document", busy)
    sweep()

    assert not InboundDocument.objects.exists()
    assert files(Path(settings.ERP_IN_DIR)) == ["RSP-1.xml"]


def test_the_partner_of_the_demo_answers_with_what_the_portal_takes_in(
    world: World, settings: Any, tmp_path: Path
) -> None:

    on_account, prepaid = approved(world), approved(world, {world.pan: 1}, by=world.bob)
    deliver_waiting()
    out, into = Path(settings.ERP_OUT_DIR), Path(settings.ERP_IN_DIR)

    written = []
    for _ in range(4):
        written += partner.answer_orders(out, into, tmp_path / "kept", most_steps=1)
        sweep()

    assert len(written) == 8
    assert partner.answer_orders(out, into, tmp_path / "kept") == []
    assert set(states().values()) == {"applied"}
    assert {fresh(on_account).state, fresh(prepaid).state} == {"receipt"}
    assert list(fresh(prepaid).steps.values_list("to_state", flat=True)) == [
        "review", "payment", "shipment", "receipt"
    ]  # fmt: skip
    assert fresh(on_account).erp_number == f"SO-{on_account.number}"


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_reasons_of_other_rooms_are_said_in_the_reader_s_language(world: World, language: str) -> None:
    order = approved(world)
    despatch(order, "DA-1", ("1", "PAN-24", 500))
    bill(order)
    pay(order, "PAY-1", ("invoice", "INV-1", "99999.00"))
    sweep()
    with translation.override(language):
        reasons = [row.error_text for row in InboundDocument.objects.filter(state="set_aside")]
    assert len(reasons) == 2
    assert all(any("\u4e00" <= letter <= "\u9fff" for letter in reason) == (language != "en") for reason in reasons)
