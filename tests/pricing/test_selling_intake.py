"""Quantity and assortment rules, taken in from files."""

from __future__ import annotations

from typing import Any

import pytest
from oscar.core.loading import get_model

from dealers.accounts.models import DealerGroup
from portal.imports.kinds import Options, intake_for
from pricing.catalogue.models import ProductCard
from pricing.selling.intake import AssortmentRulesIntake, QuantityRulesIntake
from pricing.selling.models import AssortmentRule, QuantityRule, SellingChange
from tests.factories import World, make_product
from tests.intakes import counts, problems, statements, take

Category = get_model("catalogue", "Category")


@pytest.fixture(autouse=True)
def _shelf(world: World) -> None:
    """A brand, two categories and a group to speak of."""
    ProductCard.objects.filter(product=world.pan).update(brand="Ferro")
    Category.add_root(name="Cookware").add_child(name="Pans")
    DealerGroup.objects.create(code="GOLD", name="Gold dealers")


def test_the_same_rules_twice_change_nothing_and_a_correction_changes_one(world: World) -> None:
    first: dict[str, Any] = {"dealer": "D-ALPINE", "sku": "PAN-24", "minimum": "12", "multiple": "6"}
    second: dict[str, Any] = {"dealer_group": "GOLD", "category": "cookware > PANS", "maximum": "60"}
    assert counts(take(QuantityRulesIntake, first, second, by=world.ada)) == (2, 0, 0, 0)
    assert counts(take(QuantityRulesIntake, first, second, by=world.ada)) == (0, 0, 2, 0)
    assert counts(take(QuantityRulesIntake, {**first, "minimum": ""}, second, by=world.ada)) == (0, 1, 1, 0)
    rule = QuantityRule.objects.get(dealer=world.alpine)
    assert (rule.minimum, rule.multiple) == (None, 6)
    told = [(each.by, each.old.get("minimum"), each.new.get("minimum")) for each in SellingChange.objects.all()]
    assert told == [(world.ada, "12", None), (world.ada, None, None), (world.ada, None, "12")]


def test_a_rule_is_removed_by_its_row(world: World) -> None:
    row: dict[str, Any] = {"brand": "Ferro", "effect": "不可见"}
    assert counts(take(AssortmentRulesIntake, row)) == (1, 0, 0, 0)
    assert AssortmentRule.objects.get().effect == "deny"
    assert counts(take(AssortmentRulesIntake, {**row, "remove": "yes"})) == (0, 1, 0, 0)
    assert counts(take(AssortmentRulesIntake, {**row, "remove": "yes"})) == (0, 0, 1, 0)
    assert not AssortmentRule.objects.exists()


def test_an_allowed_brand_becomes_a_denied_one_in_place(world: World) -> None:
    take(AssortmentRulesIntake, {"brand": "Ferro", "effect": "allow"})
    assert counts(take(AssortmentRulesIntake, {"brand": "Ferro", "effect": "deny"})) == (0, 1, 0, 0)
    assert [rule.effect for rule in AssortmentRule.objects.all()] == ["deny"]


@pytest.mark.parametrize(
    ("row", "field"),
    [
        ({"dealer": "D-NOBODY", "minimum": "1"}, "dealer"),
        ({"dealer_group": "NONE", "minimum": "1"}, "dealer_group"),
        ({"dealer": "D-ALPINE", "dealer_group": "GOLD", "minimum": "1"}, "dealer_group"),
        ({"sku": "NONE", "minimum": "1"}, "sku"),
        ({"brand": "Nobody's", "minimum": "1"}, "brand"),
        ({"category": "Pans", "minimum": "1"}, "category"),
        ({"sku": "PAN-24", "brand": "Ferro", "minimum": "1"}, "brand"),
        ({"minimum": "0"}, "minimum"),
        ({"minimum": "1.5"}, "minimum"),
        ({"multiple": "six"}, "multiple"),
        ({"sku": "PAN-24"}, "minimum"),
        ({"minimum": "10", "maximum": "9"}, "maximum"),
        ({"minimum": "1", "valid_from": "2026-02-02", "valid_to": "2026-02-01"}, "valid_to"),
    ],
)
def test_a_row_that_makes_no_sense_is_refused_at_its_column(row: dict[str, Any], field: str) -> None:
    good = {"sku": "KNIFE-8", "minimum": "2"}
    outcome = take(QuantityRulesIntake, row, good)
    assert problems(outcome) == [(2, field)]
    assert counts(outcome) == (1, 0, 0, 1)


def test_a_row_that_repeats_a_place_is_refused() -> None:
    row = {"category": "Cookware > Pans", "effect": "deny"}
    assert problems(take(AssortmentRulesIntake, row, {"category": "cookware>pans", "effect": "allow"})) == [
        (3, "dealer")
    ]


def test_statements_do_not_grow_with_the_rows(world: World) -> None:
    many = [make_product(f"M-{number}", "Thing").upc for number in range(60)]
    few = statements(QuantityRulesIntake, [{"sku": sku, "minimum": "2"} for sku in many[:5]])
    assert few == statements(QuantityRulesIntake, [{"sku": sku, "minimum": "2"} for sku in many[5:]])


@pytest.mark.parametrize("kind", ["quantity_rules", "assortment_rules"])
def test_both_are_kinds_of_import(kind: str) -> None:
    assert isinstance(intake_for(kind, Options(labels={})), QuantityRulesIntake | AssortmentRulesIntake)
