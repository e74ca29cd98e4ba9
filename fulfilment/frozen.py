"""Frozen dataclasses as JSON and back, exactly.

What leaves the system is stored first, as JSON in a row. ``encode`` and ``decode`` keep every digit of a Decimal, every
date and aware date-time. ``decode`` refuses what it would have to guess: an unknown field, a missing one, another type.
Pure: no Django.
"""

import dataclasses
import hashlib
import json
import types
import typing
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal, InvalidOperation
from typing import Any, TypeVar

T = TypeVar("T")

Json = dict[str, Any]


class SnapshotRefused(ValueError):
    """A snapshot that does not hold together; the message names the field."""


def encode(value: Any) -> Any:
    """Turn a frozen dataclass (or a part of one) into values that ``json`` can write. Refuses floats."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: encode(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, tuple):
        return [encode(item) for item in value]
    if value is None or isinstance(value, (str, bool, int)):
        return value
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    raise SnapshotRefused(f"A snapshot cannot hold a {type(value).__name__}.")


def decode(kind: type[T], data: Any, path: str = "") -> T:
    """Build a ``kind`` from what ``encode`` gave. Raises SnapshotRefused with the path of the first wrong field."""
    if not isinstance(data, Mapping):
        raise SnapshotRefused(f"{path or kind.__name__}: an object was expected.")
    hints = typing.get_type_hints(kind)
    unknown = sorted(set(data) - set(hints))
    if unknown:
        raise SnapshotRefused(f"{path or kind.__name__}: unknown field {unknown[0]}.")
    missing = [name for name in hints if name not in data]
    if missing:
        raise SnapshotRefused(f"{path or kind.__name__}: field {missing[0]} is missing.")
    return kind(**{name: _value(hint, data[name], f"{path}.{name}".lstrip(".")) for name, hint in hints.items()})


def _value(hint: Any, data: Any, path: str) -> Any:
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (types.UnionType, typing.Union):
        if data is None:
            return None
        return _value(next(choice for choice in arguments if choice is not type(None)), data, path)
    if origin is tuple:
        if not isinstance(data, list):
            raise SnapshotRefused(f"{path}: a list was expected.")
        return tuple(_value(arguments[0], item, f"{path}[{index}]") for index, item in enumerate(data))
    if dataclasses.is_dataclass(hint):
        return decode(typing.cast(type, hint), data, path)
    return _plain(hint, data, path)


def _plain(hint: Any, data: Any, path: str) -> Any:
    expected: type = hint if hint in (int, bool) else str
    if type(data) is not expected:
        raise SnapshotRefused(f"{path}: {expected.__name__} was expected, not {type(data).__name__}.")
    return _from_text(hint, data, path) if isinstance(data, str) else data


def _from_text(hint: Any, data: str, path: str) -> Any:
    try:
        if hint is Decimal:
            return Decimal(data)
        if hint is datetime:
            return datetime.fromisoformat(data)
        if hint is date:
            return date.fromisoformat(data)
    except (ValueError, InvalidOperation):
        raise SnapshotRefused(f"{path}: {data!r} is not a {hint.__name__}.") from None
    return data


def canonical_json(data: Any) -> bytes:
    """Bytes that are the same for the same content, whatever order the database gives the keys back in."""
    return json.dumps(data, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode("utf-8")


def digest(data: Any) -> str:
    """SHA-256 of the canonical JSON, as 64 hexadecimal characters."""
    return hashlib.sha256(canonical_json(data)).hexdigest()


def carriable(text: str) -> str:
    """Replace characters that XML 1.0 or PostgreSQL cannot carry by U+FFFD, so that stored and sent text are the same.

    Line ends become a single newline, as every XML reader would make them.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if text.isprintable():
        return text
    return "".join(char if _carries(ord(char)) else "\ufffd" for char in text)


def _carries(code: int) -> bool:
    return (
        code in (0x09, 0x0A)
        or 0x20 <= code <= 0x7E
        or 0xA0 <= code <= 0xD7FF
        or 0xE000 <= code <= 0xFFFD
        or code >= 0x10000
    )


def settled_offset(moment: datetime) -> datetime:
    """The same instant with a fixed offset that XML can write (whole minutes, at most 14 hours), else in UTC."""
    offset = moment.utcoffset()
    if offset is None:
        raise SnapshotRefused("A date and time needs a time zone.")
    if offset % timedelta(minutes=1) or abs(offset) > timedelta(hours=14):
        return moment.astimezone(UTC)
    return moment.astimezone(timezone(offset))
