"""A statement of 1,000 movements as Excel and as PDF, against reading the movements and writing them as CSV."""

from __future__ import annotations

import csv
import datetime as dt
import io

from dealers.statements.statement import statement
from portal.documents.pdf import PdfUnavailable
from portal.documents.statement_pdf import statement_pdf
from portal.documents.statement_workbook import statement_workbook
from tests.bench.company import LEDGER, company, first_dealer
from tests.bench.copying import bare_cursor, count
from tests.bench.harness import Bench, Outcome, Work, compare, forget_peak_memory, peak_memory_mb

START, END = dt.date(2026, 1, 1), dt.date(2026, 6, 30)
ROUNDS = 5
MOST_CPU_SECONDS = 15
MOST_MEMORY_MB = 400

MOVEMENTS = """
SELECT j.date, d.kind, d.number, d.reference, d.due_date, p.amount
FROM dealers_ledger_posting p
JOIN dealers_ledger_journal j ON j.id = p.journal_id
JOIN dealers_ledger_accountdocument d ON d.journal_id = j.id
WHERE p.dealer_id = %s AND p.account = 'receivable' AND j.date BETWEEN %s AND %s
ORDER BY j.date, j.id
"""


def run() -> Outcome:
    """From the ledger to the finished file, each time anew."""
    company(LEDGER)
    dealer = first_dealer()
    drawn = statement(dealer, START, END)
    if len(drawn.movements) != LEDGER.movements:
        raise AssertionError(f"The statement has {len(drawn.movements)} movements.")
    outcome = Outcome()
    forget_peak_memory()

    def to_csv() -> None:
        cursor = bare_cursor()
        cursor.execute(MOVEMENTS, [dealer.pk, START, END])
        csv.writer(io.StringIO()).writerows(cursor.fetchall())

    contestants: dict[str, Work] = {
        "screen": lambda: statement(dealer, START, END),
        "Excel": lambda: statement_workbook(statement(dealer, START, END)),
        "PDF": lambda: statement_pdf(statement(dealer, START, END)),
    }
    for name, work in contestants.items():
        try:
            outcome.cases.append(compare(name, work, to_csv, rounds=ROUNDS, queries=count(work)))
        except PdfUnavailable as why:
            outcome.broken.append(f"{name}: {why.message}")
        if outcome.cases and outcome.cases[-1].cpu_seconds > MOST_CPU_SECONDS:
            outcome.broken.append(f"{name}: more than {MOST_CPU_SECONDS} CPU seconds")
    outcome.notes.append(
        "the floor is reading the movements and writing CSV; peak memory is the process that lays out the PDF, "
        f"at most {MOST_MEMORY_MB} MB"
    )
    if peak_memory_mb() > MOST_MEMORY_MB:
        outcome.broken.append(f"{peak_memory_mb():.0f} MB of memory")
    return outcome


BENCH = Bench("statement", "A statement of 1,000 movements", {"screen": 20.0, "Excel": 120.0, "PDF": 4_000.0}, run)
