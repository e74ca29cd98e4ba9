"""Orders, outlets and rules for the tests of allocation: a small world that each test changes where it matters."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

from fulfilment.allocation.facts import Dealer, Goods, Order, OrderLine, Outlet, Place, Snapshot, Stock, Tariff
from fulfilment.allocation.rules import OfferMode, Rule
from pricing.margins.amounts import percent
from pricing.margins.terms import Caps, Floor, Rates

NOW = dt.datetime(2026, 11, 23, 2, 0, tzinfo=dt.UTC)  # a Monday, ten in the morning in Shanghai
HERE = Place(31.2304, 121.4737, "310101")
RATES = Rates(
    goods_tax=percent(13),
    freight_tax=percent(9),
    service_tax=percent(6),
    top_up_tax=percent(13),
    payment_fee=percent("0.6"),
    guide=percent(2),
    override=percent(3),
)
CAPS = Caps(share=percent(10))
TARIFF = Tariff(fixed=8_00, per_100_km=10_00)
RULE = Rule("near", mode=OfferMode.AUTO)
ASK = replace(RULE, name="ask", mode=OfferMode.SEQUENTIAL)


def away(kilometres: float) -> Place:
    """A place so far north of the consumer."""
    return replace(HERE, latitude=HERE.latitude + kilometres / 111.195)


def line(key: int = 1, sku: str = "A", quantity: int = 1, paid: int = 1_099_00, **more: Any) -> OrderLine:
    return OrderLine(key, sku, quantity, paid * quantity, **more)


def order(*lines: OrderLine, **more: Any) -> Order:
    return Order("W-1", NOW, HERE, lines or (line(),), **more)


def goods(cost: int = 780_00, share: int = percent(18), **more: Any) -> Goods:
    return Goods(cost, Floor(share), wholesale_margin=90_00, **more)


def dealer(number: int, skus: str = "ABCDEF", **more: Any) -> Dealer:
    return Dealer(number, **{"goods": {sku: goods() for sku in skus}, **more})


def outlet(number: int, kilometres: float = 10, stock: dict[str, int] | None = None, **more: Any) -> Outlet:
    """The outlet of the dealer with the same number, unless told otherwise."""
    held = {sku: Stock(quantity, NOW) for sku, quantity in (stock or dict.fromkeys("ABCDEF", 9)).items()}
    return Outlet(number, **{"dealer": number, "place": away(kilometres), "tariff": TARIFF, **more}, stock=held)


def snapshot(*outlets: Outlet, dealers: tuple[Dealer, ...] = (), **more: Any) -> Snapshot:
    """Outlets and their dealers, made up where not given."""
    known = {each.id: each for each in dealers}
    return Snapshot(
        **{
            "now": NOW,
            "rates": RATES,
            "dealers": {each.dealer: known.get(each.dealer) or dealer(each.dealer) for each in outlets},
            "outlets": outlets,
            "caps": CAPS,
            **more,
        }
    )
