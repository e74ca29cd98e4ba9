"""Two people post at once, over real connections with real commits."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.models import Sum

from dealers.ledger import post
from dealers.ledger.models import AccountDocument, Journal, Settlement
from tests.dealers.ledger_samples import document, invoice
from tests.factories import World, make_world

pytestmark = pytest.mark.race


class Other:
    """Another connection, at work in its own thread; `result` is what it returned or raised."""

    def __init__(self, work: Callable[[], Any]) -> None:
        self.result: Any = None
        self._work = work
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        try:
            self.result = self._work()
        except Exception as why:
            self.result = why
        finally:
            connection.close()

    def wait_until_blocked(self) -> None:
        """Return when PostgreSQL says that the other connection waits for ours; fails when it finished instead."""
        deadline = time.monotonic() + 60
        while self._thread.is_alive() and time.monotonic() < deadline:
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT count(*) FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))"
                )
                if cursor.fetchone()[0]:
                    return
        raise AssertionError(f"The other connection did not wait: {self.result!r}")

    def finish(self) -> Any:
        """What it returned or raised."""
        self._thread.join(timeout=60)
        assert not self._thread.is_alive()
        return self.result


@pytest.fixture
def shop(committed_db: None) -> World:
    return make_world()


@pytest.fixture
def without_the_lock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(post, "lock_dealers", lambda dealer_ids: None)


def pay(dealer: Any, number: str) -> AccountDocument:
    return post.post_document(document("payment", number, dealer, "80", settlements=(("I-1", Decimal(80)),)))


def settled() -> Decimal:
    return Settlement.objects.aggregate(sum=Sum("amount"))["sum"] or Decimal(0)


def test_two_payments_at_once_never_settle_more_than_the_invoice(shop: World) -> None:
    invoice("I-1", shop.alpine, "100")

    with transaction.atomic():
        pay(shop.alpine, "P-1")
        other = Other(lambda: pay(shop.alpine, "P-2"))
        other.wait_until_blocked()

    assert isinstance(other.finish(), post.PostingRefused)
    assert settled() == 80


@pytest.mark.usefixtures("without_the_lock")
def test_control_without_the_lock_they_do(shop: World) -> None:
    invoice("I-1", shop.alpine, "100")

    with transaction.atomic():
        pay(shop.alpine, "P-1")
        other = Other(lambda: pay(shop.alpine, "P-2"))
        other.finish()

    assert settled() == 160


def post_same(dealer: Any) -> AccountDocument:
    return post.post_document(document("invoice", "I-1", dealer, "100"))


def test_the_same_document_twice_at_once_is_one(shop: World) -> None:
    with transaction.atomic():
        first = post_same(shop.alpine)
        other = Other(lambda: post_same(shop.alpine))
        other.wait_until_blocked()

    assert other.finish() == first
    assert Journal.objects.count() == 1


def test_the_same_number_for_two_dealers_at_once_is_refused_to_the_second(shop: World) -> None:
    with transaction.atomic():
        post_same(shop.alpine)
        other = Other(lambda: post_same(shop.bergen))
        other.wait_until_blocked()

    assert isinstance(other.finish(), post.PostingRefused)
    assert AccountDocument.objects.get().dealer == shop.alpine


def test_a_journal_is_reversed_once_by_two_at_once(shop: World) -> None:
    journal = post_same(shop.alpine).journal

    with transaction.atomic():
        first = post.reverse(journal, reason="Wrong", by=None)
        other = Other(lambda: post.reverse(journal, reason="Wrong", by=None))
        other.wait_until_blocked()

    assert other.finish() == first
    assert Journal.objects.count() == 2
