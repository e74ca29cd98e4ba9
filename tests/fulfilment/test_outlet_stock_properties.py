"""Any order of holds, moves, counts and declines: the counters are what moved them, and what a plain model says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dealers.accounts.models import Outlet
from dealers.intake.rows import RowState
from fulfilment.stock import outlets
from fulfilment.stock.models import MoveKind, OutletStockMove
from fulfilment.stock.outlet_feed import Counted, take_counts
from fulfilment.stock.outlets import Key, NotEnoughAtOutlets
from tests.factories import World
from tests.fulfilment.outlet_samples import assert_recounts, stock_at

pytestmark = pytest.mark.django_db

VERBS = {
    "hold": outlets.hold,
    "release": outlets.release,
    "confirm": outlets.confirm,
    "cancel": outlets.cancel,
    "ship": outlets.ship,
    "return": outlets.give_back,
}
CORRECTIONS = (MoveKind.NOT_IN_STOCK, MoveKind.DAMAGED, MoveKind.MISMATCH)
KEYS = st.sampled_from([(0,), (1,), (0, 1)])
STEPS = st.one_of(
    st.tuples(st.sampled_from([*VERBS, *CORRECTIONS]), KEYS, st.integers(1, 6)),
    # A count is as of now, or of some steps ago.
    st.tuples(st.just("count"), KEYS, st.integers(0, 12), st.integers(0, 4), st.one_of(st.none(), st.integers(0, 3))),
)


@dataclass
class Shelf:
    """A stock row by the rules, told in the plainest way: counts and movements in the order in which they happened."""

    held: int = 0
    firm: int = 0
    safety: int = 0
    counted: int = 0
    as_of: int = -1
    blocked: int = -1
    moved: list[tuple[int, int, int]] = field(default_factory=list)

    @property
    def on_hand(self) -> int:
        return self.counted + sum(pieces for when, pieces, _damaged in self.moved if when > self.as_of)

    @property
    def unsellable(self) -> int:
        return sum(damaged for when, _pieces, damaged in self.moved if when > self.as_of)

    @property
    def available(self) -> int:
        free = self.on_hand - self.held - self.firm - self.safety - self.unsellable
        return 0 if self.blocked >= 0 else max(free, 0)

    def may(self, verb: str, quantity: int) -> bool:
        limits = {"hold": self.available, "release": self.held, "confirm": self.held}
        limits |= {"cancel": self.firm, "ship": self.firm}
        return quantity <= limits.get(verb, quantity)

    def move(self, verb: str, quantity: int, now: int) -> None:
        self.held += quantity * {"hold": 1, "release": -1, "confirm": -1}.get(verb, 0)
        self.firm += quantity * {"confirm": 1, "cancel": -1, "ship": -1}.get(verb, 0)
        pieces = quantity * {"ship": -1, "return": 1, MoveKind.MISMATCH: -1}.get(verb, 0)
        self.moved.append((now, pieces, quantity if verb == MoveKind.DAMAGED else 0))
        if verb == MoveKind.NOT_IN_STOCK:
            self.blocked = now

    def count(self, quantity: int, as_of: int, safety: int | None) -> bool:
        """False for a count that is older than the last one."""
        if as_of < self.as_of:
            return False
        self.counted, self.as_of = quantity, as_of
        self.safety = self.safety if safety is None else safety
        self.blocked = self.blocked if self.blocked > as_of else -1
        return True


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(STEPS, max_size=14))
def test_counters_are_what_the_moves_and_a_plain_model_say(world: World, steps: list[Any]) -> None:
    number = Outlet.objects.count()
    outlet = Outlet.objects.create(dealer=world.alpine, code=f"X{number}", name="Shop", country="DE")
    keys = [(outlet.pk, world.pan.pk), (outlet.pk, world.pot.pk)]
    model = {key: Shelf() for key in keys}
    moments = [timezone.now() - timedelta(days=1)]
    take_counts([Counted(*key, 0, moments[0]) for key in keys])
    for shelf in model.values():
        shelf.count(0, 0, None)
    for now, (verb, places, *said) in enumerate(steps, start=1):
        chosen = {keys[place]: model[keys[place]] for place in places}
        if verb == "count":
            quantity, back, safety = said
            as_of = max(now - back - 1, 0)
            _count(chosen, quantity, as_of, moments[as_of], safety)
        else:
            _move(chosen, verb, said[0], f"{number}:{now}", now)
        moments.append(timezone.now())
        for key, shelf in model.items():
            _same(key, shelf)
    assert_recounts()
    assert not OutletStockMove.objects.filter(stock__held__lt=0).exists()


def _count(chosen: Mapping[Key, Shelf], quantity: int, as_of: int, moment: datetime, safety: int | None) -> None:
    told = take_counts([Counted(*key, quantity, moment, safety) for key in chosen])
    for key, shelf in chosen.items():
        taken = shelf.count(quantity, as_of, safety)
        assert (told[key].older_than is None) == taken
        assert taken or told[key].state == RowState.UNCHANGED


def _move(chosen: Mapping[Key, Shelf], verb: str, quantity: int, reference: str, now: int) -> None:
    wanted = dict.fromkeys(chosen, quantity)
    if all(shelf.may(verb, quantity) for shelf in chosen.values()):
        assert _do(wanted, verb, reference) is True
        assert _do(wanted, verb, reference) is False, "the same reference again"
        for shelf in chosen.values():
            shelf.move(verb, quantity, now)
        return
    with pytest.raises(NotEnoughAtOutlets) as refused:
        _do(wanted, verb, reference)
    assert {(each.outlet_id, each.product_id) for each in refused.value.shortages} == {
        key for key, shelf in chosen.items() if not shelf.may(verb, quantity)
    }


def _do(wanted: Mapping[Key, int], verb: str, reference: str) -> bool:
    if isinstance(verb, MoveKind):
        return outlets.correct(wanted, reference, verb)
    return VERBS[verb](wanted, reference)


def _same(key: Key, shelf: Shelf) -> None:
    row = stock_at(key)
    assert (row.on_hand, row.held, row.firm, row.safety, row.unsellable, row.available) == (
        shelf.on_hand,
        shelf.held,
        shelf.firm,
        shelf.safety,
        shelf.unsellable,
        shelf.available,
    )
    assert outlets.available([key]) == {key: shelf.available}
