"""The cart with everything its lines need said, in a constant number of statements."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from dealers.accounts.models import Dealer
from fulfilment.ordering.credit import Credit, credit_of
from fulfilment.ordering.lines import check_lines
from fulfilment.ordering.problems import LineProblem
from portal.shop.rows import Label, Product, Stock, label_of, named, pictures_of, stock_of, variant_words
from pricing.quote import Quote, QuotedLine
from pricing.rules import Tier, round_up_to_pack
from pricing.terms.models import PriceList


@dataclass(frozen=True)
class CartLine:
    """One line of the cart. Prices are in the dealer's currency before tax."""

    label: Label
    picture: str
    attributes: tuple[tuple[str, str], ...]
    quantity: int
    entered: str
    unit_price: Decimal | None
    net_amount: Decimal | None
    price_list: str
    tier: Tier | None
    next_tier: Tier | None
    stock: Stock
    problems: tuple[str, ...]
    visible: bool = True
    was: Decimal | None = None

    @property
    def orderable(self) -> int | None:
        """The nearest quantity that can be ordered now, 0 when there is none; None when only the price is missing."""
        if self.visible and self.unit_price is None:
            return None
        minimum, multiple = self.label.minimum, self.label.multiple
        quantity = round_up_to_pack(self.quantity, minimum=minimum, multiple=multiple)
        if quantity > self.stock.available:
            quantity = self.stock.available // multiple * multiple
        return quantity if self.visible and quantity >= self.label.smallest else 0

    @property
    def to_next_tier(self) -> int:
        """How many more reach the next tier."""
        return self.next_tier.min_quantity - self.quantity if self.next_tier else 0


@dataclass(frozen=True)
class CartPage:
    """A cart, priced and checked. `credit` is None for a dealer without a credit limit who pays beforehand."""

    lines: tuple[CartLine, ...]
    quote: Quote
    credit: Credit | None

    @property
    def troubled(self) -> list[CartLine]:
        """The lines that must be mended before the order can be sent."""
        return [line for line in self.lines if line.problems]

    @property
    def credit_left(self) -> Decimal | None:
        """What may still be ordered on account after this order."""
        return self.credit.left - self.quote.total if self.credit else None

    @property
    def credit_missing(self) -> Decimal:
        """By how much this order exceeds the credit limit; 0 when it does not."""
        left = self.credit_left
        return -left if left is not None and left < 0 else Decimal(0)


def credit_shown(dealer: Dealer) -> Credit | None:
    """The dealer's credit, when credit means something to them."""
    if not dealer.payment_terms_days and not dealer.credit_limit:
        return None
    return credit_of(dealer)


def read_cart(
    dealer: Dealer,
    wanted: Mapping[int, int],
    *,
    problems: Sequence[LineProblem] = (),
    entered: Mapping[int, str] | None = None,
    shown: Mapping[int, Decimal] | None = None,
    at: datetime | None = None,
) -> CartPage:
    """The cart's page. `problems` come on top of those found here; `entered` is text that was no quantity.

    `shown` has the unit prices the reader saw before: lines that differ by now tell it.
    """
    checked = check_lines(dealer, wanted, at)
    # Also those that the dealer may no longer see: their names were seen before.
    products = {product.pk: product for product in named(Product.objects.filter(pk__in=list(wanted)))}
    labels = {pk: label_of(product) for pk, product in products.items()}
    told = {pk: [str(problem.message) for problem in found] for pk, found in checked.problems.items()}
    for problem in problems:
        if str(problem.message) not in told.setdefault(problem.product_id, []):
            told[problem.product_id].append(str(problem.message))
    stock = stock_of(labels.values())
    pictures = pictures_of(products.values())
    attributes = variant_words(products.values())
    codes = {line.list_code for line in checked.quote.lines}
    lists = dict(PriceList.objects.filter(code__in=codes).values_list("code", "name"))
    lines = tuple(
        CartLine(
            label=labels[line.product_id],
            picture=pictures.get(line.product_id, ""),
            attributes=attributes.get(line.product_id, ()),
            quantity=line.quantity,
            entered=(entered or {}).get(line.product_id, str(line.quantity)),
            unit_price=line.unit_price,
            net_amount=line.net_amount,
            price_list=lists.get(line.list_code, line.list_code),
            tier=_tier(line),
            next_tier=line.next_tier,
            stock=stock[line.product_id],
            problems=tuple(told.get(line.product_id, ())),
            visible=line.product_id in checked.products,
            was=_was(line, shown),
        )
        for line in checked.quote.lines
    )
    return CartPage(lines, checked.quote, credit_shown(dealer))


def _tier(line: QuotedLine) -> Tier | None:
    """The tier that priced the line, when it is not the first."""
    reached = [tier for tier in line.tiers if tier.min_quantity <= line.quantity]
    return reached[-1] if len(reached) > 1 else None


def _was(line: QuotedLine, shown: Mapping[int, Decimal] | None) -> Decimal | None:
    before = (shown or {}).get(line.product_id)
    return before if before is not None and before != line.unit_price else None
