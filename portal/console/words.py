"""How the console says amounts, and reads the parts of an address."""

from __future__ import annotations

from decimal import Decimal

from django.http import Http404

from portal.components.formats import format_amount


def money(amount: Decimal, currency: str) -> str:
    """An amount with its currency, for sentences and buttons."""
    return f"{format_amount(amount)} {currency}"


def stored_text(text: str) -> str:
    """A part of an address that may name a row; 404 for one that no database text can be."""
    if "\x00" in text:
        raise Http404
    return text
