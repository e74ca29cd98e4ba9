"""Orders and snapshots as the situation of the database gives them."""

from __future__ import annotations

from typing import Any

from fulfilment.allocation import facts, situation
from fulfilment.consumer.models import ConsumerOrder
from tests.fulfilment.allocation_world import AllocationWorld


def facts_of(order: ConsumerOrder, declined: frozenset[int] = frozenset()) -> facts.Order:
    """What `plan` is told of an order now."""
    order = ConsumerOrder.objects.select_related("channel").get(pk=order.pk)
    terms = situation.terms_now(situation.clock())
    return situation.order_facts(order, list(order.lines.order_by("position")), terms, declined=declined)


def snapshot_of(*orders: facts.Order, **more: Any) -> facts.Snapshot:
    """What bears on the first of the orders now."""
    now = situation.clock()
    return situation.snapshots(orders, currency="EUR", terms=situation.terms_now(now), now=now, **more)[0]


def outlet_in(snapshot: facts.Snapshot, world: AllocationWorld, shop: int = 1) -> facts.Outlet:
    """The outlet of a shop in a snapshot."""
    return next(each for each in snapshot.outlets if each.id == world.shops[shop - 1].outlet.pk)
