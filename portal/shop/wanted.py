"""Quantities as forms send them: one field `quantity-<product>` for each product."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from fulfilment.ordering.lines import MAX_QUANTITY, quantity_message
from pricing.catalogue.units import units_of
from pricing.units import UnitRefused, to_base

PREFIX = "quantity-"
UNIT = "unit-"
SEEN = "seen-"
NOTE = "note-"
DAY = "date-"
LONGEST_NUMBER = 18


@dataclass(frozen=True)
class Wanted:
    """What was entered: whole numbers from 0 by product, and what cannot be read with how to mend it.

    `units` are the packing units they were given in where a unit could be chosen, empty for the sales unit.
    """

    quantities: dict[int, int]
    wrong: dict[int, str]
    units: dict[int, str] = field(default_factory=dict)

    def units_of(self, product_ids: Iterable[int]) -> dict[int, str]:
        """The packing units of some of the quantities, as far as they were given in one."""
        return {pk: self.units[pk] for pk in product_ids if self.units.get(pk)}


def read_wanted(data: Mapping[str, Any]) -> Wanted:
    """Read the quantity fields of a form; empty ones were not filled in and do not count.

    A field `unit-<product>` beside one says that it counts cartons or pallets: answered are sales units all the same.
    """
    quantities: dict[int, int] = {}
    wrong: dict[int, str] = {}
    for name, entered in data.items():
        product = _product(name)
        text = str(entered).strip()
        if product is None or not text:
            continue
        number = int(text) if text.isdecimal() and len(text) <= len(str(MAX_QUANTITY)) else None
        if number is None or number > MAX_QUANTITY:
            wrong[product] = quantity_message()
        else:
            quantities[product] = number
    return _in_sales_units(Wanted(quantities, wrong, _units(data)))


def _units(data: Mapping[str, Any]) -> dict[int, str]:
    """The packing unit each quantity is given in; empty for the sales unit."""
    found = {_product(name, UNIT): str(code)[:20] for name, code in data.items()}
    return {product: code for product, code in found.items() if product is not None}


def _in_sales_units(wanted: Wanted) -> Wanted:
    asked = {pk: code for pk, code in wanted.units.items() if code and wanted.quantities.get(pk)}
    if not asked:
        return wanted
    units = units_of(asked)
    quantities, wrong = dict(wanted.quantities), dict(wanted.wrong)
    for pk, code in asked.items():
        try:
            quantities[pk] = to_base(quantities[pk], code, base="", units=units.get(pk, ()))
        except UnitRefused as why:
            del quantities[pk]
            wrong[pk] = _("This product is not packed so. Choose another unit.")
            if why.code != "unknown_unit":
                wrong[pk] = quantity_message()
    return Wanted(quantities, wrong, wanted.units)


def read_seen(data: Mapping[str, Any]) -> dict[int, tuple[int, int]]:
    """`product → (version, quantity)` of the lines as the reader saw them; what is not ours is left out."""
    seen = {}
    for name, text in data.items():
        product = _product(name, SEEN)
        version, _dash, quantity = str(text).partition("-")
        if product is not None and _is_number(version) and _is_number(quantity):
            seen[product] = (int(version), int(quantity))
    return seen


def read_notes(data: Mapping[str, Any]) -> dict[int, str]:
    """`product → note` of the lines that sent one."""
    found = {_product(name, NOTE): str(text).replace("\x00", "").strip() for name, text in data.items()}
    return {product: note for product, note in found.items() if product is not None}


def read_days(data: Mapping[str, Any]) -> dict[int, str]:
    """`product → requested day` of the lines that sent one, as it was typed."""
    found = {_product(name, DAY): str(text).strip()[:20] for name, text in data.items()}
    return {product: text for product, text in found.items() if product is not None}


def _product(name: str, prefix: str = PREFIX) -> int | None:
    digits = name.removeprefix(prefix)
    return int(digits) if name != digits and _is_number(digits) else None


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= LONGEST_NUMBER
