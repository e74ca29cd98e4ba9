"""Which promotion wins and what it takes off: worked numbers, and promises for any numbers."""

from __future__ import annotations

from decimal import Decimal as D
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pricing.money import round_money
from pricing.promotions.rules import Deal, Line, hint_of, line_discount, pieces_of, settle, taken

PAN, POT, KNIFE = 1, 2, 3
ALL = frozenset({PAN, POT, KNIFE})


def deal(code: str, kind: str, **fields: Any) -> Deal:
    fields.setdefault("products", ALL)
    return Deal(sum(map(ord, code)), code, code, "", kind, **fields)


def line(product: int, quantity: int, price: str) -> Line:
    return Line(product, quantity, D(price), round_money(D(price) * quantity, "EUR"))


TEN = deal("TEN", "percent", percent=D(10))
CHEAPER = deal("CHEAPER", "amount", amount=D("0.75"))
TWELVE = deal("TWELVE", "free", buy=12, free=1)
BUNDLE = deal("BUNDLE", "bundle", percent=D(10), minimum_quantity=24, products=frozenset({PAN, POT}))
ORDER = deal("ORDER", "order", percent=D(5), minimum_value=D(100))


@pytest.mark.parametrize(
    ("promotion", "quantity", "price", "off"),
    [
        (TEN, 5, "10.00", "5.00"),
        (TEN, 3, "3.33", "1.00"),
        (CHEAPER, 5, "10.00", "3.75"),
        (CHEAPER, 5, "0.50", "2.50"),
        (TWELVE, 12, "10.00", "0.00"),
        (TWELVE, 13, "10.00", "10.00"),
        (TWELVE, 27, "10.00", "20.00"),
        (BUNDLE, 23, "10.00", "0.00"),
        (BUNDLE, 24, "10.00", "24.00"),
        (ORDER, 24, "10.00", "0.00"),
    ],
)
def test_what_each_kind_takes_off_a_line(promotion: Deal, quantity: int, price: str, off: str) -> None:
    assert line_discount(promotion, line(PAN, quantity, price), quantity, "EUR") == D(off)


#: What is offered, and which of it the line gets: the golden table of precedence.
PRECEDENCE = [
    ("the larger discount wins", [TEN, deal("FIVE", "percent", percent=D(5))], "TEN"),
    ("whatever the priority", [TEN, deal("FIVE", "percent", percent=D(5), priority=1)], "TEN"),
    ("whatever is exclusive", [TEN, deal("FIVE", "percent", percent=D(5), exclusive=True)], "TEN"),
    ("of equals the lower priority", [TEN, deal("ZEN", "percent", percent=D(10), priority=1)], "ZEN"),
    ("then the code", [TEN, deal("ALSO", "percent", percent=D(10))], "ALSO"),
    ("one that takes nothing off does not hold", [TWELVE], None),
    ("kinds compare by money", [TEN, deal("ONE", "amount", amount=D("1.01"))], "ONE"),
    ("not for other products", [deal("POT", "percent", percent=D(50), products=frozenset({POT}))], None),
    ("not beyond the budget", [TEN, deal("HALF", "percent", percent=D(50), left=D("49.99"))], "TEN"),
    ("up to the last cent of it", [TEN, deal("HALF", "percent", percent=D(50), left=D("50.00"))], "HALF"),
]


@pytest.mark.parametrize(("offered", "wins"), [row[1:] for row in PRECEDENCE], ids=[row[0] for row in PRECEDENCE])
@pytest.mark.parametrize("as_order", [True, False])
def test_precedence(offered: list[Deal], wins: str | None, as_order: bool) -> None:
    for deals in (offered, offered[::-1]):
        settled = settle(deals, [line(PAN, 10, "10.00")], "EUR", as_order=as_order)
        assert (settled.deals[0].code if settled.deals[0] else None) == wins


def test_a_bundle_counts_all_its_products_of_an_order_and_only_then() -> None:
    lines = [line(PAN, 14, "10.00"), line(POT, 10, "20.00"), line(KNIFE, 50, "1.00")]
    assert settle([BUNDLE], lines, "EUR", as_order=True).discounts == [D("14.00"), D("20.00"), D("0.00")]
    assert settle([BUNDLE], lines, "EUR", as_order=False).discounts == [D("0.00")] * 3
    hint = hint_of(
        [BUNDLE], lines[0]._replace(quantity=11), pieces_of([BUNDLE], [lines[0]._replace(quantity=11), lines[1]]), None
    )
    assert hint is not None
    assert hint.more == 3


def test_the_order_value_counts_what_is_left_after_the_lines_own_promotions() -> None:
    lines = [line(PAN, 10, "10.00"), line(KNIFE, 1, "9.99")]
    half = deal("PAN", "percent", percent=D(10), products=frozenset({PAN}))
    settled = settle([half, ORDER], lines, "EUR", as_order=True)
    assert (settled.order_deal, settled.order_discount) == (None, D("0.00")), "90.00 + 9.99 is below 100"
    settled = settle([half, ORDER], [lines[0], line(KNIFE, 1, "10.00")], "EUR", as_order=True)
    assert (settled.order_deal, settled.order_discount, settled.shares) == (ORDER, D("5.00"), [D("4.50"), D("0.50")])


def test_what_is_exclusive_stands_alone() -> None:
    lines = [line(PAN, 10, "10.00"), line(KNIFE, 10, "20.00")]
    alone = deal("ALONE", "percent", percent=D(10), products=frozenset({PAN}), exclusive=True)
    settled = settle([alone, ORDER], lines, "EUR", as_order=True)
    assert settled.shares == [D("0.00"), D("10.00")], "the pan has its exclusive promotion"
    beside = alone._replace(exclusive=False)
    settled = settle([beside, ORDER._replace(exclusive=True)], lines, "EUR", as_order=True)
    assert settled.shares == [D("0.00"), D("10.00")], "an exclusive order promotion leaves promoted lines out"
    assert settle([beside, ORDER], lines, "EUR", as_order=True).shares == [D("4.50"), D("10.00")]


def test_a_budget_that_is_too_small_for_the_order_is_told_and_the_next_best_holds() -> None:
    small = deal("SMALL", "percent", percent=D(20), left=D("30.00"))
    lines = [line(PAN, 10, "10.00"), line(KNIFE, 10, "10.00")]
    settled = settle([small, TEN], lines, "EUR", as_order=True)
    assert settled.spent == (small,)
    assert settled.discounts == [D("10.00"), D("10.00")]


def test_a_used_up_budget_that_nobody_would_have_used_is_not_told() -> None:
    gone = deal("GONE", "percent", percent=D(5), left=D("0.00"))
    assert settle([gone, TEN], [line(PAN, 1, "10.00")], "EUR", as_order=True).spent == ()


money = st.decimals(min_value="0.01", max_value="999.9999", places=4)
products = st.frozensets(st.integers(1, 3), min_size=1)
limits = st.none() | st.decimals(min_value="0", max_value="500", places=2)


@st.composite
def promotions(draw: Any) -> Deal:
    kind = draw(st.sampled_from(["percent", "amount", "free", "bundle", "order"]))
    whole = kind in ("percent", "bundle") or (kind == "order" and draw(st.booleans()))
    return Deal(
        pk=draw(st.integers(1, 10**9)),
        code=draw(st.text("ABC", min_size=1, max_size=4)),
        name="x",
        name_zh="",
        kind=kind,
        percent=draw(st.decimals("0.01", "100", places=2)) if whole else None,
        amount=draw(money) if not whole and kind in ("amount", "order") else None,
        buy=draw(st.integers(1, 12)),
        free=draw(st.integers(1, 3)),
        minimum_quantity=draw(st.integers(2, 40)),
        minimum_value=draw(st.decimals("0", "2000", places=2)),
        exclusive=draw(st.booleans()),
        priority=draw(st.integers(1, 3)),
        left=draw(limits),
        products=draw(products),
    )


quantities = st.lists(st.tuples(st.integers(1, 3), st.integers(1, 60), money), min_size=1, max_size=6)


@given(st.lists(promotions(), max_size=5, unique_by=lambda each: each.pk), quantities, st.sampled_from(["EUR", "JPY"]))
def test_parts_sum_to_the_whole_and_nothing_goes_below_zero(deals: list[Deal], asked: Any, currency: str) -> None:
    lines = [Line(pk, number, price, round_money(price * number, currency)) for pk, number, price in asked]
    settled = settle(deals, lines, currency, as_order=True)
    assert sum(settled.shares, D(0)) == settled.order_discount
    for bare, off, share in zip(lines, settled.discounts, settled.shares, strict=True):
        assert min(off, share, bare.amount - off - share) >= 0
    by_deal = {each.pk: each.left for each in deals}
    for pk, amount in taken(settled).items():
        assert by_deal[pk] is None or amount <= (by_deal[pk] or 0)
    assert sum(taken(settled).values(), D(0)) == sum(settled.discounts, D(0)) + settled.order_discount


@given(st.lists(promotions(), max_size=5, unique_by=lambda each: each.pk), quantities)
def test_each_line_gets_the_best_of_what_stands_by_brute_force(deals: list[Deal], asked: Any) -> None:
    lines = [Line(pk, number, price, round_money(price * number, "EUR")) for pk, number, price in asked]
    settled = settle(deals, lines, "EUR", as_order=True)
    gone = {each.pk for each in settled.spent}
    standing = [each for each in deals if each.pk not in gone]
    for bare, off in zip(lines, settled.discounts, strict=True):
        offers = [D(0)]
        for each in standing:
            if bare.product_id in each.products:
                pieces = sum(other.quantity for other in lines if other.product_id in each.products)
                offers.append(line_discount(each, bare, pieces, "EUR"))
        assert off == max(offers)
