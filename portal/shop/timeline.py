"""The four steps of an order as people follow them: review → payment → shipment → receipt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from fulfilment.ordering.models import DealerOrder, OrderStep
from fulfilment.ordering.states import ENDED_STATES, State
from fulfilment.shipping.models import Shipment
from portal.components.formats import format_date
from portal.shop.orderlist import Progress


@dataclass(frozen=True)
class TimelineStep:
    """One of the four steps for `components/timeline.html`. `state` is done, current, todo or failed."""

    label: str
    state: str
    who: str = ""
    when: datetime | None = None
    note: str = ""


def timeline_of(
    order: DealerOrder, steps: Sequence[OrderStep], shipments: Sequence[Shipment], progress: Progress
) -> list[TimelineStep]:
    """The four steps with who, when and why, from what is recorded."""
    return [
        _review(order, steps),
        _payment(order, steps),
        _shipment(order, steps, shipments, progress),
        _receipt(order, shipments),
    ]


def ending_of(steps: Sequence[OrderStep]) -> OrderStep | None:
    """The step that rejected or cancelled the order, if one did."""
    return next((step for step in steps if step.to_state in ENDED_STATES), None)


def decision_of(steps: Sequence[OrderStep]) -> OrderStep | None:
    """The step that ended the review, if one did."""
    return next((step for step in steps if step.from_state == State.REVIEW), None)


def last_receipt(shipments: Sequence[Shipment]) -> tuple[str, datetime | None]:
    """Who confirmed the latest receipt of a shipment, and when."""
    received = sorted(((s.received_at, s) for s in shipments if s.received_at is not None), key=lambda pair: pair[0])
    if not received:
        return "", None
    when, last = received[-1]
    return last.received_by.get_full_name() if last.received_by else "", when


def _ended_from(state: State, label: str, order: DealerOrder, steps: Sequence[OrderStep]) -> TimelineStep | None:
    """The step at which an order was rejected or cancelled, if it was this one."""
    ended = ending_of(steps)
    if ended is None or ended.from_state != state:
        return None
    return TimelineStep(label, "failed", ended.by_name, ended.at, str(order.get_state_display()))


def _review(order: DealerOrder, steps: Sequence[OrderStep]) -> TimelineStep:
    label = _("Review")
    ended = _ended_from(State.REVIEW, label, order, steps)
    if ended is not None:
        return ended
    decided = decision_of(steps)
    if decided is not None:
        return TimelineStep(label, "done", decided.by_name, decided.at, _("Approved"))
    return TimelineStep(label, "current", note=_("Waiting for the supplier"))


def _payment(order: DealerOrder, steps: Sequence[OrderStep]) -> TimelineStep:
    label = _("Payment")
    ended = _ended_from(State.PAYMENT, label, order, steps)
    if ended is not None:
        return ended
    if order.paid_at:
        return TimelineStep(label, "done", note=_("Paid on %s") % format_date(order.paid_at))
    if order.state == State.PAYMENT:
        return TimelineStep(label, "current", note=_("Waiting for your payment"))
    if order.payment_terms_days and order.state not in ENDED_STATES:
        return TimelineStep(label, "todo", note=_("On account, %d days after invoice") % order.payment_terms_days)
    return TimelineStep(label, "todo")


def _shipment(
    order: DealerOrder, steps: Sequence[OrderStep], shipments: Sequence[Shipment], progress: Progress
) -> TimelineStep:
    label = _("Shipment")
    ended = _ended_from(State.SHIPMENT, label, order, steps)
    if ended is not None:
        return ended
    who, when = (shipments[-1].carrier, shipments[-1].shipped_at) if shipments else ("", None)
    if order.state in (State.RECEIPT, State.FINISHED):
        return TimelineStep(label, "done", who, when, _("Shipped"))
    if order.state == State.SHIPMENT:
        note = _("%d %% shipped") % progress.percent if progress.shipped else _("Being prepared")
        return TimelineStep(label, "current", who, when, note)
    return TimelineStep(label, "todo")


def _receipt(order: DealerOrder, shipments: Sequence[Shipment]) -> TimelineStep:
    label = _("Receipt")
    who, when = last_receipt(shipments)
    if order.state == State.FINISHED:
        return TimelineStep(label, "done", who, when, _("Received"))
    if order.state == State.RECEIPT:
        return TimelineStep(label, "current", who, when, _("Waiting for you to confirm"))
    return TimelineStep(label, "todo", who, when)
