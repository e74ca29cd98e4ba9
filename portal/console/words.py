"""How the console names things: in the reader's language, and short enough for a table."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from django.http import Http404

from dealers.accounts.models import Dealer
from portal.components.formats import format_amount, format_date

LONGEST_CHIP = 40


def reads(value: Any) -> str:
    """A filter's value as a person reads it."""
    if isinstance(value, date):
        return format_date(value)
    return value.display_name if isinstance(value, Dealer) else str(value)


def shorten(text: str, most: int = LONGEST_CHIP) -> str:
    """The text, cut with an ellipsis."""
    return text if len(text) <= most else text[: most - 1] + "…"


def money(amount: Decimal, currency: str) -> str:
    """An amount with its currency, for sentences and buttons."""
    return f"{format_amount(amount)} {currency}"


def stored_text(text: str) -> str:
    """A part of an address that may name a row; 404 for one that no database text can be."""
    if "\x00" in text:
        raise Http404
    return text
