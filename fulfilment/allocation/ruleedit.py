"""Editing sourcing rules: drafts are worked on, one set is live, and what was live is never changed again.

Every verb locks the set, refuses one that is no draft, and leaves an `AllocationChange` of the set.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from django.db.models import Max, ProtectedError
from django.utils import timezone
from django.utils.translation import gettext as _

from dealers.accounts.models import User
from fulfilment.allocation.change import ChangeRefused, What, plain, record, refuse_outdated
from fulfilment.allocation.models import RuleSet, RuleSetState, SourcingRule

#: What a rule says, apart from its place: the columns that are copied, compared and recorded.
SAID = tuple(
    field.name
    for field in SourcingRule._meta.concrete_fields
    if field.name not in ("id", "rule_set", "position")
)  # fmt: skip
MOST_RULES = 100
#: Where no set is live there is no row to lock.
ONE_AT_A_TIME = "SELECT pg_advisory_xact_lock(hashtext('publish sourcing rules'))"
LIVE, DRAFT, RETIRED = RuleSetState.LIVE, RuleSetState.DRAFT, RuleSetState.RETIRED


class RulesRefused(ChangeRefused):
    """A change of sourcing rules that cannot be made; nothing was written."""


@dataclass(frozen=True)
class RuleDifference:
    """What became of a rule: `kind` is added, removed, changed, moved or same. Places count from 1, 0 is nowhere.

    `fields` are the columns that differ, with the rule's own values before and after.
    """

    name: str
    kind: str
    old_place: int
    new_place: int
    fields: tuple[tuple[str, Any, Any], ...] = ()


def live_set() -> RuleSet | None:
    """The set that decides."""
    return RuleSet.objects.filter(state=LIVE).first()


def new_draft(name: str, *, by: User | None, note: str = "") -> RuleSet:
    """An empty draft."""
    with transaction.atomic():
        return _made(RuleSet(name=name, note=note, made_by=by), by)


def copy_live(name: str, *, by: User | None, note: str = "") -> RuleSet:
    """A draft with the rules of the live set. Refuses when none is live."""
    live = live_set()
    if live is None:
        raise RulesRefused(_("No set of rules is live. Begin with an empty draft."))
    return copy(live.pk, name, by=by, note=note)


def copy(rule_set_id: int, name: str, *, by: User | None, note: str = "") -> RuleSet:
    """A draft with the rules of any set, which stays as it is."""
    with transaction.atomic():
        origin = RuleSet.objects.select_for_update().get(pk=rule_set_id)
        draft = _made(RuleSet(name=name, note=note, made_by=by, copied_from=origin), by)
        rules = list(origin.rules.order_by("position"))
        for rule in rules:
            rule.pk, rule.rule_set, rule._state.adding = None, draft, True
        SourcingRule.objects.bulk_create(rules)
        return draft


def rename(rule_set_id: int, name: str, note: str, *, by: User | None) -> RuleSet:
    """Call a draft otherwise."""
    with transaction.atomic():
        draft = _draft(rule_set_id)
        old = plain(draft, ("name", "note"))
        draft.name, draft.note = name, note
        draft.save(update_fields=["name", "note"])
        record(What.RULES, str(draft.pk), old, plain(draft, ("name", "note")), by=by)
        return draft


def save_rule(rule: SourcingRule, *, by: User | None, seen: int | None = None) -> bool:
    """Write a rule of a draft; a new one goes to the end. Whether anything was different.

    Refuses a name that another rule of the set has, and, with `seen` (the set's last change as the editor read it), a
    set that somebody else changed since.
    """
    with transaction.atomic():
        draft = _draft(rule.rule_set_id)
        refuse_outdated(What.RULES, str(draft.pk), seen)
        others = SourcingRule.objects.filter(rule_set=draft).exclude(pk=rule.pk)
        if others.filter(name__iexact=rule.name).exists():
            raise RulesRefused(_("Another rule of this set has this name. Give each its own."), "name")
        before = SourcingRule.objects.get(pk=rule.pk) if rule.pk else None
        if before is None:
            if others.count() >= MOST_RULES:
                raise RulesRefused(_("A set holds at most %(most)s rules.") % {"most": MOST_RULES})
            rule.position = (others.aggregate(last=Max("position"))["last"] or 0) + 1
        old, new = plain(before, SAID) if before else {}, plain(rule, SAID)
        if old == new:
            return False
        rule.save()
        record(What.RULES, str(draft.pk), old, new, by=by, about={"rule": rule.name})
        return True


def remove_rule(rule_id: int, *, by: User | None) -> RuleSet:
    """Take a rule out of its draft; those below move up."""
    with transaction.atomic():
        rule = SourcingRule.objects.get(pk=rule_id)
        draft = _draft(rule.rule_set_id)
        record(What.RULES, str(draft.pk), plain(rule, SAID), {}, by=by, about={"rule": rule.name})
        rule.delete()
        _place(list(draft.rules.order_by("position")))
        return draft


def reorder(rule_set_id: int, rule_ids: Sequence[int], *, by: User | None) -> RuleSet:
    """Put a draft's rules in this order. Refuses ids that are not exactly the set's own."""
    with transaction.atomic():
        draft = _draft(rule_set_id)
        rules = {rule.pk: rule for rule in draft.rules.order_by("position")}
        if sorted(rules) != sorted(rule_ids):
            raise RulesRefused(_("Somebody added or removed a rule meanwhile. Look at the order again."))
        old, new = [rule.name for rule in rules.values()], [rules[pk].name for pk in rule_ids]
        _place([rules[pk] for pk in rule_ids])
        record(What.RULES, str(draft.pk), {"order": old}, {"order": new}, by=by)
        return draft


def move(rule_id: int, steps: int, *, by: User | None) -> RuleSet:
    """Move a rule of a draft up (below 0) or down by so many places; at the end it stays."""
    with transaction.atomic():
        rule = SourcingRule.objects.get(pk=rule_id)
        draft = _draft(rule.rule_set_id)
        ids = list(draft.rules.order_by("position").values_list("pk", flat=True))
        place = max(0, min(len(ids) - 1, ids.index(rule_id) + steps))
        ids.remove(rule_id)
        ids.insert(place, rule_id)
        return reorder(draft.pk, ids, by=by)


def discard(rule_set_id: int, *, by: User | None) -> None:
    """Throw a draft away. Refuses one that something else still refers to."""
    with transaction.atomic():
        draft = _draft(rule_set_id)
        draft.copies.update(copied_from=draft.copied_from)
        record(What.RULES, str(draft.pk), plain(draft, ("name", "note")), {}, by=by)
        try:
            draft.delete()
        except ProtectedError as why:
            raise RulesRefused(_("This draft is still referred to and cannot be discarded.")) from why


def publish(rule_set_id: int, *, by: User | None, instead_of: int | None = None, seen: int | None = None) -> RuleSet:
    """Make a draft live and retire the live set, in one transaction.

    `instead_of` is the live set that was compared with (None: there was none) and `seen` the draft's last change then:
    where another set became live or the draft changed meanwhile it refuses, so that two never publish past each other.
    Refuses a draft without an active rule.
    """
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(ONE_AT_A_TIME)
        draft = _draft(rule_set_id)
        refuse_outdated(What.RULES, str(draft.pk), seen)
        live = RuleSet.objects.select_for_update().filter(state=LIVE).first()
        if (live.pk if live else None) != instead_of:
            name = live.name if live else "–"
            message = _("“%(name)s” became live meanwhile. Look at the difference again before you publish.")
            raise RulesRefused(message % {"name": name})
        if not draft.rules.filter(is_active=True).exists():
            raise RulesRefused(_("This draft has no active rule, so no order would be given to anybody."))
        now = timezone.now()
        if live is not None:
            live.state, live.retired_at = RETIRED, now
            live.save(update_fields=["state", "retired_at"])
            record(What.RULES, str(live.pk), {"state": LIVE}, {"state": RETIRED}, by=by)
        draft.state, draft.live_from, draft.live_by = LIVE, now, by
        draft.save(update_fields=["state", "live_from", "live_by"])
        record(What.RULES, str(draft.pk), {"state": DRAFT}, {"state": LIVE}, by=by)
        return draft


def difference(old: RuleSet | None, new: RuleSet) -> list[RuleDifference]:
    """What the new set says otherwise, rule by rule in its order, then what it no longer has. Two statements.

    Rules are matched by name. Only a rule that passes another one has moved, not those that make room for it.
    """
    before = list(old.rules.order_by("position")) if old else []
    after = list(new.rules.order_by("position"))
    known = {rule.name: (place, rule) for place, rule in enumerate(before, 1)}
    kept = {rule.name for rule in after}
    common = [rule.name for rule in after if rule.name in known]
    still = _longest_rising(common, {name: known[name][0] for name in common})
    found = []
    for place, rule in enumerate(after, 1):
        if rule.name not in known:
            found.append(RuleDifference(rule.name, "added", 0, place))
            continue
        old_place, former = known[rule.name]
        fields = tuple(
            (name, getattr(former, name), getattr(rule, name))
            for name in SAID
            if getattr(former, name) != getattr(rule, name)
        )
        kind = "changed" if fields else "same" if rule.name in still else "moved"
        found.append(RuleDifference(rule.name, kind, old_place, place, fields))
    gone = [RuleDifference(rule.name, "removed", place, 0) for place, rule in enumerate(before, 1)]
    return [*found, *(each for each in gone if each.name not in kept)]


def _longest_rising(names: Sequence[str], places: dict[str, int]) -> frozenset[str]:
    """The most rules that kept their order among themselves; the others moved."""
    nothing: list[str] = []
    best: list[list[str]] = []
    for index, name in enumerate(names):
        before = [best[other] for other in range(index) if places[names[other]] < places[name]]
        longest: list[str] = max(before, key=len, default=nothing)
        best.append([*longest, name])
    all_of_them: list[str] = max(best, key=len, default=nothing)
    return frozenset(all_of_them)


def _made(draft: RuleSet, by: User | None) -> RuleSet:
    draft.save(force_insert=True)
    made = plain(draft, ("name", "note")) | {"copied_from": draft.copied_from.name if draft.copied_from else ""}
    record(What.RULES, str(draft.pk), {}, made, by=by)
    return draft


def _draft(rule_set_id: int) -> RuleSet:
    """The set under its lock; refuses one that is or was live."""
    found = RuleSet.objects.select_for_update().get(pk=rule_set_id)
    if found.state != DRAFT:
        raise RulesRefused(_("This set is or was live and is not changed any more. Copy it and change the copy."))
    return found


def _place(rules: Sequence[SourcingRule]) -> None:
    for place, rule in enumerate(rules, 1):
        rule.position = place
    SourcingRule.objects.bulk_update(rules, ["position"])
