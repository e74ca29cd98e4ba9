"""Tins, trays and baking tools."""

from __future__ import annotations

import math

from portal.demo.sketches.canvas import STEEL, WOOD, Canvas, Colour, darker, lighter, slab_points, smooth


def loaf_tin(c: Canvas, colour: Colour) -> None:
    """A long loaf tin, seen from above its long side."""
    c.shadow(50, 73, 38, 7)
    c.shape([(12, 44), (88, 44), (82, 72), (18, 72)], colour, shade=0.4)
    c.shape([(18, 31), (82, 31), (90, 44), (10, 44)], lighter(colour, 0.25))
    c.shape([(21, 33), (79, 33), (85, 43), (15, 43)], darker(colour, 0.35), shade=-0.3)


def cake_tin(c: Canvas, colour: Colour) -> None:
    """A round springform tin with its buckle."""
    c.shadow(50, 75, 38, 7)
    c.vessel(50, [(46, 36), (60, 36), (71, 36)], colour)
    c.vessel(50, [(71, 37.6), (73, 37.6)], darker(colour, 0.1))
    c.mouth(50, 46, 36.8, lighter(colour, 0.3), darker(colour, 0.3), tilt=0.22, lip=1.4)
    c.slab(60, 54, 66, 68, 1, STEEL)
    c.stroke([(63, 56), (70, 58), (66, 66)], 1.6, lighter(STEEL, 0.4))


def muffin_tray(c: Canvas, colour: Colour) -> None:
    """A twelve-cup muffin tray from above."""
    body = slab_points(10, 22, 90, 80, 5)
    c.drop(body, dx=2, dy=3)
    c.shape(body, colour, shade=0.3)
    for row in range(3):
        for column in range(4):
            x, y = 21 + column * 19.4, 33 + row * 18
            c.oval(x, y, 8.2, 8.2, lighter(colour, 0.3))
            c.oval(x, y, 7.4, 7.4, darker(colour, 0.38), shade=-0.4)
            c.oval(x, y + 1, 5, 5, darker(colour, 0.2))


def baking_sheet(c: Canvas, colour: Colour) -> None:
    """A flat rimmed sheet from above."""
    body = slab_points(9, 20, 91, 80, 4)
    c.drop(body, dx=2, dy=3)
    c.shape(body, lighter(colour, 0.2), shade=0.25)
    c.slab(12, 23, 88, 77, 3, darker(colour, 0.25))
    c.slab(14, 25, 86, 75, 2, colour, shade=0.25)


def cooling_rack(c: Canvas, colour: Colour) -> None:
    """A wire rack from above."""
    body = slab_points(11, 24, 89, 78, 4)
    c.drop(body, dx=1.4, dy=2.6, strength=0.16)
    for k in range(17):
        c.stroke([(14 + k * 4.5, 25), (14 + k * 4.5, 77)], 0.8, darker(colour, 0.1), curved=False)
    for y in (38, 51, 64):
        c.stroke([(12, y), (88, y)], 1.3, colour, curved=False)
    c.shape(body, darker(colour, 0.15), holes=[slab_points(13, 26, 87, 76, 3)])


def mixing_bowl(c: Canvas, colour: Colour) -> None:
    """A deep bowl with a pouring lip."""
    c.shadow(50, 80, 27, 5.5)
    c.vessel(50, [(40, 36), (52, 35), (68, 27), (78, 17)], colour, tilt=0.2, shade=0.6)
    c.mouth(50, 40, 37, lighter(colour, 0.25), darker(colour, 0.12), tilt=0.2, lip=1.8)


def rolling_pin(c: Canvas, colour: Colour) -> None:
    """A rolling pin across the picture."""
    c.turn(-32)
    roll = slab_points(22, 43, 78, 57, 3)
    c.drop(slab_points(6, 44, 94, 57, 4))
    for left in (5, 79):
        c.slab(left, 46.5, left + 16, 53.5, 3.4, darker(colour, 0.25))
        c.slab(left + 1, 47.4, left + 15, 49, 0.8, lighter(colour, 0.1))
    c.shape(roll, colour)
    c.slab(22, 45, 78, 48, 1.2, lighter(colour, 0.28))
    c.slab(22, 53.5, 78, 57, 1.6, darker(colour, 0.18))
    c.turn(0)


def whisk(c: Canvas, colour: Colour) -> None:
    """A balloon whisk."""
    c.turn(38)
    c.drop(smooth([(50, 50), (36, 30), (38, 12), (50, 6), (62, 12), (64, 30)], closed=True), strength=0.15)
    c.drop(slab_points(47, 50, 53, 94, 3))
    for spread in (15, 10, 5, 0):
        for side in (-1, 1):
            c.stroke(
                [(50 + side, 54), (50 + side * spread, 30), (50 + side * spread * 0.8, 14), (50, 6)], 0.9, _wire(spread)
            )
    c.slab(46.6, 52, 53.4, 94, 3.2, colour)
    c.slab(47.6, 54, 49.2, 92, 0.8, lighter(colour, 0.3))
    c.slab(46.6, 52, 53.4, 56, 1.2, STEEL)
    c.turn(0)


def _wire(spread: float) -> Colour:
    """Steel wire, darker towards the middle of the whisk."""
    return darker(STEEL, 0.5 - spread / 50)


def measuring_set(c: Canvas, colour: Colour) -> None:
    """Four measuring spoons, fanned from one ring."""
    c.band(50, 86, 4, 4, 0.9, STEEL)
    for k, (angle, size) in enumerate(((-32, 9), (-9, 8), (13, 7), (33, 6))):
        c.turn(angle, (50, 86))
        reach = 34 + k * 2.5
        c.drop([(48, 86), (52, 86), (52, reach), (48, reach)], strength=0.2)
        c.slab(47.8, reach - 4, 52.2, 88, 2, colour)
        c.oval(50, reach - size, size, size, lighter(colour, 0.12))
        c.oval(50, reach - size, size * 0.82, size * 0.82, darker(colour, 0.2), shade=-0.45)
    c.turn(0)


def spatula_soft(c: Canvas, colour: Colour) -> None:
    """A silicone scraper on a wooden handle."""
    c.turn(40)
    head = smooth([(42, 34), (41, 14), (45, 7), (57, 9), (59, 18), (58, 34)], closed=True)
    c.drop([(47, 36), (53, 36), (53, 95), (47, 95)])
    c.drop(head)
    c.slab(47.2, 34, 52.8, 95, 2.6, WOOD)
    c.slab(48.2, 36, 49.6, 93, 0.7, lighter(WOOD, 0.3))
    c.shape(head, colour, shade=0.25)
    c.slab(46.4, 31, 53.6, 40, 2.4, darker(colour, 0.12))
    c.turn(0)


def cutters(c: Canvas, colour: Colour) -> None:
    """A nest of scalloped cutters, from above."""
    for x, y, size in ((36, 42, 22), (68, 60, 15), (40, 76, 10), (74, 31, 8.5)):
        edge = [
            (
                x + (size + math.sin(a * 12) * size * 0.05) * math.cos(a),
                y + (size + math.sin(a * 12) * size * 0.05) * math.sin(a),
            )
            for a in (k * math.pi / 90 for k in range(180))
        ]
        inner = [(x + (px - x) * 0.9, y + (py - y) * 0.9) for px, py in edge]
        c.drop(edge, strength=0.1)
        c.shape(edge, colour, shade=0.6, holes=[inner])
        c.shape([(x + (px - x) * 0.9, y + (py - y) * 0.9) for px, py in edge], lighter(colour, 0.5), alpha=0.25)
