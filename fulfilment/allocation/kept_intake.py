"""The frame of intakes for what staff keep of allocation: each row is recorded with what it changes."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, ClassVar
from zoneinfo import available_timezones

from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dealers.accounts.models import Dealer, User
from dealers.intake.columns import CellRefused, Column, Day, Number, Text
from dealers.intake.intake import Changes, Intake
from dealers.intake.rows import Cell, Difference, Outcome, Parsed, Problem, RowState
from fulfilment.allocation import hours
from fulfilment.allocation.areas import folded_area
from fulfilment.allocation.change import What, as_change, plain
from fulfilment.allocation.models import AllocationChange
from pricing.catalogue.categories import CategoryTree

t = gettext_lazy

#: The columns of a file that a week becomes.
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

MOST = Decimal("999999999999.99")
FROM = Day("valid_from", t("From"), also=("start", "start date", "生效日期", "开始日期"), example="2026-01-01")
UNTIL = Day("valid_until", t("Until"), also=("end", "end date", "until", "失效日期", "结束日期"))


@dataclass(frozen=True)
class Hours(Column):
    """A day's openings; an empty cell is closed."""

    @property
    def blank(self) -> hours.Openings:
        """Closed."""
        return []

    def _read(self, cell: Cell) -> hours.Openings:
        try:
            return hours.openings_of(str(cell))
        except hours.HoursRefused as why:
            raise CellRefused(why.message) from why


@dataclass(frozen=True)
class Zones(Text):
    """Prices by area."""

    max_length: int = 20_000
    lines: bool = True

    def _read(self, cell: Cell) -> Any:
        try:
            return hours.zones_of(super()._read(cell))
        except hours.HoursRefused as why:
            raise CellRefused(why.message) from why


@dataclass(frozen=True)
class TimeZone(Text):
    """The name of a time zone."""

    max_length: int = 50

    def _read(self, cell: Cell) -> str:
        zone = super()._read(cell)
        if zone not in available_timezones():
            raise CellRefused(_("Write the name of a time zone, such as Asia/Shanghai or Europe/Berlin."))
        return zone


@dataclass(frozen=True)
class Area(Text):
    """The beginning of a postcode or area code."""

    max_length: int = 20

    def _read(self, cell: Cell) -> str:
        return folded_area(super()._read(cell))


def percent_column(name: str, label: Any, *also: str) -> Number:
    """A column of percent."""
    return Number(name, label, places=4, minimum=0, maximum=100, also=also, example="2.5")


def money_column(name: str, label: Any, *also: str) -> Number:
    """A column of money."""
    return Number(name, label, places=2, minimum=0, maximum=MOST, also=also, example="12.50")


@dataclass
class Known:
    """What the rows of a batch name, by what they call it, and what is stored, by key."""

    named: Mapping[Any, Any] = field(default_factory=dict)
    stored: Mapping[Any, Any] = field(default_factory=dict)
    areas: set[str] = field(default_factory=set)
    tree: CategoryTree | None = None


class KeptIntake(Intake, ABC):
    """Rows of one table, each recorded with what it changes. An empty cell leaves alone what cannot be empty."""

    model: ClassVar[type[models.Model]]
    what: ClassVar[What]
    fields: ClassVar[tuple[str, ...]]

    def __init__(self, by: User | None = None) -> None:
        super().__init__()
        self._by = by

    def _write(self, rows: Sequence[Parsed]) -> Outcome:
        known = self.known(rows)
        changes: Changes[Any] = Changes(self.model, self.fields)
        problems: list[Problem] = []
        states: dict[int, RowState] = {}
        told: list[tuple[Parsed, Any, dict[str, Any], dict[str, Any]]] = []
        for row in rows:
            thing = self.thing(row, known)
            problem = thing if isinstance(thing, Problem) else None
            new = problem is None and thing._state.adding
            before = {} if problem or new else self.said(thing, known)
            values = {} if problem else self.values(row, thing, known)
            problem = problem or self.wrong(row, {name: getattr(thing, name) for name in self.fields} | values)
            if problem:
                problems.append(problem)
                continue
            differs = changes.apply(thing, values)
            changes.touch(thing) if new else None
            states[row.number] = RowState.of(new=new, differs=differs)
            if new or differs:
                told.append((row, thing, before, self.said(thing, known)))
        changes.save()
        found = [
            as_change(self.what, self.of(thing), old, now, by=self._by, dealer=self.dealer(thing))
            for _row, thing, old, now in told
        ]
        AllocationChange.objects.bulk_create(change for change in found if change is not None)
        differences = tuple(_difference(row, self.called(thing), old, now) for row, thing, old, now in told)
        return Outcome(states, tuple(sorted(problems, key=lambda each: each.row)), differences)

    @abstractmethod
    def known(self, rows: Sequence[Parsed]) -> Known:
        """What is there; stored rows locked. The same statements for any number of rows."""

    @abstractmethod
    def thing(self, row: Parsed, known: Known) -> Any:
        """The row to write, stored or new, or the problem of naming it."""

    def values(self, row: Parsed, thing: Any, known: Known) -> dict[str, Any]:
        """What the file says, by column of the table."""
        return {
            name: value
            for name, value in row.given.items()
            if name in self.fields and (value is not None or _nullable(self.model, name))
        }

    def wrong(self, row: Parsed, values: Mapping[str, Any]) -> Problem | None:
        """What the row and what is stored make together that cannot be kept: days out of order."""
        start, end = values.get("valid_from"), values.get("valid_until")
        if start and end and end < start:
            return Problem(row.number, "valid_until", _("This day is before the first one. Correct one of the two."))
        return None

    def said(self, thing: Any, known: Known) -> dict[str, Any]:
        """The row as the record keeps it."""
        return plain(thing, self.fields)

    def of(self, thing: Any) -> str:
        """What the record calls it."""
        return str(thing.pk)

    def called(self, thing: Any) -> str:
        """What a person calls it."""
        return self.of(thing)

    def dealer(self, thing: Any) -> Dealer | None:
        """Whose it is."""
        return None


def _nullable(model: type[models.Model], name: str) -> bool:
    return bool(getattr(model._meta.get_field(name), "null", False))


def no_dealer(row: Parsed) -> Problem:
    """A dealer that is not there."""
    message = _("There is no dealer %(number)s. Import the dealers first, or correct the number.")
    return Problem(row.number, "dealer", message % {"number": row.given["dealer"]})


def no_area(row: Parsed, area: str) -> Problem:
    """An area in which no place is."""
    message = _("No place begins with %(codes)s. Write the beginning of a postcode or of China's six-digit code.")
    return Problem(row.number, "area_code", message % {"codes": area})


def _difference(row: Parsed, name: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Difference:
    return Difference(row.number, name, _texts(old), _texts(new))


def _texts(values: Mapping[str, Any]) -> dict[str, str]:
    """What is said, as texts by column of the file; what is not, is left out."""
    said = {name: _text(value) for name, value in values.items() if name != "week" and value not in (None, "", {}, [])}
    week = zip(DAYS, values.get("week", ()), strict=False)
    return said | {name: hours.openings_text(openings) or _("closed") for name, openings in week}


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return hours.zones_text(value, "; ") if isinstance(value, dict) else str(value)
