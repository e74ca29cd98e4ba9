"""The dealer's screens of consumer orders: the list, the offer, accept and decline."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from io import BytesIO
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook

from dealers.accounts.models import DealerRole, Outlet
from fulfilment.allocation import held, offers, routing
from fulfilment.allocation.models import Allocation, Offer, OfferState
from fulfilment.consumer.models import Channel
from portal.shop.consumer_map import sketch
from portal.shop.consumer_money import keeps_of
from portal.shop.consumer_words import duration, time_left
from pricing.margins.terms import Model
from tests.fulfilment.allocation_world import AllocationWorld, make_allocation_world, of, place_order
from tests.fulfilment.handover_samples import colleague, make_allocation, make_offer
from tests.fulfilment.outlet_samples import stock_at

pytestmark = pytest.mark.django_db
LIST, EXPORT = reverse("shop:consumer_orders"), reverse("shop:consumer_orders_export")
SECRETS = ("Erika", "Muster", "Ackerstr", "+49 30 1234", "erika@example.org")


@pytest.fixture
def shops(db: None) -> AllocationWorld:
    return make_allocation_world(2)


@pytest.fixture
def boss(shops: AllocationWorld, as_user: Any) -> Client:
    return as_user(shops.shops[0].user)  # type: ignore[no-any-return]


def url(name: str, offer: Offer | Allocation) -> str:
    return reverse(f"shop:consumer_{name}", args=[offer.pk])


def numbers(client: Client, **query: Any) -> list[str]:
    return [row.number for row in client.get(LIST, query).context["rows"]]


def text_of(response: Any) -> str:
    return response.content.decode()  # type: ignore[no-any-return]


# --- Who sees it ---


def test_nobody_sees_anything_without_an_active_channel(shops: AllocationWorld, boss: Client) -> None:
    offer = make_offer(shops)
    assert LIST in text_of(boss.get(reverse("shop:home")))
    Channel.objects.update(is_active=False)
    assert LIST not in text_of(boss.get(reverse("shop:home")))
    for path in (LIST, EXPORT, url("offer", offer), reverse("shop:consumer_pickup")):
        assert boss.get(path).status_code == 404, path
    assert boss.post(url("accept", offer)).status_code == 404


@pytest.mark.parametrize(
    ("role", "status"), [("buyer", 302), ("approver", 302), ("administrator", 302), ("finance", 403)]
)
def test_finance_reads_and_the_others_answer(shops: AllocationWorld, as_user: Any, role: str, status: int) -> None:
    client = as_user(colleague(shops, "Other", DealerRole(role)))
    offer = make_offer(shops)
    response = client.get(url("offer", offer))
    assert response.status_code == 200
    assert (b"consumer_accept" in response.content or url("accept", offer).encode() in response.content) == (
        status == 302
    )
    assert client.post(url("accept", offer)).status_code == status


def test_the_menu_counts_what_waits(shops: AllocationWorld, boss: Client) -> None:
    make_offer(shops, place_order(shops, "W-1"))
    make_offer(shops, place_order(shops, "W-2"))
    make_offer(shops, place_order(shops, "W-3"), shop=2)
    assert '<span class="p-count">2</span></a></li>' in text_of(boss.get(reverse("shop:account")))


def test_another_dealers_offer_does_not_exist(shops: AllocationWorld, boss: Client) -> None:
    offer = make_offer(shops, shop=2)
    assert boss.get(url("offer", offer)).status_code == 404
    for verb in ("accept", "decline", "pack", "send", "delivered", "return", "leave", "no_code"):
        assert boss.post(url(verb, offer)).status_code == 404, verb
    offer.refresh_from_db()
    assert (offer.state, offer.seen_at) == (OfferState.SENT, None)
    assert numbers(boss) == []


# --- The list ---


def test_the_soonest_deadline_stands_first(shops: AllocationWorld, boss: Client) -> None:
    for number, minutes in (("W-1", 300), ("W-2", 30), ("W-3", 100)):
        make_offer(shops, place_order(shops, number), minutes=minutes)
    assert numbers(boss) == ["W-2", "W-3", "W-1"]
    row = boss.get(LIST).context["rows"][0]
    assert row.due.endswith("min left")
    assert row.urgent


def test_each_order_stands_under_the_tab_of_its_step(shops: AllocationWorld, boss: Client) -> None:
    user = shops.shops[0].user
    make_offer(shops, place_order(shops, "WAITING"))
    make_allocation(shops, place_order(shops, "PACK"))
    held.pack(make_allocation(shops, place_order(shops, "SEND")).pk, by=user)
    for number in ("WAY", "DONE"):
        allocation = make_allocation(shops, place_order(shops, number))
        held.send(allocation.pk, allocation.lines.values_list("pk", flat=True), by=user)
    held.complete(allocation.pk, by=user)
    offers.decline(make_offer(shops, place_order(shops, "ENDED")).pk, by=user, reason="price")
    for tab in ("waiting", "pack", "send", "way", "done", "ended"):
        assert numbers(boss, tab=tab) == [tab.upper()]
    assert [tab["count"] for tab in boss.get(LIST).context["tabs"]] == [1] * 6


def test_search_and_filters(shops: AllocationWorld, boss: Client) -> None:
    make_offer(shops, place_order(shops, "W-1", of("A")))
    make_offer(shops, place_order(shops, "X-2", of("B"), of("C")))
    outlet = Outlet.objects.create(dealer=shops.shops[0].dealer, code="TWO", name="Second", country="DE")
    for query, expected in (
        ({"q": "x-2"}, ["X-2"]),
        ({"q": "B"}, ["X-2"]),
        ({"q": "Product A"}, ["W-1"]),
        ({"q": "nothing"}, []),
        ({"method": "pickup"}, []),
        ({"method": "delivery"}, ["W-1", "X-2"]),
        ({"outlet": outlet.pk}, []),
    ):
        assert sorted(numbers(boss, **query)) == expected, query
    assert boss.get(LIST, {"outlet": shops.shops[1].outlet.pk}).status_code == 404


def test_an_empty_list_says_what_comes(boss: Client) -> None:
    assert "Nothing waits for your answer" in text_of(boss.get(LIST))
    assert "No order is at this step now" in text_of(boss.get(LIST, {"tab": "pack"}))
    assert "No order fits" in text_of(boss.get(LIST, {"q": "x"}))


def test_the_export_is_what_the_list_shows(shops: AllocationWorld, boss: Client) -> None:
    make_offer(shops, place_order(shops, "W-1", of("A", 2)))
    make_offer(shops, place_order(shops, "W-2"), shop=2)
    make_allocation(shops, place_order(shops, "W-3"))
    response = boss.get(EXPORT)
    rows = list(load_workbook(BytesIO(b"".join(response.streaming_content))).active.iter_rows(values_only=True))  # type: ignore[attr-defined, union-attr]
    cells = [row for row in rows if row[0] == "W-1" or row[0] in ("W-2", "W-3")]
    assert [row[0] for row in cells] == ["W-1"]
    assert cells[0][10] == 2


def test_the_list_costs_the_same_for_many(
    shops: AllocationWorld, boss: Client, django_assert_max_num_queries: Any
) -> None:
    for number in range(8):
        make_offer(shops, place_order(shops, f"W-{number}", of("A"), of("B"), of("C")))
    with django_assert_max_num_queries(14):
        assert boss.get(LIST).status_code == 200


# --- The offer ---


def test_before_acceptance_nothing_tells_who_the_consumer_is(shops: AllocationWorld, boss: Client) -> None:
    offer = make_offer(shops)
    before = text_of(boss.get(url("offer", offer)))
    assert not [word for word in SECRETS if word in before]
    assert "52.532" not in before
    boss.post(url("accept", offer))
    after = text_of(boss.get(url("offer", offer)))
    assert all(word in after for word in ("Erika Muster", "Ackerstr. 1", "+49 30 1234"))


def test_finance_never_sees_who_the_consumer_is(shops: AllocationWorld, as_user: Any) -> None:
    client = as_user(colleague(shops, "Finn", DealerRole.FINANCE))
    text = text_of(client.get(url("offer", make_allocation(shops))))
    assert not [word for word in SECRETS if word in text]
    assert client.get(url("slip", Allocation.objects.get())).status_code == 403


def test_it_says_what_is_kept_against_what_is_protected(shops: AllocationWorld, boss: Client) -> None:
    response = boss.get(url("offer", make_offer(shops, place_order(shops, "W-1", of("A", paid="899.00")))))
    keeps = response.context["keeps"]
    assert (keeps.amount, keeps.floor) == (Decimal("143.21"), Decimal("143.21"))
    assert (keeps.percent, keeps.floor_percent) == (Decimal("18.0"), Decimal("18.0"))
    assert "143.21" in text_of(response)
    assert "+67.22" in text_of(response), "the top-up"


@pytest.mark.parametrize("model", list(Model))
@pytest.mark.parametrize("paid", ["829.00", "899.00", "1099.00"])
def test_the_net_column_adds_up_to_the_cent(shops: AllocationWorld, model: Model, paid: str) -> None:
    order = place_order(shops, "W-1", of("A", paid=paid), of("B", 2), of("C", 3), freight="12.00")
    offer = make_offer(shops, order, model=model)
    keeps = keeps_of(offer, offer.lines.all())
    assert sum((row.net for row in keeps.rows), Decimal(0)) == offer.keeps
    if model is Model.DEALER_SELLS:
        paid_out = sum((row.gross for row in keeps.rows), Decimal(0))
        assert paid_out == offer.receives - offer.landed_cost - offer.freight
    assert keeps.mark <= keeps.bar <= 100


def test_an_order_that_was_routed_lies_in_the_list_and_adds_up(shops: AllocationWorld, boss: Client) -> None:
    order = place_order(shops, "ROUTED", of("A", 2, paid="1798.00"), of("C"), freight="12.00")
    routing.allocate(order.pk)
    assert numbers(boss) == ["ROUTED"]
    offer = Offer.objects.get()
    keeps = boss.get(url("offer", offer)).context["keeps"]
    assert sum((row.net for row in keeps.rows), Decimal(0)) == keeps.amount == offer.keeps
    assert boss.post(url("accept", offer), follow=True).context["here"]


def test_looking_is_noted_for_who_may_answer_only(shops: AllocationWorld, boss: Client, as_user: Any) -> None:
    offer = make_offer(shops)
    as_user(colleague(shops, "Finn", DealerRole.FINANCE)).get(url("offer", offer))
    offer.refresh_from_db()
    assert offer.seen_at is None
    boss.get(url("offer", offer))
    offer.refresh_from_db()
    assert offer.seen_by == shops.shops[0].user


def test_accepting_takes_the_order(shops: AllocationWorld, boss: Client) -> None:
    offer = make_offer(shops)
    response = boss.post(url("accept", offer), follow=True)
    assert b"Everything is packed" in response.content
    assert stock_at(shops.key()).firm == 1


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (OfferState.EXPIRED, "The time to answer has passed"),
        (OfferState.SUPERSEDED, "Another dealer was faster"),
        (OfferState.WITHDRAWN, "The offer was withdrawn"),
    ],
)
def test_too_late_is_said_and_what_was_typed_is_kept(
    shops: AllocationWorld, boss: Client, state: OfferState, words: str
) -> None:
    offer = make_offer(shops)
    Offer.objects.filter(pk=offer.pk).update(state=state)
    assert words in text_of(boss.post(url("accept", offer)))
    response = boss.post(url("decline", offer), {"reason": "price", "note": "Far too little, sorry"})
    assert response.status_code == 409
    assert words in text_of(response)
    assert "Far too little, sorry" in text_of(response)


def test_an_offer_past_its_time_cannot_be_answered(shops: AllocationWorld, boss: Client) -> None:
    offer = make_offer(shops, expires_at=timezone.now() - timedelta(seconds=1))
    page = text_of(boss.get(url("offer", offer)))
    assert "The time to answer has passed" in page
    assert url("accept", offer) not in page
    assert boss.post(url("accept", offer)).status_code == 409


# --- Decline ---


def test_declining_frees_the_stock(shops: AllocationWorld, boss: Client) -> None:
    offer = make_offer(shops)
    response = boss.post(url("decline", offer), {"reason": "price", "note": "No"})
    assert response["Location"] == LIST
    offer.refresh_from_db()
    assert (offer.state, offer.reason, offer.note) == (OfferState.DECLINED, "price", "No")
    assert (stock_at(shops.key()).held, stock_at(shops.key()).available) == (0, 10)


def test_a_reason_of_stock_corrects_the_products_that_were_ticked(shops: AllocationWorld, boss: Client) -> None:
    offer = make_offer(shops, place_order(shops, "W-1", of("A"), of("B")))
    second = offer.lines.get(sku="B")
    boss.post(url("decline", offer), {"reason": "not_in_stock", "line": [second.pk]})
    assert (stock_at(shops.key(1, "A")).available, stock_at(shops.key(1, "B")).available) == (10, 0)


@pytest.mark.parametrize(
    "given", [{}, {"reason": "nonsense"}, {"reason": "damaged"}, {"reason": "damaged", "line": "999999"}]
)
def test_a_decline_that_says_too_little_stays_open(shops: AllocationWorld, boss: Client, given: dict[str, str]) -> None:
    offer = make_offer(shops)
    response = boss.post(url("decline", offer), given | {"note": "My words"})
    assert response.status_code == 422
    assert "My words" in text_of(response)
    offer.refresh_from_db()
    assert offer.state == OfferState.SENT


def test_the_offer_costs_the_same_for_many_lines(
    shops: AllocationWorld, boss: Client, django_assert_max_num_queries: Any
) -> None:
    offer = make_offer(shops, place_order(shops, "W-1", *(of(sku) for sku in "ABC" * 3)))
    boss.get(url("offer", offer))
    with django_assert_max_num_queries(16):
        assert boss.get(url("offer", offer)).status_code == 200
    boss.post(url("accept", offer))
    with django_assert_max_num_queries(25):
        assert boss.get(url("offer", offer)).status_code == 200


# --- Words and drawings ---


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(30, "less than a minute"), (90, "1 min"), (3_600, "1 h 0 min"), (7_500, "2 h 5 min"), (90_000, "1 d 1 h")],
)
def test_time_in_words(seconds: int, words: str) -> None:
    now = timezone.now()
    assert duration(seconds) == words
    assert time_left(now + timedelta(seconds=seconds), now) == f"{words} left"
    if seconds > 60:
        assert time_left(now - timedelta(seconds=seconds), now) == f"{words} late"


@pytest.mark.parametrize(
    ("north", "east", "heading"), [("1", "0", "n"), ("0", "1", "e"), ("-1", "-1", "sw"), ("0", "0", "")]
)
def test_the_sketch_points_the_right_way_and_stays_inside(north: str, east: str, heading: str) -> None:
    drawn = sketch(Decimal(50), Decimal(179), Decimal(50) + Decimal(north), Decimal(179) + Decimal(east))
    assert drawn is not None
    assert drawn.heading == heading
    for x, y in ((drawn.from_x, drawn.from_y), (drawn.to_x, drawn.to_y)):
        assert 0 < x < drawn.width
        assert 0 < y < drawn.height
    assert 0 < drawn.scale_width <= drawn.width / 2


def test_the_sketch_crosses_the_date_line_the_short_way() -> None:
    drawn = sketch(Decimal(0), Decimal("179.5"), Decimal(0), Decimal("-179.5"))
    assert drawn is not None
    assert drawn.heading == "e"
    assert sketch(None, None, Decimal(1), Decimal(1)) is None
