"""Which outlets are looked at for an order: a few dozen out of ten thousand, by indexes of core PostgreSQL.

For each line the nearest that could take it; a handful of the nearest whatever they have, so that the trace can say why
not; outlets of those in whose territory the order falls; the one the consumer chose. Whether an outlet really may take
a line is decided in `eligibility` alone: what is asked here only keeps those out that cannot.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from math import ceil, cos, radians
from typing import Any, NamedTuple

from django.db import connection

from fulfilment.allocation.distance import metres
from fulfilment.allocation.eligibility import takes
from fulfilment.allocation.facts import Method, Order, Place
from fulfilment.allocation.rules import CandidateFilter, Rule
from fulfilment.stock.outlets import FREE, Key

#: How many outlets that could take a line are looked at, nearest first, where no rules say it; see `_near`. With more
#: than `WHOLE` lines it is fewer for each, never below `LEAST`.
NEAR, WHOLE, LEAST = 40, 2, 8
#: How many of the nearest are looked at whatever they have, and how many outlets of each owner of a territory.
ANYHOW, OWNED = 6, 8
#: An index of points in degrees takes a degree of longitude for as long as one of latitude. More are fetched, and the
#: nearest on the globe kept: where outlets lie evenly, as many times more as a degree of longitude is shorter would do.
SPARE, MOST_FETCHED = 1.25, 6.0
#: From here to the date line those on the other side are looked for, too.
EDGE = 160.0
KILOMETRES_PER_DEGREE = 111.2

LOCATED = "o.is_active AND o.latitude IS NOT NULL AND o.longitude IS NOT NULL"
POINT = "point(o.longitude::double precision, o.latitude::double precision)"
SERVES = """
JOIN fulfilment_allocation_outletservice s ON s.outlet_id = o.id
JOIN fulfilment_allocation_consumercontract c ON c.dealer_id = o.dealer_id
"""

# The distance on a flat map is within a hundredth of the true one as far as a parcel is sent by the kilometre. What an
# outlet has is looked at first (OFFSET 0 keeps it first): one in ten has the product, while nearly every one serves.
ABLE = """
SELECT w.place, w.of, found.id, found.latitude, found.longitude
FROM unnest(%(places)s::integer[], %(of)s::integer[], %(x)s::double precision[], %(y)s::double precision[],
            %(narrow)s::double precision[], %(products)s::bigint[], %(quantities)s::integer[], %(methods)s::text[],
            %(without)s::text[], %(only)s::text[], %(groups)s::text[], %(tiers)s::integer[], %(fetched)s::integer[])
    AS w(place, of, x, y, narrow, product_id, quantity, method, without, of_dealers, of_groups, tier, fetched)
CROSS JOIN LATERAL (
    SELECT o.id, o.latitude, o.longitude
    FROM dealers_accounts_outlet near
    CROSS JOIN LATERAL (
        SELECT near.id, near.dealer_id, near.latitude::double precision, near.longitude::double precision
        FROM fulfilment_stock_outletstock k
        WHERE k.product_id = w.product_id AND k.outlet_id = near.id AND {FREE} >= w.quantity
          AND (%(oldest)s::timestamptz IS NULL OR k.feed_as_of >= %(oldest)s)
        OFFSET 0
    ) o
    {SERVES}
    JOIN dealers_accounts_dealer d ON d.id = o.dealer_id
    WHERE {LOCATED.NEAR} AND s.is_active AND d.is_active AND c.is_active AND NOT c.credit_hold
      AND d.currency = %(currency)s AND d.id <> ALL (w.without::bigint[])
      AND (c.valid_from IS NULL OR c.valid_from <= %(day)s) AND (c.valid_until IS NULL OR c.valid_until >= %(day)s)
      AND CASE w.method WHEN 'delivery' THEN s.delivers WHEN 'pickup' THEN s.hands_over ELSE s.takes_away END
      AND (s.reach_km IS NULL OR w.method <> 'delivery'
           OR {KILOMETRES} * sqrt((o.latitude - w.y) ^ 2 + ((o.longitude - w.x) * w.narrow) ^ 2)
              <= s.reach_km * 1.02 + 1)
      AND (s.daily_capacity IS NULL OR NOT EXISTS (
          SELECT FROM fulfilment_allocation_outletday b
          WHERE b.outlet_id = o.id AND b.day = (%(now)s AT TIME ZONE s.time_zone)::date
            AND b.booked >= s.daily_capacity)){NARROWED}
    ORDER BY {POINT.NEAR} <-> point(w.x, w.y) LIMIT w.fetched
) found
"""

# What rules ask of a dealer besides: only these, only of these groups, from this tier on.
NARROWED = """
      AND (w.of_dealers = '{}' OR d.id = ANY (w.of_dealers::bigint[]))
      AND (w.of_groups = '' OR EXISTS (
          SELECT FROM dealers_accounts_dealergroup g
          WHERE g.id = d.group_id AND g.code = ANY (string_to_array(w.of_groups, chr(31)))))
      AND c.tier >= w.tier"""

ANY = """
SELECT w.place, -1, found.id, found.latitude, found.longitude
FROM unnest(%(there)s::integer[], %(there_x)s::double precision[], %(there_y)s::double precision[],
            %(anyhow)s::integer[]) AS w(place, x, y, fetched)
CROSS JOIN LATERAL (
    SELECT o.id, o.latitude::double precision, o.longitude::double precision
    FROM dealers_accounts_outlet o {SERVES}
    WHERE {LOCATED}
    ORDER BY {POINT} <-> point(w.x, w.y) LIMIT w.fetched
) found
"""

# An owner's outlets that have something of the order come first: a territory is its owner's as long as one can.
OWNERS = """
SELECT w.place, -2, found.id, NULL, NULL
FROM unnest(%(owned)s::integer[], %(owners)s::bigint[], %(owned_x)s::double precision[],
            %(owned_y)s::double precision[], %(owned_products)s::text[]) AS w(place, dealer_id, x, y, products)
CROSS JOIN LATERAL (
    SELECT o.id FROM dealers_accounts_outlet o {SERVES}
    WHERE {LOCATED} AND o.dealer_id = w.dealer_id
    ORDER BY NOT EXISTS (
        SELECT FROM fulfilment_stock_outletstock k
        WHERE k.outlet_id = o.id AND k.product_id = ANY (w.products::bigint[]) AND {FREE} > 0
    ), {POINT} <-> point(w.x, w.y) LIMIT %(of_owner)s
) found
"""

GIVEN_BACK = """
 + coalesce((SELECT sum(b.units) FROM unnest(%(back_outlets)s::bigint[], %(back_products)s::bigint[],
                                             %(back_units)s::integer[]) AS b(outlet_id, product_id, units)
             WHERE b.outlet_id = k.outlet_id AND b.product_id = k.product_id AND k.blocked_at IS NULL), 0)
"""

# Codes of two countries may be alike: an owner's area is in a country where it has an outlet.
TERRITORIES = """
SELECT w.place, t.id
FROM unnest(%(areas_of)s::integer[], %(areas)s::text[], %(area_days)s::date[], %(countries)s::text[])
    AS w(place, area, day, country)
JOIN fulfilment_allocation_protectedterritory t ON t.area_code = w.area
WHERE {HOLDS} AND (w.country = '' OR NOT EXISTS ({OWNS}) OR EXISTS ({OWNS} AND o.country = w.country))
UNION ALL
SELECT w.place, t.id
FROM unnest(%(places)s::integer[], %(y)s::double precision[], %(days)s::date[]) AS w(place, y, day)
CROSS JOIN (
    SELECT max(radius_km) / 110.0 AS degrees FROM fulfilment_allocation_protectedterritory WHERE area_code = ''
) widest
JOIN fulfilment_allocation_protectedterritory t
  ON t.area_code = '' AND t.latitude BETWEEN (w.y - widest.degrees)::numeric AND (w.y + widest.degrees)::numeric
WHERE {HOLDS} AND abs(t.latitude::double precision - w.y) <= t.radius_km / 110.0
""".replace(
    "{HOLDS}",
    "(t.valid_from IS NULL OR t.valid_from <= w.day) AND (t.valid_until IS NULL OR t.valid_until >= w.day)",
).replace("{OWNS}", "SELECT FROM dealers_accounts_outlet o WHERE o.dealer_id = t.dealer_id AND o.is_active")


class Near(NamedTuple):
    """A line's search: for the order at `place`, the outlets nearest to a point that could take so many units."""

    place: int
    of: int
    where: Place
    product_id: int
    quantity: int
    method: Method
    whom: CandidateFilter
    most: int


@dataclass(frozen=True)
class Asked:
    """Orders whose candidates are looked for. `products` are the ids of SKUs; a SKU without one is nobody's.

    `owners` are by order the dealers in whose territory it falls; `give_back` are units that count as if released.
    `rules` are those the orders will be decided by: where one asks certain dealers only, the nearest of them are found.
    """

    orders: Sequence[Order]
    products: Mapping[str, int]
    currency: str
    now: dt.datetime
    day: dt.date
    max_age: dt.timedelta | None = None
    owners: Sequence[frozenset[int]] = ()
    give_back: Mapping[Key, int] = field(default_factory=dict)
    rules: Sequence[Rule] = ()


def outlets_for(asked: Asked) -> list[list[int]]:
    """For each order the outlets to look at, nearest first. One statement, none where no order has a place."""
    searches = list(_searches(asked))
    found: list[dict[int, None]] = [{} for _ in asked.orders]
    placed = [number for number, order in enumerate(asked.orders) if order.place]
    if placed:
        with connection.cursor() as cursor:
            cursor.execute(_statement(asked, searches), _parameters(asked, searches, placed))
            rows = cursor.fetchall()
        for number, outlets in _nearest(asked, searches, rows):
            found[number].update(dict.fromkeys(outlets))
    for number, order in enumerate(asked.orders):
        if order.outlet is not None:
            found[number][order.outlet] = None
    return [list(each) for each in found]


def territories_at(orders: Sequence[Order]) -> list[list[int]]:
    """For each order the territories whose area it lies in, or whose circle may reach it, on the day it was placed."""
    found: list[list[int]] = [[] for _ in orders]
    placed = [(number, order, order.place) for number, order in enumerate(orders) if order.place]
    if not placed:
        return found
    areas = [
        (number, place.area[:length], order.placed_at.date(), place.country)
        for number, order, place in placed
        for length in range(1, len(place.area) + 1)
    ]
    parameters: dict[str, Any] = {
        "areas_of": [number for number, _, _, _ in areas],
        "areas": [area for _, area, _, _ in areas],
        "area_days": [day for _, _, day, _ in areas],
        "countries": [country for _, _, _, country in areas],
        "places": [number for number, _, _ in placed],
        "y": [place.latitude for _, _, place in placed],
        "days": [order.placed_at.date() for _, order, _ in placed],
    }
    with connection.cursor() as cursor:
        cursor.execute(TERRITORIES, parameters)
        for number, territory in cursor.fetchall():
            found[number].append(territory)
    return found


def _searches(asked: Asked) -> Iterator[Near]:
    """What is searched: each product and quantity of an order whose consumer did not choose the outlet, for each choice
    of dealers that a rule for the order makes."""
    near = _near(asked.rules)
    for number, order in enumerate(asked.orders):
        if order.place is None or order.outlet is not None:
            continue
        wanted = {(asked.products[line.sku], line.quantity): None for line in order.lines if line.sku in asked.products}
        most = near if len(wanted) <= WHOLE else max(LEAST, near * WHOLE // len(wanted))
        every = product(wanted, _whom(order, asked.rules))
        for of, ((product_id, quantity), whom) in enumerate(every):
            yield Near(number, of, order.place, product_id, quantity, order.method, whom, most)


def _near(rules: Sequence[Rule]) -> int:
    """How many outlets are looked at for a line: some more than any rule prices, since some will be refused."""
    return max(rule.consider for rule in rules) + LEAST if rules else NEAR


def _whom(order: Order, rules: Sequence[Rule]) -> Iterable[CandidateFilter]:
    """The choices of dealers that the rules for an order make, each once; of each what can be asked of the database."""
    no = order.declined | order.spared
    filters = [rule.candidates for rule in rules if takes(rule.orders, order)] or [CandidateFilter()]
    return dict.fromkeys(
        CandidateFilter(each.groups, each.dealers, each.without_dealers | no, each.least_tier) for each in filters
    )


def _statement(asked: Asked, searches: Sequence[Near]) -> str:
    free = FREE.replace("s.", "k.") + (GIVEN_BACK if asked.give_back else "")
    parts = [ABLE, ANY, *([OWNERS] if any(asked.owners) else [])]
    narrowed = (
        NARROWED if any(each.whom.groups or each.whom.dealers or each.whom.least_tier for each in searches) else ""
    )
    words = {
        "NARROWED": narrowed,
        "SERVES": SERVES,
        "LOCATED": LOCATED,
        "POINT": POINT,
        "LOCATED.NEAR": LOCATED.replace("o.", "near."),
        "POINT.NEAR": POINT.replace("o.", "near."),
        "KILOMETRES": str(KILOMETRES_PER_DEGREE),
    }
    statement = "UNION ALL".join(f"({part})\n" for part in parts)
    for name, value in {**words, "FREE": f"({free})"}.items():
        statement = statement.replace("{" + name + "}", value)
    return statement


def _parameters(asked: Asked, searches: Sequence[Near], placed: Sequence[int]) -> dict[str, Any]:
    points = [(near, x) for near in searches for x in _longitudes(near.where)]
    there = [
        (number, place, x) for number in placed if (place := asked.orders[number].place) for x in _longitudes(place)
    ]
    owned = [
        (number, dealer, place)
        for number, dealers in enumerate(asked.owners)
        if (place := asked.orders[number].place)
        for dealer in sorted(dealers)
    ]
    return {
        "places": [near.place for near, _ in points],
        "of": [near.of for near, _ in points],
        "x": [x for _, x in points],
        "y": [near.where.latitude for near, _ in points],
        "narrow": [_narrow(near.where) for near, _ in points],
        "products": [near.product_id for near, _ in points],
        "quantities": [near.quantity for near, _ in points],
        "methods": [near.method.value for near, _ in points],
        "without": [_array(near.whom.without_dealers) for near, _ in points],
        "only": [_array(near.whom.dealers) for near, _ in points],
        "groups": [chr(31).join(sorted(near.whom.groups)) for near, _ in points],
        "tiers": [near.whom.least_tier or 0 for near, _ in points],
        "fetched": [_fetched(near.most, near.where) for near, _ in points],
        "there": [number for number, _, _ in there],
        "there_x": [x for _, _, x in there],
        "there_y": [place.latitude for _, place, _ in there],
        "owned": [number for number, _, _ in owned],
        "owners": [dealer for _, dealer, _ in owned],
        "owned_x": [place.longitude for _, _, place in owned],
        "owned_y": [place.latitude for _, _, place in owned],
        "owned_products": [_array(_products(asked, number)) for number, _, _ in owned],
        "currency": asked.currency,
        "now": asked.now,
        "day": asked.day,
        "oldest": asked.now - asked.max_age if asked.max_age is not None else None,
        "anyhow": [_fetched(ANYHOW, place) for _, place, _ in there],
        "of_owner": OWNED,
        "back_outlets": [outlet for outlet, _ in asked.give_back],
        "back_products": [product_id for _, product_id in asked.give_back],
        "back_units": list(asked.give_back.values()),
    }


def _nearest(
    asked: Asked, searches: Sequence[Near], rows: Iterable[tuple[int, int, int, float, float]]
) -> Iterator[tuple[int, list[int]]]:
    """By order and search the nearest on the globe out of what the index gave."""
    most = {(near.place, near.of): near.most for near in searches}
    found: dict[tuple[int, int], dict[int, int]] = {}
    for number, of, outlet, latitude, longitude in rows:
        place = asked.orders[number].place
        away = 0
        if place is not None and latitude is not None:
            away = metres(place.latitude, place.longitude, latitude, longitude)
        found.setdefault((number, of), {})[outlet] = away
    for (number, of), outlets in found.items():
        nearest = sorted(outlets, key=lambda outlet: (outlets[outlet], outlet))
        yield number, nearest[: most.get((number, of), ANYHOW)] if of >= -1 else nearest


def _products(asked: Asked, number: int) -> set[int]:
    return {asked.products[line.sku] for line in asked.orders[number].lines if line.sku in asked.products}


def _array(ids: Iterable[int]) -> str:
    return "{" + ",".join(str(each) for each in sorted(ids)) + "}"


def _longitudes(place: Place) -> Sequence[float]:
    """Where to look from: near the date line also as if from beyond it."""
    x = place.longitude
    return (x,) if abs(x) < EDGE else (x, x - 360 if x > 0 else x + 360)


def _fetched(most: int, place: Place) -> int:
    """How many to fetch by degrees to have the nearest on the globe among them."""
    return ceil(most * min(SPARE / max(_narrow(place), 0.01), MOST_FETCHED))


def _narrow(place: Place) -> float:
    """How long a degree of longitude is for one of latitude."""
    return cos(radians(place.latitude))
