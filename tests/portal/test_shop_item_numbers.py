"""The dealer's screen of its own item numbers."""

from __future__ import annotations

import io
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from openpyxl import load_workbook

from pricing.numbers.models import DealerItemNumber
from tests.factories import World, make_world

pytestmark = pytest.mark.django_db
PAGE = "shop:item_numbers"


@pytest.fixture
def world() -> World:
    return make_world()


@pytest.fixture
def alice(world: World) -> Client:
    client = Client()
    client.force_login(world.alice, backend="django.contrib.auth.backends.ModelBackend")
    return client


def keep(world: World, product: Any, number: str, **more: Any) -> DealerItemNumber:
    return DealerItemNumber.objects.create(dealer=world.alpine, product=product, number=number, **more)


def numbers() -> list[tuple[str, str, str]]:
    return list(DealerItemNumber.objects.order_by("key").values_list("product__upc", "number", "note"))


def test_an_empty_page_says_what_to_do(alice: Client) -> None:
    response = alice.get(reverse(PAGE))

    assert response.status_code == 200
    assert b"no item numbers of your own yet" in response.content


def test_adding_one(alice: Client, world: World) -> None:
    response = alice.post(reverse(PAGE), {"sku": "PAN-24", "number": "K 1", "note": "big"})

    assert response.status_code == 302
    assert numbers() == [("PAN-24", "K 1", "big")]
    assert DealerItemNumber.objects.get().changed_by == world.alice


@pytest.mark.parametrize(
    "given", [{"sku": "NOPE", "number": "K"}, {"sku": "PAN-24", "number": "--"}, {}, {"sku": "\x00"}]
)
def test_what_cannot_be_added_is_told_and_stays_in_the_form(alice: Client, given: dict[str, str]) -> None:
    response = alice.post(reverse(PAGE), given)

    assert response.status_code == 422
    assert response.context["errors"]
    assert not DealerItemNumber.objects.exists()


def test_changing_and_removing(alice: Client, world: World) -> None:
    item = keep(world, world.pan, "K-1")
    url = reverse("shop:item_number", args=[item.pk])

    alice.post(url, {"number": "k 1", "note": "new"})
    assert numbers() == [("PAN-24", "k 1", "new")]

    alice.post(url, {"number": "other", "note": ""})
    assert numbers() == [("PAN-24", "k 1", "new")]

    alice.post(url, {"remove": "1"})
    assert numbers() == []


def test_searching(alice: Client, world: World) -> None:
    keep(world, world.pan, "K-100")
    keep(world, world.pot, "Z-200", note="seldom")

    for text, expected in (("k1", ["K-100"]), ("pot", ["Z-200"]), ("SELD", ["Z-200"]), ("nothing", [])):
        shown = alice.get(reverse(PAGE), {"q": text}).context["shown"]
        assert [row.item.number for row in shown] == expected, text


def test_pasting_with_and_without_a_heading(alice: Client) -> None:
    alice.post(reverse("shop:item_numbers_import"), {"text": "PAN-24\tK-1\tbig\nPOT-5L\tK-2"})
    alice.post(reverse("shop:item_numbers_import"), {"text": "our number;sku\nK-3;KNIFE-8\n"})

    assert numbers() == [("PAN-24", "K-1", "big"), ("POT-5L", "K-2", ""), ("KNIFE-8", "K-3", "")]


def test_bad_rows_are_told_and_good_ones_kept(alice: Client) -> None:
    response = alice.post(reverse("shop:item_numbers_import"), {"text": "PAN-24,K-1\nNOPE,K-2"})

    assert response.status_code == 422
    assert [(row.number, row.cells) for row in response.context["refused"]] == [(2, "NOPE · K-2")]
    assert numbers() == [("PAN-24", "K-1", "")]


def test_an_export_can_be_taken_in_again(alice: Client, world: World) -> None:
    keep(world, world.pan, "=1+1", note="a\nb")
    keep(world, world.pot, "K-2")
    book = b"".join(alice.get(reverse("shop:item_numbers_export")).streaming_content)
    assert [cell.data_type for cell in load_workbook(io.BytesIO(book)).active["B"]] == ["s", "s", "s"]
    DealerItemNumber.objects.filter(number="K-2").delete()

    file = SimpleUploadedFile("numbers.xlsx", book)
    response = alice.post(reverse("shop:item_numbers_import"), {"file": file})

    assert response.status_code == 302
    assert [number for _sku, number, _note in numbers()] == ["=1+1", "K-2"]


@pytest.mark.parametrize("content", [b"", b"\x00\x01\x02", b"PK\x03\x04 broken"])
def test_a_file_that_cannot_be_read_is_refused(alice: Client, content: bytes) -> None:
    file = SimpleUploadedFile("numbers.xlsx", content)

    response = alice.post(reverse("shop:item_numbers_import"), {"file": file})

    assert response.status_code == 422
    assert response.context["errors"]


def test_another_dealers_numbers_are_nowhere(alice: Client, world: World) -> None:
    item = DealerItemNumber.objects.create(dealer=world.bergen, product=world.pan, number="BERGEN-9")

    assert alice.post(reverse("shop:item_number", args=[item.pk]), {"remove": "1"}).status_code == 404
    for url in (reverse(PAGE), reverse(PAGE) + "?q=bergen", reverse("shop:search") + "?q=PAN", reverse("shop:home")):
        assert b"BERGEN-9" not in alice.get(url).content
    book = b"".join(alice.get(reverse("shop:item_numbers_export")).streaming_content)
    assert load_workbook(io.BytesIO(book)).active.max_row == 1
    assert list(alice.get(reverse("shop:search"), {"q": "BERGEN-9"}).context["rows"]) == []


def test_a_product_that_is_not_to_be_had_now_tells_its_sku_only(alice: Client, world: World) -> None:
    keep(world, world.pan, "K-1")
    world.alpine.price_lists.all().delete()

    content = alice.get(reverse(PAGE)).content.decode()

    assert "PAN-24" in content
    assert "Frying pan" not in content


def test_the_own_number_stands_beside_the_sku(alice: Client, world: World) -> None:
    keep(world, world.pan, "K-1/9")

    for url in (reverse("shop:catalogue"), reverse("shop:search") + "?q=K-1%2F9", reverse("shop:suggest") + "?q=k19"):
        assert b"K-1/9" in alice.get(url).content, url


def test_statements_do_not_grow_with_numbers(alice: Client, world: World, django_assert_max_num_queries: Any) -> None:
    for place in range(60):
        keep(world, world.pan, f"K-{place}")

    with django_assert_max_num_queries(20):
        alice.get(reverse(PAGE))
