"""A supplier of a chosen size, the same every time, written by COPY.

Every dealer has the base list, which prices everything, behind up to four lists that each price a fifth of the
products; the first dealer has all five. A product in four has quantity breaks, one in fifty another price since the
beginning of 2026 and one in fifty a price that ended then. One SKU in five is a variant, in families of four.
"""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.db import connection, transaction
from oscar.core.loading import get_model

from dealers.accounts.models import Dealer, Membership, Outlet, Supplier, User
from dealers.ledger.models import AccountDocument, Journal, Posting, Settlement
from fulfilment.stock.models import Location, StockLevel
from portal.shop.entries import write_entries
from pricing.catalogue.models import CategoryCard, ProductCard
from pricing.terms.models import DealerPriceList, Price, PriceList
from tests.bench.copying import copy_rows, copy_text, without_indexes
from tests.bench.machine import built_database

Category = get_model("catalogue", "Category")
Product = get_model("catalogue", "Product")
ProductAttribute = get_model("catalogue", "ProductAttribute")
ProductAttributeValue = get_model("catalogue", "ProductAttributeValue")
ProductCategory = get_model("catalogue", "ProductCategory")
ProductClass = get_model("catalogue", "ProductClass")
Partner = get_model("partner", "Partner")
StockRecord = get_model("partner", "StockRecord")

SEED = 20260701
LISTS_EACH = 5
HOT = 400  # sold by the piece
FAMILY = 4
SOURCES = [Path(__file__), Path(__file__).with_name("copying.py")]


@dataclass(frozen=True)
class Size:
    """How big the company is. `movements` is how many the first dealer's account has."""

    kind: str
    skus: int
    lists: int = 50
    dealers: int = 200
    movements: int = 0


SMALL = Size("small", 500)
LARGE = Size("large", 20_000)
HUGE = Size("huge", 100_000, lists=500, dealers=2_000)
LEDGER = Size("ledger", 100, lists=5, dealers=5, movements=1_000)


def company(size: Size, *, copied: bool = True) -> str:
    """The company's database, used from now on; its name. Building the huge one takes some minutes, once.

    A benchmark that only reads takes the kept one itself (`copied=False`): copying gigabytes takes a while.
    """
    return built_database(size.kind, SOURCES, lambda: build(size), copied=copied)


def first_dealer() -> Dealer:
    """The dealer every benchmark asks for."""
    return Dealer.objects.get(number="D00001")


def some_products(number: int) -> list[int]:
    """Product ids spread over the whole catalogue, the same every time."""
    sellable = Product.objects.exclude(structure=Product.PARENT).order_by("pk").values_list("pk", flat=True)
    return random.Random(SEED).sample(list(sellable), number)


def build(size: Size) -> None:
    """Fill the empty database."""
    chance = random.Random(SEED)
    Supplier.objects.create(pk=1, name="Benchmark Supplies", name_zh="基准用品", address="1 Factory Road")
    _catalogue(size, chance)
    write_entries(range(1, size.skus + 1))
    _stock(size, chance)
    _dealers(size, chance)
    _prices(size, chance)
    if size.movements:
        _account(first_dealer(), size.movements, chance)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def _families(size: Size) -> int:
    return size.skus // 5 // FAMILY


def _parent_of(number: int, size: Size) -> int | None:
    """The first SKUs are the variants; the models' ids come after the SKUs'."""
    family = (number - 1) // FAMILY
    return size.skus + 1 + family if family < _families(size) else None


def _catalogue(size: Size, chance: random.Random) -> None:
    goods = ProductClass.objects.create(name="Goods", slug="goods")
    leaves = []
    for root in range(8):
        above = Category.add_root(name=f"Group {root + 1}")
        leaves += [above.add_child(name=f"Group {root + 1}.{child + 1}").pk for child in range(5)]
    copy_rows(CategoryCard, ({"category_id": pk, "name_zh": f"类别{pk}"} for pk in leaves))
    colour = ProductAttribute.objects.create(product_class=goods, name="Colour", code="colour", type="text")
    variants = _families(size) * FAMILY
    models = range(size.skus + 1, size.skus + 1 + _families(size))
    copy_rows(Product, _products(size, goods.pk, chance))
    copy_rows(
        ProductCard,
        (
            {
                "product_id": pk,
                "name_zh": f"产品{pk}",
                "brand": f"Brand {pk % 30}",
                "order_multiple": chance.choice((1, 1, 1, 6)) if pk != HOT else 1,
                "recommended_retail_price": Decimal(chance.randint(500, 90_000)) / 100,
            }
            for pk in (*range(1, size.skus + 1), *models)
        ),
    )
    in_category = (*range(variants + 1, size.skus + 1), *models)
    copy_rows(ProductCategory, ({"product_id": pk, "category_id": chance.choice(leaves)} for pk in in_category))
    colours = ("red", "green", "blue", "black")
    copy_rows(
        ProductAttributeValue,
        (
            {"product_id": pk, "attribute_id": colour.pk, "value_text": colours[pk % FAMILY]}
            for pk in range(1, variants + 1)
        ),
    )


def _products(size: Size, class_id: int, chance: random.Random) -> Iterator[dict[str, Any]]:
    words = ("bolt", "bracket", "valve", "hinge", "pump", "filter", "gasket", "bearing", "coupling", "sensor")
    models = range(size.skus + 1, size.skus + 1 + _families(size))
    for pk in models:
        title = f"{chance.choice(words).title()} family {pk}"
        yield _product(pk, f"M-{pk:06d}", title, Product.PARENT, product_class_id=class_id)
    for pk in range(1, size.skus + 1):
        parent = _parent_of(pk, size)
        title = f"{chance.choice(words).title()} {chance.choice(words)} {pk}"
        structure = Product.CHILD if parent else Product.STANDALONE
        yield _product(
            pk, f"S-{pk:06d}", title, structure, parent_id=parent, product_class_id=None if parent else class_id
        )


def _product(pk: int, sku: str, title: str, structure: str, **more: Any) -> dict[str, Any]:
    row = {"parent_id": None, "product_class_id": None, **more}
    return {"id": pk, "upc": sku, "title": title, "slug": sku.lower(), "structure": structure, **row}


def _stock(size: Size, chance: random.Random) -> None:
    partner = Partner.objects.create(code="supplier", name="Supplier")
    places = [Location.objects.create(code=f"W{number}", name=f"Warehouse {number}").pk for number in (1, 2)]
    left = {pk: chance.randint(5_000, 50_000) for pk in range(1, size.skus + 1)}
    copy_rows(
        StockRecord,
        (
            {
                "product_id": pk,
                "partner_id": partner.pk,
                "partner_sku": f"S-{pk:06d}",
                "price_currency": "CNY",
                "price": Decimal(chance.randint(100, 50_000)) / 100,
                "num_in_stock": number,
                "num_allocated": 0,
            }
            for pk, number in left.items()
        ),
    )
    halves = ((pk, place, number // 2) for pk, number in left.items() for place in places)
    copy_rows(StockLevel, ({"product_id": pk, "location_id": place, "on_hand": number} for pk, place, number in halves))


def _dealers(size: Size, chance: random.Random) -> None:
    numbers = range(1, size.dealers + 1)
    copy_rows(
        Dealer,
        (
            {
                "id": number,
                "number": f"D{number:05d}",
                "name": f"Dealer {number}",
                "name_zh": f"经销商{number}",
                "currency": "CNY",
                "tax_percent": Decimal("13.00"),
                "payment_terms_days": 30,
                "credit_limit": Decimal("1000000.00"),
            }
            for number in numbers
        ),
    )
    address = {"address_line1": "1 Market Street", "city": "Town", "postal_code": "200000", "country": "CN"}
    copy_rows(Outlet, ({"dealer_id": n, "code": "MAIN", "name": f"Shop {n}", **address} for n in numbers))
    copy_rows(
        User, ({"id": n, "email": f"buyer{n}@dealer.example", "password": "!", "first_name": f"B{n}"} for n in numbers)
    )
    copy_rows(Membership, ({"user_id": n, "dealer_id": n, "role": "administrator"} for n in numbers))
    copy_rows(
        PriceList,
        ({"id": n, "code": f"L{n:03d}", "name": f"List {n}", "currency": "CNY"} for n in range(1, size.lists + 1)),
    )
    copy_rows(
        DealerPriceList,
        (
            {"dealer_id": number, "price_list_id": price_list, "priority": place}
            for number in numbers
            for place, price_list in enumerate((*_nearer_lists(number, size, chance), 1), start=1)
        ),
    )


def _nearer_lists(number: int, size: Size, chance: random.Random) -> list[int]:
    most = LISTS_EACH - 1
    return chance.sample(range(2, size.lists + 1), most if number == 1 else chance.randint(0, most))


def _prices(size: Size, chance: random.Random) -> None:
    with without_indexes(Price):
        copy_text(
            Price,
            ("price_list_id", "product_id", "min_quantity", "price", "valid_from", "valid_to"),
            _price_text(size, chance),
        )


def _price_text(size: Size, chance: random.Random) -> Iterator[str]:
    """The rows of one list after another, as COPY reads them."""
    everything = range(1, size.skus + 1)
    for price_list in range(1, size.lists + 1):
        base = price_list == 1
        percent = 100 if base else chance.randint(75, 98)
        products: Iterable[int] = everything if base else sorted(chance.sample(everything, size.skus // 5))
        lines = []
        for pk in products:
            cents = (10_000 + pk * 7919 % 90_000) * percent  # of a hundredth of a cent, as a price is kept
            lines.append(f"{price_list}\t{pk}\t1\t{cents / 10_000:.4f}\t\\N\t\\N\n")
            draw = pk % 100
            if draw < 25:
                lines.append(f"{price_list}\t{pk}\t50\t{cents * 9 // 10 / 10_000:.4f}\t\\N\t\\N\n")
            if draw in (30, 31):
                lines.append(f"{price_list}\t{pk}\t1\t{cents * 11 // 10 / 10_000:.4f}\t2026-01-01\t\\N\n")
            if draw in (40, 41):
                lines.append(f"{price_list}\t{pk}\t6\t{cents * 8 // 10 / 10_000:.4f}\t2025-01-01\t2025-12-31\n")
        yield "".join(lines)


def _account(dealer: Dealer, movements: int, chance: random.Random) -> None:
    """Invoices in 2026, three in four paid by a payment that names them, in one transaction as the ledger demands."""
    kinds = [("invoice" if place % 7 < 4 else "payment") for place in range(movements)]
    totals: list[Decimal] = []
    unpaid: list[int] = []
    journals, postings, documents, settlements = [], [], [], []
    for place, kind in enumerate(kinds):
        pk, day = place + 1, dt.date(2026, 1, 1) + dt.timedelta(days=place * 180 // movements)
        pays = unpaid.pop(0) if kind == "payment" and unpaid else None
        net = Decimal(chance.randint(10_000, 900_000)) / 100
        tax = (net * 13 / 100).quantize(Decimal("0.01"))
        total = totals[pays - 1] if pays else net + tax
        totals.append(total)
        number = f"{'INV' if kind == 'invoice' else 'PAY'}-{pk:06d}"
        journals.append({"id": pk, "source_kind": kind, "source_key": number, "date": day, "currency": "CNY"})
        legs = (
            (("receivable", total), ("revenue", -net), ("tax", -tax))
            if kind == "invoice"
            else (("bank", total), ("receivable", -total))
        )
        postings += [
            {"journal_id": pk, "account": account, "dealer_id": dealer.pk, "amount": amount} for account, amount in legs
        ]
        document = {"net_amount": net, "tax_amount": tax} if kind == "invoice" else {"net_amount": total}
        documents.append(
            {
                "id": pk,
                "kind": kind,
                "number": number,
                "dealer_id": dealer.pk,
                "issue_date": day,
                "due_date": day + dt.timedelta(days=30) if kind == "invoice" else None,
                "currency": "CNY",
                "tax_amount": 0,
                "total": total,
                "order_numbers": [f"26{pk:06d}"] if kind == "invoice" else [],
                "reference": f"PO {pk} 上海订单" if kind == "invoice" else "Bank transfer 银行转账",
                "journal_id": pk,
                **document,
            }
        )
        if kind == "invoice":
            unpaid.append(pk)
        elif pays:
            settlements.append({"credit_id": pk, "invoice_id": pays, "amount": total})
    with transaction.atomic():
        copy_rows(Journal, journals)
        copy_rows(Posting, postings)
        copy_rows(AccountDocument, documents)
        copy_rows(Settlement, settlements)
