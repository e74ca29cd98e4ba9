"""Offers that no dealer has looked at yet, decided again together: what came in since may make another choice cheaper.

After Xu, Allgor and Graves (2004), who re-assign what has not been picked. Only offers under rules that decide orders
together are looked at, and nothing a dealer has seen is taken away. All of an improvement happens, or nothing of it.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from fulfilment.allocation import facts, situation
from fulfilment.allocation.batch import NotSolved, plan_batch
from fulfilment.allocation.holdings import lock_campaigns, lock_stock
from fulfilment.allocation.minor import to_minor
from fulfilment.allocation.models import (
    Cause,
    ConsumerTerms,
    Decision,
    Offer,
    OfferModeChoice,
    OfferState,
    OutletDay,
)
from fulfilment.allocation.offers import end
from fulfilment.allocation.plan import Plan
from fulfilment.allocation.routing import BEATEN, MOST_TOGETHER, carry_out, in_window, keep, open_lines, order_facts
from fulfilment.allocation.rulesets import live
from fulfilment.consumer.commands import lock_consumer_order
from fulfilment.consumer.models import ConsumerOrder, ConsumerOrderLine
from fulfilment.consumer.states import State

#: What a better choice has to save over all orders, in minor units, so that offers are not moved for a trifle.
WORTH = 1_00
#: Kept as a code and worded on the screen, in the reader's language.
IMPROVED = "improved"


@dataclass(frozen=True)
class Open:
    """An order with its unseen offers, all of one decision, and the lines they are about."""

    order: ConsumerOrder
    offers: Sequence[Offer]
    lines: Sequence[ConsumerOrderLine]

    @property
    def placed(self) -> frozenset[tuple[int, frozenset[int]]]:
        """Which lines stand at which outlet."""
        return frozenset(
            (offer.outlet_id, frozenset(line.order_line_id for line in offer.lines.all() if line.order_line_id))
            for offer in self.offers
        )


def reoptimise() -> int:
    """Choose again for orders whose offers nobody has seen, where that saves something; how many orders moved."""
    rule_set, rules = live()
    if not any(rule.batch_seconds for rule in rules):
        return 0
    moved = 0
    now = situation.clock()
    terms = situation.terms_now(now)
    found = _unseen()
    for currency in sorted({each.order.currency for each in found}):
        mine = [each for each in found if each.order.currency == currency]
        wanted = _as_if_unasked(mine, terms)
        pairs = [(each, order) for each, order in zip(mine, wanted, strict=True) if in_window(order, rules)]
        if not pairs:
            continue
        of_orders = [order for _each, order in pairs]
        snapshots = situation.snapshots(of_orders, currency=currency, terms=terms, now=now, rules=rules)
        freed = [_freed([each for each, _order in pairs], snapshot) for snapshot in snapshots]
        try:
            plans = plan_batch(list(zip(of_orders, freed, strict=True)), rules)
        except NotSolved:
            continue
        every = [
            (each, order, snapshot, made) for (each, order), snapshot, made in zip(pairs, freed, plans, strict=True)
        ]
        if _saves([choice for choice in every if moves(choice)]):
            moved += _move(every, {"rules": rules, "rule_set": rule_set, "terms_id": terms.pk})
    return moved


Choice = tuple[Open, facts.Order, facts.Snapshot, Plan]


def moves(choice: Choice) -> bool:
    """Whether a choice puts any line elsewhere than where it is offered."""
    each, *_rest, made = choice
    return frozenset((part.outlet, frozenset(part.keys)) for part in made.parts) != each.placed


def _unseen() -> list[Open]:
    """Orders all of whose offers of their last decision are open, hold, and were not looked at."""
    sent = Offer.objects.filter(order=OuterRef("pk"), state=OfferState.SENT)
    unseen = Q(seen_at=None, mode=OfferModeChoice.SEQUENTIAL)
    orders = list(
        ConsumerOrder.objects.filter(Exists(sent.filter(unseen)), ~Exists(sent.exclude(unseen)))
        .filter(state=State.OFFERED)
        .select_related("channel")
        .order_by("pk")[:MOST_TOGETHER]
    )
    offers: dict[int, list[Offer]] = {}
    open_offers = Offer.objects.filter(order__in=orders, state=OfferState.SENT).select_related("decision", "campaign")
    for offer in open_offers.prefetch_related("lines__order_line").order_by("part", "pk"):
        offers.setdefault(offer.order_id, []).append(offer)
    found = [
        Open(order, offers[order.pk], [line.order_line for offer in offers[order.pk] for line in offer.lines.all()])  # type: ignore[misc]  # an open offer has its lines
        for order in orders
    ]
    return [each for each in found if each.offers[0].decision.parts == len(each.offers) and _one_decision(each)]


def _one_decision(each: Open) -> bool:
    return len({offer.decision_id for offer in each.offers}) == 1


def _as_if_unasked(found: Sequence[Open], terms: ConsumerTerms) -> list[facts.Order]:
    """The orders as if their open offers had not been made: their dealers may be chosen again."""
    orders = [each.order for each in found]
    told = order_facts(orders, {each.order.pk: each.lines for each in found}, terms)
    return [
        replace(order, spared=order.spared - {offer.dealer_id for offer in each.offers})
        for each, order in zip(found, told, strict=True)
    ]


def _freed(found: Sequence[Open], snapshot: facts.Snapshot) -> facts.Snapshot:
    """A snapshot as if none of the offers held anything."""
    taken: dict[tuple[int, str], int] = {}
    parcels: dict[int, int] = {}
    spent: dict[str, int] = {}
    for offer in (offer for each in found for offer in each.offers):
        if offer.outlet_day_id:
            parcels[offer.outlet_id] = parcels.get(offer.outlet_id, 0) - 1
        if offer.campaign is not None:
            spent[offer.campaign.code] = spent.get(offer.campaign.code, 0) - to_minor(offer.top_up)
        for line in offer.lines.all():
            key = (offer.outlet_id, line.sku)
            taken[key] = taken.get(key, 0) - line.quantity
    return snapshot.less(taken, parcels, spent)


def _saves(changes: Sequence[Choice]) -> bool:
    """Whether moving these orders saves enough, and leaves none of them without a dealer."""
    if not changes or any(made.rest for _each, _order, _snapshot, made in changes):
        return False
    before = sum(each.offers[0].decision.cost for each, *_rest in changes)
    return before - sum(made.cost for *_rest, made in changes) >= WORTH


def _move(every: Sequence[Choice], kept: Mapping[str, object]) -> int:
    """Take the old offers back and make the new ones, of all orders that move, or of none where somebody was faster.

    What was chosen for the others is kept beside them, as not carried out: they were decided together.
    """
    batch, changes = uuid.uuid4(), [choice for choice in every if moves(choice)]
    try:
        with transaction.atomic():
            orders = {each.order.pk: lock_consumer_order(each.order.pk) for each, *_rest in changes}
            _lock_what_moves(changes)
            for each, *_rest in changes:
                for offer in each.offers:
                    unseen = Offer.objects.filter(pk=offer.pk, seen_at=None).first()
                    if unseen is None or not end(unseen, OfferState.WITHDRAWN, by=None, note=IMPROVED):
                        raise _Overtaken
            for choice in every:
                each, order, snapshot, made = choice
                locked = orders.get(each.order.pk)
                decision = _keep(locked or each.order, order, snapshot, made, batch, kept, carried_out=bool(locked))
                if locked:
                    carry_out(locked, open_lines(locked), decision, made, snapshot)
    except (*BEATEN, _Overtaken):
        return 0
    return len(changes)


def _lock_what_moves(changes: Sequence[Choice]) -> None:
    """Lock campaigns, days and stock of all offers, old and new, in the house order: each is touched more than once."""
    offers = [offer for each, *_rest in changes for offer in each.offers]
    lock_campaigns(offers)
    places = {offer.outlet_id for offer in offers} | {part.outlet for *_rest, made in changes for part in made.parts}
    list(OutletDay.objects.select_for_update(no_key=True).filter(outlet__in=places).order_by("outlet", "day"))
    products = {line.product_id for each, *_rest in changes for line in each.lines}
    lock_stock({(place, product) for place in places for product in products})


def _keep(
    order: ConsumerOrder,
    wanted: facts.Order,
    snapshot: facts.Snapshot,
    made: Plan,
    batch: uuid.UUID,
    kept: Mapping[str, object],
    *,
    carried_out: bool,
) -> Decision:
    more = {**kept, "cause": Cause.REOPTIMISE, "batch": batch, "carried_out": carried_out}
    return keep(order, wanted, snapshot, made=made, **more)  # type: ignore[arg-type]  # as keep() takes them


class _Overtaken(Exception):
    """An offer was seen or answered meanwhile."""
