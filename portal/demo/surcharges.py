"""The demo company's surcharges: metal on cookware, and small orders, which dealers of coffee are spared."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from oscar.core.loading import get_model

from dealers.accounts.models import Dealer, DealerGroup
from portal.demo.company.dealers import DEMO_DEALER
from portal.demo.selling import GROUP
from pricing.surcharges.models import SurchargeChange, SurchargeKind, SurchargeRule
from pricing.surcharges.write import Called, save_rule

Category = get_model("catalogue", "Category")

ON_METAL = "Cookware"
METAL = Called("METAL", "Metal surcharge", "金属附加费")
SMALL = Called("SMALL-ORDER", "Small-order surcharge", "小额订单附加费")


def load(today: date) -> None:
    """Surcharges that show what can be said, from today on: nobody's history knows them. What is there is left."""
    if SurchargeChange.objects.exists():
        return
    cookware = Category.objects.get(name=ON_METAL, depth=1)
    metal = SurchargeRule(kind=SurchargeKind.PERCENT, percent=Decimal("2.5"), category=cookware, valid_from=today)
    save_rule(metal, METAL, by=None)
    currency = Dealer.objects.get(number=DEMO_DEALER).currency
    small = {"kind": SurchargeKind.SMALL, "below": Decimal("300.00"), "currency": currency}
    save_rule(SurchargeRule(amount=Decimal("15.00"), valid_from=today, **small), SMALL, by=None)
    spared = DealerGroup.objects.filter(code=GROUP).first()
    if spared is not None:
        save_rule(SurchargeRule(amount=Decimal(0), group=spared, valid_from=today, **small), SMALL, by=None)
