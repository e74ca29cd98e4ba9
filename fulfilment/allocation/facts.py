"""What a decision is made from: the order, and a snapshot of everything that bears on it. Frozen and pure.

Amounts are integer minor units of the order's currency, tax included; distances whole metres; moments aware datetimes.
Identifiers are the database's; `OrderLine.key` is unique in its order.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TypeVar

from fulfilment.allocation.business_time import Calendar
from fulfilment.allocation.distance import metres
from pricing.margins.amounts import MILLION, Ppm, half_up
from pricing.margins.terms import Caps, Floor, Model, Rates

V = TypeVar("V")
NO_FLOOR, NO_CAPS = Floor(), Caps()


class Method(StrEnum):
    """How the consumer gets the goods."""

    DELIVERY = "delivery"
    PICKUP = "pickup"
    TAKE_AWAY = "take_away"


@dataclass(frozen=True, slots=True)
class Place:
    """A point in degrees and its area code, province first, so that a prefix is a larger area.

    Codes of two countries may be alike: `country` (empty: not known) says whose it is.
    """

    latitude: float
    longitude: float
    area: str = ""
    country: str = ""

    def metres_to(self, other: Place) -> int:
        """The distance in whole metres."""
        return metres(self.latitude, self.longitude, other.latitude, other.longitude)


@dataclass(frozen=True, slots=True)
class OrderLine:
    """A line of a consumer order; amounts are of all its units. A line is never parted between outlets."""

    key: int
    sku: str
    quantity: int
    paid: int
    supplier_discount: int = 0
    freight_charged: int = 0
    campaign: str = ""

    def __post_init__(self) -> None:
        if self.quantity < 1 or min(self.paid, self.supplier_discount, self.freight_charged) < 0:
            raise ValueError(f"Line {self.key} has no units or a negative amount.")


@dataclass(frozen=True, slots=True)
class Order:
    """A consumer order to be fulfilled.

    `place` is None where the address is not known yet. `outlet` is the one the consumer chose to pick up or take away
    at. `promised_by` is when the consumer was told it arrives; from `decide_by` on no dealer is asked any more.
    `first_refusal` is the dealer of the guide who is credited. `declined` are the dealers that were asked about this
    version of the order and said no, or nothing in time; `spared` were asked too, and the offer was taken from them
    before they answered. Nobody is asked twice.
    """

    number: str
    placed_at: dt.datetime
    place: Place | None
    lines: tuple[OrderLine, ...]
    method: Method = Method.DELIVERY
    channel: str = ""
    outlet: int | None = None
    promised_by: dt.datetime | None = None
    decide_by: dt.datetime | None = None
    first_refusal: int | None = None
    declined: frozenset[int] = frozenset()
    spared: frozenset[int] = frozenset()
    tags: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        if not self.lines or len({line.key for line in self.lines}) < len(self.lines):
            raise ValueError("An order has lines, each with a key of its own.")

    @property
    def asks(self) -> int:
        """How many dealers were asked already."""
        return len(self.declined | self.spared)

    @property
    def paid(self) -> int:
        """What the consumer paid for the goods."""
        return sum(line.paid for line in self.lines)


@dataclass(frozen=True, slots=True)
class Tariff:
    """What sending a parcel costs the dealer and how long it takes, by distance.

    `zones` are fixed prices for areas instead, of which the longest prefix holds. Refuses nothing; `reach` says how
    far the outlet sends at all, None without limit.
    """

    fixed: int = 0
    per_100_km: int = 0
    zones: Mapping[str, int] = field(default_factory=dict)
    minutes: int = 0
    minutes_per_100_km: int = 0
    reach: int | None = None

    def cost(self, distance: int, area: str) -> int:
        """The price of one parcel."""
        for length in range(len(area), 0, -1) if self.zones else ():
            if area[:length] in self.zones:
                return self.zones[area[:length]]
        return self.fixed + half_up(distance * self.per_100_km, 100_000)

    def transit(self, distance: int) -> dt.timedelta:
        """How long a parcel is on its way."""
        return dt.timedelta(minutes=self.minutes + half_up(distance * self.minutes_per_100_km, 100_000))


@dataclass(frozen=True, slots=True)
class Goods:
    """A dealer's terms for a SKU, per unit. Only what the dealer is authorised for has any."""

    landed_cost: int
    floor: Floor = NO_FLOOR
    wholesale_margin: int = 0
    model: Model = Model.DEALER_SELLS


@dataclass(frozen=True, slots=True)
class Dealer:
    """A dealer. Of equal costs the higher `tier` gets the order.

    `acceptance` is how likely it accepts (scorecard). `units` were allocated to it in the period that fairness looks
    at, and `entitlement` is its share of all; 0 takes it out of the comparison.
    """

    id: int
    goods: Mapping[str, Goods]
    tier: int = 0
    active: bool = True
    contract_until: dt.date | None = None
    credit_hold: bool = False
    groups: frozenset[str] = frozenset()
    acceptance: Ppm = MILLION
    units: int = 0
    entitlement: Ppm = 0


@dataclass(frozen=True, slots=True)
class Stock:
    """What an outlet can promise of a SKU: on hand less held, firm and safety, as of its feed.

    `opportunity` is what a unit is worth to customers who walk in.
    """

    available: int
    as_of: dt.datetime
    opportunity: int = 0


@dataclass(frozen=True, slots=True)
class Outlet:
    """A dealer's shop or warehouse. `booked` of at most `capacity` parcels are taken for the day; None: no limit.

    `handling` are the business minutes from acceptance until a parcel leaves.
    """

    id: int
    dealer: int
    place: Place
    stock: Mapping[str, Stock]
    tariff: Tariff = Tariff()
    methods: frozenset[Method] = frozenset({Method.DELIVERY})
    calendar: Calendar | None = None
    handling: int = 0
    capacity: int | None = None
    booked: int = 0


class Protection(StrEnum):
    """How strongly a territory is its owner's: nobody else's while the owner can, the owner's first, or open."""

    EXCLUSIVE = "exclusive"
    PRIMARY = "primary"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class Territory:
    """A dealer's territory: an area and all below it, or a circle; for some SKUs or all (None); between two days."""

    dealer: int
    protection: Protection
    area: str | None = None
    centre: Place | None = None
    radius: int = 0
    skus: frozenset[str] | None = None
    valid_from: dt.date | None = None
    valid_until: dt.date | None = None

    def __post_init__(self) -> None:
        if (self.area is None) == (self.centre is None):
            raise ValueError("A territory is an area or a circle.")

    def covers(self, place: Place, sku: str, day: dt.date) -> bool:
        """Whether a SKU sent to a place on a day falls in it; both end days count."""
        if (self.valid_from and day < self.valid_from) or (self.valid_until and day > self.valid_until):
            return False
        if self.skus is not None and sku not in self.skus:
            return False
        if self.centre is not None:
            return place.metres_to(self.centre) <= self.radius
        return place.area.startswith(self.area or "")


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything else that bears on a decision, at the moment `now`.

    `caps` hold for every line; `campaigns` is what each has left of its budget (a campaign that is not there has none)
    and `order_cap` the most all top-ups of an order may be. `online_floors` are the lowest prices per unit the supplier
    sells at online; below them a line needs a campaign. `units` were allocated to all dealers in fairness's period.
    """

    now: dt.datetime
    rates: Rates
    dealers: Mapping[int, Dealer]
    outlets: tuple[Outlet, ...]
    territories: tuple[Territory, ...] = ()
    caps: Caps = NO_CAPS
    order_cap: int | None = None
    campaigns: Mapping[str, int] = field(default_factory=dict)
    online_floors: Mapping[str, int] = field(default_factory=dict)
    stock_max_age: dt.timedelta | None = None
    units: int = 0

    def of_order(self, order: Order) -> Snapshot:
        """Only what an order's decision can look at, for keeping with it: its SKUs, and dealers with an outlet here."""
        skus = {line.sku for line in order.lines}
        dealers = {outlet.dealer: self.dealers[outlet.dealer] for outlet in self.outlets}
        return replace(
            self,
            dealers={
                key: each if each.goods.keys() <= skus else replace(each, goods=_of(each.goods, skus))
                for key, each in dealers.items()
            },
            outlets=tuple(
                each if each.stock.keys() <= skus else replace(each, stock=_of(each.stock, skus))
                for each in self.outlets
            ),
            campaigns=_of(self.campaigns, {line.campaign for line in order.lines}),
            online_floors=_of(self.online_floors, skus),
        )

    def less(
        self, taken: Mapping[tuple[int, str], int], parcels: Mapping[int, int], spent: Mapping[str, int]
    ) -> Snapshot:
        """The snapshot after units were taken, by outlet and SKU, parcels booked, by outlet, and budgets spent."""
        touched = {outlet for outlet, _ in taken} | parcels.keys()

        def after(outlet: Outlet) -> Outlet:
            stock = {
                sku: replace(each, available=each.available - taken.get((outlet.id, sku), 0))
                for sku, each in outlet.stock.items()
            }
            return replace(outlet, stock=stock, booked=outlet.booked + parcels.get(outlet.id, 0))

        return replace(
            self,
            outlets=tuple(after(each) if each.id in touched else each for each in self.outlets),
            campaigns={name: left - spent.get(name, 0) for name, left in self.campaigns.items()},
        )


def _of(rows: Mapping[str, V], keys: set[str]) -> dict[str, V]:
    return {key: rows[key] for key in sorted(keys) if key in rows}
