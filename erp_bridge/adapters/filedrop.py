"""File drop: one UBL 2.1 Order per file in a folder from which the ERP takes them away.

::

    out/<name>.xml                       what the ERP sees: complete, and there once
    out/.staging/<token>                 complete, but not yet for the ERP
    out/.delivered/<name>                which staged file was chosen for <name>; kept for ever, 200 bytes each

Delivery first writes the choice (at most one can exist per name), then renames the chosen file into ``out``. A rename
happens once, so whoever repeats it finds the staged file gone and knows that the ERP has had it, even when the ERP took
the file away since, the worker was killed, an older worker wakes up, or the portal was restored from an older backup.
Only this module may delete from ``.staging`` and ``.delivered``.
"""

import contextlib
import hashlib
import os
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from erp_bridge.adapters.base import OutboundDocument, Receipt
from erp_bridge.adapters.errors import PermanentError, RetryableError, UnknownOutcomeError, gettext_noop
from erp_bridge.adapters.folders import (
    digest_of,
    exists,
    file_trouble,
    require_folder,
    sync_folder,
    write_new_file,
)
from erp_bridge.adapters.ubl.order import write_order

_LONGEST_NAME = 100
_TOKEN = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]{0,119})\.(\d{1,20})\.([0-9a-f]{16})\.([0-9a-f]{64})", re.ASCII)


def write_ubl(document: OutboundDocument) -> bytes:
    """The document as the file drop writes it."""
    return write_order(document.order)


def safe_name(name: str) -> str:
    """A file name of letters, digits, ``.``, ``_`` and ``-``; a changed name gets a fingerprint of the original."""
    cleaned = re.sub(r"[^A-Za-z0-9._-]+", "_", name).lstrip("._-")[:_LONGEST_NAME]
    if cleaned and cleaned == name:
        return cleaned
    return f"{cleaned or 'document'}-{hashlib.sha256(name.encode('utf-8', 'surrogatepass')).hexdigest()[:12]}"


@dataclass(frozen=True, slots=True)
class _Token:
    """Names one staged file. ``nonce`` keeps two stagings apart even when a restored database repeats a fence."""

    name: str
    fence: int
    nonce: str
    sha256: str

    def __str__(self) -> str:
        return f"{self.name}.{self.fence}.{self.nonce}.{self.sha256}"

    @classmethod
    def parse(cls, text: str) -> "_Token":
        found = _TOKEN.fullmatch(text)
        if found is None:
            sentence = gettext_noop("“%(token)s” is not a token of the file drop.")
            raise PermanentError("bad_token", sentence, token=text[:80])
        return cls(found[1], int(found[2]), found[3], found[4])


class FileDrop:
    """An ErpAdapter that writes into ``out``, a folder that exists and lies on one file system."""

    def __init__(self, out: Path, write: Callable[[OutboundDocument], bytes] = write_ubl) -> None:
        self.out = out
        self._staging = out / ".staging"
        self._delivered = out / ".delivered"
        self._write = write

    def stage(self, document: OutboundDocument, fence: int) -> str:
        """Write the file where the ERP does not look, complete and on disk; answer its token."""
        content = self._write(document)
        token = _Token(safe_name(document.name), fence, secrets.token_hex(8), hashlib.sha256(content).hexdigest())
        with file_trouble(self.out, visible=False):
            self._make_folders()
            write_new_file(self._staging / str(token), content)
        return str(token)

    def deliver(self, token: str) -> Receipt:
        """Let the ERP have the staged file. One file per name ever appears, however often and by whom this is called.

        Raises PermanentError when another document of this name was delivered or lies in the folder, and
        UnknownOutcomeError when the staged file is gone and nothing says that it was delivered.
        """
        wanted = _Token.parse(token)
        with file_trouble(self.out):
            require_folder(self._staging)
            chosen = self._chosen(wanted.name) or self._choose(wanted)
            if chosen.sha256 != wanted.sha256:
                sentence = gettext_noop(
                    "Another document was already delivered as %(name)s; this one needs a new name."
                )
                raise PermanentError("other_delivered", sentence, name=wanted.name)
            moved = self._move(chosen)
            if chosen != wanted:
                (self._staging / token).unlink(missing_ok=True)
        return Receipt(reference=f"{wanted.name}.xml", repeated=not moved)

    def discard(self, token: str) -> None:
        """Delete the staged file, unless its delivery has begun."""
        wanted = _Token.parse(token)
        with file_trouble(self.out, visible=False):
            if self._chosen(wanted.name) != wanted:
                (self._staging / token).unlink(missing_ok=True)

    def probe(self) -> None:
        """Write and delete a file; check that a rename will be atomic. Raises RetryableError with the reason."""
        with file_trouble(self.out, visible=False):
            self._make_folders()
            devices = {os.stat(folder).st_dev for folder in (self.out, self._staging, self._delivered)}
            if len(devices) != 1:
                sentence = gettext_noop("%(folder)s and its .staging folder are on different file systems.")
                raise RetryableError("two_file_systems", sentence, folder=str(self.out))
            trial = self._staging / f".probe-{secrets.token_hex(8)}"
            write_new_file(trial, b"probe")
            try:
                os.link(trial, trial.with_suffix(".link"))  # the choice of a delivery needs hard links
                trial.with_suffix(".link").unlink()
            finally:
                trial.unlink()

    def _make_folders(self) -> None:
        require_folder(self.out)  # the folder itself is never made: a share that is not mounted must not be hidden
        for folder in (self._staging, self._delivered):
            with contextlib.suppress(FileExistsError):
                folder.mkdir(mode=0o750)

    def _chosen(self, name: str) -> _Token | None:
        try:
            return _Token.parse((self._delivered / name).read_text("ascii", "replace"))
        except FileNotFoundError:
            return None

    def _choose(self, wanted: _Token) -> _Token:
        """Choose ``wanted`` for its name, unless another worker was first; answer what was chosen."""
        if not self._lies_there(wanted) and not exists(self._staging / str(wanted)):
            settled = self._chosen(wanted.name)  # another worker may have chosen and moved it since we looked
            if settled is None:
                sentence = gettext_noop("The prepared file %(file)s is gone, and nothing says that it was delivered.")
                raise UnknownOutcomeError("staged_file_gone", sentence, file=f"{wanted.name}.xml")
            return settled
        self._delivered.mkdir(mode=0o750, exist_ok=True)
        draft = self._delivered / f".{wanted.fence}-{secrets.token_hex(8)}"
        write_new_file(draft, str(wanted).encode("ascii"))
        try:
            os.link(draft, self._delivered / wanted.name)  # fails when the name was chosen meanwhile
        except FileExistsError:
            pass
        finally:
            draft.unlink()
        sync_folder(self._delivered)
        return self._chosen(wanted.name) or wanted

    def _move(self, chosen: _Token) -> bool:
        """Move the chosen file to where the ERP looks; False when that was done before."""
        staged = self._staging / str(chosen)
        if self._lies_there(chosen):
            staged.unlink(missing_ok=True)
            return False
        try:
            os.rename(staged, self.out / f"{chosen.name}.xml")
        except FileNotFoundError:
            if self._chosen(chosen.name) == chosen:
                return False
            raise  # the whole share is gone, which says nothing about the file
        sync_folder(self.out)
        sync_folder(self._staging)
        return True

    def _lies_there(self, token: _Token) -> bool:
        """Whether the ERP has yet to take the file away. Refuses another file of that name."""
        target = self.out / f"{token.name}.xml"
        found = digest_of(target)
        if found not in ("", token.sha256):
            sentence = gettext_noop("%(file)s is already in the folder with other content; it is not overwritten.")
            raise PermanentError("file_in_the_way", sentence, file=target.name)
        return bool(found)
