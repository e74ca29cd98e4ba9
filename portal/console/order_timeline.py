"""The four steps of an order as the supplier's people read them: review → payment → shipment → receipt."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from fulfilment.ordering.models import DealerOrder, OrderStep
from fulfilment.ordering.states import State
from fulfilment.shipping.models import Shipment
from portal.components.formats import format_date

ORDER = (State.REVIEW, State.PAYMENT, State.SHIPMENT, State.RECEIPT)


def timeline(order: DealerOrder, steps: Sequence[OrderStep], shipments: Sequence[Shipment]) -> list[dict[str, Any]]:
    """Four steps for `components/timeline.html`, with who and when."""
    decided = next((step for step in steps if step.from_state == State.REVIEW), None)
    ended = next((step for step in steps if step.to_state in (State.REJECTED, State.CANCELLED)), None)
    shown = [
        _review(order, decided),
        _payment(order),
        _shipment(order, shipments),
        _receipt(order, shipments),
    ]
    if ended is not None:
        return _stopped(shown, ended, order)
    at = len(ORDER) if order.state == State.FINISHED else ORDER.index(State(order.state))
    for index, step in enumerate(shown):
        step["state"] = step["state"] or ("done" if index < at else "current" if index == at else "todo")
    return shown


def _step(
    label: str, *, who: str = "", when: datetime | None = None, note: str = "", state: str = ""
) -> dict[str, Any]:
    return {"label": label, "who": who, "when": when, "note": note, "state": state}


def _review(order: DealerOrder, decided: OrderStep | None) -> dict[str, Any]:
    if decided is None:
        return _step(_("Review"), when=order.placed_at, note=_("Placed, waits for a decision"))
    return _step(_("Review"), who=decided.by_name, when=decided.at)


def _payment(order: DealerOrder) -> dict[str, Any]:
    if order.paid_at:
        note = _("Paid on %(day)s") % {"day": format_date(order.paid_at)}
        return _step(_("Payment"), note=note, state="done")
    if order.payment_terms_days:
        note = _("On account, %(days)s days") % {"days": order.payment_terms_days}
        return _step(_("Payment"), note=note, state="done" if order.approved_at else "")
    return _step(_("Payment"), note=_("Before shipment"))


def _shipment(order: DealerOrder, shipments: Sequence[Shipment]) -> dict[str, Any]:
    if not shipments:
        return _step(_("Shipment"))
    last = shipments[-1]
    note = _("Partly shipped") if order.state == State.SHIPMENT else ""
    return _step(_("Shipment"), who=last.carrier, when=last.shipped_at, note=note)


def _receipt(order: DealerOrder, shipments: Sequence[Shipment]) -> dict[str, Any]:
    received = [shipment for shipment in shipments if shipment.received_at]
    if not received:
        return _step(_("Receipt"))
    last = max(received, key=lambda shipment: shipment.received_at or shipment.shipped_at)
    who = last.received_by.get_full_name() if last.received_by else ""
    note = "" if order.state == State.FINISHED else _("Partly received")
    return _step(_("Receipt"), who=who, when=last.received_at, note=note)


def _stopped(shown: list[dict[str, Any]], ended: OrderStep, order: DealerOrder) -> list[dict[str, Any]]:
    """What was done stays done; the step where the order ended is the failed one."""
    at = ORDER.index(State(ended.from_state)) if ended.from_state else 0
    for index, step in enumerate(shown):
        step["state"] = "done" if index < at else "failed" if index == at else "todo"
    shown[at] |= {"note": order.get_state_display(), "who": ended.by_name, "when": ended.at}
    return shown
