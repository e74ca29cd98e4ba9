"""Goods on their way: taken in from a list, and told by product with the day they are expected."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as t
from oscar.core.loading import get_model

from dealers.intake.columns import Day, Text, Whole
from dealers.intake.intake import Changes, Intake
from dealers.intake.rows import Outcome, Parsed, Problem, RowState
from fulfilment.stock.intake import MOST
from fulfilment.stock.models import ExpectedReceipt, Location
from pricing.terms.intake import no_such_product

Product = get_model("catalogue", "Product")

#: Nobody plans a receipt further ahead; a later year is a slip of the keyboard.
FURTHEST = timedelta(days=3 * 366)

Key = tuple[int, str, str]


@dataclass(frozen=True)
class Expected:
    """What arrives at a location on a day, all references of that day together."""

    product_id: int
    location: str
    location_name: str
    quantity: int
    on: date


def supplier_today() -> date:
    """The supplier's calendar day."""
    return timezone.localtime(timezone.now(), timezone.get_default_timezone()).date()


def expected_receipts(product_ids: Iterable[int], today: date | None = None) -> dict[int, tuple[Expected, ...]]:
    """What is on its way by product, soonest first. One statement.

    A day before `today` (the supplier's) has passed without the goods being counted: nobody is promised that again.
    """
    coming: dict[tuple[int, date, str, str], int] = {}
    rows = ExpectedReceipt.objects.filter(
        product__in=list(product_ids), expected_on__gte=today or supplier_today()
    ).order_by("product_id", "expected_on", "location__code")
    for product, day, code, name, quantity in rows.values_list(
        "product_id", "expected_on", "location__code", "location__name", "quantity"
    ):
        coming[product, day, code, name] = coming.get((product, day, code, name), 0) + quantity
    found: dict[int, list[Expected]] = {}
    for (product, day, code, name), quantity in coming.items():
        found.setdefault(product, []).append(Expected(product, code, name, quantity, day))
    return {product: tuple(receipts) for product, receipts in found.items()}


class ExpectedReceiptsIntake(Intake):
    """Expected receipts by SKU, location and reference; the same again with another day moves it. Quantity 0 ends it.

    Locations must be known: a list of stock makes them. `today` is the supplier's day unless told otherwise.
    """

    name = "expected_receipts"
    key = ("sku", "location", "reference")
    columns = (
        Text("sku", t("SKU"), required=True, max_length=64, example="PAN-24",
             also=("item", "item number", "part number", "product number", "货号", "商品编码")),
        Text("location", t("Location"), required=True, max_length=50, example="SH",
             also=("warehouse", "site", "仓库", "库位", "仓库编号")),
        Whole("quantity", t("Quantity"), required=True, minimum=0, maximum=MOST, example="240",
              also=("expected", "qty", "on order", "数量", "在途数量", "预计数量")),
        Day("expected_on", t("Expected on"), required=True, example="2026-04-15",
            also=("eta", "expected date", "due date", "arrival", "预计到货", "到货日期", "预计到货日期")),
        Text("reference", t("Reference"), max_length=100, example="PO-7710",
             also=("purchase order", "po number", "production order", "采购单号", "参考号")),
    )  # fmt: skip

    def __init__(self, *, today: date | None = None) -> None:
        super().__init__()
        self._now = timezone.now()
        self._today = today or supplier_today()

    def key_of(self, row: Parsed) -> tuple[Any, ...]:
        """A missing reference is the same as an empty one."""
        return row.given["sku"], row.given["location"], row.get("reference", "")

    def check(self, row: Parsed) -> Iterator[Problem]:
        """A day that may still come."""
        if row.given["quantity"] and not self._today <= row.given["expected_on"] <= self._today + FURTHEST:
            message = _("This day has passed, or is years away. Say when the goods will arrive, or write quantity 0.")
            yield Problem(row.number, "expected_on", message)

    def _write(self, rows: Sequence[Parsed]) -> Outcome:
        skus = {row.given["sku"] for row in rows}
        products = dict(Product.objects.filter(upc__in=skus).exclude(structure=Product.PARENT).values_list("upc", "pk"))
        codes = {row.given["location"] for row in rows}
        locations = dict(Location.objects.filter(code__in=codes).values_list("code", "pk"))
        problems = [problem for row in rows if (problem := _refusal(row, products, locations)) is not None]
        refused = {problem.row for problem in problems}
        stored = {
            (each.product_id, each.location.code, each.reference): each
            for each in ExpectedReceipt.objects.filter(
                product__in=products.values(), location__code__in=codes
            ).select_related("location")
        }
        states = self._write_receipts([row for row in rows if row.number not in refused], products, locations, stored)
        return Outcome(states, tuple(problems))

    def _write_receipts(
        self,
        rows: Sequence[Parsed],
        products: Mapping[str, int],
        locations: Mapping[str, int],
        stored: Mapping[Key, ExpectedReceipt],
    ) -> dict[int, RowState]:
        changes = Changes(ExpectedReceipt, ("quantity", "expected_on", "as_of"))
        gone: list[int] = []
        states: dict[int, RowState] = {}
        for row in rows:
            key = (products[row.given["sku"]], row.given["location"], row.get("reference", ""))
            receipt = stored.get(key)
            quantity, day = row.given["quantity"], row.given["expected_on"]
            if not quantity:
                gone += [receipt.pk] if receipt else []
                states[row.number] = RowState.of(new=False, differs=receipt is not None)
                continue
            differs = receipt is None or (receipt.quantity, receipt.expected_on) != (quantity, day)
            states[row.number] = RowState.of(new=receipt is None, differs=differs)
            receipt = receipt or ExpectedReceipt(product_id=key[0], location_id=locations[key[1]], reference=key[2])
            changes.apply(receipt, {"quantity": quantity, "expected_on": day, "as_of": self._now})
        if gone:
            ExpectedReceipt.objects.filter(pk__in=gone).delete()
        changes.save()
        return states


def _refusal(row: Parsed, products: Mapping[str, int], locations: Mapping[str, int]) -> Problem | None:
    if row.given["sku"] not in products:
        return Problem(row.number, "sku", no_such_product(row.given["sku"]))
    if row.given["location"] not in locations:
        message = _("There is no location %(code)s. Import its stock first, or correct the code.")
        return Problem(row.number, "location", message % {"code": row.given["location"]})
    return None
