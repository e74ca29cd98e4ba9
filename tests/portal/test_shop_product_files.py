"""Files of products: only for who may see the product, and never opened by a browser."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.test import Client
from django.urls import reverse

from portal.shop.rows import product_url
from pricing.catalogue.models import ProductFile
from tests.factories import World
from tests.portal.shop_catalogue import make_variants

PDF = b"%PDF-1.4 data"


@pytest.fixture(autouse=True)
def _storage(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def alice(world: World, as_user: Any) -> Client:
    return as_user(world.alice)


def make_file(product: Any, name: str = "pan.pdf", **said: Any) -> ProductFile:
    file = ProductFile(product=product, name=name, size=len(PDF), title="Data sheet of the pan", **said)
    file.file.save(name, ContentFile(PDF), save=True)
    return file


def url(file: ProductFile) -> str:
    return reverse("shop:product_file", args=(file.pk,))


def test_a_file_comes_as_an_attachment_that_no_browser_opens(world: World, alice: Client) -> None:
    response = alice.get(url(make_file(world.pan, "煎锅.pdf")))
    assert b"".join(response) == PDF
    assert response["Content-Type"] == "application/pdf"
    assert response["Content-Disposition"].startswith("attachment; filename*=utf-8''")
    assert response["X-Content-Type-Options"] == "nosniff"
    assert "private" in response["Cache-Control"]


def test_a_page_among_the_files_is_still_only_a_download(world: World, alice: Client) -> None:
    response = alice.get(url(make_file(world.pan, "evil.html")))
    assert response["Content-Disposition"].startswith("attachment")
    assert "sandbox" in response["Content-Security-Policy"]


def test_the_page_lists_the_files_of_the_variant_and_of_its_model(world: World, alice: Client) -> None:
    variants = make_variants("MUG", ["1", "2"])
    own = make_file(variants[0], "own.pdf", kind="manual")
    common = make_file(variants[0].parent, "common.pdf", language="zh-hans")
    files = alice.get(product_url(variants[0])).context["files"]
    assert [file.url for file in files] == [url(common), url(own)]
    assert (files[0].kind, files[0].ending) == ("Data sheet", "PDF")
    assert [file.url for file in alice.get(product_url(variants[1])).context["files"]] == [url(common)]
    assert alice.get(url(common)).status_code == 200


def test_a_file_of_a_product_outside_the_assortment_does_not_exist(world: World, as_user: Any) -> None:
    file = make_file(world.knife)
    assert as_user(world.bob).get(url(file)).status_code == 404
    assert as_user(world.alice).get(url(file)).status_code == 200


def test_a_file_that_is_lost_or_was_never_there_does_not_exist(world: World, alice: Client) -> None:
    file = make_file(world.pan)
    file.file.storage.delete(str(file.file.name))
    assert alice.get(url(file)).status_code == 404
    assert alice.get(reverse("shop:product_file", args=(999_999,))).status_code == 404


def test_files_have_no_public_address(world: World, alice: Client, client: Client) -> None:
    file = make_file(world.pan, "pan.png")
    assert alice.get(reverse("media", args=(file.file.name,))).status_code == 404
    assert client.get(url(file)).status_code in (302, 404)


def test_the_title_follows_the_reader_s_language(world: World, alice: Client) -> None:
    make_file(world.pan, title_zh="煎锅数据表")
    world.alice.language = "zh-hans"
    world.alice.save()
    shown = alice.get(product_url(world.pan), headers={"Accept-Language": "zh-hans"}).context["files"]
    assert shown[0].title in ("煎锅数据表", "Data sheet of the pan")
