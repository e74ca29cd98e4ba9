"""Statements: what they say, that they agree with the raw rows, and what they cost."""

from __future__ import annotations

import datetime as dt
import random
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from dealers.accounts.models import Dealer
from dealers.ledger.models import AccountDocument, Journal, Posting, Settlement
from dealers.ledger.post import PostingRefused, reverse
from dealers.statements.ageing import Ageing
from dealers.statements.statement import Statement, balance, open_amounts, overdue, statement
from tests.dealers.ledger_samples import credit_note, invoice, payment
from tests.factories import World

FIRST, LAST = dt.date(2026, 1, 1), dt.date(2026, 6, 30)


def day(month: int, number: int) -> dt.date:
    return dt.date(2026, month, number)


def test_a_period_with_everything_in_it(world: World) -> None:
    dealer = world.alpine
    before = invoice("I-1", dealer, "100", day(1, 20), due_date=day(2, 19))
    second = invoice(
        "I-2", dealer, "250", day(2, 5), due_date=day(3, 7), order_numbers=("O-1", "O-2"), reference="PO 7"
    )
    paid = payment("P-1", dealer, "100", day(2, 10), settlements=(("I-1", Decimal(60)),))
    note = credit_note("C-1", dealer, "20", day(2, 10), settlements=(("I-2", Decimal(20)),))
    invoice("I-3", dealer, "999", day(3, 1))

    drawn = statement(dealer, day(2, 1), day(2, 28))

    assert (drawn.opening, drawn.total_debit, drawn.total_credit, drawn.closing) == (100, 250, 120, 230)
    assert [(m.date, m.kind, m.number, m.document_id, m.debit, m.credit, m.balance) for m in drawn.movements] == [
        (day(2, 5), "invoice", "I-2", second.pk, 250, 0, 350),
        (day(2, 10), "payment", "P-1", paid.pk, 0, 100, 250),
        (day(2, 10), "credit_note", "C-1", note.pk, 0, 20, 230),
    ]
    assert drawn.movements[0].order_numbers == ("O-1", "O-2")
    assert (drawn.movements[0].reference, drawn.movements[0].due_date) == ("PO 7", day(3, 7))
    assert drawn.ageing == Ageing(not_due=Decimal(230))
    assert [(item.number, item.left) for item in drawn.open_items] == [("I-2", 230)]
    assert before.number not in {item.number for item in drawn.open_items}


def test_the_account_as_it_stood_then_not_as_it_stands_now(world: World) -> None:
    invoice("I-1", world.alpine, "100", day(1, 10), due_date=day(1, 20))
    payment("P-1", world.alpine, "100", day(3, 1), settlements=(("I-1", Decimal(100)),))

    then = statement(world.alpine, day(1, 1), day(2, 28))

    assert then.ageing == Ageing(days_31_60=Decimal(100))
    assert statement(world.alpine, day(1, 1), day(3, 31)).closing == 0


def test_a_payment_before_its_invoice_is_unallocated_until_then(world: World) -> None:
    dealer = world.alpine
    invoice("I-1", dealer, "100", day(2, 1))
    payment("P-1", dealer, "100", day(1, 15), settlements=(("I-1", Decimal(100)),))

    assert statement(dealer, day(1, 1), day(1, 31)).ageing == Ageing(unallocated=Decimal(-100))
    assert statement(dealer, day(1, 1), day(2, 28)).open_items == ()


def test_a_reversal_is_a_movement_and_frees_what_was_settled(world: World) -> None:
    dealer = world.alpine
    invoice("I-1", dealer, "100", day(1, 10), due_date=day(1, 20))
    bounced = payment("P-1", dealer, "100", day(1, 15), settlements=(("I-1", Decimal(100)),))
    reverse(bounced.journal, reason="Bounced", by=None, on=day(2, 3))

    before, after = statement(dealer, FIRST, day(1, 31)), statement(dealer, FIRST, day(2, 28))

    assert before.closing == 0
    assert (after.movements[-1].kind, after.movements[-1].debit, after.movements[-1].reference) == (
        "reversal", 100, "Bounced",
    )  # fmt: skip
    assert after.ageing == Ageing(days_31_60=Decimal(100))


def test_a_dealer_without_movements_has_a_statement_of_zeros(world: World) -> None:
    drawn = statement(world.bergen, FIRST, LAST)

    assert (drawn.opening, drawn.closing, drawn.movements, drawn.open_items) == (0, 0, (), ())


def test_another_dealers_documents_are_not_in_it(world: World) -> None:
    invoice("I-1", world.alpine, "100")

    assert statement(world.bergen, FIRST, LAST).closing == 0
    assert balance(world.bergen) == 0


def test_a_period_that_ends_before_it_starts_is_refused(world: World) -> None:
    with pytest.raises(ValueError, match="cannot end"):
        statement(world.alpine, LAST, FIRST)


def random_ledger(dealer: Dealer, seed: int) -> None:
    """Invoices, payments, credit notes and reversals in any order; settlements at random, some of them refused."""
    dice = random.Random(seed)
    days = [FIRST + dt.timedelta(days=n) for n in range(180)]
    for number in range(40):
        on, cents = dice.choice(days), Decimal(dice.randint(1, 50_000)) / 100
        kind = dice.choice(("invoice", "invoice", "payment", "credit_note", "reversal"))
        documents = list(AccountDocument.objects.filter(dealer=dealer, journal__reversed_by=None).order_by("pk"))
        if kind == "invoice":
            due = dice.choice((None, on + dt.timedelta(days=dice.randint(0, 60))))
            invoice(f"{dealer.number}-{number}", dealer, cents, on, due_date=due)
        elif kind == "reversal" and documents:
            chosen = dice.choice(documents)
            reverse(chosen.journal, reason="Test", by=None, on=max(on, chosen.journal.date))
        elif kind != "reversal":
            owed = [d.number for d in documents if d.kind == "invoice"]
            settlements = ((dice.choice(owed), cents / 2),) if owed and dice.random() < 0.7 else ()
            make = payment if kind == "payment" else credit_note
            rounded = tuple((n, amount.quantize(Decimal("0.01"))) for n, amount in settlements)
            try:
                make(f"{dealer.number}-{number}", dealer, cents, on, settlements=rounded)
            except PostingRefused:
                make(f"{dealer.number}-{number}", dealer, cents, on)


def derive(dealer: Dealer, start: dt.date, end: dt.date) -> tuple[Any, ...]:
    """The statement's numbers again, in plain Python over raw rows and by another road: day by day, cent by cent."""
    journals = {j.pk: j for j in Journal.objects.all()}
    undone = {j.reverses_id for j in journals.values() if j.reverses_id and j.date <= end}
    moves = sorted(
        (journals[p.journal_id].date, p.journal_id, p.amount)
        for p in Posting.objects.filter(account="receivable")
        if p.dealer_id == dealer.pk
    )
    opening = sum((amount for on, _, amount in moves if on < start), Decimal(0))
    inside = [amount for on, _, amount in moves if start <= on <= end]
    live = {
        d.pk: d
        for d in AccountDocument.objects.filter(dealer=dealer)
        if d.journal_id not in undone and d.issue_date <= end
    }
    open_ = {pk: d.total for pk, d in live.items()}
    for s in Settlement.objects.all():
        if s.credit_id in live and s.invoice_id in live:
            open_[s.credit_id] -= s.amount
            open_[s.invoice_id] -= s.amount
    pool = sum((open_[pk] for pk, d in live.items() if d.kind != "invoice"), Decimal(0))
    buckets = [Decimal(0)] * 5
    for d in sorted(
        (d for d in live.values() if d.kind == "invoice"),
        key=lambda d: (d.due_date or d.issue_date, d.issue_date, d.pk),
    ):
        used = min(pool, open_[d.pk])
        pool -= used
        late = (end - (d.due_date or d.issue_date)).days
        buckets[0 if late <= 0 else min(4, (late - 1) // 30 + 1)] += open_[d.pk] - used
    debit, credit = sum((a for a in inside if a > 0), Decimal(0)), -sum((a for a in inside if a < 0), Decimal(0))
    return opening, len(inside), debit, credit, opening + sum(inside, Decimal(0)), (*buckets, -pool)


def told(drawn: Statement) -> tuple[Any, ...]:
    return (
        drawn.opening, len(drawn.movements), drawn.total_debit, drawn.total_credit, drawn.closing, drawn.ageing.columns,
    )  # fmt: skip


@pytest.mark.parametrize("seed", range(12))
def test_random_ledgers_agree_with_an_independent_derivation(world: World, seed: int) -> None:
    random_ledger(world.alpine, seed)
    random_ledger(world.bergen, seed + 1000)

    for dealer in (world.alpine, world.bergen):
        for start, end in ((FIRST, LAST), (day(2, 1), day(2, 28)), (day(4, 15), day(4, 15))):
            drawn = statement(dealer, start, end)
            assert told(drawn) == derive(dealer, start, end)
            assert drawn.ageing.balance == drawn.closing
            assert sum((item.left for item in drawn.open_items), Decimal(0)) == drawn.closing
            assert drawn.opening + drawn.total_debit - drawn.total_credit == drawn.closing
            assert open_amounts([dealer.pk], end)[dealer.pk].ageing == drawn.ageing


def test_balances_of_many_dealers_in_one_statement(world: World, django_assert_num_queries: Any) -> None:
    invoice("I-1", world.alpine, "100", day(1, 1), due_date=day(1, 31))
    payment("P-1", world.alpine, "30", day(2, 1))
    payment("P-2", world.bergen, "5", day(2, 1))

    with django_assert_num_queries(1):
        amounts = open_amounts([world.alpine.pk, world.bergen.pk], day(2, 1))

    assert [(a.balance, a.overdue) for a in amounts.values()] == [(70, 70), (-5, 0)]
    assert overdue(world.alpine, day(1, 31)) == 0
    assert balance(world.alpine) == 70


def test_drawing_up_costs_one_statement_whatever_its_length(world: World, django_assert_num_queries: Any) -> None:
    first = invoice("I-0", world.alpine, "1")
    for count in (10, 1000):
        fill(world.alpine, first, count)
        with django_assert_num_queries(1):
            assert len(statement(world.alpine, FIRST, LAST).movements) == count


def fill(dealer: Dealer, like: AccountDocument, up_to: int) -> None:
    """Copies of an invoice, in bulk."""
    have = AccountDocument.objects.count()
    journals = Journal.objects.bulk_create(
        Journal(source_kind="invoice", source_key=f"I-{n}", date=like.issue_date, currency="EUR")
        for n in range(have, up_to)
    )
    Posting.objects.bulk_create(
        Posting(journal=journal, account=account, amount=amount, dealer=dealer)
        for journal in journals
        for account, amount in (("receivable", 1), ("revenue", -1))
    )
    AccountDocument.objects.bulk_create(
        AccountDocument(
            kind="invoice", number=journal.source_key, dealer=dealer, issue_date=like.issue_date,
            due_date=like.due_date, currency="EUR", net_amount=1, total=1, journal=journal,
        )
        for journal in journals
    )  # fmt: skip


def test_a_statement_keeps_its_number(world: World) -> None:
    drawn = statement(world.alpine, FIRST, LAST)

    assert replace(drawn, opening=Decimal(1)).number == drawn.number == "D-ALPINE-20260101-20260630"
