"""Days and chips of a filtered list."""

from __future__ import annotations

from datetime import date

import pytest
from django import forms
from django.http import QueryDict

from dealers.accounts.models import DealerChange
from portal.components.filters import day_start, filter_chips, within_days
from tests.factories import World


class Wanted(forms.Form):
    """A text, a choice and a day."""

    q = forms.CharField(label="Search", required=False)
    kind = forms.ChoiceField(label="Kind", choices=[("", "All"), ("a", "First")], required=False)
    day = forms.DateField(label="Day", required=False)


def test_a_chip_says_the_choice_and_leads_to_the_list_without_it() -> None:
    query = QueryDict("q=pan&kind=a&after=x")
    assert filter_chips(Wanted(query), query) == [
        {"label": "Search: pan", "url": "?kind=a"},
        {"label": "Kind: First", "url": "?q=pan"},
    ]


def test_a_field_s_own_words_go_before_its_choices() -> None:
    query = QueryDict("kind=a")
    assert filter_chips(Wanted(query), query, {"kind": {"a": "Other"}})[0]["label"] == "Kind: Other"


def test_a_long_text_is_cut() -> None:
    query = QueryDict("q=" + "x" * 100)
    assert filter_chips(Wanted(query), query)[0]["label"] == "Search: " + "x" * 39 + "…"


def test_a_filter_with_errors_has_no_chips() -> None:
    query = QueryDict("q=pan&day=never")
    assert filter_chips(Wanted(query), query) == []


@pytest.mark.parametrize(
    ("first", "last", "found"),
    [
        (None, None, True),
        (date(2026, 3, 2), date(2026, 3, 2), True),
        (date(2026, 3, 3), None, False),
        (None, date(2026, 3, 1), False),
        (date.min, date.max, True),
    ],
)
def test_days_hold_their_first_and_last_moment(
    world: World, first: date | None, last: date | None, found: bool
) -> None:
    DealerChange.objects.create(dealer=world.alpine, by=world.ada, at=day_start(date(2026, 3, 2)), field="member")
    assert within_days(DealerChange.objects.all(), "at", first, last).exists() is found
