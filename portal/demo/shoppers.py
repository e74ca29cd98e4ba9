"""Consumers who buy online: orders like those of a real shop, the same for the same seed. Pure.

What is bought follows Zipf's law over the goods; most orders have one line, none more than three; prices are 85 to
100 % of list. Homes are those of real or made-up consumers; a parcel goes to within a kilometre of them.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from functools import cached_property
from itertools import accumulate
from math import cos, radians

from fulfilment.consumer.data import AddressData, ContactData, LineData, OrderData

CENT = Decimal("0.01")
#: How much less the n-th most wanted product is wanted than the first: 1 / n to this power.
ZIPF = 1.1
#: How often an order has one, two and three lines, and a line one, two and three pieces.
LINES, PIECES = (66, 24, 10), (86, 11, 3)
#: Prices in percent of list.
ONLINE = (100, 100, 98, 95, 95, 92, 90, 88, 85)
#: Of a hundred orders so many have a coupon of the supplier's, so many are fetched in a shop nearby.
COUPONS, FETCHED = 8, 9
COUPON_PERCENT, FEE = Decimal(5), Decimal("0.006")
#: Parcels are free from twenty times what they cost.
PARCEL, FREE_FROM = Decimal("8.00"), Decimal("160.00")
NEAR_DEGREES, FETCH_DEGREES = 0.009, 0.3


@dataclass(frozen=True)
class Good:
    """What is on sale online: SKU and list price, tax included."""

    sku: str
    price: Decimal


@dataclass(frozen=True)
class Home:
    """Where a consumer lives, with coordinates."""

    address: AddressData
    contact: ContactData


@dataclass(frozen=True)
class Counter:
    """An outlet that hands goods over, as an order names it: `dealer number/outlet code`."""

    name: str
    latitude: Decimal
    longitude: Decimal


@dataclass(frozen=True)
class Shoppers:
    """A stream of orders: the n-th is the same for the same seed, goods and homes, however many are asked for.

    Refuses a stream without goods or homes.
    """

    seed: int
    currency: str
    goods: Sequence[Good]
    homes: Sequence[Home]
    counters: Sequence[Counter] = ()
    campaigns: Sequence[str] = ()

    def __post_init__(self) -> None:
        if not self.goods or not self.homes:
            raise ValueError("Consumers need goods to buy and homes to live in.")

    def number(self, place: int) -> str:
        """The external number of the n-th order."""
        return f"SIM-{self.seed}-{place:06d}"

    def order(self, place: int, placed_at: datetime) -> OrderData:
        """The n-th order, placed at a moment."""
        rng = random.Random(f"{self.seed}-{place}")
        home = rng.choice(self.homes)
        lines = tuple(self._line(good, rng) for good in self._wanted(rng))
        goods = sum((line.paid for line in lines), Decimal(0))
        counter = self._counter(home, rng)
        freight = Decimal("0.00") if counter or goods >= FREE_FROM else PARCEL
        return OrderData(
            external_number=self.number(place),
            currency=self.currency,
            placed_at=placed_at,
            lines=lines,
            total=goods + freight,
            freight=freight,
            payment_fee=((goods + freight) * FEE).quantize(CENT, ROUND_HALF_UP),
            method="pickup" if counter else "delivery",
            pickup_outlet=counter.name if counter else "",
            address=_nearby(home.address, rng),
            contact=home.contact,
            campaign_code=rng.choice(self.campaigns) if self.campaigns and rng.randrange(100) < 15 else "",
        )

    @cached_property
    def _ranked(self) -> list[Good]:
        goods = sorted(self.goods, key=lambda good: good.sku)
        random.Random(f"{self.seed}-taste").shuffle(goods)
        return goods

    @cached_property
    def _weights(self) -> list[float]:
        return list(accumulate(1 / rank**ZIPF for rank in range(1, len(self.goods) + 1)))

    def _wanted(self, rng: random.Random) -> list[Good]:
        count = rng.choices((1, 2, 3), LINES)[0]
        found: dict[str, Good] = {}
        for good in rng.choices(self._ranked, cum_weights=self._weights, k=count * 4):
            if len(found) < count:
                found.setdefault(good.sku, good)
        return list(found.values())

    def _line(self, good: Good, rng: random.Random) -> LineData:
        quantity = rng.choices((1, 2, 3), PIECES)[0]
        each = max((good.price * rng.choice(ONLINE) / 100).quantize(CENT, ROUND_HALF_UP), CENT)
        gross, coupon = each * quantity, Decimal("0.00")
        if rng.randrange(100) < COUPONS:
            coupon = (gross * COUPON_PERCENT / 100).quantize(CENT, ROUND_HALF_UP)
        return LineData(good.sku, quantity, gross=gross, paid=gross - coupon, discount_supplier=coupon)

    def _counter(self, home: Home, rng: random.Random) -> Counter | None:
        if rng.randrange(100) >= FETCHED or not self.counters:
            return None
        nearest = min(self.counters, key=lambda each: (_apart(each, home.address), each.name))
        return nearest if _apart(nearest, home.address) < FETCH_DEGREES**2 else None


def _nearby(address: AddressData, rng: random.Random) -> AddressData:
    """The same address, up to a kilometre away."""
    if address.latitude is None or address.longitude is None:
        return address
    north, east = rng.uniform(-NEAR_DEGREES, NEAR_DEGREES), rng.uniform(-NEAR_DEGREES, NEAR_DEGREES)
    east /= max(cos(radians(float(address.latitude))), 0.1)
    return replace(
        address,
        latitude=_degrees(float(address.latitude) + north, 90),
        longitude=_degrees(float(address.longitude) + east, 180),
    )


def _degrees(value: float, most: int) -> Decimal:
    return Decimal(f"{max(-most, min(most, value)):.6f}")


def _apart(counter: Counter, address: AddressData) -> float:
    """Degrees squared between a counter and an address: enough to tell which is nearest in a town."""
    if address.latitude is None or address.longitude is None:
        return float("inf")
    north = float(counter.latitude - address.latitude)
    east = float(counter.longitude - address.longitude) * cos(radians(float(address.latitude)))
    return north * north + east * east
