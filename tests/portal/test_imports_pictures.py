"""Pictures from folders and ZIPs, friendly and hostile."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from pathlib import Path

import pytest
from django.core.files.storage import default_storage
from PIL import Image

from portal.imports import pictures
from portal.imports.pictures import Folder, PicturesRefused, StoredPictures, Zip
from pricing.catalogue.pictures import PictureRefused


def picture(kind: str = "PNG", size: tuple[int, int] = (8, 8)) -> bytes:
    target = io.BytesIO()
    Image.new("RGB", size, "red").save(target, kind)
    return target.getvalue()


def flood() -> bytes:
    """A tiny PNG that says it has 60,000 × 60,000 pixels."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(b"\0" * 1000)) + chunk(b"IEND", b"")


def packed(**members: bytes) -> io.BytesIO:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name.replace("__", "/").replace("_dot_", "."), data)
    target.seek(0)
    return target


@pytest.mark.parametrize(("kind", "ending"), [("PNG", "png"), ("JPEG", "jpg"), ("GIF", "gif"), ("WEBP", "webp")])
def test_a_picture_is_stored_once_by_its_content(kind: str, ending: str) -> None:
    data = picture(kind)
    album = StoredPictures(Zip(packed(a_dot_png=data, deep__folder__B_dot_png=data), 1000))

    first, second = album.store("a.png"), album.store("b.PNG")
    album.close()

    assert first == second
    assert first.endswith(f".{ending}")
    assert default_storage.exists(first)
    assert StoredPictures(Zip(packed(a_dot_png=data), 1000)).store("a.png") == first


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<svg onload='alert(1)'/>",
        b"MZ\x90\x00",
        picture()[:40],
        b"GIF89a" + b"\0" * 50,
        b"RIFF\0\0\0\0AVI ",
        flood(),
    ],
)
def test_what_is_no_picture_is_refused(data: bytes) -> None:
    album = StoredPictures(Zip(packed(a_dot_png=data), 1000))

    with pytest.raises(PictureRefused, match=r"a\.png"):
        album.store("a.png")
    assert not default_storage.exists("products") or not default_storage.listdir("products")[0]
    album.close()


def test_a_picture_that_kills_the_checker_leaves_the_next_one_alone() -> None:
    album = StoredPictures(Zip(packed(a_dot_png=flood(), b_dot_png=picture()), 1000))

    with pytest.raises(PictureRefused):
        album.store("a.png")
    assert album.store("b.png").endswith(".png")
    album.close()


def test_a_picture_too_large_is_not_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "LARGEST_PICTURE", 100)
    album = StoredPictures(Zip(packed(a_dot_png=picture() + b"\0" * 1000), 1000))

    with pytest.raises(PictureRefused, match="MB"):
        album.store("a.png")


def test_hostile_zips_are_refused_before_they_are_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(PicturesRefused):
        Zip(io.BytesIO(b"PK\x03\x04 nonsense"), 20)
    with pytest.raises(PicturesRefused):
        Zip(packed(a_dot_png=b"x"), pictures.LARGEST_ZIP + 1)
    monkeypatch.setattr(pictures, "MOST_MEMBERS", 1)
    with pytest.raises(PicturesRefused):
        Zip(packed(a_dot_png=b"x", b_dot_png=b"x"), 100)
    monkeypatch.setattr(pictures, "MOST_MEMBERS", 9)
    monkeypatch.setattr(pictures, "MOST_UNPACKED", 10)
    with pytest.raises(PicturesRefused):
        Zip(packed(a_dot_png=b"\0" * 100), 100)


def test_a_damaged_member_refuses_its_picture_alone() -> None:
    raw = packed(a_dot_png=picture(size=(300, 300))).getvalue()
    place = raw.index(b"a.png") + 20
    album = StoredPictures(Zip(io.BytesIO(raw[:place] + b"\xff" * 8 + raw[place + 8 :]), len(raw)))

    with pytest.raises(PictureRefused):
        album.store("a.png")


def test_a_folder_gives_its_own_files_only(tmp_path: Path) -> None:
    inside = tmp_path / "in"
    inside.mkdir()
    (tmp_path / "secret.png").write_bytes(picture())
    (inside / "ok.png").write_bytes(picture())
    album = StoredPictures(Folder(inside))

    assert album.store("OK.png")
    for name in ("../secret.png", str(tmp_path / "secret.png"), "missing.png"):
        with pytest.raises(PictureRefused):
            album.store(name)
    album.close()
