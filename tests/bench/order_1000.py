"""A thousand lines from the uploaded file to the order, against the least the database must do and Oscar's own way.

The contestant is what a buyer's upload costs: the workbook read behind its guard, the codes resolved, priced and
checked, the cart filled, the order placed and its stock taken, with real commits. The floor is the same data in one
transaction by bare psycopg2: codes to products, their prices, the stock taken under guard, an order head and both
line tables by COPY from text that lies ready; nothing is read from a file, checked or put in a cart.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from statistics import median
from typing import Any
from uuid import uuid4

from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import models, transaction
from django.utils import timezone
from openpyxl import Workbook
from oscar.apps.basket.models import Basket
from oscar.apps.checkout.calculators import OrderTotalCalculator
from oscar.apps.order.utils import OrderCreator
from oscar.apps.partner.strategy import Default
from oscar.apps.shipping.methods import Free
from oscar.core.loading import get_model

from dealers.accounts.models import User
from fulfilment.ordering.cart import add_to_cart, open_cart
from fulfilment.ordering.models import DealerOrder, DealerOrderLine
from fulfilment.ordering.resolve import Entry, resolve
from fulfilment.ordering.submit import OrderHead, submit
from fulfilment.stock.take import TAKE
from portal.shop.pasted import read_quantity
from portal.shop.quickfiles import read_file
from pricing.quote import PRICE_ROWS, supplier_day
from tests.bench.company import LARGE, company, first_dealer, some_products
from tests.bench.copying import bare_cursor, count
from tests.bench.harness import ROUNDS, Bench, Outcome, compare, forget_peak_memory, timed

OrderLine = get_model("order", "Line")
Product = get_model("catalogue", "Product")

LINES, FEW, OSCAR_LINES = 1_000, 10, 300
QUANTITY = 12
MOST_QUERIES, LEAST_SPEEDUP = 45, 80

RESOLVE = """
SELECT p.id, p.upc, c.minimum_quantity, c.order_multiple, c.unit
FROM catalogue_product p JOIN pricing_catalogue_productcard c ON c.product_id = p.id WHERE p.upc = ANY(%s)
"""
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
    """The thousand lines, the same for ten, and Oscar's own way for three hundred."""
    company(LARGE)
    products = some_products(LINES)
    many, few = _Upload(products), _Upload(products[:FEW])
    like = many.order()
    few.order()
    many_queries, few_queries = count(many.order), count(few.order)
    floor = _Floor(many.skus, products, like)
    forget_peak_memory()
    case = compare("1,000 lines", many.order, floor.order, queries=many_queries)
    outcome = Outcome([case])
    outcome.notes.append(f"{many_queries} queries from file to order at {LINES:,} lines, {few_queries} at {FEW}")
    if few_queries != many_queries or many_queries > MOST_QUERIES:
        outcome.broken.append(
            f"{few_queries} queries at {FEW} lines, {many_queries} at {LINES:,}; at most {MOST_QUERIES}"
        )
    reading = median(timed(many.read)[0] for _round in range(ROUNDS)) * 1000
    outcome.notes.append(f"reading the file in its guarded process is {reading:.0f} ms of the contestant's")
    _against_oscar(products[:OSCAR_LINES], case.contestant_ms / LINES, outcome)
    return outcome


class _Upload:
    """A workbook of products as a dealer's buyer uploads it, ordered again and again."""

    def __init__(self, products: Sequence[int]) -> None:
        found = dict(Product.objects.filter(pk__in=products).values_list("pk", "upc"))
        self.skus = [found[pk] for pk in products]
        book = Workbook()
        sheet = book.active
        assert sheet is not None
        sheet.append(["SKU", "Quantity"])
        for sku in self.skus:
            sheet.append([sku, QUANTITY])
        file = io.BytesIO()
        book.save(file)
        self._file = file.getvalue()

    def read(self) -> list[Entry]:
        """The lines of the file, through the reader that takes it for hostile."""
        lines = read_file(SimpleUploadedFile("order.xlsx", self._file)).lines
        read = [(line.code, read_quantity(line.quantity)) for line in lines]
        return [Entry(code, quantity.number, quantity.wrong) for code, quantity in read]

    def order(self) -> DealerOrder:
        """From the file to the order."""
        entries = self.read()
        dealer = first_dealer()
        buyer = User.objects.get(memberships__dealer=dealer)
        found = resolve(dealer, entries)
        cart = open_cart(buyer, dealer)
        cart.dealer = dealer
        add_to_cart(cart, {line.product_id: line.quantity for line in found if line.good and line.product_id})
        return submit(cart, OrderHead(key=uuid4(), outlet_id=dealer.outlets.get().pk), by=buyer)


class _Floor:
    """The same order by statements alone. What stays the same from order to order lies ready as text."""

    def __init__(self, skus: Sequence[str], products: Sequence[int], like: DealerOrder) -> None:
        dealer = first_dealer()
        day = supplier_day(timezone.now())
        self.skus = list(skus)
        self.asked = {"dealer": dealer.pk, "tax": dealer.tax_percent, "products": list(products), "day": day}
        ordered = sorted(products)
        self.taking = {"ids": ordered, "quantities": [QUANTITY] * len(ordered)}
        self.like = like.pk
        self.mirrors = _Copy(OrderLine, like, "id")
        self.lines = _Copy(DealerOrderLine, like, "line_id")

    def order(self) -> None:
        """One order."""
        key = uuid4()
        with transaction.atomic():
            cursor = bare_cursor()
            cursor.execute(RESOLVE, [self.skus])
            cursor.fetchall()
            cursor.execute(PRICE_ROWS, self.asked)
            cursor.fetchall()
            cursor.execute(TAKE, self.taking)
            head = {"number": f"F{key.hex[:12]}", "like": self.like, "key": str(key)}
            cursor.execute(ORDER_HEAD, head)
            head["order"] = cursor.fetchone()[0]
            cursor.execute(DEALER_ORDER_HEAD, head)
            cursor.execute(LINE_IDS, [len(self.skus)])
            ids = [pk for (pk,) in cursor.fetchall()]
            self.mirrors.write(cursor, head["order"], ids)
            self.lines.write(cursor, head["order"], ids)


class _Copy:
    """The lines of an order as COPY reads them, without their own key and their order's."""

    def __init__(self, model: type[models.Model], like: DealerOrder, key: str) -> None:
        table = model._meta.db_table
        rest = [field.column for field in model._meta.concrete_fields if field.column not in (key, "order_id")]
        names = ", ".join(f'"{column}"' for column in rest)
        self._copy = f'COPY "{table}" ({key}, order_id, {names}) FROM STDIN'
        rows = io.StringIO()
        asked = f'COPY (SELECT {names} FROM "{table}" WHERE order_id = {like.pk} ORDER BY {key}) TO STDOUT'
        bare_cursor().copy_expert(asked, rows)
        rows.seek(0)
        self._tails = rows.readlines()

    def write(self, cursor: Any, order: int, keys: Sequence[int]) -> None:
        """Write them for another order."""
        rows = (f"{key}\t{order}\t{tail}" for key, tail in zip(keys, self._tails, strict=True))
        cursor.copy_expert(self._copy, io.StringIO("".join(rows)))


def _against_oscar(products: Sequence[int], our_ms_per_line: float, outcome: Outcome) -> None:
    """Oscar's own basket and order code with its default strategy, once: it takes many seconds."""
    buyer = User.objects.get(pk=2)
    items = list(Product.objects.filter(pk__in=products))
    counted = [0]

    def oscar_order() -> None:
        counted[0] = count(lambda: _oscar_order(buyer, items))

    wall, cpu = timed(oscar_order)
    per_line = wall * 1000 / len(items)
    speedup = per_line / our_ms_per_line
    outcome.notes.append(
        f"django-oscar's basket.add_product and OrderCreator with strategy.Default, {len(items)} lines, once: "
        f"{wall * 1000:,.0f} ms ({cpu:.1f} s of CPU), {counted[0]:,} queries, {per_line:.1f} ms a line; "
        f"ours {our_ms_per_line:.2f} ms a line, the file's reading included: speedup {speedup:.0f}×, "
        f"at least {LEAST_SPEEDUP}×"
    )
    if speedup < LEAST_SPEEDUP:
        outcome.broken.append(f"only {speedup:.0f}× faster a line than Oscar's own way, not {LEAST_SPEEDUP}×")


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


BENCH = Bench("order_1000", "A thousand lines from file to order", {"1,000 lines": 12.0}, run)
