"""What a dealer may see and in which quantities, from the rules in the database."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from itertools import product as cartesian
from random import Random
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from oscar.core.loading import get_model

from dealers.accounts.models import Dealer, DealerGroup
from pricing.catalogue.models import ProductCard
from pricing.quote import assortment, supplier_day
from pricing.selling.explain import explain_assortment
from pricing.selling.minimums import shortfall
from pricing.selling.models import AssortmentRule, OrderMinimum, QuantityRule, SellingChange
from pricing.selling.packs import packs_for
from pricing.selling.rules import Pack
from pricing.selling.write import RuleRefused, remove_rules, save_rule
from pricing.terms.models import PriceList
from tests import factories
from tests.factories import World

Category = get_model("catalogue", "Category")
ProductCategory = get_model("catalogue", "ProductCategory")
Product = get_model("catalogue", "Product")

ALLOW, DENY = "allow", "deny"


@pytest.fixture
def shelf(world: World) -> dict[str, Any]:
    """Pan in Cookware > Pans, pot in Cookware, knife in Knives; pan and pot are Ferro's; Alpine is in the group A."""
    cookware = Category.add_root(name="Cookware")
    pans = cookware.add_child(name="Pans")
    knives = Category.add_root(name="Knives")
    for product, category in ((world.pan, pans), (world.pot, cookware), (world.knife, knives)):
        ProductCategory.objects.create(product=product, category=category)
    ProductCard.objects.filter(product__in=(world.pan, world.pot)).update(brand="Ferro")
    group = DealerGroup.objects.create(code="A", name="A dealers")
    Dealer.objects.filter(pk=world.alpine.pk).update(group=group)
    return {"cookware": cookware, "pans": pans, "knives": knives, "group": group}


def fresh(dealer: Dealer) -> Dealer:
    """The dealer as the next request reads it."""
    return Dealer.objects.get(pk=dealer.pk)


def seen(dealer: Dealer) -> set[str]:
    """The SKUs a dealer may see."""
    return set(assortment(fresh(dealer)).values_list("upc", flat=True))


def rule(effect: str, **place: Any) -> AssortmentRule:
    """An assortment rule."""
    return AssortmentRule.objects.create(effect=effect, **place)


PAN, POT, KNIFE = "PAN-24", "POT-5L", "KNIFE-8"


def test_without_rules_a_dealer_sees_what_is_priced_and_the_sql_is_the_same(world: World) -> None:
    assert seen(world.alpine) == {PAN, POT, KNIFE}
    assert "selling" not in str(assortment(world.alpine).query)


def test_a_denied_brand_is_gone_for_the_group_alone(world: World, shelf: dict[str, Any]) -> None:
    rule(DENY, group=shelf["group"], brand="Ferro")

    assert seen(world.alpine) == {KNIFE}
    assert seen(world.bergen) == {PAN, POT}


def test_a_denied_category_takes_all_below_it(world: World, shelf: dict[str, Any]) -> None:
    rule(DENY, category=shelf["cookware"])

    assert seen(world.alpine) == {KNIFE}
    assert seen(world.bergen) == set()


def test_once_something_is_allowed_by_name_nothing_else_is_seen(world: World, shelf: dict[str, Any]) -> None:
    rule(ALLOW, dealer=world.alpine, category=shelf["pans"])

    assert seen(world.alpine) == {PAN}
    assert seen(world.bergen) == {PAN, POT}


def test_a_product_beats_its_category_and_a_near_scope_a_far_one(world: World, shelf: dict[str, Any]) -> None:
    rule(DENY, brand="Ferro")
    rule(ALLOW, group=shelf["group"])
    rule(DENY, dealer=world.alpine, product=world.pot)

    assert seen(world.alpine) == {PAN, KNIFE}
    assert seen(world.bergen) == set()


def test_a_deep_category_beats_the_one_above(world: World, shelf: dict[str, Any]) -> None:
    rule(DENY, category=shelf["cookware"])
    rule(ALLOW, category=shelf["pans"])

    assert seen(world.alpine) == {PAN}


def test_rules_hold_on_their_days(world: World) -> None:
    today = supplier_day(timezone.now())
    rule(DENY, product=world.pan, valid_to=today - timedelta(days=1))
    rule(DENY, product=world.pot, valid_from=today + timedelta(days=1))
    rule(DENY, product=world.knife, valid_from=today, valid_to=today)

    assert seen(world.alpine) == {PAN, POT}
    tomorrow = timezone.now() + timedelta(days=1)
    assert set(assortment(fresh(world.alpine), tomorrow).values_list("upc", flat=True)) == {PAN, KNIFE}


def test_a_variant_is_where_its_model_is_and_of_its_brand(world: World, shelf: dict[str, Any]) -> None:
    model = Product.objects.create(
        structure=Product.PARENT, title="Wok", slug="wok", product_class=world.pan.product_class
    )
    ProductCard.objects.create(product=model, brand="Ferro")
    ProductCategory.objects.create(product=model, category=shelf["knives"])
    ProductCategory.objects.filter(product=world.pan).delete()
    Product.objects.filter(pk=world.pan.pk).update(structure=Product.CHILD, parent=model, product_class=None)
    ProductCard.objects.filter(product=world.pan).update(brand="")

    brand = rule(DENY, brand="Ferro")
    assert PAN not in seen(world.alpine)
    brand.delete()
    rule(DENY, category=shelf["knives"])
    assert seen(world.alpine) == {POT}


def test_the_database_decides_as_the_rules_one_by_one(world: World, shelf: dict[str, Any]) -> None:
    """Every product against random sets of rules, decided by the database and by `explain`, one by one."""
    chance = Random(7)
    scopes: list[dict[str, Any]] = [{"dealer": world.alpine}, {"group": shelf["group"]}, {}]
    targets: list[dict[str, Any]] = [
        {"product": world.pan},
        {"product": world.pot},
        {"category": shelf["cookware"]},
        {"category": shelf["pans"]},
        {"brand": "Ferro"},
        {},
    ]
    places = list(cartesian(scopes, targets))
    products = list(Product.objects.filter(upc__isnull=False))
    for _round in range(40):
        AssortmentRule.objects.all().delete()
        for scope, target in chance.sample(places, chance.randint(1, 7)):
            rule(chance.choice((ALLOW, DENY)), **scope, **target)
        dealer = fresh(world.alpine)
        day = supplier_day(timezone.now())
        by_rules = {each.upc for each in products if explain_assortment(dealer, each, day).visible}
        assert seen(world.alpine) == by_rules, [(str(r.scope), r.level, r.effect) for r in AssortmentRule.objects.all()]


def test_the_rules_are_asked_once_for_a_request_and_cost_nothing_more(world: World) -> None:
    rule(DENY, brand="Nobody's")
    dealer = fresh(world.alpine)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        list(assortment(dealer))
        list(assortment(dealer))
        packs_for(dealer, [world.pan.pk], cards={})
    assert len(queries) == 3


def packs(world: World, dealer: Dealer) -> dict[str, tuple[int, int, int | None]]:
    """`SKU → (minimum, multiple, maximum)`."""
    products = {each.pk: each.upc for each in (world.pan, world.pot, world.knife)}
    found = packs_for(fresh(dealer), list(products))
    return {products[pk]: (pack.minimum, pack.multiple, pack.maximum) for pk, pack in found.items()}


def test_without_rules_the_card_rules_and_known_cards_cost_no_statement(world: World) -> None:
    assert packs(world, world.alpine) == {PAN: (1, 1, None), POT: (6, 6, None), KNIFE: (1, 1, None)}
    dealer = fresh(world.alpine)
    list(assortment(dealer))
    with CaptureQueriesContext(connection) as queries:
        assert packs_for(dealer, [world.pot.pk], cards={world.pot.pk: (6, 6)}) == {world.pot.pk: Pack(6, 6)}
    assert len(queries) == 0


def test_quantity_rules_are_resolved_field_by_field_from_the_database(world: World, shelf: dict[str, Any]) -> None:
    QuantityRule.objects.create(minimum=2, maximum=50)
    QuantityRule.objects.create(category=shelf["cookware"], multiple=4)
    QuantityRule.objects.create(category=shelf["pans"], multiple=5)
    QuantityRule.objects.create(group=shelf["group"], brand="Ferro", minimum=10)
    QuantityRule.objects.create(dealer=world.alpine, product=world.knife, minimum=3)

    assert packs(world, world.alpine) == {PAN: (10, 5, 50), POT: (12, 4, 48), KNIFE: (3, 1, 50)}
    assert packs(world, world.bergen) == {PAN: (5, 5, 50), POT: (4, 4, 48), KNIFE: (2, 1, 50)}


def test_quantity_rules_hold_on_their_days(world: World) -> None:
    today = supplier_day(timezone.now())
    QuantityRule.objects.create(product=world.pan, minimum=5, valid_to=today - timedelta(days=1))
    QuantityRule.objects.create(product=world.knife, minimum=5, valid_from=today + timedelta(days=1))

    assert packs(world, world.alpine)[PAN] == (1, 1, None)
    assert packs(world, world.alpine)[KNIFE] == (1, 1, None)


@pytest.mark.parametrize("count", [1, 200])
def test_packs_cost_one_statement_for_any_number(world: World, shelf: dict[str, Any], count: int) -> None:
    QuantityRule.objects.create(category=shelf["cookware"], multiple=4)
    QuantityRule.objects.create(brand="Ferro", minimum=4)
    many = [factories.make_product(f"SKU-{number}", f"Thing {number}").pk for number in range(count)]
    dealer = fresh(world.alpine)
    list(assortment(dealer))

    with CaptureQueriesContext(connection) as queries:
        assert len(packs_for(dealer, many)) == count
    assert len(queries) == 1


def test_the_nearest_order_minimum_in_the_dealers_currency_holds(world: World, shelf: dict[str, Any]) -> None:
    OrderMinimum.objects.create(currency="EUR", amount=Decimal("100.00"))
    OrderMinimum.objects.create(currency="USD", amount=Decimal("9999.00"), dealer=world.alpine)
    OrderMinimum.objects.create(currency="EUR", amount=Decimal("250.00"), group=shelf["group"], mode="warn")

    alpine, bergen = fresh(world.alpine), fresh(world.bergen)
    short = shortfall(alpine, Decimal("240.50"))
    assert short is not None
    assert (short.minimum, short.missing, short.refuses) == (Decimal("250.00"), Decimal("9.50"), False)
    assert shortfall(alpine, Decimal("250.00")) is None
    other = shortfall(bergen, Decimal("99.99"))
    assert other is not None
    assert other.refuses
    OrderMinimum.objects.create(currency="EUR", amount=Decimal(0), dealer=bergen)
    assert shortfall(bergen, Decimal("1.00")) is None


def test_every_change_of_a_rule_is_recorded_once(world: World, shelf: dict[str, Any]) -> None:
    made = QuantityRule(dealer=world.alpine, category=shelf["pans"], minimum=6)
    save_rule(made, by=world.ada)
    same = QuantityRule.objects.get(pk=made.pk)
    assert save_rule(same, by=world.ada) is None
    same.minimum = 12
    save_rule(same, by=world.ada)
    assert remove_rules("quantity", [made.pk], by=world.fay) == 1
    assert remove_rules("quantity", [made.pk], by=world.fay) == 0

    told = [(each.by, each.old.get("minimum", ""), each.new.get("minimum", "")) for each in SellingChange.objects.all()]
    assert told == [(world.fay, "12", ""), (world.ada, "6", "12"), (world.ada, "", "6")]
    newest = SellingChange.objects.first()
    assert newest is not None
    assert newest.old["category"] == "Cookware > Pans"
    assert newest.dealer_number == "D-ALPINE"


def test_a_rule_without_any_quantity_and_a_second_one_for_a_place_are_refused(world: World) -> None:
    with pytest.raises(RuleRefused) as why:
        save_rule(QuantityRule(minimum=10, maximum=5), by=world.ada)
    assert why.value.field == "maximum"
    save_rule(QuantityRule(minimum=10), by=world.ada)
    with pytest.raises(RuleRefused, match="already"):
        save_rule(QuantityRule(minimum=11), by=world.ada)
    assert QuantityRule.objects.count() == 1
    assert PriceList.objects.exists()
