"""The supplier's profile and its logo: an upload is hostile until it has been written anew."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from dealers.accounts.models import Supplier
from portal.console.logo import MOST_BYTES
from tests.factories import World
from tests.portal.console_samples import text

URL = "/console/supplier/"


def picture(kind: str = "PNG", size: tuple[int, int] = (40, 20), **more: Any) -> bytes:
    target = io.BytesIO()
    Image.new("RGB", size, "red").save(target, kind, **more)
    return target.getvalue()


def bomb() -> bytes:
    """A PNG header that claims 60,000 × 60,000 pixels."""
    head = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    chunks = [(b"IHDR", head), (b"IDAT", zlib.compress(b"\x00" * 1000)), (b"IEND", b"")]
    body = b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in chunks
    )
    return b"\x89PNG\r\n\x1a\n" + body


def send(client: Any, content: bytes | None = None, name: str = "logo.png", **fields: str) -> Any:
    data: dict[str, Any] = {"name": "Northwind Kitchen", **fields}
    if content is not None:
        data["new_logo"] = SimpleUploadedFile(name, content, content_type="image/png")
    return client.post(URL, data)


def test_the_profile_is_saved(world: World, as_user: Any) -> None:
    client = as_user(world.ada)
    response = send(client, name_zh="北风厨具", address="1 Road\nTown", tax_id="91330", bank_details="Bank 1")
    assert response.status_code == 302
    supplier = Supplier.current()
    assert (supplier.name_zh, supplier.tax_id, supplier.bank_details) == ("北风厨具", "91330", "Bank 1")
    assert "北风厨具" in text(client, URL)


def test_the_first_profile_of_a_new_portal_can_be_saved(world: World, as_user: Any) -> None:
    Supplier.objects.all().delete()
    assert send(as_user(world.ada)).status_code == 302
    assert Supplier.objects.get().name == "Northwind Kitchen"


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_a_logo_is_written_anew_and_the_old_one_removed(world: World, as_user: Any, kind: str) -> None:
    client = as_user(world.ada)
    send(client, picture())
    first = Supplier.current().logo.name
    send(client, picture(kind) + b"<script>alert(1)</script>", "../../evil.html")
    second = Supplier.current().logo.name
    assert second.startswith("supplier/logo-")
    assert second.endswith(".png")
    with default_storage.open(second) as stored:
        content = stored.read()
    assert content.startswith(b"\x89PNG")
    assert b"script" not in content
    assert not default_storage.exists(first)
    assert client.get(Supplier.current().logo.url).status_code == 200


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "not a PNG"),
        (b"\x89PNG\r\n\x1a\nbroken", "not a PNG"),
        (picture()[:60], "not a PNG"),
        (picture("GIF"), "not a PNG"),
        (bomb(), "4 megapixels"),
        (picture(size=(4001, 10)), "4 megapixels"),
        (b"\x89PNG" + b"0" * MOST_BYTES, "larger than 2 MB"),
        (b"", "empty"),
    ],
    ids=["svg", "broken", "cut", "gif", "bomb", "long", "large", "empty"],
)
def test_hostile_pictures_are_refused_at_the_field(world: World, as_user: Any, content: bytes, said: str) -> None:
    response = send(as_user(world.ada), content, name_zh="不要保存")
    assert response.status_code == 422
    assert said in response.context["form"].errors["new_logo"][0]
    supplier = Supplier.current()
    assert not supplier.logo
    assert supplier.name_zh == "北风厨具"


def test_the_logo_can_be_removed(world: World, as_user: Any) -> None:
    client = as_user(world.ada)
    send(client, picture())
    name = Supplier.current().logo.name
    send(client, remove_logo="on")
    assert not Supplier.current().logo
    assert not default_storage.exists(name)


@pytest.mark.parametrize("who", ["rita", "fay", "alice", "alpine_administrator"])
def test_only_administrators_see_and_save_the_profile(world: World, as_user: Any, who: str) -> None:
    client = as_user(getattr(world, who))
    assert client.get(URL).status_code == 403
    assert send(client, picture()).status_code == 403
    assert not Supplier.current().logo
