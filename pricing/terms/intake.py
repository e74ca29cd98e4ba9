"""Taking in prices, and which dealer buys by which list."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from oscar.core.loading import get_model

from dealers.accounts.models import Dealer
from dealers.intake.columns import Currency, Day, Number, Share, Text, Whole
from dealers.intake.intake import Changes, Intake
from dealers.intake.rows import Outcome, Parsed, Problem, RowState
from pricing.quote import supplier_day
from pricing.terms.models import DealerPriceList, Price, PriceList

Product = get_model("catalogue", "Product")

t = gettext_lazy
LOWEST_PRICE = Decimal("0.0001")
Key = tuple[str, str, int, date | None]
Base = tuple[date | None, date | None, Decimal]


class PricesIntake(Intake):
    """Prices by list, SKU, quantity and first day. A `discount` is taken off the list's price for one unit of that
    SKU, which must be known by then (stored, or in the same batch), and rounded to four decimals."""

    name = "prices"
    key = ("price_list", "sku", "min_quantity", "valid_from")
    columns = (
        Text("price_list", t("Price list"), required=True, max_length=50, also=("list", "价格表", "价格表编号"),
             example="WHOLESALE"),
        Text("price_list_name", t("Name of the price list"), also=("list name", "价格表名称"), example="Wholesale"),
        Text("sku", t("SKU"), required=True, max_length=64, example="PAN-24",
             also=("item", "item number", "part number", "product number", "货号", "商品编码", "产品编号")),
        Whole("min_quantity", t("From quantity"), minimum=1, maximum=10_000_000, example="10",
              also=("minimum quantity", "from", "quantity", "起订量", "起始数量", "数量")),
        Number("price", t("Price"), places=4, minimum=0, above_minimum=True, maximum=9_999_999_999, example="79.90",
               also=("unit price", "net price", "单价", "价格")),
        Share("discount", t("Discount"), also=("rebate", "折扣", "折扣率")),
        Currency("currency", t("Currency"), also=("币种", "货币"), example="CNY"),
        Day("valid_from", t("Valid from"), also=("start", "start date", "from date", "生效日期", "开始日期"),
            example="2026-01-01"),
        Day("valid_to", t("Valid to"), also=("end", "end date", "to date", "until", "失效日期", "结束日期")),
    )  # fmt: skip

    def __init__(self) -> None:
        super().__init__()
        self._lists: dict[str, Parsed] = {}
        self._today = supplier_day(timezone.now())

    def key_of(self, row: Parsed) -> Key:
        """A price's place in its list."""
        given = row.given
        return given["price_list"], given["sku"], row.get("min_quantity", 1), row.get("valid_from")

    def check(self, row: Parsed) -> Iterator[Problem]:
        """Exactly one of price and discount, days in order, one name and currency per list."""
        if (row.get("price") is None) == (row.get("discount") is None):
            yield Problem(row.number, "price", _("Give either a price or a discount."))
        start, end = row.get("valid_from"), row.get("valid_to")
        if start and end and end < start:
            yield Problem(row.number, "valid_to", _("This day is before the first one. Correct one of the two."))
        first = self._lists.setdefault(row.given["price_list"], row)
        for name in ("price_list_name", "currency"):
            if row.get(name) and row.get(name) != first.get(name, row.get(name)):
                message = _("Row %(row)s says otherwise for the same price list. Let both rows agree.")
                yield Problem(row.number, name, message % {"row": first.number})

    def _write(self, rows: Sequence[Parsed]) -> Outcome:
        products = dict(Product.objects.filter(upc__in={row.given["sku"] for row in rows}).values_list("upc", "pk"))
        known = {each.code: each for each in PriceList.objects.filter(code__in={r.given["price_list"] for r in rows})}
        problems = {row.number: problem for row in rows if (problem := _unknown(row, products, known)) is not None}
        rows = [row for row in rows if row.number not in problems]
        stored = self._stored(rows, products, known)
        bases = _bases(stored, rows)
        priced: list[tuple[Parsed, Decimal]] = []
        for row in rows:
            price = self._price(row, bases)
            if price is None:
                message = _("The list %(list)s has no price for one unit of %(sku)s. Import that price first.")
                message %= {"list": row.given["price_list"], "sku": row.given["sku"]}
                problems[row.number] = Problem(row.number, "discount", message)
            else:
                priced.append((row, price))
        lists, renamed = self._write_lists([row for row, _price in priced], known)
        states = self._write_prices(priced, products, lists, renamed, stored)
        return Outcome(states, tuple(problems[number] for number in sorted(problems)))

    def _stored(
        self, rows: Sequence[Parsed], products: Mapping[str, int], lists: Mapping[str, PriceList]
    ) -> dict[Key, Price]:
        skus = {pk: sku for sku, pk in products.items()}
        codes = {each.pk: code for code, each in lists.items()}
        wanted = {products[row.given["sku"]] for row in rows}
        return {
            (codes[price.price_list_id], skus[price.product_id], price.min_quantity, price.valid_from): price
            for price in Price.objects.filter(price_list__in=codes, product__in=wanted)
        }

    def _price(self, row: Parsed, bases: Mapping[tuple[str, str], list[Base]]) -> Decimal | None:
        discount = row.get("discount")
        if discount is None:
            return row.given["price"]
        day = row.get("valid_from") or self._today
        holding = [
            (start or date.min, price)
            for start, end, price in bases.get((row.given["price_list"], row.given["sku"]), [])
            if (start is None or start <= day) and (end is None or end >= day)
        ]
        if not holding:
            return None
        base: Decimal = max(holding)[1]
        return max((base * (1 - discount)).quantize(LOWEST_PRICE, rounding=ROUND_HALF_UP), LOWEST_PRICE)

    def _write_lists(
        self, rows: Sequence[Parsed], lists: dict[str, PriceList]
    ) -> tuple[dict[str, PriceList], set[str]]:
        changes = Changes(PriceList, ("name",))
        renamed = set()
        for row in rows:
            code, name = row.given["price_list"], row.get("price_list_name")
            new = code not in lists
            if new:
                lists[code] = PriceList(code=code, currency=row.get("currency") or settings.OSCAR_DEFAULT_CURRENCY)
            if (new or name) and changes.apply(lists[code], {"name": name or lists[code].name or code}) and not new:
                renamed.add(code)
        changes.save()
        return lists, renamed

    def _write_prices(
        self,
        priced: Sequence[tuple[Parsed, Decimal]],
        products: Mapping[str, int],
        lists: Mapping[str, PriceList],
        renamed: set[str],
        stored: Mapping[Key, Price],
    ) -> dict[int, RowState]:
        changes = Changes(Price, ("price", "valid_to"))
        states = {}
        for row, amount in priced:
            code, sku, quantity, start = key = self.key_of(row)
            price = stored.get(key) or Price(
                price_list=lists[code], product_id=products[sku], min_quantity=quantity, valid_from=start
            )
            values: dict[str, Any] = {"price": amount}
            if "valid_to" in row.given:
                values["valid_to"] = row.given["valid_to"]
            new = price._state.adding
            differs = changes.apply(price, values) or code in renamed
            states[row.number] = RowState.of(new=new, differs=differs)
        changes.save()
        return states


def _unknown(row: Parsed, products: Mapping[str, int], lists: Mapping[str, PriceList]) -> Problem | None:
    sku, known = row.given["sku"], lists.get(row.given["price_list"])
    if sku not in products:
        return Problem(row.number, "sku", no_such_product(sku))
    if known is not None and row.get("currency", known.currency) != known.currency:
        message = _("The price list %(list)s is in %(currency)s. Give prices in another currency a list of their own.")
        return Problem(row.number, "currency", message % {"list": known.code, "currency": known.currency})
    return None


def no_such_product(sku: str) -> str:
    """What a row is told whose SKU nobody knows."""
    return _("There is no product %(sku)s. Import the products first, or correct the SKU.") % {"sku": sku}


def _bases(stored: Mapping[Key, Price], rows: Sequence[Parsed]) -> dict[tuple[str, str], list[Base]]:
    """Prices for one unit by list and SKU: the stored ones, overruled by those of this batch."""
    found: dict[Key, Base] = {
        key: (price.valid_from, price.valid_to, price.price) for key, price in stored.items() if key[2] == 1
    }
    for row in rows:
        if row.get("price") is not None and row.get("min_quantity", 1) == 1:
            start = row.get("valid_from")
            key = (row.given["price_list"], row.given["sku"], 1, start)
            end = row.given["valid_to"] if "valid_to" in row.given else found.get(key, (None, None))[1]
            found[key] = (start, end, row.given["price"])
    by_product: dict[tuple[str, str], list[Base]] = {}
    for key, base in found.items():
        by_product.setdefault(key[:2], []).append(base)
    return by_product


def take_price_lists(rows: Sequence[Parsed]) -> tuple[dict[str, list[PriceList]], list[Problem]]:
    """The lists that rows with `number` and `price_lists` ("A;B", nearest first) name, by dealer number.

    Refused: a list that is not there, named twice, or in another currency than the dealer's; its prices would never
    count.
    """
    named = {row.number: _codes(row.get("price_lists", "")) for row in rows if "price_lists" in row.given}
    lists = {
        each.code: each for each in PriceList.objects.filter(code__in={c for codes in named.values() for c in codes})
    }
    numbers = {row.given["number"] for row in rows}
    stored = dict(Dealer.objects.filter(number__in=numbers).values_list("number", "currency"))
    wanted: dict[str, list[PriceList]] = {}
    problems = []
    for row in rows:
        codes = named.get(row.number)
        number = row.given["number"]
        if codes is None or number in wanted:
            continue
        currency = row.get("currency") or stored.get(number) or settings.OSCAR_DEFAULT_CURRENCY
        message = _refusal(codes, lists, currency)
        if message:
            problems.append(Problem(row.number, "price_lists", message))
        else:
            wanted[number] = [lists[code] for code in codes]
    return wanted, problems


def assign_price_lists(wanted: Mapping[str, Sequence[PriceList]]) -> set[str]:
    """Let each dealer, by number, buy by exactly these lists in this order. Answers the numbers that changed."""
    dealers = dict(Dealer.objects.filter(number__in=wanted).values_list("number", "pk"))
    has: dict[int, list[int]] = {}
    for dealer, price_list in (
        DealerPriceList.objects.filter(dealer__in=dealers.values())
        .order_by("dealer", "priority")
        .values_list("dealer_id", "price_list_id")
    ):
        has.setdefault(dealer, []).append(price_list)
    differing = {number for number, pk in dealers.items() if [each.pk for each in wanted[number]] != has.get(pk, [])}
    DealerPriceList.objects.filter(
        dealer__in=[dealers[number] for number in differing if dealers[number] in has]
    ).delete()
    DealerPriceList.objects.bulk_create(
        DealerPriceList(dealer_id=dealers[number], price_list=each, priority=priority)
        for number in sorted(differing)
        for priority, each in enumerate(wanted[number], start=1)
    )
    return differing


def _codes(text: str) -> list[str]:
    return [code for code in (part.strip() for part in text.replace("；", ";").split(";")) if code]


def _refusal(codes: Sequence[str], lists: Mapping[str, PriceList], currency: str) -> str:
    for code in codes:
        if code not in lists:
            return _("There is no price list %(list)s. Import its prices first, or correct the code.") % {"list": code}
        if lists[code].currency != currency:
            return _("The price list %(list)s is in %(theirs)s, the dealer buys in %(ours)s: its prices would not "
                     "count.") % {"list": code, "theirs": lists[code].currency, "ours": currency}  # fmt: skip
    return _("A price list is named twice. Name it once.") if len(set(codes)) < len(codes) else ""
