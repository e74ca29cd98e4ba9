"""What the supplier and the dealer decide about an order: approve, reject, cancel."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from oscar.core.loading import get_model

from dealers.accounts.models import User
from fulfilment.locks import lock_dealer, lock_order
from fulfilment.ordering.credit import credit_of
from fulfilment.ordering.models import DealerOrder, DealerOrderLine, OrderStep
from fulfilment.ordering.problems import OrderRefused
from fulfilment.ordering.states import MoveRefused, State, require
from fulfilment.ordering.submit import product_quantities
from fulfilment.signals import order_moved
from fulfilment.stock.take import give_back

Order = get_model("order", "Order")


def move(
    order: DealerOrder, to: State, *, by: User | None, note: str = "", at: datetime | None = None, by_name: str = ""
) -> OrderStep:
    """Move a locked order along the table of moves, mirror Oscar's status, leave a step and tell the rooms above.

    The one place that writes a state. Refuses with `MoveRefused` what the table does not have.
    """
    at = at or timezone.now()
    came_from = order.state
    require(came_from, to=to)
    order.state = to
    order.save()
    Order.objects.filter(pk=order.pk).update(status=to)
    step = OrderStep.objects.create(
        order=order,
        from_state=came_from,
        to_state=to,
        at=at,
        by=by,
        by_name=by.get_full_name() if by else by_name,
        note=note,
    )
    order_moved.send(sender=DealerOrder, order=order, step=step)
    return step


def approve(order_id: int, *, by: User, note: str = "", at: datetime | None = None) -> DealerOrder:
    """Approve an order in review; the outbox row for the ERP is written in the same transaction.

    Prepaid orders go on to payment, orders on account to shipment. Approving an approved order again changes nothing.
    An order that takes the dealer over the credit limit needs a reason in `note`.
    """
    with transaction.atomic():
        lock_dealer(DealerOrder.objects.values_list("dealer_id", flat=True).get(pk=order_id))
        order = lock_order(order_id)
        if order.approved_at is not None:
            return order
        if order.payment_terms_days and not note and credit_of(order.dealer, plus=order).exceeded:
            raise OrderRefused(
                _("This order takes the dealer over the credit limit. Give a reason to approve it all the same."),
                code="over_credit",
                field="note",
            )
        order.approved_at = at or timezone.now()
        _try_move(order, State.SHIPMENT if order.payment_terms_days else State.PAYMENT, by=by, note=note, at=at)
        return order


def reject(order_id: int, *, by: User, reason: str, at: datetime | None = None) -> DealerOrder:
    """Reject an order in review, with a reason the dealer reads; its stock is free again. Twice changes nothing."""
    return _end(order_id, State.REJECTED, by=by, reason=reason, at=at)


def cancel(order_id: int, *, by: User, reason: str, at: datetime | None = None) -> DealerOrder:
    """Cancel an order of which nothing has been shipped; its stock is free again. Twice changes nothing.

    A dealer may cancel while the order is in review. After approval only the supplier may, and only an order that
    the ERP refused: any other is in the ERP and is cancelled there.
    """
    return _end(order_id, State.CANCELLED, by=by, reason=reason, at=at)


def _end(order_id: int, to: State, *, by: User, reason: str, at: datetime | None) -> DealerOrder:
    if not reason.strip():
        raise OrderRefused(_("Give a reason, so that the other side knows what to do."), code="reason", field="reason")
    with transaction.atomic():
        order = lock_order(order_id)
        if order.state == to:
            return order
        if order.approved_at is not None and (to == State.REJECTED or not (by.staff_role and order.erp_refusal)):
            raise OrderRefused(_("The order has been approved already. Ask your sales rep to change it."), code="late")
        lines = list(DealerOrderLine.objects.filter(order=order).select_related("line").order_by("pk"))
        if any(line.shipped_quantity for line in lines):
            raise OrderRefused(_("Goods of this order have been shipped already."), code="shipped")
        _try_move(order, to, by=by, note=reason.strip(), at=at)
        give_back(product_quantities(lines))
        return order


def _try_move(order: DealerOrder, to: State, *, by: User, note: str, at: datetime | None) -> None:
    try:
        move(order, to, by=by, note=note, at=at)
    except MoveRefused as why:
        raise OrderRefused(
            _("The order is “%s” by now. Reload the page.") % order.get_state_display(), code="moved"
        ) from why
