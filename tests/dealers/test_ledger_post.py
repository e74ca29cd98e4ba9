"""Posting documents: what the ledger takes, what it refuses, and what repeating does."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from django.db.models import Sum

from dealers.ledger.data import LineData
from dealers.ledger.models import AccountDocument, Journal, Posting, Settlement
from dealers.ledger.post import PostingRefused, post_document, reverse
from tests.dealers.ledger_samples import DAY, credit_note, document, invoice, payment
from tests.factories import World

LINES = (
    LineData(2, "Stock pot", Decimal(6), Decimal("4.00"), Decimal("24.00"), sku="POT", order_number="O-1"),
    LineData(1, "Pan", Decimal("2.5"), Decimal("30.4"), Decimal("76.00"), sku="PAN"),
)


def legs(posted: AccountDocument) -> dict[str, Decimal]:
    return dict(posted.journal.postings.values_list("account", "amount"))


@pytest.mark.parametrize(
    ("kind", "tax", "expected"),
    [
        ("invoice", "13.00", {"receivable": "113.00", "revenue": "-100.00", "tax": "-13.00"}),
        ("credit_note", "13.00", {"receivable": "-113.00", "revenue": "100.00", "tax": "13.00"}),
        ("invoice", "0", {"receivable": "100.00", "revenue": "-100.00"}),
        ("payment", "0", {"receivable": "-100.00", "bank": "100.00"}),
    ],
)
def test_each_kind_posts_one_balanced_journal(world: World, kind: str, tax: str, expected: dict[str, str]) -> None:
    total = Decimal(100) + Decimal(tax)

    posted = post_document(document(kind, "N-1", world.alpine, total, net=Decimal(100), tax=Decimal(tax)))

    assert legs(posted) == {account: Decimal(amount) for account, amount in expected.items()}
    assert set(posted.journal.postings.values_list("dealer", flat=True)) == {world.alpine.pk}


def test_the_same_document_again_is_the_first_one(world: World) -> None:
    invoice("I-1", world.alpine, "100")
    data = document(
        "credit_note",
        "C-1",
        world.alpine,
        "100",
        lines=LINES,
        settlements=(("I-1", Decimal(40)),),
        order_numbers=("O-1",),
    )
    first = post_document(data)

    again = post_document(replace(data, source_key="another file", by=world.fay, lines=tuple(reversed(LINES))))

    assert again == first
    assert (Journal.objects.count(), AccountDocument.objects.count(), Settlement.objects.count()) == (2, 2, 1)
    assert [line.position for line in first.lines.all()] == [1, 2]


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"total": Decimal(90), "net": Decimal(90)}, "total"),
        ({"issue_date": DAY + dt.timedelta(days=1)}, "date"),
        ({"due_date": None}, "due date"),
        ({"order_numbers": ("O-2",)}, "orders"),
        ({"note": "other"}, "note"),
        ({"lines": LINES[:1]}, "lines"),
    ],
)
def test_other_data_under_a_known_number_is_refused(world: World, changed: dict[str, Any], field: str) -> None:
    data = document("invoice", "I-1", world.alpine, "100", lines=LINES, order_numbers=("O-1",))
    post_document(data)

    with pytest.raises(PostingRefused, match=field):
        post_document(replace(data, **changed))

    assert AccountDocument.objects.get().total == 100


def test_another_dealers_number_is_refused(world: World) -> None:
    data = document("invoice", "I-1", world.alpine, "100")
    post_document(data)

    with pytest.raises(PostingRefused, match="dealer"):
        post_document(replace(data, dealer=world.bergen))


def test_one_source_brings_one_document(world: World) -> None:
    invoice("I-1", world.alpine, "100", source_key="file-1")

    with pytest.raises(PostingRefused, match="file-1 already brought I-1"):
        invoice("I-2", world.alpine, "100", source_key="file-1")


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "loan"},
        {"number": " "},
        {"number": "x" * 101},
        {"currency": "USD"},
        {"total": Decimal("100.001"), "net": Decimal("100.001")},
        {"total": Decimal("NaN")},
        {"total": 100.0},
        {"total": Decimal(0), "net": Decimal(0)},
        {"total": Decimal(-5), "net": Decimal(-5)},
        {"total": Decimal(101)},
        {"total": Decimal(10) ** 13, "net": Decimal(10) ** 13},
        {"settlements": (("I-0", Decimal(1)),)},
        {"reference": "x" * 201},
        {"lines": (LINES[0], LINES[0])},
        {"lines": (replace(LINES[0], net_amount=Decimal("0.001")),)},
        {"lines": (replace(LINES[0], sku="x" * 129),)},
    ],
)
def test_what_no_back_office_can_mean_is_refused_with_a_sentence(world: World, wrong: dict[str, Any]) -> None:
    data = replace(document("invoice", "I-1", world.alpine, "100"), **wrong)

    with pytest.raises(PostingRefused) as refusal:
        post_document(data)

    assert refusal.value.message.endswith(".")
    assert not Journal.objects.exists()


@pytest.mark.parametrize(
    ("settlements", "why"),
    [
        ((("I-9", Decimal(1)),), "I-9, which dealer"),
        ((("I-BERGEN", Decimal(1)),), "I-BERGEN, which dealer"),
        ((("I-1", Decimal("60.01")),), "only 60.00 is left"),
        ((("I-1", Decimal(30)), ("I-1", Decimal("30.01"))), "only 60.00 is left"),
        ((("I-1", Decimal(201)),), "more is set against invoices"),
        ((("I-1", Decimal(0)),), "more than zero"),
    ],
)
def test_a_settlement_needs_an_own_invoice_with_enough_left(
    world: World, settlements: tuple[tuple[str, Decimal], ...], why: str
) -> None:
    invoice("I-1", world.alpine, "100")
    invoice("I-BERGEN", world.bergen, "100")
    payment("P-1", world.alpine, "40", settlements=(("I-1", Decimal(40)),))

    with pytest.raises(PostingRefused, match=why):
        payment("P-2", world.alpine, "200", settlements=settlements)

    assert Settlement.objects.aggregate(sum=Sum("amount"))["sum"] == 40
    assert not AccountDocument.objects.filter(number="P-2").exists()


def test_a_reversal_mirrors_the_journal_once(world: World) -> None:
    posted = invoice("I-1", world.alpine, "113", net=Decimal(100), tax=Decimal(13))

    first = reverse(posted.journal, reason="Wrong dealer", by=world.fay)
    again = reverse(posted.journal, reason="Clicked twice", by=world.fay)

    assert again == first
    assert dict(first.postings.values_list("account", "amount")) == {
        account: -amount for account, amount in legs(posted).items()
    }
    assert Posting.objects.aggregate(sum=Sum("amount"))["sum"] == 0


def test_a_reversed_payment_gives_the_invoice_back(world: World) -> None:
    invoice("I-1", world.alpine, "100")
    bounced = payment("P-1", world.alpine, "100", settlements=(("I-1", Decimal(100)),))

    reverse(bounced.journal, reason="Bounced", by=world.fay)

    assert payment("P-2", world.alpine, "100", settlements=(("I-1", Decimal(100)),)).settles.count() == 1


def test_a_reversed_invoice_cannot_be_settled(world: World) -> None:
    reverse(invoice("I-1", world.alpine, "100").journal, reason="Wrong", by=world.fay)

    with pytest.raises(PostingRefused, match="no longer has"):
        credit_note("C-1", world.alpine, "100", settlements=(("I-1", Decimal(100)),))


def test_a_reversal_is_refused_where_it_makes_no_sense(world: World) -> None:
    posted = invoice("I-1", world.alpine, "100")

    with pytest.raises(PostingRefused, match="before its own date"):
        reverse(posted.journal, reason="Early", by=None, on=DAY - dt.timedelta(days=1))
    with pytest.raises(PostingRefused, match="Say why"):
        reverse(posted.journal, reason=" ", by=None)
    mirror = reverse(posted.journal, reason="Wrong", by=None)
    with pytest.raises(PostingRefused, match="cannot be reversed"):
        reverse(mirror, reason="Undo", by=None)


def test_the_cost_of_posting_does_not_grow_with_lines(world: World, django_assert_num_queries: Any) -> None:
    def lines(count: int) -> tuple[LineData, ...]:
        return tuple(LineData(n, "Pan", Decimal(1), Decimal(1), Decimal(1)) for n in range(1, count + 1))

    for number, count in (("I-10", 10), ("I-1000", 1000)):
        with django_assert_num_queries(9):
            invoice(number, world.alpine, str(count), lines=lines(count))
