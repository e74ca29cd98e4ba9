"""What is charged for sending an order."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Case, F, IntegerField, Q, Value, When

from dealers.accounts.models import Dealer
from pricing.selling.models import FreightRule

NOTHING = Decimal("0.00")


@dataclass(frozen=True)
class Freight:
    """The freight of an order in the dealer's currency before tax. `missing` is what the goods lack before tax for
    free freight; None when nothing is charged or no value frees from it."""

    charge: Decimal
    missing: Decimal | None = None


FREE = Freight(NOTHING)


def freight_rule(dealer: Dealer, day: date) -> FreightRule | None:
    """The nearest freight rule in the dealer's currency that holds on a day: the dealer's, the group's, everybody's;
    of two of one scope the one that starts later. One statement."""
    mine = Q(dealer=dealer) | Q(dealer__isnull=True, group__isnull=True)
    if dealer.group_id:
        mine |= Q(group=dealer.group_id)
    holds = (Q(valid_from__isnull=True) | Q(valid_from__lte=day)) & (Q(valid_to__isnull=True) | Q(valid_to__gte=day))
    nearness: Case = Case(
        When(dealer__isnull=False, then=Value(0)),
        When(group__isnull=False, then=Value(1)),
        default=Value(2),
        output_field=IntegerField(),
    )
    rules = FreightRule.objects.filter(mine, holds, currency=dealer.currency)
    return rules.order_by(nearness, F("valid_from").desc(nulls_last=True)).first()


def freight_of(dealer: Dealer, goods: Decimal, day: date) -> Freight:
    """The freight of an order whose goods come to this before tax."""
    rule = freight_rule(dealer, day)
    if rule is None or not rule.charge or (rule.free_from is not None and goods >= rule.free_from):
        return FREE
    return Freight(rule.charge, None if rule.free_from is None else rule.free_from - goods)
