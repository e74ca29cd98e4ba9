"""One consumer order from its intake to its settlement, each verb called as whoever is in charge calls it.

Told again from its beginning it goes on where it stopped: the channel sends once more, the worker and the sweep look
for what waits, the dealer presses the button once more.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from django.db import connection
from django.db.models import Sum
from django.utils import timezone

from dealers.ledger.models import Journal, Posting
from fulfilment.allocation import held, offers, routing, sweep
from fulfilment.allocation.models import Allocation, AllocationState, Cause, Decision, Offer, OfferState
from fulfilment.consumer.data import OrderData, body_hash
from fulfilment.consumer.models import ConsumerOrder
from fulfilment.consumer.receive import Bringer, receive
from fulfilment.consumer.states import State
from fulfilment.handover.models import ConsumerParcel, ConsumerReturn
from fulfilment.handover.parcels import send_parcel
from fulfilment.handover.returns import Back, take_back
from fulfilment.settlement.settling import settle
from tests.fulfilment.allocation_world import AllocationWorld, of, order_of
from tests.races import children

#: By then the return window has passed.
LATER = timedelta(days=60)


@dataclass(frozen=True)
class Story:
    """An order and the keys of the forms that its dealer sends."""

    world: AllocationWorld
    data: OrderData
    parcel: UUID
    back: UUID

    def tell(self) -> None:
        """Bring it, route it, decline the first offer, accept the second, pack, send, receive, return, settle."""
        order = receive(self.world.channel, self.data, body_hash=body_hash(self.data), by=Bringer()).order
        self.work(order.pk)
        first = Offer.objects.filter(order=order).order_by("pk").first()
        if first is not None and first.state == OfferState.SENT and first.dealer_id == self.world.shops[0].dealer.pk:
            offers.decline(first.pk, by=self.world.shops[0].user, reason="capacity")
        self.work(order.pk)
        for offer in Offer.objects.filter(order=order, state=OfferState.SENT).order_by("pk"):
            offers.accept(offer.pk, by=self.world.shops[1].user)
        for allocation in Allocation.objects.filter(order=order).order_by("pk"):
            self.fulfil(allocation)

    def work(self, order_id: int) -> None:
        """What the worker does, woken or sweeping."""
        sweep.expire_due()
        if ConsumerOrder.objects.get(pk=order_id).state == State.READY:
            routing.allocate(order_id, cause=Cause.AGAIN)

    def fulfil(self, allocation: Allocation) -> None:
        """What the dealer does."""
        user = self.world.shops[1].user
        if allocation.state in (AllocationState.ACCEPTED, AllocationState.PACKED):
            held.pack(allocation.pk, by=user)
            lines = list(allocation.lines.order_by("pk").values_list("pk", flat=True))
            send_parcel(allocation.pk, lines, by=user, key=self.parcel, carrier="DHL", tracking_number="1")
        held.complete(allocation.pk, by=user)
        line = allocation.lines.order_by("pk").first()
        if line is not None:
            take_back(allocation.pk, [Back(line.pk, 1)], cause="withdrawal", by=user, key=self.back)
        settle(allocation.pk, timezone.localdate() + LATER)

    def left_behind(self) -> dict[str, object]:
        """Everything that an order told once leaves behind, whatever happened on the way."""
        order = ConsumerOrder.objects.get(external_number=self.data.external_number)
        mine = Offer.objects.filter(order=order).order_by("pk")
        lines = order.lines.order_by("position").values_list(
            "allocation_lines__quantity", "allocation_lines__returned", "allocation_lines__allocation__state"
        )
        return {
            "state": order.state,
            "lines": list(lines),
            "offers": list(mine.values_list("dealer__number", "state", "top_up", "receives")),
            "decisions": Decision.objects.filter(order=order).count(),
            "steps": list(order.steps.order_by("pk").values_list("from_state", "to_state")),
            "offer steps": list(mine.order_by("steps").values_list("steps__from_state", "steps__to_state")),
            "parcels": ConsumerParcel.objects.filter(allocation__order=order).count(),
            "returns": ConsumerReturn.objects.filter(allocation__order=order).count(),
        }


def books() -> dict[str, object]:
    """How many journals there are, and what every account comes to."""
    sums = Posting.objects.values_list("account").annotate(total=Sum("amount")).order_by("account")
    return {"journals": Journal.objects.count(), "accounts": {account: total for account, total in sums if total}}


def story(world: AllocationWorld, number: str) -> Story:
    """Two lines and freight, under this number."""
    data = order_of(number, of("A", 2, "1800.00"), of("B"), freight="4.90")
    return Story(world, data, uuid5(NAMESPACE_URL, f"{number}-parcel"), uuid5(NAMESPACE_URL, f"{number}-back"))


def statements_of(told: Story) -> int:
    """Tell it whole, in this process; how many statements it took."""
    count = 0

    def counting(execute: Callable[..., Any], *said: Any) -> Any:
        nonlocal count
        count += 1
        return execute(*said)

    with connection.execute_wrapper(counting):
        told.tell()
    return count


def killed_before(told: Story, place: int) -> Callable[[], None]:
    """Tell it, and die just before the statement at this place, counted from 1."""
    count = 0

    def counting(execute: Callable[..., Any], *said: Any) -> Any:
        nonlocal count
        count += 1
        if count == place:
            children.kill_myself()
        return execute(*said)

    def work() -> None:
        with connection.execute_wrapper(counting):
            told.tell()

    return work


def grown_by(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    """What the books grew by."""
    accounts = {name: after["accounts"].get(name, Decimal(0)) - before["accounts"].get(name, Decimal(0))
                for name in {**before["accounts"], **after["accounts"]}}  # fmt: skip
    return {"journals": after["journals"] - before["journals"], "accounts": accounts}
