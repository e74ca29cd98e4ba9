"""Choosing a price, against an independent reading of the rule; ladders, steps, gain and margin in numbers."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pricing.rules import CODE, LEAST, PRICE, Gain, Row, Tier, choose, gain, ladder, margin, steps

D = Decimal


def row(rank: int, least: int, price: str, kind: str = "standard") -> Row:
    """A price of the list at a rank."""
    return 1, rank, kind, f"L{rank}", least, D(price)


@st.composite
def chains(draw: st.DrawFn) -> list[Row]:
    """Rows in the database's order; several for one quantity stand for what became valid one after the other."""
    cells = draw(st.lists(st.tuples(st.integers(0, 4), st.integers(1, 30), st.integers(1, 10**6)), max_size=25))
    return [row(rank, least, f"{cents}E-2") for rank, least, cents in sorted(cells, key=lambda cell: cell[:2])]


@given(chains(), st.integers(1, 40))
def test_choosing_is_the_rule_read_literally(rows: list[Row], quantity: int) -> None:
    expected = None
    for rank in range(5):
        reached = [each for each in rows if each[1] == rank and each[LEAST] <= quantity]
        if reached:
            highest = max(each[LEAST] for each in reached)
            expected = [each for each in reached if each[LEAST] == highest][-1]
            break
    assert choose(rows, quantity) == expected


@given(chains(), st.integers(1, 40))
def test_the_ladder_says_what_each_quantity_pays(rows: list[Row], quantity: int) -> None:
    reached = [tier for tier in ladder(rows) if tier.min_quantity <= quantity]
    chosen = choose(rows, quantity)
    assert (reached[-1].price if reached else None) == (chosen[PRICE] if chosen else None)


@given(chains(), st.integers(1, 40))
def test_steps_end_at_the_price_and_their_changes_add_up(rows: list[Row], quantity: int) -> None:
    chosen, found = choose(rows, quantity), steps(rows, quantity)
    if chosen is None:
        assert found == ()
    else:
        assert (found[-1].kind, found[-1].unit_price, found[-1].list_code) == ("net", chosen[PRICE], chosen[CODE])
        assert found[0].unit_price + sum(step.change for step in found) == chosen[PRICE]


def test_steps_lead_from_the_list_price_over_the_agreement_and_its_tier() -> None:
    rows = [row(1, 1, "17.00", "agreement"), row(1, 10, "16.00", "agreement"), row(2, 1, "18.50"), row(3, 1, "20.00")]
    assert [(step.kind, step.list_code, step.unit_price, step.change) for step in steps(rows, 12)] == [
        ("list", "L3", D("20.00"), D(0)),
        ("agreement", "L1", D("17.00"), D("-3.00")),
        ("tier", "L1", D("16.00"), D("-1.00")),
        ("net", "L1", D("16.00"), D("0.00")),
    ]


@pytest.mark.parametrize(
    ("rank", "kind", "named"),
    [
        (0, "exceptions", "exception"),
        (1, "formula", "formula"),
        (1, "agreement", "agreement"),
        (1, "standard", "list"),
        (100_001, "standard", "group"),
    ],
)
def test_a_step_is_named_after_the_list_that_rules(rank: int, kind: str, named: str) -> None:
    found = steps([row(rank, 1, "9.00", kind), row(200_000, 1, "10.00")], 1)
    assert [step.kind for step in found] == ["list", named, "net"]


def test_without_a_standard_list_the_ruling_one_comes_first() -> None:
    assert [step.kind for step in steps([row(1, 5, "9.00", "agreement")], 7)] == ["agreement", "net"]


def test_the_ladder_takes_a_farther_list_below_the_nearer_one_s_tiers() -> None:
    rows = [row(1, 100, "15.00"), row(2, 1, "20.00"), row(2, 10, "18.50"), row(2, 200, "14.00")]
    assert ladder(rows) == (Tier(1, D("20.00")), Tier(10, D("18.50")), Tier(100, D("15.00")))


def test_gain_counts_what_is_saved_on_the_quantity_the_tier_needs() -> None:
    tiers = (Tier(1, D("20.00")), Tier(10, D("18.50")), Tier(100, D("15.00")))
    assert gain(tiers, 8, D("20.00")) == Gain(10, 2, D("18.50"), D("1.50"), D("15.00"))
    assert gain(tiers, 100, D("15.00")) is None


def test_a_dearer_tier_is_no_gain() -> None:
    assert gain((Tier(1, D("10")), Tier(5, D("11")), Tier(9, D("8"))), 1, D("10")) == Gain(
        9, 8, D("8"), D("2"), D("18")
    )


def test_margin_is_a_share_of_the_retail_price() -> None:
    assert margin(D("35.3097"), D("20.0000")) == (D("15.3097"), D("43.4"))
    assert margin(D("10.00"), D("12.00")) == (D("-2.00"), D("-20.0"))
