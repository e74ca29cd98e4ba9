"""One order as a file, for staff: the same files that the dealer has."""

from __future__ import annotations

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_safe

from fulfilment.ordering.models import DealerOrder
from portal.access.portal import PortalRequest
from portal.console.words import stored_text
from portal.shop.order_files import as_excel, as_pdf


@require_safe
def order_excel(request: PortalRequest, number: str) -> HttpResponseBase:
    """The order as a workbook."""
    return as_excel(_visible(request, number))


@require_safe
def order_as_pdf(request: PortalRequest, number: str) -> HttpResponse:
    """The order as a PDF."""
    return as_pdf(request, _visible(request, number), reverse("console:order", args=(number,)))


def _visible(request: PortalRequest, number: str) -> DealerOrder:
    orders = DealerOrder.objects.for_user(request.user).select_related("placed_by", "dealer")
    return get_object_or_404(orders, number=stored_text(number))
