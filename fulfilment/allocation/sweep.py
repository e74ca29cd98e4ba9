"""What time does to offers and orders: answers that never came, reminders, orders left lying. Safe to repeat."""

from __future__ import annotations

import logging
from datetime import timedelta

from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Now

from fulfilment.allocation.batch import NotSolved
from fulfilment.allocation.models import Cause, LeftLine, LineFate, Offer, OfferState
from fulfilment.allocation.offers import expire
from fulfilment.allocation.plan import applies
from fulfilment.allocation.routing import MOST_TOGETHER, allocate, allocate_together, order_facts
from fulfilment.allocation.rulesets import live
from fulfilment.allocation.situation import clock, terms_now
from fulfilment.consumer.models import ConsumerOrder
from fulfilment.consumer.states import State

logger = logging.getLogger(__name__)

#: An order that nobody decided for so long was lost by its worker.
FORGOTTEN = timedelta(seconds=60)
#: How long the backlog waits between two tries.
BACKLOG_EVERY = timedelta(minutes=30)


def expire_due(limit: int = 200) -> int:
    """End offers whose time has passed, each in a transaction of its own; how many. Others may sweep beside it."""
    due = Offer.objects.filter(state=OfferState.SENT, expires_at__lte=Now()).order_by("expires_at", "pk")
    return sum(expire(offer) for offer in list(due.values_list("pk", flat=True)[:limit]))


def remind_due(limit: int = 200) -> list[Offer]:
    """Offers of which a dealer is to be reminded now, at half and at nine tenths of its time; each is told once.

    Whoever counts up `reminders` sends it; in the caller's transaction, so that a mail that cannot be kept is not lost.
    """
    with transaction.atomic():
        waiting = Offer.objects.filter(state=OfferState.SENT, expires_at__gt=Now())
        half = Q(reminders=0, remind_half_at__lte=Now())
        late = Q(reminders=1, remind_late_at__lte=Now())
        due = waiting.filter(half | late).select_for_update(of=("self",), skip_locked=True, no_key=True)
        offers = list(due.select_related("dealer", "outlet", "order").order_by("pk")[:limit])
        Offer.objects.filter(pk__in=[offer.pk for offer in offers]).update(reminders=F("reminders") + 1)
        for offer in offers:
            offer.reminders += 1
        return offers


def forgotten(limit: int = MOST_TOGETHER) -> list[int]:
    """New orders that no worker has decided in time, oldest first."""
    lying = ConsumerOrder.objects.filter(state=State.READY, state_at__lte=Now() - FORGOTTEN)
    return list(lying.order_by("state_at", "pk").values_list("pk", flat=True)[:limit])


def decide_windows() -> int:
    """Decide orders together whose rule waits for others, once the oldest of a rule has waited long enough; how many.

    Where the solver finds nothing in time each is decided alone.
    """
    rules = live()[1]
    if not any(rule.batch_seconds for rule in rules):
        return 0
    now = clock()
    terms = terms_now(now)
    ready = ConsumerOrder.objects.filter(state=State.READY).select_related("channel").order_by("state_at", "pk")
    orders = list(ready[:MOST_TOGETHER])
    facts = order_facts(orders, None, terms)
    waiting: dict[str, list[ConsumerOrder]] = {}
    due: set[str] = set()
    for order, wanted in zip(orders, facts, strict=True):
        rule = next((rule for rule in rules if applies(rule, wanted)), None)
        if rule is not None and rule.batch_seconds:
            waiting.setdefault(rule.name, []).append(order)
            if order.state_at + timedelta(seconds=rule.batch_seconds) <= now:
                due.add(rule.name)
    return sum(_together([order.pk for order in waiting[name]]) for name in sorted(due))


def _together(order_ids: list[int]) -> int:
    try:
        return len(allocate_together(order_ids))
    except NotSolved:
        logger.warning("orders decided alone, since they were not solved together", extra={"orders": len(order_ids)})
        return sum(allocate(order_id, cause=Cause.AGAIN) is not None for order_id in order_ids)


def retry_backlog(limit: int = 100) -> int:
    """Try the backlog again, those that waited longest first; how many found a dealer or another end."""
    lying = LeftLine.objects.filter(fate=LineFate.BACKLOG, tried_at__lte=Now() - BACKLOG_EVERY)
    orders = list(dict.fromkeys(lying.order_by("tried_at", "pk").values_list("order", flat=True)[:limit]))
    return sum(allocate(order, cause=Cause.AGAIN, from_backlog=True) is not None for order in orders)
