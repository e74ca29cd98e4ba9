"""Rows in, states and problems out. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

Cell = str | Decimal | date | datetime | bool | None


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a file under our column names. A column that is missing leaves what is stored alone; a cell that is
    None or blank empties it. `number` is the row's number in the file."""

    number: int
    values: Mapping[str, Cell]


@dataclass(frozen=True, slots=True)
class Parsed:
    """A row whose cells were understood: `given` holds the columns that the file has."""

    number: int
    given: dict[str, Any]

    def get(self, name: str, default: Any = None) -> Any:
        """The value of a column; the default where the file has no such column or the cell is empty."""
        value = self.given.get(name)
        return default if value is None or value == "" else value


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a row was refused: the column and the mend, in the language of the importing person."""

    row: int
    field: str
    message: str


@dataclass(frozen=True, slots=True)
class Difference:
    """What a row changes of one thing: its name, and the fields that differ as they are stored, before and after."""

    row: int
    name: str
    old: Mapping[str, str]
    new: Mapping[str, str]


class RowState(StrEnum):
    """What a row did."""

    CREATED = "created"
    CHANGED = "changed"
    UNCHANGED = "unchanged"

    @staticmethod
    def of(*, new: bool, differs: bool) -> RowState:
        """The state of a row by what it did."""
        return RowState.CREATED if new else RowState.CHANGED if differs else RowState.UNCHANGED


@dataclass(frozen=True)
class Outcome:
    """What a batch did: a state for every row kept (by number), a problem or more for every row refused.

    `differences` has what was new or changed, where the intake can be looked at before it is let write.
    """

    states: Mapping[int, RowState] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    differences: tuple[Difference, ...] = ()

    @property
    def created(self) -> int:
        """Rows that made something new."""
        return self._count(RowState.CREATED)

    @property
    def changed(self) -> int:
        """Rows that changed something stored."""
        return self._count(RowState.CHANGED)

    @property
    def unchanged(self) -> int:
        """Rows that said what was known."""
        return self._count(RowState.UNCHANGED)

    @property
    def refused(self) -> int:
        """Rows that were refused."""
        return len({problem.row for problem in self.problems})

    def _count(self, state: RowState) -> int:
        return sum(1 for each in self.states.values() if each is state)
