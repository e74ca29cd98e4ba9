"""Packing units as a product file gives them: one column for the quantity, one for the EAN, one for the weight."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, NamedTuple

from django.utils.translation import gettext as _

from dealers.intake.intake import Changes
from dealers.intake.rows import Parsed, Problem
from pricing.catalogue.columns import PACKINGS
from pricing.catalogue.families import Shelf, card_of
from pricing.catalogue.models import ProductCard, ProductUnit, Unit

#: The parts of a packing's columns: `carton_quantity`, `carton_ean`, `carton_weight_kg`.
FIELDS = {"quantity": "factor", "ean": "ean", "weight_kg": "weight_kg"}


class Holder(NamedTuple):
    """The product that an EAN stands for, and whether for a packing unit of it."""

    sku: str
    packed: bool


def check_packing(row: Parsed) -> Iterator[Problem]:
    """What a row's packing columns contradict by themselves."""
    unit = row.get("unit")
    eans: dict[str, str] = {row.get("ean", ""): "ean"}
    for code, said in said_by(row).items():
        if said.get("factor") and code == unit:
            yield Problem(row.number, f"{code}_quantity", _same_unit(code))
        if "factor" in said and not said["factor"] and any(said.get(name) for name in ("ean", "weight_kg")):
            message = _("Say how many are in it, or leave its EAN and weight empty.")
            yield Problem(row.number, f"{code}_quantity", message)
        ean = said.get("ean")
        if ean and ean in eans:
            message = _("The EAN %(ean)s stands for two units of this product. Each needs its own.")
            yield Problem(row.number, f"{code}_ean", message % {"ean": ean})
        eans[ean or ""] = f"{code}_ean"


def said_by(row: Parsed) -> dict[str, dict[str, Any]]:
    """`{unit: {field: value}}` for the packing columns that the row has."""
    said: dict[str, dict[str, Any]] = {}
    for code in PACKINGS:
        for part, name in FIELDS.items():
            if f"{code}_{part}" in row.given:
                value = row.given[f"{code}_{part}"]
                said.setdefault(code, {})[name] = round(value, 3) if isinstance(value, Decimal) else value
    return said


@dataclass
class Seen:
    """The EANs of one file so far: which row gave them, and whether to a packing unit. Lives as long as the file."""

    rows: dict[str, tuple[int, bool]] = field(default_factory=dict)


class Packing:
    """The packing units of a batch: what is stored, what its rows say, what they must not say."""

    def __init__(self, rows: Sequence[Parsed], shelf: Shelf) -> None:
        self._shelf = shelf
        self._said = {row.number: said for row in rows if (said := said_by(row))}
        skus = [row.given["sku"] for row in rows if row.number in self._said]
        ids = [shelf.products[sku].pk for sku in skus if sku in shelf.products]
        stored = ProductUnit.objects.filter(product__in=ids) if ids else ()
        self._stored: dict[tuple[int, str], ProductUnit] = {(unit.product_id, unit.code): unit for unit in stored}

    def refuse(self, rows: Sequence[Parsed], seen: Seen) -> list[Problem]:
        """EANs that already stand for something else, and units that cannot be. The rows are not changed."""
        taken = self._taken(rows)
        problems: list[Problem] = []
        for row in rows:
            found = [*self._impossible(row), *self._repeated(row, seen, taken)]
            problems += found
            if not found:
                for ean, (_name, packed) in _eans(row, self._said.get(row.number, {})).items():
                    seen.rows.setdefault(ean, (row.number, packed))
        return problems

    def write(self, rows: Sequence[Parsed]) -> set[int]:
        """Write what the rows say, after their products; answers the products that changed."""
        changes = Changes(ProductUnit, ("factor", "ean", "weight_kg"))
        gone: list[int] = []
        freed: list[int] = []
        touched: set[int] = set()
        for row in rows:
            product = self._shelf.products[row.given["sku"]].pk
            for code, said in self._said.get(row.number, {}).items():
                unit = self._stored.get((product, code))
                if "factor" in said and not said["factor"]:
                    gone += [unit.pk] if unit else []
                    touched |= {product} if unit else set()
                    continue
                if unit is None and "factor" not in said:
                    continue
                if unit is not None and unit.ean and said.get("ean", unit.ean) != unit.ean:
                    freed.append(unit.pk)
                if changes.apply(unit or ProductUnit(product_id=product, code=code), said):
                    touched.add(product)
        if gone:
            ProductUnit.objects.filter(pk__in=gone).delete()
        if freed:
            # Two units may trade their EANs in one file; the database must not see both with the same in between.
            ProductUnit.objects.filter(pk__in=freed).update(ean="")
        changes.save()
        return touched

    def _impossible(self, row: Parsed) -> Iterator[Problem]:
        product = self._shelf.products.get(row.given["sku"])
        sold_in = row.given.get("unit") or (card_of(product).unit if product is not None else Unit.PIECE)
        for code, said in self._said.get(row.number, {}).items():
            stored = product is not None and (product.pk, code) in self._stored
            if said.get("factor") and code == sold_in:
                yield Problem(row.number, f"{code}_quantity", _same_unit(code))
            elif "factor" not in said and not stored and any(said.values()):
                message = _("Say how many are in it, or leave its EAN and weight empty.")
                yield Problem(
                    row.number, next(f"{code}_{part}" for part, name in FIELDS.items() if said.get(name)), message
                )

    def _repeated(self, row: Parsed, seen: Seen, taken: Mapping[str, list[Holder]]) -> Iterator[Problem]:
        for ean, (column, packed) in _eans(row, self._said.get(row.number, {})).items():
            before = seen.rows.get(ean)
            if before is not None and (packed or before[1]):
                message = _("Row %(row)s has the EAN %(ean)s already. One EAN stands for one unit of one product.")
                yield Problem(row.number, column, message % {"row": before[0], "ean": ean})
                continue
            for holder in taken.get(ean, ()):
                if packed or holder.packed:
                    message = _(
                        "The product %(sku)s has the EAN %(ean)s already. One EAN stands for one unit of one product."
                    )
                    yield Problem(row.number, column, message % {"sku": holder.sku, "ean": ean})
                    break

    def _taken(self, rows: Sequence[Parsed]) -> dict[str, list[Holder]]:
        """Who has the EANs of these rows now, but for those that these rows give another. At most two statements."""
        said = [(row, _eans(row, self._said.get(row.number, {}))) for row in rows]
        asked = {ean for _row, eans in said for ean in eans}
        packed = {ean for _row, eans in said for ean, (_column, is_packed) in eans.items() if is_packed}
        rewritten = {(row.given["sku"], name) for row in rows for name in row.given}
        taken: dict[str, list[Holder]] = {}
        if asked:
            units = ProductUnit.objects.filter(ean__in=asked).values_list("ean", "product__upc", "code")
            for ean, sku, code in units:
                if (sku, f"{code}_ean") not in rewritten:
                    taken.setdefault(ean, []).append(Holder(sku, packed=True))
        if packed:
            for ean, sku in ProductCard.objects.filter(ean__in=packed).values_list("ean", "product__upc"):
                if (sku, "ean") not in rewritten:
                    taken.setdefault(ean, []).append(Holder(sku, packed=False))
        return taken


def _same_unit(code: str) -> str:
    words = {"unit": Unit.word(code)}
    return _("The product is sold by the %(unit)s already. Leave this empty, or correct its unit.") % words


def _eans(row: Parsed, said: Mapping[str, Mapping[str, Any]]) -> dict[str, tuple[str, bool]]:
    """The row's EANs with their column, and whether a packing unit has it."""
    found = {str(row.given["ean"]): ("ean", False)} if row.given.get("ean") else {}
    return found | {str(each["ean"]): (f"{code}_ean", True) for code, each in said.items() if each.get("ean")}
