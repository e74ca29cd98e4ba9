"""Larkmoor Kitchen & Table, the demo's company: invented, bilingual, and the same for the same day and seed."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from portal.demo.company.catalogue import Variant, pictures, product_row, variants
from portal.demo.company.dealers import DEALERS, currency, dealer_rows
from portal.demo.company.fates import decide
from portal.demo.company.files import write_import_files
from portal.demo.company.history import list_value, undecided_orders
from portal.demo.company.model import Company, OrderPlan, Row
from portal.demo.company.palette import ATTRIBUTES
from portal.demo.company.places import REPS
from portal.demo.company.prices import LISTS, price_rows, stock_rows
from portal.demo.company.users import users

__all__ = ["ATTRIBUTES", "NAME_EN", "NAME_ZH", "Company", "OrderPlan", "build", "write_import_files"]

NAME_EN = "Larkmoor Kitchen & Table (Ningbo) Co., Ltd."
NAME_ZH = "云雀原餐厨（宁波）有限公司"
SEED = 20_260
TIGHT = "1004"
BASE_LIMIT = {"A": 400_000, "B": 150_000, "C": 60_000}


def _open_value(order: OrderPlan, prices: dict[str, Decimal]) -> Decimal:
    """What of the order is not paid yet, at list price in CNY without tax."""
    if order.rejected_at:
        return Decimal(0)
    value = list_value(order, prices)
    for invoice in order.invoices:
        billed = sum((prices[sku] * quantity for sku, quantity in invoice.quantities.items()), Decimal(0))
        value -= billed * sum((payment.share for payment in invoice.payments), Decimal(0))
    return value


def _credit_limits(history: Sequence[OrderPlan], prices: dict[str, Decimal], rng: random.Random) -> dict[str, str]:
    """Limits that fit how the dealers buy: room for most, hardly any for one, none for those who prepay."""
    limits = {}
    for dealer in DEALERS:
        _, _, rate = LISTS[f"WHOLESALE-{currency(dealer)}"]
        tax = Decimal("1.13") if currency(dealer) == "CNY" else Decimal(1)
        used = (
            sum((_open_value(order, prices) for order in history if order.dealer == dealer.number), Decimal(0))
            * rate
            * tax
        )
        room = Decimal("1.02") if dealer.number == TIGHT else Decimal(rng.randrange(135, 240)) / 100
        base = Decimal(0) if dealer.number == TIGHT else BASE_LIMIT[dealer.size] * rate
        step = 5000 if rate < 1 else 10_000
        limit = max(used * room, base)
        limits[dealer.number] = "0.00" if dealer.terms == 0 else f"{-(-int(limit) // step) * step}.00"
    return limits


def _sales_reps() -> list[Row]:
    keys = ("code", "name", "email", "phone", "territory", "territory_name")
    return [dict(zip(keys, rep, strict=True)) for rep in REPS]


def build(today: date, seed: int = SEED) -> Company:
    """The whole company as of `today`: import rows, logins, pictures and six months of history.

    The same `today` and `seed` give the same company. Nothing in it lies after the midnight that begins `today` in
    Asia/Shanghai, except a price that starts next month and the dates dealers asked for.
    """
    range_: list[Variant] = list(variants(today))
    prices = {variant.sku: variant.price for variant in range_}
    multiples = {variant.sku: variant.model.multiple for variant in range_}
    history = decide(
        undecided_orders(range_, today, random.Random(f"{seed}-orders")),
        multiples,
        today,
        random.Random(f"{seed}-fates"),
    )
    limits = _credit_limits(history, prices, random.Random(f"{seed}-limits"))
    return Company(
        name_en=NAME_EN,
        name_zh=NAME_ZH,
        products=[product_row(variant, number) for number, variant in enumerate(range_, start=101)],
        stock=list(stock_rows(range_, today, random.Random(f"{seed}-stock"))),
        prices=price_rows(range_, today),
        sales_reps=_sales_reps(),
        dealers=dealer_rows(limits, random.Random(f"{seed}-dealers")),
        users=users(),
        pictures=pictures(),
        history=history,
    )
