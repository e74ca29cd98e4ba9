"""Who changed which price when: written by the database, whoever writes the price."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.db.models import F

from pricing.terms.audit import FILLING, PriceChange, acting
from pricing.terms.models import Price, PriceList
from tests.factories import World

pytestmark = pytest.mark.django_db


@pytest.fixture
def wholesale(world: World) -> PriceList:
    return PriceList.objects.get(code="WHOLESALE")


def recorded(after: int) -> list[tuple[Any, ...]]:
    """What was recorded since, oldest first."""
    found = PriceChange.objects.filter(pk__gt=after).order_by("pk")
    return list(found.values_list("sku", "old_price", "new_price", "old_valid_to", "new_valid_to"))


def last() -> int:
    return PriceChange.objects.values_list("pk", flat=True).first() or 0


def test_new_changed_and_deleted_prices_are_recorded_with_who_and_how(world: World, wholesale: PriceList) -> None:
    before, end = last(), date(2030, 1, 1)

    with acting(world.ada, "console"):
        made = Price.objects.create(price_list=wholesale, product=world.pan, min_quantity=77, price="5")
        Price.objects.filter(pk=made.pk).update(price="6", valid_to=end)
    Price.objects.filter(pk=made.pk).delete()

    new, changed, gone = PriceChange.objects.filter(pk__gt=before).order_by("pk")
    assert recorded(before) == [
        ("PAN-24", None, Decimal(5), None, None),
        ("PAN-24", Decimal(5), Decimal(6), None, end),
        ("PAN-24", Decimal(6), None, end, None),
    ]
    assert (new.by, new.by_name, new.source, new.list_code) == (world.ada, str(world.ada), "console", "WHOLESALE")
    assert (changed.by, gone.by, gone.source) == (world.ada, None, "database")


def test_what_is_written_as_it_was_is_no_change(wholesale: PriceList) -> None:
    before = last()

    Price.objects.filter(price_list=wholesale).update(price=F("price"))

    assert recorded(before) == []


def test_a_price_that_moves_ends_at_one_place_and_starts_at_another(world: World, wholesale: PriceList) -> None:
    price = Price.objects.create(price_list=wholesale, product=world.pan, min_quantity=77, price="5")
    before = last()

    Price.objects.filter(pk=price.pk).update(min_quantity=78)

    found = PriceChange.objects.filter(pk__gt=before).order_by("old_price")
    assert {(each.min_quantity, each.old_price, each.new_price) for each in found} == {
        (77, Decimal(5), None),
        (78, None, Decimal(5)),
    }


def test_the_first_filling_of_a_list_is_one_row_and_later_ones_are_told_price_by_price(world: World) -> None:
    new = PriceList.objects.create(code="NEW", name="New", currency="EUR")

    def fill(start: int, many: int) -> None:
        Price.objects.bulk_create(
            Price(price_list=new, product=world.pan, min_quantity=start + n, price="5") for n in range(many)
        )

    fill(1, FILLING + 1)
    filled = new.changes.get()
    assert (filled.product_id, filled.prices, filled.new_price) == (None, FILLING + 1, None)
    fill(5000, FILLING + 1)
    assert new.changes.count() == FILLING + 2


def test_the_inner_actor_counts_until_it_ends(world: World, wholesale: PriceList) -> None:
    before = last()

    with acting(world.ada, "import:7"):
        with acting(None, "derived"):
            Price.objects.create(price_list=wholesale, product=world.pan, min_quantity=71, price="5")
        Price.objects.create(price_list=wholesale, product=world.pan, min_quantity=72, price="5")

    found = PriceChange.objects.filter(pk__gt=before).order_by("pk")
    assert list(found.values_list("source", "by_name")) == [("derived", ""), ("import:7", str(world.ada))]


@pytest.mark.parametrize("sql", ["UPDATE {} SET by_name = 'me'", "DELETE FROM {}"])
def test_the_record_only_grows(wholesale: PriceList, sql: str) -> None:
    assert PriceChange.objects.exists()

    with pytest.raises(DatabaseError, match="only grows"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql.format(PriceChange._meta.db_table))


def test_the_record_outlives_the_list(world: World) -> None:
    short = PriceList.objects.create(code="SHORT", name="Short", currency="EUR")
    Price.objects.create(price_list=short, product=world.pan, price="5")

    short.delete()

    assert list(PriceChange.objects.filter(list_code="SHORT").values_list("old_price", "new_price")) == [
        (Decimal(5), None),
        (None, Decimal(5)),
    ]
