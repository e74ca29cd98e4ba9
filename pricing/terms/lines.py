"""A file's rows as COPY reads them. Files repeat themselves: what was understood once is not read again."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable
from decimal import Decimal
from typing import Any

from dealers.intake.columns import CellRefused, Column
from dealers.intake.rows import Cell, Parsed, Row

#: How many different cells of a column are remembered.
MOST_KNOWN = 200_000
MISSING = object()
#: A price that needs no reading: PostgreSQL takes it as it stands.
_PLAIN = re.compile(r"(?=.*[1-9])[0-9]{1,9}(?:\.[0-9]{1,4})?").fullmatch


class Lines:
    """Writes rows as lines of `bulk.COPY`. `discounted` and `in_units` say whether one had a discount, or a unit.

    A row is a head (its cells but SKU and price), an SKU and an amount, each known by the very cells that were read.
    """

    def __init__(self, sku: Column) -> None:
        self.discounted = self.in_units = False
        self._sku = sku
        self._heads: dict[Hashable, tuple[str, str, str]] = {}
        self._skus: dict[Cell, str] = {}

    def known(self, row: Row) -> str | None:
        """The line of a row that is surely right, or None: then it must be read cell by cell."""
        get = row.values.get
        head = self._heads.get(_head(get))
        price = get("price")
        if price.__class__ is Decimal:
            price = f"{price:f}"
        if head is None or price.__class__ is not str or not _PLAIN(price) or get("discount") not in (None, ""):
            return None
        cell = get("sku")
        sku = self._skus.get(cell) or self._read(cell) if cell.__class__ is str else None
        if not sku:
            return None
        lists, quantity, rest = head
        return f"{row.number}\t{lists}{sku}{quantity}{price}\t\\N{rest}"

    def learn(self, row: Row, parsed: Parsed) -> str:
        """The line of a row that was read cell by cell and is right; rows with the same head are known from now on."""
        get = parsed.given.get
        lists = f"{_escaped(get('price_list', ''))}\t{_escaped(get('price_list_name') or '')}\t"
        quantity = f"\t{get('min_quantity') or 1}\t"
        days = f"{_or_null(get('valid_from'))}\t{_or_null(get('valid_to'))}"
        rest = f"\t{get('currency') or ''}\t{days}\t{'t' if 'valid_to' in parsed.given else 'f'}\t{get('unit') or ''}\n"
        self.in_units = self.in_units or bool(get("unit"))
        self._remember(row, (lists, quantity, rest))
        discount = get("discount")
        self.discounted = self.discounted or discount is not None
        sku = _escaped(parsed.given["sku"])
        return f"{row.number}\t{lists}{sku}{quantity}{_or_null(get('price'))}\t{_or_null(discount)}{rest}"

    def _remember(self, row: Row, head: tuple[str, str, str]) -> None:
        # As numbers, 1.10 and 1.1 are equal, but as names they are not.
        if any(row.values.get(name).__class__ is Decimal for name in ("price_list", "price_list_name")):
            return
        if len(self._heads) >= MOST_KNOWN:
            self._heads.clear()
        self._heads[_head(row.values.get)] = head

    def _read(self, cell: Any) -> str | None:
        try:
            sku = _escaped(self._sku.read(cell))
        except CellRefused:
            return None
        if len(self._skus) >= MOST_KNOWN:
            self._skus.clear()
        self._skus[cell] = sku
        return sku


def _head(get: Callable[..., Any]) -> Hashable:
    cells = (
        get("price_list"),
        get("price_list_name"),
        get("min_quantity"),
        get("unit"),
        get("currency"),
        get("valid_from"),
        get("valid_to", MISSING),
    )
    # True is equal to 1, but they do not read alike.
    return cells, *map(type, cells)


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\") if "\\" in text else text


def _or_null(value: Any) -> Any:
    return "\\N" if value is None else value
