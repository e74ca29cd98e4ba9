"""Taking in dealers' own item numbers: the supplier for any dealer, a dealer for itself."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from typing import ClassVar

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from oscar.core.loading import get_model

from dealers.accounts.models import Dealer, User
from dealers.intake.columns import Column, Text
from dealers.intake.intake import Changes, Intake
from dealers.intake.rows import Outcome, Parsed, Problem, RowState
from pricing.numbers.keys import code_key
from pricing.numbers.models import LONGEST_NUMBER, DealerItemNumber
from pricing.quote import assortment
from pricing.terms.intake import no_such_product

Product = get_model("catalogue", "Product")

t = gettext_lazy
FIELDS = ("product", "number", "note", "changed_at", "changed_by")

SKU = Text("sku", t("SKU"), required=True, max_length=64, example="PAN-24",
           also=("item", "supplier number", "supplier item", "product number", "货号", "商品编码", "产品编号",
                 "供应商货号"))  # fmt: skip
NUMBER = Text("number", t("Own item number"), required=True, max_length=LONGEST_NUMBER, example="K-1001",
              also=("own number", "our number", "our item number", "my item number", "customer item", "dealer item",
                    "自编货号", "自有货号", "客户货号", "经销商货号", "我方货号"))  # fmt: skip
NOTE = Text("note", t("Note"), max_length=200, also=("remark", "comment", "备注"))


class ItemNumbersIntake(Intake):
    """Own item numbers by dealer, number and SKU. A number that stands for another product goes over to the new one."""

    name = "item_numbers"
    key = ("number",)
    columns: ClassVar[tuple[Column, ...]] = (
        Text("dealer", t("Dealer number"), required=True, max_length=50, example="D-1001",
             also=("dealer", "customer", "customer number", "经销商编号", "经销商", "客户编号")),
        SKU,
        NUMBER,
        NOTE,
    )  # fmt: skip

    def __init__(self, *, by: User | None = None) -> None:
        super().__init__()
        self._by = by

    def key_of(self, row: Parsed) -> tuple[Hashable, ...]:
        """A dealer's number, however it is written."""
        return row.given.get("dealer"), code_key(row.given["number"])

    def check(self, row: Parsed) -> Iterator[Problem]:
        """A number needs something that can be looked for."""
        if not code_key(row.given["number"]):
            yield Problem(row.number, "number", _("An item number needs letters or digits."))

    def _dealers(self, rows: Sequence[Parsed]) -> dict[str, Dealer]:
        return {each.number: each for each in Dealer.objects.filter(number__in={row.given["dealer"] for row in rows})}

    def _products(self, codes: set[str]) -> dict[str, int]:
        return dict(Product.objects.filter(upc__in=codes).values_list("upc", "pk"))

    def _write(self, rows: Sequence[Parsed]) -> Outcome:
        dealers = self._dealers(rows)
        codes = {row.given["sku"] for row in rows} | {row.given["number"] for row in rows}
        products = self._products(codes)
        problems = [problem for row in rows if (problem := self._problem(row, dealers, products))]
        refused = {problem.row for problem in problems}
        states = self._save([row for row in rows if row.number not in refused], dealers, products)
        return Outcome(states, tuple(problems))

    def _problem(self, row: Parsed, dealers: Mapping[str, Dealer], products: Mapping[str, int]) -> Problem | None:
        sku, number, dealer = row.given["sku"], row.given["number"], row.given.get("dealer", "")
        if dealer not in dealers:
            text = _("There is no dealer %(dealer)s. Import the dealers first, or correct the number.")
            return Problem(row.number, "dealer", text % {"dealer": dealer})
        if sku not in products:
            return Problem(row.number, "sku", self._unknown(sku))
        if number in products and products[number] != products[sku]:
            text = _("%(number)s is the SKU of another product, which would be found instead. Choose another number.")
            return Problem(row.number, "number", text % {"number": number})
        return None

    def _unknown(self, sku: str) -> str:
        return no_such_product(sku)

    def _save(
        self, rows: Sequence[Parsed], dealers: Mapping[str, Dealer], products: Mapping[str, int]
    ) -> dict[int, RowState]:
        keys = {code_key(row.given["number"]) for row in rows}
        stored = {
            (each.dealer_id, each.key): each
            for each in DealerItemNumber.objects.filter(dealer__in=dealers.values(), key__in=keys)
        }
        changes = Changes(DealerItemNumber, FIELDS)
        states, now = {}, timezone.now()
        for row in rows:
            dealer, key = dealers[row.given.get("dealer", "")].pk, code_key(row.given["number"])
            item = stored.get((dealer, key)) or DealerItemNumber(dealer_id=dealer, key=key)
            values = {"product_id": products[row.given["sku"]], "number": row.given["number"]}
            if "note" in row.given:
                values["note"] = row.given["note"]
            new = item._state.adding
            differs = new or any(getattr(item, name) != value for name, value in values.items())
            if differs:
                changes.apply(item, {**values, "changed_at": now, "changed_by": self._by})
            states[row.number] = RowState.of(new=new, differs=differs)
        changes.save()
        return states


class OwnItemNumbersIntake(ItemNumbersIntake):
    """A dealer's own file: what is outside its assortment does not exist for it."""

    columns = (SKU, NUMBER, NOTE)

    def __init__(self, dealer: Dealer, *, by: User | None = None) -> None:
        super().__init__(by=by)
        self._dealer = dealer

    def _dealers(self, rows: Sequence[Parsed]) -> dict[str, Dealer]:
        return {"": self._dealer}

    def _products(self, codes: set[str]) -> dict[str, int]:
        asked = Product.objects.filter(upc__in=codes).values("pk")
        return dict(assortment(self._dealer, among=asked).values_list("upc", "pk"))

    def _unknown(self, sku: str) -> str:
        return _("The SKU %(sku)s is not known to us or not available to you. Correct it.") % {"sku": sku}
