"""Rounding, tax and sharing of integer minor units."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

#: A rate in whole millionths: 18 % is 180,000.
Ppm = int
MILLION = 1_000_000


def percent(value: Decimal | str | int) -> Ppm:
    """A rate given in percent. Refuses more than four decimals, which millionths cannot hold."""
    rate = Decimal(value) * 10_000
    if rate != rate.to_integral_value():
        raise ValueError(f"{value} % has more than four decimals.")
    return int(rate)


def half_up(numerator: int, denominator: int) -> int:
    """The whole number nearest to a fraction; halves go away from zero. The denominator is above zero."""
    if numerator < 0:
        return -((-2 * numerator + denominator) // (2 * denominator))
    return (2 * numerator + denominator) // (2 * denominator)


def part(amount: int, rate: Ppm) -> int:
    """A rate of an amount, rounded half up."""
    return half_up(amount * rate, MILLION)


def part_up(amount: int, rate: Ppm) -> int:
    """A rate of an amount, rounded up: for what must not fall short."""
    return -(-amount * rate // MILLION)


def part_down(amount: int, rate: Ppm) -> int:
    """A rate of an amount, rounded down: for what must not be passed."""
    return amount * rate // MILLION


def net(amount: int, tax: Ppm) -> int:
    """An amount without the tax it contains; the tax is rounded half up."""
    return amount - half_up(amount * tax, MILLION + tax)


def smallest_gross(wanted: int, tax: Ppm) -> int:
    """The smallest amount, tax included, of which `wanted` remains net of tax; 0 when nothing is wanted.

    `net(T) = ceil((2·10⁶·T − q) / 2q)` with `q = 10⁶ + tax`, so `net(T) ≥ n` means `T > q·(2n − 1) / (2·10⁶)`.
    """
    if wanted <= 0:
        return 0
    return (MILLION + tax) * (2 * wanted - 1) // (2 * MILLION) + 1


def shares(total: int, weights: Sequence[int]) -> list[int]:
    """Share an amount in proportion to weights (≥ 0) by largest remainder: the parts sum to it, each is within one
    unit of its exact share, and none of weight 0 gets anything.

    Of equal remainders the earlier part gets the unit. All weights 0: the first part takes all. Refuses negative
    weights, and sharing something among nobody.
    """
    if any(weight < 0 for weight in weights):
        raise ValueError("A share cannot have a negative weight.")
    whole = sum(weights)
    if not whole:
        if total and not weights:
            raise ValueError("There is nothing to share the amount among.")
        return [total, *[0] * (len(weights) - 1)] if weights else []
    sign = -1 if total < 0 else 1
    exact = [divmod(abs(total) * weight, whole) for weight in weights]
    parts = [quotient for quotient, _ in exact]
    by_remainder = sorted(range(len(parts)), key=lambda index: (-exact[index][1], index))
    for index in by_remainder[: abs(total) - sum(parts)]:
        parts[index] += 1
    return [sign * each for each in parts]


def step(amount: int, whole: int, before: int, after: int) -> int:
    """What falls due of an amount when `after` of `whole` units are done and `before` were, by cumulative rounding.

    Whatever the steps, together they are the amount when all units are done, and at any time within half a unit of
    the exact part. Refuses to go back or past the whole.
    """
    if not 0 <= before <= after <= whole or not whole:
        raise ValueError(f"{after} after {before} of {whole} units is no step forward.")
    return half_up(amount * after, whole) - half_up(amount * before, whole)
