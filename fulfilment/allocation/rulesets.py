"""The live sourcing rules as `plan` takes them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from dealers.accounts.models import Dealer
from fulfilment.allocation.facts import Method
from fulfilment.allocation.minor import to_minor
from fulfilment.allocation.models import RuleSet, RuleSetState, SourcingRule
from fulfilment.allocation.rules import CandidateFilter, OfferMode, OnExhausted, OrderFilter, Rule, Weights
from pricing.margins.amounts import percent

METRES = 1000
#: Stands for a dealer that a rule names and that does not exist: the rule stays as narrow as it was meant.
NOBODY = 0


def live() -> tuple[RuleSet | None, list[Rule]]:
    """The live set and its active rules in order; no set and no rules before one is made live."""
    rows = list(
        SourcingRule.objects.filter(rule_set__state=RuleSetState.LIVE).select_related("rule_set").order_by("position")
    )
    if not rows:
        return RuleSet.objects.filter(state=RuleSetState.LIVE).first(), []
    return rows[0].rule_set, as_rules(row for row in rows if row.is_active)


def as_rule(row: SourcingRule) -> Rule:
    """One kept rule as a pure one."""
    return as_rules([row])[0]


def as_rules(rows: Iterable[SourcingRule]) -> list[Rule]:
    """Kept rules as pure ones, in the order given. One statement at most, for the dealers they name."""
    every = list(rows)
    numbers = {number for row in every for number in (*row.dealers, *row.without_dealers)}
    ids = dict(Dealer.objects.filter(number__in=numbers).values_list("number", "pk")) if numbers else {}
    return [_rule(row, ids) for row in every]


def _rule(row: SourcingRule, ids: Mapping[str, int]) -> Rule:
    return Rule(
        name=row.name,
        orders=OrderFilter(
            channels=frozenset(row.channels),
            methods=frozenset(Method(method) for method in row.methods),
            areas=tuple(row.areas),
            tags=frozenset(row.tags),
            least_value=to_minor(row.least_value),
            most_value=None if row.most_value is None else to_minor(row.most_value),
        ),
        candidates=CandidateFilter(
            groups=frozenset(row.groups),
            dealers=frozenset(ids.get(number, NOBODY) for number in row.dealers),
            without_dealers=frozenset(ids[number] for number in row.without_dealers if number in ids),
            least_tier=row.least_tier,
            within=None if row.within_km is None else row.within_km * METRES,
            owners_only=row.owners_only,
        ),
        weights=_weights(row),
        split=row.split,
        parcels=row.parcels,
        least_parcel_value=to_minor(row.least_parcel_value),
        consider=row.consider,
        mode=OfferMode(row.mode),
        offers=row.offers,
        timeout=row.timeout,
        batch_seconds=row.batch_seconds,
        on_exhausted=OnExhausted(row.on_exhausted),
    )


def _weights(row: SourcingRule) -> Weights:
    return Weights(
        freight=percent(row.freight_weight),
        top_up=percent(row.top_up_weight),
        opportunity=percent(row.opportunity_weight),
        parcel=to_minor(row.parcel_cost),
        fairness=to_minor(row.fairness_cost),
        ask=to_minor(row.ask_cost),
        outside_primary=to_minor(row.outside_primary_cost),
        unfilled=to_minor(row.unfilled_cost),
    )
