"""How old a debt is: by example and by property."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dealers.statements.ageing import Ageing, OpenItem, age, allocate

TODAY = dt.date(2026, 6, 30)
CENTS = st.integers(1, 10**9).map(lambda cents: Decimal(cents) / 100)
DAYS = st.integers(-60, 200).map(lambda days: TODAY - dt.timedelta(days=days))


def item(number: int, amount: Decimal | str, due: dt.date = TODAY, issued: dt.date = TODAY) -> OpenItem:
    value = Decimal(amount)
    kind = "invoice" if value > 0 else "payment"
    return OpenItem(number, kind, str(number), issued, due, abs(value), value)


@st.composite
def ledgers(draw: st.DrawFn) -> list[OpenItem]:
    rows = draw(st.lists(st.tuples(CENTS, st.sampled_from((1, -1)), DAYS, DAYS), max_size=30))
    return [item(n, sign * amount, due, issued) for n, (amount, sign, due, issued) in enumerate(rows)]


@given(ledgers())
def test_the_columns_sum_to_the_balance_to_the_cent(items: list[OpenItem]) -> None:
    result = age(allocate(items), TODAY)

    assert result.balance == sum((entry.amount for entry in items), Decimal(0))


@given(ledgers())
def test_debts_and_unused_credit_never_stand_side_by_side(items: list[OpenItem]) -> None:
    result = age(allocate(items), TODAY)

    assert min(result.buckets) >= 0
    assert result.unallocated <= 0
    assert not (result.unallocated and any(result.buckets))


@given(ledgers())
def test_a_younger_invoice_is_covered_only_when_every_older_one_is(items: list[OpenItem]) -> None:
    invoices = [entry for entry in allocate(items) if entry.amount > 0]

    assert invoices == sorted(invoices, key=lambda entry: (entry.due_date, entry.issue_date, entry.document_id))
    for older, younger in pairwise(invoices):
        assert not younger.allocated or older.left == 0
        assert 0 <= older.allocated <= older.amount


@given(ledgers(), ledgers())
def test_ageings_add_up_like_the_balances_behind_them(first: list[OpenItem], second: list[OpenItem]) -> None:
    one, two = age(allocate(first), TODAY), age(allocate(second), TODAY)

    assert (one + two).balance == one.balance + two.balance


@pytest.mark.parametrize(
    ("days", "column"),
    [
        (-1, "not_due"), (0, "not_due"), (1, "days_1_30"), (30, "days_1_30"), (31, "days_31_60"), (60, "days_31_60"),
        (61, "days_61_90"), (90, "days_61_90"), (91, "over_90"), (400, "over_90"),
    ],
)  # fmt: skip
def test_the_edges_of_the_buckets(days: int, column: str) -> None:
    result = age(allocate([item(1, "10", TODAY - dt.timedelta(days=days))]), TODAY)

    assert getattr(result, column) == 10
    assert result.overdue == (0 if days <= 0 else 10)


def test_credit_covers_the_oldest_due_first_and_in_part() -> None:
    items = [
        item(1, "100", TODAY - dt.timedelta(days=10)),
        item(2, "100", TODAY - dt.timedelta(days=40)),
        item(3, "-130.50"),
    ]

    result = age(allocate(items), TODAY)

    assert (result.days_31_60, result.days_1_30, result.unallocated) == (0, Decimal("69.50"), 0)


def test_credit_beyond_all_invoices_has_a_column_of_its_own() -> None:
    assert age(allocate([item(1, "100"), item(2, "-130")]), TODAY) == Ageing(unallocated=Decimal(-30))
