"""The dealer's screen of what its outlets have."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook

from dealers.accounts.models import DealerRole, Outlet
from fulfilment.consumer.models import Channel
from fulfilment.stock import outlets
from fulfilment.stock.models import MoveKind, OutletStock
from fulfilment.stock.outlet_feed import Counted, take_counts
from fulfilment.stock.outlets import Key
from pricing.numbers.models import DealerItemNumber
from tests.factories import World, make_user
from tests.fulfilment.consumer_samples import make_channel
from tests.fulfilment.outlet_samples import assert_recounts, make_stock, stock_at

pytestmark = pytest.mark.django_db
PAGE, IMPORT, EXPORT, ROW = (f"shop:outlet_stock{part}" for part in ("", "_import", "_export", "_row"))


@pytest.fixture
def alice(world: World, as_user: Any) -> Client:
    make_channel()
    return as_user(world.alice)  # type: ignore[no-any-return]


@pytest.fixture
def pan(world: World) -> Key:
    return make_stock(world.outlet, world.pan, 10, safety=2)


def stored() -> list[tuple[str, str, int, int]]:
    found = OutletStock.objects.order_by("outlet__code", "product__upc")
    return list(found.values_list("outlet__code", "product__upc", "on_hand", "safety"))


def shown(client: Client, **query: Any) -> list[str]:
    return [item.sku for item, _label in client.get(reverse(PAGE), query).context["shown"]]


def save(client: Client, key: Key, **said: Any) -> Any:
    row = stock_at(key)
    body = {"was": row.on_hand, "quantity": row.on_hand, "safety": row.safety} | said
    return client.post(reverse(ROW, args=[row.pk]), body)


def test_without_consumer_orders_nobody_sees_anything_new(world: World, as_user: Any, pan: Key) -> None:
    client = as_user(world.alice)
    for name in (PAGE, EXPORT):
        assert client.get(reverse(name)).status_code == 404
    assert client.post(reverse(IMPORT), {"text": "MAIN\tPAN-24\t1"}).status_code == 404
    assert client.get(reverse(ROW, args=[stock_at(pan).pk])).status_code == 404
    assert reverse(PAGE) not in client.get(reverse("shop:account")).content.decode()


def test_with_an_active_channel_the_account_leads_to_it(alice: Client) -> None:
    assert reverse(PAGE) in alice.get(reverse("shop:account")).content.decode()
    Channel.objects.update(is_active=False)
    assert reverse(PAGE) not in alice.get(reverse("shop:account")).content.decode()


@pytest.mark.parametrize(
    ("role", "status"), [("buyer", 200), ("administrator", 200), ("approver", 403), ("finance", 403)]
)
def test_buyers_and_administrators_keep_stock(world: World, as_user: Any, role: str, status: int) -> None:
    make_channel()
    user = make_user("x@alpine.example", "X", dealer=world.alpine, role=DealerRole(role))
    assert as_user(user).get(reverse(PAGE)).status_code == status
    assert (reverse(PAGE).encode() in as_user(user).get(reverse("shop:account")).content) == (status == 200)


def test_an_empty_page_says_what_to_do(alice: Client) -> None:
    response = alice.get(reverse(PAGE))
    assert response.status_code == 200
    assert b"Nothing is counted yet" in response.content


def test_the_list_tells_what_is_available(alice: Client, pan: Key) -> None:
    outlets.hold({pan: 3}, "offer:1")
    ((item, label),) = alice.get(reverse(PAGE)).context["shown"]
    assert (item.on_hand, item.held, item.firm, item.safety, item.available) == (10, 3, 0, 2, 5)
    assert label.name == "Frying pan 24 cm"


def test_searching_and_filtering(alice: Client, world: World, pan: Key) -> None:
    second = Outlet.objects.create(dealer=world.alpine, code="TWO", name="Second", country="DE")
    pot = make_stock(second, world.pot, 1, safety=3)
    knife = make_stock(second, world.knife, 5, minutes_ago=3 * 24 * 60)
    DealerItemNumber.objects.create(dealer=world.alpine, product=world.pot, number="K-100")
    outlets.hold({knife: 5}, "offer:1")
    outlets.correct({knife: 1}, "offer:2", MoveKind.NOT_IN_STOCK)
    outlets.correct({knife: 1}, "offer:3", MoveKind.MISMATCH)

    assert shown(alice) == ["KNIFE-8", "PAN-24", "POT-5L"]
    assert shown(alice, outlet=second.pk) == ["KNIFE-8", "POT-5L"]
    for text, expected in (("pan-2", ["PAN-24"]), ("k1", ["POT-5L"]), ("平底", ["PAN-24"]), ("chef", ["KNIFE-8"])):
        assert shown(alice, q=text) == expected, text
    for show, found in (
        ("low", ["KNIFE-8", "POT-5L"]),
        ("stale", ["KNIFE-8"]),
        ("blocked", ["KNIFE-8"]),
        ("short", ["KNIFE-8"]),
    ):
        assert shown(alice, show=show) == found, show
    assert shown(alice, q="nothing") == []
    figures = alice.get(reverse(PAGE)).context["figures"]
    assert [figure["value"] for figure in figures] == ["3", "2", "1", "1", "1"]
    assert pot != pan


def test_counting_by_hand_says_who_and_keeps_the_filters(alice: Client, world: World, pan: Key) -> None:
    response = save(alice, pan, quantity=7, back="show=low&x=%26")
    assert response["Location"] == f"{reverse(PAGE)}?show=low&x=%26"
    move = stock_at(pan).moves.first()
    assert move is not None
    assert (move.kind, move.quantity, move.by) == (MoveKind.BY_HAND, 7, world.alice)
    assert b"Alice" in alice.get(reverse(ROW, args=[stock_at(pan).pk])).content


def test_the_safety_stock_alone_is_no_count(alice: Client, pan: Key) -> None:
    known = stock_at(pan).feed_as_of
    save(alice, pan, safety=4)
    row = stock_at(pan)
    assert (row.safety, row.feed_as_of) == (4, known)


def test_a_count_that_finds_the_same_is_a_count(alice: Client, pan: Key) -> None:
    outlets.correct({pan: 1}, "offer:1", MoveKind.NOT_IN_STOCK)
    save(alice, pan, counted=1)
    row = stock_at(pan)
    assert (row.on_hand, row.available, row.blocked_at) == (10, 8, None)


def test_a_count_of_what_moved_meanwhile_is_refused(alice: Client, pan: Key) -> None:
    response = save(alice, pan, quantity=9, was=12)
    assert response.status_code == 302
    assert stock_at(pan).on_hand == 10


@pytest.mark.parametrize(
    "said", [{"quantity": "-1"}, {"quantity": "x"}, {"quantity": "9" * 30}, {"safety": "-3"}, {"safety": "\x00"}]
)
def test_what_is_no_quantity_is_refused(alice: Client, pan: Key, said: dict[str, str]) -> None:
    response = save(alice, pan, **said)
    assert response.status_code == 302
    assert stored() == [("MAIN", "PAN-24", 10, 2)]


def test_counting_one_product_by_its_own_number(alice: Client, world: World) -> None:
    DealerItemNumber.objects.create(dealer=world.alpine, product=world.pot, number="K-100")
    response = alice.post(reverse(PAGE), {"outlet": "MAIN", "sku": "k100", "quantity": "4", "safety": ""})
    assert response.status_code == 302
    assert stored() == [("MAIN", "POT-5L", 4, 0)]
    assert OutletStock.objects.get().moves.get().kind == MoveKind.BY_HAND


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"outlet": "MAIN", "sku": "NOPE", "quantity": "1"},
        {"outlet": "NO", "sku": "PAN-24", "quantity": "1"},
        {"outlet": "MAIN", "sku": "PAN-24", "quantity": "-1"},
    ],
)
def test_what_cannot_be_counted_is_told_and_stays_in_the_form(alice: Client, given: dict[str, str]) -> None:
    response = alice.post(reverse(PAGE), given)
    assert response.status_code == 422
    assert response.context["errors"]
    assert not OutletStock.objects.exists()


def test_pasting_with_and_without_a_heading(alice: Client) -> None:
    alice.post(reverse(IMPORT), {"text": "MAIN\tPAN-24\t5\t1\nMAIN\tPOT-5L\t6"})
    alice.post(reverse(IMPORT), {"text": "SKU;Outlet;Stock\nKNIFE-8;MAIN;7\n"})
    assert stored() == [("MAIN", "KNIFE-8", 7, 0), ("MAIN", "PAN-24", 5, 1), ("MAIN", "POT-5L", 6, 0)]


def test_bad_rows_are_told_and_good_ones_kept(alice: Client) -> None:
    response = alice.post(reverse(IMPORT), {"text": "MAIN,PAN-24,5\nMAIN,NOPE,1\nBERGEN,PAN-24,1"})
    assert response.status_code == 422
    assert [(row.number, row.cells) for row in response.context["refused"]] == [
        (2, "MAIN · NOPE · 1"),
        (3, "BERGEN · PAN-24 · 1"),
    ]
    assert stored() == [("MAIN", "PAN-24", 5, 0)]


def test_an_export_can_be_taken_in_again_and_what_left_meanwhile_stays_gone(alice: Client, pan: Key) -> None:
    outlets.hold({pan: 4}, "offer:1")
    outlets.confirm({pan: 4}, "offer:1")
    outlets.ship({pan: 1}, "shipment:1")
    OutletStock.objects.update(feed_as_of=timezone.now() - timedelta(days=1))
    book = b"".join(alice.get(reverse(EXPORT)).streaming_content)
    assert [cell.value for cell in load_workbook(io.BytesIO(book)).active[2]][:4] == ["MAIN", "PAN-24", 9, 2]
    outlets.ship({pan: 3}, "shipment:2")

    response = alice.post(reverse(IMPORT), {"file": SimpleUploadedFile("stock.xlsx", book)})

    assert response.status_code == 302, response.context["refused"]
    assert stored() == [("MAIN", "PAN-24", 6, 2)]
    assert_recounts()


@pytest.mark.parametrize("content", [b"", b"\x00\x01\x02", b"PK\x03\x04 broken"])
def test_a_file_that_cannot_be_read_is_refused(alice: Client, content: bytes) -> None:
    response = alice.post(reverse(IMPORT), {"file": SimpleUploadedFile("stock.xlsx", content)})
    assert response.status_code == 422
    assert response.context["errors"]


def test_another_dealers_stock_is_nowhere(alice: Client, world: World) -> None:
    theirs = world.bergen.outlets.get()
    key = make_stock(theirs, world.pan, 77)
    assert save(alice, key, quantity=1).status_code == 404
    assert alice.get(reverse(ROW, args=[stock_at(key).pk])).status_code == 404
    assert alice.get(reverse(PAGE), {"outlet": theirs.pk}).status_code == 404
    assert alice.get(reverse(EXPORT), {"outlet": theirs.pk}).status_code == 404
    assert shown(alice) == []
    assert load_workbook(io.BytesIO(b"".join(alice.get(reverse(EXPORT)).streaming_content))).active.max_row == 1
    assert stock_at(key).on_hand == 77


def test_a_product_that_is_not_to_be_had_now_tells_its_sku_only(alice: Client, world: World, pan: Key) -> None:
    world.alpine.price_lists.all().delete()
    content = alice.get(reverse(PAGE)).content.decode()
    assert "PAN-24" in content
    assert "Frying pan" not in content


def test_pages_and_statements_do_not_grow_with_rows(
    alice: Client, world: World, django_assert_max_num_queries: Any
) -> None:
    shops = Outlet.objects.bulk_create(
        Outlet(dealer=world.alpine, code=f"S{number}", name="Shop", country="DE") for number in range(150)
    )
    take_counts([Counted(shop.pk, world.pan.pk, 5, timezone.now()) for shop in shops])
    with django_assert_max_num_queries(20):
        first = alice.get(reverse(PAGE))
    second = alice.get(reverse(PAGE) + first.context["page"].next_url)
    pks = [item.pk for response in (first, second) for item, _label in response.context["shown"]]
    assert len(set(pks)) == 150
