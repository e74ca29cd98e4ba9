"""CSV and TSV: find the encoding and the delimiter, then stream records. Pure; runs in the reading process."""

import codecs
import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from portal.documents.formula_text import restore
from portal.documents.tables.limits import Limits
from portal.documents.tables.refusal import Refusal
from portal.documents.tables.source import Cell, Record, Source, without_trailing_blanks

CHUNK = 1024 * 1024
SAMPLE_CHARACTERS = 64 * 1024
SAMPLE_RECORDS = 50
MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
SHOWN_NAMES = {"utf-8-sig": "utf-8"}
DELIMITERS = "\t;,"

GB2312_SHARE = 0.7
"""GB18030 maps nearly every pair of bytes to something, so Western text decodes as rare characters. Real Chinese text
is almost only GB2312 characters; below this share we rather refuse than read letters that nobody wrote."""


@dataclass(slots=True)
class _Scan:
    lines: int = 0
    bad_line: int | None = None
    nul_line: int | None = None
    plausible: bool = True


def read_delimited(file: BinaryIO, limits: Limits, *, encoding: str | None = None) -> Source:
    """Open delimited text. Without `encoding`, UTF-8, marked UTF-16 and GB18030 are told apart by their bytes.

    Refuses NUL bytes, broken encodings, open quotes, over-long lines and over-wide rows; text stays as it is, except
    that an empty field is None and the apostrophe our own exports put before "=", "+", "-" and "@" is taken off.
    """
    chosen, lines = _find_encoding(file, encoding)
    file.seek(0)
    text = io.TextIOWrapper(file, encoding=chosen, errors="strict", newline="")
    sample = text.read(SAMPLE_CHARACTERS)
    text.seek(0)
    declared = _declared_delimiter(sample)
    if declared:
        text.readline()
    delimiter = declared or _find_delimiter(sample)
    return Source(
        records=_records(text, delimiter, limits),
        encoding=SHOWN_NAMES.get(chosen, chosen),
        rows_hint=max(lines - 1, 0),
    )


def _find_encoding(file: BinaryIO, asked: str | None) -> tuple[str, int]:
    file.seek(0)
    head = file.read(4096)
    marked = next((name for mark, name in MARKS if head.startswith(mark)), None)
    if not marked and head.count(0) * 5 > len(head):
        raise Refusal("unmarked_utf16")
    candidates = [marked or asked] if (marked or asked) else ["utf-8", "gb18030"]
    first_bad_line = 1
    for name in filter(None, candidates):
        scan = _scan(file, name)
        if scan.nul_line is not None:
            raise Refusal("nul_byte", line=scan.nul_line)
        if scan.bad_line is None and (scan.plausible or asked):
            return name, scan.lines
        if len(candidates) == 1:
            raise Refusal("broken_encoding", encoding=SHOWN_NAMES.get(name, name), line=scan.bad_line or 1)
        if name == "utf-8":
            first_bad_line = scan.bad_line or 1
    raise Refusal("unknown_encoding", line=first_bad_line)


def _scan(file: BinaryIO, encoding: str) -> _Scan:
    """Decode the whole file once, keeping only counts, so that a bad byte in the last line is found before row one."""
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    scan = _Scan()
    foreign = common = 0
    feeds = returns = 0
    open_line = 0
    file.seek(0)
    while True:
        chunk = file.read(CHUNK)
        try:
            text = decoder.decode(chunk, final=not chunk)
        except UnicodeDecodeError as broken:
            before = broken.object[: broken.start].decode(encoding, "replace")
            scan.bad_line = max(feeds + before.count("\n"), returns + before.count("\r")) + 1
            return scan
        if "\0" in text:
            scan.nul_line = feeds + text[: text.index("\0")].count("\n") + 1
            return scan
        feeds += text.count("\n")
        returns += text.count("\r")
        if text:
            open_line = int(text[-1] not in "\r\n")
        if encoding == "gb18030" and not text.isascii():
            ascii_count = len(text.encode("ascii", "ignore"))
            foreign += len(text) - ascii_count
            common += len(text.encode("gb2312", "ignore").decode("gb2312")) - ascii_count
        if not chunk:
            break
    scan.lines = max(feeds, returns) + open_line
    scan.plausible = common >= GB2312_SHARE * foreign
    return scan


def _declared_delimiter(sample: str) -> str | None:
    """Excel's own first line `sep=;`, which Excel hides from the person."""
    line = sample.split("\n", 1)[0].rstrip("\r")
    return line[4] if len(line) == 5 and line[:4].lower() == "sep=" and line[4] in DELIMITERS + "|" else None


def _find_delimiter(sample: str) -> str:
    if len(sample) == SAMPLE_CHARACTERS:
        sample = sample[: sample.rfind("\n") + 1] or sample
    scores = [(*_score(sample, delimiter), -rank, delimiter) for rank, delimiter in enumerate(DELIMITERS)]
    best = max(scores)
    return best[-1] if best[0] > 0 else ","


def _score(sample: str, delimiter: str) -> tuple[float, int]:
    """How evenly a delimiter cuts the first records, and into how many fields."""
    widths: list[int] = []
    try:
        for fields in csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter):
            if fields:
                widths.append(len(fields))
            if len(widths) == SAMPLE_RECORDS:
                break
    except csv.Error:
        pass
    if not widths or widths[0] < 2:
        return 0.0, 0
    return sum(width == widths[0] for width in widths) / len(widths), widths[0]


class _BoundedLines:
    """Lines of at most `limit` characters; csv counts records, so the record number is told to us."""

    def __init__(self, text: io.TextIOWrapper, limit: int) -> None:
        self.text = text
        self.limit = limit
        self.record = 1

    def __iter__(self) -> Iterator[str]:
        while line := self.text.readline(self.limit + 1):
            if len(line) > self.limit:
                raise Refusal("line_too_long", row=self.record, limit=self.limit)
            yield line


def _records(text: io.TextIOWrapper, delimiter: str, limits: Limits) -> Iterator[Record]:
    csv.field_size_limit(limits.cell_characters)
    lines = _BoundedLines(text, limits.row_characters)
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    while True:
        try:
            fields = next(reader)
        except StopIteration:
            return
        except csv.Error as broken:
            if "field larger" in str(broken):
                raise Refusal("cell_too_long", row=lines.record, limit=limits.cell_characters) from broken
            raise Refusal("bad_quotes", row=lines.record) from broken
        cells = without_trailing_blanks([_cell(field) for field in fields])
        if len(cells) > limits.columns:
            raise Refusal("too_many_columns", row=lines.record, limit=limits.columns)
        if sum(map(len, fields)) > limits.row_characters:
            raise Refusal("row_too_long", row=lines.record, limit=limits.row_characters)
        if cells:
            yield Record(lines.record, cells)
        lines.record += 1


def _cell(field: str) -> Cell:
    return restore(field) if field else None
