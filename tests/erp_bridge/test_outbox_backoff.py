"""When a message is tried again."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from erp_bridge.outbox.backoff import LONGEST, wait


def test_the_wait_doubles_from_five_seconds() -> None:
    assert [wait(n, 0.5).total_seconds() for n in range(1, 6)] == [5, 10, 20, 40, 80]


@given(attempts=st.integers(1, 10_000), chance=st.floats(0, 1))
def test_the_wait_is_spread_and_bounded(attempts: int, chance: float) -> None:
    assert wait(attempts, 0) <= wait(attempts, chance) <= LONGEST
    assert wait(attempts, chance) >= timedelta(seconds=2.5)


@pytest.mark.parametrize(("attempts", "chance"), [(0, 0.5), (1, -0.1), (1, 1.1)])
def test_nonsense_is_refused(attempts: int, chance: float) -> None:
    with pytest.raises(ValueError, match="first attempt"):
        wait(attempts, chance)
