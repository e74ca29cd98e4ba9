"""Dealers who fulfil consumer orders: contracts, services, counted stock, terms and rules, where there are none yet."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection
from oscar.core.loading import get_model

from dealers.accounts.models import Dealer, Outlet
from fulfilment.allocation import ruleedit
from fulfilment.allocation.models import (
    ConsumerContract,
    ConsumerTerms,
    OnlineTerms,
    OutletService,
    ProtectedMargin,
    RuleSet,
    RuleSetState,
    SourcingRule,
)
from fulfilment.consumer.data import AddressData
from fulfilment.consumer.models import Channel, ChannelKind
from fulfilment.consumer.places import locate
from fulfilment.stock.models import OutletStock
from fulfilment.stock.outlet_feed import Counted, take_counts
from portal.demo.shoppers import Good

Product = get_model("catalogue", "Product")

#: Monday to Saturday from nine to seven, Sunday from ten to five, in minutes after midnight.
WEEK = [[[540, 1140]]] * 6 + [[[600, 1020]]]
ZONES = {"CN": "Asia/Shanghai", "US": "America/Chicago", "CA": "America/Toronto", "AU": "Australia/Sydney",
         "DE": "Europe/Berlin", "FR": "Europe/Paris", "NL": "Europe/Amsterdam", "GB": "Europe/London"}  # fmt: skip
COUNTS_AT_ONCE = 5_000
#: The supplier's cost of a unit in percent of its list price.
SUPPLIER_COST = Decimal(24)


@dataclass(frozen=True)
class Manner:
    """How dealers of a currency are furnished: how many SKUs of the goods an outlet has, freight, and tax in percent.

    `rebates` are percent off the contract price by tier, the highest tier first.
    """

    currency: str
    goods: Sequence[Good]
    rebates: tuple[Decimal, ...] = (Decimal(0), Decimal(0), Decimal(0))
    skus: int = 40
    tax: Decimal = Decimal(13)
    parcel: Decimal = Decimal("8.00")
    per_100_km: Decimal = Decimal("4.00")
    reach_km: int = 800
    seed: int = 1


def furnish(manner: Manner, now: datetime) -> int:
    """Let every active dealer of a currency, whose outlets have coordinates, fulfil orders; how many outlets can.

    What is there already is left as it is, so that it may be repeated.
    """
    outlets = list(
        Outlet.objects.filter(
            dealer__currency=manner.currency, dealer__is_active=True, is_active=True, latitude__isnull=False
        )
        .select_related("dealer")
        .order_by("dealer__number", "code")
    )
    _contracts(manner, [outlet.dealer for outlet in outlets])
    _services(manner, outlets)
    _stock(manner, outlets, now)
    _online_terms(manner)
    _terms(manner, now)
    _analyze(Product, Outlet, Dealer, OutletStock, OutletService, ConsumerContract, OnlineTerms)
    return len(outlets)


def _analyze(*models: Any) -> None:
    """Count the rows for PostgreSQL's planner now: it took tables for empty that were filled a moment ago."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE " + ", ".join(model._meta.db_table for model in models))


def make_channel(code: str, name: str, currency: str) -> Channel:
    """The channel of a code; a new one takes files and what is written by hand."""
    defaults = {"name": name, "currency": currency, "kind": ChannelKind.HAND}
    return Channel.objects.get_or_create(code=code, defaults=defaults)[0]


def _contracts(manner: Manner, dealers: Sequence[Dealer]) -> None:
    distinct = {dealer.pk: dealer for dealer in dealers}
    entitlement = (Decimal(100) / max(len(distinct), 1)).quantize(Decimal("0.0001"))
    tiers = len(manner.rebates)
    ConsumerContract.objects.bulk_create(
        [
            ConsumerContract(
                dealer=dealer,
                tier=tiers - place % tiers,
                rebate=manner.rebates[place % tiers],
                entitlement=entitlement,
                inbound_freight=Decimal(1),
            )
            for place, dealer in enumerate(distinct.values())
        ],
        ignore_conflicts=True,
    )


def _services(manner: Manner, outlets: Sequence[Outlet]) -> None:
    places = locate([_address(outlet) for outlet in outlets])
    OutletService.objects.bulk_create(
        [
            OutletService(
                outlet=outlet,
                hands_over=place % 2 == 0,
                takes_away=place % 4 == 0,
                area_code=found.area_code if found else "",
                freight_fixed=manner.parcel,
                freight_per_100_km=manner.per_100_km,
                transit_minutes=12 * 60,
                transit_minutes_per_100_km=4 * 60,
                reach_km=manner.reach_km,
                handling_minutes=4 * 60,
                daily_capacity=30,
                time_zone=ZONES.get(outlet.country, "UTC"),
                week=WEEK,
            )
            for place, (outlet, found) in enumerate(zip(outlets, places, strict=True))
        ],
        ignore_conflicts=True,
    )


def _address(outlet: Outlet) -> AddressData:
    return AddressData(
        country=outlet.country,
        postal_code=outlet.postal_code,
        region=outlet.state,
        city=outlet.city,
        latitude=outlet.latitude,
        longitude=outlet.longitude,
    )


def _stock(manner: Manner, outlets: Sequence[Outlet], now: datetime) -> None:
    """So many SKUs in each outlet, the same for the same seed, counted an hour ago."""
    ids = dict(Product.objects.filter(upc__in=[good.sku for good in manner.goods]).values_list("upc", "pk"))
    skus = sorted(sku for sku in ids)
    counted = set(OutletStock.objects.filter(outlet__in=outlets).values_list("outlet", flat=True))
    counts = []
    for outlet in outlets:
        rng = random.Random(f"{manner.seed}-{outlet.dealer.number}-{outlet.code}")
        for sku in rng.sample(skus, min(manner.skus, len(skus))) if outlet.pk not in counted else ():
            quantity = rng.choice((0, 1, 2, 3, 4, 6, 8, 12))
            counts.append(Counted(outlet.pk, ids[sku], quantity, now - timedelta(hours=1), rng.choice((0, 0, 0, 1))))
    for start in range(0, len(counts), COUNTS_AT_ONCE):
        take_counts(counts[start : start + COUNTS_AT_ONCE])


def _online_terms(manner: Manner) -> None:
    """The supplier never sells online below 60 % of list without a campaign, and knows what a unit costs it."""
    ids = dict(Product.objects.filter(upc__in=[good.sku for good in manner.goods]).values_list("upc", "pk"))
    OnlineTerms.objects.bulk_create(
        [
            OnlineTerms(
                product_id=ids[good.sku],
                currency=manner.currency,
                online_floor_price=round(good.price * 60 / 100, 2),
                supplier_cost=round(good.price * SUPPLIER_COST / 100, 2),
            )
            for good in manner.goods
            if good.sku in ids
        ],
        ignore_conflicts=True,
    )


def _terms(manner: Manner, now: datetime) -> None:
    if not ProtectedMargin.objects.exists():
        ProtectedMargin.objects.create(share=Decimal(18))
    if not ConsumerTerms.objects.exists():
        ConsumerTerms.objects.create(
            valid_from=now - timedelta(days=60),
            goods_tax=manner.tax,
            freight_tax=Decimal(9) if manner.tax else Decimal(0),
            service_tax=Decimal(6) if manner.tax else Decimal(0),
            top_up_tax=manner.tax,
            payment_fee=Decimal("0.6"),
            guide=Decimal(2),
            override=Decimal(3),
            top_up_share=Decimal(10),
            stock_max_age_hours=24 * 30,
            decide_within_hours=72,
        )
    if not RuleSet.objects.filter(state=RuleSetState.LIVE).exists():
        draft = ruleedit.new_draft("Nearest dealers first", by=None)
        for rule in usual_rules(draft):
            ruleedit.save_rule(rule, by=None)
        ruleedit.publish(draft.pk, by=None)


def usual_rules(rule_set: RuleSet) -> list[SourcingRule]:
    """The rules of a first set: owners of the territory, shops within 60 km that race, everybody one by one."""
    near: dict[str, Any] = {"within_km": 60, "mode": "competitive", "offers": 3, "timeout": 120}
    return [
        SourcingRule(rule_set=rule_set, name="Owners of the territory", owners_only=True, offers=1, timeout=240),
        SourcingRule(rule_set=rule_set, name="Several nearby", parcels=1, split=False, **near),
        SourcingRule(rule_set=rule_set, name="One after the other", offers=4, parcels=2, on_exhausted="backlog"),
    ]


def outlets_that_fulfil(currency: str) -> int:
    """How many outlets of dealers of a currency may fulfil orders."""
    return OutletService.objects.filter(
        outlet__dealer__currency=currency, is_active=True, outlet__dealer__consumer_contract__is_active=True
    ).count()
