"""Taking in price lists' heads, with whose agreement each is, and who buys by which lists."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from django.conf import settings
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dealers.accounts.models import Dealer, DealerGroup, User
from dealers.intake.columns import Choice, Column, Currency, Day, Text, YesNo
from dealers.intake.intake import Changes, Intake
from dealers.intake.rows import Difference, Outcome, Parsed, Problem, RowState
from pricing.terms.assign import give_owners, refusal, set_dealers_lists, set_groups_lists
from pricing.terms.lists import HEAD, as_stored, record
from pricing.terms.models import DealerPriceList, GroupPriceList, ListKind, Price, PriceList

t = gettext_lazy
KINDS = {
    "standard": ListKind.STANDARD, "标准": ListKind.STANDARD,
    "agreement": ListKind.AGREEMENT, "协议": ListKind.AGREEMENT, "协议价": ListKind.AGREEMENT,
}  # fmt: skip


class PriceListsIntake(Intake):
    """Heads of price lists by code. A `dealer` makes a list that dealer's agreement: it is given to the dealer as its
    nearest, and nobody else may have it. Prices come with an import of their own. Every change is recorded."""

    name = "price_lists"
    key = ("price_list",)
    columns: ClassVar[tuple[Column, ...]] = (
        Text("price_list", t("Price list"), required=True, max_length=50, also=("list", "code", "价格表", "价格表编号"),
             example="AGREEMENT-1001"),
        Text("name", t("Name"), also=("list name", "名称", "价格表名称"), example="Agreement 2026"),
        Text("name_zh", t("Chinese name"), also=("中文名称",), example="2026 年协议价"),
        Choice("kind", t("Kind"), words=KINDS, also=("type", "类型"), example="agreement"),
        Text("dealer", t("Dealer"), max_length=50, also=("dealer number", "customer", "经销商", "经销商编号"),
             example="D-1001"),
        Currency("currency", t("Currency"), also=("币种", "货币"), example="CNY"),
        YesNo("tax_included", t("Prices include tax"), also=("gross", "含税"), example="no"),
        Day("valid_from", t("Valid from"), also=("start", "start date", "生效日期", "开始日期"), example="2026-01-01"),
        Day("valid_to", t("Valid to"), also=("end", "end date", "失效日期", "结束日期")),
        YesNo("active", t("Active"), also=("启用",), example="yes"),
    )  # fmt: skip

    def __init__(self, by: User | None = None, source: str = "import") -> None:
        super().__init__()
        self._by, self._source = by, source

    def check(self, row: Parsed) -> Iterator[Problem]:
        """Days in order; an agreement and a dealer come together."""
        start, end = row.get("valid_from"), row.get("valid_to")
        if start and end and end < start:
            yield Problem(row.number, "valid_to", _("This day is before the first one. Correct one of the two."))
        if row.get("dealer") and row.get("kind") == ListKind.STANDARD:
            yield Problem(row.number, "kind", _("A list of one dealer is an agreement. Choose that kind."))

    def _write(self, rows: Sequence[Parsed]) -> Outcome:
        known = _known(rows)
        changes: Changes[PriceList] = Changes(PriceList, HEAD)
        told: dict[int, tuple[PriceList, dict[str, str], dict[str, str]]] = {}
        states, problems = {}, []
        for row in rows:
            code = row.given["price_list"]
            stored = known.lists.get(code)
            head = stored or PriceList(code=code, currency="")
            before = as_stored(head) if stored else {}
            problem = _applied(row, head, known) or _sound(row, head, before, known)
            if problem:
                problems.append(problem)
                continue
            after = as_stored(head)
            states[row.number] = RowState.of(new=stored is None, differs=before != after)
            if before != after:
                changes.touch(head)
                told[row.number] = (head, before, after)
        changes.save()
        record(told.values(), by=self._by, source=self._source)
        give_owners([head for head, *_rest in told.values()], by=self._by, source=self._source)
        differences = (Difference(number, head.code, old, new) for number, (head, old, new) in told.items())
        return Outcome(states, tuple(problems), tuple(differences))


@dataclass
class _Known:
    """The lists and dealers that a batch names; which lists have prices, and who has which list."""

    lists: dict[str, PriceList]
    dealers: dict[str, Dealer]
    holders: dict[int, list[str]]


def _known(rows: Sequence[Parsed]) -> _Known:
    codes = [row.given["price_list"] for row in rows]
    lists = PriceList.objects.filter(code__in=codes).select_related("owner_dealer").annotate(
        has_prices=Exists(Price.objects.filter(price_list=OuterRef("pk"))),
        has_derived=Exists(PriceList.objects.filter(base=OuterRef("pk"))),
    )  # fmt: skip
    found = {each.code: each for each in lists}
    holders: dict[int, list[str]] = {}
    keys = [each.pk for each in found.values()]
    for pk, number in DealerPriceList.objects.filter(price_list__in=keys).values_list("price_list", "dealer__number"):
        holders.setdefault(pk, []).append(number)
    for pk, code in GroupPriceList.objects.filter(price_list__in=keys).values_list("price_list", "group__code"):
        holders.setdefault(pk, []).append(code)
    numbers = {row.get("dealer", "") for row in rows} - {""}
    dealers = {each.number: each for each in Dealer.objects.filter(number__in=numbers)}
    return _Known(found, dealers, holders)


def _applied(row: Parsed, head: PriceList, known: _Known) -> Problem | None:
    """Put the row's columns into the head."""
    given = row.given
    if given.get("dealer") and given["dealer"] not in known.dealers:
        message = _("There is no dealer %(number)s. Import the dealers first, or correct the number.")
        return Problem(row.number, "dealer", message % {"number": given["dealer"]})
    for name in ("name", "currency", "kind"):
        if given.get(name):
            setattr(head, name, given[name])
    for name in ("name_zh", "valid_from", "valid_to"):
        if name in given:
            setattr(head, name, given[name])
    if "dealer" in given:
        head.owner_dealer = known.dealers.get(given["dealer"]) if given["dealer"] else None
        if head.owner_dealer and head.kind == ListKind.STANDARD:
            head.kind = ListKind.AGREEMENT
    if given.get("tax_included") is not None:
        head.tax_included = given["tax_included"]
    if given.get("active") is not None:
        head.is_active = given["active"]
    head.name = head.name or head.code
    owner = head.owner_dealer
    head.currency = head.currency or (owner.currency if owner else settings.OSCAR_DEFAULT_CURRENCY)
    return None


def _sound(row: Parsed, head: PriceList, before: Mapping[str, str], known: _Known) -> Problem | None:
    """What a head cannot be, or not any more; the same as `pricing.terms.lists.change_list` refuses."""
    after = as_stored(head)
    differing = {name for name in HEAD if before and before.get(name) != after.get(name)}
    owner = head.owner_dealer
    if head.pk and not {before["kind"], after["kind"]} <= {ListKind.STANDARD, ListKind.AGREEMENT}:
        mine = {"kind", "currency", "tax_included", "owner_dealer"} & differing
        if mine or head.kind == ListKind.EXCEPTIONS:
            message = _("The prices of this list are worked out from others. Change those.")
            return Problem(row.number, "price_list", message)
        return None
    if head.valid_from and head.valid_to and head.valid_to < head.valid_from:
        return Problem(row.number, "valid_to", _("This day is before the first one. Correct one of the two."))
    if head.kind == ListKind.AGREEMENT and owner is None and "dealer" in row.given:
        return Problem(row.number, "dealer", _("Say whose agreement it is."))
    if owner is not None and (why := refusal(head, owner)):
        return Problem(row.number, "currency", why)
    holders = known.holders.get(head.pk or 0, [])
    if "currency" in differing and (getattr(head, "has_prices", False) or holders):
        message = _("There are prices or buyers in the old currency. Make another list for the new one.")
        return Problem(row.number, "currency", message)
    if "tax_included" in differing and getattr(head, "has_derived", False):
        message = _("Formula lists are worked out from this one and would not agree with it any more.")
        return Problem(row.number, "tax_included", message)
    others = [each for each in holders if owner is not None and each != owner.number]
    if "owner_dealer" in differing and others:
        message = _("%(other)s buys by this list too. Take it away there first, or copy it for this dealer.")
        return Problem(row.number, "dealer", message % {"other": others[0]})
    return None


class ListBuyersIntake(Intake):
    """Which lists a dealer or a group buys by: all of them in one cell, nearest first; an empty cell takes all away."""

    name = "list_buyers"
    key = ("dealer", "dealer_group")
    columns: ClassVar[tuple[Column, ...]] = (
        Text("dealer", t("Dealer number"), max_length=50, also=("dealer number", "customer", "经销商", "经销商编号"),
             example="D-1001"),
        Text("dealer_group", t("Code of the dealer group"), max_length=50, also=("group", "经销商分组", "分组")),
        Text("price_lists", t("Price lists, nearest first"), max_length=5000, also=("price list", "lists", "价格表"),
             example="AGREEMENT-1001; WHOLESALE"),
    )  # fmt: skip

    def __init__(self, by: User | None = None, source: str = "import") -> None:
        super().__init__()
        self._by, self._source = by, source

    def key_of(self, row: Parsed) -> tuple[Hashable, ...]:
        """The dealer or the group."""
        return row.get("dealer"), row.get("dealer_group")

    def columns_of(self, row: Any) -> Iterator[Column]:
        """The lists must be said, if only as nothing."""
        return (column for column in self.columns if column.name == "price_lists" or column.name in row.values)

    def check(self, row: Parsed) -> Iterator[Problem]:
        """Either a dealer or a group."""
        if bool(row.get("dealer")) == bool(row.get("dealer_group")):
            yield Problem(row.number, "dealer", _("Give either a dealer or a group, not both."))

    def _write(self, rows: Sequence[Parsed]) -> Outcome:
        codes = {code for row in rows for code in _codes(row.get("price_lists", ""))}
        lists = {each.code: each for each in PriceList.objects.filter(code__in=codes)}
        dealers = {each.number: each for each in Dealer.objects.filter(number__in={row.get("dealer") for row in rows})}
        group_codes = {row.get("dealer_group") for row in rows}
        groups = {each.code: each for each in DealerGroup.objects.filter(code__in=group_codes)}
        has = _had(DealerPriceList, "dealer", dealers.values()), _had(GroupPriceList, "group", groups.values())
        wanted: tuple[dict[int, list[int]], dict[int, list[int]]] = ({}, {})
        states, problems, differences = {}, [], []
        for row in rows:
            side = 0 if row.get("dealer") else 1
            owner: Any = dealers.get(row.get("dealer", "")) if side == 0 else groups.get(row.get("dealer_group", ""))
            named = _codes(row.get("price_lists", ""))
            problem = _wrong(row, owner, named, lists)
            if problem:
                problems.append(problem)
                continue
            had = has[side].get(owner.pk, [])
            states[row.number] = RowState.of(new=False, differs=had != named)
            if had != named:
                wanted[side][owner.pk] = [lists[code].pk for code in named]
                old, new = ({"price_lists": "; ".join(said)} for said in (had, named))
                differences.append(Difference(row.number, row.get("dealer") or row.get("dealer_group"), old, new))
        set_dealers_lists(wanted[0], by=self._by, source=self._source)
        set_groups_lists(wanted[1], by=self._by, source=self._source)
        return Outcome(states, tuple(problems), tuple(differences))


def _had(places: Any, name: str, owners: Any) -> dict[int, list[str]]:
    """The codes of the lists each owner has, nearest first. One statement."""
    had: dict[int, list[str]] = {}
    stored = places.objects.filter(**{f"{name}__in": [each.pk for each in owners]}).order_by("priority")
    for pk, code in stored.values_list(name, "price_list__code"):
        had.setdefault(pk, []).append(code)
    return had


def _wrong(row: Parsed, owner: Any, named: Sequence[str], lists: Mapping[str, PriceList]) -> Problem | None:
    if owner is None and row.get("dealer"):
        message = _("There is no dealer %(number)s. Import the dealers first, or correct the number.")
        return Problem(row.number, "dealer", message % {"number": row.get("dealer")})
    if owner is None:
        message = _("There is no dealer group %(code)s. Correct the code.") % {"code": row.get("dealer_group")}
        return Problem(row.number, "dealer_group", message)
    if len(set(named)) < len(named):
        return Problem(row.number, "price_lists", _("A price list is named twice. Name it once."))
    for code in named:
        if code not in lists:
            message = _("There is no price list %(list)s. Import its prices first, or correct the code.")
            return Problem(row.number, "price_lists", message % {"list": code})
        if why := refusal(lists[code], owner):
            return Problem(row.number, "price_lists", why)
    return None


def _codes(text: str) -> list[str]:
    return [code for code in (part.strip() for part in text.replace("；", ";").split(";")) if code]
