"""Taking in stock of dealers' outlets from lists: the supplier for any dealer, a dealer for its own outlets."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from django.db.models import Q
from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from oscar.core.loading import get_model

from dealers.accounts.models import Dealer, Outlet, User
from dealers.intake.columns import Column, Moment, Text, Whole
from dealers.intake.intake import Intake
from dealers.intake.rows import Outcome, Parsed, Problem, RowState
from fulfilment.stock.intake import MOST
from fulfilment.stock.models import MoveKind, OutletStock
from fulfilment.stock.outlet_feed import AHEAD, Counted, take_counts
from fulfilment.stock.outlets import Key
from pricing.numbers.keys import code_key
from pricing.numbers.models import DealerItemNumber
from pricing.quote import assortment

Product = get_model("catalogue", "Product")

t = gettext_lazy

DEALER = Text("dealer", t("Dealer number"), required=True, max_length=50, example="D-1001",
              also=("dealer", "customer", "customer number", "经销商编号", "经销商", "客户编号"))  # fmt: skip
OUTLET = Text("outlet", t("Outlet code"), required=True, max_length=50, example="MAIN",
              also=("outlet", "shop", "store", "store code", "branch", "门店", "门店编号", "门店代码"))  # fmt: skip
SKU = Text("sku", t("SKU or own item number"), required=True, max_length=64, example="PAN-24",
           also=("sku", "item", "item number", "own item number", "product number", "货号", "商品编码", "自编货号",
                 "产品编号"))  # fmt: skip
QUANTITY = Whole("quantity", t("Quantity on hand"), required=True, minimum=0, maximum=MOST, example="12",
                 also=("quantity", "on hand", "stock", "qty", "数量", "库存", "库存数量"))  # fmt: skip
SAFETY = Whole("safety", t("Safety stock"), minimum=0, maximum=MOST, example="2",
               also=("safety", "minimum stock", "reserve", "安全库存"))  # fmt: skip
AS_OF = Moment("as_of", t("As of"), also=("date", "updated", "counted", "时间", "截至时间", "更新时间", "盘点时间"),
               example="2026-03-31 18:30")  # fmt: skip


@dataclass(frozen=True)
class _Known:
    """What rows may speak of: outlets by dealer's number and code, products by dealer and what it calls them."""

    outlets: Mapping[tuple[str, str], Outlet]
    products: Mapping[str, int]
    own: Mapping[tuple[int, str], int]

    def outlet(self, row: Parsed) -> Outlet | None:
        return self.outlets.get((row.given.get("dealer", ""), row.given["outlet"]))

    def product(self, row: Parsed, dealer_id: int) -> int | None:
        said = row.given["sku"]
        return self.products.get(said) or self.own.get((dealer_id, code_key(said)))


class OutletStockIntake(Intake):
    """Quantities by dealer, outlet and SKU, or the dealer's own number of it. Without `as_of` they are of now.

    A row older than what is stored is refused. An empty safety stock leaves the stored one alone.
    """

    name = "outlet_stock"
    key = ("outlet", "sku")
    columns: ClassVar[tuple[Column, ...]] = (DEALER, OUTLET, SKU, QUANTITY, SAFETY, AS_OF)

    def __init__(self, *, by: User | None = None, kind: MoveKind = MoveKind.FEED) -> None:
        super().__init__()
        self._by = by
        self._kind = kind
        self._now = timezone.now()
        self._first: dict[Key, int] = {}

    def key_of(self, row: Parsed) -> tuple[Hashable, ...]:
        """An outlet's product; two names of one product are found when both are known."""
        return row.given.get("dealer"), row.given["outlet"], row.given["sku"]

    def check(self, row: Parsed) -> Iterator[Problem]:
        """No moment ahead of us: it would shut out the lists that follow."""
        if row.get("as_of", self._now) > self._now + AHEAD:
            yield Problem(row.number, "as_of", _("This moment is yet to come. Correct it, or leave it empty."))

    def _outlets(self, rows: Sequence[Parsed]) -> dict[tuple[str, str], Outlet]:
        codes = {row.given["outlet"] for row in rows}
        numbers = {row.given["dealer"] for row in rows}
        found = Outlet.objects.filter(dealer__number__in=numbers, code__in=codes).select_related("dealer")
        return {(outlet.dealer.number, outlet.code): outlet for outlet in found}

    def _products(self, asked: Q, outlets: Sequence[Outlet]) -> dict[int, str]:
        """SKUs by product, of those among which rows may choose."""
        return dict(Product.objects.filter(asked).exclude(structure=Product.PARENT).values_list("pk", "upc"))

    def _known(self, rows: Sequence[Parsed]) -> _Known:
        outlets = self._outlets(rows)
        said = {row.given["sku"] for row in rows}
        numbers = DealerItemNumber.objects.filter(
            dealer__in={outlet.dealer_id for outlet in outlets.values()},
            key__in={code_key(code) for code in said} - {""},
        )
        own = {(dealer, key): product for dealer, key, product in numbers.values_list("dealer_id", "key", "product_id")}
        products = self._products(Q(upc__in=said) | Q(pk__in=set(own.values())), list(outlets.values()))
        return _Known(
            outlets,
            {sku: pk for pk, sku in products.items() if sku},
            {name: product for name, product in own.items() if product in products},
        )

    def _write(self, rows: Sequence[Parsed]) -> Outcome:
        known = self._known(rows)
        counts: dict[int, Counted] = {}
        problems: list[Problem] = []
        for row in rows:
            problem = self._problem(row, known) or self._said_twice(row, known)
            if problem:
                problems.append(problem)
            else:
                counts[row.number] = self._counted(row, known)
        told = take_counts(list(counts.values()), kind=self._kind, by=self._by)
        states: dict[int, RowState] = {}
        for number, counted in counts.items():
            became = told[counted.key]
            if became.older_than is not None:
                moment = formats.date_format(timezone.localtime(became.older_than), "SHORT_DATETIME_FORMAT")
                message = _("This is older than what is stored (as of %(known)s). Import a newer stock list.")
                problems.append(Problem(number, "as_of", message % {"known": moment}))
            else:
                states[number] = became.state
        return Outcome(states, tuple(problems))

    def _counted(self, row: Parsed, known: _Known) -> Counted:
        outlet, product = self._key(row, known)
        as_of = min(row.get("as_of", self._now), self._now)
        return Counted(outlet, product, row.given["quantity"], as_of, row.given.get("safety"))

    def _key(self, row: Parsed, known: _Known) -> Key:
        outlet = known.outlet(row)
        product = known.product(row, outlet.dealer_id) if outlet else None
        if outlet is None or product is None:
            raise LookupError(row.number)
        return outlet.pk, product

    def _problem(self, row: Parsed, known: _Known) -> Problem | None:
        outlet = known.outlet(row)
        if outlet is None:
            return Problem(row.number, "outlet", self._no_outlet(row))
        if known.product(row, outlet.dealer_id) is None:
            return Problem(row.number, "sku", self._no_product(row))
        return None

    def _said_twice(self, row: Parsed, known: _Known) -> Problem | None:
        """One product under its SKU and its own number."""
        first = self._first.setdefault(self._key(row, known), row.number)
        if first == row.number:
            return None
        return Problem(row.number, "sku", _("This repeats row %(row)s. Keep one of the two.") % {"row": first})

    def _no_outlet(self, row: Parsed) -> str:
        words = {"dealer": row.given["dealer"], "outlet": row.given["outlet"]}
        return _("Dealer %(dealer)s has no outlet %(outlet)s. Import it first, or correct the code.") % words

    def _no_product(self, row: Parsed) -> str:
        words = {"sku": row.given["sku"]}
        return _("%(sku)s is neither a SKU nor an own item number of this dealer. Correct it.") % words


class OwnOutletStockIntake(OutletStockIntake):
    """A dealer's own list: other dealers' outlets, and what it can neither buy nor has in stock, do not exist."""

    columns = (OUTLET, SKU, QUANTITY, SAFETY, AS_OF)

    def __init__(self, dealer: Dealer, *, by: User | None = None, kind: MoveKind = MoveKind.FEED) -> None:
        super().__init__(by=by, kind=kind)
        self._dealer = dealer

    def _outlets(self, rows: Sequence[Parsed]) -> dict[tuple[str, str], Outlet]:
        codes = {row.given["outlet"] for row in rows}
        return {("", outlet.code): outlet for outlet in Outlet.objects.filter(dealer=self._dealer, code__in=codes)}

    def _products(self, asked: Q, outlets: Sequence[Outlet]) -> dict[int, str]:
        return own_products(self._dealer, asked)

    def _no_outlet(self, row: Parsed) -> str:
        return _("You have no outlet %(outlet)s. Correct the code.") % {"outlet": row.given["outlet"]}

    def _no_product(self, row: Parsed) -> str:
        return _("The SKU %(sku)s is not known to us or not available to you. Correct it.") % {"sku": row.given["sku"]}


def own_products(dealer: Dealer, asked: Q) -> dict[int, Any]:
    """SKUs by product, of those asked which the dealer may buy or has had in stock. Two statements."""
    among = Product.objects.filter(asked).exclude(structure=Product.PARENT)
    stocked = OutletStock.objects.filter(outlet__dealer=dealer).values("product")
    found = dict(assortment(dealer, among=among.values("pk")).values_list("pk", "upc"))
    return found | dict(among.filter(pk__in=stocked).values_list("pk", "upc"))
