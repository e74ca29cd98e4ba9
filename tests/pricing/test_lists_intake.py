"""Price lists' heads, and who buys by them, taken in from files."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dealers.accounts.models import DealerGroup
from pricing.terms.listlog import PriceListChange
from pricing.terms.lists_intake import ListBuyersIntake, PriceListsIntake
from pricing.terms.models import PriceList
from tests.factories import World
from tests.intakes import counts, problems, take
from tests.portal.console_samples import many_dealers


def codes(owner: Any) -> list[str]:
    return list(owner.price_lists.order_by("priority").values_list("price_list__code", flat=True))


def test_an_agreement_is_made_for_its_dealer_and_given_to_it(world: World) -> None:
    row: dict[str, Any] = {"price_list": "B-1", "name": "Bergen", "dealer": "D-BERGEN", "valid_to": "2030-12-31"}
    assert counts(take(PriceListsIntake, row, by=world.ada)) == (1, 0, 0, 0)
    made = PriceList.objects.get(code="B-1")
    assert (made.kind, made.owner_dealer, made.currency) == ("agreement", world.bergen, "EUR")
    assert codes(world.bergen) == ["B-1", "WHOLESALE"]
    assert made not in PriceList.objects.for_user(world.rita)
    assert counts(take(PriceListsIntake, row, by=world.ada)) == (0, 0, 1, 0)
    assert {(each.by, each.source) for each in PriceListChange.objects.all()} == {(world.ada, "import")}


def test_a_list_of_one_dealer_becomes_its_agreement(world: World) -> None:
    assert problems(take(PriceListsIntake, {"price_list": "WHOLESALE", "dealer": "D-ALPINE"})) == [(2, "dealer")]
    assert counts(take(PriceListsIntake, {"price_list": "ALPINE", "dealer": "D-ALPINE"})) == (0, 1, 0, 0)
    found = PriceList.objects.get(code="ALPINE")
    assert (found.kind, found.owner_dealer) == ("agreement", world.alpine)
    assert codes(world.alpine) == ["ALPINE", "WHOLESALE"]
    assert found not in PriceList.objects.for_user(world.sam)


@pytest.mark.parametrize(
    ("row", "field"),
    [
        ({"price_list": "X", "dealer": "D-NOBODY"}, "dealer"),
        ({"price_list": "X", "dealer": "D-ALPINE", "kind": "standard"}, "kind"),
        ({"price_list": "X", "dealer": "D-ALPINE", "currency": "CNY"}, "currency"),
        ({"price_list": "X", "kind": "agreement", "dealer": ""}, "dealer"),
        ({"price_list": "X", "valid_from": "2030-02-02", "valid_to": "2030-02-01"}, "valid_to"),
        ({"price_list": "WHOLESALE", "currency": "CNY"}, "currency"),
        ({"price_list": "FORMULA", "tax_included": "yes"}, "price_list"),
        ({"price_list": ""}, "price_list"),
    ],
)
def test_heads_that_cannot_be_are_refused_at_their_column(world: World, row: dict[str, Any], field: str) -> None:
    base = PriceList.objects.get(code="WHOLESALE")
    PriceList.objects.create(code="FORMULA", name="F", currency="EUR", kind="formula", base=base)
    assert problems(take(PriceListsIntake, row)) == [(2, field)]
    assert not PriceListChange.objects.exists()


def test_what_does_not_stand_in_the_file_stays(world: World) -> None:
    PriceList.objects.filter(code="WHOLESALE").update(name_zh="批发价", tax_included=True)
    outcome = take(PriceListsIntake, {"price_list": "WHOLESALE", "active": "no"})
    found = PriceList.objects.get(code="WHOLESALE")
    assert (found.name, found.name_zh, found.tax_included, found.is_active) == ("Wholesale", "批发价", True, False)
    assert [(each.name, each.old.get("is_active"), each.new.get("is_active")) for each in outcome.differences] == [
        ("WHOLESALE", "yes", None)
    ]


def test_dealers_and_groups_get_exactly_their_lists(world: World) -> None:
    group = DealerGroup.objects.create(code="GOLD", name="Gold")
    file: list[dict[str, Any]] = [
        {"dealer": "D-ALPINE", "price_lists": "WHOLESALE; ALPINE"},
        {"dealer_group": "GOLD", "price_lists": "ALPINE"},
    ]
    assert counts(take(ListBuyersIntake, *file, by=world.ada)) == (0, 2, 0, 0)
    assert (codes(world.alpine), codes(group)) == (["WHOLESALE", "ALPINE"], ["ALPINE"])
    assert codes(world.bergen) == ["WHOLESALE"]
    assert counts(take(ListBuyersIntake, *file, by=world.ada)) == (0, 0, 2, 0)
    assert counts(take(ListBuyersIntake, {"dealer": "D-ALPINE", "price_lists": ""})) == (0, 1, 0, 0)
    assert codes(world.alpine) == []


@pytest.mark.parametrize(
    ("row", "field"),
    [
        ({"price_lists": "WHOLESALE"}, "dealer"),
        ({"dealer": "D-ALPINE", "dealer_group": "GOLD", "price_lists": ""}, "dealer"),
        ({"dealer": "D-NOBODY", "price_lists": ""}, "dealer"),
        ({"dealer_group": "NONE", "price_lists": ""}, "dealer_group"),
        ({"dealer": "D-ALPINE", "price_lists": "NOPE"}, "price_lists"),
        ({"dealer": "D-ALPINE", "price_lists": "WHOLESALE;WHOLESALE"}, "price_lists"),
        ({"dealer": "D-ALPINE", "price_lists": "BERGEN"}, "price_lists"),
        ({"dealer": "D-ALPINE", "price_lists": "YUAN"}, "price_lists"),
    ],
)
def test_buyers_that_cannot_be_are_refused_at_their_column(world: World, row: dict[str, Any], field: str) -> None:
    PriceList.objects.create(code="YUAN", name="Yuan", currency="CNY")
    own = {"kind": "agreement", "owner_dealer": world.bergen}
    PriceList.objects.create(code="BERGEN", name="Bergen", currency="EUR", **own)
    assert problems(take(ListBuyersIntake, row)) == [(2, field)]
    assert codes(world.alpine) == ["ALPINE", "WHOLESALE"]


def test_statements_do_not_grow_with_the_rows(world: World) -> None:
    many_dealers(None, 60)
    for intake, name in ((PriceListsIntake, "price_list"), (ListBuyersIntake, "dealer")):
        costs = []
        for part in (range(5), range(5, 60)):
            rows: list[dict[str, Any]] = [
                {"price_list": f"L{number}"} if name == "price_list" else
                {"dealer": f"N{number:04d}", "price_lists": "WHOLESALE"}
                for number in part
            ]  # fmt: skip
            with CaptureQueriesContext(connection) as queries:
                take(intake, *rows)
            costs.append(len(queries))
        assert costs[0] == costs[1] <= 16, name
