"""Entries that are no documents: balanced, posted once for a source, and never on a dealer's own account."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from dealers.ledger.entries import EntryData, Leg, post_entries, post_many
from dealers.ledger.models import Account, Journal, Posting
from dealers.ledger.post import PostingRefused, post_document
from dealers.statements.statement import balance, open_amounts, statement
from pricing.margins import journal as margins
from tests.dealers.ledger_samples import DAY, document, invoice
from tests.factories import World


def sale(world: World, key: str = "1", amount: str = "100.00") -> EntryData:
    return EntryData(
        "consumer_sale",
        key,
        DAY,
        "EUR",
        "W-1 PAN",
        (Leg("cash_clearing", Decimal(amount)), Leg("dealer_payable", -Decimal(amount), world.alpine.pk)),
    )


def test_the_ledger_knows_every_account_of_an_allocation() -> None:
    assert {str(account) for account in margins.Account} <= set(Account.values)


def test_an_entry_is_posted_with_its_sides(world: World) -> None:
    data = sale(world)

    journal = post_entries(
        data.source_kind,
        data.source_key,
        date=data.date,
        currency=data.currency,
        description=data.description,
        legs=data.legs,
        by=world.fay,
    )

    assert (journal.date, journal.currency, journal.description, journal.posted_by) == (
        DAY,
        "EUR",
        "W-1 PAN",
        world.fay,
    )
    assert list(journal.postings.order_by("pk").values_list("account", "dealer", "amount")) == [
        ("cash_clearing", None, Decimal("100.00")),
        ("dealer_payable", world.alpine.pk, Decimal("-100.00")),
    ]


def test_the_same_entry_again_is_the_first_one(world: World) -> None:
    (first,) = post_many([sale(world)], by=None)

    again, other = post_many([sale(world), sale(world, "2")], by=world.fay)

    assert (first.new, again.new, other.new) == (True, False, True)
    assert again.journal == first.journal
    assert (Journal.objects.count(), Posting.objects.count()) == (2, 4)


@pytest.mark.parametrize("change", [{"amount": "100.01"}, {"date": DAY + dt.timedelta(days=1)}, {"dealer": "bergen"}])
def test_other_content_under_a_source_is_refused(world: World, change: dict[str, Any]) -> None:
    post_many([sale(world)], by=None)
    other = sale(world, amount=change.pop("amount", "100.00"))
    if change.pop("dealer", None):
        other = replace(other, legs=(other.legs[0], replace(other.legs[1], dealer_id=world.bergen.pk)))

    with pytest.raises(PostingRefused, match="other content"):
        post_many([sale(world, "2"), replace(other, **change)], by=None)

    assert Journal.objects.count() == 1


def one_sided(data: EntryData, **leg: Any) -> EntryData:
    return replace(data, legs=(replace(data.legs[0], **leg), data.legs[1]))


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        (lambda data: one_sided(data, amount=Decimal("99.99")), "not to zero"),
        (lambda data: one_sided(data, amount=Decimal("0.00")), "none of zero"),
        (lambda data: one_sided(data, amount=Decimal("1.001")), "to the cent"),
        (lambda data: one_sided(data, amount=100.0), "to the cent"),
        (lambda data: one_sided(data, account="treasure"), "dealer's account"),
        (lambda data: one_sided(data, account="receivable", dealer_id=1), "only documents"),
        (lambda data: replace(data, legs=()), "not to zero"),
        (lambda data: replace(data, source_kind="invoice"), "no kind of entry"),
        (lambda data: replace(data, source_kind="reversal"), "no kind of entry"),
        (lambda data: replace(data, source_key=""), "too long"),
        (lambda data: replace(data, currency="USD"), "another currency"),
        (lambda data: replace(data, legs=(data.legs[0], replace(data.legs[1], dealer_id=None))), "names the dealer"),
    ],
)
def test_what_is_no_entry_is_refused(world: World, wrong: Any, why: str) -> None:
    with pytest.raises(PostingRefused, match=why):
        post_many([sale(world, "2"), wrong(sale(world))], by=None)

    assert not Journal.objects.exists()


@transaction.atomic
def owe_nobody(account: str) -> None:
    journal = Journal.objects.create(source_kind="test", source_key="t", date=DAY, currency="EUR")
    Posting.objects.create(journal=journal, account=account, amount=Decimal(1))


@pytest.mark.parametrize("account", ["dealer_payable", "override_payable"])
def test_postgresql_wants_the_dealer_named_too(world: World, account: str) -> None:
    with pytest.raises(IntegrityError, match="payable_names_the_dealer"):
        owe_nobody(account)


def test_any_number_of_entries_costs_the_same_statements(world: World) -> None:
    counts = []
    for start, number in ((0, 2), (100, 40)):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            post_many([sale(world, str(start + each)) for each in range(number)], by=None)
        counts.append(len(queries))

    assert counts[0] == counts[1]


def test_what_is_owed_but_not_settled_is_on_no_statement(world: World) -> None:
    post_many([sale(world)], by=None)

    assert balance(world.alpine) == 0
    assert statement(world.alpine, DAY, DAY).movements == ()


def test_a_settlement_credits_the_dealer_and_a_correction_debits_it(world: World) -> None:
    invoice("I-1", world.alpine, "250", due_date=DAY)
    post_document(document("settlement", "CS-1", world.alpine, "100", contra="dealer_payable"))
    post_document(document("correction", "CS-1-2", world.alpine, "30", contra="dealer_payable", due_date=DAY))

    drawn = statement(world.alpine, DAY, DAY)

    assert [(move.kind, move.debit, move.credit) for move in drawn.movements] == [
        ("invoice", 250, 0),
        ("settlement", 0, 100),
        ("correction", 30, 0),
    ]
    assert drawn.closing == drawn.ageing.balance == 180
    open_items = {item.number: item.left for item in open_amounts([world.alpine.pk], DAY)[world.alpine.pk].items}
    assert open_items == {"I-1": 150, "CS-1-2": 30}
    contra = Posting.objects.filter(account="dealer_payable").order_by("pk").values_list("amount", flat=True)
    assert list(contra) == [100, -30]


def test_a_settlement_of_another_account_under_its_number_is_refused(world: World) -> None:
    data = document("settlement", "CS-1", world.alpine, "100", contra="dealer_payable")
    assert post_document(data) == post_document(data)

    with pytest.raises(PostingRefused, match="account"):
        post_document(replace(data, contra="override_payable"))


@pytest.mark.parametrize(
    ("kind", "more"),
    [
        ("settlement", {}),
        ("settlement", {"contra": "revenue"}),
        ("correction", {"contra": "dealer_payable", "net": Decimal(90), "tax": Decimal(10)}),
        ("invoice", {"contra": "dealer_payable"}),
        ("settlement", {"contra": "dealer_payable", "settlements": (("I-1", Decimal(1)),)}),
    ],
)
def test_what_is_no_settlement_is_refused(world: World, kind: str, more: dict[str, Any]) -> None:
    with pytest.raises(PostingRefused):
        post_document(document(kind, "N-1", world.alpine, "100", **more))
