"""The four steps of an order as the supplier's people read them: review → payment → shipment → receipt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from django.utils.translation import gettext as _

from fulfilment.ordering.models import DealerOrder, OrderStep
from fulfilment.ordering.states import State
from fulfilment.shipping.models import Shipment
from portal.components.formats import format_date
from portal.shop.timeline import TimelineStep, decision_of, ending_of, last_receipt

ORDER = (State.REVIEW, State.PAYMENT, State.SHIPMENT, State.RECEIPT)


def timeline(order: DealerOrder, steps: Sequence[OrderStep], shipments: Sequence[Shipment]) -> list[TimelineStep]:
    """Four steps for `components/timeline.html`, with who and when."""
    ended = ending_of(steps)
    shown = [
        _review(order, decision_of(steps)),
        _payment(order),
        _shipment(order, shipments),
        _receipt(order, shipments),
    ]
    if ended is not None:
        return _stopped(shown, ended, order)
    at = len(ORDER) if order.state == State.FINISHED else ORDER.index(State(order.state))
    return [
        replace(step, state=step.state or ("done" if index < at else "current" if index == at else "todo"))
        for index, step in enumerate(shown)
    ]


def _review(order: DealerOrder, decided: OrderStep | None) -> TimelineStep:
    if decided is None:
        return TimelineStep(_("Review"), "", when=order.placed_at, note=_("Placed, waits for a decision"))
    return TimelineStep(_("Review"), "", decided.by_name, decided.at)


def _payment(order: DealerOrder) -> TimelineStep:
    if order.paid_at:
        note = _("Paid on %(day)s") % {"day": format_date(order.paid_at)}
        return TimelineStep(_("Payment"), "done", note=note)
    if order.payment_terms_days:
        note = _("On account, %(days)s days") % {"days": order.payment_terms_days}
        return TimelineStep(_("Payment"), "done" if order.approved_at else "", note=note)
    return TimelineStep(_("Payment"), "", note=_("Before shipment"))


def _shipment(order: DealerOrder, shipments: Sequence[Shipment]) -> TimelineStep:
    if not shipments:
        return TimelineStep(_("Shipment"), "")
    last = shipments[-1]
    note = _("Partly shipped") if order.state == State.SHIPMENT else ""
    return TimelineStep(_("Shipment"), "", last.carrier, last.shipped_at, note)


def _receipt(order: DealerOrder, shipments: Sequence[Shipment]) -> TimelineStep:
    who, when = last_receipt(shipments)
    if when is None:
        return TimelineStep(_("Receipt"), "")
    note = "" if order.state == State.FINISHED else _("Partly received")
    return TimelineStep(_("Receipt"), "", who, when, note)


def _stopped(shown: list[TimelineStep], ended: OrderStep, order: DealerOrder) -> list[TimelineStep]:
    """What was done stays done; the step where the order ended is the failed one."""
    at = ORDER.index(State(ended.from_state)) if ended.from_state else 0
    failed = TimelineStep(shown[at].label, "failed", ended.by_name, ended.at, str(order.get_state_display()))
    before = [replace(step, state="done") for step in shown[:at]]
    return [*before, failed, *(replace(step, state="todo") for step in shown[at + 1 :])]
