"""The cart as a workbook: downloaded, and its quantities taken back after a look at what would change."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_safe

from dealers.accounts.models import Dealer
from fulfilment.ordering.cart import CartEntry, add_to_cart, set_quantities
from fulfilment.ordering.lines import MAX_QUANTITY
from fulfilment.ordering.problems import OrderRefused
from fulfilment.ordering.resolve import Entry, resolve
from portal.access.portal import PortalRequest
from portal.components.downloads import excel
from portal.documents.workbooks import Column, Sheet
from portal.shop.cart import opened
from portal.shop.cartlines import read_cart
from portal.shop.pasted import read_quantity
from portal.shop.quickfiles import FileRefused, read_file
from portal.shop.quicklist import QuickLine
from portal.shop.rows import Label, Product, labels_for, named
from pricing.numbers.lookup import own_numbers

#: The travelling field: five thousand lines of numbers are well below.
MOST_BYTES = 500_000
MOST_SHOWN = 500


class CartUploadForm(forms.Form):
    """A cart that was downloaded, changed and comes back."""

    file = forms.FileField(
        label=gettext_lazy("The changed file"),
        help_text=gettext_lazy("XLSX or CSV with SKU and quantity. Other columns are not read; 0 removes a line."),
    )


@dataclass(frozen=True)
class Change:
    """What a line of the file does. `before` None: not in the cart yet; `after` None: nothing, `told` says why."""

    number: int
    code: str
    label: Label | None = None
    before: int | None = None
    after: int | None = None
    told: str = ""


@dataclass(frozen=True)
class Preview:
    """All that a file comes to: lines that change something, lines that cannot be read, and how many stay."""

    changes: tuple[Change, ...]
    refused: tuple[Change, ...]
    same: int
    untouched: int


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
        Column(_("Price, %s") % currency, "decimal"),
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
            line.quantity,
            line.label.unit,
            line.unit_price,
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
            preview = compare(portal.dealer, portal.cart_entries, quick.lines)
        except FileRefused as why:
            form.add_error("file", str(why))
        else:
            return _page(request, CartUploadForm(), preview)
    return _page(request, form, status=422)


def compare(dealer: Dealer, kept: Mapping[int, CartEntry], lines: Sequence[QuickLine]) -> Preview:
    """What the lines of a file change in a cart, in a constant number of statements.

    A code is the SKU of a line of the cart, else what `resolve` finds for the dealer. The same product twice adds up.
    """
    in_cart = dict(Product.objects.filter(pk__in=list(kept)).exclude(upc=None).values_list("upc", "pk"))
    others = [line for line in lines if line.code not in in_cart]
    found = resolve(dealer, [_entry(line) for line in others]) if others else []
    products = {line.number: item.product_id for line, item in zip(others, found, strict=True)}
    messages_of = {line.number: item.message for line, item in zip(others, found, strict=True) if not item.product_id}
    targets: dict[int, tuple[QuickLine, int]] = {}
    refused, same = [], 0
    for line in lines:
        product_id = in_cart.get(line.code) or products.get(line.number)
        quantity, wrong = _quantity(line)
        if product_id is None:
            refused.append(Change(line.number, line.code, told=messages_of.get(line.number, "")))
        elif quantity is None:
            refused.append(Change(line.number, line.code, before=_before(kept, product_id), told=wrong))
        else:
            first, so_far = targets.get(product_id, (line, 0))
            targets[product_id] = (first, min(so_far + quantity, MAX_QUANTITY))
    labels = labels_for(dealer, named(Product.objects.filter(pk__in=list(targets))))
    changes = []
    for product_id, (line, quantity) in targets.items():
        before = _before(kept, product_id)
        if before == quantity or (before is None and quantity == 0):
            same += 1
        else:
            changes.append(Change(line.number, line.code, labels[product_id], before, quantity))
    return Preview(tuple(changes), tuple(refused), same, len(set(kept) - set(targets)))


def _before(kept: Mapping[int, CartEntry], product_id: int) -> int | None:
    return kept[product_id].quantity if product_id in kept else None


def _quantity(line: QuickLine) -> tuple[int | None, str]:
    """The quantity of a line; 0 is one here. None with the reason when it cannot be read."""
    read = read_quantity(line.quantity)
    if read.wrong == "zero":
        return 0, ""
    if read.number is None:
        return None, _("“%s” is no quantity; the line stays as it is.") % line.quantity[:40]
    if read.number > MAX_QUANTITY:
        return None, _("Enter a quantity from 1 to %d.") % MAX_QUANTITY
    return read.number, ""


def _entry(line: QuickLine) -> Entry:
    read = read_quantity(line.quantity)
    return Entry(line.code, read.number, read.wrong)


def _page(
    request: PortalRequest, form: CartUploadForm, preview: Preview | None = None, status: int = 200
) -> HttpResponse:
    kept = request.portal.cart_entries
    context: dict[str, Any] = {
        "form": form,
        "preview": preview,
        "crumbs": [(_("Cart"), reverse("shop:cart")), (_("Upload changes"), "")],
        "current": request.portal.cart,
    }
    if preview is not None and request.portal.cart is not None:
        rows = [
            [change.label.pk, change.after, kept[change.label.pk].version if change.label.pk in kept else 0]
            for change in preview.changes
            if change.label is not None
        ]
        context["packed"] = json.dumps({"cart": request.portal.cart.pk, "lines": rows}, separators=(",", ":"))
        context["shown"] = preview.changes[:MOST_SHOWN]
        context["hidden"] = max(len(preview.changes) - MOST_SHOWN, 0)
    return render(request, "shop/cart_upload.html", context, status=status)


def _apply(request: PortalRequest) -> HttpResponse:
    """Write what was previewed; a line that changed since is left as it is and named."""
    known, cart = request.portal.cart_entries, opened(request)
    lines = _unpacked(request.POST["changes"], cart.pk)
    if lines is None:
        messages.error(request, _("The cart is another one by now. Upload the file again."))
        return redirect("shop:cart_upload")
    changed = {pk: quantity for pk, (quantity, version) in lines.items() if version or pk in known}
    added = {pk: quantity for pk, (quantity, version) in lines.items() if pk not in changed and quantity}
    try:
        with transaction.atomic():
            versions = {pk: version for pk, (_quantity, version) in lines.items() if pk in changed}
            stale = set_quantities(cart, changed, seen=versions, by=request.user)
            add_to_cart(cart, added, by=request.user)
    except OrderRefused as why:
        messages.error(request, str(why.message))
        return redirect("shop:cart_upload")
    count = len(lines) - len(stale)
    messages.success(request, ngettext("%d line changed.", "%d lines changed.", count) % count)
    names = {product.pk: product.upc for product in Product.objects.filter(pk__in=[p.product_id for p in stale])}
    for problem in stale[:20]:
        messages.warning(request, f"{names.get(problem.product_id, '')}: {problem.message}")
    return redirect("shop:cart")


def _unpacked(text: str, cart_id: int) -> dict[int, tuple[int, int]] | None:
    """`product → (quantity, version)` of the travelling field; None when it is not ours or of another cart."""
    if len(text) > MOST_BYTES:
        return None
    try:
        stored = json.loads(text)
        if stored["cart"] != cart_id:
            return None
        lines = {int(pk): (int(quantity), int(version)) for pk, quantity, version in stored["lines"]}
    except (ValueError, TypeError, KeyError, RecursionError, OverflowError):
        return None
    whole = all(0 < pk < 2**63 and 0 <= quantity <= MAX_QUANTITY for pk, (quantity, _v) in lines.items())
    return lines if whole else None
