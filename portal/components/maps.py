"""The geometry of our maps: degrees in, places on a sheet out, equirectangular. Pure; no Django.

Meridians and parallels are straight lines; a degree of longitude is as long as it is at the middle of the sheet. The
sheet does not reach round the date line.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil, cos, floor, log10, radians

WIDTH, HEIGHT = 960, 560
#: Between the outermost points and the edge, in sheet units.
MARGIN = 36
#: Clusters are cells of this many sheet units.
CELL = 48
#: A box is never smaller than this, in degrees: about a kilometre.
SMALLEST = 0.01
STEPS = (1, 2, 5)


@dataclass(frozen=True, slots=True)
class Box:
    """A part of the globe, in degrees."""

    south: float
    west: float
    north: float
    east: float

    @classmethod
    def read(cls, text: str) -> Box | None:
        """A box as `told` says it; None of anything else."""
        parts = text.split(",")
        try:
            south, west, north, east = (float(part) for part in parts)
        except ValueError:
            return None
        if not (-90 <= south < north <= 90 and -180 <= west < east <= 180):
            return None
        return cls(south, west, north, east)

    def told(self) -> str:
        """The box as text for an address."""
        return ",".join(f"{each:.4f}" for each in (self.south, self.west, self.north, self.east))

    def wider(self, times: float) -> Box:
        """The box so many times as wide and high, no larger than the globe."""
        half_up, half_along = (self.north - self.south) * times / 2, (self.east - self.west) * times / 2
        middle, across = (self.north + self.south) / 2, (self.east + self.west) / 2
        half_up, half_along = max(half_up, SMALLEST / 2), max(half_along, SMALLEST / 2)
        return Box(
            max(-90.0, middle - half_up),
            max(-180.0, across - half_along),
            min(90.0, middle + half_up),
            min(180.0, across + half_along),
        )


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet of `WIDTH` × `HEIGHT` on which a box is drawn as large as it fits, in the middle."""

    box: Box
    per_degree: float
    squeeze: float
    left: float
    top: float

    @classmethod
    def of(cls, box: Box) -> Sheet:
        """The sheet of a box; one without extent gets the smallest."""
        box = box.wider(1)
        squeeze = max(0.1, cos(radians((box.south + box.north) / 2)))
        wide, high = (box.east - box.west) * squeeze, box.north - box.south
        per_degree = min((WIDTH - 2 * MARGIN) / wide, (HEIGHT - 2 * MARGIN) / high)
        left, top = (WIDTH - wide * per_degree) / 2, (HEIGHT - high * per_degree) / 2
        return cls(box, per_degree, squeeze, left, top)

    def place(self, latitude: float, longitude: float) -> tuple[int, int]:
        """Where a point stands, in whole sheet units from the upper left."""
        x = self.left + (longitude - self.box.west) * self.squeeze * self.per_degree
        y = self.top + (self.box.north - latitude) * self.per_degree
        return round(x), round(y)

    @property
    def cell(self) -> tuple[float, float]:
        """Height and width of a cluster's cell, in degrees."""
        return CELL / self.per_degree, CELL / (self.per_degree * self.squeeze)

    @property
    def seen(self) -> Box:
        """Everything that stands on the sheet: the box, and what lies beside it."""
        high, wide = HEIGHT / self.per_degree, WIDTH / (self.per_degree * self.squeeze)
        north = self.box.north + self.top / self.per_degree
        west = self.box.west - self.left / (self.per_degree * self.squeeze)
        return Box(max(-90.0, north - high), max(-180.0, west), min(90.0, north), min(180.0, west + wide))

    def lines(self) -> Iterator[tuple[bool, int, str]]:
        """Parallels (True) and meridians (False) with where they stand and what they are called."""
        seen = self.seen
        step = _step((seen.north - seen.south) / 4)
        for number in range(ceil(seen.south / step), floor(seen.north / step) + 1):
            yield True, self.place(number * step, seen.west)[1], _degrees(number * step, step, "N", "S")
        step = _step((seen.east - seen.west) / 6)
        for number in range(ceil(seen.west / step), floor(seen.east / step) + 1):
            yield False, self.place(seen.north, number * step)[0], _degrees(number * step, step, "E", "W")


def _step(about: float) -> float:
    """The round number of degrees nearest below."""
    power = 10.0 ** floor(log10(about))
    return max(each * power for each in STEPS if each * power <= about * 1.0001)


def _degrees(value: float, step: float, over: str, under: str) -> str:
    digits = max(0, -floor(log10(step)))
    side = over if value > 0 else under if value < 0 else ""
    return f"{abs(value):.{digits}f}° {side}".strip()
