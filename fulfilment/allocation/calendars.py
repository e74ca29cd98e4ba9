"""Opening hours of outlets as kept, made into calendars, and an outlet's local day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from zoneinfo import ZoneInfo

from fulfilment.allocation.business_time import Calendar, Opening
from fulfilment.allocation.models import OutletException, OutletService

ALWAYS = [[[0, 1440]]] * 7


def calendar_of(service: OutletService, exceptions: Iterable[OutletException] | None = None) -> Calendar | None:
    """The calendar of an outlet, None where it is always open. `exceptions` are looked up unless given."""
    days = service.exceptions.all() if exceptions is None else exceptions
    special = {each.day: _openings(each.openings) for each in days}
    if service.week == ALWAYS and not special:
        return None
    return Calendar(service.time_zone, tuple(_openings(day) for day in service.week), special)


def local_day(time_zone: str, at: dt.datetime) -> dt.date:
    """The day it is in a time zone at a moment."""
    return at.astimezone(ZoneInfo(time_zone)).date()


def _openings(kept: list[list[int]]) -> tuple[Opening, ...]:
    return tuple((start, end) for start, end in kept)
