"""Which price lists a person may know of."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import AnonymousUser

from dealers.accounts.models import DealerGroup, User
from pricing.terms.models import GroupPriceList, PriceList
from tests import factories
from tests.factories import World


def codes(user: User | AnonymousUser) -> set[str]:
    return set(PriceList.objects.for_user(user).values_list("code", flat=True))  # type: ignore[arg-type]


@pytest.fixture
def own(world: World) -> PriceList:
    """An agreement of Bergen, which Sam looks after, and a list worked out from it."""
    agreement = PriceList.objects.create(
        code="BERGEN", name="Agreement", currency="EUR", kind="agreement", owner_dealer=world.bergen
    )
    PriceList.objects.create(code="DERIVED", name="Derived", currency="EUR", kind="formula", base=agreement)
    PriceList.objects.create(code="EXTRA", name="One-off", currency="EUR", kind="exceptions", owner_dealer=world.bergen)
    return agreement


def test_a_dealers_own_lists_are_its_reps_and_the_offices(world: World, own: PriceList) -> None:
    assert {"BERGEN", "EXTRA"} <= codes(world.sam)
    assert {"BERGEN", "EXTRA", "DERIVED"} <= codes(world.ada) & codes(world.fay)


def test_another_territorys_rep_knows_only_the_shared_lists(world: World, own: PriceList) -> None:
    assert not {"BERGEN", "EXTRA", "DERIVED"} & codes(world.rita)
    assert "WHOLESALE" in codes(world.rita)


def test_a_list_worked_out_from_a_shared_one_is_shared(world: World) -> None:
    base = PriceList.objects.get(code="WHOLESALE")
    PriceList.objects.create(code="CHEAPER", name="Cheaper", currency="EUR", kind="formula", base=base)
    assert "CHEAPER" in codes(world.rita)


def test_an_agreement_that_a_dealer_has_by_its_group_is_its_reps_too(world: World, own: PriceList) -> None:
    group = DealerGroup.objects.create(code="GOLD", name="Gold")
    GroupPriceList.objects.create(group=group, price_list=own, priority=1)
    world.alpine.group = group
    world.alpine.save()
    assert "BERGEN" in codes(world.rita)


def test_a_dealers_people_know_only_the_lists_the_dealer_has(world: World, own: PriceList) -> None:
    factories.give_list(world.bergen, own, 9)
    assert codes(world.bob) == {"WHOLESALE", "BERGEN", "EXTRA"}
    assert "BERGEN" not in codes(world.alice)


def test_nobody_who_is_not_there_knows_a_list(world: World) -> None:
    world.rita.is_active = False
    world.rita.save()
    assert codes(world.rita) == codes(AnonymousUser()) == set()
