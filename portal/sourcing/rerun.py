"""Orders decided again by other rules, one after the other, on the snapshots they were decided from. Pure.

A snapshot is of its own moment: what the orders before it really took is missing from it already. A side that runs
down therefore takes from each snapshot only the difference between what its own choices took so far and what was really
taken. Rules that choose as it was done then see every snapshot as it was.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar
from zoneinfo import ZoneInfo

from fulfilment.allocation.facts import Order, Outlet, Snapshot
from fulfilment.allocation.plan import Plan, plan
from fulfilment.allocation.rules import Rule

K = TypeVar("K")


@dataclass(slots=True)
class Usage:
    """What orders use up: units by outlet and SKU and by dealer, parcels by outlet and local day, campaign budgets."""

    taken: dict[tuple[int, str], int] = field(default_factory=dict)
    parcels: dict[tuple[int, dt.date], int] = field(default_factory=dict)
    spent: dict[str, int] = field(default_factory=dict)
    units: dict[int, int] = field(default_factory=dict)

    def add(self, other: Usage, times: int = 1) -> None:
        """Count another usage in, or off with `times` −1."""
        _add(self.taken, other.taken, times)
        _add(self.parcels, other.parcels, times)
        _add(self.spent, other.spent, times)
        _add(self.units, other.units, times)


@dataclass(frozen=True, slots=True)
class Case:
    """An order, the snapshot it was decided from, and what it really used up afterwards."""

    order: Order
    snapshot: Snapshot
    real: Usage


@dataclass(slots=True)
class Side:
    """One set of rules on its way through the orders."""

    rules: Sequence[Rule]
    runs_down: bool = True
    ahead: Usage = field(default_factory=Usage)

    def decide(self, case: Case) -> Plan:
        """The plan of the next order; with `runs_down` it is counted for those that follow."""
        snapshot = self._left(case.snapshot) if self.runs_down else case.snapshot
        made = plan(case.order, snapshot, self.rules)
        if self.runs_down:
            self.ahead.add(usage_of(made, case.order, case.snapshot))
            self.ahead.add(case.real, -1)
        return made

    def _left(self, snapshot: Snapshot) -> Snapshot:
        parcels = {
            outlet.id: booked
            for outlet in snapshot.outlets
            if (booked := self.ahead.parcels.get((outlet.id, local_day(outlet, snapshot.now)), 0))
        }
        left = snapshot.less(self.ahead.taken, parcels, self.ahead.spent)
        units = self.ahead.units
        if not any(units.get(key) for key in left.dealers):
            return left
        dealers = {
            key: replace(dealer, units=max(0, dealer.units + units.get(key, 0))) for key, dealer in left.dealers.items()
        }
        return replace(left, dealers=dealers, units=max(0, left.units + sum(units.values())))


def usage_of(made: Plan, order: Order, snapshot: Snapshot) -> Usage:
    """What a plan uses up when every dealer it asks first accepts."""
    lines, outlets, used = (
        {line.key: line for line in order.lines},
        {each.id: each for each in snapshot.outlets},
        Usage(),
    )
    for part in made.parts:
        day = local_day(outlets[part.outlet], snapshot.now)
        _add(used.parcels, {(part.outlet, day): 1})
        for key in part.keys:
            line = lines[key]
            _add(used.taken, {(part.outlet, line.sku): line.quantity})
            _add(used.units, {part.dealer: line.quantity})
            if line.campaign:
                _add(used.spent, {line.campaign: part.settlements[key].top_up})
    return used


def local_day(outlet: Outlet, moment: dt.datetime) -> dt.date:
    """The day at the outlet; without a calendar that of UTC."""
    zone = ZoneInfo(outlet.calendar.time_zone) if outlet.calendar else dt.UTC
    return moment.astimezone(zone).date()


def _add(mine: dict[K, int], more: Mapping[K, int], times: int = 1) -> None:
    for key, amount in more.items():
        mine[key] = mine.get(key, 0) + times * amount
