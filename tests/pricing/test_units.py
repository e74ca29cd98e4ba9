"""Units: cartons into pieces and back, by example and by property, and every quantity that is none."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pricing.units import LARGEST_QUANTITY, PackUnit, UnitRefused, fitting, in_units, to_base

CARTON, PALLET = PackUnit("carton", 12), PackUnit("pallet", 480)


def test_cartons_become_pieces() -> None:
    assert to_base(3, "carton", base="piece", units=[CARTON, PALLET]) == 36


@pytest.mark.parametrize("unit", ["", "piece"])
def test_the_sales_unit_counts_as_it_is(unit: str) -> None:
    assert to_base(Decimal("7.00"), unit, base="piece") == 7


@pytest.mark.parametrize(
    ("quantity", "unit", "code"),
    [
        (0, "carton", "too_small"),
        (-1, "piece", "too_small"),
        (Decimal("1.5"), "carton", "fraction"),
        (Decimal("NaN"), "piece", "fraction"),
        (Decimal("Infinity"), "piece", "fraction"),
        (Decimal("1e400"), "piece", "too_large"),
        (Decimal("-1e400"), "piece", "too_small"),
        (LARGEST_QUANTITY + 1, "piece", "too_large"),
        (LARGEST_QUANTITY, "carton", "too_large"),
        (1, "barrel", "unknown_unit"),
        (1, "CARTON", "unknown_unit"),
    ],
)
def test_what_is_no_quantity_of_a_unit_is_refused(quantity: int | Decimal, unit: str, code: str) -> None:
    with pytest.raises(UnitRefused) as refused:
        to_base(quantity, unit, base="piece", units=[CARTON])
    assert refused.value.code == code


def test_a_quantity_is_said_in_its_largest_units() -> None:
    assert in_units(507, base="piece", units=[CARTON, PALLET]) == ((1, "pallet"), (2, "carton"), (3, "piece"))


def test_nothing_is_none_of_the_sales_unit() -> None:
    assert in_units(0, base="piece", units=[CARTON]) == ((0, "piece"),)


def test_less_than_nothing_is_refused() -> None:
    with pytest.raises(UnitRefused):
        in_units(-1, base="piece")


@given(
    quantity=st.integers(0, LARGEST_QUANTITY),
    factors=st.lists(st.integers(2, 5000), min_size=1, max_size=4, unique=True),
)
def test_said_in_units_it_is_still_the_same_quantity(quantity: int, factors: list[int]) -> None:
    units = [PackUnit(f"u{factor}", factor) for factor in factors]
    parts = in_units(quantity, base="piece", units=units)
    again = sum(number if unit == "piece" else number * int(unit[1:]) for number, unit in parts)
    assert again == quantity


def test_only_units_that_keep_the_pack_can_be_chosen() -> None:
    units = [PALLET, PackUnit("box", 10), CARTON, PackUnit("case", 6)]
    assert [unit.code for unit in fitting(units, minimum=12, multiple=6)] == ["carton", "pallet"]
