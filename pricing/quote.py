"""The one price path: page, cart, order, document and ERP all ask here and show the same number."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple

from django.contrib.postgres.expressions import ArraySubquery
from django.db import connection
from django.db.models import F, Q, QuerySet
from django.db.models.lookups import Exact
from django.utils import timezone
from oscar.core.loading import get_model

from dealers.accounts.models import Dealer
from pricing.money import round_money, split
from pricing.promotions.apply import ANY_IN_FORCE, deals_for
from pricing.promotions.rules import NOTHING, Deal, Hint, Line, by_product, hint_of, pieces_of, settle, taken
from pricing.retail import BEFORE_TAX, RetailPrices
from pricing.rules import (
    CODE,
    PRICE,
    Gain,
    Margin,
    Offer,
    PriceStep,
    Row,
    Tier,
    choose,
    gain,
    ladder,
    margin,
    offers,
    promoted,
    steps,
)
from pricing.selling.assortments import restrict
from pricing.surcharges import rules as surcharges
from pricing.surcharges.apply import ANY_IN_FORCE as ANY_SURCHARGE_IN_FORCE
from pricing.surcharges.apply import levies_for
from pricing.surcharges.rules import Charge, Levy, LineCharge
from pricing.terms.models import ChainEntry, Price

Product = get_model("catalogue", "Product")

#: A price `p` of a list `l` per sales unit, before tax. Needs the dealer's `tax`.
NET_PRICE = f"CASE WHEN l.tax_included THEN {BEFORE_TAX.replace('{price}', 'p.price')} ELSE p.price END"

# Written out and asked with one array: building it from querysets took longer than PostgreSQL takes to answer it.
# The order is what `pricing.rules` reads rows in. The last two columns are the same in every row: whether promotions,
# and whether surcharges are in force at all.
PRICE_ROWS = (
    """
SELECT p.product_id, c.rank, l.kind, l.code, p.min_quantity, {net_price}, {any_promotion}, {any_surcharge}
FROM pricing_terms_chain c
JOIN pricing_terms_pricelist l ON l.id = c.price_list_id
JOIN pricing_terms_price p ON p.price_list_id = l.id
WHERE c.dealer_id = %(dealer)s AND p.product_id = ANY(%(products)s::bigint[])
  AND (p.valid_from IS NULL OR p.valid_from <= %(day)s) AND (p.valid_to IS NULL OR p.valid_to >= %(day)s)
  AND (l.valid_from IS NULL OR l.valid_from <= %(day)s) AND (l.valid_to IS NULL OR l.valid_to >= %(day)s)
ORDER BY c.rank, p.min_quantity, p.valid_from NULLS FIRST
""".replace("{net_price}", NET_PRICE)
    .replace("{any_promotion}", ANY_IN_FORCE)
    .replace("{any_surcharge}", ANY_SURCHARGE_IN_FORCE)
)
#: Where `PRICE_ROWS` says whether any promotion, and whether any surcharge is in force.
ANY_PROMOTION, ANY_SURCHARGE = 6, 7


class QuotedLine(NamedTuple):
    """A product at a quantity. Prices are per sales unit before tax; `None` where no list of the dealer prices it.

    `unit_price` is before promotions. `discount` is what the line's promotion (`deal`) takes off its amount and
    `order_share` the line's part of a promotion on the order value; `net_amount` is what is left of both. `deals` are
    all promotions on the product, `hint` what ordering a little more would bring. `surcharges` come on top of
    `net_amount`; they are never part of a price.

    What explains the price is worked out when it is asked for, from what was read with it: nothing but the retail
    prices (one statement for the whole quote) is read again.
    """

    product_id: int
    quantity: int
    unit_price: Decimal | None
    net_amount: Decimal | None
    list_code: str
    rows: Sequence[Row]
    retail_prices: RetailPrices
    discount: Decimal = NOTHING
    order_share: Decimal = NOTHING
    deal: Deal | None = None
    deals: Sequence[Deal] = ()
    hint: Hint | None = None
    surcharges: Sequence[LineCharge] = ()

    @property
    def surcharge_amount(self) -> Decimal:
        """What surcharges by line come to on top of the line's amount."""
        return sum((charge.amount for charge in self.surcharges), NOTHING)

    @property
    def full_amount(self) -> Decimal | None:
        """The line's amount before any promotion."""
        return None if self.net_amount is None else self.net_amount + self.order_share + self.discount

    @property
    def amount(self) -> Decimal | None:
        """The line's amount after its own promotion; a promotion on the order value is taken off the order's sum."""
        return None if self.net_amount is None else self.net_amount + self.order_share

    @property
    def promotion_code(self) -> str:
        """The code of the line's promotion, empty without one."""
        return self.deal.code if self.deal else ""

    @property
    def tiers(self) -> tuple[Tier, ...]:
        """What the dealer pays from which quantity on, lowest quantity first."""
        return ladder(self.rows)

    @property
    def next_tier(self) -> Tier | None:
        """The next tier above the quantity."""
        return next((tier for tier in self.tiers if tier.min_quantity > self.quantity), None)

    @property
    def gain(self) -> Gain | None:
        """What ordering up to the next cheaper tier brings; None when it brings nothing."""
        return None if self.unit_price is None else gain(self.tiers, self.quantity, self.unit_price)

    @property
    def steps(self) -> tuple[PriceStep, ...]:
        """How the price comes about: list price → agreement → tier → promotion → net; empty without a price."""
        found = steps(self.rows, self.quantity)
        return promoted(found, self.deal.code, self.discount, self.quantity) if self.deal else found

    @property
    def rrp(self) -> Decimal | None:
        """The recommended retail price as printed, where the dealer is shown it; see `RetailPrices`."""
        return self.retail_prices.printed(self.product_id)

    @property
    def margin(self) -> Margin | None:
        """What the dealer keeps of the recommended retail price, both before tax; None without either price."""
        retail = self.retail_prices.before_tax(self.product_id)
        return None if retail is None or self.unit_price is None else margin(retail, self.unit_price)


@dataclass(frozen=True)
class Quote:
    """What a set of lines costs a dealer at a moment. Amounts are in `currency`, rounded once a line; the totals are of
    the goods.

    `order_discount` is what a promotion on the order value (`order_deal`) takes off; the lines' `order_share` sum to
    it. `spent` are the promotions that would hold, had their budget not run out. `promotions` is what each takes off.
    `surcharges` are those of an order by code, with the lines' own in them; `fulfilment.ordering.freight` adds them up.
    """

    currency: str
    tax_percent: Decimal
    at: datetime
    lines: tuple[QuotedLine, ...]
    order_discount: Decimal = NOTHING
    order_deal: Deal | None = None
    spent: tuple[Deal, ...] = ()
    promotions: Mapping[int, Decimal] = field(default_factory=dict)
    surcharges: tuple[Charge, ...] = ()

    @property
    def line_discounts(self) -> Decimal:
        """What the lines' own promotions take off."""
        return sum((line.discount for line in self.lines), NOTHING)

    @property
    def full_total(self) -> Decimal:
        """Sum of the priced lines before any promotion, before tax."""
        return self.net_total + self.order_discount + self.line_discounts

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
        """What the dealer pays for the goods."""
        return self.net_total + self.tax_total

    def line_taxes(self) -> list[Decimal]:
        """The tax of each line, so that they sum to `tax_total`."""
        return split(self.tax_total, [line.net_amount or Decimal(0) for line in self.lines], self.currency)


def supplier_day(at: datetime) -> date:
    """The supplier's calendar day at a moment: what validity dates are compared with."""
    return timezone.localtime(at, timezone.get_default_timezone()).date()


def valid_on(day: date, prefix: str = "") -> Q:
    """The condition that a `Price`, or a `PriceList`, holds on a day."""
    start, end = f"{prefix}valid_from", f"{prefix}valid_to"
    return (Q(**{f"{start}__isnull": True}) | Q(**{f"{start}__lte": day})) & (
        Q(**{f"{end}__isnull": True}) | Q(**{f"{end}__gte": day})
    )


def quote(
    dealer: Dealer, wanted: Sequence[tuple[int, int]], at: datetime | None = None, *, as_order: bool = False
) -> Quote:
    """Price `(product id, quantity)` pairs for a dealer, in their order, with one statement for any number of lines,
    one more where promotions are in force and one more where surcharges are.

    Quantities are in sales units. Lists in another currency than the dealer's do not count. What the dealer may not see
    has no price here. With `as_order` the lines are one order: promotions count its pieces and its value together;
    otherwise each line stands on its own, as on a page of products.
    """
    at = at or timezone.now()
    day = supplier_day(at)
    by_product = _rows(dealer, {product_id for product_id, _ in wanted}, day)
    retail_prices = RetailPrices(dealer, by_product)
    currency = dealer.currency
    lines = []
    for product_id, quantity in wanted:
        rows = by_product.get(product_id, ())
        chosen = choose(rows, quantity)
        if chosen is None:
            lines.append(QuotedLine(product_id, quantity, None, None, "", rows, retail_prices))
        else:
            price = chosen[PRICE]
            net = round_money(price * quantity, currency)
            lines.append(QuotedLine(product_id, quantity, price, net, chosen[CODE], rows, retail_prices))
    quoted = Quote(currency=currency, tax_percent=dealer.tax_percent, at=at, lines=tuple(lines))
    any_promotion, any_surcharge = next((rows[0][ANY_PROMOTION:] for rows in by_product.values()), (False, False))
    if any_promotion:
        quoted = _promoted(quoted, deals_for(dealer, by_product, day), as_order)
    if any_surcharge:
        quoted = _surcharged(quoted, levies_for(dealer, by_product, day), as_order)
    return quoted


def _promoted(quoted: Quote, deals: tuple[Deal, ...], as_order: bool) -> Quote:
    """The quote with promotions taken off; see `pricing.promotions.rules`."""
    if not deals:
        return quoted
    priced = [line for line in quoted.lines if line.unit_price is not None and line.net_amount is not None]
    lines = [Line(line.product_id, line.quantity, line.unit_price, line.net_amount) for line in priced]  # type: ignore[arg-type]
    settled = settle(deals, lines, quoted.currency, as_order=as_order)
    spent = {deal.pk for deal in settled.spent}
    offered = by_product(deal for deal in deals if deal.pk not in spent and (deal.left is None or deal.left > 0))
    pieces = pieces_of(deals, lines) if as_order else {}
    changed = iter(
        line._replace(
            net_amount=bare.amount - discount - share,
            discount=discount,
            order_share=share,
            deal=deal,
            deals=(mine := offered.get(line.product_id, ())),
            hint=hint_of(mine, bare, pieces, deal),
        )
        for line, bare, deal, discount, share in zip(
            priced, lines, settled.deals, settled.discounts, settled.shares, strict=True
        )
    )
    return replace(
        quoted,
        lines=tuple(line if line.net_amount is None else next(changed) for line in quoted.lines),
        order_discount=settled.order_discount,
        order_deal=settled.order_deal,
        spent=settled.spent,
        promotions=taken(settled),
    )


def _surcharged(quoted: Quote, levies: tuple[Levy, ...], as_order: bool) -> Quote:
    """The quote with what comes on top of what promotions have left; see `pricing.surcharges.rules`."""
    if not levies:
        return quoted
    lines = [
        surcharges.Line(line.product_id, line.quantity, line.net_amount)
        for line in quoted.lines
        if line.net_amount is not None
    ]
    settled = surcharges.settle(levies, lines, quoted.currency, as_order=as_order)
    charged = iter(settled.lines)
    return replace(
        quoted,
        lines=tuple(
            line if line.net_amount is None else line._replace(surcharges=next(charged)) for line in quoted.lines
        ),
        surcharges=settled.charges,
    )


def offers_for(dealer: Dealer, product_ids: Iterable[int], at: datetime | None = None) -> dict[int, list[Offer]]:
    """The dealer's offers by product, nearest list first; products without a price are missing. One statement."""
    found = _rows(dealer, product_ids, supplier_day(at or timezone.now()))
    return {product_id: offers(rows) for product_id, rows in found.items()}


def _rows(dealer: Dealer, product_ids: Iterable[int], day: date) -> dict[int, list[Row]]:
    """The prices that hold for the dealer on a day, by product, in the order that `pricing.rules` wants."""
    asked: dict[str, Any] = {"dealer": dealer.pk, "tax": dealer.tax_percent, "products": list(product_ids), "day": day}
    by_product: dict[int, list[Row]] = {}
    with connection.cursor() as cursor:
        cursor.execute(PRICE_ROWS, asked)
        for row in cursor.fetchall():
            known = by_product.get(row[0])
            if known is None:
                by_product[row[0]] = [row]
            else:
                known.append(row)
    return by_product


class _OneOf(Exact):
    """A value is in an array: PostgreSQL fills the array once and then looks its members up in an index.

    A list of a thousand ids, or a condition on products that is joined, makes it read more: all prices, at worst.
    """

    def get_rhs_op(self, connection: Any, rhs: str) -> str:
        return f"= ANY ({rhs})"


def assortment(
    dealer: Dealer, at: datetime | None = None, *, among: Iterable[int] | QuerySet[Any] | None = None
) -> QuerySet[Any]:
    """The sellable products a dealer may see and buy: public, not discontinued, priced by one of their lists,
    and not kept from them by an assortment rule (`pricing.selling.rules` says which rule decides).

    Variants' parents are not in it; what is not in it does not exist for the dealer.

    `among`: only those of these products, by id or as a queryset of one column of ids. Only their prices are read then;
    filtering the whole assortment reads all of the dealer's.
    """
    day = supplier_day(at or timezone.now())
    lists = ChainEntry.objects.filter(valid_on(day, "price_list__"), dealer=dealer).order_by().values("price_list")
    priced = Price.objects.filter(valid_on(day), price_list__in=lists)
    if among is not None:
        asked = among if isinstance(among, QuerySet) else Product.objects.filter(pk__in=list(among)).values("pk")
        priced = priced.filter(_OneOf(F("product_id"), ArraySubquery(asked)))
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
