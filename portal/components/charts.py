"""The geometry of our charts: numbers in, shares of a hundred out. Pure; no Django."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

HUNDRED = Decimal(100)
_STEP = Decimal("0.01")


@dataclass(frozen=True)
class Bar:
    """One column, or one segment of a stack. `size` and `offset` are in hundredths of the whole, as SVG percentages."""

    label: str
    value: Decimal
    size: Decimal
    offset: Decimal
    tone: int = 1
    marked: bool = False


def columns(points: Iterable[Sequence[object]]) -> list[Bar]:
    """Columns scaled to the highest value; below zero draws as zero. A point is (label, value[, marked])."""
    rows = [(str(p[0]), Decimal(str(p[1])), bool(p[2]) if len(p) > 2 else False) for p in points]
    highest = max((value for _, value, _ in rows), default=Decimal(0))
    return [
        Bar(label, value, size := _share(value, highest), HUNDRED - size, marked=marked)
        for label, value, marked in rows
    ]


def stack(parts: Iterable[Sequence[object]]) -> list[Bar]:
    """Segments side by side that fill 100; negative parts take no room. A part is (label, value)."""
    rows = [(str(p[0]), Decimal(str(p[1]))) for p in parts]
    whole = sum((max(value, Decimal(0)) for _, value in rows), Decimal(0))
    bars: list[Bar] = []
    before = Decimal(0)
    for index, (label, value) in enumerate(rows):
        start = _share(before, whole)
        before += max(value, Decimal(0))
        bars.append(Bar(label, value, _share(before, whole) - start, start, tone=index % 5 + 1))
    return bars


def _share(value: Decimal, whole: Decimal) -> Decimal:
    if whole <= 0 or value <= 0:
        return Decimal(0)
    return (value * HUNDRED / whole).quantize(_STEP)
