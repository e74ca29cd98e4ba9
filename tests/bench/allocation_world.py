"""Seeded instances of consumer orders and dealers' stock, and the ways of deciding them that are compared.

Outlets and consumers lie around the same population centres; demand by SKU falls by Zipf's law; an order has one to
three lines; dealers buy at 60, 66 or 72 % of the list price and the supplier sells online at 85 to 100 % of it. Supply
of each SKU is its demand times `supply`, spread over the dealers by their size. All of it is made up from the seed.
"""

from __future__ import annotations

import datetime as dt
import random
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from fulfilment.allocation.batch import Opened, cheapest_together, plan_batch
from fulfilment.allocation.eligibility import candidates
from fulfilment.allocation.facts import Dealer, Goods, Order, OrderLine, Outlet, Place, Snapshot, Stock, Tariff
from fulfilment.allocation.parcels import Parcel, largest_parcel, parcel_of
from fulfilment.allocation.plan import Decided, Plan, plan
from fulfilment.allocation.reasons import Reason
from fulfilment.allocation.rules import OfferMode, Rule, Weights
from fulfilment.allocation.search import Search
from pricing.margins.amounts import MILLION, half_up, percent
from pricing.margins.spread import spread
from pricing.margins.terms import Caps, Floor, Rates

START = dt.datetime(2026, 11, 11, tzinfo=dt.UTC)
RATES = Rates(percent(13), percent(9), percent(6), percent(13), payment_fee=percent("0.6"), guide=percent(2))
TARIFF = Tariff(fixed=8_00, per_100_km=1_50)
#: How far outlets and consumers lie from their centre, in degrees (standard deviation).
SPREAD = 0.6
CENTRES = 24
#: What a line costs that nobody fulfils, in minor units.
UNFILLED = 100_00
#: How many outlets with stock, nearest first, stand in an order's snapshot for each line.
NEAR = 20
EVERY = 10**6
#: The consumer pays for sending below this amount, in minor units.
FREE_FROM, CHARGED = 300_00, 12_00
#: The share of the SKUs that a dealer keeps.
CARRIED = 0.4


@dataclass(frozen=True)
class Size:
    """How large an instance is, and how many units are supplied for each that is ordered."""

    dealers: int
    skus: int
    orders: int
    supply: float
    floor: int = percent(18)


@dataclass
class Result:
    """What a way of deciding came to: cost without the fairness term, unfilled lines, units by dealer."""

    cost: int = 0
    freight: int = 0
    top_up: int = 0
    unfilled: int = 0
    split: int = 0
    filled: int = 0
    units: Counter[int] = field(default_factory=Counter)

    @property
    def split_rate(self) -> float:
        """The share of fulfilled orders that went out in more than one parcel."""
        return self.split / self.filled

    def add(self, parcels: Sequence[tuple[int, int, int, int]], lines: int) -> None:
        """Count an order of so many lines by its parcels: dealer, units, freight and top-up."""
        self.freight += sum(freight for _, _, freight, _ in parcels)
        self.top_up += sum(top_up for _, _, _, top_up in parcels)
        self.unfilled += lines
        self.cost = self.freight + self.top_up + self.unfilled * UNFILLED
        self.filled += bool(parcels)
        self.split += len(parcels) > 1
        for dealer, units, _, _ in parcels:
            self.units[dealer] += units


class World:
    """An instance: dealers, stock and orders of a seed. Deciding takes stock, so each way gets a world of its own."""

    def __init__(self, size: Size, seed: int) -> None:
        chance = random.Random(seed)
        self.size = size
        centres = [(chance.uniform(22, 42), chance.uniform(102, 122)) for _ in range(CENTRES)]
        people = [1 / (rank + 1) ** 0.8 for rank in range(CENTRES)]

        def somewhere(spread: float) -> Place:
            latitude, longitude = chance.choices(centres, people)[0]
            return Place(chance.gauss(latitude, spread), chance.gauss(longitude, spread))

        lists = [round(chance.lognormvariate(5.8, 0.6)) * 100 for _ in range(size.skus)]
        online = [price * chance.randint(85, 100) // 100 for price in lists]
        demand = [1 / (rank + 1) for rank in range(size.skus)]
        self.orders = tuple(
            self._order(number, somewhere(SPREAD), chance, demand, online) for number in range(size.orders)
        )
        self.dealers = {pk: self._dealer(pk, chance, lists) for pk in range(1, size.dealers + 1)}
        weights = [chance.paretovariate(3.0) for _ in self.dealers]
        stock = self._stock(chance, weights)
        self.outlets = {
            pk: Outlet(
                pk, pk, somewhere(SPREAD), {sku: Stock(units, START) for sku, units in stock[pk].items()}, TARIFF
            )
            for pk in self.dealers
        }
        self.holders: dict[str, list[Outlet]] = {}
        for outlet in self.outlets.values():
            for sku in outlet.stock:
                self.holders.setdefault(sku, []).append(outlet)
        offered = {pk: sum(stock[pk].values()) for pk in stock}
        for pk, units in offered.items():
            entitlement = half_up(units * MILLION, sum(offered.values()))
            self.dealers[pk] = replace(self.dealers[pk], entitlement=entitlement)
        self.units = 0

    def _order(
        self, number: int, place: Place, chance: random.Random, demand: Sequence[float], online: Sequence[int]
    ) -> Order:
        wanted = list(dict.fromkeys(chance.choices(range(len(online)), demand, k=chance.choice((1, 1, 1, 2, 2, 3)))))
        quantities = [2 if chance.random() < 0.05 else 1 for _ in wanted]
        paid = [online[sku] * quantity for sku, quantity in zip(wanted, quantities, strict=True)]
        charged = spread(paid, freight=0 if sum(paid) >= FREE_FROM else CHARGED)
        lines = (
            OrderLine(key, f"S{sku}", quantity, amount, freight_charged=of.freight)
            for key, (sku, quantity, amount, of) in enumerate(zip(wanted, quantities, paid, charged, strict=True), 1)
        )
        return Order(f"W{number}", START, place, tuple(lines))

    def _dealer(self, pk: int, chance: random.Random, lists: Sequence[int]) -> Dealer:
        tier = chance.choice((0, 1, 2))
        share = (72, 66, 60)[tier]
        floor = Floor(self.size.floor)
        goods = {f"S{sku}": Goods(price * share // 100, floor, price // 10) for sku, price in enumerate(lists)}
        return Dealer(pk, goods, tier=tier)

    def _stock(self, chance: random.Random, weights: Sequence[float]) -> dict[int, dict[str, int]]:
        wanted: Counter[str] = Counter()
        for order in self.orders:
            for line in order.lines:
                wanted[line.sku] += line.quantity
        found: dict[int, dict[str, int]] = {pk: {} for pk in self.dealers}
        for sku, units in sorted(wanted.items()):
            sellers = [pk for pk in self.dealers if chance.random() < CARRIED] or list(self.dealers)
            sizes = [weights[pk - 1] for pk in sellers]
            for pk in chance.choices(sellers, sizes, k=round(units * self.size.supply)):
                found[pk][sku] = found[pk].get(sku, 0) + 1
        return found

    def snapshot(self, order: Order, near: int = NEAR) -> Snapshot:
        """What bears on an order now: the nearest outlets that have what a line wants, for each line."""
        place, found = order.place, dict[int, Outlet]()
        assert place is not None

        def distance(outlet: Outlet) -> float:  # on a flat map, as an index would give them
            along = 0.85 * (outlet.place.longitude - place.longitude)
            return (outlet.place.latitude - place.latitude) ** 2 + along**2

        for line in order.lines:
            able = [each for each in self.holders[line.sku] if each.stock[line.sku].available >= line.quantity]
            if len(able) > near:
                able = sorted(able, key=distance)[:near]
            found |= {each.id: each for each in able}
        outlets = tuple(found.values())
        return Snapshot(START, RATES, self.dealers, outlets, caps=Caps(percent(10)), units=self.units)

    def take(self, order: Order, outlet: int, keys: Iterable[int]) -> int:
        """Take the units of some lines from an outlet; how many. Refuses to oversell."""
        stock, units = self.outlets[outlet].stock, 0
        for line in order.lines:
            if line.key in keys:
                left = stock[line.sku].available - line.quantity
                if left < 0:
                    raise AssertionError(f"{order.number} oversells {line.sku} at {outlet}.")
                stock[line.sku] = replace(stock[line.sku], available=left)  # type: ignore[index]
                units += line.quantity
        dealer = self.dealers[self.outlets[outlet].dealer]
        self.dealers[dealer.id] = replace(dealer, units=dealer.units + units)
        self.units += units
        return units

    def book(self, order: Order, made: Plan, result: Result) -> None:
        """Carry a plan out and count it."""
        parcels = [
            (part.dealer, self.take(order, part.outlet, part.keys), part.costs.freight, part.costs.top_up)
            for part in made.parts
        ]
        result.add(parcels, sum(len(rest.keys) for rest in made.rest))


def rule(*, fairness: int = 1_00, consider: int = 20) -> Rule:
    """The rule that the benchmarks decide by: dealers with a standing agreement, so nobody is asked."""
    weights = Weights(fairness=fairness, unfilled=UNFILLED)
    return Rule("bench", mode=OfferMode.AUTO, consider=consider, weights=weights)


def one_by_one(world: World, by: Rule) -> Result:
    """Each order when it comes, by the product's plan."""
    result = Result()
    for order in world.orders:
        world.book(order, plan(order, world.snapshot(order), [by]), result)
    return result


def in_windows(world: World, by: Rule, window: int, *, seconds: float = 30.0) -> Result:
    """So many orders at a time, by the product's batch."""
    result = Result()
    for start in range(0, len(world.orders), window):
        orders = world.orders[start : start + window]
        plans = plan_batch([(order, world.snapshot(order)) for order in orders], [by], gap=0.005, seconds=seconds)
        for order, made in zip(orders, plans, strict=True):
            world.book(order, made, result)
    return result


def nearest_first(world: World) -> Result:
    """The baseline: from the nearest outlet on, each takes what it can of what is left, as long as margins hold."""
    result, by = Result(), rule(fairness=0, consider=EVERY)
    for order in world.orders:
        left, parcels = {line.key for line in order.lines}, []
        for each in candidates(order, order.lines, world.snapshot(order, EVERY), by):
            each.fail([key for key in each.able if key not in left], Reason.ALREADY_ASKED)
            keys, _ = largest_parcel(each)
            parcel = parcel_of(each, keys, by) if keys else None
            if parcel:
                units = world.take(order, each.outlet.id, keys)
                parcels.append((each.dealer.id, units, parcel.costs.freight, parcel.costs.top_up))
                left -= set(keys)
        result.add(parcels, len(left))
    return result


def clairvoyant(world: World, *, gap: float = 0.002, seconds: float = 120.0, near: int = EVERY) -> tuple[Result, int]:
    """All orders at once, over every outlet that has the goods, and the cost that is proven to be the least.

    With `near` only over so many of the nearest for each line; the proof is then of these alone.
    """
    by, lines = rule(fairness=0, consider=EVERY), sum(len(order.lines) for order in world.orders)
    opened = []
    for order in world.orders:
        snapshot = world.snapshot(order, near)
        every = candidates(order, order.lines, snapshot, by)
        search = Search(tuple(line.key for line in order.lines), [each for each in every if each.able], by, snapshot)
        opened.append(Opened(order, snapshot, 0, Decided(by, every, search)))
    chosen, solution = cheapest_together(opened, gap=gap, seconds=seconds)
    result = Result()
    for one, parcels in zip(opened, chosen, strict=True):
        result.add([_counted(world, one.order, each) for each in parcels], len(one.order.lines) - _filled(parcels))
    return result, round(solution.bound) + lines * UNFILLED


def gini(world: World, units: Counter[int]) -> float:
    """How unevenly dealers were given units for what they are entitled to: 0 all alike, 1 one has it all."""
    entitled = [dealer for dealer in world.dealers.values() if dealer.entitlement]
    values = sorted(units[dealer.id] / dealer.entitlement for dealer in entitled)
    weighted = sum((place + 1) * value for place, value in enumerate(values))
    return 2 * weighted / (len(values) * sum(values)) - (len(values) + 1) / len(values)


def _counted(world: World, order: Order, parcel: Parcel) -> tuple[int, int, int, int]:
    units = world.take(order, parcel.candidate.outlet.id, parcel.keys)
    return parcel.candidate.dealer.id, units, parcel.costs.freight, parcel.costs.top_up


def _filled(parcels: Iterable[Parcel]) -> int:
    return sum(len(parcel.keys) for parcel in parcels)
