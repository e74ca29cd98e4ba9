"""The cart as a workbook: downloaded, and taken back after a look at what would change."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.dateparse import parse_date
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_safe

from fulfilment.ordering.cart import add_to_cart, entries, set_line_terms, set_quantities
from fulfilment.ordering.lines import MAX_QUANTITY
from fulfilment.ordering.models import DealerCart
from fulfilment.ordering.problems import OrderRefused
from portal.access.portal import PortalRequest
from portal.components.downloads import excel
from portal.documents.workbooks import Column, Sheet
from portal.shop.cart import opened
from portal.shop.cartlines import read_cart
from portal.shop.cartreading import Preview, compare
from portal.shop.quickfiles import FileRefused, read_file
from portal.shop.rows import Product
from pricing.catalogue.units import units_of
from pricing.numbers.lookup import own_numbers

#: The travelling field: below what Django takes for all fields of a form (2.5 MB).
MOST_BYTES = 2_000_000
MOST_SHOWN = 500


class CartUploadForm(forms.Form):
    """A cart that was downloaded, changed and comes back."""

    file = forms.FileField(
        label=gettext_lazy("The changed file"),
        help_text=gettext_lazy(
            "XLSX or CSV with SKU and quantity, and unit, note and requested date where you like. 0 removes a line."
        ),
    )


@require_safe
def export(request: PortalRequest) -> HttpResponseBase:
    """The whole cart as a workbook."""
    portal = request.portal
    page = read_cart(portal.dealer, portal.cart_quantities, entries=portal.cart_entries)
    own = own_numbers(portal.dealer, portal.cart_quantities)
    currency = portal.dealer.currency
    columns = [
        Column(_("SKU"), width=18),
        Column(_("Own number"), width=18),
        Column(_("Name"), width=44),
        Column(_("Quantity"), "integer"),
        Column(_("Unit")),
        Column(_("In sales units"), "integer"),
        Column(_("Priced per")),
        Column(_("Price, %s") % currency, "decimal"),
        Column(_("Before promotions"), "money"),
        Column(_("Discount"), "money"),
        Column(_("Promotion"), width=24),
        Column(_("Amount, %s") % currency, "money"),
        Column(_("Note"), width=36),
        Column(_("Requested date"), "date"),
        Column(_("Available"), "integer"),
    ]
    rows = (
        (
            line.label.sku,
            own.get(line.label.pk, ""),
            line.label.name,
            int(line.shown_quantity),
            line.chosen.name if line.chosen else line.label.unit,
            line.quantity,
            line.label.unit,
            line.unit_price,
            line.full_amount,
            -line.discount if line.discount else None,
            line.promotion.name if line.promotion else "",
            line.amount,
            line.note,
            line.entry.requested_date if line.entry else None,
            line.stock.available,
        )
        for line in page.lines
    )
    title = portal.cart.title if portal.cart else _("Cart")
    return excel(slugify(title, allow_unicode=True) or "cart", [Sheet(title, columns, rows)])


@require_http_methods(["GET", "HEAD", "POST"])
def upload(request: PortalRequest) -> HttpResponse:
    """Take a file back: first what it would change, then, when `changes` is sent, the change itself."""
    if request.method != "POST":
        return _page(request, CartUploadForm())
    if "changes" in request.POST:
        return _apply(request)
    form = CartUploadForm(request.POST, request.FILES)
    if form.is_valid():
        try:
            quick = read_file(form.cleaned_data["file"])
            portal = request.portal
            preview = compare(portal.dealer, portal.cart_entries, quick)
            travelling = _packed(request, preview)
        except FileRefused as why:
            form.add_error("file", str(why))
        else:
            return _page(request, CartUploadForm(), preview, travelling)
    return _page(request, form, status=422)


def _page(
    request: PortalRequest, form: CartUploadForm, preview: Preview | None = None, packed: str = "", status: int = 200
) -> HttpResponse:
    context: dict[str, Any] = {
        "form": form,
        "preview": preview,
        "crumbs": [(_("Cart"), reverse("shop:cart")), (_("Upload changes"), "")],
        "current": request.portal.cart,
    }
    if preview is not None and packed:
        context["packed"] = packed
        context["shown"] = preview.changes[:MOST_SHOWN]
        context["hidden"] = max(len(preview.changes) - MOST_SHOWN, 0)
    return render(request, "shop/cart_upload.html", context, status=status)


def _packed(request: PortalRequest, preview: Preview) -> str:
    """The changes as they travel in the form: product, quantity, version, unit, and note and day where they change."""
    rows = [
        [
            change.label.pk,
            change.asked.quantity,
            change.entry.version if change.entry else 0,
            change.asked.unit,
            change.asked.note if change.new_note else None,
            str(change.asked.day or "") if change.new_day else None,
        ]
        for change in preview.changes
        if change.label is not None and change.asked is not None
    ]
    cart = opened(request).pk
    text = json.dumps({"cart": cart, "lines": rows}, ensure_ascii=False, separators=(",", ":"))
    if len(text.encode()) > MOST_BYTES:
        raise FileRefused(_("These are too many notes at once. Send the file in parts."))
    return text


@dataclass(frozen=True)
class _Line:
    """A change out of the travelling field; None for a note or a day that stays."""

    quantity: int
    version: int
    unit: str
    note: str | None
    day: str | None


def _apply(request: PortalRequest) -> HttpResponse:
    """Write what was previewed; a line that changed since is left as it is and named."""
    known, cart = request.portal.cart_entries, opened(request)
    lines = _unpacked(request.POST["changes"], cart.pk)
    if lines is None:
        messages.error(request, _("The cart is another one by now. Upload the file again."))
        return redirect("shop:cart_upload")
    units = _units(lines)
    changed = {pk: line.quantity for pk, line in lines.items() if line.version or pk in known}
    added = {pk: line.quantity for pk, line in lines.items() if pk not in changed and line.quantity}
    versions = {pk: lines[pk].version for pk in changed}
    try:
        with transaction.atomic():
            stale = set_quantities(cart, changed, seen=versions, units=units, by=request.user)
            add_to_cart(cart, added, units=units, by=request.user)
            _write_terms(cart, {pk: line for pk, line in lines.items() if pk not in {p.product_id for p in stale}})
    except OrderRefused as why:
        messages.error(request, str(why.message))
        return redirect("shop:cart_upload")
    count = len(lines) - len(stale)
    messages.success(request, ngettext("%d line changed.", "%d lines changed.", count) % count)
    names = {product.pk: product.upc for product in Product.objects.filter(pk__in=[p.product_id for p in stale])}
    for problem in stale[:20]:
        messages.warning(request, f"{names.get(problem.product_id, '')}: {problem.message}")
    return redirect("shop:cart")


def _units(lines: Mapping[int, _Line]) -> dict[int, str]:
    """The units of the lines, as far as the products are packed so: the field came from a browser."""
    packed = (
        units_of(pk for pk, line in lines.items() if line.unit) if any(line.unit for line in lines.values()) else {}
    )
    codes = {pk: {unit.code for unit in units} for pk, units in packed.items()}
    return {pk: line.unit if line.unit in codes.get(pk, ()) else "" for pk, line in lines.items()}


def _write_terms(cart: DealerCart, lines: Mapping[int, _Line]) -> None:
    """Set the notes and days that change; what a line does not say of the two stays as the cart has it now."""
    telling = {pk: line for pk, line in lines.items() if line.quantity and (line.note, line.day) != (None, None)}
    kept = entries(cart) if telling else {}
    terms = {}
    for pk, line in telling.items():
        if pk in kept:
            day = kept[pk].requested_date if line.day is None else parse_date(line.day) if line.day else None
            terms[pk] = (kept[pk].note if line.note is None else line.note, day)
    if terms:
        set_line_terms(cart, terms)


def _unpacked(text: str, cart_id: int) -> dict[int, _Line] | None:
    """The changes of the travelling field by product; None when it is not ours or of another cart."""
    if len(text) > MOST_BYTES:
        return None
    try:
        stored = json.loads(text)
        if stored["cart"] != cart_id:
            return None
        lines = {int(pk): _line(*said) for pk, *said in stored["lines"]}
    except (ValueError, TypeError, KeyError, RecursionError, OverflowError):
        return None
    whole = all(0 < pk < 2**63 and 0 <= line.quantity <= MAX_QUANTITY for pk, line in lines.items())
    return lines if whole else None


def _line(quantity: object, version: object, unit: object, note: object, day: object) -> _Line:
    if not isinstance(quantity, int) or not isinstance(version, int) or not isinstance(unit, str):
        raise ValueError("no numbers and unit")
    if not isinstance(note, str | None) or not isinstance(day, str | None) or (note and "\x00" in note):
        raise ValueError("no note and day")
    if day:
        date.fromisoformat(day)
    return _Line(quantity, version, unit[:20], note, day)
