"""PostgreSQL itself keeps the ledger: whoever asks, by whatever way."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from dealers.ledger.data import LineData
from dealers.ledger.models import AccountDocument, DocumentLine, Journal, Posting, Settlement
from tests.dealers.ledger_samples import DAY, invoice, payment
from tests.factories import World, make_world

MODELS = (Journal, Posting, AccountDocument, DocumentLine, Settlement)


@pytest.fixture
def booked(world: World) -> World:
    line = LineData(1, "Pan", Decimal(1), Decimal(100), Decimal(100))
    invoice("I-1", world.alpine, "100", lines=(line,))
    payment("P-1", world.alpine, "100", settlements=(("I-1", Decimal(40)),))
    return world


def resave(model: Any) -> None:
    model.objects.order_by("pk").first().save()


def update_all(model: Any) -> None:
    name = next(field.name for field in model._meta.concrete_fields if not field.primary_key)
    model.objects.update(**{name: model.objects.values_list(name, flat=True)[0]})


def bulk_update(model: Any) -> None:
    name = next(field.name for field in model._meta.concrete_fields if not field.primary_key)
    model.objects.bulk_update(list(model.objects.all()), [name])


def delete_one(model: Any) -> None:
    found = model.objects.order_by("pk").first()
    model.objects.filter(pk=found.pk)._raw_delete(using="default")


def raw_update(model: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE {model._meta.db_table} SET id = id")


def raw_delete(model: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {model._meta.db_table}")


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
@pytest.mark.parametrize("change", [resave, update_all, bulk_update, delete_one, raw_update, raw_delete])
def test_no_row_changes_or_goes(booked: World, model: Any, change: Callable[[Any], None]) -> None:
    before = list(model.objects.order_by("pk").values())

    with pytest.raises(DatabaseError, match="only grows"), transaction.atomic():
        change(model)

    assert before
    assert list(model.objects.order_by("pk").values()) == before


def journal_with(*amounts: str) -> None:
    journal = Journal.objects.create(source_kind="test", source_key="t", date=DAY, currency="EUR")
    Posting.objects.bulk_create(Posting(journal=journal, account="bank", amount=Decimal(a)) for a in amounts)


@pytest.mark.parametrize("amounts", [(), ("5",), ("5", "-4.99"), ("5", "5", "-10.01")], ids=str)
def test_a_journal_that_does_not_sum_to_zero_is_refused_at_commit(committed_db: None, amounts: tuple[str, ...]) -> None:
    with pytest.raises(DatabaseError, match="not to zero"), transaction.atomic():
        journal_with(*amounts)

    assert not Journal.objects.exists()


def test_a_journal_that_sums_to_zero_is_kept(committed_db: None) -> None:
    with transaction.atomic():
        journal_with("5", "-4.99", "-0.01")

    assert Posting.objects.count() == 3


def add_by_orm(journal: Journal) -> None:
    Posting.objects.create(journal=journal, account="bank", amount=1)


def add_in_bulk(journal: Journal) -> None:
    Posting.objects.bulk_create(Posting(journal=journal, account="bank", amount=amount) for amount in (1, -1))


def add_by_sql(journal: Journal) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO dealers_ledger_posting (journal_id, account, amount) VALUES (%s, 'bank', 1)", [journal.pk]
        )


@pytest.mark.parametrize("add", [add_by_orm, add_in_bulk, add_by_sql])
def test_nothing_is_added_to_a_journal_of_an_earlier_transaction(
    committed_db: None, add: Callable[[Journal], None]
) -> None:
    posted = invoice("I-1", make_world().alpine, "100")

    with pytest.raises(DatabaseError, match="transaction that made its journal"), transaction.atomic():
        add(posted.journal)

    assert posted.journal.postings.count() == 2
