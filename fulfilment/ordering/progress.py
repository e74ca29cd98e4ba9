"""What the ERP tells us of an order on its way: accepted or refused, confirmed quantities, paid."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, datetime

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from dealers.accounts.models import User
from dealers.sentences import worded as _
from fulfilment.locks import lock_lines, lock_order
from fulfilment.ordering.models import DealerOrder, DealerOrderLine
from fulfilment.ordering.problems import OrderRefused
from fulfilment.ordering.review import move
from fulfilment.ordering.states import State
from fulfilment.ordering.submit import product_quantities
from fulfilment.stock.take import give_back


def order_id(number: str) -> int:
    """The order of that number; refuses an unknown one, or one that was never approved and so is not in the ERP."""
    found = DealerOrder.objects.filter(number=number).values_list("pk", "approved_at").first()
    if found is None:
        raise OrderRefused(_("There is no order %s.") % number, code="unknown_order")
    if found[1] is None:
        raise OrderRefused(_("Order %s has not been approved.") % number, code="not_approved")
    return found[0]


def acknowledge(
    number: str,
    *,
    accepted: bool,
    erp_number: str = "",
    note: str = "",
    confirmed: Mapping[int, int] | None = None,
    at: datetime | None = None,
) -> DealerOrder:
    """Note the ERP's answer: its own number and confirmed quantities by line position, or why it refused.

    A refused order stays where it is and is shown to the rep, who may cancel it; so is one of which the ERP confirms
    nothing at all. Told again, the newer answer stands. An answer that comes after the goods may complete the order.
    """
    with transaction.atomic():
        order = lock_order(order_id(number))
        lines = _confirm_quantities(order, confirmed) if accepted and confirmed else []
        nothing = bool(lines) and not any(expected_of(line) or line.shipped_quantity for line in lines)
        order.erp_number = erp_number or order.erp_number
        order.erp_acknowledged_at = at or timezone.now()
        order.erp_refusal = "" if accepted and not nothing else (note or _("The ERP gave no reason."))
        order.save(update_fields=["erp_number", "erp_acknowledged_at", "erp_refusal"])
        close_shipment(order, lines, by=None, note=order.erp_number, at=order.erp_acknowledged_at)
        return order


def expected_of(line: DealerOrderLine) -> int:
    """What will be shipped of a line: what the ERP confirmed, else what was ordered."""
    return line.expected_quantity


def close_shipment(
    order: DealerOrder, lines: Collection[DealerOrderLine], *, by: User | None, note: str, at: datetime
) -> None:
    """Move an order on when all that will be shipped of it has left, and free the stock of what will not be.

    `lines` are all the order's lines, locked with it; without any, nothing is known and nothing moves.
    """
    shipped = any(line.shipped_quantity for line in lines)
    if order.state != State.SHIPMENT or not shipped or any(li.shipped_quantity < expected_of(li) for li in lines):
        return
    rest = DealerOrderLine.objects.filter(order=order, quantity__gt=F("shipped_quantity")).select_related("line")
    give_back(product_quantities(list(rest)))
    move(order, State.RECEIPT, by=by, note=note, at=at)
    if all(line.received_quantity >= line.shipped_quantity for line in lines):
        move(order, State.FINISHED, by=by, note=note, at=at)


def _confirm_quantities(order: DealerOrder, confirmed: Mapping[int, int]) -> list[DealerOrderLine]:
    lines = {line.position: line for line in lock_lines(order)}
    for position, quantity in confirmed.items():
        line = lines.get(position)
        if line is None:
            raise OrderRefused(_("Order %s has no line %d.") % (order.number, position), code="unknown_line")
        if not 0 <= quantity <= line.quantity:
            raise OrderRefused(
                _("Line %(line)d was ordered %(ordered)d times, not %(confirmed)d.")
                % {"line": position, "ordered": line.quantity, "confirmed": quantity},
                code="too_many",
            )
        line.confirmed_quantity = quantity
    DealerOrderLine.objects.bulk_update(list(lines.values()), ["confirmed_quantity"])
    return list(lines.values())


def record_payment(number: str, *, paid_on: date, note: str = "", at: datetime | None = None) -> DealerOrder:
    """Note that an order is paid; one that waited for its payment goes on to shipment. Told again, nothing changes."""
    with transaction.atomic():
        order = lock_order(order_id(number))
        if order.paid_at is not None:
            return order
        order.paid_at = paid_on
        order.save(update_fields=["paid_at"])
        if order.state == State.PAYMENT:
            move(order, State.SHIPMENT, by=None, note=note, at=at)
        return order
