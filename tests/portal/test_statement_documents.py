"""Screen, Excel and PDF of a statement: the same numbers, in both languages."""

from __future__ import annotations

import datetime as dt
import io
from decimal import Decimal
from typing import Any

import lxml.html
import openpyxl
import pytest
from django.utils import translation
from pypdf import PdfReader

from dealers.accounts.models import Supplier
from dealers.ledger.models import AccountDocument, Journal, Posting
from dealers.statements.statement import Statement, statement
from portal.components.formats import format_amount
from portal.documents import pdf as pdf_module
from portal.documents import pdf_child
from portal.documents.letterhead import css_text
from portal.documents.pdf import PdfLimits, PdfUnavailable, render_pdf
from portal.documents.statement_pdf import statement_pdf
from portal.documents.statement_workbook import statement_workbook
from tests.dealers.ledger_samples import invoice, payment
from tests.factories import World

START, END = dt.date(2026, 1, 1), dt.date(2026, 6, 30)
PERIOD = {"period": "custom", "start": "2026-01-01", "end": "2026-06-30"}
LANGUAGES = ("en", "zh-hans")


def empty(world: World) -> None:
    """Nothing ever happened."""


def negative(world: World) -> None:
    """The dealer paid too much, before the period and in it."""
    invoice("I-0", world.alpine, "100.10", dt.date(2025, 12, 1))
    payment("P-0", world.alpine, "1500.00", dt.date(2025, 12, 5))
    invoice("I-1", world.alpine, "200.05", dt.date(2026, 2, 1), order_numbers=("=HYPERLINK(1)", "O-2"))
    payment("P-1", world.alpine, "12345.67", dt.date(2026, 2, 3), reference='<b>"=1+1"</b>')


def long(world: World) -> None:
    """500 lines."""
    first = invoice("I-0", world.alpine, "10.01", dt.date(2026, 1, 2))
    fill(world, first, 499)


def fill(world: World, like: AccountDocument, count: int) -> None:
    """More invoices of rising amounts over the period, in bulk."""
    journals = Journal.objects.bulk_create(
        Journal(
            source_kind="invoice",
            source_key=f"INV-{n:04}",
            date=START + dt.timedelta(days=n * 170 // count),
            currency="EUR",
        )
        for n in range(count)
    )
    amounts = [Decimal(n * 7 + 3) / 100 + n for n in range(count)]
    Posting.objects.bulk_create(
        Posting(journal=journal, account=account, amount=sign * amount, dealer=world.alpine)
        for journal, amount in zip(journals, amounts, strict=True)
        for account, sign in (("receivable", 1), ("revenue", -1))
    )
    AccountDocument.objects.bulk_create(
        AccountDocument(
            kind="invoice", number=journal.source_key, dealer=world.alpine, issue_date=journal.date,
            due_date=journal.date + dt.timedelta(days=30), currency="EUR", net_amount=amount, total=amount,
            journal=journal, reference=f"采购单 {journal.source_key}",
        )
        for journal, amount in zip(journals, amounts, strict=True)
    )  # fmt: skip


def figures(drawn: Statement) -> dict[str, Decimal]:
    return {
        "opening": drawn.opening,
        "debit": drawn.total_debit,
        "credit": drawn.total_credit,
        "closing": drawn.closing,
        "ageing": drawn.ageing.balance,
    }


def on_screen(client: Any, language: str) -> dict[str, str]:
    client.cookies["django_language"] = language
    response = client.get("/shop/statement/", PERIOD)
    assert response.status_code == 200
    tree = lxml.html.fromstring(response.content.decode())
    return {node.get("data-figure"): node.text_content().strip() for node in tree.xpath("//*[@data-figure]")}


def in_excel(content: bytes) -> dict[str, Decimal]:
    book = openpyxl.load_workbook(io.BytesIO(content))
    rows = list(book.worksheets[0].iter_rows(values_only=True))
    head = next(n for n, row in enumerate(rows) if row[-1] is not None)
    opening, closing = rows[head + 1], rows[-1]
    ageing = list(book.worksheets[1].iter_rows(values_only=True))[-1]
    found = {
        "opening": opening[-1],
        "debit": closing[-3],
        "credit": closing[-2],
        "closing": closing[-1],
        "ageing": ageing[1],
    }
    return {name: Decimal(str(value)) for name, value in found.items()}


def text_of(content: bytes) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("ledger", [empty, negative, long])
def test_screen_excel_and_pdf_carry_the_same_totals(world: World, as_user: Any, ledger: Any, language: str) -> None:
    ledger(world)
    with translation.override(language):
        drawn = statement(world.alpine, START, END)
        expected = figures(drawn)
        text = text_of(statement_pdf(drawn))
        excel = in_excel(statement_workbook(drawn))
        words = {name: format_amount(amount) for name, amount in expected.items()}

    assert on_screen(as_user(world.alpine_finance), language) == words
    assert excel == expected
    flat = " ".join(text.split())
    closing_line = " ".join(words[name] for name in ("debit", "credit", "closing"))
    assert closing_line in flat
    for name, amount in words.items():
        assert amount in flat, name
    for movement in drawn.movements:
        assert movement.number in flat
        assert format_amount(movement.balance) in flat


def test_excel_has_typed_cells_and_no_formula(world: World) -> None:
    negative(world)

    book = openpyxl.load_workbook(io.BytesIO(statement_workbook(statement(world.alpine, START, END))))

    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert {cell.data_type for cell in cells} == {"s", "n", "d"}
    texts = {cell.value for cell in cells}
    assert "=HYPERLINK(1), O-2" in texts
    assert '<b>"=1+1"</b>' in texts
    assert [sheet.title for sheet in book] == ["Statement", "Ageing", "Open items"]
    assert book.worksheets[0].print_title_rows


def test_chinese_is_spelled_with_chinese_glyphs_and_markup_is_text(world: World) -> None:
    negative(world)
    Supplier.objects.filter(pk=1).update(bank_details="中国银行杭州分行")
    with translation.override("zh-hans"):
        content = statement_pdf(statement(world.alpine, START, END))

    text = text_of(content)
    fonts = {
        str(font["/BaseFont"])
        for page in PdfReader(io.BytesIO(content)).pages
        for font in (entry.get_object() for entry in page["/Resources"]["/Font"].values())
    }
    assert "北风厨具" in text
    assert "中国银行杭州分行" in text
    assert '<b>"=1+1"</b>' in text.replace("\n", "")
    assert any("Noto-Sans-CJK" in font or "NotoSansCJK" in font for font in fonts), fonts


def test_a_long_statement_numbers_its_pages_repeats_its_head_and_loses_no_row(world: World) -> None:
    long(world)

    pages = [
        page.extract_text() for page in PdfReader(io.BytesIO(statement_pdf(statement(world.alpine, START, END)))).pages
    ]

    assert len(pages) > 6
    for number, text in enumerate(pages, start=1):
        assert f"Page {number} of {len(pages)}" in " ".join(text.split())
    assert all("Balance" in text for text in pages if "INV-" in text)
    numbers = [word for text in pages for word in text.split() if word.startswith("INV-")]
    assert sorted(set(numbers)) == [f"INV-{n:04}" for n in range(499)]
    assert sum(text.count("Opening balance") for text in pages) == 1
    assert sum(text.count("Confirmation of the balance") for text in pages) == 1
    rows = [sum(word.startswith("INV-") for word in text.split()) for text in pages[1:-1]]
    assert min(rows) > max(rows) / 2, "no page inside is left half empty"


def test_a_document_reaches_neither_network_nor_files(tmp_path: Any) -> None:
    secret = tmp_path / "secret.css"
    secret.write_text("body::after { content: 'leaked' }")
    html = (
        f'<link rel=stylesheet href="file://{secret}"><style>@import "file://{secret}";</style>'
        '<img src="http://127.0.0.1:9/x.png" alt="http"><img src="data:image/png;base64,AAAA" alt="data">'
        f'<a rel=attachment href="file://{secret}">a</a><p>hello'
    )

    content = render_pdf(html)

    assert "hello" in text_of(content)
    assert "leaked" not in text_of(content)
    assert not PdfReader(io.BytesIO(content)).attachments


def test_a_document_shows_the_assets_it_brings() -> None:
    import base64

    pixel = base64.b64decode(
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
    )

    content = render_pdf('<img src="asset:logo">', {"asset:logo": pixel})

    assert len(PdfReader(io.BytesIO(content)).pages[0].images) == 1


@pytest.mark.parametrize("limits", [PdfLimits(memory=60_000_000), PdfLimits(patience_seconds=0)])
def test_a_document_over_its_limits_is_refused_with_a_sentence(limits: PdfLimits) -> None:
    with pytest.raises(PdfUnavailable) as refusal:
        render_pdf("<p>hello", limits=limits)

    assert refusal.value.message.endswith("file.")


def test_without_pango_the_reader_is_told(
    world: World, as_user: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    child = tmp_path / "child.py"
    child.write_text(f"import sys; sys.exit({pdf_child.MISSING})")
    monkeypatch.setattr(pdf_module, "CHILD", child)

    response = as_user(world.alpine_finance).get("/shop/statement/pdf/", PERIOD)

    assert response.status_code == 503
    assert b"Pango library is missing" in response.content


def test_css_text_lets_nothing_out_of_its_string() -> None:
    assert css_text('a"</style>') == '"a\\22 \\3c \\2f style\\3e "'
