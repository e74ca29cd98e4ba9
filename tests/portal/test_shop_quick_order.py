"""Quick order from the box to the cart: every state at its line, good lines go, bad ones stay and can be taken home."""

from __future__ import annotations

import io
import re
from typing import Any

import openpyxl
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from portal.shop.pasted import MOST_LINES
from portal.shop.quicklist import packed, unpacked
from tests.factories import World
from tests.portal import table_corpus
from tests.portal.quick_order_steps import URL, again, check, in_cart, many, states, upload, workbook


@pytest.fixture
def alice(world: World, as_user: Any) -> Client:
    return as_user(world.alice)


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
