"""Glasses, cups, bottles, and everything for tea and coffee."""

from __future__ import annotations

from collections.abc import Sequence

from portal.demo.sketches.canvas import DARK, STEEL, WOOD, Canvas, Colour, Point, darker, lighter, smooth


def _glass(c: Canvas, x: float, profile: Sequence[Point], colour: Colour, tilt: float = 0.17) -> None:
    """A see-through body: pale wall, a highlight, a rim and a heavy bottom."""
    top_y, top = profile[0]
    foot_y, foot = profile[-1]
    c.vessel(x, profile, colour, tilt=tilt, alpha=0.42, shade=0.5)
    c.oval(x, foot_y - 1, foot * 0.92, foot * tilt * 0.9, darker(colour, 0.25), alpha=0.35)
    c.band(x, top_y, top, top * tilt, 0.7, darker(colour, 0.3), alpha=0.8)
    inner = [(x - wide * 0.66, y) for y, wide in profile[:-1]]
    shifted = [(px, py + (foot_y - top_y) * 0.1) for px, py in inner]
    if len(shifted) > 1:
        c.stroke(shifted, 2.2, (255, 255, 255), end=1.2, alpha=0.6)


def tumbler(c: Canvas, colour: Colour) -> None:
    """A low, wide glass and a second behind it."""
    for x, y in ((63, -8), (39, 2)):
        c.shadow(x + 2, 80 + y, 20, 4.4, 0.26)
        _glass(c, x, [(34 + y, 20), (58 + y, 18.6), (78 + y, 16.4)], colour)


def highball(c: Canvas, colour: Colour) -> None:
    """Two tall glasses."""
    for x, y in ((65, -6), (39, 2)):
        c.shadow(x + 2, 86 + y, 16, 3.8, 0.26)
        _glass(c, x, [(18 + y, 15.4), (52 + y, 14.6), (84 + y, 13)], colour)


def wine_glass(c: Canvas, colour: Colour) -> None:
    """A stemmed glass with a little wine in it."""
    c.shadow(52, 89, 19, 4, 0.26)
    c.oval(50, 88, 18, 3.6, lighter(colour, 0.2), alpha=0.75)
    c.band(50, 88, 18, 3.6, 0.6, darker(colour, 0.3), alpha=0.7)
    c.vessel(50, [(55, 2.2), (66, 1.2), (80, 1.4), (87, 5)], colour, alpha=0.7)
    c.vessel(50, [(40, 20.6), (47, 15.4), (53, 8), (56, 2.4)], (138, 38, 52), alpha=0.78, tilt=0.14)
    c.oval(50, 40, 20.6, 3, (164, 62, 74), alpha=0.8)
    _glass(c, 50, [(10, 16.4), (24, 20.6), (38, 21.4), (48, 15.6), (56, 3)], colour, tilt=0.15)


def flute(c: Canvas, colour: Colour) -> None:
    """Two flutes with sparkling wine."""
    for x, y in ((62, -4), (40, 2)):
        c.shadow(x + 2, 88 + y, 12, 3, 0.26)
        c.oval(x, 87 + y, 11.4, 2.6, lighter(colour, 0.2), alpha=0.75)
        c.vessel(x, [(56 + y, 1.8), (70 + y, 0.9), (86 + y, 3)], colour, alpha=0.7)
        c.vessel(x, [(26 + y, 7.6), (42 + y, 6.6), (56 + y, 1.8)], (228, 196, 112), alpha=0.75)
        _glass(c, x, [(10 + y, 7), (26 + y, 8.2), (44 + y, 6.8), (57 + y, 2)], colour)


def mug(c: Canvas, colour: Colour) -> None:
    """A straight mug with a round handle."""
    c.shadow(48, 80, 27, 5.5)
    c.stroke([(68, 40), (85, 42), (85, 62), (68, 67)], 5, darker(colour, 0.1))
    c.vessel(45, [(30, 26), (55, 26), (73, 25.4), (79, 22.6)], colour)
    c.mouth(45, 30, 26.4, lighter(colour, 0.35), (246, 242, 234), tilt=0.2, lip=1.6)


def cup_saucer(c: Canvas, colour: Colour) -> None:
    """A cup on its saucer."""
    c.shadow(50, 76, 38, 8)
    c.oval(50, 72, 39, 10, darker(colour, 0.15))
    c.oval(50, 71, 38.4, 9.4, colour, shade=0.2)
    c.oval(50, 71.6, 20, 4.6, darker(colour, 0.18))
    c.stroke([(70, 46), (83, 45), (81, 56), (66, 60)], 3.2, darker(colour, 0.08))
    c.vessel(48, [(40, 24), (52, 22.6), (64, 15), (70, 10.6)], colour, shade=0.5)
    c.mouth(48, 40, 24.4, lighter(colour, 0.35), (112, 74, 48), tilt=0.2, lip=1.4)


def bottle(c: Canvas, colour: Colour) -> None:
    """A slim insulated bottle with a loop in its cap."""
    c.shadow(50, 91, 18, 4)
    c.vessel(50, [(34, 7.6), (39, 12), (46, 15), (70, 15), (90, 14.4)], colour)
    c.vessel(50, [(32, 8), (34.6, 8)], STEEL)
    c.vessel(50, [(19, 8.4), (31, 8.8)], darker(colour, 0.4))
    c.stroke([(44, 18), (45, 9), (55, 9), (56, 18)], 2.2, darker(colour, 0.45))
    c.oval(50, 66, 3.6, 3.6, lighter(colour, 0.4), alpha=0.5)


def tumbler_travel(c: Canvas, colour: Colour) -> None:
    """A travel cup with a lid."""
    c.shadow(50, 87, 18, 4)
    c.vessel(50, [(29, 20), (50, 18.4), (86, 14.6)], colour)
    c.vessel(50, [(48, 19), (60, 18)], darker(colour, 0.35))
    c.vessel(50, [(20, 18.6), (28, 21)], DARK)
    c.oval(50, 20, 18.6, 3, (84, 86, 90))
    c.slab(46, 18, 58, 20.6, 1.2, (120, 122, 126))


def jug(c: Canvas, colour: Colour) -> None:
    """A glass water jug with a handle."""
    c.shadow(50, 86, 23, 5, 0.28)
    c.stroke([(67, 32), (84, 34), (82, 58), (69, 66)], 3.6, darker(colour, 0.18), alpha=0.8)
    c.vessel(48, [(48, 21.4), (66, 23), (82, 20.5)], (150, 196, 214), alpha=0.5)
    c.oval(48, 48, 21.4, 3.5, (190, 222, 232), alpha=0.7)
    _glass(c, 48, [(18, 18), (34, 18.6), (56, 22.6), (72, 23.4), (84, 20.5)], colour)
    c.shape(smooth([(32, 18), (26, 15), (31, 24)], closed=True), colour, alpha=0.6)


def carafe(c: Canvas, colour: Colour) -> None:
    """A narrow-necked carafe with a wooden stopper."""
    c.shadow(50, 88, 23, 5, 0.28)
    c.vessel(50, [(56, 19), (70, 23.4), (86, 19)], (150, 196, 214), alpha=0.5)
    _glass(c, 50, [(18, 9), (32, 8), (46, 13), (68, 24), (87, 19)], colour)
    c.vessel(50, [(10, 8.4), (19, 7.6)], WOOD)


def teapot(c: Canvas, colour: Colour) -> None:
    """A round teapot."""
    c.shadow(50, 80, 28, 6)
    c.stroke([(73, 45), (92, 44), (90, 66), (72, 69)], 4.2, darker(colour, 0.1))
    c.shape(
        smooth([(30, 68), (18, 60), (12, 44), (7, 40), (14, 38), (24, 50), (33, 54)], closed=True), colour, shade=0.3
    )
    c.vessel(50, [(39, 16), (46, 25), (60, 29), (73, 24), (79, 17)], colour, shade=0.65)
    c.vessel(50, [(33, 6), (36, 14), (40, 17)], lighter(colour, 0.12))
    c.oval(50, 30, 4.2, 3.8, darker(colour, 0.15), shade=0.5)


def glass_teapot(c: Canvas, colour: Colour) -> None:
    """A glass teapot with an infuser and tea inside."""
    c.shadow(50, 80, 28, 6, 0.28)
    c.stroke([(72, 44), (91, 44), (90, 66), (72, 69)], 3.4, darker(colour, 0.2), alpha=0.8)
    c.shape(
        smooth([(30, 66), (19, 58), (12, 43), (8, 40), (14, 39), (24, 50), (32, 54)], closed=True), colour, alpha=0.55
    )
    c.vessel(50, [(54, 27.4), (62, 28), (72, 24), (78, 18)], (196, 124, 48), alpha=0.72)
    c.oval(50, 54, 27, 4, (216, 154, 84), alpha=0.8)
    c.vessel(50, [(40, 10), (64, 9)], STEEL, alpha=0.55)
    _glass(c, 50, [(39, 16), (46, 25), (60, 29), (73, 24), (79, 18)], colour)
    c.vessel(50, [(34, 14), (39, 17)], WOOD)
    c.oval(50, 31.6, 4, 3, darker(WOOD, 0.2), shade=0.5)


def gaiwan(c: Canvas, colour: Colour) -> None:
    """A lidded tea bowl on its saucer."""
    c.shadow(50, 81, 30, 6)
    c.oval(50, 77, 31, 7, darker(colour, 0.14))
    c.oval(50, 76, 30.4, 6.4, colour, shade=0.25)
    c.vessel(50, [(70, 11), (75, 12)], darker(colour, 0.12))
    c.vessel(50, [(41, 31), (52, 27), (63, 19), (71, 11)], colour, shade=0.5)
    c.mouth(50, 41, 31.4, lighter(colour, 0.4), darker(colour, 0.2), tilt=0.17)
    c.vessel(50, [(27, 8), (31, 19), (39, 26.4)], lighter(colour, 0.1), tilt=0.15)
    c.vessel(50, [(22, 7), (27, 5)], darker(colour, 0.08))


def tea_cups(c: Canvas, colour: Colour) -> None:
    """Three small handleless cups."""
    for x, y in ((50, -14), (29, 4), (71, 4)):
        c.shadow(x, 72 + y, 13, 3.6)
        c.vessel(x, [(67 + y, 7.6), (72 + y, 8)], darker(colour, 0.12))
        c.vessel(x, [(46 + y, 17), (56 + y, 15), (68 + y, 7.6)], colour, tilt=0.22, shade=0.5)
        c.mouth(x, 46 + y, 17.4, lighter(colour, 0.35), (190, 142, 74), tilt=0.22, lip=1)


def french_press(c: Canvas, colour: Colour) -> None:
    """A glass press with a steel frame."""
    c.shadow(48, 88, 21, 4.6)
    c.stroke([(64, 38), (84, 40), (84, 70), (64, 74)], 4.6, colour)
    c.vessel(46, [(52, 18), (85, 18)], (84, 52, 32), alpha=0.92)
    _glass(c, 46, [(32, 18.6), (60, 18.4), (85, 18.2)], (206, 220, 224))
    for y in (36, 80):
        c.vessel(46, [(y, 19.2), (y + 4, 19.2)], colour)
    c.vessel(46, [(26, 12), (29, 18), (33, 19.6)], colour, shade=0.6)
    c.slab(45, 12, 47, 27, 0.8, STEEL)
    c.oval(46, 11.6, 4.2, 4, colour, shade=0.6)


def dripper(c: Canvas, colour: Colour) -> None:
    """A cone dripper standing on a glass server."""
    c.shadow(48, 88, 23, 5, 0.28)
    c.vessel(48, [(72, 22), (86, 20)], (84, 52, 32), alpha=0.85)
    _glass(c, 48, [(56, 12), (62, 18), (74, 22.4), (87, 20)], (206, 220, 224))
    c.stroke([(66, 62), (82, 62), (80, 78), (68, 80)], 3, WOOD)
    c.oval(48, 53, 24, 4.4, darker(colour, 0.2))
    c.stroke([(68, 24), (86, 26), (80, 40), (63, 42)], 3.2, darker(colour, 0.1))
    c.vessel(48, [(20, 28), (36, 18), (52, 8)], colour, tilt=0.2)
    c.mouth(48, 20, 28.4, lighter(colour, 0.35), lighter(colour, 0.08), tilt=0.2, lip=1.6)


def grinder(c: Canvas, colour: Colour) -> None:
    """A hand coffee grinder with a crank."""
    c.shadow(48, 89, 15, 3.8)
    c.stroke([(48, 16), (66, 14), (80, 19)], 2.6, STEEL)
    c.oval(81, 14.6, 4.6, 6, WOOD, shade=0.5)
    c.vessel(48, [(58, 13), (74, 13), (88, 12.6)], darker(colour, 0.35))
    c.vessel(48, [(24, 13.4), (44, 13.4), (60, 13.4)], colour)
    for y in (28, 58):
        c.vessel(48, [(y, 13.8), (y + 2, 13.8)], STEEL)
    c.vessel(48, [(17, 7), (20, 12), (24, 13.6)], lighter(colour, 0.15))


def gooseneck(c: Canvas, colour: Colour) -> None:
    """A gooseneck kettle for pouring over coffee."""
    c.shadow(52, 82, 27, 5.5)
    c.stroke([(32, 72), (20, 66), (20, 44), (8, 36)], 5, colour, end=2.6)
    c.stroke([(68, 36), (92, 36), (92, 62)], 4.6, WOOD, end=5.4)
    c.vessel(54, [(38, 17), (56, 22), (74, 26), (81, 25)], colour, shade=0.65)
    c.vessel(54, [(34, 10), (38, 17.6)], lighter(colour, 0.15))
    c.oval(54, 31, 3.2, 3, DARK, shade=0.5)


def scoop(c: Canvas, colour: Colour) -> None:
    """A coffee scoop with a few beans."""
    c.turn(-40)
    c.drop([(50, 45), (94, 45), (94, 54), (50, 54)])
    c.drop([(14, 32), (50, 32), (50, 66), (14, 66)], strength=0.2)
    c.slab(46, 46, 94, 54, 4, colour, shade=0.3)
    c.oval(32, 50, 19, 18, colour, shade=0.4)
    c.oval(32, 50, 15.6, 14.6, darker(colour, 0.3), shade=-0.4)
    for x, y in ((28, 46), (36, 52), (27, 56), (37, 43)):
        c.oval(x, y, 4.2, 3.2, (88, 54, 34))
        c.stroke([(x - 3, y), (x, y + 0.5), (x + 3, y)], 0.7, (56, 32, 20))
    c.turn(0)
