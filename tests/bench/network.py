"""A supplier with ten thousand dealers who take consumer orders, and a stream of orders, the same every time.

Every dealer has one outlet near one of the population centres, with a hundred SKUs of a thousand on its shelf: a
million rows of stock. Demand by SKU falls by Zipf's law; an order has one to three lines. Dealers buy at 60, 66 or
72 % of the list price, and the supplier sells online at 85 to 100 % of it. One district in five is somebody's
territory. It is written by COPY.
"""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.db import connection
from django.utils import timezone
from oscar.core.loading import get_model

from dealers.accounts.models import Dealer, Outlet, Supplier
from fulfilment.allocation.models import (
    ConsumerContract,
    ConsumerTerms,
    DealerScore,
    OnlineTerms,
    OutletService,
    ProtectedMargin,
    ProtectedTerritory,
    RuleSet,
    SourcingRule,
)
from fulfilment.consumer.models import Channel, ConsumerOrder, ConsumerOrderLine
from fulfilment.stock.models import OutletStock
from pricing.catalogue.models import ProductCard
from pricing.terms.models import DealerPriceList, Price, PriceList
from tests.bench.copying import copy_rows, copy_text, without_indexes
from tests.bench.machine import built_database

Category = get_model("catalogue", "Category")
Product = get_model("catalogue", "Product")
ProductCategory = get_model("catalogue", "ProductCategory")
ProductClass = get_model("catalogue", "ProductClass")

SEED = 20261111
CENTRES, DISTRICTS = 24, 12
SPREAD = 0.6
CATEGORIES = 20
#: The dealers' prices, in percent of the list price: each dealer has one of these lists.
BUYING = (72, 66, 60)
CURRENCY = "CNY"
SOURCES = [Path(__file__), Path(__file__).with_name("copying.py")]


@dataclass(frozen=True)
class Size:
    """How large the network is. `each` is how many SKUs an outlet keeps."""

    kind: str
    dealers: int
    skus: int
    each: int
    orders: int


LARGE = Size("network", dealers=10_000, skus=1_000, each=100, orders=4_000)


@dataclass(frozen=True)
class Spot:
    """A place of the made-up country."""

    latitude: Decimal
    longitude: Decimal
    area: str


def network(size: Size, *, copied: bool = True) -> str:
    """The network's database, used from now on; its name."""
    return built_database(size.kind, SOURCES, lambda: build(size), copied=copied)


def build(size: Size) -> None:
    """Fill the empty database."""
    chance = random.Random(SEED)
    Supplier.objects.create(pk=1, name="Benchmark Supplies", name_zh="基准用品")
    lists = [round(chance.lognormvariate(5.8, 0.6)) * 100 for _ in range(size.skus)]
    _catalogue(size, chance, lists)
    _terms(size, chance)
    spots = _Spots(chance)
    _dealers(size, chance, spots)
    _prices(size, lists)
    _stock(size, chance)
    _territories(size, chance)
    _orders(size, chance, spots, lists)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


class _Spots:
    """Places around population centres, with the code of their district."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.centres = [(chance.uniform(22, 42), chance.uniform(102, 122)) for _ in range(CENTRES)]
        self.people = [1 / (rank + 1) ** 0.8 for rank in range(CENTRES)]

    def one(self) -> Spot:
        """Somewhere."""
        (centre,) = self.chance.choices(range(CENTRES), self.people)
        latitude, longitude = self.centres[centre]
        district = self.chance.randrange(DISTRICTS)
        return Spot(
            _degrees(self.chance.gauss(latitude, SPREAD)),
            _degrees(self.chance.gauss(longitude, SPREAD)),
            f"{centre + 11:02}01{district + 10:02}",
        )


def _degrees(value: float) -> Decimal:
    return Decimal(f"{value:.6f}")


def _catalogue(size: Size, chance: random.Random, lists: list[int]) -> None:
    goods = ProductClass.objects.create(name="Goods", slug="goods")
    categories = [Category.add_root(name=f"Group {number}").pk for number in range(CATEGORIES)]
    numbers = range(1, size.skus + 1)
    copy_rows(Product, (_product(number, goods.pk) for number in numbers))
    copy_rows(ProductCard, ({"product_id": number, "brand": f"Brand {number % 30}"} for number in numbers))
    copy_rows(ProductCategory, ({"product_id": number, "category_id": chance.choice(categories)} for number in numbers))
    copy_rows(
        OnlineTerms,
        (
            {"product_id": number, "currency": CURRENCY, "supplier_cost": Decimal(price * 45 // 100) / 100}
            for number, price in enumerate(lists, start=1)
        ),
    )
    ProtectedMargin.objects.create(share=Decimal(12))
    ProtectedMargin.objects.create(share=Decimal(15), category_id=categories[0])


def _product(number: int, class_id: int) -> dict[str, Any]:
    sku = f"S{number:05}"
    words = {"upc": sku, "title": f"Product {number}", "slug": sku.lower(), "structure": "standalone"}
    return {"id": number, "parent_id": None, "product_class_id": class_id, **words}


def _terms(size: Size, chance: random.Random) -> None:
    Channel.objects.create(pk=1, code="shop", name="Shop", kind="api", currency=CURRENCY)
    ConsumerTerms.objects.create(
        valid_from=dt.datetime(2026, 1, 1, tzinfo=dt.UTC),
        goods_tax=Decimal(13),
        freight_tax=Decimal(9),
        service_tax=Decimal(6),
        top_up_tax=Decimal(13),
        payment_fee=Decimal("0.6"),
        guide=Decimal(2),
        override=Decimal(3),
        top_up_share=Decimal(10),
        decide_within_hours=1_000_000,  # the kept database is used for months
    )
    rule_set = RuleSet.objects.create(name="Rules", state="live", live_from=timezone.now())
    SourcingRule.objects.create(
        rule_set=rule_set, position=1, name="Nearest", ask_cost=Decimal("0.50"), on_exhausted="backlog"
    )


def _dealers(size: Size, chance: random.Random, spots: _Spots) -> None:
    numbers = range(1, size.dealers + 1)
    places = [spots.one() for _ in numbers]
    copy_rows(
        Dealer,
        (
            {
                "id": number,
                "number": f"D{number:05}",
                "name": f"Dealer {number}",
                "currency": CURRENCY,
                "tax_percent": 13,
            }
            for number in numbers
        ),
    )
    copy_rows(
        Outlet,
        (
            {
                "id": number,
                "dealer_id": number,
                "code": "MAIN",
                "name": f"Shop {number}",
                "country": "CN",
                "latitude": spot.latitude,
                "longitude": spot.longitude,
            }
            for number, spot in zip(numbers, places, strict=True)
        ),
    )
    share = Decimal(100) / size.dealers
    copy_rows(
        ConsumerContract,
        (
            {"dealer_id": number, "tier": number % 3, "entitlement": share.quantize(Decimal("0.0001"))}
            for number in numbers
        ),
    )
    copy_rows(
        OutletService,
        (
            {
                "outlet_id": number,
                "area_code": spot.area,
                "freight_fixed": Decimal("8.00"),
                "freight_per_100_km": Decimal("1.50"),
                "time_zone": "Asia/Shanghai",
                "week": [[[540, 1080]] for _day in range(7)],
                "daily_capacity": 200,
            }
            for number, spot in zip(numbers, places, strict=True)
        ),
    )
    copy_rows(
        DealerScore,
        (
            {"dealer_id": number, "acceptance": chance.randint(600_000, 950_000), "units": chance.randint(0, 40)}
            for number in numbers
        ),
    )


def _prices(size: Size, lists: list[int]) -> None:
    copy_rows(
        PriceList,
        ({"id": pk, "code": f"L{pk}", "name": f"List {pk}", "currency": CURRENCY} for pk in range(1, len(BUYING) + 1)),
    )
    copy_rows(
        DealerPriceList,
        (
            {"dealer_id": number, "price_list_id": number % len(BUYING) + 1, "priority": 1}
            for number in range(1, size.dealers + 1)
        ),
    )
    copy_rows(
        Price,
        (
            {
                "price_list_id": pk,
                "product_id": number,
                "price": (Decimal(price * percent) / 11_300).quantize(Decimal("0.0001")),
            }
            for pk, percent in enumerate(BUYING, start=1)
            for number, price in enumerate(lists, start=1)
        ),
    )


def _stock(size: Size, chance: random.Random) -> None:
    def text() -> Iterator[str]:
        for outlet in range(1, size.dealers + 1):
            kept = sorted(chance.sample(range(1, size.skus + 1), size.each))
            yield "".join(f"{outlet}\t{sku}\t{chance.randint(1, 20)}\t2026-11-11T00:00:00Z\n" for sku in kept)

    with without_indexes(OutletStock):
        copy_text(OutletStock, ("outlet_id", "product_id", "on_hand", "feed_as_of"), text())


def _territories(size: Size, chance: random.Random) -> None:
    areas = [f"{centre + 11:02}01{district + 10:02}" for centre in range(CENTRES) for district in range(DISTRICTS)]
    copy_rows(
        ProtectedTerritory,
        (
            {
                "dealer_id": chance.randint(1, size.dealers),
                "protection": chance.choice(("exclusive", "primary", "primary")),
                "area_code": area,
            }
            for area in chance.sample(areas, len(areas) // 5)
        ),
    )


def _orders(size: Size, chance: random.Random, spots: _Spots, lists: list[int]) -> None:
    demand = [1 / (rank + 1) for rank in range(size.skus)]
    skus = list(range(1, size.skus + 1))
    chance.shuffle(skus)
    orders, lines = [], []
    for number in range(1, size.orders + 1):
        wanted = dict.fromkeys(chance.choices(skus, demand, k=chance.choice((1, 1, 1, 2, 2, 3))))
        mine = [_line(number, place, sku, lists[sku - 1], chance) for place, sku in enumerate(wanted, start=1)]
        orders.append(_order(number, spots.one(), mine))
        lines += mine
    copy_rows(ConsumerOrder, orders)
    copy_rows(ConsumerOrderLine, lines)


def _line(order: int, place: int, sku: int, price: int, chance: random.Random) -> dict[str, Any]:
    quantity = 2 if chance.random() < 0.05 else 1
    paid = Decimal(price * chance.randint(85, 100) // 100 * quantity) / 100
    product = {"product_id": sku, "sku": f"S{sku:05}", "name": f"Product {sku}"}
    return {"order_id": order, "position": place, "quantity": quantity, "gross": paid, "paid": paid, **product}


def _order(number: int, spot: Spot, lines: list[dict[str, Any]]) -> dict[str, Any]:
    goods = sum((line["paid"] for line in lines), Decimal("0.00"))
    freight = Decimal("0.00") if goods >= 300 else Decimal("12.00")
    return {
        "id": number,
        "channel_id": 1,
        "external_number": f"W{number:06}",
        "intake_hash": "",
        "intake_state": "ready",
        "body_hash": "",
        "state": "ready",
        "source": "api",
        "currency": CURRENCY,
        "placed_at": dt.datetime(2026, 11, 11, tzinfo=dt.UTC),
        "goods_total": goods,
        "freight": freight,
        "total": goods + freight,
        "line_count": len(lines),
        "country": "CN",
        "area_code": spot.area,
        "latitude": spot.latitude,
        "longitude": spot.longitude,
        "place_source": "channel",
    }
