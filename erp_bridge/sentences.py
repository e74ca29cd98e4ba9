"""Reasons that are kept in a row and shown later, in the reader's language.

A reason is stored as its English sentence with named places and the values for them, and put together when it is read.
"""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext

from erp_bridge.adapters.errors import PlainError

Kept = dict[str, Any]

LONGEST = 1000


def keep(template: str, /, code: str = "", **values: object) -> Kept:
    """A reason as JSON. Numbers stay numbers, everything else becomes text; NUL, which no row can hold, is dropped."""
    kept = {name: value if isinstance(value, int) else _text(str(value)) for name, value in values.items()}
    return {"code": code, "template": _text(template), "values": kept}


def keep_error(why: PlainError) -> Kept:
    """The reason of an error of the adapters."""
    return keep(why.template, why.code, **why.values)


def keep_message(message: object, code: str = "") -> Kept:
    """A reason that another room has worded already."""
    return keep(str(message), code)


def say(kept: Kept) -> str:
    """The sentence in the active language; "" for no reason."""
    template = kept.get("template", "")
    if not template:
        return ""
    values = kept.get("values")
    return gettext(template) % values if values else gettext(template)


def _text(text: str) -> str:
    return text.replace("\x00", "")[:LONGEST]
