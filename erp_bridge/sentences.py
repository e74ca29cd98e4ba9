"""Reasons that are kept in a row and shown later, in the reader's language.

A reason is stored as its English sentence with named places and the values for them, and put together when it is read.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext

from dealers.sentences import Sentence
from erp_bridge.adapters.errors import PlainError

Kept = dict[str, Any]

LONGEST = 1000


def keep(template: str, /, code: str = "", **values: object) -> Kept:
    """A reason as JSON. Numbers stay numbers, everything else becomes text; NUL, which no row can hold, is dropped."""
    kept = {name: _value(value) for name, value in values.items()}
    return {"code": code, "template": _text(template), "values": kept}


def keep_error(why: PlainError) -> Kept:
    """The reason of an error of the adapters."""
    return keep(why.template, why.code, **why.values)


def keep_message(message: object, code: str = "") -> Kept:
    """A reason that another room has worded; one that remembers its template is said in each reader's language."""
    if not isinstance(message, Sentence) or message.values is None:
        template = message.template if isinstance(message, Sentence) else str(message)
        return keep(template, code)
    if isinstance(message.values, Mapping):
        return keep(message.template, code, **message.values)
    several = message.values if isinstance(message.values, tuple) else (message.values,)
    return {"code": code, "template": _text(message.template), "values": [_value(value) for value in several]}


def say(kept: Kept) -> str:
    """The sentence in the active language; "" for no reason."""
    template = kept.get("template", "")
    if not template:
        return ""
    values = kept.get("values")
    if isinstance(values, list):
        return gettext(template) % tuple(values)
    return gettext(template) % values if values else gettext(template)


def _value(value: object) -> int | str:
    return value if isinstance(value, int) else _text(str(value))


def _text(text: str) -> str:
    return text.replace("\x00", "")[:LONGEST]
