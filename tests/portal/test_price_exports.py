"""Excel of long price lists: made by a worker, watched, stopped, downloaded, and thrown away after a while."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings as configured
from django.core.files.storage import default_storage
from django.utils import timezone
from openpyxl import load_workbook

from portal.console import price_exports, prices
from portal.exports import jobs, tasks
from portal.exports.models import KEPT, ExportState, PriceListExport
from pricing.terms.intake import PricesIntake
from pricing.terms.models import Price, PriceList
from tests.factories import World
from tests.intakes import counts, take
from tests.portal.test_console_prices import imported

pytestmark = pytest.mark.django_db

PAGE = "/console/prices/WHOLESALE/exports/"
START = f"{PAGE}start/"


@pytest.fixture(autouse=True)
def sent(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """What was handed to the worker, and lists that are long with more than one price."""
    monkeypatch.setattr(prices, "MOST_IN_EXCEL", 1)
    asked: list[int] = []
    monkeypatch.setattr(tasks.make, "apply_async", lambda args, **_options: asked.append(*args))
    return asked


def asked(world: World, **values: Any) -> PriceListExport:
    wholesale = PriceList.objects.get(code="WHOLESALE")
    fields = {"price_list": wholesale, "asked_by": world.ada, "file_name": "prices-WHOLESALE.xlsx", **values}
    return PriceListExport.objects.create(**fields)


def content(response: Any) -> bytes:
    return b"".join(response.streaming_content)


def test_from_the_button_to_a_workbook_that_changes_nothing(
    world: World, as_user: Any, sent: list[int], django_capture_on_commit_callbacks: Any
) -> None:
    ada = as_user(world.ada)

    led = ada.get("/console/prices/WHOLESALE/export.xlsx", {"q": "PAN", "after": "x"})
    assert led["Location"] == f"{PAGE}?q=PAN"
    assert (
        ada.get(led["Location"]).context["total"]
        == Price.objects.filter(price_list__code="WHOLESALE", product__upc__icontains="PAN").count()
    )
    with django_capture_on_commit_callbacks(execute=True):
        assert ada.post(START, {"q": "PAN"})["Location"] == PAGE
    export = PriceListExport.objects.get()
    assert (sent, export.query, export.state) == ([export.pk], "q=PAN", ExportState.QUEUED)

    jobs.make(export.pk)

    export.refresh_from_db()
    assert (export.state, export.rows_done) == (ExportState.DONE, export.rows_total)
    answer = ada.get(f"/console/price-exports/{export.pk}/file/")
    assert 'filename="prices-WHOLESALE.xlsx"' in answer["Content-Disposition"]
    heads, *rows = load_workbook(io.BytesIO(content(answer))).worksheets[0].iter_rows(values_only=True)
    assert len(rows) == export.rows_total > 0
    given = [{str(name): imported(cell) for name, cell in zip(heads, row, strict=True)} for row in rows]
    assert counts(take(PricesIntake, *given))[:2] == (0, 0)
    assert {row["sku"] for row in given} == {"PAN-24"}


def test_the_same_question_is_answered_once(world: World, as_user: Any) -> None:
    ada = as_user(world.ada)

    for _twice in range(2):
        ada.post(START, {"q": " PAN ", "state": ""})

    assert PriceListExport.objects.count() == 1
    page = ada.get(PAGE, {"q": "PAN"})
    assert page.context["being_made"]
    assert "Make the workbook" not in page.text


def test_more_prices_than_a_sheet_holds_are_refused_with_advice(
    world: World, as_user: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (jobs, price_exports):
        monkeypatch.setattr(module, "MOST_ROWS", 1)
    ada = as_user(world.ada)

    assert "take CSV" in ada.get(PAGE).text
    assert ada.post(START).status_code == 422
    assert not PriceListExport.objects.exists()

    export = asked(world)
    jobs.make(export.pk)
    export.refresh_from_db()
    assert export.state == ExportState.REFUSED
    assert "take CSV" in export.error


def test_only_who_asked_and_the_back_office_see_a_workbook(world: World, as_user: Any) -> None:
    export = asked(world, asked_by=world.rita)
    jobs.make(export.pk)
    file, stop = f"/console/price-exports/{export.pk}/file/", f"/console/price-exports/{export.pk}/stop/"

    assert [as_user(user).get(file).status_code for user in (world.rita, world.ada, world.sam, world.alice)] == [
        *(200, 200, 404, 403)
    ]
    assert as_user(world.sam).post(stop).status_code == 404
    assert not as_user(world.sam).get(PAGE).context["rows"]


def test_progress_counts_and_ends_with_a_fresh_page(world: World, as_user: Any) -> None:
    export = asked(world, state=ExportState.RUNNING, rows_total=90_000, rows_done=45_000)
    url = f"/console/price-exports/{export.pk}/progress/"

    running = as_user(world.ada).get(url)
    assert "45,000 of 90,000 rows" in running.text
    assert "HX-Refresh" not in running
    PriceListExport.objects.update(state=ExportState.DONE, finished_at=timezone.now())
    assert as_user(world.ada).get(url)["HX-Refresh"] == "true"


def test_a_stopped_workbook_is_not_kept(world: World, as_user: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "STEP", 1)
    export = asked(world)
    progress = jobs._progress

    def stop_meanwhile(found: PriceListExport, **values: Any) -> None:
        if values.get("rows_done") == 1:
            as_user(world.ada).post(f"/console/price-exports/{found.pk}/stop/")
        progress(found, **values)

    monkeypatch.setattr(jobs, "_progress", stop_meanwhile)

    jobs.make(export.pk)

    export.refresh_from_db()
    assert (export.state, export.file.name) == (ExportState.STOPPED, "")


def test_a_worker_that_dies_is_followed_by_another_and_not_for_ever(world: World) -> None:
    export = asked(world, asked_at=timezone.now() - timedelta(minutes=5))
    assert jobs.stranded() == [export.pk]
    for _attempt in range(jobs.MOST_ATTEMPTS):
        assert jobs.claim(export.pk) is not None
        assert jobs.claim(export.pk) is None
        PriceListExport.objects.update(heartbeat_at=timezone.now() - jobs.SILENCE - timedelta(seconds=1))
        assert jobs.stranded() == [export.pk]

    assert jobs.claim(export.pk) is None

    export.refresh_from_db()
    assert (export.state, jobs.stranded()) == (ExportState.REFUSED, [])


def test_workbooks_are_thrown_away_with_their_files(world: World) -> None:
    old, new = asked(world), asked(world, query="q=PAN")
    jobs.make(old.pk)
    jobs.make(new.pk)
    PriceListExport.objects.filter(pk=old.pk).update(finished_at=timezone.now() - KEPT - timedelta(minutes=1))
    old.refresh_from_db()
    new.refresh_from_db()

    tasks.purge()

    assert list(PriceListExport.objects.all()) == [new]
    assert (default_storage.exists(old.file.name), default_storage.exists(new.file.name)) == (False, True)
    scheduled = {entry["task"] for entry in configured.CELERY_BEAT_SCHEDULE.values()}
    assert {tasks.purge.name, tasks.resume.name} <= scheduled


def test_a_list_that_is_gone_is_said(world: World) -> None:
    export = asked(world, price_list=None)

    jobs.make(export.pk)

    export.refresh_from_db()
    assert export.state == ExportState.REFUSED
    assert export.rows_done == 0
