"""What the statement page and the document page show, for the shop and the console alike."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from dealers.accounts.models import Dealer, User
from dealers.ledger.models import DEBITS, OF_CONSUMER_SALES, AccountDocument, DocumentKind
from dealers.statements.statement import Movement, Statement, open_amounts, statement
from fulfilment.ordering.models import DealerOrder
from portal.access.portal import PortalRequest
from portal.access.roles import Permission
from portal.components.downloads import EXCEL, attachment
from portal.components.formats import format_amount
from portal.documents.pdf import PdfUnavailable
from portal.documents.statement_pdf import statement_pdf
from portal.documents.statement_words import ageing_parts, movement_word
from portal.documents.statement_workbook import statement_workbook
from portal.shop.money_documents import Row, rows_of
from portal.shop.money_period import chosen_period
from portal.shop.settlement_origin import origin_of

MOVEMENTS_ON_A_PAGE = 500
Download = Callable[[Statement], HttpResponse]


def statement_context(request: PortalRequest, dealer: Dealer) -> dict[str, Any]:
    """The statement of the period that the query asks for, as both statement screens show it."""
    form, period = chosen_period(request.GET, timezone.localdate())
    drawn = statement(dealer, period.start, period.end)
    page = Paginator(drawn.movements, MOVEMENTS_ON_A_PAGE).get_page(request.GET.get("page"))
    ours = [movement for movement in page if movement.kind not in OF_CONSUMER_SALES]
    orders = visible_orders(request, (number for movement in ours for number in movement.order_numbers))
    return {
        "form": form,
        "period": period,
        "statement": drawn,
        "page": page,
        "movements": [_movement(movement, orders) for movement in page],
        "ageing": ageing_parts(drawn.ageing),
        "figures": _figures(drawn),
    }


def statement_download(request: PortalRequest, dealer: Dealer, make: Download, back: str) -> HttpResponse:
    """The statement of the period asked for as a file; `back` is the screen that explains a wrong period."""
    form, period = chosen_period(request.GET, timezone.localdate())
    if form.errors:
        return redirect(f"{back}?{request.GET.urlencode()}")
    try:
        return make(statement(dealer, period.start, period.end))
    except PdfUnavailable as why:
        context = {"reason": why.message, "back": f"{back}{period.query}", "back_label": _("Back to the statement")}
        return render(request, "shop/money/unavailable.html", context, status=503)


def excel_response(drawn: Statement) -> HttpResponse:
    """The statement as an Excel attachment."""
    return _attachment(statement_workbook(drawn), EXCEL, drawn, "xlsx")


def pdf_response(drawn: Statement) -> HttpResponse:
    """The statement as a PDF attachment."""
    return _attachment(statement_pdf(drawn), "application/pdf", drawn, "pdf")


def document_context(request: PortalRequest, document: AccountDocument) -> dict[str, Any]:
    """One document with its lines, orders and settlements, and what is left to pay."""
    today = timezone.localdate()
    row = rows_of([document], open_amounts([document.dealer_id], today)[document.dealer_id].items, today)[0]
    lines, consumer = list(document.lines.all()), document.kind in OF_CONSUMER_SALES
    numbers = {*document.order_numbers, *(line.order_number for line in lines if line.order_number)}
    owed = document.kind in DEBITS
    settlements = document.settled_by if owed else document.settles
    other = "credit" if owed else "invoice"
    related = settlements.select_related(f"{other}__journal__reversed_by").order_by(f"{other}__issue_date", "pk")
    return {
        "row": row,
        "document": document,
        "is_invoice": document.kind == DocumentKind.INVOICE,
        "is_owed": owed,
        "reversal": getattr(document.journal, "reversed_by", None),
        "lines": lines,
        "orders": frozenset() if consumer else visible_orders(request, numbers),
        "origin": origin_of(document) if consumer else None,
        "order_numbers": sorted(numbers),
        "settlements": [_settled(part.amount, getattr(part, other)) for part in related],
        "spread": _spread(row, document, [(part.amount, getattr(part, other)) for part in related]),
    }


def visible_orders(request: PortalRequest, numbers: Iterable[str]) -> frozenset[str]:
    """Which of these order numbers the user may open."""
    user: User = request.user
    if not (request.portal.may(Permission.SEE_OWN_ORDERS) or request.portal.may(Permission.SEE_ORDERS)):
        return frozenset()
    orders = DealerOrder.objects.for_user(user).filter(number__in=set(numbers))
    return frozenset(orders.values_list("number", flat=True))


def _movement(movement: Movement, orders: frozenset[str]) -> dict[str, Any]:
    consumer = movement.kind in OF_CONSUMER_SALES
    return {
        "is": movement,
        "word": movement_word(movement.kind),
        "orders": [(number, number in orders and not consumer) for number in movement.order_numbers],
    }


def _settled(amount: Decimal, other: AccountDocument) -> dict[str, Any]:
    return {"amount": amount, "document": other, "reversed": hasattr(other.journal, "reversed_by")}


def _spread(row: Row, document: AccountDocument, parts: list[tuple[Decimal, AccountDocument]]) -> Decimal:
    """What of the document is covered by no settlement that names it, but by oldest-first spreading."""
    if row.status == "reversed":
        return Decimal(0)
    named = sum((amount for amount, other in parts if not hasattr(other.journal, "reversed_by")), Decimal(0))
    return document.total - named - abs(row.left)


def _figures(drawn: Statement) -> list[dict[str, Any]]:
    overdue = drawn.ageing.overdue
    unit = drawn.currency
    return [
        {"label": _("Opening balance"), "value": format_amount(drawn.opening), "unit": unit},
        {"label": _("Debit"), "value": format_amount(drawn.total_debit), "unit": unit},
        {"label": _("Credit"), "value": format_amount(drawn.total_credit), "unit": unit},
        {"label": _("Closing balance"), "value": format_amount(drawn.closing), "unit": unit},
        {
            "label": _("Of that overdue"),
            "value": format_amount(overdue),
            "unit": unit,
            "tone": "bad" if overdue else "",
        },
    ]


def _attachment(content: bytes, kind: str, drawn: Statement, suffix: str) -> HttpResponse:
    name = "".join(c if c.isascii() and (c.isalnum() or c in "-_.") else "_" for c in drawn.number)
    response = attachment(content, f"statement-{name}.{suffix}", kind)
    response.headers["Cache-Control"] = "private, no-store"
    return response
