"""Who ordered what and when in the past six months: orders with lines, before anybody decided on them."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from portal.demo.company.catalogue import Variant, launch_day
from portal.demo.company.dealers import (
    DEALERS,
    DEMO_DEALER,
    Dealer,
    buyer_email,
    currency,
    home,
    language,
    outlet_codes,
    rep,
)
from portal.demo.company.model import OrderPlan

DAYS = 182
SUPPLIER_ZONE = ZoneInfo("Asia/Shanghai")
PER_DEALER = {"A": (17, 22), "B": (9, 13), "C": (4, 7)}
LINES = {"A": (6, 25), "B": (4, 18), "C": (2, 11)}
FAVOURITES = {"A": 70, "B": 40, "C": 20}
LONG_ORDER_LINES = 120
LONG_ORDER_DAYS_AGO = 45

# How much is bought in each month: before Singles' Day and the Spring Festival at home, before Christmas abroad.
SEASON_CN = (14, 5, 9, 10, 11, 10, 8, 9, 13, 15, 12, 12)
SEASON_ABROAD = (7, 8, 9, 10, 10, 8, 7, 11, 14, 15, 11, 5)

NOTES_ZH = (
    "请随货附送货单两份。",
    "周五前到货，谢谢。",
    "外箱请贴我方采购单号。",
    "新店开业用，请尽量一次发齐。",
    "收货时间 9:00–17:00，周日不收货。",
)
NOTES_EN = (
    "Please put our PO number on every carton.",
    "Deliver to the rear dock, 8 to 3.",
    "For the spring window, please ship complete.",
    "Call ahead, no forklift on site.",
)


def horizon(today: date) -> datetime:
    """The midnight that begins `today` at the supplier's clock: nothing in the history happens later."""
    return datetime.combine(today, time(), SUPPLIER_ZONE).astimezone(UTC)


def working_day(day: date) -> date:
    """The day itself, or the Monday after it."""
    return day + timedelta(days=max(0, 7 - day.weekday())) if day.weekday() >= 5 else day


def _placed(dealer: Dealer, today: date, days: Sequence[date], weights: Sequence[int], rng: random.Random) -> datetime:
    """A moment in the dealer's business hours, at least two hours before the horizon."""
    zone = ZoneInfo(home(dealer).zone)
    while True:
        day = rng.choices(days, weights)[0]
        moment = datetime.combine(day, time(8, 40), zone) + timedelta(
            minutes=rng.randrange(8 * 60 + 30), seconds=rng.randrange(60)
        )
        if moment < horizon(today) - timedelta(hours=2):
            return moment.astimezone(UTC)


def _sellable(variants: Sequence[Variant], dealer: Dealer, placed: date, today: date) -> list[Variant]:
    liked = set(dealer.likes.split())
    return [
        variant
        for variant in variants
        if variant.top in liked
        and variant.available
        and (variant.ends_on is None or placed < variant.ends_on - timedelta(days=14))
        and launch_day(variant.model, today) <= placed
    ]


def _quantity(variant: Variant, size: str, rng: random.Random) -> int:
    """Cartons of one line: mostly few, sometimes enough for the next tier; cheap things in larger numbers."""
    most = {"A": 9, "B": 6, "C": 3}[size]
    cartons = rng.randrange(1, most + 1)
    if variant.price < 12:
        cartons += rng.randrange(0, most + 1)
    elif variant.price > 180:
        cartons = max(1, cartons // 2)
    if size != "C" and rng.random() < 0.06:
        cartons = 20
    multiple = variant.model.multiple
    return max(cartons * multiple, -(-variant.model.minimum // multiple) * multiple)


def _lines(
    pool: Sequence[Variant], favourites: set[str], size: str, count: int, rng: random.Random
) -> tuple[tuple[str, int], ...]:
    weights = {variant.sku: 6 if variant.sku in favourites else 1 for variant in pool}
    ranked = sorted(pool, key=lambda variant: rng.random() ** (1 / weights[variant.sku]), reverse=True)
    chosen = sorted(ranked[:count], key=lambda variant: variant.sku)
    return tuple((variant.sku, _quantity(variant, size, rng)) for variant in chosen)


def _po_number(dealer: Dealer, day: date, sequence: int) -> str:
    if language(dealer) == "zh-hans":
        return f"CG{day:%Y%m}-{sequence:03d}"
    return f"{dealer.slug[:3].upper()}-{day:%y}-{4100 + sequence * 7}"


def _note(dealer: Dealer, rng: random.Random) -> str:
    if rng.random() > 0.14:
        return ""
    return rng.choice(NOTES_ZH if language(dealer) == "zh-hans" else NOTES_EN)


def dealer_orders(dealer: Dealer, variants: Sequence[Variant], today: date, rng: random.Random) -> list[OrderPlan]:
    """The orders of one dealer, oldest first, nobody having decided on them."""
    days = [day for ago in range(DAYS, 0, -1) if (day := today - timedelta(days=ago)).weekday() < 5]
    season = SEASON_CN if currency(dealer) == "CNY" else SEASON_ABROAD
    weights = [season[day.month - 1] for day in days]
    count = rng.randrange(*PER_DEALER[dealer.size]) + (6 if dealer.number == DEMO_DEALER else 0)
    moments = sorted(_placed(dealer, today, days, weights, rng) for _ in range(count))
    if dealer.number == DEMO_DEALER:
        moments[-1] = _yesterday(days[-1], rng)
    zone = ZoneInfo(home(dealer).zone)
    long_one = _long_order(dealer, moments, today)
    everything = _sellable(variants, dealer, today - timedelta(days=DAYS), today)
    favourites = {variant.sku for variant in rng.sample(everything, min(FAVOURITES[dealer.size], len(everything)))}
    outlets = outlet_codes(dealer)
    orders = []
    for sequence, moment in enumerate(moments, start=1):
        day = moment.astimezone(zone).date()
        wanted = LONG_ORDER_LINES if sequence - 1 == long_one else rng.randrange(*LINES[dealer.size]) + 1
        outlet = outlets[0] if rng.random() < 0.5 else rng.choice(outlets)
        orders.append(
            OrderPlan(
                dealer=dealer.number,
                outlet=outlet,
                buyer_email=buyer_email(dealer),
                placed_at=moment,
                po_number=_po_number(dealer, day, sequence),
                requested_on=working_day(day + timedelta(days=rng.randrange(5, 15))),
                note=_note(dealer, rng),
                lines=_lines(_sellable(variants, dealer, day, today), favourites, dealer.size, wanted, rng),
                decided_by=rep(dealer)[2],
            )
        )
    return orders


def _yesterday(last: date, rng: random.Random) -> datetime:
    """The afternoon of the last working day: the demo dealer always has an order that waits for review."""
    return (datetime.combine(last, time(15), SUPPLIER_ZONE) + timedelta(minutes=rng.randrange(120))).astimezone(UTC)


def _long_order(dealer: Dealer, moments: Sequence[datetime], today: date) -> int:
    """Which of the demo dealer's orders is the long one: the nearest to `LONG_ORDER_DAYS_AGO`; −1 for others."""
    if dealer.number != DEMO_DEALER:
        return -1
    target = horizon(today) - timedelta(days=LONG_ORDER_DAYS_AGO)
    return min(range(len(moments)), key=lambda place: abs(moments[place] - target))


def undecided_orders(variants: Sequence[Variant], today: date, rng: random.Random) -> list[OrderPlan]:
    """Every order of every dealer, oldest first."""
    orders = [order for dealer in DEALERS for order in dealer_orders(dealer, variants, today, rng)]
    return sorted(orders, key=lambda order: (order.placed_at, order.dealer))


def list_value(order: OrderPlan, prices: dict[str, Decimal]) -> Decimal:
    """What the order costs at list price in CNY without tax: a rough size, never a booked amount."""
    return sum((prices[sku] * quantity for sku, quantity in order.lines), Decimal(0))
