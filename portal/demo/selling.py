"""The demo company's selling rules: a group without cookware, a dealer with larger packs, order minimums, freight."""

from __future__ import annotations

from decimal import Decimal

from oscar.core.loading import get_model

from dealers.accounts.models import Dealer, DealerGroup
from portal.demo.company.dealers import DEMO_DEALER
from pricing.selling.models import (
    AssortmentRule,
    Effect,
    FreightRule,
    MinimumMode,
    OrderMinimum,
    QuantityRule,
    SellingChange,
)
from pricing.selling.write import save_rule

Category = get_model("catalogue", "Category")

GROUP = "COFFEE"
COFFEE_DEALER, BAKING_DEALER = "1011", "1007"
NOT_FOR_COFFEE, IN_CARTONS = "Cookware", "Bakeware"


def load() -> None:
    """Rules that show what can be said; nobody's history is older than them. What is there is left as it is."""
    if SellingChange.objects.exists():
        return
    group, _made = DealerGroup.objects.get_or_create(code=GROUP, defaults={"name": "Coffee", "name_zh": "咖啡渠道"})
    Dealer.objects.filter(number=COFFEE_DEALER, group__isnull=True).update(group=group)
    cookware = Category.objects.get(name=NOT_FOR_COFFEE, depth=1)
    bakeware = Category.objects.get(name=IN_CARTONS, depth=1)
    dealers = {dealer.number: dealer for dealer in Dealer.objects.filter(number__in=(DEMO_DEALER, BAKING_DEALER))}
    demo, baking = dealers[DEMO_DEALER], dealers[BAKING_DEALER]
    save_rule(AssortmentRule(group=group, category=cookware, effect=Effect.DENY), by=None)
    save_rule(QuantityRule(dealer=baking, category=bakeware, minimum=24), by=None)
    asks = OrderMinimum(dealer=demo, currency=demo.currency, amount=Decimal("500.00"), mode=MinimumMode.WARN)
    save_rule(asks, by=None)
    save_rule(OrderMinimum(group=group, currency=demo.currency, amount=Decimal("1000.00")), by=None)
    freight = FreightRule(currency=demo.currency, charge=Decimal("30.00"), free_from=Decimal("1000.00"))
    save_rule(freight, by=None)
