"""Dealer groups and formula lists in the console: saved, refused, and seen by the dealers they concern."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from oscar.core.loading import get_model

from dealers.accounts.models import DealerGroup
from pricing.quote import quote
from pricing.terms.models import FormulaRule, PriceList
from tests.factories import World

Category = get_model("catalogue", "Category")
ProductCategory = get_model("catalogue", "ProductCategory")
GROUPS, FORMULAS = "/console/groups/", "/console/formulas/"


def text(response: Any) -> str:
    """What the reader gets."""
    content: str = response.content.decode()
    return content


def rules(*rows: dict[str, Any], stored: int = 0) -> dict[str, Any]:
    """The rows of the rules as the form sends them."""
    sent: dict[str, Any] = {"rules-TOTAL_FORMS": len(rows), "rules-INITIAL_FORMS": stored}
    for place, row in enumerate(rows):
        sent |= {f"rules-{place}-{name}": value for name, value in row.items()}
    return sent


def formula(**values: Any) -> dict[str, Any]:
    """A new formula list on WHOLESALE."""
    base = PriceList.objects.get(code="WHOLESALE").pk
    given = {"code": "F-12", "name": "Twelve off", "base": base, "rounding_mode": "nearest", "is_active": "on"}
    return given | values


def test_a_group_is_made_and_its_dealer_buys_by_its_lists(world: World, as_user: Any) -> None:
    ada = as_user(world.ada)
    made = ada.post(f"{GROUPS}new/", {"code": "SILVER", "name": "Silver", "list": ["ALPINE", "WHOLESALE"]})
    assert made.url == f"{GROUPS}SILVER/"
    world.bergen.group = DealerGroup.objects.get()
    world.bergen.save()
    assert quote(world.bergen, [(world.knife.pk, 1)]).lines[0].unit_price == Decimal("33.3333")
    seen = ",".join(str(PriceList.objects.get(code=code).pk) for code in ("ALPINE", "WHOLESALE"))
    kept = {"name": "Silver", "list": ["WHOLESALE"], "seen": seen}
    assert "1 dealer buys by these lists" in text(ada.post(f"{GROUPS}SILVER/", kept))
    assert ada.post(f"{GROUPS}SILVER/", kept | {"confirmed": "1"}).status_code == 302
    assert quote(world.bergen, [(world.knife.pk, 1)]).lines[0].unit_price is None
    assert "WHOLESALE" in text(ada.get(GROUPS))


@pytest.mark.parametrize(("lists", "why"), [(["NOPE"], "no price list NOPE"), (["ALPINE"] * 2, "named twice")])
def test_lists_that_cannot_be_are_refused(world: World, as_user: Any, lists: list[str], why: str) -> None:
    answer = as_user(world.ada).post(f"{GROUPS}new/", {"code": "SILVER", "name": "Silver", "list": lists})
    assert answer.status_code == 422
    assert why in text(answer)
    assert not DealerGroup.objects.exists()


def test_a_formula_list_is_made_changed_and_its_prices_follow(world: World, as_user: Any) -> None:
    category = Category.add_root(name="Pans")
    ProductCategory.objects.create(product=world.pan, category=category)
    ada = as_user(world.ada)
    given = formula() | rules({"percent": "-12"}, {"category": category.pk, "percent": "-20", "amount": "0.5"}, {})
    assert ada.post(f"{FORMULAS}new/", given).url == f"{FORMULAS}F-12/"
    found = PriceList.objects.get(code="F-12")
    priced = dict(found.prices.filter(min_quantity=1).values_list("product__upc", "price"))
    assert priced == {"PAN-24": Decimal("16.5000"), "POT-5L": Decimal("40.3920")}
    changed = rules({"percent": "-10"}, {"category": category.pk, "percent": "-20", "DELETE": "on"}, stored=2)
    assert ada.post(f"{FORMULAS}F-12/", formula(rounding_step="0.5") | changed).status_code == 302
    priced = dict(found.prices.filter(min_quantity=1).values_list("product__upc", "price"))
    assert priced == {"PAN-24": Decimal("18.0000"), "POT-5L": Decimal("41.5000")}
    assert "-10" in ada.get(f"{FORMULAS}F-12/").content.decode()


@pytest.mark.parametrize(
    ("rows", "why"),
    [
        ([{"sku": "NOPE", "percent": "1"}], "no product with this SKU"),
        ([{"sku": "PAN-24", "brand": "Hearth", "percent": "1"}], "Give one of SKU"),
        ([{"brand": "Hearth"}], "Give a percentage"),
        ([{"percent": "-100"}], "99.999"),
        ([{"percent": "1"}, {"percent": "2"}], "Two rules"),
    ],
)
def test_rules_that_cannot_be_are_refused(world: World, as_user: Any, rows: list[dict[str, Any]], why: str) -> None:
    answer = as_user(world.ada).post(f"{FORMULAS}new/", formula() | rules(*rows))
    assert answer.status_code == 422
    assert why in text(answer)
    assert not FormulaRule.objects.exists()
    assert not PriceList.objects.filter(code="F-12").exists()


@pytest.mark.parametrize("who", ["rita", "fay", "alice"])
def test_only_administrators_change_groups_and_formulas(world: World, as_user: Any, who: str) -> None:
    client = as_user(getattr(world, who))
    for address in (f"{GROUPS}new/", f"{FORMULAS}new/"):
        assert client.get(address).status_code in (302, 403, 404)


def test_a_formula_that_moves_prices_far_is_asked_for_again(world: World, as_user: Any) -> None:
    ada = as_user(world.ada)
    assert ada.post(f"{FORMULAS}new/", formula() | rules({"percent": "-12"})).status_code == 302
    far = formula() | rules({"percent": "-60"}, stored=1)

    asked = text(ada.post(f"{FORMULAS}F-12/", far))

    assert "3 prices move by more than 30 %" in asked
    assert PriceList.objects.get(code="F-12").prices.get(product=world.pot).price == Decimal("40.3920")
    assert ada.post(f"{FORMULAS}F-12/", far | {"confirmed": "3"}).status_code == 302
    assert PriceList.objects.get(code="F-12").prices.get(product=world.pot).price == Decimal("18.3600")
