"""Draws the demo company's product pictures and its letterhead logo; the same picture gives the same file."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from pathlib import Path
from types import ModuleType

from PIL import Image, ImageDraw

from portal.demo.company.model import Picture
from portal.demo.sketches import baking, cookware, drinkware, storage, tableware, tools
from portal.demo.sketches.canvas import Canvas, Colour, Point, smooth

Draw = Callable[[Canvas, Colour], None]

INK: Colour = (31, 58, 61)
LEAF: Colour = (198, 110, 74)
QUALITY = 84
LOGO_SVG = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 200 200" role="img" aria-label="Larkmoor">
<circle cx="100" cy="100" r="96" fill="#1f3a3d"/>
<path d="{bird}" fill="#f6f1e7"/>
<path d="{wing}" fill="#c66e4a"/>
<path d="{hill}" fill="#3f6a63"/>
</svg>
"""
BIRD: list[Point] = [
    (30, 78),
    (62, 74),
    (92, 84),
    (120, 66),
    (140, 58),
    (154, 64),
    (170, 68),
    (154, 76),
    (146, 98),
    (118, 118),
    (88, 112),
    (62, 92),
]
WING: list[Point] = [(92, 86), (84, 56), (58, 34), (104, 42), (122, 68), (118, 88), (106, 96)]
RIDGE: list[Point] = [(14, 142), (50, 132), (86, 140), (122, 150), (158, 138), (186, 142)]


def _kinds(*modules: ModuleType) -> dict[str, Draw]:
    return {
        name: thing
        for module in modules
        for name, thing in vars(module).items()
        if callable(thing) and not name.startswith("_") and getattr(thing, "__module__", "") == module.__name__
    }


KINDS: dict[str, Draw] = _kinds(cookware, baking, tools, tableware, drinkware, storage)


def draw(spec: Picture) -> Image.Image:
    """The picture, 800 × 800. Raises KeyError for a kind nobody can draw."""
    canvas = Canvas(spec.tint)
    KINDS[spec.kind](canvas, spec.colour)
    return canvas.finish()


def draw_all(specs: Iterable[Picture], folder: Path) -> list[Path]:
    """Write every picture as WebP into `folder` (made when missing) and return the paths, in the order given."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for spec in specs:
        path = folder / spec.file_name
        draw(spec).save(path, "WEBP", quality=QUALITY, method=2)
        written.append(path)
    return written


def _hill() -> list[Point]:
    """The moor: its ridge, closed by the lower arc of the round mark."""
    start, stop = (math.atan2(y - 100, x - 100) for x, y in (RIDGE[-1], RIDGE[0]))
    arc = [
        (100 + 96 * math.cos(a), 100 + 96 * math.sin(a)) for a in (start + (stop - start) * k / 40 for k in range(41))
    ]
    return [*smooth(RIDGE, closed=False, steps=8), *arc]


def _svg_path(curve: list[Point]) -> str:
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in curve) + "Z"


def draw_logo(folder: Path) -> tuple[Path, Path]:
    """Write `larkmoor.svg` and `larkmoor.png` (512 × 512, transparent around the mark): a lark over a moor."""
    folder.mkdir(parents=True, exist_ok=True)
    svg, png = folder / "larkmoor.svg", folder / "larkmoor.png"
    bird, wing, hill = smooth(BIRD, closed=True), smooth(WING, closed=True), _hill()
    svg.write_text(LOGO_SVG.format(bird=_svg_path(bird), wing=_svg_path(wing), hill=_svg_path(hill)), encoding="utf-8")
    scale = 10.24
    image = Image.new("RGBA", (2048, 2048))
    pen = ImageDraw.Draw(image)
    pen.ellipse([4 * scale, 4 * scale, 196 * scale, 196 * scale], fill=(*INK, 255))
    for points, colour in ((bird, (246, 241, 231)), (wing, LEAF), (hill, (63, 106, 99))):
        pen.polygon([(x * scale, y * scale) for x, y in points], fill=colour)
    image.reduce(4).save(png, optimize=True)
    return svg, png
