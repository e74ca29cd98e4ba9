"""Who changed which price when: of a list, of a product, by a person, between two days; and as Excel."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from django import forms
from django.db.models import Q, QuerySet
from django.http import FileResponse, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe
from oscar.core.loading import get_model

from dealers.accounts.models import User, dealers_visible_to
from portal.access.portal import PortalRequest
from portal.access.roles import Permission
from portal.components.downloads import excel
from portal.components.filters import filter_chips, within_days
from portal.components.keyset import PAGE_SIZE, PK, page_of, turned, without_place
from portal.documents.workbooks import Column, Sheet
from pricing.terms.audit import PriceChange
from pricing.terms.models import Price, PriceList

Product = get_model("catalogue", "Product")

#: What writes prices, by the word that stands before the colon of a change's source.
SOURCES: dict[str, Any] = {
    "console": gettext_lazy("Console"),
    "import": gettext_lazy("Import"),
    "command": gettext_lazy("Command line"),
    "formula": gettext_lazy("Formula"),
    "exception": gettext_lazy("One-off price"),
    "database": gettext_lazy("Directly in the database"),
}
MOST_IN_EXCEL = 100_000


class HistoryFilter(forms.Form):
    """List, SKU, person and days."""

    list = forms.CharField(label=gettext_lazy("Price list"), required=False, max_length=50)
    sku = forms.CharField(label=gettext_lazy("SKU"), required=False, max_length=64)
    who = forms.CharField(label=gettext_lazy("Who"), required=False, max_length=100)
    first = forms.DateField(
        label=gettext_lazy("From"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    last = forms.DateField(
        label=gettext_lazy("To"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )

    def __init__(self, data: QueryDict) -> None:
        super().__init__(data)
        self.fields["list"].widget.attrs["placeholder"] = str(_("Code"))

    def select(self, user: User) -> QuerySet[PriceChange]:
        """The changes of lists the user may see that the filter lets through; none when the filter has errors.

        A list's first filling is among a product's changes as long as that list has a price of it.
        """
        found = PriceChange.objects.all()
        if dealers_visible_to(user):  # not everything is theirs; of a list that is gone nobody can say whose it was
            found = found.filter(price_list__in=PriceList.objects.for_user(user).values("pk"))
        if not self.is_valid():
            return found.none()
        values = self.cleaned_data
        if values["list"]:
            lists = PriceList.objects.filter(code__iexact=values["list"]).values_list("pk", flat=True)
            found = found.filter(Q(price_list__in=list(lists)) | Q(list_code=values["list"]))
        if values["sku"]:
            products = list(Product.objects.filter(upc__iexact=values["sku"].strip()).values_list("pk", flat=True))
            has = Price.objects.filter(product__in=products).values_list("price_list", flat=True)
            filled = Q(product=None, price_list__in=list(has.distinct()))
            found = found.filter(Q(product__in=products) | filled if products else Q(sku=values["sku"].strip()))
        if values["who"]:
            found = found.filter(by_name__icontains=values["who"])
        days: QuerySet[PriceChange] = within_days(found, "at", values["first"], values["last"])
        return days


@require_safe
def price_history(request: PortalRequest) -> HttpResponse:
    """The changes, newest first; the same statements for any number."""
    form = HistoryFilter(request.GET)
    page = page_of(form.select(request.user), turned(PK), PAGE_SIZE, request.GET)
    context = {
        "form": form,
        "chips": filter_chips(form, request.GET),
        "may_import": request.portal.may(Permission.IMPORT_DATA),
        "page": page,
        "rows": described(page.rows),
        "export_query": without_place(request.GET),
        "crumbs": [(_("Price lists"), reverse("console:price_lists")), (_("Price history"), "")],
    }
    return render(request, "console/prices/history.html", context)


@require_safe
def price_history_export(request: PortalRequest) -> FileResponse:
    """The newest changes that the filter lets through, as Excel."""
    chosen = HistoryFilter(request.GET).select(request.user).order_by("-pk")[:MOST_IN_EXCEL]
    columns = (
        Column(_("When"), "datetime"),
        Column(_("Price list"), width=18),
        Column(_("SKU"), width=20),
        Column(_("From quantity"), "integer"),
        Column(_("Valid from"), "date"),
        Column(_("Price before"), "decimal", number_format="0.00##"),
        Column(_("Price after"), "decimal", number_format="0.00##"),
        Column(_("Valid to, before"), "date"),
        Column(_("Valid to, after"), "date"),
        Column(_("Prices"), "integer"),
        Column(_("Who")),
        Column(_("Source")),
    )
    return excel("price-history", [Sheet(_("Price history"), columns, _export_rows(chosen))])


def described(changes: Iterable[PriceChange]) -> list[dict[str, Any]]:
    """Changes with words for what happened and what did it."""
    return [
        {"change": change, "source": source_of(change), "import_id": _import_of(change), "what": _what(change)}
        for change in changes
    ]


def source_of(change: PriceChange) -> str:
    """What wrote the price, with its number or code."""
    return source_words(change.source)


def source_words(source: str) -> str:
    """What wrote something, as people say it."""
    word, _colon, more = source.partition(":")
    return f"{SOURCES.get(word, word)} {more}".strip()


def _import_of(change: PriceChange) -> int | None:
    word, _colon, number = change.source.partition(":")
    return int(number) if word == "import" and number.isdecimal() else None


def _what(change: PriceChange) -> str:
    if change.product_id is None:
        return "filled"
    if change.old_price is None:
        return "added"
    return "removed" if change.new_price is None else "changed"


def _export_rows(changes: QuerySet[PriceChange]) -> Iterator[tuple[object, ...]]:
    for each in changes.iterator(chunk_size=5000):
        yield (
            timezone.localtime(each.at),
            each.list_code,
            each.sku,
            each.min_quantity,
            each.valid_from,
            each.old_price,
            each.new_price,
            each.old_valid_to,
            each.new_valid_to,
            each.prices,
            each.by_name,
            source_of(each),
        )
