"""Pans, pots, woks and what stands in the oven."""

from __future__ import annotations

from portal.demo.sketches.canvas import DARK, STEEL, WOOD, Canvas, Colour, darker, lighter, slab_points, smooth


def _side_handles(c: Canvas, y: float, wide: float, colour: Colour) -> None:
    for side in (-1, 1):
        c.stroke(
            [(50 + side * (wide - 1), y), (50 + side * (wide + 7), y + 0.5), (50 + side * (wide - 1), y + 6)],
            2.6,
            colour,
        )


def _domed_lid(c: Canvas, y: float, wide: float, colour: Colour, knob: Colour, rise: float = 9) -> None:
    c.vessel(
        50, [(y - rise, wide * 0.30), (y - rise * 0.72, wide * 0.66), (y - rise * 0.3, wide * 0.93), (y, wide)], colour
    )
    c.slab(48.6, y - rise - 6, 51.4, y - rise + 0.5, 0.8, darker(knob, 0.3))
    c.oval(50, y - rise - 6, 5, 2.3, knob, shade=0.5)


def skillet(c: Canvas, colour: Colour) -> None:
    """A frying pan seen from above at an angle, the handle to the right."""
    c.shadow(46, 64, 36, 12)
    c.stroke([(68, 52), (82, 43), (95, 35)], 5.2, DARK, end=3.8)
    c.stroke([(82, 42.4), (94, 34.6)], 1.0, (104, 106, 110))
    c.vessel(41, [(54, 33), (59, 31), (64, 26)], colour, tilt=0.36)
    c.oval(41, 54, 33, 12.6, lighter(colour, 0.18))
    c.oval(41, 54.4, 31.4, 11.6, (60, 61, 64), shade=-0.35)
    c.oval(41, 57, 25.5, 8.4, (74, 76, 79), shade=0.2)
    c.stroke([(67, 54), (71, 50.5)], 3.6, STEEL)


def grill_pan(c: Canvas, colour: Colour) -> None:
    """A square ribbed pan from above."""
    body = slab_points(14, 26, 66, 78, 8)
    c.drop(body, dx=2, dy=3)
    c.stroke([(66, 52), (80, 52), (95, 52)], 6.2, DARK, end=4.6)
    c.shape(body, colour, shade=0.3)
    c.slab(17, 29, 63, 75, 6, darker(colour, 0.45))
    for k in range(8):
        c.stroke([(21 + k * 5.5, 33), (21 + k * 5.5, 71)], 2.2, darker(colour, 0.15), curved=False)
        c.stroke([(20.6 + k * 5.5, 33), (20.6 + k * 5.5, 71)], 0.7, lighter(colour, 0.25), curved=False)
    c.slab(12, 46, 15, 58, 1.4, darker(colour))


def saucepan(c: Canvas, colour: Colour) -> None:
    """A saucepan with lid and long handle."""
    c.shadow(44, 77, 31, 6)
    c.stroke([(66, 50), (80, 47), (96, 45)], 4.6, DARK, end=3.6)
    c.vessel(42, [(46, 28), (60, 28), (72, 27.4), (76, 26)], colour)
    c.vessel(42, [(45, 29), (47, 29)], lighter(STEEL, 0.25))
    c.vessel(42, [(37, 9), (39, 20), (42, 27), (44, 28.6)], lighter(STEEL, 0.15))
    c.slab(40.6, 31, 43.4, 36, 0.8, DARK)
    c.oval(42, 31, 5, 2.2, DARK, shade=0.5)


def stockpot(c: Canvas, colour: Colour) -> None:
    """A tall stockpot with two side handles and a flat lid."""
    c.shadow(50, 85, 34, 6)
    _side_handles(c, 44, 30, darker(STEEL, 0.15))
    c.vessel(50, [(35, 30), (60, 30), (82, 29.6), (85, 28.4)], colour)
    c.vessel(50, [(34, 31), (36, 31)], lighter(colour, 0.35))
    _domed_lid(c, 33, 30.6, lighter(colour, 0.15), DARK, rise=7)


def casserole(c: Canvas, colour: Colour) -> None:
    """An enamelled cast-iron casserole."""
    c.shadow(50, 78, 38, 7)
    _side_handles(c, 51, 34, darker(colour, 0.12))
    c.vessel(50, [(48, 34), (60, 33.6), (71, 31), (77, 26)], colour, shade=0.65)
    c.vessel(50, [(46.5, 35.2), (49, 35.2)], darker(colour, 0.18))
    _domed_lid(c, 45.5, 34.4, colour, lighter(STEEL, 0.1), rise=11)


def braiser(c: Canvas, colour: Colour) -> None:
    """A wide, shallow casserole without its lid."""
    c.shadow(50, 72, 42, 8)
    _side_handles(c, 50, 39, darker(colour, 0.12))
    c.vessel(50, [(50, 39), (58, 38), (66, 33.5), (70, 28)], colour, tilt=0.24, shade=0.65)
    c.mouth(50, 50, 39.4, lighter(colour, 0.2), (236, 226, 208), tilt=0.24, lip=1.6)


def wok(c: Canvas, colour: Colour) -> None:
    """A round-sided wok with a wooden handle."""
    c.shadow(44, 76, 26, 6)
    c.stroke([(72, 46), (84, 39), (97, 32)], 4.4, WOOD, end=5.2)
    c.stroke([(70, 47.4), (80, 41.4)], 2.6, STEEL)
    c.vessel(42, [(44, 37), (54, 34.5), (66, 25), (75, 12)], colour, tilt=0.26, shade=0.6)
    c.mouth(42, 44, 37.4, lighter(colour, 0.25), darker(colour, 0.3), tilt=0.26, lip=1.4)
    c.oval(42, 49, 20, 3.8, lighter(colour, 0.1), alpha=0.5)
    c.stroke([(8, 45), (3.5, 42), (8, 40)], 2.2, STEEL)


def steamer(c: Canvas, colour: Colour) -> None:
    """Two stacked steamer tiers with a woven lid."""
    c.shadow(50, 82, 36, 6)
    for top in (61, 43):
        c.vessel(50, [(top, 34), (top + 8, 34), (top + 16, 33.6)], colour)
        for line in (top + 3, top + 13):
            c.vessel(50, [(line, 34.4), (line + 2, 34.4)], darker(colour, 0.28))
    c.vessel(50, [(38, 35), (43, 35)], lighter(colour, 0.08))
    c.oval(50, 38, 35, 7.6, lighter(colour, 0.22))
    for k in range(-5, 6):
        c.stroke(
            [(50 + k * 6, 38 - (7 - abs(k) * 0.9)), (50 + k * 6, 38 + (7 - abs(k) * 0.9))],
            0.7,
            darker(colour, 0.2),
            alpha=0.6,
        )
    c.band(50, 38, 35, 7.6, 2.4, darker(colour, 0.12))
    c.stroke([(43, 37), (50, 31.5), (57, 37)], 2.2, darker(colour, 0.35))


def roaster(c: Canvas, colour: Colour) -> None:
    """A rectangular roasting tin with folding handles."""
    c.shadow(50, 71, 42, 7)
    outer = [(12, 46), (88, 46), (82, 70), (18, 70)]
    for x in (10, 90):
        c.stroke([(x, 46), (x + (-5 if x < 50 else 5), 43), (x, 39)], 2, STEEL)
    c.shape(outer, colour, shade=0.45)
    c.shape([(17, 35), (83, 35), (89, 46), (11, 46)], lighter(colour, 0.2))
    c.shape([(19, 36.4), (81, 36.4), (86, 45), (14, 45)], darker(colour, 0.4))
    for k in range(9):
        c.stroke([(22 + k * 7, 37.4), (19 + k * 7.75, 44.4)], 0.9, STEEL, curved=False)


def kettle(c: Canvas, colour: Colour) -> None:
    """A stove-top kettle with a bow handle."""
    c.shadow(50, 82, 31, 6)
    c.stroke([(31, 48), (33, 24), (50, 16), (67, 24), (69, 48)], 3.4, WOOD)
    c.shape(smooth([(72, 66), (82, 58), (88, 43), (92, 44), (90, 60), (78, 76)], closed=True), colour, shade=0.4)
    c.vessel(50, [(43, 12), (47, 20), (58, 28), (72, 31), (81, 29)], colour, shade=0.65)
    c.vessel(50, [(40.6, 9), (43, 12)], lighter(colour, 0.2))
    c.oval(50, 38.6, 3.2, 2.6, DARK, shade=0.5)
