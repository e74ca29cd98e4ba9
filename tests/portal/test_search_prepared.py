"""Statements that a connection keeps ready."""

from __future__ import annotations

import pytest
from django.db import connection, transaction
from django.db.utils import DataError
from django.test.utils import CaptureQueriesContext

from portal.search import prepared
from portal.search.prepared import prepared_rows

pytestmark = pytest.mark.django_db

ADD = "SELECT %(one)s::int + %(two)s::int, '50 %%', %(one)s::int"


@pytest.fixture(autouse=True)
def nothing_ready(db: None) -> None:
    """The connection outlives a test."""
    with connection.cursor() as cursor:
        cursor.execute("DEALLOCATE ALL")
    prepared._ready.clear()


def ready() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_prepared_statements WHERE name LIKE 'search%'")
        return int(cursor.fetchone()[0])


def test_every_time_takes_one_round_trip_and_it_is_prepared_once() -> None:
    with CaptureQueriesContext(connection) as queries:
        rows = [prepared_rows(ADD, {"one": number, "two": 2}) for number in range(7)]

    assert rows == [[(number + 2, "50 %", number)] for number in range(7)]
    assert len(queries) == 7
    assert ready() == 1


def test_the_one_that_was_made_first_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prepared, "MOST_PREPARED", 2)

    for number in (1, 2, 3, 1):
        assert prepared_rows(f"SELECT {number} + %(one)s", {"one": 1}) == [(number + 1,)]

    assert ready() == 2


def test_what_failed_is_asked_anew() -> None:
    with pytest.raises(DataError), transaction.atomic():
        prepared_rows("SELECT 1 / %(one)s::int", {"one": 0})

    assert prepared_rows("SELECT 1 / %(one)s::int", {"one": 1}) == [(1,)]


def test_a_rollback_leaves_it_ready() -> None:
    with transaction.atomic():
        prepared_rows(ADD, {"one": 1, "two": 2})
        transaction.set_rollback(True)

    assert prepared_rows(ADD, {"one": 2, "two": 2}) == [(4, "50 %", 2)]


def test_a_shared_connection_keeps_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(connection.settings_dict, "DISABLE_SERVER_SIDE_CURSORS", True)

    assert prepared_rows(ADD, {"one": 1, "two": 2}) == [(3, "50 %", 1)]
    assert ready() == 0
