"""Editing sourcing rules: drafts change, live and retired sets do not, and publishing never passes another."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from fulfilment.allocation import ruleedit
from fulfilment.allocation.change import ChangeRefused, What, changes_of, last_change
from fulfilment.allocation.models import AllocationChange, RuleSet, RuleSetState, SourcingRule
from fulfilment.allocation.ruleedit import RulesRefused
from tests.factories import World


@pytest.fixture
def draft(world: World) -> RuleSet:
    """A draft with the rules near, far and rest."""
    made = ruleedit.new_draft("First", by=world.ada)
    for name in ("near", "far", "rest"):
        ruleedit.save_rule(SourcingRule(rule_set=made, name=name), by=world.ada)
    return made


def names(rule_set: RuleSet) -> list[str]:
    return list(rule_set.rules.order_by("position").values_list("name", flat=True))


def test_new_rules_go_to_the_end_and_move_and_leave(world: World, draft: RuleSet) -> None:
    near, far, rest = draft.rules.order_by("position")
    ruleedit.move(rest.pk, -2, by=world.ada)
    assert names(draft) == ["rest", "near", "far"]
    ruleedit.move(rest.pk, -1, by=world.ada)
    ruleedit.remove_rule(near.pk, by=world.ada)
    assert names(draft) == ["rest", "far"]
    ruleedit.reorder(draft.pk, [far.pk, rest.pk], by=world.ada)
    assert list(draft.rules.order_by("position").values_list("name", "position")) == [("far", 1), ("rest", 2)]


def test_reordering_takes_exactly_the_sets_own_rules(world: World, draft: RuleSet) -> None:
    near, far, rest = draft.rules.order_by("position")
    for wrong in ([near.pk, far.pk], [near.pk, far.pk, far.pk], [near.pk, far.pk, rest.pk, 0]):
        with pytest.raises(RulesRefused):
            ruleedit.reorder(draft.pk, wrong, by=world.ada)
    assert names(draft) == ["near", "far", "rest"]


def test_a_name_stands_once_in_a_set(world: World, draft: RuleSet) -> None:
    with pytest.raises(RulesRefused) as why:
        ruleedit.save_rule(SourcingRule(rule_set=draft, name="NEAR"), by=world.ada)
    assert why.value.field == "name"


def test_saving_the_same_again_leaves_no_record(world: World, draft: RuleSet) -> None:
    count = AllocationChange.objects.count()
    assert not ruleedit.save_rule(draft.rules.get(name="near"), by=world.ada)
    assert AllocationChange.objects.count() == count


def test_an_outdated_page_is_refused(world: World, draft: RuleSet) -> None:
    seen = last_change(What.RULES, str(draft.pk))
    rule = draft.rules.get(name="near")
    rule.offers = 2
    assert ruleedit.save_rule(rule, by=world.fay, seen=seen)
    rule.offers = 3
    with pytest.raises(ChangeRefused, match="Fay Test"):
        ruleedit.save_rule(rule, by=world.ada, seen=seen)


def test_publishing_retires_the_live_set_and_keeps_who_did_it(world: World, draft: RuleSet) -> None:
    ruleedit.publish(draft.pk, by=world.ada)
    second = ruleedit.copy_live("Second", by=world.fay)
    assert names(second) == names(draft)
    ruleedit.publish(second.pk, by=world.fay, instead_of=draft.pk)
    draft.refresh_from_db()
    second.refresh_from_db()
    assert (draft.state, second.state) == (RuleSetState.RETIRED, RuleSetState.LIVE)
    assert draft.retired_at == second.live_from
    assert second.live_by == world.fay
    assert changes_of(What.RULES, str(second.pk)).first().new == {"state": "live"}  # type: ignore[union-attr]


def test_of_two_drafts_compared_with_the_same_live_set_one_is_published(world: World, draft: RuleSet) -> None:
    ruleedit.publish(draft.pk, by=world.ada)
    one, other = (ruleedit.copy_live(name, by=world.ada) for name in ("One", "Other"))
    ruleedit.publish(one.pk, by=world.ada, instead_of=draft.pk)
    with pytest.raises(RulesRefused, match="One"):
        ruleedit.publish(other.pk, by=world.fay, instead_of=draft.pk)
    assert RuleSet.objects.get(state=RuleSetState.LIVE) == one


def test_a_draft_that_changed_since_it_was_compared_is_not_published(world: World, draft: RuleSet) -> None:
    seen = last_change(What.RULES, str(draft.pk))
    ruleedit.save_rule(SourcingRule(rule_set=draft, name="late"), by=world.fay)
    with pytest.raises(ChangeRefused):
        ruleedit.publish(draft.pk, by=world.ada, seen=seen)


def test_a_draft_without_an_active_rule_is_not_published(world: World, draft: RuleSet) -> None:
    draft.rules.update(is_active=False)
    with pytest.raises(RulesRefused, match="active"):
        ruleedit.publish(draft.pk, by=world.ada)


@pytest.mark.parametrize("state", [RuleSetState.LIVE, RuleSetState.RETIRED])
@pytest.mark.parametrize(
    "act",
    [
        lambda kept, by: ruleedit.rename(kept.pk, "Other", "", by=by),
        lambda kept, by: ruleedit.save_rule(SourcingRule(rule_set=kept, name="more"), by=by),
        lambda kept, by: ruleedit.remove_rule(kept.rules.first().pk, by=by),
        lambda kept, by: ruleedit.move(kept.rules.first().pk, 1, by=by),
        lambda kept, by: ruleedit.discard(kept.pk, by=by),
        lambda kept, by: ruleedit.publish(kept.pk, by=by),
    ],
)
def test_what_is_or_was_live_is_not_changed(
    world: World, draft: RuleSet, state: str, act: Callable[[RuleSet, Any], Any]
) -> None:
    RuleSet.objects.filter(pk=draft.pk).update(state=state)
    before = list(draft.rules.order_by("pk").values())
    with pytest.raises(RulesRefused):
        act(draft, world.ada)
    assert list(draft.rules.order_by("pk").values()) == before


def test_a_discarded_draft_leaves_its_copies_and_its_record(world: World, draft: RuleSet) -> None:
    copied = ruleedit.copy(draft.pk, "Copy", by=world.ada)
    ruleedit.discard(draft.pk, by=world.ada)
    copied.refresh_from_db()
    assert copied.copied_from is None
    assert names(copied) == ["near", "far", "rest"]
    assert changes_of(What.RULES, str(draft.pk)).exists()


def test_the_difference_tells_rule_by_rule(world: World, draft: RuleSet) -> None:
    copied = ruleedit.copy(draft.pk, "Copy", by=world.ada)
    far = copied.rules.get(name="far")
    far.offers = 2
    ruleedit.save_rule(far, by=world.ada)
    ruleedit.move(copied.rules.get(name="rest").pk, -2, by=world.ada)
    ruleedit.save_rule(SourcingRule(rule_set=copied, name="new"), by=world.ada)
    found = ruleedit.difference(draft, copied)
    assert [(each.name, each.kind) for each in found] == [
        ("rest", "moved"),
        ("near", "same"),
        ("far", "changed"),
        ("new", "added"),
    ]
    assert found[2].fields == (("offers", 4, 2),)
    assert [each.kind for each in ruleedit.difference(copied, draft)] == ["same", "changed", "moved", "removed"]


@pytest.mark.parametrize("statement", ["UPDATE {} SET by_name = 'Nobody'", "DELETE FROM {}"])
def test_the_record_only_grows(world: World, draft: RuleSet, statement: str) -> None:
    with (
        pytest.raises(DatabaseError, match="only grows"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement.format(AllocationChange._meta.db_table))
