"""The console's list of dealers by what they owe: filter, sort, page, export rows."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Protocol, TypeVar

from django import forms
from django.db.models import Q, QuerySet
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dealers.accounts.models import Dealer
from dealers.statements.statement import OpenAmounts, open_amounts
from portal.documents.statement_words import AGEING_COLUMNS, AGEING_SHORT
from portal.documents.workbooks import Column

PAGE_SIZE = 50


class OfDealer(Protocol):
    """A row of a list that has one row for each dealer."""

    @property
    def dealer(self) -> Dealer:
        """Whose row it is."""


R = TypeVar("R", bound=OfDealer)


@dataclass(frozen=True, slots=True)
class Owing:
    """A dealer and what it owes, in its currency."""

    dealer: Dealer
    owed: OpenAmounts

    @property
    def columns(self) -> list[tuple[str, Decimal]]:
        """The ageing, each amount with its short heading."""
        return [(str(word), amount) for word, amount in zip(AGEING_SHORT, self.owed.ageing.columns, strict=True)]

    @property
    def over_limit(self) -> bool:
        """Whether the balance alone is beyond the credit limit."""
        return self.owed.balance > self.dealer.credit_limit


SORTS: dict[str, Callable[[Owing], Any]] = {
    "number": lambda row: row.dealer.number,
    "name": lambda row: row.dealer.display_name,
    "balance": lambda row: row.owed.balance,
    "overdue": lambda row: row.owed.overdue,
    "limit": lambda row: row.dealer.credit_limit,
}
USUAL = "-overdue"


class OwingFilter(forms.Form):
    """Text, and whether anything must be open or overdue."""

    q = forms.CharField(label=gettext_lazy("Dealer"), required=False, max_length=100)
    show = forms.ChoiceField(
        label=gettext_lazy("Show"),
        choices=(
            ("", gettext_lazy("All")),
            ("open", gettext_lazy("With a balance")),
            ("overdue", gettext_lazy("Overdue")),
        ),
        required=False,
    )

    def rows(self, dealers: QuerySet[Dealer], today: dt.date) -> list[Owing]:
        """The dealers let through, with what they owe; two statements for any number."""
        if not self.is_valid():
            return []
        text, show = self.cleaned_data["q"].replace("\x00", ""), self.cleaned_data["show"]
        if text:
            dealers = dealers.filter(Q(number__icontains=text) | Q(name__icontains=text) | Q(name_zh__icontains=text))
        found = {dealer.pk: dealer for dealer in dealers.select_related("sales_rep")}
        amounts = open_amounts(list(found), today)
        rows = [Owing(dealer, amounts[pk]) for pk, dealer in found.items()]
        if show == "open":
            return [row for row in rows if row.owed.items]
        return [row for row in rows if row.owed.overdue] if show == "overdue" else rows


def sort_of(params: QueryDict) -> str:
    """The sort asked for, or the usual: most overdue first."""
    sort = params.get("sort", USUAL)
    return sort if sort.removeprefix("-") in SORTS else USUAL


def in_order(rows: list[Owing], sort: str) -> list[Owing]:
    """Sorted; of equals the lower dealer number first."""
    by_number = sorted(rows, key=SORTS["number"])
    return sorted(by_number, key=SORTS[sort.removeprefix("-")], reverse=sort.startswith("-"))


def page_after(rows: Sequence[R], params: QueryDict) -> tuple[Sequence[R], str, str]:
    """The page after or before the dealer whose number the query names, and the numbers to page on with."""
    numbers = [row.dealer.number for row in rows]
    after, before, start = params.get("after", ""), params.get("before", ""), 0
    if after in numbers:
        start = numbers.index(str(after)) + 1
    elif before in numbers:
        start = max(0, numbers.index(str(before)) - PAGE_SIZE)
    page = rows[start : start + PAGE_SIZE]
    previous = page[0].dealer.number if page and start else ""
    following = page[-1].dealer.number if page and start + PAGE_SIZE < len(rows) else ""
    return page, previous, following


def export_columns() -> list[Column]:
    """The columns of the Excel list."""
    return [
        Column(_("Dealer number")),
        Column(_("Dealer"), width=36),
        Column(_("Sales rep")),
        Column(_("Currency"), width=10),
        Column(_("Balance"), "money"),
        Column(_("Overdue"), "money"),
        *(Column(str(word), "money") for word in AGEING_COLUMNS),
        Column(_("Credit limit"), "money"),
    ]


def export_rows(rows: list[Owing]) -> Iterator[list[object]]:
    """The rows of the Excel list."""
    for row in rows:
        yield [
            row.dealer.number,
            row.dealer.display_name,
            row.dealer.sales_rep.name if row.dealer.sales_rep else "",
            row.dealer.currency,
            row.owed.balance,
            row.owed.overdue,
            *row.owed.ageing.columns,
            row.dealer.credit_limit,
        ]
