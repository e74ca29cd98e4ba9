"""The reading process: `process.LAUNCH` starts it with the request as an argument and the file as standard input.

It limits itself before it looks at the file, then writes frames to standard output: one `head`, any number of `rows`,
and one `end` or `refused`. It never imports Django and knows no settings, so that nothing secret lives where hostile
bytes are parsed.
"""

import io
import json
import os
import resource
import sys
from typing import Any, BinaryIO

from portal.documents.tables.delimited import read_delimited
from portal.documents.tables.frames import Frame, encode, pack_record
from portal.documents.tables.limits import Limits
from portal.documents.tables.refusal import Refusal
from portal.documents.tables.source import Cell, Record, Source
from portal.documents.tables.workbook import read_workbook

OPEN_FILES = 32
BATCH_CHARACTERS = 128 * 1024
BATCH_ROWS = 500
EAGER_ROWS = 20
"""The first rows travel one by one, so that a preview need not wait for a batch."""


def limit_this_process(limits: Limits) -> None:
    """Bound memory, processor time, open files and written files; no core dump of somebody's price list."""
    for kind, amount in (
        (resource.RLIMIT_AS, limits.memory),
        (resource.RLIMIT_CPU, limits.cpu_seconds),
        (resource.RLIMIT_NOFILE, OPEN_FILES),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        hard = resource.getrlimit(kind)[1]
        soft = amount if hard == resource.RLIM_INFINITY else min(amount, hard)
        resource.setrlimit(kind, (soft, hard if kind == resource.RLIMIT_CPU else soft))


def run(request: dict[str, Any], file: BinaryIO, out: BinaryIO) -> None:
    """Answer one request on `out`; every trouble with the file becomes a `refused` frame."""
    limits = Limits(**request["limits"])
    try:
        limit_this_process(limits)
        _send_table(_open(request, file, limits), limits, out)
        answer: Frame = {"end": True}
    except Refusal as why:
        answer = {"refused": why.code, "facts": why.facts}
    except (MemoryError, RecursionError):
        answer = {"refused": "too_much_memory", "facts": {}}
    out.write(encode(answer | {"peak_kb": peak_memory_kb()}))
    out.flush()


def _open(request: dict[str, Any], file: BinaryIO, limits: Limits) -> Source:
    if request["kind"] == "workbook":
        return read_workbook(file, limits, sheet=request["sheet"])
    return read_delimited(file, limits, encoding=request["encoding"])


def _send_table(source: Source, limits: Limits, out: BinaryIO) -> None:
    header = next((record for record in source.records if record.cells), None)
    if header is None:
        raise Refusal("empty_file")
    out.write(
        encode(
            {
                "head": [_heading(cell) for cell in header.cells],
                "row": header.number,
                "sheets": source.sheet_names,
                "sheet": source.sheet,
                "encoding": source.encoding,
                "hint": source.rows_hint,
            }
        )
    )
    batch: list[object] = []
    waiting = total = 0
    for rows, record in enumerate(source.records, start=1):
        batch.append(pack_record(record))
        size = _size(record)
        waiting += size
        total += size
        if rows > limits.rows:
            raise Refusal("too_many_rows", limit=limits.rows)
        if total > limits.output_characters:
            raise Refusal("expands_too_much")
        if waiting > BATCH_CHARACTERS or len(batch) >= BATCH_ROWS or rows <= EAGER_ROWS:
            out.write(encode({"rows": batch}))
            out.flush()
            batch.clear()
            waiting = 0
    out.write(encode({"rows": batch}))


def _size(record: Record) -> int:
    return 16 + sum(len(cell) if isinstance(cell, str) else 16 for cell in record.cells)


def _heading(cell: Cell) -> str:
    return "" if cell is None else " ".join(str(cell).replace("\ufeff", "").split())


def peak_memory_kb() -> int | None:
    """The most memory this process ever held, in kB, where the system tells (Linux)."""
    try:
        with open("/proc/self/status", "rb") as status:
            return next((int(line.split()[1]) for line in status if line.startswith(b"VmHWM:")), None)
    except (OSError, ValueError):
        return None


def main() -> None:
    """Read the request from the command line and the file from standard input."""
    out = io.BufferedWriter(io.FileIO(1, "wb", closefd=False), 256 * 1024)
    try:
        run(json.loads(sys.argv[-1]), io.BufferedReader(io.FileIO(0, "rb", closefd=False)), out)
    except BrokenPipeError:
        os._exit(0)
    except BaseException as broken:
        out.write(encode({"crashed": f"{type(broken).__name__}: {broken}"[:500], "peak_kb": peak_memory_kb()}))
        out.flush()
        raise
