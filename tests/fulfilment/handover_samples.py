"""Offers to the shops of the world of allocation, made by hand: what is tested here begins when one lies there."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.utils import timezone

from dealers.accounts.models import DealerRole, Membership, User
from fulfilment.allocation import held, offers
from fulfilment.allocation.minor import to_minor, to_money
from fulfilment.allocation.models import Allocation, AllocationLine, Decision, Offer, OfferLine, OfferState
from fulfilment.allocation.record import to_plain
from fulfilment.consumer.models import ConsumerOrder, ConsumerOrderLine
from fulfilment.stock import outlets
from pricing.margins.amounts import net, percent
from pricing.margins.settle import Settlement, settle
from pricing.margins.terms import Floor, Model, Rates, Sale, Terms
from tests.factories import make_user
from tests.fulfilment.allocation_world import COST, AllocationWorld, Shop, of, place_order

RATES = Rates(
    goods_tax=percent(13),
    freight_tax=percent(9),
    service_tax=percent(6),
    top_up_tax=percent(13),
    payment_fee=percent("0.6"),
    guide=percent(2),
)
FLOOR = Floor(share=percent(18))


def make_offer(
    world: AllocationWorld,
    order: ConsumerOrder | None = None,
    *,
    shop: int = 1,
    minutes: int = 240,
    model: Model = Model.DEALER_SELLS,
    **fields: Any,
) -> Offer:
    """An offer of all lines of an order (one A unless told) to a shop, waiting for its answer, its stock held."""
    order = order or place_order(world)
    seller: Shop = world.shops[shop - 1]
    decision = Decision.objects.create(
        order=order, order_version=order.version, cause="live", terms=world.terms, record={}
    )
    lines = list(order.lines.order_by("position"))
    settled = [_settled(line, model, first=place == 0) for place, line in enumerate(lines)]
    now = timezone.now()
    values = {
        "mode": "sequential",
        "sent_at": now,
        "expires_at": now + timedelta(minutes=minutes),
        "distance_m": 5_000 * shop,
        "currency": "EUR",
    }
    offer = Offer.objects.create(
        order=order,
        order_version=order.version,
        decision=decision,
        dealer=seller.dealer,
        outlet=seller.outlet,
        **{**values, **_sums(settled), **fields},
    )
    OfferLine.objects.bulk_create(_line(offer, line, made) for line, made in zip(lines, settled, strict=True))
    outlets.hold(offers.wanted(offer.lines.all(), offer.outlet_id), offers.reference(offer))
    offers.step(offer, "", OfferState.SENT, by=None)
    return offer


def make_allocation(
    world: AllocationWorld, order: ConsumerOrder | None = None, *, shop: int = 1, **fields: Any
) -> Allocation:
    """An offer that the shop's administrator has accepted."""
    offer = make_offer(world, order, shop=shop, **fields)
    offers.accept(offer.pk, by=world.shops[shop - 1].user)
    return Allocation.objects.get(pk=offer.pk)


def pickup_order(
    world: AllocationWorld, number: str = "P-1", skus: Sequence[str] = ("A", "B"), **more: Any
) -> ConsumerOrder:
    """An order that the consumer picks up at shop 1."""
    shop = world.shops[0]
    where = f"{shop.dealer.number}/{shop.outlet.code}"
    return place_order(world, number, *(of(sku) for sku in skus), method="pickup", pickup_outlet=where, **more)


def packed_pickup(world: AllocationWorld, number: str = "P-1", skus: Sequence[str] = ("A", "B")) -> Allocation:
    """An order to be picked up at shop 1, packed."""
    allocation = make_allocation(world, pickup_order(world, number, skus))
    return held.pack(allocation.pk, by=world.shops[0].user)


def lines_of(allocation: Allocation) -> list[AllocationLine]:
    """Its lines, in order."""
    return list(allocation.lines.order_by("pk"))


def colleague(world: AllocationWorld, name: str = "Cara", role: str = DealerRole.BUYER, shop: int = 1) -> User:
    """Somebody else at a shop."""
    user = make_user(f"{name.lower()}@s-{shop}.example", name)
    Membership.objects.create(user=user, dealer=world.shops[shop - 1].dealer, role=role)
    return user


def _settled(line: ConsumerOrderLine, model: Model, *, first: bool) -> Settlement:
    sale = Sale(
        quantity=line.quantity,
        paid=to_minor(line.paid),
        landed_cost=to_minor(COST[line.sku]) * line.quantity,
        freight=1_800 if first else 0,
        supplier_discount=to_minor(line.discount_supplier),
        freight_charged=to_minor(line.order.freight) if first else 0,
    )
    return settle(sale, Terms(RATES, FLOOR, model=model))


def _money(made: Settlement) -> dict[str, Decimal]:
    amounts = {
        "paid": made.sale.paid,
        "landed_cost": made.sale.landed_cost,
        "freight": made.sale.freight,
        "top_up": made.top_up,
        "receives": made.dealer_receives,
        "keeps": made.dealer_margin,
        "floor": made.floor,
    }
    return {name: to_money(amount) for name, amount in amounts.items()}


def _sums(settled: Sequence[Settlement]) -> dict[str, Decimal]:
    of_lines = [_money(made) for made in settled]
    sums = {name: sum((line[name] for line in of_lines), Decimal("0.00")) for name in of_lines[0]}
    every = [
        (made.fees.payment_on_dealer + made.fees.guide_on_dealer + made.fees.commission, made.fulfilment_fee)
        for made in settled
    ]
    revenue = sum(net(made.sale.paid + made.sale.supplier_discount, RATES.goods_tax) for made in settled)
    return sums | {
        "freight_charged": to_money(sum(made.sale.freight_charged for made in settled)),
        "fees": to_money(sum(fees for fees, _fee in every)),
        "fulfilment_fee": to_money(sum(fee for _fees, fee in every)),
        "net_revenue": to_money(revenue),
    }


def _line(offer: Offer, line: ConsumerOrderLine, made: Settlement) -> OfferLine:
    return OfferLine(
        offer=offer,
        order_line=line,
        position=line.position,
        product_id=line.product_id,
        sku=line.sku,
        name=line.name,
        name_zh=line.name_zh,
        quantity=line.quantity,
        settlement=to_plain(made),
        **_money(made),
    )
