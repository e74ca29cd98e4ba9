"""The variants of a model on one screen: a grid where two attributes tell them apart, else a list. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Protocol

#: More columns than this do not fit a screen: the variants are listed.
MOST_COLUMNS = 8


class Varied(Protocol):
    """A variant as the product page knows it: `(attribute, value)` pairs in which it differs from the others."""

    @property
    def attributes(self) -> tuple[tuple[str, str], ...]:
        """The pairs."""


@dataclass(frozen=True)
class MatrixRow:
    """One value of the first attribute, and for each column the variant that has both; None where there is none."""

    value: str
    cells: tuple[Any | None, ...]


@dataclass(frozen=True)
class Matrix:
    """Variants by two attributes. `down` and `across` are their names."""

    down: str
    across: str
    columns: tuple[str, ...]
    rows: tuple[MatrixRow, ...]


def matrix_of(variants: Sequence[Varied]) -> Matrix | None:
    """The grid of the variants; None when they do not differ in exactly two attributes, each pair once.

    The attribute with fewer values goes across, so that the grid is long rather than wide.
    """
    places: dict[tuple[str, str], Varied] = {}
    names: tuple[str, ...] | None = None
    for variant in variants:
        if names is None:
            names = tuple(name for name, _value in variant.attributes)
        if tuple(name for name, _value in variant.attributes) != names or len(names) != 2 or names[0] == names[1]:
            return None
        (_first, one), (_second, other) = variant.attributes
        if (one, other) in places:
            return None
        places[one, other] = variant
    if names is None or len(places) < 2:
        return None
    firsts, seconds = ordered({one for one, _ in places}), ordered({other for _, other in places})
    if len(firsts) < len(seconds):
        names = (names[1], names[0])
        firsts, seconds = seconds, firsts
        places = {(other, one): variant for (one, other), variant in places.items()}
    if len(seconds) > MOST_COLUMNS or len(seconds) < 2:
        return None
    rows = tuple(MatrixRow(one, tuple(places.get((one, other)) for other in seconds)) for one in firsts)
    return Matrix(names[0], names[1], tuple(seconds), rows)


def ordered(values: set[str]) -> list[str]:
    """Values in the order people count in: numbers by size, sizes of clothes from small to large, then words."""
    return sorted(values, key=order_of)


_NUMBER = re.compile(r"\s*(\d{1,18}(?:[.,]\d{1,9})?)", re.ASCII)
_SIZES = {name: place for place, name in enumerate(("XXS", "XS", "S", "M", "L", "XL", "XXL", "2XL", "XXXL", "3XL"))}


def order_of(value: str) -> tuple[int, Decimal, str]:
    """Where a value stands among others of its attribute."""
    lead = _NUMBER.match(value)
    if lead:
        return 0, Decimal(lead.group(1).replace(",", ".")), value
    place = _SIZES.get(value.strip().upper())
    return (2, Decimal(0), value) if place is None else (1, Decimal(place), value)
