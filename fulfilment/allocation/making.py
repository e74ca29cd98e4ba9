"""Offers made from a plan: rows with the money they were planned at, and what they hold, taken under guards."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import F

from dealers.accounts.models import User
from fulfilment.allocation import budgets, capacity, facts
from fulfilment.allocation.business_time import Calendar, NeverOpen, add_business_minutes
from fulfilment.allocation.calendars import local_day
from fulfilment.allocation.holdings import lock_stock
from fulfilment.allocation.minor import to_money
from fulfilment.allocation.models import (
    ConsumerCampaign,
    Decision,
    Offer,
    OfferLine,
    OfferState,
    OutletService,
)
from fulfilment.allocation.offers import reference, settle_accepted, step, wanted
from fulfilment.allocation.plan import Part, Plan, PlannedOffer
from fulfilment.allocation.record import to_plain
from fulfilment.allocation.rules import OfferMode
from fulfilment.consumer.models import ConsumerOrder, ConsumerOrderLine
from fulfilment.stock import outlets
from pricing.margins.amounts import net
from pricing.margins.settle import Settlement


@dataclass
class Made:
    """An offer that is being made, with its lines and whether it needs an answer."""

    offer: Offer
    lines: list[OfferLine]
    at_once: bool


def make_offers(
    order: ConsumerOrder,
    lines: Mapping[int, ConsumerOrderLine],
    decision: Decision,
    made: Plan,
    snapshot: facts.Snapshot,
    *,
    by: User | None = None,
) -> list[Offer]:
    """Make the offers that a plan asks now, and accept at once those that need no answer.

    Held are budget, the outlet's day and stock, in this order over all parts. Raises what others took first
    (`BudgetSpent`, `NoCapacity`, `NotEnoughAtOutlets`); the caller undoes the transaction.
    """
    campaign = _campaign(decision) if made.parts else None
    services = _services(made)
    agreed = {each.outlet.dealer_id for each in services.values() if each.agreed}  # type: ignore[attr-defined]  # annotated
    every = [
        _made(order, lines, decision, place, part, planned, snapshot, campaign, services, agreed)
        for place, part in enumerate(made.parts)
        for planned in _asked_now(part)
    ]
    if not every:
        return []
    holding = [each for each in every if each.offer.holds]
    _take(holding, campaign, services, snapshot)
    Offer.objects.bulk_create([each.offer for each in every])
    OfferLine.objects.bulk_create([line for each in every for line in each.lines])
    _hold(holding, by)
    for each in every:
        step(each.offer, "", OfferState.SENT, by=by)
        if each.at_once:
            _accept(order, each, by, snapshot.now)
    return [each.offer for each in every]


def _asked_now(part: Part) -> Sequence[PlannedOffer]:
    return part.offers if part.mode is OfferMode.COMPETITIVE else part.offers[:1]


def _accept(order: ConsumerOrder, each: Made, by: User | None, now: dt.datetime) -> None:
    each.offer.state, each.offer.answered_at = OfferState.ACCEPTED, now
    each.offer.save(update_fields=["state", "answered_at"])
    settle_accepted(order, each.offer, by=by)


def _made(
    order: ConsumerOrder,
    lines: Mapping[int, ConsumerOrderLine],
    decision: Decision,
    place: int,
    part: Part,
    planned: PlannedOffer,
    snapshot: facts.Snapshot,
    campaign: ConsumerCampaign | None,
    services: Mapping[int, OutletService],
    agreed: set[int],
) -> Made:
    at_once = part.mode is OfferMode.AUTO or (part.mode is OfferMode.SEQUENTIAL and planned.dealer in agreed)
    outlet = next(each for each in snapshot.outlets if each.id == planned.outlet)
    offer = Offer(
        order=order,
        order_version=order.version,
        decision=decision,
        part=place,
        dealer_id=planned.dealer,
        outlet_id=planned.outlet,
        rule=part.rule[:100],
        mode=part.mode.value,
        holds=part.mode is not OfferMode.COMPETITIVE,
        sent_at=snapshot.now,
        distance_m=_distance(order, outlet),
        currency=order.currency,
        campaign=campaign,
        **_money(planned.settlements.values()),
        **({} if at_once else _deadlines(outlet.calendar, snapshot.now, planned.minutes)),
    )
    offer.outlet = services[planned.outlet].outlet
    overrides = {each.line: each for each in part.overrides if each.dealer != planned.dealer}
    made_lines = [
        OfferLine(
            offer=offer,
            order_line=lines[key],
            position=position,
            product_id=lines[key].product_id,
            sku=lines[key].sku,
            name=lines[key].name,
            name_zh=lines[key].name_zh,
            quantity=lines[key].quantity,
            settlement=to_plain(settlement),
            overrides=[[overrides[key].dealer, overrides[key].amount]] if key in overrides else [],
            **_line_money(settlement),
        )
        for position, (key, settlement) in enumerate(sorted(planned.settlements.items()), start=1)
    ]
    return Made(offer, made_lines, at_once)


def _line_money(made: Settlement) -> dict[str, Decimal]:
    return {
        "paid": to_money(made.sale.paid),
        "landed_cost": to_money(made.sale.landed_cost),
        "freight": to_money(made.sale.freight),
        "top_up": to_money(made.top_up),
        "receives": to_money(made.dealer_receives),
        "keeps": to_money(made.dealer_margin),
        "floor": to_money(made.floor),
    }


def _money(settlements: Any) -> dict[str, Decimal]:
    """What the lines of an offer come to together."""
    every = list(settlements)
    of_lines = [_line_money(each) for each in every]
    sums = {name: sum((line[name] for line in of_lines), Decimal("0.00")) for name in of_lines[0]}
    fees = sum(each.fees.payment_on_dealer + each.fees.guide_on_dealer + each.fees.commission for each in every)
    taxed = ((each.sale.paid + each.sale.supplier_discount, each.terms.rates.goods_tax) for each in every)
    return {
        **sums,
        "freight_charged": to_money(sum(each.sale.freight_charged for each in every)),
        "fees": to_money(fees),
        "fulfilment_fee": to_money(sum(each.fulfilment_fee for each in every)),
        "net_revenue": to_money(sum(net(amount, tax) for amount, tax in taxed)),
    }


def _deadlines(calendar: Calendar | None, now: dt.datetime, minutes: int) -> dict[str, dt.datetime]:
    """When an answer is due and when to remind of it, in business minutes; where an outlet never opens, in all."""
    try:
        half, late, end = (add_business_minutes(calendar, now, minutes * share // 100) for share in (50, 90, 100))
    except NeverOpen:
        half, late, end = (now + dt.timedelta(minutes=minutes * share / 100) for share in (50, 90, 100))
    return {"remind_half_at": half, "remind_late_at": late, "expires_at": end}


def _distance(order: ConsumerOrder, outlet: facts.Outlet) -> int:
    if order.latitude is None or order.longitude is None:
        return 0
    return facts.Place(float(order.latitude), float(order.longitude)).metres_to(outlet.place)


def _campaign(decision: Decision) -> ConsumerCampaign | None:
    """The campaign whose budget the decision counted with; an order has one at most."""
    code = next((line["campaign"] for line in decision.record["order"]["lines"] if line["campaign"]), "")
    return ConsumerCampaign.objects.get(code=code) if code else None


def _services(made: Plan) -> dict[int, OutletService]:
    """The services of the outlets that are asked, with the outlet, and whether its dealer need not be (`agreed`)."""
    wanted_of = {planned.outlet for part in made.parts for planned in _asked_now(part)}
    if not wanted_of:
        return {}
    found = OutletService.objects.filter(pk__in=wanted_of).select_related("outlet")
    agreed = F("outlet__dealer__consumer_contract__auto_accept")
    return {service.pk: service for service in found.annotate(agreed=agreed)}


def _take(
    holding: Sequence[Made],
    campaign: ConsumerCampaign | None,
    services: Mapping[int, OutletService],
    snapshot: facts.Snapshot,
) -> None:
    spent = sum((each.offer.top_up for each in holding), Decimal("0.00"))
    if campaign is not None and spent:
        budgets.take(campaign.pk, spent)
    for each in sorted(holding, key=lambda each: each.offer.outlet_id):
        service = services[each.offer.outlet_id]
        if service.daily_capacity is not None:
            day = local_day(service.time_zone, snapshot.now)
            each.offer.outlet_day_id = capacity.book(service.pk, day, service.daily_capacity)


def _hold(holding: Sequence[Made], by: User | None) -> None:
    """Hold the stock of all offers; where there are several, their rows are locked in key order first."""
    if len(holding) > 1:
        lock_stock({key for each in holding for key in wanted(each.lines, each.offer.outlet_id)})
    for each in holding:
        outlets.hold(wanted(each.lines, each.offer.outlet_id), reference(each.offer), by=by)
