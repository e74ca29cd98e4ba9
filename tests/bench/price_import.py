"""Price files against COPY of the same rows: 100,000 changed prices of a million, and one changed of a million.

The contestant is what an import does with the rows that the file's reader hands it: understand the cells, stage,
compare, write what differs, record who changed what. The floor writes the same rows, readily formatted, into an empty
table with the same columns, checks, indexes and foreign keys, without a record of changes; the notes name the same
without the foreign keys, which changed prices need not check again. Before that, a million rows go through everything
that an uploaded file does, from a workbook and from CSV.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from decimal import Decimal
from itertools import islice
from pathlib import Path
from statistics import median
from typing import Any

from django.db import connection
from oscar.core.loading import get_model

from dealers.intake.rows import Row
from portal.imports.whole import SIZE
from pricing.terms.audit import PriceChange
from pricing.terms.intake import PricesIntake, Written
from pricing.terms.models import Price, PriceList
from tests.bench.copying import bare_cursor, copy_rows
from tests.bench.harness import Bench, Outcome, compare, forget_peak_memory, timed
from tests.bench.machine import built_database
from tests.bench.price_files import million_rows

Product = get_model("catalogue", "Product")
ProductClass = get_model("catalogue", "ProductClass")

SKUS, LISTS, CHANGED_LISTS = 20_000, 50, 5
SOURCES = [Path(__file__), Path(__file__).with_name("copying.py")]
MANY, ONE = "100k of 1M rows changed", "1 of 1M rows changed"
WORKBOOK = "1M-row workbook ÷ the same as CSV"
FLOOR, ALONE = "floor", "floor_alone"
COPY = "COPY {} (price_list_id, product_id, min_quantity, price) FROM STDIN"


def run() -> Outcome:
    """Both cases on one table of a million prices."""
    built_database("prices", SOURCES, build)
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE floor (LIKE pricing_terms_price INCLUDING ALL)")
        cursor.execute("ALTER TABLE floor ADD FOREIGN KEY (price_list_id) REFERENCES pricing_terms_pricelist")
        cursor.execute("ALTER TABLE floor ADD FOREIGN KEY (product_id) REFERENCES catalogue_product")
        cursor.execute("CREATE TABLE floor_alone (LIKE pricing_terms_price INCLUDING ALL)")
    forget_peak_memory()
    outcome = Outcome()
    case, notes, broken = million_rows(WORKBOOK, _file_rows)
    outcome.cases.append(case)
    outcome.notes += notes
    outcome.broken += broken
    forget_peak_memory()
    many = _Files(range(1, CHANGED_LISTS + 1))
    outcome.cases.append(
        compare(MANY, many.take, many.copy, rounds=5, before_contestant=many.raise_all, before_floor=_empty)
    )
    if (many.done.changed, many.done.unchanged) != (CHANGED_LISTS * SKUS, 0):
        outcome.broken.append(f"{many.done} instead of {CHANGED_LISTS * SKUS:,} changes")
    alone = many.alone_ms()
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE pricing_terms_price")
    whole = _Files(range(1, LISTS + 1), raised=many.raised)
    written = _Written()

    def raise_one() -> None:
        written.count()
        whole.raise_one()

    outcome.cases.append(
        compare(ONE, whole.take, whole.copy, rounds=5, before_contestant=raise_one, before_floor=_empty)
    )
    written.count()
    outcome.notes += [
        f"{SKUS:,} SKUs, {LISTS} lists, {SKUS * LISTS:,} prices; as the file's reader hands them over; COPY without "
        f"foreign keys took {alone:,.0f} ms for the 100k rows, {whole.alone_ms():,.0f} ms for the million",
        f"one price raised in a file of {SKUS * LISTS:,} rows: {whole.done}; rows of the table written by each run "
        f"(by xmin): {written.rows}; changes recorded in all: {PriceChange.objects.count():,}",
    ]
    if set(written.rows) != {1}:
        outcome.broken.append(f"one changed price touched {written.rows} rows")
    return outcome


def build() -> None:
    """The products and their prices."""
    goods = ProductClass.objects.create(name="Goods", slug="goods")
    copy_rows(
        Product,
        (
            {
                "id": pk,
                "upc": _sku(pk),
                "title": f"Thing {pk}",
                "slug": f"thing-{pk}",
                "structure": Product.STANDALONE,
                "parent_id": None,
                "product_class_id": goods.pk,
            }
            for pk in range(1, SKUS + 1)
        ),
    )
    numbers = range(1, LISTS + 1)
    copy_rows(PriceList, ({"id": n, "code": _code(n), "name": f"List {n}", "currency": "CNY"} for n in numbers))
    copy_rows(Price, (_stored(number, pk, 0) for number in numbers for pk in range(1, SKUS + 1)))
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


class _Files:
    """Files of some lists that are imported again and again, with other prices each time."""

    def __init__(self, numbers: range, raised: int = 0) -> None:
        self.raised = raised
        self.done = Written(0, 0, 0, 0, 0)
        self._numbers = numbers
        self._one = 0
        self._ready: list[Row] = []
        text = "".join(
            "\t".join(str(cell) for cell in _stored(number, pk, 0).values()) + "\n"
            for number in numbers
            for pk in range(1, SKUS + 1)
        )
        self._text = text

    def raise_all(self) -> None:
        """Other prices for the next round, its rows made beforehand: making them is the file's reader's work."""
        self.raised += 1
        self._ready = list(self._rows())

    def raise_one(self) -> None:
        self._one += 1

    def copy(self, table: str = FLOOR) -> None:
        bare_cursor().copy_expert(COPY.format(table), io.StringIO(self._text))

    def alone_ms(self) -> float:
        """The median of three COPYs without foreign keys."""
        times = []
        for _round in range(3):
            _empty()
            times.append(timed(lambda: self.copy(ALONE))[0] * 1000)
        return median(times)

    def take(self) -> None:
        intake = PricesIntake(source="bench")
        try:
            stream = iter(self._ready or self._rows())
            while rows := list(islice(stream, SIZE)):
                if problems := intake.stage(rows):
                    raise AssertionError(problems[:3])
            self.done = intake.write(_none)
        finally:
            intake.close()

    def _rows(self) -> Iterator[Row]:
        place = 1
        for number in self._numbers:
            code = _code(number)
            for pk in range(1, SKUS + 1):
                place += 1
                price = _price(number, pk, self.raised if number <= CHANGED_LISTS else 0)
                if self._one and place == SKUS * LISTS // 2:
                    price += self._one
                values: dict[str, Any] = {
                    "price_list": code,
                    "sku": _sku(pk),
                    "min_quantity": "1",
                    "price": str(price),
                    "currency": "CNY",
                }
                yield Row(place, values)


def _file_rows(raised: int) -> Iterator[tuple[str, str, int, Decimal, str]]:
    """The million rows of a file in which the prices of some lists are `raised`."""
    for number in range(1, LISTS + 1):
        for pk in range(1, SKUS + 1):
            yield _code(number), _sku(pk), 1, _price(number, pk, raised if number <= CHANGED_LISTS else 0), "CNY"


def _none(problems: list[Any]) -> None:
    raise AssertionError(problems[:3])


class _Written:
    """How many stored prices each run wrote, told by the transaction that made their row versions."""

    def __init__(self) -> None:
        self.rows: list[int] = []
        self._since = 0

    def count(self) -> None:
        """Count what was written since the last call; the first one only starts."""
        with connection.cursor() as cursor:
            if self._since:
                cursor.execute("SELECT count(*) FROM pricing_terms_price WHERE xmin::text::bigint > %s", [self._since])
                self.rows.append(int(cursor.fetchone()[0]))
            cursor.execute("SELECT txid_current()")
            self._since = cursor.fetchone()[0]


def _empty() -> None:
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE floor, floor_alone")


def _code(number: int) -> str:
    return f"L{number:03d}"


def _sku(pk: int) -> str:
    return f"S-{pk:06d}"


def _price(number: int, pk: int, raised: int) -> Decimal:
    return Decimal(10_000 + pk * 37 % 90_000 + number * 11 + raised) / 100


def _stored(number: int, pk: int, raised: int) -> dict[str, Any]:
    return {"price_list_id": number, "product_id": pk, "min_quantity": 1, "price": _price(number, pk, raised)}


BENCH = Bench("price_import", "Import price lists", {MANY: 3.0, ONE: 3.0, WORKBOOK: 4.0}, run)
