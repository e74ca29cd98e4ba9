"""The sides of journals by property: whatever was sold and however it comes back, every cent is somebody's."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from fulfilment.allocation.models import OfferLine
from fulfilment.allocation.record import to_plain
from fulfilment.settlement.sides import Sides, came_back, from_warehouse, sent
from pricing.margins.amounts import percent
from pricing.margins.returns import Returned
from pricing.margins.settle import settle
from pricing.margins.terms import Caps, Model, Sale, Terms
from tests.fulfilment.settlement_samples import RATES, TERMS

DEALER, OWNERS = 7, (8, 9)

terms = st.builds(
    lambda model, commission, fee, guide: Terms(
        replace(
            RATES, commission=percent(commission), payment_fee_on_dealer=percent(fee), guide_on_dealer=percent(guide)
        ),
        TERMS.floor,
        Caps(),
        model,
    ),
    st.sampled_from(Model),
    st.integers(0, 10),
    st.integers(0, 100),
    st.integers(0, 100),
)
sales = st.builds(
    Sale,
    quantity=st.integers(1, 7),
    paid=st.integers(0, 500_000),
    landed_cost=st.integers(0, 400_000),
    freight=st.integers(0, 5_000),
    supplier_discount=st.integers(0, 50_000),
    freight_charged=st.integers(0, 5_000),
    wholesale_margin=st.integers(0, 50_000),
)
overrides = st.lists(st.integers(0, 20_000), max_size=2)


def line_of(sale: Sale, made_on: Terms, amounts: list[int]) -> OfferLine:
    owners = [[owner, amount] for owner, amount in zip(OWNERS, amounts, strict=False)]
    return OfferLine(quantity=sale.quantity, settlement=to_plain(settle(sale, made_on)), overrides=owners)


def assert_whole(sides: Sides) -> None:
    assert sum(leg.amount for leg in sides.legs) == 0
    assert len({(leg.account, leg.dealer_id) for leg in sides.legs}) == len(sides.legs)
    cash = sum(leg.amount for leg in sides.legs if leg.account == "cash_clearing")
    assert cash + sides.payment_fee == Decimal(sides.paid + sides.freight) / 100


@settings(max_examples=300, deadline=None)
@given(sales, terms, overrides, st.data())
def test_whatever_comes_back_step_by_step_takes_back_all(
    sale: Sale, made_on: Terms, amounts: list[int], data: st.DataObject
) -> None:
    line, count = line_of(sale, made_on, amounts), Returned()
    every = [sent(line, DEALER)]
    while count.units < sale.quantity:
        units = data.draw(st.integers(1, sale.quantity - count.units))
        after = Returned(count.units + units, count.by_dealers_fault + units)
        every.append(came_back(line, DEALER, count, after))
        count = after

    left: dict[tuple[str, int | None], Decimal] = defaultdict(Decimal)
    for sides in every:
        assert_whole(sides)
        for leg in sides.legs:
            left[leg.account, leg.dealer_id] += leg.amount
    assert not any(left.values())
    assert sum(sides.paid + sides.freight for sides in every) == sum(sides.top_up for sides in every) == 0
    assert sum(sides.payment_fee for sides in every) == 0


@settings(max_examples=100, deadline=None)
@given(sales, terms)
def test_freight_is_the_dealers_where_the_fault_is_not(sale: Sale, made_on: Terms) -> None:
    line = line_of(sale, made_on, [])
    out, back = sent(line, DEALER), came_back(line, DEALER, Returned(), Returned(sale.quantity, 0))

    assert_whole(back)
    kept = sum(leg.amount for sides in (out, back) for leg in sides.legs if leg.account == "cash_clearing")
    assert kept == Decimal(sale.freight_charged) / 100
    assert back.freight == 0


@given(st.integers(0, 10**8), st.integers(0, 10**5), st.integers(0, 10**5))
def test_what_the_warehouse_sends_is_whole(paid: int, freight: int, fee: int) -> None:
    assert_whole(from_warehouse(paid, freight, fee))
