"""Catalogue, category and search pages, and the suggestions while typing."""

from __future__ import annotations

from typing import Any, cast
from urllib.parse import urlencode

from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe
from oscar.core.loading import get_model

from portal.access.portal import PortalRequest
from portal.access.roles import Permission
from portal.components.keyset import AFTER, BEFORE, without_place
from portal.shop.categories import category_name, category_url, trail_to, tree_of
from portal.shop.facets import Facets, chips_of, facets_of, kept_facets, switches_of
from portal.shop.listing import FEW, Asked, list_products, suggested
from portal.shop.rows import counted_at, labels_for, rows_for
from portal.shop.wish import EXACTLY, SORTS, Wish, search_text
from pricing.quote import quote

Category = get_model("catalogue", "Category")

#: In an address: the filters too, though there are many products.
FACETS = "facets"
PLACE_AND_SORT = (AFTER, BEFORE, "sort")
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
    return _list(request, title=category_name(chosen), chosen=chosen, text=search_text(request.GET))


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
        labels = list(labels_for(dealer, suggested(dealer, text, SUGGESTIONS)).values())
    quoted = quote(dealer, [(label.pk, label.smallest) for label in labels])
    found = [{"label": label, "price": line.unit_price} for label, line in zip(labels, quoted.lines, strict=True)]
    return render(request, "shop/parts/suggestions.html", {"found": found, "text": text})


def _list(request: PortalRequest, *, title: str, chosen: Any = None, text: str = "") -> HttpResponse:
    portal = request.portal
    query = cast(QueryDict, request.GET)
    wish = Wish.read(query, text=text)
    asked = Asked.of(portal.dealer, wish, chosen)
    if FACETS in query and request.htmx:
        return render(request, "shop/parts/facets.html", _narrowing(asked, query, facets_of(asked)))
    facets = kept_facets(asked)
    listing = list_products(asked, query, many=facets is not None and facets.count > FEW)
    # Where there are many products, rows come first and what they can be narrowed by after them.
    if facets is None and (listing.count is not None or FACETS in query):
        facets = facets_of(asked)
    rows = rows_for(portal.dealer, listing.page.rows, portal.cart_quantities)
    context = {
        "title": title,
        "listing": listing,
        "rows": rows,
        "counted_at": counted_at(rows),
        "page": listing.page,
        "count": listing.count if listing.count is not None else facets and facets.count,
        "crumbs": [(_("Catalogue"), reverse("shop:catalogue")), *trail_to(chosen)] if chosen else None,
        "sort_keeps": [
            (name, value) for name, values in query.lists() for value in values if name not in (*PLACE_AND_SORT, FACETS)
        ],
        "sorts": [(key, label, key == wish.sort) for key, label in SORTS.items()],
        "may_order": portal.may(Permission.ORDER),
        "here": request.get_full_path(),
        **_narrowing(asked, query, facets),
    }
    return render(request, "shop/catalogue.html", context)


def _narrowing(asked: Asked, query: QueryDict, facets: Facets | None) -> dict[str, Any]:
    """What the side of the list shows."""
    wish = asked.wish
    kept = [(name, value) for name in ("q", EXACTLY, "sort", "view") for value in query.getlist(name)[:1]]
    return {
        "wish": wish,
        "dealer": asked.dealer,
        "facets": facets,
        "tree": tree_of(facets.categories, asked.category) if facets else [],
        "chosen": asked.category,
        "chips": chips_of(wish, query, facets),
        "switches": switches_of(wish, facets) if facets else [],
        "kept": kept,
        "all_url": reverse("shop:search") if wish.text else reverse("shop:catalogue"),
        "filter_query": without_place(query, facets=None),
        "exactly_url": without_place(query, **{EXACTLY: "1"}),
        "facets_url": without_place(query, facets="1"),
        "clear_url": f"?{urlencode(kept)}",
    }
