"""Jobs of the desk in the background: claimed by one worker, taken up again when it dies, stopped by a person."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, TypeVar

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.sourcing.models import UNFINISHED, Job, JobState

#: A running job without a sign of life for this long has lost its worker.
SILENCE = timedelta(minutes=5)
#: A queued job nobody took for this long has lost its message.
LOST = timedelta(seconds=60)
MOST_ATTEMPTS = 3
J = TypeVar("J", bound=Job)


class Stopped(Exception):
    """A person stopped the job, or another worker has it; this one writes nothing more."""


def claim(model: type[J], pk: int) -> J | None:
    """Take a job that waits, or one whose worker fell silent. Of several callers one gets it."""
    now = timezone.now()
    waiting = Q(state=JobState.QUEUED) | Q(state=JobState.RUNNING, heartbeat_at__lt=now - SILENCE)
    with transaction.atomic():
        job = model._default_manager.select_for_update(of=("self",)).filter(waiting, pk=pk).first()
        if job is None:
            return None
        job.attempt += 1
        job.heartbeat_at = now
        job.state = JobState.RUNNING if job.attempt <= MOST_ATTEMPTS else JobState.REFUSED
        if job.state == JobState.REFUSED:
            job.finished_at = now
            job.error = _("The work was interrupted several times and given up.")
        job.save(update_fields=["attempt", "heartbeat_at", "state", "finished_at", "error"])
    return None if job.is_over else job


def progress(job: Job, **values: Any) -> None:
    """Write progress and a sign of life; raises Stopped when this attempt has the job no more."""
    mine = type(job)._default_manager.filter(pk=job.pk, state=JobState.RUNNING, attempt=job.attempt)
    if not mine.update(heartbeat_at=timezone.now(), **values):
        raise Stopped
    for name, value in values.items():
        setattr(job, name, value)


def finish(job: Job, **values: Any) -> None:
    """Write that a job is done."""
    progress(job, state=JobState.DONE, finished_at=timezone.now(), **values)


def refuse(job: Job, message: str) -> None:
    """Write that a job cannot be done, and why."""
    progress(job, state=JobState.REFUSED, finished_at=timezone.now(), error=message)


def stop(job: Job) -> bool:
    """Stop a job that is not finished; whether it was not. Its worker notices at its next sign of life."""
    unfinished = type(job)._default_manager.filter(pk=job.pk, state__in=UNFINISHED)
    return bool(unfinished.update(state=JobState.STOPPED, finished_at=timezone.now()))


def stranded(model: type[Job]) -> list[int]:
    """Jobs that need a worker: silent ones, and queued ones whose message was lost."""
    now = timezone.now()
    silent = Q(state=JobState.RUNNING, heartbeat_at__lt=now - SILENCE)
    lost = Q(state=JobState.QUEUED, asked_at__lt=now - LOST)
    return list(model._default_manager.filter(silent | lost).order_by("pk").values_list("pk", flat=True))
