"""Making workbooks of price lists: claimed by one worker, made again when it dies, thrown away after a while."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from typing import Any, BinaryIO, cast

from django.core.files import File
from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import QueryDict
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from portal.components.keyset import order_of
from portal.console.prices import BY_SKU, IMPORT_COLUMNS, PriceFilter, with_states
from portal.documents.workbooks import Sheet, write_workbook
from portal.exports.models import KEPT, UNFINISHED, ExportState, PriceListExport
from pricing.quote import supplier_day
from pricing.terms.export import exported
from pricing.terms.models import Price, PriceList

logger = logging.getLogger(__name__)

#: A worksheet's last row, less that of the headings.
MOST_ROWS = 1_048_575
#: A running export without a sign of life for this long has lost its worker: longer than packing a full sheet takes.
SILENCE = timedelta(minutes=10)
#: A queued export nobody took for this long has lost its message.
LOST = timedelta(seconds=60)
#: Prices between two signs of life.
STEP = 5_000
MOST_ATTEMPTS = 3


class Stopped(Exception):
    """A person stopped the export, or another worker has it; this one writes nothing more."""


def chosen(price_list: PriceList, query: str) -> QuerySet[Price]:
    """The prices that a filter of the list's screen lets through today."""
    return PriceFilter(QueryDict(query)).select(with_states(price_list, supplier_day(timezone.now())))


def claim(export_id: int) -> PriceListExport | None:
    """Take an export that waits, or one whose worker fell silent. Of several callers one gets it."""
    now = timezone.now()
    waiting = Q(state=ExportState.QUEUED) | Q(state=ExportState.RUNNING, heartbeat_at__lt=now - SILENCE)
    with transaction.atomic():
        export = PriceListExport.objects.select_for_update().filter(waiting, pk=export_id).first()
        if export is None:
            return None
        export.attempt += 1
        export.heartbeat_at = now
        export.state = ExportState.RUNNING if export.attempt <= MOST_ATTEMPTS else ExportState.REFUSED
        if export.state == ExportState.REFUSED:
            export.finished_at = now
            export.error = _("Making the file was interrupted several times and given up. Take CSV instead.")
        export.save(update_fields=["attempt", "heartbeat_at", "state", "finished_at", "error"])
    return None if export.is_over else export


def stranded() -> list[int]:
    """Exports that need a worker: silent ones, and queued ones whose message was lost."""
    now = timezone.now()
    silent = Q(state=ExportState.RUNNING, heartbeat_at__lt=now - SILENCE)
    lost = Q(state=ExportState.QUEUED, asked_at__lt=now - LOST)
    return list(PriceListExport.objects.filter(silent | lost).order_by("pk").values_list("pk", flat=True))


def make(export_id: int) -> None:
    """Make a workbook and store it. An export that cannot be claimed is left alone; memory does not grow with rows."""
    export = claim(export_id)
    if export is None:
        return
    with translation.override(export.asked_by.language):
        try:
            if export.price_list is None:
                _refuse(export, _("This price list is not there any more."))
            else:
                _make(export, export.price_list)
        except Stopped:
            logger.info("price list export stopped", extra={"export": export.pk})


def _make(export: PriceListExport, price_list: PriceList) -> None:
    prices = chosen(price_list, export.query)
    total = prices.order_by().count()
    if total > MOST_ROWS:
        _refuse(export, too_many(total))
        return
    _progress(export, rows_total=total, rows_done=0)
    rows = exported(price_list, prices.order_by(*order_of(BY_SKU)))
    sheet = Sheet(price_list.code, IMPORT_COLUMNS, _counted(export, rows))
    with tempfile.TemporaryFile() as file:
        target = cast("BinaryIO", file)
        write_workbook(target, [sheet], zone=timezone.get_default_timezone())
        target.seek(0)
        stored = export.file.storage.save(export.file.field.generate_filename(export, export.file_name), File(target))
    try:
        _progress(export, state=ExportState.DONE, file=stored, finished_at=timezone.now())
    except Stopped:
        export.file.storage.delete(stored)
        raise


def too_many(total: int) -> str:
    """What is said of more prices than a worksheet holds."""
    message = _("A worksheet holds %(most)s prices at most, these are %(total)s. Filter them, or take CSV.")
    return message % {"most": f"{MOST_ROWS:,}", "total": f"{total:,}"}


def stop(export: PriceListExport) -> bool:
    """Stop an export that is not finished; whether it was not. Its worker notices within `STEP` prices."""
    unfinished = PriceListExport.objects.filter(pk=export.pk, state__in=UNFINISHED)
    return bool(unfinished.update(state=ExportState.STOPPED, finished_at=timezone.now()))


def purge() -> int:
    """Delete exports that ended longer than `KEPT` ago, with their files. Answers how many."""
    old = PriceListExport.objects.filter(finished_at__lt=timezone.now() - KEPT)
    count = 0
    for export in old.iterator():
        if export.file:
            export.file.delete(save=False)
        export.delete()
        count += 1
    return count


def _counted(export: PriceListExport, rows: Iterable[Sequence[Any]]) -> Iterator[Sequence[Any]]:
    for number, row in enumerate(rows, start=1):
        yield row
        if number % STEP == 0:
            _progress(export, rows_done=number)
    _progress(export, rows_done=export.rows_total)


def _progress(export: PriceListExport, **values: Any) -> None:
    """Write progress and a sign of life; raises Stopped when this attempt has the export no more."""
    mine = PriceListExport.objects.filter(pk=export.pk, state=ExportState.RUNNING, attempt=export.attempt)
    if not mine.update(heartbeat_at=timezone.now(), **values):
        raise Stopped
    export.rows_total = values.get("rows_total", export.rows_total)


def _refuse(export: PriceListExport, message: str) -> None:
    _progress(export, state=ExportState.REFUSED, error=message, finished_at=timezone.now())
