"""Quick order, line by line: units, totals, mending one line, replacements, scans and suggestions."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from fulfilment.ordering.cart import add_to_cart, find_cart, open_cart, quantities
from fulfilment.stock.expected import supplier_today
from fulfilment.stock.models import ExpectedReceipt, Location
from portal.components.formats import format_date
from portal.search.index import reindex
from pricing.catalogue.models import ProductCard, ProductUnit
from tests.factories import World
from tests.portal.quick_order_steps import URL, again, check, many, states, upload

LINE = "/shop/quick-order/line/"
SUGGEST = "/shop/quick-order/suggestions/"


@pytest.fixture
def alice(world: World, as_user: Any) -> Client:
    return as_user(world.alice)


def with_carton(world: World) -> None:
    ProductCard.objects.filter(product=world.pan).update(ean="4006381333931", weight_kg="1.250")
    ProductUnit.objects.create(product=world.pan, code="carton", factor=12, ean="14006381333938")


def mend(client: Client, code: str, quantity: str, **sent: str) -> Any:
    return client.post(LINE, {"place": "0", "number": "1", "code-0": code, "quantity-0": quantity} | sent)


@pytest.mark.parametrize(
    "text",
    ["PAN-24 2 cartons", "PAN-24\t2箱", "PAN-24;2;ctn", "SKU,Qty,Unit\nPAN-24,2,carton",
     "货号\t数量\t单位\nPAN-24\t2\t箱",
     "14006381333938 2", "4006381333931\t24\tpcs"],
)  # fmt: skip
def test_cartons_are_read_wherever_they_are_named(world: World, alice: Client, text: str) -> None:
    with_carton(world)
    (row,) = check(alice, text).context["rows"]
    assert (str(row.found.state), row.found.quantity, row.line.shown) == ("ok", 24, "24")
    assert row.words == "2 cartons"


def test_cartons_stay_what_they_were_when_the_list_is_checked_again(world: World, alice: Client) -> None:
    with_carton(world)
    response = alice.post(URL, again(check(alice, "14006381333938 2\nPOT-5L 1 pallet")))
    assert [(row.line.code, row.line.shown) for row in response.context["rows"]] == [
        ("POT-5L", "1 pallet"),
        ("PAN-24", "24"),
    ]
    response = alice.post(URL, again(response, **{"quantity-0": "36", "quantity-1": "6"}))
    assert [row.found.quantity for row in response.context["rows"]] == [36, 6]


def test_the_problem_file_keeps_the_column_of_units(world: World, alice: Client) -> None:
    response = upload(alice, "o.csv", b"SKU,Qty,Unit\nPAN-24,2,barrel\nPOT-5L,6,\n")
    assert states(response)["PAN-24"] == "unit"
    text = alice.post(URL, again(response, download="1")).content.decode("utf-8-sig")
    assert text.splitlines()[0] == "SKU,Qty,Unit,problem"
    assert text.splitlines()[1].startswith("PAN-24,2,barrel,There is no such unit")


def test_totals_say_pieces_weight_tax_and_what_is_left_of_the_credit(world: World, alice: Client) -> None:
    with_carton(world)
    add_to_cart(open_cart(world.alice, world.alpine), {world.pan.pk: 10})
    totals = check(alice, "PAN-24 10\nPOT-5L 6\nPEN-24 1").context["totals"]
    assert (totals.sums.good, totals.sums.bad, totals.sums.pieces, totals.sums.unweighed) == (2, 1, 16, 1)
    assert (totals.sums.net, totals.sums.weight) == (Decimal("460.40"), Decimal("12.500"))
    assert (totals.tax, totals.total) == (Decimal("59.85"), Decimal("520.25"))
    assert totals.credit_left == Decimal("10000.00") - Decimal("209.05") - Decimal("520.25")


def test_one_line_is_checked_alone_and_the_totals_follow(world: World, alice: Client) -> None:
    response = check(alice, "PAN-24 10\nPEN-24 6")
    bad = response.context["rows"][0]
    sums = response.context["totals"].sums.text
    page = mend(
        alice, "POT-5L", "7", place=bad.place, **{"code-1": "POT-5L", "quantity-1": "7"}, was=bad.sums, sums=sums
    )
    (row,) = page.context["rows"]
    assert (row.place, str(row.found.state), row.found.quantity) == ("1", "rounded", 12)
    assert (page.context["totals"].sums.good, page.context["totals"].sums.bad) == (2, 0)
    assert page.context["totals"].sums.net == Decimal("185.00") + Decimal("550.80")


def test_a_line_that_goes_takes_its_share_of_the_totals(world: World, alice: Client) -> None:
    response = check(alice, "PAN-24 10\nPOT-5L 6")
    row, other = response.context["rows"]
    sums = response.context["totals"].sums.text
    page = mend(alice, "PAN-24", "10", was=row.sums, sums=sums, gone="1")
    assert page.context["totals"].sums.text == other.sums
    assert 'name="gone-0"' in page.content.decode()
    left = alice.post(URL, again(response, **{"gone-0": "1"}))
    assert list(states(left)) == ["POT-5L"]


@pytest.mark.parametrize("sums", ["", "x", "1,2", "1,2,3,4,5,6,1e9", "9" * 400, "1,1,1,1,1,1,1,1", "NaN,1,1,1,1,1,1"])
def test_tampered_totals_are_as_if_there_were_none(world: World, alice: Client, sums: str) -> None:
    page = mend(alice, "PAN-24", "10", sums=sums, was=sums)
    assert page.context["totals"].sums.net == Decimal("185.00")


@pytest.mark.parametrize("place", ["", "x", "-1", "²", "9" * 50])
def test_a_line_without_a_place_is_refused(world: World, alice: Client, place: str) -> None:
    assert mend(alice, "PAN-24", "10", place=place).status_code == 400


def test_one_line_of_what_a_dealer_may_not_buy_is_unknown(world: World, as_user: Any) -> None:
    page = mend(as_user(world.bob), "KNIFE-8", "1")
    assert str(page.context["rows"][0].found.state) == "unknown"
    assert "Chef" not in page.content.decode()


@pytest.mark.parametrize(
    ("quantity", "state"),
    [("-3", "quantity"), ("0", "quantity"), ("1.5", "quantity"), ("99999999", "quantity"), ("two", "quantity"),
     ("1,000", "quantity"), ("2 pallets", "unit"), ("2 barrels", "quantity")],
)  # fmt: skip
def test_a_bad_quantity_is_told_at_its_line(world: World, alice: Client, quantity: str, state: str) -> None:
    page = mend(alice, "PAN-24", quantity)
    (row,) = page.context["rows"]
    assert str(row.found.state) == state
    assert row.found.message
    assert f'value="{quantity}"' in page.content.decode()


def test_what_is_short_says_when_more_comes_and_the_file_says_so_too(world: World, alice: Client) -> None:
    location = Location.objects.create(code="SH", name="Shanghai")
    day = supplier_today() + timedelta(days=9)
    ExpectedReceipt.objects.create(product=world.knife, location=location, quantity=240, expected_on=day)
    response = check(alice, "KNIFE-8 12")
    assert f"240 expected on {format_date(day)}" in response.content.decode()
    text = alice.post(URL, again(response, download="1")).content.decode("utf-8-sig")
    assert f"240 expected on {format_date(day)}." in text


def test_the_replacement_is_taken_with_one_click(world: World, alice: Client) -> None:
    ProductCard.objects.filter(product=world.knife).update(discontinued_on=date(2026, 1, 1), replaced_by=world.pan)
    response = check(alice, "KNIFE-8 2")
    assert states(response) == {"KNIFE-8": "replaced"}
    assert "Take the replacement PAN-24" in response.content.decode()
    assert states(alice.post(URL, again(response, use="0:PAN-24"))) == {"PAN-24": "ok"}


def test_good_lines_go_into_a_new_cart_which_is_the_current_one_then(world: World, alice: Client) -> None:
    add_to_cart(open_cart(world.alice, world.alpine), {world.pot.pk: 6})
    response = alice.post(URL, again(check(alice, "PAN-24 10"), add="new", cart_name="Spring"))
    assert response.headers["Location"] == reverse("shop:cart")
    cart = find_cart(world.alice, world.alpine)
    assert cart is not None
    assert (cart.name, quantities(cart)) == ("Spring", {world.pan.pk: 10})


def test_a_new_cart_needs_a_name_and_nothing_is_lost_without(world: World, alice: Client) -> None:
    response = alice.post(URL, again(check(alice, "PAN-24 10"), add="new", cart_name=" "))
    assert response.status_code == 422
    assert "Give the cart a name" in response.content.decode()
    assert states(response) == {"PAN-24": "ok"}


def test_scans_one_after_the_other_add_packs_up_and_the_newest_stands_first(world: World, alice: Client) -> None:
    response = check(alice, "PEN-24 1\nPAN-24 10")
    for _scan in range(3):
        response = alice.post(URL, again(response, text="POT-5L"))
    rows = [(row.line.code, row.found.quantity) for row in response.context["rows"]]
    assert rows == [("POT-5L", 18), ("PEN-24", 0), ("PAN-24", 10)]
    assert [row.line.code for row in response.context["new"]] == ["POT-5L"]


def test_a_file_goes_below_the_lines_that_are_there(world: World, alice: Client) -> None:
    form = again(check(alice, "PAN-24 10"))
    response = alice.post(URL, form | {"file": SimpleUploadedFile("o.csv", b"SKU,Qty\nPOT-5L,6\n")})
    assert list(states(response)) == ["PAN-24", "POT-5L"]


def test_htmx_gets_the_table_without_the_page(world: World, alice: Client) -> None:
    page = alice.post(URL, {"text": "PAN-24 1"}, headers={"HX-Request": "true"}).content.decode()
    assert page.lstrip().startswith('<div id="quick-result">')
    assert "<textarea" not in page


@pytest.mark.parametrize("text", ["PAN-2", "frying", "平底锅", "4006381333931"])
def test_suggestions_come_by_code_ean_and_name_in_both_languages(world: World, alice: Client, text: str) -> None:
    with_carton(world)
    reindex([world.pan.pk, world.knife.pk])
    assert 'data-code="PAN-24"' in alice.get(SUGGEST, {"q": text}).content.decode()


def test_nothing_that_a_dealer_may_not_buy_is_suggested(world: World, as_user: Any) -> None:
    reindex([world.pan.pk, world.knife.pk])
    page = as_user(world.bob).get(SUGGEST, {"q": "KNIFE"}).content.decode()
    assert "data-code" not in page
    assert as_user(world.alpine_finance).get(SUGGEST, {"q": "KNIFE"}).status_code == 403


def test_a_line_is_checked_in_as_many_statements_in_any_list(world: World, alice: Client) -> None:
    skus = many(300)
    long = check(alice, "\n".join(skus)).context["totals"].sums.text
    short = check(alice, skus[0]).context["totals"].sums.text

    def statements(sums: str) -> int:
        with CaptureQueriesContext(connection) as seen:
            mend(alice, "PAN-24", "3", sums=sums)
        return len(seen)

    assert statements(short) == statements(long) <= 30
