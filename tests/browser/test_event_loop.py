"""What runs after a browser test runs as if there had been none."""

from __future__ import annotations

import asyncio

import pytest
from django.db import connection

from tests.browser.chromium import playwright_alone
from tests.races import children

pytestmark = [pytest.mark.browser, pytest.mark.race]


def loop_runs() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def ask_the_database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def test_a_child_forked_under_playwright_shares_no_connection(committed_db: None) -> None:
    ask_the_database()

    with playwright_alone():
        ask_the_database()
        assert children.wait(children.start(ask_the_database)) == 0


def test_playwright_leaves_no_event_loop_and_no_connection_behind(committed_db: None) -> None:
    ask_the_database()

    with playwright_alone():
        assert loop_runs()
        ask_the_database()
        under_the_loop = connection.connection

    assert not loop_runs()
    assert under_the_loop.closed
    assert children.wait(children.start(ask_the_database)) == 0
