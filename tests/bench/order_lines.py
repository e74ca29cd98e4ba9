"""Filling a cart and sending it: 300 lines, against the least the database must do, and against Oscar's own way."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from django.db import transaction
from oscar.apps.basket.models import Basket
from oscar.apps.checkout.calculators import OrderTotalCalculator
from oscar.apps.order.utils import OrderCreator
from oscar.apps.partner.strategy import Default
from oscar.apps.shipping.methods import Free
from oscar.core.loading import get_model

from dealers.accounts.models import User
from fulfilment.ordering.cart import add_to_cart, open_cart
from fulfilment.ordering.models import DealerOrder, DealerOrderLine
from fulfilment.ordering.submit import OrderHead, submit
from fulfilment.stock.take import TAKE
from pricing.quote import quote
from tests.bench.company import LARGE, company, first_dealer, some_products
from tests.bench.copying import bare_cursor, copy_rows, count, statements
from tests.bench.harness import Bench, Outcome, compare, forget_peak_memory, timed

OrderLine = get_model("order", "Line")
Product = get_model("catalogue", "Product")

LINES, FEW, OSCAR_LINES = 300, 10, 100
QUANTITY = 12

# A new order head like the last one; what makes it different is its number and key.
ORDER_HEAD = """
INSERT INTO order_order (number, site_id, basket_id, user_id, currency, total_incl_tax, total_excl_tax,
    shipping_incl_tax, shipping_excl_tax, shipping_method, shipping_code, status, guest_email, date_placed,
    analytics_tracked)
SELECT %(number)s, site_id, NULL, user_id, currency, total_incl_tax, total_excl_tax, shipping_incl_tax,
    shipping_excl_tax, shipping_method, shipping_code, status, guest_email, now(), analytics_tracked
FROM order_order WHERE id = %(like)s RETURNING id
"""
DEALER_ORDER_HEAD = """
INSERT INTO fulfilment_ordering_dealerorder
SELECT (o.d).* FROM (
    SELECT jsonb_populate_record(d, jsonb_build_object('order_id', %(order)s, 'number', %(number)s,
        'submit_key', %(key)s)) AS d
    FROM fulfilment_ordering_dealerorder d WHERE order_id = %(like)s
) o
"""
LINE_IDS = "SELECT nextval(pg_get_serial_sequence('order_line', 'id')) FROM generate_series(1, %s)"


def run() -> Outcome:
    """`add_to_cart` and `submit` with real commits; the floor writes the same lines through psycopg2 by COPY."""
    company(LARGE)
    products = some_products(LINES)
    like = _order(products)
    _order(products[:FEW])
    few, many = count(lambda: _order(products[:FEW])), count(lambda: _order(products))
    floor = Floor(products, like)
    forget_peak_memory()
    case = compare("300 lines", lambda: _order(products), floor.order, queries=many)
    outcome = Outcome([case])
    if few != many:
        outcome.broken.append(f"{few} queries at {FEW} lines, {many} at {LINES}")
    outcome.notes.append(f"{many} queries at {LINES} lines, {few} at {FEW}: cart and order together")
    outcome.notes.append(_against_oscar(products[:OSCAR_LINES], case.contestant_ms / LINES))
    return outcome


def _order(products: Sequence[int]) -> DealerOrder:
    dealer = first_dealer()
    buyer = User.objects.get(memberships__dealer=dealer)
    cart = open_cart(buyer, dealer)
    add_to_cart(cart, dict.fromkeys(products, QUANTITY))
    return submit(cart, OrderHead(key=uuid4(), outlet_id=dealer.outlets.get().pk), by=buyer)


class Floor:
    """Prices read, stock taken under guard, an order head and both line tables written; nothing checked, no cart."""

    def __init__(self, products: Sequence[int], like: DealerOrder) -> None:
        wanted = [(pk, QUANTITY) for pk in products]
        with statements() as sent:
            quote(first_dealer(), wanted, datetime.now(UTC))
        self.prices = sent
        ordered = sorted(products)
        self.taking = {"ids": ordered, "quantities": [QUANTITY] * len(ordered)}
        self.like = like.pk
        self.mirrors = list(OrderLine.objects.filter(order=like.pk).order_by("pk").values())
        self.lines = list(DealerOrderLine.objects.filter(order=like.pk).order_by("pk").values())

    def order(self) -> None:
        """One order."""
        key = uuid4()
        with transaction.atomic():
            cursor = bare_cursor()
            for sql, params in self.prices:
                cursor.execute(sql, params)
                cursor.fetchall()
            cursor.execute(TAKE, self.taking)
            head = {"number": f"F{key.hex[:12]}", "like": self.like, "key": str(key)}
            cursor.execute(ORDER_HEAD, head)
            head["order"] = cursor.fetchone()[0]
            cursor.execute(DEALER_ORDER_HEAD, head)
            cursor.execute(LINE_IDS, [len(self.lines)])
            ids = [pk for (pk,) in cursor.fetchall()]
            order = {"order_id": head["order"]}
            copy_rows(OrderLine, ({**row, **order, "id": pk} for pk, row in zip(ids, self.mirrors, strict=True)))
            copy_rows(
                DealerOrderLine, ({**row, **order, "line_id": pk} for pk, row in zip(ids, self.lines, strict=True))
            )


def _against_oscar(products: Sequence[int], our_ms_per_line: float) -> str:
    """Oscar's own basket and order code with its default strategy, once: it takes seconds."""
    buyer = User.objects.get(pk=2)
    items = list(Product.objects.filter(pk__in=products))
    counted = [0]

    def oscar_order() -> None:
        counted[0] = count(lambda: _oscar_order(buyer, items))

    wall, _cpu = timed(oscar_order)
    per_line = wall * 1000 / len(items)
    return (
        f"django-oscar's basket.add_product and OrderCreator with strategy.Default, {len(items)} lines: "
        f"{wall * 1000:,.0f} ms, {counted[0]:,} queries, {per_line:.1f} ms a line; "
        f"ours {our_ms_per_line:.2f} ms a line: speedup {per_line / our_ms_per_line:.0f}×"
    )


def _oscar_order(buyer: User, items: Sequence[Any]) -> None:
    basket = Basket.objects.create(owner=buyer)
    basket.strategy = Default()
    for item in items:
        basket.add_product(item, QUANTITY)
    method = Free()
    charge = method.calculate(basket)
    total = OrderTotalCalculator().calculate(basket, charge)
    OrderCreator().place_order(basket, total, method, charge, user=buyer, order_number=f"OSCAR{basket.pk}")
    basket.submit()


BENCH = Bench("order_lines", "Fill a cart and send it", {"300 lines": 6.0}, run)
