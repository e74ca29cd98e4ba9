"""Rounding and splitting of money. Pure; `Decimal` only."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal

#: Currencies whose smallest unit is not a hundredth (ISO 4217).
EXPONENTS = {"JPY": 0, "KRW": 0, "VND": 0, "CLP": 0, "ISK": 0}


HUNDREDTH = Decimal("0.01")


def cent(currency: str) -> Decimal:
    """The smallest amount of a currency, at most two decimals."""
    return Decimal(1).scaleb(-EXPONENTS[currency]) if currency in EXPONENTS else HUNDREDTH


def round_money(amount: Decimal, currency: str) -> Decimal:
    """Round half up to the currency's smallest unit: the one rounding of the product, as invoices in trade do."""
    rounded = amount.quantize(cent(currency), rounding=ROUND_HALF_UP)
    return rounded.quantize(HUNDREDTH) if currency in EXPONENTS else rounded


def split(total: Decimal, weights: Sequence[Decimal], currency: str) -> list[Decimal]:
    """Share `total` in proportion to `weights` (≥ 0) by largest remainder, so that the parts sum to it to the cent.

    Of equal remainders the earlier part gets the cent. All weights zero: the first part takes all. Refuses an empty
    list unless the total is zero, and negative weights.
    """
    if not weights:
        if total:
            raise ValueError("There is nothing to share the amount among.")
        return []
    if any(weight < 0 for weight in weights):
        raise ValueError("A share cannot have a negative weight.")
    whole = sum(weights, Decimal(0))
    if not whole:
        return [total, *[Decimal("0.00")] * (len(weights) - 1)]
    unit = cent(currency)
    sign = -1 if total < 0 else 1
    exact = [abs(total) * weight / whole for weight in weights]
    parts = [share.quantize(unit, rounding=ROUND_DOWN) for share in exact]
    missing = int((abs(total) - sum(parts, Decimal(0))) / unit)
    by_remainder = sorted(range(len(parts)), key=lambda index: (parts[index] - exact[index], index))
    for index in by_remainder[:missing]:
        parts[index] += unit
    return [(sign * part).quantize(Decimal("0.01")) for part in parts]
