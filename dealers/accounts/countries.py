"""Countries by name, as the reader calls them."""

from __future__ import annotations

from babel import Locale
from django.utils.translation import get_language, to_locale


def country_name(code: str) -> str:
    """The country of an ISO 3166 code of two letters in the active language; the code itself when none is known."""
    names = Locale.parse(to_locale(get_language() or "en")).territories
    return str(names.get(code.upper(), code))
