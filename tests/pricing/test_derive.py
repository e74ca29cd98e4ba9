"""Formula lists: which rule wins, how it rounds, and that only rows that differ are written."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from oscar.core.loading import get_model

from pricing.catalogue.models import ProductCard
from pricing.catalogue.signals import catalogue_changed
from pricing.quote import quote
from pricing.terms.derive import Derived, derive, set_formula
from pricing.terms.models import FormulaRule, ListKind, Price, PriceList, RoundingMode
from tests import factories
from tests.factories import World

Category = get_model("catalogue", "Category")
ProductCategory = get_model("catalogue", "ProductCategory")
D = Decimal


def base() -> PriceList:
    """The list that formulas start from."""
    return PriceList.objects.get(code="WHOLESALE")


def formula(world: World, *rules: FormulaRule, **fields: Any) -> PriceList:
    """A formula list on WHOLESALE."""
    found = PriceList(code="FORMULA", name="Formula", currency="EUR", kind=ListKind.FORMULA, base=base(), **fields)
    set_formula(found, rules, by=world.ada)
    return found


def prices(price_list: PriceList) -> dict[tuple[str, int], Decimal]:
    """The list's prices by SKU and quantity."""
    rows = price_list.prices.values_list("product__upc", "min_quantity", "price")
    return {(sku, least): price for sku, least, price in rows}


def test_a_percentage_takes_over_every_tier_and_its_days(world: World) -> None:
    factories.set_price(base(), world.pot, "40.00", min_quantity=12, valid_from=date(2030, 1, 1))
    found = formula(world, FormulaRule(percent=D("-12")))
    assert prices(found) == {
        ("PAN-24", 1): D("17.6000"),
        ("PAN-24", 10): D("16.2800"),
        ("POT-5L", 1): D("40.3920"),
        ("POT-5L", 12): D("35.2000"),
    }
    assert found.prices.get(min_quantity=12).valid_from == date(2030, 1, 1)


def test_the_most_specific_rule_wins(world: World) -> None:
    above = Category.add_root(name="Cookware")
    below = above.add_child(name="Pans")
    ProductCategory.objects.create(product=world.pan, category=below)
    ProductCard.objects.filter(pk=world.pan.pk).update(brand="Hearth")
    everything, brand = FormulaRule(percent=D("-1")), FormulaRule(brand="HEARTH", percent=D("-2"))
    shallow, deep = FormulaRule(category=above, percent=D("-3")), FormulaRule(category=below, percent=D("-4"))
    product = FormulaRule(product=world.pan, percent=D("-5"), amount=D("0.25"))
    rules = [everything, brand, shallow, deep, product]
    asked = []
    found = formula(world, *rules)
    while rules:
        set_formula(found, rules, by=world.ada)
        asked.append(prices(found)["PAN-24", 1])
        rules.pop()
    assert asked == [D("19.2500"), D("19.2000"), D("19.4000"), D("19.6000"), D("19.8000")]


def test_a_variant_follows_its_model_s_category_and_brand(world: World) -> None:
    model = factories.make_product("MODEL", "Model")
    model.structure = "parent"
    model.save()
    world.pan.parent, world.pan.structure = model, "child"
    world.pan.save()
    category = Category.add_root(name="Cookware")
    ProductCategory.objects.create(product=model, category=category)
    assert prices(formula(world, FormulaRule(category=category, percent=D("-50"))))["PAN-24", 1] == D("10.0000")


@pytest.mark.parametrize(
    ("step", "mode", "expected"),
    [
        (None, "nearest", "17.6000"),
        ("0.05", "nearest", "17.6000"),
        ("0.50", "nearest", "17.5000"),
        ("0.50", "up", "18.0000"),
        ("1", "down", "17.0000"),
        ("3.2", "nearest", "19.2000"),
    ],
)
def test_prices_are_rounded_to_the_step(world: World, step: str | None, mode: str, expected: str) -> None:
    found = formula(
        world,
        FormulaRule(percent=D("-12")),
        rounding_step=step and D(step),
        rounding_mode=RoundingMode(mode),
    )
    assert prices(found)["PAN-24", 1] == D(expected)


def test_what_comes_to_nothing_is_on_no_list_and_said(world: World) -> None:
    found = formula(world, FormulaRule(product=world.pan, amount=D("-19")))
    assert prices(found) == {("PAN-24", 1): D("1.0000")}
    assert derive(price_lists=[found.pk]).worthless == 1


def test_only_rows_that_differ_are_written(world: World, django_assert_num_queries: Any) -> None:
    found = formula(world, FormulaRule(percent=D("-10")))
    with django_assert_num_queries(5):
        assert derive() == Derived()
    kept = found.prices.get(product=world.pot)
    Price.objects.filter(price_list=base(), product=world.pan, min_quantity=1).update(price=D("30"))
    Price.objects.filter(price_list=base(), product=world.pan, min_quantity=10).delete()
    factories.set_price(base(), world.knife, "10.00")
    assert derive(price_lists=[base().pk]) == Derived(added=1, changed=1, deleted=1)
    assert prices(found) == {("PAN-24", 1): D("27.0000"), ("KNIFE-8", 1): D("9.0000"), ("POT-5L", 1): D("41.3100")}
    assert found.prices.get(product=world.pot).pk == kept.pk


def test_only_the_asked_products_and_lists_are_touched(world: World) -> None:
    found = formula(world, FormulaRule(percent=D("-10")))
    Price.objects.filter(price_list=base()).update(price=D("30"))
    assert derive(products=[world.pot.pk]) == Derived(changed=1)
    assert derive(price_lists=[PriceList.objects.get(code="ALPINE").pk]) == Derived()
    assert prices(found)["PAN-24", 1] == D("18.0000")


def test_a_dealer_buys_by_it_with_the_next_request(world: World) -> None:
    found = formula(world, FormulaRule(percent=D("-10")))
    factories.give_list(world.alpine, found, 3)
    world.alpine.price_lists.filter(price_list=base()).delete()
    assert quote(world.alpine, [(world.pan.pk, 10)]).lines[0].unit_price == D("16.6500")


def test_a_product_that_moves_to_another_category_is_priced_anew(world: World) -> None:
    cheap, dear = Category.add_root(name="Cheap"), Category.add_root(name="Dear")
    place = ProductCategory.objects.create(product=world.pan, category=dear)
    found = formula(world, FormulaRule(category=cheap, percent=D("-50")), FormulaRule(percent=D("-10")))
    assert prices(found)["PAN-24", 1] == D("18.0000")
    ProductCategory.objects.filter(pk=place.pk).update(category=cheap)
    catalogue_changed.send(sender=None, product_ids=[world.pan.pk])
    assert prices(found)["PAN-24", 1] == D("10.0000")
    place.refresh_from_db()
    place.delete()
    assert prices(found)["PAN-24", 1] == D("18.0000")


def test_formulas_on_formulas_and_on_themselves_are_refused(world: World) -> None:
    found = formula(world, FormulaRule(percent=D("-10")))
    second = PriceList(code="SECOND", name="Second", currency="EUR", kind=ListKind.FORMULA, base=found)
    with pytest.raises(ValidationError, match="standard list"):
        set_formula(second, [], by=world.ada)
    whole = base()
    whole.kind, whole.base = ListKind.FORMULA, PriceList.objects.get(code="ALPINE")
    with pytest.raises(ValidationError, match="worked out from this one"):
        set_formula(whole, [], by=world.ada)
    with pytest.raises(IntegrityError), transaction.atomic():
        PriceList.objects.filter(pk=found.pk).update(base=found)


@pytest.mark.parametrize("fields", [{"currency": "USD"}, {"tax_included": True}])
def test_a_base_in_other_money_or_with_tax_is_refused(world: World, fields: dict[str, Any]) -> None:
    values: dict[str, Any] = {"currency": "EUR"} | fields
    with pytest.raises(ValidationError, match="another currency"):
        set_formula(PriceList(code="X", name="X", kind=ListKind.FORMULA, base=base(), **values), [], by=world.ada)
