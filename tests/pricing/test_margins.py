"""Margin protection by worked numbers: landed cost 780.00, freight 18.00, 18 % protected, 13 % tax."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pricing.margins.amounts import MILLION, net, percent, shares, step
from pricing.margins.journal import Account, balance, entries, warehouse_entries
from pricing.margins.planning import lowest_price, price_by_formula
from pricing.margins.returns import Returned, reversal
from pricing.margins.settle import Settlement, settle, territory_override
from pricing.margins.spread import part_sale, spread
from pricing.margins.terms import Caps, Floor, Model, Rates, Refusal, Sale, Terms

RATES = Rates(
    goods_tax=percent(13),
    freight_tax=percent(9),
    service_tax=percent(6),
    top_up_tax=percent(13),
    payment_fee=percent("0.6"),
    guide=percent(2),
)
TERMS = Terms(RATES, Floor(share=percent(18)), Caps(share=percent(10)))


def sale(paid: int, **changed: int) -> Sale:
    return replace(Sale(1, paid, landed_cost=780_00, freight=18_00, wholesale_margin=90_00), **changed)


def numbers(found: Settlement) -> tuple[int, int, int, int | None, int, int, int]:
    return (
        found.margin_before,
        found.floor,
        found.top_up,
        found.cap,
        found.dealer_receives,
        found.dealer_margin,
        found.supplier_margin,
    )


def test_an_everyday_sale_needs_no_top_up() -> None:
    found = settle(sale(1_099_00), TERMS)
    assert numbers(found) == (259_57, 175_07, 0, 109_90, 1_092_41, 259_57, 70_55)
    assert found.fees.guide == 19_45
    assert found.refusal is None


def test_a_promotion_is_topped_up_to_the_protected_margin() -> None:
    found = settle(sale(899_00), TERMS)
    assert numbers(found) == (83_72, 143_21, 67_22, 89_90, 960_83, 143_21, 14_60)
    assert found.fees.guide == 15_91
    assert found.refusal is None


def test_a_deep_promotion_is_refused_for_its_top_up() -> None:
    found = settle(sale(829_00), TERMS)
    assert (found.margin_before, found.floor, found.top_up, found.cap) == (22_16, 132_06, 124_19, 82_90)
    assert found.supplier_margin == -34_57
    assert found.refusal is Refusal.TOP_UP_OVER_CAP


def test_a_dealer_with_better_terms_is_refused_only_for_the_suppliers_floor() -> None:
    better = sale(829_00, landed_cost=700_00, freight=24_00, wholesale_margin=40_00)
    found = settle(better, TERMS)
    assert numbers(found) == (87_45, 132_06, 50_41, 82_90, 874_44, 132_06, -19_28)
    assert found.refusal is None
    for floor, refusal in ((-19_28, None), (-19_27, Refusal.SUPPLIER_FLOOR)):
        caps = replace(TERMS.caps, supplier_floor=floor)
        assert settle(better, replace(TERMS, caps=caps)).refusal is refusal


def test_commission_fee_on_the_supplier_and_freight_charged() -> None:
    rates = replace(RATES, commission=percent(5), payment_fee_on_dealer=0)
    found = settle(sale(1_099_00, freight_charged=12_00), replace(TERMS, rates=rates))
    assert numbers(found) == (224_96, 175_07, 0, 109_90, 1_056_05, 224_96, 116_10)
    assert (found.fees.commission, found.fees.payment) == (54_95, 6_67)


def test_rounding_steps_the_top_up_down_by_a_cent() -> None:
    """59.49 missing net would be 67.23 rounded up; 67.22 contains 7.73 of tax and leaves 59.49 already."""
    assert net(67_22, percent(13)) == 59_49
    assert net(67_21, percent(13)) == 59_48


def test_the_journal_of_the_promotion() -> None:
    booked = entries(settle(sale(899_00), TERMS))
    assert {entry.account: entry.amount for entry in booked} == {
        Account.CASH_CLEARING: 893_61,
        Account.SUBSIDY: 67_22,
        Account.GUIDE_EXPENSE: 15_91,
        Account.DEALER_PAYABLE: -960_83,
        Account.GUIDE_PAYABLE: -15_91,
    }


def test_a_refused_line_is_not_booked() -> None:
    with pytest.raises(ValueError, match="refused"):
        entries(settle(sale(829_00), TERMS))


@pytest.mark.parametrize(
    ("with_top_up", "formula", "exact"),
    [(False, 981_63, 981_64), (True, 874_19, 874_20)],
)
def test_planning_prices(*, with_top_up: bool, formula: int, exact: int) -> None:
    assert round(price_by_formula(sale(1), TERMS, with_top_up=with_top_up)) == formula
    assert lowest_price(sale(1), TERMS, with_top_up=with_top_up) == exact


def test_an_order_coupon_comes_to_its_lines() -> None:
    gross = [1_099_00, 459_00, 199_00]
    parts = spread(gross, discount=100_00, by_supplier=60_00, freight=18_00)
    assert [each.discount for each in parts] == [62_55, 26_12, 11_33]
    assert [each.supplier_discount for each in parts] == [37_53, 15_67, 6_80]
    assert [each.freight for each in parts] == [11_26, 4_70, 2_04]
    receives = [
        settle(
            Sale(1, each - of.discount, 0, of.freight, supplier_discount=of.supplier_discount),
            TERMS,
        ).dealer_receives
        for each, of in zip(gross, parts, strict=True)
    ]
    assert receives == [1_067_76, 445_95, 193_34]
    assert sum(receives) == 1_707_05


def test_a_commission_is_shared_by_largest_remainder() -> None:
    assert shares(19_45, [60, 30, 10]) == [11_67, 5_84, 1_94]


def test_three_units_return_one_by_one() -> None:
    three = sale(3 * 899_00, quantity=3, landed_cost=3 * 780_00)
    found = settle(three, TERMS)
    assert (found.dealer_receives, found.top_up) == (2_845_19, 164_37)
    assert [step(found.dealer_receives, 3, each, each + 1) for each in range(3)] == [948_40, 948_39, 948_40]
    back = [reversal(entries(found), quantity=3, before=Returned(each), after=Returned(each + 1)) for each in range(3)]
    of_account = [{entry.account: entry.amount for entry in journal} for journal in back]
    assert [each[Account.DEALER_PAYABLE] for each in of_account] == [948_40, 948_39, 948_40]
    assert [each[Account.SUBSIDY] for each in of_account] == [-54_79] * 3
    assert balance([entries(found), *back]) == {}


def test_where_the_supplier_sells_the_dealer_gets_its_cost_and_a_fee() -> None:
    found = settle(sale(899_00), replace(TERMS, model=Model.SUPPLIER_SELLS))
    assert (found.floor, found.fulfilment_fee) == (143_21, 169_30)
    assert net(169_30, percent(6)) == 159_72
    assert found.dealer_receives == 780_00 + 169_30
    assert found.dealer_margin == 143_21


def test_where_a_top_up_is_needed_both_models_cost_the_supplier_the_same() -> None:
    sells, paid = (settle(sale(899_00), replace(TERMS, model=model)) for model in Model)
    assert (sells.top_up, sells.supplier_margin) == (paid.top_up, paid.supplier_margin) == (67_22, 14_60)
    assert settle(sale(829_00), replace(TERMS, model=Model.SUPPLIER_SELLS)).refusal is Refusal.TOP_UP_OVER_CAP


def test_the_owner_of_a_territory_gets_its_share_when_another_fulfils() -> None:
    terms = replace(TERMS, rates=replace(RATES, override=percent(3)))
    found = settle(sale(1_099_00), terms)
    override = territory_override(found.sale, terms)
    assert override == 29_18
    booked = {entry.account: entry.amount for entry in entries(found, override=override)}
    assert booked[Account.OVERRIDE_PAYABLE] == -29_18
    assert sum(booked.values()) == 0
    assert sum(entry.amount for entry in warehouse_entries(1_099_00, 12_00, 6_67, override=override)) == 0


def test_freight_charged_stays_with_the_dealer_unless_the_fault_is_its_own() -> None:
    found = settle(sale(1_099_00, freight_charged=12_00), TERMS)
    booked = entries(found)
    kept = reversal(booked, quantity=1, before=Returned(), after=Returned(1))
    assert balance([booked, kept]) == {Account.CASH_CLEARING: 12_00, Account.DEALER_PAYABLE: -12_00}
    fault = reversal(booked, quantity=1, before=Returned(), after=Returned(1, by_dealers_fault=1))
    assert balance([booked, fault]) == {}


@pytest.mark.parametrize(
    ("caps", "refusal"),
    [
        (Caps(per_line=67_22), None),
        (Caps(per_line=67_21), Refusal.TOP_UP_OVER_CAP),
        (Caps(campaign_left=67_22), None),
        (Caps(campaign_left=67_21), Refusal.CAMPAIGN_BUDGET),
        (Caps(), None),
    ],
)
def test_a_top_up_reaches_its_cap_and_not_a_cent_more(caps: Caps, refusal: Refusal | None) -> None:
    assert settle(sale(899_00), replace(TERMS, caps=caps)).refusal is refusal


def test_a_floor_per_unit_holds_where_it_is_the_higher() -> None:
    three = sale(3 * 899_00, quantity=3, landed_cost=3 * 780_00)
    assert settle(three, replace(TERMS, floor=Floor(percent(18), per_unit=150_00))).dealer_margin == 450_00


def test_a_parted_line_comes_to_the_whole() -> None:
    whole = Sale(3, 899_00, 780_01, 18_00, 10_00, 12_00, 90_00)
    one, two = part_sale(whole, [1, 2])
    assert (one.paid, two.paid) == (299_67, 599_33)
    assert one.landed_cost + two.landed_cost == whole.landed_cost
    with pytest.raises(ValueError, match="parts have 4 units"):
        part_sale(whole, [2, 2])


def test_what_cannot_be_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one unit"):
        Sale(0, 1, 1)
    with pytest.raises(ValueError, match="no negative"):
        Sale(1, -1, 1)
    with pytest.raises(ValueError, match="four decimals"):
        percent("0.00001")
    with pytest.raises(ValueError, match="at most the order's amount"):
        spread([1_00], discount=1_01)
    with pytest.raises(ValueError, match="no step forward"):
        step(100, 3, 2, 1)
    assert percent(100) == MILLION
