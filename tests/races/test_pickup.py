"""One pickup code shown at twenty tills at the same moment: exactly one hands over. Processes, real commits.

The race is shown to be real first: the same with a check before the write instead of a guard in it hands over twenty
times.
"""

from __future__ import annotations

import json
import os
import select
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.models.functions import Now

from dealers.accounts.models import User
from fulfilment.allocation.models import Allocation, AllocationState, OfferStep
from fulfilment.handover import pickup
from fulfilment.handover.models import PickupCode, PickupLine, PickupTry
from fulfilment.handover.refusals import AlreadyHandedOver, TriesLocked, WrongCode
from fulfilment.stock.models import OutletStock
from tests.fulfilment.allocation_world import make_allocation_world
from tests.fulfilment.handover_samples import colleague, packed_pickup
from tests.fulfilment.outlet_samples import assert_recounts
from tests.races import children

pytestmark = pytest.mark.race

TILLS = 20
#: Seconds after which a process that has not come to the gate is taken for dead.
PATIENCE = 120


@dataclass(frozen=True)
class Till:
    """An order of two lines that waits at an outlet, its code, and a cashier for each till."""

    outlet: int
    allocation: int
    code_id: int
    code: str
    cashiers: list[int]


@pytest.fixture
def till(committed_db: None) -> Iterator[Till]:
    world = make_allocation_world(1)
    allocation = packed_pickup(world)
    issued = pickup.issue(allocation.pk)
    cashiers = [colleague(world, f"Cashier{number}").pk for number in range(TILLS)]
    yield Till(world.shops[0].outlet.pk, allocation.pk, PickupCode.objects.get().pk, issued.code, cashiers)
    assert_recounts()


class Gate:
    """Children wait at it; it opens for all at once, when so many stand before it."""

    def __init__(self) -> None:
        self._here, self._arrive = os.pipe()
        self._wait, self._open = os.pipe()

    def pass_through(self) -> None:
        """In a child: say that one is here, and wait until it opens."""
        os.close(self._open)
        os.write(self._arrive, b".")
        os.read(self._wait, 1)

    def open_for(self, count: int) -> None:
        """In the parent: wait for so many, then let them all go; one that never comes fails the test."""
        arrived = 0
        try:
            while arrived < count:
                assert select.select([self._here], [], [], PATIENCE)[0], f"only {arrived} of {count} came"
                arrived += len(os.read(self._here, count))
        finally:
            os.close(self._open)


def at_once(tmp_path: Path, gate: Gate, jobs: list[Callable[[], str]], *, ready: bool = True) -> Counter[str]:
    """Do each job in a process of its own, all at the same moment; what became of them.

    Without `ready` the jobs pass the gate by themselves, wherever they want to wait for each other.
    """

    def run(place: int, job: Callable[[], str]) -> None:
        connection.ensure_connection()
        if ready:
            gate.pass_through()
        (tmp_path / str(place)).write_text(json.dumps(job()))

    started = [children.start(lambda place=place, job=job: run(place, job)) for place, job in enumerate(jobs)]  # type: ignore[misc]  # defaults bind the loop's variables
    gate.open_for(len(jobs))
    assert [children.wait(pid) for pid in started] == [0] * len(jobs)
    return Counter(json.loads((tmp_path / str(place)).read_text()) for place in range(len(jobs)))


def show_code(till: Till, cashier: int, code: str = "") -> str:
    """One word for what a cashier is told."""
    by = User.objects.get(pk=cashier)
    try:
        return "again" if pickup.hand_over(till.outlet, code or till.code, by=by).repeated else "handed over"
    except AlreadyHandedOver:
        return "already used"
    except WrongCode:
        return "wrong"
    except TriesLocked:
        return "locked"


def take_alone(till: Till, cashier: int) -> str:
    """The guard by itself, without the lock of the order around it."""
    with transaction.atomic():
        lines = list(PickupLine.objects.values_list("line", flat=True))
        return "handed over" if pickup.take(till.code_id, lines, User.objects.get(pk=cashier)) else "already used"


def check_then_write(till: Till, cashier: int, gate: Gate) -> str:
    """The guard off: read, check, and only then write."""
    with transaction.atomic():
        free = not PickupLine.objects.filter(code=till.code_id, handed_at__isnull=False).exists()
        gate.pass_through()
        if free:
            PickupLine.objects.filter(code=till.code_id).update(handed_at=Now(), handed_by=cashier)
    return "handed over" if free else "already used"


def moved(till: Till) -> tuple[str, int, set[int]]:
    """Where the order stands, how often it left, and what is on hand of each product."""
    left = OfferStep.objects.filter(offer=till.allocation, to_state=AllocationState.SENT, from_state="packed").count()
    on_hand = set(OutletStock.objects.filter(product__upc__in=("A", "B")).values_list("on_hand", flat=True))
    return Allocation.objects.get(pk=till.allocation).state, left, on_hand


def test_one_code_at_twenty_tills_hands_over_once(till: Till, tmp_path: Path) -> None:
    jobs = [lambda cashier=cashier: show_code(till, cashier) for cashier in till.cashiers]
    answers = at_once(tmp_path, Gate(), jobs)
    assert answers == {"handed over": 1, "already used": TILLS - 1}
    assert moved(till) == (AllocationState.COMPLETED, 1, {9})


def test_the_guard_alone_lets_one_through(till: Till, tmp_path: Path) -> None:
    jobs = [lambda cashier=cashier: take_alone(till, cashier) for cashier in till.cashiers]
    assert at_once(tmp_path, Gate(), jobs) == {"handed over": 1, "already used": TILLS - 1}


def test_the_race_is_real_without_the_guard(till: Till, tmp_path: Path) -> None:
    gate = Gate()
    jobs = [lambda cashier=cashier: check_then_write(till, cashier, gate) for cashier in till.cashiers]
    answers = at_once(tmp_path, gate, jobs, ready=False)
    assert answers == {"handed over": TILLS}, "twenty consumers went home with the same goods"


def test_one_cashier_who_scans_twenty_times_hands_over_once(till: Till, tmp_path: Path) -> None:
    jobs: list[Any] = [lambda: show_code(till, till.cashiers[0])] * TILLS
    answers = at_once(tmp_path, Gate(), jobs)
    assert answers == {"handed over": 1, "again": TILLS - 1}
    assert moved(till) == (AllocationState.COMPLETED, 1, {9})


def test_twenty_guesses_at_once_are_five_tries(till: Till, tmp_path: Path) -> None:
    jobs = [lambda cashier=cashier: show_code(till, cashier, "000000000000") for cashier in till.cashiers]
    answers = at_once(tmp_path, Gate(), jobs)
    assert answers == {"wrong": 5, "locked": TILLS - 5}
    assert PickupTry.objects.count() == 5
