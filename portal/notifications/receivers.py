"""Who is told of what: the rep of a new order, the buyer of a decision and of a shipment."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.functional import SimpleLazyObject

from dealers.accounts.models import User
from fulfilment.ordering.models import DealerOrder, OrderStep
from fulfilment.ordering.states import State
from fulfilment.shipping.models import Shipment
from fulfilment.signals import order_moved, shipment_recorded
from portal.components.promotions import promotions_taken
from portal.notifications.queue import queue_mail

#: A mail lists so many lines; the others are in the portal.
MOST_LINES = 100


def connect() -> None:
    """Connect the receivers; they run in the transaction of the fact."""
    order_moved.connect(tell_of_move, dispatch_uid="portal.notifications.order")
    shipment_recorded.connect(tell_of_shipment, dispatch_uid="portal.notifications.shipment")


def tell_of_move(*, order: DealerOrder, step: OrderStep, **_kwargs: Any) -> None:
    """Mail for a new order to its rep, and for a decision to the buyer; other moves tell by themselves."""
    if step.to_state == State.REVIEW:
        rep = order.dealer.sales_rep
        language = rep.user.language if rep and rep.user else order.dealer.language
        if rep:
            _queue(order, step, rep.email, language, "order_to_review")
        return
    decided = step.from_state == State.REVIEW
    template = {State.REJECTED: "order_rejected", State.CANCELLED: "order_cancelled"}.get(State(step.to_state))
    if template is None and decided:
        template = "order_approved"
    if template is not None and step.by_id != order.placed_by_id:
        buyer: User = order.placed_by
        _queue(order, step, buyer.email, buyer.language, template)


def tell_of_shipment(*, shipment: Shipment, **_kwargs: Any) -> None:
    """Mail with carrier and tracking number to the buyer."""
    order, buyer = shipment.order, shipment.order.placed_by
    lines = shipment.lines.select_related("order_line").order_by("order_line__position")
    context = {"order": order, "shipment": shipment, "lines": lines, "dealer": order.dealer}
    path = reverse("shop:order", args=[order.number])
    queue_mail(f"shipment:{shipment.pk}", buyer.email, buyer.language, "shipment", context, path)


def _queue(order: DealerOrder, step: OrderStep, recipient: str, language: str, template: str) -> None:
    # Read when the mail is rendered, in the language of who gets it.
    context: dict[str, Any] = {"order": order, "step": step, "dealer": order.dealer}
    context["promotions"] = SimpleLazyObject(lambda: promotions_taken(order.number))
    if template == "order_approved":
        context["lines"] = order.lines.order_by("position")[:MOST_LINES]
        context["more"] = max(order.line_count - MOST_LINES, 0)
    page = "console:order" if template == "order_to_review" else "shop:order"
    path = reverse(page, args=[order.number])
    queue_mail(f"step:{step.pk}:{recipient}", recipient, language, template, context, path)
