"""The review queue and the list of all orders."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from fulfilment.ordering.models import DealerOrder, DealerOrderLine
from fulfilment.ordering.progress import acknowledge
from fulfilment.ordering.review import approve, reject
from tests.dealers.ledger_samples import invoice
from tests.erp_bridge.orders import placed
from tests.factories import World
from tests.portal.console_samples import many_orders, sheet_rows, text

REVIEW = "/console/review/"
ORDERS = "/console/orders/"


def test_the_queue_shows_the_oldest_first_with_credit_after_approval(world: World, as_user: Any) -> None:
    world.alpine.credit_limit = Decimal("2000.00")
    world.alpine.save()
    first, second = placed(world), placed(world, {world.pan: 1}, po_number="PO-2")
    page = text(as_user(world.rita), REVIEW)
    assert page.index(first.number) < page.index(second.number)
    assert "520.25 EUR" in page
    assert "26 %" in page


def test_a_rep_sees_only_their_dealers_orders(world: World, as_user: Any) -> None:
    ours, theirs = placed(world), placed(world, {world.pan: 1}, by=world.bob)
    for url in (REVIEW, ORDERS):
        page = text(as_user(world.rita), url)
        assert ours.number in page
        assert theirs.number not in page
        both = text(as_user(world.ada), url)
        assert ours.number in both
        assert theirs.number in both


def test_cautions_name_what_to_look_at(world: World, as_user: Any) -> None:
    world.alpine.credit_limit = Decimal("100.00")
    world.alpine.save()
    for quantity in (1, 2):
        approve(placed(world, {world.pan: quantity}, po_number=f"A-{quantity}").pk, by=world.ada, note="ok")
    placed(world, {world.pan: 40}, note="Please hurry", po_number="A-1")
    page = text(as_user(world.rita), REVIEW)
    for word in ("Over credit", "Unusual quantity", "PAN-24: 40 ordered, usually 2", "PO number used before", "Note"):
        assert word in page, word
    assert "First order of the outlet" not in page


def test_what_a_dealer_should_have_paid_is_named_in_the_queue(world: World, as_user: Any) -> None:
    placed(world)
    placed(world, {world.pan: 1}, by=world.bob)
    invoice("I1", world.alpine, "300.00")
    cautions = {row["order"].dealer.number: row["cautions"] for row in as_user(world.ada).get(REVIEW).context["rows"]}
    sentences = {number: [caution.sentence for caution in found] for number, found in cautions.items()}
    assert "300.00 EUR should have been paid by now." in sentences["D-ALPINE"]
    assert not any("should have been paid" in sentence for sentence in sentences["D-BERGEN"])


def test_the_first_order_of_an_outlet_is_marked(world: World, as_user: Any) -> None:
    placed(world)
    assert "First order of the outlet" in text(as_user(world.rita), REVIEW)


def test_an_empty_queue_teaches_the_next_step(world: World, as_user: Any) -> None:
    assert "Nothing waits for you" in text(as_user(world.rita), REVIEW)
    placed(world)
    assert "No order fits the filter" in text(as_user(world.rita), REVIEW, q="nowhere")


@pytest.mark.parametrize("search", ["PO-1", "pan-2", "alpine kit", "D-ALPINE"])
def test_search_finds_by_number_po_number_sku_and_dealer(world: World, as_user: Any, search: str) -> None:
    ours = placed(world)
    theirs = placed(world, {world.pot: 6}, by=world.bob, po_number="XX")
    page = text(as_user(world.ada), ORDERS, q=search)
    assert ours.number in page
    assert theirs.number not in page


def test_a_dealer_s_own_orders_are_one_link_away(world: World, as_user: Any) -> None:
    ours = placed(world)
    theirs = placed(world, {world.pot: 6}, by=world.bob, po_number="D-ALPINE")
    page = text(as_user(world.ada), ORDERS, dealer="D-ALPINE")
    assert ours.number in page
    assert theirs.number not in page
    assert '<input type="hidden" name="dealer" value="D-ALPINE"' in page
    assert theirs.number not in text(as_user(world.rita), ORDERS, dealer="D-BERGEN")


def test_tabs_count_the_filtered_orders_by_state(world: World, as_user: Any) -> None:
    placed(world)
    rejected = reject(placed(world, po_number="P2").pk, by=world.rita, reason="no")
    refused = approve(placed(world, po_number="P3").pk, by=world.rita)
    acknowledge(refused.number, accepted=False, note="Unknown customer")
    response = as_user(world.ada).get(ORDERS, {"tab": "erp_refused"})
    counts = {str(tab["label"]): tab["count"] for tab in response.context["tabs"]}
    assert (counts["All"], counts["In review"], counts["Rejected"], counts["Refused by the ERP"]) == (3, 1, 1, 1)
    page = response.content.decode()
    assert refused.number in page
    assert rejected.number not in page


def test_dates_are_the_supplier_s_days_and_a_reversed_period_is_refused(world: World, as_user: Any) -> None:
    order = placed(world)
    DealerOrder.objects.update(placed_at="2026-03-01T17:00:00Z")
    client = as_user(world.ada)
    assert order.number in text(client, ORDERS, since="2026-03-02", until="2026-03-02")
    assert order.number not in text(client, ORDERS, since="2026-03-01", until="2026-03-01")
    page = text(client, ORDERS, since="2026-03-03", until="2026-03-01")
    assert "The last day lies before the first." in page
    assert order.number not in page


@pytest.mark.parametrize("broken", ["\x00", "%", "'\"><script>alert(1)</script>", "a" * 101])
def test_hostile_searches_find_nothing_and_break_nothing(world: World, as_user: Any, broken: str) -> None:
    order = placed(world)
    page = text(as_user(world.ada), ORDERS, q=broken)
    assert "<script>alert(1)" not in page
    assert order.number not in page


def test_paging_walks_there_and_back_without_gaps(world: World, as_user: Any) -> None:
    everything = [order.number for order in many_orders(world, 120)]
    client, url, seen, pages, urls = as_user(world.ada), REVIEW, [], [], []
    while url:
        urls.append(url)
        page = client.get(url).context["page"]
        pages.append([order.number for order in page.rows])
        seen += pages[-1]
        url = page.next_url and REVIEW + page.next_url
    assert seen == everything
    last = client.get(urls[2]).context["page"]
    back = client.get(REVIEW + last.previous_url).context["page"]
    assert [order.number for order in back.rows] == pages[1]


def test_a_page_holds_its_place_when_its_last_order_was_decided(world: World, as_user: Any) -> None:
    orders = many_orders(world, 60)
    client = as_user(world.ada)
    following = client.get(REVIEW).context["page"].next_url
    approve(orders[49].pk, by=world.ada, note="ok")
    assert [order.number for order in client.get(REVIEW + following).context["page"].rows] == [
        order.number for order in orders[50:]
    ]


@pytest.mark.parametrize("place", ["x", "-1", "9" * 30, "999999999"])
def test_an_unknown_place_gives_the_first_page(world: World, as_user: Any, place: str) -> None:
    order = placed(world)
    assert order.number in text(as_user(world.ada), ORDERS, after=place)


@pytest.mark.parametrize(("url", "limit"), [(REVIEW, 14), (ORDERS, 12)])
def test_queries_do_not_grow_with_the_orders(world: World, as_user: Any, url: str, limit: int) -> None:
    orders = many_orders(world, 200)
    client, counts = as_user(world.ada), []
    client.get(url)
    for placed_since in (orders[190].placed_at, orders[0].placed_at):
        DealerOrder.objects.filter(placed_at__gte=placed_since).update(state="review")
        DealerOrder.objects.filter(placed_at__lt=placed_since).update(state="finished")
        with CaptureQueriesContext(connection) as queries:
            client.get(url)
        counts.append(len(queries))
    assert counts[0] == counts[1] <= limit


def test_the_export_holds_the_filtered_orders_as_typed_cells(world: World, as_user: Any) -> None:
    order = placed(world, note="=HYPERLINK(1)", po_number="=1+1")
    reject(placed(world, po_number="P2").pk, by=world.rita, reason="no")
    rows = sheet_rows(as_user(world.ada).get("/console/orders/export.xlsx", {"tab": "review"}))
    assert len(rows) == 2
    row = dict(zip(rows[0], rows[1], strict=True))
    assert row["Order"] == order.number
    assert row["PO number"] == "=1+1"
    assert Decimal(str(row["Total"])) == Decimal("520.25")
    assert row["State"] == "In review"


def test_the_export_holds_only_what_the_user_may_see(world: World, as_user: Any) -> None:
    placed(world, {world.pan: 1}, by=world.bob)
    assert len(sheet_rows(as_user(world.rita).get("/console/orders/export.xlsx"))) == 1


def test_the_lists_read_in_chinese(world: World, as_user: Any) -> None:
    client = as_user(world.ada)
    client.cookies["django_language"] = "zh-hans"
    world.alpine.name_zh = "阿尔卑斯厨具"
    world.alpine.save()
    placed(world)
    assert "阿尔卑斯厨具" in text(client, ORDERS)


def test_old_orders_wait_in_days(world: World, as_user: Any) -> None:
    order = placed(world)
    DealerOrder.objects.update(placed_at=order.placed_at - timedelta(days=3))
    figures = as_user(world.rita).get(REVIEW).context["figures"]
    assert [figure["value"] for figure in figures] == [1, "3 days", "520.25"]


def test_nobody_who_is_not_staff_reads_the_lists(world: World, as_user: Any, client: Any) -> None:
    for url in (REVIEW, ORDERS, reverse("console:orders_export"), reverse("console:home")):
        assert as_user(world.alice).get(url).status_code == 403
        assert client.get(url).status_code == 302
    assert as_user(world.fay).get(REVIEW).status_code == 403
    assert DealerOrderLine.objects.count() == 0
