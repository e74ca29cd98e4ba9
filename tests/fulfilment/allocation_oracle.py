"""What must hold of allocation, counted anew from the rows: nothing here is what the code under test keeps.

Every check answers sentences about what does not hold. The numbers in brackets are those of the reference, §4.1.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from decimal import Decimal
from itertools import groupby
from typing import Any

from django.db import connection
from django.db.models import Count, Sum

from dealers.ledger.models import Posting
from fulfilment.allocation.eligibility import owners_of
from fulfilment.allocation.facts import Order, Protection, Snapshot
from fulfilment.allocation.models import (
    Allocation,
    AllocationLine,
    AllocationState,
    Cause,
    ConsumerCampaign,
    Decision,
    LeftLine,
    LineFate,
    Offer,
    OfferLine,
    OfferState,
    OutletDay,
)
from fulfilment.allocation.record import from_plain, replay
from fulfilment.consumer.models import ConsumerOrder, ConsumerOrderLine
from fulfilment.settlement.models import ConsumerEntry, EntryKind
from fulfilment.stock.models import OutletStock, StockShortfall
from pricing.margins.amounts import net, step
from pricing.margins.journal import Account, entries
from pricing.margins.returns import Returned, reversal
from pricing.margins.settle import Settlement, settle
from pricing.margins.terms import Model

HELD = """
SELECT o.outlet_id, l.product_id, sum(l.quantity) FROM fulfilment_allocation_offerline l
JOIN fulfilment_allocation_offer o ON o.id = l.offer_id
WHERE o.state = 'sent' AND o.holds GROUP BY 1, 2
"""
FIRM = """
SELECT a.outlet_id, l.product_id, sum(l.quantity) FROM fulfilment_allocation_allocationline l
JOIN fulfilment_allocation_allocation a ON a.offer_id = l.allocation_id
WHERE l.sent_at IS NULL AND l.cancelled_at IS NULL GROUP BY 1, 2
"""
COUNTERS = ("on_hand", "held", "firm", "safety", "unsellable")
#: What the owner of a territory was passed over for without being unable.
NO_REASON = frozenset({"rule_filter", "not_considered", "already_asked"})
SENT = OfferState.SENT


def assert_all_holds() -> None:
    """The whole of it."""
    assert not (found := problems()), "\n".join(found[:20])


def problems(order_ids: Iterable[int] | None = None) -> list[str]:
    """Everything that does not hold, of these orders alone where told; counters are of all."""
    ids = None if order_ids is None else list(order_ids)
    return [
        *counters_off(),
        *oversold(),
        *margins_broken(ids),
        *ledger_off(),
        *given_twice(ids),
        *fates_off(ids),
        *territories_broken(ids),
        *decisions_off(ids),
        *budgets_off(),
    ]


def counters_off() -> Iterator[str]:
    """[1, 2] Counters of stock are what offers hold and dealers accepted, and the sums of their moves."""
    held, firm = _by_key(HELD), _by_key(FIRM)
    sums = {f"sum_{name}": Sum(f"moves__{name}", default=0) for name in COUNTERS}
    for row in OutletStock.objects.annotate(**sums).values("outlet_id", "product_id", *COUNTERS, *sums):
        key = (row["outlet_id"], row["product_id"])
        if (row["held"], row["firm"]) != (held.pop(key, 0), firm.pop(key, 0)):
            yield f"stock {key}: held {row['held']}, firm {row['firm']} are not what offers and allocations say"
        if any(row[name] != row[f"sum_{name}"] for name in COUNTERS):
            yield f"stock {key}: counters are not the sum of the moves"
    for key in [*held, *firm]:
        yield f"stock {key}: taken by offers, but there is no row"
    yield from _days_off()


def _days_off() -> Iterator[str]:
    live = Counter(Offer.objects.filter(outlet_day__isnull=False, state=SENT).values_list("outlet_day", flat=True))
    held = Allocation.objects.filter(offer__outlet_day__isnull=False).exclude(state=AllocationState.CANCELLED)
    live.update(held.values_list("offer__outlet_day", flat=True))
    for day in OutletDay.objects.select_related("outlet__consumer_service"):
        most = day.outlet.consumer_service.daily_capacity
        if day.booked != live[day.pk] or (most is not None and day.booked > most):
            yield f"outlet {day.outlet_id} on {day.day}: {day.booked} booked, {live[day.pk]} live, at most {most}"


def oversold() -> Iterator[str]:
    """[1] What is promised is there, or it is told that it is not."""
    told = dict(StockShortfall.objects.filter(cleared_at=None).values_list("stock", "quantity"))
    for row in OutletStock.objects.all():
        short = max(min(row.held + row.firm, row.held + row.firm + row.unsellable - row.on_hand), 0)
        if short != told.get(row.pk, 0):
            yield f"stock {row}: {short} promised that are not there, {told.get(row.pk, 0)} told"


def margins_broken(order_ids: list[int] | None = None) -> Iterator[str]:
    """[4, 5] Each line keeps its floor with the smallest top-up, under its cap; the parties share the cash."""
    lines = _of(OfferLine.objects.select_related("offer").order_by("offer", "pk"), "offer__order", order_ids)
    for _key, found in groupby(lines.iterator(), key=lambda line: line.offer_id):
        offer_lines = list(found)
        offer = offer_lines[0].offer
        yield from (f"offer line {line.pk}: {why}" for line in offer_lines for why in _line_broken(line))
        for name in ("paid", "landed_cost", "freight", "top_up", "receives", "keeps", "floor"):
            if getattr(offer, name) != sum(getattr(line, name) for line in offer_lines):
                yield f"offer {offer.pk}: {name} is not the sum of its lines"


def _line_broken(line: OfferLine) -> Iterator[str]:
    made = from_plain(Settlement, line.settlement)
    if settle(made.sale, made.terms) != made:
        yield "its settlement is another one when it is worked out again"
    if made.refusal is not None or (made.cap is not None and made.top_up > made.cap):
        yield f"a top-up of {made.top_up} is over the cap of {made.cap}"
    if made.dealer_margin < made.floor:
        yield f"the dealer keeps {made.dealer_margin}, less than {made.floor}"
    if made.terms.model is Model.DEALER_SELLS and made.top_up:
        less = made.margin_before + net(made.top_up - 1, made.terms.rates.top_up_tax)
        if less >= made.floor:
            yield f"a top-up of {made.top_up - 1} would do"
    told = (line.top_up, line.keeps, line.floor, line.receives, line.paid)
    due = (made.top_up, made.dealer_margin, made.floor, made.dealer_receives, made.sale.paid)
    if told != tuple(Decimal(amount) / 100 for amount in due):
        yield f"it says {told}, its settlement {due}"
    booked = entries(made, override=sum(amount for _dealer, amount in line.overrides))
    if sum(entry.amount for entry in booked):
        yield "its journal does not sum to zero"
    cash = sum(entry.amount for entry in booked if entry.account is Account.CASH_CLEARING)
    if cash != made.sale.paid + made.sale.freight_charged - made.fees.payment:
        yield "its cash is not what the consumer paid less the payment fee"


def ledger_off() -> Iterator[str]:
    """[4] Every journal sums to zero, and what left and came back is booked once."""
    for journal, total in Posting.objects.values_list("journal").annotate(total=Sum("amount")).exclude(total=0):
        yield f"journal {journal} sums to {total}"
    booked = dict(
        ConsumerEntry.objects.filter(kind__in=(EntryKind.SALE, EntryKind.RETURN))
        .values_list("line")
        .annotate(total=Sum("units"))
    )
    for line, quantity, returned in AllocationLine.objects.filter(sent_at__isnull=False).values_list(
        "pk", "quantity", "returned"
    ):
        if booked.pop(line, 0) != quantity - returned:
            yield f"allocation line {line}: what was booked is not what is with the consumer"
    yield from (f"allocation line {line} was booked and never sent" for line in booked)


def given_twice(order_ids: list[int] | None = None) -> Iterator[str]:
    """[7, 9] An order line is with one dealer at most, an order asks a dealer once, a part is accepted once."""
    live = _of(
        AllocationLine.objects.filter(cancelled_at=None, order_line__isnull=False), "allocation__order", order_ids
    )
    for line, count in live.values_list("order_line").annotate(count=Count("pk")).filter(count__gt=1):
        yield f"order line {line} is with {count} dealers"
    asked = _of(Offer.objects.exclude(decision__cause=Cause.MANUAL), "order", order_ids)
    for order, version, dealer, count in (
        asked.values_list("order", "order_version", "dealer").annotate(count=Count("pk")).filter(count__gt=1)
    ):
        yield f"order {order} version {version} asked dealer {dealer} {count} times"
    accepted = _of(Offer.objects.filter(state=OfferState.ACCEPTED), "order", order_ids)
    for decision, part, count in (
        accepted.values_list("decision", "part").annotate(count=Count("pk")).filter(count__gt=1)
    ):
        yield f"part {part} of decision {decision} was accepted {count} times"
    kept = set(_of(Allocation.objects.all(), "order", order_ids).values_list("pk", flat=True))
    if kept != set(accepted.values_list("pk", flat=True)):
        yield "accepted offers and allocations are not the same"


def fates_off(order_ids: list[int] | None = None) -> Iterator[str]:
    """[3] Each ordered unit is in exactly one fate, and the order stands where its lines put it."""
    places: dict[int, list[str]] = defaultdict(list)
    lines = _of(ConsumerOrderLine.objects.all(), "order", order_ids).select_related("order")
    for line, sent, done in (
        _of(AllocationLine.objects.filter(cancelled_at=None, order_line__isnull=False), "allocation__order", order_ids)
    ).values_list("order_line", "sent_at", "allocation__completed_at"):
        places[line].append("completed" if sent and done else "sent" if sent else "accepted")
    for line, fate, gone in _of(LeftLine.objects.all(), "order", order_ids).values_list(
        "order_line", "fate", "sent_at"
    ):
        places[line].append("completed" if fate == LineFate.SUPPLIER_WAREHOUSE and gone else fate)
    open_parts = _of(OfferLine.objects.filter(offer__state=SENT), "offer__order", order_ids)
    parts = open_parts.order_by().values_list("order_line", "offer__decision", "offer__part").distinct()
    for line, *_part in parts:
        places[line].append("offered")
    standing: dict[int, set[str]] = defaultdict(set)
    states: dict[int, str] = {}
    for each in lines:
        if len(places[each.pk]) > 1:
            yield f"order line {each.pk} is {' and '.join(places[each.pk])}"
        standing[each.order_id].update(places[each.pk] or ["waiting"])
        states[each.order_id] = each.order.state
    for order, state in states.items():
        if state not in ("address_unknown", "received") and state != _state_of(standing[order]):
            yield f"order {order} is {state}, its lines are {sorted(standing[order])}"


def _state_of(fates: set[str]) -> str:
    if fates == {"cancelled"}:
        return "cancelled"
    order = (("waiting", "ready"), ("backlog", "backlog"), ("offered", "offered"), ("accepted", "allocated"),
             ("supplier_warehouse", "allocated"), ("sent", "sent"), ("completed", "completed"))  # fmt: skip
    return next(state for fate, state in order if fate in fates)


def territories_broken(order_ids: list[int] | None = None) -> Iterator[str]:
    """[8] Where somebody else than the owner of an exclusive territory is asked, the trace says why not the owner."""
    asked = Decision.objects.exclude(cause=Cause.MANUAL).filter(carried_out=True, parts__gt=0)
    for decision in _of(asked, "order", order_ids):
        kept = decision.record
        order, snapshot = from_plain(Order, kept["order"]), from_plain(Snapshot, kept["snapshot"])
        owners = owners_of(order, order.lines, snapshot, Protection.EXCLUSIVE)
        if not owners:
            continue
        reasons: dict[tuple[str, int, int], list[str]] = defaultdict(list)
        for trace in kept["plan"]["trace"]:
            for each in trace["candidates"]:
                for key in (line.key for line in order.lines):
                    reasons[trace["rule"], each["dealer"], key].append(each["reasons"].get(str(key), ""))
        for part in kept["plan"]["parts"]:
            for key in part["keys"]:
                others = {offer["dealer"] for offer in part["offers"]} - owners.get(key, set())
                for owner in owners.get(key, set()) - order.spared if others else ():  # an offer taken back was one
                    if any(why in NO_REASON or not why for why in reasons[part["rule"], owner, key]):
                        yield f"decision {decision.pk}: line {key} of dealer {owner} was offered to {sorted(others)}"


def decisions_off(order_ids: list[int] | None = None) -> Iterator[str]:
    """[10] Every decision made of one order alone is made again from its record."""
    alone = Decision.objects.exclude(cause__in=(Cause.MANUAL, Cause.BATCH, Cause.REOPTIMISE))
    for decision in _of(alone, "order", order_ids):
        if not replay(decision.record)[1]:
            yield f"decision {decision.pk} is another one when it is made again"
    for order in _of(ConsumerOrder.objects.annotate(found=Count("lines")), "pk", order_ids):
        if order.line_count != order.found:
            yield f"order {order.pk} has {order.found} lines of {order.line_count}"


def budgets_off() -> Iterator[str]:
    """What a campaign used is what live offers and what dealers hold of it add up to, and never more than it has."""
    used: dict[int, Decimal] = defaultdict(Decimal)
    live_offers = Offer.objects.filter(state=SENT, holds=True, campaign__isnull=False)
    for campaign_id, top_up in live_offers.values_list("campaign", "top_up"):
        used[campaign_id or 0] += top_up
    live = AllocationLine.objects.filter(cancelled_at=None, allocation__offer__campaign__isnull=False)
    for line in live.select_related("offer_line", "allocation__offer"):
        used[line.allocation.offer.campaign_id or 0] += line.offer_line.top_up - _top_up_back(line)
    for campaign in ConsumerCampaign.objects.all():
        if campaign.used != used[campaign.pk] or campaign.used > campaign.budget:
            yield f"campaign {campaign}: {campaign.used} used, {used[campaign.pk]} counted, of {campaign.budget}"


def _top_up_back(line: AllocationLine) -> Decimal:
    made = from_plain(Settlement, line.offer_line.settlement)
    if made.terms.model is not Model.DEALER_SELLS:
        return Decimal(step(made.top_up, line.quantity, 0, line.returned)) / 100
    after = Returned(line.returned, line.returned_by_fault)
    back = reversal(entries(made), quantity=line.quantity, before=Returned(), after=after)
    return Decimal(-sum(entry.amount for entry in back if entry.account is Account.SUBSIDY)) / 100


def _of(rows: Any, path: str, order_ids: list[int] | None) -> Any:
    return rows if order_ids is None else rows.filter(**{f"{path}__in": order_ids})


def _by_key(statement: str) -> dict[tuple[int, int], int]:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return {(outlet, product): int(quantity) for outlet, product, quantity in cursor.fetchall()}
