"""Random lives of consumer orders through the services on PostgreSQL, by processes; then all is counted anew."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from multiprocessing import get_context
from time import perf_counter
from typing import Any
from uuid import UUID

from django.db import connections
from django.utils import timezone

from fulfilment.allocation import held, offers, routing
from fulfilment.allocation.models import Allocation, AllocationLine, Cause, DeclineReason, Offer, OfferState
from fulfilment.consumer.commands import cancel
from fulfilment.consumer.data import ConsumerConflict, LineData, body_hash
from fulfilment.consumer.models import Channel, ConsumerOrder
from fulfilment.consumer.receive import Bringer, receive
from fulfilment.consumer.states import State
from fulfilment.handover.parcels import send_parcel
from fulfilment.handover.returns import Back, take_back
from fulfilment.settlement.settling import settle
from fulfilment.stock.outlet_feed import Counted, take_counts
from tests.bench.machine import fresh_database
from tests.fulfilment import allocation_oracle as oracle
from tests.fulfilment.allocation_world import (
    ASKED,
    AllocationWorld,
    live_rules,
    make_allocation_world,
    make_campaign,
    make_exclusive,
    of,
    order_of,
)

SHOPS, STOCK = 30, 60
#: After so many orders of a process every shop counts, and has more again.
COUNT_EVERY = 100
LATER = timedelta(days=60)
RULES: tuple[dict[str, Any], ...] = (
    {
        "mode": "competitive",
        "offers": 3,
        "split": False,
        "within_km": 60,
        "most_value": "900.00",
        "on_exhausted": "next",
    },
    {"mode": "sequential", "offers": 4, "parcels": 3},
)
#: Which promise a check of the oracle belongs to.
CHECKS: dict[str, tuple[Callable[[], Iterator[str]], ...]] = {
    "margin violations": (oracle.margins_broken, oracle.budgets_off),
    "oversold units": (oracle.oversold, oracle.counters_off),
    "ledger imbalance": (oracle.ledger_off,),
    "double allocations": (oracle.given_twice, oracle.fates_off),
}


@dataclass
class Lives:
    """How many orders lived, for how long, what happened to them, and how often each promise was broken."""

    orders: int
    seconds: float
    happened: Counter[str]
    found: Counter[str] = field(default_factory=Counter)
    broken: list[str] = field(default_factory=list)

    @property
    def told(self) -> str:
        """What happened, the most frequent first."""
        return ", ".join(f"{count:,} {what}" for what, count in self.happened.most_common() if what != "orders")


def run(processes: int, seconds: float) -> Lives:
    """Let orders live for so long; what came of it, counted anew."""
    name = fresh_database("violations")
    world = make_allocation_world(SHOPS, stock=STOCK)
    live_rules(*RULES)
    for place in (0, 7):
        make_exclusive(world.shops[place], area_code=f"1011{place}")
    make_campaign(budget="1000000.00")
    connections.close_all()
    started = perf_counter()
    with ProcessPoolExecutor(processes, mp_context=get_context("fork")) as pool:
        jobs = [pool.submit(_live, world, name, place, started + seconds) for place in range(processes)]
        happened = sum((job.result() for job in jobs), Counter[str]())
    lives = Lives(happened["orders"], perf_counter() - started, happened)
    for kind, checks in CHECKS.items():
        for check in checks:
            wrong = list(check())
            lives.found[kind] += len(wrong)
            lives.broken += [f"{kind}: {each}" for each in wrong]
    lives.broken += [f"error: {what}" for what in happened if what.startswith("error")]
    return lives


def _live(world: AllocationWorld, name: str, place: int, until: float) -> Counter[str]:
    """One process's orders, one after the other; what happened."""
    connections["default"].settings_dict["NAME"] = name
    rng, found = random.Random(place), Counter[str]()
    while perf_counter() < until:
        found["orders"] += 1
        try:
            _Life(world, rng, found, f"{place}-{found['orders']}").lead()
        except Exception as why:
            found[f"error {type(why).__name__}: {why}"[:200]] += 1
        if found["orders"] % COUNT_EVERY == 0:
            _count(world, rng)
            found["counts"] += 1
    connections.close_all()
    return found


def _count(world: AllocationWorld, rng: random.Random) -> None:
    """Every shop counts some minutes ago; a count never erases what was promised since."""
    at = timezone.now() - timedelta(seconds=rng.randrange(30))
    counts = [
        Counted(shop.outlet.pk, product.pk, STOCK * 3, at)
        for shop in world.shops
        for product in world.products.values()
    ]
    take_counts(counts)


class _Life:
    """An order from its intake to wherever chance takes it."""

    def __init__(self, world: AllocationWorld, rng: random.Random, found: Counter[str], number: str) -> None:
        self.world, self.rng, self.found, self.number = world, rng, found, number

    def lead(self) -> None:
        order = self.bring()
        routing.allocate(order.pk)
        self.answer(order)
        if self.rng.random() < 0.08:
            with suppress(ConsumerConflict):
                cancel(Channel.objects.get(pk=order.channel_id), order.external_number, expected_version=1, reason="x")
                self.found["cancelled"] += 1
        for allocation in Allocation.objects.filter(order=order).exclude(state="cancelled").order_by("pk"):
            self.fulfil(allocation)

    def bring(self) -> ConsumerOrder:
        lines = [self.line() for _line in range(self.rng.choice((1, 1, 2, 3)))]
        campaign = "LAUNCH" if self.rng.random() < 0.2 else ""
        data = order_of(self.number, *lines, freight=self.rng.choice(("0.00", "4.90")), campaign_code=campaign)
        for _again in range(self.rng.choice((1, 1, 2))):
            answer = receive(self.world.channel, data, body_hash=body_hash(data), by=Bringer())
        self.found["brought twice"] += answer.repeated
        return answer.order

    def line(self) -> LineData:
        sku, pieces = self.rng.choice("ABC"), self.rng.randrange(1, 4)
        paid = round(ASKED[sku] * pieces * self.rng.randrange(74, 101) / 100, 2)
        return of(sku, pieces, str(paid))

    def answer(self, order: ConsumerOrder) -> None:
        """Dealers accept, decline or forget, until nobody is asked any more."""
        while asked := list(Offer.objects.filter(order=order, state=OfferState.SENT).order_by("pk")):
            offer, chance = self.rng.choice(asked), self.rng.random()
            if chance < 0.62:
                with suppress(offers.OfferGone):
                    offers.accept(offer.pk, by=None)
                    self.found["accepted"] += 1
                    continue
            if chance < 0.8:
                reason = self.rng.choice((*DeclineReason.values, "capacity", "other", "other"))
                offers.decline(offer.pk, by=None, reason=reason)
                self.found["declined"] += 1
            elif chance < 0.95:
                Offer.objects.filter(pk=offer.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
                self.found["forgotten"] += offers.expire(offer.pk)
            else:
                routing.reroute(order.pk, by=None)
                self.found["routed again"] += 1
            if ConsumerOrder.objects.get(pk=order.pk).state == State.READY:
                routing.allocate(order.pk, cause=Cause.AGAIN)

    def fulfil(self, allocation: Allocation) -> None:
        """The dealer sends, in one or two parcels; some comes back; the money goes to its account."""
        by = next(shop.user for shop in self.world.shops if shop.dealer.pk == allocation.dealer_id)
        if self.rng.random() < 0.05:
            request = held.request_unclaim(allocation.pk, by=by, reason="other", note="")
            held.decide_unclaim(request.pk, by=self.world.staff, granted=True, answer="")
            self.found["left by their dealer"] += 1
            return
        held.pack(allocation.pk, by=by)
        lines = list(allocation.lines.filter(cancelled_at=None).values_list("pk", flat=True))
        cut = self.rng.randrange(1, len(lines) + 1)
        for part in (lines[:cut], lines[cut:]):
            if part:
                send_parcel(allocation.pk, part, by=by, key=self.key())
                self.found["parcels"] += 1
        held.complete(allocation.pk, by=by)
        settled = self.rng.random() < 0.5 and settle(allocation.pk, timezone.localdate() + LATER)
        self.found["settled"] += settled
        for line in AllocationLine.objects.filter(pk__in=lines):
            if self.rng.random() < 0.15:
                cause = self.rng.choice(("withdrawal", "damaged", "wrong"))
                back = Back(line.pk, self.rng.randrange(1, line.quantity + 1), self.rng.random() < 0.7)
                take_back(allocation.pk, [back], cause=cause, by=by, key=self.key())
                self.found["returns"] += 1

    def key(self) -> UUID:
        return UUID(int=self.rng.getrandbits(128), version=4)
