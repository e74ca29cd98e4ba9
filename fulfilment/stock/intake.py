"""Taking in stock by location. What orders took of it (`num_allocated`) is never touched."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

from django.db import connection
from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from oscar.core.loading import get_model

from dealers.intake.columns import Moment, Text, Whole
from dealers.intake.intake import Changes, Intake
from dealers.intake.rows import Outcome, Parsed, Problem, RowState
from fulfilment.stock.models import Location, StockLevel
from pricing.terms.intake import no_such_product

Product = get_model("catalogue", "Product")
StockRecord = get_model("partner", "StockRecord")

t = gettext_lazy
#: Clocks of different machines differ; a moment later than this from now is a mistake that would block later feeds.
AHEAD = timedelta(days=1)
MOST = 10_000_000

SUM_LEVELS = """
UPDATE partner_stockrecord AS record SET num_in_stock = levels.total, date_updated = now()
FROM (SELECT product_id, sum(on_hand) AS total FROM fulfilment_stock_stocklevel
      WHERE product_id = ANY(%s) GROUP BY product_id) AS levels
WHERE record.product_id = levels.product_id AND record.num_in_stock IS DISTINCT FROM levels.total
"""


class StockIntake(Intake):
    """Quantities on hand by SKU and location. Without a column `as_of` the whole file is as of its import.

    A row older than what is stored is refused. The same quantity again only moves its "as of".
    """

    name = "stock"
    key = ("sku", "location")
    columns = (
        Text("sku", t("SKU"), required=True, max_length=64, example="PAN-24",
             also=("item", "item number", "part number", "product number", "货号", "商品编码")),
        Text("location", t("Location"), required=True, max_length=50, example="SH",
             also=("warehouse", "site", "仓库", "库位", "仓库编号")),
        Text("location_name", t("Name of the location"), also=("warehouse name", "仓库名称"), example="Shanghai"),
        Whole("quantity", t("Quantity"), required=True, minimum=0, maximum=MOST, example="120",
              also=("on hand", "stock", "qty", "数量", "库存", "库存数量")),
        Moment("as_of", t("As of"), also=("date", "updated", "时间", "截至时间", "更新时间"),
               example="2026-03-31 18:30"),
    )  # fmt: skip

    def __init__(self) -> None:
        super().__init__()
        self._now = timezone.now()
        self._names: dict[str, Parsed] = {}

    def check(self, row: Parsed) -> Iterator[Problem]:
        """No moment ahead of us, one name per location."""
        if row.get("as_of", self._now) > self._now + AHEAD:
            yield Problem(row.number, "as_of", _("This moment is yet to come. Correct it, or leave it empty."))
        if row.get("location_name"):
            first = self._names.setdefault(row.given["location"], row)
            if row.get("location_name") != first.get("location_name"):
                message = _("Row %(row)s calls this location otherwise. Let both rows agree.")
                yield Problem(row.number, "location_name", message % {"row": first.number})

    def _write(self, rows: Sequence[Parsed]) -> Outcome:
        products = dict(
            Product.objects.filter(upc__in={row.given["sku"] for row in rows})
            .exclude(structure=Product.PARENT)
            .values_list("upc", "pk")
        )
        # An order takes stock in the order of these rows, too: neither waits for the other in a circle.
        records = StockRecord.objects.filter(product__in=products.values()).order_by("pk")
        list(records.select_for_update().values_list("pk", flat=True))
        stored = {
            (level.product_id, level.location.code): level
            for level in StockLevel.objects.filter(
                product__in=products.values(), location__code__in={row.given["location"] for row in rows}
            ).select_related("location")
        }
        problems = tuple(problem for row in rows if (problem := self._refusal(row, products, stored)) is not None)
        refused = {problem.row for problem in problems}
        kept = [row for row in rows if row.number not in refused]
        locations, renamed = _locations(kept)
        return Outcome(self._write_levels(kept, products, locations, renamed, stored), problems)

    def _refusal(
        self, row: Parsed, products: Mapping[str, int], stored: Mapping[tuple[int, str], StockLevel]
    ) -> Problem | None:
        product = products.get(row.given["sku"])
        if product is None:
            return Problem(row.number, "sku", no_such_product(row.given["sku"]))
        level = stored.get((product, row.given["location"]))
        as_of = row.get("as_of")
        if level is not None and as_of is not None and as_of < level.as_of:
            known = formats.date_format(timezone.localtime(level.as_of), "SHORT_DATETIME_FORMAT")
            message = _("This is older than what is stored (as of %(known)s). Import a newer stock list.")
            return Problem(row.number, "as_of", message % {"known": known})
        return None

    def _write_levels(
        self,
        rows: Sequence[Parsed],
        products: Mapping[str, int],
        locations: Mapping[str, Location],
        renamed: set[str],
        stored: Mapping[tuple[int, str], StockLevel],
    ) -> dict[int, RowState]:
        changes = Changes(StockLevel, ("on_hand", "as_of"))
        states = {}
        moved: set[int] = set()
        for row in rows:
            product, code = products[row.given["sku"]], row.given["location"]
            level = stored.get((product, code)) or StockLevel(product_id=product, location=locations[code])
            new, values = level._state.adding, self._values(row)
            differs = level.on_hand != values["on_hand"]
            changes.apply(level, values)
            if new or differs:
                moved.add(product)
            states[row.number] = RowState.of(new=new, differs=differs or code in renamed)
        changes.save()
        if moved:
            with connection.cursor() as cursor:
                cursor.execute(SUM_LEVELS, [sorted(moved)])
        return states

    def _values(self, row: Parsed) -> dict[str, Any]:
        return {"on_hand": row.given["quantity"], "as_of": row.get("as_of", self._now)}


def _locations(rows: Sequence[Parsed]) -> tuple[dict[str, Location], set[str]]:
    """The rows' locations, made where missing and renamed where a name is given; also the codes that were renamed."""
    names: dict[str, str] = {}
    for row in rows:
        names[row.given["location"]] = row.get("location_name") or names.get(row.given["location"], "")
    known = {location.code: location for location in Location.objects.filter(code__in=names)}
    changes = Changes(Location, ("name",))
    renamed = set()
    for code, name in names.items():
        new = code not in known
        location = known.setdefault(code, Location(code=code))
        if (new or name) and changes.apply(location, {"name": name or code}) and not new:
            renamed.add(code)
    changes.save()
    return known, renamed
