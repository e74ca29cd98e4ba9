"""Rows for intakes, and what they changed, for tests."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext

from dealers.intake.intake import Intake
from dealers.intake.rows import Cell, Outcome, Row


def rows(*values: Mapping[str, Cell]) -> list[Row]:
    """Rows numbered from 2, as below a heading row."""
    return [Row(number, dict(said)) for number, said in enumerate(values, start=2)]


def take(kind: type[Intake], *values: Mapping[str, Cell], **options: Any) -> Outcome:
    """One file of one batch."""
    return kind(**options).take(rows(*values))


def counts(outcome: Outcome) -> tuple[int, int, int, int]:
    """Created, changed, unchanged, refused."""
    return outcome.created, outcome.changed, outcome.unchanged, outcome.refused


def problems(outcome: Outcome) -> list[tuple[int, str]]:
    """Where each problem is: row and field."""
    return [(problem.row, problem.field) for problem in outcome.problems]


def statements(kind: type[Intake], values: list[Mapping[str, Cell]]) -> int:
    """How many statements a file of one batch costs."""
    with CaptureQueriesContext(
        connection,
    ) as queries:
        outcome = take(kind, *values)
    assert not outcome.problems
    return len(queries)
