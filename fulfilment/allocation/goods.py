"""What goods come to for dealers: landed cost, protected margin and wholesale margin per unit, for many at once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from django.db import connection

from fulfilment.allocation.facts import NO_FLOOR, Goods
from fulfilment.allocation.minor import to_minor
from pricing.landed import prices_of, visible
from pricing.margins.amounts import MILLION, Ppm, half_up, percent
from pricing.margins.terms import Floor, Model

#: A price has four decimals: so many parts of it make a minor unit.
PARTS = 100

WARES = """
SELECT g.upc, g.id, t.online_floor_price, t.supplier_cost,
       ARRAY(SELECT c.path FROM catalogue_productcategory placed JOIN catalogue_category c ON c.id = placed.category_id
             WHERE placed.product_id = coalesce(g.parent_id, g.id))
FROM catalogue_product g
LEFT JOIN fulfilment_allocation_onlineterms t ON t.product_id = g.id AND t.currency = %s
WHERE g.upc = ANY(%s)
"""
FLOORS = """
SELECT m.tier, coalesce(c.path, ''), m.share, m.per_unit
FROM fulfilment_allocation_protectedmargin m LEFT JOIN catalogue_category c ON c.id = m.category_id
"""


@dataclass(frozen=True, slots=True)
class Ware:
    """A product as orders name it: the paths of its categories, and what binds the supplier's own channels."""

    id: int
    sku: str
    paths: tuple[str, ...]
    online_floor: int | None = None
    supplier_cost: Decimal | None = None

    def is_in(self, path: str) -> bool:
        """Whether it is in the category of a path or below it."""
        return any(each.startswith(path) for each in self.paths)


@dataclass(frozen=True, slots=True)
class Contract:
    """What of a dealer's contract its goods depend on; rates in millionths."""

    tier: int
    rebate: Ppm
    inbound_freight: Ppm
    model: Model


@dataclass(frozen=True)
class Floors:
    """The protected margins as kept: by category path and tier."""

    rows: Sequence[tuple[str, int | None, Floor]]
    _known: dict[tuple[int, int], Floor] = field(default_factory=dict, init=False, repr=False)

    def of(self, ware: Ware, tier: int) -> Floor:
        """The floor of a product for a tier: the nearest category's above it, of those the tier's own.

        Of two categories equally near the higher floor holds; without any row nothing is protected.
        """
        if (ware.id, tier) not in self._known:
            found = [
                (len(path), of_tier is not None, floor.share, floor.per_unit, floor)
                for path, of_tier, floor in self.rows
                if of_tier in (None, tier) and (not path or ware.is_in(path))
            ]
            self._known[ware.id, tier] = max(found, key=lambda each: each[:4])[-1] if found else NO_FLOOR
        return self._known[ware.id, tier]


def wares(skus: Iterable[str], currency: str) -> dict[str, Ware]:
    """The products of SKUs with their online terms in a currency, by SKU. One statement."""
    with connection.cursor() as cursor:
        cursor.execute(WARES, [currency, sorted(set(skus))])
        return {
            sku: Ware(pk, sku, tuple(paths), None if least is None else to_minor(least), cost)
            for sku, pk, least, cost, paths in cursor.fetchall()
        }


def floors() -> Floors:
    """All protected margins. One statement."""
    with connection.cursor() as cursor:
        cursor.execute(FLOORS)
        rows = cursor.fetchall()
    return Floors([(path, tier, Floor(percent(share), to_minor(per_unit))) for tier, path, share, per_unit in rows])


def goods_of(
    contracts: Mapping[int, Contract],
    wanted: Iterable[tuple[int, str]],
    known: Mapping[str, Ware],
    *,
    day: dt.date,
    goods_tax: Ppm,
) -> dict[int, dict[str, Goods]]:
    """What pairs of dealer and SKU come to, by both; what a dealer may not buy or has no price for is missing.

    Three statements for any number of pairs. The dealers buy in the currency that `known` was asked for.
    """
    skus = {ware.id: sku for sku, ware in known.items()}
    asked = {(dealer, known[sku].id) for dealer, sku in wanted if sku in known}
    prices = prices_of(asked, day=day)
    may, protected = visible(prices, day=day), floors()
    found: dict[int, dict[str, Goods]] = {}
    made: dict[tuple[int, Contract, Decimal], Goods] = {}
    for (dealer, product), price in prices.items():
        if (dealer, product) in may:
            key = (product, contracts[dealer], price)
            if key not in made:
                made[key] = _goods(known[skus[product]], contracts[dealer], price, protected, goods_tax)
            found.setdefault(dealer, {})[skus[product]] = made[key]
    return found


def landed_cost(price: Decimal, rebate: Ppm, inbound_freight: Ppm, goods_tax: Ppm) -> int:
    """A unit's landed cost in minor units, tax included: the contract price before tax, less rebate and plus inbound
    freight, both of the price, and the tax on goods on top. Rounded half up, once, here."""
    share = max(MILLION - rebate + inbound_freight, 0)
    return half_up(int(price.scaleb(4)) * share * (MILLION + goods_tax), PARTS * MILLION * MILLION)


def wholesale_margin(price: Decimal, rebate: Ppm, supplier_cost: Decimal | None) -> int:
    """What the supplier earned of a unit when it sold it to the dealer, net of tax, in minor units: the contract price
    less the rebate, less its own cost. 0 where that is not known; may be below zero. Rounded half up, once, here."""
    if supplier_cost is None:
        return 0
    earned = int(price.scaleb(4)) * (MILLION - rebate) - int(supplier_cost.scaleb(4)) * MILLION
    return half_up(earned, PARTS * MILLION)


def _goods(ware: Ware, contract: Contract, price: Decimal, protected: Floors, goods_tax: Ppm) -> Goods:
    return Goods(
        landed_cost(price, contract.rebate, contract.inbound_freight, goods_tax),
        protected.of(ware, contract.tier),
        wholesale_margin(price, contract.rebate, ware.supplier_cost),
        contract.model,
    )
