"""Promotions on orders: their budgets are taken when an order is placed and given back when it ends unserved."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from fulfilment.ordering.models import DealerOrder, OrderStep
from fulfilment.ordering.problems import OrderRefused
from fulfilment.ordering.states import ENDED_STATES
from fulfilment.signals import order_moved
from pricing.catalogue.models import reads_chinese
from pricing.promotions.budget import BudgetSpent, give_back, record_uses, reserve
from pricing.promotions.rules import Deal
from pricing.quote import Quote


def connect() -> None:
    """Connect the receiver; it runs in the transaction of the move."""
    order_moved.connect(return_budgets, dispatch_uid="fulfilment.ordering.promotions")


def reserve_budgets(quoted: Quote) -> None:
    """Take what the order's promotions take off from their budgets, in the order's transaction and before its stock.

    Refused with `total_changed`, naming the promotions, when another order was faster.
    """
    try:
        reserve(quoted.promotions)
    except BudgetSpent as why:
        raise OrderRefused(
            spent_message(deal for deal in deals_of(quoted) if deal.pk in why.promotions), code="total_changed"
        ) from why


def note_uses(order: DealerOrder, quoted: Quote) -> None:
    """Note what the order took of which promotion; no statement without any."""
    if quoted.promotions:
        record_uses(order.number, quoted.promotions)


def return_budgets(*, order: DealerOrder, step: OrderStep, **_kwargs: Any) -> None:
    """An order that was rejected or cancelled gives back what it took."""
    if step.to_state in ENDED_STATES:
        give_back(order.number)


def deals_of(quoted: Quote) -> list[Deal]:
    """The promotions that take something off, each once."""
    found = {line.deal.pk: line.deal for line in quoted.lines if line.deal}
    if quoted.order_deal:
        found[quoted.order_deal.pk] = quoted.order_deal
    return list(found.values())


def spent_message(deals: Iterable[Deal]) -> str:
    """What to tell of promotions whose budget ran out."""
    names = [str((reads_chinese() and deal.name_zh) or deal.name) for deal in deals]
    text = ngettext(
        "The promotion “%(names)s” no longer holds: its budget does not suffice any more. Check the new total and send "
        "again.",
        "The promotions “%(names)s” no longer hold: their budgets do not suffice any more. Check the new total and "
        "send again.",
        len(names),
    )
    return text % {"names": _("”, “").join(names)}
