"""Read one business field from a UBL element, or refuse the document naming the element and its line."""

import re
from datetime import date
from decimal import Decimal
from typing import Any

from erp_bridge.adapters.errors import DocumentRefused, gettext_noop
from erp_bridge.adapters.ubl.names import PREFIXES

LARGEST = Decimal(10) ** 12
LONGEST_ID = 128
LONGEST_TEXT = 2000

# ISO 4217 currencies whose smallest unit is not a hundredth; all others have two decimals.
_MINOR_UNITS = dict.fromkeys(("CLP", "ISK", "JPY", "KRW", "PYG", "UGX", "VND", "XAF", "XOF", "XPF"), 0) | dict.fromkeys(
    ("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3
)
_QUANTITY_DECIMALS = 6
_FIRST_YEAR, _LAST_YEAR = 2000, 2099


class Element:
    """An element of a schema-valid document; paths are like ``cac:Party/cbc:EndpointID``."""

    def __init__(self, node: Any) -> None:
        self._node = node

    @property
    def line(self) -> int:
        return self._node.sourceline or 0

    def first(self, path: str) -> "Element | None":
        found = self._node.find(path, PREFIXES)
        return None if found is None else Element(found)

    def each(self, path: str) -> list["Element"]:
        return [Element(found) for found in self._node.findall(path, PREFIXES)]

    def refuse(self, code: str, template: str, /, **values: object) -> DocumentRefused:
        return DocumentRefused(code, template, line=self.line, **values)

    def text(self, *paths: str, limit: int = LONGEST_ID) -> str:
        """The text of the first path that has one, without outer blanks; "" when none has."""
        for path in paths:
            for found in self._node.findall(path, PREFIXES):
                text = (found.text or "").strip()
                if len(text) > limit:
                    sentence = gettext_noop("%(element)s in line %(line)d is longer than %(limit)d characters.")
                    raise Element(found).refuse("too_long", sentence, element=path, limit=limit)
                if text:
                    return text
        return ""

    def required(self, *paths: str) -> str:
        """Like ``text``, but refuses the document when there is none."""
        text = self.text(*paths)
        if not text:
            raise self._missing(paths[0])
        return text

    def _missing(self, path: str) -> DocumentRefused:
        sentence = gettext_noop("%(element)s is missing or empty (in the element at line %(line)d).")
        return self.refuse("missing", sentence, element=path)

    def note(self, path: str = "cbc:Note") -> str:
        """All notes, one a line."""
        lines = [found.text(".", limit=LONGEST_TEXT) for found in self.each(path)]
        return "\n".join(filter(None, lines))[:LONGEST_TEXT]

    def day(self, *paths: str) -> date | None:
        """A calendar day between 2000 and 2099; a time zone on it is ignored, since a business day has none."""
        text = self.text(*paths)
        if not text:
            return None
        found = re.match(r"(\d{4}-\d\d-\d\d)(Z|[+-]\d\d:\d\d)?$", text, re.ASCII)
        try:
            day = date.fromisoformat(found.group(1)) if found else None
        except ValueError:
            day = None
        if day is None or not _FIRST_YEAR <= day.year <= _LAST_YEAR:
            sentence = gettext_noop("%(element)s “%(value)s” is not a day between %(first)d and %(last)d.")
            raise self.refuse(
                "bad_date", sentence, element=paths[0], value=text[:40], first=_FIRST_YEAR, last=_LAST_YEAR
            )
        return day

    def required_day(self, *paths: str) -> date:
        day = self.day(*paths)
        if day is None:
            raise self._missing(paths[0])
        return day

    def quantity(self, path: str) -> Decimal | None:
        """A quantity of zero or more with at most six decimals; None when absent."""
        value = self._number(path, _QUANTITY_DECIMALS)
        if value is not None and value < 0:
            sentence = gettext_noop("%(element)s is %(value)s (line %(line)d); a quantity is not below zero.")
            raise self.refuse("negative", sentence, element=path, value=value)
        return value

    def required_quantity(self, path: str) -> Decimal:
        value = self.quantity(path)
        if value is None:
            raise self._missing(path)
        return value

    def amount(self, path: str, currency: str, *, signed: bool = False) -> Decimal | None:
        """An amount in ``currency`` with no more decimals than the currency has; None when absent."""
        found = self.first(path)
        if found is None:
            return None
        given = found._node.get("currencyID", "")
        if given != currency:
            sentence = gettext_noop("%(element)s is in %(given)s, the document in %(currency)s (line %(line)d).")
            raise found.refuse("currency", sentence, element=path, given=given, currency=currency)
        value = self._number(path, _MINOR_UNITS.get(currency, 2))
        if value is not None and value < 0 and not signed:
            sentence = gettext_noop("%(element)s is %(value)s (line %(line)d); the amount is not below zero.")
            raise found.refuse("negative", sentence, element=path, value=value)
        return value

    def required_amount(self, path: str, currency: str, *, signed: bool = False) -> Decimal:
        value = self.amount(path, currency, signed=signed)
        if value is None:
            raise self._missing(path)
        return value

    def unit(self, path: str) -> str:
        found = self.first(path)
        return "" if found is None else found._node.get("unitCode", "").strip()[:10]

    def currency(self, path: str) -> str:
        found = self.first(path)
        return "" if found is None else found._node.get("currencyID", "").strip()

    def _number(self, path: str, decimals: int) -> Decimal | None:
        text = self.text(path)
        if not text:
            return None
        if not re.fullmatch(r"[+-]?(\d+(\.\d*)?|\.\d+)", text, re.ASCII):
            sentence = gettext_noop("%(element)s “%(value)s” is not a number (line %(line)d).")
            raise self.refuse("bad_number", sentence, element=path, value=text[:40])
        value = Decimal(text)
        if abs(value) >= LARGEST:
            sentence = gettext_noop("%(element)s %(value)s is too large to be true (line %(line)d).")
            raise self.refuse("too_large_number", sentence, element=path, value=text[:40])
        if len(text.partition(".")[2].rstrip("0")) > decimals:
            sentence = gettext_noop("%(element)s %(value)s has more than %(decimals)d decimals (line %(line)d).")
            raise self.refuse("too_many_decimals", sentence, element=path, value=text[:60], decimals=decimals)
        return value
