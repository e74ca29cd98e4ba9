"""Opening hours and freight by area as people write them, and as outlets' services keep them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation

from django.utils.translation import gettext as _

from fulfilment.allocation.business_time import DAY

Openings = list[list[int]]

_BETWEEN_SPANS = re.compile(r"[,;，；、\n]+|\band\b|和")
_SPAN = re.compile(r"(.+?)\s*(?:-|–|—|−|~|～|至|到|\bto\b|\buntil\b)\s*(.+)", re.IGNORECASE)
_TIME = re.compile(r"(\d{1,2})(?:[:.：时h](\d{2}))?\s*(?:h|时|点)?", re.ASCII)
_CLOSED = frozenset({"", "closed", "-", "–", "—", "休息", "关门", "不营业", "休"})
_ALWAYS = frozenset({"24h", "24 h", "24 hours", "always", "all day", "全天", "24小时"})
_BETWEEN_ZONES = re.compile(r"[;；，、\n]+|,(?!\d)")
_ZONE = re.compile(r"(\S.*?)\s*[=:：]\s*(\S.*)")
MOST_OPENINGS = 6
MOST_ZONES = 500
DEAREST = Decimal("999999999999.99")


class HoursRefused(Exception):
    """A text that cannot be read; `message` names the mend."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


def openings_of(text: str) -> Openings:
    """A day's openings in minutes after midnight, earliest first, out of “09:00–12:30, 14:00–18:00”.

    An empty text or “closed” is no opening, “24h” the whole day; spans that touch become one. Refuses spans that
    overlap or end before they begin.
    """
    said = " ".join(text.split()) if "\n" not in text else text.strip()
    if said.casefold() in _CLOSED:
        return []
    if said.casefold() in _ALWAYS:
        return [[0, DAY]]
    spans = sorted(_span(part.strip()) for part in _BETWEEN_SPANS.split(said) if part.strip())
    if len(spans) > MOST_OPENINGS:
        raise HoursRefused(_("A day has at most %(most)s openings.") % {"most": MOST_OPENINGS})
    joined: Openings = []
    for start, end in spans:
        if joined and start < joined[-1][1]:
            words = {"first": _shown(*joined[-1]), "second": _shown(start, end)}
            raise HoursRefused(_("%(first)s and %(second)s overlap.") % words)
        if joined and start == joined[-1][1]:
            joined[-1][1] = end
        else:
            joined.append([start, end])
    return joined


def openings_text(openings: Sequence[Sequence[int]]) -> str:
    """Openings as they are written; an empty text for a day without."""
    return ", ".join(_shown(start, end) for start, end in openings)


def zones_of(text: str) -> dict[str, str]:
    """What a parcel costs by the beginning of an area, out of “44: 12.50; 4501: 9.00”, as text with two decimals."""
    zones: dict[str, str] = {}
    for part in (each.strip() for each in _BETWEEN_ZONES.split(text)):
        if not part:
            continue
        found = _ZONE.fullmatch(part)
        if found is None:
            raise HoursRefused(
                _("“%(part)s” is no area with a price. Write 44: 12.50, one a line.") % {"part": part[:40]}
            )
        area = "".join(found[1].split()).upper()
        if len(area) > 20:
            raise HoursRefused(_("The area %(area)s is too long.") % {"area": area[:40]})
        if area in zones:
            raise HoursRefused(_("The area %(area)s stands there twice.") % {"area": area})
        zones[area] = _price(found[2])
    if len(zones) > MOST_ZONES:
        raise HoursRefused(_("At most %(most)s areas fit here.") % {"most": MOST_ZONES})
    return zones


def zones_text(zones: Mapping[str, str], between: str = "\n") -> str:
    """Areas with their prices as they are written."""
    return between.join(f"{area}: {price}" for area, price in zones.items())


def _span(text: str) -> tuple[int, int]:
    found = _SPAN.fullmatch(text)
    if found is None:
        words = {"text": text[:40]}
        raise HoursRefused(_("“%(text)s” is no span of time. Write 09:00–12:30, 14:00–18:00, or “closed”.") % words)
    start, end = _minute(found[1].strip()), _minute(found[2].strip())
    if end <= start:
        words = {"span": _shown(start, end)}
        raise HoursRefused(
            _("%(span)s ends before it begins. Write the part after midnight on the next day, from 00:00.") % words
        )
    return start, end


def _minute(text: str) -> int:
    found = _TIME.fullmatch(text)
    minutes = int(found[1]) * 60 + int(found[2] or 0) if found else DAY + 1
    if found is None or minutes > DAY or int(found[2] or 0) > 59:
        raise HoursRefused(_("“%(text)s” is no time of day. Write it from 00:00 to 24:00.") % {"text": text[:20]})
    return minutes


def _shown(start: int, end: int) -> str:
    return f"{start // 60:02}:{start % 60:02}–{end // 60:02}:{end % 60:02}"


def _price(text: str) -> str:
    try:
        price = Decimal(text)
    except InvalidOperation:
        price = Decimal(-1)
    if not price.is_finite() or not 0 <= price <= DEAREST or price != price.quantize(Decimal("0.01")):
        raise HoursRefused(_("“%(text)s” is no price. Write it like 12.50.") % {"text": text[:20]})
    return f"{price:.2f}"
