"""Saved lists and order templates: kept, edited, put in order, shared, and ordered from."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.db.models import Count
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from fulfilment.ordering.problems import OrderRefused
from fulfilment.ordering.saved import (
    LONGEST_NAME,
    LONGEST_NOTE,
    add_to_list,
    change_items,
    change_list,
    create_list,
    items_of,
    move_item,
    restore_list,
    trash_list,
)
from fulfilment.ordering.savedmodels import ListKind, SavedList, SavedListItem, SavedListQuerySet
from portal.access.portal import PortalRequest
from portal.access.roles import Permission
from portal.components.keyset import PK, Key, page_of, whole
from portal.shop.again import order_again
from portal.shop.cart import back_to
from portal.shop.reorder import wishes_of_list
from portal.shop.rows import Label, Stock, labels_for, named, pictures_of, stock_of
from portal.shop.wanted import read_notes, read_wanted
from pricing.quote import assortment, quote

LISTS_ON_PAGE = 50
ITEMS_ON_PAGE = 100
MOST_IN_MENU = 50
MOST_IN_TRASH = 20
BY_NAME = (Key("name"), PK)
BY_POSITION = (Key("position", whole), PK)
Act = Callable[[PortalRequest, SavedList], HttpResponse]


@dataclass(frozen=True)
class ItemShown:
    """A line of a list as it stands today; `label` is None for what is not available to the dealer any more."""

    item: SavedListItem
    label: Label | None
    picture: str
    unit_price: Decimal | None
    stock: Stock | None

    @property
    def key(self) -> str:
        """The primary key as it stands in forms, never with grouped digits."""
        return str(self.item.pk)

    @property
    def name(self) -> str:
        """The name of today, else the one it was kept with."""
        return self.label.name if self.label else self.item.name


@require_safe
def lists(request: PortalRequest) -> HttpResponse:
    """The user's lists and those of colleagues, by name."""
    found = _lists(request).select_related("owner").annotate(lines=Count("items"))
    kind = request.GET.get("kind", "")
    if kind in ListKind.values:
        found = found.filter(kind=kind)
    page = page_of(found, BY_NAME, LISTS_ON_PAGE, request.GET)
    gone = SavedList.objects.filter(owner=request.user, dealer=request.portal.dealer, deleted_at__isnull=False)
    context = {
        "page": page,
        "trash": list(gone.order_by("-deleted_at")[:MOST_IN_TRASH]),
        "kinds": ListKind.choices,
        "kind": kind,
        "longest_name": LONGEST_NAME,
    }
    return render(request, "shop/lists.html", context)


@require_POST
def create(request: PortalRequest) -> HttpResponse:
    """A new empty list."""
    try:
        saved = create_list(
            request.portal.dealer, request.user, request.POST.get("name", ""), _kind(request), shared=_shared(request)
        )
    except OrderRefused as why:
        messages.error(request, str(why.message))
        return redirect("shop:lists")
    return redirect("shop:list", saved.pk)


@require_http_methods(["GET", "HEAD", "POST"])
def saved_list(request: PortalRequest, pk: int) -> HttpResponse:
    """A list with today's prices and stock; POST does what `action` says with it or its lines."""
    if request.method == "POST":
        return _act(request, pk)
    return _list_page(request, _own(request, pk))


@require_http_methods(["GET", "HEAD", "POST"])
def order_list(request: PortalRequest, pk: int) -> HttpResponse:
    """Order from a list: the difference list first."""
    saved = _own(request, pk)
    wishes = wishes_of_list(items_of(saved))
    back = reverse("shop:list", args=(saved.pk,))
    return order_again(request, wishes, source=_("list “%s”") % saved.name, back_url=back, name=saved.name)


@require_safe
def menu(request: PortalRequest) -> HttpResponse:
    """The lists a product can be added to, for the small menu beside it."""
    product = request.GET.get("product", "")
    context = {
        "lists": list(_lists(request).order_by("name", "pk")[:MOST_IN_MENU]),
        "product": product if product.isascii() and product.isdecimal() and len(product) <= 18 else "",
        "longest_name": LONGEST_NAME,
    }
    return render(request, "shop/parts/list_menu.html", context)


@require_POST
def add(request: PortalRequest) -> HttpResponse:
    """Add products (`quantity-<product>`) to the list `list`, or to a new one called `name`."""
    wanted = {pk: quantity for pk, quantity in read_wanted(request.POST).quantities.items() if quantity}
    number = request.POST.get("list", "")
    try:
        if not wanted:
            raise OrderRefused(_("Enter a quantity first."), code="quantity")
        if number and number != "new":
            saved = _own(request, int(number) if number.isascii() and number.isdecimal() and len(number) <= 18 else 0)
        else:
            saved = create_list(request.portal.dealer, request.user, request.POST.get("name", ""))
        count = add_to_list(saved, wanted)
    except OrderRefused as why:
        return _told(request, str(why.message), error=True)
    text = ngettext("%(count)d line added to “%(list)s”.", "%(count)d lines added to “%(list)s”.", count)
    return _told(request, text % {"count": count, "list": saved.name})


def _told(request: PortalRequest, text: str, *, error: bool = False) -> HttpResponse:
    if request.htmx:
        response = HttpResponse(status=204)
        response["HX-Trigger"] = json.dumps({"toast": text})
        return response
    (messages.error if error else messages.success)(request, text)
    return back_to(request, "shop:lists")


def _lists(request: PortalRequest) -> SavedListQuerySet:
    return SavedList.objects.for_buyer(request.user, request.portal.dealer)


def _own(request: PortalRequest, pk: int) -> SavedList:
    saved = _lists(request).select_related("owner").filter(pk=pk).first()
    if saved is None:
        raise Http404
    saved.dealer = request.portal.dealer
    return saved


def _governs(request: PortalRequest, saved: SavedList) -> bool:
    return saved.owner_id == request.user.pk or request.portal.may(Permission.MANAGE_MEMBERS)


def _kind(request: PortalRequest) -> str:
    kind = request.POST.get("kind", "")
    return kind if kind in ListKind.values else ListKind.LIST


def _shared(request: PortalRequest) -> bool:
    return bool(request.POST.get("shared"))


def _list_page(
    request: PortalRequest, saved: SavedList, wrong: dict[int, str] | None = None, status: int = 200
) -> HttpResponse:
    page = page_of(SavedListItem.objects.filter(saved_list=saved), BY_POSITION, ITEMS_ON_PAGE, request.GET)
    context: dict[str, Any] = {
        "saved": saved,
        "page": page,
        "rows": [(row, (wrong or {}).get(row.item.pk, "")) for row in _items_shown(request, page.rows)],
        "count": saved.items.count(),
        "kinds": ListKind.choices,
        "governed": _governs(request, saved),
        "mine": saved.owner_id == request.user.pk,
        "dealer": request.portal.dealer,
        "crumbs": [(_("Lists"), reverse("shop:lists")), (saved.name, "")],
        "longest_name": LONGEST_NAME,
        "longest_note": LONGEST_NOTE,
        "here": request.get_full_path(),
    }
    return render(request, "shop/list.html", context, status=status)


def _items_shown(request: PortalRequest, items: list[SavedListItem]) -> list[ItemShown]:
    dealer = request.portal.dealer
    ids = [item.product_id for item in items if item.product_id is not None]
    products = {product.pk: product for product in named(assortment(dealer, among=ids))}
    labels = labels_for(dealer, products.values())
    pictures = pictures_of(products.values())
    stock = stock_of(labels.values())
    sold = [(item.product_id, item.quantity) for item in items if item.product_id in labels]
    prices = {line.product_id: line.unit_price for line in quote(dealer, sold).lines}
    return [
        ItemShown(
            item=item,
            label=labels.get(item.product_id or 0),
            picture=pictures.get(item.product_id or 0, ""),
            unit_price=prices.get(item.product_id or 0),
            stock=stock.get(item.product_id or 0),
        )
        for item in items
    ]


def _act(request: PortalRequest, pk: int) -> HttpResponse:
    action = request.POST.get("action", "items")
    if action not in ACTIONS:
        raise Http404
    if action == "restore":
        gone = SavedList.objects.filter(owner=request.user, dealer=request.portal.dealer, deleted_at__isnull=False)
        saved = gone.filter(pk=pk).first()
        if saved is None:
            raise Http404
    else:
        saved = _own(request, pk)
    if action in GOVERNED and not _governs(request, saved):
        messages.error(request, _("Only %s may do this with the list.") % saved.owner.get_full_name())
        return redirect("shop:list", saved.pk)
    try:
        return ACTIONS[action](request, saved)
    except OrderRefused as why:
        messages.error(request, str(why.message))
        return back_to(request, "shop:lists")


def _change_items(request: PortalRequest, saved: SavedList) -> HttpResponse:
    """Quantities and notes of the page's lines, then what its buttons ask for: remove, up, down."""
    wanted, notes = read_wanted(request.POST), read_notes(request.POST)
    items = {item.pk: item for item in SavedListItem.objects.filter(saved_list=saved, pk__in=list(wanted.quantities))}
    changes = {
        pk: (quantity, notes.get(pk, items[pk].note)[:LONGEST_NOTE])
        for pk, quantity in wanted.quantities.items()
        if pk in items and (quantity, notes.get(pk, items[pk].note)) != (items[pk].quantity, items[pk].note)
    }
    for verb in ("remove", "up", "down"):
        pressed = request.POST.get(verb, "")
        if pressed.isascii() and pressed.isdecimal() and len(pressed) <= 18:
            _press(saved, verb, int(pressed), changes)
    change_items(saved, changes)
    if wanted.wrong:
        return _list_page(request, saved, wanted.wrong, status=422)
    return back_to(request, "shop:lists")


def _press(saved: SavedList, verb: str, pk: int, changes: dict[int, tuple[int, str]]) -> None:
    item = SavedListItem.objects.filter(saved_list=saved, pk=pk).first()
    if item is None:
        return
    if verb == "remove":
        changes[pk] = (0, "")
    else:
        move_item(saved, item, item.position + (1 if verb == "down" else -1))


def _change_list(request: PortalRequest, saved: SavedList) -> HttpResponse:
    change_list(saved, name=request.POST.get("name", ""), kind=_kind(request), shared=_shared(request))
    messages.success(request, _("The list is saved."))
    return redirect("shop:list", saved.pk)


def _delete(request: PortalRequest, saved: SavedList) -> HttpResponse:
    trash_list(saved)
    messages.success(request, _("The list “%s” is in the trash.") % saved.name)
    return redirect("shop:lists")


def _restore(request: PortalRequest, saved: SavedList) -> HttpResponse:
    restore_list(saved)
    messages.success(request, _("The list “%s” is back.") % saved.name)
    return redirect("shop:lists")


ACTIONS: dict[str, Act] = {"items": _change_items, "change": _change_list, "delete": _delete, "restore": _restore}
#: What only the owner or the dealer's administrator may do.
GOVERNED = ("change", "delete")
