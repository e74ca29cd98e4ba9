"""The allocation desk: its queues and filters, and many orders acted on at once."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook

from fulfilment.allocation import held, offers, routing
from fulfilment.allocation.models import Allocation, LeftLine, Offer
from fulfilment.consumer.models import ConsumerOrder
from fulfilment.stock.models import StockShortfall
from portal.console import desk_jobs
from portal.sourcing import deskwork
from portal.sourcing.models import DeskJob
from tests.factories import make_product, make_user
from tests.fulfilment.allocation_world import AllocationWorld, make_allocation_world, of, place_order
from tests.fulfilment.outlet_samples import stock_at
from tests.portal.console_consumer_samples import lost_order

pytestmark = pytest.mark.django_db


@pytest.fixture
def shops() -> AllocationWorld:
    make_product("PAN-24", "What lost orders are of")
    return make_allocation_world(3)


@pytest.fixture
def dora(shops: AllocationWorld, as_user: Any) -> Client:
    return as_user(shops.staff)


def decided(shops: AllocationWorld, number: str, *lines: Any, **more: Any) -> ConsumerOrder:
    order = place_order(shops, number, *lines, **more)
    assert routing.allocate(order.pk)
    return order


def accepted(shops: AllocationWorld, number: str) -> ConsumerOrder:
    order = decided(shops, number)
    offers.accept(Offer.objects.get(order=order).pk, by=shops.shops[0].user)
    return order


def desk(client: Client, query: str = "") -> Any:
    return client.get(reverse("console:desk") + query)


def numbers(answer: Any) -> list[str]:
    return [row["order"].external_number for row in answer.context["rows"]]


def counts(answer: Any) -> dict[str, int]:
    return {str(tab["label"]): tab["count"] for tab in answer.context["tabs"]}


def test_each_order_stands_in_its_queue(shops: AllocationWorld, dora: Client) -> None:
    place_order(shops, "NEW")
    decided(shops, "OFFERED")
    decided(shops, "BACKLOG", of("A", 99, paid="99999.00"))
    accepted(shops, "DEALER")
    Offer.objects.update(ship_by=timezone.now() + timedelta(hours=1))
    lost_order(shops.channel)
    assert counts(desk(dora)) == {"New": 1, "Offered": 1, "Backlog": 1, "Exceptions": 1, "With dealers": 1}
    found = {queue: numbers(desk(dora, f"?queue={queue}")) for queue in ("new", "offered", "backlog", "dealers")}
    assert found == {"new": ["NEW"], "offered": ["OFFERED"], "backlog": ["BACKLOG"], "dealers": ["DEALER"]}
    assert "No outlet is left that may take it" in desk(dora, "?queue=backlog").content.decode()


def test_the_desk_opens_where_something_waits_for_a_person(shops: AllocationWorld, dora: Client) -> None:
    assert desk(dora).context["queue"] == "new"
    decided(shops, "BACKLOG", of("A", 99, paid="99999.00"))
    decided(shops, "OFFERED")
    opened = desk(dora)
    assert (opened.context["queue"], numbers(opened)) == ("backlog", ["BACKLOG"])
    assert "queue=backlog" in opened.context["query"], "and what is done to the whole list is done to this one"
    assert desk(dora, "?queue=new").context["queue"] == "new"


def test_exceptions_say_what_is_wrong(shops: AllocationWorld, dora: Client) -> None:
    lost_order(shops.channel)
    late, leaving, short = accepted(shops, "LATE"), accepted(shops, "LEAVING"), accepted(shops, "SHORT")
    Offer.objects.filter(order__in=[leaving, short]).update(ship_by=timezone.now() + timedelta(hours=1))
    Offer.objects.filter(order=late).update(ship_by=timezone.now() - timedelta(hours=1))
    held.request_unclaim(Allocation.objects.get(order=leaving).pk, by=shops.shops[0].user, reason="other", note="")
    assert dict(wrong_of(dora)) == {
        "LOST": ["Address not found"],
        "LATE": ["Overdue to ship"],
        "LEAVING": ["Dealer asks to leave"],
    }
    stock = stock_at(shops.key(1, "A"))
    StockShortfall.objects.create(stock=stock, quantity=1, at=timezone.now(), why="feed")
    assert dict(wrong_of(dora))["SHORT"] == ["Stock short"]
    assert numbers(desk(dora, "?queue=exceptions&kind=unclaim")) == ["LEAVING"]


def wrong_of(client: Client) -> list[tuple[str, list[str]]]:
    rows = desk(client, "?queue=exceptions").context["rows"]
    return [(row["order"].external_number, [str(word) for word in row["wrong"]]) for row in rows]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["W-1", "W-2"]),
        ("&q=w-2", ["W-2"]),
        ("&area=101", ["W-1", "W-2"]),
        ("&area=2", []),
        ("&dealer=shop+1", ["W-1", "W-2"]),
        ("&dealer=S-3", []),
        ("&promised=2026-01-31", ["W-2"]),
        ("&promised=rubbish", []),
    ],
)
def test_queues_are_narrowed(shops: AllocationWorld, dora: Client, query: str, found: list[str]) -> None:
    decided(shops, "W-1")
    decided(shops, "W-2")
    ConsumerOrder.objects.filter(external_number="W-2").update(promised_on="2026-01-31")
    assert numbers(desk(dora, f"?queue=offered{query}")) == found


@pytest.mark.parametrize("count", [1, 12])
def test_the_desk_costs_the_same_for_many(as_user: Any, count: int, django_assert_num_queries: Any) -> None:
    shops = make_allocation_world(2, stock=100)
    for number in range(count):
        accepted(shops, f"W-{number}")
    dora = as_user(shops.staff)
    desk(dora, "?queue=dealers")
    with django_assert_num_queries(14):
        assert len(numbers(desk(dora, "?queue=dealers"))) == count


def test_finance_looks_and_reps_do_not(shops: AllocationWorld, as_user: Any) -> None:
    decided(shops, "W-1")
    fay = as_user(make_user("f@supplier.example", "Fay", staff_role="finance"))
    assert "Route again…" not in desk(fay, "?queue=offered").content.decode()
    assert fay.post(reverse("console:desk_start")).status_code == 403
    assert desk(as_user(make_user("r@supplier.example", "Rita", staff_role="sales_rep"))).status_code == 403


def confirmed(client: Client, verb: str, orders: list[ConsumerOrder], **more: Any) -> Any:
    body = {"verb": verb, "order": [order.pk for order in orders], "query": "queue=offered", **more}
    return client.post(reverse("console:desk_confirm"), body)


def started(client: Client, asked: Any, note: str = "Because") -> Any:
    body = {name: asked.context["form"].initial[name] for name in ("verb", "orders", "key")}
    return client.post(reverse("console:desk_start"), body | {"note": note}, follow=True)


def test_a_few_orders_are_done_at_once_and_told_one_by_one(shops: AllocationWorld, dora: Client) -> None:
    open_one, with_dealer = decided(shops, "W-1"), accepted(shops, "W-2")
    asked = confirmed(dora, "warehouse", [open_one, with_dealer])
    assert "Give 2 orders to the warehouse" in asked.content.decode()
    assert not LeftLine.objects.exists()
    done = started(dora, asked)
    job = DeskJob.objects.get()
    assert (job.state, job.done, job.refused) == ("done", 2, 1)
    assert "Nothing of this order is open any more." in done.content.decode()
    assert LeftLine.objects.get().order == open_one


def test_a_job_needs_a_reason_and_is_asked_once(shops: AllocationWorld, dora: Client) -> None:
    asked = confirmed(dora, "cancel", [decided(shops, "W-1")])
    assert started(dora, asked, note="").status_code == 422
    started(dora, asked)
    started(dora, asked)
    assert DeskJob.objects.count() == 1


def test_the_whole_list_is_taken_as_it_is_filtered(shops: AllocationWorld, dora: Client) -> None:
    decided(shops, "W-1")
    decided(shops, "V-1")
    asked = confirmed(dora, "reroute", [], all="1", query="queue=offered&q=W-")
    assert [order.external_number for order in asked.context["named"]] == ["W-1"]


def test_nothing_chosen_is_said(shops: AllocationWorld, dora: Client) -> None:
    assert confirmed(dora, "reroute", [])["Location"] == reverse("console:desk") + "?queue=offered"


def test_many_orders_are_left_to_the_worker(
    shops: AllocationWorld, dora: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    woken: list[int] = []
    monkeypatch.setattr(desk_jobs, "AT_ONCE", 1)
    monkeypatch.setattr(desk_jobs, "wake_desk_job", woken.append)
    page = started(dora, confirmed(dora, "reroute", [decided(shops, "W-1"), decided(shops, "W-2")]))
    job = DeskJob.objects.get()
    assert (woken, job.state) == ([job.pk], "queued")
    assert "every 2s" in page.content.decode()
    deskwork.run(job.pk)
    panel = dora.get(reverse("console:desk_job_progress", args=[job.pk]))
    assert panel["HX-Refresh"] == "true"
    assert list(job.items.values_list("state", "message")) == [("done", "Goes to 1 dealer.")] * 2
    content = b"".join(dora.get(reverse("console:desk_job_export", args=[job.pk])).streaming_content)
    assert len(list(load_workbook(io.BytesIO(content)).active.values)) == 3


def test_a_stopped_job_leaves_the_rest_as_it_is(shops: AllocationWorld, dora: Client) -> None:
    order = decided(shops, "W-1")
    job, _new = deskwork.ask("cancel", [order.pk], note="x", by=shops.staff, key=uuid4())
    dora.post(reverse("console:desk_job_stop", args=[job.pk]))
    deskwork.run(job.pk)
    order.refresh_from_db()
    assert order.state == "offered"
    assert "1 order was left as it is." in dora.get(reverse("console:desk_job", args=[job.pk])).content.decode()


def test_a_job_taken_up_again_does_no_order_twice(shops: AllocationWorld) -> None:
    order = decided(shops, "W-1")
    job, _new = deskwork.ask("reroute", [order.pk], note="x", by=shops.staff, key=uuid4())
    deskwork.run(job.pk)
    DeskJob.objects.update(state="queued")
    deskwork.run(job.pk)
    assert Offer.objects.filter(order=order).count() == 2


@pytest.mark.parametrize("page", ["desk_job", "desk_job_progress", "desk_job_export"])
def test_a_job_that_is_not_there(dora: Client, page: str) -> None:
    assert dora.get(reverse(f"console:{page}", args=[999_999])).status_code == 404
