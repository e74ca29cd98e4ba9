"""The dealer's stock by outlet, from which consumer orders are promised: list, count by hand, take in, export.

Nobody sees it before the supplier has an active channel of consumer orders.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import FileResponse, Http404, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from dealers.intake.columns import CellRefused
from dealers.intake.rows import Outcome, Row
from fulfilment.consumer.models import Channel
from fulfilment.stock.models import MoveKind
from fulfilment.stock.outlet_feed import count_by_hand
from fulfilment.stock.outlet_intake import QUANTITY, SAFETY, OwnOutletStockIntake
from portal.access.portal import PortalRequest
from portal.components.downloads import excel
from portal.components.formats import format_quantity
from portal.components.keyset import page_of
from portal.documents.workbooks import Column, Kind, Sheet
from portal.shop.item_number_files import FileRefused, read_file, read_text
from portal.shop.outlet_stock_list import (
    NEWEST_MOVE,
    ORDER,
    PAGE_SIZE,
    figures,
    labels,
    narrowed_by,
    refused_rows,
    stock_of,
)

COLUMNS = OwnOutletStockIntake.columns
NEEDED = frozenset({"outlet", "sku", "quantity"})
#: The moment is text, since a cell with a time forgets its zone and parts of a second.
KINDS: tuple[Kind, ...] = ("text", "text", "integer", "integer", "text")

View = Callable[..., HttpResponseBase]


def consumer_orders_on() -> bool:
    """Whether the supplier takes in consumer orders at all: an active channel."""
    return Channel.objects.filter(is_active=True).exists()


def while_on(view: View) -> View:
    """Let nobody see a page while there is no active channel of consumer orders."""

    @wraps(view)
    def guarded(request: PortalRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not consumer_orders_on():
            raise Http404
        return view(request, *args, **kwargs)

    return guarded


@while_on
@require_http_methods(["GET", "HEAD", "POST"])
def outlet_stock(request: PortalRequest) -> HttpResponse:
    """The list; a POST counts one product of an outlet, new or known."""
    if request.method != "POST":
        return _page(request)
    names = ("outlet", "sku", "quantity", "safety")
    given = {name: str(request.POST.get(name, "")).replace("\x00", "") for name in names}
    outcome = _take(request, [Row(1, given)], MoveKind.BY_HAND)
    if outcome.problems:
        return _page(request, given=given, errors=[problem.message for problem in outcome.problems], status=422)
    words = {"sku": given["sku"].strip(), "outlet": given["outlet"].strip()}
    messages.success(request, _("%(sku)s at %(outlet)s is counted.") % words)
    return redirect("shop:outlet_stock")


@while_on
@require_http_methods(["GET", "HEAD", "POST"])
def row(request: PortalRequest, pk: int) -> HttpResponse:
    """What moved one product at one outlet; a POST says what is there now, or changes the safety stock."""
    if request.method != "POST":
        return _moves(request, pk)
    with transaction.atomic():
        item = get_object_or_404(stock_of(request.portal.dealer).select_for_update(of=("self",)), pk=pk)
        said = str(request.POST.get("quantity", "")).strip()
        try:
            kept = said in ("", str(item.on_hand)) and "counted" not in request.POST
            quantity = None if kept else QUANTITY.read(said)
            safety = SAFETY.read(str(request.POST.get("safety", "")))
        except CellRefused as why:
            messages.error(request, why.message)
            return _back(request)
        if request.POST.get("was", "") != str(item.on_hand):
            text = _("The stock of %(sku)s moved meanwhile: %(count)s are on hand now. Count again.")
            messages.error(request, text % {"sku": item.sku, "count": format_quantity(item.on_hand)})
            return _back(request)
        count_by_hand(item.outlet_id, item.product_id, quantity, safety, by=request.user)
    messages.success(request, _("%s is saved.") % item.sku)
    return _back(request)


@while_on
@require_POST
def take_in(request: PortalRequest) -> HttpResponse:
    """Take in a file, or else pasted text; what was refused is told row by row, the rest is kept."""
    file = request.FILES.get("file")
    text = str(request.POST.get("text", ""))
    try:
        given = read_file(file, COLUMNS, NEEDED) if file is not None else read_text(text, COLUMNS, NEEDED)
    except FileRefused as why:
        return _page(request, pasted=text, errors=[str(why)], status=422)
    if not given:
        error = _("There is no row to read. Give an outlet, a SKU and a quantity, one product a line.")
        return _page(request, errors=[error], status=422)
    outcome = _take(request, given, MoveKind.FEED)
    told = _("%(new)s new, %(changed)s changed, %(same)s as before.") % {
        "new": format_quantity(outcome.created),
        "changed": format_quantity(outcome.changed),
        "same": format_quantity(outcome.unchanged),
    }
    if not outcome.problems:
        messages.success(request, told)
        return redirect("shop:outlet_stock")
    messages.warning(request, told)
    shown = refused_rows(given, outcome, COLUMNS)
    return _page(request, refused=shown, refused_count=outcome.refused, status=422)


@while_on
@require_safe
def export(request: PortalRequest) -> FileResponse:
    """The rows that the filters leave, as a workbook that can be taken in again.

    It is as of its making: what moves before it comes back is then added to it.
    """
    as_of = timezone.localtime(timezone.now(), timezone.get_default_timezone()).isoformat(" ")
    found = narrowed_by(request.portal.dealer, request.GET).rows.order_by("outlet__code", "sku")
    values = found.values_list("outlet__code", "sku", "on_hand", "safety").iterator(chunk_size=2000)
    columns = [Column(str(column.label), kind) for column, kind in zip(COLUMNS, KINDS, strict=True)]
    rows = ((outlet, sku, max(on_hand, 0), safety, as_of) for outlet, sku, on_hand, safety in values)
    return excel("outlet-stock", [Sheet(_("Stock of my outlets"), columns, rows)])


def _take(request: PortalRequest, rows: Sequence[Row], kind: MoveKind) -> Outcome:
    return OwnOutletStockIntake(request.portal.dealer, by=request.user, kind=kind).take(rows)


def _back(request: PortalRequest) -> HttpResponse:
    """To the page of the list where the form stood."""
    query = QueryDict(str(request.POST.get("back", ""))[:2000]).urlencode()
    return redirect(f"{reverse('shop:outlet_stock')}?{query}" if query else "shop:outlet_stock")


def _page(request: PortalRequest, *, status: int = 200, **more: Any) -> HttpResponse:
    dealer = request.portal.dealer
    narrowed = narrowed_by(dealer, request.GET)
    page = page_of(narrowed.rows, ORDER, PAGE_SIZE, request.GET)
    called = labels(dealer, page.rows)
    context = {
        "shown": [(item, called.get(item.product_id)) for item in page.rows],
        "page": page,
        "figures": figures(dealer, narrowed),
        "narrowed": narrowed,
        "back": request.GET.urlencode() if request.method != "POST" else "",
        "crumbs": crumbs(),
        "given": {},
        "errors": [],
        **more,
    }
    return render(request, "shop/outlet_stock.html", context, status=status)


def _moves(request: PortalRequest, pk: int) -> HttpResponse:
    dealer = request.portal.dealer
    item = get_object_or_404(stock_of(dealer).select_related("outlet"), pk=pk)
    page = page_of(item.moves.select_related("by"), [NEWEST_MOVE], PAGE_SIZE, request.GET)
    context = {
        "item": item,
        "label": labels(dealer, [item]).get(item.product_id),
        "page": page,
        "shortfall": item.shortfalls.filter(cleared_at=None).first(),
        "crumbs": [*crumbs(reverse("shop:outlet_stock")), (item.sku, "")],
    }
    return render(request, "shop/outlet_stock_moves.html", context)


def crumbs(url: str = "") -> list[tuple[str, str]]:
    """The way to the list of stock."""
    return [(_("Account"), reverse("shop:account")), (_("Stock of my outlets"), url)]
