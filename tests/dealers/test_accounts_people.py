"""A dealer's people: every change is recorded, and its own people cannot leave it without an administrator."""

from __future__ import annotations

import pytest

from dealers.accounts.models import DealerChange, DealerRole, Membership
from dealers.accounts.people import AddressRefused, MemberRefused, add_member, change_role, end_membership
from tests.factories import World


def test_a_changed_role_is_recorded_with_who_changed_it(world: World) -> None:
    place = Membership.objects.get(user=world.alice)
    assert change_role(place, DealerRole.APPROVER, by=world.alpine_administrator)
    assert change_role(place, DealerRole.APPROVER, by=world.alpine_administrator)
    change = DealerChange.objects.get()
    assert (change.old, change.new, change.by) == (
        "alice@alpine.example (buyer)",
        "alice@alpine.example (approver)",
        world.alpine_administrator,
    )


def test_what_is_no_role_is_refused(world: World) -> None:
    place = Membership.objects.get(user=world.alice)
    with pytest.raises(MemberRefused):
        change_role(place, "emperor", by=world.alpine_administrator)


def test_an_ended_place_gets_no_role(world: World) -> None:
    place = Membership.objects.get(user=world.alice)
    end_membership(place, by=world.alpine_administrator)
    assert not change_role(place, DealerRole.APPROVER, by=world.alpine_administrator)


def test_the_dealer_s_own_people_keep_an_administrator(world: World) -> None:
    place = Membership.objects.get(user=world.alpine_administrator)
    with pytest.raises(MemberRefused, match="needs an administrator"):
        end_membership(place, by=world.alpine_administrator)
    with pytest.raises(MemberRefused, match="needs an administrator"):
        change_role(place, DealerRole.BUYER, by=world.alpine_administrator)
    assert not DealerChange.objects.exists()


def test_the_supplier_may_end_the_last_administrator_s_place(world: World) -> None:
    place = Membership.objects.get(user=world.alpine_administrator)
    assert end_membership(place, by=world.ada)
    place.refresh_from_db()
    assert not place.is_active


def test_one_of_the_supplier_s_people_gets_no_place(world: World) -> None:
    with pytest.raises(AddressRefused):
        add_member(world.alpine, world.rita.email, DealerRole.BUYER, by=world.alpine_administrator)
