"""Odd and hostile files as a quick order: refused in a sentence or read right, soon and in little memory."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from portal.documents.tables.process import ReadingProcess
from portal.documents.tables.reading import TableRefused
from portal.shop.quickfiles import LIMITS, FileRefused, read_file
from tests.factories import World
from tests.portal import order_corpus
from tests.portal import table_corpus as corpus

MEMORY_BOUND_KB = 128 * 1024
LEAST_FILES = 100
#: What goes through the whole upload: one of each kind of trouble.
SAMPLE = [
    "text: GB18030",
    "text: UTF-16, little end first",
    "text: a formula that would start a program",
    "text: a million rows",
    "sheet: a formula with its value",
    "sheet: two cells, the second the very last",
    "sheet: a million rows",
    "sheet: 600 MB in one cell",
    "macro: code part among others",
    "encrypted",
]


def uploaded(name: str) -> SimpleUploadedFile:
    filename, build, _expected = order_corpus.ORDERS[name]
    return SimpleUploadedFile(filename, build())


@pytest.fixture
def peaks(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """What each reading process needed at most, in kB."""
    found: list[int] = []
    close = ReadingProcess.close

    def closed(self: ReadingProcess) -> None:
        close(self)
        found.append(self.peak_memory_kb or 0)

    monkeypatch.setattr(ReadingProcess, "close", closed)
    return found


@pytest.mark.parametrize("name", order_corpus.ORDERS)
def test_a_file_is_refused_or_read_right_in_little_memory(name: str, peaks: list[int]) -> None:
    expected = order_corpus.ORDERS[name][2]
    if isinstance(expected, str):
        with pytest.raises(FileRefused) as caught:
            read_file(uploaded(name))
        assert isinstance(caught.value.__cause__, TableRefused)
        assert caught.value.__cause__.code == expected
        assert str(caught.value).endswith(".")
    else:
        lines = read_file(uploaded(name)).lines
        assert tuple((line.code, line.quantity) for line in lines) == expected
    assert max(peaks, default=0) < MEMORY_BOUND_KB


@pytest.mark.parametrize("name", SAMPLE)
def test_the_upload_answers_with_the_refusal_or_the_lines(name: str, world: World, as_user: Any) -> None:
    client: Client = as_user(world.alice)
    expected = order_corpus.ORDERS[name][2]
    response = client.post("/shop/quick-order/", {"file": uploaded(name)})
    if isinstance(expected, str):
        assert response.status_code == 422
        assert 'role="alert"' in response.content.decode()
    else:
        assert [(row.line.code, row.line.quantity) for row in response.context["rows"]] == list(expected)


def test_an_order_gets_far_less_time_and_memory_than_a_catalogue() -> None:
    assert (LIMITS.cpu_seconds, LIMITS.patience_seconds) <= (5, 10)
    assert LIMITS.memory <= 256 * 1024 * 1024


def test_the_corpus_is_as_large_as_it_claims() -> None:
    count = len(corpus.WORKBOOKS) + len(corpus.TEXTS) + len(corpus.NAMES) + len(order_corpus.ORDERS)
    assert count >= LEAST_FILES
