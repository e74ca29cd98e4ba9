"""Running an import: read the file to its end, then write it batch by batch."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from dealers.accounts.models import User
from dealers.intake.rows import Outcome, Problem, Row
from portal.imports.batches import SIZE, Batch, batches, count_rows, siblings_of
from portal.imports.kinds import Options, intake_for
from portal.imports.mapping import ColumnMap, RowMapper
from portal.imports.opening import open_import
from portal.imports.whole import KINDS as WHOLE_KINDS
from portal.imports.whole import run_whole_here
from pricing.catalogue.pictures import Pictures


@dataclass
class Totals:
    """How far an import is and what it did."""

    rows: int = 0
    read: int = 0
    created: int = 0
    changed: int = 0
    unchanged: int = 0
    skipped: int = 0
    refused: int = 0
    problems: list[Problem] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Source:
    """What is imported."""

    path: Path
    filename: str
    mapping: ColumnMap
    pictures: Pictures | None = None
    folder: Path | None = None
    by: User | None = None


Write = Callable[[Callable[[], Outcome], Batch], None]


def run(source: Source, write: Write, *, skip_rows: int = 0, size: int = SIZE) -> RowMapper:
    """Hand every batch to `write(take, batch)`, which calls `take` in its own transaction.

    The first `skip_rows` records were written by a run that was interrupted: they are remembered, not written.
    Raises TableRefused and MappingRefused.
    """
    kind = source.mapping.kind
    intake = intake_for(kind, Options(labels=source.mapping.labels, pictures=source.pictures, by=source.by))
    with open_import(source.path, source.filename) as table:
        sibling = siblings_of(source.folder) if source.folder else None
        mapper = RowMapper(source.mapping, table.header, sibling)
        done = 0
        for batch in batches(table.rows(), mapper, size):
            done += batch.read
            if done <= skip_rows:
                intake.skip(batch.rows)
            else:
                write(_taking(intake.take, batch), batch)
    return mapper


def _taking(take: Callable[[Sequence[Row]], Outcome], batch: Batch) -> Callable[[], Outcome]:
    return lambda: spread(take(batch.rows), batch.also)


def spread(outcome: Outcome, also: Mapping[int, list[int]]) -> Outcome:
    """Let a row that sums up others speak for them: they share its state or its problem."""
    states = dict(outcome.states)
    problems = list(outcome.problems)
    for number, others in also.items():
        if number in states:
            states.update(dict.fromkeys(others, states[number]))
        for problem in outcome.problems:
            if problem.row == number:
                problems += [Problem(other, problem.field, problem.message) for other in others]
    return Outcome(states, tuple(problems), outcome.differences)


def run_here(source: Source, progress: Callable[[Totals], None] | None = None) -> Totals:
    """Import in this process, without a job: what the command line does."""
    totals = Totals()
    if source.mapping.kind in WHOLE_KINDS:
        run_whole_here(source, totals, progress)
        return totals
    totals.rows = count_rows(source.path, source.filename)

    def write(take: Callable[[], Outcome], batch: Batch) -> None:
        outcome = take()
        totals.read += batch.read
        totals.skipped += batch.skipped
        totals.created += outcome.created
        totals.changed += outcome.changed
        totals.unchanged += outcome.unchanged
        totals.refused += outcome.refused
        totals.problems += outcome.problems
        if progress:
            progress(totals)

    mapper = run(source, write)
    totals.unread = mapper.unread
    return totals
