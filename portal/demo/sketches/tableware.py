"""Plates, bowls, cutlery and serving pieces."""

from __future__ import annotations

from portal.demo.sketches.canvas import STEEL, WOOD, Canvas, Colour, darker, lighter, oval_points, slab_points, smooth


def plate(c: Canvas, colour: Colour) -> None:
    """A coupe plate from above with a darker glaze line at the rim."""
    c.drop(oval_points(50, 51, 37, 37), dx=2, dy=3.4)
    c.oval(50, 51, 38, 38, darker(colour, 0.22))
    c.oval(50, 50.6, 37.2, 37.2, colour, shade=0.18)
    c.oval(50, 50.6, 26.5, 26.5, darker(colour, 0.09))
    c.oval(50.5, 51.2, 25.6, 25.6, lighter(colour, 0.14), shade=0.12)


def rimmed_plate(c: Canvas, colour: Colour) -> None:
    """A wide-rimmed plate, its rim in the colour around a white well."""
    c.drop(oval_points(50, 51, 37, 37), dx=2, dy=3.4)
    c.oval(50, 51, 38, 38, darker(colour, 0.3))
    c.oval(50, 50.6, 37.2, 37.2, colour, shade=0.2)
    c.band(50, 50.6, 35.6, 35.6, 0.7, lighter(colour, 0.5))
    c.oval(50, 50.6, 25, 25, darker(colour, 0.15))
    c.oval(50.4, 51, 24.2, 24.2, (246, 243, 236), shade=0.12)


def platter(c: Canvas, colour: Colour) -> None:
    """An oval serving platter."""
    c.drop(oval_points(50, 52, 42, 27), dx=2, dy=3.4)
    c.oval(50, 52, 43, 27.6, darker(colour, 0.22))
    c.oval(50, 51.4, 42.4, 27, colour, shade=0.18)
    c.oval(50, 51.4, 32, 18.4, darker(colour, 0.1))
    c.oval(50.4, 52, 31.2, 17.6, lighter(colour, 0.14), shade=0.12)


def bowl(c: Canvas, colour: Colour) -> None:
    """A footed rice bowl."""
    c.shadow(50, 79, 20, 5)
    c.vessel(50, [(74, 14), (79, 14.6)], darker(colour, 0.12))
    c.vessel(50, [(42, 32), (54, 30.5), (66, 24), (75, 13)], colour, tilt=0.22, shade=0.5)
    c.mouth(50, 42, 32.6, lighter(colour, 0.3), lighter(darker(colour, 0.08), 0.2), tilt=0.22)


def deep_bowl(c: Canvas, colour: Colour) -> None:
    """A deep noodle bowl with chopsticks resting on it."""
    c.shadow(50, 80, 25, 5.5)
    c.vessel(50, [(75, 17), (80, 18)], darker(colour, 0.15))
    c.vessel(50, [(40, 37), (54, 34), (67, 27), (76, 16)], colour, tilt=0.24, shade=0.55)
    c.mouth(50, 40, 37.6, lighter(colour, 0.3), (244, 240, 231), tilt=0.24, lip=1.6)
    for shift in (0, 3.4):
        c.stroke([(16, 35.6 + shift), (92, 28 + shift * 0.5)], 1.7, darker(WOOD, 0.25), end=1.1)


def dip_dish(c: Canvas, colour: Colour) -> None:
    """Three small sauce dishes."""
    for x, y in ((34, 39), (67, 44), (46, 68)):
        c.drop(oval_points(x, y, 15, 15))
        c.oval(x, y, 15.4, 15.4, darker(colour, 0.25))
        c.oval(x, y - 0.3, 14.8, 14.8, colour, shade=0.2)
        c.oval(x, y - 0.3, 11.4, 11.4, darker(colour, 0.16), shade=-0.3)


def _fork(c: Canvas, x: float, colour: Colour) -> None:
    c.slab(x - 1.5, 40, x + 1.5, 88, 1.5, colour)
    c.shape(
        smooth(
            [(x - 4.6, 30), (x - 3.4, 38), (x - 1.4, 43), (x + 1.4, 43), (x + 3.4, 38), (x + 4.6, 30)], closed=False
        ),
        STEEL,
    )
    for k in range(4):
        c.slab(x - 4.7 + k * 2.7, 12, x - 3.4 + k * 2.7, 32, 0.6, STEEL)


def cutlery(c: Canvas, colour: Colour) -> None:
    """Fork, knife, spoon and teaspoon side by side."""
    for x in (26, 42, 58, 74):
        c.drop(slab_points(x - 2, 30, x + 2, 88, 2), strength=0.24)
    _fork(c, 26, colour)
    c.shape(
        smooth([(40, 44), (39.6, 24), (42, 11), (44.6, 14), (44.4, 44)], closed=True), lighter(STEEL, 0.15), shade=0.3
    )
    for x, top, wide, tall in ((58, 25, 6.4, 13), (74, 36, 4.6, 9)):
        c.oval(x, top, wide, tall, STEEL)
        c.oval(x, top, wide - 1.4, tall - 2, darker(STEEL, 0.2), shade=-0.4)
    for x, top in ((42, 42), (58, 37), (74, 44)):
        c.slab(x - 1.7, top, x + 1.7, 88, 1.6, colour)
    for x in (26, 42, 58, 74):
        c.slab(x - 0.8, 60, x - 0.2, 85, 0.3, lighter(colour, 0.45))


def chopsticks(c: Canvas, colour: Colour) -> None:
    """Two pairs of chopsticks on rests."""
    c.turn(28)
    for x in (35, 41, 59, 65):
        c.drop([(x - 1.6, 8), (x + 1.6, 8), (x + 0.9, 92), (x - 0.9, 92)], strength=0.24)
        c.stroke([(x, 8), (x, 92)], 3.2, colour, end=1.5)
        c.stroke([(x - 0.6, 9), (x - 0.4, 88)], 0.7, lighter(colour, 0.3), end=0.3)
        c.slab(x - 1.7, 7, x + 1.7, 19, 0.8, STEEL)
    for x in (38, 62):
        c.slab(x - 7, 72, x + 7, 77, 2.4, (244, 242, 236), shade=0.4)
    c.turn(0)


def steak_knives(c: Canvas, colour: Colour) -> None:
    """Four table knives, alternating."""
    for k, x in enumerate((26, 42, 58, 74)):
        c.turn(180 * (k % 2), (x, 50))
        c.drop(slab_points(x - 2.5, 14, x + 2.5, 88, 2), strength=0.24)
        c.shape(
            smooth([(x - 2.4, 54), (x - 2.6, 26), (x + 0.6, 12), (x + 2.2, 30), (x + 2.2, 54)], closed=True),
            lighter(STEEL, 0.2),
            shade=0.3,
        )
        c.slab(x - 2.8, 50, x + 2.8, 88, 2.2, colour, shade=0.35)
        c.slab(x - 2.8, 50, x + 2.8, 53, 0.8, STEEL)
    c.turn(0)


def salad_servers(c: Canvas, colour: Colour) -> None:
    """A crossed serving spoon and fork."""
    for angle, fork in ((24, False), (-24, True)):
        c.turn(angle, (50, 62))
        c.drop(oval_points(50, 20, 10, 14))
        c.drop(slab_points(47.6, 32, 52.4, 96, 2.4))
        c.slab(47.8, 30, 52.2, 96, 2.2, colour)
        c.oval(50, 20, 10, 14.5, colour, shade=0.25)
        if fork:
            for x in (46.6, 53.4):
                c.slab(x - 1, 4, x + 1, 21, 1, (222, 216, 206))
        else:
            c.oval(50, 20, 7.4, 11.4, darker(colour, 0.22), shade=-0.35)
    c.turn(0)


def tray(c: Canvas, colour: Colour) -> None:
    """A rectangular serving tray with cut-out handles."""
    body = slab_points(8, 24, 92, 78, 6)
    c.drop(body, dx=2, dy=3.4)
    c.shape(body, darker(colour, 0.25))
    c.slab(8, 23, 92, 76, 6, lighter(colour, 0.12))
    c.slab(11.4, 26.4, 88.6, 72.6, 4, darker(colour, 0.16), shade=-0.2)
    for k in range(4):
        c.stroke([(20, 34 + k * 10), (44, 35.4 + k * 10), (80, 33.4 + k * 10)], 0.5, darker(colour, 0.32), alpha=0.6)
    for x in (13.6, 83.6):
        c.slab(x, 42, x + 2.8, 58, 1.4, darker(colour, 0.65))


def mills(c: Canvas, colour: Colour) -> None:
    """A pair of pepper and salt mills."""
    for x, body in ((35, colour), (65, lighter(colour, 0.45))):
        c.shadow(x, 84, 12, 3.4)
        c.vessel(x, [(36, 8.6), (46, 7.4), (58, 6.4), (72, 9), (84, 10)], body, tilt=0.2)
        c.vessel(x, [(34, 9), (36, 9)], STEEL, tilt=0.2)
        c.vessel(x, [(20, 5), (24, 8.4), (33, 9)], darker(body, 0.1), tilt=0.2)
        c.oval(x, 17.6, 2.6, 2.6, STEEL, shade=0.6)


def sauce_boat(c: Canvas, colour: Colour) -> None:
    """A gravy boat on its foot."""
    c.shadow(50, 76, 22, 5)
    c.stroke([(76, 42), (90, 38), (88, 54), (73, 61)], 3.4, darker(colour, 0.1))
    c.vessel(50, [(70, 13), (76, 16)], darker(colour, 0.1))
    c.shape(
        smooth([(10, 36), (24, 45), (50, 46), (79, 41), (77, 56), (64, 71), (36, 71), (22, 56)], closed=True),
        colour,
        shade=0.5,
    )
    c.shape(
        smooth([(11, 36), (26, 40), (50, 40), (78, 41), (70, 46), (50, 48.6), (26, 46)], closed=True),
        darker(colour, 0.2),
        shade=-0.3,
    )


def cake_stand(c: Canvas, colour: Colour) -> None:
    """A pedestal stand."""
    c.shadow(50, 82, 20, 4.6)
    c.vessel(50, [(48, 6), (60, 4.4), (72, 6), (80, 18), (82, 19)], colour, tilt=0.18)
    c.vessel(50, [(43, 40), (46, 39), (49, 34)], colour, tilt=0.2)
    c.oval(50, 43, 40, 8.2, lighter(colour, 0.3))
    c.oval(50, 43.4, 37.6, 7.2, lighter(colour, 0.12), shade=0.15)
