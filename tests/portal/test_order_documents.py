"""One order as Excel and PDF: the numbers of the screen, both languages, nothing live, nobody else's."""

from __future__ import annotations

import io
from decimal import Decimal
from typing import Any

import openpyxl
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation
from pypdf import PdfReader

from fulfilment.ordering.models import DealerOrder, DealerOrderLine
from portal.documents import order_document
from portal.documents.order_document import order_pdf, order_sheets
from portal.documents.pdf import PdfUnavailable
from tests.erp_bridge.orders import placed
from tests.factories import World

LANGUAGES = ("en", "zh-hans")


def order_of(world: World) -> DealerOrder:
    order = placed(world, {world.pan: 12, world.knife: 3}, by=world.alice, po_number="=1+1")
    DealerOrderLine.objects.filter(order=order, position=1).update(note='<b>"=HYPERLINK(1)"</b>')
    return DealerOrder.objects.select_related("dealer", "placed_by").get(pk=order.pk)


def text_of(content: bytes) -> str:
    return " ".join(" ".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages).split())


def book_of(response: Any) -> Any:
    return openpyxl.load_workbook(io.BytesIO(b"".join(response.streaming_content)))


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_pdf_says_every_line_and_the_totals(world: World, language: str) -> None:
    order = order_of(world)

    with translation.override(language):
        text = text_of(order_pdf(order))

    lines = DealerOrderLine.objects.filter(order=order)
    with translation.override(language):
        wanted = [order.number, "=1+1", *(line.sku for line in lines), *(line.display_name for line in lines)]
    for word in (*wanted, f"{order.total:,.2f}", f"{order.net_total:,.2f}", '"=HYPERLINK(1)"</b>'):
        assert word in text, word


@pytest.mark.parametrize("who", ["alice", "ada"])
def test_the_workbook_has_typed_cells_and_the_orders_numbers(world: World, as_user: Any, who: str) -> None:
    order = order_of(world)
    place = "shop" if who == "alice" else "console"

    book = book_of(as_user(getattr(world, who)).get(f"/{place}/orders/{order.number}/excel/"))

    rows = list(book.worksheets[0].iter_rows(values_only=True))
    lines = list(DealerOrderLine.objects.filter(order=order).order_by("position"))
    body = rows[-len(lines) - 1 : -1]
    assert [(row[1], row[4], Decimal(str(row[7])), Decimal(str(row[11]))) for row in body] == [
        (line.sku, line.quantity, line.unit_price.normalize(), line.amount) for line in lines
    ]
    assert Decimal(str(rows[-1][11])) == order.net_total
    facts = dict(book.worksheets[1].iter_rows(min_row=2, values_only=True))
    assert Decimal(str(facts["Total"])) == order.total
    assert facts["PO number"] == "=1+1"
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert {cell.data_type for cell in cells} <= {"s", "n", "d"}


def test_a_promotion_stands_in_a_column_of_its_own(world: World, as_user: Any) -> None:
    order = order_of(world)
    DealerOrderLine.objects.filter(order=order, position=1).update(discount_amount="1.50", promotion_code="SPRING")

    rows = list(
        book_of(as_user(world.alice).get(f"/shop/orders/{order.number}/excel/"))
        .worksheets[0]
        .iter_rows(values_only=True)
    )

    line = DealerOrderLine.objects.get(order=order, position=1)
    assert (Decimal(str(rows[-3][8])), rows[-3][9], rows[-3][10]) == (line.full_amount, 1.5, "SPRING")
    assert "SPRING −1.50" in text_of(order_pdf(order))


def test_the_documents_cost_the_same_at_any_number_of_lines(world: World) -> None:
    few = DealerOrder.objects.select_related("dealer", "placed_by").get(
        pk=placed(world, {world.pan: 12}, by=world.alice).pk
    )
    more = order_of(world)
    counts = []
    for order in (few, more):
        with CaptureQueriesContext(
            connection,
        ) as seen:
            order_pdf(order)
            [list(sheet.rows) for sheet in order_sheets(order)]
        counts.append(len(seen))

    assert counts[0] == counts[1]


def test_a_very_long_order_has_no_pdf_and_says_so(world: World, as_user: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    order = order_of(world)
    monkeypatch.setattr(order_document, "MOST_LINES_IN_A_PDF", 1)

    with pytest.raises(PdfUnavailable):
        order_pdf(order)
    response = as_user(world.alice).get(f"/shop/orders/{order.number}/pdf/")

    assert response.status_code == 503
    assert b"Take the Excel file" in response.content
    assert f"/shop/orders/{order.number}/".encode() in response.content


@pytest.mark.parametrize("kind", ["excel", "pdf"])
def test_somebody_elses_order_has_no_file(world: World, as_user: Any, kind: str) -> None:
    order = order_of(world)

    assert as_user(world.bob).get(f"/shop/orders/{order.number}/{kind}/").status_code == 404
