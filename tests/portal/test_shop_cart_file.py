"""A cart goes to a spreadsheet and comes back: quantities, units, notes and days, and what is wrong with any."""

from __future__ import annotations

from datetime import date, timedelta
from io import BytesIO
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation
from openpyxl import load_workbook

from fulfilment.ordering.cart import CartEntry, add_to_cart, entries, open_cart, set_line_terms
from fulfilment.ordering.models import DealerCart
from portal.shop.unitwords import units_named
from pricing.catalogue.models import ProductUnit, Unit
from tests.factories import World

SOON = timezone.localdate() + timedelta(days=30)


@pytest.fixture
def alice(world: World, as_user: Any) -> Client:
    return as_user(world.alice)  # type: ignore[no-any-return]


@pytest.fixture
def cart(world: World) -> DealerCart:
    """Two cartons of pans with a note and a day, six pots, three knives."""
    ProductUnit.objects.create(product=world.pan, code="carton", factor=12)
    found = open_cart(world.alice, world.alpine)
    add_to_cart(found, {world.pan.pk: 24, world.pot.pk: 6, world.knife.pk: 3}, units={world.pan.pk: "carton"})
    set_line_terms(found, {world.pan.pk: ("for the window", SOON), world.knife.pk: ("=1+1", None)})
    return found


def uploaded(client: Client, content: bytes, name: str = "cart.csv") -> Any:
    return client.post(reverse("shop:cart_upload"), {"file": SimpleUploadedFile(name, content)})


def edited(client: Client, change: Any) -> bytes:
    """The cart's own workbook with cells changed by `change(sheet, columns)`; columns by heading."""
    book = load_workbook(BytesIO(b"".join(client.get(reverse("shop:cart_excel")).streaming_content)))
    sheet = book.active
    assert sheet is not None
    header = next(row for row in sheet.iter_rows() if any(cell.value == "SKU" for cell in row))
    change({(sheet.cell(row, 1).value, cell.value): sheet.cell(row, cell.column)
            for row in range(header[0].row + 1, sheet.max_row + 1) for cell in header})  # fmt: skip
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def taken(client: Client, response: Any) -> None:
    client.post(reverse("shop:cart_upload"), {"changes": response.context["packed"]})


def line(cart: DealerCart, product: Any) -> CartEntry:
    return entries(cart)[product.pk]


def told(response: Any) -> list[tuple[int, str, str]]:
    return [(change.number, change.column, change.told) for change in response.context["preview"].refused]


def test_the_export_says_units_notes_and_days_and_comes_back_unchanged(
    world: World, alice: Client, cart: DealerCart
) -> None:
    before = entries(cart)
    response = uploaded(alice, edited(alice, lambda cells: None), "cart.xlsx")
    preview = response.context["preview"]
    assert (preview.changes, preview.refused, preview.same) == ((), (), 3)
    assert entries(cart) == before


def test_what_is_edited_in_the_sheet_is_what_changes(world: World, alice: Client, cart: DealerCart) -> None:
    def change(cells: Any) -> None:
        assert (cells["PAN-24", "Quantity"].value, cells["PAN-24", "Unit"].value) == (2, "carton")
        cells["PAN-24", "Quantity"].value = 3
        cells["PAN-24", "Note"].value = "for the door"
        cells["KNIFE-8", "Note"].value = None
        cells["KNIFE-8", "Requested date"].value = SOON
        cells["POT-5L", "Quantity"].value = 0

    response = uploaded(alice, edited(alice, change), "cart.xlsx")
    page = " ".join(response.content.decode().split())
    for said in ("3 cartons (36 pieces)", "for the door", "note removed", "removed"):
        assert said in page
    taken(alice, response)
    pan, knife = line(cart, world.pan), line(cart, world.knife)
    assert (pan.quantity, pan.unit, pan.note, pan.requested_date) == (36, "carton", "for the door", SOON)
    assert (knife.quantity, knife.note, knife.requested_date) == (3, "", SOON)
    assert world.pot.pk not in entries(cart)


def test_a_file_without_these_columns_leaves_units_notes_and_days(
    world: World, alice: Client, cart: DealerCart
) -> None:
    taken(alice, uploaded(alice, b"SKU,Quantity\nPAN-24,36\n"))
    pan = line(cart, world.pan)
    assert (pan.quantity, pan.unit, pan.note, pan.requested_date) == (36, "carton", "for the window", SOON)


def test_a_new_line_comes_with_its_unit_note_and_day(world: World, alice: Client, cart: DealerCart) -> None:
    alice.post(reverse("shop:cart_clear"))
    text = f"SKU,Quantity,Unit,Note,Requested date\nPAN-24,2,cartons,first,{SOON}\n"
    taken(alice, uploaded(alice, text.encode()))
    pan = line(cart, world.pan)
    assert (pan.quantity, pan.unit, pan.note, pan.requested_date) == (24, "carton", "first", SOON)


@pytest.mark.parametrize(
    ("row", "column", "said"),
    [
        ("PAN-24,many,carton,,", "Quantity", "“many” is no quantity; the line stays as it is."),
        ("PAN-24,1.5,carton,,", "Quantity", "“1.5” is no quantity; the line stays as it is."),
        ("PAN-24,999999,carton,,", "Quantity", "Enter a quantity from 1 to 1,000,000."),
        ("PAN-24,2,pallet,,", "Unit", "It is sold by: piece, carton (12)."),
        ("PAN-24,2,furlong,,", "Unit", "It is sold by: piece, carton (12)."),
        (f"PAN-24,2,carton,{'x' * 501},", "Note", "A note has at most 500 characters."),
        ("PAN-24,2,carton,,soon", "Requested date", "“soon” is no date."),
        ("PAN-24,2,carton,,2020-01-01", "Requested date", "This day is past."),
    ],
)
def test_what_cannot_be_is_named_at_its_row_and_column(
    world: World, alice: Client, cart: DealerCart, row: str, column: str, said: str
) -> None:
    before = entries(cart)
    response = uploaded(alice, f"SKU,Quantity,Unit,Note,Requested date\nPOT-5L,6,,,\n{row}\n".encode())
    (number, where, message) = told(response)[0]
    assert (number, where) == (3, column)
    assert said in message
    assert f"row 3, column “{column}”" in " ".join(response.content.decode().split())
    assert entries(cart) == before


def test_a_day_that_went_by_in_the_cart_is_no_fault_of_the_file(world: World, alice: Client, cart: DealerCart) -> None:
    past = date(2020, 1, 1)
    set_line_terms(cart, {world.pan.pk: ("", past)})
    text = f"SKU,Quantity,Unit,Requested date\nPAN-24,3,carton,{past}\n"
    response = uploaded(alice, text.encode())
    assert told(response) == []
    taken(alice, response)
    assert (line(cart, world.pan).quantity, line(cart, world.pan).requested_date) == (36, past)


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_every_unit_is_read_back_as_it_is_written(language: str) -> None:
    with translation.override(language):
        unread = [code for code in Unit.values if code not in units_named(Unit.word(code))]
    assert unread == []


def test_the_sheet_comes_back_in_chinese_too(world: World, alice: Client, cart: DealerCart) -> None:
    headers = {"accept-language": "zh-hans"}
    book = b"".join(alice.get(reverse("shop:cart_excel"), headers=headers).streaming_content)
    file = SimpleUploadedFile("cart.xlsx", book)
    preview = alice.post(reverse("shop:cart_upload"), {"file": file}, headers=headers).context["preview"]
    assert (preview.changes, preview.refused, preview.same) == ((), (), 3)


@pytest.mark.parametrize("count", [10, 1000])
def test_a_file_costs_the_same_statements_at_any_length(
    world: World, alice: Client, count: int, django_assert_max_num_queries: Any
) -> None:
    from tests.portal.shop_catalogue import make_many

    products = make_many(count)
    add_to_cart(open_cart(world.alice, world.alpine), {product.pk: 2 for product in products})
    rows = "".join(f"{product.upc},3,piece,note\n" for product in products)
    with django_assert_max_num_queries(25):
        response = uploaded(alice, f"SKU,Quantity,Unit,Note\n{rows}".encode())
    assert len(response.context["preview"].changes) == count
    with django_assert_max_num_queries(40):
        taken(alice, response)
