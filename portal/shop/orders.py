"""The dealer's orders: list, one order, cancel, confirm receipt, order again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from dealers.accounts.addresses import delivery_lines
from dealers.ledger.models import OF_CONSUMER_SALES, AccountDocument
from fulfilment.ordering.models import DealerOrder, OrderStep
from fulfilment.ordering.problems import OrderRefused
from fulfilment.ordering.review import cancel
from fulfilment.ordering.states import State
from fulfilment.shipping.models import Shipment, ShipmentLine
from fulfilment.shipping.record import confirm_receipt
from portal.access.portal import PortalRequest
from portal.access.roles import Permission
from portal.components.downloads import excel
from portal.components.keyset import without_place
from portal.components.promotions import promotions_taken
from portal.shop.again import order_again
from portal.shop.forms import OrderFilterForm, ReasonForm, ReceiptForm
from portal.shop.orderlines import lines_shown
from portal.shop.orderlist import (
    TABS,
    Progress,
    in_tab,
    narrowed,
    own_orders,
    page_of_orders,
    progress_of,
    sheet_of,
    tabs_for,
)
from portal.shop.reorder import wishes_of_order
from portal.shop.timeline import ending_of, timeline_of


@require_safe
def orders(request: PortalRequest) -> HttpResponse:
    """The list under its tabs; `tab`, `q`, `placed_from` and `placed_to` narrow it."""
    form = OrderFilterForm(request.GET)
    given = form.cleaned_data if form.is_valid() else {}
    every = own_orders(request)
    found = narrowed(every, given)
    tab = request.GET.get("tab", "all")
    tab = tab if tab in TABS else "all"
    page = page_of_orders(in_tab(found, tab), request.GET)
    progress = progress_of(page.rows)
    context = {
        "form": form,
        "tabs": tabs_for(found, tab, request.GET),
        "rows": [(order, progress.get(order.pk, Progress(0, 0))) for order in page.rows],
        "page": page,
        "narrowed": any(given.values()),
        "clear_url": reverse("shop:orders") + (f"?tab={tab}" if tab != "all" else ""),
        "export_url": reverse("shop:orders_export") + without_place(request.GET),
        "tab": tab,
        "dealer": request.portal.dealer,
        "may_order": request.portal.may(Permission.ORDER),
    }
    return render(request, "shop/orders.html", context)


@require_safe
def export(request: PortalRequest) -> FileResponse:
    """The same orders as the list shows, all of them, as an Excel workbook."""
    form = OrderFilterForm(request.GET)
    found = narrowed(own_orders(request), form.cleaned_data if form.is_valid() else {})
    tab = request.GET.get("tab", "all")
    sheet = sheet_of(in_tab(found, tab if tab in TABS else "all"))
    return excel(f"{_('orders')}-{timezone.localdate():%Y-%m-%d}", [sheet])


@require_safe
def order(request: PortalRequest, number: str) -> HttpResponse:
    """One order with its steps, lines, shipments and documents."""
    return _detail(request, _own(request, number))


@require_POST
def cancel_order(request: PortalRequest, number: str) -> HttpResponse:
    """Cancel an order that is still in review, with a reason."""
    found = _own(request, number)
    form = ReasonForm(request.POST)
    if not form.is_valid():
        return _detail(request, found, reason_form=form, status=422)
    try:
        cancel(found.pk, by=request.user, reason=form.cleaned_data["reason"])
    except OrderRefused as why:
        messages.error(request, str(why.message))
    else:
        messages.success(request, _("Order %s is cancelled.") % found.number)
    return redirect("shop:order", found.number)


@require_POST
def receipt(request: PortalRequest, number: str, pk: int) -> HttpResponse:
    """Confirm that a shipment arrived."""
    found = _own(request, number)
    shipment = get_object_or_404(Shipment, order=found, pk=pk)
    form = ReceiptForm(request.POST)
    if not form.is_valid():
        return _detail(request, found, receipt_form=form, status=422)
    confirm_receipt(shipment.pk, by=request.user, note=form.cleaned_data["note"])
    messages.success(request, _("Receipt of shipment %s is confirmed. Thank you.") % shipment.number)
    return redirect("shop:order", found.number)


@require_http_methods(["GET", "HEAD", "POST"])
def reorder(request: PortalRequest, number: str) -> HttpResponse:
    """Order again: the difference list first, then what was accepted of it goes into a cart."""
    found = _own(request, number)
    back = reverse("shop:order", args=(found.number,))
    source = _("order %s") % found.number
    return order_again(request, wishes_of_order(found), source=source, back_url=back, name=found.number)


@dataclass(frozen=True)
class ShipmentShown:
    """A shipment with what is in it."""

    shipment: Shipment
    lines: list[ShipmentLine]


def _own(request: PortalRequest, number: str) -> DealerOrder:
    found = own_orders(request).select_related("outlet", "placed_by", "dealer").filter(number=number).first()
    if found is None:
        raise Http404
    return found


def _detail(request: PortalRequest, found: DealerOrder, *, status: int = 200, **more: Any) -> HttpResponse:
    steps = list(OrderStep.objects.filter(order=found).order_by("pk"))
    shipments = _shipments(found)
    lines = lines_shown(request.portal.dealer, found, request.GET)
    ended = ending_of(steps)
    may = request.portal.may
    context = {
        "order": found,
        "lines": lines,
        "shipments": shipments,
        "timeline": timeline_of(found, steps, [shown.shipment for shown in shipments], lines.progress),
        "progress": lines.progress,
        "promotions": promotions_taken(found.number),
        "ended": ended,
        "ship_to": delivery_lines(found.ship_to),
        "documents": _documents(request, found) if may(Permission.SEE_OWN_STATEMENT) else [],
        "may_order": may(Permission.ORDER),
        "may_cancel": may(Permission.ORDER) and found.state == State.REVIEW,
        "may_receive": may(Permission.CONFIRM_RECEIPT),
        "crumbs": [(_("Orders"), reverse("shop:orders")), (found.number, "")],
        "reason_form": ReasonForm(),
        "receipt_form": ReceiptForm(),
        **more,
    }
    return render(request, "shop/order.html", context, status=status)


def _shipments(found: DealerOrder) -> list[ShipmentShown]:
    shipments = list(Shipment.objects.filter(order=found).select_related("received_by"))
    contents: dict[int, list[ShipmentLine]] = {shipment.pk: [] for shipment in shipments}
    inside = ShipmentLine.objects.filter(shipment__order=found).select_related("order_line")
    for line in inside.order_by("order_line__position"):
        contents[line.shipment_id].append(line)
    return [ShipmentShown(shipment, contents[shipment.pk]) for shipment in shipments]


def _documents(request: PortalRequest, found: DealerOrder) -> Sequence[AccountDocument]:
    documents = AccountDocument.objects.for_user(request.user).filter(dealer=request.portal.dealer)
    # The numbers of consumer orders are the channels' own, and may be the same as one of ours.
    named = documents.filter(order_numbers__contains=[found.number]).exclude(kind__in=OF_CONSUMER_SALES)
    return list(named.order_by("issue_date", "pk"))
