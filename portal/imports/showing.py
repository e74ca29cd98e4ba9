"""What a file would do, worked out and undone again, so that a person sees the differences before they are written."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db import transaction

from dealers.intake.rows import Difference, Outcome, Problem
from portal.imports.batches import Batch
from portal.imports.models import ImportJob, ImportProblem
from portal.imports.running import Source, run

#: So many differences are kept to be looked at; all are counted.
FIRST = 200
#: A cell of a difference is not longer than this.
LONGEST = 300


def show(job: ImportJob, source: Source) -> dict[str, Any]:
    """Take the whole file, undo it, and keep what it would do: counts, first differences and every refused row.

    Raises TableRefused and MappingRefused.
    """
    counted = dict.fromkeys(("read", "skipped", "created", "changed", "unchanged", "refused"), 0)
    differences: list[dict[str, Any]] = []
    problems: list[Problem] = []

    def look(take: Callable[[], Outcome], batch: Batch) -> None:
        outcome = take()
        counted["read"] += batch.read
        counted["skipped"] += batch.skipped
        for name in ("created", "changed", "unchanged", "refused"):
            counted[name] += getattr(outcome, name)
        problems.extend(outcome.problems)
        left = FIRST - len(differences)
        differences.extend(_kept(each) for each in outcome.differences[:left])

    with transaction.atomic():
        run(source, look)
        transaction.set_rollback(True)
    with transaction.atomic():
        job.problems.all().delete()
        ImportProblem.objects.bulk_create(
            ImportProblem(job=job, row=each.row, field=each.field, message=each.message) for each in problems
        )
    return counted | {"differences": differences}


def _kept(found: Difference) -> dict[str, Any]:
    names = [name for name in dict.fromkeys([*found.old, *found.new]) if found.old.get(name) != found.new.get(name)]
    fields = [[name, _cut(found.old.get(name, "")), _cut(found.new.get(name, ""))] for name in names]
    return {"row": found.row, "name": _cut(found.name), "new": not found.old, "gone": not found.new, "fields": fields}


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
