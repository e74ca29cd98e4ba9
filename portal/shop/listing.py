"""A page of the catalogue: filtered, sorted and cut before anything about its products is read.

Few products are resolved all at once; of many, an index is walked from where the page starts until it is full. So a
page costs about the same in a small catalogue and in a large one, in front and at the end.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db.models import BooleanField, Exists, F, OuterRef, Q, QuerySet, Value
from django.db.models.expressions import RawSQL
from django.db.models.functions import Coalesce
from django.utils import timezone
from oscar.core.loading import get_model

from dealers.accounts.models import Dealer
from fulfilment.ordering.models import DealerOrderLine
from fulfilment.ordering.states import ENDED_STATES
from portal.components.keyset import PK, Edge, Key, Page, cut, edge_of, moment, money, page_of, turned, whole
from portal.search.query import Found, find
from portal.shop.categories import within
from portal.shop.rows import named
from portal.shop.wish import Wish
from pricing.by_price import Chain, Place, chain_of, in_price_order, resolved, unpriced
from pricing.catalogue.models import reads_chinese
from pricing.promotions.apply import promoted
from pricing.quote import quote, sellable, supplier_day, valid_on
from pricing.selling.packs import packs_for
from pricing.terms.models import Price

Product = get_model("catalogue", "Product")
ProductAttributeValue = get_model("catalogue", "ProductAttributeValue")
StockRecord = get_model("partner", "StockRecord")

PAGE_SIZE = 48
#: Up to so many products everything is worked out for each; beyond, one in a hundred of a large catalogue is a hit.
FEW = 1_000
#: From so many products on not each of them is asked for its price, if few might have one that is wanted.
SCATTERED = 10_000
#: From so many products within a range of prices on, a page's are soon met in any other order.
DENSE = 300
#: Where products stand that have no price at the smallest order: behind all others.
UNPRICED = Decimal("999999999999.9999")
PLACE = (Key("net", money), Key("stored", money), Key("product_id", whole))


@dataclass(frozen=True)
class Listing:
    """One page of products.

    `count` is how many there are in all where that is known by now; None: there are many. `corrected` is what was
    searched instead of what was typed. `cut_off` says that only the best matches are listed.
    """

    page: Page[Any]
    count: int | None
    corrected: str = ""
    cut_off: bool = False


@dataclass(frozen=True)
class Asked:
    """A dealer's wish within a category, with the lists that price it."""

    dealer: Dealer
    wish: Wish
    chain: Chain
    category: Any = None
    found: Found | None = None

    @classmethod
    def of(cls, dealer: Dealer, wish: Wish, category: Any = None) -> Asked:
        """With the dealer's lists as they are now. One statement."""
        return cls(dealer, wish, chain_of(dealer, supplier_day(timezone.now())), category)

    @property
    def products(self) -> QuerySet[Any]:
        """The dealer's products that fit, but for the price that is asked for; in no order."""
        return self.priced(self.unpriced)

    @property
    def unpriced(self) -> QuerySet[Any]:
        """As `products`, for who reads the prices himself and so need not ask whether there are any."""
        products = self.basis
        for condition in filters(self.dealer, self.wish).values():
            products = products.filter(condition)
        return within(products, self.category) if self.category is not None else products

    @property
    def basis(self) -> QuerySet[Any]:
        """What the dealer may see of what was searched for."""
        products = sellable(self.dealer)
        return products.filter(self.found.condition) if self.found else products

    def searched(self, within: QuerySet[Any], limit: int) -> Asked:
        """With what the words find among these products; the same when there are none."""
        if not self.wish.text:
            return self
        wish = self.wish
        return replace(self, found=find(self.dealer, wish.text, within=within, limit=limit, exactly=wish.exactly))

    def priced(self, products: QuerySet[Any]) -> QuerySet[Any]:
        """Those that a list of the dealer prices: together with `sellable` this is the assortment."""
        rows = Price.objects.filter(valid_on(self.chain.day), price_list__in=self.chain.lists)
        return products.filter(pk__in=rows.values("product"))


def filters(dealer: Dealer, wish: Wish) -> dict[str, Any]:
    """The conditions of a wish on products, by facet; not its words, category and price."""
    found: dict[str, Any] = {}
    if wish.brands:
        found["brand"] = Q(catalogue_entry__brand__in=wish.brands)
    for code, values in wish.attributes.items():
        found[f"a.{code}"] = has_attribute(code, values)
    if wish.in_stock:
        left = Coalesce(F("num_in_stock"), 0) - Coalesce(F("num_allocated"), 0)
        found["stock"] = Exists(
            StockRecord.objects.filter(product=OuterRef("pk")).annotate(left=left).filter(left__gt=0)
        )
    if wish.new:
        found["new"] = Q(catalogue_entry__created_at__gte=new_since())
    if wish.bought:
        lines = DealerOrderLine.objects.filter(order__dealer=dealer).exclude(order__state__in=ENDED_STATES)
        found["bought"] = Q(pk__in=lines.values("line__product"))
    if wish.promoted:
        found["promo"] = promoted(dealer, supplier_day(timezone.now()))
    return found


def new_since() -> datetime:
    """The moment since which products are new."""
    return timezone.now() - timedelta(days=settings.CATALOGUE_NEW_DAYS)


def has_attribute(code: str, values: Sequence[str]) -> Exists:
    """That a product, or its model, has one of the values."""
    numbers = [int(value) for value in values if value.isascii() and value.isdigit() and len(value) < 10]
    held = ProductAttributeValue.objects.filter(
        Q(value_text__in=values) | Q(value_option__option__in=values) | Q(value_integer__in=numbers),
        Q(product=OuterRef("pk")) | Q(product=OuterRef("parent_id")),
        attribute__code=code,
    )
    return Exists(held)


def list_products(asked: Asked, query: Mapping[str, Any], *, many: bool = False) -> Listing:
    """The page of products that the query names. A constant number of statements.

    `many` says that there were more than `FEW` a moment ago: it spares the question, and only time is lost if it is
    not so any more.
    """
    asked = asked.searched(asked.products, FEW)
    few: list[int] = []
    if asked.found:
        few, many = list(asked.found.ids), asked.found.more
    elif not many:
        few = list(asked.products.order_by().values_list("pk", flat=True)[: FEW + 1])
        many = len(few) > FEW
    listing = _of_many(asked, few, query) if many else _of_few(asked, few, query)
    return replace(listing, corrected=asked.found.corrected if asked.found else "")


def _of_few(asked: Asked, ids: Sequence[int], query: Mapping[str, Any]) -> Listing:
    wish = asked.wish
    places = _places(asked, ids) if wish.sort == "price" or wish.by_price else []
    if wish.sort == "price":
        edge = edge_of(PLACE, query)
        beyond = _beyond(places, edge)
        return Listing(_loaded(cut(beyond[: PAGE_SIZE + 1], PLACE, PAGE_SIZE, edge, query)), len(places))
    if wish.by_price:
        fitting = {place.product_id for place in places}
        ids = [pk for pk in ids if pk in fitting]
    products = Product.objects.filter(pk__in=ids)
    return Listing(page_of(*_ordered(products, asked), PAGE_SIZE, query), len(ids))


def _of_many(asked: Asked, first: Sequence[int], query: Mapping[str, Any]) -> Listing:
    """`first` are the best matches of a search."""
    wish = asked.wish
    if wish.sort == "price":
        return Listing(_page_by_price(asked, query), None)
    if not wish.sort:
        return replace(_of_few(asked, first, query), count=None, cut_off=True)
    if not wish.by_price:
        return Listing(page_of(*_ordered(asked.products, asked, walked=True), PAGE_SIZE, query), None)
    scattered = asked.unpriced.order_by()[:SCATTERED].count() == SCATTERED
    fitting = _first_within_price(asked) if scattered else None
    if fitting is not None:
        return Listing(page_of(*_ordered(Product.objects.filter(pk__in=fitting), asked), PAGE_SIZE, query), None)
    products = asked.unpriced.filter(_within_price(asked))
    return Listing(page_of(*_ordered(products, asked, walked=True), PAGE_SIZE, query), None)


def _first_within_price(asked: Asked) -> list[int] | None:
    """All products with a price that is asked for; None when there are so many that a page's are soon met anyhow."""
    wish = asked.wish
    cheapest = in_price_order(asked.chain, asked.unpriced, DENSE, lowest=wish.lowest, highest=wish.highest)
    return [place.product_id for place in cheapest] if len(cheapest) < DENSE else None


def _within_price(asked: Asked) -> RawSQL:
    """That a product's own price is one that is asked for, worked out product by product, which OFFSET sees to."""
    prices = resolved(asked.chain, lowest=asked.wish.lowest, highest=asked.wish.highest)
    sql = f'EXISTS (SELECT FROM ({prices.sql}) r WHERE r.product_id = "catalogue_product"."id" OFFSET 0)'
    return RawSQL(sql, prices.params, output_field=BooleanField())  # noqa: S611  # values are bound


def suggested(dealer: Dealer, text: str, limit: int) -> list[Any]:
    """The first products that fit what is being typed, the exact SKU first."""
    found = find(dealer, text, limit=limit)
    products = named(Product.objects.all()).in_bulk(found.ids)
    return [products[pk] for pk in found.ids if pk in products]


def _ordered(products: QuerySet[Any], asked: Asked, *, walked: bool = False) -> tuple[QuerySet[Any], Sequence[Key]]:
    """With the keys of the order; `walked` so that their index can be walked, which needs an entry for each product."""
    wish, products = asked.wish, named(products)
    if walked:
        products = products.filter(catalogue_entry__isnull=False)
    if wish.sort == "sku":
        return products, [Key("upc"), PK]
    if wish.sort == "newest":
        since: Any = F("catalogue_entry__created_at")
        since = since if walked else Coalesce(since, F("date_created"))
        return products.annotate(since=since), turned(Key("since", moment), PK)
    name: Any = F("catalogue_entry__name_zh" if reads_chinese() else "catalogue_entry__name_en")
    products = products.annotate(shown_name=name if walked else Coalesce(name, Value("")))
    if asked.found and not wish.sort:
        return products.annotate(search_rank=asked.found.ranking), [Key("search_rank", whole)]
    return products, [Key("shown_name"), PK]


def _page_by_price(asked: Asked, query: Mapping[str, Any]) -> Page[Any]:
    edge = edge_of(PLACE, query)
    size = PAGE_SIZE + 1
    start = Place(*edge.values) if edge.values else None
    behind = start is not None and start.net >= UNPRICED
    found: list[Place] = []
    if edge.backwards and behind:
        found = _unpriced(asked, start, size, backwards=True)
        start = None
    if edge.backwards or not behind:
        found += in_price_order(
            asked.chain,
            asked.unpriced,
            size - len(found),
            edge=start,
            backwards=edge.backwards,
            lowest=asked.wish.lowest,
            highest=asked.wish.highest,
        )
    if not edge.backwards and len(found) < size and not asked.wish.by_price:
        found += _unpriced(asked, start if behind else None, size - len(found), backwards=False)
    return _loaded(cut(found, PLACE, PAGE_SIZE, edge, query))


def _unpriced(asked: Asked, edge: Place | None, size: int, *, backwards: bool) -> list[Place]:
    rest = unpriced(asked.chain, asked.products)
    if edge is not None:
        rest = rest.filter(**{"pk__lt" if backwards else "pk__gt": edge.product_id})
    keys = rest.order_by("-pk" if backwards else "pk").values_list("pk", flat=True)[:size]
    return [Place(UNPRICED, UNPRICED, pk) for pk in keys]


def _places(asked: Asked, ids: Sequence[int]) -> list[Place]:
    """The products in the order of the dealer's prices, as far as they lie within the wish."""
    wish = asked.wish
    packs = packs_for(asked.dealer, ids)
    quoted = quote(asked.dealer, [(pk, packs[pk].minimum) for pk in ids])
    places = []
    for line in quoted.lines:
        price = line.unit_price
        if wish.lowest is not None and (price is None or price < wish.lowest):
            continue
        if wish.highest is not None and (price is None or price > wish.highest):
            continue
        amount = UNPRICED if price is None else price
        places.append(Place(amount, amount, line.product_id))
    return places


def _beyond(places: list[Place], edge: Edge) -> list[Place]:
    places = sorted(places, reverse=edge.backwards)
    if edge.values is None:
        return places
    start = Place(*edge.values)
    return [place for place in places if (place < start if edge.backwards else place > start)]


def _loaded(page: Page[Place]) -> Page[Any]:
    products = named(Product.objects.all()).in_bulk([place.product_id for place in page.rows])
    return replace(page, rows=[products[place.product_id] for place in page.rows if place.product_id in products])
