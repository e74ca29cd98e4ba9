"""A dealer's account: the statement and the documents behind it."""

from __future__ import annotations

from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from dealers.ledger.models import AccountDocument
from dealers.statements.statement import open_amounts
from portal.access.portal import PortalRequest
from portal.components.formats import format_amount
from portal.shop.money_documents import DocumentFilter, listed, rows_of
from portal.shop.money_page import (
    document_context,
    excel_response,
    pdf_response,
    statement_context,
    statement_download,
)


@require_safe
def statement(request: PortalRequest) -> HttpResponse:
    """The dealer's account for a period."""
    return render(request, "shop/money/statement.html", statement_context(request, request.portal.dealer))


@require_safe
def statement_excel(request: PortalRequest) -> HttpResponse:
    """The same as an Excel workbook."""
    return statement_download(request, request.portal.dealer, excel_response, reverse("shop:statement"))


@require_safe
def statement_pdf(request: PortalRequest) -> HttpResponse:
    """The same as a PDF."""
    return statement_download(request, request.portal.dealer, pdf_response, reverse("shop:statement"))


@require_safe
def documents(request: PortalRequest) -> HttpResponse:
    """Invoices, payments and credit notes, with what is open and overdue."""
    dealer, today = request.portal.dealer, timezone.localdate()
    owed = open_amounts([dealer.pk], today)[dealer.pk]
    form = DocumentFilter(request.GET)
    everything = _own(request)
    page = listed(form.select(everything, owed.items, today), request.GET)
    unit = dealer.currency
    context = {
        "form": form,
        "chips": form.chips(request.GET),
        "rows": rows_of(page.rows, owed.items, today),
        "links": page,
        "currency": unit,
        "figures": [
            {"label": _("Balance"), "value": format_amount(owed.balance), "unit": unit},
            {
                "label": _("Open invoices"),
                "value": format_amount(owed.ageing.not_due + owed.overdue),
                "unit": unit,
                "url": "?status=open",
            },
            {
                "label": _("Overdue"),
                "value": format_amount(owed.overdue),
                "unit": unit,
                "tone": "bad" if owed.overdue else "",
                "url": "?status=overdue",
            },
        ],
    }
    return render(request, "shop/money/documents.html", context)


@require_safe
def document(request: PortalRequest, pk: int) -> HttpResponse:
    """One invoice, payment or credit note."""
    found = get_object_or_404(_own(request).select_related("dealer", "journal__reversed_by"), pk=pk)
    return render(request, "shop/money/document.html", document_context(request, found))


def _own(request: PortalRequest) -> QuerySet[AccountDocument]:
    """Documents of the dealer acted for, not of another one where the user's role may be a lesser one."""
    return AccountDocument.objects.for_user(request.user).filter(dealer=request.portal.dealer)
