"""The least an order must come to."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Case, IntegerField, Q, Value, When

from dealers.accounts.models import Dealer
from pricing.selling.models import MinimumMode, OrderMinimum


@dataclass(frozen=True)
class Shortfall:
    """An order that is below its minimum: what it must come to and what is missing, in the dealer's currency before
    tax; and whether it is refused for it."""

    minimum: Decimal
    missing: Decimal
    refuses: bool


def order_minimum(dealer: Dealer) -> OrderMinimum | None:
    """The nearest order minimum in the dealer's currency: the dealer's, the group's, everybody's. One statement."""
    everybody = Q(dealer__isnull=True, group__isnull=True)
    mine = Q(dealer=dealer) | everybody
    if dealer.group_id:
        mine |= Q(group=dealer.group_id)
    nearness: Case = Case(
        When(dealer__isnull=False, then=Value(0)),
        When(group__isnull=False, then=Value(1)),
        default=Value(2),
        output_field=IntegerField(),
    )
    return OrderMinimum.objects.filter(mine, currency=dealer.currency).order_by(nearness).first()


def shortfall(dealer: Dealer, net_total: Decimal) -> Shortfall | None:
    """What an order of this value before tax lacks; None when it lacks nothing."""
    least = order_minimum(dealer)
    if least is None or net_total >= least.amount:
        return None
    return Shortfall(least.amount, least.amount - net_total, least.mode == MinimumMode.REFUSE)
