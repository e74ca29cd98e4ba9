"""The one price path: page, cart, order, document and ERP all ask here and show the same number."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import Q, QuerySet
from django.utils import timezone
from oscar.core.loading import get_model

from dealers.accounts.models import Dealer
from pricing.money import round_money, split
from pricing.rules import Offer, PriceRow, Tier, choose, offers
from pricing.selling.assortments import restrict
from pricing.terms.models import ChainEntry, Price

Product = get_model("catalogue", "Product")

# Written out and asked with one array: building it from querysets took longer than PostgreSQL takes to answer it.
PRICE_ROWS = """
SELECT p.product_id, c.rank, l.code, p.min_quantity, p.price, p.valid_from, p.valid_to
FROM pricing_terms_chain c
JOIN pricing_terms_pricelist l ON l.id = c.price_list_id
JOIN pricing_terms_price p ON p.price_list_id = l.id
WHERE c.dealer_id = %(dealer)s AND p.product_id = ANY(%(products)s::bigint[])
  AND (p.valid_from IS NULL OR p.valid_from <= %(day)s) AND (p.valid_to IS NULL OR p.valid_to >= %(day)s)
"""


@dataclass(frozen=True)
class QuotedLine:
    """A product at a quantity. Prices are per sales unit before tax; `None` where no list of the dealer prices it."""

    product_id: int
    quantity: int
    unit_price: Decimal | None
    net_amount: Decimal | None
    list_code: str
    tiers: tuple[Tier, ...]
    next_tier: Tier | None


@dataclass(frozen=True)
class Quote:
    """What a set of lines costs a dealer at a moment. Amounts are in `currency`, rounded once a line."""

    currency: str
    tax_percent: Decimal
    at: datetime
    lines: tuple[QuotedLine, ...]

    @property
    def net_total(self) -> Decimal:
        """Sum of the priced lines, before tax."""
        return sum((line.net_amount for line in self.lines if line.net_amount is not None), Decimal("0.00"))

    @property
    def tax_total(self) -> Decimal:
        """Tax on the net total, rounded once here."""
        return round_money(self.net_total * self.tax_percent / 100, self.currency)

    @property
    def total(self) -> Decimal:
        """What the dealer pays."""
        return self.net_total + self.tax_total

    def line_taxes(self) -> list[Decimal]:
        """The tax of each line, so that they sum to `tax_total`."""
        return split(self.tax_total, [line.net_amount or Decimal(0) for line in self.lines], self.currency)


def supplier_day(at: datetime) -> date:
    """The supplier's calendar day at a moment: what validity dates are compared with."""
    return timezone.localtime(at, timezone.get_default_timezone()).date()


def valid_on(day: date, prefix: str = "") -> Q:
    """The condition that a `Price` holds on a day."""
    start, end = f"{prefix}valid_from", f"{prefix}valid_to"
    return (Q(**{f"{start}__isnull": True}) | Q(**{f"{start}__lte": day})) & (
        Q(**{f"{end}__isnull": True}) | Q(**{f"{end}__gte": day})
    )


def quote(dealer: Dealer, wanted: Sequence[tuple[int, int]], at: datetime | None = None) -> Quote:
    """Price `(product id, quantity)` pairs for a dealer, in their order, with one statement for any number of lines.

    Lists in another currency than the dealer's do not count. What the dealer may not see has no price here.
    """
    at = at or timezone.now()
    found = offers_for(dealer, {product_id for product_id, _ in wanted}, at)
    lines = tuple(_line(product_id, quantity, found.get(product_id, []), dealer) for product_id, quantity in wanted)
    return Quote(currency=dealer.currency, tax_percent=dealer.tax_percent, at=at, lines=lines)


def offers_for(dealer: Dealer, product_ids: Iterable[int], at: datetime | None = None) -> dict[int, list[Offer]]:
    """The dealer's offers by product, nearest list first; products without a price are missing. One statement."""
    day = supplier_day(at or timezone.now())
    asked: dict[str, Any] = {
        "dealer": dealer.pk,
        "products": list(product_ids),
        "day": day,
    }
    by_product: dict[int, list[PriceRow]] = {}
    with connection.cursor() as cursor:
        cursor.execute(PRICE_ROWS, asked)
        for product_id, *columns in cursor.fetchall():
            by_product.setdefault(product_id, []).append(PriceRow._make(columns))
    return {product_id: offers(found, day) for product_id, found in by_product.items()}


def assortment(dealer: Dealer, at: datetime | None = None) -> QuerySet[Any]:
    """The sellable products a dealer may see and buy: public, not discontinued, priced by one of their lists,
    and not kept from them by an assortment rule (`pricing.selling.rules` says which rule decides).

    Variants' parents are not in it; what is not in it does not exist for the dealer.
    """
    lists = ChainEntry.objects.filter(dealer=dealer).order_by().values("price_list")
    priced = Price.objects.filter(valid_on(supplier_day(at or timezone.now())), price_list__in=lists)
    return sellable(dealer, at).filter(pk__in=priced.values("product"))


def sellable(dealer: Dealer, at: datetime | None = None) -> QuerySet[Any]:
    """What `assortment` asks besides a price: for who looks prices up by other ways and comes to the same."""
    day = supplier_day(at or timezone.now())
    products = Product.objects.filter(
        Q(card__discontinued_on__isnull=True) | Q(card__discontinued_on__gt=day),
        Q(parent__isnull=True) | Q(parent__is_public=True),
        is_public=True,
        upc__isnull=False,
    ).exclude(structure=Product.PARENT)
    return restrict(products, dealer, day)


def _line(product_id: int, quantity: int, found: Sequence[Offer], dealer: Dealer) -> QuotedLine:
    chosen = choose(found, quantity)
    if chosen is None:
        return QuotedLine(product_id, quantity, None, None, "", found[0].tiers if found else (), None)
    offer, tier = chosen
    net = round_money(tier.price * quantity, dealer.currency)
    return QuotedLine(product_id, quantity, tier.price, net, offer.list_code, offer.tiers, offer.next_tier(quantity))
