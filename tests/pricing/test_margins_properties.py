"""Margin protection by property: floors hold, top-ups are the smallest, journals sum to zero, returns undo them."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from pricing.margins.amounts import MILLION, half_up, net, shares, smallest_gross, step
from pricing.margins.journal import Party, balance, entries
from pricing.margins.returns import Returned, reversal
from pricing.margins.settle import fees, settle
from pricing.margins.spread import part_sale, spread
from pricing.margins.terms import Caps, Floor, Model, Rates, Sale, Terms

some = settings(max_examples=150, deadline=None)
taxes = st.sampled_from([0, 50_000, 60_000, 77_000, 88_750, 90_000, 130_000, 190_000, 270_000])
shares_of = st.integers(0, MILLION)

rates = st.builds(
    Rates,
    goods_tax=taxes,
    freight_tax=taxes,
    service_tax=taxes,
    top_up_tax=taxes,
    payment_fee=st.integers(0, 30_000),
    payment_fee_on_dealer=shares_of,
    guide=st.integers(0, 50_000),
    guide_on_dealer=shares_of,
    commission=st.integers(0, 120_000),
    override=st.integers(0, 50_000),
)
floors = st.builds(Floor, share=st.integers(0, 300_000), per_unit=st.integers(0, 50_00))
terms = st.builds(Terms, rates, floors, st.just(Caps()), st.sampled_from(Model))
sales = st.builds(
    Sale,
    quantity=st.integers(1, 7),
    paid=st.integers(0, 3_000_00),
    landed_cost=st.integers(0, 3_000_00),
    freight=st.integers(0, 60_00),
    supplier_discount=st.integers(0, 300_00),
    freight_charged=st.integers(0, 30_00),
    wholesale_margin=st.integers(-100_00, 300_00),
)


@some
@given(st.integers(-50, 3_000), taxes)
def test_the_closed_form_is_what_trying_every_amount_finds(wanted: int, tax: int) -> None:
    found = smallest_gross(wanted, tax)
    tried = 0
    while net(tried, tax) < wanted:
        tried += 1
    assert found == tried


@some
@given(st.integers(1, 10**12), taxes)
def test_the_closed_form_holds_for_large_amounts(wanted: int, tax: int) -> None:
    found = smallest_gross(wanted, tax)
    assert net(found, tax) >= wanted > net(found - 1, tax)


@some
@given(sales, terms)
def test_the_floor_holds_with_the_smallest_top_up(sale: Sale, agreed: Terms) -> None:
    found = settle(sale, agreed)
    assert found.dealer_margin >= found.floor
    if agreed.model is Model.DEALER_SELLS:
        tax = agreed.rates.top_up_tax
        assert found.dealer_margin == found.margin_before + net(found.top_up, tax)
        assert not found.top_up or found.margin_before + net(found.top_up - 1, tax) < found.floor
    else:
        less = net(found.fulfilment_fee - 1, agreed.rates.service_tax)
        assert not found.fulfilment_fee or found.margin_before + less < found.floor


@some
@given(sales, terms, st.integers(0, 200_000), st.integers(0, 200_00))
def test_what_is_not_refused_is_within_its_caps(sale: Sale, agreed: Terms, share: int, amount: int) -> None:
    caps = Caps(share=share, per_line=amount, supplier_floor=-50_00)
    found = settle(sale, replace(agreed, caps=caps))
    fits = found.top_up <= min(sale.paid * share // MILLION, amount) and found.supplier_margin >= -50_00
    assert (found.refusal is None) == fits


@some
@given(sales, terms)
def test_a_snapshot_gives_the_same_numbers_again(sale: Sale, agreed: Terms) -> None:
    found = settle(sale, agreed)
    assert settle(found.sale, found.terms) == found


@some
@given(sales, terms, st.integers(0, 50_00))
def test_a_journal_sums_to_zero_and_the_consumers_cash_to_all_parties(sale: Sale, agreed: Terms, override: int) -> None:
    found = settle(sale, agreed)
    booked = entries(found, override=override)
    assert sum(entry.amount for entry in booked) == 0
    of_party = {
        party: -sum(entry.amount for entry in booked if entry.party is party)
        for party in (Party.DEALER, Party.GUIDE, Party.SUPPLIER, Party.TERRITORY_OWNER)
    }
    if agreed.model is Model.DEALER_SELLS:
        charged = found.fees.commission - found.fees.payment_on_supplier - found.fees.guide_on_supplier
        assert of_party[Party.SUPPLIER] == charged - sale.supplier_discount - found.top_up - override
    assert of_party[Party.DEALER] == found.dealer_receives
    assert sum(of_party.values()) + found.fees.payment == sale.paid + sale.freight_charged


@some
@given(sales, terms, st.data())
def test_returns_in_any_steps_sum_to_zero_and_undo_the_line(sale: Sale, agreed: Terms, data: st.DataObject) -> None:
    booked = entries(settle(sale, agreed), override=7)
    cuts = data.draw(st.lists(st.integers(0, sale.quantity), max_size=3).map(sorted))
    counts = [0, *cuts, sale.quantity]
    back = [
        reversal(booked, quantity=sale.quantity, before=Returned(before, before), after=Returned(after, after))
        for before, after in pairwise(counts)
    ]
    assert all(sum(entry.amount for entry in journal) == 0 for journal in back)
    assert balance([booked, *back]) == {}


@some
@given(st.integers(-(10**7), 10**7), st.lists(st.integers(0, 10**6), min_size=1, max_size=12))
def test_shares_sum_and_stay_within_a_cent(total: int, weights: list[int]) -> None:
    parts, whole = shares(total, weights), sum(weights)
    assert sum(parts) == total
    if whole:
        assert all(abs(part * whole - total * weight) < whole for part, weight in zip(parts, weights, strict=True))


@some
@given(st.integers(0, 10**7), st.lists(st.integers(1, 10**6), min_size=2, max_size=8, unique=True), st.randoms())
def test_shares_follow_their_lines_where_no_remainders_are_equal(
    total: int, weights: list[int], chance: object
) -> None:
    whole = sum(weights)
    remainders = [total * weight % whole for weight in weights]
    if len(set(remainders)) < len(remainders):
        return
    order = list(range(len(weights)))
    chance.shuffle(order)  # type: ignore[attr-defined]
    assert shares(total, [weights[index] for index in order]) == [shares(total, weights)[index] for index in order]


@some
@given(st.lists(st.integers(0, 10**6), min_size=1, max_size=8), shares_of, shares_of)
def test_no_line_has_more_discount_than_it_costs_nor_more_funded_than_it_has(
    gross: list[int], given_part: int, funded_part: int
) -> None:
    discount = sum(gross) * given_part // MILLION
    parts = spread(gross, discount=discount, by_supplier=discount * funded_part // MILLION)
    assert sum(each.discount for each in parts) == discount
    for each, amount in zip(parts, gross, strict=True):
        assert 0 <= each.supplier_discount <= each.discount <= amount


@some
@given(sales, st.data())
def test_a_parted_line_is_the_whole(sale: Sale, data: st.DataObject) -> None:
    first = data.draw(st.integers(0, sale.quantity))
    quantities = [each for each in (first, sale.quantity - first) if each]
    parts = part_sale(sale, quantities)
    for name in ("quantity", "paid", "landed_cost", "freight", "supplier_discount", "wholesale_margin"):
        assert sum(getattr(part, name) for part in parts) == getattr(sale, name)


@some
@given(st.integers(-(10**6), 10**6), st.integers(1, 50), st.data())
def test_steps_are_near_the_exact_part_at_any_time(amount: int, whole: int, data: st.DataObject) -> None:
    done = data.draw(st.integers(0, whole))
    assert step(amount, whole, 0, done) == half_up(amount * done, whole)
    assert step(amount, whole, 0, done) + step(amount, whole, done, whole) == amount


@some
@given(sales, terms, st.integers(0, 300_000))
def test_a_higher_protected_margin_never_lowers_the_top_up(sale: Sale, agreed: Terms, more: int) -> None:
    raised = replace(agreed, floor=replace(agreed.floor, share=agreed.floor.share + more))
    assert settle(sale, raised).top_up >= settle(sale, agreed).top_up


@some
@given(sales, terms, st.integers(0, 100_00))
def test_dearer_freight_never_lowers_the_top_up(sale: Sale, agreed: Terms, more: int) -> None:
    dearer = replace(sale, freight=sale.freight + more)
    assert settle(dearer, agreed).top_up >= settle(sale, agreed).top_up


@some
@given(sales, terms, st.integers(1, 500_00))
def test_a_higher_price_raises_no_top_up_by_more_than_rounding(sale: Sale, agreed: Terms, more: int) -> None:
    """Exactly never would be wrong: a cent more can be eaten by the tax's rounding while a fee steps up a cent."""
    dearer = replace(sale, paid=sale.paid + more)
    assert settle(dearer, agreed).top_up <= settle(sale, agreed).top_up + 8


@some
@given(sales, terms)
def test_fees_are_never_shared_beyond_themselves(sale: Sale, agreed: Terms) -> None:
    due = fees(sale, agreed)
    assert 0 <= due.payment_on_dealer <= due.payment
    assert 0 <= due.guide_on_dealer <= due.guide
