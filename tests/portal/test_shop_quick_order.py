"""Quick order from the box to the cart: every state at its line, good lines go, bad ones stay and can be taken home."""

from __future__ import annotations

import io
import re
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import openpyxl
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
from portal.shop.pasted import MOST_LINES
from portal.shop.quicklist import packed, unpacked
from pricing.catalogue.models import ProductCard, ProductUnit
from tests.factories import World
from tests.portal import table_corpus
from tests.portal.shop_catalogue import make_many

URL = "/shop/quick-order/"


@pytest.fixture
def alice(world: World, as_user: Any) -> Client:
    return as_user(world.alice)


def in_cart(world: World) -> dict[int, int]:
    cart = find_cart(world.alice, world.alpine)
    return quantities(cart) if cart else {}


def many(count: int) -> list[str]:
    """SKUs of that many new products, which PostgreSQL is told of: it plans for an empty table otherwise."""
    skus = [product.upc for product in make_many(count)]
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return skus


def check(client: Client, text: str) -> Any:
    return client.post(URL, {"text": text, "check": "1"})


def again(response: Any, **sent: str) -> dict[str, str]:
    """The form of a preview as a browser without JavaScript sends it back."""
    page = response.context
    fields = {f"quantity-{row.place}": row.line.shown for row in page["rows"]}
    fields |= {f"code-{row.place}": row.line.code for row in page["rows"]}
    return {"lines": page["packed"], "page": page["page"], **fields, **sent}


def states(response: Any) -> dict[str, str]:
    return {row.line.code: str(row.found.state) for row in response.context["rows"]}


def upload(client: Client, name: str, data: bytes) -> Any:
    return client.post(URL, {"file": SimpleUploadedFile(name, data), "check": "1"})


def workbook(rows: list[list[Any]]) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)  # type: ignore[union-attr]
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def test_the_box_is_there_for_those_who_order(world: World, alice: Client) -> None:
    page = alice.get(URL).content.decode()
    assert "<textarea" in page
    assert URL in alice.get(reverse("shop:home")).content.decode()


def test_finance_may_neither_see_nor_use_it(world: World, as_user: Any) -> None:
    client = as_user(world.alpine_finance)
    assert client.get(URL).status_code == 403
    assert check(client, "PAN-24 1").status_code == 403
    assert URL not in client.get(reverse("shop:home")).content.decode()


def test_each_line_has_its_state_and_nothing_is_in_the_cart_yet(world: World, alice: Client) -> None:
    response = check(alice, "PAN-24\t10\nPOT-5L\t7\nKNIFE-8\t12\nPEN-24\t1\n")
    assert states(response) == {"PAN-24": "ok", "POT-5L": "rounded", "KNIFE-8": "part", "PEN-24": "unknown"}
    page = response.content.decode()
    for text in ("7 → 12", "10 of 12 available.", "Did you mean", "2 lines need your attention", "735.80"):
        assert text in page
    assert in_cart(world) == {}


@pytest.mark.parametrize("quantity", ["-3", "0", "1.5", "99999999", "two", "1,000", "²"])
def test_a_bad_quantity_stays_at_its_line(world: World, alice: Client, quantity: str) -> None:
    response = check(alice, f"PAN-24\t{quantity}")
    assert states(response) == {"PAN-24": "quantity"}
    assert f'value="{quantity}"' in response.content.decode()
    alice.post(URL, again(response, add="1"))
    assert in_cart(world) == {}


def test_good_lines_go_and_bad_ones_stay_to_be_mended(world: World, alice: Client) -> None:
    response = alice.post(URL, again(check(alice, "PAN-24 10\nPEN-24 1\nPOT-5L 7"), add="1"))
    assert in_cart(world) == {world.pan.pk: 10, world.pot.pk: 12}
    assert "2 lines added to the cart." in response.content.decode()
    assert states(response) == {"PEN-24": "unknown"}
    mended = alice.post(URL, again(response, **{"code-0": "KNIFE-8"}))
    assert states(mended) == {"KNIFE-8": "ok"}
    done = alice.post(URL, again(mended, add="1"))
    assert done.headers["Location"] == reverse("shop:cart")
    assert in_cart(world)[world.knife.pk] == 1


def test_a_suggestion_is_taken_with_its_button(world: World, alice: Client) -> None:
    response = alice.post(URL, again(check(alice, "PEN-24 3"), use="0:PAN-24"))
    assert states(response) == {"PAN-24": "ok"}


def test_a_quantity_is_mended_in_place_and_a_line_removed(world: World, alice: Client) -> None:
    response = check(alice, "PAN-24 10\nPOT-5L 6\nKNIFE-8 1")
    response = alice.post(URL, again(response, **{"quantity-0": "5", "remove": "1"}))
    assert [(row.line.code, row.found.quantity) for row in response.context["rows"]] == [("PAN-24", 5), ("KNIFE-8", 1)]


def test_the_last_line_removed_leaves_the_empty_box(world: World, alice: Client) -> None:
    response = alice.post(URL, again(check(alice, "PAN-24 10"), remove="0"))
    assert response.status_code == 200
    assert response.context["count"] == 0


@pytest.mark.parametrize("which", ["0", "all"])
def test_what_is_left_is_taken_on_demand(world: World, alice: Client, which: str) -> None:
    response = alice.post(URL, again(check(alice, "KNIFE-8 12"), take=which))
    assert [(str(row.found.state), row.found.quantity) for row in response.context["rows"]] == [("ok", 10)]


def test_more_lines_are_added_below_and_the_same_product_adds_up(world: World, alice: Client) -> None:
    response = alice.post(URL, again(check(alice, "PAN-24 10\nPOT-5L 6"), text="pan 24;5"))
    rows = response.context["rows"]
    assert [(row.line.code, row.found.quantity) for row in rows] == [("PAN-24", 15), ("POT-5L", 6)]
    assert "10 + 5" in response.content.decode()
    response = alice.post(URL, again(response, **{"quantity-0": "4"}))
    assert [row.found.quantity for row in response.context["rows"]] == [4, 6]


def test_two_lists_one_after_the_other_add_up_in_the_cart(world: World, alice: Client) -> None:
    for _time in range(2):
        alice.post(URL, again(check(alice, "PAN-24 10"), add="1"))
    assert in_cart(world) == {world.pan.pk: 20}


def test_the_same_page_sent_twice_adds_once(world: World, alice: Client) -> None:
    form = again(check(alice, "PAN-24 10\nPEN-24 1"), add="1")
    alice.post(URL, form)
    response = alice.post(URL, form)
    assert in_cart(world) == {world.pan.pk: 10}
    assert "nothing was added twice" in response.content.decode()
    assert states(response) == {"PEN-24": "unknown"}


def test_a_foreign_product_does_not_exist(world: World, as_user: Any) -> None:
    response = check(as_user(world.bob), "KNIFE-8 1\nKNIFE-9 1")
    assert states(response) == {"KNIFE-8": "unknown", "KNIFE-9": "unknown"}
    assert "Chef" not in response.content.decode()


def test_what_was_pasted_is_escaped(world: World, alice: Client) -> None:
    response = check(alice, '"><script>alert(1)</script>\t"\'><img src=x onerror=1>')
    page = response.content.decode()
    assert "<script>alert" not in page
    assert "<img src=x" not in page


def test_nothing_to_read_is_told(world: World, alice: Client) -> None:
    response = check(alice, " \n ,;\n")
    assert response.status_code == 422
    assert "There is no line to read" in response.content.decode()


def test_too_many_lines_are_refused_whole(world: World, alice: Client) -> None:
    response = check(alice, "PAN-24 1\n" * (MOST_LINES + 1))
    assert response.status_code == 422
    assert "5,001 lines" in response.content.decode()


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("order.csv", b"Notiz;SKU;Qty\nx;PAN-24;10\ny;POT-5L;7\n"),
        ("order.csv", "备注,商品编码,订货数量\n急,PAN-24,10\n,POT-5L,７\n".encode("gb18030")),
        ("order.csv", b"PAN-24,10\nPOT-5L,7\n"),
        ("order.xlsx", workbook([["商品编码", "名称", "数量"], ["PAN-24", "锅", 10], ["POT-5L", None, 7]])),
    ],
)
def test_a_file_is_read_in_either_language_with_or_without_heading(
    world: World, alice: Client, name: str, data: bytes
) -> None:
    assert states(upload(alice, name, data)) == {"PAN-24": "ok", "POT-5L": "rounded"}


def test_an_ean_that_excel_holds_as_a_number_is_found(world: World, alice: Client) -> None:
    world.pan.card.ean = "4006381333931"
    world.pan.card.save()
    assert states(upload(alice, "o.xlsx", workbook([["EAN", "Qty"], [4006381333931, 10]]))) == {"4006381333931": "ok"}


@pytest.mark.parametrize("name", sorted(table_corpus.WORKBOOKS)[::3])
def test_a_hostile_file_is_refused_in_a_sentence(world: World, alice: Client, name: str) -> None:
    build, _code = table_corpus.WORKBOOKS[name]
    response = upload(alice, "order.xlsx", build())
    assert response.status_code == 422
    assert 'role="alert"' in response.content.decode()


@pytest.mark.parametrize("name", ["order.exe", "order.xls", "order", "\u202e.csv\x00"])
def test_a_file_of_another_kind_is_refused(world: World, alice: Client, name: str) -> None:
    assert upload(alice, name, b"\x00\x01MZ" * 50).status_code in (400, 422)


def test_the_problem_file_of_a_workbook_is_a_workbook_that_can_be_mended(world: World, alice: Client) -> None:
    rows: list[list[Any]] = [["Note", "SKU", "Qty"], ["=1+1", "PEN-24", "x"], ["b", "PAN-24", 1], ["c", "KNIFE-8", 12]]
    response = alice.post(URL, again(upload(alice, "order.xlsx", workbook(rows)), download="1"))
    assert "quick-order-problems.xlsx" in response.headers["Content-Disposition"]
    sheet = openpyxl.load_workbook(io.BytesIO(response.getvalue())).active
    table = [list(row) for row in sheet.iter_rows(values_only=True)]  # type: ignore[union-attr]
    assert table[0] == ["Note", "SKU", "Qty", "problem"]
    assert [row[1:3] for row in table[1:]] == [["PEN-24", "x"], ["KNIFE-8", "12"]]
    assert "10 of 12 available." in str(table[2][3])
    table[1][1:3], table[2][2] = ["PAN-24", 3], 2
    assert states(upload(alice, "mended.xlsx", workbook(table))) == {"PAN-24": "ok", "KNIFE-8": "ok"}


def test_the_problem_file_of_a_csv_keeps_its_encoding_and_reads_back(world: World, alice: Client) -> None:
    data = "备注;货号;数量\n急;PEN-24;-5\n".encode("gb18030")
    response = alice.post(URL, again(upload(alice, "order.csv", data), download="1"))
    text = response.content.decode("gb18030")
    assert text.splitlines()[0] == "备注,货号,数量,problem"
    back = upload(alice, "back.csv", response.content)
    assert [(row.line.code, row.line.quantity) for row in back.context["rows"]] == [("PEN-24", "-5")]
    third = alice.post(URL, again(back, download="1"))
    assert third.content.decode("gb18030").splitlines()[0] == "备注,货号,数量,problem"


def test_the_problem_file_of_a_paste_has_our_headings(world: World, alice: Client) -> None:
    response = alice.post(URL, again(check(alice, "PEN-24 1"), download="1"))
    assert response.content.decode("utf-8-sig").splitlines()[0] == "SKU,Quantity,problem"


@pytest.mark.parametrize(
    "text",
    ["x", "[]", "{}", "null", "1e999", '{"lines":[[1]]}', "[" * 100_000, "\x00", '{"lines":NaN}',
     '{"lines":[[1,"a","1","",[]]],"header":[],"at":[99999999,1],"excel":false,"encoding":"","key":""}',
     '{"lines":[[1,"a\\u0000","1","",[]]],"header":[],"at":[0,1],"excel":false,"encoding":"rot13","key":""}'],
)  # fmt: skip
def test_a_tampered_list_is_as_if_there_were_none(world: World, alice: Client, text: str) -> None:
    assert alice.post(URL, {"lines": text, "add": "1"}).status_code == 422


def test_a_travelling_list_with_invisible_signs_is_cleaned(world: World, alice: Client) -> None:
    text = (
        '{"lines":[[1,"PAN\\u0000-24\\ud800","1","",[]]],"header":[],"at":[0,1],"excel":false,"encoding":"","key":""}'
    )
    assert states(alice.post(URL, {"lines": text})) == {"PAN-24": "ok"}
    assert packed(unpacked(text, ())) == text.replace("\\u0000", "").replace("\\ud800", "")


@pytest.mark.parametrize("turn", ["1", "99", "-1", "x", "²"])
def test_long_lists_are_shown_in_pages_with_bad_lines_first(world: World, alice: Client, turn: str) -> None:
    skus = many(260)
    response = check(alice, "\n".join([*skus, "UNKNOWN-THING"]))
    assert response.context["rows"][0].line.code == "UNKNOWN-THING"
    assert "Lines 1 to 100 of 261" in response.content.decode()
    turned = alice.post(URL, again(response, turn=turn))
    assert len(turned.context["rows"]) == {"1": 100, "99": 61}.get(turn, 100)
    alice.post(URL, again(turned, add="1"))
    assert len(in_cart(world)) == 260


@pytest.mark.parametrize("action", ["check", "add"])
def test_ten_and_a_thousand_lines_cost_the_same_statements(world: World, alice: Client, action: str) -> None:
    skus = many(1_010)
    alice.get(URL)
    alice.post(URL, again(check(alice, "PAN-24 1"), add="1"))

    def statements(chosen: list[str]) -> int:
        text = "\n".join([*chosen, "UNKNOWN-THING"])
        with CaptureQueriesContext(connection) as seen:
            response = check(alice, text)
        if action == "add":
            form = again(response, add="1")
            with CaptureQueriesContext(connection) as seen:
                alice.post(URL, form)
        return len([query for query in seen if not re.match("(RELEASE )?SAVEPOINT", query["sql"])])

    assert statements(skus[:10]) == statements(skus[10:]) <= 40


def test_five_thousand_lines_go_into_the_cart(world: World, alice: Client) -> None:
    skus = many(MOST_LINES)
    response = check(alice, "\n".join(f"{sku}\t2" for sku in skus))
    assert response.context["totals"].sums.good == MOST_LINES
    assert alice.post(URL, again(response, add="1")).headers["Location"] == reverse("shop:cart")
    assert len(in_cart(world)) == MOST_LINES


LINE = "/shop/quick-order/line/"
SUGGEST = "/shop/quick-order/suggestions/"


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
