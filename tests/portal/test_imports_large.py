"""Imports of large files: what they may cost, that progress is told, and that refused rows are not kept in memory."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from dealers.intake.rows import Problem
from portal.documents.tables.limits import DEFAULT
from portal.documents.tables.reading import TableRefused
from portal.imports import whole
from portal.imports.jobs import run_job
from portal.imports.models import ImportJob, ImportState
from portal.imports.opening import limits, open_import
from portal.imports.refused import told, write_refused
from tests.factories import make_product
from tests.portal import table_corpus as corpus

pytestmark = pytest.mark.django_db

PRICES = {"columns": {name: name for name in ("price_list", "sku", "min_quantity", "price")}}


def price_job(rows: int) -> ImportJob:
    text = "price_list,sku,min_quantity,price\n" + "".join(f"W,PAN,{n + 1},5\n" for n in range(rows))
    file = ContentFile(text.encode(), name="prices.csv")
    waiting = {"state": ImportState.QUEUED, "queued_at": timezone.now()}
    return ImportJob.objects.create(kind="prices", file=file, file_name="prices.csv", mapping=PRICES, **waiting)


def test_only_size_and_time_are_wider_than_for_other_uploads(settings: Any) -> None:
    settings.IMPORT_FILE_MB = 300
    ours = limits()

    assert ours.file_size == 300 * 1024 * 1024
    assert (ours.memory, ours.part_size, ours.expanded_size, ours.expansion_ratio, ours.rows) == (
        DEFAULT.memory,
        DEFAULT.part_size,
        DEFAULT.expanded_size,
        DEFAULT.expansion_ratio,
        DEFAULT.rows,
    )


def test_a_file_beyond_the_limit_is_refused_with_the_limit(world: Any, as_user: Any, settings: Any) -> None:
    settings.IMPORT_FILE_MB = 1
    file = SimpleUploadedFile("prices.csv", b"sku,price\n" + b"PAN,1.00\n" * 150_000)

    response = as_user(world.ada).post(reverse("console:import_new"), {"kind": "prices", "file": file})

    assert response.status_code == 422
    assert response.context["form"].errors["file"] == ["The file has more than 1 MB. Split it into several files."]
    assert "at most 1 MB" in response.text
    assert not ImportJob.objects.exists()


@pytest.mark.parametrize("name", sorted(corpus.WORKBOOKS))
def test_hostile_workbooks_are_refused_by_imports_too(name: str, tmp_path: Path) -> None:
    path = corpus.saved(tmp_path, "upload", corpus.WORKBOOKS[name][0]())

    with pytest.raises(TableRefused), open_import(path, "prices.xlsx") as table:
        list(table.rows())


def test_progress_is_told_against_the_rows_the_file_seems_to_have(monkeypatch: pytest.MonkeyPatch) -> None:
    make_product("PAN", "Pan")
    monkeypatch.setattr(whole, "SIZE", 10)
    seen: list[tuple[int, int | None]] = []
    keep = whole._staged

    def staged(job: ImportJob, *rest: Any) -> None:
        keep(job, *rest)
        job.refresh_from_db()
        seen.append((job.rows_read, job.rows_total))

    monkeypatch.setattr(whole, "_staged", staged)
    job = price_job(25)

    run_job(job.pk)

    job.refresh_from_db()
    assert seen == [(10, 25), (20, 25), (25, 25)]
    assert (job.state, job.rows_total, job.created) == (ImportState.DONE, 25, 25)


def test_refused_rows_are_written_beside_the_file_row_by_row(tmp_path: Path) -> None:
    path = tmp_path / "prices.csv"
    path.write_text("sku,price\nA,1\n\nB,x\nC,y\n", encoding="utf-8")
    problems = [
        Problem(3, "", "not there"),
        Problem(4, "price", "no"),
        Problem(4, "sku", "none"),
        Problem(5, "", "bad"),
    ]
    target = io.BytesIO()

    write_refused(target, path, "prices.csv", told(iter(problems)))

    assert target.getvalue().decode("utf-8-sig").splitlines() == [
        "sku,price,problem",
        "B,x,price: no sku: none",
        "C,y,bad",
    ]
