"""Taking in promotions: one a row, whole with its reach; every change is recorded."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, ClassVar

from django.conf import settings
from django.db.models import Sum
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dealers.accounts.models import Dealer, DealerGroup, User
from dealers.intake.columns import Choice, Column, Currency, Day, Number, Text, Whole, YesNo
from dealers.intake.intake import Changes, Intake
from dealers.intake.rows import Difference, Outcome, Parsed, Problem, RowState
from pricing.catalogue.categories import CategoryTree, parts_of
from pricing.catalogue.families import sold_or_models
from pricing.catalogue.models import ProductCard
from pricing.promotions.models import Promotion, PromotionChange, PromotionKind, PromotionScope, PromotionTarget
from pricing.promotions.write import COLUMNS, NEEDS, VALUES, Reach, as_stored

t = gettext_lazy
HIGHEST = 1_000_000
MOST = 999_999_999_999
KINDS = {str(kind): kind for kind in PromotionKind} | {
    "percent off": PromotionKind.PERCENT, "折扣": PromotionKind.PERCENT,
    "amount off": PromotionKind.AMOUNT, "减价": PromotionKind.AMOUNT,
    "buy some, get some free": PromotionKind.FREE, "买赠": PromotionKind.FREE,
    "满件折": PromotionKind.BUNDLE, "满额减": PromotionKind.ORDER,
}  # fmt: skip
#: The columns that name dealers, groups, products, categories and brands: several, with semicolons between them.
REACH = ("dealers", "dealer_groups", "skus", "categories", "brands")
LONG = 20_000


@dataclass
class _Known:
    """What the rows of a batch name, by what they call it."""

    dealers: dict[str, Dealer]
    groups: dict[str, DealerGroup]
    products: dict[str, Any]
    brands: dict[str, str]
    tree: CategoryTree


class PromotionsIntake(Intake):
    """Promotions by code. A column that the file does not have leaves what is stored alone; an empty list of dealers
    and groups is for everybody, of products, categories and brands on everything. `in_use` no ends one."""

    name = "promotions"
    key = ("code",)
    columns: ClassVar[tuple[Column, ...]] = (
        Text("code", t("Code"), required=True, max_length=50, also=("promotion", "促销代码", "代码"), example="SPRING"),
        Text("name", t("Name"), also=("名称",), example="Spring offer"),
        Text("name_zh", t("Chinese name"), also=("中文名称",), example="春季促销"),
        Choice("kind", t("What it does"), words=KINDS, also=("type", "类型"), example="percent"),
        Number("percent", t("Percent off"), places=2, minimum=0, above_minimum=True, maximum=100, example="10",
               also=("折扣百分比",)),
        Number("amount", t("Amount off"), places=4, minimum=0, above_minimum=True, maximum=9_999_999_999,
               also=("减免金额",)),
        Whole("buy", t("Pieces to pay"), minimum=1, maximum=HIGHEST, also=("购买件数",)),
        Whole("free", t("Pieces free"), minimum=1, maximum=HIGHEST, also=("赠送件数",)),
        Whole("minimum_quantity", t("From pieces"), minimum=2, maximum=HIGHEST, also=("起始件数",)),
        Number("minimum_value", t("From order value"), places=2, minimum=0, maximum=MOST, also=("起始金额",)),
        Currency("currency", t("Currency"), also=("币种", "货币"), example="CNY"),
        Text("dealers", t("Dealers"), max_length=LONG, also=("dealer", "经销商"), example="D-1001; D-1002"),
        Text("dealer_groups", t("Dealer groups"), max_length=LONG, also=("groups", "经销商分组")),
        Text("skus", t("SKUs or models"), max_length=LONG, also=("sku", "products", "货号"), example="PAN-24"),
        Text("categories", t("Categories"), max_length=LONG, also=("category", "分类")),
        Text("brands", t("Brands"), max_length=LONG, also=("brand", "品牌")),
        Day("valid_from", t("Valid from"), also=("start", "开始日期", "生效日期"), example="2026-03-01"),
        Day("valid_to", t("Valid to"), also=("end", "结束日期", "失效日期"), example="2026-03-31"),
        Whole("priority", t("Priority"), minimum=0, maximum=9999, also=("优先级",), example="100"),
        YesNo("exclusive", t("Exclusive"), also=("独享",)),
        Number("budget_amount", t("Budget"), places=2, minimum=0, above_minimum=True, maximum=MOST,
               also=("budget", "预算")),
        YesNo("in_use", t("In use"), also=("active", "启用"), example="yes"),
    )  # fmt: skip

    def __init__(self, by: User | None = None) -> None:
        super().__init__()
        self._by = by

    def check(self, row: Parsed) -> Iterator[Problem]:
        """Days in order, and a code that an address can hold."""
        start, end = row.get("valid_from"), row.get("valid_to")
        if start and end and end < start:
            yield Problem(row.number, "valid_to", _("This day is before the first one. Correct one of the two."))
        if not all(sign.isalnum() or sign in "_.-" for sign in row.given["code"]):
            yield Problem(row.number, "code", _("Letters, digits, dots, dashes and underscores only."))

    def _write(self, rows: Sequence[Parsed]) -> Outcome:
        known = _known(rows)
        stored = _stored(row.given["code"] for row in rows)
        used = _used(found.pk for found, _reach in stored.values())
        states: dict[int, RowState] = {}
        problems: list[Problem] = []
        written: list[tuple[int, Promotion, Reach, dict[str, str], dict[str, str]]] = []
        for row in rows:
            found, reach = stored.get(row.given["code"], (Promotion(code=row.given["code"]), Reach()))
            old = as_stored(found, reach) if found.pk else {}
            wrong, reach = _reached(row, reach, known)
            wrong = wrong or _applied(row, found, reach, used.get(found.pk or 0, Decimal(0)))
            if wrong:
                problems.append(wrong)
                continue
            new = as_stored(found, reach)
            states[row.number] = RowState.of(new=not old, differs=old != new)
            if old != new:
                written.append((row.number, found, reach, old, new))
        self._save(written)
        differences = tuple(Difference(number, found.code, old, new) for number, found, _r, old, new in written)
        return Outcome(states, tuple(problems), differences)

    def _save(self, written: Sequence[tuple[int, Promotion, Reach, dict[str, str], dict[str, str]]]) -> None:
        changes: Changes[Promotion] = Changes(Promotion, (*COLUMNS, "everybody", "everything", "budget_used"))
        for _number, found, reach, _old, _new in written:
            whom = {"everybody": not (reach.dealers or reach.groups)}
            about = {"everything": not (reach.products or reach.categories or reach.brands)}
            changes.apply(found, whom | about)
            if found.pk:
                changes.touch(found)
        changes.save()
        keys = [found.pk for _number, found, *_rest in written]
        PromotionScope.objects.filter(promotion__in=keys).delete()
        PromotionTarget.objects.filter(promotion__in=keys).delete()
        PromotionScope.objects.bulk_create(
            scope for _number, found, reach, *_rest in written for scope in _scopes(found, reach)
        )
        PromotionTarget.objects.bulk_create(
            target for _number, found, reach, *_rest in written for target in _targets(found, reach)
        )
        name = self._by.get_full_name() if self._by else ""
        PromotionChange.objects.bulk_create(
            PromotionChange(promotion=found.pk, by=self._by, by_name=name, old=old, new=new)
            for _number, found, _reach, old, new in written
        )


def _scopes(found: Promotion, reach: Reach) -> Iterator[PromotionScope]:
    yield from (PromotionScope(promotion=found, dealer=dealer) for dealer in reach.dealers)
    yield from (PromotionScope(promotion=found, group=group) for group in reach.groups)


def _targets(found: Promotion, reach: Reach) -> Iterator[PromotionTarget]:
    yield from (PromotionTarget(promotion=found, product=product) for product in reach.products)
    yield from (PromotionTarget(promotion=found, category_id=pk) for pk in reach.categories)
    yield from (PromotionTarget(promotion=found, brand=brand) for brand in reach.brands)


def _applied(row: Parsed, found: Promotion, reach: Reach, used: Decimal) -> Problem | None:
    """Put the row's columns into the promotion; answers what they make together that cannot be kept."""
    given = row.given
    for name in ("name", "name_zh", "valid_from", "valid_to", "budget_amount", *VALUES):
        if name in given:
            setattr(found, name, given[name])
    for name in ("kind", "priority", "exclusive"):
        if given.get(name) is not None:
            setattr(found, name, given[name])
    if given.get("in_use") is not None:
        found.is_active = given["in_use"]
    found.budget_used = used
    if not found.name:
        return Problem(row.number, "name", _("This is needed and empty. Fill it in."))
    if not found.kind:
        return Problem(row.number, "kind", _("This is needed and empty. Fill it in."))
    return _kept(row, found, reach)


def _kept(row: Parsed, found: Promotion, reach: Reach) -> Problem | None:
    """What the kind needs, money with a currency, a budget that orders have not passed, and days in order."""
    needs = NEEDS[found.kind]
    order = found.kind == PromotionKind.ORDER
    for name in needs:
        if getattr(found, name) is None:
            return Problem(row.number, name, _("This kind of promotion needs it."))
    if order and (found.percent is None) == (found.amount is None):
        return Problem(row.number, "percent", _("Give either a percentage or an amount."))
    if order and (reach.products or reach.categories or reach.brands):
        message = _("A promotion on the order value counts the whole order. Leave these empty.")
        return Problem(row.number, "skus", message)
    for name in VALUES:
        if name not in needs and not (order and name in ("percent", "amount")):
            setattr(found, name, None)
    money = (found.amount, found.minimum_value, found.budget_amount)
    currency = row.get("currency") or found.currency or settings.OSCAR_DEFAULT_CURRENCY
    found.currency = currency if any(each is not None for each in money) else ""
    if found.budget_amount is not None and found.budget_amount < found.budget_used:
        message = _("Orders have taken %(used)s of this promotion already. Give at least that much.")
        return Problem(row.number, "budget_amount", message % {"used": f"{found.budget_used:,.2f}"})
    if found.valid_from and found.valid_to and found.valid_to < found.valid_from:
        return Problem(row.number, "valid_to", _("This day is before the first one. Correct one of the two."))
    return None


def _reached(row: Parsed, before: Reach, known: _Known) -> tuple[Problem | None, Reach]:
    """For whom and about what the row says the promotion is; what it does not say stays."""
    named = {name: parts(row.given[name]) for name in REACH if name in row.given}
    tables: dict[str, tuple[Mapping[str, Any], str]] = {
        "dealers": (known.dealers, _("There is no dealer %s.")),
        "dealer_groups": (known.groups, _("There is no dealer group %s.")),
        "skus": (known.products, _("There is no product %s.")),
        "brands": (known.brands, _("No product is of the brand %s.")),
    }
    for name, (table, message) in tables.items():
        for each in named.get(name, ()):
            if (each.casefold() if name == "brands" else each) not in table:
                return Problem(row.number, name, message % each), before
    for path in named.get("categories", ()):
        if not known.tree.has(parts_of(path)):
            return Problem(row.number, "categories", _("There is no category %s.") % path), before
    paths = known.tree.ids_for(parts_of(path) for path in named.get("categories", ()))

    def said(name: str, table: Mapping[str, Any], stays: Sequence[Any]) -> list[Any]:
        return [table[each] for each in named[name]] if name in named else list(stays)

    return None, Reach(
        dealers=said("dealers", known.dealers, before.dealers),
        groups=said("dealer_groups", known.groups, before.groups),
        products=said("skus", known.products, before.products),
        categories=list(dict.fromkeys(paths.values())) if "categories" in named else list(before.categories),
        brands=[known.brands[each.casefold()] for each in named["brands"]] if "brands" in named else before.brands,
    )


def parts(text: str) -> list[str]:
    """The entries of a cell, with semicolons between them, each once."""
    return list(dict.fromkeys(part for part in (each.strip() for each in text.replace("；", ";").split(";")) if part))


def _known(rows: Sequence[Parsed]) -> _Known:
    named = {name: {part for row in rows for part in parts(row.get(name, ""))} for name in REACH}
    brands = ProductCard.objects.exclude(brand="").values_list("brand", flat=True).distinct() if named["brands"] else ()
    return _Known(
        dealers={each.number: each for each in Dealer.objects.filter(number__in=named["dealers"])},
        groups={each.code: each for each in DealerGroup.objects.filter(code__in=named["dealer_groups"])},
        products=sold_or_models(named["skus"]),
        brands={brand.casefold(): brand for brand in brands},
        tree=CategoryTree(),
    )


def _stored(codes: Iterator[str]) -> dict[str, tuple[Promotion, Reach]]:
    """The promotions of these codes with their reach. Three statements."""
    found = Promotion.objects.select_for_update().filter(code__in=list(codes)).order_by("pk")
    return {each.code: (each, reach) for each, reach in with_reach(list(found))}


def with_reach(promotions: Sequence[Promotion]) -> list[tuple[Promotion, Reach]]:
    """Promotions with for whom and about what each is. Two statements for any number."""
    keys = [each.pk for each in promotions]
    scopes: dict[int, list[PromotionScope]] = {}
    for scope in PromotionScope.objects.filter(promotion__in=keys).select_related("dealer", "group").order_by("pk"):
        scopes.setdefault(scope.promotion_id, []).append(scope)
    targets: dict[int, list[PromotionTarget]] = {}
    for target in PromotionTarget.objects.filter(promotion__in=keys).select_related("product__card").order_by("pk"):
        targets.setdefault(target.promotion_id, []).append(target)
    return [(each, _reach(scopes.get(each.pk, []), targets.get(each.pk, []))) for each in promotions]


def _reach(scopes: Sequence[PromotionScope], targets: Sequence[PromotionTarget]) -> Reach:
    return Reach(
        dealers=[scope.dealer for scope in scopes if scope.dealer],
        groups=[scope.group for scope in scopes if scope.group],
        products=[target.product for target in targets if target.product],
        categories=[target.category_id for target in targets if target.category_id],
        brands=[target.brand for target in targets if target.brand],
    )


def _used(keys: Iterator[int]) -> dict[int, Decimal]:
    """What orders that stand have taken of each promotion. One statement."""
    uses = Promotion.objects.filter(pk__in=list(keys), uses__given_back_at=None).values_list("pk")
    return {pk: used for pk, used in uses.annotate(used=Sum("uses__amount")) if used}
