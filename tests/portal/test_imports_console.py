"""The console's imports: upload, mapping, result, and who may."""

from __future__ import annotations

import io
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from openpyxl import Workbook, load_workbook

from fulfilment.stock.models import StockLevel
from portal.imports import tasks
from portal.imports.jobs import run_job
from portal.imports.models import ColumnMapping, ImportJob, ImportKind, ImportState

pytestmark = pytest.mark.django_db

CSV = "Artikel,仓库,Qty\n{sku},SH,5\n{sku},BJ,x\n"


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    jobs: list[int] = []
    monkeypatch.setattr(tasks.run, "apply_async", lambda args, **_options: jobs.append(*args))
    return jobs


def upload(client: Any, content: bytes, name: str = "stock.csv", kind: str = "stock", **files: Any) -> Any:
    return client.post(
        reverse("console:import_new"), {"kind": kind, "file": SimpleUploadedFile(name, content), **files}
    )


def test_from_upload_to_refused_rows(
    world: Any, as_user: Any, sent: list[int], django_capture_on_commit_callbacks: Any
) -> None:
    client = as_user(world.ada)
    content = CSV.format(sku=world.pan.upc).encode()
    uploaded = upload(client, content)
    page = client.get(uploaded["Location"])
    assert "Artikel" in page.content.decode()
    assert page.context["form"]["column_location"].value() == "仓库"

    refused = client.post(uploaded["Location"], {"column_location": "仓库", "column_quantity": "Qty"})
    assert refused.status_code == 422
    assert refused.context["form"].errors["column_sku"]

    with django_capture_on_commit_callbacks(execute=True):
        started = client.post(
            uploaded["Location"], {"column_sku": "Artikel", "column_location": "仓库", "column_quantity": "Qty"}
        )
    job = ImportJob.objects.get()
    assert (sent, job.state) == ([job.pk], ImportState.QUEUED)
    assert client.get(reverse("console:import_progress", args=[job.pk])).status_code == 200

    run_job(job.pk)
    result = client.get(started["Location"])
    assert "“x” is no number" in result.content.decode()
    assert StockLevel.objects.filter(product=world.pan, on_hand=5).count() == 1
    file = b"".join(client.get(reverse("console:import_refused", args=[job.pk])).streaming_content)
    assert file.decode("utf-8-sig").splitlines()[0] == "Artikel,仓库,Qty,problem"
    assert client.get(reverse("console:import_progress", args=[job.pk]))["HX-Refresh"] == "true"
    assert client.get(reverse("console:imports")).status_code == 200

    again = client.get(upload(client, content)["Location"])
    assert again.context["remembered"] == ColumnMapping.objects.get()
    assert again.context["form"]["column_sku"].value() == "Artikel"


@pytest.mark.parametrize(
    ("name", "content"),
    [("a.csv", b""), ("a.xls", b"x"), ("a.csv", b"PK\x03\x04"), ("a.xlsx", b"not a zip"), ("a.exe", b"MZ")],
)
def test_a_file_that_cannot_be_read_is_refused_at_its_field(
    world: Any, as_user: Any, name: str, content: bytes
) -> None:
    answer = upload(as_user(world.ada), content, name)

    assert answer.status_code == 422
    assert answer.context["form"].errors["file"]
    assert not ImportJob.objects.exists()


def test_a_zip_that_is_none_is_refused_at_its_field(world: Any, as_user: Any) -> None:
    client = as_user(world.ada)
    bad = {"images": SimpleUploadedFile("p.zip", b"PK nonsense")}

    answer = upload(client, b"sku,name_en\nA,B\n", kind="products", **bad)

    assert answer.context["form"].errors["images"]


def test_other_headings_may_become_attributes(world: Any, as_user: Any, sent: list[int]) -> None:
    client = as_user(world.ada)
    uploaded = upload(client, "sku,name_en,颜色\nA,Bowl,红\n".encode(), kind="products")
    form = client.get(uploaded["Location"]).context["form"]
    names = form.others[0]["names"]

    client.post(
        uploaded["Location"],
        {
            "column_sku": "sku",
            "column_name_en": "name_en",
            names["use"]: "on",
            names["en"]: "Colour",
            names["zh"]: "颜色",
        },
    )

    assert ImportJob.objects.get().mapping["attributes"] == {
        "attribute_3": {"column": "颜色", "en": "Colour", "zh": "颜色"}
    }


def test_a_workbook_gets_its_refused_rows_as_a_workbook(world: Any, as_user: Any) -> None:
    book, target = Workbook(), io.BytesIO()
    book.active.append(["sku", "location", "quantity"])
    book.active.append([world.pan.upc, "SH", 1.5])
    book.save(target)
    client = as_user(world.ada)
    uploaded = upload(client, target.getvalue(), "stock.xlsx")
    job = ImportJob.objects.get()
    columns = {name: name for name in ("sku", "location", "quantity")}
    client.post(uploaded["Location"], {f"column_{name}": name for name in columns})
    run_job(job.pk)

    answer = client.get(reverse("console:import_refused", args=[job.pk]))

    sheet = load_workbook(io.BytesIO(b"".join(answer.streaming_content))).active
    assert [cell.value for cell in sheet[1]] == ["sku", "location", "quantity", "problem"]
    assert sheet["C2"].value == 1.5


@pytest.mark.parametrize("kind", ImportKind.values)
def test_the_template_names_our_columns(world: Any, as_user: Any, kind: str) -> None:
    client = as_user(world.ada)

    answer = client.get(reverse("console:import_template", args=[kind]))

    content = b"".join(answer.streaming_content)
    heads = [cell.value for cell in load_workbook(io.BytesIO(content)).worksheets[0][1]]
    uploaded = upload(client, content, f"{kind}.xlsx", kind)
    form = client.get(uploaded["Location"]).context["form"]
    assert all(form[f"column_{column.name}"].value() == column.name for column in form.columns)
    assert {"sku", "code", "number", "dealer", "price_list"} & set(heads)


@pytest.mark.parametrize("name", ["imports", "import_new"])
@pytest.mark.parametrize("who", ["rita", "fay", "alice"])
def test_only_those_who_may_import_see_it(world: Any, as_user: Any, name: str, who: str) -> None:
    assert as_user(getattr(world, who)).get(reverse(f"console:{name}")).status_code == 403
