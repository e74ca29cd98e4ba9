"""Locks on what offers hold or will take: campaigns, outlets' days, stock rows, in the house order and each by its key.

Whoever lets go of more than one holding in a transaction, or lets go and takes, locks all of them here first; else two
of them could wait for each other. Orders, offers and holdings are locked FOR NO KEY UPDATE only: foreign keys are
looked at when a transaction commits, beyond every order of locks.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable

from django.db import connection

from fulfilment.allocation.calendars import local_day
from fulfilment.allocation.models import ConsumerCampaign, Offer, OfferLine, OutletDay, OutletService
from fulfilment.stock.outlets import Key

# Days that are not there yet are made, so that who comes first is settled for them, too.
LOCK_DAYS = """
INSERT INTO fulfilment_allocation_outletday AS d (outlet_id, day, booked)
SELECT w.outlet_id, w.day, 0 FROM unnest(%s::bigint[], %s::date[]) AS w(outlet_id, day) ORDER BY 1, 2
ON CONFLICT (outlet_id, day) DO UPDATE SET booked = d.booked
"""
LOCK_STOCK = """
SELECT s.id FROM fulfilment_stock_outletstock s
JOIN unnest(%s::bigint[], %s::bigint[]) AS w(outlet_id, product_id) USING (outlet_id, product_id)
ORDER BY s.id FOR NO KEY UPDATE OF s
"""


def lock_holdings(offers: Collection[Offer], *, also: Collection[Key] = (), now: dt.datetime | None = None) -> None:
    """Lock what offers hold, and what will be taken at `also`, booked for the day it is there at `now`."""
    lock_campaigns(offers)
    held = {offer.outlet_day_id for offer in offers if offer.outlet_day_id}
    days = set(OutletDay.objects.filter(pk__in=held).values_list("outlet", "day"))
    if now is not None:
        limited = OutletService.objects.filter(pk__in={outlet for outlet, _ in also}, daily_capacity__isnull=False)
        days |= {(pk, local_day(zone, now)) for pk, zone in limited.values_list("pk", "time_zone")}
    if days:
        with connection.cursor() as cursor:
            cursor.execute(LOCK_DAYS, [[outlet for outlet, _ in sorted(days)], [day for _, day in sorted(days)]])
    lock_stock({*OfferLine.objects.filter(offer__in=offers).values_list("offer__outlet", "product"), *also})


def lock_campaigns(offers: Iterable[Offer]) -> None:
    """Lock the campaigns of offers, by key. Who names one and takes nothing of it does not wait: an offer that needs no
    top-up is written without this lock, and its foreign key is looked at when its stock is locked already."""
    wanted = {offer.campaign_id for offer in offers if offer.campaign_id}
    list(ConsumerCampaign.objects.select_for_update(no_key=True).filter(pk__in=wanted).order_by("pk"))


def lock_stock(keys: Iterable[Key]) -> None:
    """Lock stock rows in key order, before several movements of one transaction touch them one after the other."""
    ordered = sorted(set(keys))
    if ordered:
        with connection.cursor() as cursor:
            cursor.execute(LOCK_STOCK, [[outlet for outlet, _ in ordered], [product for _, product in ordered]])
