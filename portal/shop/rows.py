"""Products as a dealer sees them in a list: own price, stock, pack, last purchase. Each reading is one statement."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Protocol

from django.db.models import Min, Q, QuerySet
from django.urls import reverse
from oscar.core.loading import get_model

from dealers.accounts.models import Dealer
from fulfilment.ordering.models import DealerOrderLine
from fulfilment.ordering.states import ENDED_STATES
from fulfilment.stock.expected import Expected, expected_receipts
from fulfilment.stock.models import StockLevel
from fulfilment.stock.take import available
from portal.components.promotions import PromotionShown, promotions_shown
from portal.components.surcharges import SurchargeShown, line_surcharges
from portal.shop.packing import UnitShown, unit_lines, units_shown
from pricing.catalogue.models import ProductCard, Unit, reads_chinese
from pricing.catalogue.units import units_of
from pricing.money import round_money
from pricing.numbers.lookup import own_numbers
from pricing.quote import QuotedLine, quote
from pricing.rules import Margin, Tier, round_up_to_pack
from pricing.selling.packs import packs_for
from pricing.selling.rules import Pack

Product = get_model("catalogue", "Product")
ProductImage = get_model("catalogue", "ProductImage")
ProductAttributeValue = get_model("catalogue", "ProductAttributeValue")

#: Fewer than this many smallest orders left is told as "low".
LOW_STOCK_ORDERS = 5


@dataclass(frozen=True)
class Label:
    """What a product is called and how it is sold, in the reader's language. `maximum` is per order; None: any.
    `own_number` is what the dealer calls it."""

    pk: int
    sku: str
    name: str
    other_name: str
    url: str
    brand: str
    unit: str
    minimum: int
    multiple: int
    maximum: int | None = None
    unit_code: str = Unit.PIECE.value
    own_number: str = ""

    @property
    def pack(self) -> Pack:
        """In which quantities it can be ordered."""
        return Pack(self.minimum, self.multiple, self.maximum)

    @property
    def key(self) -> str:
        """The primary key as it stands in names and ids of HTML, never with grouped digits."""
        return str(self.pk)

    @property
    def smallest(self) -> int:
        """The smallest quantity that can be ordered."""
        return round_up_to_pack(1, minimum=self.minimum, multiple=self.multiple)


@dataclass(frozen=True)
class Bought:
    """The last time the dealer ordered a product; the price is per unit before tax."""

    at: datetime
    quantity: int
    unit_price: Decimal


@dataclass(frozen=True)
class TierShown:
    """A tier with what it saves against the first one, in whole percent."""

    min_quantity: int
    price: Decimal
    saves: int


@dataclass(frozen=True)
class Stock:
    """What can be ordered now. `as_of` is when the oldest of the locations was counted.

    `arrives` is the next receipt that is expected, told where little or nothing is left.
    """

    state: str
    available: int
    as_of: datetime | None
    arrives: Expected | None = None


@dataclass(frozen=True)
class ProductRow:
    """One product in a list. Prices are in the dealer's currency per unit before tax, at the smallest order.

    `rrp`, as printed, and `margin` only where the dealer is shown them.
    `promoted_price` is what a unit comes to with the promotion that holds at the smallest order. `surcharges` come on
    top of any of these prices.
    """

    label: Label
    picture: str
    attributes: tuple[tuple[str, str], ...]
    unit_price: Decimal | None
    tiers: tuple[TierShown, ...]
    next_tier: Tier | None
    stock: Stock
    bought: Bought | None
    in_cart: int
    units: tuple[UnitShown, ...] = ()
    rrp: Decimal | None = None
    margin: Margin | None = None
    promotions: tuple[PromotionShown, ...] = ()
    promoted_price: Decimal | None = None
    surcharges: tuple[SurchargeShown, ...] = ()

    @property
    def choices(self) -> tuple[UnitShown, ...]:
        """The packing units that a quantity can be given in, beside the sales unit."""
        return tuple(unit for unit in self.units if unit.choosable)


def named(products: QuerySet[Any]) -> QuerySet[Any]:
    """Products with what `label_of` reads."""
    return products.select_related("card", "parent__card")


def labels_for(dealer: Dealer, products: Iterable[Any]) -> dict[int, Label]:
    """What to call products and how they are sold to this dealer, by product. At most two statements."""
    listed = list(products)
    cards = {product.pk: (_card(product).minimum_quantity, _card(product).order_multiple) for product in listed}
    packs = packs_for(dealer, cards, cards=cards)
    numbers = own_numbers(dealer, cards)
    return {product.pk: label_of(product, packs[product.pk], numbers.get(product.pk, "")) for product in listed}


def label_of(product: Any, pack: Pack | None = None, own_number: str = "") -> Label:
    """What to call a product. A variant without words of its own has its model's.

    Without a `pack` (`labels_for` gives the dealer's) it is sold as its own card says.
    """
    own = _card(product)
    model = _card(product.parent) if product.parent_id else own
    english = product.get_title() or product.upc
    chinese = own.name_zh or model.name_zh
    name, other = (chinese or english, english) if reads_chinese() else (english, chinese)
    return Label(
        pk=product.pk,
        sku=product.upc or "",
        name=name,
        other_name=other if other != name else "",
        url=product_url(product),
        brand=own.brand or model.brand,
        unit=Unit.word(own.unit),
        unit_code=own.unit,
        minimum=pack.minimum if pack else own.minimum_quantity,
        multiple=pack.multiple if pack else own.order_multiple,
        maximum=pack.maximum if pack else None,
        own_number=own_number,
    )


def product_url(product: Any) -> str:
    """The product's page; empty for one without a SKU, which has none."""
    return reverse("shop:product", args=(product.slug or "-", product.upc)) if product.upc else ""


def _card(product: Any) -> ProductCard:
    return getattr(product, "card", None) or ProductCard()


def rows_for(dealer: Dealer, products: Sequence[Any], in_cart: Mapping[int, int]) -> list[ProductRow]:
    """Rows in the order of the products (as `named` gives them), in eleven statements at most for any number."""
    labels = labels_for(dealer, products)
    ids = list(labels)
    packings = units_of(ids)
    quoted = quote(dealer, [*((pk, label.smallest) for pk, label in labels.items()), *unit_lines(packings)]).lines
    units = units_shown(labels, packings, quoted[len(labels) :])
    pictures = pictures_of(products)
    attributes = variant_words(products)
    stock = stock_of(labels.values())
    bought = last_bought(dealer, ids)
    return [
        ProductRow(
            label=labels[line.product_id],
            picture=pictures.get(line.product_id, ""),
            attributes=attributes.get(line.product_id, ()),
            unit_price=line.unit_price,
            tiers=tiers_shown(line, line.quantity),
            next_tier=line.next_tier,
            stock=stock[line.product_id],
            bought=bought.get(line.product_id),
            in_cart=in_cart.get(line.product_id, 0),
            units=units.get(line.product_id, ()),
            rrp=line.rrp,
            margin=margin_shown(line, dealer.currency),
            promotions=promotions_shown(line.deals, dealer.currency),
            promoted_price=line.steps[-1].unit_price if line.deal else None,
            surcharges=line_surcharges(line.surcharges, dealer.currency),
        )
        for line in quoted[: len(labels)]
    ]


def margin_shown(line: QuotedLine, currency: str) -> Margin | None:
    """The margin of a line in whole cents: what the exact one is compared by has four decimals."""
    margin = line.margin
    return margin and margin._replace(amount=round_money(margin.amount, currency))


def tiers_shown(line: QuotedLine, smallest: int) -> tuple[TierShown, ...]:
    """The tiers that an order can reach, with what each saves against the first."""
    below = [tier for tier in line.tiers if tier.min_quantity <= smallest]
    reached = [*below[-1:], *(tier for tier in line.tiers if tier.min_quantity > smallest)]
    if not reached:
        return ()
    first = reached[0].price
    return tuple(
        TierShown(max(tier.min_quantity, smallest), tier.price, int((first - tier.price) * 100 / first))
        for tier in reached
    )


def pictures_of(products: Iterable[Any]) -> dict[int, str]:
    """The first picture's address by product; a variant without one shows its model's."""
    owners = {product.pk: product.parent_id for product in products}
    wanted = set(owners) | {parent for parent in owners.values() if parent}
    first: dict[int, str] = {}
    images = ProductImage.objects.filter(product__in=wanted).order_by("product_id", "display_order", "pk")
    for image in images.distinct("product_id"):
        first[image.product_id] = image.original.url
    return {pk: first.get(pk) or first.get(parent, "") for pk, parent in owners.items()}


def unsaid(attributes: Sequence[tuple[str, str]], name: str) -> tuple[tuple[str, str], ...]:
    """The attributes whose values are not in the name: many names say them, and long lists need not say them twice."""
    said = name.casefold()
    return tuple((attribute, value) for attribute, value in attributes if value.casefold() not in said)


@dataclass(frozen=True)
class _Value:
    product_id: int
    parent_id: int | None
    attribute_id: int
    name: str
    text: str
    stored: str


def attributes_of(products: Iterable[Any]) -> dict[int, tuple[tuple[str, str], ...]]:
    """`(name, value)` pairs by product, in the reader's language."""
    cards = {product.pk: _card(product) for product in products}
    found: dict[int, list[tuple[str, str]]] = {}
    for value in _values(Q(product__in=list(cards)), cards):
        found.setdefault(value.product_id, []).append((value.name, value.text))
    return {pk: tuple(pairs) for pk, pairs in found.items()}


def variant_words(products: Iterable[Any]) -> dict[int, tuple[tuple[str, str], ...]]:
    """What tells the variants of a model apart, by product: the attributes in which they differ. One statement."""
    variants = [product for product in products if product.parent_id]
    if not variants:
        return {}
    cards = {product.pk: _card(product) for product in variants}
    family = Q(product__parent__in={product.parent_id for product in variants}, product__is_public=True)
    known: dict[tuple[int | None, int], set[str]] = {}
    own: dict[int, list[_Value]] = {}
    for value in _values(family, cards):
        known.setdefault((value.parent_id, value.attribute_id), set()).add(value.stored)
        if value.product_id in cards:
            own.setdefault(value.product_id, []).append(value)
    return {
        pk: tuple((value.name, value.text) for value in found if len(known[value.parent_id, value.attribute_id]) > 1)
        for pk, found in own.items()
    }


def _values(wanted: Q, cards: Mapping[int, ProductCard]) -> Iterator[_Value]:
    """Attribute values in the reader's language, as plain columns: a long cart has thousands of them."""
    chinese = reads_chinese()
    found = ProductAttributeValue.objects.filter(wanted).order_by("attribute__name", "pk")
    for product_id, parent_id, attribute_id, code, name, name_zh, *kinds in found.values_list(
        "product_id",
        "product__parent_id",
        "attribute_id",
        "attribute__code",
        "attribute__name",
        "attribute__card__name_zh",
        "value_text",
        "value_option__option",
        "value_integer",
        "value_float",
        "value_date",
    ):
        text = stored = next((str(value) for value in kinds if value not in (None, "")), "")
        if chinese and product_id in cards:
            text = str(cards[product_id].attributes_zh.get(code, "") or text)
        if text:
            yield _Value(product_id, parent_id, attribute_id, (chinese and name_zh) or name, text, stored)


def stock_of(labels: Iterable[Label]) -> dict[int, Stock]:
    """Stock by product, in two statements, and one more for what arrives where something is low or out."""
    smallest = {label.pk: label.smallest for label in labels}
    left = available(list(smallest))
    levels = StockLevel.objects.filter(product__in=list(smallest)).values("product")
    counted = dict(levels.annotate(at=Min("as_of")).values_list("product", "at"))
    states = {pk: stock_state(left.get(pk, 0), least) for pk, least in smallest.items()}
    scarce = [pk for pk, state in states.items() if state != "in"]
    coming = expected_receipts(scarce) if scarce else {}
    return {
        pk: Stock(state, left.get(pk, 0), counted.get(pk), next(iter(coming.get(pk, ())), None))
        for pk, state in states.items()
    }


class Stocked(Protocol):
    """What tells its stock."""

    @property
    def stock(self) -> Stock:
        """The stock."""


def counted_at(rows: Sequence[Stocked]) -> datetime | None:
    """The minute at which the stock of all rows was counted, if it was one: then it is said once, not on each row."""
    moments = {row.stock.as_of.replace(second=0, microsecond=0) for row in rows if row.stock.as_of}
    return moments.pop() if len(moments) == 1 else None


def stock_state(left: int, smallest: int) -> str:
    """`out`, `low` or `in`."""
    if left < smallest:
        return "out"
    return "low" if left < smallest * LOW_STOCK_ORDERS else "in"


def last_bought(dealer: Dealer, ids: Sequence[int]) -> dict[int, Bought]:
    """The dealer's last order of each product, ended orders left out."""
    lines = (
        DealerOrderLine.objects.filter(order__dealer=dealer, line__product__in=list(ids))
        .exclude(order__state__in=ENDED_STATES)
        .order_by("line__product_id", "-order__placed_at", "-pk")
        .distinct("line__product_id")
        .values_list("line__product_id", "order__placed_at", "quantity", "unit_price")
    )
    return {pk: Bought(at, quantity, price) for pk, at, quantity, price in lines}
