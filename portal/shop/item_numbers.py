"""The dealer's own item numbers: list, search, add, change, remove, take in from a file or pasted text, export."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import FileResponse, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from oscar.core.loading import get_model

from dealers.accounts.models import Dealer
from dealers.intake.rows import Outcome, Row
from portal.access.portal import PortalRequest
from portal.components.downloads import excel
from portal.components.formats import format_quantity
from portal.components.keyset import PK, Key, page_of
from portal.documents.workbooks import Column, Sheet
from portal.shop.item_number_files import COLUMNS, MOST_ROWS, FileRefused, read_file, read_text
from portal.shop.rows import Label, labels_for, named
from portal.shop.wish import search_text
from pricing.numbers.intake import OwnItemNumbersIntake
from pricing.numbers.keys import code_key
from pricing.numbers.models import DealerItemNumber
from pricing.quote import assortment

Product = get_model("catalogue", "Product")

PAGE_SIZE = 100
MOST_SHOWN = 200


@dataclass(frozen=True)
class Shown:
    """One number. `label` is None while the dealer cannot buy the product: then only its SKU is told."""

    item: DealerItemNumber
    label: Label | None

    @property
    def key(self) -> str:
        """The primary key as it stands in ids of HTML."""
        return str(self.item.pk)


@dataclass(frozen=True)
class Refused:
    """A row that was not taken, with its cells, the column that is wrong and why."""

    number: int
    cells: str
    message: str
    column: str = ""


@require_http_methods(["GET", "HEAD", "POST"])
def item_numbers(request: PortalRequest) -> HttpResponse:
    """The list; a POST adds one number, or moves it to another product."""
    if request.method != "POST":
        return _page(request)
    given = {name: str(request.POST.get(name, "")).replace("\x00", "") for name in ("sku", "number", "note")}
    outcome = _take(request, [Row(1, given)])
    if outcome.problems:
        return _page(request, given=given, errors=[problem.message for problem in outcome.problems], status=422)
    words = {"number": given["number"].strip(), "sku": given["sku"].strip()}
    messages.success(request, _("%(number)s now stands for %(sku)s.") % words)
    return redirect("shop:item_numbers")


@require_POST
def change(request: PortalRequest, pk: int) -> HttpResponse:
    """Write the number otherwise or change its note; with `remove` take it away."""
    item = get_object_or_404(_items(request.portal.dealer).select_related("product"), pk=pk)
    number = " ".join(str(request.POST.get("number", "")).split())
    if "remove" in request.POST:
        item.delete()
        messages.success(request, _("%s is no longer one of your item numbers.") % item.number)
        return redirect("shop:item_numbers")
    if code_key(number) == item.key:
        given = {"sku": item.product.upc or "", "number": number, "note": str(request.POST.get("note", ""))}
        outcome = _take(request, [Row(1, given)])
    else:
        outcome = Outcome()
        messages.error(request, _("This would be another number. Add it, and remove the old one if it is not used."))
    for problem in outcome.problems:
        messages.error(request, problem.message)
    if outcome.states:
        messages.success(request, _("%s is saved.") % number)
    return redirect("shop:item_numbers")


@require_POST
def take_in(request: PortalRequest) -> HttpResponse:
    """Take in a file, or else pasted text; what was refused is told row by row, the rest is kept."""
    file = request.FILES.get("file")
    text = str(request.POST.get("text", ""))
    try:
        rows = read_file(file) if file is not None else read_text(text)
    except FileRefused as why:
        return _page(request, text=text, errors=[str(why)], status=422)
    if not rows:
        error = _("There is no row to read. Give a SKU and your number, one a line.")
        return _page(request, errors=[error], status=422)
    outcome = _take(request, rows)
    told = _("%(new)s new, %(changed)s changed, %(same)s as before.") % {
        "new": format_quantity(outcome.created),
        "changed": format_quantity(outcome.changed),
        "same": format_quantity(outcome.unchanged),
    }
    if not outcome.problems:
        messages.success(request, told)
        return redirect("shop:item_numbers")
    messages.warning(request, told)
    return _page(request, refused=_refused(rows, outcome), refused_count=outcome.refused, status=422)


@require_safe
def export(request: PortalRequest) -> FileResponse:
    """All numbers as a workbook that can be taken in again."""
    columns = [Column(str(column.label)) for column in COLUMNS]
    items = _items(request.portal.dealer).order_by("key").values_list("product__upc", "number", "note")
    return excel("item-numbers", [Sheet(_("Own item numbers"), columns, items.iterator(chunk_size=2000))])


def _items(dealer: Dealer) -> QuerySet[DealerItemNumber]:
    return DealerItemNumber.objects.filter(dealer=dealer)


def _take(request: PortalRequest, rows: Sequence[Row]) -> Outcome:
    return OwnItemNumbersIntake(request.portal.dealer, by=request.user).take(rows)


def _refused(rows: Sequence[Row], outcome: Outcome) -> list[Refused]:
    cells = {row.number: " · ".join(str(cell) for cell in row.values.values() if cell) for row in rows}
    columns = {column.name: str(column.label) for column in COLUMNS}
    told = [
        Refused(each.row, cells[each.row][:200], each.message, columns.get(each.field, "")) for each in outcome.problems
    ]
    return sorted(told, key=lambda each: each.number)[:MOST_SHOWN]


def _shown(dealer: Dealer, items: Sequence[DealerItemNumber]) -> Iterator[Shown]:
    products = named(assortment(dealer, among={item.product_id for item in items}))
    labels = labels_for(dealer, products) if items else {}
    return (Shown(item, labels.get(item.product_id)) for item in items)


def _page(request: PortalRequest, *, status: int = 200, **more: Any) -> HttpResponse:
    dealer = request.portal.dealer
    text = search_text(request.GET)
    items = _items(dealer).select_related("product", "changed_by")
    if text:
        key = code_key(text)
        begins = Q(key__startswith=key) if key else Q(pk__in=[])
        said = Q(number__icontains=text) | Q(product__upc__icontains=text) | Q(note__icontains=text)
        items = items.filter(begins | said)
    count = items.count()
    page = page_of(items, [Key("key"), PK], PAGE_SIZE, request.GET)
    context = {
        "shown": list(_shown(dealer, page.rows)),
        "page": page,
        "count": count,
        "text": text,
        "most_rows": MOST_ROWS,
        "crumbs": [(_("Account"), reverse("shop:account")), (_("Own item numbers"), "")],
        "sub": ngettext("%s number", "%s numbers", count) % format_quantity(count),
        "given": {},
        "errors": [],
        **more,
    }
    return render(request, "shop/item_numbers.html", context, status=status)
