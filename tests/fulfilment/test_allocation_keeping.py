"""Keeping contracts, services, territories, margins, campaigns and terms: what is refused, and what is recorded."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal as D
from typing import Any

import pytest
from django.utils import timezone

from fulfilment.allocation import keeping
from fulfilment.allocation.change import ChangeRefused, What, changes_of, last_change
from fulfilment.allocation.models import (
    AllocationChange,
    ConsumerCampaign,
    ConsumerContract,
    ConsumerTerms,
    OutletException,
    OutletService,
    ProtectedMargin,
    ProtectedTerritory,
)
from tests.factories import World
from tests.fulfilment.allocation_world import make_campaign, make_terms

TODAY = date(2030, 6, 15)


def territory(world: World, **fields: Any) -> ProtectedTerritory:
    return ProtectedTerritory(**{"dealer": world.alpine, "protection": "exclusive", "area_code": "44"} | fields)


def test_a_contract_is_written_with_its_record_and_the_same_again_changes_nothing(world: World) -> None:
    contract = ConsumerContract(dealer=world.alpine, tier=2, rebate=D("2.5"))
    made = keeping.save_contract(contract, by=world.ada)
    assert made is not None
    assert (made.of, made.dealer, made.by_name, made.old) == ("D-ALPINE", world.alpine, "Ada Test", {})
    stored = ConsumerContract.objects.get()
    stored.rebate = D("2.5000")
    assert keeping.save_contract(stored, by=world.ada) is None
    stored.tier = 3
    changed = keeping.save_contract(stored, by=world.ada)
    assert changed is not None
    assert (changed.old, changed.new) == ({"tier": 2}, {"tier": 3})


def test_an_outdated_page_is_refused(world: World) -> None:
    keeping.save_contract(ConsumerContract(dealer=world.alpine), by=world.ada)
    seen = last_change(What.CONTRACT, "D-ALPINE")
    stored = ConsumerContract.objects.get()
    stored.tier = 2
    keeping.save_contract(stored, by=world.fay, seen=seen)
    stored.tier = 4
    with pytest.raises(ChangeRefused, match="Fay Test"):
        keeping.save_contract(stored, by=world.ada, seen=seen)
    assert ConsumerContract.objects.get().tier == 2


def test_an_exceptional_day_is_written_once_changed_and_removed(world: World) -> None:
    service = OutletService.objects.create(outlet=world.outlet)
    keeping.save_day(service, TODAY, [[540, 720]], "Stocktaking", by=world.ada)
    keeping.save_day(service, TODAY, [], "Stocktaking", by=world.ada)
    assert keeping.save_day(service, TODAY, [], "Stocktaking", by=world.ada) is None
    day = OutletException.objects.get()
    assert day.openings == []
    assert keeping.remove_day(day.pk, by=world.ada)
    assert not keeping.remove_day(day.pk, by=world.ada)
    told = [(change.old.get("openings"), change.new.get("openings")) for change in changes_of(What.SERVICE)]
    assert told == [([], None), ([[540, 720]], []), (None, [[540, 720]])]


@pytest.mark.parametrize(
    ("first", "second", "refused"),
    [
        ({}, {}, True),
        ({"valid_until": TODAY}, {"valid_from": TODAY}, True),
        ({"valid_until": TODAY}, {"valid_from": TODAY + timedelta(days=1)}, False),
        ({}, {"area_code": "45"}, False),
        ({}, {"protection": "primary"}, False),
    ],
)
def test_the_same_territory_does_not_stand_twice_for_the_same_days(
    world: World, first: dict[str, Any], second: dict[str, Any], refused: bool
) -> None:
    keeping.save_territory(territory(world, **first), by=world.ada)
    if refused:
        with pytest.raises(ChangeRefused):
            keeping.save_territory(territory(world, **second), by=world.ada)
    else:
        assert keeping.save_territory(territory(world, **second), by=world.ada) is not None


def test_two_dealers_may_share_a_territory(world: World) -> None:
    keeping.save_territory(territory(world), by=world.ada)
    assert keeping.save_territory(territory(world, dealer=world.bergen), by=world.ada) is not None


def test_a_territory_ends_the_day_before_and_one_to_come_goes(world: World) -> None:
    holds, comes = territory(world), territory(world, area_code="45", valid_from=TODAY)
    for each in (holds, comes):
        keeping.save_territory(each, by=world.ada)
        assert keeping.end_territory(each.pk, TODAY, by=world.ada)
    assert ProtectedTerritory.objects.get().valid_until == TODAY - timedelta(days=1)
    assert not keeping.end_territory(holds.pk, TODAY, by=world.ada)
    assert changes_of(What.TERRITORY).count() == 4


def test_one_margin_for_a_tier_and_category(world: World) -> None:
    keeping.save_margin(ProtectedMargin(share=D(18)), by=world.ada)
    with pytest.raises(ChangeRefused):
        keeping.save_margin(ProtectedMargin(share=D(20)), by=world.ada)
    assert keeping.remove_margin(ProtectedMargin.objects.get().pk, by=world.ada)
    assert changes_of(What.MARGIN).first().old["share"] == "18"  # type: ignore[union-attr]


def test_what_is_used_of_a_campaign_is_never_written_here(world: World) -> None:
    campaign = make_campaign(budget="100.00")
    ConsumerCampaign.objects.update(used=D("60.00"))
    campaign.budget = D("80.00")
    keeping.save_campaign(campaign, by=world.ada)
    stored = ConsumerCampaign.objects.get()
    assert (stored.budget, stored.used) == (D("80.00"), D("60.00"))
    for changes, field in (
        ({"budget": D("59.99")}, "budget"),
        ({"code": "B"}, "code"),
        ({"currency": "USD"}, "currency"),
    ):
        wrong = ConsumerCampaign.objects.get()
        for name, value in changes.items():
            setattr(wrong, name, value)
        with pytest.raises(ChangeRefused) as why:
            keeping.save_campaign(wrong, by=world.ada)
        assert why.value.field == field


def test_terms_are_added_and_what_was_agreed_stays(world: World) -> None:
    first = make_terms()
    now = timezone.now()
    later = ConsumerTerms.objects.get()
    later.pk, later._state.adding = None, True
    later.valid_from, later.goods_tax = now + timedelta(days=3), D(14)
    change = keeping.add_terms(later, now=now, by=world.ada, seen=first.pk)
    assert change is not None
    assert (change.old["goods_tax"], change.new["goods_tax"]) == ("13", "14")
    assert keeping.terms_at(now) == first
    assert keeping.terms_at(now + timedelta(days=3)) == later
    assert later.made_by == world.ada


def test_terms_of_the_past_and_terms_over_somebody_elses_are_refused(world: World) -> None:
    first, now = make_terms(), timezone.now()
    with pytest.raises(ChangeRefused) as why:
        keeping.add_terms(ConsumerTerms(valid_from=now - timedelta(minutes=1)), now=now, by=world.ada)
    assert why.value.field == "valid_from"
    with pytest.raises(ChangeRefused):
        keeping.add_terms(ConsumerTerms(valid_from=now), now=now, by=world.ada, seen=first.pk - 1)
    assert ConsumerTerms.objects.count() == 1


def test_the_same_terms_again_are_not_added(world: World) -> None:
    make_terms()
    again, now = ConsumerTerms.objects.get(), timezone.now()
    again.pk, again._state.adding, again.valid_from = None, True, now
    assert keeping.add_terms(again, now=now, by=world.ada) is None
    assert ConsumerTerms.objects.count() == 1
    assert not AllocationChange.objects.exists()
