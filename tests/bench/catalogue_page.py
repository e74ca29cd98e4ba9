"""A page of the catalogue, 48 rows with the dealer's own prices out of 100,000 SKUs, by HTTP: in front and deep inside.

The floor is the same page with prices and stock as constants: through the same middleware, view and templates, with the
same 48 products read by their keys, but which products they are, their price lists, quotes and stock are given.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from decimal import Decimal
from typing import Any
from unittest.mock import patch

from django.conf import settings
from django.http import QueryDict
from django.test import Client
from django.urls import reverse
from oscar.core.loading import get_model

from dealers.accounts.models import User
from portal.components.keyset import PK, Key, cursor_at
from portal.shop import catalogue, listing, rows
from portal.shop.models import CatalogueEntry
from portal.shop.wish import Wish
from pricing.by_price import Place
from pricing.quote import quote
from tests.bench.company import HUGE, company, first_dealer
from tests.bench.copying import count
from tests.bench.harness import Bench, Case, Outcome, compare, forget_peak_memory, timed

Product = get_model("catalogue", "Product")

ROUNDS = 15
MOST_QUERIES = 24
TARGET, DEEP_TARGET = 2.0, 1.2
MIDDLE = 50_000


def run() -> Outcome:
    """GETs through every middleware; the filters' counts are kept from a moment ago, as they are for who leafs on."""
    company(HUGE, copied=False)
    client = Client()
    client.force_login(
        User.objects.get(memberships__dealer=first_dealer()), backend=settings.AUTHENTICATION_BACKENDS[0]
    )
    forget_peak_memory()
    outcome = Outcome()
    address = reverse("shop:catalogue")
    anew, _cpu = timed(lambda: _get(client, f"{address}?facets=1"))
    outcome.notes.append(
        f"100,000 SKUs, 500 lists, 2,000 dealers; with the filters and their counts made anew (the page comes before "
        f"them, they follow): {anew * 1000:,.0f} ms"
    )
    for name, place in {"by my price": _middle_price(), "by name": _middle_name()}.items():
        first = f"{address}?sort={name.split()[-1]}"
        pages = {"first": first, "deep": f"{first}&after={place}"}
        for depth, page in pages.items():
            outcome.cases.append(_against_constants(f"{name}, {depth}", client, page))
        case = compare(
            f"{name}, deep ÷ first", _getting(client, pages["deep"]), _getting(client, pages["first"]), rounds=ROUNDS
        )
        outcome.cases.append(case)
    for case in outcome.cases:
        if (case.queries or 0) > MOST_QUERIES:
            outcome.broken.append(f"{case.name}: {case.queries} queries, at most {MOST_QUERIES} are allowed")
    return outcome


def _against_constants(name: str, client: Client, page: str) -> Case:
    _get(client, page)
    known = _Known(QueryDict(page.partition("?")[2]))

    def floor() -> None:
        with known.in_place():
            _get(client, page)

    return compare(name, _getting(client, page), floor, rounds=ROUNDS, queries=count(_getting(client, page)))


class _Known:
    """What the floor is given: the page's products, and what dealer and stock say of them."""

    def __init__(self, query: QueryDict) -> None:
        dealer = first_dealer()
        asked = listing.Asked.of(dealer, Wish.read(query))
        found = listing.list_products(asked, query)
        self._keys = [product.pk for product in found.page.rows]
        self._page = found
        self._chain = asked.chain
        labels = rows.labels_for(dealer, found.page.rows)
        self._quote = quote(dealer, [(pk, label.smallest) for pk, label in labels.items()])
        self._stock = rows.stock_of(labels.values())

    @contextmanager
    def in_place(self) -> Iterator[None]:
        """Constants instead of questions."""
        with ExitStack() as stack:
            stack.enter_context(patch.object(listing, "chain_of", lambda *_: self._chain))
            stack.enter_context(patch.object(catalogue, "list_products", self._listing))
            stack.enter_context(patch.object(rows, "quote", lambda *_, **__: self._quote))
            stack.enter_context(patch.object(rows, "stock_of", lambda *_, **__: self._stock))
            yield

    def _listing(self, *_: Any, **__: Any) -> listing.Listing:
        products = rows.named(Product.objects.all()).in_bulk(self._keys)
        self._page.page.rows[:] = [products[pk] for pk in self._keys]
        return self._page


def _middle_price() -> str:
    amount = Decimal("500.0000")
    return cursor_at(Place(amount, amount, 1), listing.PLACE)


def _middle_name() -> str:
    entries = CatalogueEntry.objects.order_by("name_en", "product")
    entry = entries[MIDDLE]
    return cursor_at(entry, [Key("name_en"), PK])


def _getting(client: Client, page: str) -> Callable[[], None]:
    return lambda: _get(client, page)


def _get(client: Client, page: str) -> None:
    response = client.get(page)
    if response.status_code != 200 or response.content.count(b'data-copy="S-0') < listing.PAGE_SIZE:
        raise AssertionError(f"{page} answered {response.status_code} without {listing.PAGE_SIZE} products.")


BENCH = Bench(
    "catalogue_page",
    "A page of 48 products with dealer prices",
    {
        f"by {order}, {case}": limit
        for order in ("my price", "name")
        for case, limit in (("first", TARGET), ("deep", TARGET), ("deep ÷ first", DEEP_TARGET))
    },
    run,
)
