"""The lines of one order as its page shows them: a page at a time, with a box to find one in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q, Sum

from dealers.accounts.models import Dealer
from fulfilment.ordering.models import DealerOrder, DealerOrderLine
from portal.components.keyset import Key, Page, page_of, whole
from portal.components.promotions import promotion_names
from portal.shop.orderlist import Progress
from portal.shop.rows import named, pictures_of, product_url, unsaid, variant_words
from pricing.quote import assortment

PAGE_SIZE = 100
IN_ORDER = (Key("position", whole),)
LONGEST_SEARCH = 100
FOUND_IN = ("sku", "own_number", "name", "name_zh", "note")


@dataclass(frozen=True)
class LineShown:
    """An order line as it was ordered, with a way to the product if the dealer may still buy it.

    `promotion` is the name of what its amount is after.
    """

    line: DealerOrderLine
    name: str
    promotion: str
    picture: str
    url: str
    attributes: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class LinesShown:
    """A page of an order's lines. `found` is how many fit what was looked for, `count` how many there are.

    `progress` is of all lines; `confirmed` says whether the supplier confirmed any.
    """

    rows: list[LineShown]
    page: Page[DealerOrderLine]
    text: str
    found: int
    count: int
    progress: Progress
    confirmed: bool

    @property
    def first(self) -> int:
        """The position of the first line shown."""
        return self.rows[0].line.position if self.rows else 0

    @property
    def last(self) -> int:
        """The position of the last line shown."""
        return self.rows[-1].line.position if self.rows else 0

    @property
    def searchable(self) -> bool:
        """Whether the order is so long that one looks for lines."""
        return self.count > PAGE_SIZE


def lines_shown(dealer: Dealer, order: DealerOrder, query: Mapping[str, Any]) -> LinesShown:
    """The page of lines that the query names; `find` looks in SKU, own number, name and note.

    At most eight statements for any number of lines.
    """
    every = DealerOrderLine.objects.filter(order=order)
    sums = every.aggregate(
        count=Count("pk"),
        ordered=Sum("quantity"),
        shipped=Sum("shipped_quantity"),
        confirmed=Count("confirmed_quantity"),
    )
    text = str(query.get("find", "")).replace("\x00", "").strip()[:LONGEST_SEARCH]
    fitting = every
    for word in text.split()[:8]:
        fitting = fitting.filter(_anywhere(word))
    page = page_of(fitting.select_related("line"), IN_ORDER, PAGE_SIZE, query)
    return LinesShown(
        rows=_rows(dealer, page.rows),
        page=page,
        text=text,
        found=fitting.count() if text else sums["count"],
        count=sums["count"],
        progress=Progress(sums["ordered"] or 0, sums["shipped"] or 0),
        confirmed=bool(sums["confirmed"]),
    )


def _anywhere(word: str) -> Q:
    found = Q()
    for column in FOUND_IN:
        found |= Q(**{f"{column}__icontains": word})
    return found


def _rows(dealer: Dealer, lines: Iterable[DealerOrderLine]) -> list[LineShown]:
    listed = list(lines)
    ids = [line.line.product_id for line in listed if line.line.product_id]
    products = {product.pk: product for product in named(assortment(dealer, among=ids))}
    pictures = pictures_of(products.values())
    attributes = variant_words(products.values())
    names = promotion_names(line.promotion_code for line in listed)
    rows = []
    for line in listed:
        product_id = line.line.product_id
        product = products.get(product_id)
        rows.append(
            LineShown(
                line=line,
                name=line.display_name,
                promotion=names.get(line.promotion_code, line.promotion_code),
                picture=pictures.get(product_id, ""),
                url=product_url(product) if product else "",
                attributes=unsaid(attributes.get(product_id or 0, ()), line.display_name),
            )
        )
    return rows
