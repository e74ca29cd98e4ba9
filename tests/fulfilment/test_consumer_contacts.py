"""Consumers' personal data: few may see it, and it goes when its time is over."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.utils import timezone

from fulfilment.consumer.commands import cancel
from fulfilment.consumer.contacts import FIELDS, contact_for, remove_overdue
from fulfilment.consumer.models import Channel, ConsumerContact, ConsumerOrder, ConsumerStep, WebhookDelivery
from portal.api import tasks
from portal.imports.models import ImportJob
from tests.factories import World
from tests.fulfilment.consumer_samples import make_channel, make_place, order_data, taken


@pytest.fixture
def channel(world: World) -> Channel:
    make_place()
    return make_channel(keep_days=30)


def moved(order: ConsumerOrder, days: int) -> datetime:
    """The order last moved so many days ago."""
    at = timezone.now() - timedelta(days=days)
    ConsumerOrder.objects.filter(pk=order.pk).update(state_at=at)
    return at


def personal(order: ConsumerOrder) -> str:
    contact = ConsumerContact.objects.get(order=order)
    return "".join(getattr(contact, name) for name in FIELDS)


def test_only_administrators_see_the_consumer(channel: Channel, world: World) -> None:
    order = taken(channel)
    assert contact_for(order, world.ada) is not None
    for person in (world.fay, world.rita, world.alice, world.bob, world.alpine_administrator):
        assert contact_for(order, person) is None
    world.ada.is_active = False
    assert contact_for(order, world.ada) is None


def test_personal_data_goes_when_its_time_is_over(channel: Channel, world: World) -> None:
    old, young = taken(channel, order_data("OLD")), taken(channel, order_data("YOUNG"))
    moved(old, 31)
    moved(young, 29)
    tasks.remove_contacts()
    assert personal(old) == ""
    assert "Erika" in personal(young)
    contact = contact_for(old, world.ada)
    assert contact is not None
    assert contact.removed_at is not None
    assert ConsumerStep.objects.filter(order=old).last().note == "contact-removed"
    assert (old.postal_code, old.lines.count()) == ("10115", 1)


def test_the_time_starts_with_the_last_move(channel: Channel) -> None:
    order = taken(channel)
    moved(order, 31)
    cancel(channel, order.external_number, expected_version=1)
    assert remove_overdue() == 0


def test_each_channel_has_its_own_time(channel: Channel) -> None:
    other = make_channel("other", keep_days=90)
    for each in (channel, other):
        moved(taken(each), 31)
    assert remove_overdue() == 1
    assert remove_overdue() == 0


def test_webhooks_that_are_settled_are_emptied(channel: Channel) -> None:
    at = timezone.now() - timedelta(days=31)
    for index, state in enumerate(("taken", "ignored", "dismissed", "exception", "stored")):
        WebhookDelivery.objects.create(
            channel=channel, body=b"Erika", body_sha256=str(index), state=state, received_at=at, settled_at=at
        )
    remove_overdue()
    kept = WebhookDelivery.objects.filter(body_removed_at=None)
    assert sorted(kept.values_list("state", flat=True)) == ["exception", "stored"]
    assert {bytes(each.body) for each in WebhookDelivery.objects.exclude(body_removed_at=None)} == {b""}


def test_uploaded_files_go_too(channel: Channel) -> None:
    jobs = [
        ImportJob.objects.create(
            kind="consumer_orders",
            state="done",
            file=ContentFile(b"Erika", "orders.csv"),
            file_name="orders.csv",
            created_at=timezone.now() - timedelta(days=days),
        )
        for days in (31, 29)
    ]
    paths = [Path(job.file.path) for job in jobs]
    tasks.remove_contacts()
    assert [path.exists() for path in paths] == [False, True]
    jobs[0].refresh_from_db()
    assert (jobs[0].file, jobs[0].file_name) == ("", "orders.csv")


def test_a_sweep_costs_the_same_for_many(channel: Channel, django_assert_num_queries: Any) -> None:
    for index in range(20):
        moved(taken(channel, order_data(f"W-{index}")), 40)
    with django_assert_num_queries(9):
        assert remove_overdue() == 20
