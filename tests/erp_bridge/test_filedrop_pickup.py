"""Taking in what the ERP leaves."""

import os
import time
from pathlib import Path

import pytest

from erp_bridge.adapters.errors import DocumentRefused, RetryableError
from erp_bridge.adapters.filepickup import FilePickup, IncomingFile
from erp_bridge.adapters.ubl import hostile

MARCH = "2026-03"


class Clock:
    """Seconds since 1970, moved by hand. Starts a minute after now, so that files just written count as quiet."""

    def __init__(self) -> None:
        self.now = time.time() + 60

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "in"
    path.mkdir()
    return path


def pickup(folder: Path) -> FilePickup:
    return FilePickup(folder, clock=Clock())


def only(files: FilePickup) -> IncomingFile:
    [file] = files.collect()
    return file


def test_only_visible_xml_files_are_collected(folder: Path) -> None:
    for name in ("a.xml", "b.XML", ".c.xml", "~d.xml", "#e.xml", "f.xml.tmp", "g.txt"):
        (folder / name).write_text("x")

    assert [file.name for file in pickup(folder).collect()] == ["a.xml", "b.XML"]


def test_the_oldest_comes_first(folder: Path) -> None:
    (folder / "z.xml").write_text("first")
    time.sleep(0.02)  # the file system's clock must tick between the two
    (folder / "a.xml").write_text("second")

    assert [file.name for file in pickup(folder).collect()] == ["z.xml", "a.xml"]


def test_a_file_still_being_written_waits(folder: Path) -> None:
    (folder / "a.xml").write_text("half")
    clock = Clock()
    clock.now = time.time()
    files = FilePickup(folder, quiet_seconds=10, clock=clock)

    assert list(files.collect()) == []
    clock.now += 30
    assert [file.name for file in files.collect()] == ["a.xml"]


def test_a_copied_old_date_does_not_make_a_file_quiet(folder: Path) -> None:
    (folder / "a.xml").write_text("half")
    os.utime(folder / "a.xml", (0, 0))

    assert list(FilePickup(folder).collect()) == []


def test_a_file_server_ahead_of_our_clock_is_waited_for_by_two_looks(folder: Path) -> None:
    (folder / "a.xml").write_text("x")
    clock = Clock()
    clock.now -= 3600
    files = FilePickup(folder, quiet_seconds=10, clock=clock)

    assert list(files.collect()) == []
    clock.now += 11
    assert [file.name for file in files.collect()] == ["a.xml"]


def test_a_file_that_grows_between_two_looks_waits_again(folder: Path) -> None:
    (folder / "a.xml").write_text("x")
    clock = Clock()
    clock.now -= 3600
    files = FilePickup(folder, quiet_seconds=10, clock=clock)
    list(files.collect())
    (folder / "a.xml").write_text("xx")
    clock.now += 11

    assert list(files.collect()) == []


def test_links_folders_pipes_and_giants_come_with_a_problem(folder: Path) -> None:
    (folder / "link.xml").symlink_to("/etc/passwd")
    (folder / "dir.xml").mkdir()
    os.mkfifo(folder / "pipe.xml")
    with (folder / "big.xml").open("wb") as file:
        file.truncate(hostile.MAX_BYTES + 1)
    files = pickup(folder)

    found = {file.name: file for file in files.collect()}

    assert {name: bool(file.problem) for name, file in found.items()} == dict.fromkeys(found, True)
    assert len(found) == 4
    for file in found.values():
        with pytest.raises(DocumentRefused):
            files.read(file)
        assert files.set_aside(file, file.problem)
    assert list(files.collect()) == []
    assert (folder / "set-aside" / "link.xml").is_symlink()


def test_a_file_swapped_for_a_link_after_the_look_is_not_read(folder: Path) -> None:
    (folder / "a.xml").write_text("x")
    files = pickup(folder)
    file = only(files)
    (folder / "a.xml").unlink()
    (folder / "a.xml").symlink_to("/etc/passwd")

    with pytest.raises(DocumentRefused, match="changed"):
        files.read(file)


def test_finishing_moves_to_the_month_and_repeats_harmlessly(folder: Path) -> None:
    (folder / "a.xml").write_text("x")
    clock = Clock()
    files = FilePickup(folder, clock=clock)
    file = only(files)
    clock.now = 1_772_700_000.0  # 2026-03-05

    assert files.read(file) == b"x"
    assert files.finish(file) == folder / "processed" / MARCH / "a.xml"
    assert files.finish(file) is None
    assert list(files.collect()) == []


def test_a_name_used_again_gets_a_number(folder: Path) -> None:
    files = pickup(folder)
    moved = []
    for text in ("one", "two", "three"):
        (folder / "a.xml").write_text(text)
        path = files.finish(only(files))
        assert path
        moved.append((path.name, path.read_text()))

    assert moved == [("a.xml", "one"), ("a-2.xml", "two"), ("a-3.xml", "three")]


def test_a_newer_file_of_the_same_name_is_left_for_the_next_round(folder: Path) -> None:
    (folder / "a.xml").write_text("old")
    files = pickup(folder)
    file = only(files)
    files.read(file)
    (folder / "new").write_text("newer")
    (folder / "new").replace(folder / "a.xml")

    assert files.finish(file) is None
    assert files.read(only(files)) == b"newer"


def test_a_refused_file_lies_with_its_reason(folder: Path) -> None:
    (folder / "a.xml").write_text("x")
    files = pickup(folder)

    path = files.set_aside(only(files), "金额不符 \ud800")

    assert path == folder / "set-aside" / "a.xml"
    assert (folder / "set-aside" / "a.xml.reason.txt").read_text("utf-8") == "金额不符 ?\n"


def test_setting_aside_again_after_a_crash_between_reason_and_move(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "a.xml").write_text("x")
    files = pickup(folder)
    rename = os.rename

    def crash(source: Path, target: Path) -> None:
        if Path(target).name == "a.xml":
            raise KeyboardInterrupt
        rename(source, target)

    file = only(files)
    with monkeypatch.context() as patch:
        patch.setattr(os, "rename", crash)
        with pytest.raises(KeyboardInterrupt):
            files.set_aside(file, "first")
    files.set_aside(only(files), "again")

    assert sorted(path.name for path in (folder / "set-aside").iterdir()) == ["a.xml", "a.xml.reason.txt"]
    assert (folder / "set-aside" / "a.xml.reason.txt").read_text() == "again\n"


def test_the_longest_and_the_strangest_names_can_be_set_aside(folder: Path) -> None:
    (folder / ("x" * 251 + ".xml")).write_text("x")
    Path(os.fsdecode(os.fsencode(folder) + b"/\xff\n.xml")).write_text("y")
    files = pickup(folder)

    for file in list(files.collect()):
        assert file.name.isprintable()
        file.name.encode("utf-8")
        assert files.set_aside(file, "no")
    assert list(files.collect()) == []


def test_a_missing_folder_is_said(tmp_path: Path) -> None:
    with pytest.raises(RetryableError, match="does not exist"):
        list(FilePickup(tmp_path / "none").collect())
