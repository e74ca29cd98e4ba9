"""Who buys online and what: from a folder in AdventureWorks' shape, or from what is in the portal."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.db.models import Count
from oscar.core.loading import get_model

from dealers.accounts.models import Dealer, Outlet
from fulfilment.allocation.models import OutletService
from fulfilment.consumer.data import AddressData, ContactData
from fulfilment.consumer.models import Place
from fulfilment.stock.models import OutletStock
from portal.demo.shoppers import Counter, Good, Home
from pricing.catalogue.models import ProductCard

Product = get_model("catalogue", "Product")

FOLDER_CURRENCY = "USD"
FILES = ("consumers.csv", "products.csv")
#: People live this near to an outlet, in degrees.
AROUND = Decimal("0.25")


class NobodyBuys(Exception):
    """There is nothing to buy or nobody to buy it; the message says what is missing."""


def goods_of_folder(folder: Path) -> list[Good]:
    """What `products.csv` has for sale and the portal knows, at its list price. Raises `NobodyBuys`."""
    rows = list(_rows(folder, "products.csv"))
    known = set(Product.objects.exclude(structure=Product.PARENT).values_list("upc", flat=True))
    for_sale = [row for row in rows if Decimal(row["list_price"] or 0) > 0 and not row["sell_end_date"]]
    found = [
        Good(row["product_number"], round(Decimal(row["list_price"]), 2))
        for row in for_sale
        if row["product_number"] in known
    ]
    if not found:
        raise NobodyBuys(f"The portal has no product of {folder / 'products.csv'}; import the folder first.")
    return found


def homes_of_folder(folder: Path) -> list[Home]:
    """The consumers of `consumers.csv` who have coordinates. Raises `NobodyBuys`."""
    found = [_home(row) for row in _rows(folder, "consumers.csv") if row["latitude"] and row["longitude"]]
    if not found:
        raise NobodyBuys(f"{folder / 'consumers.csv'} has no consumer with coordinates.")
    return found


def goods_of_portal(currency: str) -> list[Good]:
    """What outlets whose dealers buy in a currency have counted, at the recommended retail price."""
    counted = OutletStock.objects.filter(outlet__in=list(_outlets(currency))).values("product")
    cards = ProductCard.objects.filter(recommended_retail_price__gt=0, product__in=counted)
    found = cards.order_by("product__upc").values_list("product__upc", "recommended_retail_price")
    return [Good(sku, price) for sku, price in found if sku and price]


def goods_for_sale() -> list[Good]:
    """Everything with a recommended retail price, at that price."""
    cards = ProductCard.objects.filter(recommended_retail_price__gt=0, discontinued_on__isnull=True)
    found = cards.order_by("product__upc").values_list("product__upc", "recommended_retail_price")
    return [Good(sku, price) for sku, price in found if sku and price]


def homes_of_portal(currency: str) -> list[Home]:
    """Made-up consumers around the outlets that fulfil orders of a currency: in the areas nearby, else next door."""
    homes: dict[tuple[Decimal | None, Decimal | None], Home] = {}
    for outlet in _outlets(currency):
        for address in _areas_near(outlet) or [_address_of(outlet)]:
            homes.setdefault((address.latitude, address.longitude), Home(address, _contact(len(homes))))
    return list(homes.values())


def counters(currency: str) -> list[Counter]:
    """The outlets that hand goods over, of dealers who buy in a currency."""
    return [
        Counter(f"{outlet.dealer.number}/{outlet.code}", outlet.latitude, outlet.longitude)
        for outlet in _outlets(currency).filter(consumer_service__hands_over=True)
        if outlet.latitude is not None and outlet.longitude is not None
    ]


def usual_currency() -> str:
    """What most dealers buy in; empty without dealers."""
    most = Dealer.objects.filter(is_active=True).values("currency").annotate(count=Count("pk")).order_by("-count")
    return str(most[0]["currency"]) if most else ""


def _outlets(currency: str) -> Any:
    return (
        Outlet.objects.filter(
            dealer__currency=currency,
            is_active=True,
            latitude__isnull=False,
            consumer_service__in=OutletService.objects.filter(is_active=True),
        )
        .select_related("dealer")
        .order_by("dealer__number", "code")
    )


def _areas_near(outlet: Outlet) -> list[AddressData]:
    """The places of the table around an outlet, counties before whole cities."""
    if outlet.latitude is None or outlet.longitude is None:
        return []
    around = Place.objects.filter(
        country=outlet.country,
        latitude__range=(outlet.latitude - AROUND, outlet.latitude + AROUND),
        longitude__range=(outlet.longitude - AROUND, outlet.longitude + AROUND),
    ).order_by("code")
    return [_address_of_place(place) for place in around if not (place.path and place.path.count("/") < 2)]


def _address_of_place(place: Place) -> AddressData:
    names = [*place.path.split("/"), "", "", ""] if place.path else ["", place.name, "", ""]
    area = place.code if place.path else ""
    return AddressData(
        country=place.country,
        postal_code="" if area else place.code,
        region=names[0],
        city=names[1],
        district=names[2],
        area_code=area,
        latitude=place.latitude,
        longitude=place.longitude,
    )


def _address_of(outlet: Outlet) -> AddressData:
    return AddressData(
        country=outlet.country,
        postal_code=outlet.postal_code,
        region=outlet.state,
        city=outlet.city,
        latitude=outlet.latitude,
        longitude=outlet.longitude,
    )


def _contact(place: int) -> ContactData:
    return ContactData(
        name=f"Consumer {place + 1}",
        phone=f"555-{place + 1:04d}",
        email=f"consumer-{place + 1}@consumers.example",
        address_line1=f"{place % 97 + 1} Garden Road",
    )


def _home(row: dict[str, str]) -> Home:
    address = AddressData(
        country=row["country_code"],
        postal_code=row["postal_code"],
        region=row["state"],
        city=row["city"],
        latitude=round(Decimal(row["latitude"]), 6),
        longitude=round(Decimal(row["longitude"]), 6),
    )
    name = row["email"].partition("@")[0].rstrip("0123456789").title() or row["account_number"]
    contact = ContactData(name, row["phone"], row["email"], row["address_line1"], row["address_line2"])
    return Home(address, contact)


def _rows(folder: Path, name: str) -> Iterator[dict[str, str]]:
    path = folder / name
    if not path.is_file():
        raise NobodyBuys(f"There is no {path}.")
    with path.open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)
