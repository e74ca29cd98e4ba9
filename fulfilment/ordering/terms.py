"""How a dealer wants an order delivered: all together or in parts, until when, and which days can be asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING

from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fulfilment.ordering.problems import LineProblem, OrderRefused

if TYPE_CHECKING:
    from fulfilment.ordering.models import DealerOrder, DealerOrderLine

#: Nobody plans further ahead; a later day is a slip of the finger.
MOST_DAYS_AHEAD = 730


class DeliveryMode(models.TextChoices):
    """What happens when not everything can leave at once. The people who ship keep to it; the portal warns them."""

    PARTIAL = "partial", gettext_lazy("Send what is ready, the rest later")
    COMPLETE = "complete", gettext_lazy("Send everything together")
    UNTIL = "until", gettext_lazy("Send what is ready, cancel what is missing after a day")


def day_problem(day: date | None, today: date) -> str:
    """Why goods cannot be asked for on this day (the supplier's); empty when they can."""
    if day is None:
        return ""
    if day < today:
        return _("This day is past. Choose today or a later day.")
    if day > today + timedelta(days=MOST_DAYS_AHEAD):
        return _("This day is more than two years ahead. Check the year.")
    return ""


def require_days(days: Mapping[int, date | None], today: date) -> list[LineProblem]:
    """The lines whose requested day cannot be, by product."""
    problems = [(product_id, day_problem(day, today)) for product_id, day in days.items()]
    return [LineProblem(product_id, "requested_date", problem) for product_id, problem in problems if problem]


def require_delivery(mode: str, cancel_missing_after: date | None) -> None:
    """Refuse an unknown way of delivery, and one whose day is missing or stands without need."""
    if mode not in DeliveryMode.values:
        raise OrderRefused(_("Choose how to deliver."), code="delivery_mode", field="delivery_mode")
    if mode == DeliveryMode.UNTIL and cancel_missing_after is None:
        raise OrderRefused(
            _("Say after which day what is missing is cancelled."), code="delivery", field="cancel_missing_after"
        )
    if mode != DeliveryMode.UNTIL and cancel_missing_after is not None:
        raise OrderRefused(
            _("A last day goes only with cancelling what is missing."), code="delivery", field="cancel_missing_after"
        )


def delivery_broken(order: DealerOrder, lines: Sequence[DealerOrderLine], today: date) -> str:
    """What the people who ship should see: `split` when part of an order that was to come together has left and the
    rest has not, `overdue` when goods are missing after the day they were to be cancelled; else empty."""
    if order.approved_at is None or not order.is_being_shipped:
        return ""
    missing = any(line.expected_quantity > line.shipped_quantity for line in lines)
    shipped = any(line.shipped_quantity for line in lines)
    if order.delivery_mode == DeliveryMode.COMPLETE and missing and shipped:
        return "split"
    last = order.cancel_missing_after
    return "overdue" if missing and last is not None and today > last else ""
