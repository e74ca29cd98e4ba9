"""The demo company's books, added up by hand: nothing of the ledger's or the statement's own arithmetic is used."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from oscar.core.loading import get_model

from dealers.accounts.models import Dealer
from dealers.ledger.models import AccountDocument, Posting
from dealers.statements.statement import open_amounts, statement
from fulfilment.ordering.models import DealerOrder, DealerOrderLine
from portal.demo import load as loading
from portal.demo.company import build

StockRecord = get_model("partner", "StockRecord")
TODAY = date(2026, 11, 20)
#: How many orders the test loads: enough for every fate, few enough to stay quick.
ORDERS = 45
ENDED = ("rejected", "cancelled", "receipt", "finished")


@pytest.fixture
def books(db: None, monkeypatch: Any, settings: Any, tmp_path: Path) -> None:
    settings.VAR = tmp_path
    company = build(TODAY)
    step = max(1, len(company.history) // ORDERS)
    cut = type(company)(**{**company.__dict__, "history": company.history[::step]})
    monkeypatch.setattr(loading, "build", lambda day: cut)
    monkeypatch.setattr(loading.celery_app.control, "purge", lambda: 0)
    loading.load(TODAY, lambda text: None)


def months() -> Iterator[tuple[date, date]]:
    """The last seven months, each from its first day to its last."""
    for back in range(6, -1, -1):
        number = TODAY.year * 12 + TODAY.month - 1 - back
        first = date(number // 12, number % 12 + 1, 1)
        yield first, date((number + 1) // 12, (number + 1) % 12 + 1, 1) - timedelta(days=1)


def signed(document: AccountDocument) -> Decimal:
    return document.total if document.kind == "invoice" else -document.total


def check_statements() -> int:
    """Every dealer's every month against the plain list of documents; answers how many movements were compared."""
    documents: dict[int, list[AccountDocument]] = defaultdict(list)
    for document in AccountDocument.objects.filter(journal__reversed_by__isnull=True):
        documents[document.dealer_id].append(document)
    compared = 0
    for dealer in Dealer.objects.order_by("number"):
        own = documents[dealer.pk]
        for first, last in months():
            drawn = statement(dealer, first, last)
            inside = [document for document in own if first <= document.issue_date <= last]
            before = sum((signed(document) for document in own if document.issue_date < first), Decimal(0))
            debit = sum((document.total for document in inside if document.kind == "invoice"), Decimal(0))
            credit = sum((document.total for document in inside if document.kind != "invoice"), Decimal(0))
            assert (drawn.opening, drawn.total_debit, drawn.total_credit) == (before, debit, credit), dealer
            assert drawn.closing == before + debit - credit, dealer
            assert sorted(movement.number for movement in drawn.movements) == sorted(item.number for item in inside)
            balance = before
            for movement in drawn.movements:
                balance += movement.debit - movement.credit
                assert movement.balance == balance
            compared += len(inside)
    return compared


def check_open_amounts() -> None:
    """What is open of a dealer's documents comes to the balance of them all."""
    owed = open_amounts(list(Dealer.objects.values_list("pk", flat=True)), TODAY)
    for dealer in Dealer.objects.all():
        standing = AccountDocument.objects.filter(dealer=dealer, journal__reversed_by__isnull=True)
        expected = sum((signed(document) for document in standing), Decimal(0))
        assert owed[dealer.pk].balance == expected, dealer
        assert sum((item.left for item in owed[dealer.pk].items), Decimal(0)) == expected, dealer


def check_documents() -> None:
    """Net and tax make the total, lines make the net, and no journal is out of balance."""
    for document in AccountDocument.objects.prefetch_related("lines"):
        assert document.net_amount + document.tax_amount == document.total, document
        lines = list(document.lines.all())
        assert not lines or sum((line.net_amount for line in lines), Decimal(0)) == document.net_amount, document
    sums: dict[int, Decimal] = defaultdict(Decimal)
    for journal_id, amount in Posting.objects.values_list("journal", "amount"):
        sums[journal_id] += amount
    assert set(sums.values()) <= {Decimal(0)}


def check_orders() -> None:
    """Lines make the net, their taxes the tax, and nothing is shipped or received that was not ordered or shipped."""
    for order in DealerOrder.objects.prefetch_related("lines", "shipments__lines"):
        lines = list(order.lines.all())
        assert sum((line.net_amount for line in lines), Decimal(0)) == order.net_total, order
        assert sum((line.tax_amount for line in lines), Decimal(0)) == order.tax_total, order
        assert order.net_total + order.tax_total == order.total, order
        sent: dict[int, int] = defaultdict(int)
        for shipment in order.shipments.all():
            for part in shipment.lines.all():
                sent[part.order_line_id] += part.quantity
        for line in lines:
            assert line.shipped_quantity == sent[line.pk], line
            assert 0 <= line.received_quantity <= line.shipped_quantity <= line.quantity, line


def check_stock() -> None:
    """What is allocated is what open orders still hold, product by product; a stock list may say that less is there."""
    held: dict[int, int] = defaultdict(int)
    for line in DealerOrderLine.objects.exclude(order__state__in=ENDED).select_related("line"):
        held[line.line.product_id] += line.quantity - line.shipped_quantity
    for record in StockRecord.objects.all():
        allocated = record.num_allocated or 0
        assert allocated == held[record.product_id], record.partner_sku
        assert (record.num_in_stock or 0) >= 0, record.partner_sku


def test_the_books_of_the_demo_company_add_up(books: None) -> None:
    assert Dealer.objects.count() == 40
    assert check_statements() > ORDERS
    check_open_amounts()
    check_documents()
    check_orders()
    check_stock()


def test_no_column_of_money_is_a_float(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public'"
            " AND data_type IN ('real', 'double precision')"
            " AND table_name ~ '^(dealers|pricing|fulfilment|erp_bridge|portal|order|basket|partner)_'"
        )
        assert [row for row in cursor.fetchall() if row[1] not in ("latitude", "longitude")] == []
