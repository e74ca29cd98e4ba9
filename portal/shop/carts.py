"""The dealer's carts: one page of them all, a menu in the header, and what can be done with each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.contrib import messages
from django.db.models import Count
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from fulfilment.ordering.carts import (
    LONGEST_NAME,
    choose_cart,
    create_cart,
    duplicate_cart,
    merge_carts,
    rename_cart,
    restore_cart,
    share_cart,
    trash_cart,
)
from fulfilment.ordering.models import DealerCart, DealerCartQuerySet
from fulfilment.ordering.problems import OrderRefused
from fulfilment.ordering.saved import save_cart_as_list
from fulfilment.ordering.savedmodels import ListKind
from portal.access.portal import PortalRequest
from portal.access.roles import Permission

MOST_IN_MENU = 12
MOST_IN_TRASH = 20
Act = Callable[[PortalRequest, DealerCart], HttpResponse]


@dataclass(frozen=True)
class CartShown:
    """A cart in a list. `governed`: the reader may rename, share and delete it."""

    cart: DealerCart
    lines: int
    owner: str
    mine: bool
    current: bool
    governed: bool

    @property
    def key(self) -> str:
        """The primary key as it stands in forms, never with grouped digits."""
        return str(self.cart.pk)

    @property
    def updated_at(self) -> datetime:
        """When it was changed last."""
        return self.cart.updated_at


@require_safe
def carts(request: PortalRequest) -> HttpResponse:
    """All carts the user may fill, and those in the trash."""
    portal = request.portal
    gone = DealerCart.objects.trashed_by(request.user, portal.dealer).order_by("-deleted_at")
    context = {
        "carts": _shown(request, _open_carts(request)),
        "trash": _shown(request, gone[:MOST_IN_TRASH]),
        "dealer": portal.dealer,
        "longest_name": LONGEST_NAME,
    }
    return render(request, "shop/carts.html", context)


@require_safe
def menu(request: PortalRequest) -> HttpResponse:
    """The carts to switch to, for the menu in the header."""
    shown = _shown(request, _open_carts(request)[: MOST_IN_MENU + 1])
    context = {"carts": shown[:MOST_IN_MENU], "more": len(shown) > MOST_IN_MENU}
    return render(request, "shop/parts/cart_menu.html", context)


@require_POST
def create(request: PortalRequest) -> HttpResponse:
    """A new cart, which is filled from now on."""
    try:
        cart = create_cart(request.user, request.portal.dealer, request.POST.get("name", ""))
    except OrderRefused as why:
        messages.error(request, str(why.message))
        return redirect("shop:carts")
    messages.success(request, _("You fill the cart “%s” now.") % cart.title)
    return redirect("shop:cart")


@require_POST
def act(request: PortalRequest, pk: int) -> HttpResponse:
    """Do what `action` says with a cart; a cart that is neither the user's nor shared with them does not exist."""
    action = request.POST.get("action", "")
    carts = _trashed(request) if action == "restore" else _open_carts(request)
    cart = carts.filter(pk=pk).select_related("user").first()
    if cart is None or action not in ACTIONS:
        raise Http404
    cart.dealer = request.portal.dealer
    if action in GOVERNED and not _governs(request, cart):
        messages.error(request, _("Only %s may do this with the cart.") % cart.user.get_full_name())
        return redirect("shop:carts")
    try:
        return ACTIONS[action](request, cart)
    except OrderRefused as why:
        messages.error(request, str(why.message))
        return redirect("shop:carts")


def _open_carts(request: PortalRequest) -> DealerCartQuerySet:
    return DealerCart.objects.for_buyer(request.user, request.portal.dealer).order_by("-updated_at", "-pk")


def _trashed(request: PortalRequest) -> DealerCartQuerySet:
    return DealerCart.objects.trashed_by(request.user, request.portal.dealer)


def _governs(request: PortalRequest, cart: DealerCart) -> bool:
    """The owner does, and the dealer's administrator, who looks after the carts of those who left."""
    return cart.user_id == request.user.pk or request.portal.may(Permission.MANAGE_MEMBERS)


def _shown(request: PortalRequest, carts: DealerCartQuerySet) -> list[CartShown]:
    current = request.portal.cart
    return [
        CartShown(
            cart=cart,
            lines=getattr(cart, "line_count", 0),
            owner=cart.user.get_full_name(),
            mine=cart.user_id == request.user.pk,
            current=current is not None and cart.pk == current.pk,
            governed=_governs(request, cart),
        )
        for cart in carts.select_related("user").annotate(line_count=Count("basket__lines"))
    ]


def _choose(request: PortalRequest, cart: DealerCart) -> HttpResponse:
    choose_cart(request.user, cart)
    messages.success(request, _("You fill the cart “%s” now.") % cart.title)
    return redirect("shop:cart")


def _rename(request: PortalRequest, cart: DealerCart) -> HttpResponse:
    rename_cart(cart, request.POST.get("name", ""))
    messages.success(request, _("The cart is called “%s” now.") % cart.title)
    return redirect("shop:carts")


def _duplicate(request: PortalRequest, cart: DealerCart) -> HttpResponse:
    copy = duplicate_cart(cart, request.user, request.POST.get("name", ""))
    messages.success(request, _("You fill the copy “%s” now.") % copy.title)
    return redirect("shop:cart")


def _merge(request: PortalRequest, cart: DealerCart) -> HttpResponse:
    text = request.POST.get("target", "")
    number = int(text) if text.isascii() and text.isdecimal() and len(text) <= 18 else 0
    target = _open_carts(request).filter(pk=number).first()
    if target is None:
        raise Http404
    moved = merge_carts(cart, target, by=request.user)
    text = ngettext(
        "%(count)d line of “%(source)s” is in “%(target)s” now; the merged cart is in the trash.",
        "%(count)d lines of “%(source)s” are in “%(target)s” now; the merged cart is in the trash.",
        moved,
    )
    messages.success(request, text % {"count": moved, "source": cart.title, "target": target.title})
    return redirect("shop:cart")


def _share(request: PortalRequest, cart: DealerCart) -> HttpResponse:
    share_cart(cart, True)
    messages.success(request, _("Every buyer of %s can fill and send this cart now.") % cart.dealer.display_name)
    return redirect("shop:carts")


def _unshare(request: PortalRequest, cart: DealerCart) -> HttpResponse:
    share_cart(cart, False)
    messages.success(request, _("The cart is its owner's alone again."))
    return redirect("shop:carts")


def _delete(request: PortalRequest, cart: DealerCart) -> HttpResponse:
    trash_cart(cart)
    messages.success(request, _("The cart “%s” is in the trash.") % cart.title)
    return redirect("shop:carts")


def _restore(request: PortalRequest, cart: DealerCart) -> HttpResponse:
    restored = restore_cart(cart)
    messages.success(request, _("The cart “%s” is back.") % restored.title)
    return redirect("shop:carts")


def _save(request: PortalRequest, cart: DealerCart) -> HttpResponse:
    kind = request.POST.get("kind", ListKind.LIST)
    kind = kind if kind in ListKind.values else ListKind.LIST
    saved = save_cart_as_list(
        cart, request.user, request.POST.get("name", ""), kind, shared=bool(request.POST.get("shared"))
    )
    messages.success(request, _("The cart is kept as “%s”.") % saved.name)
    return redirect("shop:list", saved.pk)


ACTIONS: dict[str, Act] = {
    "choose": _choose,
    "rename": _rename,
    "copy": _duplicate,
    "merge": _merge,
    "share": _share,
    "unshare": _unshare,
    "delete": _delete,
    "restore": _restore,
    "save": _save,
}
#: What only the owner or the dealer's administrator may do; merging takes the cart away as deleting does.
GOVERNED = ("rename", "merge", "share", "unshare", "delete")
