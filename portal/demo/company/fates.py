"""What became of each order: approval, shipments, invoices, payments, receipt, credit notes."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from portal.demo.company.dealers import DEALERS, Dealer, home, language
from portal.demo.company.history import SUPPLIER_ZONE, horizon, working_day
from portal.demo.company.model import CreditNotePlan, InvoicePlan, OrderPlan, PaymentPlan, ShipmentPlan

WAITING = 8
REJECT_ZH = ("超出信用额度，请先结清逾期款项。", "采购单号重复，请核对后重新提交。", "收货门店正在装修，请改送总店。")
REJECT_EN = (
    "Over the credit limit; please settle the overdue invoices first.",
    "Duplicate of an earlier purchase order.",
    "Destination cannot take pallets; please choose another outlet.",
)
CREDIT_ZH = ("运输破损，已附照片。", "短装一箱。", "釉面瑕疵，协商退款。")
CREDIT_EN = ("Damaged in transit, photos received.", "One carton short.", "Glaze flaw, agreed refund.")
CARRIERS_CN = (("云途快运", "YT"), ("甬城物流", "YC"), ("万里专线", "WL"))
CARRIERS_ABROAD = (("Blue Heron Lines", "BHL"), ("Meridian Freight", "MDF"))
LATE_PAYERS = {"1004", "1014", "1019", "1022", "1027", "1031"}
NEVER_CONFIRM = {"1008", "1030"}


def _at(day: date, rng: random.Random, first_hour: int, hours: int, zone: ZoneInfo = SUPPLIER_ZONE) -> datetime:
    start = datetime.combine(working_day(day), time(first_hour), zone)
    return (start + timedelta(minutes=rng.randrange(hours * 60))).astimezone(UTC)


def _decision(order: OrderPlan, today: date, rng: random.Random) -> datetime:
    """When the rep decided: the same or the next working day, in office hours, and never after the horizon."""
    local = (order.placed_at + timedelta(minutes=rng.randrange(20, 400))).astimezone(SUPPLIER_ZONE)
    if local.weekday() < 5 and 9 <= local.hour < 18:
        moment = local.astimezone(UTC)
    else:
        moment = _at(local.date() + timedelta(days=1 if local.hour >= 18 else 0), rng, 9, 3)
    if moment >= horizon(today):
        return order.placed_at + timedelta(minutes=rng.randrange(10, 90))
    return moment


def _split(order: OrderPlan, multiples: Mapping[str, int], rng: random.Random) -> list[dict[str, int]]:
    """The quantities of each shipment: usually one, sometimes a first part and the rest."""
    whole = dict(order.lines)
    if rng.random() > 0.22 or len(whole) < 2:
        return [whole]
    first: dict[str, int] = {}
    for sku, quantity in order.lines:
        cartons = quantity // multiples[sku]
        kept = cartons if rng.random() < 0.7 else rng.randrange(0, cartons)
        if kept:
            first[sku] = kept * multiples[sku]
    rest = {sku: quantity - first.get(sku, 0) for sku, quantity in order.lines if quantity > first.get(sku, 0)}
    return [first, rest] if first and rest else [whole]


def _shipments(
    order: OrderPlan, dealer: Dealer, ready: datetime, multiples: Mapping[str, int], today: date, rng: random.Random
) -> tuple[ShipmentPlan, ...]:
    abroad = home(dealer).country != "CN"
    day = ready.astimezone(SUPPLIER_ZONE).date()
    made = []
    for part, quantities in enumerate(_split(order, multiples, rng)):
        day += timedelta(days=rng.randrange(5, 13) if part else rng.randrange(3, 8) if abroad else rng.randrange(1, 4))
        moment = _at(day, rng, 14, 4)
        carrier, prefix = rng.choice(CARRIERS_ABROAD if abroad else CARRIERS_CN)
        tracking = f"{prefix}{rng.randrange(10**9, 10**10)}"
        if moment < horizon(today):
            made.append(ShipmentPlan(moment, carrier, tracking, quantities))
    return tuple(made)


def _reference(on: date, rng: random.Random) -> str:
    return f"TT{on:%y%m%d}{rng.randrange(10**4, 10**5)}"


def _payments(dealer: Dealer, due: date, today: date, rng: random.Random) -> tuple[PaymentPlan, ...]:
    """On time, late, in two parts, or not at all yet; only what arrived before today."""
    late = rng.random() < (0.65 if dealer.number in LATE_PAYERS else 0.12)
    paid_on = working_day(due + timedelta(days=rng.randrange(6, 38) if late else -rng.randrange(0, 6)))
    shares = [(paid_on, Decimal(1))]
    if rng.random() < 0.13:
        shares = [
            (paid_on, rng.choice((Decimal("0.5"), Decimal("0.6"), Decimal("0.7")))),
            (working_day(paid_on + timedelta(days=rng.randrange(9, 30))), Decimal(0)),
        ]
    plans = [
        PaymentPlan(
            on,
            share if place < len(shares) - 1 or len(shares) == 1 else 1 - shares[0][1],
            place == len(shares) - 1,
            _reference(on, rng),
        )
        for place, (on, share) in enumerate(shares)
    ]
    return tuple(plan for plan in plans if plan.on < today)


def _invoice(dealer: Dealer, on: date, quantities: Mapping[str, int], today: date, rng: random.Random) -> InvoicePlan:
    due = on + timedelta(days=dealer.terms)
    return InvoicePlan("", on, due, quantities, _payments(dealer, due, today, rng))


def _prepaid(order: OrderPlan, dealer: Dealer, approved: datetime, today: date, rng: random.Random) -> InvoicePlan:
    """A prepaying dealer is invoiced for the whole order at once and pays within days, before anything ships."""
    on = approved.astimezone(SUPPLIER_ZONE).date()
    paid = working_day(on + timedelta(days=rng.randrange(1, 5)))
    payments = (PaymentPlan(paid, Decimal(1), True, _reference(paid, rng)),) if paid < today else ()
    return InvoicePlan("", on, on, dict(order.lines), payments)


def _credit(
    invoice: InvoicePlan,
    dealer: Dealer,
    received: datetime,
    multiples: Mapping[str, int],
    today: date,
    rng: random.Random,
) -> InvoicePlan:
    """The same invoice, with one carton of one line credited some days after receipt."""
    on = working_day(received.astimezone(SUPPLIER_ZONE).date() + timedelta(days=rng.randrange(2, 6)))
    if on >= today:
        return invoice
    sku = rng.choice(sorted(invoice.quantities))
    reason = rng.choice(CREDIT_ZH if language(dealer) == "zh-hans" else CREDIT_EN)
    return replace(invoice, credit_notes=(CreditNotePlan("", on, reason, {sku: multiples[sku]}),))


def _receipt(order: OrderPlan, dealer: Dealer, today: date, rng: random.Random) -> datetime | None:
    """When the dealer confirmed: some days after the last parcel, weeks after a sea freight, sometimes never."""
    if (
        not order.shipments
        or not order.shipped_in_full
        or rng.random() < (0.7 if dealer.number in NEVER_CONFIRM else 0.06)
    ):
        return None
    zone = ZoneInfo(home(dealer).zone)
    transit = rng.randrange(2, 6) if zone == SUPPLIER_ZONE else rng.randrange(12, 34)
    moment = _at(order.shipments[-1].at.astimezone(zone).date() + timedelta(days=transit), rng, 9, 8, zone)
    return moment if moment < horizon(today) else None


def _settled(
    order: OrderPlan, dealer: Dealer, multiples: Mapping[str, int], today: date, rng: random.Random
) -> OrderPlan:
    """An approved order with everything that happened to it until today."""
    approved = _decision(order, today, rng)
    order = replace(order, approved_at=approved)
    if dealer.terms == 0:
        invoice = _prepaid(order, dealer, approved, today, rng)
        order = replace(order, invoices=(invoice,))
        if not invoice.payments:
            return order
        ready = _at(invoice.payments[0].on, rng, 10, 2)
        order = replace(order, shipments=_shipments(order, dealer, ready, multiples, today, rng))
    else:
        order = replace(order, shipments=_shipments(order, dealer, approved, multiples, today, rng))
        invoices = tuple(
            _invoice(dealer, part.at.astimezone(SUPPLIER_ZONE).date(), part.quantities, today, rng)
            for part in order.shipments
        )
        order = replace(order, invoices=invoices)
    received = _receipt(order, dealer, today, rng)
    if received and rng.random() < 0.055:
        first, *others = order.invoices
        order = replace(order, invoices=(_credit(first, dealer, received, multiples, today, rng), *others))
    return replace(order, received_at=received)


def _numbered(orders: list[OrderPlan]) -> list[OrderPlan]:
    """Give invoices and credit notes their numbers, month by month in the order of their dates."""
    seen: dict[str, int] = {}

    def number(prefix: str, on: date) -> str:
        series = f"{prefix}-{on:%y%m}"
        seen[series] = seen.get(series, 0) + 1
        return f"{series}-{seen[series]:04d}"

    places = sorted(
        (invoice.on, order_place, place)
        for order_place, order in enumerate(orders)
        for place, invoice in enumerate(order.invoices)
    )
    for on, order_place, place in places:
        invoices = list(orders[order_place].invoices)
        notes = tuple(replace(note, number=number("CN", note.on)) for note in invoices[place].credit_notes)
        invoices[place] = replace(invoices[place], number=number("INV", on), credit_notes=notes)
        orders[order_place] = replace(orders[order_place], invoices=tuple(invoices))
    return orders


def decide(
    orders: Sequence[OrderPlan], multiples: Mapping[str, int], today: date, rng: random.Random
) -> list[OrderPlan]:
    """Every order with its fate. The newest wait for review; about one in forty was rejected."""
    dealers = {dealer.number: dealer for dealer in DEALERS}
    first_waiting = len(orders) - WAITING
    decided = []
    for place, order in enumerate(orders):
        dealer = dealers[order.dealer]
        if place >= first_waiting:
            decided.append(order)
        elif rng.random() < 0.026 and len(order.lines) < 60:
            reason = rng.choice(REJECT_ZH if language(dealer) == "zh-hans" else REJECT_EN)
            decided.append(replace(order, rejected_at=_decision(order, today, rng), reject_reason=reason))
        else:
            decided.append(_settled(order, dealer, multiples, today, rng))
    return _numbered(decided)
