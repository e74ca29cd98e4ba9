"""Durable steps on a shared folder, and its troubles in plain sentences."""

import contextlib
import errno
import hashlib
import os
import secrets
from collections.abc import Iterator
from pathlib import Path

from erp_bridge.adapters.errors import RetryableError, UnknownOutcomeError, gettext_noop

_SENTENCES = {
    errno.ENOSPC: ("disk_full", gettext_noop("The disk of folder %(folder)s is full.")),
    errno.EDQUOT: ("disk_full", gettext_noop("The disk quota of folder %(folder)s is used up.")),
    errno.EROFS: ("read_only", gettext_noop("Folder %(folder)s is read-only.")),
    errno.EACCES: ("no_permission", gettext_noop("The portal has no permission for folder %(folder)s.")),
    errno.EPERM: ("no_permission", gettext_noop("The portal has no permission for folder %(folder)s.")),
    errno.ENOENT: ("no_folder", gettext_noop("Folder %(folder)s does not exist. Is the share mounted?")),
    errno.ENOTDIR: ("no_folder", gettext_noop("%(folder)s is not a folder.")),
    errno.ENOTSUP: ("no_links", gettext_noop("The file system of folder %(folder)s has no hard links.")),
    errno.EXDEV: (
        "two_file_systems",
        gettext_noop("%(folder)s and its .staging folder are on different file systems."),
    ),
}


@contextlib.contextmanager
def file_trouble(folder: Path, *, visible: bool = True) -> Iterator[None]:
    """Turn an OSError into RetryableError when it is certain that the ERP saw nothing, else UnknownOutcomeError.

    ``visible`` False says that no step inside can be seen by the ERP.
    """
    try:
        yield
    except OSError as why:
        known = _SENTENCES.get(why.errno or 0)
        if known:
            raise RetryableError(known[0], known[1], folder=str(folder)) from why
        kind = UnknownOutcomeError if visible else RetryableError
        sentence = gettext_noop("Folder %(folder)s does not answer as it should: %(problem)s.")
        raise kind("folder_trouble", sentence, folder=str(folder), problem=why.strerror) from why


def require_folder(folder: Path) -> None:
    """Raise OSError unless ``folder`` is a folder that can be listed."""
    os.scandir(folder).close()


def sync_folder(folder: Path) -> None:
    """Make the entries of ``folder`` survive a power cut; a share that cannot is left to its server."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    except OSError as why:
        if why.errno not in (errno.EINVAL, errno.ENOTSUP):
            raise
    finally:
        os.close(descriptor)


def write_new_file(path: Path, content: bytes) -> None:
    """Put ``content`` at ``path`` completely or not at all, readable by owner and group, on disk when this returns."""
    draft = path.with_name(f".{secrets.token_hex(8)}.tmp")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o640)
    try:
        try:
            _write_all(descriptor, content)
            os.fchmod(descriptor, 0o640)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        os.rename(draft, path)
    except BaseException:
        with contextlib.suppress(OSError):
            draft.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def _write_all(descriptor: int, content: bytes) -> None:
    view = memoryview(content)
    while view:
        view = view[os.write(descriptor, view) :]


def exists(path: Path) -> bool:
    """Whether anything is at ``path``, a broken link included. Unlike ``Path.exists`` it does not hide other errors."""
    try:
        os.lstat(path)
    except FileNotFoundError:
        return False
    return True


def digest_of(path: Path) -> str:
    """SHA-256 of a regular file, or "" when there is none at ``path`` (any more)."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except FileNotFoundError:
        return ""
    except OSError as why:
        if why.errno == errno.ELOOP:
            return "a link"
        raise
    with os.fdopen(descriptor, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
