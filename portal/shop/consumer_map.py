"""A sketch of where an outlet and its consumer are: two places, a line, the north. No tiles. Pure.

The consumer's place is rounded to about a kilometre before anything is drawn, so that a sketch tells no address.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from math import atan2, cos, degrees, hypot, radians

WIDTH, HEIGHT, MARGIN = 320, 132, 30
KM_PER_DEGREE = 111.195
#: Round lengths of the scale, in kilometres.
SCALES = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000)
POINTS = ("n", "ne", "e", "se", "s", "sw", "w", "nw")


@dataclass(frozen=True)
class Sketch:
    """Places in units of the drawing; `scale_width` is how long `scale_km` is; `heading` one of eight, "" nearby."""

    width: int
    height: int
    from_x: int
    from_y: int
    to_x: int
    to_y: int
    scale_km: int
    scale_width: int
    heading: str

    @property
    def scale_x(self) -> int:
        """Where the scale begins."""
        return self.width - self.scale_width - 10

    @property
    def from_label(self) -> str:
        """On which side of the outlet its name has room."""
        return "end" if self.from_x > self.width / 2 else "start"

    @property
    def to_label(self) -> str:
        """On which side of the consumer's place its name has room."""
        return "end" if self.to_x > self.width / 2 else "start"


def sketch(
    from_latitude: Decimal | None, from_longitude: Decimal | None, latitude: Decimal | None, longitude: Decimal | None
) -> Sketch | None:
    """The drawing from an outlet to a consumer's district; None where one of them is not known."""
    if None in (from_latitude, from_longitude, latitude, longitude):
        return None
    north, east = _kilometres(
        float(from_latitude or 0),
        float(from_longitude or 0),
        round(float(latitude or 0), 2),
        round(float(longitude or 0), 2),
    )
    across, along = WIDTH - 2 * MARGIN, HEIGHT - 2 * MARGIN
    per_km = min(across / max(abs(east), 0.5), along / max(abs(north), 0.5), 60)
    x, y = east * per_km / 2, north * per_km / 2
    scale = max((km for km in SCALES if km * per_km <= WIDTH / 4), default=SCALES[0])
    return Sketch(
        WIDTH,
        HEIGHT,
        round(WIDTH / 2 - x),
        round(HEIGHT / 2 + y),
        round(WIDTH / 2 + x),
        round(HEIGHT / 2 - y),
        scale,
        round(scale * per_km),
        "" if hypot(north, east) < 1 else POINTS[round(degrees(atan2(east, north)) / 45) % 8],
    )


def _kilometres(from_latitude: float, from_longitude: float, latitude: float, longitude: float) -> tuple[float, float]:
    """How far north and east, near enough for a sketch; the shorter way round the globe."""
    north = (latitude - from_latitude) * KM_PER_DEGREE
    turn = (longitude - from_longitude + 180) % 360 - 180
    return north, turn * KM_PER_DEGREE * cos(radians((latitude + from_latitude) / 2))
