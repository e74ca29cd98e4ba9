"""Quantities as forms send them: one field `quantity-<product>` for each product."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from fulfilment.ordering.lines import MAX_QUANTITY

PREFIX = "quantity-"


@dataclass(frozen=True)
class Wanted:
    """What was entered: whole numbers from 0 by product, and what cannot be read with how to mend it."""

    quantities: dict[int, int]
    wrong: dict[int, str]


def read_wanted(data: Mapping[str, Any]) -> Wanted:
    """Read the quantity fields of a form; empty ones were not filled in and do not count."""
    quantities: dict[int, int] = {}
    wrong: dict[int, str] = {}
    for name, entered in data.items():
        product = _product(name)
        text = str(entered).strip()
        if product is None or not text:
            continue
        number = int(text) if text.isdecimal() and len(text) <= len(str(MAX_QUANTITY)) else None
        if number is None or number > MAX_QUANTITY:
            wrong[product] = _("Enter a quantity from 1 to %d.") % MAX_QUANTITY
        else:
            quantities[product] = number
    return Wanted(quantities, wrong)


def _product(name: str) -> int | None:
    digits = name.removeprefix(PREFIX)
    if name == digits or not digits.isascii() or not digits.isdecimal() or len(digits) > 18:
        return None
    return int(digits)
