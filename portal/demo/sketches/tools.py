"""Knives, boards and hand tools; most lie diagonally on the table."""

from __future__ import annotations

from portal.demo.sketches.canvas import (
    DARK,
    STEEL,
    Canvas,
    Colour,
    Point,
    darker,
    lighter,
    oval_points,
    slab_points,
    smooth,
)

BLADE: Colour = (214, 218, 222)


def _knife(c: Canvas, blade: list[Point], colour: Colour, butt: float = 92) -> None:
    """A knife pointing up: `blade` ends at y = 60, the handle runs from there to `butt`; spine on the right."""
    c.turn(42)
    grip = smooth([(47, 60), (53.4, 60), (53.6, 75), (54.4, butt), (48.6, butt + 1), (47.4, 76)], closed=True)
    c.drop(blade)
    c.drop(grip)
    c.shape(blade, BLADE, shade=0.35)
    edge = [(x, y) for x, y in blade if x < 50]
    if len(edge) > 1:
        c.shape([*edge, *[(x + 2.2, y + 0.8) for x, y in reversed(edge)]], lighter(BLADE, 0.6), alpha=0.8)
    c.slab(46.6, 57.6, 53.8, 61.4, 0.9, darker(STEEL, 0.18))
    c.shape(grip, colour, shade=0.25)
    for y in (67, 76, 85):
        if y < butt - 3:
            c.oval(50.8, y, 1, 1, lighter(STEEL, 0.3))
    c.turn(0)


def chef_knife(c: Canvas, colour: Colour) -> None:
    """A broad chef's knife."""
    _knife(
        c,
        [
            *smooth([(53.6, 58), (53.6, 30), (52.6, 6)], closed=False),
            *smooth([(51.6, 6), (46, 20), (42, 40), (41, 58)], closed=False),
        ],
        colour,
    )


def santoku(c: Canvas, colour: Colour) -> None:
    """A santoku: straight edge, rounded spine towards the tip."""
    _knife(
        c,
        [
            (53.6, 58),
            (53.6, 26),
            *smooth([(53.4, 24), (51, 15), (44, 10)], closed=False),
            (42, 11),
            (40.6, 30),
            (40.6, 58),
        ],
        colour,
    )


def cleaver(c: Canvas, colour: Colour) -> None:
    """A Chinese kitchen cleaver."""
    _knife(c, [(55, 58), (55, 12), (54, 10), (35, 11), (34, 14), (33.4, 58)], colour)


def bread_knife(c: Canvas, colour: Colour) -> None:
    """A long serrated knife."""
    teeth: list[Point] = []
    for k in range(13):
        teeth += [(45.8, 12 + k * 3.5), (44.6, 13.8 + k * 3.5)]
    _knife(c, [(53, 58), (53, 8), (50, 4), (47, 8), *teeth, (45.6, 58)], colour)


def paring_knife(c: Canvas, colour: Colour) -> None:
    """A small knife."""
    _knife(
        c,
        [
            *smooth([(53, 58), (53, 44), (51, 26)], closed=False),
            *smooth([(50.4, 26), (47, 38), (45.6, 58)], closed=False),
        ],
        colour,
        butt=88,
    )


def knife_block(c: Canvas, colour: Colour) -> None:
    """A slanted block with five handles."""
    c.shadow(50, 84, 27, 6)
    c.turn(14, (50, 84))
    for k, x in enumerate((33, 41, 49, 57, 65)):
        top = 12 + (k % 2) * 6
        c.slab(x - 2.6, top, x + 2.6, 40, 2, DARK)
        c.slab(x - 1.6, top + 2, x - 0.6, 37, 0.5, (110, 112, 116))
        c.slab(x - 2.8, 33, x + 2.8, 36, 0.6, STEEL)
    c.turn(0)
    c.shape([(33, 36), (75, 46), (66, 84), (28, 84)], colour, shade=0.45)
    c.shape([(33, 36), (75, 46), (74, 50), (32.4, 40)], lighter(colour, 0.25))
    for y in (58, 70):
        c.stroke([(32, y), (50, y + 3), (70, y + 1)], 0.5, darker(colour, 0.25), alpha=0.6)


def board(c: Canvas, colour: Colour) -> None:
    """A chopping board with a juice groove and a hanging hole."""
    body = slab_points(16, 20, 84, 82, 5)
    c.drop(body, dx=2, dy=3.4)
    c.slab(16, 22, 84, 84, 5, darker(colour, 0.35))
    c.shape(body, colour)
    for k in range(5):
        y = 28 + k * 12
        c.stroke([(20, y), (42, y + 2.2), (60, y - 1), (80, y + 1)], 0.5, darker(colour, 0.16), alpha=0.7)
    c.shape(slab_points(20, 24, 80, 78, 4), darker(colour, 0.2), holes=[slab_points(21.4, 25.4, 78.6, 76.6, 3)])
    c.slab(44, 70, 56, 74, 2, darker(colour, 0.6))


def board_round(c: Canvas, colour: Colour) -> None:
    """A paddle board with a round face."""
    c.turn(35)
    c.drop(oval_points(50, 40, 31, 31), dx=2, dy=3.4)
    c.drop(slab_points(45, 66, 55, 96, 4))
    c.slab(44.6, 64, 55.4, 97, 4, darker(colour, 0.06))
    c.oval(50, 40, 31.6, 31.6, darker(colour, 0.3))
    c.oval(50, 39.4, 31, 31, colour)
    for k in range(6):
        half = 26 - abs(k - 2.5) * 4
        c.stroke(
            [(50 - half, 20 + k * 8), (50, 21 + k * 8), (50 + half, 19.4 + k * 8)], 0.5, darker(colour, 0.18), alpha=0.7
        )
    c.oval(50, 91, 2, 2, darker(colour, 0.6))
    c.turn(0)


def scissors(c: Canvas, colour: Colour) -> None:
    """Kitchen shears, half open."""
    for angle, side in ((14, 1), (-14, -1)):
        c.turn(angle, (50, 52))
        blade = [(50, 8), (50 + side * 5, 20), (50 + side * 4, 54), (50 - side * 3, 54)]
        c.drop(blade)
        c.shape(blade, BLADE, shade=0.3)
        ring = oval_points(50 - side * 5, 76, 8, 13)
        c.shape(ring, colour, holes=[oval_points(50 - side * 5, 77, 4.6, 9)])
        c.stroke([(50, 52), (50 - side * 2, 64)], 6, colour)
    c.turn(0)
    c.oval(50, 52, 2.4, 2.4, STEEL, shade=0.5)


def _tool(c: Canvas, colour: Colour, head: list[Point], grip: Colour, neck: float) -> None:
    c.turn(38)
    c.drop(head)
    c.drop([(48, neck), (52, neck), (53, 95), (47, 95)])
    c.stroke([(50, neck), (50, 64)], 2.6, darker(colour, 0.12))
    c.slab(46.8, 60, 53.2, 96, 3, grip)
    c.slab(47.8, 62, 49.2, 94, 0.7, lighter(grip, 0.3))
    c.shape(head, colour, shade=0.3)


def turner(c: Canvas, colour: Colour) -> None:
    """A slotted turner."""
    _tool(c, colour, slab_points(39, 8, 61, 38, 4), DARK, 36)
    for x in (44.4, 50, 55.6):
        c.slab(x - 1, 14, x + 1, 31, 1, darker(colour, 0.6))
    c.turn(0)


def ladle(c: Canvas, colour: Colour) -> None:
    """A soup ladle."""
    _tool(c, colour, oval_points(50, 22, 16, 15), DARK, 34)
    c.oval(50, 21.4, 13.6, 12.6, darker(colour, 0.3), shade=-0.45)
    c.turn(0)


def wooden_spoon(c: Canvas, colour: Colour) -> None:
    """A cooking spoon of one piece of wood."""
    _tool(c, colour, oval_points(50, 20, 11, 15), colour, 32)
    c.stroke([(50, 32), (50, 66)], 4.6, colour)
    c.oval(50, 20, 8, 11.4, darker(colour, 0.2), shade=-0.35)
    c.turn(0)


def skimmer(c: Canvas, colour: Colour) -> None:
    """A perforated skimmer."""
    _tool(c, colour, oval_points(50, 22, 16, 15), DARK, 34)
    for row in range(-3, 4):
        for column in range(-3, 4):
            if row * row + column * column < 11:
                c.oval(50 + column * 3.8, 22 + row * 3.6, 1.1, 1.1, darker(colour, 0.6))
    c.turn(0)


def tongs(c: Canvas, colour: Colour) -> None:
    """Spring tongs with soft tips."""
    c.turn(36)
    for side in (-1, 1):
        c.drop([(50 + side * 2, 92), (50 + side * 11, 30), (50 + side * 13, 10)], strength=0.2)
        c.stroke([(50 + side * 1.6, 92), (50 + side * 7, 60), (50 + side * 12, 26)], 3.6, STEEL)
        c.stroke([(50 + side * 12, 28), (50 + side * 12, 16), (50 + side * 8, 7)], 6.4, colour)
        c.stroke([(50 + side * 4, 78), (50 + side * 7.4, 58)], 4.6, colour)
    c.oval(50, 93, 3.2, 3.2, darker(STEEL, 0.2))
    c.turn(0)


def peeler(c: Canvas, colour: Colour) -> None:
    """A Y-shaped peeler."""
    c.turn(24)
    c.drop(slab_points(45, 46, 55, 94, 5))
    c.stroke([(50, 54), (36, 40), (34, 20)], 4.4, colour)
    c.stroke([(50, 54), (64, 40), (66, 20)], 4.4, colour)
    c.slab(33, 17, 67, 24, 1.6, BLADE, shade=0.3)
    c.slab(36, 20, 64, 21.4, 0.6, DARK)
    c.slab(44.8, 48, 55.2, 95, 5, colour)
    c.slab(46.4, 52, 48.4, 91, 1, lighter(colour, 0.3))
    c.turn(0)


def grater(c: Canvas, colour: Colour) -> None:
    """A box grater."""
    c.shadow(50, 85, 25, 5.5)
    c.stroke([(40, 24), (41, 10), (50, 8), (59, 10), (60, 24)], 3.4, colour)
    c.shape([(37, 22), (60, 22), (64, 85), (28, 85)], STEEL, shade=0.3)
    c.shape([(60, 22), (66, 24), (76, 82), (64, 85)], darker(STEEL, 0.25))
    for row in range(9):
        for column in range(4):
            x = 50 + (column - 1.5) * (4.6 + row * 0.28) - 2.6
            c.oval(x, 31 + row * 5.6, 1.3, 1.5, darker(STEEL, 0.45))
            c.oval(x - 0.3, 30.6 + row * 5.6, 1.0, 0.7, lighter(STEEL, 0.6))
    c.shape([(37, 20), (60, 20), (66.4, 22.6), (66.4, 25), (60, 23.4), (37, 23.4)], colour)


def colander(c: Canvas, colour: Colour) -> None:
    """A footed colander with rows of holes."""
    c.shadow(50, 80, 24, 5)
    for side in (-1, 1):
        c.stroke([(50 + side * 34, 43), (50 + side * 42, 43.4), (50 + side * 34, 49)], 2.2, darker(colour, 0.15))
    c.vessel(50, [(74, 13), (79, 15)], darker(colour, 0.15))
    c.vessel(50, [(42, 35), (54, 33), (67, 24), (75, 14)], colour, tilt=0.2)
    for row in range(4):
        for k in range(-6 + row, 7 - row):
            c.oval(50 + k * (4.6 - row * 0.2), 53.4 + row * 5 - (abs(k) ** 1.5) * 0.18, 1.0, 1.1, darker(colour, 0.6))
    c.mouth(50, 42, 36, lighter(colour, 0.3), darker(colour, 0.2), tilt=0.2)
