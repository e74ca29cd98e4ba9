"""Lists and pages of invoices, credit notes and payments, for the shop and the console alike."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django import forms
from django.db.models import Q, QuerySet
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from dealers.ledger.models import DEBITS, AccountDocument, DocumentKind
from dealers.statements.ageing import Ageing, OpenItem
from dealers.statements.statement import OpenAmounts
from portal.components.filters import filter_chips
from portal.components.keyset import PAGE_SIZE, PK, Key, Page, page_of, turned

NEWEST_FIRST = turned(Key("issue_date", dt.date.fromisoformat), PK)

#: Code of a status → its word and the colour of its chip.
STATUSES: dict[str, tuple[Any, str]] = {
    "open": (_("Open"), "neutral"),
    "partly_paid": (_("Partly paid"), "warn"),
    "overdue": (_("Overdue"), "bad"),
    "paid": (_("Paid"), "good"),
    "unused": (_("Not used yet"), "progress"),
    "partly_used": (_("Partly used"), "progress"),
    "used": (pgettext_lazy("document", "Used"), "neutral"),
    "reversed": (_("Reversed"), "neutral"),
}
STATUS_CHOICES = (
    ("", _("All")),
    *(
        (code, STATUSES[code][0])
        for code in ("open", "partly_paid", "overdue", "paid", "unused", "partly_used", "used")
    ),
)


@dataclass(frozen=True, slots=True)
class Row:
    """A document as lists and pages show it. `left` is positive for debts, negative for credit still to be used."""

    document: AccountDocument
    status: str
    left: Decimal
    days_overdue: int

    @property
    def unused(self) -> Decimal:
        """What is still to be used of a credit, as a positive amount."""
        return -self.left

    @property
    def word(self) -> str:
        """The status in words."""
        return str(STATUSES[self.status][0])

    @property
    def colour(self) -> str:
        """The chip's colour."""
        return STATUSES[self.status][1]


class DocumentFilter(forms.Form):
    """Number or order, kind, status, issued from–to."""

    q = forms.CharField(label=_("Number, reference or order"), required=False, max_length=100)
    kind = forms.ChoiceField(label=_("Kind"), choices=[("", _("All")), *DocumentKind.choices], required=False)
    status = forms.ChoiceField(label=_("Status"), choices=STATUS_CHOICES, required=False)
    since = forms.DateField(
        label=_("From"), required=False, widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
    )
    until = forms.DateField(
        label=_("To"), required=False, widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
    )

    def select(self, documents: QuerySet[AccountDocument], items: Iterable[OpenItem], today: dt.date) -> Any:
        """The documents that the filter lets through; none when the filter itself has errors."""
        if not self.is_valid():
            return documents.none()
        values = self.cleaned_data
        if values["q"]:
            text = values["q"].replace("\x00", "")
            documents = documents.filter(
                Q(number__icontains=text) | Q(reference__icontains=text) | Q(order_numbers__contains=[text])
            )
        if values["kind"]:
            documents = documents.filter(kind=values["kind"])
        if values["since"]:
            documents = documents.filter(issue_date__gte=values["since"])
        if values["until"]:
            documents = documents.filter(issue_date__lte=values["until"])
        return _with_status(documents, values["status"], items, today)

    def chips(self, params: QueryDict) -> list[dict[str, str]]:
        """The filters in force, each with the address without it."""
        return filter_chips(self, params)


def _with_status(
    documents: QuerySet[AccountDocument], status: str, items: Iterable[OpenItem], today: dt.date
) -> QuerySet[AccountDocument]:
    if not status:
        return documents
    if status in ("paid", "used"):
        settled = documents.filter(journal__reversed_by__isnull=True)
        settled = settled.filter(Q(kind__in=DEBITS) if status == "paid" else ~Q(kind__in=DEBITS))
        return settled.exclude(pk__in=[item.document_id for item in items])
    return documents.filter(pk__in=[item.document_id for item in items if open_status(item, today) == status])


def open_status(item: OpenItem, today: dt.date) -> str:
    """The status of a document that has something left."""
    if item.amount < 0:
        return "unused" if -item.left == item.total else "partly_used"
    if item.days_overdue(today):
        return "overdue"
    return "open" if item.left == item.total else "partly_paid"


def rows_of(documents: Iterable[AccountDocument], items: Iterable[OpenItem], today: dt.date) -> list[Row]:
    """The documents with status and what is left, given everything open of their dealers."""
    by_id = {item.document_id: item for item in items}
    return [_row(document, by_id.get(document.pk), today) for document in documents]


def _row(document: AccountDocument, item: OpenItem | None, today: dt.date) -> Row:
    if item is not None:
        late = item.days_overdue(today) if item.amount > 0 else 0
        return Row(document, open_status(item, today), item.left, late)
    if hasattr(document.journal, "reversed_by"):
        return Row(document, "reversed", Decimal(0), 0)
    return Row(document, "paid" if document.kind in DEBITS else "used", Decimal(0), 0)


def listed(documents: QuerySet[AccountDocument], params: QueryDict) -> Page[AccountDocument]:
    """A page of documents, newest first, with what a row shows."""
    return page_of(documents.select_related("dealer", "journal__reversed_by"), NEWEST_FIRST, PAGE_SIZE, params)


def items_of(amounts: Mapping[int, OpenAmounts]) -> list[OpenItem]:
    """Everything open, of all these dealers."""
    return [item for owed in amounts.values() for item in owed.items]


def sums_by_currency(amounts: Mapping[int, OpenAmounts], currencies: Mapping[int, str]) -> dict[str, Ageing]:
    """The ageing of all these dealers together, for each currency among those with anything open."""
    sums: dict[str, Ageing] = defaultdict(Ageing)
    for dealer_id, owed in amounts.items():
        if owed.items:
            sums[currencies[dealer_id]] += owed.ageing
    return dict(sorted(sums.items()))
