"""Order minimums, freight rules and promotions, taken in from files; and models as what rules are about."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone
from oscar.core.loading import get_model

from dealers.accounts.models import DealerGroup
from pricing.by_price import chain_of, in_price_order
from pricing.catalogue.models import ProductCard
from pricing.promotions.export import exported as promotions_exported
from pricing.promotions.intake import PromotionsIntake
from pricing.promotions.models import Promotion, PromotionChange, PromotionUse
from pricing.quote import assortment, quote, supplier_day
from pricing.selling.explain import explain_assortment, explain_pack
from pricing.selling.export import exported
from pricing.selling.intake import AssortmentRulesIntake, QuantityRulesIntake
from pricing.selling.models import AssortmentRule, FreightRule, OrderMinimum, QuantityRule, SellingChange
from pricing.selling.order_intake import FreightRulesIntake, OrderMinimumsIntake
from pricing.selling.packs import packs_for
from pricing.selling.write import with_names
from tests.factories import World
from tests.intakes import counts, problems, statements, take

Product = get_model("catalogue", "Product")
Category = get_model("catalogue", "Category")


@pytest.fixture(autouse=True)
def _group(world: World) -> None:
    DealerGroup.objects.create(code="GOLD", name="Gold dealers")


def test_an_order_minimum_is_made_changed_and_removed(world: World) -> None:
    row: dict[str, Any] = {"dealer": "D-ALPINE", "currency": "EUR", "amount": "200", "mode": "warn"}
    everybody: dict[str, Any] = {"currency": "EUR", "amount": "100"}
    assert counts(take(OrderMinimumsIntake, row, everybody, by=world.ada)) == (2, 0, 0, 0)
    assert counts(take(OrderMinimumsIntake, row, everybody)) == (0, 0, 2, 0)
    outcome = take(OrderMinimumsIntake, {**row, "amount": "250", "mode": ""}, by=world.ada)
    assert counts(outcome) == (0, 1, 0, 0)
    assert [(each.name, each.old["amount"], each.new["amount"]) for each in outcome.differences] == [
        ("D-ALPINE · EUR", "200.00", "250.00")
    ]
    found = OrderMinimum.objects.get(dealer=world.alpine)
    assert (found.amount, found.mode) == (Decimal("250.00"), "warn")
    assert counts(take(OrderMinimumsIntake, {**row, "remove": "yes"}, by=world.ada)) == (0, 1, 0, 0)
    assert SellingChange.objects.filter(kind="minimum").count() == 4


def test_freight_rules_by_scope_currency_and_first_day(world: World) -> None:
    now: dict[str, Any] = {"dealer_group": "GOLD", "currency": "EUR", "charge": "15", "free_from": "500"}
    later = now | {"charge": "20", "valid_from": "2030-01-01"}
    assert counts(take(FreightRulesIntake, now, later, by=world.ada)) == (2, 0, 0, 0)
    assert counts(take(FreightRulesIntake, now | {"free_from": ""}, later)) == (0, 1, 1, 0)
    assert FreightRule.objects.get(valid_from=None).free_from is None


@pytest.mark.parametrize(
    ("intake", "row", "field"),
    [
        (OrderMinimumsIntake, {"currency": "", "amount": "1"}, "currency"),
        (OrderMinimumsIntake, {"currency": "EUR", "amount": "-1"}, "amount"),
        (OrderMinimumsIntake, {"currency": "EUR", "amount": "1", "mode": "perhaps"}, "mode"),
        (OrderMinimumsIntake, {"dealer": "D-ALPINE", "currency": "CNY", "amount": "1"}, "currency"),
        (OrderMinimumsIntake, {"dealer": "D-NOBODY", "currency": "EUR", "amount": "1"}, "dealer"),
        (FreightRulesIntake, {"dealer_group": "NONE", "currency": "EUR", "charge": "1"}, "dealer_group"),
        (FreightRulesIntake, {"currency": "EUR", "charge": "1", "free_from": "0"}, "free_from"),
        (FreightRulesIntake,
         {"currency": "EUR", "charge": "1", "valid_from": "2030-02-02", "valid_to": "2030-02-01"}, "valid_to"),
    ],
)  # fmt: skip
def test_rules_that_cannot_be_are_refused_at_their_column(
    world: World, intake: Any, row: dict[str, Any], field: str
) -> None:
    assert problems(take(intake, row)) == [(2, field)]
    assert not SellingChange.objects.exists()


def offer(**values: Any) -> dict[str, Any]:
    return {"code": "SPRING", "name": "Spring", "kind": "percent", "percent": "10"} | values


def test_a_promotion_is_made_with_its_reach_and_changed_in_part(world: World) -> None:
    row = offer(dealers="D-ALPINE; D-BERGEN", dealer_groups="GOLD", skus="PAN-24", valid_to="2030-12-31")
    assert counts(take(PromotionsIntake, row, by=world.ada)) == (1, 0, 0, 0)
    assert quote(world.alpine, [(world.pan.pk, 1)]).lines[0].discount == Decimal("2.00")
    assert counts(take(PromotionsIntake, row)) == (0, 0, 1, 0)

    assert counts(take(PromotionsIntake, {"code": "SPRING", "percent": "20"}, by=world.ada)) == (0, 1, 0, 0)

    found = Promotion.objects.get()
    assert (found.name, found.scopes.count(), found.targets.count(), found.everybody) == ("Spring", 3, 1, False)
    assert quote(world.alpine, [(world.pan.pk, 1)]).lines[0].discount == Decimal("4.00")
    change = PromotionChange.objects.first()
    assert change is not None
    assert (change.by, change.old["percent"], change.new["percent"]) == (world.ada, "10", "20")
    assert counts(take(PromotionsIntake, {"code": "SPRING", "in_use": "no"})) == (0, 1, 0, 0)
    assert quote(world.alpine, [(world.pan.pk, 1)]).lines[0].discount == 0


@pytest.mark.parametrize(
    ("row", "field"),
    [
        (offer(percent=""), "percent"),
        (offer(kind="free", percent="", buy="12"), "free"),
        (offer(kind="order", percent="5"), "minimum_value"),
        (offer(kind="order", percent="5", minimum_value="1", skus="PAN-24"), "skus"),
        (offer(kind="gift"), "kind"),
        (offer(name=""), "name"),
        (offer(code="A B"), "code"),
        (offer(dealers="D-ALPINE; D-NOBODY"), "dealers"),
        (offer(dealer_groups="NONE"), "dealer_groups"),
        (offer(skus="NOPE"), "skus"),
        (offer(categories="Nowhere"), "categories"),
        (offer(brands="Nobody"), "brands"),
        (offer(valid_from="2030-02-02", valid_to="2030-02-01"), "valid_to"),
    ],
)
def test_promotions_that_cannot_be_are_refused_at_their_column(world: World, row: dict[str, Any], field: str) -> None:
    assert problems(take(PromotionsIntake, row)) == [(2, field)]
    assert not Promotion.objects.exists()


def test_a_budget_below_what_orders_took_is_refused(world: World) -> None:
    take(PromotionsIntake, offer())
    PromotionUse.objects.create(promotion=Promotion.objects.get(), order_number="1", amount=Decimal("50.00"))
    assert problems(take(PromotionsIntake, {"code": "SPRING", "budget_amount": "49"})) == [(2, "budget_amount")]
    assert counts(take(PromotionsIntake, {"code": "SPRING", "budget_amount": "60"})) == (0, 1, 0, 0)
    assert Promotion.objects.get().budget_used == Decimal("50.00")


def read_again(names: list[str], row: Sequence[Any]) -> dict[str, Any]:
    """A row as the reader of tables gives it: numbers are decimals."""
    cells = (Decimal(cell) if type(cell) is int else cell for cell in row)
    return dict(zip(names, cells, strict=True))


def test_what_is_exported_changes_nothing_when_taken_in(world: World) -> None:
    Category.add_root(name="Cookware").add_child(name="Pans")
    ProductCard.objects.filter(product=world.pan).update(brand="Ferro")
    take(OrderMinimumsIntake, {"dealer": "D-ALPINE", "currency": "EUR", "amount": "200", "mode": "warn"})
    take(FreightRulesIntake, {"dealer_group": "GOLD", "currency": "EUR", "charge": "15", "free_from": "500"})
    take(QuantityRulesIntake, {"category": "Cookware > Pans", "minimum": "12"}, {"sku": "PAN-24", "multiple": "6"})
    take(AssortmentRulesIntake, {"brand": "Ferro", "effect": "deny"})
    for kind, intake in (
        ("minimum", OrderMinimumsIntake), ("freight", FreightRulesIntake), ("quantity", QuantityRulesIntake),
        ("assortment", AssortmentRulesIntake),
    ):  # fmt: skip
        names = [column.name for column in intake.columns]
        rows = [read_again(names, row) for row in exported(kind, with_names(kind))]
        assert rows, kind
        assert counts(take(intake, *rows)) == (0, 0, len(rows), 0), kind
    take(PromotionsIntake, offer(dealers="D-ALPINE", categories="Cookware > Pans", brands="ferro", budget_amount="9"))
    names = [column.name for column in PromotionsIntake.columns]
    rows = [read_again(names, row) for row in promotions_exported(list(Promotion.objects.all()))]
    assert counts(take(PromotionsIntake, *rows)) == (0, 0, 1, 0)


def test_statements_do_not_grow_with_the_rows(world: World) -> None:
    few: list[Any] = [offer(code=f"A{number}", dealers="D-ALPINE") for number in range(3)]
    many: list[Any] = [offer(code=f"B{number}", dealers="D-ALPINE") for number in range(50)]
    assert statements(PromotionsIntake, few) == statements(PromotionsIntake, many) <= 24


@pytest.fixture
def model(world: World) -> Any:
    """Pan and pot are variants of the model WARE; the pan is the first one."""
    parent = Product.objects.create(
        structure=Product.PARENT, title="Ware", slug="ware", product_class=world.pan.product_class
    )
    ProductCard.objects.create(product=parent, model_code="WARE")
    for each in (world.pan, world.pot):
        each.parent, each.structure, each.product_class = parent, Product.CHILD, None
        each.save()
    return parent


def test_a_model_stands_for_its_variants_in_quantities(world: World, model: Any) -> None:
    rows: list[dict[str, Any]] = [{"sku": "WARE", "minimum": "24"}, {"sku": "PAN-24", "minimum": "5"}]
    assert counts(take(QuantityRulesIntake, *rows, {"minimum": "2"})) == (3, 0, 0, 0)
    packs = packs_for(world.alpine, [world.pan.pk, world.pot.pk, world.knife.pk])
    assert [packs[each.pk].minimum for each in (world.pan, world.pot, world.knife)] == [5, 24, 2]
    verdict = explain_pack(world.alpine, world.pot, supplier_day(timezone.now()))
    assert verdict.minimum == QuantityRule.objects.get(product=model)
    assert SellingChange.objects.filter(new__product="WARE").exists()
    page = in_price_order(chain_of(world.alpine, supplier_day(timezone.now())), assortment(world.alpine), 10)
    assert {each.product_id: each.net for each in page}[world.pan.pk] == Decimal("20.0000")


def test_a_model_stands_for_its_variants_in_the_assortment(world: World, model: Any) -> None:
    day = supplier_day(timezone.now())
    take(AssortmentRulesIntake, {"sku": "WARE", "effect": "deny"})
    assert set(assortment(world.alpine)) == {world.knife}
    assert explain_assortment(world.alpine, world.pot, day).rule == AssortmentRule.objects.get()

    take(AssortmentRulesIntake, {"sku": "PAN-24", "effect": "allow"})
    assert set(assortment(world.alpine)) == {world.pan}, "the variant is nearer than its model"
    assert explain_assortment(world.alpine, world.pan, day).visible

    AssortmentRule.objects.all().delete()
    take(AssortmentRulesIntake, {"dealer": "D-ALPINE", "sku": "WARE", "effect": "allow"})
    assert set(assortment(world.alpine)) == {world.pan, world.pot}


def test_a_model_stands_for_its_variants_in_a_promotion(world: World, model: Any) -> None:
    take(PromotionsIntake, offer(skus="WARE"))
    lines = quote(world.alpine, [(world.pan.pk, 1), (world.knife.pk, 1)]).lines
    assert [line.discount for line in lines] == [Decimal("2.00"), 0]
    assert PromotionChange.objects.get().new["products"] == "WARE"
