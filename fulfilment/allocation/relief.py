"""Offers taken back where an outlet turns out to have less than it promised: the newest first, as few as are needed.

What a dealer has accepted stays; staff see what is short of it among the exceptions.
"""

from __future__ import annotations

from django.db import transaction

from fulfilment.allocation.fates import refresh
from fulfilment.allocation.models import Offer, OfferState
from fulfilment.allocation.offers import end
from fulfilment.consumer.commands import lock_consumer_order
from fulfilment.stock.models import StockShortfall

#: Kept as a code and worded on the screen, in the reader's language.
SHORT = "stock-short"


def relieve(limit: int = 200) -> int:
    """Take back offers that hold what is not there; how many. Safe to repeat and beside others."""
    short = StockShortfall.objects.filter(cleared_at=None).order_by("pk").values_list("pk", "stock")
    return sum(_relieve(pk, stock) for pk, stock in list(short[:limit]))


def _relieve(shortfall_id: int, stock_id: int) -> int:
    """Take back the newest offers on a stock row until it is short no more."""
    holding = Offer.objects.filter(
        state=OfferState.SENT,
        holds=True,
        outlet__stock=stock_id,
        lines__product__outlet_stock=stock_id,
    )
    taken = 0
    for offer_id, order_id in list(holding.order_by("-sent_at", "-pk").values_list("pk", "order").distinct()):
        with transaction.atomic():
            order = lock_consumer_order(order_id)
            if not StockShortfall.objects.filter(pk=shortfall_id, cleared_at=None).exists():
                break
            taken += end(Offer.objects.get(pk=offer_id), OfferState.WITHDRAWN, by=None, note=SHORT)
            refresh(order)
    return taken
