"""The product page: everything a dealer needs to decide, and the variants of the model on one form."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe
from oscar.core.loading import get_model

from fulfilment.stock.models import StockLevel
from portal.access.portal import PortalRequest
from portal.access.roles import Permission
from portal.shop.categories import category_name, category_url
from portal.shop.rows import ProductRow, attributes_of, named, rows_for
from pricing.catalogue.models import reads_chinese
from pricing.quote import assortment

Category = get_model("catalogue", "Category")
ProductImage = get_model("catalogue", "ProductImage")


@require_safe
def product(request: PortalRequest, slug: str, sku: str) -> HttpResponse:
    """One sellable product or variant; what is not in the dealer's assortment does not exist."""
    portal = request.portal
    found = named(assortment(portal.dealer)).filter(upc=sku).first()
    if found is None:
        raise Http404
    if slug != (found.slug or "-"):
        return redirect("shop:product", found.slug or "-", sku, permanent=True)
    family = _family(portal.dealer, found)
    rows = rows_for(portal.dealer, family, portal.cart_quantities)
    row = next(row for row in rows if row.label.pk == found.pk)
    context = {
        "row": row,
        "variants": sorted(rows, key=_by_attributes) if len(rows) > 1 else [],
        "attributes": attributes_of([found]).get(found.pk, ()),
        "descriptions": _descriptions(found),
        "pictures": _pictures(found),
        "levels": list(StockLevel.objects.filter(product=found).select_related("location").order_by("location__code")),
        "crumbs": _crumbs(found, row),
        "ean": _of_card(found, "ean"),
        "model_code": _of_card(found, "model_code"),
        "weight": _of_card(found, "weight_kg"),
        "dealer": portal.dealer,
        "may_order": portal.may(Permission.ORDER),
        "here": request.get_full_path(),
    }
    return render(request, "shop/product.html", context)


def _family(dealer: Any, found: Any) -> list[Any]:
    """The product with the other variants of its model that the dealer may buy."""
    if not found.parent_id:
        return [found]
    return list(named(assortment(dealer)).filter(parent=found.parent_id).order_by("upc"))


def _by_attributes(row: ProductRow) -> tuple[Any, ...]:
    """Sizes that are numbers come in the order of numbers."""
    values = [value for _name, value in row.attributes]
    return (*((0, int(value), "") if value.isdecimal() else (1, 0, value) for value in values), (2, 0, row.label.sku))


def _of_card(found: Any, name: str) -> Any:
    """What the product's card says, else its model's."""
    for product in (found, found.parent):
        value = getattr(getattr(product, "card", None), name, None)
        if value:
            return value
    return ""


def _descriptions(found: Any) -> list[tuple[str, str]]:
    """`(language code, text)`, the reader's language first; empty ones left out."""
    english = found.description or (found.parent.description if found.parent_id else "")
    both = [("en", english), ("zh-hans", _of_card(found, "description_zh"))]
    if reads_chinese():
        both.reverse()
    return [(language, text) for language, text in both if text.strip()]


def _pictures(found: Any) -> list[str]:
    owners = [found.pk, found.parent_id] if found.parent_id else [found.pk]
    images = ProductImage.objects.filter(product__in=owners).order_by("display_order", "pk")
    own = [image for image in images if image.product_id == found.pk]
    return [image.original.url for image in own or images]


def _crumbs(found: Any, row: ProductRow) -> list[tuple[str, str]]:
    """The way down to the product by its deepest public category."""
    crumbs = [(_("Catalogue"), reverse("shop:catalogue"))]
    public = Category.objects.filter(is_public=True, ancestors_are_public=True)
    deepest = public.filter(product=found.parent_id or found.pk).order_by("-depth", "path").first()
    if deepest is not None:
        step = Category.steplen
        above = [deepest.path[:end] for end in range(step, len(deepest.path) + 1, step)]
        way = public.filter(path__in=above).select_related("card").order_by("path")
        crumbs += [(category_name(category), category_url(category)) for category in way]
    return [*crumbs, (row.label.name, "")]
