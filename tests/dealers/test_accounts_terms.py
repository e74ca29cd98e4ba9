"""Changing a dealer's terms and people by the room's own functions."""

from __future__ import annotations

from decimal import Decimal

import pytest

from dealers.accounts.models import DealerChange, Membership
from dealers.accounts.people import MemberRefused, add_member, end_membership
from dealers.accounts.terms import TermsChanged, change_terms, last_change
from tests.factories import World


def test_only_what_differs_is_written_and_recorded(world: World) -> None:
    values = {"credit_limit": Decimal(10_000), "tax_percent": Decimal("9.5"), "is_active": True, "sales_rep": None}
    changes = change_terms(world.alpine.pk, values, by=world.ada)
    assert [(change.field, change.old, change.new) for change in changes] == [
        ("tax_percent", "13.00", "9.50"),
        ("sales_rep", "RITA", ""),
    ]
    assert change_terms(world.alpine.pk, values, by=world.ada) == []


def test_a_newer_change_stops_an_older_page(world: World) -> None:
    seen = last_change(world.alpine)
    change_terms(world.alpine.pk, {"payment_terms_days": 60}, by=world.ada, seen=seen)
    with pytest.raises(TermsChanged) as refusal:
        change_terms(world.alpine.pk, {"credit_limit": Decimal(1)}, by=world.ada, seen=seen)
    assert refusal.value.last.field == "payment_terms_days"
    assert change_terms(world.alpine.pk, {"payment_terms_days": 60}, by=world.ada, seen=seen) == []


def test_what_is_not_a_term_is_refused(world: World) -> None:
    with pytest.raises(ValueError, match="currency"):
        change_terms(world.alpine.pk, {"currency": "USD"}, by=world.ada)


def test_a_person_whose_login_is_closed_gets_no_place(world: World) -> None:
    world.bob.is_active = False
    world.bob.save()
    with pytest.raises(MemberRefused):
        add_member(world.alpine, world.bob.email, "buyer", by=world.ada)
    assert not DealerChange.objects.exists()


def test_ending_a_place_twice_is_recorded_once(world: World) -> None:
    place = Membership.objects.get(user=world.alice)
    assert [end_membership(place, by=world.ada) for _ in range(2)] == [True, False]
    assert DealerChange.objects.get().old == "alice@alpine.example (buyer)"
