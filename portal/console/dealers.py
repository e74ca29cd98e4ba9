"""The list of dealers and its export."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import QuerySet
from django.http import FileResponse, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from dealers.accounts.models import Dealer
from dealers.statements.statement import open_amounts
from fulfilment.ordering.credit import credit_of_many
from portal.access.portal import PortalRequest
from portal.access.roles import Permission
from portal.components.downloads import excel
from portal.components.keyset import PAGE_SIZE, order_of, page_of, without_place
from portal.console.dealer_filter import SORTS, DealerFilter, sort_links, sort_of, with_last_order
from portal.documents.workbooks import Column, Sheet

EXPORT_CHUNK = 500


@require_safe
def dealers(request: PortalRequest) -> HttpResponse:
    """The dealers the user may see, with credit, overdue and last order; the same statements for any number."""
    everything = with_last_order(Dealer.objects.for_user(request.user))
    form, sort = DealerFilter(request.GET, user=request.user), sort_of(request.GET)
    chosen = form.select(everything)
    page = page_of(chosen.select_related("sales_rep", "territory"), SORTS[sort], PAGE_SIZE, request.GET)
    credits = credit_of_many(page.rows)
    owed = open_amounts([dealer.pk for dealer in page.rows])
    context = {
        "form": form,
        "chips": form.chips(request.GET),
        "page": page,
        "rows": [
            {"dealer": dealer, "credit": credits[dealer.pk], "overdue": owed[dealer.pk].overdue} for dealer in page.rows
        ],
        "may_import": request.portal.may(Permission.IMPORT_DATA),
        "sort": sort,
        "sorts": sort_links(request.GET, sort),
        "count": chosen.order_by().count(),
        "export_query": without_place(request.GET),
    }
    return render(request, "console/dealers/list.html", context)


@require_safe
def dealers_export(request: PortalRequest) -> FileResponse:
    """The filtered list as Excel, one row a dealer, amounts in each dealer's currency."""
    form = DealerFilter(request.GET, user=request.user)
    chosen = form.select(with_last_order(Dealer.objects.for_user(request.user)))
    columns = (
        Column(_("Dealer number")),
        Column(_("Dealer"), width=36),
        Column(_("Sales rep")),
        Column(_("Territory")),
        Column(_("Currency"), width=10),
        Column(_("Payment terms, days"), "integer"),
        Column(_("Tax rate, %"), "decimal"),
        Column(_("Credit limit"), "money"),
        Column(_("Owed"), "money"),
        Column(_("Ordered, not invoiced"), "money"),
        Column(_("In review"), "money"),
        Column(_("Left"), "money"),
        Column(_("Overdue"), "money"),
        Column(_("Last order"), "datetime"),
        Column(_("Active"), width=10),
        Column(_("Contact")),
        Column(_("Contact e-mail"), width=32),
        Column(_("Contact phone")),
    )
    rows = _export_rows(chosen.order_by(*order_of(SORTS[sort_of(request.GET)])))
    return excel(f"dealers-{timezone.localdate():%Y%m%d}", [Sheet(_("Dealers"), columns, rows)])


def _export_rows(chosen: QuerySet[Dealer]) -> Iterator[tuple[object, ...]]:
    for chunk in _chunks(chosen.select_related("sales_rep", "territory")):
        credits = credit_of_many(chunk)
        owed = open_amounts([dealer.pk for dealer in chunk])
        for dealer in chunk:
            credit = credits[dealer.pk]
            yield (
                dealer.number,
                dealer.display_name,
                dealer.sales_rep.name if dealer.sales_rep else "",
                dealer.territory.name if dealer.territory else "",
                dealer.currency,
                dealer.payment_terms_days,
                dealer.tax_percent,
                credit.limit,
                credit.owed,
                credit.ordered,
                credit.in_review,
                credit.left,
                owed[dealer.pk].overdue,
                getattr(dealer, "last_order", None),
                _("yes") if dealer.is_active else _("no"),
                dealer.contact_name,
                dealer.contact_email,
                dealer.contact_phone,
            )


def _chunks(dealers: QuerySet[Dealer]) -> Iterator[list[Dealer]]:
    chunk: list[Dealer] = []
    for dealer in dealers.iterator(chunk_size=EXPORT_CHUNK):
        chunk.append(dealer)
        if len(chunk) == EXPORT_CHUNK:
            yield chunk
            chunk = []
    if chunk:
        yield chunk
