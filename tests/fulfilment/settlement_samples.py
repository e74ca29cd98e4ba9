"""Orders in dealers' hands, at terms that a test says to the cent: no planner stands between the two."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Sum

from dealers.ledger.models import Posting
from fulfilment.allocation import held, offers
from fulfilment.allocation.minor import to_money
from fulfilment.allocation.models import Allocation, ConsumerCampaign, Decision, Offer, OfferLine, OfferState
from fulfilment.allocation.record import to_plain
from fulfilment.consumer.commands import lock_consumer_order
from fulfilment.consumer.models import ConsumerOrder
from fulfilment.stock import outlets
from pricing.margins.amounts import percent
from pricing.margins.settle import Settlement, settle
from pricing.margins.terms import Caps, Floor, Rates, Sale, Terms
from tests.fulfilment.allocation_world import AllocationWorld, Shop

RATES = Rates(
    goods_tax=percent(13),
    freight_tax=percent(9),
    service_tax=percent(6),
    top_up_tax=percent(13),
    payment_fee=percent("0.6"),
    guide=percent(2),
)
TERMS = Terms(RATES, Floor(share=percent(18)), Caps(share=percent(10)))


def sale(paid: int, quantity: int = 1, **changed: int) -> Sale:
    """The reference's sale: bought for 780.00 a unit, sent for 18.00, 90.00 earned by the supplier before."""
    usual = Sale(quantity, paid, landed_cost=780_00 * quantity, freight=18_00, wholesale_margin=90_00 * quantity)
    return replace(usual, **changed)


@transaction.atomic
def hand_to(
    world: AllocationWorld,
    order: ConsumerOrder,
    settlements: Mapping[str, Settlement],
    *,
    shop: Shop | None = None,
    campaign: ConsumerCampaign | None = None,
    overrides: Sequence[tuple[int, int]] = (),
) -> Allocation:
    """Let a shop (the first) hold the order's lines of these SKUs, accepted at these settlements."""
    shop = shop or world.shops[0]
    decision = Decision.objects.create(order=order, order_version=1, terms=world.terms, record={})
    every = list(settlements.values())
    offer = Offer.objects.create(
        order=order,
        order_version=1,
        decision=decision,
        dealer=shop.dealer,
        outlet=shop.outlet,
        mode="auto",
        state=OfferState.ACCEPTED,
        currency=order.currency,
        campaign=campaign,
        paid=to_money(sum(made.sale.paid for made in every)),
        top_up=to_money(sum(made.top_up for made in every)),
        receives=to_money(sum(made.dealer_receives for made in every)),
    )
    lines = {line.sku: line for line in order.lines.all()}
    OfferLine.objects.bulk_create(
        OfferLine(
            offer=offer,
            order_line=lines[sku],
            position=position,
            product_id=lines[sku].product_id,
            sku=sku,
            name=lines[sku].name,
            quantity=lines[sku].quantity,
            paid=to_money(made.sale.paid),
            landed_cost=to_money(made.sale.landed_cost),
            freight=to_money(made.sale.freight),
            top_up=to_money(made.top_up),
            receives=to_money(made.dealer_receives),
            keeps=to_money(made.dealer_margin),
            floor=to_money(made.floor),
            settlement=to_plain(made),
            overrides=[list(each) for each in overrides],
        )
        for position, (sku, made) in enumerate(settlements.items(), start=1)
    )
    if campaign is not None:
        ConsumerCampaign.objects.filter(pk=campaign.pk).update(used=campaign.used + offer.top_up)
        campaign.refresh_from_db()
    outlets.hold(offers.wanted(offer.lines.all(), shop.outlet.pk), offers.reference(offer))
    return offers.settle_accepted(lock_consumer_order(order.pk), offer, by=None)


def send_all(allocation: Allocation) -> Allocation:
    """Send every line of an allocation."""
    held.send(allocation.pk, list(allocation.lines.values_list("pk", flat=True)), by=None)
    allocation.refresh_from_db()
    return allocation


def complete(allocation: Allocation, at: dt.datetime | None = None) -> Allocation:
    """Let the consumer have it all."""
    held.complete(allocation.pk, by=None, at=at)
    allocation.refresh_from_db()
    return allocation


def take_back(allocation: Allocation, units: int = 1, *, by_fault: bool = False, reference: str = "R-1") -> None:
    """Take back units of an allocation's only line."""
    line = allocation.lines.get()
    held.give_back(line.pk, units, by_fault=by_fault, resellable=False, by=None, reference=reference)


def accounts(**of: Any) -> dict[str, Decimal]:
    """What each account comes to, of postings filtered so; accounts that come to nothing are left out."""
    sums = Posting.objects.filter(**of).order_by().values_list("account").annotate(sum=Sum("amount"))
    return {account: amount for account, amount in sums if amount}


def at_price(paid: int, terms: Terms = TERMS, **changed: int) -> Settlement:
    """The settlement of the reference's sale at a price in cents."""
    return settle(sale(paid, **changed), terms)
