"""Pictures for an import, from a folder or an uploaded ZIP: checked as hostile, stored once by content."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import threading
import zipfile
from pathlib import Path
from typing import IO, Any, cast

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils.translation import gettext as _

from pricing.catalogue.pictures import PictureRefused

MEBIBYTE = 1024 * 1024
LARGEST_PICTURE = 15 * MEBIBYTE
LARGEST_ZIP = 200 * MEBIBYTE
MOST_MEMBERS = 10_000
MOST_UNPACKED = 1024 * MEBIBYTE
PATIENCE_SECONDS = 30
MAGIC = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF87a", b"GIF89a", b"RIFF")
CHILD = Path(__file__).with_name("picturechild.py")


class PicturesRefused(Exception):
    """A ZIP or folder that we will not read; `message` names the mend."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class StoredPictures:
    """Finds pictures by file name, has each checked in a child process, and stores each content once."""

    def __init__(self, finder: Finder) -> None:
        self._finder = finder
        self._names: dict[str, str | PictureRefused] = {}
        self._checker = Checker()

    def store(self, name: str) -> str:
        """The picture's name in storage. Raises PictureRefused when it is missing or no picture we show."""
        known = self._names.get(name)
        if known is None:
            try:
                known = self._store(name)
            except PictureRefused as why:
                known = why
            self._names[name] = known
        if isinstance(known, PictureRefused):
            raise known
        return known

    def close(self) -> None:
        """End the checking process."""
        self._checker.close()
        self._finder.close()

    def _store(self, name: str) -> str:
        data = self._finder.read(name)
        if len(data) > LARGEST_PICTURE:
            facts = {"name": name, "limit": LARGEST_PICTURE // MEBIBYTE}
            raise PictureRefused(_("The picture %(name)s has more than %(limit)s MB. Make it smaller.") % facts)
        digest = hashlib.sha256(data).hexdigest()
        ending = self._checker.ending(name, data)
        stored = f"products/{digest[:2]}/{digest[:32]}.{ending}"
        if not default_storage.exists(stored):
            return default_storage.save(stored, ContentFile(data))
        return stored


class Finder:
    """Where the bytes of a picture are."""

    def read(self, name: str) -> bytes:
        """The file's bytes, at most one more than the largest picture has. Raises PictureRefused."""
        raise PictureRefused(missing(name))

    def close(self) -> None:
        """Let go of the source."""


def missing(name: str) -> str:
    """What a row is told whose picture is not there."""
    return _("The picture %(name)s is not among the pictures. Add it, or correct the name.") % {"name": name}


class Folder(Finder):
    """Pictures that lie in one folder of this machine."""

    def __init__(self, folder: Path) -> None:
        if not folder.is_dir():
            raise PicturesRefused(_("There is no folder %(name)s.") % {"name": folder})
        self._files = {path.name.casefold(): path for path in folder.iterdir() if path.is_file()}

    def read(self, name: str) -> bytes:
        """Read a file of the folder, whatever the case of its name."""
        path = self._files.get(name.casefold())
        if path is None:
            raise PictureRefused(missing(name))
        with path.open("rb") as file:
            return file.read(LARGEST_PICTURE + 1)


class Zip(Finder):
    """Pictures in an uploaded ZIP, in whatever folders; its directory is judged before anything is unpacked."""

    def __init__(self, file: IO[bytes], size: int) -> None:
        if size > LARGEST_ZIP:
            raise PicturesRefused(
                _("The ZIP has more than %(limit)s MB. Split the import.") % {"limit": LARGEST_ZIP // MEBIBYTE}
            )
        try:
            self._zip = zipfile.ZipFile(file)
        except (zipfile.BadZipFile, NotImplementedError, OSError, ValueError, UnicodeDecodeError) as why:
            raise PicturesRefused(_("This is no ZIP file, or it is damaged. Pack the pictures again.")) from why
        members = [member for member in self._zip.infolist() if not member.is_dir()]
        if len(members) > MOST_MEMBERS or sum(member.file_size for member in members) > MOST_UNPACKED:
            raise PicturesRefused(_("The ZIP unpacks to too much. Put at most 10,000 pictures of 1 GB in all into it."))
        if any(member.flag_bits & 1 for member in members):
            raise PicturesRefused(_("The ZIP is protected by a password. Pack the pictures again without one."))
        self._members: dict[str, zipfile.ZipInfo] = {}
        for member in members:
            self._members.setdefault(member.filename.replace("\\", "/").rsplit("/", 1)[-1].casefold(), member)

    def read(self, name: str) -> bytes:
        """Unpack one member, never more than the largest picture."""
        member = self._members.get(name.replace("\\", "/").rsplit("/", 1)[-1].casefold())
        if member is None:
            raise PictureRefused(missing(name))
        try:
            with self._zip.open(member) as file:
                return file.read(LARGEST_PICTURE + 1)
        except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, EOFError, ValueError) as why:
            raise PictureRefused(
                _("The picture %(name)s is damaged in the ZIP. Pack it again.") % {"name": name}
            ) from why
        except Exception as why:  # zlib.error, lzma.LZMAError: whatever a decompressor raises on hostile bytes
            raise PictureRefused(
                _("The picture %(name)s is damaged in the ZIP. Pack it again.") % {"name": name}
            ) from why

    def close(self) -> None:
        """Close the archive."""
        self._zip.close()


class Checker:
    """Decodes pictures in a child process with memory and time limits; started when the first picture comes."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None

    def ending(self, name: str, data: bytes) -> str:
        """The ending that fits the content: png, jpg, gif or webp. Raises PictureRefused."""
        if not data.startswith(MAGIC):
            raise PictureRefused(_("%(name)s is no PNG, JPEG, GIF or WebP picture.") % {"name": name})
        answer = self._ask(data)
        if "ending" in answer:
            return str(answer["ending"])
        if answer.get("refused") == "too_many_pixels":
            raise PictureRefused(
                _("The picture %(name)s has too many pixels; at most 40 megapixels are shown.") % {"name": name}
            )
        raise PictureRefused(_("The picture %(name)s is damaged. Save it again.") % {"name": name})

    def close(self) -> None:
        """End the child."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None

    def _ask(self, data: bytes) -> dict[str, Any]:
        process = self._process = self._process or subprocess.Popen(  # noqa: S603 - our own file, and no shell
            [sys.executable, "-I", str(CHILD)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={"LANG": "C.UTF-8"},
        )
        alarm = threading.Timer(PATIENCE_SECONDS, process.kill)
        alarm.start()
        try:
            stdin, stdout = cast(IO[bytes], process.stdin), cast(IO[bytes], process.stdout)
            stdin.write(b"%d\n" % len(data) + data)
            stdin.flush()
            answer = json.loads(stdout.readline())
            return answer if isinstance(answer, dict) else {}
        except (OSError, ValueError):
            self.close()
            return {}
        finally:
            alarm.cancel()
