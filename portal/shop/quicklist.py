"""The list of a quick order as it travels in its form, with what the reader mends in it. Pure.

One text field carries all lines, so that five thousand of them are no more fields than one; it comes from a browser
and is read as such.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from portal.shop.pasted import LONGEST_CELL, MOST_LINES, Pasted, clean_cell, clean_code

QUANTITY = "quantity-"
CODE = "code-"
GONE = "gone-"
MOST_COLUMNS = 50
#: Below what Django takes for all fields of a form (2.5 MB), with room for the quantities of a page.
MOST_BYTES = 2_000_000


class ListBroken(Exception):
    """The travelling field is not what we sent."""


@dataclass(frozen=True)
class QuickLine:
    """One line. `shown` is the quantity the screen showed: what is sent back the same was not changed.

    `unit` is what a column of units said; it went away with the quantity that it was said of when that is changed.
    `packed_in` is the carton or pallet that the quantity, in sales units by now, was asked for in.
    """

    number: int
    code: str
    quantity: str
    cells: tuple[str, ...] = ()
    shown: str = ""
    unit: str = ""
    packed_in: str = ""


@dataclass(frozen=True)
class QuickList:
    """All lines, and what is needed to write them as a file like the one they came from."""

    lines: tuple[QuickLine, ...] = ()
    header: tuple[str, ...] = ()
    code_at: int = 0
    quantity_at: int | None = 1
    unit_at: int | None = None
    excel: bool = False
    encoding: str = ""
    key: str = field(default="", compare=False)


def from_pasted(pasted: Pasted, *, excel: bool = False, encoding: str = "") -> QuickList:
    """The list of what was read."""
    lines = tuple(QuickLine(line.number, line.code, line.quantity, line.cells, unit=line.unit) for line in pasted.lines)
    return QuickList(lines, pasted.header, pasted.code_at, pasted.quantity_at, pasted.unit_at, excel, encoding)


def appended(quick: QuickList, more: QuickList) -> QuickList:
    """The list with more lines below; they are numbered on. An empty one takes over how the others were written."""
    if not quick.lines:
        return replace(more, key=quick.key)
    last = max(line.number for line in quick.lines)
    added = tuple(
        QuickLine(last + place, line.code, line.quantity, unit=line.unit)
        for place, line in enumerate(more.lines, start=1)
    )
    return replace(quick, lines=quick.lines + added)


def packed(quick: QuickList) -> str:
    """The list as text for the form."""
    lines = [
        [line.number, line.code, line.quantity, line.shown, list(line.cells), *_units(line)] for line in quick.lines
    ]
    unit_at = [] if quick.unit_at is None else [quick.unit_at]
    return json.dumps(
        {
            "lines": lines,
            "header": list(quick.header),
            "at": [quick.code_at, quick.quantity_at, *unit_at],
            "excel": quick.excel,
            "encoding": quick.encoding,
            "key": quick.key,
        },
        ensure_ascii=False,
        separators=(",", ":"),
    )


def unpacked(text: str, encodings: Collection[str]) -> QuickList:
    """The list out of the form's text. Raises `ListBroken` for anything that `packed` does not write."""
    try:
        if len(text) > MOST_BYTES:
            raise ListBroken
        data = json.loads(text, parse_float=_refuse, parse_constant=_refuse)
        code_at, quantity_at, *unit_at = data["at"]
        if len(data["lines"]) > MOST_LINES or data["encoding"] not in {"", *encodings}:
            raise ListBroken
        return QuickList(
            lines=tuple(_line(*line) for line in data["lines"]),
            header=_cells(data["header"]),
            code_at=_place(code_at),
            quantity_at=None if quantity_at is None else _place(quantity_at),
            unit_at=_place(*unit_at) if unit_at else None,
            excel=data["excel"] is True,
            encoding=data["encoding"],
            key=_text(data["key"])[:36],
        )
    except (ValueError, KeyError, TypeError, RecursionError) as garbage:
        raise ListBroken from garbage


def mended(quick: QuickList, sent: Mapping[str, Any]) -> QuickList:
    """The list with the quantities and codes the reader entered, without the lines that are gone from the screen.

    `remove` and `use` name one line by its place.
    """
    lines: list[QuickLine] = []
    removed = str(sent.get("remove", ""))
    used_at, _, used = str(sent.get("use", "")).partition(":")
    for place, line in enumerate(quick.lines):
        if removed == str(place) or f"{GONE}{place}" in sent:
            continue
        entered = sent.get(f"{QUANTITY}{place}")
        if entered is not None and (text := clean_cell(str(entered))) != line.shown:
            line = replace(line, quantity=text, unit="")
        code = used if used_at == str(place) else sent.get(f"{CODE}{place}")
        if code is not None:
            line = replace(line, code=clean_code(str(code)))
        lines.append(line)
    return replace(quick, lines=tuple(lines))


def table_of(
    quick: QuickList, problems: Sequence[str], words: tuple[str, str, str]
) -> tuple[list[str], list[list[str]]]:
    """Heading and rows of a file like the upload, with a last column that says what is wrong.

    `words` are the headings for code and quantity, where the upload had none, and for the added column. A column of
    that name in the upload is one of ours from an earlier round and is left out.
    """
    code_word, quantity_word, problem_word = words
    quantity_at = quick.quantity_at
    width = max([quick.code_at + 1, len(quick.header), *(len(line.cells) for line in quick.lines)])
    if quantity_at is None:
        quantity_at = width
    width = max(width, quantity_at + 1, (quick.unit_at or 0) + 1)
    heading = [*quick.header, *[""] * (width - len(quick.header))]
    if not quick.header:
        heading = ["" if place not in (quick.code_at, quantity_at) else heading[place] for place in range(width)]
    heading[quick.code_at] = heading[quick.code_at] or code_word
    heading[quantity_at] = heading[quantity_at] or quantity_word
    kept = [place for place in range(width) if heading[place] != problem_word]
    rows = []
    for line, problem in zip(quick.lines, problems, strict=True):
        cells = [*line.cells, *[""] * (width - len(line.cells))]
        cells[quick.code_at], cells[quantity_at] = line.code, line.quantity
        if quick.unit_at is not None:
            cells[quick.unit_at] = line.unit
        rows.append([*(cells[place] for place in kept), problem])
    return [*(heading[place] for place in kept), problem_word], rows


def _units(line: QuickLine) -> list[str]:
    """Said only where there is something to say: most lines have neither."""
    return [line.unit, line.packed_in] if line.packed_in else [line.unit] if line.unit else []


def _line(
    number: object,
    code: object,
    quantity: object,
    shown: object,
    cells: object,
    unit: object = "",
    packed_in: object = "",
) -> QuickLine:
    if type(number) is not int or not 0 < number < 10**9:
        raise ListBroken
    written = clean_cell(_text(quantity))
    last = _text(shown)[:LONGEST_CELL]
    units = (clean_cell(_text(unit)), clean_cell(_text(packed_in))[:20])
    return QuickLine(number, clean_code(_text(code)), written, _cells(cells), last, *units)


def _cells(cells: object) -> tuple[str, ...]:
    if not isinstance(cells, list) or len(cells) > MOST_COLUMNS:
        raise ListBroken
    return tuple(clean_cell(_text(cell)) for cell in cells)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ListBroken
    return value


def _place(value: object) -> int:
    if type(value) is not int or not 0 <= value < MOST_COLUMNS:
        raise ListBroken
    return value


def _refuse(_text: str) -> None:
    raise ListBroken
