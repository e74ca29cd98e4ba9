"""What stands beside a product: what replaced it, what it replaces, what goes with it, and what was bought of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils import timezone
from oscar.core.loading import get_model

from dealers.accounts.models import Dealer
from fulfilment.ordering.models import DealerOrderLine
from fulfilment.ordering.states import ENDED_STATES
from portal.shop.rows import Label, label_of, named
from pricing.quote import assortment, quote, supplier_day
from pricing.replaced import replaced_for
from pricing.selling.assortments import restrict

Product = get_model("catalogue", "Product")
ProductRecommendation = get_model("catalogue", "ProductRecommendation")

PURCHASES_SHOWN = 5
MOST_RELATED = 12


@dataclass(frozen=True)
class Purchase:
    """One order line of the past; the price is per sales unit before tax."""

    order: str
    at: datetime
    quantity: int
    unit_price: Decimal


def purchases_of(dealer: Dealer, product: Any) -> list[Purchase]:
    """The dealer's last orders of a product, newest first, ended ones left out. One statement."""
    lines = (
        DealerOrderLine.objects.filter(order__dealer=dealer, line__product=product)
        .exclude(order__state__in=ENDED_STATES)
        .order_by("-order__placed_at", "-pk")
        .values_list("order__number", "order__placed_at", "quantity", "unit_price")
    )
    return [Purchase(*line) for line in lines[:PURCHASES_SHOWN]]


def replacement_of(dealer: Dealer, product: Any) -> Label | None:
    """What the dealer can buy instead of a product, if it was replaced. At most three statements."""
    found = replaced_for(dealer, [product.pk]).get(product.pk)
    return label_of(named(Product.objects.filter(pk=found)).get()) if found else None


def withdrawn(dealer: Dealer, sku: str) -> tuple[Label, Label] | None:
    """A product that is no longer sold, and what the dealer is offered instead.

    None unless it was discontinued, has a replacement for this dealer, and is nothing kept from them: their assortment
    rules let them see it, and they have a price for it or bought it before.
    """
    today = supplier_day(timezone.now())
    gone = named(Product.objects.filter(upc=sku, card__discontinued_on__lte=today)).exclude(structure=Product.PARENT)
    product = restrict(gone, dealer, today).first()
    if product is None:
        return None
    label = label_of(product)
    known = quote(dealer, [(product.pk, label.smallest)]).lines[0].unit_price is not None
    if not known and not DealerOrderLine.objects.filter(order__dealer=dealer, line__product=product).exists():
        return None
    instead = replacement_of(dealer, product)
    return (label, instead) if instead else None


def related_to(dealer: Dealer, product: Any) -> Sequence[Any]:
    """What the supplier recommends with a product or its model, best first, as far as the dealer may buy it."""
    owners = [product.pk, product.parent_id] if product.parent_id else [product.pk]
    ranked = ProductRecommendation.objects.filter(primary__in=owners).order_by("-ranking", "pk")
    ids = list(dict.fromkeys(ranked.values_list("recommendation_id", flat=True)[: MOST_RELATED * 2]))
    if not ids:
        return []
    found = {each.pk: each for each in named(assortment(dealer, among=ids)).exclude(pk=product.pk)}
    return [found[pk] for pk in ids if pk in found][:MOST_RELATED]
