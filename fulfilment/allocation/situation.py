"""The situation an order is decided in, read from the database: the order's facts and a snapshot of what bears on it.

Whatever is read here stands in the snapshot and nowhere else, so that a decision can be made again from its record. The
number of statements does not grow with the number of orders.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import replace
from decimal import Decimal
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection
from django.utils.translation import gettext as _

from fulfilment.allocation import facts
from fulfilment.allocation.candidates import Asked, outlets_for, territories_at
from fulfilment.allocation.goods import Contract, Ware, goods_of, wares
from fulfilment.allocation.keptrows import kept_row
from fulfilment.allocation.minor import to_minor
from fulfilment.allocation.models import ConsumerCampaign, ConsumerTerms, ProtectedTerritory
from fulfilment.allocation.rules import Rule
from fulfilment.allocation.sites import Site, dealer_of, sites
from fulfilment.consumer.models import ConsumerOrder, ConsumerOrderLine
from fulfilment.stock.outlets import FREE, Key
from pricing.margins.amounts import percent
from pricing.margins.spread import spread
from pricing.margins.terms import Caps, Rates
from pricing.quote import supplier_day

METRES = 1000
#: What was never counted is as old as can be.
NEVER = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
NOWHERE = facts.Place(0.0, 0.0)

TERMS = """
SELECT to_jsonb(t)::text FROM fulfilment_allocation_consumerterms t
WHERE t.valid_from <= %s ORDER BY t.valid_from DESC, t.id DESC LIMIT 1
"""
STOCK = f"""
SELECT s.outlet_id, s.product_id, {FREE}, s.blocked_at IS NULL, s.feed_as_of
FROM fulfilment_stock_outletstock s
JOIN unnest(%s::bigint[], %s::bigint[]) AS w(outlet_id, product_id) USING (outlet_id, product_id)
"""  # noqa: S608 - constants

Stocks = dict[int, dict[str, facts.Stock]]


class NoTerms(Exception):
    """No terms of consumer orders hold yet; the message says what to do."""


def clock() -> dt.datetime:
    """The database's time at this moment: what deadlines are compared with, whichever host asks."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        now: dt.datetime = cursor.fetchone()[0]
        return now


def terms_now(now: dt.datetime) -> ConsumerTerms:
    """The terms that hold at a moment: the newest that has begun. Raises `NoTerms`."""
    with connection.cursor() as cursor:
        cursor.execute(TERMS, [now])
        found = cursor.fetchone()
    if found is None:
        raise NoTerms(_("No terms of consumer orders hold yet. Set taxes, fees and caps under Consumer orders, Terms."))
    return copy(_terms(found[0]))


@lru_cache(maxsize=16)
def _terms(row: str) -> ConsumerTerms:
    """Terms from the text of their row: they are asked for with every order and seldom change."""
    return kept_row(ConsumerTerms, json.loads(row, parse_float=Decimal))


def campaigns_in_force(orders: Sequence[ConsumerOrder]) -> frozenset[tuple[str, str, dt.date]]:
    """The campaigns that the orders name and that are in force, as `(code, currency, supplier's day of placing)`.

    One statement for any number of orders, none when no order names a campaign.
    """
    named = {_named(order) for order in orders if order.campaign_code}
    if not named:
        return frozenset()
    rows = ConsumerCampaign.objects.filter(code__in={code for code, _currency, _day in named})
    return frozenset(
        (code, currency, day)
        for row in rows
        for code, currency, day in named
        if (row.code, row.currency) == (code, currency) and (row.valid_from or day) <= day <= (row.valid_until or day)
    )


def order_facts(
    order: ConsumerOrder,
    lines: Sequence[ConsumerOrderLine],
    terms: ConsumerTerms,
    *,
    declined: frozenset[int],
    campaigns: frozenset[tuple[str, str, dt.date]] | None = None,
) -> facts.Order:
    """What `plan` is told of an order. `lines` are all of its lines: the freight is shared among all of them.

    A line names the order's campaign where that was in force on the supplier's day the order was placed, so that an
    order of the last day keeps its campaign when it is decided the day after. Who decides many orders asks
    `campaigns_in_force` once and hands it in.
    """
    if campaigns is None:
        campaigns = campaigns_in_force([order])
    campaign = order.campaign_code if order.campaign_code and _named(order) in campaigns else ""
    shared = spread([to_minor(line.gross) for line in lines], freight=to_minor(order.freight))
    return facts.Order(
        number=f"{order.channel.code}/{order.external_number}",
        placed_at=order.placed_at,
        place=_place(order),
        lines=tuple(
            facts.OrderLine(
                key=line.pk,
                sku=line.sku,
                quantity=line.quantity,
                paid=to_minor(line.paid),
                supplier_discount=to_minor(line.discount_supplier),
                freight_charged=share.freight,
                campaign=campaign,
            )
            for line, share in zip(lines, shared, strict=True)
        ),
        method=facts.Method(order.method),
        channel=order.channel.code,
        outlet=order.pickup_outlet_id,
        promised_by=_end_of(order.promised_on) if order.promised_on else None,
        decide_by=order.received_at + dt.timedelta(hours=terms.decide_within_hours),
        declined=declined,
        tags=frozenset({order.campaign_code} if order.campaign_code else ()),
    )


def snapshots(
    orders: Sequence[facts.Order],
    *,
    currency: str,
    terms: ConsumerTerms,
    now: dt.datetime,
    give_back: Mapping[Key, int] | None = None,
    always: frozenset[int] = frozenset(),
    rules: Sequence[Rule] = (),
) -> list[facts.Snapshot]:
    """For each order what bears on it at a moment, of the outlets near it and those in `always`.

    `give_back` are units by outlet and product that count as if they were released. Outlets of a snapshot are the same
    objects in all that have them, with the stock of every order's SKUs. Dealers who buy in another currency have no
    goods. Told the `rules` that will decide, it looks at as many outlets as they price, and of dealers that a rule
    alone asks at the nearest of those. Constant number of statements.
    """
    back, day = give_back or {}, supplier_day(now)
    known = wares((line.sku for order in orders for line in order.lines), currency)
    territory_ids = territories_at(orders)
    territories = _territories({pk for ids in territory_ids for pk in ids}, known)
    owners = [frozenset(territories[pk].dealer for pk in ids) for ids in territory_ids]
    max_age = None if terms.stock_max_age_hours is None else dt.timedelta(hours=terms.stock_max_age_hours)
    products = {sku: ware.id for sku, ware in known.items()}
    asked = Asked(orders, products, currency, now, day, max_age, owners, back, rules)
    looked_at = [[*dict.fromkeys((*ids, *sorted(always)))] for ids in outlets_for(asked)]
    found, units = sites({pk for ids in looked_at for pk in ids}, now)
    stocks = _stocks(orders, looked_at, found, known, back)
    dealers = _dealers(orders, looked_at, found, known, terms, currency, day)
    outlets = {pk: replace(site.outlet, stock=stocks.get(pk, {})) for pk, site in found.items()}
    common = facts.Snapshot(
        now=now,
        rates=rates_of(terms),
        dealers=dealers,
        outlets=(),
        caps=caps_of(terms),
        order_cap=None if terms.top_up_per_order is None else to_minor(terms.top_up_per_order),
        campaigns=_campaigns(orders, currency),
        online_floors={sku: ware.online_floor for sku, ware in known.items() if ware.online_floor is not None},
        stock_max_age=max_age,
        units=units,
    )
    return [
        replace(
            common,
            outlets=tuple(_there(order, found[pk], outlets[pk]) for pk in ids if _reachable(order, found.get(pk))),
            territories=tuple(territories[pk] for pk in sorted(of_order)),
        )
        for order, ids, of_order in zip(orders, looked_at, territory_ids, strict=True)
    ]


def rates_of(terms: ConsumerTerms) -> Rates:
    """The taxes and fees of terms."""
    return Rates(
        goods_tax=percent(terms.goods_tax),
        freight_tax=percent(terms.freight_tax),
        service_tax=percent(terms.service_tax),
        top_up_tax=percent(terms.top_up_tax),
        payment_fee=percent(terms.payment_fee),
        payment_fee_on_dealer=percent(terms.payment_fee_on_dealer),
        guide=percent(terms.guide),
        guide_on_dealer=percent(terms.guide_on_dealer),
        commission=percent(terms.commission),
        override=percent(terms.override),
    )


def caps_of(terms: ConsumerTerms) -> Caps:
    """The caps of terms on a line."""
    return Caps(
        share=None if terms.top_up_share is None else percent(terms.top_up_share),
        per_line=None if terms.top_up_per_line is None else to_minor(terms.top_up_per_line),
        supplier_floor=None if terms.supplier_floor is None else to_minor(terms.supplier_floor),
    )


def _named(order: ConsumerOrder) -> tuple[str, str, dt.date]:
    return order.campaign_code, order.currency, supplier_day(order.placed_at)


def _place(order: ConsumerOrder) -> facts.Place | None:
    if order.latitude is None or order.longitude is None:
        return None
    return facts.Place(float(order.latitude), float(order.longitude), order.area_code, order.country)


def _end_of(day: dt.date) -> dt.datetime:
    """The end of a day of the supplier's."""
    return dt.datetime.combine(day + dt.timedelta(days=1), dt.time(), ZoneInfo(settings.TIME_ZONE))


def _reachable(order: facts.Order, site: Site | None) -> bool:
    """Whether an outlet can stand in an order's snapshot: it serves, and nothing is sent from who knows where."""
    return site is not None and (site.located or order.method is not facts.Method.DELIVERY)


def _there(order: facts.Order, site: Site, outlet: facts.Outlet) -> facts.Outlet:
    """The outlet; one without coordinates, where the consumer comes to it, counts as at the consumer's place."""
    return outlet if site.located else replace(outlet, place=order.place or NOWHERE)


def _territories(ids: set[int], known: Mapping[str, Ware]) -> dict[int, facts.Territory]:
    """Territories by key, for those of the asked SKUs that are in their category."""
    if not ids:
        return {}
    return {
        row.pk: facts.Territory(
            dealer=row.dealer_id,
            protection=facts.Protection(row.protection),
            area=row.area_code or None,
            centre=None if row.area_code else facts.Place(float(row.latitude or 0), float(row.longitude or 0)),
            radius=(row.radius_km or 0) * METRES,
            skus=row.category and frozenset(sku for sku, ware in known.items() if ware.is_in(row.category.path)),
            valid_from=row.valid_from,
            valid_until=row.valid_until,
        )
        for row in ProtectedTerritory.objects.filter(pk__in=ids).select_related("category").order_by("pk")
    }


def _stocks(
    orders: Sequence[facts.Order],
    looked_at: Sequence[Sequence[int]],
    found: Mapping[int, Site],
    known: Mapping[str, Ware],
    back: Mapping[Key, int],
) -> Stocks:
    """What outlets can promise of the SKUs of orders they are looked at for, by outlet and SKU."""
    skus = {ware.id: sku for sku, ware in known.items()}
    keys = sorted(
        {
            (outlet, known[line.sku].id)
            for order, ids in zip(orders, looked_at, strict=True)
            for outlet in ids
            if outlet in found
            for line in order.lines
            if line.sku in known
        }
    )
    stocks: Stocks = {}
    with connection.cursor() as cursor:
        cursor.execute(STOCK, [[outlet for outlet, _ in keys], [product for _, product in keys]])
        for outlet, product, free, is_open, as_of in cursor.fetchall():
            available = free + back.get((outlet, product), 0) if is_open else 0
            stocks.setdefault(outlet, {})[skus[product]] = facts.Stock(max(available, 0), as_of or NEVER)
    return stocks


def _dealers(
    orders: Sequence[facts.Order],
    looked_at: Sequence[Sequence[int]],
    found: Mapping[int, Site],
    known: Mapping[str, Ware],
    terms: ConsumerTerms,
    currency: str,
    day: dt.date,
) -> dict[int, facts.Dealer]:
    """The dealers of the outlets, with goods of the SKUs of orders they are looked at for."""
    contracts: dict[int, Contract] = {
        site.outlet.dealer: site.contract for site in found.values() if site.currency == currency
    }
    wanted = {
        (found[outlet].outlet.dealer, line.sku)
        for order, ids in zip(orders, looked_at, strict=True)
        for outlet in ids
        if outlet in found and found[outlet].currency == currency
        for line in order.lines
    }
    goods = goods_of(contracts, wanted, known, day=day, goods_tax=percent(terms.goods_tax))
    every = {site.outlet.dealer: site for site in found.values()}
    return {pk: dealer_of(every[pk], goods.get(pk, {}), day) for pk in sorted(every)}


def _campaigns(orders: Sequence[facts.Order], currency: str) -> dict[str, int]:
    """What the campaigns that lines name have left of their budgets."""
    codes = {line.campaign for order in orders for line in order.lines if line.campaign}
    if not codes:
        return {}
    rows: Any = ConsumerCampaign.objects.filter(code__in=codes, currency=currency).values_list("code", "budget", "used")
    return {code: max(to_minor(budget - used), 0) for code, budget, used in rows.order_by("code")}
