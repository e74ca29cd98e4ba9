"""The live sourcing rules as `plan` takes them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from copy import copy
from decimal import Decimal
from functools import lru_cache

from django.db import connection

from dealers.accounts.models import Dealer
from fulfilment.allocation.facts import Method
from fulfilment.allocation.keptrows import kept_row
from fulfilment.allocation.minor import to_minor
from fulfilment.allocation.models import RuleSet, RuleSetState, SourcingRule
from fulfilment.allocation.rules import CandidateFilter, OfferMode, OnExhausted, OrderFilter, Rule, Weights
from pricing.margins.amounts import percent

METRES = 1000
#: Stands for a dealer that a rule names and that does not exist: the rule stays as narrow as it was meant.
NOBODY = 0


# Rules are asked for with every order and change with the seasons: what they say is read each time, as text, and made
# into rules only when it was not read before.
LIVE = """
SELECT to_jsonb(s)::text, coalesce(jsonb_agg(r ORDER BY r.position) FILTER (WHERE r.is_active), '[]')::text,
       coalesce((SELECT jsonb_object_agg(d.number, d.id) FROM dealers_accounts_dealer d
                 WHERE d.number IN (SELECT jsonb_array_elements_text(n.dealers || n.without_dealers)
                                    FROM fulfilment_allocation_sourcingrule n WHERE n.rule_set_id = s.id)), '{}')::text
FROM fulfilment_allocation_ruleset s LEFT JOIN fulfilment_allocation_sourcingrule r ON r.rule_set_id = s.id
WHERE s.state = %s
GROUP BY s.id
"""


def live() -> tuple[RuleSet | None, list[Rule]]:
    """The live set and its active rules in order; no set and no rules before one is made live. One statement."""
    with connection.cursor() as cursor:
        cursor.execute(LIVE, [RuleSetState.LIVE.value])
        found = cursor.fetchone()
    if found is None:
        return None, []
    rule_set, rules = _read(*found)
    return copy(rule_set), list(rules)


@lru_cache(maxsize=16)
def _read(rule_set: str, rows: str, ids: str) -> tuple[RuleSet, tuple[Rule, ...]]:
    kept = (kept_row(SourcingRule, row) for row in json.loads(rows, parse_float=Decimal))
    numbers: dict[str, int] = json.loads(ids)
    return kept_row(RuleSet, json.loads(rule_set)), tuple(_rule(row, numbers) for row in kept)


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
