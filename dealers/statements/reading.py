"""Reading the ledger for statements: each function is one SQL statement, so it sees one state of the books."""

from __future__ import annotations

import datetime as dt
import json
from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import connection

from dealers.ledger.models import DEBITS
from dealers.statements.ageing import OpenItem

#: Documents in force on a day, and what explicit settlements between two such documents leave of each. PostgreSQL sees
#: an anti-join only where the column of the join itself is asked to be null: 25 times faster at 10,000 movements.
LEFT_OVER = """
live AS (
    SELECT d.*, j.date AS journal_date
    FROM dealers_ledger_accountdocument d
    JOIN dealers_ledger_journal j ON j.id = d.journal_id
    LEFT JOIN dealers_ledger_journal r ON r.reverses_id = j.id AND r.date <= %(on)s
    WHERE d.dealer_id = ANY(%(dealers)s) AND j.date <= %(on)s AND r.reverses_id IS NULL
), settled AS (
    SELECT s.credit_id, s.invoice_id, s.amount
    FROM dealers_ledger_settlement s
    JOIN live c ON c.id = s.credit_id
    JOIN live i ON i.id = s.invoice_id
), parts AS (
    SELECT id, sum(amount) AS amount FROM (
        SELECT credit_id AS id, amount FROM settled UNION ALL SELECT invoice_id, amount FROM settled
    ) both_sides GROUP BY id
), left_over AS (
    SELECT l.dealer_id, l.id, l.kind, l.number, l.issue_date, coalesce(l.due_date, l.issue_date) AS due_date,
        l.total, l.reference, l.order_numbers,
        (l.total - coalesce(p.amount, 0)) * CASE WHEN l.kind = ANY(%(debits)s) THEN 1 ELSE -1 END AS amount
    FROM live l LEFT JOIN parts p ON p.id = l.id
    WHERE l.total <> coalesce(p.amount, 0)
)
"""

OPEN_ITEMS = f"WITH {LEFT_OVER} SELECT * FROM left_over ORDER BY dealer_id, due_date, issue_date, id"  # noqa: S608 - constants

STATEMENT = f"""
WITH {LEFT_OVER}, moved AS (
    SELECT j.id AS journal_id, j.date, j.reverses_id, j.description, sum(p.amount) AS amount
    FROM dealers_ledger_posting p JOIN dealers_ledger_journal j ON j.id = p.journal_id
    WHERE p.dealer_id = ANY(%(dealers)s) AND p.account = 'receivable' AND j.date <= %(on)s
    GROUP BY j.id
)
SELECT 'opening' AS part, NULL::bigint AS journal_id, NULL::date AS date, NULL AS kind, NULL AS number,
    NULL::bigint AS document_id, NULL AS reference, NULL::jsonb AS order_numbers, NULL::date AS due_date,
    NULL::numeric AS total, coalesce(sum(amount), 0) AS amount
FROM moved WHERE date < %(start)s
UNION ALL
SELECT 'movement', m.journal_id, m.date, CASE WHEN m.reverses_id IS NULL THEN d.kind ELSE 'reversal' END, d.number,
    d.id, CASE WHEN m.reverses_id IS NULL THEN d.reference ELSE m.description END, d.order_numbers,
    CASE WHEN m.reverses_id IS NULL THEN d.due_date END, d.total, m.amount
FROM moved m LEFT JOIN dealers_ledger_accountdocument d ON d.journal_id = coalesce(m.reverses_id, m.journal_id)
WHERE m.date >= %(start)s AND m.amount <> 0
UNION ALL
SELECT 'open', NULL, issue_date, kind, number, id, reference, order_numbers, due_date, total, amount FROM left_over
ORDER BY part, date, journal_id
"""  # noqa: S608 - constants


@dataclass(frozen=True, slots=True)
class Moved:
    """One journal's effect on the dealer's balance, as read."""

    date: dt.date
    kind: str
    number: str
    document_id: int | None
    reference: str
    order_numbers: tuple[str, ...]
    due_date: dt.date | None
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Books:
    """One dealer's account as read in one statement."""

    opening: Decimal
    moved: list[Moved]
    left_over: list[OpenItem]


def read_books(dealer_id: int, start: dt.date, end: dt.date) -> Books:
    """Opening balance before `start`, movements until `end` by date and posting, and what is open at the end."""
    opening, moved, left_over = Decimal(0), [], []
    for row in _rows(STATEMENT, {"dealers": [dealer_id], "start": start, "on": end}):
        if row["part"] == "opening":
            opening = row["amount"]
        elif row["part"] == "movement":
            moved.append(_moved(row))
        else:
            left_over.append(_open_item({**row, "id": row["document_id"], "issue_date": row["date"]}))
    return Books(opening, moved, left_over)


def read_open_items(dealer_ids: Collection[int], on: dt.date) -> dict[int, list[OpenItem]]:
    """What is left of each dealer's documents on a day, before unallocated credits are spread. Dealers with nothing
    open are absent."""
    found: dict[int, list[OpenItem]] = defaultdict(list)
    for row in _rows(OPEN_ITEMS, {"dealers": list(dealer_ids), "on": on}):
        found[row["dealer_id"]].append(_open_item(row))
    return dict(found)


def _rows(sql: str, parameters: dict[str, Any]) -> Iterator[dict[str, Any]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, {**parameters, "debits": [kind.value for kind in DEBITS]})
        names = [column[0] for column in cursor.description]
        for values in cursor.fetchall():
            yield dict(zip(names, values, strict=True))


def _moved(row: dict[str, Any]) -> Moved:
    return Moved(
        row["date"],
        row["kind"] or "",
        row["number"] or "",
        row["document_id"],
        row["reference"] or "",
        _order_numbers(row["order_numbers"]),
        row["due_date"],
        row["amount"],
    )


def _open_item(row: dict[str, Any]) -> OpenItem:
    return OpenItem(
        document_id=row["id"],
        kind=row["kind"],
        number=row["number"],
        issue_date=row["issue_date"],
        due_date=row["due_date"],
        total=row["total"],
        amount=row["amount"],
        reference=row["reference"],
        order_numbers=_order_numbers(row["order_numbers"]),
    )


def _order_numbers(stored: Any) -> tuple[str, ...]:
    numbers = json.loads(stored) if isinstance(stored, str) else stored
    return tuple(str(number) for number in numbers or ())
