"""Deciding about one consumer order at the desk: its page, its decisions, and what a person does to its lines."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from fulfilment.allocation import held, offers, routing
from fulfilment.allocation.fates import fates
from fulfilment.allocation.models import Allocation, Decision, Offer, OfferState, UnclaimRequest
from fulfilment.consumer.models import ConsumerOrder
from fulfilment.consumer.states import Fate
from fulfilment.handover import pickup
from fulfilment.handover.models import PickupCode
from fulfilment.handover.refusals import HandoverRefused
from tests.factories import make_user
from tests.fulfilment.allocation_world import AllocationWorld, make_allocation_world, of, place_order
from tests.fulfilment.handover_samples import packed_pickup

pytestmark = pytest.mark.django_db


@pytest.fixture
def shops() -> AllocationWorld:
    return make_allocation_world(3)


@pytest.fixture
def dora(shops: AllocationWorld, as_user: Any) -> Client:
    return as_user(shops.staff)


def decided(shops: AllocationWorld, number: str = "W-1", *lines: Any, **more: Any) -> ConsumerOrder:
    order = place_order(shops, number, *lines, **more)
    assert routing.allocate(order.pk)
    order.refresh_from_db()
    return order


def url(name: str, pk: int) -> str:
    return reverse(f"console:{name}", args=[pk])


def page_of(client: Client, order: ConsumerOrder) -> str:
    return client.get(url("consumer_order", order.pk)).content.decode()


def act(client: Client, order: ConsumerOrder, what: str, **more: Any) -> Any:
    return client.post(url("consumer_lines", order.pk), {"act": what, "note": "Because", **more}, follow=True)


def fate_of(order: ConsumerOrder) -> list[Fate]:
    return list(fates(order.pk).values())


def test_the_page_says_where_each_line_is(shops: AllocationWorld, dora: Client) -> None:
    page = page_of(dora, decided(shops))
    assert "Shop 1" in page
    assert "Answer by" in page
    assert "not seen yet" in page


def test_finance_reads_and_may_not_decide(shops: AllocationWorld, as_user: Any) -> None:
    order = decided(shops)
    fay = as_user(make_user("f@supplier.example", "Fay", staff_role="finance"))
    page = page_of(fay, order)
    assert "Shop 1" in page
    assert "Route it again" not in page
    assert fay.post(url("consumer_lines", order.pk), {"act": "cancel", "note": "x"}).status_code == 403
    assert fay.get(url("consumer_decision", Decision.objects.get().pk)).status_code == 200


@pytest.mark.parametrize("count", [1, 40])
def test_the_page_costs_the_same_for_many_lines(
    shops: AllocationWorld, dora: Client, count: int, django_assert_num_queries: Any
) -> None:
    order = decided(shops, "W-1", *[of("C", 1, paid="100.00") for _line in range(count)][:count])
    page_of(dora, order)
    with django_assert_num_queries(15):
        page_of(dora, order)


def test_nothing_happens_without_a_reason(shops: AllocationWorld, dora: Client) -> None:
    order = decided(shops)
    answer = dora.post(url("consumer_lines", order.pk), {"act": "cancel", "note": " "})
    assert answer.status_code == 422
    assert "Say why." in answer.content.decode()
    assert fate_of(order) == [Fate.OFFERED]


def test_routing_again_passes_over_who_was_asked(shops: AllocationWorld, dora: Client) -> None:
    order = decided(shops)
    act(dora, order, "reroute")
    assert list(Offer.objects.order_by("pk").values_list("state", "dealer__number")) == [
        ("withdrawn", "S-1"),
        ("sent", "S-2"),
    ]


def test_an_offer_is_withdrawn_once(shops: AllocationWorld, dora: Client) -> None:
    order = decided(shops)
    offer = Offer.objects.get()
    assert "withdrawn" in dora.post(url("consumer_withdraw", offer.pk), follow=True).content.decode()
    offers_left = Offer.objects.filter(state=OfferState.SENT).count()
    assert (offers_left, fate_of(order)) == (0, [Fate.WAITING])


def test_a_withdrawal_that_comes_too_late_is_said(shops: AllocationWorld, dora: Client) -> None:
    decided(shops)
    offer = Offer.objects.get()
    offers.accept(offer.pk, by=shops.shops[0].user)
    assert "accepted already" in dora.post(url("consumer_withdraw", offer.pk), follow=True).content.decode()


def test_chosen_lines_go_to_the_warehouse_and_leave_it(shops: AllocationWorld, dora: Client) -> None:
    order = decided(shops, "W-1", of("A"), of("B"))
    first, second = order.lines.all()
    act(dora, order, "warehouse", line=[str(second.pk)])
    assert fates(order.pk)[second.pk] is Fate.SUPPLIER_WAREHOUSE
    assert fates(order.pk)[first.pk] is not Fate.SUPPLIER_WAREHOUSE
    act(dora, order, "sent", line=[str(second.pk)], note="")
    assert fates(order.pk)[second.pk] is Fate.COMPLETED


def test_cancelled_lines_are_nobodys(shops: AllocationWorld, dora: Client) -> None:
    order = decided(shops)
    answer = act(dora, order, "cancel")
    assert "1 line is cancelled." in answer.content.decode()
    order.refresh_from_db()
    assert (order.state, Offer.objects.get().state) == ("cancelled", OfferState.WITHDRAWN)


def test_lines_that_went_on_are_refused(shops: AllocationWorld, dora: Client) -> None:
    order = decided(shops)
    offers.accept(Offer.objects.get().pk, by=shops.shops[0].user)
    held.pack(Allocation.objects.get().pk, by=shops.shops[0].user)
    line = order.lines.get()
    answer = act(dora, order, "cancel", line=[str(line.pk)])
    assert "packed" in answer.content.decode()
    assert fate_of(order) == [Fate.ACCEPTED]


@pytest.mark.parametrize(("granted", "fate"), [("yes", Fate.WAITING), ("no", Fate.ACCEPTED)])
def test_a_request_to_leave_is_decided(shops: AllocationWorld, dora: Client, granted: str, fate: Fate) -> None:
    order = decided(shops)
    boss = shops.shops[0].user
    offers.accept(Offer.objects.get().pk, by=boss)
    held.request_unclaim(Allocation.objects.get().pk, by=boss, reason="capacity", note="Ill")
    request = UnclaimRequest.objects.get()
    assert "asks to leave this order" in page_of(dora, order)
    dora.post(url("consumer_unclaim", request.pk), {"granted": granted, "note": "Fine"})
    request.refresh_from_db()
    assert (request.granted, request.answer, fate_of(order)) == (granted == "yes", "Fine", [fate])


def test_a_pickup_code_is_made_and_shown_once(shops: AllocationWorld, dora: Client) -> None:
    allocation = packed_pickup(shops)
    order = allocation.order
    assert "The consumer has no code yet" in page_of(dora, order)
    shown = dora.post(url("consumer_pickup_code", allocation.pk))
    code = shown.context["told_code"]["code"]
    assert code in shown.content.decode()
    assert "no-store" in shown["Cache-Control"]
    later = page_of(dora, order)
    assert code not in later
    assert "A code was made" in later
    assert PickupCode.objects.get().issued_by == shops.staff
    seller = shops.shops[0]
    assert pickup.hand_over(seller.outlet.pk, code, by=seller.user).open_lines == 0
    assert 'id="pickups"' not in page_of(dora, order)


def test_a_new_pickup_code_ends_the_one_before_and_one_that_ran_out_is_told(
    shops: AllocationWorld, dora: Client
) -> None:
    allocation = packed_pickup(shops)
    first = pickup.issue(allocation.pk).code
    dora.post(url("consumer_pickup_code", allocation.pk))
    with pytest.raises(HandoverRefused):
        pickup.look_up(allocation.outlet_id, first, by=shops.shops[0].user)
    PickupCode.objects.update(expires_at=timezone.now() - timedelta(minutes=1))
    assert "The code ran out" in page_of(dora, allocation.order)


def test_no_pickup_code_for_what_is_delivered_or_who_may_only_read(
    shops: AllocationWorld, dora: Client, as_user: Any
) -> None:
    order = decided(shops)
    offers.accept(Offer.objects.get().pk, by=shops.shops[0].user)
    refused = dora.post(url("consumer_pickup_code", Allocation.objects.get(order=order).pk), follow=True)
    assert "Nothing of this order waits to be picked up." in refused.content.decode()
    waiting = packed_pickup(shops)
    fay = as_user(make_user("f@supplier.example", "Fay", staff_role="finance"))
    assert fay.post(url("consumer_pickup_code", waiting.pk)).status_code == 403
    assert not PickupCode.objects.exists()


def test_a_decision_names_every_candidate_and_why(shops: AllocationWorld, dora: Client) -> None:
    shops.shops[1].dealer.consumer_contract.credit_hold = True
    shops.shops[1].dealer.consumer_contract.save()
    decided(shops)
    page = dora.get(url("consumer_decision", Decision.objects.get().pk))
    content = page.content.decode()
    assert [row["place"]["dealer"] for row in page.context["rules"][0]["rows"]] == ["Shop 1", "Shop 2", "Shop 3"]
    assert "The dealer is on credit hold" in content
    assert "Chosen" in content


def test_deciding_again_from_the_record_says_whether_it_is_the_same(shops: AllocationWorld, dora: Client) -> None:
    decided(shops)
    decision = Decision.objects.get()
    again = url("consumer_decision", decision.pk) + "?again=1"
    assert dora.get(again).context["again"]["kind"] == "success"
    decision.record["plan"]["parts"][0]["distance"] += 1
    decision.save()
    assert dora.get(again).context["again"]["kind"] == "error"
    decision.record["version"] = 0
    decision.save()
    assert dora.get(again).context["again"]["kind"] == "warning"


@pytest.mark.parametrize("count", [2, 12])
def test_a_decision_costs_the_same_for_many_candidates(
    as_user: Any, count: int, django_assert_num_queries: Any
) -> None:
    shops = make_allocation_world(count)
    decided(shops)
    dora, address = as_user(shops.staff), url("consumer_decision", Decision.objects.get().pk)
    dora.get(address)
    with django_assert_num_queries(4):
        dora.get(address)


def test_a_dealer_is_chosen_by_hand_with_its_money_shown(shops: AllocationWorld, dora: Client) -> None:
    order = decided(shops)
    third = shops.shops[2].outlet
    shown = dora.get(url("consumer_assign", order.pk) + f"?outlet={third.pk}")
    assert shown.context["preview"]["may"]
    assert "Dealer keeps" in shown.content.decode()
    assert Offer.objects.get().state == OfferState.SENT
    body = {"outlet": third.pk, "line": [line.pk for line in order.lines.all()], "how": "ask", "note": "Nearer by car"}
    dora.post(url("consumer_assign", order.pk), body)
    assert list(Offer.objects.order_by("pk").values_list("state", "dealer__number", "decision__cause")) == [
        ("withdrawn", "S-1", "live"),
        ("sent", "S-3", "manual"),
    ]


def test_a_dealer_that_may_not_take_it_is_refused_in_words(shops: AllocationWorld, dora: Client) -> None:
    order = decided(shops)
    second = shops.shops[1]
    second.dealer.consumer_contract.credit_hold = True
    second.dealer.consumer_contract.save()
    page = dora.get(url("consumer_assign", order.pk) + f"?outlet={second.outlet.pk}")
    assert "The dealer is on credit hold" in page.content.decode()
    body = {"outlet": second.outlet.pk, "how": "give", "note": "Please"}
    answer = dora.post(url("consumer_assign", order.pk), body, follow=True)
    assert "on credit hold" in answer.content.decode()
    assert Offer.objects.get().state == OfferState.SENT


def test_any_outlet_can_be_searched(shops: AllocationWorld, dora: Client) -> None:
    order = place_order(shops)
    page = dora.get(url("consumer_assign", order.pk) + "?q=shop+2")
    assert [row["place"]["dealer"] for row in page.context["found"]] == ["Shop 2"]


def test_a_decision_of_nobody_is_not_found(dora: Client) -> None:
    for name in ("consumer_decision", "consumer_withdraw", "consumer_unclaim", "consumer_assign", "consumer_lines"):
        method = dora.get if name in ("consumer_decision", "consumer_assign") else dora.post
        assert method(url(name, 999_999)).status_code == 404, name
