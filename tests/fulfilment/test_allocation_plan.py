"""Deciding an order: who may, who is cheapest, who is asked in which turn, and what becomes of the rest."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from fulfilment.allocation.business_time import Calendar
from fulfilment.allocation.facts import Method, Order, Protection, Snapshot, Territory
from fulfilment.allocation.plan import Plan, plan, without_declined
from fulfilment.allocation.reasons import Outcome, Reason, Why
from fulfilment.allocation.rules import CandidateFilter, OfferMode, OnExhausted, OrderFilter, Weights
from pricing.margins.amounts import percent
from tests.fulfilment.allocation_samples import (
    ASK,
    CAPS,
    HERE,
    NOW,
    RULE,
    TARIFF,
    away,
    dealer,
    goods,
    line,
    order,
    outlet,
    snapshot,
)


def given_to(made: Plan) -> dict[tuple[int, ...], int]:
    return {part.keys: part.outlet for part in made.parts}


def reasons(made: Plan, number: int, rule: int = 0) -> dict[int, Reason]:
    return dict(next(each for each in made.trace[rule].candidates if each.outlet == number).reasons)


def test_the_cheapest_outlet_is_allocated_not_the_nearest() -> None:
    """Outlet 1 is nearer, but its dealer needs a top-up of 67.22 less the dearer freight of outlet 2."""
    world = snapshot(outlet(1, 5), outlet(2, 100), dealers=(dealer(2, goods={"A": goods(600_00)}),))
    made = plan(order(line(paid=899_00)), world, [RULE])
    assert given_to(made) == {(1,): 2}
    assert made.parts[0].outcome is Outcome.ALLOCATED
    assert (made.parts[0].costs.freight, made.parts[0].costs.top_up, made.cost) == (18_00, 0, 18_00)
    settled = made.parts[0].settlements[1]
    assert settled.dealer_margin >= settled.floor


def test_one_parcel_beats_two_where_a_second_costs_more_than_the_way() -> None:
    both = order(line(1, "A"), line(2, "B"))
    world = snapshot(outlet(1, 5, {"A": 1}), outlet(2, 5, {"B": 1}), outlet(3, 60, {"A": 1, "B": 1}))
    assert given_to(plan(both, world, [RULE])) == {(1, 2): 3}
    without = replace(world, outlets=world.outlets[:2])
    assert given_to(plan(both, without, [RULE])) == {(1,): 1, (2,): 2}


def test_two_lines_of_one_sku_do_not_take_a_unit_twice() -> None:
    twice = order(line(1, "A"), line(2, "A"))
    made = plan(twice, snapshot(outlet(1, 5, {"A": 1}), outlet(2, 50, {"A": 1})), [RULE])
    assert given_to(made) == {(1,): 1, (2,): 2}


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"dealer": {"active": False}}, Reason.DEALER_INACTIVE),
        ({"dealer": {"contract_until": dt.date(2026, 11, 22)}}, Reason.CONTRACT_EXPIRED),
        ({"dealer": {"credit_hold": True}}, Reason.CREDIT_HOLD),
        ({"order": {"declined": frozenset({1})}}, Reason.ALREADY_DECLINED),
        ({"order": {"outlet": 7}}, Reason.OTHER_OUTLET_CHOSEN),
        ({"order": {"method": Method.PICKUP}}, Reason.METHOD_UNSUPPORTED),
        ({"outlet": {"capacity": 5, "booked": 5}}, Reason.CAPACITY_FULL),
        ({"outlet": {"tariff": replace(TARIFF, reach=9_999)}}, Reason.OUT_OF_RANGE),
        ({"outlet": {"handling": 61}, "order": {"promised_by": NOW + dt.timedelta(minutes=60)}}, Reason.TOO_LATE),
        ({"outlet": {"calendar": Calendar("UTC", ((),) * 7), "handling": 1},
          "order": {"promised_by": NOW + dt.timedelta(days=900)}}, Reason.TOO_LATE),
        ({"dealer": {"goods": {}}}, Reason.SKU_NOT_AUTHORISED),
        ({"stock": {"B": 1}}, Reason.NO_STOCK),
        ({"stock": {"A": 0}}, Reason.NO_STOCK),
        ({"world": {"stock_max_age": dt.timedelta(hours=-1)}}, Reason.STOCK_STALE),
        ({"world": {"online_floors": {"A": 1_099_01}}}, Reason.BELOW_ONLINE_FLOOR),
        ({"world": {"caps": replace(CAPS, per_line=0)}, "dealer": {"goods": {"A": goods(900_00)}}},
         Reason.TOP_UP_OVER_CAP),
        ({"world": {"caps": replace(CAPS, supplier_floor=70_56)}}, Reason.SUPPLIER_FLOOR),
        ({"rule": {"candidates": CandidateFilter(least_tier=1)}}, Reason.RULE_FILTER),
        ({"rule": {"candidates": CandidateFilter(within=9_999)}}, Reason.RULE_FILTER),
        ({"rule": {"candidates": CandidateFilter(owners_only=True)}}, Reason.RULE_FILTER),
    ],
)  # fmt: skip
def test_whoever_may_not_is_told_why(changed: dict[str, dict[str, Any]], reason: Reason) -> None:
    world = snapshot(
        outlet(1, 10, changed.get("stock"), **changed.get("outlet", {})),
        dealers=(dealer(1, **changed.get("dealer", {})),),
        **changed.get("world", {}),
    )
    made = plan(order(**changed.get("order", {})), world, [replace(RULE, **changed.get("rule", {}))])
    assert reasons(made, 1) == {1: reason}
    assert made.parts == ()


@pytest.mark.parametrize(
    ("world", "asked"),
    [
        (snapshot(outlet(1, capacity=5, booked=4)), order()),
        (snapshot(outlet(1, stock={"A": 2})), order(line(quantity=2))),
        (snapshot(outlet(1, tariff=replace(TARIFF, reach=away(10).metres_to(HERE)))), order()),
        (snapshot(outlet(1, handling=60)), order(promised_by=NOW + dt.timedelta(minutes=60))),
        (snapshot(outlet(1), stock_max_age=dt.timedelta()), order()),
        (snapshot(outlet(1), online_floors={"A": 1_099_00}), order()),
        (snapshot(outlet(1), dealers=(dealer(1, contract_until=dt.date(2026, 11, 23)),)), order()),
        (snapshot(outlet(1), online_floors={"A": 2_000_00}, campaigns={"C": 0}), order(line(campaign="C"))),
    ],
)
def test_a_limit_exactly_reached_is_kept(world: Snapshot, asked: Order) -> None:
    assert given_to(plan(asked, world, [RULE])) == {(1,): 1}


def test_the_whole_orders_top_ups_keep_its_cap_and_the_campaigns_budget() -> None:
    """Each line needs 76.05 at this distance when alone; together they share the freight."""
    two = order(line(1, "A", paid=899_00, campaign="C"), line(2, "B", paid=899_00, campaign="C"))
    world = snapshot(outlet(1))
    spent = plan(two, replace(world, campaigns={"C": 1_000_00}), [RULE]).parts[0].costs.top_up
    assert given_to(plan(two, replace(world, campaigns={"C": spent}), [RULE])) == {(1, 2): 1}
    made = plan(two, replace(world, campaigns={"C": spent - 1}), [RULE])
    assert [len(part.keys) for part in made.parts] == [1]
    assert made.rest[0].why is Why.EXHAUSTED
    capped = plan(two, replace(world, campaigns={"C": 1_000_00}, order_cap=spent - 1), [RULE])
    assert [len(part.keys) for part in capped.parts] == [1]


def exclusive(number: int, **more: Any) -> Territory:
    return Territory(number, Protection.EXCLUSIVE, **{"area": "3101", **more})


def test_an_exclusive_territory_is_its_owners_however_far() -> None:
    world = snapshot(outlet(1, 1), outlet(2, 300), territories=(exclusive(2),))
    made = plan(order(), world, [ASK])
    assert [offer.dealer for offer in made.parts[0].offers] == [2]
    assert reasons(made, 1) == {1: Reason.TERRITORY_CLOSED}


@pytest.mark.parametrize(
    ("territory", "owner"),
    [
        (exclusive(2, skus=frozenset({"B"})), 1),
        (exclusive(2, valid_until=dt.date(2026, 11, 22)), 1),
        (exclusive(2, valid_until=dt.date(2026, 11, 23)), 2),
        (exclusive(2, valid_from=dt.date(2026, 11, 24)), 1),
        (exclusive(2, area="32"), 1),
        (exclusive(2, area=None, centre=away(5), radius=away(5).metres_to(HERE)), 2),
        (exclusive(2, area=None, centre=away(5), radius=away(5).metres_to(HERE) - 1), 1),
    ],
)
def test_a_territory_holds_for_its_area_goods_and_days(territory: Territory, owner: int) -> None:
    made = plan(order(), snapshot(outlet(1, 1), outlet(2, 300), territories=(territory,)), [RULE])
    assert made.parts[0].dealer == owner


def test_a_rules_filter_does_not_open_an_exclusive_territory() -> None:
    world = snapshot(outlet(1, 1), outlet(2, 300), territories=(exclusive(2),))
    made = plan(order(), world, [replace(RULE, candidates=CandidateFilter(within=50_000))])
    assert made.parts == ()
    assert (reasons(made, 1), reasons(made, 2)) == ({1: Reason.TERRITORY_CLOSED}, {1: Reason.RULE_FILTER})


@pytest.mark.parametrize(
    ("stock", "declined", "hold", "owed"),
    [({"B": 1}, False, False, 29_18), (None, True, False, 0), (None, False, True, 0)],
)
def test_another_fulfils_and_the_owner_is_owed_unless_the_fault_is_its_own(
    stock: dict[str, int] | None, declined: bool, hold: bool, owed: int
) -> None:
    world = snapshot(
        outlet(1, 1), outlet(2, 9, stock), dealers=(dealer(2, credit_hold=hold),), territories=(exclusive(2),)
    )
    made = plan(order(declined=frozenset({2} if declined else ())), world, [RULE])
    assert made.parts[0].dealer == 1
    assert sum(each.amount for each in made.parts[0].overrides) == owed


def test_the_dealer_of_the_credited_guide_is_asked_first_and_only() -> None:
    world = snapshot(outlet(1, 1), outlet(2, 200))
    made = plan(order(first_refusal=2), world, [ASK])
    assert [offer.dealer for offer in made.parts[0].offers] == [2]
    assert reasons(made, 1) == {1: Reason.FIRST_REFUSAL}
    assert plan(order(first_refusal=2, declined=frozenset({2})), world, [ASK]).parts[0].dealer == 1


def test_a_primary_territory_is_worth_what_the_rule_says() -> None:
    world = snapshot(outlet(1, 1), outlet(2, 20), territories=(Territory(2, Protection.PRIMARY, area="31"),))
    assert plan(order(), world, [RULE]).parts[0].dealer == 1
    valued = replace(RULE, weights=Weights(outside_primary=2_00))
    assert plan(order(), world, [valued]).parts[0].dealer == 2


def test_a_pick_up_goes_to_the_chosen_outlet_without_freight() -> None:
    able = frozenset({Method.PICKUP})
    world = snapshot(outlet(1, 1, methods=able), outlet(2, 400, methods=able))
    made = plan(order(method=Method.PICKUP, outlet=2), world, [RULE])
    assert given_to(made) == {(1,): 2}
    assert made.parts[0].costs.freight == 0


def test_dealers_are_asked_by_cost_and_the_delay_of_a_likely_no() -> None:
    """8.50 + 5.00/0.5 for dealer 1, 9.00 + 5.00/1 for dealer 2, 8.60 + 5.00/0.6 for dealer 3."""
    world = snapshot(
        outlet(1, 5),
        outlet(2, 10),
        outlet(3, 6),
        dealers=(dealer(1, acceptance=percent(50)), dealer(3, acceptance=percent(60))),
    )
    made = plan(order(), world, [replace(ASK, weights=Weights(ask=5_00))])
    assert [(offer.dealer, offer.index) for offer in made.parts[0].offers] == [(2, 14_00), (3, 16_93), (1, 18_50)]


def test_nobody_is_asked_who_costs_more_than_what_comes_next() -> None:
    world = snapshot(outlet(1, 5), outlet(2, 100))
    made = plan(order(), world, [replace(ASK, weights=Weights(unfilled=18_00))])
    assert [offer.dealer for offer in made.parts[0].offers] == [1]
    none = plan(order(), world, [replace(ASK, weights=Weights(unfilled=8_50))])
    assert (none.parts, none.rest[0].outcome) == ((), Outcome.BACKLOG)


def test_offers_tell_when_they_end_in_the_outlets_own_hours() -> None:
    hours = Calendar("Asia/Shanghai", (((9 * 60, 12 * 60),),) * 7)
    world = snapshot(outlet(1, 5, calendar=hours), outlet(2, 6, calendar=hours))
    one_by_one = plan(order(), world, [ASK]).parts[0].offers
    assert [offer.deadline for offer in one_by_one] == [dt.datetime(2026, 11, 24, 3, 0, tzinfo=dt.UTC), None]
    at_once = plan(order(), world, [replace(ASK, mode=OfferMode.COMPETITIVE)]).parts[0].offers
    assert [offer.deadline for offer in at_once] == [dt.datetime(2026, 11, 24, 3, 0, tzinfo=dt.UTC)] * 2


def test_no_dealer_is_asked_twice_and_no_more_than_the_rule_allows() -> None:
    """Dealer 1 has two outlets; the order is split, and every dealer could take either line."""
    shops = [outlet(number, number, dealer=1 if number < 3 else number) for number in range(1, 12)]
    world = snapshot(*shops)
    asked_order, asked = order(line(1, "A"), line(2, "B")), list[int]()
    for _ in range(4):
        part = plan(asked_order, world, [ASK]).parts[0]
        assert len({offer.dealer for offer in part.offers}) == len(part.offers) <= 4 - len(asked)
        asked.append(part.dealer)
        asked_order = without_declined(asked_order, part.dealer)
    assert len(set(asked)) == 4
    ended = plan(asked_order, world, [ASK])
    assert (ended.parts, ended.rest[0].why) == ((), Why.NO_RULE)
    assert plan(asked_order, world, [ASK, RULE]).parts[0].mode is OfferMode.AUTO


@pytest.mark.parametrize(
    ("after", "outcome"),
    [
        (OnExhausted.BACKLOG, Outcome.BACKLOG),
        (OnExhausted.SUPPLIER_WAREHOUSE, Outcome.SUPPLIER_WAREHOUSE),
        (OnExhausted.CANCEL, Outcome.CANCELLED),
        (OnExhausted.NEXT, Outcome.BACKLOG),
    ],
)
def test_what_is_left_becomes_what_the_rule_says(after: OnExhausted, outcome: Outcome) -> None:
    world = snapshot(outlet(1, stock={"A": 1}))
    made = plan(order(line(1, "A"), line(2, "B")), world, [replace(RULE, on_exhausted=after)])
    assert given_to(made) == {(1,): 1}
    assert [(rest.keys, rest.outcome, rest.rule) for rest in made.rest] == [((2,), outcome, "near")]


def test_what_one_rule_leaves_the_next_takes_from_other_dealers() -> None:
    world = snapshot(outlet(1, 5, {"A": 1}), outlet(2, 80, {"B": 1}))
    near = replace(RULE, name="ring", candidates=CandidateFilter(within=50_000))
    made = plan(order(line(1, "A"), line(2, "B")), world, [near, replace(RULE, name="all")])
    assert [(part.rule, part.keys, part.outlet) for part in made.parts] == [("ring", (1,), 1), ("all", (2,), 2)]
    assert made.rest == ()
    assert reasons(made, 1, rule=1) == {2: Reason.NO_STOCK}


def test_a_rule_is_only_for_orders_of_its_filter() -> None:
    only = replace(RULE, orders=OrderFilter(channels=frozenset({"shopify"}), least_value=1_000_00))
    assert plan(order(), snapshot(outlet(1)), [only]).rest[0].why is Why.NO_RULE
    assert plan(order(channel="shopify"), snapshot(outlet(1)), [only]).parts


def test_without_splitting_one_outlet_takes_all_or_none() -> None:
    whole = replace(RULE, split=False)
    lines = (line(1, "A"), line(2, "B"))
    assert plan(order(*lines), snapshot(outlet(1, 5, {"A": 1}), outlet(2, 5, {"B": 1})), [whole]).parts == ()
    assert given_to(plan(order(*lines), snapshot(outlet(1, 5, {"A": 1}), outlet(2, 90)), [whole])) == {(1, 2): 2}


def test_a_parcel_is_worth_the_least_value_or_is_not_sent() -> None:
    lines = (line(1, "A"), line(2, "B", paid=20_00))
    world = snapshot(outlet(1, 5, {"A": 1}), outlet(2, 5, {"B": 1}), dealers=(dealer(2, goods={"B": goods(1_00)}),))
    made = plan(order(*lines), world, [replace(RULE, least_parcel_value=20_01)])
    assert given_to(made) == {(1,): 1}


def test_an_order_without_a_known_place_waits_and_one_past_its_day_goes_to_the_warehouse() -> None:
    lost = replace(order(), place=None)
    made = plan(lost, snapshot(outlet(1)), [RULE])
    assert (made.rest[0].outcome, made.rest[0].why) == (Outcome.BACKLOG, Why.ADDRESS_UNKNOWN)
    late = plan(order(decide_by=NOW), snapshot(outlet(1)), [RULE])
    assert (late.rest[0].outcome, late.rest[0].why) == (Outcome.SUPPLIER_WAREHOUSE, Why.DECIDE_BY_PASSED)


def test_a_dealer_behind_its_entitlement_goes_before_one_ahead() -> None:
    ahead, behind = dealer(1, units=80, entitlement=percent(50)), dealer(2, units=20, entitlement=percent(50))
    world = snapshot(outlet(1, 5), outlet(2, 15), dealers=(ahead, behind), units=100)
    made = plan(order(), world, [RULE])
    assert made.parts[0].dealer == 2
    assert made.parts[0].costs.fairness == -60  # 40 % behind, and 0.6 of 1.00 for being at 0.4
    assert plan(order(), world, [replace(RULE, weights=Weights(fairness=0))]).parts[0].dealer == 1


def test_of_equal_outlets_the_higher_tier_goes_first_then_the_lower_number() -> None:
    equal = (outlet(3, 5), outlet(2, 5), outlet(1, 5))
    assert plan(order(), snapshot(*equal), [RULE]).parts[0].outlet == 1
    assert plan(order(), snapshot(*equal, dealers=(dealer(2, tier=1),)), [RULE]).parts[0].outlet == 2


def test_an_outlet_is_considered_for_its_rare_line_though_others_are_nearer() -> None:
    near = [outlet(number, number, {"A": 9}) for number in range(1, 6)]
    world = snapshot(*near, outlet(9, 90, {"B": 1}))
    made = plan(order(line(1, "A"), line(2, "B")), world, [replace(RULE, consider=2)])
    assert given_to(made) == {(1,): 1, (2,): 9}
    assert reasons(made, 5)[1] is Reason.NOT_CONSIDERED


def test_a_long_order_is_parted_among_at_most_three_outlets() -> None:
    lines = [line(key, sku) for key, sku in enumerate("ABCDEF", start=1)]
    world = snapshot(
        outlet(1, 5, dict.fromkeys("ABC", 1)), outlet(2, 6, dict.fromkeys("CDE", 1)), outlet(3, 40, {"F": 1})
    )
    made = plan(order(*lines), world, [RULE])
    assert given_to(made) == {(1, 2, 3): 1, (4, 5): 2, (6,): 3}
    assert made.rest == ()


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: order(line(1), line(1)),
        lambda: line(quantity=0),
        lambda: line(paid=-1),
        lambda: replace(RULE, parcels=4),
        lambda: replace(RULE, offers=0),
        lambda: replace(RULE, weights=Weights(unfilled=-1)),
        lambda: Territory(1, Protection.OPEN),
    ],
)
def test_what_cannot_be_is_refused(wrong: Callable[[], object]) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        wrong()
