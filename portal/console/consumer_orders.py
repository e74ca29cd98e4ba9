"""All consumer orders, by state, channel, days and text; as a list and as Excel."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import QuerySet
from django.http import FileResponse, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from fulfilment.consumer.models import Channel, ConsumerOrder
from portal.access.portal import PortalRequest
from portal.access.roles import Permission
from portal.components.downloads import excel
from portal.components.keyset import PAGE_SIZE, PK, moment, order_of, page_of, turned, without_place
from portal.components.keyset import Key as SortKey
from portal.console.consumer_filter import ConsumerFilter, in_tab, tabs_with_counts
from portal.console.consumer_words import STATE_KINDS
from portal.documents.workbooks import Column, Sheet

NEWEST_FIRST = turned(SortKey("placed_at", moment), PK)


@require_safe
def consumer_orders(request: PortalRequest) -> HttpResponse:
    """The list, newest first."""
    works = request.portal.may(Permission.WORK_CONSUMER_ORDERS)
    form, tab = ConsumerFilter(request.GET, sees_contacts=works), request.GET.get("tab", "")
    selected = form.select(ConsumerOrder.objects.all())
    page = page_of(in_tab(selected, tab).select_related("channel"), NEWEST_FIRST, PAGE_SIZE, request.GET)
    context = {
        "form": form,
        "tab": tab,
        "tabs": tabs_with_counts(selected, tab, request.GET),
        "chips": form.chips(request.GET),
        "page": page,
        "rows": [{"order": order, "kind": STATE_KINDS.get(order.state, "")} for order in page.rows],
        "export_query": without_place(request.GET),
        "works": works,
        "keeps_channels": request.portal.may(Permission.MANAGE_CHANNELS),
        "has_channels": bool(page.rows) or Channel.objects.exists(),
    }
    return render(request, "console/consumer/list.html", context)


@require_safe
def consumer_orders_export(request: PortalRequest) -> FileResponse:
    """The filtered list as Excel, one row an order, without personal data."""
    works = request.portal.may(Permission.WORK_CONSUMER_ORDERS)
    form = ConsumerFilter(request.GET, sees_contacts=works)
    chosen = in_tab(form.select(ConsumerOrder.objects.all()), request.GET.get("tab", ""))
    columns = (
        Column(_("Channel")),
        Column(_("Order number")),
        Column(_("State")),
        Column(_("Placed"), "datetime"),
        Column(_("Received"), "datetime"),
        Column(_("Method")),
        Column(_("Promised for"), "date"),
        Column(_("Postcode")),
        Column(_("City")),
        Column(_("Country"), width=10),
        Column(_("Lines"), "integer"),
        Column(_("Goods"), "money"),
        Column(_("Freight"), "money"),
        Column(_("Total"), "money"),
        Column(_("Payment fee"), "money"),
        Column(_("Currency"), width=10),
        Column(_("Attribution code")),
        Column(_("Campaign")),
    )
    return excel(f"consumer-orders-{timezone.localdate():%Y%m%d}", [Sheet(_("Orders"), columns, _rows(chosen))])


def _rows(chosen: QuerySet[ConsumerOrder]) -> Iterator[tuple[object, ...]]:
    for order in chosen.select_related("channel").order_by(*order_of(NEWEST_FIRST)).iterator(chunk_size=2000):
        yield (
            order.channel.name,
            order.external_number,
            order.get_state_display(),
            order.placed_at,
            order.received_at,
            order.get_method_display(),
            order.promised_on,
            order.postal_code,
            order.city,
            order.country,
            order.line_count,
            order.goods_total,
            order.freight,
            order.total,
            order.payment_fee,
            order.currency,
            order.attribution_code,
            order.campaign_code,
        )
