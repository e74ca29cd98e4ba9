"""Why a plan came out as it did: every candidate with what failed it or what it would have cost. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fulfilment.allocation.parcels import Candidate, Costs, Parcel, largest_parcel, parcel_of
from fulfilment.allocation.reasons import Reason
from fulfilment.allocation.rules import Rule


@dataclass(frozen=True, slots=True)
class CandidateTrace:
    """An outlet under one rule: by line key the reason it may not take it; for those it may, the parcel of all of them
    (`keys`) and its costs; and what it was given (`chosen`).

    `costs` is None where it may take nothing, or the parcel is under the least value of the rule.
    """

    outlet: int
    dealer: int
    distance: int
    reasons: Mapping[int, Reason]
    keys: tuple[int, ...] = ()
    costs: Costs | None = None
    chosen: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class RuleTrace:
    """A rule that was come to: whether it is for the order, and every candidate, nearest first."""

    rule: str
    applies: bool
    candidates: tuple[CandidateTrace, ...] = ()


def traced(rule: Rule, every: Sequence[Candidate], chosen: Sequence[Parcel]) -> RuleTrace:
    """What a rule looked at, and what it chose."""
    given = {parcel.candidate.outlet.id: parcel for parcel in chosen}
    return RuleTrace(rule.name, applies=True, candidates=tuple(_traced(each, rule, given) for each in every))


def _traced(each: Candidate, rule: Rule, given: Mapping[int, Parcel]) -> CandidateTrace:
    mine = given.get(each.outlet.id)
    head = (each.outlet.id, each.dealer.id, each.distance, each.reasons)
    if mine is not None and len(mine.keys) == len(each.able):
        return CandidateTrace(*head, mine.keys, mine.costs, mine.keys)
    keys, refused = largest_parcel(each) if each.able else ((), {})
    parcel = parcel_of(each, keys, rule) if keys else None
    reasons = {**each.reasons, **refused} if refused else each.reasons
    return CandidateTrace(*head[:3], reasons, keys, parcel.costs if parcel else None, mine.keys if mine else ())
