"""The frame of every intake: read a batch, refuse what is wrong by name, write the rest in one transaction."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Hashable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, ClassVar, Generic, TypeVar

from django.db import connection, transaction
from django.db.models import Model
from django.utils.translation import gettext as _

from dealers.intake.columns import CellRefused, Column
from dealers.intake.rows import Outcome, Parsed, Problem, Row, RowState


class Intake(ABC):
    """One file's rows of one kind, taken batch by batch.

    Good rows are kept, bad ones refused and named. A row that repeats the key of an earlier row of the same file is
    refused. Taking the same rows again changes nothing. One transaction and a constant number of statements a batch.
    """

    name: ClassVar[str]
    columns: ClassVar[tuple[Column, ...]]
    key: ClassVar[tuple[str, ...]]

    def __init__(self) -> None:
        self._seen: dict[tuple[Hashable, ...], int] = {}

    def take(self, rows: Sequence[Row]) -> Outcome:
        """Write a batch."""
        parsed, problems = self._read(rows)
        with one_at_a_time(self.name):
            outcome = self._write(parsed)
        return Outcome(outcome.states, (*problems, *outcome.problems), outcome.differences)

    def skip(self, rows: Sequence[Row]) -> None:
        """Remember a batch that an interrupted run has written already, so that its repeats are still found."""
        self._read(rows)

    def columns_of(self, row: Row) -> Iterator[Column]:
        """The columns that this row has, and those it needs."""
        return (column for column in self.columns if column.required or column.name in row.values)

    def key_of(self, row: Parsed) -> tuple[Hashable, ...]:
        """What may stand once in a file."""
        return tuple(row.given.get(name) for name in self.key)

    def check(self, row: Parsed) -> Iterator[Problem]:
        """What columns alone cannot tell; refused rows are not written."""
        return iter(())

    @abstractmethod
    def _write(self, rows: Sequence[Parsed]) -> Outcome:
        """Write rows that were read well; runs inside the batch's transaction."""

    def _read(self, rows: Iterable[Row]) -> tuple[list[Parsed], list[Problem]]:
        kept: list[Parsed] = []
        problems: list[Problem] = []
        for row in rows:
            parsed, found = self._parse(row)
            found = found or list(self.check(parsed)) or self._repeats(parsed)
            problems.extend(found)
            if not found:
                kept.append(parsed)
        return kept, problems

    def _parse(self, row: Row) -> tuple[Parsed, list[Problem]]:
        given: dict[str, Any] = {}
        problems: list[Problem] = []
        for column in self.columns_of(row):
            try:
                given[column.name] = column.read(row.values.get(column.name))
            except CellRefused as why:
                problems.append(Problem(row.number, column.name, why.message))
        return Parsed(row.number, given), problems

    def _repeats(self, row: Parsed) -> list[Problem]:
        first = self._seen.setdefault(self.key_of(row), row.number)
        if first == row.number:
            return []
        message = _("This repeats row %(row)s. Keep one of the two.") % {"row": first}
        return [Problem(row.number, self.key[0], message)]


@contextmanager
def one_at_a_time(name: str) -> Iterator[None]:
    """A transaction during which nobody else takes rows of this kind: two files never race for the same new row."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [f"intake {name}"])
        yield


M = TypeVar("M", bound=Model)


class Changes(Generic[M]):
    """Collects what a batch makes and changes of one model, and writes each in one statement."""

    def __init__(self, model: type[M], fields: Sequence[str]) -> None:
        self._model = model
        self._fields = tuple(fields)
        self._created: dict[int, M] = {}
        self._changed: dict[int, M] = {}

    def apply(self, thing: M, values: dict[str, Any]) -> bool:
        """Set the values; remember the thing when it is new or differs. Answers whether it did."""
        new = thing._state.adding
        differing = {name: value for name, value in values.items() if new or getattr(thing, name) != value}
        for name, value in differing.items():
            setattr(thing, name, value)
        if new or differing:
            (self._created if new else self._changed)[id(thing)] = thing
        return new or bool(differing)

    def touch(self, thing: M) -> None:
        """Remember a thing whose fields were set already."""
        (self._created if thing._state.adding else self._changed)[id(thing)] = thing

    def save(self) -> None:
        """Write; nothing is executed where nothing differs."""
        manager = self._model._default_manager
        if self._created:
            manager.bulk_create(list(self._created.values()))
        if self._changed:
            manager.bulk_create(
                list(self._changed.values()),
                update_conflicts=True,
                unique_fields=[self._model._meta.pk.name],
                update_fields=self._fields,
            )


def merged(first: RowState, second: RowState) -> RowState:
    """What a row did in all, when two parts of it were written."""
    if RowState.CREATED in (first, second):
        return RowState.CREATED
    return RowState.CHANGED if RowState.CHANGED in (first, second) else RowState.UNCHANGED
