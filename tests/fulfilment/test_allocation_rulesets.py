"""The live rules, from rows to what `plan` takes."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from fulfilment.allocation.facts import Method
from fulfilment.allocation.models import RuleSet, RuleSetState, SourcingRule
from fulfilment.allocation.rules import CandidateFilter, OfferMode, OnExhausted, OrderFilter, Rule, Weights
from fulfilment.allocation.rulesets import NOBODY, as_rule, live
from tests.factories import make_dealer
from tests.fulfilment.allocation_world import live_rules

pytestmark = pytest.mark.django_db


def test_before_a_set_is_live_there_are_no_rules() -> None:
    RuleSet.objects.create(name="Draft")
    assert live() == (None, [])


def test_a_live_set_without_rules_is_told_as_such() -> None:
    empty = RuleSet.objects.create(name="Empty", state=RuleSetState.LIVE)
    assert live() == (empty, [])


def test_the_active_rules_come_in_order() -> None:
    rule_set = live_rules({"name": "first"}, {"name": "off", "is_active": False}, {"name": "third"})
    SourcingRule.objects.create(rule_set=rule_set, position=0, name="before")
    found, rules = live()
    assert (found, [rule.name for rule in rules]) == (rule_set, ["before", "first", "third"])


def test_a_row_says_the_same_as_the_rule_it_becomes() -> None:
    dealer, other = make_dealer("D-1", "One"), make_dealer("D-2", "Two")
    rule_set = live_rules(
        {
            "name": "Elite",
            "channels": ["web"],
            "methods": ["delivery", "pickup"],
            "areas": ["10", "2"],
            "tags": ["LAUNCH"],
            "least_value": Decimal("50.00"),
            "most_value": Decimal("999.99"),
            "groups": ["elite"],
            "dealers": ["D-1"],
            "without_dealers": ["D-2"],
            "least_tier": 2,
            "within_km": 30,
            "owners_only": True,
            "freight_weight": 150,
            "top_up_weight": 0,
            "opportunity_weight": 50,
            "parcel_cost": Decimal("2.50"),
            "fairness_cost": Decimal("1.25"),
            "ask_cost": Decimal("0.75"),
            "outside_primary_cost": Decimal("3.00"),
            "unfilled_cost": Decimal("80.00"),
            "split": False,
            "parcels": 2,
            "least_parcel_value": Decimal("20.00"),
            "consider": 30,
            "mode": "competitive",
            "offers": 5,
            "timeout": 90,
            "batch_seconds": 60,
            "on_exhausted": "supplier_warehouse",
        }
    )
    assert as_rule(rule_set.rules.get()) == Rule(
        "Elite",
        OrderFilter(
            frozenset({"web"}),
            frozenset({Method.DELIVERY, Method.PICKUP}),
            ("10", "2"),
            frozenset({"LAUNCH"}),
            50_00,
            999_99,
        ),
        CandidateFilter(frozenset({"elite"}), frozenset({dealer.pk}), frozenset({other.pk}), 2, 30_000, True),
        Weights(1_500_000, 0, 500_000, 2_50, 1_25, 75, 3_00, 80_00),
        split=False,
        parcels=2,
        least_parcel_value=20_00,
        consider=30,
        mode=OfferMode.COMPETITIVE,
        offers=5,
        timeout=90,
        batch_seconds=60,
        on_exhausted=OnExhausted.SUPPLIER_WAREHOUSE,
    )


def test_a_rule_for_a_dealer_that_is_no_more_is_for_nobody() -> None:
    rule_set = live_rules({"dealers": ["GONE"], "without_dealers": ["GONE"]})
    found = as_rule(rule_set.rules.get()).candidates
    assert (found.dealers, found.without_dealers) == (frozenset({NOBODY}), frozenset())


def test_what_is_live_is_what_its_rows_say_each_by_itself() -> None:
    make_dealer("D-1", "One")
    rule_set = live_rules(
        {"dealers": ["D-1"], "unfilled_cost": Decimal("12.30"), "within_km": 5, "most_value": Decimal("7.00")},
        {"without_dealers": ["D-1", "GONE"], "areas": ["10"]},
    )
    found, rules = live()
    assert found is not None
    assert (found.name, found.state, found.live_from) == (rule_set.name, rule_set.state, rule_set.live_from)
    assert rules == [as_rule(row) for row in rule_set.rules.order_by("position")]


def test_a_change_of_a_row_is_seen_at_once() -> None:
    rule_set = live_rules({"offers": 3})
    live()
    rule_set.rules.update(offers=7)
    assert [rule.offers for rule in live()[1]] == [7]


def test_what_is_live_is_asked_for_in_one_statement() -> None:
    make_dealer("D-1", "One")
    live_rules(*({"dealers": ["D-1"]} for _ in range(6)))
    with CaptureQueriesContext(connection) as caught:
        live()
    assert len(caught) == 1
