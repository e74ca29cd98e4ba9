"""A page of the catalogue: filtered, sorted and cut before anything about its products is read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import (
    CharField,
    DecimalField,
    F,
    OuterRef,
    QuerySet,
    Subquery,
    Value,
)
from django.db.models.functions import Coalesce, NullIf
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from oscar.core.loading import get_model

from dealers.accounts.models import Dealer
from portal.components.keyset import PK, Key, Page, moment, money, page_of, turned, whole
from portal.search.query import Found, find
from portal.shop.categories import within
from portal.shop.rows import named
from pricing.catalogue.models import reads_chinese
from pricing.quote import assortment, supplier_day, valid_on
from pricing.terms.models import Price

Product = get_model("catalogue", "Product")
Category = get_model("catalogue", "Category")
StockRecord = get_model("partner", "StockRecord")

PAGE_SIZE = 48
LONGEST_SEARCH = 200
UNPRICED = Decimal("999999999999.9999")

SORTS: dict[str, Any] = {
    "name": _("Name"),
    "sku": _("SKU"),
    "newest": _("Newest"),
    "price": _("My price"),
}


@dataclass(frozen=True)
class Wish:
    """What the reader asked for in the address; what makes no sense there is as if it were not said."""

    text: str
    in_stock: bool
    sort: str
    grid: bool
    exactly: bool = False

    @classmethod
    def read(cls, query: Mapping[str, Any], *, text: str = "") -> Wish:
        """The wish that stands in a query string."""
        sort = str(query.get("sort", ""))
        return cls(
            text=text,
            in_stock=query.get("stock") == "1",
            sort=sort if sort in SORTS else ("" if text else "name"),
            grid=query.get("view") == "grid",
            exactly=query.get("exactly") == "1",
        )


@dataclass(frozen=True)
class Listing:
    """One page of products, how many there are in all, and of a search what it found."""

    page: Page[Any]
    count: int
    found: Found | None = None

    @property
    def counted(self) -> bool:
        """Whether the count is exact; else there are more."""
        return self.found is None or not self.found.more


def search_text(query: Mapping[str, Any]) -> str:
    """What was typed into the search box."""
    return " ".join(str(query.get("q", "")).replace("\x00", " ").split())[:LONGEST_SEARCH]


def found_products(dealer: Dealer, wish: Wish, category: Any = None) -> QuerySet[Any]:
    """The dealer's products that fit all but the text, in no order."""
    products = assortment(dealer)
    if category is not None:
        products = within(products, category)
    if wish.in_stock:
        left = Coalesce(F("num_in_stock"), 0) - Coalesce(F("num_allocated"), 0)
        stocked = StockRecord.objects.annotate(left=left).filter(left__gt=0)
        products = products.filter(pk__in=stocked.values("product"))
    return products


def list_products(dealer: Dealer, wish: Wish, query: Mapping[str, Any], category: Any = None) -> Listing:
    """The page of products that the query names, in a constant number of statements."""
    products = found_products(dealer, wish, category)
    if not wish.text:
        count = products.order_by().count()
        ordered, keys = _ordered(named(products), dealer, wish)
        return Listing(page_of(ordered, keys, PAGE_SIZE, query), count)
    found = find(dealer, wish.text, within=products, exactly=wish.exactly)
    if wish.sort and found.ids:
        ordered, keys = _ordered(named(products.filter(found.condition)), dealer, wish)
    else:
        ordered, keys = _ranked(found)
    return Listing(page_of(ordered, keys, PAGE_SIZE, query), len(found.ids), found)


def suggested(dealer: Dealer, text: str, limit: int) -> list[Any]:
    """The first products that fit what is being typed, the exact code first."""
    ordered, keys = _ranked(find(dealer, text, limit=limit))
    return page_of(ordered, keys, limit, {}).rows


def _ranked(found: Found) -> tuple[QuerySet[Any], Sequence[Key]]:
    """What was found, best first."""
    products = named(Product.objects.filter(pk__in=found.ids))
    return products.annotate(search_rank=found.ranking), [Key("search_rank", whole), PK]


def _ordered(products: QuerySet[Any], dealer: Dealer, wish: Wish) -> tuple[QuerySet[Any], Sequence[Key]]:
    if wish.sort == "sku":
        return products, [Key("upc"), PK]
    if wish.sort == "newest":
        return products, turned(Key("date_created", moment), PK)
    if wish.sort == "price":
        return _with_my_price(products, dealer), [Key("my_price", money), PK]
    products = products.annotate(shown_name=_shown_name())
    return products, [Key("shown_name"), PK]


def _shown_name() -> Coalesce:
    names = [NullIf(F("title"), Value("")), F("parent__title"), Value("")]
    if reads_chinese():
        names = [NullIf(F("card__name_zh"), Value("")), NullIf(F("parent__card__name_zh"), Value("")), *names]
    return Coalesce(*names, output_field=CharField())


def _with_my_price(products: QuerySet[Any], dealer: Dealer) -> QuerySet[Any]:
    """Adds the price of the smallest order as `pricing.rules` chooses it. For sorting only: what is shown is quoted."""
    multiple, minimum = F("card__order_multiple"), F("card__minimum_quantity")
    smallest = Coalesce((minimum + multiple - 1) / multiple * multiple, 1)
    price = (
        Price.objects.filter(
            valid_on(supplier_day(timezone.now())),
            product=OuterRef("pk"),
            min_quantity__lte=OuterRef("smallest"),
            price_list__chain__dealer=dealer,
        )
        .order_by("price_list__chain__rank", "-min_quantity", F("valid_from").desc(nulls_last=True))
        .values("price")[:1]
    )
    my_price = Coalesce(Subquery(price), Value(UNPRICED), output_field=DecimalField(max_digits=16, decimal_places=4))
    return products.annotate(smallest=smallest).annotate(my_price=my_price)
