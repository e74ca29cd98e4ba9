"""The product page: everything a dealer needs to decide, and the variants of the model on one form."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as t
from django.views.decorators.http import require_safe
from oscar.core.loading import get_model

from dealers.accounts.models import Dealer
from fulfilment.stock.expected import Expected, expected_receipts
from fulfilment.stock.models import StockLevel
from portal.access.portal import PortalRequest
from portal.access.roles import Permission
from portal.shop.categories import category_name, category_url
from portal.shop.files import files_of
from portal.shop.related import purchases_of, related_to, replacement_of, withdrawn
from portal.shop.rows import ProductRow, attributes_of, named, rows_for
from portal.shop.variants import matrix_of, order_of
from pricing.catalogue.models import reads_chinese
from pricing.catalogue.units import counted
from pricing.quote import QuotedLine, assortment, quote
from pricing.terms.models import PriceList

Category = get_model("catalogue", "Category")
Product = get_model("catalogue", "Product")
ProductImage = get_model("catalogue", "ProductImage")

STEP_WORDS: dict[str, Any] = {
    "list": t("List price"),
    "group": t("Price of your group"),
    "agreement": t("Your agreement"),
    "formula": t("Your discount"),
    "exception": t("Exception agreed with you"),
    "tier": t("Quantity"),
    "promotion": t("Promotion"),
    "net": t("Your price"),
}


@dataclass(frozen=True)
class StepShown:
    """A line of the explanation: what it is, which list says so, the price then, and by how much it changed."""

    words: str
    list_name: str
    unit_price: Decimal
    change: Decimal
    last: bool


@dataclass(frozen=True)
class LocationStock:
    """What lies at a location and what is on its way there. `as_of` is None where nothing was counted yet."""

    name: str
    on_hand: int
    as_of: datetime | None
    expected: tuple[Expected, ...]


@require_safe
def product(request: PortalRequest, slug: str, sku: str) -> HttpResponse:
    """One sellable product or variant; what is not in the dealer's assortment does not exist."""
    portal = request.portal
    found = named(assortment(portal.dealer, among=_ids(upc=sku))).first()
    if found is None:
        return _gone(request, sku)
    if slug != (found.slug or "-"):
        return redirect("shop:product", found.slug or "-", sku, permanent=True)
    family = _family(portal.dealer, found)
    related = related_to(portal.dealer, found)
    rows = rows_for(
        portal.dealer, list({each.pk: each for each in [*family, *related]}.values()), portal.cart_quantities
    )
    by_pk = {row.label.pk: row for row in rows}
    row = by_pk[found.pk]
    variants = sorted((by_pk[each.pk] for each in family), key=_by_attributes) if len(family) > 1 else []
    coming = expected_receipts([found.pk]).get(found.pk, ())
    line = quote(portal.dealer, [(found.pk, row.label.smallest)]).lines[0]
    context = {
        "row": row,
        "rules": _rules(row),
        "line": line,
        "steps": _steps(line),
        "variants": variants,
        "matrix": matrix_of(variants),
        "attributes": attributes_of([found]).get(found.pk, ()),
        "descriptions": _descriptions(found),
        "pictures": _pictures(found),
        "levels": _locations(found, coming),
        "crumbs": _crumbs(found, row),
        "ean": _of_card(found, "ean"),
        "model_code": _of_card(found, "model_code"),
        "weight": _of_card(found, "weight_kg"),
        "files": files_of(found),
        "purchases": purchases_of(portal.dealer, found),
        "replacement": replacement_of(portal.dealer, found),
        "related": [by_pk[each.pk] for each in related],
        "rep": portal.dealer.sales_rep,
        "dealer": portal.dealer,
        "may_order": portal.may(Permission.ORDER),
        "here": request.get_full_path(),
    }
    return render(request, "shop/product.html", context)


def _gone(request: PortalRequest, sku: str) -> HttpResponse:
    """A product that is no longer sold names its replacement; anything else that is not theirs does not exist."""
    found = withdrawn(request.portal.dealer, sku)
    if found is None:
        raise Http404
    context = {"label": found[0], "instead": found[1], "rep": request.portal.dealer.sales_rep}
    return render(request, "shop/product_gone.html", context, status=410)


def _ids(**asked: Any) -> QuerySet[Any]:
    return Product.objects.filter(**asked).values("pk")


def _family(dealer: Dealer, found: Any) -> list[Any]:
    """The product with the other variants of its model that the dealer may buy."""
    if not found.parent_id:
        return [found]
    return list(named(assortment(dealer, among=_ids(parent=found.parent_id))).order_by("upc"))


def _by_attributes(row: ProductRow) -> tuple[Any, ...]:
    """Sizes that are numbers come in the order of numbers."""
    return (*(order_of(value) for _name, value in row.attributes), (3, Decimal(0), row.label.sku))


def _rules(row: ProductRow) -> list[str]:
    """In which quantities the product can be ordered, in words: told before a mistake is made."""
    label = row.label
    found = []
    if label.multiple > 1:
        found.append(_("Sold in packs of %(pack)s.") % {"pack": counted(label.multiple, label.unit_code)})
    if label.smallest > 1:
        found.append(_("Order at least %(least)s.") % {"least": counted(label.smallest, label.unit_code)})
    if label.maximum:
        found.append(_("Order at most %(most)s at a time.") % {"most": counted(label.maximum, label.unit_code)})
    return found


def _steps(line: QuotedLine) -> list[StepShown]:
    """The explanation of the price, where there is anything to explain: one list and no tier explain themselves."""
    steps = line.steps
    if len(steps) <= 2:
        return []
    names = PriceList.objects.names(step.list_code for step in steps)
    return [
        StepShown(
            words=str(STEP_WORDS.get(step.kind, step.kind)),
            list_name="" if step.kind in ("tier", "net") else names.get(step.list_code, step.list_code),
            unit_price=step.unit_price,
            change=step.change,
            last=step.kind == "net",
        )
        for step in steps
    ]


def _locations(found: Any, expected: Sequence[Expected]) -> list[LocationStock]:
    """Stock and receipts by location, in the order of the locations' codes. One statement."""
    levels = StockLevel.objects.filter(product=found).order_by("location__code")
    counted_at: dict[str, tuple[str, int, datetime | None]] = {
        code: (name, on_hand, as_of)
        for code, name, on_hand, as_of in levels.values_list("location__code", "location__name", "on_hand", "as_of")
    }
    coming: dict[str, list[Expected]] = {}
    for receipt in expected:
        coming.setdefault(receipt.location, []).append(receipt)
        counted_at.setdefault(receipt.location, (receipt.location_name, 0, None))
    return [
        LocationStock(name, on_hand, as_of, tuple(coming.get(code, ())))
        for code, (name, on_hand, as_of) in sorted(counted_at.items())
    ]


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
