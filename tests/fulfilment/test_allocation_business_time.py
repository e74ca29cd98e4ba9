"""Business minutes: breaks, holidays, time zones and the days the clocks change."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fulfilment.allocation.business_time import (
    Calendar,
    NeverOpen,
    Opening,
    add_business_minutes,
    business_minutes,
    is_open,
)

SHOP: tuple[Opening, ...] = ((9 * 60, 12 * 60), (13 * 60, 18 * 60))
CLOSED: tuple[Opening, ...] = ()
WEEK = (SHOP,) * 5 + (((10 * 60, 14 * 60),), CLOSED)
SHANGHAI = Calendar("Asia/Shanghai", WEEK)
ROUND_THE_CLOCK = ((0, 24 * 60),)


def at(zone: str, *when: int) -> dt.datetime:
    return dt.datetime(*when, tzinfo=ZoneInfo(zone))  # type: ignore[arg-type,misc]


def china(*when: int) -> dt.datetime:
    return at("Asia/Shanghai", *when)


@pytest.mark.parametrize(
    ("start", "minutes", "end"),
    [
        (china(2026, 11, 23, 10, 0), 60, china(2026, 11, 23, 11, 0)),
        (china(2026, 11, 23, 11, 0), 60, china(2026, 11, 23, 12, 0)),  # the closing minute still counts
        (china(2026, 11, 23, 11, 0), 61, china(2026, 11, 23, 13, 1)),  # over lunch
        (china(2026, 11, 23, 7, 0), 30, china(2026, 11, 23, 9, 30)),  # before opening
        (china(2026, 11, 23, 17, 0), 240, china(2026, 11, 24, 12, 0)),  # over night
        (china(2026, 11, 27, 17, 30), 60, china(2026, 11, 28, 10, 30)),  # Friday into Saturday
        (china(2026, 11, 28, 13, 0), 90, china(2026, 11, 30, 9, 30)),  # over Sunday
        (china(2026, 11, 29, 3, 0), 0, china(2026, 11, 29, 3, 0)),  # nothing to wait for
    ],
)
def test_minutes_pass_while_it_is_open(start: dt.datetime, minutes: int, end: dt.datetime) -> None:
    assert add_business_minutes(SHANGHAI, start, minutes) == end
    assert business_minutes(SHANGHAI, start, end) == minutes


def test_a_holiday_is_passed_over_and_a_special_day_has_its_own_hours() -> None:
    holidays = Calendar(
        "Asia/Shanghai", WEEK, {dt.date(2026, 10, 1): CLOSED, dt.date(2026, 10, 2): ((10 * 60, 12 * 60),)}
    )
    assert add_business_minutes(holidays, china(2026, 9, 30, 17, 30), 90) == china(2026, 10, 2, 11, 0)


def test_an_outlet_elsewhere_counts_in_its_own_zone() -> None:
    perth, start = Calendar("Australia/Perth", WEEK), at("Europe/Berlin", 2026, 11, 23, 8, 0)
    assert add_business_minutes(perth, start, 30) == at("Australia/Perth", 2026, 11, 23, 15, 30)


@pytest.mark.parametrize(("day", "hours"), [((2026, 3, 29), 23), ((2026, 10, 25), 25), ((2026, 6, 1), 24)])
def test_a_day_of_changing_clocks_has_the_hours_it_has(day: tuple[int, int, int], hours: int) -> None:
    berlin = Calendar("Europe/Berlin", (ROUND_THE_CLOCK,) * 7)
    start = at("Europe/Berlin", *day)
    tomorrow = at("Europe/Berlin", *day[:2], day[2] + 1)
    assert business_minutes(berlin, start, tomorrow) == hours * 60
    assert add_business_minutes(berlin, start, hours * 60) == tomorrow


def test_an_opening_in_the_hour_that_is_left_out_begins_when_the_clocks_went_forward() -> None:
    night = Calendar("Europe/Berlin", (((2 * 60 + 30, 4 * 60),),) * 7)
    start = at("Europe/Berlin", 2026, 3, 29, 0, 0)
    assert add_business_minutes(night, start, 60) == at("Europe/Berlin", 2026, 3, 29, 4, 0)


def test_an_opening_over_the_hour_that_comes_twice_has_it_twice() -> None:
    night = Calendar("Europe/Berlin", (((2 * 60, 3 * 60),),) * 7)
    assert business_minutes(night, at("Europe/Berlin", 2026, 10, 25, 0, 0), at("Europe/Berlin", 2026, 10, 25, 6)) == 120


def test_open_from_the_first_minute_until_the_last() -> None:
    assert is_open(SHANGHAI, china(2026, 11, 23, 9, 0))
    assert is_open(SHANGHAI, china(2026, 11, 23, 11, 59))
    assert not is_open(SHANGHAI, china(2026, 11, 23, 12, 0))
    assert is_open(None, china(2026, 11, 29, 3, 0))


def test_without_a_calendar_every_minute_counts() -> None:
    assert add_business_minutes(None, china(2026, 11, 29, 3, 0), 90) == china(2026, 11, 29, 4, 30)
    assert business_minutes(None, china(2026, 11, 29, 3, 0), china(2026, 11, 29, 4, 30)) == 90


def test_what_cannot_be_is_refused() -> None:
    with pytest.raises(NeverOpen):
        add_business_minutes(Calendar("UTC", (CLOSED,) * 7), china(2026, 11, 29, 3, 0), 1)
    with pytest.raises(ValueError, match="time zone"):
        add_business_minutes(SHANGHAI, dt.datetime(2026, 11, 29), 1)
    with pytest.raises(ValueError, match="seven days"):
        Calendar("UTC", (SHOP,))
    with pytest.raises(ValueError, match="follow one another"):
        Calendar("UTC", (((9, 12), (11, 13)),) * 7)
    with pytest.raises(ValueError, match="within its day"):
        Calendar("UTC", (((9, 24 * 60 + 1),),) * 7)


moments = st.datetimes(dt.datetime(2026, 1, 1), dt.datetime(2027, 12, 31), timezones=st.just(dt.UTC))
zones = st.sampled_from(["Asia/Shanghai", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"])


@settings(max_examples=60, deadline=None)
@given(zones, moments, st.integers(0, 5_000), st.integers(0, 5_000))
def test_adding_and_counting_agree_and_minutes_add_up(zone: str, start: dt.datetime, one: int, two: int) -> None:
    calendar = Calendar(zone, WEEK)
    middle = add_business_minutes(calendar, start, one)
    assert business_minutes(calendar, start, middle) == one
    if one:
        assert add_business_minutes(calendar, middle, two) == add_business_minutes(calendar, start, one + two)
