"""One transaction's worth of products: what is stored, what rows say, the difference written in few statements."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from oscar.core.loading import get_model

from dealers.intake.intake import Changes
from dealers.intake.rows import Parsed, Problem, RowState
from pricing.catalogue import families
from pricing.catalogue.attributes import write_values
from pricing.catalogue.categories import CategoryTree, Path, folded, parts_of
from pricing.catalogue.columns import ATTRIBUTE, ATTRIBUTE_ZH, kilograms
from pricing.catalogue.families import Shelf, card_of
from pricing.catalogue.models import ProductCard

Product = get_model("catalogue", "Product")
ProductClass = get_model("catalogue", "ProductClass")
ProductCategory = get_model("catalogue", "ProductCategory")
Partner = get_model("partner", "Partner")
StockRecord = get_model("partner", "StockRecord")

PRODUCT_FIELDS = ("title", "description", "is_public", "structure", "parent", "product_class", "date_updated")
CARD_FIELDS = (
    "name_zh",
    "description_zh",
    "brand",
    "model_code",
    "unit",
    "ean",
    "order_multiple",
    "minimum_quantity",
    "weight_kg",
    "recommended_retail_price",
    "discontinued_on",
    "attributes_zh",
)
PARTNER_CODE = "supplier"
PRODUCT_CLASS = "Product"


def product_class() -> Any:
    """The one product class: everything is shipped and has stock."""
    return ProductClass.objects.get_or_create(slug="product", defaults={"name": PRODUCT_CLASS})[0]


def partner() -> Any:
    """Oscar's partner who fulfils: the supplier."""
    return Partner.objects.get_or_create(code=PARTNER_CODE, defaults={"name": "Supplier"})[0]


def _categories(products: Iterable[Any]) -> dict[int, set[int]]:
    has: dict[int, set[int]] = {}
    of_products = ProductCategory.objects.filter(product__in=[each.pk for each in products])
    for product, category in of_products.values_list("product_id", "category_id"):
        has.setdefault(product, set()).add(category)
    return has


class Batch:
    """The rows of one transaction and the products they are about."""

    def __init__(self, rows: Sequence[Parsed], stored: Mapping[int, list[str]]) -> None:
        self.rows = list(rows)
        self._stored = stored
        self.shelf = Shelf((row.given["sku"] for row in rows), {row.get("model", "") for row in rows})
        self.existing = set(self.shelf.products)
        self.tree = CategoryTree()
        self.product_class = product_class()
        self.has = _categories([*self.shelf.products.values(), *self.shelf.parents.values()])
        self.touched: set[int] = set()
        self.new_parents: dict[str, Any] = {}

    def refuse_other_categories(self) -> list[Problem]:
        """Variants of a model share the category of the leading variant. Rows that say another are refused."""
        ruling = self._ruling_categories()
        problems = []
        for row in self.rows:
            rules, source = ruling.get(row.get("model", ""), (None, ""))
            if rules is None or "category_en" not in row.given:
                continue
            if folded(parts_of(row.get("category_en", ""))) not in rules:
                message = _("Another variant of the model %(model)s (%(sku)s) is in another category. Variants share "
                            "one category.") % {"sku": source, "model": row.get("model")}  # fmt: skip
                problems.append(Problem(row.number, "category_en", message))
        return self.refuse(problems)

    def refuse(self, problems: list[Problem]) -> list[Problem]:
        """Leave out the rows that have problems; answers the problems."""
        refused = {problem.row for problem in problems}
        self.rows = [row for row in self.rows if row.number not in refused]
        return problems

    def _ruling_categories(self) -> dict[str, tuple[set[Path] | None, str]]:
        """By model: the categories its leading variant is in, and that variant's SKU. None where it says nothing."""
        here = {row.given["sku"]: row for row in self.rows}
        leads: dict[str, str] = {}
        stored = {sku: card_of(each).model_code for sku, each in self.shelf.products.items() if sku not in here}
        models = stored | {sku: row.get("model", stored.get(sku, "")) for sku, row in here.items()}
        for sku in sorted(models):
            leads.setdefault(models[sku], sku)
        leads.pop("", None)
        ruling: dict[str, tuple[set[Path] | None, str]] = {}
        for model, sku in leads.items():
            row = here.get(sku)
            if row is not None and "category_en" in row.given:
                ruling[model] = {folded(parts_of(row.get("category_en", "")))}, sku
            elif row is None:
                owner = self.shelf.parents.get(model) or self.shelf.products[sku]
                ids = self.has.get(owner.pk, set())
                ruling[model] = ({folded(self.tree.paths[each]) for each in ids} or None), sku
        return ruling

    def write_products(self) -> None:
        """Products, their parents and their cards."""
        self.products = Changes(Product, PRODUCT_FIELDS)
        self.cards = Changes(ProductCard, CARD_FIELDS)
        self.differing: set[str] = set()
        for row in self.rows:
            product = self.shelf.products.setdefault(row.given["sku"], families.new_product(row.given["sku"]))
            self._apply(product, _product_values(row, product), _card_values(row, card_of(product)))
        self._write_parents()
        for product in self.shelf.products.values():
            model = card_of(product).model_code
            values = families.structure_of(product, self.shelf.parents.get(model), self.product_class)
            self._apply(product, values, {})
        self.products.save()
        for product in self.shelf.products.values():
            card_of(product).product_id = product.pk
        self.cards.save()
        self.touched |= {self.shelf.products[sku].pk for sku in self.differing}

    def _apply(self, product: Any, values: dict[str, Any], card_values: dict[str, Any]) -> None:
        differs = self.products.apply(product, values)
        if card_values or card_of(product)._state.adding:
            differs = self.cards.apply(card_of(product), card_values) or differs
        if differs and product.upc:
            self.differing.add(product.upc)

    def _write_parents(self) -> None:
        """Make parents for models that have two products now, let leading rows describe them, hide the empty ones."""
        self.rows_by_sku = {row.given["sku"]: row for row in self.rows}
        members = self.shelf.members()
        parents, cards = Changes(Product, PRODUCT_FIELDS), Changes(ProductCard, CARD_FIELDS)
        for model, family in members.items():
            if len(family) >= 2 and model not in self.shelf.parents:
                self.shelf.parents[model] = self.new_parents[model] = families.new_parent(model)
        for model, parent in self.shelf.parents.items():
            family = members.get(model, [])
            values, card_values = self._parent_values(model, family, new=model in self.new_parents)
            values |= {"product_class_id": self.product_class.pk}
            values["is_public"] = any(product.is_public for product in family)
            if parents.apply(parent, values) | cards.apply(card_of(parent), card_values):
                self.differing |= {product.upc for product in family if product.upc in self.rows_by_sku}
                self.touched |= {product.pk for product in family if product.pk}
        parents.save()
        for parent in self.new_parents.values():
            card_of(parent).product_id = parent.pk
        cards.save()

    def _parent_values(self, model: str, family: list[Any], *, new: bool) -> tuple[dict[str, Any], dict[str, Any]]:
        lead = self.rows_by_sku.get(family[0].upc) if family else None
        if lead is None and new:
            lead = next((self.rows_by_sku[each.upc] for each in family if each.upc in self.rows_by_sku), None)
        if lead is None:
            return {}, {"model_code": model}
        values: dict[str, Any] = {}
        card: dict[str, Any] = {"model_code": model}
        if new or "model_name_en" in lead.given:
            values["title"] = lead.get("model_name_en") or model
        for field, name in (("name_zh", "model_name_zh"), ("description_zh", "description_zh"), ("brand", "brand")):
            if name in lead.given:
                card[field] = lead.given[name]
        if "description_en" in lead.given:
            values["description"] = lead.given["description_en"]
        return values, card

    def write_categories(self) -> None:
        """Products that stand alone have their row's category; of variants the parent has the leading row's."""
        paths = {row.number: parts_of(row.get("category_en", "")) for row in self.rows if "category_en" in row.given}
        ids = self.tree.ids_for(path for path in paths.values() if path)
        self._name_categories(paths)
        wanted: dict[int, set[int]] = {}
        for sku, product in sorted(self.shelf.products.items()):
            row = self.rows_by_sku.get(sku)
            path = paths.get(row.number) if row else None
            said = None if path is None else {ids[path]} if path else set()
            parent = self.shelf.parents.get(card_of(product).model_code)
            if parent is None:
                if said is not None:
                    wanted[product.pk] = said
                continue
            wanted[product.pk] = set()
            before = wanted.get(parent.pk) or self.has.get(parent.pk) or self.has.get(product.pk, set())
            leads = parent.pk not in wanted
            wanted[parent.pk] = said if said is not None and (leads or not before) else before
        self._save_categories(wanted)

    def _name_categories(self, paths: Mapping[int, Path]) -> None:
        names = {}
        for row in self.rows:
            chinese = parts_of(row.get("category_zh", ""))
            if chinese and paths.get(row.number):
                names[paths[row.number]] = chinese
        if names and (renamed := self.tree.name_in_chinese(names)):
            in_them = ProductCategory.objects.filter(category__in=renamed).values_list("product_id", flat=True)
            self.touched |= set(in_them)

    def _save_categories(self, wanted: Mapping[int, set[int]]) -> None:
        has = self.has
        gone = {(product, each) for product, ids in wanted.items() for each in has.get(product, set()) - ids}
        new = {(product, each) for product, ids in wanted.items() for each in ids - has.get(product, set())}
        if gone:
            products, categories = {pair[0] for pair in gone}, {pair[1] for pair in gone}
            stored = ProductCategory.objects.filter(product__in=products, category__in=categories)
            # Not delete(): its signals would do work for each row.
            ProductCategory.objects.filter(
                pk__in=[each.pk for each in stored if (each.product_id, each.category_id) in gone]
            )._raw_delete("default")
        ProductCategory.objects.bulk_create(ProductCategory(product_id=a, category_id=b) for a, b in sorted(new))
        owners = {pair[0] for pair in gone | new}
        for product in self.shelf.products.values():
            if product.pk in owners or product.parent_id in owners:
                self.touched.add(product.pk)

    def write_attributes(self, attribute_ids: Mapping[str, int]) -> None:
        """Attribute values in English; those in Chinese are on the card."""
        wanted: dict[int, dict[int, str]] = {}
        for row in self.rows:
            given = {
                attribute_ids[name.removeprefix(ATTRIBUTE)]: value
                for name, value in row.given.items()
                if name.startswith(ATTRIBUTE)
            }
            if given:
                wanted[self.shelf.products[row.given["sku"]].pk] = given
        self.touched |= write_values(wanted)

    def pictures(self) -> dict[int, list[str]]:
        """The stored pictures of the products whose rows name them."""
        return {
            self.shelf.products[row.given["sku"]].pk: self._stored[row.number]
            for row in self.rows
            if row.number in self._stored
        }

    def write_stock_records(self) -> None:
        """Every product for sale has one stock record, empty at first; what is stored is left alone."""
        products = {product.pk: product for product in self.shelf.products.values()}
        supplied = set(StockRecord.objects.filter(product__in=products).values_list("product_id", flat=True))
        supplier = partner() if len(supplied) < len(products) else None
        StockRecord.objects.bulk_create(
            StockRecord(
                product_id=pk,
                partner=supplier,
                partner_sku=product.upc,
                price_currency=settings.OSCAR_DEFAULT_CURRENCY,
                num_in_stock=0,
                num_allocated=0,
            )
            for pk, product in sorted(products.items())
            if pk not in supplied
        )

    def states(self) -> dict[int, RowState]:
        """What each row did."""
        states = {}
        for row in self.rows:
            sku = row.given["sku"]
            states[row.number] = RowState.of(
                new=sku not in self.existing, differs=self.shelf.products[sku].pk in self.touched
            )
        return states


def _product_values(row: Parsed, product: Any) -> dict[str, Any]:
    values: dict[str, Any] = {"title": row.given["name_en"]}
    if "description_en" in row.given:
        values["description"] = row.given["description_en"]
    if "available" in row.given:
        values["is_public"] = row.given["available"] is not False
    if product._state.adding:
        values["slug"] = families.slug_for(row.given["name_en"], row.given["sku"])
    return values


def _card_values(row: Parsed, card: ProductCard) -> dict[str, Any]:
    blank: dict[str, Any] = {"unit": "piece", "order_multiple": 1, "minimum_quantity": 1}
    values = {name: row.given[name] for name in CARD_FIELDS if name in row.given}
    values = {name: blank.get(name) if value is None else value for name, value in values.items()}
    if "model" in row.given:
        values["model_code"] = row.given["model"]
    if values.get("weight_kg") is not None:
        values["weight_kg"] = kilograms(values["weight_kg"], row.get("weight_unit"))
    chinese = {name: value for name, value in row.given.items() if name.startswith(ATTRIBUTE_ZH)}
    if chinese:
        said = {name.removeprefix(ATTRIBUTE_ZH): value for name, value in chinese.items()}
        together = {**card.attributes_zh, **said}
        values["attributes_zh"] = {code: value for code, value in together.items() if value}
    return values
