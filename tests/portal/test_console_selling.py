"""Selling rules in the console: lists, the form with its record, and the explanation."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from oscar.core.loading import get_model

from dealers.accounts.models import DealerGroup
from pricing.catalogue.models import ProductCard
from pricing.selling.models import AssortmentRule, FreightRule, OrderMinimum, QuantityRule, SellingChange
from tests import factories
from tests.factories import World

Category = get_model("catalogue", "Category")
ProductCategory = get_model("catalogue", "ProductCategory")
KINDS = ("assortment", "quantity", "minimum", "freight")
ASSORTMENT, QUANTITY, MINIMUM, FREIGHT = (f"/console/selling/{kind}/" for kind in KINDS)
PREVIEW = "/console/selling/preview/"


@pytest.fixture
def ada(world: World, as_user: Any) -> Client:
    return as_user(world.ada)


def whom(response: Any) -> list[str]:
    """For whom the listed rules are."""
    return [row.whom for row in response.context["rows"]]


def test_rules_are_added_changed_and_removed_with_a_record(world: World, ada: Client) -> None:
    ProductCard.objects.filter(product=world.pan).update(brand="Ferro")
    ada.post(f"{ASSORTMENT}add/", {"dealer": "d-alpine", "brand": "ferro", "effect": "deny"})
    rule = AssortmentRule.objects.get()
    assert (rule.dealer, rule.brand, rule.effect) == (world.alpine, "Ferro", "deny")
    seen = SellingChange.objects.latest("pk").pk
    ada.post(f"{ASSORTMENT}{rule.pk}/", {"product": "PAN-24", "effect": "allow", "seen": seen})
    rule.refresh_from_db()
    assert (rule.dealer, rule.brand, rule.product, rule.effect) == (None, "", world.pan, "allow")
    page = ada.get(f"{ASSORTMENT}{rule.pk}/").content.decode()
    assert "D-ALPINE" in page
    assert "Ada Test" in page
    ada.post(f"{ASSORTMENT}{rule.pk}/remove/")
    ada.post(f"{ASSORTMENT}{rule.pk}/remove/")
    assert not AssortmentRule.objects.exists()
    assert [each.by for each in SellingChange.objects.all()] == [world.ada] * 3


@pytest.mark.parametrize(
    ("url", "sent", "field"),
    [
        (ASSORTMENT, {"dealer": "D-NOBODY", "effect": "deny"}, "dealer"),
        (ASSORTMENT, {"product": "PAN-24", "brand": "Ferro", "effect": "deny"}, "brand"),
        (ASSORTMENT, {"product": "NONE", "effect": "deny"}, "product"),
        (ASSORTMENT, {"effect": "perhaps"}, "effect"),
        (ASSORTMENT, {"effect": "deny", "valid_from": "2026-02-02", "valid_to": "2026-02-01"}, "valid_to"),
        (QUANTITY, {"dealer": "D-ALPINE"}, "minimum"),
        (QUANTITY, {"minimum": "10", "maximum": "5"}, "maximum"),
        (QUANTITY, {"minimum": "0"}, "minimum"),
        (QUANTITY, {"multiple": "-3"}, "multiple"),
        (MINIMUM, {"amount": "-1", "currency": "EUR", "mode": "refuse"}, "amount"),
        (MINIMUM, {"amount": "10", "currency": "XXX", "mode": "refuse"}, "currency"),
        (FREIGHT, {"charge": "-1", "currency": "EUR"}, "charge"),
        (FREIGHT, {"charge": "9", "free_from": "0", "currency": "EUR"}, "free_from"),
        (FREIGHT, {"charge": "9", "currency": "EUR", "valid_from": "2026-02-02", "valid_to": "2026-02-01"}, "valid_to"),
    ],
)
def test_what_makes_no_sense_is_refused_at_its_field(
    world: World, ada: Client, url: str, sent: dict[str, str], field: str
) -> None:
    ProductCard.objects.filter(product=world.pan).update(brand="Ferro")
    response = ada.post(f"{url}add/", sent)
    assert response.status_code == 422
    assert field in response.context["form"].errors
    assert not SellingChange.objects.exists()


def test_freight_is_kept_with_a_record_and_read_by_reps(world: World, ada: Client, as_user: Any) -> None:
    assert "Orders are sent without a charge." in ada.get(FREIGHT).content.decode()
    sent = {"charge": "25", "free_from": "500", "currency": "EUR", "valid_from": "2026-01-01"}
    ada.post(f"{FREIGHT}add/", sent)
    rule = FreightRule.objects.get()
    assert (rule.charge, rule.free_from, rule.currency) == (Decimal("25.00"), Decimal("500.00"), "EUR")
    assert "already" in ada.post(f"{FREIGHT}add/", sent).content.decode()
    page = as_user(world.rita).get(FREIGHT).content.decode()
    assert "25.00 EUR an order, free from 500.00 EUR" in page
    assert as_user(world.rita).post(f"{FREIGHT}add/", sent).status_code in (403, 404)
    ada.post(f"{FREIGHT}{rule.pk}/", sent | {"charge": "30", "seen": SellingChange.objects.get().pk})
    page = ada.get(f"{FREIGHT}{rule.pk}/").content.decode()
    assert "30.00" in page
    ada.post(f"{FREIGHT}{rule.pk}/remove/")
    assert [(each.kind, each.by) for each in SellingChange.objects.all()] == [("freight", world.ada)] * 3


def test_a_second_rule_for_a_place_and_a_change_of_what_another_changed_are_refused(world: World, ada: Client) -> None:
    ada.post(f"{QUANTITY}add/", {"minimum": "5"})
    assert "already" in ada.post(f"{QUANTITY}add/", {"minimum": "6"}).content.decode()
    rule = QuantityRule.objects.get()
    seen = SellingChange.objects.get().pk
    ada.post(f"{QUANTITY}{rule.pk}/", {"minimum": "7", "seen": seen})
    late = ada.post(f"{QUANTITY}{rule.pk}/", {"minimum": "8", "seen": seen})
    assert late.status_code == 422
    assert "while you had the page open" in late.content.decode()
    rule.refresh_from_db()
    assert rule.minimum == 7


def test_a_rep_reads_the_rules_of_their_dealers_and_changes_none(world: World, as_user: Any) -> None:
    group = DealerGroup.objects.create(code="A", name="A dealers")
    for place in ({"dealer": world.alpine}, {"dealer": world.bergen}, {"group": group}, {}):
        QuantityRule.objects.create(minimum=5, **place)
    rita = as_user(world.rita)
    assert whom(rita.get(QUANTITY)) == ["Everybody", "A dealers", "Alpine Kitchens"]
    theirs = QuantityRule.objects.get(dealer=world.bergen)
    own = QuantityRule.objects.get(dealer=world.alpine)
    assert rita.get(f"{QUANTITY}{theirs.pk}/").status_code == 404
    assert rita.get(f"{QUANTITY}{own.pk}/").status_code == 200
    assert rita.post(f"{QUANTITY}{own.pk}/", {"minimum": "9"}).status_code in (403, 404)
    assert rita.post(f"{QUANTITY}{own.pk}/remove/").status_code in (403, 404)
    assert QuantityRule.objects.filter(minimum=5).count() == 4
    assert as_user(world.alice).get(QUANTITY).status_code in (403, 404)


def test_rules_are_found_by_dealer_scope_and_state(world: World, ada: Client) -> None:
    AssortmentRule.objects.create(dealer=world.alpine, product=world.pan, effect="deny")
    AssortmentRule.objects.create(dealer=world.bergen, product=world.pan, effect="deny", valid_to="2020-01-01")
    AssortmentRule.objects.create(product=world.knife, effect="deny")
    assert whom(ada.get(ASSORTMENT, {"q": "alpine"})) == ["Alpine Kitchens"]
    assert whom(ada.get(ASSORTMENT, {"q": "KNIFE"})) == ["Everybody"]
    assert whom(ada.get(ASSORTMENT, {"scope": "everybody"})) == ["Everybody"]
    assert whom(ada.get(ASSORTMENT, {"state": "expired"})) == ["Bergen Cooking"]
    assert ada.get(ASSORTMENT, {"q": "nothing like it"}).status_code == 200
    assert ada.get("/console/selling/other/").status_code == 404


def test_statements_do_not_grow_with_the_rules(world: World, ada: Client) -> None:
    category = Category.add_root(name="Cookware")
    counted = []
    for more in (3, 40):
        for number in range(more):
            product = factories.make_product(f"S{more}-{number}", "Thing")
            AssortmentRule.objects.create(dealer=world.alpine, product=product, effect="deny")
        category.add_child(name=f"More {more}")
        with CaptureQueriesContext(connection) as queries:
            ada.get(ASSORTMENT)
        counted.append(len(queries))
    assert counted[0] == counted[1]


def test_the_preview_names_the_rule_that_decides(world: World, ada: Client) -> None:
    category = Category.add_root(name="Cookware")
    ProductCategory.objects.create(product=world.pan, category=category)
    denied = AssortmentRule.objects.create(dealer=world.alpine, category=category, effect="deny")
    AssortmentRule.objects.create(product=world.pan, effect="allow")
    QuantityRule.objects.create(category=category, minimum=5, maximum=50)
    OrderMinimum.objects.create(currency="EUR", amount=Decimal("100.00"))

    response = ada.get(PREVIEW, {"dealer": "D-ALPINE", "sku": "pan-24"})

    context = response.context
    assert (context["visible"], context["priced"]) == (False, True)
    assert [row.rule for row in context["deciding"]] == [denied]
    assert len(context["others"]) == 1
    assert [each["value"] for each in context["pack"]] == [5, 1, 50]
    html = response.content.decode()
    assert "Sees 0 products" in html
    assert "orders below 100.00 EUR are refused" in html


def test_the_preview_of_a_stranger_does_not_exist_for_a_rep(world: World, as_user: Any) -> None:
    form = as_user(world.rita).get(PREVIEW, {"dealer": "D-BERGEN"}).context["form"]
    assert "dealer" in form.errors
