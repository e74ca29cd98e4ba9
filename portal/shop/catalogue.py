"""Catalogue, category and search pages, and the suggestions while typing."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe
from oscar.core.loading import get_model

from portal.access.portal import PortalRequest
from portal.access.roles import Permission
from portal.shop.categories import category_name, category_url, trail_to, tree_for
from portal.shop.listing import SORTS, Wish, list_products, search_text, suggested
from portal.shop.rows import counted_at, label_of, rows_for
from pricing.quote import quote

Category = get_model("catalogue", "Category")

SUGGESTIONS = 8
SHORTEST_SUGGESTED = 2


@require_safe
def catalogue(request: PortalRequest) -> HttpResponse:
    """Everything the dealer may buy."""
    return _list(request, title=_("Catalogue"))


@require_safe
def category(request: PortalRequest, slug: str, pk: int) -> HttpResponse:
    """One category with all below it."""
    public = Category.objects.filter(is_public=True, ancestors_are_public=True)
    chosen = get_object_or_404(public.select_related("card"), pk=pk)
    if slug != (chosen.slug or "-"):
        return redirect(category_url(chosen), permanent=True)
    return _list(request, title=category_name(chosen), chosen=chosen)


@require_safe
def search(request: PortalRequest) -> HttpResponse:
    """What fits the words; without any, the whole catalogue."""
    text = search_text(request.GET)
    if not text:
        return redirect("shop:catalogue")
    return _list(request, title=_("Search: %s") % text, text=text)


@require_safe
def suggest(request: PortalRequest) -> HttpResponse:
    """The first matches for the search box, as a fragment."""
    text = search_text(request.GET)
    dealer = request.portal.dealer
    labels = []
    if len(text) >= SHORTEST_SUGGESTED or not text.isascii():
        labels = [label_of(product) for product in suggested(dealer, text, SUGGESTIONS)]
    quoted = quote(dealer, [(label.pk, label.smallest) for label in labels])
    found = [{"label": label, "price": line.unit_price} for label, line in zip(labels, quoted.lines, strict=True)]
    return render(request, "shop/parts/suggestions.html", {"found": found, "text": text})


def _list(request: PortalRequest, *, title: str, chosen: Any = None, text: str = "") -> HttpResponse:
    portal = request.portal
    wish = Wish.read(request.GET, text=text)
    listing = list_products(portal.dealer, wish, request.GET, chosen)
    tree = tree_for(portal.dealer, chosen)
    rows = rows_for(portal.dealer, listing.page.rows, portal.cart_quantities)
    crumbs = [(_("Catalogue"), reverse("shop:catalogue"))]
    crumbs += [(node.name, node.url) for node in trail_to(tree)]
    context = {
        "title": title,
        "wish": wish,
        "rows": rows,
        "counted_at": counted_at(rows),
        "page": listing.page,
        "count": listing.count,
        "tree": tree,
        "chosen": chosen,
        "crumbs": crumbs if chosen else None,
        "sorts": [(key, label, key == wish.sort) for key, label in SORTS.items()],
        "dealer": portal.dealer,
        "may_order": portal.may(Permission.ORDER),
        "here": request.get_full_path(),
    }
    return render(request, "shop/catalogue.html", context)
