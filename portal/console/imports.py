"""Imports: the list, the upload, the mapping of columns, the progress and what was refused."""

from __future__ import annotations

import tempfile
from pathlib import Path, PurePath
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models import QuerySet
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from portal.access.portal import PortalRequest
from portal.components.downloads import EXCEL, excel_file
from portal.components.keyset import PAGE_SIZE, PK, Key, moment, page_of, turned, whole
from portal.documents.tables.reading import Preview, TableRefused
from portal.imports.blank import write_blank
from portal.imports.forms import MappingForm, UploadForm
from portal.imports.jobs import local_copy
from portal.imports.kinds import COLUMNS, SHOWN_FIRST, column_named
from portal.imports.mapping import header_key
from portal.imports.models import ColumnMapping, ImportJob, ImportKind, ImportState
from portal.imports.opening import preview_import
from portal.imports.tasks import wake

PREVIEW_ROWS = 5
#: What records call otherwise than files do.
RECORDED = {
    "product": "sku",
    "products": "skus",
    "owner_dealer": "dealer",
    "group": "dealer_group",
    "groups": "dealer_groups",
}
#: Colours of the state chips (see docs/design-system.md).
CHIPS = {
    ImportState.MAPPING: "warn",
    ImportState.QUEUED: "neutral",
    ImportState.RUNNING: "progress",
    ImportState.CONFIRM: "warn",
    ImportState.DONE: "good",
    ImportState.REFUSED: "bad",
}


@require_safe
def imports(request: PortalRequest) -> HttpResponse:
    """All imports, newest first."""
    jobs = ImportJob.objects.select_related("started_by")
    page = page_of(jobs, turned(Key("created_at", moment), PK), PAGE_SIZE, request.GET)
    rows = [{"job": job, "chip": CHIPS[ImportState(job.state)]} for job in page.rows]
    return render(request, "console/imports/list.html", {"page": page, "rows": rows})


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: PortalRequest) -> HttpResponse:
    """Upload a file; what cannot be read is refused here, nothing of it is kept."""
    form = UploadForm(request.POST or None, request.FILES or None, initial={"kind": request.GET.get("kind")})
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        try:
            _preview_upload(file)
        except TableRefused as why:
            form.add_error("file", why.message)
        else:
            job = ImportJob.objects.create(
                kind=form.cleaned_data["kind"],
                file=file,
                file_name=file.name,
                images=form.cleaned_data["images"] or "",
                started_by=request.user,
            )
            return redirect("console:import_map", job.pk)
    context = {"form": form, "kinds": ImportKind.choices}
    return render(request, "console/imports/new.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def columns(request: PortalRequest, job_id: int) -> HttpResponse:
    """Say which column of the file is which of ours, and start. A job that was started shows its progress instead."""
    job = get_object_or_404(ImportJob, pk=job_id)
    if job.state != ImportState.MAPPING:
        return redirect("console:import_job", job.pk)
    shown = _preview_job(job)
    key = header_key(shown.header)
    remembered = ColumnMapping.objects.filter(kind=job.kind, header_sha256=key).first()
    document = remembered.mapping if remembered else None
    form = MappingForm(job.kind, shown, document, request.POST or None, pictures=bool(job.images))
    if request.method == "POST" and form.is_valid():
        job.whole_lists = bool(form.cleaned_data.get("whole_lists"))
        _start(job, form.document, key, request)
        return redirect("console:import_job", job.pk)
    context = {
        "job": job,
        "form": form,
        "rows": form.rows(),
        "header": shown.header,
        "records": shown.rows,
        "remembered": remembered,
        "total": shown.total_rows_hint,
        "wants_pictures": job.kind == ImportKind.PRODUCTS and not job.images,
    }
    return render(request, "console/imports/columns.html", context, status=422 if form.errors else 200)


@transaction.atomic
def _start(job: ImportJob, document: dict[str, Any], key: str, request: PortalRequest) -> None:
    """Remember the mapping and queue the job, once however often it is asked for."""
    ColumnMapping.objects.update_or_create(
        kind=job.kind, header_sha256=key, defaults={"mapping": document, "updated_by": request.user}
    )
    waiting = ImportJob.objects.filter(pk=job.pk, state=ImportState.MAPPING)
    values: dict[str, Any] = {"mapping": document, "whole_lists": job.whole_lists}
    if waiting.update(state=ImportState.QUEUED, queued_at=timezone.now(), **values):
        transaction.on_commit(lambda: wake(job.pk))


@require_safe
def job(request: PortalRequest, job_id: int) -> HttpResponse:
    """One import: its progress while it runs, then what it did and every refused row."""
    found = get_object_or_404(ImportJob.objects.select_related("started_by"), pk=job_id)
    if found.state == ImportState.MAPPING:
        return redirect("console:import_map", found.pk)
    problems: QuerySet[Any] = found.problems.all()
    page = page_of(problems, (Key("row", whole), PK), PAGE_SIZE, request.GET)
    for problem in page.rows:
        column = column_named(found.kind, problem.field)
        problem.label = column.label if column else problem.field
    context = {
        "job": found,
        "page": page,
        "figures": _preview_figures(found) if found.state == ImportState.CONFIRM else _figures(found),
        "differences": _differences(found) if found.state == ImportState.CONFIRM else [],
        "shown_first": found.kind in SHOWN_FIRST,
        "chip": CHIPS[ImportState(found.state)],
    }
    return render(request, "console/imports/job.html", context)


@require_safe
def progress(request: PortalRequest, job_id: int) -> HttpResponse:
    """The progress panel alone; when the import is over the browser loads the whole page."""
    found = get_object_or_404(ImportJob, pk=job_id)
    response = render(
        request, "console/imports/_progress.html", {"job": found, "chip": CHIPS[ImportState(found.state)]}
    )
    if found.is_over or found.state == ImportState.CONFIRM:
        response["HX-Refresh"] = "true"
    return response


@require_POST
def confirm(request: PortalRequest, job_id: int) -> HttpResponse:
    """Let a file that holds whole price lists end the prices it does not have, as many as were shown, or none."""
    found = get_object_or_404(ImportJob, pk=job_id)
    if found.kind in SHOWN_FIRST:
        return _agree(found, request.POST.get("write") == "1")
    ends = request.POST.get("end") == "1"
    waiting = ImportJob.objects.filter(pk=found.pk, state=ImportState.CONFIRM, missing=found.missing)
    if ends and request.POST.get("missing") != str(found.missing):
        return redirect("console:import_job", found.pk)
    values = {"whole_lists": ends, "confirmed": found.missing if ends else None}
    with transaction.atomic():
        if waiting.update(state=ImportState.QUEUED, queued_at=timezone.now(), **values):
            transaction.on_commit(lambda: wake(found.pk))
    return redirect("console:import_job", found.pk)


def _agree(found: ImportJob, writes: bool) -> HttpResponse:
    """Let a file that was shown first be written, or leave it."""
    waiting = ImportJob.objects.filter(pk=found.pk, state=ImportState.CONFIRM)
    with transaction.atomic():
        if not writes:
            why = _("Nothing was written: it was left after looking at what it would do.")
            waiting.update(state=ImportState.REFUSED, error=why, finished_at=timezone.now())
        elif waiting.update(state=ImportState.QUEUED, queued_at=timezone.now(), agreed=True):
            transaction.on_commit(lambda: wake(found.pk))
    return redirect("console:import_job", found.pk)


@require_safe
def refused(request: PortalRequest, job_id: int) -> FileResponse:
    """The refused rows in the upload's own format, with a column that says why."""
    found = get_object_or_404(ImportJob, pk=job_id)
    if not found.refused_rows:
        raise Http404
    ending = PurePath(found.refused_rows.name or "").suffix
    name = _("%(file)s, refused rows") % {"file": PurePath(found.file_name).stem}
    kind = EXCEL if ending == ".xlsx" else "text/csv"
    return FileResponse(
        found.refused_rows.open("rb"), as_attachment=True, filename=f"{name}{ending}", content_type=kind
    )


@require_safe
def template(request: PortalRequest, kind: str) -> FileResponse:
    """An empty workbook with our columns and an example."""
    if kind not in COLUMNS:
        raise Http404
    return excel_file(kind, lambda file: write_blank(file, kind))


def _figures(found: ImportJob) -> list[dict[str, Any]]:
    ended = [{"label": _("Prices ended"), "value": found.ended}] if found.whole_lists else []
    return [
        {"label": _("Rows read"), "value": found.rows_read},
        {"label": _("New"), "value": found.created, "tone": "good" if found.created else ""},
        {"label": _("Changed"), "value": found.changed},
        {"label": _("Unchanged"), "value": found.unchanged},
        {"label": _("Skipped by the mapping"), "value": found.skipped},
        {"label": _("Refused"), "value": found.refused, "tone": "bad" if found.refused else ""},
        *ended,
    ]


def _preview_figures(found: ImportJob) -> list[dict[str, Any]]:
    """What a file that is shown first would do."""
    counted = found.preview
    return [
        {"label": _("Rows read"), "value": counted.get("read", 0)},
        {"label": _("New"), "value": counted.get("created", 0)},
        {"label": _("Changed"), "value": counted.get("changed", 0)},
        {"label": _("Unchanged"), "value": counted.get("unchanged", 0)},
        {"label": _("Refused"), "value": counted.get("refused", 0), "tone": "bad" if counted.get("refused") else ""},
    ]


def _differences(found: ImportJob) -> list[dict[str, Any]]:
    """The first differences, a row of the table for each field, with the columns' names."""
    labels = {column.name: column.label for column in COLUMNS[found.kind]}
    for stored, ours in RECORDED.items():
        labels.setdefault(stored, labels.get(ours, ""))
    labels["is_active"] = _("Active")
    words = {"True": _("yes"), "yes": _("yes")}
    return [
        {"row": each["row"], "name": each["name"], "new": each["new"], "gone": each["gone"],
         "field": labels.get(name, name), "old": words.get(old, old), "after": words.get(new, new)}
        for each in found.preview.get("differences", [])
        for name, old, new in each["fields"]
    ]  # fmt: skip


def _preview_upload(file: UploadedFile[Any]) -> Preview:
    with tempfile.NamedTemporaryFile() as target:
        for chunk in file.chunks():
            target.write(chunk)
        target.flush()
        file.seek(0)
        return preview_import(Path(target.name), file.name or "", rows=PREVIEW_ROWS)


def _preview_job(found: ImportJob) -> Preview:
    with local_copy(found.file) as path:
        return preview_import(path, found.file_name, rows=PREVIEW_ROWS)
