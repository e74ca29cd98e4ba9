"""A small drawing board: shaded, vector-like shapes in a 100 × 100 field, rendered with Pillow.

Coordinates run from (0, 0) top left to (100, 100) bottom right and are drawn at twice the final size, so that edges
come out smooth. Pure drawing: no files, no clock, no randomness; the same calls give the same pixels.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence

from PIL import Image, ImageDraw, ImageFilter

Colour = tuple[int, int, int]
Point = tuple[float, float]

FINAL = 800
SUPER = 2
PIXELS = FINAL * SUPER
UNIT = PIXELS / 100

STEEL: Colour = (196, 200, 204)
DARK: Colour = (52, 54, 58)
WOOD: Colour = (176, 124, 78)
WHITE: Colour = (250, 249, 246)


def mix(one: Colour, other: Colour, share: float) -> Colour:
    """`one` with `share` (0…1) of `other` in it."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(one, other, strict=True))
    return red, green, blue


def lighter(colour: Colour, share: float = 0.25) -> Colour:
    """The colour moved towards white."""
    return mix(colour, (255, 255, 255), share)


def darker(colour: Colour, share: float = 0.25) -> Colour:
    """The colour moved towards a warm black."""
    return mix(colour, (24, 20, 18), share)


def smooth(points: Sequence[Point], *, closed: bool, steps: int = 10) -> list[Point]:
    """A Catmull-Rom curve through `points`."""
    count = len(points)
    curve: list[Point] = []
    for index in range(count if closed else count - 1):
        if closed:
            a, b, c, d = (points[(index + k) % count] for k in (-1, 0, 1, 2))
        else:
            a, b, c, d = (points[min(max(index + k, 0), count - 1)] for k in (-1, 0, 1, 2))
        for step in range(steps):
            t = step / steps
            weights = (-t + 2 * t**2 - t**3, 2 - 5 * t**2 + 3 * t**3, t + 4 * t**2 - 3 * t**3, -(t**2) + t**3)
            parts = tuple(zip(weights, (a, b, c, d), strict=True))
            curve.append((sum(w * p[0] for w, p in parts) / 2, sum(w * p[1] for w, p in parts) / 2))
    if not closed:
        curve.append(points[-1])
    return curve


@functools.lru_cache(maxsize=32)
def _backdrop(tint: Colour) -> Image.Image:
    """A wall and a table in the tint, with a soft light from the upper left."""
    small = Image.new("RGB", (100, 100))
    wall, floor = lighter(tint, 0.80), lighter(tint, 0.66)
    for y in range(100):
        for x in range(100):
            away = math.hypot(x - 40, y - 34) / 100
            step = min(max((y - 70) / 26, 0.0), 1.0)
            small.putpixel((x, y), darker(mix(wall, floor, step), min(away * 0.09, 0.09)))
    return small.resize((PIXELS, PIXELS), Image.Resampling.BICUBIC)


class Canvas:
    """One picture in the making. `turn` rotates every later polygon about a point until `turn(0)`."""

    def __init__(self, tint: Colour) -> None:
        self.image = _backdrop(tint).copy()
        self._angle = 0.0
        self._about: Point = (50, 50)

    def turn(self, degrees: float, about: Point = (50, 50)) -> None:
        """Rotate later shapes clockwise about a point; 0 stops it."""
        self._angle, self._about = math.radians(degrees), about

    def finish(self) -> Image.Image:
        """The picture at its final size."""
        return self.image.reduce(SUPER)

    def shadow(self, x: float, y: float, wide: float, high: float, strength: float = 0.34) -> None:
        """A soft elliptical shadow on the ground, centred at (x, y)."""
        mask = Image.new("L", (200, 200))
        ImageDraw.Draw(mask).ellipse([2 * (x - wide), 2 * (y - high), 2 * (x + wide), 2 * (y + high)], fill=255)
        self._darken(mask, 5, strength)

    def drop(self, points: Sequence[Point], *, dx: float = 1.2, dy: float = 1.8, strength: float = 0.30) -> None:
        """The soft shadow that a flat thing of this outline casts on the table."""
        mask = Image.new("L", (200, 200))
        moved = [(2 * (px + dx), 2 * (py + dy)) for px, py in self._place(points)]
        ImageDraw.Draw(mask).polygon(moved, fill=255)
        self._darken(mask, 3, strength)

    def shape(
        self,
        points: Sequence[Point],
        fill: Colour,
        *,
        shade: float = 0.0,
        alpha: float = 1.0,
        holes: Sequence[Sequence[Point]] = (),
    ) -> None:
        """A filled polygon. `shade` rounds it like a cylinder, lit from the left; `alpha` below 1 is see-through."""
        placed = [(px * UNIT, py * UNIT) for px, py in self._place(points)]
        left, top = (math.floor(min(p[k] for p in placed)) - 1 for k in (0, 1))
        right, bottom = (math.ceil(max(p[k] for p in placed)) + 1 for k in (0, 1))
        size = (max(right - left, 1), max(bottom - top, 1))
        mask = Image.new("L", size)
        pen = ImageDraw.Draw(mask)
        pen.polygon([(px - left, py - top) for px, py in placed], fill=round(255 * alpha))
        for hole in holes:
            pen.polygon([(px * UNIT - left, py * UNIT - top) for px, py in self._place(hole)], fill=0)
        if shade:
            self.image.paste(_cylinder(fill, shade).resize(size), (left, top), mask)
        else:
            self.image.paste(fill, (left, top, right, bottom), mask)

    def blob(self, points: Sequence[Point], fill: Colour, *, shade: float = 0.0, alpha: float = 1.0) -> None:
        """A closed smooth curve through the points, filled."""
        self.shape(smooth(points, closed=True), fill, shade=shade, alpha=alpha)

    def oval(
        self, x: float, y: float, wide: float, high: float, fill: Colour, *, shade: float = 0.0, alpha: float = 1.0
    ) -> None:
        """An ellipse with the half axes `wide` and `high`."""
        self.shape(oval_points(x, y, wide, high), fill, shade=shade, alpha=alpha)

    def band(
        self, x: float, y: float, wide: float, high: float, width: float, fill: Colour, *, alpha: float = 1.0
    ) -> None:
        """An elliptical ring, `width` thick, inside the given half axes."""
        squeeze = max(high - width * high / wide, 0.05)
        self.shape(oval_points(x, y, wide, high), fill, alpha=alpha, holes=[oval_points(x, y, wide - width, squeeze)])

    def slab(
        self,
        left: float,
        top: float,
        right: float,
        bottom: float,
        radius: float,
        fill: Colour,
        *,
        shade: float = 0.0,
        alpha: float = 1.0,
    ) -> None:
        """A rectangle with round corners."""
        self.shape(slab_points(left, top, right, bottom, radius), fill, shade=shade, alpha=alpha)

    def stroke(
        self,
        points: Sequence[Point],
        width: float,
        fill: Colour,
        *,
        end: float | None = None,
        alpha: float = 1.0,
        curved: bool = True,
    ) -> None:
        """A line through the points with round ends, from `width` to `end` thick."""
        line = smooth(points, closed=False, steps=12) if curved and len(points) > 2 else list(points)
        self.shape(outline(line, width, width if end is None else end), fill, alpha=alpha)

    def vessel(
        self,
        x: float,
        profile: Sequence[Point],
        fill: Colour,
        *,
        tilt: float = 0.16,
        shade: float = 0.55,
        alpha: float = 1.0,
    ) -> None:
        """A body turned about the axis `x`; `profile` lists (y, half width) from the top."""
        right = smooth([(x + wide, y) for y, wide in profile], closed=False)
        foot_y, foot = profile[-1]
        arc = [(x + foot * math.cos(a), foot_y + foot * tilt * math.sin(a)) for a in _angles(0, math.pi, 24)]
        left = [(2 * x - px, py) for px, py in reversed(right)]
        top_y, top = profile[0]
        lid = [(x + top * math.cos(a), top_y - top * tilt * math.sin(a)) for a in _angles(math.pi, 0, 24)]
        self.shape([*right, *arc, *left, *lid], fill, shade=shade, alpha=alpha)

    def mouth(
        self, x: float, y: float, wide: float, rim: Colour, inside: Colour, *, tilt: float = 0.16, lip: float = 1.2
    ) -> None:
        """The open top of a vessel: a rim, and the darker inside with light falling on its far wall."""
        self.oval(x, y, wide, wide * tilt, rim)
        inner, squeeze = wide - lip, max((wide - lip) * tilt - lip * 0.25, 0.4)
        self.oval(x, y, inner, squeeze, inside, shade=-0.3)

    def _place(self, points: Sequence[Point]) -> Sequence[Point]:
        if not self._angle:
            return points
        sine, cosine, (x, y) = math.sin(self._angle), math.cos(self._angle), self._about
        return [(x + (px - x) * cosine - (py - y) * sine, y + (px - x) * sine + (py - y) * cosine) for px, py in points]

    def _darken(self, mask: Image.Image, blur: float, strength: float) -> None:
        soft = mask.filter(ImageFilter.GaussianBlur(blur)).point([round(v * strength) for v in range(256)])
        box = soft.getbbox()
        if box is None:
            return
        scale = PIXELS // 200
        area = tuple(edge * scale for edge in box)
        grown = soft.crop(box).resize((area[2] - area[0], area[3] - area[1]), Image.Resampling.BILINEAR)
        self.image.paste((46, 40, 36), (area[0], area[1], area[2], area[3]), grown)


def _angles(start: float, stop: float, steps: int) -> list[float]:
    return [start + (stop - start) * k / steps for k in range(steps + 1)]


def oval_points(x: float, y: float, wide: float, high: float) -> list[Point]:
    """The outline of an ellipse."""
    return [(x + wide * math.cos(a), y + high * math.sin(a)) for a in _angles(0, 2 * math.pi, 72)[:-1]]


def slab_points(left: float, top: float, right: float, bottom: float, radius: float) -> list[Point]:
    """The outline of a rectangle with round corners."""
    corners = ((right, top, -90), (right, bottom, 0), (left, bottom, 90), (left, top, 180))
    points: list[Point] = []
    for x, y, start in corners:
        cx = x - radius if x == right else x + radius
        cy = y - radius if y == bottom else y + radius
        points += [
            (cx + radius * math.cos(a), cy + radius * math.sin(a))
            for a in _angles(math.radians(start), math.radians(start + 90), 8)
        ]
    return points


def outline(line: Sequence[Point], width: float, end: float) -> list[Point]:
    """The outline of a stroke along `line`, `width` thick at its start and `end` at its end, with round ends."""
    one: list[Point] = []
    other: list[Point] = []
    last = len(line) - 1
    for index, (x, y) in enumerate(line):
        (ax, ay), (bx, by) = line[max(index - 1, 0)], line[min(index + 1, last)]
        length = math.hypot(bx - ax, by - ay) or 1.0
        half = (width + (end - width) * index / last) / 2
        nx, ny = -(by - ay) / length * half, (bx - ax) / length * half
        one.append((x + nx, y + ny))
        other.append((x - nx, y - ny))
    heading = math.atan2(line[-1][1] - line[-2][1], line[-1][0] - line[-2][0])
    tail = math.atan2(line[1][1] - line[0][1], line[1][0] - line[0][0])
    tip = [
        (line[-1][0] + end / 2 * math.cos(a), line[-1][1] + end / 2 * math.sin(a))
        for a in _angles(heading + math.pi / 2, heading - math.pi / 2, 8)
    ]
    butt = [
        (line[0][0] + width / 2 * math.cos(a), line[0][1] + width / 2 * math.sin(a))
        for a in _angles(tail - math.pi / 2, tail - 3 * math.pi / 2, 8)
    ]
    return [*one, *tip, *reversed(other), *butt]


@functools.lru_cache(maxsize=512)
def _cylinder(fill: Colour, shade: float) -> Image.Image:
    """One row of 128 pixels: how a cylinder of this colour takes light from the left (negative: seen from inside)."""
    row = Image.new("RGB", (128, 1))
    for k in range(128):
        t = k / 127 if shade > 0 else 1 - k / 127
        glow = math.exp(-(((t - 0.28) / 0.16) ** 2)) * 0.5
        dusk = max(0.0, (t - 0.45) / 0.55) ** 1.4 * 0.75 + max(0.0, (0.12 - t) / 0.12) ** 1.3 * 0.4
        strength = abs(shade)
        row.putpixel((k, 0), darker(lighter(fill, glow * strength), min(dusk * strength, 0.85)))
    return row
