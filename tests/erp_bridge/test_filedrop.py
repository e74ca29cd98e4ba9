"""Writing order files for the ERP: one file per name, whatever is killed, repeated or restored."""

import errno
import os
import shutil
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from erp_bridge.adapters.base import ErpAdapter, OutboundDocument
from erp_bridge.adapters.errors import PermanentError, RetryableError, UnknownOutcomeError
from erp_bridge.adapters.filedrop import FileDrop, safe_name
from erp_bridge.adapters.ubl import write_order
from tests.erp_bridge.ubl_samples import order

DOCUMENT = OutboundDocument("SO-1", order())
CONTENT = write_order(order())


@pytest.fixture
def out(tmp_path: Path) -> Path:
    folder = tmp_path / "out"
    folder.mkdir()
    return folder


def drop(out: Path, content: bytes = CONTENT) -> ErpAdapter:
    return FileDrop(out, write=lambda document: content)


def seen(out: Path) -> list[str]:
    return sorted(path.name for path in out.glob("*.xml"))


def take(out: Path) -> list[bytes]:
    """Be an ERP that removes files at once."""
    taken = []
    for path in out.glob("*.xml"):
        taken.append(path.read_bytes())
        path.unlink()
    return taken


def test_staging_shows_the_erp_nothing(out: Path) -> None:
    drop(out).stage(DOCUMENT, 1)

    assert seen(out) == []


def test_a_delivered_file_is_complete_and_readable_by_the_group(out: Path) -> None:
    adapter = FileDrop(out)

    receipt = adapter.deliver(adapter.stage(DOCUMENT, 1))

    assert (receipt.reference, receipt.repeated) == ("SO-1.xml", False)
    assert (out / "SO-1.xml").read_bytes() == CONTENT
    assert (out / "SO-1.xml").stat().st_mode & 0o777 == 0o640


@pytest.mark.parametrize("consumed", [False, True])
def test_delivering_the_same_token_again_has_no_effect(out: Path, consumed: bool) -> None:
    adapter = drop(out)
    token = adapter.stage(DOCUMENT, 1)
    adapter.deliver(token)
    if consumed:
        take(out)

    assert adapter.deliver(token).repeated
    assert seen(out) == ([] if consumed else ["SO-1.xml"])


@pytest.mark.parametrize("consumed", [False, True])
def test_a_stale_worker_that_staged_before_cannot_deliver_after(out: Path, consumed: bool) -> None:
    stale = drop(out).stage(DOCUMENT, 1)
    fresh = drop(out).stage(DOCUMENT, 2)
    drop(out).deliver(fresh)
    if consumed:
        take(out)

    assert drop(out).deliver(stale).repeated
    assert seen(out) == ([] if consumed else ["SO-1.xml"])
    assert list((out / ".staging").iterdir()) == []


def test_a_restored_database_that_repeats_a_fence_delivers_nothing_new(out: Path) -> None:
    adapter = drop(out)
    adapter.deliver(adapter.stage(DOCUMENT, 1))
    take(out)

    assert adapter.deliver(adapter.stage(DOCUMENT, 1)).repeated
    assert seen(out) == []


def test_another_document_of_a_delivered_name_is_refused(out: Path) -> None:
    drop(out).deliver(drop(out).stage(DOCUMENT, 1))
    take(out)
    other = drop(out, b"<other/>")

    with pytest.raises(PermanentError, match="needs a new name"):
        other.deliver(other.stage(DOCUMENT, 2))
    assert seen(out) == []


def test_a_file_that_somebody_else_put_there_is_not_overwritten(out: Path) -> None:
    (out / "SO-1.xml").write_text("mine")
    token = drop(out).stage(DOCUMENT, 1)

    with pytest.raises(PermanentError, match="not overwritten"):
        drop(out).deliver(token)
    assert (out / "SO-1.xml").read_text() == "mine"


def test_the_same_file_already_there_is_adopted(out: Path) -> None:
    (out / "SO-1.xml").write_bytes(CONTENT)

    assert drop(out).deliver(drop(out).stage(DOCUMENT, 1)).repeated


def test_a_staged_file_that_vanished_is_not_taken_for_delivered(out: Path) -> None:
    token = drop(out).stage(DOCUMENT, 1)
    (out / ".staging" / token).unlink()

    with pytest.raises(UnknownOutcomeError, match="nothing says that it was delivered"):
        drop(out).deliver(token)


def test_a_share_that_is_not_mounted_is_not_taken_for_delivered(out: Path) -> None:
    token = drop(out).stage(DOCUMENT, 1)
    shutil.rmtree(out)
    out.mkdir()

    with pytest.raises(RetryableError, match="Is the share mounted"):
        drop(out).deliver(token)


def test_discarding_removes_what_was_staged(out: Path) -> None:
    token = drop(out).stage(DOCUMENT, 1)

    drop(out).discard(token)

    assert list((out / ".staging").iterdir()) == []


def test_discarding_does_not_take_back_a_delivery(out: Path) -> None:
    token = drop(out).stage(DOCUMENT, 1)
    drop(out).deliver(token)

    drop(out).discard(token)

    assert seen(out) == ["SO-1.xml"]


@pytest.mark.parametrize("token", ["", "../../etc/passwd", "SO-1.1.x", "a/b.1.0123456789abcdef." + "0" * 64])
def test_a_forged_token_is_refused(out: Path, token: str) -> None:
    with pytest.raises(PermanentError, match="not a token"):
        drop(out).deliver(token)


def test_names_become_safe_and_stay_apart() -> None:
    names = ["SO-1", "../../x", "a/b", "a_b", "订单一", "订单二", ".hidden", "x" * 300, "x" * 301, "a\x00b", ""]

    safe = [safe_name(name) for name in names]

    assert safe[0] == "SO-1"
    assert len(set(safe)) == len(names)
    assert all(len(name) < 120 and name[0].isalnum() and not set(name) & set("/\\\0") for name in safe)


@pytest.mark.parametrize(
    ("number", "says"),
    [
        (errno.ENOSPC, "is full"),
        (errno.EROFS, "read-only"),
        (errno.EACCES, "no permission"),
        (errno.EIO, "does not answer"),
    ],
)
def test_trouble_while_staging_is_retried_and_leaves_nothing(
    out: Path, monkeypatch: pytest.MonkeyPatch, number: int, says: str
) -> None:
    def fail(*arguments: Any) -> None:
        raise OSError(number, os.strerror(number))

    drop(out).probe()
    with monkeypatch.context() as patch:
        patch.setattr(os, "write", fail)
        with pytest.raises(RetryableError, match=says):
            drop(out).stage(DOCUMENT, 1)
    assert list((out / ".staging").iterdir()) == []


def test_a_rename_that_fails_strangely_has_an_unknown_outcome_that_a_repetition_settles(
    out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = drop(out).stage(DOCUMENT, 1)
    rename = os.rename

    def renamed_but_answer_lost(source: Any, target: Any) -> None:
        rename(source, target)
        if str(target).endswith(".xml"):
            raise OSError(errno.ETIMEDOUT, "timed out")

    with monkeypatch.context() as patch:
        patch.setattr(os, "rename", renamed_but_answer_lost)
        with pytest.raises(UnknownOutcomeError):
            drop(out).deliver(token)
    assert len(take(out)) == 1

    assert drop(out).deliver(token).repeated
    assert take(out) == []


def test_a_missing_folder_is_not_made(tmp_path: Path) -> None:
    missing = drop(tmp_path / "nowhere")

    with pytest.raises(RetryableError, match="does not exist"):
        missing.probe()
    with pytest.raises(RetryableError, match="does not exist"):
        missing.stage(DOCUMENT, 1)
    assert not (tmp_path / "nowhere").exists()


def test_probing_leaves_nothing_behind(out: Path) -> None:
    drop(out).probe()

    assert [path.name for path in out.rglob("*") if path.is_file()] == []


def test_probing_notices_two_file_systems(out: Path) -> None:
    other = Path("/dev/shm")
    if not other.is_dir() or other.stat().st_dev == out.stat().st_dev:
        pytest.skip("needs /dev/shm as a second file system")
    (out / ".staging").symlink_to(other)

    with pytest.raises(RetryableError, match="different file systems"):
        drop(out).probe()


# --- kill -9 at every system call -----------------------------------------------------------------------------------

CALLS = ("open", "write", "fchmod", "fsync", "close", "rename", "link", "unlink", "mkdir", "lstat", "scandir")


def run_child(work: Callable[[], None], kill_at: int, after: bool) -> bool:
    """Run ``work`` in a child that kills itself with SIGKILL at its ``kill_at``th system call; True if it lived."""
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            _arm(kill_at, after)
            work()
            status = 0
        finally:
            os._exit(status)
    _, status = os.waitpid(pid, 0)
    if os.WIFSIGNALED(status):
        assert os.WTERMSIG(status) == signal.SIGKILL
        return False
    assert os.WEXITSTATUS(status) == 0
    return True


def _arm(kill_at: int, after: bool) -> None:
    count = iter(range(1, 10_000))

    def wrap(call: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*arguments: Any, **named: Any) -> Any:
            fatal = next(count) == kill_at
            if fatal and not after:
                os.kill(os.getpid(), signal.SIGKILL)
            try:
                return call(*arguments, **named)
            finally:
                if fatal:
                    os.kill(os.getpid(), signal.SIGKILL)

        return counted

    for name in CALLS:
        setattr(os, name, wrap(getattr(os, name)))


def attempt(out: Path, note: Path, fence: int) -> None:
    """What the outbox worker does, with a file for the database row: stage, store the token, deliver."""
    if note.exists():
        token = note.read_text()
    else:
        token = drop(out).stage(DOCUMENT, fence)
        draft = note.with_suffix(".draft")
        draft.write_text(token)
        draft.replace(note)
    drop(out).deliver(token)


def killed_children(out: Path, note: Path, after: bool) -> Iterator[int]:
    for kill_at in range(1, 200):
        shutil.rmtree(out)
        out.mkdir()
        note.unlink(missing_ok=True)
        if run_child(lambda: attempt(out, note, 1), kill_at, after):
            return
        yield kill_at
    pytest.fail("The child never lived.")


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("consumer", [False, True])
def test_killed_at_any_call_exactly_one_file_appears(out: Path, tmp_path: Path, after: bool, consumer: bool) -> None:
    note = tmp_path / "note"
    kills = 0
    for kill_at in killed_children(out, note, after):
        kills += 1
        taken = take(out) if consumer else []
        attempt(out, note, 2)
        taken += take(out) if consumer else []
        attempt(out, note, 3)
        taken += take(out)
        assert taken == [CONTENT], f"killed at call {kill_at}"
    assert kills > 20


@pytest.mark.parametrize("after", [False, True])
def test_killed_twice_in_a_row_exactly_one_file_appears(out: Path, tmp_path: Path, after: bool) -> None:
    note = tmp_path / "note"
    for kill_at in killed_children(out, note, after):
        taken = take(out)
        if not run_child(lambda: attempt(out, note, 2), 1 + kill_at * 7 % 23, not after):
            taken += take(out)
        attempt(out, note, 3)
        taken += take(out)
        assert taken == [CONTENT], f"killed at call {kill_at}"


def test_many_workers_with_their_own_tokens_deliver_one_file(out: Path) -> None:
    tokens = [drop(out).stage(DOCUMENT, fence) for fence in range(1, 7)]
    children = []
    for token in tokens * 3:
        pid = os.fork()
        if pid == 0:
            status = 1
            try:
                drop(out).deliver(token)
                status = 0
            finally:
                os._exit(status)
        children.append(pid)
    taken: list[bytes] = []
    while children:
        pid, status = os.waitpid(-1, os.WNOHANG)
        taken += take(out)
        if pid:
            assert status == 0
            children.remove(pid)
    taken += take(out)
    assert taken == [CONTENT]
