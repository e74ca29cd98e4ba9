"""The cart with everything its lines need said, in a constant number of statements.

All lines are priced and checked; names, pictures and words are read for those on the page and those in trouble only.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple

from dealers.accounts.models import Dealer
from fulfilment.ordering.cart import CartEntry
from fulfilment.ordering.credit import Credit, credit_of
from fulfilment.ordering.freight import OrderAmounts, amounts_of
from fulfilment.ordering.lines import check_lines
from fulfilment.ordering.problems import LineProblem
from portal.components.promotions import PromotionShown, hint_words, promotion_name, promotions_shown
from portal.components.surcharges import SurchargeShown, line_surcharges, order_surcharges
from portal.shop.packing import UnitShown, choices_of
from portal.shop.rows import (
    Label,
    Product,
    Stock,
    counted_at,
    labels_for,
    named,
    pictures_of,
    stock_of,
    unsaid,
    variant_words,
)
from pricing.catalogue.units import ordered_words, units_of
from pricing.promotions.rules import BUNDLE
from pricing.quote import Quote, QuotedLine, supplier_day, valid_on
from pricing.rules import PriceStep, Tier
from pricing.selling.minimums import Shortfall, shortfall
from pricing.terms.models import Price, PriceList

PAGE_SIZE = 100
#: So many lines with another price are named in the notice; the others are marked at their place.
MOST_NAMED = 8
NOTHING = Decimal("0.00")
NO_AMOUNTS = OrderAmounts(NOTHING, NOTHING, NOTHING, NOTHING)


@dataclass(frozen=True)
class CartLine:
    """One line of the cart. Prices are in the dealer's currency before tax.

    `amount` is after the line's own `promotion`, `full_amount` before it; `surcharges` come on top. `hint` is what a
    little more would bring.

    `choices` are the cartons and pallets its quantity can be given in.

    `was` is the unit price seen before where it is another one by now, `since` the first day of the new one, if known.
    """

    label: Label
    picture: str
    attributes: tuple[tuple[str, str], ...]
    quantity: int
    entered: str
    unit_price: Decimal | None
    amount: Decimal | None
    price_list: str
    tier: Tier | None
    next_tier: Tier | None
    stock: Stock
    problems: tuple[str, ...]
    visible: bool = True
    was: Decimal | None = None
    since: date | None = None
    entry: CartEntry | None = None
    page: int = 1
    steps: tuple[PriceStep, ...] = ()
    full_amount: Decimal | None = None
    promotion: PromotionShown | None = None
    hint: str = ""
    surcharges: tuple[SurchargeShown, ...] = ()
    choices: tuple[UnitShown, ...] = ()

    @property
    def chosen(self) -> UnitShown | None:
        """The carton or pallet that the quantity is told in; None where it is told in sales units."""
        unit = self.entry.unit if self.entry else ""
        return next((each for each in self.choices if each.code == unit and not self.quantity % each.factor), None)

    @property
    def told_attributes(self) -> tuple[tuple[str, str], ...]:
        """What tells the variant apart and is not in its name already."""
        return unsaid(self.attributes, self.label.name)

    @property
    def discount(self) -> Decimal:
        """What the line's own promotion takes off."""
        return (self.full_amount or Decimal(0)) - (self.amount or Decimal(0))

    @property
    def shown_quantity(self) -> str:
        """The quantity as it stands in the box, in the unit beside it."""
        told = str(self.quantity // self.chosen.factor) if self.chosen else str(self.quantity)
        return self.entered or told

    @property
    def quantity_words(self) -> str:
        """The quantity as it was asked for: "2 cartons (24 pieces)"."""
        unit = self.chosen
        words = (unit.code, unit.factor) if unit else ("", 1)
        return ordered_words(self.quantity, self.label.unit_code, *words)

    @property
    def list_price(self) -> Decimal | None:
        """The list price, where the dealer pays another one: with list and tier it is why the price is what it is."""
        first = self.steps[0] if self.steps else None
        return first.unit_price if first and first.kind == "list" and first.unit_price != self.unit_price else None

    @property
    def seen(self) -> str:
        """What the reader sees of the line, for the form to send back: version and quantity."""
        return f"{self.entry.version if self.entry else 0}-{self.quantity}"

    @property
    def note(self) -> str:
        """The dealer's note on the line."""
        return self.entry.note if self.entry else ""

    @property
    def orderable(self) -> int | None:
        """The nearest quantity that can be ordered now, 0 when there is none; None when only the price is missing."""
        if self.visible and self.unit_price is None:
            return None
        pack = self.label.pack
        quantity = pack.fitted(self.quantity)
        if quantity > self.stock.available:
            quantity = pack.within(self.stock.available)
        return quantity if self.visible and quantity >= self.label.smallest else 0

    @property
    def to_next_tier(self) -> int:
        """How many more reach the next tier."""
        return self.next_tier.min_quantity - self.quantity if self.next_tier else 0


@dataclass(frozen=True)
class CartPage:
    """A cart, priced and checked. `lines` are those of this page, `count`, `quote` and `amounts` (with freight) of all.

    `troubled` must be mended before the order can be sent; `repriced` are the first lines whose price is not the one
    seen before, `repriced_count` how many there are. `credit` is None for a dealer without a credit limit who pays
    beforehand; `shortfall` is what it lacks of the dealer's order minimum. `companions` are lines
    whose amounts follow those that were changed.
    """

    lines: tuple[CartLine, ...]
    quote: Quote
    credit: Credit | None
    amounts: OrderAmounts
    shortfall: Shortfall | None = None
    troubled: tuple[CartLine, ...] = ()
    repriced: tuple[CartLine, ...] = ()
    repriced_count: int = 0
    number: int = 1
    pages: int = 1
    first: int = 1
    companions: frozenset[int] = frozenset()

    @property
    def count(self) -> int:
        """How many lines the cart has."""
        return len(self.quote.lines)

    @property
    def counted_at(self) -> datetime | None:
        """When the stock of all lines was counted, where it was at once: then it is said once."""
        return counted_at(self.lines)

    @property
    def order_promotion(self) -> PromotionShown | None:
        """The promotion on the order value, if one holds."""
        deal = self.quote.order_deal
        return promotions_shown((deal,), self.quote.currency)[0] if deal else None

    @property
    def surcharges(self) -> tuple[SurchargeShown, ...]:
        """What comes on top of the goods, by code."""
        return order_surcharges(self.quote.surcharges)

    @property
    def spent(self) -> list[str]:
        """The names of promotions that would hold, had their budget not run out."""
        return [promotion_name(deal) for deal in self.quote.spent]

    @property
    def last(self) -> int:
        """The place of the page's last line in the cart."""
        return self.first + len(self.lines) - 1

    @property
    def previous_page(self) -> str:
        """The page before, as it stands in addresses; empty on the first."""
        return str(self.number - 1) if self.number > 1 else ""

    @property
    def next_page(self) -> str:
        """The page after, as it stands in addresses; empty on the last."""
        return str(self.number + 1) if self.number < self.pages else ""

    @property
    def credit_left(self) -> Decimal | None:
        """What may still be ordered on account after this order."""
        return self.credit.left - self.amounts.total if self.credit else None

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


class _Shown(NamedTuple):
    """Which lines a page has."""

    ids: list[int]
    number: int
    pages: int
    first: int


def read_cart(
    dealer: Dealer,
    wanted: Mapping[int, int],
    *,
    problems: Sequence[LineProblem] = (),
    entered: Mapping[int, str] | None = None,
    shown: Mapping[int, Decimal] | None = None,
    entries: Mapping[int, CartEntry] | None = None,
    page: int | None = None,
    only_troubled: bool = False,
    also: Collection[int] = (),
    at: datetime | None = None,
) -> CartPage:
    """The cart's page; all lines when `page` is None, those in trouble or `also` named when `only_troubled`.

    `problems` come on top of those found here; `entered` is text that was no quantity. `shown` has the unit prices
    the reader saw before, else `entries` do: lines that differ by now tell it.
    """
    checked = check_lines(dealer, wanted, at)
    told = {pk: [str(problem.message) for problem in found] for pk, found in checked.problems.items()}
    for problem in problems:
        if str(problem.message) not in told.setdefault(problem.product_id, []):
            told[problem.product_id].append(str(problem.message))
    before: Mapping[int, Decimal | None] = shown or {pk: kept.shown_price for pk, kept in (entries or {}).items()}
    was = {line.product_id: price for line in checked.quote.lines if (price := _was(line, before)) is not None}
    order = [line.product_id for line in checked.quote.lines]
    places = {pk: place for place, pk in enumerate(order)}
    troubled = [pk for pk in order if told.get(pk)]
    together = _companions(checked.quote, also) if only_troubled else frozenset[int]()
    on_page = _shown_lines(
        [pk for pk in order if pk in told or pk in also or pk in together] if only_troubled else order, page
    )
    repriced = [pk for pk in order if pk in was][:MOST_NAMED]
    detailed = {*on_page.ids, *troubled, *repriced}
    # Also those that the dealer may no longer see: their names were seen before.
    products = {product.pk: product for product in named(Product.objects.filter(pk__in=detailed))}
    labels = labels_for(dealer, products.values())
    stock = stock_of(labels.values())
    pictures = pictures_of([products[pk] for pk in on_page.ids])
    attributes = variant_words([products[pk] for pk in on_page.ids])
    lists = PriceList.objects.names(line.list_code for line in checked.quote.lines)
    packings = units_of(detailed) if detailed else {}
    quoted = {line.product_id: line for line in checked.quote.lines if line.product_id in detailed}
    since = _since([quoted[pk] for pk in was if pk in detailed], checked.quote.at)

    def line_of(pk: int) -> CartLine:
        line = quoted[pk]
        return CartLine(
            label=labels[pk],
            picture=pictures.get(pk, ""),
            attributes=attributes.get(pk, ()),
            quantity=line.quantity,
            entered=(entered or {}).get(pk, ""),
            unit_price=line.unit_price,
            amount=line.amount,
            price_list=lists.get(line.list_code, line.list_code),
            tier=_tier(line),
            next_tier=line.next_tier,
            stock=stock[pk],
            problems=tuple(told.get(pk, ())),
            visible=pk in checked.products,
            was=was.get(pk),
            since=since.get(pk),
            entry=(entries or {}).get(pk),
            page=places[pk] // PAGE_SIZE + 1,
            steps=line.steps,
            full_amount=line.full_amount,
            promotion=promotions_shown((line.deal,), dealer.currency)[0] if line.deal else None,
            hint=hint_words(line.hint),
            surcharges=line_surcharges(line.surcharges, dealer.currency),
            choices=choices_of(labels[pk], packings.get(pk, ())),
        )

    lines = {pk: line_of(pk) for pk in detailed}
    return CartPage(
        lines=tuple(lines[pk] for pk in on_page.ids),
        quote=checked.quote,
        credit=credit_shown(dealer),
        amounts=amounts_of(dealer, checked.quote) if order else NO_AMOUNTS,
        shortfall=shortfall(dealer, checked.quote.net_total) if order else None,
        troubled=tuple(lines[pk] for pk in troubled),
        repriced=tuple(lines[pk] for pk in repriced),
        repriced_count=len(was),
        number=on_page.number,
        pages=on_page.pages,
        first=on_page.first,
        companions=together,
    )


def _companions(quoted: Quote, changed: Collection[int]) -> frozenset[int]:
    """The lines whose amount follows from others: those of the bundles that changed lines belong to."""
    bundles = {
        deal.pk for line in quoted.lines if line.product_id in changed for deal in line.deals if deal.kind == BUNDLE
    }
    return frozenset(line.product_id for line in quoted.lines if any(deal.pk in bundles for deal in line.deals))


def _shown_lines(order: list[int], page: int | None) -> _Shown:
    if page is None:
        return _Shown(order, 1, 1, 1)
    pages = max(-(-len(order) // PAGE_SIZE), 1)
    number = min(max(page, 1), pages)
    start = (number - 1) * PAGE_SIZE
    return _Shown(order[start : start + PAGE_SIZE], number, pages, start + 1)


def _tier(line: QuotedLine) -> Tier | None:
    """The tier that priced the line, when it is not the first."""
    reached = [tier for tier in line.tiers if tier.min_quantity <= line.quantity]
    return reached[-1] if len(reached) > 1 else None


def _was(line: QuotedLine, shown: Mapping[int, Decimal | None]) -> Decimal | None:
    before = shown.get(line.product_id)
    return before if before is not None and line.unit_price is not None and before != line.unit_price else None


def _since(lines: Sequence[QuotedLine], at: datetime) -> dict[int, date]:
    """Since when the prices of lines hold, by product, where the price says so. One statement."""
    rows = Price.objects.filter(
        valid_on(supplier_day(at)),
        product__in=[line.product_id for line in lines],
        price_list__code__in={line.list_code for line in lines},
        valid_from__isnull=False,
    ).values_list("product_id", "price_list__code", "min_quantity", "valid_from")
    known: dict[tuple[int, str], list[tuple[int, date]]] = {}
    for product_id, code, least, first in rows:
        if first is not None:
            known.setdefault((product_id, code), []).append((least, first))
    found = {}
    for line in lines:
        reached = [row for row in known.get((line.product_id, line.list_code), ()) if row[0] <= line.quantity]
        tier = max((tier.min_quantity for tier in line.tiers if tier.min_quantity <= line.quantity), default=1)
        days = [day for least, day in reached if least == tier]
        if days:
            found[line.product_id] = max(days)
    return found
