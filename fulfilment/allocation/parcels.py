"""What a parcel costs: some lines of an order, sent together by one outlet. Pure.

A line's top-up depends on its share of the parcel's freight, so parcels are priced, never single lines.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from fulfilment.allocation.facts import Dealer, Goods, Method, Order, OrderLine, Outlet, Snapshot
from fulfilment.allocation.reasons import OF_MONEY, Reason
from fulfilment.allocation.rules import OfferMode, Rule, Weights
from pricing.margins.amounts import MILLION, Ppm, half_up, part, shares
from pricing.margins.settle import Prepared, Settlement, prepare, settle
from pricing.margins.terms import Sale, Terms

#: Bounds of how far a dealer's lead or lag over its entitlement counts: one entitlement behind, three ahead.
BEHIND, AHEAD = -MILLION, 3 * MILLION
#: A dealer that hardly ever accepts is still asked as if it did once in a hundred times.
LEAST_ACCEPTANCE = MILLION // 100


@dataclass(frozen=True, slots=True)
class Costs:
    """What a parcel costs, part by part, in minor units after the rule's weights."""

    freight: int
    top_up: int
    parcel: int
    fairness: int
    ask: int
    opportunity: int
    territory: int

    @property
    def total(self) -> int:
        """All parts together: the index by which dealers are asked, cheapest first."""
        return self.freight + self.top_up + self.parcel + self.fairness + self.ask + self.opportunity + self.territory


@dataclass(frozen=True, slots=True)
class Line:
    """A line on a dealer's terms, settled but for freight."""

    line: OrderLine
    sale: Sale
    ready: Prepared


@dataclass(slots=True)
class Candidate:
    """An outlet looked at for an order under one rule.

    `able` are the lines (keys) it may take and `reasons` says why not the others. Once `priced`, `lines` tells what
    those it may take come to, and `freight` what a parcel costs it. `fairness`, `ask` and `territory` are added to any
    parcel of its.
    """

    outlet: Outlet
    dealer: Dealer
    distance: int
    able: list[int] = field(default_factory=list)
    reasons: dict[int, Reason] = field(default_factory=dict)
    priced: bool = False
    lines: dict[int, Line] = field(default_factory=dict)
    freight: int = 0
    fairness: int = 0
    ask: int = 0
    territory: int = 0

    @property
    def tie(self) -> tuple[int, int]:
        """Of equal costs the higher tier goes first, then the lower number."""
        return -self.dealer.tier, self.outlet.id

    def fail(self, keys: Iterable[int], reason: Reason) -> None:
        """These lines may not go here, for this reason."""
        for key in list(keys):
            self.reasons[key] = reason
            self.able.remove(key)
            self.lines.pop(key, None)

    def opportunity(self, keys: Iterable[int]) -> int:
        """What the units of these lines are worth to customers who walk in."""
        lines = (self.lines[key].line for key in keys)
        return sum(self.outlet.stock[line.sku].opportunity * line.quantity for line in lines)


@dataclass(frozen=True, slots=True)
class Parcel:
    """Lines (by key) of an order at one outlet, with the freight of each and what it all costs."""

    candidate: Candidate
    keys: tuple[int, ...]
    freights: tuple[int, ...]
    top_ups: tuple[int, ...]
    costs: Costs

    @property
    def cost(self) -> int:
        """The total cost."""
        return self.costs.total

    def settlements(self) -> dict[int, Settlement]:
        """What each line comes to, by key."""
        lines = [self.candidate.lines[key] for key in self.keys]
        return {
            key: settle(replace(line.sale, freight=freight), line.ready.terms)
            for key, line, freight in zip(self.keys, lines, self.freights, strict=True)
        }


def line_at(line: OrderLine, goods: Goods, snapshot: Snapshot) -> Line:
    """A line on a dealer's terms, under the caps of its campaign."""
    caps = snapshot.caps
    if line.campaign:
        left = snapshot.campaigns.get(line.campaign, 0)
        caps = replace(caps, campaign_left=left if caps.campaign_left is None else min(left, caps.campaign_left))
    sale = Sale(
        quantity=line.quantity,
        paid=line.paid,
        landed_cost=goods.landed_cost * line.quantity,
        supplier_discount=line.supplier_discount,
        freight_charged=line.freight_charged,
        wholesale_margin=goods.wholesale_margin * line.quantity,
    )
    terms = Terms(snapshot.rates, goods.floor, caps, goods.model)
    return Line(line, sale, prepare(sale, terms))


def freight_of(outlet: Outlet, order: Order, distance: int) -> int:
    """What the dealer pays to send a parcel; nothing when the consumer comes for it."""
    if order.method is not Method.DELIVERY or order.place is None:
        return 0
    return outlet.tariff.cost(distance, order.place.area)


def fairness_cost(dealer: Dealer, snapshot: Snapshot, weight: int) -> int:
    """What a dealer's lead over its entitlement costs, less than 0 when it lags behind."""
    if not weight or not dealer.entitlement or not snapshot.units:
        return 0
    lead = half_up(dealer.units * MILLION * MILLION, snapshot.units * dealer.entitlement) - MILLION
    return part(weight, max(BEHIND, min(AHEAD, lead)))


def ask_cost(acceptance: Ppm, rule: Rule) -> int:
    """The delay of asking, by how likely the dealer accepts; nothing where dealers are not asked."""
    if rule.mode is OfferMode.AUTO:
        return 0
    return half_up(rule.weights.ask * MILLION, max(LEAST_ACCEPTANCE, acceptance))


def freights_of(candidate: Candidate, keys: Sequence[int]) -> list[int]:
    """The parcel's freight shared over its lines in proportion to what was paid."""
    if len(keys) == 1:
        return [candidate.freight]
    return shares(candidate.freight, [candidate.lines[key].line.paid for key in keys])


def refusals(candidate: Candidate, keys: Sequence[int]) -> dict[int, Reason]:
    """Which lines of a parcel are refused for their money."""
    found: dict[int, Reason] = {}
    for key, freight in zip(keys, freights_of(candidate, keys), strict=True):
        ready = candidate.lines[key].ready
        refusal = ready.refusal(freight, ready.top_up(freight))
        if refusal:
            found[key] = OF_MONEY[refusal]
    return found


def in_stock(candidate: Candidate, keys: Sequence[int]) -> bool:
    """Whether the outlet has enough for all lines together: two lines may want the same SKU."""
    wanted: dict[str, int] = {}
    if len({candidate.lines[key].line.sku for key in keys}) == len(keys):
        return True  # each line by itself was looked at already
    for key in keys:
        line = candidate.lines[key].line
        wanted[line.sku] = wanted.get(line.sku, 0) + line.quantity
    stock = candidate.outlet.stock
    return all(stock[sku].available >= quantity for sku, quantity in wanted.items())


def parcel_of(candidate: Candidate, keys: tuple[int, ...], rule: Rule) -> Parcel | None:
    """The parcel with its costs; None where a line of it is refused or stock is short for all together."""
    if len(keys) > 1 and not in_stock(candidate, keys):
        return None
    lines = [candidate.lines[key] for key in keys]
    if rule.least_parcel_value and sum(line.line.paid for line in lines) < rule.least_parcel_value:
        return None
    freights = freights_of(candidate, keys)
    top_ups = []
    for line, freight in zip(lines, freights, strict=True):
        top_up = line.ready.top_up(freight)
        if line.ready.refusal(freight, top_up):
            return None
        top_ups.append(top_up)
    costs = _costs(candidate, sum(top_ups), candidate.opportunity(keys), rule.weights)
    return Parcel(candidate, keys, tuple(freights), tuple(top_ups), costs)


def largest_parcel(candidate: Candidate) -> tuple[tuple[int, ...], dict[int, Reason]]:
    """The lines an outlet may take together, and which are refused for their money even so.

    Refused lines leave the parcel, which makes freight dearer for those that stay, until all hold. Of lines that want
    the same SKU the first ones stay, as far as it reaches; the others might still be taken by themselves.
    """
    keys, refused = tuple(candidate.able), dict[int, Reason]()
    while keys and (found := refusals(candidate, keys)):
        refused |= found
        keys = tuple(key for key in keys if key not in found)
    if in_stock(candidate, keys):
        return keys, refused
    fitting: tuple[int, ...] = ()
    for key in keys:
        if in_stock(candidate, (*fitting, key)):
            fitting = (*fitting, key)
    return fitting, refused


def within_budgets(parcels: Iterable[Parcel], snapshot: Snapshot) -> bool:
    """Whether the top-ups of all parcels keep the order's cap and what their campaigns have left."""
    every = list(parcels)
    if snapshot.order_cap is not None and sum(sum(parcel.top_ups) for parcel in every) > snapshot.order_cap:
        return False
    return all(spent <= snapshot.campaigns.get(name, 0) for name, spent in spent_by(every).items())


def spent_by(parcels: Iterable[Parcel]) -> dict[str, int]:
    """The top-ups of parcels by campaign; those of lines without one are left out."""
    spent: dict[str, int] = {}
    for parcel in parcels:
        for key, top_up in zip(parcel.keys, parcel.top_ups, strict=True):
            campaign = parcel.candidate.lines[key].line.campaign
            if campaign:
                spent[campaign] = spent.get(campaign, 0) + top_up
    return spent


def taken_by(parcels: Iterable[Parcel]) -> Mapping[tuple[int, str], int]:
    """The units that parcels take, by outlet and SKU."""
    taken: dict[tuple[int, str], int] = {}
    for parcel in parcels:
        for key in parcel.keys:
            line = parcel.candidate.lines[key].line
            place = (parcel.candidate.outlet.id, line.sku)
            taken[place] = taken.get(place, 0) + line.quantity
    return taken


def _costs(candidate: Candidate, top_up: int, opportunity: int, weights: Weights) -> Costs:
    return Costs(
        freight=part(candidate.freight, weights.freight),
        top_up=part(top_up, weights.top_up),
        parcel=weights.parcel,
        fairness=candidate.fairness,
        ask=candidate.ask,
        opportunity=part(opportunity, weights.opportunity),
        territory=candidate.territory,
    )
