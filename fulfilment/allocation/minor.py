"""Between columns of money and the integer minor units that decisions are made in. The one place that converts."""

from __future__ import annotations

from decimal import Decimal

CENT = Decimal("0.01")


def to_minor(amount: Decimal) -> int:
    """An amount in hundredths. Refuses what is not to the hundredth."""
    scaled = amount * 100
    if scaled != scaled.to_integral_value():
        raise ValueError(f"{amount} is not to the hundredth.")
    return int(scaled)


def to_money(minor: int) -> Decimal:
    """An amount of money from hundredths, with two decimals."""
    return (Decimal(minor) / 100).quantize(CENT)
