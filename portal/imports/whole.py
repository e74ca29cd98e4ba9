"""Imports that are taken as a whole file: every row is read first, then one transaction writes what differs.

Until that transaction nothing is kept, so an interrupted run starts over; `written` says that it was committed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import F

from dealers.intake.rows import Problem
from portal.imports.batches import Batch, batches, siblings_of
from portal.imports.mapping import RowMapper
from portal.imports.models import ImportJob, ImportKind, ImportProblem, ImportState
from portal.imports.opening import open_import
from pricing.terms.intake import PricesIntake

if TYPE_CHECKING:
    from portal.imports.running import Source, Totals

KINDS = frozenset({ImportKind.PRICES})
SIZE = 10_000

#: Writes values of the job and a sign of life, or raises because another worker has the job.
Progress = Callable[..., None]


def stage(
    source: Source,
    intake: PricesIntake,
    staged: Callable[[Batch, list[Problem]], None],
    guessed: Callable[[int], None] | None = None,
) -> RowMapper:
    """Read the file to its end into `intake`. Raises TableRefused and MappingRefused; nothing is kept then.

    `guessed` is told how many rows the file seems to have, if it seems to have any number.
    """
    with open_import(source.path, source.filename) as table:
        if guessed and table.rows_hint:
            guessed(table.rows_hint)
        mapper = RowMapper(source.mapping, table.header, siblings_of(source.folder) if source.folder else None)
        for batch in batches(table.rows(), mapper, SIZE):
            staged(batch, intake.stage(batch.rows))
    return mapper


def run_whole(job: ImportJob, source: Source, progress: Progress) -> bool:
    """Import the job's file. False when a person must first confirm that prices which are not in the file shall end."""
    if job.written:
        return True
    intake = PricesIntake(job.started_by, f"import:{job.pk}", whole_lists=job.whole_lists)
    try:
        with transaction.atomic():
            job.problems.all().delete()
            progress(rows_read=0, rows_total=None, skipped=0, refused=0)
        stage(
            source,
            intake,
            lambda batch, problems: _staged(job, batch, problems, progress),
            lambda rows: progress(rows_total=rows),
        )
        progress(rows_total=F("rows_read"))
        if job.whole_lists:
            missing = intake.missing()
            if missing and missing != job.confirmed:
                progress(missing=missing, state=ImportState.CONFIRM)
                return False
        with transaction.atomic():
            written = intake.write(lambda problems: _keep(job, problems))
            progress(
                created=written.created,
                changed=written.changed,
                unchanged=written.unchanged,
                refused=F("refused") + written.refused,
                ended=written.ended,
                written=True,
            )
    finally:
        intake.close()
    return True


def run_whole_here(source: Source, totals: Totals, told: Callable[[Totals], None] | None = None) -> None:
    """Import in this process, without a job."""
    intake = PricesIntake(source.by, "command")

    def staged(batch: Batch, problems: list[Problem]) -> None:
        totals.rows += batch.read
        totals.read += batch.read
        totals.skipped += batch.skipped
        totals.problems += problems
        if told:
            told(totals)

    try:
        totals.unread = stage(source, intake, staged).unread
        written = intake.write(totals.problems.extend)
    finally:
        intake.close()
    totals.created, totals.changed, totals.unchanged = written.created, written.changed, written.unchanged
    totals.problems.sort(key=lambda problem: problem.row)
    totals.refused = len({problem.row for problem in totals.problems})


def _staged(job: ImportJob, batch: Batch, problems: list[Problem], progress: Progress) -> None:
    refused = len({problem.row for problem in problems})
    with transaction.atomic():
        _keep(job, problems)
        progress(
            rows_read=F("rows_read") + batch.read, skipped=F("skipped") + batch.skipped, refused=F("refused") + refused
        )


def _keep(job: ImportJob, problems: list[Problem]) -> None:
    ImportProblem.objects.bulk_create(
        ImportProblem(job=job, row=problem.row, field=problem.field, message=problem.message) for problem in problems
    )
