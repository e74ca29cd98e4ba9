"""What must hold of any decision: nothing oversold, margins kept, the same again, the optimum by trying everything."""

from __future__ import annotations

import itertools
import json
from collections import Counter
from dataclasses import replace
from typing import Any
from unittest.mock import Mock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import milp

from fulfilment.allocation import batch
from fulfilment.allocation.batch import Programme, plan_batch
from fulfilment.allocation.distance import EARTH_RADIUS, metres
from fulfilment.allocation.eligibility import candidates
from fulfilment.allocation.facts import Order, Outlet, Protection, Snapshot, Stock, Territory
from fulfilment.allocation.parcels import parcel_of, within_budgets
from fulfilment.allocation.plan import Plan, plan, without_declined
from fulfilment.allocation.reasons import OWNERS_FAULT, Reason
from fulfilment.allocation.record import record, replay, to_plain
from fulfilment.allocation.rules import OfferMode, Rule, Weights
from fulfilment.allocation.search import partings
from pricing.margins.amounts import percent
from tests.fulfilment.allocation_samples import ASK, NOW, RULE, away, dealer, goods, line, order, outlet, snapshot

some = settings(max_examples=60, deadline=None)
SKUS = "ABCD"


@st.composite
def worlds(draw: st.DrawFn, most: int = 5) -> Snapshot:
    """A handful of outlets with little stock; no two are equally far, so costs seldom tie."""
    outlets, dealers = [], []
    for number in range(1, draw(st.integers(1, most)) + 1):
        stock = {sku: draw(st.integers(0, 2)) for sku in SKUS}
        kilometres = draw(st.integers(1, 600)) + number / 10
        capacity = draw(st.sampled_from([None, None, 0, 1]))
        outlets.append(outlet(number, kilometres, stock, capacity=capacity))
        terms = {sku: goods(draw(st.sampled_from([500_00, 780_00, 850_00]))) for sku in SKUS}
        dealers.append(
            dealer(
                number,
                goods=terms,
                tier=draw(st.integers(0, 2)),
                credit_hold=draw(st.integers(0, 9)) == 0,
                acceptance=draw(st.sampled_from([percent(30), percent(90)])),
            )
        )
    owners = draw(st.lists(st.sampled_from(outlets), max_size=2))
    territories = tuple(Territory(each.dealer, Protection.EXCLUSIVE, area="31") for each in owners)
    return snapshot(*outlets, dealers=tuple(dealers), territories=territories, campaigns={"C": 90_00})


@st.composite
def orders(draw: st.DrawFn, most: int = 3) -> Order:
    lines = [
        line(
            key,
            draw(st.sampled_from(SKUS)),
            quantity=draw(st.integers(1, 2)),
            paid=draw(st.sampled_from([829_00, 899_00, 1_099_00])),
            campaign=draw(st.sampled_from(["", "", "C"])),
        )
        for key in range(1, draw(st.integers(1, most)) + 1)
    ]
    return order(*lines)


rules = st.builds(
    Rule,
    name=st.just("any"),
    weights=st.builds(Weights, unfilled=st.sampled_from([50_00, 300_00]), parcel=st.sampled_from([0, 5_00])),
    split=st.booleans(),
    parcels=st.integers(1, 3),
    mode=st.sampled_from(OfferMode),
    consider=st.integers(1, 6),
)


def tried(asked: Order, world: Snapshot, rule: Rule) -> int:
    """The cost of the cheapest way, by trying every outlet or none for every line."""
    every = [each for each in candidates(asked, asked.lines, world, rule) if each.able]
    keys = tuple(each.key for each in asked.lines)
    costs = []
    for choice in itertools.product([None, *range(len(every))], repeat=len(keys)):
        used = sorted({place for place in choice if place is not None})
        groups = {place: tuple(key for key, at in zip(keys, choice, strict=True) if at == place) for place in used}
        if len(used) > rule.parcels or any(not set(group) <= set(every[at].able) for at, group in groups.items()):
            continue
        if not rule.split and used and (len(used) > 1 or None in choice):
            continue
        parcels = [parcel_of(every[at], group, rule) for at, group in groups.items()]
        found = [parcel for parcel in parcels if parcel]
        if len(found) == len(parcels) and within_budgets(found, world):
            costs.append(sum(parcel.cost for parcel in found) + choice.count(None) * rule.weights.unfilled)
    return min(costs)


def cost(made: Plan, rule: Rule) -> int:
    return made.cost + rule.weights.unfilled * sum(len(rest.keys) for rest in made.rest)


@some
@given(orders(), worlds(), rules)
def test_nothing_is_oversold_and_every_margin_holds(asked: Order, world: Snapshot, rule: Rule) -> None:
    made = plan(asked, world, [rule, replace(rule, name="again", split=True)])
    keys = [key for part in made.parts for key in part.keys] + [key for rest in made.rest for key in rest.keys]
    assert sorted(keys) == [each.key for each in asked.lines]
    quantities = {each.key: each for each in asked.lines}
    taken: Counter[tuple[int, str]] = Counter()
    for part in made.parts:
        place = next(each for each in world.outlets if each.id == part.outlet)
        assert place.capacity is None or place.booked < place.capacity
        for key in part.keys:
            taken[part.outlet, quantities[key].sku] += quantities[key].quantity
        for offer in part.offers:
            for settled in offer.settlements.values():
                assert settled.refusal is None
                assert settled.dealer_margin >= settled.floor
                assert settled.cap is None or settled.top_up <= settled.cap
    for (number, sku), quantity in taken.items():
        assert quantity <= next(each for each in world.outlets if each.id == number).stock[sku].available
    asked_dealers = [offer.dealer for part in made.parts for offer in part.offers]
    assert len(asked_dealers) == len(set(asked_dealers))
    spent = sum(part.settlements[key].top_up for part in made.parts for key in part.keys if quantities[key].campaign)
    assert spent <= world.campaigns["C"]


@some
@given(orders(), worlds(most=4), rules)
def test_no_way_of_parting_is_cheaper(asked: Order, world: Snapshot, rule: Rule) -> None:
    """Without budgets over lines, where the search keeps only each group's cheapest outlets."""
    free = replace(asked, lines=tuple(replace(each, campaign="") for each in asked.lines))
    made = plan(free, world, [rule])
    assert cost(made, rule) == tried(free, world, rule)


@some
@given(orders(), worlds(), rules, st.randoms())
def test_the_same_is_decided_again_in_whatever_order_outlets_come(
    asked: Order, world: Snapshot, rule: Rule, chance: Any
) -> None:
    shuffled = list(world.outlets)
    chance.shuffle(shuffled)
    assert plan(asked, world, [rule]) == plan(asked, replace(world, outlets=tuple(shuffled)), [rule])


@some
@given(orders(), worlds(), rules)
def test_a_decision_is_made_again_from_its_record(asked: Order, world: Snapshot, rule: Rule) -> None:
    made = plan(asked, world, [rule])
    kept = json.loads(json.dumps(record(asked, world, [rule], made)))
    again, same = replay(kept)
    assert same
    assert again == made


@some
@given(orders(), worlds(), rules)
def test_every_candidate_is_explained(asked: Order, world: Snapshot, rule: Rule) -> None:
    made = plan(asked, world, [rule])
    for traced in (each for step in made.trace for each in step.candidates):
        explained = set(traced.reasons) | set(traced.keys)
        wanted = Counter(each.sku for each in asked.lines)
        assert all(each.key in explained or wanted[each.sku] > 1 for each in asked.lines)
        assert bool(traced.keys) == (traced.costs is not None)
    assert {each.outlet for each in made.trace[0].candidates} == {each.id for each in world.outlets}


@some
@given(orders(), worlds(), rules)
def test_nobody_else_is_asked_while_an_owner_is_eligible(asked: Order, world: Snapshot, rule: Rule) -> None:
    made, owners = plan(asked, world, [rule]), {each.dealer for each in world.territories}
    for part in made.parts:
        if part.dealer in owners or not owners:
            continue
        for key in part.keys:
            of_owners = [each for each in made.trace[0].candidates if each.dealer in owners]
            assert all(key in each.reasons for each in of_owners)
            assert all(each.reasons[key] is not Reason.RULE_FILTER for each in of_owners)


@some
@given(orders(), worlds(), rules, st.sampled_from(SKUS))
def test_more_stock_or_another_outlet_never_costs_more(asked: Order, world: Snapshot, rule: Rule, sku: str) -> None:
    """Where nothing but cost decides: no territories, and every outlet is considered."""
    free = replace(asked, lines=tuple(replace(each, campaign="") for each in asked.lines))
    wide, bare = replace(rule, consider=99), replace(world, territories=())
    before = cost(plan(free, bare, [wide]), wide)
    first, *others = bare.outlets
    richer = replace(first, stock={**first.stock, sku: Stock(9, NOW)})
    assert cost(plan(free, replace(bare, outlets=(richer, *others)), [wide]), wide) <= before
    another: Outlet = outlet(99, 50)
    more = replace(bare, outlets=(*bare.outlets, another), dealers={**bare.dealers, 99: dealer(99)})
    assert cost(plan(free, more, [wide]), wide) <= before


@some
@given(orders(), worlds(), rules)
def test_other_names_for_dealers_give_the_same_plan(asked: Order, world: Snapshot, rule: Rule) -> None:
    def renamed(number: int) -> int:
        return 100 - number

    outlets = tuple(replace(each, id=renamed(each.id), dealer=renamed(each.dealer)) for each in world.outlets)
    dealers = {renamed(each.id): replace(each, id=renamed(each.id)) for each in world.dealers.values()}
    territories = tuple(replace(each, dealer=renamed(each.dealer)) for each in world.territories)
    other = plan(asked, replace(world, outlets=outlets, dealers=dealers, territories=territories), [rule])
    made = plan(asked, world, [rule])
    assert other.cost == made.cost
    tiers = {each.outlet: world.dealers[each.dealer].tier for each in made.parts}
    if len(set(tiers.values())) == len(tiers):
        assert {renamed(part.outlet) for part in other.parts} == {part.outlet for part in made.parts} or made.parts


@some
@given(orders(), worlds())
def test_every_order_ends_however_often_dealers_decline(asked: Order, world: Snapshot) -> None:
    seen: set[int] = set()
    for _ in range(ASK.offers + 1):
        made = plan(asked, world, [ASK])
        if not made.parts:
            break
        dealers = {part.dealer for part in made.parts}
        assert not dealers & seen
        seen |= dealers
        asked = without_declined(asked, *dealers)
    assert plan(asked, world, [ASK]).parts == ()


@settings(max_examples=25, deadline=None)
@given(st.lists(orders(), min_size=1, max_size=4), worlds(), st.integers(1, 3))
def test_a_batch_keeps_stock_capacity_and_budget_and_costs_no_more_than_one_by_one(
    asked: list[Order], world: Snapshot, parcels: int
) -> None:
    rule = replace(RULE, parcels=parcels, consider=99, weights=Weights(fairness=0))
    waiting = [replace(each, number=f"W{place}") for place, each in enumerate(asked)]
    narrow = replace(rule, name="narrow", consider=1, split=False)
    _carried_out(waiting, plan_batch([(each, world) for each in waiting], [narrow, rule], gap=0.0), world)
    _carried_out(waiting, plan_batch([(each, world) for each in waiting], [rule], gap=0.0), world)
    # An owner's exclusive right is judged once for a batch, but anew for each order that is decided alone: once the
    # owner has sold out, others may be asked.
    world = replace(world, territories=())
    together = plan_batch([(each, world) for each in waiting], [rule], gap=0.0)
    left, one_by_one = world, 0
    for each in waiting:
        made = plan(each, left, [rule])
        one_by_one += cost(made, rule)
        left = _after(each, made, left)
    assert sum(cost(each, rule) for each in together) <= one_by_one


def test_a_batch_of_one_is_what_the_order_alone_gets() -> None:
    world = snapshot(outlet(1, 5, {"A": 1}), outlet(2, 9, {"B": 1}), outlet(3, 80))
    both = order(line(1, "A"), line(2, "B"))
    assert to_plain(plan_batch([(both, world)], [RULE])[0]) == to_plain(plan(both, world, [RULE]))


def test_what_a_batch_leaves_goes_on_through_the_next_rules() -> None:
    world = snapshot(outlet(1, 5, {"A": 1}), outlet(2, 90, {"A": 1}))
    near = replace(RULE, name="near", consider=1)
    waiting = [replace(order(), number=f"W{number}") for number in range(3)]
    made = plan_batch([(each, world) for each in waiting], [near, replace(RULE, name="all")])
    assert sorted((part.rule, part.outlet) for each in made for part in each.parts) == [("all", 2), ("near", 1)]
    assert sum(bool(each.rest) for each in made) == 1


def test_a_longer_search_proves_what_a_short_one_cannot() -> None:
    """Three columns of 2,000.00 over each other's rows: half of each is 3,000.00 in fractions, whole ones 2,000.00."""
    programme = Programme(base=10_000_00)
    for one, two in (("a", "b"), ("b", "c"), ("a", "c")):
        programme.add(-2_000_00, [(one, 1, 1), (two, 1, 1)])
    solution = programme.solve(gap=0.0, seconds=10)
    assert (len(solution.chosen), solution.cost) == (1, -2_000_00)
    assert solution.bound == pytest.approx(-2_000_00)


def test_three_lines_in_pairs_are_bounded_by_what_whole_parcels_cost(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each outlet has two of three goods: half a parcel from each is cheapest in fractions, unless that is ruled out.
    Then the bound is what whole parcels cost, and the first and smallest search has proven it."""
    search = Mock(wraps=milp)
    monkeypatch.setattr(batch, "milp", search)
    world = snapshot(*(outlet(number, 10, dict.fromkeys(skus, 9)) for number, skus in enumerate(("AB", "BC", "AC"), 1)))
    made = plan_batch([(order(line(1, "A"), line(2, "B"), line(3, "C")), world)], [RULE])
    assert (len(made[0].parts), search.call_count) == (2, 1)


def test_a_programme_takes_what_saves_most_within_its_rows() -> None:
    programme = Programme(base=100)
    for saved, weight in ((-10, 3), (-9, 2), (-8, 2), (-1, 1), (5, 1)):
        programme.add(saved, [("room", weight, 4)])
    solution = programme.solve(gap=0.0, seconds=10)
    assert (solution.chosen, solution.cost) == ((1, 2), -17)
    assert solution.bound == pytest.approx(-17)
    assert Programme().solve(gap=0.0, seconds=1).chosen == ()


def _after(asked: Order, made: Plan, world: Snapshot) -> Snapshot:
    lines = {each.key: each for each in asked.lines}
    taken: Counter[tuple[int, str]] = Counter()
    spent = 0
    for part in made.parts:
        for key in part.keys:
            taken[part.outlet, lines[key].sku] += lines[key].quantity
            spent += part.settlements[key].top_up if lines[key].campaign else 0
    return world.less(taken, Counter(part.outlet for part in made.parts), {"C": spent})


def _carried_out(asked: list[Order], plans: list[Plan], world: Snapshot) -> None:
    for each, made in zip(asked, plans, strict=True):
        assert made.order == each.number
        world = _after(each, made, world)
    for place in world.outlets:
        assert all(stock.available >= 0 for stock in place.stock.values())
        assert place.capacity is None or place.booked <= max(place.capacity, 0)
    assert world.campaigns["C"] >= 0


@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_partings_are_every_one_and_none_twice(count: int) -> None:
    found = list(partings(tuple(range(count)), count))
    assert len(found) == len({frozenset(each) for each in found}) == [0, 2, 5, 15, 52][count]
    assert all(len(each) <= 2 for each in partings(tuple(range(count)), 2))


def test_distances_on_the_globe() -> None:
    assert metres(0, 0, 0, 180) == round(EARTH_RADIUS * 3.141592653589793)
    assert metres(31.2304, 121.4737, 39.9042, 116.4074) == pytest.approx(1_067_000, rel=0.003)  # Shanghai, Beijing
    assert metres(52.52, 13.405, 52.52, 13.405) == 0
    assert metres(0, 179.5, 0, -179.5) == metres(0, 0, 0, 1)
    assert away(10).metres_to(away(0)) == pytest.approx(10_000, rel=0.001)
    with pytest.raises(ValueError, match="latitude"):
        metres(91, 0, 0, 0)


def test_the_owners_faults_are_reasons_a_dealer_can_mend() -> None:
    assert Reason.NO_STOCK not in OWNERS_FAULT
    assert Reason.ALREADY_DECLINED in OWNERS_FAULT
