"""Price lists, tiers, dates, and stock, as import rows. Prices exclude tax."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

from portal.demo.company.catalogue import Variant
from portal.demo.company.dealers import DEMO_DEALER
from portal.demo.company.model import Row
from portal.demo.company.places import WAREHOUSES

CENT = Decimal("0.01")
FINE = Decimal("0.0001")
# list → name, currency, factor on the CNY list price
LISTS: dict[str, tuple[str, str, Decimal]] = {
    "WHOLESALE-CNY": ("Wholesale China 全国批发价", "CNY", Decimal(1)),
    "PARTNER-CNY": ("Partner China 核心伙伴价", "CNY", Decimal("0.94")),
    "WHOLESALE-EUR": ("Wholesale Europe 欧元批发价", "EUR", Decimal("0.1360")),
    "WHOLESALE-USD": ("Wholesale export 美元批发价", "USD", Decimal("0.1475")),
}
TIERS = ((1, Decimal(1)), (5, Decimal("0.96")), (20, Decimal("0.91")))
AGREED = (
    "CK106-24-CR",
    "CK106-24-FO",
    "TW501-22-SD",
    "TW504-115-SD",
    "DR605-320-SA",
    "TC703-120-WH",
    "KN307-40X28-AC",
    "ST803-640-SA",
)


def first_of_month(day: date, months: int = 0) -> date:
    """The first day of the month that lies `months` after (or before) the month of `day`."""
    count = day.year * 12 + day.month - 1 + months
    return date(count // 12, count % 12 + 1, 1)


def tier_price(list_price: Decimal, factor: Decimal) -> Decimal:
    """A price in a list's currency: four decimals below 1, else two."""
    value = list_price * factor
    return value.quantize(FINE if value < 10 and list_price.as_tuple().exponent == -4 else CENT, ROUND_HALF_UP)


def _spans(place: int, today: date) -> list[tuple[date, date | None, Decimal]]:
    """When which factor holds for the product at this place: a few rose two months ago, a few will rise next month.

    Spans never overlap; `valid_to` is the last day on which the price holds.
    """
    start = first_of_month(today, -18)
    if place % 23 == 4:
        rise = first_of_month(today, -2)
        return [(start, rise - timedelta(days=1), Decimal("0.95")), (rise, None, Decimal(1))]
    if place % 23 == 11:
        rise = first_of_month(today, 1)
        return [(start, rise - timedelta(days=1), Decimal(1)), (rise, None, Decimal("1.05"))]
    return [(start, None, Decimal(1))]


def _row(code: str, sku: str, minimum: int, price: Decimal, start: date, end: date | None) -> Row:
    name, currency, _ = LISTS.get(code, (f"Price agreement {DEMO_DEALER} 西泠协议价", "CNY", Decimal(1)))
    return {
        "price_list": code,
        "price_list_name": name,
        "sku": sku,
        "min_quantity": str(minimum),
        "price": str(price),
        "currency": currency,
        "valid_from": start.isoformat(),
        "valid_to": end.isoformat() if end else "",
    }


def price_rows(variants: Sequence[Variant], today: date) -> list[Row]:
    """Every list: three tiers on most products, dated prices on some, and one dealer's price agreement."""
    rows: list[Row] = []
    for code, (_, _, rate) in LISTS.items():
        for place, variant in enumerate(variants):
            tiers = TIERS[:1] if place % 9 == 7 else TIERS
            for start, end, factor in _spans(place, today):
                for cartons, share in tiers:
                    minimum = 1 if cartons == 1 else cartons * variant.model.multiple
                    rows.append(
                        _row(code, variant.sku, minimum, tier_price(variant.price, rate * factor * share), start, end)
                    )
    prices = {variant.sku: variant for variant in variants}
    for sku in AGREED:
        agreed = tier_price(prices[sku].price, Decimal("0.85"))
        rows.append(_row(f"AGREEMENT-{DEMO_DEALER}", sku, 1, agreed, first_of_month(today, -8), None))
    return rows


def stock_rows(variants: Sequence[Variant], today: date, rng: random.Random) -> Iterator[Row]:
    """Stock by warehouse this morning: some products at zero, some low, two never counted."""
    as_of = f"{today.isoformat()}T06:00:00+08:00"
    for place, variant in enumerate(variants):
        if place in (57, 203):
            continue
        cartons = rng.choice((0, 1, 2, 3)) if place % 13 == 5 else rng.randrange(12, 160)
        if place % 31 == 9 or variant.ends_on:
            cartons = 0
        for code, name, share in WAREHOUSES:
            quantity = round(cartons * share) * variant.model.multiple
            yield {
                "sku": variant.sku,
                "location": code,
                "location_name": name,
                "quantity": str(quantity),
                "as_of": as_of,
            }
