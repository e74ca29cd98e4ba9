"""One order as a file to keep, for the dealer and for staff alike."""

from __future__ import annotations

from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from fulfilment.ordering.models import DealerOrder
from portal.access.portal import PortalRequest
from portal.components.downloads import attachment, excel
from portal.documents.order_document import order_pdf, order_sheets
from portal.documents.pdf import PdfUnavailable
from portal.shop.orderlist import own_orders


@require_safe
def order_excel(request: PortalRequest, number: str) -> HttpResponseBase:
    """One of the dealer's orders as a workbook."""
    return as_excel(_own(request, number))


@require_safe
def order_as_pdf(request: PortalRequest, number: str) -> HttpResponse:
    """One of the dealer's orders as a PDF."""
    return as_pdf(request, _own(request, number), reverse("shop:order", args=(number,)))


def as_excel(order: DealerOrder) -> HttpResponseBase:
    """The order as an Excel attachment."""
    return excel(_("Order %(number)s") % {"number": order.number}, order_sheets(order))


def as_pdf(request: PortalRequest, order: DealerOrder, back: str) -> HttpResponse:
    """The order as a PDF attachment, or a page that says why there is none with a way `back`."""
    try:
        content = order_pdf(order)
    except PdfUnavailable as why:
        context = {"reason": why.message, "back": back, "back_label": _("Back to the order")}
        return render(request, "shop/money/unavailable.html", context, status=503)
    return attachment(content, f"{_('Order %(number)s') % {'number': order.number}}.pdf", "application/pdf")


def _own(request: PortalRequest, number: str) -> DealerOrder:
    found = own_orders(request).select_related("placed_by", "dealer").filter(number=number).first()
    if found is None:
        raise Http404
    return found
