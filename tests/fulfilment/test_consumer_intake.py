"""Consumer orders from files: whole orders or none, every refused row named."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from fulfilment.consumer.intake import ConsumerOrdersIntake
from fulfilment.consumer.models import Channel, ConsumerContact, ConsumerOrder
from portal.imports.jobs import run_job
from portal.imports.mapping import read_mapping
from portal.imports.models import ImportJob
from portal.imports.running import Source, run_here
from tests.factories import World
from tests.fulfilment.consumer_samples import make_channel, make_place
from tests.intakes import counts, problems, rows, take

ROW = {
    "channel": "webshop", "number": "F-1", "placed_at": "2026-05-04 10:30", "sku": "PAN-24", "quantity": "2",
    "gross": "70.00", "discount_supplier": "10.20", "freight": "4.90", "name": "Erika Muster",
    "address_line1": "Ackerstr. 1", "postal_code": "10115", "city": "Berlin", "country": "Germany",
}  # fmt: skip


def row_of(number: str, **changes: str) -> dict[str, str]:
    """A further row of an order."""
    row = {"channel": "webshop", "number": number, "placed_at": "2026-05-04 10:30", "sku": "PAN-24", "quantity": "1"}
    return row | {"gross": "1.00"} | changes


@pytest.fixture
def channel(world: World) -> Channel:
    make_place()
    return make_channel()


def test_rows_of_one_order_make_one_order(channel: Channel, world: World) -> None:
    second = {
        "channel": "webshop",
        "number": "F-1",
        "placed_at": "2026-05-04 10:30",
        "sku": "KNIFE-8",
        "quantity": "1",
        "gross": "35",
    }
    outcome = take(ConsumerOrdersIntake, ROW, second, ROW | {"number": "F-2"}, by=world.ada)
    assert (counts(outcome), outcome.problems) == ((3, 0, 0, 0), ())
    order = ConsumerOrder.objects.get(external_number="F-1")
    assert (order.total, order.line_count, order.source, order.received_by) == (Decimal("99.70"), 2, "file", world.ada)
    assert ConsumerContact.objects.get(order=order).address_line1 == "Ackerstr. 1"
    assert "Erika" not in str(outcome.differences)


def test_the_same_file_again_changes_nothing(channel: Channel) -> None:
    take(ConsumerOrdersIntake, ROW)
    assert counts(take(ConsumerOrdersIntake, ROW)) == (0, 0, 1, 0)
    assert problems(take(ConsumerOrdersIntake, ROW | {"quantity": "3"})) == [(2, "number")]
    assert ConsumerOrder.objects.get().lines.get().quantity == 2


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"quantity": "0"}, "quantity"),
        ({"gross": "-1"}, "gross"),
        ({"gross": "abc"}, "gross"),
        ({"sku": "NOPE"}, "sku"),
        ({"channel": "nowhere"}, "channel"),
        ({"paid": "1.00"}, "paid"),
        ({"total": "1.00"}, "total"),
        ({"country": "Atlantis"}, "country"),
        ({"name": ""}, "name"),
        ({"method": "drone"}, "method"),
        ({"number": "a/b"}, "number"),
        ({"latitude": "52"}, "longitude"),
    ],
)
def test_a_bad_row_refuses_its_order_and_no_other(channel: Channel, changes: dict[str, str], where: str) -> None:
    bad = ROW | changes
    third = {name: bad[name] for name in ("channel", "number", "placed_at")} | {
        "sku": "PAN-24",
        "quantity": "1",
        "gross": "1",
    }
    outcome = take(ConsumerOrdersIntake, ROW | {"number": "GOOD"}, bad, third)
    assert [order.external_number for order in ConsumerOrder.objects.all()] == ["GOOD"]
    assert (3, where) in problems(outcome)
    assert {row for row, _field in problems(outcome)} == {3, 4}, "both rows of the order are named"


def test_rows_that_disagree_about_the_order_are_refused(channel: Channel) -> None:
    outcome = take(ConsumerOrdersIntake, ROW, ROW | {"city": "Hamburg", "freight": "9.90"})
    assert problems(outcome) == [(3, "freight"), (3, "city"), (2, "number")]
    assert ConsumerOrder.objects.count() == 0


def test_an_order_that_begins_again_later_in_the_file_is_refused(channel: Channel) -> None:
    intake = ConsumerOrdersIntake()
    intake.take(rows(ROW))
    later = intake.take([each.__class__(9, each.values) for each in rows(ROW)])
    assert problems(later) == [(9, "number")]


def test_a_batch_never_cuts_an_order(channel: Channel, tmp_path: Path) -> None:
    names = [
        "channel",
        "number",
        "placed_at",
        "sku",
        "quantity",
        "gross",
        "name",
        "address_line1",
        "postal_code",
        "country",
    ]
    lines = [",".join(names)]
    for order in range(4):
        row = [
            "webshop",
            f"F-{order}",
            "2026-05-04 10:30",
            "PAN-24",
            "1",
            "1.00",
            "Erika",
            "Ackerstr. 1",
            "10115",
            "DE",
        ]
        lines += [",".join(row)] * 400
    path = tmp_path / "orders.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    mapping = read_mapping("consumer_orders", {"columns": {name: name for name in names}})
    totals = run_here(Source(path, "orders.csv", mapping))
    assert (totals.created, totals.refused, totals.read) == (1600, 0, 1600)
    assert list(ConsumerOrder.objects.values_list("line_count", flat=True)) == [400] * 4


def test_orders_of_a_file_cost_no_further_statements(channel: Channel) -> None:
    costs = []
    for count in (1, 80):
        values: list[Any] = [ROW | {"number": f"{count}-{index}"} for index in range(count)]
        with CaptureQueriesContext(connection) as queries:
            assert not take(ConsumerOrdersIntake, *values).problems
        costs.append(len(queries))
    assert costs[0] == costs[1]


def test_what_a_file_would_do_is_shown_before_it_is_written(channel: Channel, world: World, as_user: Any) -> None:
    rows_of_file = [ROW, ROW | {"number": "F-2", "sku": "NOPE"}]
    content = "\n".join([",".join(ROW), *(",".join(row.values()) for row in rows_of_file)])
    job = ImportJob.objects.create(
        kind="consumer_orders",
        file=ContentFile(content.encode(), name="orders.csv"),
        file_name="orders.csv",
        mapping={"columns": {name: name for name in ROW}},
        state="queued",
        queued_at=timezone.now(),
        started_by=world.ada,
    )
    run_job(job.pk)
    job.refresh_from_db()
    assert (job.state, job.preview["created"], job.preview["refused"]) == ("confirm", 1, 1)
    assert ConsumerOrder.objects.count() == 0
    client = as_user(world.ada)
    page = client.get(reverse("console:import_job", args=[job.pk])).content.decode()
    assert "2 × PAN-24" in page
    assert "There is no product NOPE" in page
    client.post(reverse("console:import_confirm", args=[job.pk]), {"write": "1"})
    run_job(job.pk)
    job.refresh_from_db()
    assert (job.state, job.created, job.refused) == ("done", 1, 1)
    assert ConsumerOrder.objects.get().external_number == "F-1"
