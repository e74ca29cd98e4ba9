"""Taking in sales reps, and dealers with their outlets, territories and contacts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dealers.accounts.models import Dealer, DealerChange, Language, Outlet, SalesRep, Territory, User
from dealers.intake.columns import Choice, Country, Currency, Email, Number, Text, Whole
from dealers.intake.intake import Changes, Intake
from dealers.intake.rows import Outcome, Parsed, Problem, RowState

t = gettext_lazy
LANGUAGES = {
    "en": Language.ENGLISH.value,
    "english": Language.ENGLISH.value,
    "英文": Language.ENGLISH.value,
    "英语": Language.ENGLISH.value,
    "zh": Language.CHINESE.value,
    "zh-hans": Language.CHINESE.value,
    "zh-cn": Language.CHINESE.value,
    "chinese": Language.CHINESE.value,
    "中文": Language.CHINESE.value,
    "简体中文": Language.CHINESE.value,
}
DEALER_FIELDS = (
    "name",
    "name_zh",
    "tax_id",
    "currency",
    "tax_percent",
    "payment_terms_days",
    "credit_limit",
    "language",
    "contact_name",
    "contact_email",
    "contact_phone",
)
OUTLET_FIELDS = (
    "address_line1",
    "address_line2",
    "city",
    "state",
    "postal_code",
    "country",
    "latitude",
    "longitude",
)
OUTLET_CODE = "MAIN"
TERM_FIELDS = ("credit_limit", "payment_terms_days", "tax_percent", "sales_rep_id")
AMOUNTS = frozenset({"credit_limit", "tax_percent"})
#: Who changed a dealer's terms when nobody signed in did: the command line.
IMPORT = "Import"


class SalesRepsIntake(Intake):
    """Sales reps by `code`. Territories that are new are made; the last name said for one is kept."""

    name = "sales_reps"
    key = ("code",)
    columns = (
        Text(
            "code", t("Code"), required=True, max_length=50, also=("rep", "login", "编号", "代码", "工号"), example="R1"
        ),
        Text("name", t("Name"), required=True, also=("full name", "姓名", "名称"), example="Lin Yue"),
        Email("email", t("E-mail"), also=("mail", "邮箱", "电子邮件"), example="lin.yue@example.com"),
        Text(
            "phone", t("Phone"), max_length=50, also=("telephone", "mobile", "电话", "手机"), example="+86 21 5555 0100"
        ),
        Text("territory", t("Territory"), max_length=50, also=("region", "区域", "地区", "大区"), example="EAST"),
        Text("territory_name", t("Territory name"), also=("region name", "区域名称"), example="East China"),
    )

    def _write(self, rows: Sequence[Parsed]) -> Outcome:
        names = {row.get("territory"): row.get("territory_name") for row in rows if row.get("territory")}
        territories, renamed = take_territories(names)
        reps = {rep.code: rep for rep in SalesRep.objects.filter(code__in=[row.given["code"] for row in rows])}
        changes = Changes(SalesRep, ("name", "email", "phone", "territory"))
        states = {}
        for row in rows:
            rep = reps.get(row.given["code"]) or SalesRep(code=row.given["code"])
            values: dict[str, Any] = {name: row.given[name] for name in ("name", "email", "phone") if name in row.given}
            if "territory" in row.given:
                territory = territories.get(row.given["territory"])
                values["territory_id"] = territory.pk if territory else None
            new = rep._state.adding
            differs = changes.apply(rep, values) or row.get("territory") in renamed
            states[row.number] = RowState.of(new=new, differs=differs)
        changes.save()
        return Outcome(states)


def take_territories(names: dict[str, str | None]) -> tuple[dict[str, Territory], set[str]]:
    """The territories with these codes, made where missing and renamed where a name is given; also what differed."""
    known = {territory.code: territory for territory in Territory.objects.filter(code__in=names)}
    changes = Changes(Territory, ("name",))
    differing = set()
    for code, name in names.items():
        territory = known.setdefault(code, Territory(code=code))
        if (name or territory._state.adding) and changes.apply(territory, {"name": name or code}):
            differing.add(code)
    changes.save()
    return known, differing


class DealersIntake(Intake):
    """Dealers by `number`; several rows with one number are several outlets by `outlet_code`.

    The first row of a number in the file says what the dealer is; later rows may repeat it or leave it empty, and are
    refused where they say otherwise. Changed terms leave a `DealerChange` in the name of `by`. Price lists are not the
    dealer room's: `pricing.terms.intake` reads their column.
    """

    name = "dealers"
    key = ("number", "outlet_code")
    columns = (
        Text("number", t("Dealer number"), required=True, max_length=50, example="D1001",
             also=("account number", "dealer", "customer number", "经销商编号", "客户编号", "编号")),
        Text("name", t("Name"), required=True, example="Harbour Bikes",
             also=("dealer name", "company", "英文名称", "名称")),
        Text("name_zh", t("Chinese name"), also=("chinese name", "中文名称", "经销商名称"), example="海港车行"),
        Text("tax_id", t("Tax number"), max_length=50, also=("vat number", "税号", "统一社会信用代码"), example=""),
        Text("price_lists", t("Price lists"), also=("price list", "价格表"), example="WHOLESALE", max_length=1000),
        Currency("currency", t("Currency"), also=("币种", "货币"), example="CNY"),
        Number("tax_percent", t("Tax rate, %"), places=2, minimum=0, maximum=99, also=("vat", "tax rate", "税率"),
               example="13"),
        Whole("payment_terms_days", t("Payment terms, days"), minimum=0, maximum=3650, example="30",
              also=("payment terms", "账期", "付款天数")),
        Number("credit_limit", t("Credit limit"), places=2, minimum=0, maximum=999_999_999_999,
               also=("信用额度", "授信额度"), example="50000"),
        Choice("language", t("Language"), words=LANGUAGES, also=("语言",), example="zh-hans"),
        Text("sales_rep", t("Sales rep"), max_length=50, example="R1",
             also=("rep", "salesperson", "业务员", "业务员编号")),
        Text("territory", t("Territory"), max_length=50, also=("region", "区域", "地区", "大区"), example="EAST"),
        Text("contact_name", t("Contact"), also=("contact", "联系人"), example="Chen Yu"),
        Email("contact_email", t("Contact e-mail"), also=("email", "e-mail", "邮箱", "联系邮箱"),
              example="orders@example.com"),
        Text("contact_phone", t("Contact phone"), max_length=50, also=("phone", "telephone", "电话", "联系电话"),
             example="+86 21 5555 0123"),
        Text("outlet_code", t("Outlet code"), max_length=50, also=("outlet", "shop code", "门店编号"), example="MAIN"),
        Text("outlet_name", t("Outlet name"), also=("shop", "shop name", "门店", "门店名称"), example="Harbour Bikes"),
        Text("address_line1", t("Address"), also=("address", "street", "地址", "详细地址"), example="1 Quay Road"),
        Text("address_line2", t("Address, second line"), also=("address 2", "地址2")),
        Text("city", t("City"), max_length=100, also=("town", "城市", "市"), example="Shanghai"),
        Text("state", t("State or province"), max_length=100, also=("province", "省", "省份"), example="Shanghai"),
        Text("postal_code", t("Postcode"), max_length=20, example="200000",
             also=("zip", "postcode", "zip code", "邮编")),
        Country("country", t("Country"), required=True, also=("country code", "国家", "国家代码"), example="CN"),
        Number("latitude", t("Latitude"), places=12, minimum=-90, maximum=90, also=("lat", "纬度"), example="31.23"),
        Number("longitude", t("Longitude"), places=12, minimum=-180, maximum=180, also=("lon", "lng", "经度"),
               example="121.47"),
    )  # fmt: skip

    def __init__(self, *, by: User | None = None) -> None:
        super().__init__()
        self._by = by
        self._first: dict[str, Parsed] = {}

    def key_of(self, row: Parsed) -> tuple[str, str]:
        """A dealer's outlet."""
        return row.given["number"], row.get("outlet_code", OUTLET_CODE)

    def check(self, row: Parsed) -> Iterator[Problem]:
        """Later rows of a dealer agree with its first."""
        first = self._first.setdefault(row.given["number"], row)
        for name in (*DEALER_FIELDS, "sales_rep", "territory", "price_lists"):
            if row.get(name) is not None and row.get(name) != first.get(name):
                message = _("Row %(row)s says otherwise for the same dealer. Let both rows agree.")
                yield Problem(row.number, name, message % {"row": first.number})

    def _write(self, rows: Sequence[Parsed]) -> Outcome:
        reps = {
            rep.code: rep for rep in SalesRep.objects.filter(code__in={row.get("sales_rep") for row in rows} - {None})
        }
        problems = tuple(
            Problem(row.number, "sales_rep", _("There is no sales rep %(code)s. Import the sales reps first, or "
                                               "correct the code.") % {"code": row.get("sales_rep")})
            for row in rows
            if row.get("sales_rep") and row.get("sales_rep") not in reps
        )  # fmt: skip
        refused = {problem.row for problem in problems}
        kept = [row for row in rows if row.number not in refused]
        territories, _new = take_territories({row.get("territory"): None for row in kept if row.get("territory")})
        dealers, changed = self._write_dealers(kept, reps, territories)
        return Outcome(self._write_outlets(kept, dealers, changed), problems)

    def _write_dealers(
        self, rows: Sequence[Parsed], reps: dict[str, SalesRep], territories: dict[str, Territory]
    ) -> tuple[dict[str, Dealer], set[int]]:
        numbers = {row.given["number"] for row in rows}
        stored = Dealer.objects.filter(number__in=numbers).select_related("sales_rep").order_by("pk")
        dealers = {dealer.number: dealer for dealer in stored.select_for_update(of=("self",))}
        codes = {rep.pk: rep.code for rep in [*reps.values(), *(each.sales_rep for each in dealers.values())] if rep}
        steps: list[DealerChange] = []
        changes = Changes(Dealer, (*DEALER_FIELDS, "sales_rep", "territory"))
        written: set[str] = set()
        changed: set[int] = set()
        for row in rows:
            number = row.given["number"]
            if number in written or (number in dealers and self._first[number].number != row.number):
                continue
            written.add(number)
            dealer = dealers.setdefault(number, Dealer(number=number))
            values = _dealer_values(row, reps, territories, new=dealer._state.adding)
            steps += _steps(dealer, values, codes, self._by)
            if changes.apply(dealer, values):
                changed.add(row.number)
        changes.save()
        DealerChange.objects.bulk_create(steps)
        return dealers, changed

    def _write_outlets(
        self, rows: Sequence[Parsed], dealers: dict[str, Dealer], changed: set[int]
    ) -> dict[int, RowState]:
        known = {
            (outlet.dealer_id, outlet.code): outlet
            for outlet in Outlet.objects.filter(dealer__in=[dealer.pk for dealer in dealers.values()])
        }
        changes = Changes(Outlet, ("name", "contact_name", "contact_phone", *OUTLET_FIELDS))
        states = {}
        for row in rows:
            dealer = dealers[row.given["number"]]
            code = row.get("outlet_code", OUTLET_CODE)
            outlet = known.get((dealer.pk, code)) or Outlet(dealer=dealer, code=code)
            new = outlet._state.adding
            differs = changes.apply(outlet, _outlet_values(row, dealer, new=new))
            states[row.number] = RowState.of(new=new, differs=differs or row.number in changed)
        changes.save()
        return states


def _steps(dealer: Dealer, values: dict[str, Any], codes: dict[int, str], by: User | None) -> list[DealerChange]:
    """What an import leaves behind where it changes the terms of a dealer who was there before."""
    if dealer._state.adding:
        return []

    def said(field: str, value: Any) -> str:
        if value is None:
            return ""
        return (
            codes[value]
            if field == "sales_rep_id"
            else str(round(Decimal(value), 2))
            if field in AMOUNTS
            else str(value)
        )

    name = by.get_full_name() if by else IMPORT
    return [
        DealerChange(
            dealer=dealer,
            by=by,
            by_name=name,
            field=field.removesuffix("_id"),
            old=said(field, getattr(dealer, field)),
            new=said(field, values[field]),
        )
        for field in TERM_FIELDS
        if field in values and getattr(dealer, field) != values[field]
    ]


def _dealer_values(
    row: Parsed, reps: dict[str, SalesRep], territories: dict[str, Territory], *, new: bool
) -> dict[str, Any]:
    """What a row says of its dealer. Empty amounts are 0; an empty currency is the supplier's on a new dealer only."""
    blank: dict[str, Any] = {"tax_percent": 0, "payment_terms_days": 0, "credit_limit": 0, "language": Language.ENGLISH}
    values = {name: row.given[name] for name in DEALER_FIELDS if name in row.given}
    values = {name: blank.get(name, value) if value is None else value for name, value in values.items()}
    if not values.get("currency"):
        values.pop("currency", None)
        if new:
            values["currency"] = settings.OSCAR_DEFAULT_CURRENCY
    if "sales_rep" in row.given:
        values["sales_rep_id"] = reps[row.given["sales_rep"]].pk if row.given["sales_rep"] else None
    if "territory" in row.given:
        values["territory_id"] = territories[row.given["territory"]].pk if row.given["territory"] else None
    return values


def _outlet_values(row: Parsed, dealer: Dealer, *, new: bool) -> dict[str, Any]:
    """What a row says of its outlet. Coordinates are rounded to six decimals, a tenth of a metre."""
    values = {name: row.given[name] for name in OUTLET_FIELDS if name in row.given}
    for name in ("latitude", "longitude"):
        if values.get(name) is not None:
            values[name] = round(values[name], 6)
    if row.get("outlet_name") or new:
        values["name"] = row.get("outlet_name") or dealer.name
    if row.get("contact_name") and new:
        values["contact_name"] = row.get("contact_name")
    if row.get("contact_phone") and new:
        values["contact_phone"] = row.get("contact_phone")
    return values
