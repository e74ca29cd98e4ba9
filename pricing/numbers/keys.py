"""Codes as people type them: what they leave out or write otherwise does not count. Pure."""

from __future__ import annotations

import unicodedata

LONGEST_KEY = 200
#: An EAN is written with the zeros of a longer form or without.
_EAN_LENGTHS = (12, 13, 14)


def folded(text: str) -> str:
    """Lower case, full-width letters made narrow, accents taken off."""
    if text.isascii():
        return text.lower()
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    return unicodedata.normalize("NFC", "".join(sign for sign in plain if not unicodedata.combining(sign)))


def code_key(code: str) -> str:
    """A code by its letters and digits alone, folded: what stays when people leave out spaces and dashes.

    Empty for one without any. Zeros before an EAN go too.
    """
    key = "".join(sign for sign in folded(code) if sign.isalnum())[:LONGEST_KEY]
    if len(key) in _EAN_LENGTHS and key.isdecimal():
        return key.lstrip("0") or key
    return key
