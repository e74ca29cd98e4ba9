"""From a consumer order to offers: facts are read, `plan` decides, and what it decided is taken under guards.

Live allocation, batches and routing by hand all end in `_carry_out`, in one transaction under the order's lock. When
somebody else was faster at stock, capacity or budget, all of it is undone and decided again on what is there now.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from django.db import transaction
from django.db.models import F

from dealers.accounts.models import User
from fulfilment.allocation import facts, situation
from fulfilment.allocation.batch import plan_batch
from fulfilment.allocation.budgets import BudgetSpent
from fulfilment.allocation.capacity import NoCapacity
from fulfilment.allocation.fates import fates, fates_of, refresh
from fulfilment.allocation.holdings import lock_holdings
from fulfilment.allocation.making import make_offers
from fulfilment.allocation.minor import to_minor
from fulfilment.allocation.models import Cause, ConsumerTerms, Decision, LeftLine, LineFate, Offer, OfferState, RuleSet
from fulfilment.allocation.offers import end
from fulfilment.allocation.plan import Plan, applies, plan
from fulfilment.allocation.reasons import Outcome
from fulfilment.allocation.record import record
from fulfilment.allocation.rules import Rule
from fulfilment.allocation.rulesets import live
from fulfilment.consumer.commands import lock_consumer_order
from fulfilment.consumer.models import ConsumerOrder, ConsumerOrderLine
from fulfilment.consumer.states import Fate, State
from fulfilment.stock.outlets import NotEnoughAtOutlets

#: How often an order is decided anew when others take what it was planned with; then the sweeper tries later.
TRIES = 5
#: Orders decided together at most.
MOST_TOGETHER = 400
ROUTABLE = frozenset({State.READY, State.OFFERED, State.BACKLOG, State.ALLOCATED, State.SENT})
BEATEN = (NotEnoughAtOutlets, NoCapacity, BudgetSpent)
T = TypeVar("T")


def allocate(
    order_id: int,
    *,
    cause: Cause = Cause.LIVE,
    by: User | None = None,
    without: frozenset[int] = frozenset(),
    from_backlog: bool = False,
) -> Decision | None:
    """Decide the lines of an order that wait, and make the offers. None: there was nothing to decide or no way yet.

    An order whose rule decides orders together is left for its window while it is new. Dealers in `without` and those
    asked about this version of the order are not asked. With `from_backlog` lines in the backlog are tried again.
    """
    return until_free(lambda: _allocate(order_id, cause, by, without, from_backlog))


def until_free(attempt: Callable[[], T | None]) -> T | None:
    """Try in a transaction of its own, and again when others were faster; None when they always were."""
    for _try in range(TRIES):
        try:
            with transaction.atomic():
                return attempt()
        except BEATEN:
            continue
    return None


def _allocate(
    order_id: int, cause: Cause, by: User | None, without: frozenset[int], from_backlog: bool
) -> Decision | None:
    order = lock_consumer_order(order_id)
    if State(order.state) not in ROUTABLE:
        return None
    lines = open_lines(order, from_backlog=from_backlog)
    if not lines:
        refresh(order, by=by)
        return None
    return _decide(order, lines, cause, by, without, from_backlog=from_backlog)


def _decide(
    order: ConsumerOrder,
    lines: Sequence[ConsumerOrderLine],
    cause: Cause,
    by: User | None,
    without: frozenset[int],
    *,
    from_backlog: bool = False,
    instead_of: Sequence[Offer] = (),
    note: str = "",
) -> Decision | None:
    """Decide lines of a locked order. Offers in `instead_of` are taken back for it, once all is locked that either
    touches: let go first, the goods of two orders that change places would wait for each other."""
    now, (rule_set, rules) = situation.clock(), live()
    terms = situation.terms_now(now)
    (wanted,) = order_facts([order], {order.pk: lines}, terms, without)
    if cause is Cause.LIVE and in_window(wanted, rules):
        return None
    (snapshot,) = situation.snapshots([wanted], currency=order.currency, terms=terms, now=now, rules=rules)
    if freed := sum(to_minor(offer.top_up) for offer in instead_of if offer.holds and offer.campaign_id):
        snapshot = snapshot.less({}, {}, {order.campaign_code: -freed})
    made = plan(wanted, snapshot, rules)
    if from_backlog and not made.parts and all(rest.outcome is Outcome.BACKLOG for rest in made.rest):
        LeftLine.objects.filter(order=order, fate=LineFate.BACKLOG).update(tried_at=now)
        return None
    if instead_of:
        products = {line.pk: line.product_id for line in lines}
        parts = [(each.outlet, part.keys) for part in made.parts for each in part.offers]
        lock_holdings(instead_of, also={(outlet, products[key]) for outlet, keys in parts for key in keys}, now=now)
        for offer in instead_of:
            end(offer, OfferState.WITHDRAWN, by=by, note=note)
    decision = keep(order, wanted, snapshot, rules, made, rule_set=rule_set, terms_id=terms.pk, cause=cause, by=by)
    carry_out(order, lines, decision, made, snapshot, by=by)
    return decision


def open_lines(order: ConsumerOrder, *, from_backlog: bool = False) -> list[ConsumerOrderLine]:
    """The lines of a locked order that wait for a decision."""
    wanted = {Fate.WAITING, Fate.BACKLOG} if from_backlog else {Fate.WAITING}
    waiting = {line for line, fate in fates(order.pk).items() if fate in wanted}
    return [line for line in order.lines.order_by("position") if line.pk in waiting] if waiting else []


def order_facts(
    orders: Sequence[ConsumerOrder],
    lines: Mapping[int, Sequence[ConsumerOrderLine]] | None,
    terms: ConsumerTerms,
    without: frozenset[int] = frozenset(),
) -> list[facts.Order]:
    """What `plan` is told of the given lines of each order, by its key (None: of all lines), and of the dealers that
    were asked about the order's version. Three statements at most for any number of orders; lines that are all of an
    order's are not read again."""
    declined: dict[int, set[int]] = {}
    spared: dict[int, set[int]] = {}
    of_version = Offer.objects.filter(order__in=orders, order_version=F("order__version"))
    for order_id, dealer_id, state in of_version.values_list("order", "dealer", "state"):
        asked = declined if state in (OfferState.DECLINED, OfferState.EXPIRED) else spared
        asked.setdefault(order_id, set()).add(dealer_id)
    every = {pk: sorted(given, key=lambda line: line.position) for pk, given in (lines or {}).items()}
    in_part = [order for order in orders if len(every.get(order.pk, ())) < order.line_count]
    every |= {order.pk: [] for order in in_part}
    for line in ConsumerOrderLine.objects.filter(order__in=in_part).order_by("position") if in_part else ():
        every[line.order_id].append(line)
    found, campaigns = [], situation.campaigns_in_force(orders)
    for order in orders:
        said_no = frozenset(declined.get(order.pk, ()))
        whole = situation.order_facts(order, every[order.pk], terms, declined=said_no, campaigns=campaigns)
        keys = {line.pk for line in (every if lines is None else lines)[order.pk]}
        taken_from = frozenset(spared.get(order.pk, ())) | without
        mine = tuple(line for line in whole.lines if line.key in keys)
        found.append(replace(whole, lines=mine, spared=taken_from - said_no))
    return found


def in_window(order: facts.Order, rules: Sequence[Rule]) -> bool:
    """Whether the first rule that is for an order decides orders together."""
    first = next((rule for rule in rules if applies(rule, order)), None)
    return first is not None and first.batch_seconds > 0


def keep(
    order: ConsumerOrder,
    wanted: facts.Order,
    snapshot: facts.Snapshot,
    rules: Sequence[Rule],
    made: Plan,
    *,
    rule_set: RuleSet | None,
    terms_id: int,
    cause: Cause,
    by: User | None = None,
    batch: uuid.UUID | None = None,
    carried_out: bool = True,
) -> Decision:
    """Keep a decision with what it looked at."""
    return Decision.objects.create(
        order=order,
        order_version=order.version,
        at=snapshot.now,
        cause=cause,
        by=by,
        rule_set=rule_set,
        terms_id=terms_id,
        cost=made.cost,
        parts=len(made.parts),
        batch=batch,
        carried_out=carried_out,
        record=record(wanted, snapshot, rules, made),
    )


def carry_out(
    order: ConsumerOrder,
    lines: Sequence[ConsumerOrderLine],
    decision: Decision,
    made: Plan,
    snapshot: facts.Snapshot,
    *,
    by: User | None = None,
) -> list[Offer]:
    """Make the offers of a plan for a locked order and say what becomes of the rest. Raises what others took first."""
    by_key = {line.pk: line for line in lines}
    LeftLine.objects.filter(order_line__in=by_key).delete()
    offers = make_offers(order, by_key, decision, made, snapshot, by=by)
    for rest in made.rest:
        leave(order, rest.keys, LineFate(rest.outcome.value), why=rest.why.value, rule=rest.rule, by=by)
    refresh(order, by=by)
    return offers


def leave(
    order: ConsumerOrder, keys: Collection[int], fate: LineFate, *, why: str, rule: str = "", by: User | None = None
) -> None:
    """Say what becomes of lines that nobody holds; replaces what was said before."""
    now = situation.clock()
    LeftLine.objects.bulk_create(
        [
            LeftLine(order_line_id=key, order=order, fate=fate, why=why, rule=rule, at=now, tried_at=now, by=by)
            for key in keys
        ],
        update_conflicts=True,
        unique_fields=["order_line"],
        update_fields=["fate", "why", "rule", "at", "tried_at", "by"],
    )


def allocate_together(order_ids: Sequence[int], *, cause: Cause = Cause.BATCH) -> list[Decision]:
    """Decide new orders together, at least cost over all of them, and make the offers of each.

    Nothing is locked while it is decided: an order that moved on meanwhile, or whose goods others took, is kept as not
    carried out and decided alone. Refuses (ValueError) more than `MOST_TOGETHER`. Raises `batch.NotSolved`.
    """
    if len(order_ids) > MOST_TOGETHER:
        raise ValueError(f"At most {MOST_TOGETHER} orders together.")
    now, (rule_set, rules) = situation.clock(), live()
    terms = situation.terms_now(now)
    rows = list(ConsumerOrder.objects.filter(pk__in=order_ids, state=State.READY).select_related("channel"))
    waiting = _waiting_lines(rows)
    decisions: list[Decision] = []
    for currency in sorted({row.currency for row in rows}):
        mine = sorted((row for row in rows if row.currency == currency and row.pk in waiting), key=lambda row: row.pk)
        if not mine:
            continue
        wanted = order_facts(mine, waiting, terms)
        snapshots = situation.snapshots(wanted, currency=currency, terms=terms, now=now, rules=rules)
        pairs = list(zip(wanted, snapshots, strict=True))
        plans, batch = plan_batch(pairs, rules), uuid.uuid4()
        for row, (order, snapshot), made in zip(mine, pairs, plans, strict=True):
            kept = {"rule_set": rule_set, "terms_id": terms.pk, "cause": cause, "batch": batch}
            decisions.append(_settle_one(row, order, snapshot, rules, made, kept))
    return decisions


def _settle_one(
    row: ConsumerOrder,
    wanted: facts.Order,
    snapshot: facts.Snapshot,
    rules: Sequence[Rule],
    made: Plan,
    kept: Mapping[str, object],
) -> Decision:
    """Carry out one plan of a batch in its own transaction, or keep it as overtaken and decide the order alone."""
    try:
        with transaction.atomic():
            order = lock_consumer_order(row.pk)
            lines = open_lines(order) if order.state == State.READY else []
            if order.version == row.version and {line.pk for line in lines} == {line.key for line in wanted.lines}:
                decision = keep(order, wanted, snapshot, rules, made, **kept)  # type: ignore[arg-type]  # as keep() takes them
                carry_out(order, lines, decision, made, snapshot)
                return decision
    except BEATEN:
        pass
    overtaken = keep(row, wanted, snapshot, rules, made, carried_out=False, **kept)  # type: ignore[arg-type]  # as keep() takes them
    return allocate(row.pk, cause=Cause.AGAIN) or overtaken


def _waiting_lines(rows: Sequence[ConsumerOrder]) -> dict[int, list[ConsumerOrderLine]]:
    standing = fates_of([row.pk for row in rows])
    found: dict[int, list[ConsumerOrderLine]] = {}
    for line in ConsumerOrderLine.objects.filter(order__in=rows).order_by("order", "position"):
        if standing[line.order_id][line.pk] is Fate.WAITING:
            found.setdefault(line.order_id, []).append(line)
    return found


def reroute(
    order_id: int, *, by: User | None, note: str = "", without: frozenset[int] = frozenset()
) -> Decision | None:
    """Take open offers back, and route them and what is in the backlog or meant for the warehouse again.

    Dealers asked before are not asked again, nor those in `without`. What dealers accepted stays with them.
    """
    return until_free(lambda: _reroute(order_id, by, note, without))


def _reroute(order_id: int, by: User | None, note: str, without: frozenset[int]) -> Decision | None:
    order = lock_consumer_order(order_id)
    if State(order.state) not in ROUTABLE:
        return None
    asked = list(Offer.objects.filter(order=order, state=OfferState.SENT).order_by("pk"))
    LeftLine.objects.filter(order=order, sent_at=None).exclude(fate=LineFate.CANCELLED).delete()
    open_still = {line for line, fate in fates(order.pk).items() if fate in (Fate.WAITING, Fate.OFFERED)}
    lines = [line for line in order.lines.order_by("position") if line.pk in open_still]
    if not lines:
        refresh(order, by=by, note=note)
        return None
    return _decide(order, lines, Cause.REROUTE, by, without, instead_of=asked, note=note)
