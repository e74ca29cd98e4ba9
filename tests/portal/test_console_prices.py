"""Price lists in the console, their export, and “check a price”."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from portal.console.price_check import explain
from pricing.quote import supplier_day
from pricing.terms.intake import PricesIntake
from pricing.terms.models import Price, PriceList
from tests import factories
from tests.factories import World
from tests.intakes import counts, take
from tests.portal.console_samples import sheet_rows, text

LISTS = "/console/prices/"
WHOLESALE = f"{LISTS}WHOLESALE/"
CHECK = f"{LISTS}check/"


def today() -> date:
    return supplier_day(timezone.now())


def imported(value: Any) -> Any:
    """A cell as the reader of uploaded tables gives it."""
    if isinstance(value, datetime):
        return value.date()
    return Decimal(str(value)) if isinstance(value, float | int) else value


def test_lists_count_what_holds_today_and_name_the_next_change(world: World, as_user: Any) -> None:
    wholesale = PriceList.objects.get(code="WHOLESALE")
    soon = today() + timedelta(days=9)
    factories.set_price(wholesale, world.pan, "21.00", valid_from=soon)
    factories.set_price(wholesale, world.pot, "1.00", valid_to=today() - timedelta(days=1), valid_from=date(2020, 1, 1))
    lists = {found.code: found for found in as_user(world.rita).get(LISTS).context["lists"]}
    found = lists["WHOLESALE"]
    assert (found.price_count, found.dealer_count, found.next_change) == (3, 2, soon)
    assert lists["ALPINE"].next_change is None


def test_a_price_s_state_is_what_holds_today(world: World, as_user: Any) -> None:
    wholesale = PriceList.objects.get(code="WHOLESALE")
    now = today()
    factories.set_price(wholesale, world.knife, "1.00", valid_from=date(2020, 1, 1), valid_to=now - timedelta(days=1))
    factories.set_price(wholesale, world.knife, "2.00", valid_from=date(2021, 1, 1))
    factories.set_price(wholesale, world.knife, "3.00", valid_from=now)
    factories.set_price(wholesale, world.knife, "4.00", valid_from=now + timedelta(days=1))
    response = as_user(world.fay).get(WHOLESALE, {"q": "KNIFE"})
    states = {str(row["price"].price): str(row["word"]) for row in response.context["rows"]}
    assert states == {"1.0000": "Expired", "2.0000": "Superseded", "3.0000": "Current", "4.0000": "Future"}
    only = as_user(world.fay).get(WHOLESALE, {"state": "future"}).context["rows"]
    assert [str(row["price"].price) for row in only] == ["4.0000"]


def test_names_are_in_the_reader_s_language(world: World, as_user: Any) -> None:
    client = as_user(world.ada)
    client.cookies["django_language"] = "zh-hans"
    assert "平底锅24厘米" in text(client, WHOLESALE)
    assert "平底锅24厘米" in text(client, WHOLESALE, q="平底")


def test_queries_do_not_grow_with_the_prices(world: World, as_user: Any) -> None:
    wholesale = PriceList.objects.get(code="WHOLESALE")
    client, queried = as_user(world.ada), []
    for more in (10, 200):
        for number in range(more):
            factories.set_price(wholesale, factories.make_product(f"X{more}-{number:03d}", "Thing"), "1.00")
        with CaptureQueriesContext(connection) as queries:
            client.get(WHOLESALE)
        queried.append(len(queries))
    assert queried[0] == queried[1] <= 10


def test_the_export_is_in_the_importer_s_columns_and_every_digit(world: World, as_user: Any) -> None:
    special = PriceList.objects.get(code="ALPINE")
    factories.set_price(special, world.pan, "12.3456", min_quantity=5, valid_from=date(2026, 1, 2))
    rows = sheet_rows(as_user(world.rita).get(f"{LISTS}ALPINE/export.xlsx"))
    assert rows[0] == (
        "price_list", "price_list_name", "sku", "min_quantity", "price", "currency", "valid_from", "valid_to"
    )  # fmt: skip
    assert [(row[2], row[3], Decimal(str(row[4])), row[5]) for row in rows[1:]] == [
        ("KNIFE-8", 1, Decimal("33.3333"), "EUR"),
        ("PAN-24", 5, Decimal("12.3456"), "EUR"),
    ]
    assert rows[2][6].date() == date(2026, 1, 2)


def test_the_export_imported_again_changes_nothing(world: World, as_user: Any) -> None:
    wholesale = PriceList.objects.get(code="WHOLESALE")
    factories.set_price(wholesale, world.knife, "3.1416", valid_from=date(2026, 1, 2), valid_to=date(2026, 12, 31))
    before = list(Price.objects.filter(price_list=wholesale).order_by("pk").values())
    names, *rows = sheet_rows(as_user(world.ada).get(f"{WHOLESALE}export.xlsx"))
    outcome = take(PricesIntake, *(dict(zip(names, map(imported, row), strict=True)) for row in rows))
    assert counts(outcome) == (0, 0, len(before), 0)
    assert list(Price.objects.filter(price_list=wholesale).order_by("pk").values()) == before


def test_the_nearest_list_rules_and_the_others_say_why(world: World) -> None:
    special, wholesale = PriceList.objects.get(code="ALPINE"), PriceList.objects.get(code="WHOLESALE")
    dollars = PriceList.objects.create(code="USD", name="Dollars", currency="USD")
    factories.give_list(world.alpine, dollars, 3)
    factories.set_price(special, world.pan, "15.00", min_quantity=50)
    few = explain(world.alpine, world.pan, 10, today())
    assert (few.line.unit_price, few.line.list_code) == (Decimal("18.5000"), "WHOLESALE")
    assert [(verdict.price_list.code, verdict.rules) for verdict in few.verdicts] == [
        ("ALPINE", False),
        ("WHOLESALE", True),
        ("USD", False),
    ]
    assert "start at a quantity of 50" in few.verdicts[0].why
    assert "The tier from 10 holds." in few.verdicts[1].why
    assert "Another currency" in few.verdicts[2].why
    many = explain(world.alpine, world.pan, 50, today())
    assert (many.line.list_code, many.verdicts[0].rules) == ("ALPINE", True)
    assert many.verdicts[1].why == "Not asked: a list before it rules."
    Price.objects.filter(price_list=wholesale).update(valid_from=today() + timedelta(days=1))
    none = explain(world.alpine, world.pan, 1, today())
    assert none.line.unit_price is None
    assert none.verdicts[1].why == "It has no price for this SKU on that day."


def test_the_check_answers_for_another_day(world: World, as_user: Any) -> None:
    wholesale = PriceList.objects.get(code="WHOLESALE")
    factories.set_price(wholesale, world.pot, "50.00", valid_from=date(2030, 1, 1))
    client = as_user(world.rita)
    query = {"dealer": "d-alpine", "sku": "pot-5l", "quantity": "6"}
    assert "45.90" in text(client, CHECK, **query)
    assert "300.00" in text(client, CHECK, **query, day="2030-01-01")


def test_a_product_nobody_sees_is_said(world: World, as_user: Any) -> None:
    world.pot.is_public = False
    world.pot.save()
    assert "hidden or discontinued" in text(as_user(world.rita), CHECK, dealer="D-ALPINE", sku="POT-5L", quantity="6")


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"dealer": "nobody", "sku": "PAN-24", "quantity": "1"}, "dealer"),
        ({"dealer": "D-ALPINE", "sku": "nothing", "quantity": "1"}, "sku"),
        ({"dealer": "D-ALPINE", "sku": "PAN-24", "quantity": "0"}, "quantity"),
        ({"dealer": "D-ALPINE", "sku": "PAN-24", "quantity": "1", "day": "tomorrow"}, "day"),
        ({"dealer": "\x00", "sku": "\x00", "quantity": "1"}, "dealer"),
    ],
)
def test_what_cannot_be_checked_is_said_at_the_field(
    world: World, as_user: Any, query: dict[str, str], field: str
) -> None:
    response = as_user(world.ada).get(CHECK, query)
    assert response.status_code == 200
    assert field in response.context["form"].errors


def test_a_rep_cannot_check_another_rep_s_dealer(world: World, as_user: Any) -> None:
    response = as_user(world.sam).get(CHECK, {"dealer": "D-ALPINE", "sku": "PAN-24", "quantity": "1"})
    assert "dealer" in response.context["form"].errors
    assert "Alpine Kitchens" not in response.content.decode()


def test_dealers_people_see_no_price_lists(world: World, as_user: Any) -> None:
    for url in (LISTS, WHOLESALE, CHECK, f"{WHOLESALE}export.xlsx"):
        assert as_user(world.alice).get(url).status_code == 403
    assert as_user(world.ada).get(f"{LISTS}NOTHING/").status_code == 404
