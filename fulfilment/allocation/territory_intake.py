"""Taking in protected territories and online terms from files, and territories as rows of such a file."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Sequence
from datetime import date
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from oscar.core.loading import get_model

from dealers.accounts.models import Dealer
from dealers.intake.columns import Choice, Currency, Number, Text, Whole
from dealers.intake.rows import Parsed, Problem
from fulfilment.allocation.areas import known_areas
from fulfilment.allocation.change import What, plain
from fulfilment.allocation.keeping import ONLINE, TERRITORY
from fulfilment.allocation.kept_intake import FROM, UNTIL, Area, KeptIntake, Known, money_column, no_area, no_dealer
from fulfilment.allocation.models import OnlineTerms, ProtectedTerritory, ProtectionKind
from fulfilment.stock.outlet_intake import DEALER
from pricing.catalogue.categories import CategoryTree, parts_of

Product = get_model("catalogue", "Product")
t = gettext_lazy

PROTECTIONS = {
    "exclusive": ProtectionKind.EXCLUSIVE, "独家": ProtectionKind.EXCLUSIVE,
    "primary": ProtectionKind.PRIMARY, "优先": ProtectionKind.PRIMARY,
    "open": ProtectionKind.OPEN, "开放": ProtectionKind.OPEN,
}  # fmt: skip


class TerritoriesIntake(KeptIntake):
    """Protected territories. A row is known by dealer, area or circle, category and first day; the rest is changed."""

    name = "protected_territories"
    key = ("dealer", "area_code", "latitude", "longitude", "radius_km", "category", "valid_from")
    model, what, fields = ProtectedTerritory, What.TERRITORY, TERRITORY
    columns = (
        DEALER,
        Choice("protection", t("Protection"), words=PROTECTIONS, required=True, also=("kind", "保护级别", "保护"),
               example="exclusive"),
        Area("area_code", t("Area code"), also=("area", "postcode", "区域代码", "邮编"), example="4403"),
        Number("latitude", t("Latitude"), places=6, minimum=-90, maximum=90, also=("lat", "纬度")),
        Number("longitude", t("Longitude"), places=6, minimum=-180, maximum=180, also=("lon", "lng", "经度")),
        Whole("radius_km", t("Radius, km"), minimum=1, maximum=20_000, also=("radius", "半径")),
        Text("category", t("Category"), max_length=1000, also=("分类", "类别"), example="Cookware > Pans"),
        FROM, UNTIL,
    )  # fmt: skip

    def key_of(self, row: Parsed) -> tuple[Hashable, ...]:
        """Whose, where, about what, and from when."""
        return _territory_key(row.get, tuple(name.casefold() for name in parts_of(row.get("category", ""))))

    def check(self, row: Parsed) -> Iterator[Problem]:
        """Either an area or a whole circle."""
        circle = [name for name in ("latitude", "longitude", "radius_km") if row.get(name) is not None]
        if row.get("area_code") and circle:
            yield Problem(row.number, "area_code", _("Give either an area code or a circle, not both."))
        elif not row.get("area_code") and len(circle) < 3:
            message = _("Give an area code, or latitude, longitude and radius.")
            yield Problem(row.number, "area_code", message)

    def known(self, rows: Sequence[Parsed]) -> Known:
        """Dealers, their territories, areas and categories. Four statements."""
        numbers = {row.given["dealer"] for row in rows}
        dealers = {dealer.number: dealer for dealer in Dealer.objects.filter(number__in=numbers)}
        found = ProtectedTerritory.objects.select_for_update(of=("self",)).filter(dealer__in=dealers.values())
        tree = CategoryTree()
        stored: dict[Any, ProtectedTerritory] = {}
        for each in found.select_related("dealer").order_by("-pk"):
            said = {name: getattr(each, name) for name in self.key if name not in ("dealer", "category")}
            said["dealer"] = each.dealer.number
            category = tuple(name.casefold() for name in tree.paths.get(each.category_id or 0, ()))
            stored[_territory_key(said.get, category)] = each
        return Known(dealers, stored, known_areas(row.get("area_code", "") for row in rows), tree)

    def thing(self, row: Parsed, known: Known) -> ProtectedTerritory | Problem:
        """The territory, by dealer, place, category and first day."""
        dealer, area, category = known.named.get(row.given["dealer"]), row.get("area_code", ""), row.get("category", "")
        if dealer is None:
            return no_dealer(row)
        if area and area not in known.areas:
            return no_area(row, area)
        path = parts_of(category)
        if known.tree is not None and path and not known.tree.has(path):
            message = _("There is no category %(path)s. Correct it, or import products with it first.")
            return Problem(row.number, "category", message % {"path": category})
        found: ProtectedTerritory | None = known.stored.get(self.key_of(row))
        if found is not None:
            return found
        pk = known.tree.ids_for([path])[path] if known.tree and path else None
        return ProtectedTerritory(dealer=dealer, area_code=area, category_id=pk)

    def values(self, row: Parsed, thing: ProtectedTerritory, known: Known) -> dict[str, Any]:
        """What is not found by."""
        values = super().values(row, thing, known)
        return {name: value for name, value in values.items() if name not in ("dealer", "category", "area_code")}

    def said(self, thing: ProtectedTerritory, known: Known) -> dict[str, Any]:
        """With the category's path, which costs no statement here."""
        said = plain(thing, (name for name in self.fields if name != "category"))
        path = known.tree.paths.get(thing.category_id or 0, ()) if known.tree else ()
        return said | {"category": " > ".join(path) or None}

    def called(self, thing: ProtectedTerritory) -> str:
        """Dealer and place."""
        where = thing.area_code or f"{thing.latitude}, {thing.longitude} ({thing.radius_km} km)"
        return f"{thing.dealer.number} {where}"

    def dealer(self, thing: ProtectedTerritory) -> Dealer:
        """Whose it is."""
        return thing.dealer


class OnlineTermsIntake(KeptIntake):
    """Online floor price and supplier's cost of a product in a currency; an empty cell takes it away."""

    name = "online_terms"
    key = ("sku", "currency")
    model, what, fields = OnlineTerms, What.ONLINE, ONLINE
    columns = (
        Text("sku", t("SKU"), required=True, max_length=64, example="PAN-24",
             also=("sku", "item", "item number", "product number", "货号", "商品编码", "产品编号")),
        Currency("currency", t("Currency"), required=True, also=("币种", "货币"), example="CNY"),
        money_column("online_floor_price", t("Online floor price"), "floor", "floor price", "线上底价"),
        money_column("supplier_cost", t("Supplier's cost"), "cost", "成本"),
    )  # fmt: skip

    def known(self, rows: Sequence[Parsed]) -> Known:
        """Products and their online terms. Two statements."""
        skus = {row.given["sku"] for row in rows}
        sold = Product.objects.filter(upc__in=skus).exclude(structure=Product.PARENT)
        products = {product.upc: product for product in sold}
        found = OnlineTerms.objects.select_for_update(of=("self",)).filter(product__in=products.values()).order_by("pk")
        return Known(products, {(each.product_id, each.currency): each for each in found})

    def thing(self, row: Parsed, known: Known) -> OnlineTerms | Problem:
        """The product's online terms in the currency."""
        product = known.named.get(row.given["sku"])
        if product is None:
            words = {"sku": row.given["sku"]}
            return Problem(row.number, "sku", _("There is no product %(sku)s. Import it first, or correct it.") % words)
        found: OnlineTerms | None = known.stored.get((product.pk, row.given["currency"]))
        found = found or OnlineTerms(product=product, currency=row.given["currency"])
        found.product = product
        return found

    def called(self, thing: OnlineTerms) -> str:
        """SKU and currency."""
        return f"{thing.product.upc} {thing.currency}"


def exported_territories(territories: Iterable[ProtectedTerritory]) -> Iterator[tuple[Any, ...]]:
    """Territories, read with their dealers, as rows of the importer's columns. One statement more."""
    tree = CategoryTree()
    for each in territories:
        path = " > ".join(tree.paths.get(each.category_id or 0, ()))
        place = (each.area_code, each.latitude, each.longitude, each.radius_km, path)
        yield (each.dealer.number, each.protection, *place, each.valid_from, each.valid_until)


def _territory_key(get: Any, category: tuple[str, ...]) -> tuple[Hashable, ...]:
    place = (get("area_code") or "", get("latitude"), get("longitude"), get("radius_km"))
    first: date | None = get("valid_from")
    return (get("dealer"), *place, category, first)
