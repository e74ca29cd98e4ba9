"""A million prices in one real workbook, and in CSV, through the import job: stored, read guarded, staged, written."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from time import perf_counter
from typing import Any
from unittest.mock import patch

from django.core.files import File
from django.utils import timezone

from portal.documents.tables.reading import Table
from portal.documents.workbooks import Column, Sheet, write_csv, write_workbook
from portal.imports import opening, whole
from portal.imports.jobs import run_job
from portal.imports.models import ImportJob, ImportState
from tests.bench.harness import Case, cpu_seconds, forget_peak_memory, peak_memory_mb, timed

Rows = Callable[[int], Iterable[Sequence[Any]]]

COLUMNS = (
    Column("price_list"),
    Column("sku"),
    Column("min_quantity", "integer"),
    Column("price", "decimal"),
    Column("currency"),
)
MAPPING = {"columns": {column.title: column.title for column in COLUMNS}}
MOST_MEMORY_MB = 300


def million_rows(name: str, rows: Rows) -> tuple[Case, list[str], list[str]]:
    """Import the rows once from a workbook and once from CSV; 100,000 prices change each time."""
    with tempfile.TemporaryDirectory(prefix="portal-bench-files-") as folder:
        book, text = Path(folder) / "prices.xlsx", Path(folder) / "prices.csv"
        started = perf_counter()
        with book.open("wb") as target:
            write_workbook(target, [Sheet("Prices", COLUMNS, rows(1))])
        made = perf_counter() - started
        with text.open("wb") as target:
            write_csv(target, COLUMNS, rows(2))
        ours, theirs = _Imported(book), _Imported(text)
    case = Case(name, ours.seconds / theirs.seconds, ours.seconds * 1000, theirs.seconds * 1000, ours.cpu)
    notes = [f"{found.told}; once" for found in (ours, theirs)]
    notes.append(f"writing that workbook took {made:,.0f} s")
    broken = [f"{found.told}: over {MOST_MEMORY_MB} MB" for found in (ours, theirs) if found.most > MOST_MEMORY_MB]
    broken += [f"{found.told}: {found.job.error}" for found in (ours, theirs) if found.job.changed != 100_000]
    return case, notes, broken


class _Imported:
    """One file imported by its job: the time, and the most memory of this process and of the reading one."""

    def __init__(self, path: Path) -> None:
        with path.open("rb") as file:
            self.job = ImportJob.objects.create(
                kind="prices",
                file=File(file, name=path.name),
                file_name=path.name,
                mapping=MAPPING,
                state=ImportState.QUEUED,
                queued_at=timezone.now(),
            )
        tables: list[Table] = []
        keep = opening.open_import

        def opened(source: Path, filename: str) -> Table:
            tables.append(keep(source, filename))
            return tables[-1]

        forget_peak_memory()
        before = cpu_seconds()
        with patch.object(whole, "open_import", opened):  # only to ask the reading process for its memory
            self.seconds, _ = timed(lambda: run_job(self.job.pk))
        self.cpu = cpu_seconds() - before
        self.own, self.readers = peak_memory_mb(), max((table.peak_memory_kb or 0) for table in tables) / 1024
        self.most = max(self.own, self.readers)
        self.size = path.stat().st_size / 1024 / 1024
        self.job.refresh_from_db()

    @property
    def told(self) -> str:
        """What happened, for the notes."""
        job = self.job
        return (
            f"{job.file_name} of {job.rows_read:,} rows, {self.size:,.0f} MB, through the import job in "
            f"{self.seconds:,.1f} s ({job.changed:,} changed, {job.unchanged:,} unchanged, {job.refused:,} refused); "
            f"peak memory {self.own:,.0f} MB in the worker, {self.readers:,.0f} MB in the reading process"
        )
