"""The other folder of the file drop: what the ERP leaves for the portal, taken in file by file.

::

    in/*.xml                     waiting
    in/processed/2026-03/*.xml   taken in
    in/set-aside/*.xml           refused, each with <name>.reason.txt beside it

The caller reads a file, settles it in the database, then calls ``finish``. A crash in between shows the file again, so
the database must know documents by their content (``sha256``) and take a repeated one for done.
"""

import datetime
import errno
import hashlib
import os
import stat
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from erp_bridge.adapters.errors import DocumentRefused, gettext_noop
from erp_bridge.adapters.folders import exists, file_trouble, sync_folder, write_new_file
from erp_bridge.adapters.ubl.hostile import MAX_BYTES

_Look = tuple[int, int, int, int]  # device, inode, size, time of last change in nanoseconds


@dataclass(frozen=True, slots=True)
class IncomingFile:
    """A file that waits. ``name`` is printable; ``problem`` says why it must be set aside unread, or is empty."""

    path: Path
    name: str
    size: int
    problem: str
    look: _Look


class FilePickup:
    """Reads one folder. A file counts as complete when nothing changed in it for ``quiet_seconds``."""

    def __init__(self, folder: Path, quiet_seconds: float = 10, clock: Callable[[], float] = time.time) -> None:
        self.folder = folder
        self._quiet = quiet_seconds
        self._clock = clock
        self._seen: dict[str, tuple[_Look, float]] = {}

    def collect(self) -> Iterator[IncomingFile]:
        """The complete ``*.xml`` files of the folder, the oldest first. Raises RetryableError when it cannot be read.

        Skips names that begin with ``.``, ``~`` or ``#``. Links, folders and too large files come with a ``problem``.
        """
        with file_trouble(self.folder, visible=False):
            found = list(self._looks())
        self._seen = {name: self._first_seen(name, look) for name, look, _ in found}
        for name, look, mode in sorted(found, key=lambda item: (item[1][3], item[0])):
            if self._is_quiet(name, look):
                path = self.folder / name
                yield IncomingFile(path, _printable(name), look[2], _problem(look[2], mode), look)

    def _looks(self) -> Iterator[tuple[str, _Look, int]]:
        with os.scandir(self.folder) as entries:
            for entry in entries:
                if entry.name.lower().endswith(".xml") and entry.name[0] not in ".~#":
                    try:
                        found = entry.stat(follow_symlinks=False)
                    except FileNotFoundError:
                        continue
                    yield entry.name, _look(found), found.st_mode

    def _first_seen(self, name: str, look: _Look) -> tuple[_Look, float]:
        before = self._seen.get(name)
        return before if before and before[0] == look else (look, self._clock())

    def _is_quiet(self, name: str, look: _Look) -> bool:
        # The file server's clock may be ahead of ours: then only two equal looks, far enough apart, tell.
        now = self._clock()
        return now - look[3] / 1e9 >= self._quiet or now - self._seen[name][1] >= self._quiet

    def read(self, file: IncomingFile) -> bytes:
        """The content. Raises DocumentRefused when it is not the collected file any more, or has a ``problem``."""
        if file.problem:
            raise DocumentRefused("bad_file", file.problem)
        with file_trouble(self.folder, visible=False):
            try:
                descriptor = os.open(file.path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
            except OSError as why:
                if why.errno in (errno.ELOOP, errno.ENOENT):
                    raise _changed(file) from None
                raise
            with os.fdopen(descriptor, "rb") as handle:
                content = handle.read(MAX_BYTES + 1)
                if _look(os.fstat(descriptor)) != file.look or len(content) != file.size:
                    raise _changed(file)
        return content

    def finish(self, file: IncomingFile) -> Path | None:
        """Move a file that was taken in to ``processed/YYYY-MM`` (UTC).

        None when it is gone or another file has taken its name meanwhile: that one is left for the next round.
        """
        month = datetime.datetime.fromtimestamp(self._clock(), tz=datetime.UTC).strftime("%Y-%m")
        with file_trouble(self.folder, visible=False):
            return self._move(file, self.folder / "processed" / month, reason=None)

    def set_aside(self, file: IncomingFile, reason: str) -> Path | None:
        """Move a refused file to ``set-aside``, its reason beside it first, so that none lies there unexplained."""
        with file_trouble(self.folder, visible=False):
            return self._move(file, self.folder / "set-aside", reason)

    def _move(self, file: IncomingFile, folder: Path, reason: str | None) -> Path | None:
        try:
            if _look(os.lstat(file.path)) != file.look:
                return None
        except FileNotFoundError:
            return None
        folder.mkdir(mode=0o750, parents=True, exist_ok=True)
        target = _free_name(folder, file.path)
        if reason is not None:
            text = reason.encode("utf-8", "replace") + b"\n"
            write_new_file(target.with_name(f"{target.name}.reason.txt"), text)
        try:
            os.rename(file.path, target)
        except FileNotFoundError:
            return None
        sync_folder(folder)
        sync_folder(self.folder)
        return target


def sha256(content: bytes) -> str:
    """Fingerprint by which a document taken in twice is recognised."""
    return hashlib.sha256(content).hexdigest()


def _look(found: os.stat_result) -> _Look:
    # The time of change, unlike that of modification, cannot be set by a copying tool.
    return found.st_dev, found.st_ino, found.st_size, found.st_ctime_ns


def _problem(size: int, mode: int) -> str:
    if stat.S_ISLNK(mode):
        return gettext_noop("This is a link; only files are read.")
    if not stat.S_ISREG(mode):
        return gettext_noop("This is not a file.")
    if size > MAX_BYTES:
        return gettext_noop("The file is larger than 10 MB.")
    return ""


def _changed(file: IncomingFile) -> DocumentRefused:
    return DocumentRefused("changed", gettext_noop("%(name)s changed while it was read."), name=file.name)


def _printable(name: str) -> str:
    text = name.encode("utf-8", "replace").decode("utf-8")
    return "".join(char if char.isprintable() else "?" for char in text)


def _free_name(folder: Path, path: Path) -> Path:
    stem = os.fsdecode(os.fsencode(path.stem)[:200])  # leaves room for the number and .reason.txt
    target, number = folder / f"{stem}{path.suffix}", 1
    while exists(target):
        number += 1
        target = folder / f"{stem}-{number}{path.suffix}"
    return target
