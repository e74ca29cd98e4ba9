"""The decision: which outlets fulfil an order, whom to ask in which order, and why. Pure and deterministic.

Rules are tried in order, each on the lines that are left. Live allocation, batches and simulation call this and nothing
else, so what a simulation shows is what will happen.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from fulfilment.allocation.business_time import NeverOpen, add_business_minutes
from fulfilment.allocation.eligibility import candidates, owners_of, takes
from fulfilment.allocation.facts import Method, Order, OrderLine, Protection, Snapshot
from fulfilment.allocation.parcels import Candidate, Costs, Parcel
from fulfilment.allocation.reasons import OWNERS_FAULT, Outcome, Reason, Why
from fulfilment.allocation.rules import OfferMode, OnExhausted, Rule
from fulfilment.allocation.search import Search, cheapest
from fulfilment.allocation.trace import RuleTrace, traced
from pricing.margins.settle import Settlement, territory_override

AFTER = {
    OnExhausted.BACKLOG: Outcome.BACKLOG,
    OnExhausted.SUPPLIER_WAREHOUSE: Outcome.SUPPLIER_WAREHOUSE,
    OnExhausted.CANCEL: Outcome.CANCELLED,
}


@dataclass(frozen=True, slots=True)
class PlannedOffer:
    """Whom to ask about a part: outlet and dealer, the index it stands by, and what each line would come to.

    `minutes` are business minutes to answer; `deadline` is when they end if asked now, None where the outlet never
    opens or is not asked yet.
    """

    outlet: int
    dealer: int
    index: int
    costs: Costs
    settlements: dict[int, Settlement]
    minutes: int
    deadline: dt.datetime | None


@dataclass(frozen=True, slots=True)
class Override:
    """What the owner of an exclusive territory is owed because another fulfils a line without the owner's fault."""

    line: int
    dealer: int
    amount: int


@dataclass(frozen=True, slots=True)
class Part:
    """Lines (by key) that go to one outlet together, and whom to ask in turn: the first of `offers` is the choice.

    In `AUTO` there is one offer and it is an allocation already; in `COMPETITIVE` all are asked at once.
    """

    rule: str
    mode: OfferMode
    keys: tuple[int, ...]
    outlet: int
    dealer: int
    distance: int
    costs: Costs
    settlements: dict[int, Settlement]
    offers: tuple[PlannedOffer, ...]
    overrides: tuple[Override, ...] = ()

    @property
    def outcome(self) -> Outcome:
        """What the part's lines become."""
        return Outcome.ALLOCATED if self.mode is OfferMode.AUTO else Outcome.OFFERED


@dataclass(frozen=True, slots=True)
class Rest:
    """Lines (by key) for which no outlet was found, and what becomes of them."""

    keys: tuple[int, ...]
    outcome: Outcome
    why: Why
    rule: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is decided of an order: every line is in exactly one part or rest."""

    order: str
    parts: tuple[Part, ...]
    rest: tuple[Rest, ...]
    trace: tuple[RuleTrace, ...]

    @property
    def cost(self) -> int:
        """What the parts cost together, in minor units."""
        return sum(part.costs.total for part in self.parts)


@dataclass(frozen=True, slots=True)
class Decided:
    """What one rule decided of the lines left to it; the parcels it chose stand in `search.best`."""

    rule: Rule
    every: Sequence[Candidate]
    search: Search

    @property
    def dealers(self) -> frozenset[int]:
        """The dealers whose parcels were chosen."""
        return frozenset(parcel.candidate.dealer.id for parcel in self.search.best)


def plan(order: Order, snapshot: Snapshot, rules: Sequence[Rule]) -> Plan:
    """Decide an order. The same order, snapshot and rules always give the same plan, trace included."""
    return plan_onward(order, snapshot, rules, ())


def plan_onward(order: Order, snapshot: Snapshot, rules: Sequence[Rule], before: Sequence[Decided]) -> Plan:
    """Decide what is left of an order whose first rules have decided already, as a batch does."""
    if order.method is Method.DELIVERY and order.place is None:
        return _ended(order, Outcome.BACKLOG, Why.ADDRESS_UNKNOWN)
    if order.decide_by is not None and snapshot.now >= order.decide_by:
        return _ended(order, Outcome.SUPPLIER_WAREHOUSE, Why.DECIDE_BY_PASSED)
    found, trace = list(before), [traced(each.rule, each.every, each.search.best) for each in before]
    for rule in rules:
        left, last = _left(order, found), found[-1].rule if found else None
        if not left or (last and last.on_exhausted is not OnExhausted.NEXT):
            break
        if not applies(rule, order):
            trace.append(RuleTrace(rule.name, applies=False))
            continue
        found.append(decide(order, left, snapshot, rule, found))
        trace.append(traced(rule, found[-1].every, found[-1].search.best))
    return Plan(order.number, tuple(_parts(order, snapshot, found)), _rest(order, found), tuple(trace))


def applies(rule: Rule, order: Order) -> bool:
    """Whether a rule is for the order, and may still ask a dealer about it or need not ask."""
    return takes(rule.orders, order) and (rule.mode is OfferMode.AUTO or order.asks < rule.offers)


def decide(
    order: Order, lines: Sequence[OrderLine], snapshot: Snapshot, rule: Rule, before: Sequence[Decided] = ()
) -> Decided:
    """Let one rule choose parcels for the lines left to it; dealers chosen before are not asked a second time."""
    asked = frozenset().union(*(each.dealers for each in before))
    every = candidates(order, lines, snapshot, rule, asked)
    booked = tuple(parcel for each in before for parcel in each.search.best)
    return Decided(rule, every, cheapest([line.key for line in lines], every, rule, snapshot, booked))


def _left(order: Order, found: Sequence[Decided]) -> list[OrderLine]:
    done = {key for each in found for parcel in each.search.best for key in parcel.keys}
    return [line for line in order.lines if line.key not in done]


def _rest(order: Order, found: Sequence[Decided]) -> tuple[Rest, ...]:
    keys = tuple(line.key for line in _left(order, found))
    if not keys:
        return ()
    if not found:
        return (Rest(keys, Outcome.BACKLOG, Why.NO_RULE),)
    last = found[-1].rule
    return (Rest(keys, AFTER.get(last.on_exhausted, Outcome.BACKLOG), Why.EXHAUSTED, last.name),)


def _parts(order: Order, snapshot: Snapshot, found: Sequence[Decided]) -> Iterator[Part]:
    asked = set().union(*(each.dealers for each in found))
    for each in found:
        for parcel in sorted(each.search.best, key=lambda parcel: parcel.keys):
            turns = _turns(order, each, parcel, asked)
            yield _part(order, snapshot, each, parcel, turns)


def _part(order: Order, snapshot: Snapshot, found: Decided, parcel: Parcel, turns: Sequence[Parcel]) -> Part:
    rule, candidate = found.rule, parcel.candidate
    offers = tuple(
        _offer(snapshot, rule, each, asked_now=not place or rule.mode is OfferMode.COMPETITIVE)
        for place, each in enumerate(turns)
    )
    return Part(
        rule=rule.name,
        mode=rule.mode,
        keys=parcel.keys,
        outlet=candidate.outlet.id,
        dealer=candidate.dealer.id,
        distance=candidate.distance,
        costs=parcel.costs,
        settlements=offers[0].settlements,
        offers=offers,
        overrides=_overrides(order, snapshot, found.every, parcel),
    )


def _turns(order: Order, found: Decided, parcel: Parcel, asked: set[int]) -> list[Parcel]:
    """The chosen parcel and what else could take its lines, by index; no dealer is asked twice about an order."""
    turns, most = [parcel], found.rule.offers - order.asks
    if found.rule.mode is OfferMode.AUTO:
        return turns
    for option in found.search.options(parcel.keys):
        if len(turns) >= most:
            break
        if option.candidate.dealer.id not in asked:
            asked.add(option.candidate.dealer.id)
            turns.append(option)
    return turns


def _offer(snapshot: Snapshot, rule: Rule, parcel: Parcel, *, asked_now: bool) -> PlannedOffer:
    outlet = parcel.candidate.outlet
    deadline = None
    if asked_now and rule.mode is not OfferMode.AUTO:
        try:
            deadline = add_business_minutes(outlet.calendar, snapshot.now, rule.timeout)
        except NeverOpen:
            deadline = None
    return PlannedOffer(
        outlet.id, outlet.dealer, parcel.cost, parcel.costs, parcel.settlements(), rule.timeout, deadline
    )


def _overrides(order: Order, snapshot: Snapshot, every: Sequence[Candidate], parcel: Parcel) -> tuple[Override, ...]:
    found = []
    lines = [parcel.candidate.lines[key] for key in parcel.keys]
    owners = owners_of(order, [each.line for each in lines], snapshot, Protection.EXCLUSIVE)
    for each in lines:
        for dealer in sorted(owners.get(each.line.key, ())):
            spared = dealer == parcel.candidate.dealer.id or dealer in order.declined
            amount = 0 if spared else territory_override(each.sale, each.ready.terms)
            if amount and not _at_fault(every, dealer, each.line.key):
                found.append(Override(each.line.key, dealer, amount))
    return tuple(found)


def _at_fault(every: Sequence[Candidate], dealer: int, key: int) -> bool:
    """Whether the owner lost the line by itself: by hold, contract or a no. Without an outlet here it did not."""
    reasons: list[Reason | None] = [each.reasons.get(key) for each in every if each.dealer.id == dealer]
    return any(reason in OWNERS_FAULT for reason in reasons)


def _ended(order: Order, outcome: Outcome, why: Why) -> Plan:
    return Plan(order.number, (), (Rest(tuple(line.key for line in order.lines), outcome, why),), ())


def without_declined(order: Order, *dealers: int) -> Order:
    """The same order after dealers said no, or nothing in time: they are not asked again."""
    return replace(order, declined=order.declined | set(dealers))
