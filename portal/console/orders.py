"""The lists of orders: what waits for review, and all orders with their export."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db.models import Count, Min, QuerySet, Sum
from django.http import FileResponse, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from erp_bridge.outbox.status import status_of
from fulfilment.ordering.models import DealerOrder
from fulfilment.ordering.states import State
from portal.access.portal import PortalRequest
from portal.access.roles import Permission
from portal.components.downloads import excel
from portal.components.formats import format_amount
from portal.components.keyset import PAGE_SIZE, PK, Key, moment, order_of, page_of, turned, without_place
from portal.console.order_filter import OrderFilter, in_tab, tabs_with_counts
from portal.console.order_warnings import credit_after, warnings_for
from portal.documents.workbooks import Column, Sheet

OLDEST_FIRST = (Key("placed_at", moment), PK)
NEWEST_FIRST = turned(*OLDEST_FIRST)


@require_safe
def review(request: PortalRequest) -> HttpResponse:
    """Orders that wait for a decision, oldest first, with what deciding them needs."""
    everything = DealerOrder.objects.for_user(request.user)
    waiting = everything.filter(state=State.REVIEW)
    form = OrderFilter(request.GET, user=request.user, dates=False)
    page = page_of(_listed(form.select(waiting)), OLDEST_FIRST, PAGE_SIZE, request.GET)
    credits = credit_after(page.rows)
    cautions = warnings_for(page.rows, credits)
    rows = [{"order": order, "credit": credits[order.pk], "cautions": cautions[order.pk]} for order in page.rows]
    context = {
        "form": form,
        "chips": form.chips(request.GET),
        "page": page,
        "rows": rows,
        "figures": waiting_figures(waiting) if rows or form.chips(request.GET) else [],
    }
    return render(request, "console/orders/review.html", context)


def waiting_figures(waiting: QuerySet[DealerOrder]) -> list[dict[str, Any]]:
    """Key figures of orders in review: how many, since when, worth what in each currency. One statement."""
    by_currency = list(
        waiting.order_by("currency").values("currency").annotate(
            orders=Count("pk"), worth=Sum("total"), oldest=Min("placed_at")
        )
    )  # fmt: skip
    if not by_currency:
        return [{"label": _("To review"), "value": 0}]
    oldest = min(row["oldest"] for row in by_currency)
    days = (timezone.now() - oldest).days
    figures: list[dict[str, Any]] = [
        {"label": _("To review"), "value": sum(row["orders"] for row in by_currency)},
        {
            "label": _("Oldest waits"),
            "value": ngettext("%(days)s day", "%(days)s days", days) % {"days": days} if days else _("less than a day"),
            "tone": "warn" if days >= 2 else "",
        },
    ]
    return figures + [
        {"label": _("Worth"), "value": format_amount(row["worth"]), "unit": row["currency"]} for row in by_currency
    ]


@require_safe
def orders(request: PortalRequest) -> HttpResponse:
    """All orders the user may see, newest first, by tab, text, dates and rep."""
    everything = DealerOrder.objects.for_user(request.user)
    form, tab = OrderFilter(request.GET, user=request.user), request.GET.get("tab", "")
    selected = form.select(everything)
    page = page_of(_listed(in_tab(selected, tab)), NEWEST_FIRST, PAGE_SIZE, request.GET)
    bridge = status_of([order.number for order in page.rows])
    context = {
        "form": form,
        "tab": tab,
        "tabs": tabs_with_counts(selected, tab, request.GET),
        "chips": form.chips(request.GET),
        "page": page,
        "rows": [{"order": order, "bridge": bridge.get(order.number)} for order in page.rows],
        "export_query": without_place(request.GET),
        "may_review": request.portal.may(Permission.APPROVE_ORDERS),
    }
    return render(request, "console/orders/list.html", context)


@require_safe
def orders_export(request: PortalRequest) -> FileResponse:
    """The filtered list as Excel, one row an order; an invalid filter exports nothing but its headings."""
    form = OrderFilter(request.GET, user=request.user)
    chosen = in_tab(form.select(DealerOrder.objects.for_user(request.user)), request.GET.get("tab", ""))
    columns = (
        Column(_("Order")),
        Column(_("PO number")),
        Column(_("Dealer number")),
        Column(_("Dealer"), width=36),
        Column(_("Sales rep")),
        Column(_("State")),
        Column(_("Placed"), "datetime"),
        Column(_("Placed by")),
        Column(_("Requested"), "date"),
        Column(_("Approved"), "datetime"),
        Column(_("Lines"), "integer"),
        Column(_("Net"), "money"),
        Column(_("Surcharges"), "money"),
        Column(_("Freight"), "money"),
        Column(_("Tax"), "money"),
        Column(_("Total"), "money"),
        Column(_("Currency"), width=10),
        Column(_("ERP number")),
        Column(_("Refused by the ERP because")),
    )
    return excel(f"orders-{timezone.localdate():%Y%m%d}", [Sheet(_("Orders"), columns, _export_rows(chosen))])


def _export_rows(chosen: QuerySet[DealerOrder]) -> Iterator[tuple[object, ...]]:
    for order in _listed(chosen).order_by(*order_of(NEWEST_FIRST)).iterator(chunk_size=2000):
        yield (
            order.number,
            order.po_number,
            order.dealer.number,
            order.dealer.display_name,
            order.dealer.sales_rep.name if order.dealer.sales_rep else "",
            order.get_state_display(),
            order.placed_at,
            order.placed_by.get_full_name(),
            order.requested_date,
            order.approved_at,
            order.line_count,
            order.net_total,
            order.surcharge_net,
            order.freight_net,
            order.all_tax,
            order.total,
            order.currency,
            order.erp_number,
            order.erp_refusal,
        )


def _listed(orders: QuerySet[DealerOrder]) -> QuerySet[DealerOrder]:
    """With everything a row of a list shows."""
    return orders.select_related("dealer__sales_rep", "placed_by", "outlet")
