"""Amounts, quantities and dates as people read them, in the active language. No float passes."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal, InvalidOperation

from django.utils import numberformat, timezone
from django.utils.formats import date_format, get_format
from django.utils.translation import get_language

NOTHING = "–"

#: Dates for tables: short, of even width, never a month that could be a day.
_DATES = {"en": "j M Y", "zh-hans": "Y-m-d"}
_DATE_TIMES = {"en": "j M Y, H:i", "zh-hans": "Y-m-d H:i"}

Number = Decimal | int | str


def as_decimal(value: Number) -> Decimal:
    """The exact number; refuses float (money is never one) with TypeError and other text with ValueError."""
    if isinstance(value, (float, bool)) or not isinstance(value, (Decimal, int, str)):
        raise TypeError(f"Expected a Decimal, got {type(value).__name__}.")
    try:
        number = Decimal(value)
    except InvalidOperation as why:
        raise ValueError(f"Not a number: {value!r}.") from why
    if not number.is_finite():
        raise ValueError(f"Not a finite number: {value!r}.")
    return number


def format_amount(value: Number | None, *, digits: int = 2, signed: bool = False) -> str:
    """12300 → "12,300.00". At least `digits` decimals; never rounds: further decimals show unless they are zeros."""
    if value is None or value == "":
        return NOTHING
    number = as_decimal(value)
    shown = max(digits, _significant_decimals(number))
    text = _grouped(number, shown)
    return f"+{text}" if signed and number > 0 else text


def format_quantity(value: Number | None) -> str:
    """Decimal("12.500") → "12.5", Decimal("1200") → "1,200"."""
    if value is None or value == "":
        return NOTHING
    number = as_decimal(value)
    return _grouped(number, _significant_decimals(number))


def entered_number(value: Decimal, *, digits: int = 2) -> Decimal:
    """A stored number for a box: Decimal("244.8000") → 244.80. At least `digits` decimals; never rounds."""
    return value.quantize(Decimal(1).scaleb(-max(digits, _significant_decimals(value))))


def format_date(value: dt.date | dt.datetime | None) -> str:
    """The day in the current time zone: "21 Nov 2025", in Chinese "2025-11-21"."""
    return date_format(_local(value), _pattern(_DATES)) if value else NOTHING


def format_datetime(value: dt.datetime | None) -> str:
    """Day and minute in the current time zone."""
    return date_format(_local(value), _pattern(_DATE_TIMES)) if value else NOTHING


def _local(value: dt.date | dt.datetime) -> dt.date | dt.datetime:
    return timezone.localtime(value) if isinstance(value, dt.datetime) and timezone.is_aware(value) else value


def _pattern(patterns: dict[str, str]) -> str:
    return patterns.get(get_language() or "en", patterns["en"])


def _significant_decimals(number: Decimal) -> int:
    exponent = number.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def _grouped(number: Decimal, decimals: int) -> str:
    """Groups of three with a comma where the locale names no mark of its own (Django leaves Chinese without one)."""
    return numberformat.format(
        number,
        decimal_sep=str(get_format("DECIMAL_SEPARATOR")),
        decimal_pos=decimals,
        grouping=3,
        thousand_sep=str(get_format("THOUSAND_SEPARATOR")) or ",",
        force_grouping=True,
        use_l10n=False,
    )
