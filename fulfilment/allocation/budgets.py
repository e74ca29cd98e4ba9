"""Campaign budgets: what live offers and accepted orders take of them, never more than there is."""

from __future__ import annotations

from decimal import Decimal

from django.db.models import F

from fulfilment.allocation.models import ConsumerCampaign


class BudgetSpent(Exception):
    """The campaign has too little left; nothing was taken."""

    def __init__(self, campaign_id: int) -> None:
        super().__init__(f"Campaign {campaign_id} has too little left.")
        self.campaign_id = campaign_id


def take(campaign_id: int, amount: Decimal) -> None:
    """Take a top-up from a budget. Raises `BudgetSpent`."""
    left = ConsumerCampaign.objects.filter(pk=campaign_id, used__lte=F("budget") - amount)
    if not left.update(used=F("used") + amount):
        raise BudgetSpent(campaign_id)


def give(campaign_id: int | None, amount: Decimal) -> None:
    """Give back to a budget what an offer took, or a return brought back. None: there is no campaign."""
    if campaign_id is not None and amount:
        ConsumerCampaign.objects.filter(pk=campaign_id).update(used=F("used") - amount)
