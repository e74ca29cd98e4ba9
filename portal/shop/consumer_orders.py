"""The dealer's consumer orders: what waits for an answer, for packing, for the carrier, and what is done."""

from __future__ import annotations

from django.http import FileResponse, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from portal.access.portal import PortalRequest
from portal.access.roles import Permission
from portal.components.downloads import excel
from portal.components.keyset import without_place
from portal.shop.consumer_list import DUE, narrowed_by, page_of_offers, rows_of, sheet_of, tab_of, tabs_for
from portal.shop.outlet_stock import while_on


@while_on
@require_safe
def consumer_orders(request: PortalRequest) -> HttpResponse:
    """The list under its tabs; `tab`, `q`, `outlet` and `method` narrow it."""
    narrowed, tab = narrowed_by(request, request.GET), tab_of(request.GET)
    page = page_of_offers(narrowed.offers, tab, request.GET)
    context = {
        "narrowed": narrowed,
        "tab": tab,
        "tabs": tabs_for(narrowed.offers, tab, request.GET),
        "rows": rows_of(page.rows),
        "page": page,
        "with_due": tab in DUE,
        "clear_url": f"{reverse('shop:consumer_orders')}?tab={tab}",
        "export_url": reverse("shop:consumer_orders_export") + without_place(request.GET),
        "may_fulfil": request.portal.may(Permission.FULFIL_CONSUMER_ORDERS),
        "dealer": request.portal.dealer,
    }
    return render(request, "shop/consumer/list.html", context)


@while_on
@require_safe
def export(request: PortalRequest) -> FileResponse:
    """The same orders as the list shows, all of them, as an Excel workbook."""
    sheet = sheet_of(narrowed_by(request, request.GET).offers, tab_of(request.GET))
    return excel(f"{_('consumer-orders')}-{timezone.localdate():%Y-%m-%d}", [sheet])
