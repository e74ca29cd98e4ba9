"""HTML to PDF, in a process of its own with limits on memory and time, so that no document can hurt the portal."""

from __future__ import annotations

import base64
import json
import logging
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from django.utils.translation import gettext as _

logger = logging.getLogger(__name__)

CHILD = Path(__file__).with_name("pdf_child.py")
MISSING = 3
#: What fontconfig and the dynamic linker may need; nothing else of our environment reaches the child.
INHERITED = ("PATH", "HOME", "XDG_CACHE_HOME", "FONTCONFIG_FILE", "FONTCONFIG_PATH", "LD_LIBRARY_PATH")


@dataclass(frozen=True, slots=True)
class PdfLimits:
    """What one document may cost: address space in bytes, processor and wall-clock seconds."""

    memory: int = 1_500_000_000
    cpu_seconds: int = 90
    patience_seconds: int = 150


class PdfUnavailable(Exception):
    """No PDF can be had, now or here. `message` is a translated sentence that says why and what to do instead."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


def render_pdf(html: str, assets: Mapping[str, bytes] | None = None, limits: PdfLimits | None = None) -> bytes:
    """The PDF of an HTML document, which sees only the given assets (`asset:name` → content): no network, no files.

    Raises `PdfUnavailable` when Pango is not installed or the document needs more than the limits.
    """
    limits = limits or PdfLimits()
    job = {
        "html": html,
        "assets": {name: base64.b64encode(content).decode() for name, content in (assets or {}).items()},
        "limits": asdict(limits),
    }
    environment = {name: os.environ[name] for name in INHERITED if name in os.environ}
    try:
        done = subprocess.run(  # noqa: S603 - our own file, and no shell
            [sys.executable, "-I", str(CHILD)],
            input=json.dumps(job).encode(),
            capture_output=True,
            env={**environment, "LANG": "C.UTF-8"},
            timeout=limits.patience_seconds,
            check=False,
        )
    except subprocess.TimeoutExpired as why:
        logger.warning("pdf timed out")
        raise PdfUnavailable(_too_long()) from why
    if done.returncode == 0 and done.stdout.startswith(b"%PDF"):
        return done.stdout
    reason = done.stderr.decode(errors="replace")[-2000:]
    logger.error("pdf failed", extra={"exit_code": done.returncode, "reason": reason})
    if done.returncode == MISSING:
        raise PdfUnavailable(
            _("PDFs are not available on this server: the Pango library is missing. Please take the Excel file.")
        )
    raise PdfUnavailable(_too_long())


def _too_long() -> str:
    return _("This document is too long for a PDF. Choose a shorter period, or take the Excel file.")
