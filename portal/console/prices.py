"""Price lists: all of them, and the prices of one, with its export in the importer's own columns."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.db.models import (
    Case,
    CharField,
    Count,
    DateField,
    Exists,
    F,
    IntegerField,
    Min,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Coalesce
from django.http import HttpResponse, QueryDict, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from portal.access.portal import PortalRequest
from portal.access.roles import Permission
from portal.components.downloads import csv_pieces, excel
from portal.components.filters import shorten
from portal.components.keyset import PAGE_SIZE, PK, Key, order_of, page_of, whole, without_place
from portal.console.list_words import days_of
from portal.console.words import stored_text
from portal.documents.workbooks import Column, Sheet
from pricing.catalogue.models import reads_chinese
from pricing.quote import supplier_day, valid_on
from pricing.terms.export import exported
from pricing.terms.models import ChainEntry, ListKind, Price, PriceList

CURRENT, FUTURE, EXPIRED, SUPERSEDED = "current", "future", "expired", "superseded"
WORDS: dict[str, tuple[Any, str]] = {
    CURRENT: (gettext_lazy("Current"), "good"),
    FUTURE: (gettext_lazy("Future"), "progress"),
    EXPIRED: (gettext_lazy("Expired"), "neutral"),
    SUPERSEDED: (gettext_lazy("Superseded"), "neutral"),
}
BY_SKU = (Key("sku"), Key("min_quantity", whole), PK)
#: A workbook of more prices takes longer to make than a person waits (`portal.exports`); CSV is sent while it is made.
MOST_IN_EXCEL = 50_000
#: What the importer reads, in its order.
IMPORT_COLUMNS = (
    Column("price_list", width=18),
    Column("price_list_name", width=28),
    Column("sku", width=20),
    Column("min_quantity", "integer", number_format="0"),
    Column("price", "decimal", number_format="0.00##"),
    Column("currency", width=10),
    Column("valid_from", "date"),
    Column("valid_to", "date"),
)


class PriceFilter(forms.Form):
    """Text and state."""

    q = forms.CharField(label=gettext_lazy("Search"), required=False, max_length=100)
    state = forms.ChoiceField(
        label=gettext_lazy("State"),
        required=False,
        choices=(("", gettext_lazy("All")), *((code, word) for code, (word, _kind) in WORDS.items())),
    )

    def __init__(self, data: QueryDict) -> None:
        super().__init__(data)
        self.fields["q"].widget.attrs["placeholder"] = str(_("SKU or name"))

    def select(self, prices: QuerySet[Price]) -> QuerySet[Price]:
        """The prices that the filter lets through; none when the filter itself has errors."""
        if not self.is_valid():
            return prices.none()
        text, state = self.cleaned_data["q"], self.cleaned_data["state"]
        if text:
            prices = prices.filter(
                Q(product__upc__icontains=text)
                | Q(product__title__icontains=text)
                | Q(product__card__name_zh__icontains=text)
            )
        return prices.filter(Q(state=state)) if state else prices

    def chips(self, params: QueryDict) -> list[dict[str, str]]:
        """The filters in force, each with the address without it."""
        if not self.is_valid():
            return []
        chips = []
        if self.cleaned_data["q"]:
            chips.append({"label": shorten(self.cleaned_data["q"]), "url": without_place(params, q=None)})
        if self.cleaned_data["state"]:
            word = str(WORDS[self.cleaned_data["state"]][0])
            chips.append({"label": word, "url": without_place(params, state=None)})
        return chips


@require_safe
def price_lists(request: PortalRequest) -> HttpResponse:
    """All price lists with what they hold, who buys by them and when they change next. One statement."""
    context = {
        "lists": counted_lists(PriceList.objects.for_user(request.user), supplier_day(timezone.now())),
        "may_import": request.portal.may(Permission.IMPORT_DATA),
        "may_manage": request.portal.may(Permission.MANAGE_PRICES),
        "today": supplier_day(timezone.now()),
    }
    return render(request, "console/prices/lists.html", context)


def counted_lists(lists: QuerySet[PriceList], today: date) -> QuerySet[PriceList]:
    """Lists with `price_count` (in force today), `dealer_count` and `next_change` (the next day a price starts).

    The dealers are those who buy by the list, by themselves or by their group.
    """
    prices = Price.objects.filter(price_list=OuterRef("pk")).order_by().values("price_list")
    users = ChainEntry.objects.filter(price_list=OuterRef("pk")).order_by().values("price_list")
    count = IntegerField()
    day: DateField[Any, Any] = DateField()
    return (
        lists.select_related("owner_dealer")
        .annotate(
            price_count=Coalesce(
                Subquery(prices.filter(valid_on(today)).annotate(n=Count("pk")).values("n"), output_field=count), 0
            ),
            dealer_count=Coalesce(Subquery(users.annotate(n=Count("dealer")).values("n"), output_field=count), 0),
            next_change=Subquery(
                prices.filter(valid_from__gt=today).annotate(first=Min("valid_from")).values("first"), output_field=day
            ),
        )
        .order_by("code")
    )


@require_safe
def price_list(request: PortalRequest, code: str) -> HttpResponse:
    """One list: a row for each SKU, quantity and period, with what holds today."""
    lists = PriceList.objects.for_user(request.user).select_related("owner_dealer")
    found = get_object_or_404(lists, code=stored_text(code))
    today = supplier_day(timezone.now())
    everything = with_states(found, today)
    form = PriceFilter(request.GET)
    chosen = form.select(everything).select_related("product__card", "product__parent")
    page = page_of(chosen, BY_SKU, PAGE_SIZE, request.GET)
    counted = found.prices.aggregate(
        now=Count("pk", filter=valid_on(today)), future=Count("pk", filter=Q(valid_from__gt=today))
    )
    who = "" if found.kind == ListKind.EXCEPTIONS else reverse("console:price_list_dealers", args=[found.code])
    context = {
        "list": found,
        "form": form,
        "chips": form.chips(request.GET),
        "page": page,
        "rows": _rows(page.rows),
        "figures": [
            {"label": _("Currency"), "value": found.currency},
            {"label": _("Prices in force"), "value": f"{counted['now']:,}"},
            {"label": _("Future prices"), "value": f"{counted['future']:,}"},
            {"label": _("Dealers"), "value": found.chain.count(), "url": who},
        ],
        "export_query": without_place(request.GET),
        "may_edit": request.portal.may(Permission.MANAGE_PRICES) and found.takes_prices,
        "may_manage": request.portal.may(Permission.MANAGE_PRICES),
        "days": days_of(found),
        "holds": found.holds_on(today),
        "crumbs": [(_("Price lists"), reverse("console:price_lists")), (found.code, "")],
    }
    return render(request, "console/prices/list.html", context)


def with_states(found: PriceList, today: date) -> QuerySet[Price]:
    """The prices of a list with `sku` and `state`. A price that a later one replaces today is superseded."""
    later = Price.objects.filter(
        valid_on(today),
        price_list=found,
        product=OuterRef("product"),
        min_quantity=OuterRef("min_quantity"),
        valid_from__gt=Coalesce(OuterRef("valid_from"), Value(date.min)),
    )
    state = Case(
        When(valid_from__gt=today, then=Value(FUTURE)),
        When(valid_to__lt=today, then=Value(EXPIRED)),
        When(Exists(later), then=Value(SUPERSEDED)),
        default=Value(CURRENT),
        output_field=CharField(),
    )
    return found.prices.annotate(sku=Coalesce(F("product__upc"), Value("")), state=state)


def _rows(prices: list[Price]) -> list[dict[str, Any]]:
    chinese = reads_chinese()
    rows = []
    for price in prices:
        card = getattr(price.product, "card", None)
        word, kind = WORDS[getattr(price, "state")]  # noqa: B009 - annotated, unknown to the type
        name = (chinese and card and card.name_zh) or price.product.get_title()
        rows.append({"price": price, "sku": price.product.upc, "name": name, "word": word, "kind": kind})
    return rows


@require_safe
def price_list_export(request: PortalRequest, code: str) -> HttpResponseBase:
    """The filtered prices as Excel in the importer's columns: imported again it changes nothing.

    A worker makes workbooks of very many.
    """
    found = get_object_or_404(PriceList.objects.for_user(request.user), code=stored_text(code))
    chosen: Any = PriceFilter(request.GET).select(with_states(found, supplier_day(timezone.now())))
    if chosen.order_by()[: MOST_IN_EXCEL + 1].count() > MOST_IN_EXCEL:
        return redirect(reverse("console:price_list_exports", args=[found.code]) + without_place(request.GET))
    rows = exported(found, chosen.order_by(*order_of(BY_SKU)))
    return excel(f"prices-{file_name(found)}", [Sheet(found.code, IMPORT_COLUMNS, rows)])


@require_safe
def price_list_csv(request: PortalRequest, code: str) -> StreamingHttpResponse:
    """The filtered prices as CSV in the importer's columns, sent while they are read: any number, in little memory."""
    found = get_object_or_404(PriceList.objects.for_user(request.user), code=stored_text(code))
    chosen: Any = PriceFilter(request.GET).select(with_states(found, supplier_day(timezone.now())))
    rows = exported(found, chosen.order_by(*order_of(BY_SKU)))
    name = f"prices-{file_name(found)}.csv"
    return StreamingHttpResponse(
        csv_pieces(IMPORT_COLUMNS, rows),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": content_disposition_header(as_attachment=True, filename=name) or ""},
    )


def file_name(found: PriceList) -> str:
    """A list's code as a part of a file's name."""
    return "".join(letter if letter.isalnum() or letter in "-_" else "-" for letter in found.code)
