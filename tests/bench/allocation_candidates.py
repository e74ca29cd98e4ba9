"""Finding the outlets to look at for an order among ten thousand: territory codes by B-tree, core `point` by KNN.

The floor is the same SQL through psycopg2, fetched and not looked at. What comes on top is turning an order into what
is asked, and taking the nearest on the globe out of what the index gave by degrees. That they are the nearest is
checked against every eligible outlet, by haversine.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import F

from fulfilment.allocation import situation
from fulfilment.allocation.candidates import Asked, outlets_for, territories_at
from fulfilment.allocation.facts import Order, Place
from fulfilment.allocation.models import OutletService, ProtectedTerritory
from fulfilment.consumer.models import ConsumerOrder
from fulfilment.stock.models import OutletStock
from pricing.catalogue.models import ProductCard
from pricing.quote import supplier_day
from tests.bench.copying import bare_cursor, statements
from tests.bench.harness import Bench, Case, Outcome, compare, forget_peak_memory
from tests.bench.network import CURRENCY, LARGE, network

ORDERS, NEAREST = 60, 20
CASE = "20 nearest eligible of 10,000"


def run() -> Outcome:
    """The search of so many orders of one line, one after the other."""
    network(LARGE, copied=False)
    orders = _orders()
    products = dict(ProductCard.objects.values_list("product__upc", "product_id"))
    forget_peak_memory()

    def search() -> list[list[int]]:
        return [_search(order, products) for order in orders]

    with statements() as sent:
        found = search()
    cursor = bare_cursor()

    def bare() -> None:
        for sql, params in sent:
            cursor.execute(sql, params)
            cursor.fetchall()

    case = compare(CASE, search, bare, rounds=15, queries=len(sent) // len(orders))
    each = [_of_one(case, len(orders))]
    outcome = Outcome(each, ["times are of one order; 100 SKUs of 1,000 at each outlet"])
    for order, outlets in zip(orders[:10], found[:10], strict=True):
        missing = _nearest(order, products) - set(outlets)
        if missing:
            outcome.broken.append(f"{order.number}: {len(missing)} of the {NEAREST} nearest were not found")
    return outcome


def _of_one(case: Case, orders: int) -> Case:
    floor = None if case.floor_ms is None else case.floor_ms / orders
    return Case(case.name, case.ratio, case.contestant_ms / orders, floor, case.cpu_seconds / orders, case.queries)


def _orders() -> list[Order]:
    now = situation.clock()
    terms = situation.terms_now(now)
    rows = ConsumerOrder.objects.filter(line_count=1).select_related("channel").order_by("pk")[:ORDERS]
    return [situation.order_facts(row, list(row.lines.all()), terms, declined=frozenset()) for row in rows]


def _search(order: Order, products: dict[str, int]) -> list[int]:
    (ids,) = territories_at([order])
    owners = frozenset(ProtectedTerritory.objects.filter(pk__in=ids).values_list("dealer", flat=True) if ids else ())
    asked = Asked([order], products, CURRENCY, order.placed_at, supplier_day(order.placed_at), owners=[owners])
    return outlets_for(asked)[0]


def _nearest(order: Order, products: dict[str, int]) -> set[int]:
    """The nearest that can take the line, out of every outlet."""
    (line,), place = order.lines, order.place
    assert place is not None
    able = OutletStock.objects.filter(product=products[line.sku], on_hand__gte=line.quantity)  # nothing is held yet
    rows: Sequence[Any] = list(
        OutletService.objects.filter(outlet__in=able.values("outlet"))
        .annotate(latitude=F("outlet__latitude"), longitude=F("outlet__longitude"))
        .values_list("pk", "latitude", "longitude")
    )
    away = {pk: place.metres_to(Place(float(latitude), float(longitude))) for pk, latitude, longitude in rows}
    return set(sorted(away, key=lambda pk: (away[pk], pk))[:NEAREST])


BENCH = Bench("allocation_candidates", "Find the outlets to look at for an order", {CASE: 1.5}, run)
