"""Prices of a whole file, compared with the stored ones and written as sets.

Rows are copied into a temporary table as they are read; one set of statements, the same number for ten rows and for a
million, then names what cannot be taken, and writes only the prices that differ. A connection has one file at a time.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from django.conf import settings
from django.db import connection

from pricing.terms.models import ListKind, PriceList

#: From how many sales units on a price may hold.
MOST_QUANTITY = 10_000_000
#: Sorting and hashing a million rows in memory, and samples of some thousand rows; both end with the transaction.
WORK_MEMORY = "96MB"
SETTINGS = """
SELECT set_config('default_statistics_target', '10', true),
       CASE WHEN pg_size_bytes(current_setting('work_mem')) < pg_size_bytes(%(memory)s)
            THEN set_config('work_mem', %(memory)s, true) END
"""

STAGED = """
DROP TABLE IF EXISTS pg_temp.prices_staged;
CREATE TEMPORARY TABLE prices_staged (
    number bigint NOT NULL, list text NOT NULL, name text NOT NULL, sku text NOT NULL, min_quantity integer NOT NULL,
    price numeric, discount numeric, currency text NOT NULL, valid_from date, valid_to date, ends boolean NOT NULL,
    unit text NOT NULL)
"""
COPY = "COPY pg_temp.prices_staged FROM STDIN"

#: Prices per carton or pallet, from so many of them on, become prices per sales unit, rounded half up to four decimals.
#: A row that keeps its unit is in one that its product does not have, or from more on than any order can have.
IN_SALES_UNITS = """
UPDATE pg_temp.prices_staged s
   SET unit = '', min_quantity = s.min_quantity * u.factor, price = greatest(round(s.price / u.factor, 4), 0.0001)
  FROM catalogue_product p
  JOIN (SELECT product_id, unit AS code, 1 AS factor FROM pricing_catalogue_productcard
        UNION ALL SELECT product_id, code, factor FROM pricing_catalogue_productunit) u ON u.product_id = p.id
 WHERE s.unit <> '' AND p.upc = s.sku AND u.code = s.unit AND s.min_quantity::bigint * u.factor <= %(most)s
"""

#: Each row beside the price that stands at its place, and why it cannot be taken.
FOUND = """
CREATE TEMPORARY TABLE prices_found ON COMMIT DROP AS
WITH twice AS (
    SELECT list, sku, min_quantity, valid_from, min(number) AS first FROM prices_staged WHERE unit = ''
    GROUP BY list, sku, min_quantity, valid_from HAVING count(*) > 1
)
SELECT s.number, s.list, s.name, s.sku, s.currency, l.id AS list_id, l.currency AS list_currency, p.id AS product_id,
       s.min_quantity, s.valid_from, s.price AS amount, s.discount, o.id AS price_id, o.price AS old_amount,
       o.valid_to AS old_to, CASE WHEN s.ends THEN s.valid_to ELSE o.valid_to END AS new_to, t.first,
       CASE WHEN s.unit <> '' AND p.id IS NOT NULL THEN 'unit' WHEN t.first < s.number THEN 'repeats'
            WHEN p.id IS NULL THEN 'sku' WHEN l.kind <> ALL(%(open)s) THEN 'list'
            WHEN s.currency <> '' AND s.currency <> l.currency THEN 'currency' ELSE '' END AS refused
  FROM prices_staged s
  LEFT JOIN twice t ON t.list = s.list AND t.sku = s.sku AND t.min_quantity = s.min_quantity
       AND t.valid_from IS NOT DISTINCT FROM s.valid_from
  LEFT JOIN pricing_terms_pricelist l ON l.code = s.list
  LEFT JOIN catalogue_product p ON p.upc = s.sku
  LEFT JOIN pricing_terms_price o ON o.price_list_id = l.id AND o.product_id = p.id
       AND o.min_quantity = s.min_quantity AND o.valid_from IS NOT DISTINCT FROM s.valid_from
"""

#: A discount is taken off the price for one that holds on its first day: the file's own, else the stored one.
DISCOUNTS = """
WITH wanted AS (
    SELECT number, list, product_id, coalesce(valid_from, %(today)s) AS day FROM prices_found
     WHERE refused = '' AND discount IS NOT NULL
), ones AS (
    SELECT list, list_id, product_id, valid_from, new_to AS valid_to, amount FROM prices_found
     WHERE refused = '' AND discount IS NULL AND min_quantity = 1
), bases AS (
    SELECT list, product_id, valid_from, valid_to, amount FROM ones
    UNION ALL
    SELECT DISTINCT f.list, p.product_id, p.valid_from, p.valid_to, p.price
      FROM (SELECT DISTINCT list, list_id, product_id FROM prices_found WHERE refused = '' AND discount IS NOT NULL) f
      JOIN pricing_terms_price p ON p.price_list_id = f.list_id AND p.product_id = f.product_id AND p.min_quantity = 1
     WHERE NOT EXISTS (SELECT 1 FROM ones WHERE ones.list_id = p.price_list_id AND ones.product_id = p.product_id
                          AND ones.valid_from IS NOT DISTINCT FROM p.valid_from)
), based AS (
    SELECT DISTINCT ON (w.number) w.number, b.amount
      FROM wanted w JOIN bases b USING (list, product_id)
     WHERE (b.valid_from IS NULL OR b.valid_from <= w.day) AND (b.valid_to IS NULL OR b.valid_to >= w.day)
     ORDER BY w.number, b.valid_from DESC NULLS LAST
)
UPDATE prices_found f
   SET amount = greatest(round(b.amount * (1 - f.discount), 4), 0.0001),
       refused = CASE WHEN b.amount IS NULL THEN 'discount' ELSE '' END
  FROM wanted w LEFT JOIN based b USING (number) WHERE f.number = w.number
"""

#: What each list's rows do, in one pass.
TALLY = """
WITH each_row AS (
    SELECT list, list_id, name, currency, refused = '' AS taken, price_id IS NULL AS is_new,
           (old_amount, old_to) IS DISTINCT FROM (amount, new_to) AS differs
      FROM prices_found
)
SELECT list, coalesce(bool_or(list_id IS NULL) FILTER (WHERE taken), false), max(name) FILTER (WHERE taken),
       max(currency) FILTER (WHERE taken), count(*) FILTER (WHERE taken AND is_new),
       count(*) FILTER (WHERE taken AND NOT is_new AND differs),
       count(*) FILTER (WHERE taken AND NOT is_new AND NOT differs), count(*) FILTER (WHERE NOT taken)
  FROM each_row GROUP BY list ORDER BY list
"""
CHANGE = """
UPDATE pricing_terms_price p SET price = f.amount, valid_to = f.new_to
  FROM prices_found f
 WHERE f.price_id = p.id AND f.refused = '' AND (f.old_amount, f.old_to) IS DISTINCT FROM (f.amount, f.new_to)
"""
ADD = """
INSERT INTO pricing_terms_price (price_list_id, product_id, min_quantity, price, valid_from, valid_to)
SELECT l.id, f.product_id, f.min_quantity, f.amount, f.valid_from, f.new_to
  FROM prices_found f JOIN pricing_terms_pricelist l ON l.code = f.list
 WHERE f.price_id IS NULL AND f.refused = ''
    ON CONFLICT (price_list_id, product_id, min_quantity, valid_from)
    DO UPDATE SET price = excluded.price, valid_to = excluded.valid_to
     WHERE (pricing_terms_price.price, pricing_terms_price.valid_to)
           IS DISTINCT FROM (excluded.price, excluded.valid_to)
"""
STATES = """
SELECT number, CASE WHEN price_id IS NULL THEN 'created'
                    WHEN (old_amount, old_to) IS DISTINCT FROM (amount, new_to) THEN 'changed'
                    WHEN list = ANY(%(renamed)s) THEN 'changed'
                    ELSE 'unchanged' END AS state
  FROM prices_found WHERE refused = ''
"""

#: The prices of the file's lists that the file does not have and that hold today or later.
MISSING = """
CREATE TEMPORARY TABLE prices_missing ON COMMIT DROP AS
SELECT p.id, p.price_list_id, coalesce(p.valid_from < %(today)s, true) AS has_held
  FROM pricing_terms_price p
 WHERE p.price_list_id IN (SELECT list_id FROM prices_found WHERE refused = '')
   AND (p.valid_to IS NULL OR p.valid_to >= %(today)s)
   AND NOT EXISTS (SELECT 1 FROM prices_found f WHERE f.price_id = p.id)
"""
END = """
UPDATE pricing_terms_price SET valid_to = %(today)s::date - 1
 WHERE id IN (SELECT id FROM prices_missing WHERE has_held)
"""
TAKE_AWAY = "DELETE FROM pricing_terms_price WHERE id IN (SELECT id FROM prices_missing WHERE NOT has_held)"
FETCH = "FETCH 5000 FROM prices_refused"
REFUSED = """
DECLARE prices_refused NO SCROLL CURSOR FOR
SELECT number, list, sku, refused, first, list_currency FROM prices_found WHERE refused <> '' ORDER BY number
"""


class Refused(NamedTuple):
    """A row that cannot be taken and why: repeats, sku, unit, list, currency or discount."""

    number: int
    list: str
    sku: str
    why: str
    first: int | None
    currency: str | None


class ListTally(NamedTuple):
    """What the rows of one list do. `name` and `currency` are what any row says of it that is taken, else empty."""

    code: str
    is_new: bool
    name: str
    currency: str
    created: int
    changed: int
    unchanged: int
    refused: int


@dataclass(frozen=True)
class Differences:
    """What a file does, by rows."""

    created: int
    changed: int
    unchanged: int
    refused: int


class Staging:
    """The file's rows and, after `compare`, what they differ in. `compare` and all after it need a transaction."""

    def __init__(self, today: date) -> None:
        self._today = today
        self._renamed: list[str] = []
        self._discounts = self._units = False
        self._tally: list[ListTally] = []
        with connection.cursor() as cursor:
            cursor.execute(STAGED)

    def add(self, lines: Iterable[str], *, discounted: bool, in_units: bool) -> None:
        """Keep more rows of the file, each as a line of COPY; whether some row so far has a discount, or a unit."""
        self._discounts, self._units = discounted, in_units
        with connection.cursor() as cursor:
            cursor.copy_expert(COPY, io.StringIO("".join(lines)))

    def compare(self) -> None:
        """Find each row's place and what refuses it."""
        with connection.cursor() as cursor:
            cursor.execute(SETTINGS, {"memory": WORK_MEMORY})
            cursor.execute("DROP TABLE IF EXISTS pg_temp.prices_found")
            cursor.execute("ANALYZE pg_temp.prices_staged (list, sku, unit)")
            if self._units:
                cursor.execute(IN_SALES_UNITS, {"most": MOST_QUANTITY})
            cursor.execute(FOUND, {"open": [ListKind.STANDARD, ListKind.AGREEMENT]})
            if self._discounts:
                cursor.execute(DISCOUNTS, {"today": self._today})
            cursor.execute("ANALYZE pg_temp.prices_found (list, price_id, refused)")
            cursor.execute(TALLY)
            self._tally = list(map(ListTally._make, cursor.fetchall()))

    def refused(self) -> Iterator[Refused]:
        """The rows that cannot be taken, in the file's order, some thousand at a time."""
        if not any(each.refused for each in self._tally):
            return
        with connection.cursor() as cursor:
            cursor.execute(REFUSED)
            cursor.execute(FETCH)
            while found := cursor.fetchall():
                yield from map(Refused._make, found)
                cursor.execute(FETCH)
            cursor.execute("CLOSE prices_refused")

    def differences(self) -> Differences:
        """What `write` does, or did."""
        renamed = [each for each in self._tally if each.code in self._renamed]
        also = sum(each.unchanged for each in renamed)
        return Differences(
            created=sum(each.created for each in self._tally),
            changed=sum(each.changed for each in self._tally) + also,
            unchanged=sum(each.unchanged for each in self._tally) - also,
            refused=sum(each.refused for each in self._tally),
        )

    def states(self) -> dict[int, str]:
        """What each row that was taken did, by its number."""
        with connection.cursor() as cursor:
            cursor.execute(STATES, {"renamed": self._renamed})
            return dict(cursor.fetchall())

    def write(self) -> set[int]:
        """Make and rename lists, change and add prices. Answers the ids of the lists whose prices changed."""
        taken = [each for each in self._tally if each.created or each.changed or each.unchanged]
        self._write_lists({each.code: each for each in taken})
        with connection.cursor() as cursor:
            if any(each.changed for each in taken):
                cursor.execute(CHANGE)
            if any(each.created for each in taken):
                cursor.execute(ADD)
        touched = [each.code for each in taken if each.created or each.changed]
        return set(PriceList.objects.filter(code__in=touched).values_list("pk", flat=True))

    def missing(self) -> int:
        """How many stored prices of the file's lists hold today or later and are not in the file; before `write`."""
        with connection.cursor() as cursor:
            cursor.execute("DROP TABLE IF EXISTS pg_temp.prices_missing")
            cursor.execute(MISSING, {"today": self._today})
            cursor.execute("SELECT count(*) FROM prices_missing")
            return int(cursor.fetchone()[0])

    def end_missing(self) -> set[int]:
        """End what `missing` counted with yesterday; what starts today or later is taken away.

        Answers the ids of the lists that lost prices.
        """
        with connection.cursor() as cursor:
            cursor.execute(END, {"today": self._today})
            cursor.execute(TAKE_AWAY)
            cursor.execute("SELECT DISTINCT price_list_id FROM prices_missing")
            return {pk for (pk,) in cursor.fetchall()}

    def close(self) -> None:
        """Give the rows back. Safe to call twice."""
        with connection.cursor() as cursor:
            cursor.execute("DROP TABLE IF EXISTS pg_temp.prices_staged")
            cursor.execute("DROP TABLE IF EXISTS pg_temp.prices_found")

    def _write_lists(self, said: Mapping[str, ListTally]) -> None:
        PriceList.objects.bulk_create(
            PriceList(code=code, name=each.name or code, currency=each.currency or settings.OSCAR_DEFAULT_CURRENCY)
            for code, each in said.items()
            if each.is_new
        )
        renamed = []
        for found in PriceList.objects.filter(code__in=[code for code, each in said.items() if not each.is_new]):
            name = said[found.code].name
            if name and name != found.name:
                found.name = name
                renamed.append(found)
        PriceList.objects.bulk_update(renamed, ["name"])
        self._renamed = [found.code for found in renamed]
