"""Imports that people start in the console: claimed by one worker, resumed when it dies, never written twice."""

from __future__ import annotations

import logging
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from functools import partial
from itertools import starmap
from pathlib import Path
from typing import IO, Any

from django.core.files import File
from django.db import DatabaseError, connection, transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from dealers.intake.rows import Outcome, Problem
from portal.documents.tables.reading import TableRefused
from portal.imports.batches import Batch, count_rows
from portal.imports.kinds import SHOWN_FIRST
from portal.imports.mapping import MappingRefused, read_mapping
from portal.imports.models import ImportJob, ImportProblem, ImportState
from portal.imports.pictures import PicturesRefused, StoredPictures, Zip
from portal.imports.refused import told, write_refused
from portal.imports.running import Source, run
from portal.imports.showing import show
from portal.imports.whole import KINDS as WHOLE_KINDS
from portal.imports.whole import run_whole

logger = logging.getLogger(__name__)

#: A running job without a sign of life for this long has lost its worker.
SILENCE = timedelta(seconds=90)
#: A queued job nobody took for this long has lost its message.
LOST = timedelta(seconds=60)
BEAT_SECONDS = 15
#: Problems of rows that are in memory at a time.
AT_ONCE = 5_000
#: A file that brings down its worker this often is given up, so that it does not do so for ever.
MOST_ATTEMPTS = 5


class Superseded(Exception):
    """Another worker has gone on with the job; this one stops and writes nothing more."""


def claim(job_id: int) -> ImportJob | None:
    """Take a job that waits, or one whose worker fell silent. Of several callers one gets it."""
    now = timezone.now()
    waiting = Q(state=ImportState.QUEUED) | Q(state=ImportState.RUNNING, heartbeat_at__lt=now - SILENCE)
    with transaction.atomic():
        job = ImportJob.objects.select_for_update().filter(waiting, pk=job_id).first()
        if job is None:
            return None
        if job.attempt >= MOST_ATTEMPTS:
            job.state, job.finished_at = ImportState.REFUSED, now
            job.error = _("The import was interrupted %(times)s times and given up. Ask the operator to read the log.")
            job.error %= {"times": job.attempt}
            job.save(update_fields=["state", "finished_at", "error"])
            return None
        job.state = ImportState.RUNNING
        job.started_at = job.started_at or now
        job.heartbeat_at = now
        job.attempt += 1
        job.save(update_fields=["state", "started_at", "heartbeat_at", "attempt"])
        return job


def stranded() -> list[int]:
    """Jobs that need a worker: silent ones, and queued ones whose message was lost."""
    now = timezone.now()
    silent = Q(state=ImportState.RUNNING, heartbeat_at__lt=now - SILENCE)
    lost = Q(state=ImportState.QUEUED, queued_at__lt=now - LOST)
    return list(ImportJob.objects.filter(silent | lost).order_by("pk").values_list("pk", flat=True))


def run_job(job_id: int) -> None:
    """Run a job to its end, from where an earlier run stopped. A job that cannot be claimed is left alone."""
    job = claim(job_id)
    if job is None:
        return
    language = job.started_by.language if job.started_by else "en"
    with translation.override(language):
        try:
            with _beating(job):
                _run(job)
        except Superseded:
            logger.warning("import taken over", extra={"job": job.pk})
        except (TableRefused, PicturesRefused) as why:
            _refuse(job, why.message)
        except MappingRefused as why:
            _refuse(job, str(why))


@contextmanager
def _beating(job: ImportJob) -> Iterator[None]:
    """Give signs of life from a thread of its own, however long a file takes to check or a picture to decode."""
    over = threading.Event()

    def beat() -> None:
        try:
            while not over.wait(BEAT_SECONDS):
                _mine(job).update(heartbeat_at=timezone.now())
        except DatabaseError:
            logger.warning("import heartbeat stopped", extra={"job": job.pk}, exc_info=True)
        finally:
            connection.close()

    thread = threading.Thread(target=beat, name=f"import-{job.pk}", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _mine(job: ImportJob) -> QuerySet[ImportJob]:
    """The job, as long as this attempt has it."""
    return ImportJob.objects.filter(pk=job.pk, state=ImportState.RUNNING, attempt=job.attempt)


def _run(job: ImportJob) -> None:
    with ExitStack() as stack:
        path = stack.enter_context(local_copy(job.file))
        pictures = None
        if job.images:
            archive = stack.enter_context(local_copy(job.images))
            file = stack.enter_context(archive.open("rb"))
            pictures = StoredPictures(Zip(file, archive.stat().st_size))
            stack.callback(pictures.close)
        mapping = read_mapping(job.kind, job.mapping)
        source = Source(path, job.file_name, mapping, pictures, by=job.started_by)
        if job.kind in WHOLE_KINDS:
            if not run_whole(job, source, partial(_progress, job)):
                return
        elif job.kind in SHOWN_FIRST and not job.agreed:
            preview = show(job, source)
            _progress(job, preview=preview, state=ImportState.CONFIRM)
            return
        else:
            if job.agreed and not job.rows_read:
                job.problems.all().delete()
            if job.rows_total is None:
                _progress(job, rows_total=count_rows(path, job.file_name))
            run(source, lambda take, batch: _write(job, take, batch), skip_rows=job.rows_read)
        _finish(job, path)


def _write(job: ImportJob, take: Callable[[], Outcome], batch: Batch) -> None:
    """One batch, its counts and its problems, together or not at all."""
    with transaction.atomic():
        outcome = take()
        ImportProblem.objects.bulk_create(
            ImportProblem(job=job, row=problem.row, field=problem.field, message=problem.message)
            for problem in outcome.problems
        )
        _progress(
            job,
            rows_read=F("rows_read") + batch.read,
            created=F("created") + outcome.created,
            changed=F("changed") + outcome.changed,
            unchanged=F("unchanged") + outcome.unchanged,
            skipped=F("skipped") + batch.skipped,
            refused=F("refused") + outcome.refused,
        )


def _progress(job: ImportJob, **values: Any) -> None:
    """Write progress and a sign of life; raises Superseded (and so undoes the batch) when the job was taken over."""
    if not _mine(job).update(heartbeat_at=timezone.now(), **values):
        raise Superseded


def _finish(job: ImportJob, path: Path) -> None:
    problems = job.problems.order_by("row", "id").values_list("row", "field", "message")
    name = ""
    if problems.exists():
        with tempfile.TemporaryFile() as target:
            write_refused(target, path, job.file_name, told(starmap(Problem, problems.iterator(chunk_size=AT_ONCE))))
            target.seek(0)
            ending = ".xlsx" if job.file_name.lower().endswith(".xlsx") else ".csv"
            name = job.refused_rows.storage.save(f"imports/refused/{job.pk}{ending}", File(target))
    _progress(job, state=ImportState.DONE, finished_at=timezone.now(), refused_rows=name)


def _refuse(job: ImportJob, message: str) -> None:
    """Nothing of the file was kept, unless an earlier batch was: then the sentence says so."""
    job.refresh_from_db(fields=["rows_read"])
    if job.rows_read and job.kind not in WHOLE_KINDS:
        message = f"{message} " + _("The first %(rows)s rows were imported.") % {"rows": job.rows_read}
    _mine(job).update(state=ImportState.REFUSED, error=message, finished_at=timezone.now())


@contextmanager
def local_copy(stored: Any) -> Iterator[Path]:
    """A stored file on this machine's disk, whatever the storage."""
    with tempfile.NamedTemporaryFile(suffix=Path(stored.name).suffix) as target:
        source: IO[bytes]
        with stored.open("rb") as source:
            for chunk in iter(lambda: source.read(1024 * 1024), b""):
                target.write(chunk)
        target.flush()
        yield Path(target.name)
