"""Taking in quantity rules and assortment rules."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dealers.accounts.models import Dealer, DealerGroup, User
from dealers.intake.columns import Choice, Column, Day, Text, Whole, YesNo
from dealers.intake.intake import Changes, Intake
from dealers.intake.rows import Difference, Outcome, Parsed, Problem, RowState
from pricing.catalogue.categories import CategoryTree, parts_of
from pricing.catalogue.families import sold_or_models
from pricing.catalogue.models import ProductCard
from pricing.selling.inforce import forget
from pricing.selling.models import RULES, WHOLE_ORDERS, Effect, RuleKind
from pricing.selling.rules import contradicts
from pricing.selling.write import PLACE, VALUES, Rule, as_stored, nothing_left, record, with_names

t = gettext_lazy
FOR_WHOM: tuple[Column, ...] = (
    Text("dealer", t("Dealer number"), max_length=50, also=("dealer number", "customer", "经销商", "经销商编号")),
    Text("dealer_group", t("Code of the dealer group"), max_length=50, also=("group", "经销商分组", "分组"),
         example="GOLD"),
)  # fmt: skip
ABOUT: tuple[Column, ...] = (
    Text(
        "sku",
        t("SKU or model"),
        max_length=100,
        also=("item", "item number", "product number", "货号", "商品编码", "产品编号"),
    ),
    Text("category", t("Category"), max_length=1000, also=("category_en", "分类", "类别"), example="Cookware > Pans"),
    Text("brand", t("Brand"), max_length=100, also=("品牌",)),
)
DAYS: tuple[Column, ...] = (
    Day("valid_from", t("Valid from"), also=("start", "start date", "from date", "生效日期", "开始日期")),
    Day("valid_to", t("Valid to"), also=("end", "end date", "to date", "until", "失效日期", "结束日期")),
)
REMOVE = YesNo("remove", t("Remove the rule"), also=("delete", "删除", "移除"), example="no")
HIGHEST = 1_000_000
EFFECTS = {
    "allow": Effect.ALLOW, "may see": Effect.ALLOW, "可见": Effect.ALLOW, "允许": Effect.ALLOW,
    "deny": Effect.DENY, "may not see": Effect.DENY, "不可见": Effect.DENY, "禁止": Effect.DENY,
}  # fmt: skip


@dataclass
class Known:
    """What the rows of a batch name, by what they call it."""

    dealers: dict[str, Dealer]
    groups: dict[str, DealerGroup]
    products: dict[str, Any]
    brands: set[str]
    tree: CategoryTree


class RulesIntake(Intake):
    """Rules, one a row: for a dealer, or a group, or (neither given) everybody; about a SKU, or a category with all
    below it, or a brand, or (none given) everything. `remove` takes the rule away. Every change is recorded."""

    kind: ClassVar[str]
    key: ClassVar[tuple[str, ...]] = ("dealer", "dealer_group", "sku", "category", "brand", "valid_from")

    def __init__(self, by: User | None = None) -> None:
        super().__init__()
        self._by = by

    def key_of(self, row: Parsed) -> tuple[Hashable, ...]:
        """For whom, about what, and from when."""
        given = [row.get(name, "") for name in ("dealer", "dealer_group", "sku", "brand")]
        return (*given, tuple(name.casefold() for name in parts_of(row.get("category", ""))), row.get("valid_from"))

    def check(self, row: Parsed) -> Iterator[Problem]:
        """One scope, one target, days in order."""
        if row.get("dealer") and row.get("dealer_group"):
            yield Problem(row.number, "dealer_group", _("Give either a dealer or a group, not both."))
        about = [name for name in ("sku", "category", "brand") if row.get(name)]
        if len(about) > 1:
            yield Problem(row.number, about[1], _("Give only one of SKU, category and brand."))
        start, end = row.get("valid_from"), row.get("valid_to")
        if start and end and end < start:
            yield Problem(row.number, "valid_to", _("This day is before the first one. Correct one of the two."))

    def _write(self, rows: Sequence[Parsed]) -> Outcome:
        known = _known(rows)
        problems = [problem for row in rows if (problem := self.unknown(row, known)) is not None]
        refused = {problem.row for problem in problems}
        rows = [row for row in rows if row.number not in refused]
        places = {row.number: self.place_of(row, known) for row in rows}
        stored = self._stored(places.values())
        changes: Changes[Any] = Changes(RULES[self.kind], VALUES[self.kind])
        told: dict[int, tuple[Rule, dict[str, str], dict[str, str]]] = {}
        states, gone = {}, []
        for row in rows:
            place = places[row.number]
            rule = stored.get(_key(place))
            before = as_stored(rule, known.tree) if rule is not None else {}
            if row.get("remove"):
                states[row.number] = RowState.UNCHANGED if rule is None else RowState.CHANGED
                if rule is not None:
                    gone.append(rule.pk)
                    told[row.number] = (rule, before, {})
                continue
            wrong = self.wrong(row, rule)
            if wrong is not None:
                problems.append(wrong)
                continue
            new = rule is None
            rule = rule or RULES[self.kind](**place)
            differs = changes.apply(rule, self.values_of(row))
            states[row.number] = RowState.of(new=new, differs=differs)
            if differs:
                told[row.number] = (rule, before, as_stored(rule, known.tree))
        changes.save()
        RULES[self.kind].objects.filter(pk__in=gone).delete()
        record(self.kind, list(told.values()), by=self._by)
        forget()
        differences = (Difference(number, _named(said), *said[1:]) for number, said in told.items())
        return Outcome(states, tuple(sorted(problems, key=lambda problem: problem.row)), tuple(differences))

    def unknown(self, row: Parsed, known: Known) -> Problem | None:
        """The first thing the row names that is not there."""
        return _unknown(row, known)

    def place_of(self, row: Parsed, known: Known) -> dict[str, Any]:
        """By what the row's rule is found: the columns of `PLACE`."""
        return _place(row, known)

    def values_of(self, row: Parsed) -> dict[str, Any]:
        """What the row says that holds: the columns of `VALUES` that the file has."""
        return {name: row.given[name] for name in VALUES[self.kind] if name in row.given}

    def wrong(self, row: Parsed, rule: Any) -> Problem | None:
        """What the row and the rule it changes make together that cannot be kept."""
        return None

    def _stored(self, places: Any) -> dict[tuple[Any, ...], Any]:
        """The rules at these places, in one statement."""
        listed = list(places)
        scopes = Q(dealer__isnull=True, group__isnull=True)
        scopes |= Q(dealer__in={place["dealer"] for place in listed if place["dealer"]})
        scopes |= Q(group__in={place["group"] for place in listed if place["group"]})
        about = Q()
        if self.kind not in WHOLE_ORDERS:
            about = Q(product__isnull=True) | Q(product__in={place["product"] for place in listed if place["product"]})
        return {_key(_place_of(self.kind, rule)): rule for rule in with_names(self.kind).filter(scopes, about)}


class QuantityRulesIntake(RulesIntake):
    """Minimum, multiple and maximum per order, in sales units; an empty one is left to a farther rule."""

    name = "quantity_rules"
    kind = RuleKind.QUANTITY
    columns = (
        *FOR_WHOM, *ABOUT,
        Whole("minimum", t("Minimum order quantity"), minimum=1, maximum=HIGHEST, example="12",
              also=("minimum_quantity", "moq", "min", "起订量", "最小起订量")),
        Whole("multiple", t("Order multiple"), minimum=1, maximum=HIGHEST, example="6",
              also=("order_multiple", "pack", "起订倍数", "订货倍数")),
        Whole("maximum", t("Most in one order"), minimum=1, maximum=HIGHEST,
              also=("max", "limit", "限购量", "最大订购量")),
        *DAYS, REMOVE,
    )  # fmt: skip

    def wrong(self, row: Parsed, rule: Any) -> Problem | None:
        """At least one of the three, and a quantity left between them."""
        names = ("minimum", "multiple", "maximum")
        said = {name: row.given.get(name, getattr(rule, name, None)) for name in names}
        if not any(said.values()):
            return Problem(row.number, "minimum", _("Give a minimum, a multiple or a maximum."))
        return Problem(row.number, "maximum", nothing_left()) if contradicts(**said) else None


class AssortmentRulesIntake(RulesIntake):
    """What dealers may see (allow) or may not see (deny)."""

    name = "assortment_rules"
    kind = RuleKind.ASSORTMENT
    columns = (
        *FOR_WHOM, *ABOUT,
        Choice("effect", t("May see or not"), words=EFFECTS, required=True, example="deny",
               also=("rule", "allow or deny", "可见性", "规则")),
        *DAYS, REMOVE,
    )  # fmt: skip


def _known(rows: Sequence[Parsed]) -> Known:
    skus, numbers = {row.get("sku") for row in rows}, {row.get("dealer") for row in rows}
    codes, brands = {row.get("dealer_group") for row in rows}, {row.get("brand") for row in rows}
    return Known(
        dealers={each.number: each for each in Dealer.objects.filter(number__in=numbers - {None})},
        groups={each.code: each for each in DealerGroup.objects.filter(code__in=codes - {None})},
        products=sold_or_models(skus - {None}),
        brands=_brands(brands - {None}),
        tree=CategoryTree(),
    )


def _brands(asked: set[Any]) -> set[str]:
    return set(ProductCard.objects.filter(brand__in=asked).values_list("brand", flat=True).distinct())


def _unknown(row: Parsed, known: Known) -> Problem | None:
    """The first thing a row names that is not there."""
    sku, brand, category = row.get("sku"), row.get("brand"), row.get("category")
    dealer, group = row.get("dealer"), row.get("dealer_group")
    if dealer and dealer not in known.dealers:
        message = _("There is no dealer %(number)s. Import the dealers first, or correct the number.")
        return Problem(row.number, "dealer", message % {"number": dealer})
    if group and group not in known.groups:
        message = _("There is no dealer group %(code)s. Correct the code.") % {"code": group}
        return Problem(row.number, "dealer_group", message)
    if sku and sku not in known.products:
        message = _("There is no product %(sku)s. Import the products first, or correct the SKU.") % {"sku": sku}
        return Problem(row.number, "sku", message)
    if brand and brand not in known.brands:
        return Problem(row.number, "brand", _("No product is of the brand %(brand)s.") % {"brand": brand})
    if category and not known.tree.has(parts_of(category)):
        message = _("There is no category %(path)s. Write it from the top: Cookware > Pans.") % {"path": category}
        return Problem(row.number, "category", message)
    return None


def _place(row: Parsed, known: Known) -> dict[str, Any]:
    path = parts_of(row.get("category", ""))
    return {
        "dealer": known.dealers.get(row.get("dealer", "")),
        "group": known.groups.get(row.get("dealer_group", "")),
        "product": known.products.get(row.get("sku", "")),
        "category_id": known.tree.ids_for([path])[path] if path else None,
        "brand": row.get("brand", ""),
        "valid_from": row.get("valid_from"),
    }


def _place_of(kind: str, rule: Any) -> dict[str, Any]:
    """The place of a stored rule, as `place_of` says a row's."""
    names = ("category_id" if name == "category" else name for name in PLACE[kind])
    return {name: getattr(rule, name) for name in names}


def _named(said: tuple[Rule, dict[str, str], dict[str, str]]) -> str:
    """For whom and about what a rule is, by codes."""
    stored = said[2] or said[1]
    names = ("dealer", "group", "product", "category", "brand", "currency", "valid_from")
    return " · ".join(stored[name] for name in names if name in stored)


def _key(place: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(getattr(value, "pk", value) for value in place.values())
