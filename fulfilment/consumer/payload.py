"""Reading other people's JSON: each value is read as what it should be, or refused by its path. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, NoReturn

from fulfilment.consumer.data import OrderData

_NUMBER = re.compile(r"-?\d{1,15}(\.\d{1,12})?", re.ASCII)
_CENT = Decimal("0.01")
_DEGREE = Decimal("0.000001")
MOST_ITEMS = 2_000


class Wish(StrEnum):
    """What a webhook asks for."""

    TAKE = "take"
    CANCEL = "cancel"
    IGNORE = "ignore"


@dataclass(frozen=True)
class Notice:
    """A webhook understood. `reason` says why an order is cancelled or not taken."""

    wish: Wish
    number: str
    updated_at: datetime | None = None
    order: OrderData | None = None
    reason: str = ""


class PayloadRefused(Exception):
    """A value that cannot be read: its path, and a code that the rooms above put in words."""

    def __init__(self, path: str, code: str) -> None:
        super().__init__(f"{path}: {code}")
        self.path = path
        self.code = code


class Reader:
    """One JSON object. Missing texts are empty, missing amounts nothing; wrong kinds raise `PayloadRefused`."""

    def __init__(self, data: Any, at: str = "") -> None:
        if not isinstance(data, Mapping):
            raise PayloadRefused(at or "body", "object")
        self._data = data
        self._at = at

    def refuse(self, name: str, code: str) -> NoReturn:
        """Say that a value will not do."""
        raise PayloadRefused(f"{self._at}{name}", code)

    def text(self, name: str) -> str:
        """A text; numbers as they are written."""
        value = self._data.get(name)
        if value is None or value is False:
            return ""
        if isinstance(value, str | int | Decimal) and len(text := str(value)) <= 2_000:
            kept = text.replace("\x00", " ").encode(errors="replace").decode()  # halves of code units cannot be kept
            return " ".join(kept.split())
        return self.refuse(name, "text")

    def amount(self, name: str) -> Decimal:
        """An amount of money with at most two decimals; more only where they are zeros."""
        value = self._number(name)
        if value is None:
            return Decimal("0.00")
        if value != value.quantize(_CENT):
            self.refuse(name, "too_fine")
        return value.quantize(_CENT)

    def degrees(self, name: str) -> Decimal | None:
        """A latitude or longitude."""
        value = self._number(name)
        return None if value is None else value.quantize(_DEGREE)

    def whole(self, name: str) -> int:
        """A whole number."""
        value = self._number(name)
        if value is None or value != value.to_integral_value():
            self.refuse(name, "whole")
        return int(value)

    def moment(self, name: str, *, needed: bool = True) -> Any:
        """An aware moment; one without a zone is in UTC."""
        text = self.text(name)
        try:
            found = datetime.fromisoformat(text) if text or needed else None
        except ValueError:
            self.refuse(name, "moment")
        if found is None:
            return None
        return found if found.tzinfo else found.replace(tzinfo=UTC)

    def part(self, name: str) -> Reader:
        """An object inside; an empty one where it is missing."""
        return Reader(self._data.get(name) or {}, f"{self._at}{name}.")

    def each(self, name: str) -> Iterator[Reader]:
        """The objects of a list."""
        value = self._data.get(name) or []
        if not isinstance(value, list) or len(value) > MOST_ITEMS:
            self.refuse(name, "list")
        for index, item in enumerate(value):
            yield Reader(item, f"{self._at}{name}[{index}].")

    def _number(self, name: str) -> Decimal | None:
        value = self._data.get(name)
        if value is None or value == "":
            return None
        if isinstance(value, bool) or not isinstance(value, str | int | Decimal) or not _NUMBER.fullmatch(str(value)):
            self.refuse(name, "number")
        return Decimal(value)
