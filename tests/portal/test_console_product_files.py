"""Putting files beside products: who may, what is taken, and what is refused with its mend."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from pricing.catalogue.files import LARGEST_FILE, FileRefused, checked_name
from pricing.catalogue.models import ProductCard, ProductFile
from tests.factories import World
from tests.portal.shop_catalogue import make_variants

PDF = b"%PDF-1.4 data"
URL = "console:product_files"


@pytest.fixture(autouse=True)
def _storage(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def ada(world: World, as_user: Any) -> Client:
    return as_user(world.ada)


def upload(client: Client, name: str = "pan.pdf", content: bytes = PDF, **said: str) -> Any:
    file = SimpleUploadedFile(name, content)
    form = {"sku": "PAN-24", "kind": "data_sheet", "title": "Data sheet", "language": "en", **said, "file": file}
    return client.post(reverse(URL), form)


def test_a_file_is_kept_and_listed(world: World, ada: Client) -> None:
    assert upload(ada, title_zh="数据表").status_code == 302
    file = ProductFile.objects.get()
    assert (file.product, file.name, file.size, file.title_zh) == (world.pan, "pan.pdf", len(PDF), "数据表")
    assert "pan.pdf" in ada.get(reverse(URL), {"q": "PAN-24"}).content.decode()
    assert "pan.pdf" not in ada.get(reverse(URL), {"q": "POT-5L"}).content.decode()


def test_a_model_s_code_puts_it_beside_all_variants(world: World, ada: Client) -> None:
    parent = make_variants("MUG", ["1", "2"])[0].parent
    ProductCard.objects.create(product=parent, model_code="M-1")
    upload(ada, sku="M-1")
    assert ProductFile.objects.get().product == parent


def test_the_same_name_again_replaces_the_file(
    world: World, ada: Client, django_capture_on_commit_callbacks: Any
) -> None:
    upload(ada)
    before = ProductFile.objects.get()
    with django_capture_on_commit_callbacks(execute=True):
        upload(ada, content=PDF + b" newer", title="Newer")
    after = ProductFile.objects.get()
    assert (after.pk, after.title, after.file.read()) == (before.pk, "Newer", PDF + b" newer")
    assert not before.file.storage.exists(str(before.file.name))


def test_a_file_is_removed_from_storage_too(world: World, ada: Client, django_capture_on_commit_callbacks: Any) -> None:
    upload(ada)
    file = ProductFile.objects.get()
    with django_capture_on_commit_callbacks(execute=True):
        ada.post(reverse("console:product_file_remove", args=(file.pk,)))
    assert not ProductFile.objects.exists()
    assert not file.file.storage.exists(str(file.file.name))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("pan.exe", b"MZ"),
        ("pan.html", b"<script>"),
        ("pan.svg", b"<svg>"),
        ("pan.pdf", b"<html>"),
        ("pan", PDF),
        (".pdf", PDF),
        ("pan.pdf.exe", PDF),
        ("pan.png", PDF),
    ],
)
def test_what_is_no_document_is_refused(world: World, ada: Client, name: str, content: bytes) -> None:
    assert upload(ada, name, content).status_code == 422
    assert not ProductFile.objects.exists()


def test_a_file_that_is_empty_or_too_large_is_refused() -> None:
    for content in (b"", b"%PDF-" + b"0" * LARGEST_FILE):
        with pytest.raises(FileRefused):
            checked_name("pan.pdf", content)


@pytest.mark.parametrize("name", ["../../pan.pdf", "..\\pan.pdf", "/etc/pan.pdf", "pan\x00.pdf", "x" * 400 + ".pdf"])
def test_a_name_never_leaves_its_folder(name: str) -> None:
    kept = checked_name(name, PDF)
    assert kept.endswith(".pdf")
    assert not set(kept) & {"/", "\\", "\x00"}
    assert len(kept) < 200


def test_an_unknown_sku_is_refused_by_its_field(world: World, ada: Client) -> None:
    response = upload(ada, sku="NOBODY")
    assert response.status_code == 422
    assert list(response.context["form"].errors) == ["sku"]


@pytest.mark.parametrize("who", ["rita", "fay", "alice"])
def test_only_who_keeps_the_catalogue_may(world: World, as_user: Any, who: str) -> None:
    assert upload(as_user(getattr(world, who))).status_code in (403, 404)
    assert not ProductFile.objects.exists()
