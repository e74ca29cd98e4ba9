"""The money screens of shop and console: who sees what, what they say, what they cost."""

from __future__ import annotations

import datetime as dt
import io
from decimal import Decimal
from typing import Any

import openpyxl
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from dealers.accounts.models import Membership
from dealers.ledger.data import LineData
from dealers.ledger.post import reverse as reverse_journal
from portal.shop.money_period import Period, named_period
from tests.dealers.ledger_samples import credit_note, invoice, payment
from tests.factories import World

PERIOD = "?period=custom&start=2026-01-01&end=2026-12-31"
TODAY = dt.date(2026, 6, 30)


@pytest.fixture(autouse=True)
def _today(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timezone, "localdate", lambda *_args: TODAY)


@pytest.fixture
def books(world: World) -> World:
    """Alpine: one invoice overdue and partly paid, one open, one paid by a payment nobody assigned."""
    lines = (LineData(1, "Frying pan", Decimal(5), Decimal(20), Decimal(100), sku="PAN-24", order_number="O-1"),)
    invoice("I-LATE", world.alpine, "100", dt.date(2026, 4, 1), due_date=dt.date(2026, 5, 1), lines=lines)
    payment("P-PART", world.alpine, "40", dt.date(2026, 5, 5), settlements=(("I-LATE", Decimal(40)),))
    invoice("I-OPEN", world.alpine, "250", dt.date(2026, 6, 20), order_numbers=("O-1",))
    invoice("I-PAID", world.alpine, "70", dt.date(2026, 2, 1), due_date=dt.date(2026, 3, 1))
    payment("P-FREE", world.alpine, "70", dt.date(2026, 3, 1))
    invoice("I-BERGEN", world.bergen, "999", dt.date(2026, 6, 1))
    return world


def numbers(response: Any) -> list[str]:
    return [row.document.number for row in response.context["rows"]]


ALPINE_URLS = (
    "/shop/statement/",
    "/shop/statement/excel/",
    "/shop/statement/pdf/",
    "/shop/documents/",
)
CONSOLE_URLS = (
    "/console/statements/D-BERGEN/",
    "/console/statements/D-BERGEN/excel/",
    "/console/statements/D-BERGEN/pdf/",
)


@pytest.mark.parametrize("url", ALPINE_URLS)
def test_a_buyer_may_not_see_the_account(books: World, as_user: Any, url: str) -> None:
    assert as_user(books.alice).get(url).status_code == 403


@pytest.mark.parametrize("url", ALPINE_URLS)
def test_the_dealers_finance_may(books: World, as_user: Any, url: str) -> None:
    assert as_user(books.alpine_finance).get(url).status_code == 200


def test_another_dealers_document_does_not_exist(books: World, as_user: Any) -> None:
    foreign = books.bergen.documents.get()

    assert as_user(books.alpine_finance).get(reverse("shop:document", args=[foreign.pk])).status_code == 404
    assert as_user(books.rita).get(reverse("console:document", args=[foreign.pk])).status_code == 404
    assert as_user(books.sam).get(reverse("console:document", args=[foreign.pk])).status_code == 200


def test_finance_at_one_dealer_sees_nothing_of_another_where_only_a_buyer(books: World, as_user: Any) -> None:
    Membership.objects.create(user=books.alpine_finance, dealer=books.bergen, role="buyer")
    foreign = books.bergen.documents.get()
    client = as_user(books.alpine_finance)

    assert client.get(reverse("shop:document", args=[foreign.pk])).status_code == 404
    assert "I-BERGEN" not in client.get("/shop/documents/").content.decode()


@pytest.mark.parametrize("url", CONSOLE_URLS)
def test_a_rep_sees_own_dealers_only_also_as_files(books: World, as_user: Any, url: str) -> None:
    assert as_user(books.rita).get(url).status_code == 404
    assert as_user(books.sam).get(url).status_code == 200
    assert as_user(books.fay).get(url).status_code == 200


def test_the_statement_shows_movements_with_links(books: World, as_user: Any) -> None:
    response = as_user(books.alpine_finance).get(f"/shop/statement/{PERIOD}")

    page = response.content.decode()
    for document in books.alpine.documents.all():
        assert f'<a href="/shop/documents/{document.pk}/">{document.number}</a>' in page
    assert response.context["statement"].closing == 310


def test_a_wrong_period_is_told_and_this_month_shown(books: World, as_user: Any) -> None:
    response = as_user(books.alpine_finance).get("/shop/statement/?period=custom&start=2026-05-01&end=2026-04-01")

    assert response.context["form"].errors.keys() == {"end"}
    assert response.context["period"] == Period(dt.date(2026, 6, 1), TODAY)


def test_a_download_of_a_wrong_period_leads_to_the_page_that_explains_it(books: World, as_user: Any) -> None:
    response = as_user(books.alpine_finance).get("/shop/statement/excel/?period=custom&start=nonsense")

    assert response.status_code == 302
    assert response["Location"].startswith("/shop/statement/?")


@pytest.mark.parametrize(
    ("name", "start", "end"),
    [
        ("this_month", "2026-06-01", "2026-06-30"),
        ("last_month", "2026-05-01", "2026-05-31"),
        ("this_quarter", "2026-04-01", "2026-06-30"),
        ("last_quarter", "2026-01-01", "2026-03-31"),
        ("this_year", "2026-01-01", "2026-06-30"),
        ("last_year", "2025-01-01", "2025-12-31"),
    ],
)
def test_named_periods(name: str, start: str, end: str) -> None:
    assert named_period(name, TODAY) == Period(dt.date.fromisoformat(start), dt.date.fromisoformat(end))


def test_a_running_period_ends_today() -> None:
    assert named_period("this_month", dt.date(2026, 6, 11)) == Period(dt.date(2026, 6, 1), dt.date(2026, 6, 11))


def test_january_looks_back_into_the_year_before() -> None:
    assert named_period("last_month", dt.date(2026, 1, 31)).start == dt.date(2025, 12, 1)


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("overdue", ["I-LATE"]),
        ("open", ["I-OPEN"]),
        ("paid", ["I-PAID"]),
        ("used", ["P-PART", "P-FREE"]),
        ("", ["I-OPEN", "P-PART", "I-LATE", "P-FREE", "I-PAID"]),
    ],
)
def test_documents_by_status(books: World, as_user: Any, status: str, expected: list[str]) -> None:
    response = as_user(books.alpine_finance).get("/shop/documents/", {"status": status})

    assert numbers(response) == expected


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"kind": "payment"}, ["P-PART", "P-FREE"]),
        ({"q": "late"}, ["I-LATE"]),
        ({"q": "O-1"}, ["I-OPEN"]),
        ({"since": "2026-05-01", "until": "2026-05-31"}, ["P-PART"]),
        ({"since": "nonsense"}, []),
        ({"q": "a\x00b"}, []),
        ({"after": "nonsense"}, ["I-OPEN", "P-PART", "I-LATE", "P-FREE", "I-PAID"]),
    ],
)
def test_documents_by_other_filters(books: World, as_user: Any, query: dict[str, str], expected: list[str]) -> None:
    assert numbers(as_user(books.alpine_finance).get("/shop/documents/", query)) == expected


def test_documents_page_by_key_forth_and_back(books: World, as_user: Any) -> None:
    for number in range(60):
        invoice(f"N-{number:03}", books.alpine, "1", dt.date(2026, 6, 25))
    client = as_user(books.alpine_finance)

    first = client.get("/shop/documents/")
    second = client.get("/shop/documents/" + first.context["links"].next_url)
    back = client.get("/shop/documents/" + second.context["links"].previous_url)

    assert len(numbers(first)) == 50
    assert not set(numbers(first)) & set(numbers(second))
    assert len(numbers(second)) == 15
    assert numbers(back) == numbers(first)


def test_a_document_says_what_is_left_and_why(books: World, as_user: Any) -> None:
    client = as_user(books.alpine_finance)
    late, paid = (books.alpine.documents.get(number=number) for number in ("I-LATE", "I-PAID"))

    page = client.get(reverse("shop:document", args=[late.pk])).content.decode()
    covered = client.get(reverse("shop:document", args=[paid.pk]))

    assert "60 days overdue" in page
    assert "60.00 EUR" in page
    assert "P-PART" in page
    assert "Frying pan" in page
    assert covered.context["spread"] == 70
    assert covered.context["row"].status == "paid"


def test_a_reversed_document_says_so(books: World, as_user: Any) -> None:
    wrong = credit_note("C-1", books.alpine, "10", dt.date(2026, 6, 1))
    reverse_journal(wrong.journal, reason="Typed twice", by=None, on=dt.date(2026, 6, 2))

    response = as_user(books.alpine_finance).get(reverse("shop:document", args=[wrong.pk]))

    assert response.context["row"].status == "reversed"
    assert "Typed twice" in response.content.decode()


def test_the_console_lists_dealers_most_overdue_first(books: World, as_user: Any) -> None:
    response = as_user(books.fay).get("/console/statements/")

    rows = [(row.dealer.number, row.owed.balance, row.owed.overdue) for row in response.context["rows"]]
    assert rows == [("D-ALPINE", 310, 60), ("D-BERGEN", 999, 0)]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"sort": "-balance"}, ["D-BERGEN", "D-ALPINE"]),
        ({"sort": "nonsense"}, ["D-ALPINE", "D-BERGEN"]),
        ({"show": "overdue"}, ["D-ALPINE"]),
        ({"q": "berg"}, ["D-BERGEN"]),
        ({"q": "nobody"}, []),
        ({"after": "D-ALPINE"}, ["D-BERGEN"]),
    ],
)
def test_the_console_list_sorts_filters_and_pages(
    books: World, as_user: Any, query: dict[str, str], expected: list[str]
) -> None:
    response = as_user(books.fay).get("/console/statements/", query)

    assert [row.dealer.number for row in response.context["rows"]] == expected


def test_the_console_export_holds_what_the_list_shows(books: World, as_user: Any) -> None:
    response = as_user(books.rita).get("/console/statements/export.xlsx")

    rows = list(
        openpyxl.load_workbook(io.BytesIO(b"".join(response.streaming_content))).active.iter_rows(values_only=True)
    )
    assert [row[0] for row in rows[1:]] == ["D-ALPINE"]
    assert rows[1][4:6] == (310, 60)


def test_a_dealer_number_may_hold_a_slash(books: World, as_user: Any) -> None:
    books.alpine.number = "D/1"
    books.alpine.save()

    assert as_user(books.fay).get(reverse("console:statement", args=["D/1"])).status_code == 200
    assert as_user(books.fay).get(reverse("console:statement_excel", args=["D/1"])).status_code == 200


@pytest.mark.parametrize(
    ("user", "url", "most"),
    [
        ("alpine_finance", f"/shop/statement/{PERIOD}", 12),
        ("alpine_finance", "/shop/documents/", 12),
        ("fay", "/console/statements/", 8),
        ("fay", f"/console/statements/D-ALPINE/{PERIOD}", 8),
        ("fay", "/console/documents/", 8),
    ],
)
def test_the_cost_of_a_page_does_not_grow(books: World, as_user: Any, user: str, url: str, most: int) -> None:
    client = as_user(getattr(books, user))
    client.get(url)
    with CaptureQueriesContext(
        connection,
    ) as few:
        client.get(url)
    for number in range(40):
        invoice(f"N-{number:03}", books.alpine, "1", dt.date(2026, 6, 25), order_numbers=(f"O-{number}",))
    with CaptureQueriesContext(connection) as many:
        client.get(url)

    assert len(many) == len(few)
    assert len(many) <= most, [query["sql"][:120] for query in many]
