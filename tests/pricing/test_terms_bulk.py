"""Price files taken as a whole: what differs is written, the rest is not touched."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dealers.intake.rows import Cell, Problem
from pricing.quote import supplier_day
from pricing.terms.audit import PriceChange
from pricing.terms.intake import PricesIntake, Written
from pricing.terms.models import FormulaRule, ListKind, Price, PriceList
from tests.factories import make_product
from tests.intakes import counts, problems, rows, take

pytestmark = pytest.mark.django_db

ROW: dict[str, Any] = {"price_list": "W", "sku": "PAN", "price": "79.9", "currency": "EUR"}


@pytest.fixture(autouse=True)
def _pan(db: None) -> None:
    make_product("PAN", "Pan")


def tiers(many: int, price: str = "10") -> list[dict[str, Any]]:
    return [{**ROW, "min_quantity": str(number + 1), "price": price} for number in range(many)]


def versions() -> dict[int, tuple[str, str]]:
    """Each price's row version: another one means that the row was written."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT min_quantity, ctid::text, xmin::text FROM pricing_terms_price")
        return {quantity: (place, version) for quantity, place, version in cursor.fetchall()}


def whole(*values: dict[str, Any], batch: int = 1000, **options: Any) -> tuple[Written, list[Problem]]:
    """A file read in batches and written at its end, as the import job does."""
    intake, told = PricesIntake(**options), []
    try:
        read = rows(*values)
        for start in range(0, len(read), batch):
            told += intake.stage(read[start : start + batch])
        return intake.write(told.extend), told
    finally:
        intake.close()


def test_one_changed_row_of_a_file_touches_one_row() -> None:
    whole(*tiers(3000), batch=700)
    before, recorded = versions(), PriceChange.objects.count()

    written, _told = whole(*[{**row, "price": "11"} if row["min_quantity"] == "1234" else row for row in tiers(3000)])

    assert written == Written(created=0, changed=1, unchanged=2999, refused=0, ended=0)
    assert [quantity for quantity, version in versions().items() if before[quantity] != version] == [1234]
    assert PriceChange.objects.count() == recorded + 1
    assert PriceChange.objects.first().old_price == Decimal(10)  # type: ignore[union-attr]  # there is one


def test_a_file_costs_the_same_statements_at_any_length() -> None:
    def statements(many: int) -> int:
        with CaptureQueriesContext(connection) as queries:
            whole(*tiers(many, str(many)), batch=5000)
        return len(queries)

    whole(*tiers(5, "1"))

    assert statements(10) == statements(2000) <= 40


def test_repeats_are_found_across_batches() -> None:
    written, told = whole(ROW, *tiers(5)[1:], {**ROW, "price": "80"}, batch=2)

    assert (written.created, written.refused) == (5, 1)
    assert [(problem.row, problem.field) for problem in told] == [(7, "price_list")]


def test_a_discount_finds_its_base_wherever_it_stands_in_the_file() -> None:
    tier = {"price_list": "W", "sku": "PAN", "min_quantity": "10", "discount": "10%"}

    whole(tier, ROW, batch=1)

    assert Price.objects.get(min_quantity=10).price == Decimal("71.9100")


def test_the_currency_of_a_new_list_is_the_one_that_any_row_names() -> None:
    plain = {key: value for key, value in ROW.items() if key != "currency"}

    take(PricesIntake, plain, {**ROW, "min_quantity": "2", "currency": "USD"})

    assert PriceList.objects.get().currency == "USD"


def test_worked_out_lists_take_no_prices_and_follow_their_base() -> None:
    take(PricesIntake, ROW)
    base = PriceList.objects.get()
    formula = PriceList.objects.create(code="F", name="F", currency="EUR", kind=ListKind.FORMULA, base=base)
    FormulaRule.objects.create(price_list=formula, percent=Decimal(-10))

    assert problems(take(PricesIntake, {**ROW, "price_list": "F"})) == [(2, "price_list")]
    take(PricesIntake, {**ROW, "price": "100"})

    assert formula.prices.get().price == Decimal(90)


def test_a_whole_list_ends_what_it_does_not_have() -> None:
    today = supplier_day(timezone.now())
    whole(*tiers(4), {**ROW, "min_quantity": "9", "valid_from": str(today + timedelta(days=5))})
    whole({**ROW, "price_list": "OTHER"})

    intake = PricesIntake(whole_lists=True)
    intake.stage(rows(*tiers(2)))
    assert (intake.missing(), Price.objects.filter(valid_to=None).count()) == (3, 6)
    assert intake.write(lambda _problems: None).ended == 3
    intake.close()

    yesterday = today - timedelta(days=1)
    found = Price.objects.filter(price_list__code="W").order_by("min_quantity").values_list("min_quantity", "valid_to")
    assert list(found) == [(1, None), (2, None), (3, yesterday), (4, yesterday)]
    assert Price.objects.get(price_list__code="OTHER").valid_to is None


@pytest.mark.parametrize("wrong", [{"price": "x"}, {"sku": "NOPE"}])
def test_a_whole_list_with_a_refused_row_ends_nothing(wrong: dict[str, str]) -> None:
    whole(*tiers(4))

    intake = PricesIntake(whole_lists=True)
    intake.stage(rows(*tiers(1), {**ROW, "min_quantity": "2", **wrong}))

    assert intake.missing() == 0
    assert intake.write(lambda _problems: None).ended == 0
    intake.close()
    assert not Price.objects.exclude(valid_to=None).exists()


HOSTILE: list[Cell] = [
    *("", " ", "-1", "0", "1e9", "NaN", "Infinity", "1,5", "٣", "１２", "\\", "\\N", "\\.", "a\tb", "a\nb", "'; DROP"),
    *("\x00", "\ud800", "9" * 70, "=1+1", "2026-02-30", "1899-12-31", "9999-12-31", "💥", "%s", "%(x)s"),
    *(True, False, None, Decimal("1E+3"), Decimal("1E-9"), Decimal("NaN"), date(2026, 1, 1)),
]


@pytest.mark.parametrize("column", [column.name for column in PricesIntake.columns])
def test_a_hostile_cell_is_taken_or_named_and_spoils_nothing_else(column: str) -> None:
    for cell in HOSTILE:
        outcome = take(PricesIntake, {**ROW, "min_quantity": "7"}, {**ROW, "price_list": "X", column: cell})

        assert 2 in outcome.states, cell
        assert 3 in outcome.states or {row for row, _field in problems(outcome)} == {3}, cell


def _cells() -> st.SearchStrategy[Any]:
    texts = st.sampled_from(["PAN", "W", "V", "1", "2", "10", "0.5", "20%", "EUR", "USD", "2026-01-01", "2026-12-31"])
    return st.one_of(st.none(), texts, st.text(max_size=8), st.decimals(allow_nan=False, allow_infinity=False))


NAMES = [column.name for column in PricesIntake.columns]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.dictionaries(st.sampled_from(NAMES), _cells()), max_size=6))
def test_any_file_accounts_for_every_row_and_twice_changes_nothing(values: list[dict[str, Any]]) -> None:
    first = take(PricesIntake, *values)
    again = take(PricesIntake, *values)

    assert set(first.states) | {problem.row for problem in first.problems} == set(range(2, len(values) + 2))
    assert not set(first.states) & {problem.row for problem in first.problems}
    assert counts(again)[:2] == (0, 0)


@pytest.fixture(autouse=True)
def _no_leftovers() -> Iterator[None]:
    """No test leaves its staged rows to the next one."""
    yield
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_class WHERE relname = 'prices_staged'")
        assert cursor.fetchone()[0] == 0


def test_rows_that_look_alike_are_still_read_each_by_itself() -> None:
    wrong: list[tuple[str, Cell]] = [
        *(("price", "x"), ("price", "0"), ("price", Decimal("NaN")), ("price", Decimal("1.00001")), ("price", None)),
        *(("sku", ""), ("sku", "a\x00"), ("min_quantity", True), ("currency", "USD"), ("valid_from", "soon")),
    ]
    right: list[tuple[str, Cell]] = [("price", "0.5"), ("price", Decimal("7.10")), ("price", "007"), ("discount", "")]

    written, told = whole(ROW, *[{**ROW, field: cell} for field, cell in wrong], {**ROW, "discount": Decimal(0)})
    assert written.created == 1
    assert [(problem.row, problem.field) for problem in told] == [
        *((row, field) for row, (field, _cell) in enumerate(wrong, start=3)),
        (13, "price"),
    ]

    written, told = whole(*[{**ROW, "min_quantity": str(n), f: c} for n, (f, c) in enumerate(right, start=2)])
    assert (written.created, told) == (4, [])
    found = Price.objects.filter(min_quantity__gt=1).order_by("min_quantity").values_list("price", flat=True)
    assert list(found) == [Decimal("0.5"), Decimal("7.1"), Decimal(7), Decimal("79.9")]


def test_names_that_are_equal_as_numbers_stay_two_lists() -> None:
    whole(*[{**ROW, "price_list": code} for code in (Decimal("1.5"), Decimal("1.50"), "1.5", True)])

    assert set(PriceList.objects.values_list("code", flat=True)) == {"1.5", "1.50", "yes"}
