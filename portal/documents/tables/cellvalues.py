"""What the number in a workbook cell means: an exact decimal, or a date by its number format. Pure.

Number formats: ECMA-376 part 1, 18.8.30 and 18.8.31. Serial dates: 18.17.4.1; day 60 of the 1900 system is the
29 February 1900 that never was.
"""

import re
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import Literal

from portal.documents.tables.source import Cell

Meaning = Literal["number", "date", "datetime", "time"]

NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,4})?", re.ASCII)
SHOWN_DIGITS = Context(prec=15, rounding=ROUND_HALF_EVEN)
LARGEST_EXPONENT = 308
PLAIN_EXPONENT = 30
LAST_DAY = 2_958_465
DAY_MILLISECONDS = 86_400_000

BUILTIN: dict[int, Meaning] = {
    **dict.fromkeys((14, 15, 16, 17), "date"),
    **dict.fromkeys((18, 19, 20, 21), "time"),
    22: "datetime",
    **dict.fromkeys((27, 28, 29, 30, 31), "date"),
    **dict.fromkeys((32, 33, 34, 35), "time"),
    36: "date",
    **dict.fromkeys((45, 47), "time"),
    **dict.fromkeys((50, 51, 52, 53, 54), "date"),
    **dict.fromkeys((55, 56), "time"),
    **dict.fromkeys((57, 58), "date"),
}
_SILENT = re.compile(r'"[^"]*"|\\.|_.|\*.|\[[^\]]*\]')
_ELAPSED = re.compile(r"\[(h+|m+|s+)\]", re.IGNORECASE)


def meaning_of_format(code: str) -> Meaning:
    """What a custom number format such as `yyyy"年"m"月"d"日"` says its numbers are. Elapsed time stays a number."""
    section = code.split(";", 1)[0]
    if _ELAPSED.search(section):
        return "number"
    letters = _SILENT.sub("", section).lower()
    if letters == "general":
        return "number"
    letters = letters.replace("am/pm", "h").replace("a/p", "h")
    day = "y" in letters or "d" in letters or ("e" in letters and "0" not in letters and "#" not in letters)
    clock = "h" in letters or "s" in letters
    if day:
        return "datetime" if clock else "date"
    if clock:
        return "time"
    return "date" if "m" in letters else "number"


def exact_number(text: str) -> Decimal | None:
    """The number a person sees, from its text in the file; None when the text is no number a cell can hold.

    Programs store 19.99 as 19.989999999999998 and show 15 digits; such a fraction is rounded to these 15 digits. Whole
    numbers keep every digit.
    """
    text = text.strip()
    if len(text) > 400 or not NUMBER.fullmatch(text):
        return None
    number = Decimal(text)
    if not number:
        return Decimal(0)
    if abs(number.adjusted()) > LARGEST_EXPONENT:
        return None
    exponent = number.as_tuple().exponent
    if isinstance(exponent, int) and exponent < 0 and len(number.as_tuple().digits) > SHOWN_DIGITS.prec:
        number = number.normalize(SHOWN_DIGITS)
        exponent = number.as_tuple().exponent
    if isinstance(exponent, int) and exponent > 0 and number.adjusted() < PLAIN_EXPONENT:
        number = Decimal(int(number))
    return number


def typed_value(text: str, meaning: Meaning, *, from_1904: bool) -> Cell:
    """The value of a numeric cell: Decimal, date, datetime without zone, or text `HH:MM:SS` for a time of day.

    What is not a number, or is no date between 1900 and 9999, is handed back as it stands.
    """
    number = exact_number(text)
    if number is None:
        return text
    if meaning == "number":
        return number
    moment = _moment(number, from_1904=from_1904)
    if moment is None:
        return number
    if meaning == "time" and number < 1:
        return moment.time().isoformat()
    if meaning == "date" and moment.time() == datetime.min.time():
        return moment.date()
    return moment


def _moment(serial: Decimal, *, from_1904: bool) -> datetime | None:
    if not 0 <= serial <= LAST_DAY:
        return None
    milliseconds = int((serial * DAY_MILLISECONDS).to_integral_value())
    days, rest = divmod(milliseconds, DAY_MILLISECONDS)
    if from_1904:
        start = date(1904, 1, 1)
    elif days == 60:
        return None
    else:
        start = date(1899, 12, 31) if days < 60 else date(1899, 12, 30)
    try:
        return datetime.combine(start, datetime.min.time()) + timedelta(days=days, milliseconds=rest)
    except OverflowError:
        return None


def iso_value(text: str) -> Cell:
    """The value of a cell that stores its date as ISO 8601 text; text that is none stays text."""
    try:
        return date.fromisoformat(text) if len(text) == 10 else datetime.fromisoformat(text).replace(tzinfo=None)
    except ValueError:
        return text
