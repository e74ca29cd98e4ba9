"""The fairness report: what dealers got against their entitlement, and how they dealt with it."""

from __future__ import annotations

import io
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook

from fulfilment.allocation import held, offers, routing
from fulfilment.allocation.models import Allocation, ConsumerContract, Offer, OfferState
from tests.factories import make_user
from tests.fulfilment.allocation_world import AllocationWorld, make_allocation_world, of, place_order

pytestmark = pytest.mark.django_db


@pytest.fixture
def shops() -> AllocationWorld:
    shops = make_allocation_world(3, stock=4)
    for shop, share in zip(shops.shops, (50, 30, 20), strict=True):
        ConsumerContract.objects.filter(dealer=shop.dealer).update(entitlement=Decimal(share))
    return shops


@pytest.fixture
def dora(shops: AllocationWorld, as_user: Any) -> Client:
    return as_user(shops.staff)


def offered(shops: AllocationWorld, number: str, quantity: int = 1) -> Offer:
    order = place_order(shops, number, of("A", quantity))
    assert routing.allocate(order.pk)
    return Offer.objects.get(order=order, state=OfferState.SENT)


def accepted(shops: AllocationWorld, number: str, quantity: int = 1) -> Allocation:
    offer = offered(shops, number, quantity)
    user = next(shop.user for shop in shops.shops if shop.dealer.pk == offer.dealer_id)
    offers.accept(offer.pk, by=user)
    return Allocation.objects.get(offer=offer)


def report(client: Client, query: str = "") -> dict[str, Any]:
    answer = client.get(reverse("console:fairness") + query)
    return {row["row"].number: row["row"] for row in answer.context["rows"]}


def test_units_stand_against_entitlements(shops: AllocationWorld, dora: Client) -> None:
    accepted(shops, "W-1", 3)
    accepted(shops, "W-2", 2)
    rows = report(dora)
    first, second, third = rows["S-1"], rows["S-2"], rows["S-3"]
    assert (first.units, first.share, first.index) == (3, Decimal("60.0"), Decimal("120.0"))
    assert (second.units, second.share, second.index) == (2, Decimal("40.0"), Decimal("133.3"))
    assert (third.units, third.index) == (0, Decimal("0.0"))
    assert first.paid == Decimal("3297.00")


def test_answers_and_promises_are_counted(shops: AllocationWorld, dora: Client) -> None:
    allocation = accepted(shops, "W-1")
    boss = shops.shops[0].user
    held.send(allocation.pk, [line.pk for line in allocation.lines.all()], by=boss)
    Offer.objects.filter(pk=allocation.pk).update(
        sent_at=timezone.now() - timedelta(minutes=30), answered_at=timezone.now(), ship_by=timezone.now()
    )
    Allocation.objects.update(sent_at=timezone.now() + timedelta(minutes=1))
    offers.decline(offered(shops, "W-2").pk, by=boss, reason="price")
    first = report(dora)["S-1"]
    assert (first.asked, first.accepted, first.sent, first.on_time) == (2, Decimal("50.0"), 1, Decimal("0.0"))
    assert first.answer is not None


def test_withdrawn_offers_count_against_nobody(shops: AllocationWorld, dora: Client) -> None:
    offers.withdraw(offered(shops, "W-1").pk, by=shops.staff)
    assert report(dora)["S-1"].accepted is None


def test_who_left_is_counted_and_gets_nothing(shops: AllocationWorld, dora: Client) -> None:
    allocation = accepted(shops, "W-1")
    request = held.request_unclaim(allocation.pk, by=shops.shops[0].user, reason="other", note="")
    held.decide_unclaim(request.pk, by=shops.staff, granted=True)
    first = report(dora)["S-1"]
    assert (first.left, first.units) == (1, 0)


def test_another_period_holds_other_orders(shops: AllocationWorld, dora: Client) -> None:
    accepted(shops, "W-1")
    assert report(dora, "?until=2020-01-31")["S-1"].units == 0
    assert report(dora, "?since=2026-02-02&until=2026-02-01") == {}


@pytest.mark.parametrize(
    ("query", "order"),
    [
        ("?sort=name", ["S-1", "S-2", "S-3"]),
        ("?sort=-name", ["S-3", "S-2", "S-1"]),
        ("?sort=entitlement", ["S-3", "S-2", "S-1"]),
        ("?sort=rubbish", ["S-1", "S-2", "S-3"]),
        ("?q=shop+2", ["S-2"]),
    ],
)
def test_it_sorts_and_filters(shops: AllocationWorld, dora: Client, query: str, order: list[str]) -> None:
    accepted(shops, "W-1")
    assert list(report(dora, query)) == order


def test_pages_follow_one_another(shops: AllocationWorld, dora: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("portal.console.desk_fairness.PAGE_SIZE", 2)
    first = dora.get(reverse("console:fairness") + "?sort=name")
    assert [row["row"].number for row in first.context["rows"]] == ["S-1", "S-2"]
    second = dora.get(reverse("console:fairness") + first.context["next_url"])
    assert [row["row"].number for row in second.context["rows"]] == ["S-3"]
    assert second.context["previous_url"] == "?sort=name"


@pytest.mark.parametrize("count", [1, 9])
def test_the_report_costs_the_same_for_many_dealers(as_user: Any, count: int, django_assert_num_queries: Any) -> None:
    shops = make_allocation_world(count)
    accepted(shops, "W-1")
    dora = as_user(shops.staff)
    report(dora)
    with django_assert_num_queries(8):
        assert len(report(dora)) == count


def test_the_excel_has_every_dealer(shops: AllocationWorld, dora: Client) -> None:
    answer = dora.get(reverse("console:fairness_export"))
    rows = list(load_workbook(io.BytesIO(b"".join(answer.streaming_content))).active.values)
    assert [row[0] for row in rows[1:]] == ["S-1", "S-2", "S-3"]


def test_finance_reads_it_and_reps_do_not(shops: AllocationWorld, as_user: Any) -> None:
    for role, status in (("finance", 200), ("sales_rep", 403)):
        client = as_user(make_user(f"{role}@roles.example", "X", staff_role=role))
        assert client.get(reverse("console:fairness")).status_code == status
