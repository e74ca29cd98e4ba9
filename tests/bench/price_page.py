"""Pricing a page of 40 and a list of 1,000 SKUs for a dealer with five lists."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from pricing.quote import quote
from tests.bench.company import HUGE, company, first_dealer, some_products
from tests.bench.copying import bare_cursor, statements
from tests.bench.harness import Bench, Case, Outcome, compare, forget_peak_memory

AT = datetime(2026, 7, 1, 12, tzinfo=UTC)
MOST_QUERIES = 3
PAGES = {"40 SKUs": 40, "1,000 SKUs": 1_000}


def run() -> Outcome:
    """`pricing.quote.quote` against its own SQL through psycopg2, fetched and not looked at."""
    company(HUGE, copied=False)
    dealer = first_dealer()
    forget_peak_memory()
    outcome = Outcome(
        notes=["100,000 SKUs, 500 lists, 2,000 dealers with up to 5 lists; rows in order, explained on demand"]
    )
    for name, number in PAGES.items():
        wanted = [(pk, 12) for pk in some_products(number)]
        case = _case(name, dealer, wanted)
        outcome.cases.append(case)
        if (case.queries or 0) > MOST_QUERIES:
            outcome.broken.append(f"{name}: {case.queries} queries, at most {MOST_QUERIES} are allowed")
    return outcome


def _case(name: str, dealer: Any, wanted: list[tuple[int, int]]) -> Case:
    with statements() as sent:
        quoted = quote(dealer, wanted, AT)
    if any(line.unit_price is None for line in quoted.lines):
        raise AssertionError("The base list prices everything.")
    cursor = bare_cursor()

    def fetch() -> None:
        for sql, params in sent:
            cursor.execute(sql, params)
            cursor.fetchall()

    return compare(name, lambda: quote(dealer, wanted, AT), fetch, rounds=25, queries=len(sent))


BENCH = Bench("price_page", "Price a page for a dealer", {"40 SKUs": 2.0, "1,000 SKUs": 2.0}, run)
