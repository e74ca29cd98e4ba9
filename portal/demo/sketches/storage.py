"""Containers for food, and kitchen linen."""

from __future__ import annotations

from portal.demo.sketches.canvas import STEEL, WOOD, Canvas, Colour, darker, lighter, oval_points, slab_points, smooth


def canister(c: Canvas, colour: Colour) -> None:
    """A storage canister with a wooden lid."""
    c.shadow(50, 85, 27, 5.5)
    c.vessel(50, [(34, 25), (60, 25), (84, 24.6)], colour)
    c.vessel(50, [(24, 25.6), (33, 25.6)], WOOD)
    c.oval(50, 24, 25.6, 4.1, lighter(WOOD, 0.22))
    c.slab(39, 52, 61, 66, 2, lighter(colour, 0.5), alpha=0.9)
    c.slab(43, 58, 57, 59.4, 0.6, darker(colour, 0.4))


def jar(c: Canvas, colour: Colour) -> None:
    """A clip-top glass jar with rice in it."""
    c.shadow(50, 87, 24, 5, 0.28)
    c.vessel(50, [(52, 23.6), (70, 23.6), (84, 22)], (232, 214, 176), alpha=0.95)
    c.oval(50, 52, 23.6, 3.6, (242, 228, 198))
    c.vessel(50, [(28, 18), (34, 24), (60, 24.6), (86, 22.6)], colour, alpha=0.38)
    c.stroke([(34, 40), (34, 78)], 2.2, (255, 255, 255), alpha=0.6)
    c.vessel(50, [(25, 19), (27, 19)], (198, 96, 72))
    c.vessel(50, [(17, 16), (24, 18.6)], lighter(colour, 0.2), alpha=0.85)
    c.stroke([(30, 32), (31, 20), (50, 14.6), (69, 20), (70, 32)], 1.1, darker(STEEL, 0.2))
    c.stroke([(50, 27), (50, 42)], 1.6, darker(STEEL, 0.2))


def food_box(c: Canvas, colour: Colour) -> None:
    """A rectangular glass box with a clip lid in the colour."""
    c.shadow(50, 76, 38, 6)
    c.shape([(13, 46), (87, 46), (82, 75), (18, 75)], (206, 222, 226), alpha=0.72, shade=0.35)
    c.shape([(17, 56), (83, 56), (80, 73), (20, 73)], (224, 178, 96), alpha=0.75, shade=0.3)
    c.shape([(18, 34), (82, 34), (90, 45), (10, 45)], lighter(colour, 0.22))
    c.shape([(24, 36), (76, 36), (81, 43), (19, 43)], colour)
    c.slab(9, 44, 91, 50, 2, darker(colour, 0.1), shade=0.3)
    for x in (40, 60):
        c.slab(x - 5, 46, x + 5, 57, 1.4, darker(colour, 0.22))
    c.stroke([(23, 54), (25, 70)], 1.8, (255, 255, 255), alpha=0.6)


def lunch_box(c: Canvas, colour: Colour) -> None:
    """A two-tier lunch box with a strap."""
    c.shadow(50, 82, 36, 6)
    for top, tone in ((56, colour), (34, lighter(colour, 0.14))):
        c.slab(16, top, 84, top + 25, 6, tone, shade=0.45)
        c.slab(16, top + 20, 84, top + 22, 0.6, darker(tone, 0.12))
    c.slab(14, 24, 86, 36, 5, WOOD, shade=0.4)
    c.stroke([(18, 28), (50, 29.4), (82, 27.6)], 0.6, darker(WOOD, 0.2), alpha=0.7)
    c.slab(45, 23, 55, 82, 1, darker(colour, 0.55))
    c.slab(43.6, 48, 56.4, 56, 1.6, darker(colour, 0.7))


def bread_bin(c: Canvas, colour: Colour) -> None:
    """A roll-shaped bread bin with a wooden front board."""
    c.shadow(50, 78, 42, 6)
    c.slab(10, 34, 90, 77, 12, colour, shade=0.4)
    c.slab(10, 28, 90, 50, 11, lighter(colour, 0.16), shade=0.35)
    c.slab(14, 44, 86, 48, 2, WOOD)
    c.slab(44, 39, 56, 42, 1.4, darker(colour, 0.4))


def apron(c: Canvas, colour: Colour) -> None:
    """A bib apron laid flat."""
    body = smooth([(36, 22), (64, 22), (66, 34), (80, 46), (79, 92), (21, 92), (20, 46), (34, 34)], closed=True)
    c.stroke([(38, 24), (40, 8), (60, 8), (62, 24)], 2.2, darker(colour, 0.3))
    for side in (-1, 1):
        c.stroke([(50 + side * 29, 48), (50 + side * 38, 56), (50 + side * 34, 70)], 1.8, darker(colour, 0.3))
    c.drop(body)
    c.shape(body, colour, shade=0.2)
    c.slab(32, 56, 68, 78, 3, darker(colour, 0.1))
    c.slab(32, 56, 68, 59, 1, darker(colour, 0.22))
    c.slab(49.6, 58, 50.4, 78, 0.3, darker(colour, 0.3))


def towel(c: Canvas, colour: Colour) -> None:
    """Folded tea towels in a stack, striped."""
    for k, shift in enumerate((0, -14, -28)):
        tone = (colour, lighter(colour, 0.55), lighter(colour, 0.18))[k]
        c.drop(slab_points(16, 62 + shift, 84, 78 + shift, 5), strength=0.2)
        c.slab(16, 62 + shift, 84, 77 + shift, 6, tone, shade=0.3)
        c.slab(16, 69 + shift, 82, 69.8 + shift, 0.4, darker(tone, 0.25))
        for x in (26, 30, 70):
            c.slab(x, 62 + shift, x + 1.8, 77 + shift, 0.3, lighter(colour, 0.7) if k != 1 else colour)


def mitt(c: Canvas, colour: Colour) -> None:
    """An oven mitt with a loop."""
    c.turn(12)
    hand = smooth(
        [
            (34, 88),
            (33, 60),
            (30, 36),
            (36, 17),
            (50, 12),
            (62, 19),
            (66, 40),
            (67, 49),
            (74, 40),
            (82, 42),
            (80, 54),
            (70, 68),
            (67, 88),
        ],
        closed=True,
    )
    c.drop(hand)
    c.shape(hand, colour, shade=0.3)
    for k in range(4):
        c.stroke([(35 + k * 8, 22 + abs(k - 1.5) * 2), (37 + k * 8, 74)], 0.6, darker(colour, 0.2), alpha=0.7)
    c.slab(32.6, 78, 68.4, 91, 2, lighter(colour, 0.5))
    c.stroke([(36, 90), (32, 97), (40, 97), (40, 90)], 1.5, lighter(colour, 0.5))
    c.turn(0)


def placemat(c: Canvas, colour: Colour) -> None:
    """A woven place mat."""
    body = slab_points(9, 25, 91, 79, 2)
    c.drop(body, dx=1.6, dy=2.4)
    c.shape(body, colour, shade=0.15)
    for k in range(26):
        c.slab(10.4, 26.4 + k * 2, 89.6, 27.2 + k * 2, 0.3, darker(colour, 0.14), alpha=0.75)
    for k in range(40):
        c.slab(10.6 + k * 2, 26, 11.2 + k * 2, 78, 0.3, lighter(colour, 0.25), alpha=0.5)
    c.shape(body, darker(colour, 0.3), holes=[slab_points(11, 27, 89, 77, 1)])


def napkin(c: Canvas, colour: Colour) -> None:
    """A napkin folded to a triangle through a wooden ring."""
    upper = smooth(
        [(46, 60), (22, 34), (14, 20), (32, 14), (50, 17), (68, 14), (86, 20), (78, 34), (54, 60)], closed=False
    )
    lower = smooth([(46, 60), (38, 78), (34, 90), (50, 87), (66, 90), (62, 78), (54, 60)], closed=False)
    for part in (lower, upper):
        c.drop(part)
        c.shape(part, colour, shade=0.35)
    for x in (24, 37, 63, 76):
        c.stroke([(50 + (x - 50) * 0.16, 58), (50 + (x - 50) * 0.6, 38), (x, 20)], 0.7, darker(colour, 0.25), alpha=0.7)
    for x in (43, 57):
        c.stroke([(50 + (x - 50) * 0.4, 64), (x, 86)], 0.7, darker(colour, 0.25), alpha=0.7)
    c.drop(oval_points(50, 61, 11, 5), strength=0.2)
    c.slab(39, 55.6, 61, 65.6, 4, WOOD, shade=0.5)


def coaster(c: Canvas, colour: Colour) -> None:
    """Four round coasters, overlapping."""
    for x, y in ((36, 36), (64, 38), (37, 64), (65, 66)):
        c.drop(oval_points(x, y, 17, 17))
        c.oval(x, y + 0.6, 17.4, 17.4, darker(colour, 0.3))
        c.oval(x, y, 17, 17, colour, shade=0.2)
        c.band(x, y, 14.4, 14.4, 0.7, darker(colour, 0.2))


def wrap(c: Canvas, colour: Colour) -> None:
    """A roll of baking paper with its end pulled out."""
    c.shadow(50, 70, 40, 6)
    c.shape([(14, 52), (86, 52), (92, 86), (20, 86)], lighter(colour, 0.25), shade=0.12)
    c.slab(10, 34, 90, 60, 9, colour, shade=-0.15)
    c.slab(10, 38, 88, 42, 2, lighter(colour, 0.4))
    c.oval(86, 47, 6.6, 12.8, lighter(colour, 0.3))
    c.oval(86, 47, 3, 6, darker(colour, 0.45))
