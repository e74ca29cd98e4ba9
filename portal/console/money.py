"""Money in the console: who owes what, each dealer's statement, all documents."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.http import FileResponse, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from dealers.accounts.models import Dealer
from dealers.ledger.models import AccountDocument
from dealers.statements.ageing import Ageing
from dealers.statements.statement import open_amounts
from portal.access.portal import PortalRequest
from portal.access.roles import Permission
from portal.components.downloads import excel
from portal.components.formats import format_amount
from portal.components.keyset import with_params, without_place
from portal.console.money_dealers import (
    SORTS,
    OwingFilter,
    export_columns,
    export_rows,
    in_order,
    page_after,
    sort_of,
)
from portal.console.words import stored_text
from portal.documents.statement_words import AGEING_SHORT
from portal.documents.workbooks import Sheet
from portal.shop.money_documents import DocumentFilter, items_of, listed, rows_of, sums_by_currency
from portal.shop.money_page import (
    document_context,
    excel_response,
    pdf_response,
    statement_context,
    statement_download,
)


@require_safe
def statements(request: PortalRequest) -> HttpResponse:
    """The dealers the user may see with balance and ageing; the same statements for any number."""
    form, sort = OwingFilter(request.GET), sort_of(request.GET)
    rows = in_order(form.rows(Dealer.objects.for_user(request.user), timezone.localdate()), sort)
    page, previous, following = page_after(rows, request.GET)
    sums = sums_by_currency(
        {row.dealer.pk: row.owed for row in rows}, {row.dealer.pk: row.dealer.currency for row in rows}
    )
    context = {
        "form": form,
        "filtered": bool(form.is_valid() and any(form.cleaned_data.values())),
        "rows": page,
        "count": len(rows),
        "ageing_words": AGEING_SHORT,
        "figures": _figures(sums.items()),
        "sorts": _sort_links(request.GET, sort),
        "previous_url": with_params(request.GET, before=previous, after=None) if previous else "",
        "next_url": with_params(request.GET, after=following, before=None) if following else "",
        "export_query": without_place(request.GET),
    }
    return render(request, "console/money/statements.html", context)


@require_safe
def statements_export(request: PortalRequest) -> FileResponse:
    """The filtered list as Excel, amounts in each dealer's currency."""
    today = timezone.localdate()
    rows = in_order(OwingFilter(request.GET).rows(Dealer.objects.for_user(request.user), today), sort_of(request.GET))
    return excel(f"balances-{today:%Y%m%d}", [Sheet(_("Balances"), export_columns(), export_rows(rows))])


@require_safe
def statement(request: PortalRequest, number: str) -> HttpResponse:
    """One dealer's account for a period."""
    dealer = _dealer(request, number)
    context = {**statement_context(request, dealer), "dealer": dealer}
    in_favour = context["statement"].closing < 0
    context["pays_out"] = in_favour and request.portal.may(Permission.RECONCILE_CONSUMER_MONEY)
    return render(request, "console/money/statement.html", context)


@require_safe
def statement_excel(request: PortalRequest, number: str) -> HttpResponse:
    """The same as an Excel workbook."""
    return statement_download(
        request, _dealer(request, number), excel_response, reverse("console:statement", args=[number])
    )


@require_safe
def statement_pdf(request: PortalRequest, number: str) -> HttpResponse:
    """The same as a PDF."""
    return statement_download(
        request, _dealer(request, number), pdf_response, reverse("console:statement", args=[number])
    )


@require_safe
def documents(request: PortalRequest) -> HttpResponse:
    """Invoices, payments and credit notes of all dealers the user may see."""
    today = timezone.localdate()
    currencies = dict(Dealer.objects.for_user(request.user).values_list("pk", "currency"))
    amounts = open_amounts(list(currencies), today)
    items, form = items_of(amounts), DocumentFilter(request.GET)
    page = listed(form.select(AccountDocument.objects.for_user(request.user), items, today), request.GET)
    context = {
        "form": form,
        "chips": form.chips(request.GET),
        "rows": rows_of(page.rows, items, today),
        "links": page,
        "figures": _figures(sums_by_currency(amounts, currencies).items()),
    }
    return render(request, "console/money/documents.html", context)


@require_safe
def document(request: PortalRequest, pk: int) -> HttpResponse:
    """One invoice, payment or credit note."""
    visible = AccountDocument.objects.for_user(request.user).select_related("dealer", "journal__reversed_by")
    found = get_object_or_404(visible, pk=pk)
    return render(request, "console/money/document.html", document_context(request, found))


def _dealer(request: PortalRequest, number: str) -> Dealer:
    return get_object_or_404(Dealer.objects.for_user(request.user), number=stored_text(number))


def _figures(sums: Iterable[tuple[str, Ageing]]) -> list[dict[str, Any]]:
    figures: list[dict[str, Any]] = []
    for currency, ageing in sums:
        figures.append({"label": _("Balance"), "value": format_amount(ageing.balance), "unit": currency})
        figures.append(
            {
                "label": _("Overdue"),
                "value": format_amount(ageing.overdue),
                "unit": currency,
                "tone": "bad" if ageing.overdue else "",
            }
        )
    return figures


def _sort_links(params: QueryDict, sort: str) -> dict[str, dict[str, str]]:
    links = {}
    for column in SORTS:
        down = sort == f"-{column}"
        links[column] = {
            "url": without_place(params, sort=column if down else f"-{column}"),
            "aria": "descending" if down else "ascending" if sort == column else "",
        }
    return links
