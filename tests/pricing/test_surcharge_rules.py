"""The money of surcharges, with worked numbers: rounding, several codes, switched off, and the small order's edge."""

from __future__ import annotations

from decimal import Decimal as D

import pytest

from pricing.surcharges.rules import Charge, Levy, Line, line_charge, order_charge, settle

PAN, POT, KNIFE = 1, 2, 3
ALL = frozenset({PAN, POT, KNIFE})


def levy(code: str, kind: str, products: frozenset[int] = ALL, **said: str) -> Levy:
    return Levy(code, code.title(), "", kind, products=products, **{name: D(text) for name, text in said.items()})


@pytest.mark.parametrize(
    ("said", "net", "currency", "expected"),
    [
        ({"kind": "percent", "percent": "3"}, "166.50", "EUR", "5.00"),  # 4.995, half up
        ({"kind": "percent", "percent": "3"}, "166.49", "EUR", "4.99"),  # 4.9947
        ({"kind": "percent", "percent": "0.125"}, "100.00", "EUR", "0.13"),
        ({"kind": "percent", "percent": "3"}, "1650", "JPY", "50.00"),  # 49.5 yen
        ({"kind": "piece", "amount": "0.25"}, "166.50", "EUR", "2.50"),
        ({"kind": "piece", "amount": "0.0125"}, "166.50", "EUR", "0.13"),
        ({"kind": "order", "amount": "12"}, "166.50", "EUR", "0.00"),
    ],
)
def test_a_line_is_charged_once_rounded_half_up(said: dict[str, str], net: str, currency: str, expected: str) -> None:
    assert line_charge(levy("A", **said), Line(PAN, 10, D(net)), currency) == D(expected)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("said", "value", "expected"),
    [
        ({"amount": "25", "below": "500"}, "499.99", "25.00"),
        ({"amount": "25", "below": "500"}, "500.00", "0.00"),
        ({"amount": "25", "below": "500"}, "500.01", "0.00"),
        ({"percent": "5", "below": "500"}, "499.90", "25.00"),  # 24.995
        ({"percent": "5", "below": "500"}, "500.00", "0.00"),
    ],
)
def test_a_small_order_is_one_below_the_value_not_at_it(said: dict[str, str], value: str, expected: str) -> None:
    assert order_charge(levy("SMALL", "small", **said), D(value), "EUR") == D(expected)


def test_different_codes_add_up_and_the_order_s_surcharge_is_the_sum_of_its_lines() -> None:
    levies = [
        levy("METAL", "percent", percent="3"),
        levy("DEPOSIT", "piece", frozenset({POT}), amount="0.25"),
        levy("HAZARD", "order", frozenset({PAN, POT}), amount="12"),
        levy("SMALL", "small", amount="25", below="500"),
    ]
    lines = [Line(PAN, 10, D("166.50")), Line(POT, 6, D("33.50")), Line(KNIFE, 1, D("0.17"))]
    settled = settle(levies, lines, "EUR", as_order=True)
    assert [[(charge.levy.code, charge.amount) for charge in line] for line in settled.lines] == [
        [("METAL", D("5.00"))],
        [("DEPOSIT", D("1.50")), ("METAL", D("1.01"))],
        [("METAL", D("0.01"))],
    ]
    # 3 % of 200.17 in one would be 6.01; invoices add lines: 6.02. The small order goes by the goods alone.
    assert settled.charges == (
        Charge("DEPOSIT", "Deposit", "", D("1.50")),
        Charge("HAZARD", "Hazard", "", D("12.00")),
        Charge("METAL", "Metal", "", D("6.02")),
        Charge("SMALL", "Small", "", D("25.00"), D("299.83")),
    )


def test_a_page_knows_no_surcharge_by_order() -> None:
    levies = [levy("METAL", "percent", percent="3"), levy("SMALL", "small", amount="25", below="500")]
    settled = settle(levies, [Line(PAN, 1, D("100.00"))], "EUR", as_order=False)
    assert [charge.amount for charge in settled.lines[0]] == [D("3.00")]
    assert settled.charges == ()


def test_what_is_zero_is_not_there() -> None:
    levies = [levy("METAL", "percent", percent="0"), levy("TINY", "percent", percent="0.001")]
    settled = settle(levies, [Line(PAN, 1, D("1.00"))], "EUR", as_order=True)
    assert (settled.lines, settled.charges) == ([()], ())


def test_of_one_code_by_order_the_most_is_charged_once_and_only_for_what_is_ordered() -> None:
    levies = [
        levy("FEE", "order", frozenset({PAN}), amount="5"),
        levy("FEE", "order", frozenset({POT}), amount="9"),
        levy("FEE", "order", frozenset({KNIFE}), amount="99"),
    ]
    lines = [Line(PAN, 1, D("10.00")), Line(POT, 1, D("10.00"))]
    assert settle(levies, lines, "EUR", as_order=True).charges == (Charge("FEE", "Fee", "", D("9.00")),)


def test_an_order_without_goods_is_charged_nothing() -> None:
    levies = [levy("SMALL", "small", amount="25", below="500"), levy("FEE", "order", amount="5")]
    assert settle(levies, [], "EUR", as_order=True).charges == ()
