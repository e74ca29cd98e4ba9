"""Files for the reader to keep. Memory does not grow with a workbook's rows: beyond a few thousand they go to disk."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import BinaryIO, cast

from django.http import FileResponse, HttpResponse
from django.utils import timezone
from django.utils.http import content_disposition_header

from portal.documents.workbooks import Column, Sheet, write_csv, write_workbook

EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
IN_MEMORY = 2_000_000


def excel(name: str, sheets: Sequence[Sheet]) -> FileResponse:
    """An .xlsx attachment; times are in the supplier's zone."""
    return excel_file(name, lambda file: write_workbook(file, sheets, zone=timezone.get_default_timezone()))


def excel_file(name: str, write: Callable[[BinaryIO], None]) -> FileResponse:
    """What `write` writes, as an .xlsx attachment."""
    spooled = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 - the response closes it
    file = cast("BinaryIO", spooled)
    write(file)
    file.seek(0)
    return FileResponse(file, as_attachment=True, filename=f"{name}.xlsx", content_type=EXCEL)


def attachment(content: bytes | str, name: str, kind: str) -> HttpResponse:
    """Content that is in memory already, as an attachment."""
    response = HttpResponse(content, content_type=kind)
    response.headers["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=name) or ""
    return response


def csv_pieces(columns: Sequence[Column], rows: Iterable[Sequence[object]], at_once: int = 2_000) -> Iterator[bytes]:
    """What `write_csv` writes, in pieces that are sent while the rows are read."""
    head = _csv(columns, ())
    yield head
    stream = iter(rows)
    while some := list(islice(stream, at_once)):
        yield _csv(columns, some)[len(head) :]


def _csv(columns: Sequence[Column], rows: Iterable[Sequence[object]]) -> bytes:
    target = io.BytesIO()
    write_csv(target, columns, rows)
    return target.getvalue()
