"""Quick order: codes and quantities typed, pasted or uploaded, checked by line, and put into the cart in one go."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any
from uuid import uuid4

from django.contrib import messages
from django.core.cache import cache
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext_lazy
from django.views.decorators.http import require_http_methods

from dealers.accounts.models import Dealer
from fulfilment.ordering.cart import add_to_cart, open_cart
from fulfilment.ordering.problems import OrderRefused
from fulfilment.ordering.resolve import Entry, LineState, Resolved, resolve
from portal.access.portal import PortalRequest
from portal.components.formats import format_quantity
from portal.documents.tables.reading import ENCODINGS
from portal.shop.pasted import MOST_LINES, parse_text, read_quantity
from portal.shop.quickfiles import FileRefused, read_file, write_problems
from portal.shop.quicklist import MOST_BYTES, ListBroken, QuickLine, QuickList, appended, mended, packed, unpacked
from portal.shop.rows import Label, Product, labels_for, named, pictures_of

PAGE_SIZE = 250
#: How long a sent list is remembered, so that sending it again adds nothing.
REMEMBERED = 24 * 60 * 60

#: The word and the colour of each state's chip.
CHIPS: dict[LineState, tuple[Any, str]] = {
    LineState.OK: (pgettext_lazy("quick order", "OK"), "good"),
    LineState.ROUNDED: (pgettext_lazy("quick order", "Rounded up"), "progress"),
    LineState.PART: (pgettext_lazy("quick order", "Too little stock"), "warn"),
    LineState.NO_PRICE: (pgettext_lazy("quick order", "No price"), "bad"),
    LineState.UNKNOWN: (pgettext_lazy("quick order", "Unknown"), "bad"),
    LineState.QUANTITY: (pgettext_lazy("quick order", "Quantity"), "bad"),
    LineState.SAME: (pgettext_lazy("quick order", "Added up"), "neutral"),
}


class _Refused(Exception):
    """What was sent cannot be checked at all; the text says why and how to mend it."""


@dataclass(frozen=True)
class Row:
    """One line of the preview. `label` is None while the product is not known."""

    place: str
    line: QuickLine
    found: Resolved
    word: Any
    kind: str
    label: Label | None
    picture: str

    @property
    def stepped(self) -> bool:
        """Whether the quantity is a number that a stepper can hold."""
        return self.label is not None and self.found.state != LineState.QUANTITY

    @property
    def part(self) -> int:
        """How much of it can be had when that is less than was asked for."""
        return self.found.quantity if self.found.state == LineState.PART else 0


@require_http_methods(["GET", "HEAD", "POST"])
def quick_order(request: PortalRequest) -> HttpResponseBase:
    """The empty box; or what was sent, checked. The lines travel in the form until they are added or left."""
    if request.method != "POST":
        return _page(request, QuickList())
    try:
        quick = _sent(request)
    except _Refused as why:
        return _page(request, _travelling(request), error=str(why), status=422)
    quick, found = _folded(quick, _resolved(request, quick))
    if "take" in request.POST:
        quick = _taken(quick, found, request.POST["take"])
        quick, found = _folded(quick, _resolved(request, quick))
    if "download" in request.POST:
        bad = [(line, _told(item)) for line, item in zip(quick.lines, found, strict=True) if not item.good]
        lines = replace(quick, lines=tuple(line for line, _text in bad))
        return write_problems(lines, [text for _line, text in bad])
    if "add" in request.POST:
        return _add(request, quick, found)
    return _page(request, quick, found)


def _travelling(request: PortalRequest) -> QuickList:
    text = request.POST.get("lines", "")
    if not text:
        return QuickList()
    try:
        return unpacked(text, ENCODINGS)
    except ListBroken:
        return QuickList()


def _sent(request: PortalRequest) -> QuickList:
    """The lines of the form, as mended, with what was newly typed or uploaded below them."""
    quick = mended(_travelling(request), request.POST)
    file = request.FILES.get("file")
    if file is not None and not quick.lines:
        try:
            quick = replace(read_file(file), key=quick.key)
        except FileRefused as why:
            raise _Refused(str(why)) from why
    text = request.POST.get("text", "")
    if text.strip():
        quick = appended(quick, parse_text(text))
    if not quick.lines and "remove" not in request.POST:
        raise _Refused(_("There is no line to read. Enter a SKU and a quantity, one product a line."))
    if len(quick.lines) > MOST_LINES:
        words = {"count": format_quantity(len(quick.lines)), "limit": format_quantity(MOST_LINES)}
        raise _Refused(_("These are %(count)s lines; at most %(limit)s go at once. Send them in parts.") % words)
    if len(packed(quick).encode()) > MOST_BYTES:
        raise _Refused(_("There is too much text beside the lines. Keep only the columns SKU and quantity."))
    return quick


def _resolved(request: PortalRequest, quick: QuickList) -> list[Resolved]:
    return resolve(request.portal.dealer, [_entry(line) for line in quick.lines], request.portal.cart_quantities)


def _entry(line: QuickLine) -> Entry:
    read = read_quantity(line.quantity)
    return Entry(line.code, read.number, read.wrong)


def _taken(quick: QuickList, found: Sequence[Resolved], which: str) -> QuickList:
    """The list with what is left instead of what was wanted, in one line or in all that are short."""
    lines = [
        replace(line, quantity=str(item.quantity))
        if item.state == LineState.PART and item.quantity and which in ("all", str(place))
        else line
        for place, (line, item) in enumerate(zip(quick.lines, found, strict=True))
    ]
    return replace(quick, lines=tuple(lines))


def _folded(quick: QuickList, found: Sequence[Resolved]) -> tuple[QuickList, list[Resolved]]:
    """One line for each product: what was added to an earlier line is in its quantity now."""
    sums = {item.added_to for item in found if item.added_to is not None}
    lines: list[QuickLine] = []
    kept: list[Resolved] = []
    for place, (line, item) in enumerate(zip(quick.lines, found, strict=True)):
        if item.state == LineState.SAME:
            continue
        if place in sums and item.wanted:
            line = replace(line, quantity=str(item.wanted))
        lines.append(replace(line, shown=_shown(line, item)))
        kept.append(item)
    return replace(quick, lines=tuple(lines)), kept


def _shown(line: QuickLine, item: Resolved) -> str:
    """The quantity as the screen shows it: as it will be ordered where that is clear, else as it was written."""
    if item.good:
        return str(item.quantity)
    return str(item.wanted) if item.wanted else line.quantity


def _told(item: Resolved) -> str:
    text = str(CHIPS[item.state][0]) if not item.message else item.message
    if item.suggestions:
        text = f"{text} {_did_you_mean(item)}"
    return text


def _did_you_mean(item: Resolved) -> str:
    return _("Did you mean %s?") % ", ".join(item.suggestions)


def _add(request: PortalRequest, quick: QuickList, found: Sequence[Resolved]) -> HttpResponse:
    """Put the good lines into the cart, once for each rendered page; the bad ones stay."""
    remembered = f"quick-order-{request.user.pk}-{request.portal.dealer.pk}-{quick.key}"
    wanted = {item.product_id: item.quantity for item in found if item.good and item.product_id is not None}
    if not cache.add(remembered, list(wanted), REMEMBERED):
        added = set(cache.get(remembered) or ())
        messages.info(request, _("These lines are in the cart already; nothing was added twice."))
    elif not wanted:
        added = set()
        messages.error(request, _("There is no good line to add yet."))
    else:
        try:
            cart = open_cart(request.user, request.portal.dealer)
            cart.dealer = request.portal.dealer
            add_to_cart(cart, wanted)
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


def _page(
    request: PortalRequest, quick: QuickList, found: Sequence[Resolved] = (), *, error: str = "", status: int = 200
) -> HttpResponse:
    if quick.lines and not found:
        quick, found = _folded(quick, _resolved(request, quick))
    quick = replace(quick, key=str(uuid4()))
    good = [item for item in found if item.good]
    page = _page_number(request, len(quick.lines))
    start = page * PAGE_SIZE
    order = sorted(range(len(found)), key=lambda place: (found[place].good, place))
    rows = _rows(request.portal.dealer, quick, found, order[start : start + PAGE_SIZE])
    context = {
        "rows": rows,
        "packed": packed(quick) if quick.lines else "",
        "text": request.POST.get("text", "") if error else "",
        "error": error,
        "dealer": request.portal.dealer,
        "good": len(good),
        "bad": len(found) - len(good),
        "parts": sum(1 for item in found if item.state == LineState.PART and item.quantity),
        "net_total": sum((item.net_amount or Decimal(0) for item in good), Decimal("0.00")),
        "first": start + 1,
        "last": start + len(rows),
        "count": len(found),
        "page": str(page),
        "previous": str(page - 1) if page else "",
        "next": str(page + 1) if start + PAGE_SIZE < len(found) else "",
        "most_lines": MOST_LINES,
        "file_format": "XLSX" if quick.excel else "CSV",
    }
    return render(request, "shop/quick_order.html", context, status=status)


def _page_number(request: PortalRequest, count: int) -> int:
    text = request.POST.get("turn") or request.POST.get("page", "")
    number = int(text) if text.isascii() and text.isdecimal() and len(text) < 6 else 0
    return min(number, max(count - 1, 0) // PAGE_SIZE)


def _rows(dealer: Dealer, quick: QuickList, found: Sequence[Resolved], places: Sequence[int]) -> list[Row]:
    """The rows of a page, in at most four statements."""
    ids = [found[place].product_id for place in places if found[place].product_id is not None]
    products = {product.pk: product for product in named(Product.objects.filter(pk__in=ids))} if ids else {}
    pictures = pictures_of(products.values()) if products else {}
    labels = labels_for(dealer, products.values())
    rows = []
    for place in places:
        item = found[place]
        word, kind = CHIPS[item.state]
        key = item.product_id or 0
        rows.append(Row(str(place), quick.lines[place], item, word, kind, labels.get(key), pictures.get(key, "")))
    return rows
