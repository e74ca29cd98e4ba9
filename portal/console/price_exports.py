"""Excel of price lists that are too long to be made while a person waits: ask, watch, stop, download."""

from __future__ import annotations

from pathlib import PurePath
from typing import Any

from django.db import IntegrityError, transaction
from django.http import FileResponse, Http404, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from portal.access.portal import PortalRequest
from portal.components.downloads import EXCEL
from portal.components.keyset import without_place
from portal.console.prices import PriceFilter, file_name
from portal.console.words import stored_text
from portal.exports.jobs import MOST_ROWS, chosen, stop, too_many
from portal.exports.models import KEPT, UNFINISHED, ExportState, PriceListExport
from portal.exports.tasks import wake
from pricing.terms.models import PriceList

SHOWN = 20
#: Colours of the state chips (see docs/design-system.md).
CHIPS = {
    ExportState.QUEUED: "neutral",
    ExportState.RUNNING: "progress",
    ExportState.DONE: "good",
    ExportState.STOPPED: "neutral",
    ExportState.REFUSED: "bad",
}


@require_safe
def price_list_exports(request: PortalRequest, code: str) -> HttpResponse:
    """What Excel of this list would hold, and the workbooks that were made of it lately."""
    found = _list(request, code)
    return render(request, "console/prices/exports.html", _context(request, found, request.GET))


@require_POST
def price_list_export_start(request: PortalRequest, code: str) -> HttpResponse:
    """Ask for a workbook of the filtered prices, once however often it is asked for. Too many are refused."""
    found = _list(request, code)
    query = _query(request.POST)
    if chosen(found, query).order_by()[: MOST_ROWS + 1].count() > MOST_ROWS:
        return render(request, "console/prices/exports.html", _context(request, found, request.POST), status=422)
    asked = {"price_list": found, "query": query, "asked_by": request.user}
    try:
        with transaction.atomic():
            export = PriceListExport.objects.create(**asked, file_name=f"prices-{file_name(found)}.xlsx")
            transaction.on_commit(lambda: wake(export.pk))
    except IntegrityError:  # the same question is being answered already
        pass
    return redirect("console:price_list_exports", found.code)


@require_safe
def price_export_progress(request: PortalRequest, pk: int) -> HttpResponse:
    """One workbook's row of the list; when it is over the browser loads the whole page."""
    export = get_object_or_404(PriceListExport.objects.for_user(request.user), pk=pk)
    response = render(request, "console/prices/_export.html", {"row": _row(export)})
    if export.is_over:
        response["HX-Refresh"] = "true"
    return response


@require_POST
def price_export_stop(request: PortalRequest, pk: int) -> HttpResponse:
    """Stop a workbook that is not finished."""
    export = get_object_or_404(PriceListExport.objects.for_user(request.user).select_related("price_list"), pk=pk)
    stop(export)
    return redirect("console:price_list_exports", export.price_list.code if export.price_list else "")


@require_safe
def price_export_file(request: PortalRequest, pk: int) -> FileResponse:
    """The workbook."""
    export = get_object_or_404(PriceListExport.objects.for_user(request.user), pk=pk, state=ExportState.DONE)
    try:
        file = export.file.open("rb")
    except FileNotFoundError as why:
        raise Http404 from why
    name = PurePath(export.file_name).name
    return FileResponse(file, as_attachment=True, filename=name, content_type=EXCEL)


def _list(request: PortalRequest, code: str) -> PriceList:
    return get_object_or_404(PriceList.objects.for_user(request.user), code=stored_text(code))


def _query(params: QueryDict) -> str:
    """The filter alone, always written the same way."""
    kept = QueryDict(mutable=True)
    form = PriceFilter(params)
    for name in form.fields:
        if value := params.get(name, "").strip()[:100]:
            kept[name] = value
    return kept.urlencode()


def _context(request: PortalRequest, found: PriceList, params: QueryDict) -> dict[str, Any]:
    query = _query(params)
    total = chosen(found, query).order_by().count()
    exports = PriceListExport.objects.for_user(request.user).filter(price_list=found).select_related("asked_by")
    rows = [_row(export) for export in exports[:SHOWN]]
    mine = {row["export"].query for row in rows if row["export"].asked_by_id == request.user.pk and row["unfinished"]}
    return {
        "list": found,
        "total": total,
        "too_many": too_many(total) if total > MOST_ROWS else "",
        "chips": PriceFilter(params).chips(params),
        "filter": QueryDict(query).items(),
        "csv_url": reverse("console:price_list_csv", args=[found.code]) + without_place(QueryDict(query)),
        "being_made": query in mine,
        "rows": rows,
        "days": KEPT.days,
        "crumbs": [
            (_("Price lists"), reverse("console:price_lists")),
            (found.code, reverse("console:price_list", args=[found.code])),
            (_("Excel"), ""),
        ],
    }


def _row(export: PriceListExport) -> dict[str, Any]:
    chosen_by = QueryDict(export.query)
    words = [chip["label"] for chip in PriceFilter(chosen_by).chips(chosen_by)]
    return {
        "export": export,
        "chip": CHIPS[ExportState(export.state)],
        "filter": ", ".join(words),
        "unfinished": export.state in UNFINISHED,
        "until": export.finished_at + KEPT if export.finished_at and export.state == ExportState.DONE else None,
    }
