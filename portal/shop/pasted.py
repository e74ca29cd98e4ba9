"""Reading what a person pastes or uploads as an order: one product a line, a code and a quantity. Pure.

Nothing is thrown away without a word: every line that is not blank and not the heading comes back, also one that makes
no sense, so that the screen can show it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from portal.shop.unitwords import parted, units_named

MOST_LINES = 5_000
LONGEST_CODE = 128
#: More than a note may have, so that one that is too long is told and not cut.
LONGEST_CELL = 600
#: A quoted cell of a spreadsheet may hold line breaks, but an open quotation mark never swallows the rest of a list.
MOST_JOINED = 20
MOST_QUANTITY_DIGITS = 7

#: What a heading calls the code, the surest first: a file with SKU and EAN is read by its SKU, one with "Product" and
#: "SKU" too.
_CODE_WORDS = """
sku skuno skunumber skucode itemno itemnumber itemcode articleno articlenumber artno productno productnumber productcode
productid materialno materialnumber partno partnumber
货号 款号 商品编码 商品编号 商品货号 商品代码 产品编码 产品编号 产品货号 产品代码 物料编码 物料号 物料编号 物料代码
存货编码 规格编码 编码 编号
ean eancode gtin barcode upc 条码 条形码 商品条码 产品条码
code ref reference article item material part product
"""
_QUANTITY_WORDS = """
quantity qty qtyordered orderquantity orderqty orderedquantity pcs pieces units menge
数量 订货数量 订购数量 采购数量 订单数量 下单数量 件数 订货量 采购量 需求数量
"""
_UNIT_HEADINGS = """
unit units uom um unitofmeasure measure packunit packingunit salesunit orderunit einheit me
单位 计量单位 包装单位 订货单位 数量单位 销售单位
"""
CODE_HEADINGS = {word: rank for rank, word in enumerate(_CODE_WORDS.split())}
QUANTITY_HEADINGS = {word: rank for rank, word in enumerate(_QUANTITY_WORDS.split())}
UNIT_HEADINGS = {word: rank for rank, word in enumerate(_UNIT_HEADINGS.split())}

_NUMBER = re.compile(r"[+-]?\d[\d.,' \u2019]*")
_WHOLE = re.compile(r"\+?\d+")
_GROUPED = re.compile(r"\+?\d{1,3}(?:,\d{3})+|\+?\d{1,3}(?:\.\d{3})+|\+?\d{1,3}(?:[' \u2019]\d{3})+")
_FRACTION = re.compile(r"\+?(\d*)[.,](\d+)")
_CODE = re.compile(r"(?=.*\d)[\w./#+&()-]+")
_HAN = re.compile(r"[\u3400-\u9fff]")
_SEPARATORS = ("\t", ";", ",")
_LINE_BREAKS = re.compile(r"\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]")
_UNWANTED = re.compile("[\x00-\x08\x0e-\x1b\u200b-\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff\ud800-\udfff]")
#: The share of a column's cells that must look alike for it to be known by its content.
MOSTLY = 0.8


@dataclass(frozen=True)
class Line:
    """One line: where it stood, its code, quantity and unit as they were written, and all its cells.

    `unit` is what a column of units says; a unit behind the quantity stays there.
    """

    number: int
    code: str
    quantity: str
    cells: tuple[str, ...] = ()
    unit: str = ""


@dataclass(frozen=True)
class Pasted:
    """A list of lines. `header` is empty when there was none; `quantity_at` is None when no column has quantities,
    `unit_at` when none has units."""

    lines: tuple[Line, ...]
    header: tuple[str, ...] = ()
    code_at: int = 0
    quantity_at: int | None = 1
    unit_at: int | None = None


@dataclass(frozen=True)
class Quantity:
    """A quantity as read: `number` is None when nothing was given or `wrong` says why it cannot be read.

    `units` are the codes that its unit may stand for; none when it has no unit.
    """

    number: int | None
    wrong: str = ""
    units: tuple[str, ...] = ()


def read_amount(quantity: str, unit: str = "") -> Quantity:
    """Read a quantity with the unit behind it, "12 cartons" or "2箱", or else with the `unit` of its own column.

    `wrong` is what `read_quantity` says, or `unit` for a unit nobody knows. The unit alone is one of it.
    """
    number, behind = parted(quantity)
    unit = behind or unit.strip()
    read = read_quantity(number)
    if not unit or read.wrong:
        return read
    if not (units := units_named(unit)):
        return Quantity(None, "unit")
    return Quantity(read.number, units=units)


def read_quantity(text: str) -> Quantity:
    """Read a quantity. `wrong` is `words`, `negative`, `zero`, `fraction`, `huge`, or `unclear` for 1,000 and 1.000.

    One group of three digits after a comma or point may be thousands or decimals; it is asked, never guessed.
    """
    if any(unicodedata.category(sign) == "No" for sign in text):
        return Quantity(None, "words")
    text = _plain(text).replace("\u2212", "-")
    if not text:
        return Quantity(None)
    if text.startswith("-") and _NUMBER.fullmatch(text):
        return Quantity(None, "negative")
    if not _NUMBER.fullmatch(text) or not text.isascii():
        return Quantity(None, "words")
    if _WHOLE.fullmatch(text):
        return _bounded(text)
    if _GROUPED.fullmatch(text) and not text.lstrip("+").startswith("0"):
        unclear = len(re.findall(r"[.,]", text)) == 1
        return Quantity(None, "unclear") if unclear else _bounded(re.sub(r"\D", "", text))
    parts = _FRACTION.fullmatch(text)
    if parts is None:
        return Quantity(None, "words")
    return Quantity(None, "fraction") if parts[2].strip("0") else _bounded(parts[1] or "0")


def parse_text(text: str) -> Pasted:
    """Read typed or pasted text: a line each, cells parted by tab, semicolon, comma or spaces, in any mixture."""
    return read_rows(_rows_of(text))


def read_rows(rows: Iterable[tuple[int, Sequence[str]]]) -> Pasted:
    """Read `(number, cells)` rows: a heading is recognised, columns are found by it or by what is in them."""
    table = [(number, tuple(clean_cell(cell) for cell in cells)) for number, cells in rows]
    table = [(number, cells) for number, cells in table if any(cell.strip(" ,;") for cell in cells)]
    if not table:
        return Pasted(())
    first = table[0][1]
    code_at, quantity_at, unit_at = _by_heading(first)
    if code_at is None and any(_is_quantity(cell) for cell in first):
        quantity_at = unit_at = None  # "PAN-24, 24, pcs" is a line, whatever "pcs" would be as a heading
    header: tuple[str, ...] = ()
    if code_at is not None or quantity_at is not None:
        header, table = first, table[1:]
    found_code, found_quantity = _by_content([cells for _, cells in table], code_at, quantity_at)
    if not header and _unlike_the_rest(first, [cells for _, cells in table[1:]], found_quantity):
        header, table = first, table[1:]
    if unit_at is None or unit_at in (found_code, found_quantity):
        unit_at = _unit_column([cells for _, cells in table], found_code, found_quantity)
    lines = (_line(number, cells, (found_code, found_quantity, unit_at)) for number, cells in table)
    return Pasted(tuple(lines), header, found_code, found_quantity, unit_at)


def clean_cell(text: str) -> str:
    """A cell's text on one line, without invisible signs, cut to what any cell of an order needs."""
    return " ".join(_UNWANTED.sub("", text).split())[:LONGEST_CELL]


def clean_code(text: str) -> str:
    """A code as it is looked for: full-width signs made narrow, spaces tidied."""
    return _plain(text)[:LONGEST_CODE]


def _plain(text: str) -> str:
    """Full-width signs made narrow, invisible ones taken out, spaces tidied."""
    return " ".join(unicodedata.normalize("NFKC", _UNWANTED.sub("", text)).split())


def _bounded(digits: str) -> Quantity:
    digits = digits.lstrip("+0")
    if not digits:
        return Quantity(None, "zero")
    return Quantity(int(digits)) if len(digits) <= MOST_QUANTITY_DIGITS else Quantity(None, "huge")


def _line(number: int, cells: tuple[str, ...], places: tuple[int, int | None, int | None]) -> Line:
    code, quantity, unit = (cells[at] if at is not None and at < len(cells) else "" for at in places)
    return Line(number, clean_code(code), quantity, cells, unit)


def _rows_of(text: str) -> list[tuple[int, list[str]]]:
    lines = _LINE_BREAKS.split(text)
    rows: list[tuple[int, list[str]]] = []
    place = 0
    while place < len(lines):
        cells, used = _cells_at(lines, place)
        rows.append((place + 1, cells))
        place += used
    return rows


def _cells_at(lines: Sequence[str], place: int) -> tuple[list[str], int]:
    """The cells of the line, and how many lines they took: a quoted cell may go on below."""
    line = lines[place]
    for comma in "，、":
        line = line.replace(comma, ",")
    line = line.replace("；", ";")
    separator = next((sign for sign in _SEPARATORS if sign in line), None)
    if separator is None and not line.lstrip().startswith('"'):
        return _by_spaces(line), 1
    for used in range(1, MOST_JOINED + 1):
        if place + used > len(lines):
            break
        whole = "\n".join([line, *lines[place + 1 : place + used]])
        if (cells := _split(whole, separator or "\t")) is not None:
            return cells, used
        if '"' not in line:
            break
    return line.split(separator or "\t"), 1


def _split(line: str, separator: str) -> list[str] | None:
    """Cells of a line with quotation marks as spreadsheets write them; None while one is open.

    A mark inside a cell is an inch, not a quotation.
    """
    cells: list[str] = []
    place = 0
    while True:
        start = place + len(line[place:]) - len(line[place:].lstrip(" "))
        if line[start : start + 1] == '"':
            cell, place = _quoted(line, start + 1)
            if place < 0:
                return None
            end = line.find(separator, place)
            cells.append(cell + line[place : end if end >= 0 else None].rstrip())
        else:
            end = line.find(separator, place)
            cells.append(line[place : end if end >= 0 else None])
        if end < 0:
            return cells
        place = end + 1


def _quoted(line: str, place: int) -> tuple[str, int]:
    text = ""
    while True:
        end = line.find('"', place)
        if end < 0:
            return text, -1
        text += line[place:end]
        if line[end + 1 : end + 2] != '"':
            return text, end + 1
        text += '"'
        place = end + 2


def _by_spaces(line: str) -> list[str]:
    words = line.split()
    if len(words) > 2 and units_named(words[-1]) and _NUMBER.fullmatch(words[-2]):
        words = [*words[:-2], f"{words[-2]} {words[-1]}"]
    if len(words) < 2:
        return words
    spaced = "".join(words[:-1])
    if len(words) > 2 and spaced.isdecimal() and len(spaced) in (8, 12, 13, 14):
        return [spaced, words[-1]]
    if len(words) == 2 or _is_quantity(words[1]):
        return words
    if _is_quantity(words[-1]):
        return [" ".join(words[:-1]), words[-1]]
    return [" ".join(words)]


def heading_key(cell: str) -> str:
    """A heading as it is compared: letters and digits alone, without case and what stands in brackets."""
    return _heading(re.sub(r"[(（].*[)）]", "", cell))


def _heading(cell: str) -> str:
    return "".join(sign for sign in _plain(cell).casefold() if sign.isalnum())


def _by_heading(cells: Sequence[str]) -> tuple[int | None, int | None, int | None]:
    """The columns of code, quantity and unit, as far as their headings say so."""
    names = [heading_key(cell) for cell in cells]
    quantity_at = _ranked(names, QUANTITY_HEADINGS)
    unit_at = _ranked([name if place != quantity_at else "" for place, name in enumerate(names)], UNIT_HEADINGS)
    return _ranked(names, CODE_HEADINGS), quantity_at, unit_at


def _ranked(names: Sequence[str], words: Mapping[str, int]) -> int | None:
    found = [(words[name], place) for place, name in enumerate(names) if name in words]
    return min(found)[1] if found else None


def _is_quantity(text: str) -> bool:
    number, unit = parted(text)
    if unit and not _is_unit(unit):
        number = text
    read = read_quantity(number)
    return (read.number is not None or read.wrong not in ("", "words", "huge")) and len(number) <= 12


def _is_code(text: str) -> bool:
    return bool(_CODE.fullmatch(_plain(text))) and not _HAN.search(text)


def _by_content(rows: Sequence[Sequence[str]], code_at: int | None, quantity_at: int | None) -> tuple[int, int | None]:
    """The columns of code and quantity; what the heading said stays."""
    if code_at is not None and quantity_at is not None:
        return code_at, quantity_at
    columns = _columns(rows)
    if code_at is None:
        code_at = _code_column(columns, quantity_at)
    if quantity_at is None:
        quantity_at = _quantity_column(columns, code_at)
    return code_at, quantity_at


def _columns(rows: Sequence[Sequence[str]]) -> list[list[str]]:
    wide = [row for row in rows if len(row) > 1] or rows
    width = max((len(row) for row in wide), default=0)
    return [[row[place] for row in wide if place < len(row) and row[place]] for place in range(width)]


def _code_column(columns: Sequence[Sequence[str]], quantity_at: int | None) -> int:
    """The first column, unless it only counts rows, holds the quantities or holds names, and another has codes."""
    numbers = [place for place, cells in enumerate(columns) if _mostly(_is_quantity, cells)]
    codes = [place for place, cells in enumerate(columns) if place != quantity_at and _mostly(_is_code, cells)]
    lettered = [place for place in codes if place not in numbers]
    first_is_other = (_counted(columns[0]) or numbers == [0]) if 0 in numbers else 0 not in codes
    return lettered[0] if lettered and first_is_other else int(quantity_at == 0)


def _quantity_column(columns: Sequence[Sequence[str]], code_at: int) -> int | None:
    numbers = [place for place, cells in enumerate(columns) if place != code_at and _mostly(_is_quantity, cells)]
    after = [place for place in numbers if place > code_at]
    if after or numbers:
        return (after or numbers)[0]
    return code_at + 1 if len(columns) == code_at + 2 else None


def _unit_column(rows: Sequence[Sequence[str]], code_at: int, quantity_at: int | None) -> int | None:
    """The first column behind the quantity in which nothing but units stands."""
    if quantity_at is None:
        return None
    columns = enumerate(_columns(rows))
    return next(
        (at for at, cells in columns if at > quantity_at and at != code_at and cells and all(map(_is_unit, cells))),
        None,
    )


def _is_unit(text: str) -> bool:
    """Whether it is a unit by its look: a single letter is a size as soon as a metre."""
    return bool(units_named(text)) and not (len(text) == 1 and text.isascii())


def _mostly(fits: Callable[[str], bool], cells: Sequence[str]) -> bool:
    return bool(cells) and sum(fits(cell) for cell in cells) >= MOSTLY * len(cells)


def _counted(cells: Sequence[str]) -> bool:
    """Whether a column only counts its rows: 1, 2, 3 …"""
    return len(cells) > 1 and list(cells) == [str(number) for number in range(1, len(cells) + 1)]


def _unlike_the_rest(first: Sequence[str], rest: Sequence[Sequence[str]], quantity_at: int | None) -> bool:
    """Whether the first row is a heading with words we do not know: no digit in it, and only numbers below."""
    if quantity_at is None or quantity_at >= len(first) or not rest:
        return False
    if any(sign.isdigit() for cell in first for sign in cell) or not first[quantity_at]:
        return False
    below = [row[quantity_at] for row in rest if quantity_at < len(row) and row[quantity_at]]
    return bool(below) and all(_is_quantity(cell) for cell in below)
