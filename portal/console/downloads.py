"""Lists as Excel files, streamed from the database to a file and from the file to the reader."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from typing import BinaryIO, cast

from django.http import FileResponse
from django.utils import timezone

from portal.documents.workbooks import Sheet, write_workbook

EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
IN_MEMORY = 2_000_000


def excel(name: str, sheets: Sequence[Sheet]) -> FileResponse:
    """An .xlsx attachment; times are in the supplier's zone. Memory does not grow with the rows."""
    spooled = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 - the response closes it
    file = cast("BinaryIO", spooled)
    write_workbook(file, sheets, zone=timezone.get_default_timezone())
    file.seek(0)
    return FileResponse(file, as_attachment=True, filename=f"{name}.xlsx", content_type=EXCEL)
