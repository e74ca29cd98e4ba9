"""The map of dealers and open orders: its geometry, its clusters, and that it stays small."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from dealers.accounts.models import Dealer, Outlet
from fulfilment.allocation.models import ConsumerContract, OutletService
from portal.components.maps import HEIGHT, WIDTH, Box, Sheet
from tests.fulfilment.allocation_world import AllocationWorld, make_allocation_world, place_order

DEGREES = st.floats(-80, 80)


@given(DEGREES, DEGREES, st.floats(0, 9), st.floats(0, 9))
def test_a_box_is_drawn_whole(south: float, west: float, high: float, wide: float) -> None:
    sheet = Sheet.of(Box(south, west, south + high, west + wide))
    for latitude, longitude in ((south, west), (south + high, west + wide)):
        x, y = sheet.place(latitude, longitude)
        assert 0 <= x <= WIDTH
        assert 0 <= y <= HEIGHT


def test_north_is_up_and_east_is_right() -> None:
    sheet = Sheet.of(Box(50, 10, 54, 14))
    assert sheet.place(54, 10)[1] < sheet.place(50, 10)[1]
    assert sheet.place(50, 10)[0] < sheet.place(50, 14)[0]


@pytest.mark.parametrize(
    ("text", "box"),
    [
        ("50,10,54,14", Box(50, 10, 54, 14)),
        ("54,10,50,14", None),
        ("nan,0,1,1", None),
        ("1,2,3", None),
        ("", None),
        ("-91,0,0,1", None),
    ],
)
def test_a_box_in_an_address(text: str, box: Box | None) -> None:
    assert Box.read(text) == box


def test_lines_are_at_round_degrees() -> None:
    lines = list(Sheet.of(Box(50, 10, 54, 14)).lines())
    assert [name for flat, _at, name in lines if flat] == ["50° N", "51° N", "52° N", "53° N", "54° N"]
    assert [name for flat, _at, name in lines if not flat] == [f"{degrees}° E" for degrees in range(6, 19, 2)]
    assert all(0 <= at <= (HEIGHT if flat else WIDTH) for flat, at, _name in lines)


@pytest.fixture
def shops(db: None) -> AllocationWorld:
    return make_allocation_world(2)


@pytest.fixture
def dora(shops: AllocationWorld, as_user: Any) -> Client:
    return as_user(shops.staff)


def drawn(client: Client, query: str = "") -> Any:
    return client.get(reverse("console:desk_map") + query)


def test_outlets_and_orders_are_drawn_with_their_states(shops: AllocationWorld, dora: Client) -> None:
    place_order(shops, "W-1")
    ConsumerContract.objects.filter(dealer=shops.shops[1].dealer).update(is_active=False)
    marks = drawn(dora).context["marks"]
    assert {(mark["css"], mark["label"]) for mark in marks} == {
        ("p-map-outlet-on", "Shop 1, Shop 1 main shop: 1 Takes orders"),
        ("p-map-outlet-off", "Shop 2, Shop 2 main shop: 1 Takes none now"),
        ("p-map-order-ready", "W-1: 1 New"),
    }


def test_close_ones_are_one_mark_that_leads_closer(shops: AllocationWorld, dora: Client) -> None:
    Outlet.objects.filter(dealer=shops.shops[0].dealer).update(latitude=Decimal(10), longitude=Decimal(10))
    for number in range(3):
        place_order(shops, f"W-{number}")
    (cluster,) = (mark for mark in drawn(dora).context["marks"] if mark["sort"] == "order")
    assert (cluster["text"], cluster["label"]) == ("3", "3 orders: 3 New")
    assert cluster["url"].startswith("?box=")
    assert [mark["sort"] for mark in drawn(dora, cluster["url"]).context["marks"]] == ["outlet", "order"]


def test_the_table_says_the_same_by_country_and_area(shops: AllocationWorld, dora: Client) -> None:
    place_order(shops, "W-1")
    (germany,) = drawn(dora).context["areas"]
    assert (germany["label"], germany["outlets"], germany["orders"]) == ("Germany", [0, 2, 0], [0, 1, 0, 0])
    (berlin,) = drawn(dora, germany["url"]).context["areas"]
    assert (berlin["label"], berlin["outlets"]) == ("10", [0, 2, 0])
    assert drawn(dora, "?country=FR").context["areas"] == []


def test_without_places_it_teaches(db: None, dora: Client) -> None:
    Outlet.objects.update(latitude=None, longitude=None)
    assert "There is nothing to draw" in drawn(dora).content.decode()


def test_ten_thousand_outlets_are_a_small_page(
    shops: AllocationWorld, dora: Client, django_assert_num_queries: Any
) -> None:
    drawn(dora)
    dealer = Dealer.objects.get(number="S-1")
    outlets = Outlet.objects.bulk_create(
        Outlet(
            dealer=dealer, code=f"O{number}", name=f"Outlet {number}", country="CN",
            latitude=Decimal(20 + number * 7 % 300 / 10), longitude=Decimal(75 + number * 13 % 550 / 10),
        )
        for number in range(10_000)
    )  # fmt: skip
    OutletService.objects.bulk_create(
        [OutletService(outlet=outlet, area_code=f"{number % 90 + 10}0000") for number, outlet in enumerate(outlets)]
    )
    with django_assert_num_queries(9):
        page = drawn(dora)
    assert len(page.content) < 300_000
    assert sum(int(mark["text"] or 1) for mark in page.context["marks"]) > 9_000


@pytest.mark.parametrize("query", ["?box=1,2,3,nan", "?country=%00&area=%00", "?area=" + "9" * 500, "?box=,,,"])
def test_nonsense_is_no_map_or_the_whole_one(dora: Client, query: str) -> None:
    assert drawn(dora, query).status_code == 200
