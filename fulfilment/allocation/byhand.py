"""Routing by hand: staff choose the outlet, and everything else is checked as ever."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from django.db import transaction
from django.utils import timezone

from dealers.accounts.models import Outlet, User
from dealers.sentences import worded as _
from fulfilment.allocation import facts, situation
from fulfilment.allocation.fates import fates, refresh
from fulfilment.allocation.held import cancel_lines as take_from_dealer
from fulfilment.allocation.holdings import lock_holdings
from fulfilment.allocation.models import (
    AllocationLine,
    AllocationState,
    Cause,
    ConsumerTerms,
    LeftLine,
    LineFate,
    Offer,
    RuleSet,
)
from fulfilment.allocation.plan import Part, Plan, plan
from fulfilment.allocation.reasons import Reason
from fulfilment.allocation.routing import carry_out, keep, leave, order_facts, until_free
from fulfilment.allocation.rules import CandidateFilter, OfferMode, Rule, Weights
from fulfilment.allocation.rulesets import live
from fulfilment.consumer.commands import lock_consumer_order
from fulfilment.consumer.models import ConsumerOrder, ConsumerOrderLine
from fulfilment.consumer.states import Fate
from fulfilment.signals import warehouse_lines_sent

#: Lines that staff may give to a dealer: those that nobody holds, is asked about, or has sent.
ASSIGNABLE = frozenset({Fate.WAITING, Fate.BACKLOG, Fate.SUPPLIER_WAREHOUSE})
BY_HAND = "by hand"
WHATEVER_IT_COSTS = Weights(unfilled=10**12)


class AssignmentRefused(Exception):
    """The outlet may not take these lines. `reasons` says why, by line; empty: none of them waits for a dealer."""

    def __init__(self, reasons: dict[int, Reason]) -> None:
        super().__init__(", ".join(sorted({reason.value for reason in reasons.values()})))
        self.reasons = reasons


class LineRefused(Exception):
    """Nothing can be done with some of the lines any more. `message` says why; nothing was changed."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


@dataclass(frozen=True)
class Preview:
    """What giving lines to an outlet would come to: the part it can take (None: nothing), and why not the others."""

    outlet_id: int
    part: Part | None
    reasons: dict[int, Reason]


@dataclass(frozen=True)
class _Judged:
    wanted: facts.Order
    snapshot: facts.Snapshot
    rules: Sequence[Rule]
    made: Plan
    rule_set: RuleSet | None
    terms: ConsumerTerms


def preview(order_id: int, outlet_id: int, line_ids: Collection[int] | None = None) -> Preview:
    """What an offer to this outlet would say now; nothing is taken. All assignable lines unless told."""
    order = ConsumerOrder.objects.select_related("channel").get(pk=order_id)
    lines = _assignable(order, line_ids)
    if not lines:
        return Preview(outlet_id, None, {})
    return _previewed(_judge(order, lines, outlet_id, ask=True), outlet_id)


def assign(
    order_id: int,
    outlet_id: int,
    *,
    by: User,
    line_ids: Collection[int] | None = None,
    ask: bool = True,
    note: str = "",
) -> Offer:
    """Offer lines to an outlet, or give them without asking; the same checks as ever, cost apart.

    Raises `AssignmentRefused` when the outlet may not take every line asked for, or with no `line_ids` not one.
    """
    made = until_free(lambda: _assign(order_id, outlet_id, by, line_ids, ask, note))
    if made is None:
        raise AssignmentRefused({})
    return made


def _assign(order_id: int, outlet_id: int, by: User, line_ids: Collection[int] | None, ask: bool, note: str) -> Offer:
    order = lock_consumer_order(order_id)
    lines = _assignable(order, line_ids)
    if not lines:
        raise AssignmentRefused({})
    judged = _judge(order, lines, outlet_id, ask=ask)
    found = _previewed(judged, outlet_id)
    if found.part is None or (line_ids is not None and found.reasons):
        raise AssignmentRefused(found.reasons)
    given = [line for line in lines if line.pk in found.part.keys]
    decision = keep(
        order,
        judged.wanted,
        judged.snapshot,
        judged.rules,
        judged.made,
        rule_set=judged.rule_set,
        terms_id=judged.terms.pk,
        cause=Cause.MANUAL,
        by=by,
    )
    # The rest of the plan stays where it was: only what was chosen by hand is carried out.
    (offer,) = carry_out(order, given, decision, replace(judged.made, rest=()), judged.snapshot, by=by)
    if note:
        Offer.objects.filter(pk=offer.pk).update(note=note[:500])
    return offer


def to_warehouse(order_id: int, line_ids: Collection[int], *, by: User, note: str = "") -> None:
    """Let the supplier's own warehouse fulfil lines that no dealer holds or is asked about."""
    with transaction.atomic():
        order = lock_consumer_order(order_id)
        lines = _only(order, line_ids, frozenset({Fate.WAITING, Fate.BACKLOG, Fate.SUPPLIER_WAREHOUSE}))
        leave(order, lines, LineFate.SUPPLIER_WAREHOUSE, why=BY_HAND, by=by)
        refresh(order, by=by, note=note)


def warehouse_sent(order_id: int, line_ids: Collection[int], *, by: User | None) -> list[LeftLine]:
    """Note that the supplier's warehouse has sent lines; those that it sent before are passed over."""
    with transaction.atomic():
        order = lock_consumer_order(order_id)
        mine = LeftLine.objects.filter(order=order, pk__in=line_ids, fate=LineFate.SUPPLIER_WAREHOUSE)
        found = list(mine.select_related("order_line").order_by("pk"))
        if len(found) != len(set(line_ids)):
            raise LineRefused(_("Some of these lines are not with the supplier's warehouse any more."))
        leaving = [line for line in found if line.sent_at is None]
        now = timezone.now()
        LeftLine.objects.filter(pk__in=[line.pk for line in leaving]).update(sent_at=now)
        for line in leaving:
            line.sent_at = now
        if leaving:
            warehouse_lines_sent.send(sender=LeftLine, order=order, lines=leaving, by=by)
        refresh(order, by=by)
    return leaving


def cancel_lines(order_id: int, line_ids: Collection[int], *, by: User, note: str = "") -> None:
    """End lines of an order that have not left, whoever holds them; the consumer's money for them is to be refunded.

    Refuses lines that are offered (withdraw the offer first), packed, sent, or ended already.
    """
    with transaction.atomic():
        order = lock_consumer_order(order_id)
        lines = _only(order, line_ids, ASSIGNABLE | {Fate.ACCEPTED})
        held = list(
            AllocationLine.objects.filter(order_line__in=lines, cancelled_at=None)
            .select_related("allocation__offer", "offer_line")
            .order_by("pk")
        )
        if any(line.allocation.state != AllocationState.ACCEPTED for line in held):
            raise LineRefused(_("A dealer has packed some of these lines already."))
        lock_holdings([line.allocation.offer for line in held])
        for allocation in {line.allocation_id: line.allocation for line in held}.values():
            mine = [line for line in held if line.allocation_id == allocation.pk]
            take_from_dealer(allocation, mine, by=by, note=note)
        leave(order, lines, LineFate.CANCELLED, why=BY_HAND, by=by)
        refresh(order, by=by, note=note)


def _assignable(order: ConsumerOrder, line_ids: Collection[int] | None) -> list[ConsumerOrderLine]:
    standing = fates(order.pk)
    sent = LeftLine.objects.filter(order=order, sent_at__isnull=False).values_list("pk", flat=True)
    free = {key for key, fate in standing.items() if fate in ASSIGNABLE} - set(sent)
    if line_ids is not None:
        free &= set(line_ids)
    return [line for line in order.lines.order_by("position") if line.pk in free]


def _only(order: ConsumerOrder, line_ids: Collection[int], allowed: frozenset[Fate]) -> list[int]:
    standing = fates(order.pk)
    if not line_ids or any(standing.get(key) not in allowed for key in line_ids):
        raise LineRefused(_("Some of these lines went on meanwhile. Look at the order again."))
    return sorted(line_ids)


def _judge(order: ConsumerOrder, lines: Sequence[ConsumerOrderLine], outlet_id: int, *, ask: bool) -> _Judged:
    """Plan the lines under a rule that knows this outlet alone; whose territory it is, everybody's stock says."""
    now, (rule_set, _rules) = situation.clock(), live()
    terms = situation.terms_now(now)
    (wanted,) = order_facts([order], {order.pk: lines}, terms)
    wanted = replace(wanted, decide_by=None)  # staff may still ask after the time for it
    always = frozenset({outlet_id})
    (snapshot,) = situation.snapshots([wanted], currency=order.currency, terms=terms, now=now, always=always)
    dealer = Outlet.objects.values_list("dealer", flat=True).get(pk=outlet_id)
    snapshot = replace(
        snapshot, outlets=tuple(each for each in snapshot.outlets if each.dealer != dealer or each.id == outlet_id)
    )
    rules = [
        Rule(
            name=BY_HAND,
            candidates=CandidateFilter(dealers=frozenset({dealer})),
            weights=WHATEVER_IT_COSTS,
            parcels=1,
            consider=50,
            mode=OfferMode.SEQUENTIAL if ask else OfferMode.AUTO,
            offers=wanted.asks + 1,
        )
    ]
    return _Judged(wanted, snapshot, rules, plan(wanted, snapshot, rules), rule_set, terms)


def _previewed(judged: _Judged, outlet_id: int) -> Preview:
    part = judged.made.parts[0] if judged.made.parts else None
    taken = set(part.keys) if part else set()
    reasons: dict[int, Reason] = {}
    for rule in judged.made.trace:
        for each in rule.candidates:
            if each.outlet == outlet_id:
                reasons.update(each.reasons)
    left = {
        line.key: reasons.get(line.key, Reason.RULE_FILTER) for line in judged.wanted.lines if line.key not in taken
    }
    return Preview(outlet_id, part, left)
