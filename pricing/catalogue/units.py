"""Packing units of products: what they are, what a scanned carton means, and how a quantity is said in words."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext_lazy

from pricing.catalogue.models import ProductUnit, Unit
from pricing.units import PackUnit, in_units


class ScannedUnit(NamedTuple):
    """What the EAN of a packing unit stands for: one `unit` with `factor` sales units of a product in it."""

    product_id: int
    unit: str
    factor: int


def units_of(product_ids: Iterable[int]) -> dict[int, tuple[PackUnit, ...]]:
    """The packing units by product, smallest first; products without any are missing. One statement."""
    found: dict[int, list[PackUnit]] = {}
    rows = ProductUnit.objects.filter(product__in=list(product_ids)).order_by("product_id", "factor", "code")
    for product_id, code, factor, ean in rows.values_list("product_id", "code", "factor", "ean"):
        found.setdefault(product_id, []).append(PackUnit(code, factor, ean))
    return {product_id: tuple(units) for product_id, units in found.items()}


def units_by_ean(eans: Iterable[str]) -> dict[str, ScannedUnit]:
    """What each EAN of a carton or pallet means; EANs of no packing unit are missing. One statement.

    Says nothing about who may buy it: ask the assortment.
    """
    rows = ProductUnit.objects.filter(ean__in={ean for ean in eans if ean})
    told = rows.values_list("ean", "product_id", "code", "factor")
    return {ean: ScannedUnit(product_id, code, factor) for ean, product_id, code, factor in told}


#: "1 carton", "2 cartons": the number is put in by `counted`.
_COUNTED: dict[str, Any] = {
    Unit.PIECE: ngettext_lazy("%(number)s piece", "%(number)s pieces", "count"),
    Unit.PAIR: ngettext_lazy("%(number)s pair", "%(number)s pairs", "count"),
    Unit.SET: ngettext_lazy("%(number)s set", "%(number)s sets", "count"),
    Unit.BOX: ngettext_lazy("%(number)s box", "%(number)s boxes", "count"),
    Unit.ROLL: ngettext_lazy("%(number)s roll", "%(number)s rolls", "count"),
    Unit.PACK: ngettext_lazy("%(number)s pack", "%(number)s packs", "count"),
    Unit.METRE: ngettext_lazy("%(number)s metre", "%(number)s metres", "count"),
    Unit.KILOGRAM: ngettext_lazy("%(number)s kilogram", "%(number)s kilograms", "count"),
    Unit.LITRE: ngettext_lazy("%(number)s litre", "%(number)s litres", "count"),
    Unit.DOZEN: ngettext_lazy("%(number)s dozen", "%(number)s dozen", "count"),
    Unit.CASE: ngettext_lazy("%(number)s case", "%(number)s cases", "count"),
    Unit.CARTON: ngettext_lazy("%(number)s carton", "%(number)s cartons", "count"),
    Unit.PALLET: ngettext_lazy("%(number)s pallet", "%(number)s pallets", "count"),
}


def counted(number: int, unit: str) -> str:
    """A number of a unit in the reader's language, such as "2 cartons"."""
    shown = number_format(number, force_grouping=True)
    words = _COUNTED.get(unit)
    return str(words % {"count": number, "number": shown}) if words else f"{shown} {Unit.word(unit)}"


def ordered_words(quantity: int, base: str, unit: str = "", factor: int = 1) -> str:
    """A quantity in the larger unit it was asked for, with what that comes to: "2 cartons (24 pieces)".

    One that is no whole number of them, or was asked for in the sales unit, is said in sales units.
    """
    if not unit or unit == base or factor < 2 or not quantity or quantity % factor:
        return counted(quantity, base)
    words = {"ordered": counted(quantity // factor, unit), "contents": counted(quantity, base)}
    return _("%(ordered)s (%(contents)s)") % words


def quantity_words(quantity: int, base: str, units: Iterable[PackUnit]) -> str:
    """A quantity in its largest units and the rest, such as "2 cartons + 3 pieces"."""
    return " + ".join(counted(number, unit) for number, unit in in_units(quantity, base=base, units=units))
