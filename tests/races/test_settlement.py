"""Settling, returning and sending at the same moment, with real commits from real processes: every cent once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from functools import partial

import pytest
from django.db.models import Sum
from django.utils import timezone

from dealers.ledger.models import AccountDocument, Journal
from fulfilment.allocation import held
from fulfilment.allocation.models import Allocation, AllocationState
from fulfilment.settlement.settling import settle_due
from pricing.margins.settle import settle
from tests.fulfilment.allocation_world import AllocationWorld, make_allocation_world, of, place_order
from tests.fulfilment.settlement_samples import TERMS, accounts, complete, hand_to, sale, send_all
from tests.races.crowd import at_once

pytestmark = pytest.mark.race

ORDERS = 6
SETTLERS = 4
TODAY = dt.date(2030, 1, 1)


def three_each(world: AllocationWorld) -> list[Allocation]:
    """Orders of three pieces each with the first two shops, each in the other's territory; their money is due."""
    made = settle(sale(3 * 899_00, 3), TERMS)
    found = []
    for number in range(ORDERS):
        shop, other = world.shops[number % 2], world.shops[1 - number % 2]
        order = place_order(world, f"W-{number}", of("A", 3, paid="2697.00"))
        held_by = hand_to(world, order, {"A": made}, shop=shop, overrides=[(other.dealer.pk, 71_60)])
        found.append(complete(send_all(held_by), timezone.now() - dt.timedelta(days=30)))
    return found


def give_back(line: int, reference: str) -> str:
    held.give_back(line, 1, by_fault=False, resellable=False, by=None, reference=reference)
    return "back"


def send(allocation: int, line: int) -> str:
    return "sent" if held.send(allocation, [line], by=None) else "before"


def test_settled_by_several_at_once_each_order_is_settled_once(committed_db: None) -> None:
    allocations = three_each(make_allocation_world(stock=40))

    told = at_once([partial(settle_due, TODAY)] * SETTLERS)

    assert sum(told) == len(allocations)
    assert AccountDocument.objects.count() == 2 * len(allocations)
    assert set(Allocation.objects.values_list("state", flat=True)) == {AllocationState.SETTLED}
    assert not {"dealer_payable", "override_payable"} & accounts().keys()


def test_returns_while_it_is_settled_take_back_every_cent(committed_db: None) -> None:
    allocations = three_each(make_allocation_world(stock=40))
    lines = [allocation.lines.get().pk for allocation in allocations]
    jobs: list[Callable[[], object]] = [partial(settle_due, TODAY)] * 2
    jobs += [partial(give_back, line, f"R-{line}-{piece}") for line in lines[:3] for piece in range(3)]

    told = at_once(jobs)

    assert told[2:] == ["back"] * 9
    settle_due(TODAY)
    assert not Journal.objects.annotate(sum=Sum("postings__amount")).exclude(sum=0).exists()
    of_returned = {"journal__consumer_entry__allocation__in": allocations[:3]}
    assert accounts(**of_returned) == {}
    assert not {"dealer_payable", "override_payable"} & accounts().keys()


def test_a_line_sent_by_several_at_once_is_booked_once(committed_db: None) -> None:
    world = make_allocation_world(stock=40)
    made = settle(sale(3 * 899_00, 3), TERMS)
    allocation = hand_to(world, place_order(world, "W-1", of("A", 3, paid="2697.00")), {"A": made})
    line = allocation.lines.get().pk

    told = at_once([partial(send, allocation.pk, line)] * SETTLERS)

    assert sorted(told) == ["before"] * (SETTLERS - 1) + ["sent"]
    assert Journal.objects.count() == 1
