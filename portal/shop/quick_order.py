"""Quick order: codes and quantities typed, scanned, pasted or uploaded, checked by line, put into a cart at once."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import uuid4

from django.contrib import messages
from django.core.cache import cache
from django.db import transaction
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from fulfilment.ordering.cart import add_to_cart, open_cart
from fulfilment.ordering.carts import LONGEST_NAME, create_cart
from fulfilment.ordering.problems import OrderRefused
from fulfilment.ordering.resolve import Entry, LineState, Resolved, resolve
from portal.access.portal import PortalRequest
from portal.components.formats import format_quantity
from portal.documents.tables.reading import ENCODINGS
from portal.shop.listing import suggested
from portal.shop.pasted import MOST_LINES, clean_cell, clean_code, parse_text, read_amount
from portal.shop.quickfiles import FileRefused, read_file, write_problems
from portal.shop.quicklist import (
    CODE,
    MOST_BYTES,
    QUANTITY,
    ListBroken,
    QuickLine,
    QuickList,
    appended,
    from_pasted,
    mended,
    packed,
    unpacked,
)
from portal.shop.quickrows import Sums, folded, rows_of, sums_of, told, totals_of
from portal.shop.rows import labels_for

#: Rows on a page: enough to work down, few enough that a phone draws them at once.
PAGE_SIZE = 100
#: Lines typed or scanned one by one stand on top until the next ones come; more at once are a paste.
FEW_NEW = 5
SUGGESTIONS = 8
LONGEST_ASKED = 100
#: How long a sent list is remembered, so that sending it again adds nothing.
REMEMBERED = 24 * 60 * 60


class _Refused(Exception):
    """What was sent cannot be checked at all; the text says why and how to mend it."""


@require_http_methods(["GET", "HEAD", "POST"])
def quick_order(request: PortalRequest) -> HttpResponseBase:
    """The empty box; or what was sent, checked. The lines travel in the form until they are added or left."""
    if request.method != "POST":
        return _page(request, QuickList())
    try:
        quick, known = _sent(request)
    except _Refused as why:
        return _page(request, _travelling(request), error=str(why), status=422)
    quick, found, went = folded(quick, _resolved(request, quick))
    new = {went[place] for place in range(known, max(went, default=-1) + 1)}
    if "take" in request.POST:
        quick = _taken(quick, found, request.POST["take"])
        quick, found, _went = folded(quick, _resolved(request, quick))
    if "download" in request.POST:
        bad = [(line, told(item)) for line, item in zip(quick.lines, found, strict=True) if not item.good]
        lines = replace(quick, lines=tuple(line for line, _text in bad))
        return write_problems(lines, [text for _line, text in bad])
    if "add" in request.POST:
        return _add(request, quick, found)
    return _page(request, quick, found, new=new if known and len(new) <= FEW_NEW else ())


@require_POST
def quick_line(request: PortalRequest) -> HttpResponse:
    """One line checked again after its code or quantity was mended: its row, and the totals with it.

    The other lines are not read: `sums` is what all lines came to on the screen, `was` what this one did.
    """
    sent = request.POST
    place = sent.get("place", "")
    if not (place.isascii() and place.isdecimal() and len(place) <= 5):
        return HttpResponse(status=400)
    code, quantity = clean_code(sent.get(f"{CODE}{place}", "")), clean_cell(sent.get(f"{QUANTITY}{place}", ""))
    number = sent.get("number", "")
    line = QuickLine(int(number) if number.isascii() and number.isdecimal() and len(number) < 10 else 0, code, quantity)
    quick = QuickList((line,))
    rows: list[Any] = []
    after = Sums()
    if "gone" not in sent:
        quick, found, _went = folded(quick, _resolved(request, quick))
        rows = [replace(row, place=place) for row in rows_of(request.portal.dealer, quick, found, [0])]
        after = sums_of(found)
    sums = Sums.read(sent.get("sums", "")).changed(Sums.read(sent.get("was", "")), after)
    context = {"rows": rows, "place": place, "dealer": request.portal.dealer, "totals": totals_of(request, sums)}
    return render(request, "shop/parts/quick_line.html", context)


@require_safe
def quick_suggest(request: PortalRequest) -> HttpResponse:
    """What may be meant by the code that is being typed, for the list under the box."""
    text = request.GET.get("q", "").replace("\x00", "")[:LONGEST_ASKED].strip()
    labels: list[Any] = []
    if len(text) > 1:
        dealer = request.portal.dealer
        labels = list(labels_for(dealer, suggested(dealer, text, SUGGESTIONS)).values())
    return render(request, "shop/parts/quick_suggestions.html", {"labels": labels, "text": text})


def _travelling(request: PortalRequest) -> QuickList:
    text = request.POST.get("lines", "")
    if not text:
        return QuickList()
    try:
        return unpacked(text, ENCODINGS)
    except ListBroken:
        return QuickList()


def _sent(request: PortalRequest) -> tuple[QuickList, int]:
    """The lines of the form, as mended, with what was uploaded and typed below, and how many were not typed now."""
    before = _travelling(request)
    quick = mended(before, request.POST)
    file = request.FILES.get("file")
    if file is not None:
        try:
            quick = appended(quick, read_file(file))
        except FileRefused as why:
            raise _Refused(str(why)) from why
    known = len(quick.lines)
    text = request.POST.get("text", "")
    if text.strip():
        quick = appended(quick, from_pasted(parse_text(text)))
    if not quick.lines and not before.lines:
        raise _Refused(_("There is no line to read. Enter a SKU and a quantity, one product a line."))
    if len(quick.lines) > MOST_LINES:
        words = {"count": format_quantity(len(quick.lines)), "limit": format_quantity(MOST_LINES)}
        raise _Refused(_("These are %(count)s lines; at most %(limit)s go at once. Send them in parts.") % words)
    if len(packed(quick).encode()) > MOST_BYTES:
        raise _Refused(_("There is too much text beside the lines. Keep only the columns SKU and quantity."))
    return quick, known


def _resolved(request: PortalRequest, quick: QuickList) -> list[Resolved]:
    return resolve(request.portal.dealer, [_entry(line) for line in quick.lines], request.portal.cart_quantities)


def _entry(line: QuickLine) -> Entry:
    read = read_amount(line.quantity, line.unit)
    return Entry(line.code, read.number, read.wrong, read.units)


def _taken(quick: QuickList, found: Sequence[Resolved], which: str) -> QuickList:
    """The list with what is left instead of what was wanted, in one line or in all that are short."""
    lines = [
        replace(line, quantity=str(item.quantity), unit="")
        if item.state == LineState.PART and item.quantity and which in ("all", str(place))
        else line
        for place, (line, item) in enumerate(zip(quick.lines, found, strict=True))
    ]
    return replace(quick, lines=tuple(lines))


def _add(request: PortalRequest, quick: QuickList, found: Sequence[Resolved]) -> HttpResponse:
    """Put the good lines into the cart, once for each rendered page; the bad ones stay."""
    remembered = f"quick-order-{request.user.pk}-{request.portal.dealer.pk}-{quick.key}"
    wanted = {item.product_id: item.quantity for item in found if item.good and item.product_id is not None}
    units = {
        item.product_id: line.packed_in
        for line, item in zip(quick.lines, found, strict=True)
        if line.packed_in and item.product_id in wanted
    }
    if not cache.add(remembered, list(wanted), REMEMBERED):
        added = set(cache.get(remembered) or ())
        messages.info(request, _("These lines are in the cart already; nothing was added twice."))
    elif not wanted:
        added = set()
        messages.error(request, _("There is no good line to add yet."))
    else:
        try:
            _put(request, wanted, units)
        except OrderRefused as why:
            cache.delete(remembered)
            return _page(request, quick, found, error=str(why.message), status=422)
        except Exception:
            cache.delete(remembered)
            raise
        added = set(wanted)
        request.portal.forget_cart()
        text = ngettext("%d line added to the cart.", "%d lines added to the cart.", len(added)) % len(added)
        messages.success(request, text)
    left = [(line, item) for line, item in zip(quick.lines, found, strict=True) if item.product_id not in added]
    if not left:
        return redirect("shop:cart")
    rest = replace(quick, lines=tuple(line for line, _item in left))
    return _page(request, rest, [item for _line, item in left])


def _put(request: PortalRequest, wanted: Mapping[int, int], units: Mapping[int, str]) -> None:
    """Add to the current cart, or to a new one of the name that was given, which is the current one from then on."""
    dealer = request.portal.dealer
    with transaction.atomic():
        if request.POST["add"] == "new":
            cart = create_cart(request.user, dealer, request.POST.get("cart_name", ""))
        else:
            cart = open_cart(request.user, dealer)
        cart.dealer = dealer
        add_to_cart(cart, wanted, units=units, by=request.user)


def _page(
    request: PortalRequest,
    quick: QuickList,
    found: Sequence[Resolved] = (),
    *,
    new: Collection[int] = (),
    error: str = "",
    status: int = 200,
) -> HttpResponse:
    if quick.lines and not found:
        quick, found, _went = folded(quick, _resolved(request, quick))
    quick = replace(quick, key=str(uuid4()))
    page = _page_number(request, len(quick.lines))
    start = page * PAGE_SIZE
    order = sorted(range(len(found)), key=lambda place: (place not in new, found[place].good, place))
    rows = rows_of(request.portal.dealer, quick, found, order[start : start + PAGE_SIZE])
    context = {
        "rows": rows,
        "new": [row for row in rows if int(row.place) in new],
        "packed": packed(quick) if quick.lines else "",
        "text": request.POST.get("text", "") if error else "",
        "error": error,
        "dealer": request.portal.dealer,
        "totals": totals_of(request, sums_of(found)) if found else None,
        "cart": request.portal.cart,
        "cart_name": request.POST.get("cart_name", "") if error else "",
        "longest_name": LONGEST_NAME,
        "first": start + 1,
        "last": start + len(rows),
        "count": len(found),
        "page": str(page),
        "previous": str(page - 1) if page else "",
        "next": str(page + 1) if start + PAGE_SIZE < len(found) else "",
        "most_lines": MOST_LINES,
        "file_format": "XLSX" if quick.excel else "CSV",
    }
    name = "shop/parts/quick_result.html" if request.htmx else "shop/quick_order.html"
    return render(request, name, context, status=status)


def _page_number(request: PortalRequest, count: int) -> int:
    text = request.POST.get("turn") or request.POST.get("page", "")
    if request.POST.get("text"):
        return 0
    number = int(text) if text.isascii() and text.isdecimal() and len(text) < 6 else 0
    return min(number, max(count - 1, 0) // PAGE_SIZE)
