"""The demo company's promotions: one for everybody on a category, one with a budget for the demo dealer."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from oscar.core.loading import get_model

from dealers.accounts.models import Dealer
from portal.demo.company.dealers import DEMO_DEALER
from pricing.promotions.models import Promotion, PromotionKind
from pricing.promotions.write import Reach, save_promotion

Category = get_model("catalogue", "Category")

ON_BAKEWARE = "Bakeware"


def load(today: date) -> None:
    """Promotions that show what can be said, from today on: nobody's history knows them. What is there is left."""
    if Promotion.objects.exists():
        return
    bakeware = Category.objects.get(name=ON_BAKEWARE, depth=1)
    demo = Dealer.objects.get(number=DEMO_DEALER)
    save_promotion(
        Promotion(
            code="BAKING",
            name="Baking weeks",
            name_zh="烘焙季",
            kind=PromotionKind.PERCENT,
            percent=Decimal(10),
            valid_from=today,
            valid_to=today + timedelta(days=60),
        ),
        Reach(categories=[bakeware.pk]),
        by=None,
    )
    save_promotion(
        Promotion(
            code="SPEND-2000",
            name="Thank you for a large order",
            name_zh="大单答谢",
            kind=PromotionKind.ORDER,
            percent=Decimal(3),
            minimum_value=Decimal("2000.00"),
            currency=demo.currency,
            valid_from=today,
            valid_to=today + timedelta(days=90),
            budget_amount=Decimal("1500.00"),
        ),
        Reach(dealers=[demo]),
        by=None,
    )
