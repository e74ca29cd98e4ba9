"""Rounding and splitting, by property."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pricing.money import round_money, split

amounts = st.decimals(min_value=-(10**9), max_value=10**9, places=2)
weights = st.lists(st.decimals(min_value=0, max_value=10**6, places=2), min_size=1, max_size=40)


@given(amounts, weights)
def test_parts_sum_to_the_whole(total: Decimal, shares: list[Decimal]) -> None:
    assert sum(split(total, shares, "EUR")) == total


@given(st.decimals(min_value=0, max_value=10**9, places=2), weights)
def test_no_part_is_more_than_a_cent_from_its_exact_share(total: Decimal, shares: list[Decimal]) -> None:
    whole = sum(shares)
    if whole:
        for part, share in zip(split(total, shares, "EUR"), shares, strict=True):
            assert abs(part - total * share / whole) < Decimal("0.01")


@pytest.mark.parametrize(
    ("amount", "currency", "rounded"),
    [
        ("0.005", "EUR", "0.01"),
        ("-0.005", "EUR", "-0.01"),
        ("2.675", "CNY", "2.68"),
        ("2.5", "JPY", "3.00"),
        ("1.4999", "JPY", "1.00"),
    ],
)
def test_halves_round_away_from_zero(amount: str, currency: str, rounded: str) -> None:
    assert str(round_money(Decimal(amount), currency)) == rounded


def test_an_amount_cannot_be_shared_among_nobody() -> None:
    with pytest.raises(ValueError, match="nothing to share"):
        split(Decimal("1.00"), [], "EUR")
    assert split(Decimal("0.00"), [], "EUR") == []
