"""When to try again. Pure: no clock, no Django."""

from __future__ import annotations

from datetime import timedelta

FIRST = timedelta(seconds=5)
LONGEST = timedelta(minutes=15)


def wait(attempts: int, chance: float) -> timedelta:
    """How long to wait after that many attempts: 5 s × 2^n, ± 50 %, never more than 15 minutes.

    `chance` from 0 up to 1 spreads the messages, so that they do not all come back together.
    """
    if attempts < 1 or not 0 <= chance <= 1:
        raise ValueError("There is no wait before the first attempt, and chance lies between 0 and 1.")
    doubled = FIRST * 2 ** min(attempts - 1, 20)
    return min(min(doubled, LONGEST) * (0.5 + chance), LONGEST)
