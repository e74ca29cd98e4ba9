"""Taking in prices, and which dealer buys by which list."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import cast

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dealers.accounts.models import Dealer, User
from dealers.intake.columns import Choice, Currency, Day, Number, Share, Text, Whole
from dealers.intake.intake import Intake, one_at_a_time
from dealers.intake.rows import Outcome, Parsed, Problem, Row, RowState
from pricing.catalogue.columns import UNITS
from pricing.quote import supplier_day
from pricing.terms.assign import set_dealers_lists
from pricing.terms.audit import acting
from pricing.terms.bulk import MOST_QUANTITY, Refused, Staging
from pricing.terms.derive import derive
from pricing.terms.lines import Lines
from pricing.terms.models import PriceList

t = gettext_lazy
TOLD_AT_ONCE = 1_000


class PricesIntake(Intake):
    """Prices by list, SKU, quantity and first day, taken as a whole file: `stage` its rows, then `write` once.

    A `discount` is taken off the list's price for one unit of that SKU, which must be known by then (stored, or in the
    same file), and rounded to four decimals. Price and quantity may be given in a packing unit (`unit`); they are kept
    per sales unit. Changes are recorded in the name of `by`, from `source`. With
    `whole_lists` a list's prices that the file does not have end with yesterday, unless a row was refused: that row may
    be the price that seems to be missing.
    """

    name = "prices"
    key = ("price_list", "sku", "min_quantity", "valid_from")
    columns = (
        Text("price_list", t("Price list"), required=True, max_length=50, also=("list", "价格表", "价格表编号"),
             example="WHOLESALE"),
        Text("price_list_name", t("Name of the price list"), also=("list name", "价格表名称"), example="Wholesale"),
        Text("sku", t("SKU"), required=True, max_length=64, example="PAN-24",
             also=("item", "item number", "part number", "product number", "货号", "商品编码", "产品编号")),
        Whole("min_quantity", t("From quantity"), minimum=1, maximum=MOST_QUANTITY, example="10",
              also=("minimum quantity", "from", "quantity", "起订量", "起始数量", "数量")),
        Number("price", t("Price"), places=4, minimum=0, above_minimum=True, maximum=9_999_999_999, example="79.90",
               also=("unit price", "net price", "单价", "价格")),
        Choice("unit", t("Unit of the price"), words=UNITS, also=("uom", "price unit", "per", "计价单位", "单位")),
        Share("discount", t("Discount"), also=("rebate", "折扣", "折扣率")),
        Currency("currency", t("Currency"), also=("币种", "货币"), example="CNY"),
        Day("valid_from", t("Valid from"), also=("start", "start date", "from date", "生效日期", "开始日期"),
            example="2026-01-01"),
        Day("valid_to", t("Valid to"), also=("end", "end date", "to date", "until", "失效日期", "结束日期")),
    )  # fmt: skip

    def __init__(self, by: User | None = None, source: str = "import", *, whole_lists: bool = False) -> None:
        super().__init__()
        self._by, self._source, self._whole_lists = by, source, whole_lists
        self._said: dict[tuple[str, str], Parsed] = {}
        self._lines = Lines(next(each for each in self.columns if each.name == "sku"))
        self._staging: Staging | None = None
        self._refused = False

    def take(self, rows: Sequence[Row]) -> Outcome:
        """A file that fits into memory, at once."""
        try:
            problems = self.stage(rows)
            with self._comparing() as staging:
                problems += map(_problem, staging.refused())
                self._write_differences(staging, refused=bool(problems))
                states = {number: RowState(state) for number, state in staging.states().items()}
        finally:
            self.close()
        return Outcome(states, tuple(problems))

    def stage(self, rows: Sequence[Row]) -> list[Problem]:
        """Keep more rows of the file for `write`. Answers what is wrong with single rows."""
        lines, problems = self._lines_of(rows)
        self._refused = self._refused or bool(problems)
        if self._staging is None:
            self._staging = Staging(supplier_day(timezone.now()))
        self._staging.add(lines, discounted=self._lines.discounted, in_units=self._lines.in_units)
        return problems

    def missing(self) -> int:
        """How many prices `write` would end because the file does not have them. Zero when rows are refused."""
        with self._comparing() as staging:
            if not self._whole_lists or self._refused or staging.differences().refused:
                return 0
            return staging.missing()

    def write(self, keep: Callable[[list[Problem]], None]) -> Written:
        """Write what differs in one transaction; hands the problems of rows to `keep`, some thousand at a time."""
        with self._comparing() as staging:
            refused = self._refused
            for some in batched(map(_problem, staging.refused())):
                refused = True
                keep(some)
            ended = self._write_differences(staging, refused=refused)
            counted = staging.differences()
        return Written(counted.created, counted.changed, counted.unchanged, counted.refused, ended)

    def close(self) -> None:
        """Forget the staged rows."""
        if self._staging is not None:
            self._staging.close()
            self._staging = None

    def check(self, row: Parsed) -> Iterator[Problem]:
        """Exactly one of price and discount, days in order, one name and currency per list."""
        get = row.given.get
        if (get("price") is None) == (get("discount") is None):
            yield Problem(row.number, "price", _("Give either a price or a discount."))
        start, end = get("valid_from"), get("valid_to")
        if start and end and end < start:
            yield Problem(row.number, "valid_to", _("This day is before the first one. Correct one of the two."))
        for name in ("price_list_name", "currency"):
            if value := get(name):
                first = self._said.setdefault((row.given["price_list"], name), row)
                if value != first.given[name]:
                    message = _("Row %(row)s says otherwise for the same price list. Let both rows agree.")
                    yield Problem(row.number, name, message % {"row": first.number})

    def _lines_of(self, rows: Iterable[Row]) -> tuple[list[str], list[Problem]]:
        """Each row as COPY reads it, and what is wrong with those that cannot be taken."""
        lines: list[str] = []
        problems: list[Problem] = []
        known = self._lines.known
        for row in rows:
            line = known(row)
            if line is None:
                parsed, found = self._parse(row)
                found = found or list(self.check(parsed))
                if found:
                    problems += found
                    continue
                line = self._lines.learn(row, parsed)
            lines.append(line)
        return lines, problems

    def _write(self, rows: Sequence[Parsed]) -> Outcome:
        raise AssertionError("Prices are written as a whole file.")

    @contextmanager
    def _comparing(self) -> Iterator[Staging]:
        if self._staging is None:
            self.stage(())
        staging = cast("Staging", self._staging)
        with one_at_a_time(self.name), acting(self._by, self._source):
            staging.compare()
            yield staging

    def _write_differences(self, staging: Staging, *, refused: bool) -> int:
        ended = staging.missing() if self._whole_lists and not refused else 0
        changed = staging.end_missing() if ended else set()
        changed |= staging.write()
        if changed:
            derive(price_lists=changed)
        return ended


@dataclass(frozen=True)
class Written:
    """What a file did: rows by state, rows that only the whole file shows to be wrong, and prices that were ended."""

    created: int
    changed: int
    unchanged: int
    refused: int
    ended: int


def _problem(refused: Refused) -> Problem:
    number, code, sku, why, first, currency = refused
    if why == "repeats":
        return Problem(number, "price_list", _("This repeats row %(row)s. Keep one of the two.") % {"row": first})
    if why == "sku":
        return Problem(number, "sku", no_such_product(sku))
    if why == "unit":
        message = _("%(sku)s does not come in this unit. Give the price per sales unit, or import its packing first.")
        return Problem(number, "unit", message % {"sku": sku})
    if why == "list":
        message = _("The prices of the list %(list)s are worked out from others. Change those, or give the file's "
                    "prices a list of their own.")  # fmt: skip
        return Problem(number, "price_list", message % {"list": code})
    if why == "currency":
        message = _("The price list %(list)s is in %(currency)s. Give prices in another currency a list of their own.")
        return Problem(number, "currency", message % {"list": code, "currency": currency})
    message = _("The list %(list)s has no price for one unit of %(sku)s. Import that price first.")
    return Problem(number, "discount", message % {"list": code, "sku": sku})


def no_such_product(sku: str) -> str:
    """What a row is told whose SKU nobody knows."""
    return _("There is no product %(sku)s. Import the products first, or correct the SKU.") % {"sku": sku}


def batched(problems: Iterable[Problem]) -> Iterator[list[Problem]]:
    """Problems by the thousand."""
    stream = iter(problems)
    while some := list(islice(stream, TOLD_AT_ONCE)):
        yield some


def take_price_lists(rows: Sequence[Parsed]) -> tuple[dict[str, list[PriceList]], list[Problem]]:
    """The lists that rows with `number` and `price_lists` ("A;B", nearest first) name, by dealer number.

    Refused: a list that is not there, named twice, another dealer's own, or in another currency than the dealer's; its
    prices would never count.
    """
    named = {row.number: _codes(row.get("price_lists", "")) for row in rows if "price_lists" in row.given}
    codes_named = {code for codes in named.values() for code in codes}
    found = PriceList.objects.select_related("owner_dealer").filter(code__in=codes_named)
    lists = {each.code: each for each in found}
    numbers = {row.given["number"] for row in rows}
    stored = dict(Dealer.objects.filter(number__in=numbers).values_list("number", "currency"))
    wanted: dict[str, list[PriceList]] = {}
    problems = []
    for row in rows:
        codes = named.get(row.number)
        number = row.given["number"]
        if codes is None or number in wanted:
            continue
        currency = row.get("currency") or stored.get(number) or settings.OSCAR_DEFAULT_CURRENCY
        message = _refusal(codes, lists, currency, number)
        if message:
            problems.append(Problem(row.number, "price_lists", message))
        else:
            wanted[number] = [lists[code] for code in codes]
    return wanted, problems


def assign_price_lists(
    wanted: Mapping[str, Sequence[PriceList]], *, by: User | None = None, source: str = "import"
) -> set[str]:
    """Let each dealer, by number, buy by exactly these lists in this order. Answers the numbers that changed."""
    dealers = dict(Dealer.objects.filter(number__in=wanted).values_list("pk", "number"))
    lists = {pk: [each.pk for each in wanted[number]] for pk, number in dealers.items()}
    return {dealers[pk] for pk in set_dealers_lists(lists, by=by, source=source)}


def _codes(text: str) -> list[str]:
    return [code for code in (part.strip() for part in text.replace("；", ";").split(";")) if code]


def _refusal(codes: Sequence[str], lists: Mapping[str, PriceList], currency: str, number: str) -> str:
    for code in codes:
        if code not in lists:
            return _("There is no price list %(list)s. Import its prices first, or correct the code.") % {"list": code}
        owner = lists[code].owner_dealer
        if owner is not None and owner.number != number:
            return _("The price list %(list)s is another dealer's own; %(dealer)s cannot buy by it.") % {
                "list": code,
                "dealer": number,
            }
        if lists[code].currency != currency:
            return _("The price list %(list)s is in %(theirs)s, the dealer buys in %(ours)s: its prices would not "
                     "count.") % {"list": code, "theirs": lists[code].currency, "ours": currency}  # fmt: skip
    return _("A price list is named twice. Name it once.") if len(set(codes)) < len(codes) else ""
