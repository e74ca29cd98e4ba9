"""Business minutes over an outlet's opening hours: time zones, holidays, breaks and the change of clocks. Pure.

Moments are aware datetimes and come back in UTC. Minutes are minutes that pass, so on the day the clocks go forward
an outlet open through the night has an hour less, and an hour more when they go back.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from zoneinfo import ZoneInfo

#: From and until, in minutes after local midnight; a break is what lies between two openings.
Opening = tuple[int, int]
DAY = 24 * 60
#: How many days ahead an opening is looked for.
HORIZON = 400


class NeverOpen(Exception):
    """The calendar has no opening within the horizon."""


@dataclass(frozen=True, slots=True)
class Calendar:
    """When an outlet is open: seven days from Monday, and the days on which it is otherwise (holidays: no opening).

    Refuses a week that is not seven days, openings out of order or past midnight, and an unknown time zone.
    """

    time_zone: str
    week: tuple[tuple[Opening, ...], ...]
    exceptions: Mapping[dt.date, tuple[Opening, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        ZoneInfo(self.time_zone)
        if len(self.week) != 7:
            raise ValueError("A week has seven days.")
        for openings in (*self.week, *self.exceptions.values()):
            edges = [edge for opening in openings for edge in opening]
            if any(later <= earlier for earlier, later in pairwise(edges)):
                raise ValueError("Openings follow one another, and each ends after it begins.")
            if edges and not 0 <= edges[0] < edges[-1] <= DAY:
                raise ValueError("An opening lies within its day.")


def open_spans(calendar: Calendar, since: dt.datetime) -> Iterator[tuple[dt.datetime, dt.datetime]]:
    """The times the outlet is open from a moment on, in UTC, earliest first; what has passed is cut off."""
    since = _aware(since)
    zone = ZoneInfo(calendar.time_zone)
    first = since.astimezone(zone).date() - dt.timedelta(days=1)
    for ahead in range(HORIZON + 1):
        day = first + dt.timedelta(days=ahead)
        for start, end in calendar.exceptions.get(day, calendar.week[day.weekday()]):
            opens, closes = _instant(day, start, zone, fold=0), _instant(day, end, zone, fold=1)
            if closes > since and closes > opens:
                yield max(opens, since), closes


def add_business_minutes(calendar: Calendar | None, start: dt.datetime, minutes: int) -> dt.datetime:
    """The moment by which so many business minutes have passed since `start`; without a calendar every minute counts.

    No minutes: `start` itself. Refuses negative minutes and naive datetimes; raises `NeverOpen`.
    """
    if minutes < 0:
        raise ValueError("Business minutes go forward.")
    start = _aware(start)
    left = dt.timedelta(minutes=minutes)
    if calendar is None or not minutes:
        return start + left
    for opens, closes in open_spans(calendar, start):
        if closes - opens >= left:
            return opens + left
        left -= closes - opens
    raise NeverOpen(f"Not open for {minutes} minutes within {HORIZON} days.")


def business_minutes(calendar: Calendar | None, start: dt.datetime, end: dt.datetime) -> int:
    """How many whole business minutes lie between two moments; 0 when the end is not after the start."""
    start, end = _aware(start), _aware(end)
    if end <= start:
        return 0
    if calendar is None:
        return (end - start) // dt.timedelta(minutes=1)
    passed = dt.timedelta()
    for opens, closes in open_spans(calendar, start):
        if opens >= end:
            break
        passed += min(closes, end) - opens
    return passed // dt.timedelta(minutes=1)


def is_open(calendar: Calendar | None, at: dt.datetime) -> bool:
    """Whether the outlet is open at a moment; at the minute it closes it no longer is."""
    if calendar is None:
        return True
    opens, _ = next(open_spans(calendar, at), (None, None))
    return opens == at


def _aware(moment: dt.datetime) -> dt.datetime:
    if moment.tzinfo is None:
        raise ValueError("A moment needs its time zone.")
    return moment.astimezone(dt.UTC)


def _instant(day: dt.date, minute: int, zone: ZoneInfo, *, fold: int) -> dt.datetime:
    """A local time in UTC. A time that happens twice is its first (fold 0) or second; one that does not happen, because
    the clocks go forward over it, is the moment they do."""
    wall = dt.datetime.combine(day, dt.time()) + dt.timedelta(minutes=minute)
    moment = wall.replace(tzinfo=zone, fold=fold).astimezone(dt.UTC)
    if moment.astimezone(zone).replace(tzinfo=None) == wall:
        return moment
    before = wall.replace(tzinfo=zone, fold=1).astimezone(dt.UTC)  # in a gap, fold 1 is the earlier moment
    after = wall.replace(tzinfo=zone, fold=0).astimezone(dt.UTC)
    old = before.astimezone(zone).utcoffset()
    while after - before > dt.timedelta(seconds=1):
        middle = before + (after - before) / 2
        if middle.astimezone(zone).utcoffset() == old:
            before = middle
        else:
            after = middle
    return after.replace(microsecond=0)
