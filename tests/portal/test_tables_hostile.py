"""Hostile uploads: each is refused in a sentence, the reading process stays small, and the server does not notice."""

import os
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from portal.documents.tables import process
from portal.documents.tables.limits import DEFAULT, Limits
from portal.documents.tables.reading import TableRefused, open_table, preview
from portal.documents.tables.refusals import MESSAGES
from tests.portal import table_corpus as corpus

MEMORY_BOUND_KB = 128 * 1024


def refusal(path: Path, filename: str, limits: Limits = DEFAULT) -> TableRefused:
    """Read a file to its end and return why it was refused."""
    with pytest.raises(TableRefused) as caught, open_table(path, filename=filename, limits=limits) as table:
        for _row in table.rows():
            pass
    return caught.value


@pytest.mark.parametrize("name", corpus.WORKBOOKS)
def test_hostile_workbook_is_refused_with_a_sentence(name: str, tmp_path: Path) -> None:
    build, code = corpus.WORKBOOKS[name]
    path = corpus.saved(tmp_path, "upload", build())

    why = refusal(path, "prices.xlsx")

    assert why.code == code
    assert "%(" not in why.message
    assert why.message.endswith(".")


@pytest.mark.parametrize("name", corpus.TEXTS)
def test_hostile_text_is_refused_with_a_sentence(name: str, tmp_path: Path) -> None:
    build, code = corpus.TEXTS[name]
    path = corpus.saved(tmp_path, "upload", build())

    why = refusal(path, "prices.csv")

    assert why.code == code
    assert "%(" not in why.message
    assert why.message.endswith(".")


@pytest.mark.parametrize("filename", corpus.NAMES)
def test_other_kinds_of_file_are_refused_with_the_mend(filename: str, tmp_path: Path) -> None:
    path = corpus.saved(tmp_path, "upload", corpus.book())

    why = refusal(path, filename)

    assert why.code == corpus.NAMES[filename]
    assert ".xlsx" in why.message


def test_a_file_of_100_mb_in_one_line_is_refused_by_its_size(tmp_path: Path) -> None:
    path = tmp_path / "upload"
    with path.open("wb") as file:
        file.truncate(100 * 1024 * 1024)

    why = refusal(path, "prices.csv")

    assert (why.code, why.facts) == ("too_large", {"size": 100, "limit": 50})


def test_every_refusal_of_the_corpus_names_row_or_part_where_it_can(tmp_path: Path) -> None:
    path = corpus.saved(tmp_path, "upload", b'sku,name\nB-1,"two\nlines"\nB-2,"5" bolt"\n')

    why = refusal(path, "prices.csv")

    assert why.facts["row"] == 3
    assert "row 3" in why.message


@pytest.mark.parametrize(
    ("name", "unguarded"),
    [
        ("600 MB cell", lambda: corpus.one_cell_of(200)),
        (
            "shared strings",
            lambda: corpus.bomb("xl/sharedStrings.xml", b"<sst>", b"<si><t>abcdefgh</t></si>", 4_000_000, b"</sst>"),
        ),
    ],
)
def test_the_memory_limit_holds_where_the_archive_guard_is_blind(name: str, unguarded, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    path = corpus.saved(tmp_path, "upload", unguarded())
    limits = replace(DEFAULT, expansion_ratio=10_000, memory=96 * 1024 * 1024)

    why = refusal(path, "prices.xlsx", limits)

    assert why.code in {"too_much_memory", "cell_too_long"}, name


def test_memory_stays_small_for_rows_that_claim_the_whole_sheet(tmp_path: Path) -> None:
    rows = (
        '<row r="1"><c r="A1"><v>1</v></c><c r="XFD1" s="4"/></row><row r="1048576"><c r="B1048576"><v>2</v></c></row>'
    )
    sheet = corpus.sheet_xml(rows, before='<dimension ref="A1:XFD1048576"/>')
    path = corpus.saved(tmp_path, "upload", corpus.pack(corpus.parts(sheet)))

    with open_table(path, filename="prices.xlsx") as table:
        read = [(row.number, row.cells) for row in table.rows()]

    assert read == [(1_048_576, [None, 2])]
    assert table.peak_memory_kb is not None
    assert table.peak_memory_kb < MEMORY_BOUND_KB


def test_memory_stays_small_for_many_rows(tmp_path: Path) -> None:
    path = corpus.saved(tmp_path, "upload", b"sku,name,price\n" + b"B-1,a name of some length,12.50\n" * 200_000)

    with open_table(path, filename="prices.csv") as table:
        count = sum(1 for _ in table.rows())

    assert count == 200_000
    assert table.peak_memory_kb is not None
    assert table.peak_memory_kb < MEMORY_BOUND_KB


def test_more_rows_than_allowed_are_refused_after_the_allowed_ones(tmp_path: Path) -> None:
    path = corpus.saved(tmp_path, "upload", b"sku\n" + b"B\n" * 101)

    why = refusal(path, "prices.csv", replace(DEFAULT, rows=100))

    assert (why.code, why.facts) == ("too_many_rows", {"limit": 100})


def test_a_reader_that_does_not_answer_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use_child(monkeypatch, "import time; time.sleep(600)")
    path = corpus.saved(tmp_path, "upload", b"sku\nB-1\n")

    assert refusal(path, "prices.csv", replace(DEFAULT, patience_seconds=0)).code == "too_slow"


@pytest.mark.parametrize(
    ("script", "code"),
    [
        ("print('hello')", "reader_failed"),
        ("print('[1,2]')", "reader_failed"),
        ("print('{}')", "reader_failed"),
        ('print(\'{"refused":"no such code"}\')', "reader_failed"),
        ("import os; os.kill(os.getpid(), 9)", "too_much_memory"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGXCPU)", "too_slow"),
        ("import sys; sys.exit(0)", "reader_failed"),
        ("while True: print('x' * 100_000, end='')", "reader_failed"),
    ],
)
def test_a_reader_that_dies_or_babbles_is_a_refusal(
    script: str, code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_child(monkeypatch, script)
    path = corpus.saved(tmp_path, "upload", b"sku\nB-1\n")

    assert refusal(path, "prices.csv", replace(DEFAULT, frame_bytes=1_000_000)).code == code


def use_child(monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    """Let the server start `script` instead of its own reader."""
    monkeypatch.setattr(process, "LAUNCH", script)


def test_processor_time_is_limited(tmp_path: Path) -> None:
    path = corpus.saved(tmp_path, "upload", b"sku,a,b,c\n" + b"B,1,2,3\n" * 2_000_000)

    assert refusal(path, "prices.csv", replace(DEFAULT, cpu_seconds=1)).code == "too_slow"


def test_the_reading_process_imports_no_django_and_gets_no_secrets(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET_KEY", "not for the child")
    report = (
        "import os, json\n"
        "heavy = [name for name in ('django', 'openpyxl', 'celery', 'lxml') if name in sys.modules]\n"
        "print(json.dumps({'head': heavy + [name for name in os.environ if 'SECRET' in name], 'row': 1, 'sheets': [],"
        " 'sheet': None, 'encoding': None, 'hint': None}))\n"
    )
    use_child(monkeypatch, process.LAUNCH.replace("main()\n", report))
    path = corpus.saved(tmp_path, "upload", b"sku\nB-1\n")

    with open_table(path, filename="prices.csv") as table:
        assert table.header == []


def test_leaving_a_table_early_leaves_no_process_and_no_open_file(tmp_path: Path) -> None:
    path = corpus.saved(tmp_path, "upload", b"sku\n" + b"B-1\n" * 500_000)
    before = len(os.listdir("/proc/self/fd")) if sys.platform == "linux" else 0

    shown = preview(path, "prices.csv", rows=3)

    after = len(os.listdir("/proc/self/fd")) if sys.platform == "linux" else 0
    assert [row.number for row in shown.rows] == [2, 3, 4]
    assert after == before


def test_every_refusal_that_the_code_raises_has_its_sentence() -> None:
    folder = Path(process.__file__).parent
    source = "".join(path.read_text() for path in folder.glob("*.py"))

    raised = {piece.split('"', 1)[0] for piece in source.split('Refusal("')[1:] + source.split('TableRefused("')[1:]}

    assert raised <= set(MESSAGES)
