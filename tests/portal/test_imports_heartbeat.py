"""Signs of life of a running import, with real commits: they come from another connection."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.utils import timezone

from portal.imports import jobs
from portal.imports.jobs import run_job
from portal.imports.models import ImportJob, ImportState

pytestmark = pytest.mark.race


def test_a_slow_file_gives_signs_of_life(committed_db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    job = ImportJob.objects.create(kind="stock", file_name="stock.csv", state=ImportState.QUEUED)
    silent = timezone.now() - timedelta(minutes=5)
    seen: list[bool] = []

    def slow(job: ImportJob) -> None:
        ImportJob.objects.update(heartbeat_at=silent)
        alive = threading.Event()
        for _try in range(500):
            if ImportJob.objects.filter(heartbeat_at__gt=silent).exists():
                break
            alive.wait(0.01)
        seen.append(ImportJob.objects.filter(heartbeat_at__gt=silent).exists())

    monkeypatch.setattr(jobs, "BEAT_SECONDS", 0.01)
    monkeypatch.setattr(jobs, "_run", slow)

    run_job(job.pk)

    assert seen == [True]
