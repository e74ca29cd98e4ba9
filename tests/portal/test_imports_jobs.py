"""Imports as jobs: progress, death and resumption, and the file of refused rows."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.utils import timezone

from fulfilment.stock.models import StockLevel
from portal.imports import jobs, tasks
from portal.imports.batches import Batch
from portal.imports.jobs import claim, run_job, stranded
from portal.imports.models import ImportJob, ImportState
from portal.imports.running import run as run_source
from tests.factories import make_product

pytestmark = pytest.mark.django_db

MAPPING = {"columns": {"sku": "sku", "location": "location", "quantity": "quantity"}}


@pytest.fixture(autouse=True)
def _pan(db: None) -> None:
    make_product("PAN", "Pan", stock=0)


def stock_job(text: str, encoding: str = "utf-8", name: str = "stock.csv", **fields: Any) -> ImportJob:
    data = ContentFile(text.encode(encoding), name=name)
    values = {"state": ImportState.QUEUED, "queued_at": timezone.now(), "mapping": MAPPING, **fields}
    return ImportJob.objects.create(kind="stock", file=data, file_name=name, **values)


def shelves(many: int) -> str:
    return "sku,location,quantity\n" + "".join(f"PAN,L{i},{i}\n" for i in range(many))


def test_a_job_runs_to_its_end() -> None:
    job = stock_job(shelves(3) + "PAN,L9,-1\nNOPE,L9,1\n")

    run_job(job.pk)

    job.refresh_from_db()
    assert (job.state, job.rows_total, job.rows_read, job.created, job.refused) == ("done", 5, 5, 3, 2)
    assert list(job.problems.values_list("row", "field")) == [(5, "quantity"), (6, "sku")]


def test_a_job_runs_once_however_often_it_is_asked_for() -> None:
    job = stock_job(shelves(3))
    run_job(job.pk)

    run_job(job.pk)

    job.refresh_from_db()
    assert (job.attempt, job.created, job.unchanged) == (1, 3, 0)


def test_a_job_whose_worker_was_killed_goes_on_where_it_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    job = stock_job(shelves(25) + "PAN,L0,7\n")
    write = jobs._write

    def small(*args: Any, **kwargs: Any) -> Any:
        return run_source(*args, **kwargs, size=10)

    def killed(job: ImportJob, take: Any, batch: Batch) -> None:
        if batch.last > 11:
            raise KeyboardInterrupt
        write(job, take, batch)

    monkeypatch.setattr(jobs, "run", small)
    monkeypatch.setattr(jobs, "_write", killed)
    with pytest.raises(KeyboardInterrupt):
        run_job(job.pk)
    monkeypatch.setattr(jobs, "_write", write)
    job.refresh_from_db()
    assert (job.state, job.rows_read, stranded()) == ("running", 10, [])

    ImportJob.objects.update(heartbeat_at=timezone.now() - timedelta(minutes=5))
    assert stranded() == [job.pk]
    run_job(job.pk)

    job.refresh_from_db()
    assert (job.state, job.rows_read, job.created, job.unchanged, job.refused) == ("done", 26, 25, 0, 1)
    assert StockLevel.objects.count() == 25
    assert list(job.problems.values_list("row", flat=True)) == [27]


def test_a_worker_that_comes_back_from_the_dead_writes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    job = stock_job(shelves(3))
    mine = claim(job.pk)
    assert mine is not None
    ImportJob.objects.update(attempt=2)

    with pytest.raises(jobs.Superseded):
        jobs._run(mine)

    assert not StockLevel.objects.exists()


def test_a_file_that_brings_down_every_worker_is_given_up() -> None:
    silent = timezone.now() - timedelta(minutes=5)
    job = stock_job(shelves(1), state=ImportState.RUNNING, heartbeat_at=silent, attempt=jobs.MOST_ATTEMPTS)

    run_job(job.pk)

    job.refresh_from_db()
    assert (job.state, stranded()) == ("refused", [])
    assert "given up" in job.error


def test_lost_messages_are_sent_again(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[int] = []
    monkeypatch.setattr(tasks.run, "delay", sent.append)
    fresh, lost = stock_job(shelves(1)), stock_job(shelves(1), queued_at=timezone.now() - timedelta(minutes=5))

    tasks.resume()

    assert sent == [lost.pk]
    assert fresh.pk not in sent


def test_a_file_damaged_at_its_end_is_refused_as_a_whole() -> None:
    job = stock_job(shelves(2000) + '"PAN,L1,5\n')

    run_job(job.pk)

    job.refresh_from_db()
    assert job.state == "refused"
    assert "quotation mark" in job.error
    assert not StockLevel.objects.exists()


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_the_refused_file_corrected_changes_only_those_rows(encoding: str, tmp_path: Path) -> None:
    text = "sku,location,quantity,备注\nPAN,上海,5,第一仓库的库存数量\nPAN,北京,many,第二仓库的库存数量\n"
    job = stock_job(text, encoding)
    run_job(job.pk)
    job.refresh_from_db()

    refused = job.refused_rows.read().decode(encoding if encoding != "utf-8" else "utf-8-sig")

    assert refused.splitlines()[0] == "sku,location,quantity,备注,problem"
    assert len(refused.splitlines()) == 2
    again = stock_job(refused.replace("many", "30"), encoding)
    run_job(again.pk)
    again.refresh_from_db()
    assert (again.created, again.changed, again.unchanged, again.refused) == (1, 0, 0, 0)
    assert dict(StockLevel.objects.values_list("location__code", "on_hand")) == {"上海": 5, "北京": 30}


def test_problems_are_told_in_the_language_of_the_person(world: Any) -> None:
    world.ada.language = "zh-hans"
    world.ada.save()
    job = stock_job(shelves(0) + "NOPE,L,1\n", started_by=world.ada)

    run_job(job.pk)

    assert "NOPE" in job.problems.get().message
