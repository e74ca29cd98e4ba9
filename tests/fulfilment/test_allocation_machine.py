"""Anything that may happen to consumer orders, in any order: after every step all that must hold is counted anew.

The machine places, changes and cancels orders; dealers accept, decline, forget, pack, send and leave; staff route again
and by hand; counts, prices and rules change meanwhile. Each run is undone at its end.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from fulfilment.allocation import byhand, held, offers, relief, routing, sweep
from fulfilment.allocation.models import (
    Allocation,
    AllocationLine,
    AllocationState,
    Cause,
    DeclineReason,
    LineFate,
    Offer,
    OfferState,
    UnclaimRequest,
)
from fulfilment.consumer.commands import cancel, change
from fulfilment.consumer.data import ConsumerConflict, body_hash
from fulfilment.consumer.models import ConsumerOrder
from fulfilment.consumer.states import State
from fulfilment.handover.returns import Back, take_back
from fulfilment.settlement.settling import settle_due
from fulfilment.stock.models import OutletStock, StockShortfall
from fulfilment.stock.outlet_feed import Counted, take_counts
from pricing.terms.models import Price
from tests.fulfilment.allocation_oracle import assert_all_holds
from tests.fulfilment.allocation_world import (
    AllocationWorld,
    live_rules,
    make_allocation_world,
    make_campaign,
    make_exclusive,
    of,
    order_of,
    place_order,
)

SKUS = st.sampled_from("ABC")
WHICH = st.integers(0, 5)
#: Lines of an order: SKU, pieces, and what of the usual price the consumer pays, in percent.
LINES = st.lists(st.tuples(SKUS, st.integers(1, 3), st.sampled_from((100, 88, 82, 76))), min_size=1, max_size=3)
#: The second area is nobody's, the first a dealer's own.
AREAS = st.sampled_from(("10115", "10117"))
ENDED = {State.CANCELLED, State.COMPLETED, State.BACKLOG, State.ALLOCATED, State.SENT, State.ADDRESS_UNKNOWN}
RULES: dict[str, tuple[dict[str, Any], ...]] = {
    "one by one": ({"mode": "sequential", "offers": 3},),
    "race": ({"mode": "competitive", "offers": 2, "split": False}, {"mode": "sequential"}),
    "at once": ({"mode": "auto", "within_km": 8, "on_exhausted": "next"}, {"mode": "sequential"}),
    "warehouse": ({"mode": "sequential", "parcels": 1, "on_exhausted": "supplier_warehouse"},),
}
ROUNDS = 30


def somebody_is_asked(_machine: object) -> bool:
    return Offer.objects.filter(state=OfferState.SENT).exists()


def something_is_held(_machine: object) -> bool:
    return Allocation.objects.filter(state__in=("accepted", "packed")).exists()


def something_has_left(_machine: object) -> bool:
    return AllocationLine.objects.filter(sent_at__isnull=False).exists()


def something_is_ordered(_machine: object) -> bool:
    return ConsumerOrder.objects.exists()


class Market(RuleBasedStateMachine):
    """Three shops, one of them the owner of an area, one with room for few parcels, and a campaign with little left."""

    def __init__(self) -> None:
        super().__init__()
        self.undone = transaction.atomic()
        self.undone.__enter__()
        self.world: AllocationWorld = make_allocation_world(3, stock=4)
        make_exclusive(self.world.shops[1])
        make_campaign(budget="90.00")
        service = self.world.shops[0].outlet.consumer_service
        service.daily_capacity = 3
        service.save()
        self.placed = 0

    def teardown(self) -> None:
        try:
            self.come_to_rest()
        finally:
            transaction.set_rollback(True)
            self.undone.__exit__(None, None, None)

    @initialize(lines=st.lists(LINES, min_size=2, max_size=3), area=AREAS)
    def begin(self, lines: list[list[tuple[str, int, int]]], area: str) -> None:
        for each in lines:
            self.place(each, area, False, "4.90")

    @invariant()
    def everything_holds(self) -> None:
        assert_all_holds()

    @rule(lines=LINES, area=AREAS, campaign=st.booleans(), freight=st.sampled_from(("0.00", "4.90")))
    def place(self, lines: list[tuple[str, int, int]], area: str, campaign: bool, freight: str) -> None:
        self.placed += 1
        order = place_order(self.world, f"W-{self.placed}", *self.lines(lines), **self.said(area, campaign, freight))
        routing.allocate(order.pk)

    @rule(lines=LINES, area=AREAS)
    def place_the_same_twice(self, lines: list[tuple[str, int, int]], area: str) -> None:
        self.placed += 1
        said = {**self.said(area, False, "0.00"), "placed_at": timezone.now()}
        orders = [place_order(self.world, f"W-{self.placed}", *self.lines(lines), **said) for _again in range(2)]
        assert orders[0].pk == orders[1].pk
        assert routing.allocate(orders[0].pk) is not None
        assert routing.allocate(orders[1].pk) is None

    @precondition(somebody_is_asked)
    @rule(which=WHICH)
    def accept(self, which: int) -> None:
        if offer := self.open_offer(which):
            with suppress(offers.OfferGone):
                assert offers.accept(offer.pk, by=self.boss(offer)).state == OfferState.ACCEPTED
                offers.accept(offer.pk, by=self.boss(offer))

    @precondition(somebody_is_asked)
    @rule(which=WHICH)
    def accept_and_fulfil(self, which: int) -> None:
        self.accept(which)
        for allocation in Allocation.objects.filter(state=AllocationState.ACCEPTED).order_by("pk"):
            held.pack(allocation.pk, by=None)
            lines = allocation.lines.filter(cancelled_at=None).values_list("pk", flat=True)
            held.send(allocation.pk, list(lines), by=None)
            held.complete(allocation.pk, by=None)

    @precondition(somebody_is_asked)
    @rule(which=WHICH, reason=st.sampled_from(DeclineReason.values))
    def decline(self, which: int, reason: str) -> None:
        if offer := self.open_offer(which):
            offers.decline(offer.pk, by=self.boss(offer), reason=reason)
            with pytest.raises(offers.OfferGone):
                offers.accept(offer.pk, by=self.boss(offer))

    @precondition(somebody_is_asked)
    @rule(which=WHICH)
    def forget(self, which: int) -> None:
        if offer := self.open_offer(which):
            Offer.objects.filter(pk=offer.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
            with pytest.raises(offers.OfferGone):
                offers.accept(offer.pk, by=self.boss(offer))
            assert sweep.expire_due() == 1

    @precondition(somebody_is_asked)
    @rule(which=WHICH)
    def withdraw(self, which: int) -> None:
        if offer := self.open_offer(which):
            offers.withdraw(offer.pk, by=self.world.staff, note="another dealer")

    @precondition(something_is_held)
    @rule(which=WHICH, whole=st.booleans())
    def send(self, which: int, whole: bool) -> None:
        if allocation := self.allocation(which, AllocationState.ACCEPTED, AllocationState.PACKED):
            lines = list(allocation.lines.filter(sent_at=None, cancelled_at=None).values_list("pk", flat=True))
            held.pack(allocation.pk, by=None)
            held.send(allocation.pk, lines if whole else lines[:1], by=None)
            assert held.send(allocation.pk, lines[:1], by=None) == []

    @precondition(something_has_left)
    @rule(which=WHICH)
    def complete(self, which: int) -> None:
        if allocation := self.allocation(which, AllocationState.SENT):
            held.complete(allocation.pk, by=None)

    @precondition(something_has_left)
    @rule(which=WHICH, units=st.integers(1, 3), resellable=st.booleans(), fault=st.booleans())
    def give_back(self, which: int, units: int, resellable: bool, fault: bool) -> None:
        lines = list(AllocationLine.objects.filter(sent_at__isnull=False).order_by("pk"))
        if lines:
            line = lines[which % len(lines)]
            back = [Back(line.pk, min(units, line.quantity - line.returned), resellable)]
            if back[0].units:
                cause = "damaged" if fault else "withdrawal"
                take_back(line.allocation_id, back, cause=cause, by=None, key=self.key(line, units))

    @precondition(something_has_left)
    @rule()
    def settle(self) -> None:
        settle_due(timezone.localdate() + timedelta(days=60))

    @precondition(something_is_held)
    @rule(which=WHICH, granted=st.booleans())
    def leave(self, which: int, granted: bool) -> None:
        if allocation := self.allocation(which, AllocationState.ACCEPTED, AllocationState.PACKED):
            with suppress(held.HeldRefused):  # part of it has left
                asked = held.request_unclaim(
                    allocation.pk, by=self.boss(allocation), reason="mismatch", note="one less"
                )
                held.decide_unclaim(asked.pk, by=self.world.staff, granted=granted, answer="")
                assert not UnclaimRequest.objects.filter(granted=None).exists()

    @rule(which=WHICH, pieces=st.sampled_from((0, 1, 2, 6)), minutes=st.sampled_from((0, 0, 0, 1, 45)))
    def count(self, which: int, pieces: int, minutes: int) -> None:
        """A shop counts; those of which something is promised come first."""
        row = OutletStock.objects.order_by("-held", "-firm", "pk")[which]
        at = timezone.now() - timedelta(minutes=minutes)
        take_counts([Counted(row.outlet_id, row.product_id, pieces, at)])

    @rule()
    def relieve(self) -> None:
        """What offers hold and is not there is taken back from them; what dealers accepted stays short."""
        relief.relieve()
        for short in StockShortfall.objects.filter(cleared_at=None).select_related("stock"):
            assert not short.stock.held

    @precondition(something_is_ordered)
    @rule(which=WHICH)
    def cancel(self, which: int) -> None:
        if order := self.order(which):
            with suppress(ConsumerConflict):
                cancel(order.channel, order.external_number, expected_version=order.version, reason="mistake")

    @precondition(something_is_ordered)
    @rule(which=WHICH, lines=LINES, area=AREAS)
    def change(self, which: int, lines: list[tuple[str, int, int]], area: str) -> None:
        if order := self.order(which):
            data = order_of(order.external_number, *self.lines(lines), **self.said(area, False, "0.00"))
            with suppress(ConsumerConflict):
                change(order.channel, data, body_hash=body_hash(data), expected_version=order.version)

    @rule(sku=SKUS, percent=st.sampled_from((80, 100, 115)))
    def prices_change(self, sku: str, percent: int) -> None:
        for price in Price.objects.filter(product=self.world.products[sku]):
            price.price = (price.price * percent / 100).quantize(Decimal("0.01"))
            price.save()

    @rule(kind=st.sampled_from(sorted(RULES)))
    def rules_change(self, kind: str) -> None:
        live_rules(*RULES[kind])

    @precondition(something_is_ordered)
    @rule(which=WHICH)
    def route_again(self, which: int) -> None:
        if order := self.order(which):
            routing.reroute(order.pk, by=self.world.staff)

    @precondition(something_is_ordered)
    @rule(which=WHICH, shop=st.integers(0, 2), ask=st.booleans())
    def assign(self, which: int, shop: int, ask: bool) -> None:
        if order := self.order(which):
            with suppress(byhand.AssignmentRefused):
                byhand.assign(order.pk, self.world.shops[shop].outlet.pk, by=self.world.staff, ask=ask)

    @precondition(something_is_ordered)
    @rule(which=WHICH, sent=st.booleans())
    def to_warehouse(self, which: int, sent: bool) -> None:
        if order := self.order(which):
            lines = list(order.left_lines.filter(fate=LineFate.BACKLOG).values_list("pk", flat=True))
            if lines:
                byhand.to_warehouse(order.pk, lines, by=self.world.staff)
                if sent:
                    byhand.warehouse_sent(order.pk, lines, by=self.world.staff)

    @precondition(something_is_ordered)
    @rule(which=WHICH)
    def cancel_a_line(self, which: int) -> None:
        if order := self.order(which):
            with suppress(byhand.LineRefused):
                byhand.cancel_lines(order.pk, [order.lines.order_by("position")[0].pk], by=self.world.staff)

    @precondition(something_is_ordered)
    @rule()
    def work(self) -> None:
        """The worker comes by: what waits is decided, what lies in the backlog is tried again."""
        for order in ConsumerOrder.objects.filter(state=State.READY).order_by("pk"):
            routing.allocate(order.pk)
        for order in ConsumerOrder.objects.filter(state=State.BACKLOG).order_by("pk"):
            routing.allocate(order.pk, cause=Cause.AGAIN, from_backlog=True)

    @precondition(something_is_ordered)
    @rule()
    def work_together(self) -> None:
        """Or decides what waits in one go."""
        ready = ConsumerOrder.objects.filter(state=State.READY).order_by("pk")
        routing.allocate_together(list(ready.values_list("pk", flat=True)))

    def come_to_rest(self) -> None:
        """Nobody answers any more: every order ends, or lies where a person looks, in as many rounds as there are
        dealers to ask. [9]"""
        for _round in range(ROUNDS):
            Offer.objects.filter(state=OfferState.SENT).update(expires_at=timezone.now() - timedelta(seconds=1))
            sweep.expire_due()
            for order in ConsumerOrder.objects.filter(state=State.READY).order_by("pk"):
                routing.allocate(order.pk, cause=Cause.AGAIN)
            if not Offer.objects.filter(state=OfferState.SENT).exists():
                break
        assert set(ConsumerOrder.objects.values_list("state", flat=True)) <= ENDED
        assert_all_holds()
        assert not OutletStock.objects.filter(held__gt=0).exists(), "nobody is asked, yet something is held"

    def lines(self, told: list[tuple[str, int, int]]) -> list[Any]:
        usual = [(sku, pieces, of(sku, pieces).paid * percent / 100) for sku, pieces, percent in told]
        return [of(sku, pieces, str(paid.quantize(Decimal("0.01")))) for sku, pieces, paid in usual]

    def said(self, area: str, campaign: bool, freight: str) -> dict[str, Any]:
        address = order_of("-").address
        return {
            "address": replace(address, postal_code=area),
            "campaign_code": "LAUNCH" if campaign else "",
            "freight": freight,
        }

    def open_offer(self, which: int) -> Offer | None:
        found = list(Offer.objects.filter(state=OfferState.SENT).order_by("pk"))
        return found[which % len(found)] if found else None

    def allocation(self, which: int, *states: str) -> Allocation | None:
        found = list(Allocation.objects.filter(state__in=states).order_by("pk"))
        return found[which % len(found)] if found else None

    def order(self, which: int) -> ConsumerOrder | None:
        found = list(ConsumerOrder.objects.select_related("channel").order_by("pk"))
        return found[which % len(found)] if found else None

    def boss(self, thing: Offer | Allocation) -> Any:
        return next(shop.user for shop in self.world.shops if shop.dealer.pk == thing.dealer_id)

    def key(self, line: AllocationLine, units: int) -> UUID:
        return uuid5(NAMESPACE_URL, f"{line.pk}-{line.returned}-{units}")


@pytest.mark.django_db
def test_nothing_that_happens_breaks_what_must_hold() -> None:
    run_state_machine_as_test(
        Market,
        settings=settings(
            max_examples=12,
            stateful_step_count=25,
            deadline=None,
            derandomize=True,
            phases=[Phase.generate],  # making a failing run shorter takes longer than reading it
            suppress_health_check=list(HealthCheck),
        ),
    )
