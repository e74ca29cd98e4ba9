"""Price lists made, changed, ended and given: what holds from the next request, what is refused, what is recorded."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation

from dealers.accounts.models import DealerGroup
from pricing.by_price import chain_of
from pricing.quote import assortment, quote, supplier_day
from pricing.terms.assign import AssignmentRefused, give_list, set_dealers_lists, take_list
from pricing.terms.exceptions import approve_exception, request_exception
from pricing.terms.listlog import PriceListChange
from pricing.terms.lists import ListRefused, change_list, last_change, make_list
from pricing.terms.models import PriceList
from tests import factories
from tests.factories import World
from tests.portal.console_samples import many_dealers


def day(offset: int = 0) -> date:
    return supplier_day(timezone.now()) + timedelta(days=offset)


def wholesale() -> PriceList:
    return PriceList.objects.get(code="WHOLESALE")


def price_of(dealer: Any, product: Any) -> Decimal | None:
    return quote(dealer, [(product.pk, 1)]).lines[0].unit_price


def recorded() -> list[tuple[str, str, str, str, str]]:
    """Whose (the list's head: empty), list, field, before, after: oldest first."""
    return [
        (each.dealer_number or each.group_code, each.list_code, each.field, each.old, each.new)
        for each in PriceListChange.objects.order_by("pk")
    ]


def test_a_list_prices_nothing_outside_its_days(world: World) -> None:
    change_list(wholesale().pk, {"valid_from": day(1)}, by=world.ada)

    assert price_of(world.bergen, world.pan) is None
    assert not assortment(world.bergen).exists()
    assert chain_of(world.bergen, day()).lists == ()
    tomorrow = timezone.now() + timedelta(days=1)
    assert quote(world.bergen, [(world.pan.pk, 1)], tomorrow).lines[0].unit_price == Decimal("20.0000")
    assert assortment(world.bergen, tomorrow).count() == 2
    assert chain_of(world.bergen, day(1)).lists == (wholesale().pk,)


def test_a_list_holds_on_its_last_day_and_not_after(world: World) -> None:
    change_list(wholesale().pk, {"valid_to": day()}, by=world.ada)

    assert price_of(world.bergen, world.pan) == Decimal("20.0000")
    assert quote(world.bergen, [(world.pan.pk, 1)], timezone.now() + timedelta(days=1)).lines[0].unit_price is None


def test_a_copy_has_the_prices_that_hold_or_will(world: World) -> None:
    factories.set_price(wholesale(), world.knife, "9.00", valid_from=date(2020, 1, 1), valid_to=day(-1))
    factories.set_price(wholesale(), world.knife, "8.00", valid_from=day(30))
    head = PriceList(code="COPY", name="Copy", currency="EUR")

    made = make_list(head, copy_from=wholesale(), today=day(), by=world.ada)

    assert sorted(made.prices.values_list("product__upc", "price")) == [
        ("KNIFE-8", Decimal("8.0000")),
        ("PAN-24", Decimal("18.5000")),
        ("PAN-24", Decimal("20.0000")),
        ("POT-5L", Decimal("45.9000")),
    ]
    assert ("", "COPY", "copied", "", "WHOLESALE") in recorded()


def test_one_dealer_s_list_is_its_nearest_at_once_and_no_one_else_s(world: World) -> None:
    head = PriceList(code="BERGEN", name="Bergen", currency="EUR", kind="agreement", owner_dealer=world.bergen)

    made = make_list(head, today=day(), by=world.ada)
    factories.set_price(made, world.pan, "15.00")

    assert price_of(world.bergen, world.pan) == Decimal("15.0000")
    assert ("D-BERGEN", "BERGEN", "place", "", "1") in recorded()
    assert made not in PriceList.objects.for_user(world.rita)
    assert made in PriceList.objects.for_user(world.sam)
    with pytest.raises(AssignmentRefused, match="another dealer's own"):
        give_list(made, dealers=[world.alpine.pk], by=world.ada)
    group = DealerGroup.objects.create(code="GOLD", name="Gold")
    with pytest.raises(AssignmentRefused, match="a group cannot"):
        give_list(made, groups=[group.pk], by=world.ada)


def test_a_shared_list_becomes_one_dealer_s_only_when_nobody_else_has_it(world: World) -> None:
    with pytest.raises(ListRefused, match="D-BERGEN buys by this list too"):
        change_list(wholesale().pk, {"owner_dealer": world.alpine, "kind": "agreement"}, by=world.ada)

    special = PriceList.objects.get(code="ALPINE")
    change_list(special.pk, {"owner_dealer": world.alpine, "kind": "agreement"}, by=world.ada)

    assert special not in PriceList.objects.for_user(world.sam)
    assert ("", "ALPINE", "owner_dealer", "", "D-ALPINE") in recorded()


@pytest.mark.parametrize(
    ("values", "why", "field"),
    [
        ({"valid_from": date(2026, 2, 2), "valid_to": date(2026, 2, 1)}, "before the first", "valid_to"),
        ({"currency": "CNY"}, "old currency", "currency"),
        ({"name": ""}, "blank", "name"),
    ],
)
def test_heads_that_cannot_be_are_refused(world: World, values: dict[str, Any], why: str, field: str) -> None:
    with pytest.raises(ListRefused, match=why) as refused:
        change_list(wholesale().pk, values, by=world.ada)
    assert refused.value.field == field
    assert recorded() == []


def test_what_formula_lists_follow_keeps_its_tax(world: World) -> None:
    PriceList.objects.create(code="F", name="F", currency="EUR", kind="formula", base=wholesale())
    with pytest.raises(ListRefused, match="Formula lists"):
        change_list(wholesale().pk, {"tax_included": True}, by=world.ada)


def test_two_editors_do_not_overwrite_each_other(world: World) -> None:
    seen = last_change(wholesale().pk)
    assert len(change_list(wholesale().pk, {"name": "Trade"}, by=world.ada, seen=seen)) == 1
    with pytest.raises(ListRefused, match="Somebody else"):
        change_list(wholesale().pk, {"name": "Retail"}, by=world.ada, seen=seen)
    assert change_list(wholesale().pk, {"name": "Trade"}, by=world.ada) == []


def test_lists_change_places_with_a_record_of_what_passed_what(world: World) -> None:
    special = PriceList.objects.get(code="ALPINE")
    before = [special.pk, wholesale().pk]

    moved = set_dealers_lists({world.alpine.pk: before[::-1]}, by=world.ada, seen={world.alpine.pk: before})

    assert moved == {world.alpine.pk}
    assert recorded() == [
        ("D-ALPINE", "WHOLESALE", "place", "2", "1"),
        ("D-ALPINE", "ALPINE", "place", "1", "2"),
    ]
    assert set_dealers_lists({world.alpine.pk: before[::-1]}, by=world.ada) == set()
    with pytest.raises(AssignmentRefused, match="Somebody else"):
        set_dealers_lists({world.alpine.pk: before}, by=world.ada, seen={world.alpine.pk: before})


def test_a_list_is_given_before_others_and_taken_again(world: World) -> None:
    new = PriceList.objects.create(code="NEW", name="New", currency="EUR")
    factories.set_price(new, world.pan, "1.00")
    both = [world.alpine.pk, world.bergen.pk]

    assert give_list(new, dealers=both, place=1, by=world.ada) == 2
    assert price_of(world.alpine, world.pan) == Decimal("1.0000")
    assert give_list(new, dealers=both, place=1, by=world.ada) == 0
    assert take_list(new, dealers=both, by=world.ada) == 2
    assert price_of(world.alpine, world.pan) == Decimal("20.0000")
    assert recorded() == [
        ("D-ALPINE", "NEW", "place", "", "1"),
        ("D-BERGEN", "NEW", "place", "", "1"),
        ("D-ALPINE", "NEW", "place", "1", ""),
        ("D-BERGEN", "NEW", "place", "1", ""),
    ]


def test_a_list_in_other_money_is_not_given_to_a_dealer(world: World) -> None:
    yuan = PriceList.objects.create(code="YUAN", name="Yuan", currency="CNY")
    with pytest.raises(AssignmentRefused, match="in CNY, the dealer D-ALPINE buys in EUR"):
        give_list(yuan, dealers=[world.alpine.pk], by=world.ada)


def test_giving_to_many_costs_no_more_statements(world: World) -> None:
    dealers, counts = many_dealers(None, 100), []
    give_list(wholesale(), dealers=[each.pk for each in dealers], by=world.ada)
    for size in (5, 100):
        new = PriceList.objects.create(code=f"N{size}", name="New", currency="EUR")
        with CaptureQueriesContext(connection) as queries:
            give_list(new, dealers=[each.pk for each in dealers[:size]], by=world.ada)
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 11


def test_the_record_only_grows(world: World) -> None:
    change_list(wholesale().pk, {"name": "Trade"}, by=world.ada)
    for attempt in (PriceListChange.objects.all().delete, lambda: PriceListChange.objects.update(new="x")):
        with pytest.raises(DatabaseError), transaction.atomic():
            attempt()


def test_a_one_off_price_is_called_so_in_the_reader_s_language(world: World) -> None:
    asked = request_exception(
        world.bergen, world.pan, Decimal(3), valid_from=day(), valid_to=day(), reason="Fair", by=world.sam
    )
    approve_exception(asked.pk, by=world.ada)
    code = PriceList.objects.get(kind="exceptions").code
    PriceList.objects.filter(code="WHOLESALE").update(name_zh="批发价")
    with translation.override("zh-hans"):
        assert PriceList.objects.names(["WHOLESALE"]) == {"WHOLESALE": "批发价"}
        assert "D-BERGEN" not in PriceList.objects.names([code])[code]
    assert PriceList.objects.names([code, "WHOLESALE"]) == {code: "One-off price", "WHOLESALE": "Wholesale"}
