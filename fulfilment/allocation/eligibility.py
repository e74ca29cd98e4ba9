"""Who may fulfil which line of an order, and by which reason who may not. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from fulfilment.allocation.business_time import NeverOpen, add_business_minutes
from fulfilment.allocation.facts import Dealer, Goods, Method, Order, OrderLine, Outlet, Protection, Snapshot
from fulfilment.allocation.parcels import Candidate, Line, ask_cost, fairness_cost, freight_of, largest_parcel, line_at
from fulfilment.allocation.reasons import Reason
from fulfilment.allocation.rules import CandidateFilter, OrderFilter, Rule

#: The dealers a line is protected for, by line key.
Owners = dict[int, set[int]]


def takes(which: OrderFilter, order: Order) -> bool:
    """Whether a rule is for the order."""
    area = order.place.area if order.place else ""
    return (
        (not which.channels or order.channel in which.channels)
        and (not which.methods or order.method in which.methods)
        and (not which.areas or area.startswith(which.areas))
        and (not which.tags or bool(which.tags & order.tags))
        and which.least_value <= order.paid
        and (which.most_value is None or order.paid <= which.most_value)
    )


def owners_of(order: Order, lines: Iterable[OrderLine], snapshot: Snapshot, protection: Protection) -> Owners:
    """In whose territory of this protection each line falls; lines in nobody's are left out."""
    place, day = order.place, order.placed_at.date()
    if place is None:
        return {}
    near = [
        territory
        for territory in snapshot.territories
        if territory.protection is protection and (territory.centre or place.area.startswith(territory.area or ""))
    ]
    found = {line.key: {each.dealer for each in near if each.covers(place, line.sku, day)} for line in lines}
    return {key: dealers for key, dealers in found.items() if dealers}


def candidates(
    order: Order,
    lines: Sequence[OrderLine],
    snapshot: Snapshot,
    rule: Rule,
    asked: frozenset[int] = frozenset(),
) -> list[Candidate]:
    """Every outlet of the snapshot with what it may take of the lines, nearest first.

    Dealers in `asked` were chosen for other lines of the order already.

    A line in an exclusive territory is closed to others as long as an owner is eligible for it; the rule's own filter
    does not open it. So is a line whose credited guide's dealer is eligible. Among what is left, an
    outlet is considered when it is one of the nearest `rule.consider` for any of the lines.
    """
    exclusive = owners_of(order, lines, snapshot, Protection.EXCLUSIVE)
    primary = owners_of(order, lines, snapshot, Protection.PRIMARY)
    every = sorted(
        (_candidate(order, lines, snapshot, outlet) for outlet in snapshot.outlets),
        key=lambda each: (each.distance, each.tie),
    )
    pricing = Pricing(order, snapshot, {line.key: line for line in lines})
    _close(every, exclusive, pricing, Reason.TERRITORY_CLOSED)
    if order.first_refusal is not None:
        taken = {key for key, dealers in exclusive.items() if _any_eligible(every, dealers, pricing, key)}
        free = {line.key: {order.first_refusal} for line in lines if line.key not in taken}
        _close(every, free, pricing, Reason.FIRST_REFUSAL)
    owners = {key: exclusive.get(key, set()) | primary.get(key, set()) for key in exclusive.keys() | primary.keys()}
    considered = dict.fromkeys((line.key for line in lines), 0)
    for each in every:
        if not each.able:
            continue
        if each.dealer.id in asked:
            each.fail(each.able, Reason.ALREADY_ASKED)
        elif not _passes(rule.candidates, each, owners):
            each.fail(each.able, Reason.RULE_FILTER)
        elif all(considered[key] >= rule.consider for key in each.able):
            each.fail(each.able, Reason.NOT_CONSIDERED)
        else:
            pricing.price(each)
            for key in each.able:
                considered[key] += 1
            _charge(each, snapshot, rule, primary)
    return every


@dataclass(slots=True)
class Pricing:
    """Prices candidates only when it comes to them: most outlets of a snapshot are never considered.

    Dealers on the same terms share what a line comes to.
    """

    order: Order
    snapshot: Snapshot
    lines: Mapping[int, OrderLine]
    known: dict[tuple[int, Goods], Line] = field(default_factory=dict)

    def price(self, candidate: Candidate) -> None:
        """Give a candidate the freight of a parcel and its lines' prices, and fail what is refused for its money."""
        if candidate.priced:
            return
        candidate.priced = True
        candidate.freight = freight_of(candidate.outlet, self.order, candidate.distance)
        for key in candidate.able:
            candidate.lines[key] = self._line(candidate, self.lines[key])
        _, refused = largest_parcel(candidate)
        for key, reason in refused.items():
            candidate.fail((key,), reason)

    def _line(self, candidate: Candidate, line: OrderLine) -> Line:
        goods = candidate.dealer.goods[line.sku]
        if (line.key, goods) not in self.known:
            self.known[line.key, goods] = line_at(line, goods, self.snapshot)
        return self.known[line.key, goods]


def _candidate(order: Order, lines: Sequence[OrderLine], snapshot: Snapshot, outlet: Outlet) -> Candidate:
    dealer = snapshot.dealers[outlet.dealer]
    to_send = order.method is Method.DELIVERY and order.place is not None
    found = Candidate(outlet, dealer, order.place.metres_to(outlet.place) if to_send and order.place else 0)
    whole = _dealer_reason(order, snapshot, dealer) or _outlet_reason(order, snapshot, found)
    for line in lines:
        why = whole or _line_reason(line, snapshot, found)
        if why:
            found.reasons[line.key] = why
        else:
            found.able.append(line.key)
    return found


def _dealer_reason(order: Order, snapshot: Snapshot, dealer: Dealer) -> Reason | None:
    if not dealer.active:
        return Reason.DEALER_INACTIVE
    if dealer.contract_until is not None and snapshot.now.date() > dealer.contract_until:
        return Reason.CONTRACT_EXPIRED
    if dealer.credit_hold:
        return Reason.CREDIT_HOLD
    if dealer.id in order.declined:
        return Reason.ALREADY_DECLINED
    if dealer.id in order.spared:
        return Reason.ALREADY_ASKED
    return None


def _outlet_reason(order: Order, snapshot: Snapshot, found: Candidate) -> Reason | None:
    outlet = found.outlet
    if order.outlet is not None and order.outlet != outlet.id:
        return Reason.OTHER_OUTLET_CHOSEN
    if order.method not in outlet.methods:
        return Reason.METHOD_UNSUPPORTED
    if outlet.capacity is not None and outlet.booked >= outlet.capacity:
        return Reason.CAPACITY_FULL
    if outlet.tariff.reach is not None and found.distance > outlet.tariff.reach:
        return Reason.OUT_OF_RANGE
    if order.promised_by is not None and _arrives(order, snapshot, found) > order.promised_by:
        return Reason.TOO_LATE
    return None


def _arrives(order: Order, snapshot: Snapshot, found: Candidate) -> dt.datetime:
    outlet = found.outlet
    try:
        ready = add_business_minutes(outlet.calendar, snapshot.now, outlet.handling)
    except NeverOpen:
        return dt.datetime.max.replace(tzinfo=dt.UTC)
    return ready + outlet.tariff.transit(found.distance) if order.method is Method.DELIVERY else ready


def _line_reason(line: OrderLine, snapshot: Snapshot, found: Candidate) -> Reason | None:
    if line.sku not in found.dealer.goods:
        return Reason.SKU_NOT_AUTHORISED
    stock = found.outlet.stock.get(line.sku)
    if stock is None:
        return Reason.NO_STOCK
    if snapshot.stock_max_age is not None and snapshot.now - stock.as_of > snapshot.stock_max_age:
        return Reason.STOCK_STALE
    if stock.available < line.quantity:
        return Reason.NO_STOCK
    if not line.campaign and line.paid < snapshot.online_floors.get(line.sku, 0) * line.quantity:
        return Reason.BELOW_ONLINE_FLOOR
    return None


def _any_eligible(every: Iterable[Candidate], dealers: set[int], pricing: Pricing, key: int) -> bool:
    mine = [each for each in every if each.dealer.id in dealers and key in each.able]
    for each in mine:
        pricing.price(each)
    return any(key in each.able for each in mine)


def _close(every: Sequence[Candidate], owners: Owners, pricing: Pricing, reason: Reason) -> None:
    closed = [key for key, dealers in owners.items() if _any_eligible(every, dealers, pricing, key)]
    for each in every if closed else ():
        each.fail([key for key in closed if key in each.able and each.dealer.id not in owners[key]], reason)


def _passes(which: CandidateFilter, each: Candidate, owners: Owners) -> bool:
    dealer = each.dealer
    return (
        (not which.groups or bool(which.groups & dealer.groups))
        and (not which.dealers or dealer.id in which.dealers)
        and dealer.id not in which.without_dealers
        and (which.least_tier is None or dealer.tier >= which.least_tier)
        and (which.within is None or each.distance <= which.within)
        and (not which.owners_only or any(dealer.id in owners.get(key, ()) for key in each.able))
    )


def _charge(each: Candidate, snapshot: Snapshot, rule: Rule, primary: Owners) -> None:
    each.fairness = fairness_cost(each.dealer, snapshot, rule.weights.fairness)
    each.ask = ask_cost(each.dealer.acceptance, rule)
    others = any(key in primary and each.dealer.id not in primary[key] for key in each.able)
    each.territory = rule.weights.outside_primary if others else 0
