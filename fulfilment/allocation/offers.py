"""What becomes of an offer: accepted, declined, expired, withdrawn, superseded. Exactly one of them, once.

Whoever moves an offer holds its consumer order's lock, and the move itself is a guarded UPDATE on the offer's row with
the database's clock, so that nothing rests on what was read before.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime

from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone

from dealers.accounts.models import User
from dealers.sentences import worded as _
from fulfilment.allocation import budgets, capacity
from fulfilment.allocation.business_time import NeverOpen, add_business_minutes
from fulfilment.allocation.calendars import calendar_of, local_day
from fulfilment.allocation.fates import refresh
from fulfilment.allocation.models import (
    OF_STOCK,
    Allocation,
    AllocationLine,
    DeclineReason,
    Offer,
    OfferLine,
    OfferState,
    OfferStep,
)
from fulfilment.consumer.commands import lock_consumer_order
from fulfilment.consumer.models import ConsumerOrder
from fulfilment.signals import offer_moved
from fulfilment.stock import outlets
from fulfilment.stock.models import MoveKind

#: Kept as codes and worded on the screen, in the reader's language.
CHANGED = "order-changed"
CANCELLED = "order-cancelled"


class OfferGone(Exception):
    """The offer can no longer be answered so. `state` is where it stands; `message` says so to the dealer."""

    def __init__(self, state: str) -> None:
        super().__init__(state)
        self.state = state

    @property
    def message(self) -> str:
        """Why, in a sentence, in the reader's language."""
        return {
            OfferState.ACCEPTED: _("The offer has been accepted already."),
            OfferState.DECLINED: _("The offer has been declined already."),
            OfferState.EXPIRED: _("The time to answer has passed. The order went on to somebody else."),
            OfferState.WITHDRAWN: _("The offer was withdrawn. Nothing is expected of you."),
            OfferState.SUPERSEDED: _("Another dealer was faster and has taken the order."),
        }.get(
            OfferState(self.state) if self.state in OfferState.values else OfferState.SENT,
            _("The goods are no longer available for this order."),
        )


#: What `OfferGone` says where a competitive offer finds stock, capacity or budget taken.
NO_LONGER = "no_longer"


def wanted(lines: Iterable[OfferLine | AllocationLine], outlet_id: int) -> dict[outlets.Key, int]:
    """Quantities of lines by stock row; lines of the same product come together."""
    found: dict[outlets.Key, int] = {}
    for line in lines:
        key = (outlet_id, line.product_id)
        found[key] = found.get(key, 0) + line.quantity
    return found


def seen(offer_id: int, *, by: User) -> None:
    """Note that somebody at the dealer has looked at an open offer, the first time."""
    Offer.objects.filter(pk=offer_id, seen_at=None, state=OfferState.SENT).update(seen_at=Now(), seen_by=by)


def accept(offer_id: int, *, by: User | None, note: str = "") -> Offer:
    """Accept an offer: its hold becomes firm and the dealer holds the lines. Accepted before: the same again.

    Raises `OfferGone` when it was too late, or, for an offer that held nothing, when the goods are gone.
    """
    with transaction.atomic():
        order = _lock_order_of(offer_id)
        won = Offer.objects.filter(pk=offer_id, state=OfferState.SENT, expires_at__gt=Now()).update(
            state=OfferState.ACCEPTED, answered_at=Now(), answered_by=by, note=note[:500]
        )
        offer = Offer.objects.select_related("outlet__consumer_service").get(pk=offer_id)
        if not won:
            if offer.state == OfferState.ACCEPTED:
                return offer
            raise OfferGone(OfferState.EXPIRED if offer.state == OfferState.SENT else offer.state)
        if not offer.holds:
            _take(offer)
        settle_accepted(order, offer, by=by, note=note)
        refresh(order, by=by)
    return offer


def settle_accepted(order: ConsumerOrder, offer: Offer, *, by: User | None, note: str = "") -> Allocation:
    """Carry out what an acceptance means, of an offer that is ACCEPTED and holds; the caller holds the order's lock."""
    lines = list(offer.lines.all())
    outlets.confirm(wanted(lines, offer.outlet_id), reference(offer), by=by)
    rivals = Offer.objects.filter(decision=offer.decision_id, part=offer.part, state=OfferState.SENT)
    for rival in rivals.exclude(pk=offer.pk).order_by("pk"):
        end(rival, OfferState.SUPERSEDED, by=None)
    now = offer.answered_at or timezone.now()
    offer.ship_by = ready_by(offer, now)
    offer.save(update_fields=["ship_by"])
    allocation = Allocation.objects.create(
        offer=offer, order=order, dealer_id=offer.dealer_id, outlet_id=offer.outlet_id, accepted_at=now, state_at=now
    )
    AllocationLine.objects.bulk_create(
        AllocationLine(
            allocation=allocation,
            offer_line=line,
            order_line_id=line.order_line_id,
            product_id=line.product_id,
            quantity=line.quantity,
        )
        for line in lines
    )
    step(offer, OfferState.SENT, OfferState.ACCEPTED, by=by, note=note)
    return allocation


def decline(
    offer_id: int,
    *,
    by: User | None,
    reason: str,
    note: str = "",
    line_ids: Collection[int] | None = None,
) -> Offer:
    """Decline an offer; the order goes on to others. Declined before: the same again. Raises `OfferGone`.

    A reason of stock corrects what the outlet has of the offer's lines, or of those in `line_ids` alone.
    """
    with transaction.atomic():
        order = _lock_order_of(offer_id)
        changed = {"answered_at": Now(), "answered_by": by, "reason": DeclineReason(reason), "note": note[:500]}
        open_still = Offer.objects.filter(pk=offer_id, state=OfferState.SENT, expires_at__gt=Now())
        won = open_still.update(state=OfferState.DECLINED, **changed)
        offer = Offer.objects.get(pk=offer_id)
        if not won:
            if offer.state == OfferState.DECLINED:
                return offer
            raise OfferGone(OfferState.EXPIRED if offer.state == OfferState.SENT else offer.state)
        let_go(offer, by=by)
        correct_stock(offer.outlet_id, offer.lines.all(), reason, line_ids, reference(offer), by)
        step(offer, OfferState.SENT, OfferState.DECLINED, by=by, note=note or reason)
        refresh(order, by=by)
    return offer


def withdraw(offer_id: int, *, by: User | None, note: str = "") -> Offer:
    """Take an open offer back; its lines wait to be routed. Withdrawn before: the same again. Raises `OfferGone`."""
    with transaction.atomic():
        order = _lock_order_of(offer_id)
        offer = Offer.objects.get(pk=offer_id)
        if not end(offer, OfferState.WITHDRAWN, by=by, note=note) and offer.state != OfferState.WITHDRAWN:
            raise OfferGone(offer.state)
        refresh(order, by=by)
    return offer


def expire(offer_id: int) -> bool:
    """End an offer whose time has passed; False when it has not, or somebody was faster, or works on the order now."""
    with transaction.atomic():
        free = ConsumerOrder.objects.select_for_update(of=("self",), skip_locked=True, no_key=True)
        order = free.select_related("channel").filter(offers=offer_id).first()
        if order is None:
            return False
        offer = Offer.objects.get(pk=offer_id)
        if not end(offer, OfferState.EXPIRED, by=None, due_only=True):
            return False
        refresh(order)
    return True


def end(offer: Offer, to: OfferState, *, by: User | None, note: str = "", due_only: bool = False) -> bool:
    """End an open offer and let go of what it holds; False when it is not open (any more). Under the order's lock."""
    still_open = Offer.objects.filter(pk=offer.pk, state=OfferState.SENT)
    if due_only:
        still_open = still_open.filter(expires_at__lte=Now())
    won = still_open.update(state=to, answered_at=Now(), answered_by=by, note=note[:500])
    offer.refresh_from_db()
    if won:
        let_go(offer, by=by)
        step(offer, OfferState.SENT, to, by=by, note=note)
    return bool(won)


def let_go(offer: Offer, *, by: User | None) -> None:
    """Give back the budget, the parcel of the day and the stock that an offer held."""
    if offer.holds:
        budgets.give(offer.campaign_id, offer.top_up)
        capacity.free(offer.outlet_day_id)
        outlets.release(wanted(offer.lines.all(), offer.outlet_id), reference(offer), by=by)


def correct_stock(
    outlet_id: int,
    lines: Iterable[OfferLine],
    reason: str,
    line_ids: Collection[int] | None,
    why: str,
    by: User | None,
) -> None:
    """Let a reason of stock correct what the outlet has of the lines; other reasons correct nothing."""
    if reason in OF_STOCK:
        concerned = [line for line in lines if line_ids is None or line.pk in line_ids]
        outlets.correct(wanted(concerned, outlet_id), why, MoveKind(reason), by=by)


def reference(offer: Offer) -> str:
    """What stock movements of the offer refer to."""
    return f"offer:{offer.pk}"


def step(offer: Offer, old: str, new: str, *, by: User | None, note: str = "") -> OfferStep:
    """Leave a step and tell the rooms above."""
    who = by.get_full_name() if by else ""
    made = OfferStep.objects.create(offer=offer, from_state=old, to_state=new, by=by, by_name=who, note=note[:500])
    offer_moved.send(sender=Offer, offer=offer, step=made)
    return made


def ready_by(offer: Offer, since: datetime) -> datetime:
    """When a parcel accepted at `since` has to leave, by the outlet's opening hours."""
    service = offer.outlet.consumer_service
    try:
        return add_business_minutes(calendar_of(service), since, service.handling_minutes)
    except NeverOpen:
        return since


def _take(offer: Offer) -> None:
    """Take for an accepted competitive offer what it did not hold. Raises `OfferGone`, and all is undone."""
    service = offer.outlet.consumer_service
    try:
        if offer.campaign_id and offer.top_up:
            budgets.take(offer.campaign_id, offer.top_up)
        if service.daily_capacity is not None:
            day = local_day(service.time_zone, timezone.now())
            offer.outlet_day_id = capacity.book(offer.outlet_id, day, service.daily_capacity)
        outlets.hold(wanted(offer.lines.all(), offer.outlet_id), reference(offer))
    except (budgets.BudgetSpent, capacity.NoCapacity, outlets.NotEnoughAtOutlets) as why:
        raise OfferGone(NO_LONGER) from why
    offer.holds = True
    offer.save(update_fields=["holds", "outlet_day"])


def _lock_order_of(offer_id: int) -> ConsumerOrder:
    return lock_consumer_order(Offer.objects.values_list("order", flat=True).get(pk=offer_id))
