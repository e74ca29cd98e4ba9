"""What a column of an imported file may hold: each kind reads a cell or refuses it with the mend."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from functools import cache
from typing import Any

from babel import Locale
from babel.numbers import list_currencies
from django.utils import timezone
from django.utils.translation import gettext as _

from dealers.intake.rows import Cell

_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)", re.ASCII)
_DAY = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?|(\d{4})(\d{2})(\d{2})", re.ASCII)
_EMAIL = re.compile(r"[^\s@<>\",;]+@[^\s@<>\",;]+\.[^\s@<>\",;.]+")
_EAN = re.compile(r"\d{8}|\d{12,14}", re.ASCII)
_SHORT_COUNTRIES = {
    "usa": "US",
    "uk": "GB",
    "great britain": "GB",
    "hong kong": "HK",
    "香港": "HK",
    "中华人民共和国": "CN",
}
_YES = frozenset({"yes", "y", "true", "1", "是", "有"})
_NO = frozenset({"no", "n", "false", "0", "否", "无"})
_YEARS = range(1900, 2200)


class CellRefused(Exception):
    """A cell that cannot be read; `message` names the mend."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


def text_of(cell: Cell) -> str:
    """A cell as text: numbers as they are written, dates as ISO 8601, ends trimmed."""
    if isinstance(cell, str):
        return cell.strip()
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, Decimal):
        whole = cell.to_integral_value()
        return f"{whole:f}" if cell == whole else f"{cell:f}"
    return cell.isoformat(" ") if isinstance(cell, datetime) else cell.isoformat()


@dataclass(frozen=True)
class Column:
    """A column by its canonical `name`. `also` are other headings people use for it, in English and Chinese."""

    name: str
    label: Any
    required: bool = False
    also: tuple[str, ...] = ()
    example: str = ""

    def read(self, cell: Cell) -> Any:
        """The value; None or an empty text for a blank cell. Raises CellRefused."""
        if text_of(cell) == "":
            if self.required:
                raise CellRefused(_("This is needed and empty. Fill it in."))
            return self.blank
        return self._read(cell)

    @property
    def blank(self) -> Any:
        """What an empty cell means."""
        return None

    def _read(self, cell: Cell) -> Any:
        raise CellRefused(str(cell))


@dataclass(frozen=True)
class Text(Column):
    """Text of at most `max_length` characters. Unless `lines`, runs of spaces and line breaks become one space."""

    max_length: int = 200
    lines: bool = False

    @property
    def blank(self) -> str:
        """Empty text."""
        return ""

    def _read(self, cell: Cell) -> str:
        text = text_of(cell)
        text = text.replace("\r\n", "\n").replace("\r", "\n") if self.lines else " ".join(text.split())
        if not text.isprintable() and any(
            unicodedata.category(sign) in ("Cc", "Cs") and sign not in "\n\t" for sign in text
        ):
            raise CellRefused(_("This holds characters that cannot be printed. Type it again."))
        if len(text) > self.max_length:
            facts = {"length": len(text), "limit": self.max_length}
            raise CellRefused(_("This has %(length)s characters; at most %(limit)s fit. Shorten it.") % facts)
        return text


@dataclass(frozen=True)
class Email(Text):
    """An e-mail address; internationalised ones too."""

    max_length: int = 254

    def _read(self, cell: Cell) -> str:
        text = super()._read(cell)
        if not _EMAIL.fullmatch(text):
            raise CellRefused(_("“%(value)s” is no e-mail address.") % {"value": text})
        return text


@dataclass(frozen=True)
class Ean(Text):
    """A barcode number: EAN-8, UPC, EAN-13 or GTIN-14."""

    max_length: int = 14

    def _read(self, cell: Cell) -> str:
        text = text_of(cell).replace(" ", "").replace("-", "")
        if not _EAN.fullmatch(text):
            raise CellRefused(_("“%(value)s” is no EAN: write 8, 12, 13 or 14 digits.") % {"value": text[:40]})
        return text


@dataclass(frozen=True)
class Currency(Text):
    """An ISO 4217 code."""

    max_length: int = 3

    def _read(self, cell: Cell) -> str:
        code = text_of(cell).upper()
        if code not in list_currencies():
            raise CellRefused(
                _("“%(value)s” is no currency: write its ISO code, such as CNY or USD.") % {"value": code}
            )
        return code


@dataclass(frozen=True)
class Country(Text):
    """An ISO 3166 code of two letters, or the country's English or Chinese name; gives the code."""

    max_length: int = 2

    def _read(self, cell: Cell) -> str:
        said = text_of(cell)
        code = said.upper() if said.upper() in _countries() else _country_names().get(said.casefold())
        if code is None:
            raise CellRefused(
                _("“%(value)s” is no country: write its ISO code of two letters, such as CN or US.") % {"value": said}
            )
        return code


@cache
def _countries() -> frozenset[str]:
    pseudo = {"EU", "EZ", "UN", "QO", "ZZ", "XA", "XB"}
    return frozenset(code for code in map(str, Locale("en").territories) if len(code) == 2 and code.isalpha()) - pseudo


@cache
def _country_names() -> dict[str, str]:
    """Codes by folded name, as Unicode's tables and people write them."""
    locales = (Locale("en"), Locale("zh", script="Hans"))
    named = {
        name.casefold(): code for locale in locales for code, name in locale.territories.items() if code in _countries()
    }
    return named | _SHORT_COUNTRIES


@dataclass(frozen=True)
class Number(Column):
    """An exact number with at most `places` decimals, from `minimum` to `maximum`; never a float."""

    places: int = 0
    minimum: Decimal | int | None = None
    maximum: Decimal | int | None = None
    above_minimum: bool = False

    def _read(self, cell: Cell) -> Decimal:
        value = self._number(cell)
        _sign, digits, exponent = value.normalize().as_tuple()
        if isinstance(exponent, int) and -exponent > self.places:
            raise CellRefused(self._too_fine(value))
        if self.minimum is not None and (value < self.minimum or (self.above_minimum and value == self.minimum)):
            text = _("%(value)s is too small; it must be more than %(limit)s.")
            text = text if self.above_minimum else _("%(value)s is too small; it must be at least %(limit)s.")
            raise CellRefused(text % {"value": f"{value:f}", "limit": self.minimum})
        if self.maximum is not None and value > self.maximum:
            shown = f"{value:f}" if len(digits) < 30 else f"{value:.3E}"
            raise CellRefused(
                _("%(value)s is too large; it can be at most %(limit)s.") % {"value": shown, "limit": self.maximum}
            )
        return value

    def _number(self, cell: Cell) -> Decimal:
        text = text_of(cell)
        if isinstance(cell, bool | date | datetime) or not _NUMBER.fullmatch(text) or len(text) > 60:
            raise CellRefused(
                _("“%(value)s” is no number. Write digits only, with a point before decimals, such as 1200.50.")
                % {"value": text[:60]}
            )
        return Decimal(text)

    def _too_fine(self, value: Decimal) -> str:
        if not self.places:
            return _("%(value)s is not a whole number.") % {"value": f"{value:f}"}
        facts = {"value": f"{value:f}", "places": self.places}
        return _("%(value)s has too many decimals; at most %(places)s fit.") % facts


@dataclass(frozen=True)
class Whole(Number):
    """A whole number."""

    def _read(self, cell: Cell) -> int:  # type: ignore[override]  # a whole number is an int
        return int(super()._read(cell))


@dataclass(frozen=True)
class Share(Number):
    """A fraction from 0 up to, not including, 1; also written as a percentage ("15%")."""

    places: int = 6
    minimum: Decimal | int | None = 0

    def _read(self, cell: Cell) -> Decimal:
        text = text_of(cell)
        percent = text.endswith(("%", "％"))
        value = super()._read(text[:-1].strip() if percent else cell)
        value = value / 100 if percent else value
        if value >= 1:
            raise CellRefused(_("Write the discount as a fraction below 1 (0.15) or as a percentage (15%)."))
        return value


@dataclass(frozen=True)
class Day(Column):
    """A calendar day, year first; days and months the other way round are ambiguous and refused."""

    def _read(self, cell: Cell) -> date:
        if isinstance(cell, datetime):
            return cell.date()
        if isinstance(cell, date):
            return cell
        found = _DAY.fullmatch(text_of(cell).partition(" ")[0].partition("T")[0])
        try:
            day = date(*(int(part) for part in found.groups() if part)) if found else None
        except ValueError:
            day = None
        if day is None or day.year not in _YEARS:
            facts = {"value": text_of(cell)[:40]}
            raise CellRefused(_("“%(value)s” is no date. Write the year first, such as 2026-03-31.") % facts)
        return day


@dataclass(frozen=True)
class Moment(Column):
    """A day with a time; without a zone it is the supplier's. A day alone is its midnight."""

    def _read(self, cell: Cell) -> datetime:
        value: datetime | None
        if isinstance(cell, datetime):
            value = cell
        elif isinstance(cell, date):
            value = datetime.combine(cell, time())
        else:
            value = self._from_text(text_of(cell))
        if value is None or value.year not in _YEARS:
            facts = {"value": text_of(cell)[:40]}
            raise CellRefused(_("“%(value)s” is no date with time. Write it like 2026-03-31 18:30.") % facts)
        return value if value.tzinfo else timezone.make_aware(value, timezone.get_default_timezone())

    def _from_text(self, text: str) -> datetime | None:
        try:
            return datetime.fromisoformat(text.replace("/", "-"))
        except ValueError:
            return None


@dataclass(frozen=True)
class Choice(Column):
    """One of a few words: `words` maps every accepted spelling, in lower case, to the stored value."""

    words: Mapping[str, str] | None = None

    def _read(self, cell: Cell) -> str:
        words = self.words or {}
        found = words.get(text_of(cell).casefold())
        if found is None:
            facts = {"value": text_of(cell)[:40], "choices": ", ".join(dict.fromkeys(words.values()))}
            raise CellRefused(_("“%(value)s” is not known here. Write one of: %(choices)s.") % facts)
        return found


@dataclass(frozen=True)
class YesNo(Column):
    """Yes or no, in English, Chinese or as 1 and 0."""

    def _read(self, cell: Cell) -> bool:
        text = text_of(cell).casefold()
        if text not in _YES | _NO:
            raise CellRefused(_("“%(value)s” is neither yes nor no.") % {"value": text[:40]})
        return text in _YES
