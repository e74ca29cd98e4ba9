"""Of two who publish at once one does; the race is shown to be real with the guard off."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from django.db import IntegrityError

from fulfilment.allocation import ruleedit
from fulfilment.allocation.models import RuleSet, RuleSetState, SourcingRule
from fulfilment.allocation.ruleedit import RulesRefused
from tests import factories
from tests.factories import World
from tests.races.test_stock import at_once

pytestmark = pytest.mark.race


@pytest.fixture
def shop(committed_db: None) -> World:
    return factories.make_world()


def drafts(world: World) -> list[RuleSet]:
    """Two drafts with a rule each."""
    made = [ruleedit.new_draft(name, by=world.ada) for name in ("One", "Other")]
    for draft in made:
        ruleedit.save_rule(SourcingRule(rule_set=draft, name="all"), by=world.ada)
    return made


def publish_together(world: World, made: list[RuleSet], instead_of: int | None) -> list[Any]:
    jobs = [
        lambda draft=draft: ruleedit.publish(draft.pk, by=world.ada, instead_of=instead_of)  # type: ignore[misc]
        for draft in made
    ]
    return at_once(jobs)


@pytest.mark.parametrize("live", [True, False], ids=["over a live set", "over none"])
def test_of_two_who_publish_at_once_one_does(shop: World, live: bool) -> None:
    instead_of = None
    if live:
        first = drafts(shop)[0]
        ruleedit.publish(first.pk, by=shop.ada)
        instead_of = first.pk
    made = drafts(shop)
    results = publish_together(shop, made, instead_of)
    assert {type(each) for each in results} == {RuleSet, RulesRefused}
    assert RuleSet.objects.filter(state=RuleSetState.LIVE).count() == 1
    assert RuleSet.objects.get(state=RuleSetState.LIVE) in made


def test_without_the_guard_the_database_itself_must_refuse(shop: World, monkeypatch: Any) -> None:
    made, both = drafts(shop), threading.Barrier(2)
    monkeypatch.setattr(ruleedit, "ONE_AT_A_TIME", "SELECT 1")
    monkeypatch.setattr(ruleedit, "refuse_outdated", lambda *_said: both.wait(timeout=30))
    results = publish_together(shop, made, None)
    assert {type(each) for each in results} == {RuleSet, IntegrityError}
