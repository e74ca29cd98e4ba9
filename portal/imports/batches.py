"""A file's records as batches of mapped rows, in file order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

from dealers.intake.columns import CellRefused, text_of
from dealers.intake.rows import Cell, Row
from portal.documents.tables.reading import Row as Record
from portal.imports.kinds import COLUMNS
from portal.imports.mapping import MappingRefused, RowMapper
from portal.imports.opening import open_import

SIZE = 1000
#: What stands once in a file of each kind whose rows may be summed.
SUM_KEYS = {"stock": ("sku", "location")}
#: Rows of these kinds that follow each other under one key are never cut by a batch.
TOGETHER_KEYS = {"consumer_orders": ("channel", "number")}


@dataclass
class Batch:
    """Rows to write. `last` is the number of the last record read; `also` names the rows that one row sums up."""

    rows: list[Row] = field(default_factory=list)
    read: int = 0
    skipped: int = 0
    last: int = 0
    also: dict[int, list[int]] = field(default_factory=dict)


def batches(records: Iterable[Record], mapper: RowMapper, size: int = SIZE) -> Iterator[Batch]:
    """Batches of at most `size` records, the skipped ones counted in."""
    if mapper.mapping.sums:
        yield from _summed(records, mapper, size)
        return
    together = TOGETHER_KEYS.get(mapper.mapping.kind, ())
    batch = Batch()
    for record in records:
        row = mapper(record)
        if batch.read >= size and not (together and row and batch.rows and _alike(row, batch.rows[-1], together)):
            yield batch
            batch = Batch()
        batch.read += 1
        batch.last = record.number
        if row is None:
            batch.skipped += 1
        else:
            batch.rows.append(row)
    if batch.read:
        yield batch


def _alike(row: Row, other: Row, names: Sequence[str]) -> bool:
    return all(text_of(row.values.get(name)) == text_of(other.values.get(name)) for name in names)


def _summed(records: Iterable[Record], mapper: RowMapper, size: int) -> Iterator[Batch]:
    """Rows with one key become one row; its quantity is the sum, or the first one that cannot be read."""
    kind = mapper.mapping.kind
    groups: dict[tuple[str, ...], list[Row]] = {}
    skipped = last = 0
    for record in records:
        row = mapper(record)
        last = record.number
        if row is None:
            skipped += 1
        else:
            groups.setdefault(tuple(text_of(row.values.get(name)) for name in SUM_KEYS[kind]), []).append(row)
    everything = list(groups.values())
    for start in range(0, max(len(everything), 1), size):
        part = everything[start : start + size]
        batch = Batch(read=sum(map(len, part)), last=last)
        if not start:
            batch.skipped = skipped
            batch.read += skipped
        for rows in part:
            row = _sum(kind, rows)
            batch.rows.append(row)
            if len(rows) > 1:
                batch.also[row.number] = [each.number for each in rows if each.number != row.number]
        if batch.read:
            yield batch


def _sum(kind: str, rows: Sequence[Row]) -> Row:
    column = next(column for column in COLUMNS[kind] if column.name == "quantity")
    total = Decimal(0)
    for row in rows:
        try:
            total += column.read(row.values.get("quantity"))
        except CellRefused:
            return row
    return Row(rows[0].number, {**rows[0].values, "quantity": total})


def count_rows(path: Path, filename: str) -> int:
    """Read a file to its end, so that a damaged one is refused before anything of it is kept. Raises TableRefused."""
    with open_import(path, filename) as table:
        return sum(1 for _record in table.rows())


def siblings_of(folder: Path) -> Siblings:
    """How lookups find the files beside the imported one."""
    return Siblings(folder)


class Siblings:
    """Reads lookup files of one folder; names that leave it are refused."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __call__(self, name: str, key: str) -> tuple[Sequence[str], Mapping[str, Sequence[Cell]]]:
        """The heading row, and the cells by the text of the key column; the first of repeated keys counts."""
        path = self._folder / name
        if Path(name).name != name or not path.is_file():
            raise MappingRefused([("lookup", f"There is no file {name} beside the imported one.")])
        with open_import(path, name) as table:
            if key not in table.header:
                raise MappingRefused([("lookup", f"{name} has no column “{key}”.")])
            place = table.header.index(key)
            found: dict[str, Sequence[Cell]] = {}
            for record in table.rows():
                found.setdefault(text_of(record.cells[place]), record.cells)
            return table.header, found
