"""Pickup codes: twelve digits, of which only an HMAC is kept."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import unicodedata

from django.conf import settings

DIGITS = 12


def new_code() -> str:
    """Twelve digits of chance."""
    return f"{secrets.randbelow(10**DIGITS):0{DIGITS}d}"


def cleaned(said: str) -> str:
    """The digits of what a person keyed in or a scanner read: "1234 5678-9012" is one code; full-width digits count."""
    return "".join(each for each in unicodedata.normalize("NFKC", said[:200]) if each in "0123456789")


def spoken(code: str) -> str:
    """A code in groups of four, as people read it."""
    return " ".join(code[at : at + 4] for at in range(0, len(code), 4))


def digest_of(code: str) -> str:
    """What is kept of a code."""
    return _digest(settings.SECRET_KEY, code)


def digests_of(code: str) -> list[str]:
    """What may have been kept of a code, under the key in force and its fallbacks."""
    return [_digest(key, code) for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)]


def _digest(secret_key: str | bytes, code: str) -> str:
    known = secret_key.encode() if isinstance(secret_key, str) else secret_key
    key = hashlib.sha256(b"fulfilment.handover.codes:" + known).digest()
    return hmac.new(key, code.encode(), hashlib.sha256).hexdigest()
