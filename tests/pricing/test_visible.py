"""A changed price is what the dealer's next page shows: for its own lists and its group's, and when the day comes."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.utils import timezone

from dealers.accounts.models import DealerGroup
from pricing.quote import quote, supplier_day
from pricing.terms.derive import derive, set_formula
from pricing.terms.groups import set_group_lists
from pricing.terms.models import FormulaRule, ListKind, PriceList
from tests import factories
from tests.factories import World

CATALOGUE = "/shop/catalogue/?view=list"


def text(response: Any) -> str:
    """What the reader gets."""
    content: str = response.content.decode()
    return content


def test_a_changed_price_shows_with_the_next_request(world: World, as_user: Any) -> None:
    alice, bob = as_user(world.alice), as_user(world.bob)
    assert "20.00" in text(alice.get(CATALOGUE))
    PriceList.objects.get(code="WHOLESALE").prices.filter(product=world.pan, min_quantity=1).update(price="19.75")
    assert "19.75" in text(alice.get(CATALOGUE))
    assert "19.75" in text(bob.get(CATALOGUE))


def test_a_group_s_list_shows_to_its_dealers_with_the_next_request(world: World, as_user: Any) -> None:
    alice, bob = as_user(world.alice), as_user(world.bob)
    world.alpine.price_lists.filter(price_list__code="WHOLESALE").delete()
    assert "PAN-24" not in text(alice.get(CATALOGUE))
    group = DealerGroup.objects.create(code="SILVER", name="Silver")
    world.alpine.group = group
    world.alpine.save()
    formula = PriceList(
        code="F", name="F", currency="EUR", kind=ListKind.FORMULA, base=PriceList.objects.get(code="WHOLESALE")
    )
    set_formula(formula, [FormulaRule(percent=Decimal(-10))], by=world.ada)
    assert set_group_lists(group, [formula])
    assert "18.00" in text(alice.get(CATALOGUE))
    factories.set_price(PriceList.objects.get(code="WHOLESALE"), world.pan, "19.00", valid_from=_today())
    derive(price_lists=[formula.base_id])
    assert "17.10" in text(alice.get(CATALOGUE))
    assert "17.10" not in text(bob.get(CATALOGUE)), "Bergen is in no group"


def _today() -> Any:
    return supplier_day(timezone.now())


def test_a_scheduled_change_takes_effect_by_the_clock(world: World) -> None:
    wholesale = PriceList.objects.get(code="WHOLESALE")
    midnight = datetime(2027, 3, 1, tzinfo=timezone.get_default_timezone())
    factories.set_price(wholesale, world.pot, "50.00", valid_from=date(2027, 3, 1))
    before, after = midnight - timedelta(seconds=1), midnight
    pot = [(world.pot.pk, 6)]
    assert quote(world.alpine, pot, before).lines[0].net_amount == Decimal("275.40")
    assert quote(world.alpine, pot, after).lines[0].net_amount == Decimal("300.00")
