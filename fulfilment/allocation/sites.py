"""Outlets that fulfil consumer orders and their dealers as facts, read for many at once."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any

from django.db import connection

from fulfilment.allocation import facts
from fulfilment.allocation.business_time import Calendar
from fulfilment.allocation.calendars import calendar_of, local_day
from fulfilment.allocation.goods import Contract
from fulfilment.allocation.minor import to_minor
from fulfilment.allocation.models import OutletException, OutletService
from fulfilment.allocation.scores import PRIOR_ACCEPTANCE
from pricing.margins.amounts import percent
from pricing.margins.terms import Model

METRES = 1000
#: How far ahead exceptional days are read: as far as an order is ever promised.
DAYS_AHEAD = 60

# Which local day it is, is worked out in one place, in Python: days before and after are read with it.
SITES = """
SELECT o.id, o.dealer_id, o.latitude::double precision, o.longitude::double precision, o.is_active AND s.is_active,
       s.area_code, s.delivers, s.hands_over, s.takes_away, s.freight_fixed, s.freight_per_100_km,
       s.freight_zones::text,
       s.transit_minutes, s.transit_minutes_per_100_km, s.reach_km, s.handling_minutes, s.daily_capacity,
       s.time_zone, s.week::text,
       (SELECT json_object_agg(e.day, e.openings ORDER BY e.day)::text FROM fulfilment_allocation_outletexception e
        WHERE e.service_id = o.id AND e.day BETWEEN %(day)s - 1 AND %(day)s + %(ahead)s),
       CASE WHEN s.daily_capacity IS NOT NULL THEN
           (SELECT json_object_agg(b.day, b.booked)::text FROM fulfilment_allocation_outletday b
            WHERE b.outlet_id = o.id AND b.day BETWEEN %(day)s - 1 AND %(day)s + 1) END,
       d.is_active AND c.is_active, d.currency, g.code, c.valid_from, c.valid_until, c.credit_hold, c.tier,
       c.entitlement, c.model, c.rebate, c.inbound_freight, r.acceptance, coalesce(r.units, 0), whole.units
FROM dealers_accounts_outlet o
JOIN fulfilment_allocation_outletservice s ON s.outlet_id = o.id
JOIN dealers_accounts_dealer d ON d.id = o.dealer_id
JOIN fulfilment_allocation_consumercontract c ON c.dealer_id = d.id
LEFT JOIN dealers_accounts_dealergroup g ON g.id = d.group_id
LEFT JOIN fulfilment_allocation_dealerscore r ON r.dealer_id = d.id
CROSS JOIN (SELECT coalesce(sum(units), 0)::bigint AS units FROM fulfilment_allocation_dealerscore) whole
WHERE o.id = ANY(%(outlets)s)
ORDER BY o.id
"""


@dataclass(frozen=True, slots=True)
class Site:
    """An outlet without its stock, and what of its dealer and the dealer's contract a decision looks at."""

    outlet: facts.Outlet
    located: bool
    currency: str
    contract: Contract
    active: bool
    valid_from: dt.date | None
    valid_until: dt.date | None
    credit_hold: bool
    entitlement: int
    groups: frozenset[str]
    acceptance: int
    units: int


def sites(outlet_ids: Iterable[int], now: dt.datetime) -> tuple[dict[int, Site], int]:
    """The outlets that have a service, of dealers that have a contract, by key; and the units allocated to all dealers
    in the period that fairness looks at. One statement."""
    parameters: dict[str, Any] = {"outlets": sorted(set(outlet_ids)), "day": now.date(), "ahead": DAYS_AHEAD}
    with connection.cursor() as cursor:
        cursor.execute(SITES, parameters)
        rows = cursor.fetchall()
    return {row[0]: _site(row, now) for row in rows}, rows[0][-1] if rows else 0


def dealer_of(site: Site, goods: Mapping[str, facts.Goods], day: dt.date) -> facts.Dealer:
    """A dealer with its goods; before the contract's first day it is not active."""
    return facts.Dealer(
        id=site.outlet.dealer,
        goods=goods,
        tier=site.contract.tier,
        active=site.active and (site.valid_from is None or site.valid_from <= day),
        contract_until=site.valid_until,
        credit_hold=site.credit_hold,
        groups=site.groups,
        acceptance=site.acceptance,
        units=site.units,
        entitlement=site.entitlement,
    )


def _site(row: tuple[Any, ...], now: dt.datetime) -> Site:
    (
        pk, dealer, latitude, longitude, serves,
        area, delivers, hands_over, takes_away, fixed, per_100_km, zones,
        minutes, minutes_per_100_km, reach, handling, capacity,
        time_zone, week, exceptions, booked,
        active, currency, group, valid_from, valid_until, credit_hold, tier,
        entitlement, model, rebate, inbound_freight, acceptance, units, _whole,
    ) = row  # fmt: skip
    outlet = facts.Outlet(
        id=pk,
        dealer=dealer,
        place=facts.Place(latitude or 0.0, longitude or 0.0, area),
        stock={},
        tariff=_tariff(fixed, per_100_km, zones, minutes, minutes_per_100_km, reach),
        methods=_methods(delivers, hands_over, takes_away) if serves else frozenset(),
        calendar=_calendar(time_zone, week, exceptions),
        handling=handling,
        capacity=capacity,
        booked=json.loads(booked).get(local_day(time_zone, now).isoformat(), 0) if booked else 0,
    )
    return Site(
        outlet=outlet,
        located=latitude is not None and longitude is not None,
        currency=currency,
        contract=Contract(tier, percent(rebate), percent(inbound_freight), Model(model)),
        active=active,
        valid_from=valid_from,
        valid_until=valid_until,
        credit_hold=credit_hold,
        entitlement=percent(entitlement),
        groups=frozenset({group} if group else ()),
        acceptance=PRIOR_ACCEPTANCE if acceptance is None else acceptance,
        units=units,
    )


# Most outlets of a supplier have the same few tariffs and opening hours; the same text always gives the same object.


@lru_cache(maxsize=4096)
def _tariff(fixed: Any, per_100_km: Any, zones: str, minutes: int, per_100: int, reach: int | None) -> facts.Tariff:
    return facts.Tariff(
        fixed=to_minor(fixed),
        per_100_km=to_minor(per_100_km),
        zones={area: to_minor(Decimal(price)) for area, price in json.loads(zones, parse_float=Decimal).items()},
        minutes=minutes,
        minutes_per_100_km=per_100,
        reach=None if reach is None else reach * METRES,
    )


@lru_cache(maxsize=8)
def _methods(delivers: bool, hands_over: bool, takes_away: bool) -> frozenset[facts.Method]:
    every = zip(facts.Method, (delivers, hands_over, takes_away), strict=True)
    return frozenset(method for method, offered in every if offered)


@lru_cache(maxsize=4096)
def _calendar(time_zone: str, week: str, exceptions: str | None) -> Calendar | None:
    service = OutletService(time_zone=time_zone, week=json.loads(week))
    days = [
        OutletException(day=dt.date.fromisoformat(day), openings=openings)
        for day, openings in json.loads(exceptions or "{}").items()
    ]
    return calendar_of(service, days)
