"""Opening hours and freight zones as people write them."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fulfilment.allocation.business_time import Calendar
from fulfilment.allocation.hours import HoursRefused, openings_of, openings_text, zones_of, zones_text


@pytest.mark.parametrize(
    ("text", "openings"),
    [
        ("", []),
        ("closed", []),
        ("休息", []),
        ("24h", [[0, 1440]]),
        ("全天", [[0, 1440]]),
        ("09:00–12:30, 14:00–18:00", [[540, 750], [840, 1080]]),
        ("9-18", [[540, 1080]]),
        ("9:30 - 18.00", [[570, 1080]]),
        ("9：00至12：00；14：00到18：00", [[540, 720], [840, 1080]]),
        ("14:00-18:00; 09:00-12:00", [[540, 720], [840, 1080]]),
        ("9 to 12 and 13 to 17", [[540, 720], [780, 1020]]),
        ("09:00-12:00, 12:00-15:00", [[540, 900]]),
        ("00:00–24:00", [[0, 1440]]),
    ],
)
def test_what_people_write_is_read(text: str, openings: list[list[int]]) -> None:
    assert openings_of(text) == openings


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("9", "no span of time"),
        ("morning", "no span of time"),
        ("9-25", "no time of day"),
        ("9:75-10", "no time of day"),
        ("22:00-02:00", "ends before it begins"),
        ("9-9", "ends before it begins"),
        ("9-12, 11-15", "overlap"),
        ("1-2,3-4,5-6,7-8,9-10,11-12,13-14", "at most 6"),
    ],
)
def test_what_cannot_be_says_the_mend(text: str, said: str) -> None:
    with pytest.raises(HoursRefused, match=said):
        openings_of(text)


@given(st.lists(st.integers(0, 1440), min_size=0, max_size=12, unique=True))
def test_written_hours_are_read_again_and_make_a_calendar(edges: list[int]) -> None:
    ordered = sorted(edges)
    openings = [list(pair) for pair in zip(ordered[::2], ordered[1::2], strict=False)]
    assert openings_of(openings_text(openings)) == openings
    Calendar("Europe/Berlin", tuple(tuple((start, end) for start, end in openings) for _day in range(7)))


@given(st.text(max_size=30))
def test_any_text_is_read_or_refused(text: str) -> None:
    for read, write in ((openings_of, openings_text), (zones_of, zones_text)):
        with suppress(HoursRefused):
            found = read(text)
            assert read(write(found)) == found


def test_zones_are_read_and_written() -> None:
    zones = zones_of("44: 12.5\n4501=9；10 115: 0")
    assert zones == {"44": "12.50", "4501": "9.00", "10115": "0.00"}
    assert zones_of(zones_text(zones)) == zones


@pytest.mark.parametrize("text", ["44", "44: x", "44: -1", "44: 1.005", "44: 1; 44: 2", "44: NaN", f"{'4' * 21}: 1"])
def test_zones_that_cannot_be_are_refused(text: str) -> None:
    with pytest.raises(HoursRefused):
        zones_of(text)
